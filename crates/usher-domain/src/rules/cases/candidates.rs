//! Checks that are left to people with candidates, for the tables of the rules.

use super::text;
use crate::command::Verb;
use crate::enquiry::PeopleReason;
use crate::id::LeaseId;

/// Left to people since somebody may be one of the wanted, with so many bytes of candidates.
pub(crate) fn leave_candidates(lease: Option<LeaseId>, length: usize) -> Verb {
    Verb::Release {
        check: 1,
        lease,
        for_people: Some(PeopleReason::PossibleMatch),
        candidates: text(length),
    }
}
