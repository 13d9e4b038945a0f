//! A named person ends a check with a reason. An answer that nobody has read cannot be closed away: it is read.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, CloseReason};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn close(
    work: &mut Work<'_>,
    number: CheckNumber,
    reason: CloseReason,
    note: &Sealed,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(check, "unanswered"));
    }
    if reason == CloseReason::Other && note.is_empty() {
        return Err(Rejection::Invalid {
            field: "note",
            why: "is needed when the reason is other",
        });
    }
    let state = CheckState::Closed {
        by: work.by(),
        reason,
        note: note.clone(),
        at: work.now,
    };
    work.enter(number, state);
    work.record(number, EventKind::Closed { reason });
    Ok(())
}
