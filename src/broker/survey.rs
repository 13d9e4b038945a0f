//! Surveys for operators: responders and what waits for them, where a postcode leads, how the broker is.

use super::input::ListRespondersInput;
use super::opened::ResponderCards;
use super::output::{AgreementEnd, LookupView, ResponderView, StatusView};
use super::{Broker, BrokerError, route};
use crate::directory::{PostcodeOutcome, Responder};
use crate::store::StoreError;
use jiff::SignedDuration;
use std::collections::HashMap;
use usher_domain::agreement::Cover;
use usher_domain::code::{Postcode, ResponderId, ResponderKind};
use usher_domain::enquiry::{CheckState, UnroutableWhy};
use usher_domain::limits;
use usher_domain::time::{Timestamp, to_london};

impl Broker {
    /// Responders by id, and whether there are more.
    ///
    /// # Errors
    /// Store errors.
    pub async fn list_responders(
        &self,
        input: &ListRespondersInput,
    ) -> Result<(Vec<ResponderView>, bool), BrokerError> {
        let wanted = |responder: &&Responder| {
            input
                .authority
                .is_none_or(|authority| responder.authorities.contains(&authority))
        };
        let skip = usize::try_from(input.skip).unwrap_or(usize::MAX);
        let directory = self.directory();
        let mut rest = directory.responders().iter().filter(wanted).skip(skip);
        let mut views = Vec::new();
        for responder in rest.by_ref().take(input.size) {
            views.push(self.responder_view(responder).await?);
        }
        Ok((views, rest.next().is_some()))
    }

    /// How many checks wait in the queue of each responder that has any.
    ///
    /// # Errors
    /// Store errors.
    pub async fn waiting_counts(&self) -> Result<HashMap<ResponderId, usize>, BrokerError> {
        let queues = self.store.queues().await?.into_iter();
        Ok(queues
            .map(|(responder, _, waiting)| (responder, waiting))
            .collect())
    }

    async fn responder_view(&self, responder: &Responder) -> Result<ResponderView, StoreError> {
        let now = self.clock.now();
        let queue = self
            .store
            .queues()
            .await?
            .into_iter()
            .find(|(id, _, _)| *id == responder.id);
        Ok(ResponderView {
            id: responder.id.clone(),
            name: responder.name.clone(),
            duty_phone: responder.duty_phone.clone(),
            kind: responder.kind,
            authorities: responder.authorities.clone(),
            hours: responder.hours.clone(),
            connected_adapters: self.presence.connected(&responder.id, now),
            absent_since: self.presence.absent_since(&responder.id, now),
            waiting: queue.as_ref().map_or(0, |(_, _, waiting)| *waiting),
            nearest_deadline: queue.map(|(_, first, _)| first.deadline),
            oldest_wait: self.oldest_wait(responder).await?,
            adapters: self.presence.adapters(&responder.id, now),
            lending: self.lending.view(&responder.id, responder.lent_max, now),
        })
    }

    /// Since when the oldest of the nearest [`limits::LEASE_BATCH_MAX`] waits.
    async fn oldest_wait(&self, responder: &Responder) -> Result<Option<Timestamp>, StoreError> {
        let mut oldest = None;
        for queued in self
            .store
            .queued(&responder.id, limits::LEASE_BATCH_MAX)
            .await?
        {
            let stored = self.load(queued.check.enquiry).await?;
            let since =
                stored.and_then(
                    |stored| match stored.record.check(queued.check.number)?.state {
                        CheckState::Waiting { since, .. } => Some(since),
                        _ => None,
                    },
                );
            oldest = [oldest, since].into_iter().flatten().min();
        }
        Ok(oldest)
    }

