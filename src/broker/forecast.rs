//! Past checks by responder, from this store's own history: what [`usher_domain::forecast`] says of an answer in time rests on them.
//!
//! All brokers over one store come to the same: each notes what it does itself at once, and what the feed tells of the others. The feed
//! tells it of its own acts again, in order, which leaves everything as it was. What is kept of a responder are the checks opened last, however
//! they ended and in whatever order that was heard: keeping the answers of last would be keeping the quick ones.
//!
//! Every submission asks for an estimate, so it is read from curves that are kept ready: for a minute, or until a part in thirty-two of the
//! checks that they rest on has ended otherwise than they say.

use crate::store::{Cursor, Recorded, Store, StoreError};
use jiff::SignedDuration;
use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use usher_domain::agreement::SharingDecision;
use usher_domain::code::{ResponderId, ResponderKind};
use usher_domain::enquiry::Enquiry;
use usher_domain::event::{Event, EventKind};
use usher_domain::forecast::{Curve, Curves, Estimate, PastCheck, TimeOfWeek, Wait};
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_domain::time::{Calendar, Timestamp, WorkingHours};

/// Past checks by responder, at most [`limits::FORECAST_CHECKS_MAX`] each.
#[derive(Debug, Default)]
pub struct Forecast {
    past: RwLock<HashMap<ResponderId, Arc<Mutex<Past>>>>,
    pools: Mutex<HashMap<ResponderKind, Ready<Curve>>>,
    /// Checks of all responders that have ended.
    ends: AtomicU64,
}

#[derive(Debug, Default)]
struct Past {
    /// By when they were opened.
    checks: BTreeMap<(Timestamp, CheckId), Known>,
    opened: HashMap<CheckId, Timestamp>,
    clock: WorkingClock,
    ends: u64,
    ready: Option<Ready<Curves>>,
}

/// What was made of past checks, and when.
#[derive(Debug)]
struct Ready<T> {
    made: Arc<T>,
    at: Timestamp,
    ends: u64,
    checks: usize,
}

/// For so long no time that passes makes curves anew.
const READY: SignedDuration = SignedDuration::from_mins(1);
/// One check in so many may have ended since.
const ENDED_SINCE_ONE_IN: u64 = 32;

impl<T> Ready<T> {
    fn serves(&self, now: Timestamp, ends: u64) -> Option<Arc<T>> {
        let is_young = now.duration_since(self.at).abs() < READY;
        let ended = ends
            .saturating_sub(self.ends)
            .saturating_mul(ENDED_SINCE_ONE_IN);
        let is_like = usize::try_from(ended).is_ok_and(|ended| ended <= self.checks);
        (is_young && is_like).then(|| Arc::clone(&self.made))
    }
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
    fn open(&mut self, check: CheckId, at: Timestamp, hours: &WorkingHours, calendar: &Calendar) {
        if self.opened.contains_key(&check) {
            return;
        }
        let known = Known {
            opened: TimeOfWeek::of(at, hours, calendar),
            reading: self.clock.read(at, hours, calendar),
            ended: None,
        };
        self.checks.insert((at, check), known);
        self.opened.insert(check, at);
        if self.checks.len() > limits::FORECAST_CHECKS_MAX
            && let Some(((_, oldest), _)) = self.checks.pop_first()
        {
            self.opened.remove(&oldest);
        }
    }

    /// An answer tells more than any other end; otherwise the first end stays. Whether anything changed.
    fn end(
        &mut self,
        check: CheckId,
        answered: bool,
        worked: impl Fn(Timestamp) -> SignedDuration,
    ) -> bool {
        let Some(opened) = self.opened.get(&check).copied() else {
            return false;
        };
        let Some(known) = self.checks.get_mut(&(opened, check)) else {
            return false;
        };
        let tells = known.ended.is_none_or(|ended| answered && !ended.answered);
        if tells {
            known.ended = Some(Wait {
                worked_ms: millis(worked(opened)),
                answered,
            });
            self.ends += 1;
        }
        tells
    }

