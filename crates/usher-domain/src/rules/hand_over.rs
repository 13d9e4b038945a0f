//! A check goes to somebody else and keeps its deadline: to the check that the other responder has open, or to a new one.

use super::open::{join, open};
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::{CheckState, RouteReason, UnroutableWhy};
use crate::id::CheckNumber;
use crate::rejection::Rejection;

/// Opens or joins the check that goes on, and makes `number` an exit that names it.
pub(crate) fn hand_over(
    work: &mut Work<'_>,
    number: CheckNumber,
    to: &Destination,
    reason: RouteReason,
) -> Result<CheckNumber, Rejection> {
    let successor = match to {
        Destination::Responder { id, authorities } => {
            let own = work.check(number)?.responder.as_ref() == Some(id);
            if own {
                return Err(Rejection::Invalid {
                    field: "to",
                    why: "is the responder that has the check already",
                });
            }
            let theirs = || {
                work.enquiry
                    .checks
                    .iter()
                    .filter(|check| check.responder.as_ref() == Some(id))
            };
            let open_check = theirs()
                .find(|check| check.state.is_outstanding())
                .map(|check| check.number);
            let sent_away =
                theirs().any(|check| matches!(check.state, CheckState::Redirected { .. }));
            match open_check {
                Some(existing) => {
                    if let Some(check) = work.enquiry.check_mut(existing) {
                        join(check, authorities, reason);
                    }
                    existing
                }
                // They have sent it away themselves: an operator must settle it. The operator's own word is final.
                None if sent_away && reason != RouteReason::Operator => {
                    let disputed = Destination::Nowhere {
                        why: vec![UnroutableWhy::Disputed],
                    };
                    open(work, &disputed, vec![reason])?
                }
                None => open(work, to, vec![reason])?,
            }
        }
        Destination::Nowhere { .. } => open(work, to, vec![reason])?,
    };
    let state = CheckState::Redirected {
        to: successor,
        at: work.now,
        by: work.by(),
    };
    work.enter(number, state);
    Ok(successor)
}
