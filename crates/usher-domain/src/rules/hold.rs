//! Whether an adapter or desk may act on a check: it is the responder's, and where it is leased the caller shows the live lease.

use crate::decide::Work;
use crate::enquiry::{Check, CheckState};
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;

/// The check, when the actor holds it: by its live lease, or, once people have it, by answering for its responder.
///
/// # Errors
/// `NotFound` for another's check, `LeaseLost` when the lease ran out (at its last instant it has) or is another's.
pub(crate) fn held<'a>(
    work: &'a Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
) -> Result<&'a Check, Rejection> {
    let check = work.check(number)?;
    match &check.state {
        CheckState::Leased { lease: live } => {
            let holds = lease == Some(live.id) && live.client == work.actor.client;
            if holds && work.now < live.expires {
                Ok(check)
            } else {
                Err(Rejection::LeaseLost)
            }
        }
        CheckState::Waiting { .. } if lease.is_some() => Err(Rejection::LeaseLost),
        // What a person said by telephone ended the loan: no program takes it back under that.
        CheckState::Answered { answers, .. }
            if lease.is_some() && answers.iter().any(|answer| answer.by_phone.is_some()) =>
        {
            Err(Rejection::LeaseLost)
        }
        _ => Ok(check),
    }
}

/// The refusal of a verb that `check` is in no state for.
pub(crate) fn wrong_state(check: &Check, wanted: &'static str) -> Rejection {
    Rejection::WrongState {
        check: check.number,
        state: check.state.name(),
        wanted,
    }
}
