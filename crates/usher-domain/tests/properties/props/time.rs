//! What is due is raised once and in time, nothing goes unwatched, and a clock that goes back harms nothing.

use crate::story::stories;
use crate::world::{Turn, World, play};
use jiff::SignedDuration;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use std::collections::BTreeSet;
use usher_domain::actor::Actor;
use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::command::{Command, Verb};
use usher_domain::decide::Transition;
use usher_domain::enquiry::{Check, CheckState, Enquiry, SentenceOutcome};
use usher_domain::event::EventKind;
use usher_domain::index;
use usher_domain::ladder::{Audience, Step, StepKind, StepState, Unless};
use usher_domain::time::Timestamp;

const ADVANCE: Command = Command {
    request: None,
    verb: Verb::Advance,
};

fn advance(world: &World, now: Timestamp) -> Transition {
    world.give(&Actor::clock(), &ADVANCE, now).unwrap()
}

fn open_alert(enquiry: &Enquiry, check: &Check) -> bool {
    enquiry
        .alerts
        .iter()
        .any(|alert| alert.check == check.number && matches!(alert.state, AlertState::Open { .. }))
}

/// Told apart from the index on purpose: an exit, something that the clock will do, or an open alert.
fn is_watched(enquiry: &Enquiry, check: &Check) -> bool {
    let pending = check
        .ladder
        .steps
        .iter()
        .any(|step| step.state == StepState::Pending);
    let leased = matches!(check.state, CheckState::Leased { .. });
    let cared_for = enquiry.alerts.iter().any(|alert| {
        alert.check == check.number && matches!(alert.state, AlertState::Acknowledged { .. })
    });
    check.state.is_exit() || pending || leased || cared_for || open_alert(enquiry, check)
}

/// Whether nothing has happened that could end the alert of `step`.
fn still_wanted(enquiry: &Enquiry, check: &Check, step: &Step) -> bool {
    let answered = matches!(check.state, CheckState::Answered { .. });
    let moved = enquiry.moves.last().map(|moved| moved.at);
    let decided = enquiry
        .decisions
        .iter()
        .any(|decision| moved.is_none_or(|moved| decision.at > moved));
    let sentence = enquiry.sentence.as_ref();
    let unsentenced =
        sentence.is_some_and(|sentence| sentence.outcome == SentenceOutcome::NoSentence);
    match (step.kind, step.unless) {
        (StepKind::Unread, _) => answered,
        (StepKind::Hearing, _) if unsentenced => false,
        _ if answered => false,
        (StepKind::Hearing, _) | (_, Unless::Decided) => !decided,
        (_, Unless::Accepted) => false,
        (_, Unless::Answered) => true,
    }
}

fn nothing_is_overdue(enquiry: &Enquiry, now: Timestamp) -> Result<(), TestCaseError> {
    for check in enquiry.checks.iter().filter(|check| !check.state.is_exit()) {
        for step in &check.ladder.steps {
            let pending = step.state == StepState::Pending;
            prop_assert!(!pending || step.due > now, "{} is overdue", step.name);
        }
        match &check.state {
            CheckState::Leased { lease } => prop_assert!(lease.expires > now),
            CheckState::Accepted {
                expected_by: Some(promised),
                ..
            } if *promised <= now => {
                let missed = Cause::Trouble(Trouble::PromiseMissed);
                let told = |alert: &Alert| {
                    alert.check == check.number && alert.cause == missed && alert.is_live()
                };
                prop_assert!(enquiry.alerts.iter().any(told));
            }
            _ => {}
        }
    }
    for alert in &enquiry.alerts {
        if let AlertState::Acknowledged { expires, .. } = &alert.state {
            prop_assert!(*expires > now, "an acknowledgement outlived its end");
        }
    }
    Ok(())
}

/// The steps that stand raised: check, generation of the ladder, name, alert.
fn raised(enquiry: &Enquiry) -> BTreeSet<(u8, Box<str>, bool, u16)> {
    let mut all = BTreeSet::new();
    for check in &enquiry.checks {
        for step in &check.ladder.steps {
            if let StepState::Raised { alert, .. } = step.state {
                let unread = step.kind == StepKind::Unread;
                all.insert((check.number, step.name.clone(), unread, alert));
            }
        }
    }
    all
}

fn events_match_steps(turn: &Turn) -> Result<(), TestCaseError> {
    let Ok(transition) = &turn.result else {
        return Ok(());
    };
    let mut told = BTreeSet::new();
    for event in &transition.events {
        let EventKind::StepRaised {
            step,
            generation,
            due,
            alert,
        } = &event.kind
        else {
            continue;
        };
        let check = event
            .check
            .and_then(|number| transition.enquiry.check(number));
        let Some(check) = check else {
            return Err(TestCaseError::fail("a step of no check"));
        };
        let same = |one: &&Step| one.name == *step && matches!(one.state, StepState::Raised { .. });
        let Some(found) = check.ladder.steps.iter().find(same) else {
            return Err(TestCaseError::fail(
                "a raised step that is not in the ladder",
            ));
        };
        prop_assert_eq!(check.ladder.generation, *generation);
        prop_assert_eq!(found.due, *due);
        prop_assert!(*due <= turn.now, "raised before its time");
        let live = transition.enquiry.alert(*alert).is_some_and(Alert::is_live);
        prop_assert!(live, "raised as an alert that is not live");
        told.insert((
            check.number,
            step.clone(),
            found.kind == StepKind::Unread,
            *alert,
        ));
    }
    let new: BTreeSet<_> = raised(&transition.enquiry)
        .difference(&raised(&turn.before))
        .cloned()
        .collect();
    prop_assert_eq!(new, told);
    Ok(())
}

