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
    if to > work.now {
        // It is still to come, so whoever recorded a sentence was mistaken; history keeps it.
        work.enquiry.sentence = None;
    }
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

/// `step` as it stands after `old`: raised, where a step of the same name and kind is, its alert is live and its moment has passed again.
pub(crate) fn carry_over(step: Step, old: &[Step], live: &[AlertNumber], now: Timestamp) -> Step {
    // Another responder's ladder may use a name for a step of another kind, whose alert ends for other reasons.
    let before = old
        .iter()
        .find(|before| before.name == step.name && before.kind == step.kind);
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

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::{Enquiry, Purpose};
    use crate::hearing::Deadline;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, acknowledge, after, answered, at, check, clock, court, give, hearing, hearing_at,
        hidden, just_before, manager, move_to, nameless, officer, opened, operator, picture,
        proceed, received, stranger, submission, waiting, withdraw,
    };
    use crate::sealed::Sealed;
    use crate::time::Timestamp;

    fn late(minutes: i64) -> Enquiry {
        after(waiting(), &[(clock(), minutes, Verb::Advance)])
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_later_hearing_ends_what_is_not_due_any_more() {
        let verb = move_to(hearing(HEARING + 60));
        check(&late(120), &officer(), at(121), &verb, Ok("waiting !chase !manager"));
        let moved = after(late(120), &[(officer(), 121, verb)]);
        assert_eq!(moved.checks[0].sentenced_outstanding_at, None);
        check(&moved, &clock(), just_before(150), &Verb::Advance, Ok("waiting !chase !manager"));
        check(&moved, &clock(), at(150), &Verb::Advance, Ok("waiting !chase !manager !decide"));
        let again = "waiting !chase !manager !sentenced_outstanding !decide";
        check(&moved, &clock(), at(180), &Verb::Advance, Ok(again));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_earlier_hearing_brings_its_steps_forward() {
        let verb = move_to(hearing(60));
        check(&late(31), &operator(), at(31), &verb, Ok("waiting !chase"));
        let moved = after(late(31), &[(manager(), 31, verb)]);
        check(&moved, &clock(), at(31), &Verb::Advance, Ok("waiting !chase !decide"));
        let picture = "waiting !chase !decide !manager !sentenced_outstanding";
        check(&moved, &clock(), at(60), &Verb::Advance, Ok(picture));
    }

    #[test]
    fn the_same_deadline_changes_nothing() {
        let same = give(&late(100), &officer(), at(101), &move_to(hearing(HEARING))).unwrap();
        assert_eq!((same.enquiry, same.events), (late(100), Vec::new()));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn another_court_at_the_same_time_keeps_what_is_raised() {
        let verb = move_to(hearing_at("B01DU", HEARING));
        let picture = "waiting !chase !manager !decide !sentenced_outstanding";
        check(&late(120), &officer(), at(121), &verb, Ok(picture));
        let moved = after(late(120), &[(officer(), 121, verb.clone())]);
        check(&moved, &officer(), at(122), &verb, Err(hidden("enquiry")));
        check(&moved, &stranger(), at(122), &withdraw(), Ok("closed"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_step_that_a_decision_ended_is_demanded_again_for_the_new_hearing() {
        // Raised at 90, ended by the decision; the hearing moves ten minutes, so the decision point stays in the past.
        let decided = after(late(90), &[(officer(), 95, proceed())]);
        assert_eq!(picture(&decided), "waiting !chase !manager");
        let moved = after(decided, &[(officer(), 110, move_to(hearing(130)))]);
        check(&moved, &clock(), at(110), &Verb::Advance, Ok("waiting !chase !manager !decide"));
        // Moot at 90, because decided before.
        let moot = after(waiting(), &[(officer(), 80, proceed()), (clock(), 90, Verb::Advance)]);
        let moved = after(moot, &[(officer(), 110, move_to(hearing(130)))]);
        check(&moved, &clock(), at(110), &Verb::Advance, Ok("waiting !chase !manager !decide"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_reading_of_an_answer_follows_the_hearing() {
        let moved = after(answered(), &[(officer(), 2, move_to(hearing(30)))]);
        check(&moved, &clock(), just_before(20), &Verb::Advance, Ok("answered"));
        check(&moved, &clock(), at(20), &Verb::Advance, Ok("answered !unread_late"));
        let unread = after(answered(), &[(clock(), 110, Verb::Advance)]);
        let later = move_to(hearing(180));
        check(&unread, &officer(), at(111), &later, Ok("answered !unread"));
        let later = after(unread, &[(officer(), 111, later)]);
        check(&later, &clock(), at(170), &Verb::Advance, Ok("answered !unread !unread_late"));
        check(&received(), &officer(), at(5), &move_to(hearing(180)), Ok("received"));
    }

    #[test]
    fn what_is_looked_after_stays_looked_after() {
        let cared_for = after(late(100), &[(operator(), 100, acknowledge(1))]);
        let verb = move_to(hearing(HEARING + 60));
        check(
            &cared_for,
            &officer(),
            at(101),
            &verb,
            Ok("waiting ~chase !manager"),
        );
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_deadline_is_where_a_deadline_can_be() {
        let bad = |why| Err(Rejection::BadDeadline { why });
        let past = "lies on a past day: correct it, or use a purpose after sentence";
        let far = "lies more than 550 days ahead: correct it";
        let day = 24 * 60;
        // Earlier today is a hearing; the last minute of yesterday is not.
        check(&waiting(), &officer(), at(200), &move_to(hearing(-9 * 60)), Ok("waiting"));
        check(&waiting(), &officer(), at(200), &move_to(hearing(-9 * 60 - 1)), bad(past));
        let last = limits::HEARING_AHEAD_DAYS_MAX * day;
        check(&waiting(), &officer(), at(60), &move_to(hearing(last)), Ok("waiting"));
        check(&waiting(), &officer(), just_before(0), &move_to(hearing(last)), bad(far));
        let by = |at: Timestamp| move_to(Deadline::ReplyBy { court: court("B01IX"), at });
        let missing = "is missing: before sentence every enquiry needs its hearing";
        check(&waiting(), &officer(), at(1), &by(at(day)), bad(missing));
        let mut submit = submission(&["a"]);
        submit.purpose = Purpose::Release;
        check(&opened(submit), &officer(), at(1), &by(at(day)), Ok("waiting"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_deadline_moves_for_a_named_person_with_a_reason() {
        let verb = move_to(hearing(HEARING + 60));
        check(&waiting(), &nameless(officer()), at(1), &verb, Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), at(1), &verb, Err(hidden("enquiry")));
        let (deadline, reason) = (hearing(HEARING + 60), Sealed::default());
        let silent = Verb::MoveHearing { deadline, reason };
        let refused = Rejection::Invalid {
            field: "reason",
            why: "say why the hearing moves",
        };
        check(&waiting(), &officer(), at(1), &silent, Err(refused));
    }

    #[test]
    fn every_move_is_a_generation_and_the_latest_are_kept() {
        let mut enquiry = waiting();
        for turn in 1..=40 {
            enquiry = after(enquiry, &[(officer(), 1, move_to(hearing(HEARING + turn)))]);
        }
        assert_eq!(enquiry.moves.len(), limits::HEARING_MOVES_KEPT_MAX);
        assert_eq!(enquiry.checks[0].ladder.generation, 41);
        assert_eq!(enquiry.deadline, hearing(HEARING + 40));
    }
}
