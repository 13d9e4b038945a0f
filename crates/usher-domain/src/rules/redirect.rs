//! The responder says that a check is somebody else's.

use super::hand_over::hand_over;
use super::hold::{held, wrong_state};
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::RouteReason;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;

pub(crate) fn redirect(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    to: &Destination,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(check, "waiting, leased, accepted or asked"));
    }
    let to = hand_over(work, number, to, RouteReason::Redirected { from: number })?;
    work.record(number, EventKind::Redirected { to });
    Ok(())
}
