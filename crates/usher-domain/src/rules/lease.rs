//! An adapter takes a check for a short time.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Lease};
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
    if !matches!(check.state, CheckState::Waiting { .. }) {
        return Err(wrong_state(check, "waiting"));
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
