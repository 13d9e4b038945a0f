//! What a responder says, in an answer of its own or over the telephone.

use usher_domain::enquiry::{Disposition, ReferralOutcome};
use usher_domain::personal::AnswerContent;
use usher_domain::time::Timestamp;

/// What a responder says, not yet sealed.
#[derive(Clone, PartialEq, Eq)]
pub struct SaidInput {
    /// What it comes to.
    pub disposition: Disposition,
    /// What comes of a referral.
    pub outcome: Option<ReferralOutcome>,
    /// The age of the data it rests on.
    pub data_as_of: Option<Timestamp>,
    /// What is said.
    pub content: AnswerContent,
}
