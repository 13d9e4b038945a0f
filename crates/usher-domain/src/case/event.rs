//! What happened to a case, past tense: a kind of [`crate::event::Event`]. It holds no personal data of the people concerned.

use super::SetAsideReason;
use crate::code::ResponderKind;
use crate::enquiry::Purpose;
use crate::id::{AlertNumber, EnquiryId};
use crate::time::Timestamp;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaseEventKind {
    /// It came on a list.
    Registered,
    /// The list says something else about it than before.
    Changed,
    /// The hearing moved.
    HearingMoved {
        /// From.
        from: Timestamp,
        /// To.
        to: Timestamp,
    },
    /// The list has it no more.
    TakenOff,
    /// It is on a list again.
    PutBack,
    /// It came to a stage.
    StageEntered {
        /// Which.
        purpose: Purpose,
    },
    /// A check is needed.
    Needed {
        /// By which rule.
        rule: Box<str>,
        /// Whom to ask.
        kind: ResponderKind,
        /// By when.
        due: Timestamp,
    },
    /// An enquiry covers it.
    Covered {
        /// Which.
        enquiry: EnquiryId,
    },
    /// The enquiry that covered it was taken back, or is too old by now.
    Uncovered {
        /// Which.
        enquiry: EnquiryId,
    },
    /// A named person set it aside.
    SetAside {
        /// Why.
        reason: SetAsideReason,
    },
    /// Its moment passed with nothing asked.
    Overdue,
    /// Another practitioner holds the case.
    Reassigned,
    /// A step of the ladder was raised.
    StepRaised {
        /// Its name.
        step: Box<str>,
        /// Which computation of the ladder.
        generation: u16,
        /// When it was due.
        due: Timestamp,
        /// As which alert.
        alert: AlertNumber,
    },
    /// A named person looks after an alert.
    Acknowledged {
        /// Which.
        alert: AlertNumber,
        /// Until when.
        expires: Timestamp,
    },
    /// An acknowledgement expired; the alert is open again.
    Reopened {
        /// Which.
        alert: AlertNumber,
    },
    /// The requirement has ended, and the alert with it.
    Resolved {
        /// Which.
        alert: AlertNumber,
    },
    /// A person was shown it.
    Viewed,
}

impl CaseEventKind {
    /// The event in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Changed => "changed",
            Self::HearingMoved { .. } => "hearing_moved",
            Self::TakenOff => "taken_off",
            Self::PutBack => "put_back",
            Self::StageEntered { .. } => "stage_entered",
            Self::Needed { .. } => "needed",
            Self::Covered { .. } => "covered",
            Self::Uncovered { .. } => "uncovered",
            Self::SetAside { .. } => "set_aside",
            Self::Overdue => "overdue",
            Self::Reassigned => "reassigned",
            Self::StepRaised { .. } => "step_raised",
            Self::Acknowledged { .. } => "acknowledged",
            Self::Reopened { .. } => "reopened",
            Self::Resolved { .. } => "resolved",
            Self::Viewed => "viewed",
        }
    }
}
