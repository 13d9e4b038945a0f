//! Past checks by responder, from this store's own history: what [`usher_domain::forecast`] says of an answer in time rests on them.
//!
//! All brokers over one store come to the same: each notes what it does itself at once, and what the feed tells of the others. The feed
//! tells it of its own acts again, in order, which leaves everything as it was. What is kept of a responder are the checks opened last, however
//! they ended and in whatever order that was heard: keeping the answers of last would be keeping the quick ones.

use crate::store::{Cursor, Recorded, Store, StoreError};
use jiff::SignedDuration;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use usher_domain::agreement::SharingDecision;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Enquiry;
use usher_domain::event::{Event, EventKind};
use usher_domain::forecast::{Estimate, PastCheck, TimeOfWeek, Wait, estimate};
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_domain::time::{Calendar, Timestamp, WorkingHours};

/// Past checks by responder, at most [`limits::FORECAST_CHECKS_MAX`] each.
#[derive(Debug, Default)]
pub struct Forecast {
    past: Mutex<HashMap<ResponderId, Past>>,
}

#[derive(Debug, Default)]
struct Past {
    /// By when they were opened.
    checks: BTreeMap<(Timestamp, CheckId), Known>,
    clock: WorkingClock,
}

/// What is known of one check.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    opened: TimeOfWeek,
    /// What the clock read when it was opened.
    reading: SignedDuration,
    /// `None` while it waits.
    ended: Option<Wait>,
}

impl Past {
    fn find(&mut self, check: CheckId) -> Option<(Timestamp, &mut Known)> {
        let mut all = self.checks.iter_mut();
        let found = all.find(|((_, other), _)| *other == check);
        found.map(|((opened, _), known)| (*opened, known))
    }

    fn open(&mut self, check: CheckId, at: Timestamp, hours: &WorkingHours, calendar: &Calendar) {
        if self.find(check).is_some() {
            return;
        }
        let known = Known {
            opened: TimeOfWeek::of(at, hours, calendar),
            reading: self.clock.read(at, hours, calendar),
            ended: None,
        };
        self.checks.insert((at, check), known);
        if self.checks.len() > limits::FORECAST_CHECKS_MAX {
            self.checks.pop_first();
        }
    }

    /// An answer tells more than any other end; otherwise the first end stays.
    fn end(
        &mut self,
        check: CheckId,
        answered: bool,
        worked: impl Fn(Timestamp) -> SignedDuration,
    ) {
        let Some((opened, known)) = self.find(check) else {
            return;
        };
        if known.ended.is_none_or(|ended| answered && !ended.answered) {
            known.ended = Some(Wait {
                worked_ms: millis(worked(opened)),
                answered,
            });
        }
    }

    /// Every `step`th check that was opened before `now`, the newest first, as of then: the one that is asked about is not its own past.
    fn checks(
        &mut self,
        now: Timestamp,
        step: usize,
        hours: &WorkingHours,
        calendar: &Calendar,
    ) -> impl Iterator<Item = PastCheck> {
        let reading = self.clock.read(now, hours, calendar);
        let all = self.checks.iter().rev();
        let before = all.filter(move |((opened, _), _)| *opened < now);
        before.step_by(step).map(move |(_, known)| PastCheck {
            opened: known.opened,
            wait: known.ended.unwrap_or(Wait {
                worked_ms: millis(reading.saturating_sub(known.reading)).max(0),
                answered: false,
            }),
        })
    }
}

/// Runs in a responder's working time, from the first moment that it is read at: the difference of two readings is the working time between
/// them, for any number of checks that wait.
#[derive(Debug, Default)]
struct WorkingClock {
    last: Option<(Timestamp, SignedDuration)>,
}

impl WorkingClock {
    /// A reading of a moment before the last one leaves it where it is.
    fn read(&mut self, at: Timestamp, hours: &WorkingHours, calendar: &Calendar) -> SignedDuration {
        let (last, reading) = self.last.unwrap_or((at, SignedDuration::ZERO));
        if at < last {
            return reading.saturating_sub(hours.between(at, last, calendar));
        }
        let reading = reading.saturating_add(hours.between(last, at, calendar));
        self.last = Some((at, reading));
        reading
    }
}

fn millis(span: SignedDuration) -> i64 {
    i64::try_from(span.as_millis()).unwrap_or(i64::MAX)
}

/// Feed entries that the forecast reads at start, at most.
const ENTRIES_READ_MAX: u64 = 20_000;
/// Events after which it reads no further back: a busy store has hundreds in an entry, and a restart must not wait for them.
const EVENTS_READ_MAX: usize = 32_768;
/// Entries of one step back.
const STEP_ENTRIES: u64 = 64;
/// Events of one look at the feed.
const FEED_PAGE: usize = limits::PAGE_SIZE_MAX;

