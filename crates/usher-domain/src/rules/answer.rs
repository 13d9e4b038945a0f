//! The responder answers. The first answer wins; a later one supersedes visibly. An answer to a check that somebody closed
//! meanwhile is taken too, and must be read: what a borough knows about a child is never thrown away.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::{Answer, CheckState, Disposition, Timeliness};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::ladder::{StepKind, StepState};
use crate::limits;
use crate::rejection::Rejection;
use crate::sealed::Sealed;
use crate::time::Timestamp;

pub(crate) fn answer(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    disposition: Disposition,
    data_as_of: Option<Timestamp>,
    content: &Sealed,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    let mut answers = match &check.state {
        CheckState::Leased { .. }
        | CheckState::Accepted { .. }
        | CheckState::Asked { .. }
        | CheckState::Closed { .. } => Vec::new(),
        CheckState::Answered { answers, .. } => answers.clone(),
        CheckState::Waiting { .. }
        | CheckState::Unroutable { .. }
        | CheckState::Redirected { .. } => {
            return Err(wrong_state(
                check,
                "leased, accepted, asked, answered or closed",
            ));
        }
    };
    if answers.len() >= limits::ANSWERS_PER_CHECK_MAX {
        return Err(Rejection::TooMany {
            what: "versions of one answer",
            max: limits::ANSWERS_PER_CHECK_MAX,
        });
    }
    let (responder, opened_at) = (check.responder.clone(), check.opened_at);
    let timeliness = timeliness(work.now, work.enquiry.deadline.at());
    answers.push(Answer {
        disposition,
        by: work.by(),
        at: work.now,
        timeliness,
        data_as_of,
        content: content.clone(),
    });
    let version = u8::try_from(answers.len()).unwrap_or(u8::MAX);
    work.enter(
        number,
        CheckState::Answered {
            answers,
            received: None,
        },
    );
    await_reading(work, number);
    if let Some(responder) = responder {
        work.record(
            number,
            EventKind::Answered {
                responder,
                opened_at,
                version,
                timeliness,
            },
        );
    }
    Ok(())
}

/// At the deadline's own instant the hearing has begun: an answer then is late.
fn timeliness(now: Timestamp, deadline: Timestamp) -> Timeliness {
    if now < deadline {
        Timeliness::InTime
    } else {
        Timeliness::AfterHearing
    }
}

/// Ends the ladder to the answer and starts the one to its reading.
fn await_reading(work: &mut Work<'_>, number: CheckNumber) {
    let (now, deadline, policy) = (work.now, work.enquiry.deadline.at(), work.policy);
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    check.ladder.generation = check.ladder.generation.saturating_add(1);
    check
        .ladder
        .steps
        .retain(|step| step.kind != StepKind::Unread);
    for step in &mut check.ladder.steps {
        if step.state == StepState::Pending {
            step.state = StepState::Moot { at: now };
        }
    }
    check
        .ladder
        .steps
        .extend(policy.unread_steps(check.responder.as_ref(), now, deadline));
    check.ladder.steps.sort_by_key(|step| step.due);
}
