//! The hearing moves: a named person says to when and why; every step is computed anew, and history keeps the old ones.

use crate::decide::Work;
use crate::enquiry::Purpose;
use crate::event::EventKind;
use crate::hearing::{Deadline, HearingMove};
use crate::id::{AlertNumber, CheckNumber};
use crate::ladder::{Step, StepKind, StepState};
use crate::limits;
use crate::rejection::Rejection;
use crate::sealed::Sealed;
use crate::time::{Timestamp, to_london};

pub(crate) fn move_hearing(
    work: &mut Work<'_>,
    deadline: &Deadline,
    reason: &Sealed,
) -> Result<(), Rejection> {
    check_deadline(work.enquiry.purpose, deadline, work.now)?;
    if *deadline == work.enquiry.deadline {
        return Ok(());
    }
    if reason.is_empty() {
        return Err(Rejection::Invalid {
            field: "reason",
            why: "say why the hearing moves",
        });
    }
    let moved = HearingMove {
        from: work.enquiry.deadline.clone(),
        by: work.by(),
        reason: reason.clone(),
        at: after_the_decisions(work),
    };
    let (from, to) = (moved.from.at(), deadline.at());
    if work.enquiry.moves.len() >= limits::HEARING_MOVES_KEPT_MAX {
        work.enquiry.moves.remove(0);
    }
    work.enquiry.moves.push(moved);
    work.enquiry.deadline = deadline.clone();
    work.record(None, EventKind::HearingMoved { from, to });
    let open: Vec<CheckNumber> = work
        .enquiry
        .checks
        .iter()
        .filter(|check| !check.state.is_exit())
        .map(|check| check.number)
        .collect();
    for number in open {
        recompute(work, number);
    }
    Ok(())
}

/// Now, or the last decision where the clock went back: what was decided before the move does not count after it.
fn after_the_decisions(work: &Work<'_>) -> Timestamp {
    let decided = work.enquiry.decisions.iter().map(|decision| decision.at);
    decided.fold(work.now, Timestamp::max)
}

/// Refuses a deadline where none can be.
///
/// # Errors
/// `BadDeadline` when a stage before sentence has no hearing, the day is past, or the date is too far ahead to be true.
pub(crate) fn check_deadline(
    purpose: Purpose,
    deadline: &Deadline,
    now: Timestamp,
) -> Result<(), Rejection> {
    let bad = |why| Err(Rejection::BadDeadline { why });
    if purpose.before_sentence() && !matches!(deadline, Deadline::Hearing(_)) {
        return bad("is missing: before sentence every enquiry needs its hearing");
    }
    let (today, day) = (to_london(now).date(), to_london(deadline.at()).date());
    if day < today {
        return bad("lies on a past day: correct it, or use a purpose after sentence");
    }
    let far = jiff::SignedDuration::from_hours(24 * limits::HEARING_AHEAD_DAYS_MAX);
    if deadline.at().duration_since(now) > far {
        return bad("lies more than 550 days ahead: correct it");
    }
    Ok(())
}

/// Gives the check its steps for the new deadline: those to the answer, or, when it has come, those to its reading. A step
/// whose alert is live stays raised when its new moment has passed too. Any other is pending again, as a step of the new
/// generation, and an alert that no step names any more ends in [`super::settle`].
fn recompute(work: &mut Work<'_>, number: CheckNumber) {
    let (now, deadline, track) = (work.now, work.enquiry.deadline.at(), work.enquiry.track());
    let live: Vec<AlertNumber> = work
        .enquiry
        .alerts
        .iter()
        .filter(|alert| alert.is_live())
        .map(|alert| alert.number)
        .collect();
    let policy = work.policy;
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    let responder = check.responder.as_ref();
    let answered_at = check.answer().map(|answer| answer.at);
    let fresh = match answered_at {
        Some(answered) => policy.unread_steps(responder, answered, deadline),
        None => policy.steps(track, responder, check.opened_at, deadline),
    };
    let mut old = core::mem::take(&mut check.ladder.steps);
    check.ladder.generation = check.ladder.generation.saturating_add(1);
    if deadline > now {
        check.sentenced_outstanding_at = None;
    }
    let mut steps: Vec<Step> = fresh
        .into_iter()
        .map(|step| carry_over(step, &old, &live, now))
        .collect();
    if answered_at.is_some() {
        old.retain(|step| step.kind != StepKind::Unread);
        steps.append(&mut old);
        steps.sort_by_key(|step| step.due);
    }
    check.ladder.steps = steps;
}

fn carry_over(step: Step, old: &[Step], live: &[AlertNumber], now: Timestamp) -> Step {
    let unread = |step: &Step| step.kind == StepKind::Unread;
    let before = old
        .iter()
        .find(|before| before.name == step.name && unread(before) == unread(&step));
    match before.map(|before| &before.state) {
        Some(StepState::Raised { at, alert }) if step.due <= now && live.contains(alert) => Step {
            state: StepState::Raised {
                at: *at,
                alert: *alert,
            },
            ..step
        },
        _ => step,
    }
}
