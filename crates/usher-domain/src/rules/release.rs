//! The responder gives a check back to its queue.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;

pub(crate) fn release(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !matches!(
        check.state,
        CheckState::Leased { .. } | CheckState::Accepted { .. }
    ) {
        return Err(wrong_state(check, "leased or accepted"));
    }
    let since = work.now;
    work.enter(number, CheckState::Waiting { since });
    work.record(number, EventKind::Released);
    Ok(())
}
