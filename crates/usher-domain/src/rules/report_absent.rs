//! A check waits and no adapter of its responder is connected: operators and the borough's desk are told, well before the deadline.

use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::id::CheckNumber;
use crate::ladder::Audience;
use crate::rejection::Rejection;

pub(crate) fn report_absent(work: &mut Work<'_>, number: CheckNumber) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if matches!(check.state, CheckState::Waiting { .. }) {
        raise_trouble(
            work,
            number,
            Trouble::NoAdapter,
            &[Audience::BoroughDesk, Audience::Operator],
        );
    }
    Ok(())
}
