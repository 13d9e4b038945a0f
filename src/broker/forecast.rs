//! How often a responder has answered within a given working time: from this store's own history, with the count it rests on. Checks
//! still open count as soon as the time has passed over them; what ended otherwise (redirected, closed) does not count.
//!
//! All brokers over one store come to the same: each notes what it does itself at once, and what the feed tells of the others. The feed
//! tells it of its own acts again, in order, which leaves everything as it was.

use crate::store::{Cursor, Recorded, Store, StoreError};
use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Enquiry;
use usher_domain::event::{Event, EventKind};
use usher_domain::id::CheckId;
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_domain::time::Timestamp;

/// Past checks by responder, at most [`limits::FORECAST_CHECKS_MAX`] each.
#[derive(Debug, Default)]
pub struct Forecast {
    past: Mutex<HashMap<ResponderId, Past>>,
}

#[derive(Debug, Default)]
struct Past {
    /// Answered checks, and the working time to the first answer in milliseconds; oldest first.
    answered: VecDeque<(CheckId, i64)>,
    took_ms: Sorted<i64>,
    /// Unanswered checks and when they were opened.
    open: HashMap<CheckId, Timestamp>,
    opened: Sorted<Timestamp>,
}

impl Past {
    fn has_answered(&self, check: CheckId) -> bool {
        self.answered.iter().any(|(answered, _)| *answered == check)
    }

    fn open(&mut self, check: CheckId, at: Timestamp) {
        if self.has_answered(check) || self.open.len() >= limits::FORECAST_CHECKS_MAX {
            return;
        }
        if let Some(before) = self.open.insert(check, at) {
            self.opened.remove(&before);
        }
        self.opened.insert(at);
    }

    fn forget(&mut self, check: CheckId) {
        if let Some(at) = self.open.remove(&check) {
            self.opened.remove(&at);
        }
    }

    fn answer(&mut self, check: CheckId, took_ms: i64) {
        self.forget(check);
        if self.has_answered(check) {
            return;
        }
        if self.answered.len() >= limits::FORECAST_CHECKS_MAX
            && let Some((_, oldest_ms)) = self.answered.pop_front()
        {
            self.took_ms.remove(&oldest_ms);
        }
        self.answered.push_back((check, took_ms));
        self.took_ms.insert(took_ms);
    }
}

/// Values in order: how many there are up to one of them is asked for every enquiry.
#[derive(Debug)]
struct Sorted<T>(Vec<T>);

impl<T> Default for Sorted<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Sorted<T> {
    fn insert(&mut self, value: T) {
        let place = self.up_to(&value);
        self.0.insert(place, value);
    }

    fn remove(&mut self, value: &T) {
        if let Ok(place) = self.0.binary_search(value) {
            self.0.remove(place);
        }
    }

    fn up_to(&self, value: &T) -> usize {
        self.0.partition_point(|other| other <= value)
    }
}

/// How often, and out of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share {
    /// Answered within the time.
    pub within: usize,
    /// All whose outcome is known.
    pub known: usize,
}

impl Share {
    /// As a number from 0 to 1; `None` when nothing is known.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts are at most a few thousand"
    )]
    pub fn ratio(self) -> Option<f64> {
        (self.known > 0).then(|| self.within as f64 / self.known as f64)
    }
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
        enquiry: usher_domain::id::EnquiryId,
        responder: Option<&ResponderId>,
        event: &Event,
        policy: &Policy,
    ) {
        let (Some(number), Some(responder)) = (event.check, responder) else {
            return;
        };
        let check = CheckId { enquiry, number };
        match &event.kind {
            EventKind::Opened { .. } => {
                let mut all = self.lock();
                all.entry(responder.clone())
                    .or_default()
                    .open(check, event.at);
            }
            EventKind::Answered {
                opened_at,
                version: 1,
                ..
            } => {
                let worked =
                    policy
                        .hours(Some(responder))
                        .between(*opened_at, event.at, &policy.calendar);
                let took_ms = i64::try_from(worked.as_millis()).unwrap_or(i64::MAX);
                let mut all = self.lock();
                let past = all.entry(responder.clone()).or_default();
                past.answer(check, took_ms);
            }
            EventKind::Redirected { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Closed { .. } => {
                if let Some(past) = self.lock().get_mut(responder) {
                    past.forget(check);
                }
            }
            _ => {}
        }
    }

    /// How often `responder` answered within `worked` of working time, as of `now`.
    pub fn share(
        &self,
        responder: &ResponderId,
        worked: jiff::SignedDuration,
        now: Timestamp,
        policy: &Policy,
    ) -> Share {
        let all = self.lock();
        let Some(past) = all.get(responder) else {
            return Share::default();
        };
        let within_ms = i64::try_from(worked.as_millis()).unwrap_or(i64::MAX);
        let within = past.took_ms.up_to(&within_ms);
        // No working time is longer than the time that it takes.
        let latest = now.saturating_sub(worked).unwrap_or(Timestamp::MIN);
        let unanswered = if past.opened.up_to(&latest) > 0 {
            let hours = policy.hours(Some(responder));
            let passed_over = hours.before(now, worked, &policy.calendar);
            past.opened.up_to(&passed_over)
        } else {
            0
        };
        Share {
            within,
            known: past.answered.len() + unanswered,
        }
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
mod tests {
    use super::*;
    use usher_domain::code::ClientId;
    use usher_domain::id::{EnquiryId, RequestId};
    use uuid::Uuid;

    #[test]
    fn what_is_kept_in_order_is_what_is_kept_by_check() {
        let client = ClientId::parse("spiffe://usher.example/court").unwrap();
        let check = |number: u64| CheckId {
            enquiry: EnquiryId::derive(
                &client,
                RequestId::from_uuid(Uuid::from_u128(number.into())),
            ),
            number: 1,
        };
        let mut random = fastrand::Rng::with_seed(1_989);
        let mut past = Past::default();
        for _ in 0..5_000 {
            let one = check(random.u64(..2_000));
            // Few moments and lengths, so that many are equal.
            match random.u8(..3) {
                0 => past.open(one, Timestamp::from_second(random.i64(0..50)).unwrap()),
                1 => past.answer(one, random.i64(0..50)),
                _ => past.forget(one),
            }
            let mut opened: Vec<_> = past.open.values().copied().collect();
            opened.sort_unstable();
            assert_eq!(past.opened.0, opened);
            let mut took_ms: Vec<_> = past.answered.iter().map(|(_, took_ms)| *took_ms).collect();
            took_ms.sort_unstable();
            assert_eq!(past.took_ms.0, took_ms);
        }
        assert_eq!(past.answered.len(), limits::FORECAST_CHECKS_MAX);
        assert_eq!(past.took_ms.up_to(&49), limits::FORECAST_CHECKS_MAX);
        assert_eq!(past.took_ms.up_to(&-1), 0);
    }
}
