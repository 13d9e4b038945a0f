//! Raises alerts and ends them. One alert per check and cause: what comes back is opened again, not multiplied.

use crate::alert::{self, AlertState, Cause, Trouble};
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::{AlertNumber, CheckNumber};
use crate::ladder::Audience;
use crate::time::Timestamp;

/// Raises `trouble` on a check, unless it is live already.
pub(crate) fn raise_trouble(
    work: &mut Work<'_>,
    check: CheckNumber,
    trouble: Trouble,
    audience: &[Audience],
) -> AlertNumber {
    let (cause, now) = (Cause::Trouble(trouble), work.now);
    let known = work
        .enquiry
        .alerts
        .iter_mut()
        .find(|alert| alert.check == check && alert.cause == cause);
    let number = match known {
        Some(alert) if alert.is_live() => return alert.number,
        Some(alert) => {
            alert.state = AlertState::Open { since: now };
            alert.raised_at = now;
            alert.due_at = now;
            alert.number
        }
        None => add(work, check, cause, audience, now),
    };
    work.record(
        check,
        EventKind::TroubleRaised {
            alert: number,
            trouble,
        },
    );
    number
}

/// Adds a new open alert.
pub(crate) fn add(
    work: &mut Work<'_>,
    check: CheckNumber,
    cause: Cause,
    audience: &[Audience],
    due_at: Timestamp,
) -> AlertNumber {
    let now = work.now;
    alert::add(
        &mut work.enquiry.alerts,
        check,
        cause,
        audience,
        due_at,
        now,
    )
}

/// Ends an alert: its check has moved on.
pub(crate) fn resolve(work: &mut Work<'_>, number: AlertNumber) {
    let at = work.now;
    let Some(alert) = work
        .enquiry
        .alerts
        .iter_mut()
        .find(|alert| alert.number == number)
    else {
        return;
    };
    alert.state = AlertState::Resolved { at };
    let check = alert.check;
    work.record(check, EventKind::Resolved { alert: number });
}

#[cfg(test)]
mod tests {
    use crate::alert::AlertState;
    use crate::command::Verb;
    use crate::enquiry::Enquiry;
    use crate::limits;
    use crate::rules::cases::{
        HEARING, LEASE, adapter, after, at, clock, hearing, lease, move_to, officer, picture,
        release, waiting,
    };

    #[test]
    fn trouble_that_comes_back_is_the_same_alert_opened_again() {
        let desk = adapter("a");
        let absent = Verb::ReportAbsent { check: 1 };
        let once = after(waiting(), &[(clock(), 1, absent.clone())]);
        let again = after(
            once,
            &[
                (desk.clone(), 2, lease(1)),
                (desk, 3, release(LEASE)),
                (clock(), 4, absent),
            ],
        );
        assert_eq!(again.alerts.len(), 1);
        assert_eq!(again.alerts[0].raised_at, at(4));
        assert_eq!(picture(&again), "waiting !no_adapter");
    }

    /// Every move lets the steps before the hearing be raised again, as new alerts.
    fn after_moves(count: i64) -> Enquiry {
        let mut enquiry = waiting();
        for turn in 1..=count {
            let minutes = turn * HEARING;
            enquiry = after(
                enquiry,
                &[
                    (clock(), minutes - 1, Verb::Advance),
                    (officer(), minutes - 1, move_to(hearing(minutes + HEARING))),
                ],
            );
        }
        enquiry
    }

    #[test]
    fn beyond_the_bound_the_oldest_ended_alert_leaves_and_no_live_one() {
        let enquiry = after_moves(300);
        assert_eq!(enquiry.alerts.len(), limits::ALERTS_KEPT_MAX);
        assert_eq!(picture(&enquiry), "waiting !chase !manager");
        let numbers: Vec<_> = enquiry.alerts.iter().map(|alert| alert.number).collect();
        assert!(
            numbers.is_sorted() && numbers.ends_with(&[302]),
            "{numbers:?}"
        );
        assert!(matches!(
            enquiry.alerts[2].state,
            AlertState::Resolved { .. }
        ));
    }
}
