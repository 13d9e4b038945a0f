//! The hearing moves: a named person says to when and why; every step is computed anew, and history keeps the old ones.

use super::raise::resolve;
use crate::alert::Cause;
use crate::decide::Work;
use crate::enquiry::Purpose;
use crate::event::EventKind;
use crate::hearing::{Deadline, HearingMove};
use crate::id::CheckNumber;
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
    let moved = HearingMove {
        from: work.enquiry.deadline.clone(),
        by: work.by(),
        reason: reason.clone(),
        at: work.now,
    };
    let (from, to) = (moved.from.at(), deadline.at());
    if work.enquiry.moves.len() >= limits::HEARING_MOVES_KEPT_MAX {
        work.enquiry.moves.remove(0);
    }
    work.enquiry.moves.push(moved);
    work.enquiry.deadline = deadline.clone();
    work.record(None, EventKind::HearingMoved { from, to });
    let outstanding: Vec<CheckNumber> = work
        .enquiry
        .outstanding()
        .map(|check| check.number)
        .collect();
    for number in outstanding {
        recompute(work, number);
    }
    Ok(())
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

/// Gives the check its steps for the new deadline. A step raised before stays raised when its new moment has passed too; when
/// that moment lies ahead, its alert ends and it will be raised again, as a step of the new generation.
fn recompute(work: &mut Work<'_>, number: CheckNumber) {
    let (now, deadline, track) = (work.now, work.enquiry.deadline.at(), work.enquiry.track());
    let Some(check) = work.enquiry.check_mut(number) else {
        return;
    };
    let fresh = work
        .policy
        .steps(track, check.responder.as_ref(), check.opened_at, deadline);
    let old = core::mem::take(&mut check.ladder.steps);
    check.ladder.generation = check.ladder.generation.saturating_add(1);
    if deadline > now {
        check.sentenced_outstanding_at = None;
    }
    check.ladder.steps = fresh
        .into_iter()
        .map(|step| carry_over(step, &old, now))
        .collect();
    let kept: Vec<_> = check
        .ladder
        .steps
        .iter()
        .filter_map(|step| match step.state {
            StepState::Raised { alert, .. } => Some(alert),
            StepState::Pending | StepState::Moot { .. } => None,
        })
        .collect();
    let ended: Vec<_> = work
        .enquiry
        .alerts
        .iter()
        .filter(|alert| alert.check == number && alert.is_live() && !kept.contains(&alert.number))
        .filter(|alert| matches!(alert.cause, Cause::Step { .. }))
        .map(|alert| alert.number)
        .collect();
    for alert in ended {
        resolve(work, alert);
    }
}

fn carry_over(step: Step, old: &[Step], now: Timestamp) -> Step {
    let before = old
        .iter()
        .find(|before| before.name == step.name && before.kind != StepKind::Unread);
    match before {
        Some(before) if step.due <= now => Step {
            state: before.state.clone(),
            ..step
        },
        _ => step,
    }
}
