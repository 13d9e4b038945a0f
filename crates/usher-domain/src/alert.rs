//! Alerts: raised steps and other trouble, open until a named person acknowledges them; an acknowledgement expires.

use crate::actor::By;
use crate::codes::codes;
use crate::id::{AlertNumber, CheckNumber};
use crate::ladder::Audience;
use crate::limits;
use crate::time::Timestamp;

/// Something that a named person must look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Its number within the enquiry or case, from 1.
    pub number: AlertNumber,
    /// The check that it is about; of a case, the requirement.
    pub check: CheckNumber,
    /// What is wrong.
    pub cause: Cause,
    /// Who is told.
    pub audience: Vec<Audience>,
    /// When it became due.
    pub due_at: Timestamp,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// Where it stands.
    pub state: AlertState,
}

/// Adds a new open alert and makes room by dropping the oldest ended one.
pub(crate) fn add(
    alerts: &mut Vec<Alert>,
    check: CheckNumber,
    cause: Cause,
    audience: &[Audience],
    due_at: Timestamp,
    now: Timestamp,
) -> AlertNumber {
    let number = alerts
        .last()
        .map_or(1, |alert| alert.number.saturating_add(1));
    let ended = alerts.iter().position(|alert| !alert.is_live());
    if let Some(oldest) = ended.filter(|_| alerts.len() >= limits::ALERTS_KEPT_MAX) {
        alerts.remove(oldest);
    }
    alerts.push(Alert {
        number,
        check,
        cause,
        audience: audience.to_vec(),
        due_at,
        raised_at: now,
        state: AlertState::Open { since: now },
    });
    number
}

/// Opens the alerts whose acknowledgement has expired, and answers with them.
pub(crate) fn reopen_expired(
    alerts: &mut [Alert],
    now: Timestamp,
) -> Vec<(CheckNumber, AlertNumber)> {
    alerts
        .iter_mut()
        .filter(|alert| matches!(alert.state, AlertState::Acknowledged { expires, .. } if expires <= now))
        .map(|alert| {
            alert.state = AlertState::Open { since: now };
            (alert.check, alert.number)
        })
        .collect()
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A step of the check's ladder came due.
    Step {
        /// The step's name in the policy.
        name: Box<str>,
        /// Which computation of the ladder it belongs to.
        generation: u16,
    },
    /// Anything else.
    Trouble(Trouble),
}

codes! {
    /// Trouble outside the ladder.
    Trouble {
        /// No responder was found.
        Unroutable = "unroutable",
        /// The borough asks back.
        Question = "question",
        /// The borough promised an answer for a moment that has passed.
        PromiseMissed = "promise_missed",
        /// Adapters take the check and bring nothing.
        LeasesLost = "leases_lost",
        /// Work is waiting and no adapter of the responder is connected.
        NoAdapter = "no_adapter",
        /// The hearing passed with no answer and no decision.
        SentencedOutstanding = "sentenced_outstanding",
    }
}

impl Cause {
    /// The cause in a word, for tables and metrics.
    pub fn name(&self) -> &str {
        match self {
            Self::Step { name, .. } => name,
            Self::Trouble(trouble) => trouble.name(),
        }
    }
}

/// Where an alert stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AlertState {
    /// Nobody has acknowledged it, or the acknowledgement has expired.
    Open {
        /// Since when.
        since: Timestamp,
    },
    /// A named person looks after it until `expires`.
    Acknowledged {
        /// Who.
        by: By,
        /// Since when.
        at: Timestamp,
        /// From this moment on it is open again.
        expires: Timestamp,
        /// What the person said; may hold personal data.
        note: crate::sealed::Sealed,
    },
    /// The check has moved on.
    Resolved {
        /// When.
        at: Timestamp,
    },
}

impl Alert {
    /// Whether somebody still has to act on it, acknowledged or not.
    pub fn is_live(&self) -> bool {
        !matches!(self.state, AlertState::Resolved { .. })
    }

    /// Whether it is open: nobody looks after it.
    pub fn is_open(&self) -> bool {
        matches!(self.state, AlertState::Open { .. })
    }

    /// When its acknowledgement ends.
    pub fn next_due(&self) -> Option<Timestamp> {
        match &self.state {
            AlertState::Acknowledged { expires, .. } => Some(*expires),
            AlertState::Open { .. } | AlertState::Resolved { .. } => None,
        }
    }
}
