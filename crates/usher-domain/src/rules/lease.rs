//! An adapter takes a check for a short time, under the agreement in force now. What that denies goes to the operators instead, and what
//! it leaves to people waits for them: then nothing is lent, and the check is not refused.

use super::hold::wrong_state;
use super::share::reconsider;
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, Lease};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn lease(
    work: &mut Work<'_>,
    number: CheckNumber,
    id: LeaseId,
    until: Timestamp,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    match check.state {
        CheckState::Waiting { .. } if waits_for_programs(&check.state) => {}
        CheckState::Waiting { .. } => return Err(wrong_state(check, "waiting for a program")),
        _ => return Err(wrong_state(check, "waiting")),
    }
    reconsider(work, number);
    let still_waits = |check: &Check| waits_for_programs(&check.state);
    if !work.enquiry.check(number).is_some_and(still_waits) {
        return Ok(());
    }
    let expires = work.policy.lease.bound(work.now, until);
    let lease = Lease {
        id,
        client: work.actor.client.clone(),
        since: work.now,
        expires,
    };
    work.enter(number, CheckState::Leased { lease });
    work.record(number, EventKind::Leased { expires });
    Ok(())
}

const fn waits_for_programs(state: &CheckState) -> bool {
    matches!(
        state,
        CheckState::Waiting {
            for_people: None,
            ..
        }
    )
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::CheckState;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, accepted, adapter, after, answered, asked, at, check, clock, closed,
        hidden, lease, leased, nameless, redirected, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_what_waits_is_leased_and_only_by_its_responder() {
        let (desk, now) = (adapter("a"), at(5));
        check(&waiting(), &desk, now, &lease(1), Ok("leased"));
        check(&leased(), &desk, now, &lease(1), Err(wrong("leased", "waiting")));
        check(&accepted(), &desk, now, &lease(1), Err(wrong("accepted", "waiting")));
        check(&asked(), &desk, now, &lease(1), Err(wrong("asked", "waiting")));
        check(&answered(), &desk, now, &lease(1), Err(wrong("answered", "waiting")));
        check(&closed(), &desk, now, &lease(1), Err(wrong("closed", "waiting")));
        check(&redirected(), &desk, now, &lease(1), Err(wrong("redirected", "waiting")));
        check(&redirected(), &desk, now, &lease(2), Err(hidden("check")));
        check(&waiting(), &desk, now, &lease(0), Err(hidden("check")));
        check(&waiting(), &desk, now, &lease(2), Err(hidden("check")));
        check(&waiting(), &adapter("b"), now, &lease(1), Err(hidden("enquiry")));
        check(&unroutable(), &desk, now, &lease(1), Err(hidden("enquiry")));
        check(&waiting(), &nameless(desk), now, &lease(1), Ok("leased"));
    }

    #[test]
    fn the_policy_bounds_the_lease() {
        for (wanted, given) in [
            (-5, 1),
            (0, 1),
            (1, 1),
            (10, 10),
            (30, 30),
            (31, 30),
            (1_000_000, 30),
        ] {
            let (check, lease, until) = (1, LEASE.unwrap(), at(wanted));
            let verb = Verb::Lease {
                check,
                lease,
                until,
            };
            let enquiry = after(waiting(), &[(adapter("a"), 0, verb)]);
            let CheckState::Leased { lease } = &enquiry.checks[0].state else {
                panic!("{wanted}");
            };
            assert_eq!(lease.expires, at(given), "{wanted}");
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_lost_lease_stays_until_the_clock_returns_it() {
        let refused = Err(wrong("leased", "waiting"));
        check(&leased(), &adapter("a"), at(LEASE_END), &lease(1), refused);
        let lost = after(leased(), &[(clock(), LEASE_END, Verb::Advance)]);
        check(&lost, &adapter("a"), at(LEASE_END), &lease(1), Ok("leased"));
        assert!(Rejection::LeaseLost.to_string().ends_with("lease the check again"));
    }
}
