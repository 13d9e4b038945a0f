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
    /// Unanswered checks and when they were opened.
    open: HashMap<CheckId, Timestamp>,
}

impl Past {
    fn has_answered(&self, check: CheckId) -> bool {
        self.answered.iter().any(|(answered, _)| *answered == check)
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
            let responder = recorded.responder.as_ref();
            forecast.note(recorded.enquiry, responder, &recorded.event, policy);
        }
        Ok(forecast)
    }

    /// Takes in what has just happened.
    pub(super) fn observe(&self, enquiry: &Enquiry, events: &[Event], policy: &Policy) {
        for event in events {
            let responder = event
                .check
                .and_then(|number| enquiry.check(number)?.responder.as_ref());
            self.note(enquiry.id, responder, event, policy);
        }
    }

    /// Takes in what the feed tells, of other brokers or of this one again.
    pub(super) fn hear(&self, recorded: &Recorded, policy: &Policy) {
        let responder = recorded.responder.as_ref();
        self.note(recorded.enquiry, responder, &recorded.event, policy);
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
                let past = all.entry(responder.clone()).or_default();
                if !past.has_answered(check) && past.open.len() < limits::FORECAST_CHECKS_MAX {
                    past.open.insert(check, event.at);
                }
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
                let mut all = self.lock();
                let past = all.entry(responder.clone()).or_default();
                past.open.remove(&check);
                if past.has_answered(check) {
                    return;
                }
                if past.answered.len() >= limits::FORECAST_CHECKS_MAX {
                    past.answered.pop_front();
                }
                let took_ms = i64::try_from(worked.as_millis()).unwrap_or(i64::MAX);
                past.answered.push_back((check, took_ms));
            }
            EventKind::Redirected { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Closed { .. } => {
                if let Some(past) = self.lock().get_mut(responder) {
                    past.open.remove(&check);
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
        let within = past
            .answered
            .iter()
            .filter(|(_, took_ms)| *took_ms <= within_ms)
            .count();
        let passed_over = policy
            .hours(Some(responder))
            .before(now, worked, &policy.calendar);
        let unanswered = past
            .open
            .values()
            .filter(|opened| **opened <= passed_over)
            .count();
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
