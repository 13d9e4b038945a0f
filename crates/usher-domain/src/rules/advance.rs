//! Time has passed. Lost leases go back to the queue, due steps are raised once, expired acknowledgements open again. The clock
//! ends nothing, and a clock that went backwards finds nothing to do.

use super::raise::{add, raise_trouble};
use crate::alert::{AlertState, Cause, Trouble};
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, Enquiry};
use crate::event::EventKind;
use crate::id::{AlertNumber, CheckNumber};
use crate::ladder::{Audience, Step, StepKind, StepState, Unless};
use crate::time::Timestamp;

pub(crate) fn advance(work: &mut Work<'_>) {
    let live: Vec<CheckNumber> = work
        .enquiry
        .checks
        .iter()
        .filter(|check| !check.state.is_exit())
        .map(|check| check.number)
        .collect();
    for number in live {
        return_lost_lease(work, number);
        notice_missed_promise(work, number);
        raise_due_steps(work, number);
    }
    reopen_expired(work);
}

fn return_lost_lease(work: &mut Work<'_>, number: CheckNumber) {
    let (now, bound) = (work.now, work.policy.lease.lost_before_alert.max(1));
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    match &check.state {
        CheckState::Leased { lease } if lease.expires <= now => {}
        _ => return,
    }
    check.state = CheckState::Waiting { since: now };
    check.leases_lost = check.leases_lost.saturating_add(1);
    let alarming = check.leases_lost % bound == 0;
    work.record(number, EventKind::LeaseLost);
    if alarming {
        raise_trouble(
            work,
            number,
            Trouble::LeasesLost,
            &[Audience::BoroughDesk, Audience::Operator],
        );
    }
}

fn notice_missed_promise(work: &mut Work<'_>, number: CheckNumber) {
    let missed = work.enquiry.check(number).is_some_and(|check| {
        matches!(check.state, CheckState::Accepted { expected_by: Some(promised), .. } if promised <= work.now)
    });
    if missed {
        raise_trouble(
            work,
            number,
            Trouble::PromiseMissed,
            &[Audience::BoroughDesk, Audience::Officer],
        );
    }
}

fn raise_due_steps(work: &mut Work<'_>, number: CheckNumber) {
    let now = work.now;
    let Some(check) = work.enquiry.check(number) else {
        return;
    };
    let generation = check.ladder.generation;
    let due: Vec<(usize, Step)> = check
        .ladder
        .steps
        .iter()
        .enumerate()
        .filter(|(_, step)| step.state == StepState::Pending && step.due <= now)
        .map(|(place, step)| (place, step.clone()))
        .collect();
    for (place, step) in due {
        let moot = work
            .enquiry
            .check(number)
            .is_none_or(|check| is_moot(&work.enquiry, check, &step));
        let state = if moot {
            work.record(
                number,
                EventKind::StepMoot {
                    step: step.name.clone(),
                    generation,
                },
            );
            StepState::Moot { at: now }
        } else {
            StepState::Raised {
                at: now,
                alert: raise_step(work, number, &step, generation),
            }
        };
        if let Some(step) = work
            .enquiry
            .check_mut(number)
            .and_then(|check| check.ladder.steps.get_mut(place))
        {
            step.state = state;
        }
    }
}

fn is_moot(enquiry: &Enquiry, check: &Check, step: &Step) -> bool {
    match (step.kind, step.unless) {
        // Only a reading ends what follows an answer.
        (StepKind::Unread, _) => false,
        (StepKind::Hearing, _) | (_, Unless::Decided) => enquiry.is_decided(check.number),
        (_, Unless::Accepted) => matches!(
            check.state,
            CheckState::Accepted { .. } | CheckState::Asked { .. }
        ),
        (_, Unless::Answered) => false,
    }
}

fn raise_step(
    work: &mut Work<'_>,
    number: CheckNumber,
    step: &Step,
    generation: u16,
) -> AlertNumber {
    let alert = if step.kind == StepKind::Hearing {
        let at = work.now;
        if let Some(check) = work.enquiry.check_mut(number) {
            check.sentenced_outstanding_at.get_or_insert(at);
        }
        work.record(number, EventKind::SentencedOutstanding);
        raise_trouble(work, number, Trouble::SentencedOutstanding, &step.audience)
    } else {
        let cause = Cause::Step {
            name: step.name.clone(),
            generation,
        };
        add(work, number, cause, &step.audience, step.due)
    };
    let raised = EventKind::StepRaised {
        step: step.name.clone(),
        generation,
        due: step.due,
        alert,
    };
    work.record(number, raised);
    alert
}

fn reopen_expired(work: &mut Work<'_>) {
    let now = work.now;
    let expired = |state: &AlertState, now: Timestamp| matches!(state, AlertState::Acknowledged { expires, .. } if *expires <= now);
    let reopened: Vec<(CheckNumber, AlertNumber)> = work
        .enquiry
        .alerts
        .iter_mut()
        .filter(|alert| expired(&alert.state, now))
        .map(|alert| {
            alert.state = AlertState::Open { since: now };
            (alert.check, alert.number)
        })
        .collect();
    for (check, alert) in reopened {
        work.record(check, EventKind::Reopened { alert });
    }
}