proptest! {
    #![proptest_config(crate::props::config())]

    #[test]
    fn every_open_check_has_a_next_moment_or_an_open_alert(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            for check in &after.checks {
                prop_assert!(is_watched(after, check), "check {}", check.number);
                prop_assert!(index::is_watched(after, check), "check {}", check.number);
            }
            Ok(())
        })?;
    }

    #[test]
    fn what_leads_nowhere_is_before_an_operator_at_once(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            for check in &after.checks {
                if matches!(check.state, CheckState::Unroutable { .. }) {
                    let cause = Cause::Trouble(Trouble::Unroutable);
                    let told = |alert: &Alert| {
                        (alert.check, &alert.cause) == (check.number, &cause)
                            && alert.is_live()
                            && alert.audience.contains(&Audience::Operator)
                    };
                    prop_assert!(after.alerts.iter().any(told), "check {}", check.number);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_next_moment_is_never_out_of_reach(story in stories()) {
        let mut latest = Timestamp::MIN;
        play(story, |_, turn| {
            latest = latest.max(turn.now).max(turn.after().deadline.at());
            let reach = latest.saturating_add(SignedDuration::from_hours(24 * 366));
            if let Some(due) = index::keys(turn.after()).next_due {
                prop_assert!(due <= reach.unwrap_or(Timestamp::MAX), "{} from {}", due, latest);
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_clock_alone_brings_every_open_check_before_a_person(story in stories()) {
        let mut world = play(story, |_, _| Ok(()))?;
        let mut turns = 0;
        while let Some(due) = index::keys(&world.enquiry).next_due {
            world.now = world.now.max(due);
            let transition = advance(&world, world.now);
            prop_assert!(!transition.events.is_empty(), "nothing to do at {}", due);
            world.enquiry = transition.enquiry;
            turns += 1;
            prop_assert!(turns < 2_000, "the clock never rests");
        }
        for check in &world.enquiry.checks {
            prop_assert!(check.state.is_exit() || open_alert(&world.enquiry, check));
        }
    }

    #[test]
    fn after_the_clock_nothing_is_overdue(story in stories()) {
        play(story, |world, turn| {
            if turn.command.verb == Verb::Advance && turn.result.is_ok() {
                nothing_is_overdue(turn.after(), turn.now)?;
            }
            nothing_is_overdue(&advance(world, turn.now).enquiry, turn.now)
        })?;
    }

    #[test]
    fn each_step_of_a_generation_is_raised_once(story in stories()) {
        let mut known = BTreeSet::new();
        play(story, |_, turn| {
            for event in turn.result.iter().flat_map(|transition| &transition.events) {
                if let EventKind::StepRaised { step, generation, .. } = &event.kind {
                    let new = known.insert((event.check, step.clone(), *generation));
                    prop_assert!(new, "{} of {:?} twice", step, event.check);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_events_tell_exactly_which_steps_were_raised(story in stories()) {
        play(story, |_, turn| events_match_steps(turn))?;
    }

    #[test]
    fn a_clock_that_goes_back_finds_nothing_to_do(story in stories(), back in 1_i64..10_000_000) {
        let mut world = play(story, |_, _| Ok(()))?;
        world.enquiry = advance(&world, world.now).enquiry;
        let earlier = world.now - SignedDuration::from_secs(back);
        let again = advance(&world, earlier);
        prop_assert_eq!(&again.enquiry, &world.enquiry);
        prop_assert_eq!(again.events, Vec::new());
    }

    #[test]
    fn a_raised_step_keeps_its_alert_until_what_it_wants_is_done(story in stories()) {
        play(story, |_, turn| {
            let after = turn.after();
            for check in after.checks.iter().filter(|check| !check.state.is_exit()) {
                for step in check.ladder.steps.iter().filter(|step| still_wanted(after, check, step)) {
                    let StepState::Raised { alert, .. } = step.state else {
                        continue;
                    };
                    let live = after.alert(alert).is_some_and(Alert::is_live);
                    prop_assert!(live, "{} of check {}", step.name, check.number);
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn the_clock_only_returns_leases_reconsiders_and_raises(story in stories()) {
        play(story, |world, turn| {
            let after = advance(world, turn.now).enquiry;
            for (before, after) in turn.before.checks.iter().zip(&after.checks) {
                // What waits under an agreement that has ended, a lease just lost too, goes to the operators.
                let returned = matches!(
                    (&before.state, &after.state),
                    (CheckState::Leased { .. }, CheckState::Waiting { .. })
                        | (
                            CheckState::Leased { .. } | CheckState::Waiting { .. },
                            CheckState::Unroutable { .. }
                        )
                );
                prop_assert!(returned || before.state == after.state);
                for (old, new) in before.ladder.steps.iter().zip(&after.ladder.steps) {
                    prop_assert!(old.state == new.state || old.state == StepState::Pending);
                    prop_assert_eq!((&old.name, old.due), (&new.name, new.due));
                }
            }
            prop_assert_eq!(&turn.before.decisions, &after.decisions);
            prop_assert_eq!(&turn.before.deadline, &after.deadline);
            Ok(())
        })?;
    }
}
