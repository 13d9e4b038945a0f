//! After every command: ends the alerts whose cause has gone. The one place that says when an alert is over.

use super::raise::resolve;
use crate::alert::{Alert, Cause, Trouble};
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, Enquiry};
use crate::id::AlertNumber;
use crate::ladder::{Step, StepKind, StepState, Unless};

pub(crate) fn settle(work: &mut Work<'_>) {
    let enquiry = &work.enquiry;
    let over: Vec<AlertNumber> = enquiry
        .alerts
        .iter()
        .filter(|alert| alert.is_live())
        .filter(|alert| {
            enquiry
                .check(alert.check)
                .is_none_or(|check| is_over(enquiry, check, alert))
        })
        .map(|alert| alert.number)
        .collect();
    for number in over {
        resolve(work, number);
    }
}

fn is_over(enquiry: &Enquiry, check: &Check, alert: &Alert) -> bool {
    if check.state.is_exit() {
        return true;
    }
    let answered = matches!(check.state, CheckState::Answered { .. });
    let with_people = matches!(
        check.state,
        CheckState::Accepted { .. } | CheckState::Asked { .. }
    );
    match &alert.cause {
        Cause::Step { .. } => match raised_step(check, alert.number) {
            // The ladder to the answer is over; what goes on is the one to its reading.
            Some(step) if answered => step.kind != StepKind::Unread,
            Some(step) => match step.unless {
                Unless::Answered => false,
                Unless::Accepted => with_people,
                Unless::Decided => enquiry.is_decided(check.number),
            },
            // The deadline moved or a newer answer came: the step of this alert is gone.
            None => true,
        },
        Cause::Trouble(_) if answered => true,
        Cause::Trouble(trouble) => match trouble {
            Trouble::Unroutable => !matches!(check.state, CheckState::Unroutable { .. }),
            Trouble::Question => !matches!(check.state, CheckState::Asked { .. }),
            Trouble::PromiseMissed => match check.state {
                // A new promise lies after the moment that the old one was missed, wherever the clock is now.
                CheckState::Accepted { expected_by, .. } => {
                    expected_by.is_none_or(|promised| promised > alert.raised_at)
                }
                _ => true,
            },
            Trouble::LeasesLost => with_people,
            Trouble::NoAdapter => !matches!(
                check.state,
                CheckState::Waiting {
                    for_people: None,
                    ..
                }
            ),
            Trouble::SentencedOutstanding => {
                check.sentenced_outstanding_at.is_none() || enquiry.is_decided(check.number)
            }
        },
    }
}

/// The step that stands raised as this alert.
fn raised_step(check: &Check, alert: AlertNumber) -> Option<&Step> {
    check.ladder.steps.iter().find(
        |step| matches!(step.state, StepState::Raised { alert: raised, .. } if raised == alert),
    )
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::Enquiry;
    use crate::rules::cases::{
        accept, accepted, acknowledge, adapter, after, answer, ask, at, check, clock, lease,
        leased, officer, operator, picture, redirect, submitted, supply, waiting,
    };

    fn late() -> Enquiry {
        after(
            waiting(),
            &[
                (clock(), 45, Verb::Advance),
                (clock(), 45, Verb::ReportAbsent { check: 1 }),
            ],
        )
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_alert_ends_with_its_cause_and_no_sooner() {
        let desk = adapter("a");
        assert_eq!(picture(&late()), "waiting !chase !manager !no_adapter");
        check(&late(), &desk, at(46), &lease(1), Ok("leased !chase !manager"));
        check(&late(), &desk, at(46), &accept(None, None), Ok("accepted !manager"));
        check(&late(), &desk, at(46), &redirect(1, "b"), Ok("redirected>2, waiting"));
        let asked = after(accepted(), &[(desk.clone(), 1, ask(None)), (clock(), 46, Verb::Advance)]);
        check(&asked, &officer(), at(47), &supply(), Ok("waiting !manager"));
        check(&asked, &desk, at(47), &answer(None), Ok("answered"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_somebody_looks_after_ends_too() {
        let cared_for = after(late(), &[(operator(), 46, acknowledge(1)), (operator(), 46, acknowledge(2))]);
        let picture = "leased ~chase ~manager";
        check(&cared_for, &adapter("a"), at(47), &lease(1), Ok(picture));
        check(&cared_for, &adapter("a"), at(47), &accept(None, None), Ok("accepted ~manager"));
    }

    #[test]
    fn an_alert_of_one_check_does_not_end_with_another() {
        let both = after(submitted(&["a", "b"]), &[(clock(), 15, Verb::Advance)]);
        let picture = "accepted, waiting !chase";
        check(
            &both,
            &adapter("a"),
            at(16),
            &accept(None, None),
            Ok(picture),
        );
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn lost_leases_are_trouble_until_people_have_the_check() {
        let desk = adapter("a");
        let lost = after(leased(), &[
            (clock(), 10, Verb::Advance), (desk.clone(), 11, lease(1)), (clock(), 12, Verb::Advance),
        ]);
        check(&lost, &desk, at(13), &lease(1), Ok("leased !leases_lost"));
        check(&lost, &desk, at(13), &accept(None, None), Ok("accepted"));
    }
}
