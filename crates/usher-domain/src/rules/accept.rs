//! People at the borough take a check on: from an adapter's lease, or a desk straight from the queue.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn accept(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    expected_by: Option<Timestamp>,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    match check.state {
        CheckState::Waiting { .. } | CheckState::Leased { .. } | CheckState::Accepted { .. } => {}
        _ => return Err(wrong_state(check, "waiting, leased or accepted")),
    }
    if expected_by.is_some_and(|promised| promised <= work.now) {
        return Err(Rejection::Invalid {
            field: "expected_by_time",
            why: "must lie in the future",
        });
    }
    let state = CheckState::Accepted {
        at: work.now,
        by: work.by(),
        expected_by,
    };
    work.enter(number, state);
    work.record(number, EventKind::Accepted { expected_by });
    Ok(())
}
