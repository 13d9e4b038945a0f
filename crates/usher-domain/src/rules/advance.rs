//! Time has passed. Lost leases go back to the queue, what waits under an agreement that has ended goes to the operators, due steps
//! are raised once, expired acknowledgements open again. The clock ends nothing, and a clock that went backwards finds nothing to do.

use super::raise::{add, raise_trouble};
use super::share::reconsider;
use crate::alert::{self, Cause, Trouble};
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, Enquiry, SentenceOutcome};
use crate::event::EventKind;
use crate::id::{AlertNumber, CheckNumber};
use crate::ladder::{Audience, Step, StepKind, StepState, Unless};

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
        reconsider(work, number);
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
    check.state = check.waiting(now, None);
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
    for (place, step) in check.ladder.due(now) {
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
        (StepKind::Hearing, _) if ended_without_sentence(enquiry) => true,
        (StepKind::Hearing, _) | (_, Unless::Decided) => enquiry.is_decided(check.number),
        (_, Unless::Accepted) => matches!(
            check.state,
            CheckState::Accepted { .. } | CheckState::Asked { .. }
        ),
        (_, Unless::Answered) => false,
    }
}

fn ended_without_sentence(enquiry: &Enquiry) -> bool {
    let sentence = enquiry.sentence.as_ref();
    sentence.is_some_and(|sentence| sentence.outcome == SentenceOutcome::NoSentence)
}

