//! Reads. Whoever may not see an enquiry gets the same answer as when there is none.

use super::{Broker, BrokerError};
use crate::store::{Counts, Cursor, Filter, Listing, Page, Recorded, Stored};
use usher_domain::actor::{Actor, Courts, Role};
use usher_domain::alert::Alert;
use usher_domain::code::ResponderId;
use usher_domain::id::EnquiryId;
use usher_domain::permit;
use usher_domain::rejection::Rejection;
use usher_domain::permit::addressed;
use usher_domain::time::Timestamp;

/// A live alert with what an operator needs beside it.
#[derive(Clone, Debug)]
pub struct AlertEntry {
    /// The alert.
    pub alert: Alert,
    /// The enquiry that it is about.
    pub stored: Stored,
}

/// How the broker is.
#[derive(Clone, Debug)]
pub struct Status {
    /// What the store holds.
    pub counts: Counts,
    /// The oldest due moment that has not been dealt with, if it has passed.
    pub oldest_overdue: Option<Timestamp>,
    /// Records that could not be read.
    pub unreadable: Vec<EnquiryId>,
    /// Responders with work waiting, the length of their queue, and since when no adapter is connected.
    pub queues: Vec<(ResponderId, usize, Option<Timestamp>)>,
}

impl Broker {
    /// One enquiry.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn get(&self, id: EnquiryId, actor: &Actor) -> Result<Stored, BrokerError> {
        let stored = self.store.load(id).await?;
        let visible = stored.filter(|stored| permit::sees(actor, &stored.enquiry));
        visible.ok_or_else(|| Rejection::NotFound { what: "enquiry" }.into())
    }

    /// One page of what the actor may see and `filter` wants.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list(&self, filter: Filter, page: &Page, actor: &Actor) -> Result<Listing, BrokerError> {
        let mut listing = self.store.list(&narrow(filter, actor), page).await?;
        listing.enquiries.retain(|stored| permit::sees(actor, &stored.enquiry));
        Ok(listing)
    }

    /// The events of one enquiry that the actor may see.
    ///
    /// # Errors
    /// `NotFound` when there is none or it is not the actor's; store errors.
    pub async fn history(
        &self,
        id: EnquiryId,
        after: Cursor,
        limit: usize,
        actor: &Actor,
    ) -> Result<Vec<Recorded>, BrokerError> {
        self.get(id, actor).await?;
        let mut events = self.store.history(id, after, limit).await?;
        events.retain(|recorded| super::watch::may_see(actor, recorded));
        Ok(events)
    }

    /// One page of live alerts that the actor may see, nearest deadline first; `addressed_only` leaves out what is addressed to others.
    ///
    /// # Errors
    /// Store errors.
    pub async fn alerts(
        &self,
        page: &Page,
        addressed_only: bool,
        actor: &Actor,
    ) -> Result<(Vec<AlertEntry>, Option<crate::store::Place>), BrokerError> {
        let filter = Filter { open: Some(true), alerting: Some(true), ..Filter::default() };
        let listing = self.list(filter, page, actor).await?;
        let alerts = listing.enquiries.into_iter().flat_map(|stored| alerts_of(stored, addressed_only, actor));
        Ok((alerts.collect(), listing.next))
    }

    /// How the broker is.
    ///
    /// # Errors
    /// Store errors.
    pub async fn status(&self) -> Result<Status, BrokerError> {
        let now = self.clock.now();
        let queues = self.store.queues().await?;
        Ok(Status {
            counts: self.store.counts().await?,
            oldest_overdue: self.store.next_due().await?.filter(|due| *due <= now),
            unreadable: self.store.unreadable().await?,
            queues: queues
                .into_iter()
                .map(|(responder, _, waiting)| {
                    let absent = self.presence.absent_since(&responder, now);
                    (responder, waiting, absent)
                })
                .collect(),
        })
    }
}

/// The live alerts of one enquiry that the actor may see.
pub(super) fn alerts_of(stored: Stored, addressed_only: bool, actor: &Actor) -> Vec<AlertEntry> {
    let seen = |alert: &&Alert| {
        let check = stored.enquiry.check(alert.check);
        alert.is_live()
            && check.is_some_and(|check| permit::sees_check(actor, &stored.enquiry, check))
            && (!addressed_only || addressed(actor.role, alert))
    };
    let alerts: Vec<Alert> = stored.enquiry.alerts.iter().filter(seen).cloned().collect();
    alerts.into_iter().map(|alert| AlertEntry { alert, stored: stored.clone() }).collect()
}

/// What the actor asked for within what it may see, so that the store looks at no more than needed.
fn narrow(mut filter: Filter, actor: &Actor) -> Filter {
    match (actor.role, &actor.courts) {
        (Role::Adapter, _) => {
            let own = actor.responders.iter().filter(|own| {
                filter.responders.as_ref().is_none_or(|wanted| wanted.contains(own))
            });
            filter.responders = Some(own.cloned().collect());
        }
        (_, Courts::Only(courts)) => {
            let own = courts.iter().filter(|own| filter.courts.as_ref().is_none_or(|wanted| wanted.contains(own)));
            filter.courts = Some(own.copied().collect());
        }
        (_, Courts::All) => {}
    }
    filter
}