    fn curves(&mut self, now: Timestamp, hours: &WorkingHours, calendar: &Calendar) -> Arc<Curves> {
        let serves = |ready: &Ready<Curves>| ready.serves(now, self.ends);
        if let Some(made) = self.ready.as_ref().and_then(serves) {
            return made;
        }
        let made = Arc::new(Curves::of(self.checks(now, 1, hours, calendar).collect()));
        self.ready = Some(Ready {
            made: Arc::clone(&made),
            at: now,
            ends: self.ends,
            checks: made.checks(),
        });
        made
    }

    /// Every `step`th check, the newest first, as of `now`; not those that are opened in this very moment: what is asked about is not its own
    /// past.
    fn checks(
        &mut self,
        now: Timestamp,
        step: usize,
        hours: &WorkingHours,
        calendar: &Calendar,
    ) -> impl Iterator<Item = PastCheck> {
        let reading = self.clock.read(now, hours, calendar);
        let all = self.checks.iter().rev();
        let before = all.filter(move |((opened, _), known)| *opened < now || known.ended.is_some());
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
        let past = self.past_of(responder);
        let mut past = lock(&past);
        if let Some(opened) = opened {
            past.open(check, opened, hours, calendar);
        }
        let worked = |opened| hours.between(opened, event.at, calendar);
        if !matches!(event.kind, EventKind::Opened { .. }) && past.end(check, answered, worked) {
            self.ends.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How likely `responder`, of `kind`, answers within `worked` of working time what is opened `now`. Where it has too short a past, that
    /// of all of its kind counts, about as many checks of each, [`limits::FORECAST_CHECKS_MAX`] in all if they are no more than that
    /// themselves. What ended in the last minute may not count yet, as long as that is little.
    pub fn estimate(
        &self,
        responder: &ResponderId,
        kind: Option<ResponderKind>,
        worked: SignedDuration,
        now: Timestamp,
        policy: &Policy,
        kind_of: impl Fn(&ResponderId) -> Option<ResponderKind>,
    ) -> Estimate {
        let hours = policy.hours(Some(responder));
        let own = self.known(responder).map_or_else(Arc::default, |past| {
            lock(&past).curves(now, hours, &policy.calendar)
        });
        own.estimate(
            TimeOfWeek::of(now, hours, &policy.calendar),
            millis(worked),
            || kind.map_or_else(Arc::default, |kind| self.pool(kind, now, policy, kind_of)),
        )
    }

    fn pool(
        &self,
        kind: ResponderKind,
        now: Timestamp,
        policy: &Policy,
        kind_of: impl Fn(&ResponderId) -> Option<ResponderKind>,
    ) -> Arc<Curve> {
        let ends = self.ends.load(Ordering::Relaxed);
        let mut pools = lock(&self.pools);
        if let Some(made) = pools.get(&kind).and_then(|ready| ready.serves(now, ends)) {
            return made;
        }
        let all = self.past.read().unwrap_or_else(PoisonError::into_inner);
        let alike = all.iter().filter(|(id, _)| kind_of(id) == Some(kind));
        let alike: Vec<_> = alike
            .map(|(id, past)| (id.clone(), Arc::clone(past)))
            .collect();
        drop(all);
        let each = (limits::FORECAST_CHECKS_MAX / alike.len().max(1)).max(1);
        let mut waits = Vec::new();
        for (id, past) in alike {
            let mut past = lock(&past);
            let step = past.checks.len().div_ceil(each).max(1);
            let checks = past.checks(now, step, policy.hours(Some(&id)), &policy.calendar);
            waits.extend(checks.map(|check| check.wait));
        }
        let made = Arc::new(Curve::of(waits));
        let ready = Ready {
            made: Arc::clone(&made),
            at: now,
            ends,
            checks: made.checks(),
        };
        pools.insert(kind, ready);
        made
    }

    fn known(&self, responder: &ResponderId) -> Option<Arc<Mutex<Past>>> {
        let all = self.past.read().unwrap_or_else(PoisonError::into_inner);
        all.get(responder).map(Arc::clone)
    }

    fn past_of(&self, responder: &ResponderId) -> Arc<Mutex<Past>> {
        self.known(responder).unwrap_or_else(|| {
            let mut all = self.past.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.entry(responder.clone()).or_default())
        })
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
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
