//! The officer replies to a question; the check goes back to the responder's queue.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Reply};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn supply(
    work: &mut Work<'_>,
    number: CheckNumber,
    text: &Sealed,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !matches!(check.state, CheckState::Asked { .. }) {
        return Err(wrong_state(check, "asked"));
    }
    let reply = Reply {
        text: text.clone(),
        by: work.by(),
        at: work.now,
    };
    let since = work.now;
    if let Some(check) = work.enquiry.check_mut(number) {
        if let Some(exchange) = check.exchanges.last_mut() {
            exchange.reply = Some(reply);
        }
        check.state = CheckState::Waiting { since };
    }
    work.record(number, EventKind::Supplied);
    Ok(())
}
