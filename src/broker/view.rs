//! Who is shown what about people is in the feed, durable, before it is shown. Nobody is woken by it: it is no news.

use super::case::OpenCase;
use super::opened::{OpenEnquiry, Part};
use super::{Broker, BrokerError};
use crate::store::{Change, Record, StoreError, Stored};
use futures_util::future::try_join_all;
use std::collections::{BTreeMap, BTreeSet};
use usher_domain::actor::Actor;
use usher_domain::case::command::{CaseCommand, CaseVerb};
use usher_domain::case::decide::decide as decide_case;
use usher_domain::command::{Command, Verb};
use usher_domain::decide::decide;
use usher_domain::event::Event;
use usher_domain::id::{CaseId, CheckId, CheckNumber, EnquiryId, RecordId};
use usher_domain::limits;
use usher_domain::rejection::Rejection;

/// What a page that lists people shows of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Viewed {
    /// An enquiry or a case.
    Record(RecordId),
    /// A check, as its responder sees it.
    Check(CheckId),
}

/// What is shown of each record: checks, or the whole (`None`).
type Parts = BTreeMap<RecordId, BTreeSet<Option<CheckNumber>>>;

/// Records that are read at one time.
const LOADS_AT_ONCE_MAX: usize = 16;
/// What one event takes in the feed besides its person and client, in bytes: no less than it does.
const EVENT_BYTES: usize = 256;

impl Broker {
    /// As [`Broker::get`]; that the actor was shown it is durable before anything is returned.
    ///
    /// # Errors
    /// As [`Broker::get`] and [`Broker::execute`]; `PersonRequired` when the actor names nobody.
    pub async fn view(&self, id: EnquiryId, actor: &Actor) -> Result<OpenEnquiry, BrokerError> {
        let stored = self.record_view(id, None, actor).await?;
        self.open(stored, Part::Whole)
    }

    /// As [`Broker::get_check`]; that the actor was shown it is durable before anything is returned.
    ///
    /// # Errors
    /// As [`Broker::get_check`] and [`Broker::execute`]; `PersonRequired` when the actor names nobody.
    pub async fn view_check(&self, id: CheckId, actor: &Actor) -> Result<OpenEnquiry, BrokerError> {
        let stored = self.record_view(id.enquiry, Some(id.number), actor).await;
        let stored = stored.map_err(|error| match error {
            BrokerError::Rejected(Rejection::NotFound { .. }) => missing("check"),
            other => other,
        })?;
        self.open(stored, Part::of_check(actor, id.number))
    }

    /// As [`Broker::get_case`]; that the actor was shown it is durable before anything is returned.
    ///
    /// # Errors
    /// As [`Broker::get_case`]; `PersonRequired` when the actor names nobody; `Busy` when others kept writing first.
    pub async fn view_case(&self, id: CaseId, actor: &Actor) -> Result<OpenCase, BrokerError> {
        let stored = self.execute_on_case(id, &CASE_VIEW, actor).await?;
        self.open_case(stored)
    }

