//! Checks that are given back, for the tables of the rules.

use super::text;
use crate::command::Verb;
use crate::enquiry::PeopleReason;
use crate::id::LeaseId;
use crate::sealed::Sealed;

pub(crate) fn release(lease: Option<LeaseId>) -> Verb {
    Verb::Release {
        check: 1,
        lease,
        for_people: None,
        candidates: Sealed::default(),
    }
}

/// Left to people since somebody may be one of the wanted, with so many bytes of candidates.
pub(crate) fn leave_candidates(lease: Option<LeaseId>, length: usize) -> Verb {
    Verb::Release {
        check: 1,
        lease,
        for_people: Some(PeopleReason::PossibleMatch),
        candidates: text(length),
    }
}
