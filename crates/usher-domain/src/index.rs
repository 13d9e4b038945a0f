//! Index keys: what every engine of the store finds enquiries and cases by. Derived from the record alone, never from personal data.

use crate::alert::AlertState;
use crate::code::{CourtCode, ResponderId};
use crate::codes::codes;
use crate::enquiry::{Check, CheckState, Enquiry};
use crate::id::CheckNumber;
use crate::time::Timestamp;

codes! {
    /// The kinds of records.
    RecordKind {
        /// An enquiry.
        Enquiry = "enquiry",
        /// A case.
        Case = "case",
    }
}

impl Default for RecordKind {
    /// The kind that was there first, and has the oldest layout.
    fn default() -> Self {
        Self::Enquiry
    }
}

/// By what one record is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// What kind of record.
    pub kind: RecordKind,
    /// Whether any check still wants something from somebody; of a case, whether any is still needed, or will be again.
    pub open: bool,
    /// Whose court.
    pub court: CourtCode,
    /// The deadline: queues are served nearest first.
    pub deadline: Timestamp,
    /// The soonest moment at which the clock has something to do.
    pub next_due: Option<Timestamp>,
    /// Checks that wait in a responder's queue for any program; not those that wait for people.
    pub waiting: Vec<(ResponderId, CheckNumber)>,
    /// Every responder that has or had a check, or that one could not go to, once each.
    pub responders: Vec<ResponderId>,
    /// Live alerts that nobody looks after.
    pub open_alerts: u16,
    /// Live alerts, looked after or not.
    pub live_alerts: u16,
}

/// Derives the keys of `enquiry`.
pub fn keys(enquiry: &Enquiry) -> Keys {
    let mut responders: Vec<ResponderId> = enquiry
        .checks
        .iter()
        .filter_map(|check| check.concerned().cloned())
        .collect();
    responders.sort_unstable();
    responders.dedup();
    let count = |wanted: fn(&crate::alert::Alert) -> bool| {
        u16::try_from(enquiry.alerts.iter().filter(|alert| wanted(alert)).count())
            .unwrap_or(u16::MAX)
    };
    Keys {
        kind: RecordKind::Enquiry,
        open: enquiry.is_open(),
        court: enquiry.deadline.court(),
        deadline: enquiry.deadline.at(),
        next_due: enquiry
            .checks
            .iter()
            .filter_map(|check| next_due(enquiry, check))
            .min(),
        waiting: enquiry.checks.iter().filter_map(waiting).collect(),
        responders,
        open_alerts: count(crate::alert::Alert::is_open),
        live_alerts: count(crate::alert::Alert::is_live),
    }
}

fn waiting(check: &Check) -> Option<(ResponderId, CheckNumber)> {
    match check.state {
        CheckState::Waiting {
            for_people: None, ..
        } => Some((check.responder.clone()?, check.number)),
        _ => None,
    }
}

/// The soonest moment at which the clock has something to do about `check`; `None` for an exit.
pub fn next_due(enquiry: &Enquiry, check: &Check) -> Option<Timestamp> {
    if check.state.is_exit() {
        return None;
    }
    let own = match &check.state {
        CheckState::Leased { lease } => Some(lease.expires),
        CheckState::Accepted { expected_by, .. } => promise_due(enquiry, check, *expected_by),
        _ => None,
    };
    let acknowledged = enquiry
        .alerts
        .iter()
        .filter(|alert| alert.check == check.number)
        .filter_map(|alert| match &alert.state {
            AlertState::Acknowledged { expires, .. } => Some(*expires),
            AlertState::Open { .. } | AlertState::Resolved { .. } => None,
        })
        .min();
    [own, acknowledged, check.ladder.next_due()]
        .into_iter()
        .flatten()
        .min()
}

/// A promise is due until the alert for it has been raised.
fn promise_due(
    enquiry: &Enquiry,
    check: &Check,
    expected_by: Option<Timestamp>,
) -> Option<Timestamp> {
    let raised = enquiry.alerts.iter().any(|alert| {
        alert.check == check.number
            && alert.is_live()
            && alert.cause == crate::alert::Cause::Trouble(crate::alert::Trouble::PromiseMissed)
    });
    if raised { None } else { expected_by }
}

/// Whether `check` is watched over: it has an exit, or a moment at which the clock looks again, or an open alert. Invariant 3 of the design.
pub fn is_watched(enquiry: &Enquiry, check: &Check) -> bool {
    check.state.is_exit()
        || next_due(enquiry, check).is_some()
        || enquiry
            .alerts
            .iter()
            .any(|alert| alert.check == check.number && alert.is_open())
}
