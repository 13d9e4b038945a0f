//! The officer takes the enquiry back: every unanswered check is closed in the officer's name. Answers that came stay, to be read.

use super::close::close;
use crate::decide::Work;
use crate::enquiry::CloseReason;
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn withdraw(work: &mut Work<'_>, note: &Sealed) -> Result<(), Rejection> {
    let outstanding: Vec<CheckNumber> = work
        .enquiry
        .outstanding()
        .map(|check| check.number)
        .collect();
    if outstanding.is_empty() {
        return Err(Rejection::NothingOutstanding);
    }
    work.record(None, EventKind::Withdrawn);
    for number in outstanding {
        close(work, number, CloseReason::Withdrawn, note)?;
    }
    Ok(())
}
