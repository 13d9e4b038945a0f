//! The responder needs more from the officer. The ladder goes on meanwhile, and the officer is told at once.

use super::hold::{held, wrong_state};
use super::raise::raise_trouble;
use crate::alert::Trouble;
use crate::decide::Work;
use crate::enquiry::{CheckState, Exchange};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::ladder::Audience;
use crate::limits;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn ask(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    question: &Sealed,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !matches!(
        check.state,
        CheckState::Leased { .. } | CheckState::Accepted { .. }
    ) {
        return Err(wrong_state(check, "leased or accepted"));
    }
    if check.exchanges.len() >= limits::QUESTIONS_PER_CHECK_MAX {
        return Err(Rejection::TooMany {
            what: "questions on one check",
            max: limits::QUESTIONS_PER_CHECK_MAX,
        });
    }
    let (now, by) = (work.now, work.by());
    let exchange = Exchange {
        question: question.clone(),
        asked_by: by.clone(),
        asked_at: now,
        reply: None,
    };
    if let Some(check) = work.enquiry.check_mut(number) {
        check.exchanges.push(exchange);
        check.state = CheckState::Asked { at: now, by };
    }
    work.record(number, EventKind::Asked);
    raise_trouble(work, number, Trouble::Question, &[Audience::Officer]);
    Ok(())
}
