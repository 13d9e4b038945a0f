//! After every command: ends the alerts whose cause has gone. The one place that says when an alert is over.

use super::raise::resolve;
use crate::alert::{Alert, Cause, Trouble};
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, Enquiry};
use crate::id::AlertNumber;
use crate::ladder::{StepKind, Unless};
use crate::time::Timestamp;

pub(crate) fn settle(work: &mut Work<'_>) {
    let (enquiry, now) = (&work.enquiry, work.now);
    let over: Vec<AlertNumber> = enquiry
        .alerts
        .iter()
        .filter(|alert| alert.is_live())
        .filter(|alert| {
            enquiry
                .check(alert.check)
                .is_none_or(|check| is_over(enquiry, check, alert, now))
        })
        .map(|alert| alert.number)
        .collect();
    for number in over {
        resolve(work, number);
    }
}

fn is_over(enquiry: &Enquiry, check: &Check, alert: &Alert, now: Timestamp) -> bool {
    if check.state.is_exit() {
        return true;
    }
    let answered = matches!(check.state, CheckState::Answered { .. });
    let with_people = matches!(
        check.state,
        CheckState::Accepted { .. } | CheckState::Asked { .. }
    );
    match &alert.cause {
        Cause::Step { name, generation } => {
            let step = check.ladder.steps.iter().find(|step| step.name == *name);
            match step {
                // The ladder to the answer is over; only the newest answer's reading counts.
                _ if answered => *generation != check.ladder.generation,
                Some(step) if step.kind == StepKind::Unread => true,
                Some(step) => match step.unless {
                    Unless::Answered => false,
                    Unless::Accepted => with_people,
                    Unless::Decided => enquiry.is_decided(check.number),
                },
                None => false,
            }
        }
        Cause::Trouble(_) if answered => true,
        Cause::Trouble(trouble) => match trouble {
            Trouble::Unroutable => !matches!(check.state, CheckState::Unroutable { .. }),
            Trouble::Question => !matches!(check.state, CheckState::Asked { .. }),
            Trouble::PromiseMissed => match check.state {
                CheckState::Accepted { expected_by, .. } => {
                    expected_by.is_none_or(|promised| promised > now)
                }
                _ => true,
            },
            Trouble::LeasesLost => with_people,
            Trouble::NoAdapter => !matches!(check.state, CheckState::Waiting { .. }),
            Trouble::SentencedOutstanding => check.sentenced_outstanding_at.is_none(),
        },
    }
}
