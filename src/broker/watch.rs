//! Watching: events after a cursor, as they are committed, of what the actor may see. Bounded: a slow watcher reads at its own pace from the
//! store, nothing piles up here. A damaged record or entry of the feed holds nobody up.

use super::input::{AlertFilter, Resume};
use super::query::{AlertEntry, alerts_of};
use super::{Broker, BrokerError, faults};
use crate::store::{Cursor, Recorded, StoreError};
use tokio::sync::watch;
use usher_domain::actor::{Actor, Role};
use usher_domain::case::event::CaseEventKind;
use usher_domain::event::EventKind;
use usher_domain::id::AlertNumber;
use usher_domain::limits;

/// One watch of the feed.
pub struct Watch {
    after: Cursor,
    end: watch::Receiver<Cursor>,
    /// Damaged records noticed after the one with this number are news.
    told: u64,
    noticed: watch::Receiver<u64>,
    has_gap: bool,
}

impl Watch {
    /// Resumes after `after`, or starts at the feed's present end.
    pub fn new(broker: &Broker, after: Option<Cursor>) -> Self {
        let (end, noticed) = (broker.announcer.feed(), broker.faults.noticed());
        // A snapshot tells of all that is damaged; whoever goes on without one is told here.
        let told = after.map_or_else(|| *noticed.borrow(), |_| 0);
        let after = after.unwrap_or_else(|| *end.borrow());
        Self {
            after,
            end,
            told,
            noticed,
            has_gap: false,
        }
    }

    /// Waits until something has happened, whoever may see it, and passes all that has happened by then. Given up while it waits, it has
    /// passed nothing.
    pub async fn news(&mut self) {
        tokio::select! {
            _ = self.end.changed() => {}
            _ = self.noticed.changed() => {}
        }
        self.after = *self.end.borrow_and_update();
        self.told = *self.noticed.borrow_and_update();
    }

    /// Everything up to here has been seen.
    pub fn cursor(&self) -> Cursor {
        self.after
    }

    /// Whether, since this was last asked, a part of the feed was passed over that cannot be read: then only a snapshot tells how things
    /// stand.
    pub fn take_gap(&mut self) -> bool {
        std::mem::take(&mut self.has_gap)
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
        let seen = |recorded: &Recorded| {
            recorded.enquiry().is_some()
                && recorded.event.kind.is_news()
                && may_see(actor, recorded)
        };
        Ok(page.into_iter().filter(seen).collect())
    }

    /// What comes after all that has been seen; waits until there is something. An entry that cannot be read is passed over with all that
    /// has come since, and that is a gap.
    async fn page(&mut self, broker: &Broker) -> Result<Vec<Recorded>, BrokerError> {
        loop {
            self.end.borrow_and_update();
            let page = broker.store.feed(self.after, limits::WATCH_QUEUE_MAX);
            match page.await {
                Ok(page) if page.is_empty() => {
                    if self.end.changed().await.is_err() {
                        return Ok(page);
                    }
                }
                Ok(page) => return Ok(page),
                Err(error @ StoreError::Corrupt { id: None, .. }) => {
                    let end = broker.store.feed_end().await?;
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "a watch starts anew: the feed has an entry that cannot be read"
                    );
                    (self.after, self.has_gap) = (end, true);
                    return Ok(Vec::new());
                }
                Err(error) => return Err(error.into()),
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
            filter.states = AlertFilter::every().states;
        }
        let mut changes = Vec::new();
        let page = if faults::are_told(actor, &filter) {
            let (damaged, last) = broker.faults.newer(self.told);
            if !damaged.is_empty() {
                let after = self.after;
                let mark = broker.mark(after).await?;
                self.told = last;
                let entry = |fault| (Resume { after, mark }, AlertEntry::Damaged(fault));
                return Ok(damaged.into_iter().map(entry).collect());
            }
            let mut noticed = self.noticed.clone();
            tokio::select! {
                page = self.page(broker) => page?,
                _ = noticed.wait_for(|number| *number > last) => return Ok(changes),
            }
        } else {
            self.page(broker).await?
        };
        for recorded in page.iter().filter(|recorded| may_see(actor, recorded)) {
            let Some(number) = alert_of(&recorded.event.kind) else {
                continue;
            };
            let stored = match broker.store.load(recorded.record).await {
                Ok(Some(stored)) => stored,
                Ok(None) => continue,
                // Operators are told of it; the others' alerts still come.
                Err(StoreError::Corrupt { id: Some(_), .. }) => {
                    broker.look_for_faults().await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            let is_it = |entry: &AlertEntry| matches!(entry, AlertEntry::Raised { alert, .. } | AlertEntry::Needed { alert, .. } if alert.number == number);
            let entry = alerts_of(stored, &filter, actor).into_iter().find(is_it);
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
        | EventKind::Resolved { alert }
        | EventKind::Case(
            CaseEventKind::StepRaised { alert, .. }
            | CaseEventKind::Acknowledged { alert, .. }
            | CaseEventKind::Reopened { alert }
            | CaseEventKind::Resolved { alert },
        ) => Some(*alert),
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
