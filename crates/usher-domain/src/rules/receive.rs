//! The officer has read the answer: the check's exit.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Receipt};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn receive(
    work: &mut Work<'_>,
    number: CheckNumber,
    version: u8,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    let CheckState::Answered { answers, received } = &check.state else {
        return Err(wrong_state(check, "answered"));
    };
    let newest = u8::try_from(answers.len()).unwrap_or(u8::MAX);
    if version == 0 || version > newest {
        return Err(Rejection::Invalid {
            field: "version",
            why: "must be the number of a version of the answer, from 1",
        });
    }
    if version < newest {
        return Err(Rejection::NewerAnswer { newest });
    }
    if received.is_some() {
        return Ok(());
    }
    let receipt = Receipt {
        by: work.by(),
        at: work.now,
    };
    let state = CheckState::Answered {
        answers: answers.clone(),
        received: Some(receipt),
    };
    work.enter(number, state);
    work.record(number, EventKind::Received { version });
    Ok(())
}
