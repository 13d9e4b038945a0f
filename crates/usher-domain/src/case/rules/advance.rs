//! Time has passed: what is covered by nothing recent enough any more is needed again, due steps are raised once, what was never asked in
//! time is overdue, expired acknowledgements open again. The clock ends nothing, and a clock that went backwards finds nothing to do.

use super::uncover;
use crate::alert::{Cause, reopen_expired};
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::id::RequirementNumber;
use crate::ladder::StepState;

pub(in crate::case) fn advance(work: &mut Work<'_>) {
    uncover::expired(work);
    let needed: Vec<RequirementNumber> = work
        .case
        .requirements
        .iter()
        .filter(|requirement| !requirement.state.is_exit())
        .map(|requirement| requirement.number)
        .collect();
    for number in needed {
        raise_due_steps(work, number);
    }
    for (requirement, alert) in reopen_expired(&mut work.case.alerts, work.now) {
        work.record(requirement, CaseEventKind::Reopened { alert });
    }
}

fn raise_due_steps(work: &mut Work<'_>, number: RequirementNumber) {
    let now = work.now;
    let Some(requirement) = work.case.requirement_mut(number) else {
        return;
    };
    let generation = requirement.ladder.generation;
    let due = requirement.ladder.due(now);
    if !due.is_empty() && requirement.due <= now && requirement.overdue_at.is_none() {
        requirement.overdue_at = Some(now);
        work.record(number, CaseEventKind::Overdue);
    }
    for (place, step) in due {
        let cause = Cause::Step {
            name: step.name.clone(),
            generation,
        };
        let alert = crate::alert::add(
            &mut work.case.alerts,
            number,
            cause,
            &step.audience,
            step.due,
            now,
        );
        work.record(
            number,
            CaseEventKind::StepRaised {
                step: step.name,
                generation,
                due: step.due,
                alert,
            },
        );
        if let Some(step) = work
            .case
            .requirement_mut(number)
            .and_then(|requirement| requirement.ladder.steps.get_mut(place))
        {
            step.state = StepState::Raised { at: now, alert };
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::case::command::CaseVerb;
    use crate::case::event::CaseEventKind;
    use crate::case::index;
    use crate::case::rules::cases::{
        HEARING, acknowledge, after, at, both, check, children, clock, give, just_before, officer,
    };
    use crate::command::VerbName;
    use crate::event::EventKind;
    use crate::rejection::Rejection;
    use jiff::SignedDuration;

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_step_is_raised_at_its_due_moment_and_not_before() {
        let advance = CaseVerb::Advance;
        for (minutes, before, then) in [
            (15, "children:needed", "children:needed !remind"),
            (60, "children:needed !remind", "children:needed !remind !manager"),
            (HEARING, "children:needed !remind !manager", "children:needed+ !remind !manager !hearing"),
            (180, "children:needed+ !remind !manager !hearing", "children:needed+ !remind !manager !hearing !after"),
        ] {
            check(&children(), &clock(), just_before(minutes), &advance, Ok(before));
            check(&children(), &clock(), at(minutes), &advance, Ok(then));
        }
    }

    #[test]
    fn each_step_is_raised_once() {
        let mut case = both();
        let mut raised = Vec::new();
        for minutes in [15, 15, 60, 30, 119, 120, 121, 500, 0, 500] {
            let transition = give(&case, &clock(), at(minutes), &CaseVerb::Advance).unwrap();
            case = transition.case;
            raised.extend(
                transition
                    .events
                    .into_iter()
                    .filter_map(|event| match event.kind {
                        EventKind::Case(CaseEventKind::StepRaised { step, .. }) => {
                            Some((event.check?, step))
                        }
                        _ => None,
                    }),
            );
        }
        let of = |number| {
            let steps = raised.iter().filter(|(of, _)| *of == number);
            steps.map(|(_, step)| step.as_ref()).collect::<Vec<_>>()
        };
        let all = ["remind", "manager", "hearing", "after"];
        assert_eq!((of(1), of(2)), (all.to_vec(), all.to_vec()));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_acknowledgement_expires() {
        let chased = after(children(), &[(clock(), 15, CaseVerb::Advance)]);
        check(&chased, &officer(), at(16), &acknowledge(1), Ok("children:needed ~remind"));
        let cared_for = after(chased, &[(officer(), 16, acknowledge(1))]);
        check(&cared_for, &clock(), just_before(36), &CaseVerb::Advance, Ok("children:needed ~remind"));
        check(&cared_for, &clock(), at(36), &CaseVerb::Advance, Ok("children:needed !remind"));
    }

    #[test]
    fn the_clock_ends_nothing_and_rests_only_before_an_open_alert() {
        let tick = SignedDuration::from_millis(1);
        let mut case = both();
        let mut turns = 0;
        while let Some(due) = index::keys(&case).next_due {
            let early = give(&case, &clock(), due - tick, &CaseVerb::Advance).unwrap();
            assert_eq!(early.events, [], "before {due}");
            let prompt = give(&case, &clock(), due, &CaseVerb::Advance).unwrap();
            assert_ne!(prompt.events, [], "at {due}");
            case = prompt.case;
            turns += 1;
            assert!(turns < 20, "the clock never rests: {due}");
        }
        let open = index::keys(&case).open_alerts;
        assert!(case.needs_a_check() && open == 8, "{open}");
    }

    #[test]
    fn only_the_clock_says_that_time_has_passed() {
        let verb = VerbName::Advance;
        let refused = Err(Rejection::NotPermitted { verb });
        check(&children(), &officer(), at(1), &CaseVerb::Advance, refused);
    }
}
