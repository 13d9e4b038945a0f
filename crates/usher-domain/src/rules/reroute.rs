//! An operator routes a check: one that nobody was found for, or one that is with the wrong responder.

use super::hand_over::hand_over;
use super::hold::wrong_state;
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::RouteReason;
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn reroute(
    work: &mut Work<'_>,
    number: CheckNumber,
    to: &Destination,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(
            check,
            "unroutable, waiting, leased, accepted or asked",
        ));
    }
    if matches!(to, Destination::Nowhere { .. }) {
        return Err(Rejection::Invalid {
            field: "to",
            why: "must name a responder or an authority that has one",
        });
    }
    let to = hand_over(work, number, to, RouteReason::Operator)?;
    work.record(number, EventKind::Rerouted { to });
    Ok(())
}
