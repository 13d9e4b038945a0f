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
            Trouble::NoAdapter => !matches!(check.state, CheckState::Waiting { .. }),
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