    /// Records that the actor is shown all of these, for a page that lists people: in one commit as a rule, in several where they are more than
    /// one takes. When it returns, all of it is durable. What the same person was recorded as shown on a list less than
    /// [`limits::VIEWING_SECONDS`] ago is the same viewing: it is neither looked at nor recorded again.
    ///
    /// # Errors
    /// `NotFound` when one of them is not there or not the actor's: nothing is recorded then. `TooMany` for more than
    /// [`limits::PAGE_SIZE_MAX`]; `PersonRequired` when the actor names nobody; `Busy` when others kept writing first; store errors.
    pub async fn view_all(&self, shown: &[Viewed], actor: &Actor) -> Result<(), BrokerError> {
        if shown.len() > limits::PAGE_SIZE_MAX {
            let (what, max) = ("records on one page", limits::PAGE_SIZE_MAX);
            return Err(Rejection::TooMany { what, max }.into());
        }
        let now = self.clock.now();
        let shown = self.viewings.new_of(shown, actor, now);
        let mut left = Parts::new();
        for one in &shown {
            let (record, check) = match one {
                Viewed::Record(record) => (*record, None),
                Viewed::Check(check) => (check.enquiry.into(), Some(check.number)),
            };
            left.entry(record).or_default().insert(check);
        }
        let most = events_per_commit(actor);
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let mut changes = self.views(&left, actor).await?;
            loop {
                let rest = changes.split_off(first_batch(&changes, most));
                if changes.is_empty() {
                    self.viewings.note(&shown, actor, now);
                    return Ok(());
                }
                match self.commit_and_announce(changes, async || ()).await {
                    Ok((_, kept, ())) => {
                        for change in kept {
                            left.remove(&change.record.id());
                        }
                    }
                    Err(StoreError::Conflict { .. }) => break,
                    Err(error) => return Err(error.into()),
                }
                changes = rest;
            }
        }
        Err(BrokerError::Busy {
            what: "writers of these records",
        })
    }

    async fn record_view(
        &self,
        id: EnquiryId,
        check: Option<CheckNumber>,
        actor: &Actor,
    ) -> Result<Stored<usher_domain::enquiry::Enquiry>, BrokerError> {
        let executed = self.execute(id, &view_of(check), actor).await?;
        Ok(Stored {
            record: executed.enquiry,
            revision: executed.revision,
        })
    }

    /// The changes that record that `actor` is shown `parts`.
    async fn views(&self, parts: &Parts, actor: &Actor) -> Result<Vec<Change>, BrokerError> {
        let ids: Vec<RecordId> = parts.keys().copied().collect();
        let mut changes = Vec::with_capacity(ids.len());
        for ids in ids.chunks(LOADS_AT_ONCE_MAX) {
            let loaded = try_join_all(ids.iter().map(|id| self.store.load(*id))).await?;
            for (id, stored) in ids.iter().zip(loaded) {
                let Stored { record, revision } = stored.ok_or(missing("record"))?;
                let mut events = Vec::new();
                for check in &parts[id] {
                    events.extend(self.viewed(&record, *check, actor)?);
                }
                changes.push(Change::new(record, Some(revision), events));
            }
        }
        Ok(changes)
    }

    fn viewed(
        &self,
        record: &Record,
        check: Option<CheckNumber>,
        actor: &Actor,
    ) -> Result<Vec<Event>, BrokerError> {
        let (now, policy) = (self.clock.now(), self.policy.load());
        Ok(match (record, check) {
            (Record::Enquiry(enquiry), check) => {
                decide(Some(enquiry), &view_of(check), actor, now, &policy)?.events
            }
            (Record::Case(case), None) => {
                decide_case(Some(case), &CASE_VIEW, actor, now, &policy)?.events
            }
            (Record::Case(_), Some(_)) => return Err(missing("check")),
        })
    }
}

const fn view_of(check: Option<CheckNumber>) -> Command {
    Command {
        request: None,
        verb: Verb::View { check },
    }
}

const CASE_VIEW: CaseCommand = CaseCommand {
    request: None,
    verb: CaseVerb::View,
};

const fn missing(what: &'static str) -> BrokerError {
    BrokerError::Rejected(Rejection::NotFound { what })
}

/// How many views by `actor` one feed entry holds.
fn events_per_commit(actor: &Actor) -> usize {
    let person = actor.person.as_ref();
    let person = person.map_or(0, |one| one.name.len() + one.post.len() + one.contact.len());
    let each = EVENT_BYTES + actor.client.as_str().len() + person;
    (limits::FEED_ENTRY_BYTES_MAX / each).clamp(1, limits::BATCH_CHANGES_MAX)
}

/// How many of `changes`, from the first, make one commit of at most so many events, or of one record.
fn first_batch(changes: &[Change], most: usize) -> usize {
    let mut events = 0;
    let fits = |change: &&Change| {
        events += change.events.len();
        events <= most
    };
    let fitting = changes.iter().take_while(fits).count();
    fitting.max(usize::from(!changes.is_empty()))
}