impl Forecast {
    /// Reads the recent part of the feed: back in steps, then noted in order.
    pub(super) async fn from_feed(store: &dyn Store, policy: &Policy) -> Result<Self, StoreError> {
        let mut until = store.feed_end().await?.entry;
        let oldest = until.saturating_sub(ENTRIES_READ_MAX);
        let (mut steps, mut read) = (Vec::new(), 0);
        while until > oldest && read < EVENTS_READ_MAX {
            let from = until.saturating_sub(STEP_ENTRIES).max(oldest);
            let step = match events_between(store, from, until).await {
                Ok(step) => step,
                Err(error @ StoreError::Corrupt { .. }) => {
                    // A forecast is worth no refusal to serve; `store verify` names the entry.
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the forecast rests on the newest part of the feed alone"
                    );
                    break;
                }
                Err(error) => return Err(error),
            };
            read += step.len();
            steps.push(step);
            until = from;
        }
        let forecast = Self::default();
        for recorded in steps.iter().rev().flatten() {
            forecast.hear(recorded, policy);
        }
        Ok(forecast)
    }

    /// Takes in what has just happened.
    pub(super) fn observe(&self, enquiry: &Enquiry, events: &[Event], policy: &Policy) {
        for event in events {
            self.note(enquiry.id, enquiry.responder_of(event), event, policy);
        }
    }

    /// Takes in what the feed tells, of other brokers or of this one again.
    pub(super) fn hear(&self, recorded: &Recorded, policy: &Policy) {
        if let Some(enquiry) = recorded.enquiry() {
            let responder = recorded.responder.as_ref();
            self.note(enquiry, responder, &recorded.event, policy);
        }
    }

    fn note(
        &self,
        enquiry: EnquiryId,
        responder: Option<&ResponderId>,
        event: &Event,
        policy: &Policy,
    ) {
        // A check that an agreement forbids is nobody's any more when the event tells of it.
        let (responder, answered, opened) = match &event.kind {
            EventKind::Opened { .. } => (responder, false, Some(event.at)),
            EventKind::Answered {
                opened_at,
                version: 1,
                ..
            } => (responder, true, Some(*opened_at)),
            EventKind::Redirected { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Closed { .. } => (responder, false, None),
            EventKind::Reconsidered {
                responder,
                decision: SharingDecision::Deny,
            } => (Some(responder), false, None),
            _ => return,
        };
        let (Some(number), Some(responder)) = (event.check, responder) else {
            return;
        };
        let check = CheckId { enquiry, number };
        let (hours, calendar) = (policy.hours(Some(responder)), &policy.calendar);
        let mut all = self.lock();
        let past = all.entry(responder.clone()).or_default();
        if let Some(opened) = opened {
            past.open(check, opened, hours, calendar);
        }
        if !matches!(event.kind, EventKind::Opened { .. }) {
            past.end(check, answered, |opened| {
                hours.between(opened, event.at, calendar)
            });
        }
    }

    /// How likely `responder` answers within `worked` of working time what is opened `now`. Where it has too short a past, that of all who
    /// are `alike` counts, about as many checks of each, [`limits::FORECAST_CHECKS_MAX`] in all if they are no more than that themselves.
    pub fn estimate(
        &self,
        responder: &ResponderId,
        worked: SignedDuration,
        now: Timestamp,
        policy: &Policy,
        alike: impl Fn(&ResponderId) -> bool,
    ) -> Estimate {
        let calendar = &policy.calendar;
        let hours = policy.hours(Some(responder));
        let mut all = self.lock();
        let own: Vec<_> = all
            .get_mut(responder)
            .map(|past| past.checks(now, 1, hours, calendar).collect())
            .unwrap_or_default();
        estimate(
            &own,
            TimeOfWeek::of(now, hours, calendar),
            millis(worked),
            || {
                let mut those: Vec<_> = all.iter_mut().filter(|(id, _)| alike(id)).collect();
                let each = (limits::FORECAST_CHECKS_MAX / those.len().max(1)).max(1);
                let of_one = |(id, past): &mut (&ResponderId, &mut Past)| {
                    let step = past.checks.len().div_ceil(each).max(1);
                    let checks = past.checks(now, step, policy.hours(Some(id)), calendar);
                    checks.map(|check| check.wait).collect::<Vec<_>>()
                };
                those.iter_mut().flat_map(of_one).collect()
            },
        )
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ResponderId, Past>> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The events of the entries after `from` up to `until`.
async fn events_between(
    store: &dyn Store,
    from: u64,
    until: u64,
) -> Result<Vec<Recorded>, StoreError> {
    let mut events = Vec::new();
    // After every event of the entry before the first one.
    let mut after = Cursor {
        entry: from,
        events: u32::MAX,
    };
    loop {
        let mut page = store.feed(after, FEED_PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(events);
        };
        after = last.cursor;
        let is_over = after.entry > until;
        page.retain(|recorded| recorded.cursor.entry <= until);
        events.append(&mut page);
        if is_over {
            return Ok(events);
        }
    }
}

#[cfg(test)]
mod tests;
