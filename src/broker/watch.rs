//! Watching: events after a cursor, as they are committed, of what the actor may see. Bounded: a slow watcher reads at its own pace from the
//! store, nothing piles up here.

use super::input::{AlertFilter, AlertStanding, Resume};
use super::query::{AlertEntry, alerts_of};
use super::{Broker, BrokerError};
use crate::store::{Cursor, Recorded};
use tokio::sync::watch;
use usher_domain::actor::{Actor, Role};
use usher_domain::event::EventKind;
use usher_domain::id::AlertNumber;
use usher_domain::limits;

/// One watch of the feed.
pub struct Watch {
    after: Cursor,
    end: watch::Receiver<Cursor>,
}

impl Watch {
    /// Resumes after `after`, or starts at the feed's present end.
    pub fn new(broker: &Broker, after: Option<Cursor>) -> Self {
        let end = broker.announcer.feed();
        let after = after.unwrap_or_else(|| *end.borrow());
        Self { after, end }
    }

    /// Everything up to here has been seen.
    pub fn cursor(&self) -> Cursor {
        self.after
    }

    /// The next events that `actor` may see; waits until there are some, or until some have passed that are not for the actor (then empty).
    /// Given up while it waits, it has passed nothing.
    ///
    /// # Errors
    /// Store errors.
    pub async fn next(
        &mut self,
        broker: &Broker,
        actor: &Actor,
    ) -> Result<Vec<Recorded>, BrokerError> {
        let page = self.page(broker).await?;
        self.pass(&page);
        let seen = |recorded: &Recorded| may_see(actor, recorded);
        Ok(page.into_iter().filter(seen).collect())
    }

    /// What comes after all that has been seen; waits until there is something.
    async fn page(&mut self, broker: &Broker) -> Result<Vec<Recorded>, BrokerError> {
        loop {
            self.end.borrow_and_update();
            let page = broker
                .store
                .feed(self.after, limits::WATCH_QUEUE_MAX)
                .await?;
            if !page.is_empty() || self.end.changed().await.is_err() {
                return Ok(page);
            }
        }
    }

    fn pass(&mut self, page: &[Recorded]) {
        self.after = page.last().map_or(self.after, |last| last.cursor);
    }

    /// The next changes of alerts that `actor` may see and `filter` wants, each with the place to resume after; as [`Watch::next`].
    ///
    /// # Errors
    /// Store errors.
    pub async fn next_alerts(
        &mut self,
        broker: &Broker,
        filter: &AlertFilter,
        actor: &Actor,
    ) -> Result<Vec<(Resume, AlertEntry)>, BrokerError> {
        // An alert that has ended is news for whoever watches the live ones.
        let mut filter = filter.clone();
        if filter.states.is_empty() {
            filter.states = vec![
                AlertStanding::Open,
                AlertStanding::Acknowledged,
                AlertStanding::Resolved,
            ];
        }
        let mut changes = Vec::new();
        let page = self.page(broker).await?;
        for recorded in page.iter().filter(|recorded| may_see(actor, recorded)) {
            let Some(number) = alert_of(&recorded.event.kind) else {
                continue;
            };
            let Some(stored) = broker.store.load(recorded.enquiry).await? else {
                continue;
            };
            let entry = alerts_of(&stored, &filter, actor)
                .into_iter()
                .find(|entry| entry.alert.number == number);
            changes.extend(entry.map(|entry| (Resume::from(recorded), entry)));
        }
        // Only now: whoever gives up while an enquiry is loaded has missed nothing.
        self.pass(&page);
        Ok(changes)
    }
}

fn alert_of(kind: &EventKind) -> Option<AlertNumber> {
    match kind {
        EventKind::StepRaised { alert, .. }
        | EventKind::TroubleRaised { alert, .. }
        | EventKind::Acknowledged { alert, .. }
        | EventKind::Reopened { alert }
        | EventKind::Resolved { alert } => Some(*alert),
        _ => None,
    }
}

/// Whether `actor` may know of an event: its court's, its responder's, or anything in an overseer's scope.
pub(super) fn may_see(actor: &Actor, recorded: &Recorded) -> bool {
    match actor.role {
        Role::Adapter => recorded
            .responder
            .as_ref()
            .is_some_and(|responder| actor.answers_for(responder)),
        Role::Officer | Role::Manager | Role::Operator | Role::Inspector => {
            actor.courts.contain(recorded.court)
        }
        Role::Clock => true,
    }
}
