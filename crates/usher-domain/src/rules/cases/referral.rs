//! A referral and its answer, for the tables of the rules.

use super::{HEARING, at, court, submission, text};
use crate::command::{Said, Submit, Verb};
use crate::enquiry::{Concern, Disposition, Purpose, ReferralOutcome};
use crate::hearing::Deadline;

/// An officer tells these destinations of somebody at risk.
pub(crate) fn referral(routes: &[&str]) -> Submit {
    Submit {
        purpose: Purpose::Referral,
        report: None,
        concerns: vec![Concern::Neglect],
        deadline: Deadline::ReplyBy {
            court: court("B01IX"),
            at: at(HEARING),
        },
        ..submission(routes)
    }
}

pub(super) fn said(disposition: Disposition, outcome: Option<ReferralOutcome>) -> Said {
    Said {
        disposition,
        outcome,
        data_as_of: None,
        content: text(64),
    }
}

/// What comes of a referral.
pub(crate) fn answer_referral(outcome: Option<ReferralOutcome>) -> Verb {
    Verb::Answer {
        check: 1,
        lease: None,
        said: said(Disposition::KnownRelevant, outcome),
    }
}