    /// Where a postcode, as people write it, leads today.
    pub fn lookup(&self, postcode: &str) -> LookupView {
        let nowhere = |why| LookupView {
            authority: None,
            responders: Vec::new(),
            why: Some(why),
            terminated: false,
        };
        let day = to_london(self.clock.now()).date();
        let Ok(postcode) = Postcode::parse(postcode) else {
            return nowhere(UnroutableWhy::Malformed);
        };
        let directory = self.directory();
        match directory.lookup(&postcode, day) {
            PostcodeOutcome::Authority { code, terminated } => {
                let name = directory
                    .authorities()
                    .get(code)
                    .map(|authority| authority.name.clone());
                let of_kind = |kind| route::responder(&directory, kind, code, day);
                let children = of_kind(ResponderKind::ChildrenSocialCare);
                let all = ResponderKind::ALL
                    .iter()
                    .filter_map(|kind| of_kind(*kind).ok());
                LookupView {
                    authority: Some((code, name.unwrap_or_default())),
                    why: children.err(),
                    responders: all
                        .map(|found| (found.kind, found.id.clone(), found.name.clone()))
                        .collect(),
                    terminated,
                }
            }
            PostcodeOutcome::NoAuthority { terminated } => LookupView {
                terminated,
                ..nowhere(UnroutableWhy::NoAuthority)
            },
            PostcodeOutcome::OutsideEnglandAndWales => {
                nowhere(UnroutableWhy::OutsideEnglandAndWales)
            }
            PostcodeOutcome::Unknown => nowhere(UnroutableWhy::Unknown),
        }
    }

    /// How the broker is.
    ///
    /// # Errors
    /// Store errors.
    pub async fn status(&self) -> Result<StatusView, BrokerError> {
        let now = self.clock.now();
        Ok(StatusView {
            version: env!("CARGO_PKG_VERSION").into(),
            store_engine: self.store.engine().into(),
            counts: self.store.counts().await?,
            oldest_unescalated: self.oldest_overdue().await?,
            feed_end: self.store.feed_end().await?,
            now,
            bank_holidays_known_until: self.policy().calendar.known_until(),
            directory_release: self.directory().table().about().release.clone(),
            directory_knows_terminations: self.directory().table().knows_terminations(),
            agreement_ends: self.agreement_ends(),
        })
    }

    /// Agreements that end within 90 days with nothing to follow, and responders that have none today.
    pub fn agreement_ends(&self) -> Vec<AgreementEnd> {
        let (policy, directory) = (self.policy(), self.directory());
        let (agreements, today) = (&policy.agreements, to_london(self.clock.now()).date());
        let endings = agreements.endings(today).into_iter();
        let mut ends: Vec<AgreementEnd> = endings
            .filter(|ending| ending.warning().is_some())
            .map(|ending| AgreementEnd {
                agreement: Some(ending.agreement.reference()),
                last: Some(ending.last),
                days_left: ending.days_left.try_into().unwrap_or_default(),
                responders: ending.parties.into_iter().cloned().collect(),
            })
            .collect();
        let responders = directory.responders().iter();
        let none: Vec<_> = responders
            .filter(|one| agreements.cover(&one.id, today) == Cover::None)
            .map(|one| one.id.clone())
            .collect();
        if !none.is_empty() {
            ends.push(AgreementEnd {
                agreement: None,
                last: None,
                days_left: 0,
                responders: none,
            });
        }
        ends
    }

    /// How long the oldest step that is due and not raised has been due; zero when there is none. Read from the store, so that it grows
    /// whatever has become of the scheduler. Records that nobody can advance are told of as damaged.
    ///
    /// # Errors
    /// Store errors.
    pub async fn oldest_overdue(&self) -> Result<SignedDuration, StoreError> {
        let now = self.clock.now();
        let next = self.next_due().await?;
        let age = next.map(|due| now.duration_since(due)).unwrap_or_default();
        Ok(age.max(SignedDuration::ZERO))
    }

    /// The soonest due moment of an enquiry that the clock can advance.
    ///
    /// # Errors
    /// Store errors.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let due = self
            .store
            .due(Timestamp::MAX, self.faults.count() + 1)
            .await?;
        let next = due.iter().find(|(_, id)| !self.faults.stops(*id));
        Ok(next.map(|(due, _)| *due))
    }

    /// What people need to know of each responder now.
    pub fn cards(&self) -> ResponderCards {
        ResponderCards {
            all: self.cards.load_full(),
            policy: self.policy(),
            now: self.clock.now(),
        }
    }
}