fn raise_step(
    work: &mut Work<'_>,
    number: CheckNumber,
    step: &Step,
    generation: u16,
) -> AlertNumber {
    let alert = if step.kind == StepKind::Hearing {
        let at = work.now;
        super::record_sentence::stand_sentenced(work, number, at);
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
    for (check, alert) in alert::reopen_expired(&mut work.enquiry.alerts, work.now) {
        work.record(check, EventKind::Reopened { alert });
    }
}

#[cfg(test)]
mod tests {
    use crate::actor::Role;
    use crate::alert::Alert;
    use crate::command::{Verb, VerbName};
    use crate::event::EventKind;
    use crate::index;
    use crate::ladder::{StepState, Unless};
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE_END, accepted, acknowledge, adapter, after, answer, answered, asked, at, check,
        clock, give, just_before, lease, leased, manager, officer, operator, proceed, receive,
        received, unroutable, waiting,
    };
    use jiff::SignedDuration;

    #[test]
    fn a_step_is_raised_at_its_due_moment_and_not_before() {
        for (minutes, before, then) in [
            (15, "waiting", "waiting !chase"),
            (45, "waiting !chase", "waiting !chase !manager"),
            (
                90,
                "waiting !chase !manager",
                "waiting !chase !manager !decide",
            ),
            (
                120,
                "waiting !chase !manager !decide",
                "waiting !chase !manager !decide !sentenced_outstanding",
            ),
            (
                180,
                "waiting !chase !manager !decide !sentenced_outstanding",
                "waiting !chase !manager !decide !sentenced_outstanding !after",
            ),
        ] {
            check(
                &waiting(),
                &clock(),
                just_before(minutes),
                &Verb::Advance,
                Ok(before),
            );
            check(&waiting(), &clock(), at(minutes), &Verb::Advance, Ok(then));
        }
    }

    #[test]
    fn each_step_is_raised_once() {
        let mut enquiry = waiting();
        let mut raised = Vec::new();
        for minutes in [15, 15, 46, 30, 91, 119, 120, 121, 500, 0, 500] {
            let transition = give(&enquiry, &clock(), at(minutes), &Verb::Advance).unwrap();
            enquiry = transition.enquiry;
            let steps = transition
                .events
                .into_iter()
                .filter_map(|event| match event.kind {
                    EventKind::StepRaised { step, .. } => Some(step),
                    _ => None,
                });
            raised.extend(steps);
        }
        assert_eq!(
            raised,
            ["chase", "manager", "decide", "hearing", "after"].map(Into::into)
        );
        assert!(
            enquiry.checks[0]
                .ladder
                .steps
                .iter()
                .all(|step| matches!(step.state, StepState::Raised { .. }))
        );
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_step_that_people_have_met_is_moot() {
        check(&accepted(), &clock(), at(15), &Verb::Advance, Ok("accepted"));
        check(&asked(), &clock(), at(15), &Verb::Advance, Ok("asked !question"));
        check(&leased(), &clock(), just_before(LEASE_END), &Verb::Advance, Ok("leased"));
        check(&unroutable(), &clock(), at(15), &Verb::Advance, Ok("unroutable !unroutable !chase"));
        let decided = after(waiting(), &[(officer(), 80, proceed())]);
        check(&decided, &clock(), at(120), &Verb::Advance, Ok("waiting !chase !manager"));
        check(&decided, &clock(), at(180), &Verb::Advance, Ok("waiting !chase !manager !after"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_lease_is_lost_at_its_end_and_the_desk_is_told_of_the_second() {
        check(&leased(), &clock(), just_before(LEASE_END), &Verb::Advance, Ok("leased"));
        check(&leased(), &clock(), at(LEASE_END), &Verb::Advance, Ok("waiting"));
        let once = after(leased(), &[(clock(), 10, Verb::Advance), (adapter("a"), 11, lease(1))]);
        check(&once, &clock(), just_before(12), &Verb::Advance, Ok("leased"));
        check(&once, &clock(), at(12), &Verb::Advance, Ok("waiting !leases_lost"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_promise_is_missed_at_its_moment() {
        check(&accepted(), &clock(), just_before(60), &Verb::Advance, Ok("accepted !manager"));
        check(&accepted(), &clock(), at(60), &Verb::Advance,
            Ok("accepted !promise_missed !manager"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_answer_is_chased_until_it_is_read() {
        check(&answered(), &clock(), just_before(31), &Verb::Advance, Ok("answered"));
        check(&answered(), &clock(), at(31), &Verb::Advance, Ok("answered !unread"));
        check(&answered(), &clock(), at(110), &Verb::Advance, Ok("answered !unread !unread_late"));
        check(&received(), &clock(), at(500), &Verb::Advance, Ok("received"));
        let unread = after(answered(), &[(clock(), 110, Verb::Advance)]);
        check(&unread, &officer(), at(111), &receive(1), Ok("received"));
    }

    #[test]
    fn no_decision_at_court_ends_the_wait_for_a_reading() {
        let acts = [(officer(), 1, proceed()), (adapter("a"), 2, answer(None))];
        let mut decided = after(accepted(), &acts);
        for step in &mut decided.checks[0].ladder.steps {
            step.unless = Unless::Decided;
        }
        let picture = "answered !unread";
        check(&decided, &clock(), at(32), &Verb::Advance, Ok(picture));
    }

    #[test]
    fn the_clock_ends_nothing() {
        for (enquiry, state) in [
            (waiting(), "waiting"),
            (leased(), "waiting"),
            (accepted(), "accepted"),
            (asked(), "asked"),
            (unroutable(), "unroutable"),
            (answered(), "answered"),
        ] {
            let late = after(enquiry, &[(clock(), 1_000_000, Verb::Advance)]);
            assert_eq!(late.checks[0].state.name(), state);
            assert!(late.is_open());
        }
    }

    #[test]
    fn a_clock_that_went_back_finds_nothing_to_do() {
        for enquiry in [waiting(), leased(), accepted(), answered(), unroutable()] {
            let late = after(enquiry, &[(clock(), 200, Verb::Advance)]);
            let again = give(&late, &clock(), at(-1_000), &Verb::Advance).unwrap();
            assert_eq!((again.enquiry, again.events), (late, Vec::new()));
        }
    }

    #[test]
    fn a_missed_promise_stays_missed_when_the_clock_goes_back() {
        let missed = after(accepted(), &[(clock(), 60, Verb::Advance)]);
        let picture = "accepted !promise_missed ~manager";
        check(&missed, &operator(), at(30), &acknowledge(2), Ok(picture));
    }

    #[test]
    fn the_clock_has_something_to_do_at_next_due_and_not_before() {
        let tick = SignedDuration::from_millis(1);
        for mut enquiry in [
            waiting(),
            leased(),
            accepted(),
            asked(),
            unroutable(),
            answered(),
        ] {
            let mut turns = 0;
            while let Some(due) = index::keys(&enquiry).next_due {
                let early = give(&enquiry, &clock(), due - tick, &Verb::Advance).unwrap();
                assert_eq!(early.events, Vec::new(), "before {due}");
                let prompt = give(&enquiry, &clock(), due, &Verb::Advance).unwrap();
                assert_ne!(prompt.events, Vec::new(), "at {due}");
                enquiry = prompt.enquiry;
                turns += 1;
                assert!(turns < 20, "the clock never rests: {due}");
            }
            assert!(enquiry.alerts.iter().any(Alert::is_open));
        }
    }

    #[test]
    fn only_the_clock_says_that_time_has_passed() {
        for who in [officer(), manager(), adapter("a"), operator()] {
            assert_ne!(who.role, Role::Clock);
            let verb = VerbName::Advance;
            check(
                &waiting(),
                &who,
                at(1),
                &Verb::Advance,
                Err(Rejection::NotPermitted { verb }),
            );
        }
    }
}
