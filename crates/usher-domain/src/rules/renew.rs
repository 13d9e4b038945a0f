//! An adapter keeps a check longer. Repeating it only sets the end anew, so it needs no memory of requests.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::{CheckState, Lease};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn renew(
    work: &mut Work<'_>,
    number: CheckNumber,
    id: LeaseId,
    until: Timestamp,
) -> Result<(), Rejection> {
    let check = held(work, number, Some(id))?;
    let CheckState::Leased { lease } = &check.state else {
        return Err(wrong_state(check, "leased"));
    };
    let expires = work.policy.lease.bound(work.now, until);
    let lease = Lease {
        expires,
        ..lease.clone()
    };
    work.enter(number, CheckState::Leased { lease });
    work.record(number, EventKind::Leased { expires });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::CheckState;
    use crate::id::LeaseId;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, OTHER_LEASE, accepted, adapter, after, answered, asked, at, check,
        closed, hidden, just_before, leased, redirected, second_adapter, waiting, wrong,
    };

    fn renew(lease: Option<LeaseId>, minutes: i64) -> Verb {
        let (lease, until) = (lease.unwrap(), at(minutes));
        Verb::Renew {
            check: 1,
            lease,
            until,
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_holder_keeps_a_live_lease() {
        let (desk, verb) = (adapter("a"), renew(LEASE, 20));
        check(&leased(), &desk, just_before(LEASE_END), &verb, Ok("leased"));
        check(&leased(), &desk, at(LEASE_END), &verb, Err(Rejection::LeaseLost));
        check(&leased(), &desk, at(5), &renew(OTHER_LEASE, 20), Err(Rejection::LeaseLost));
        check(&leased(), &second_adapter("a"), at(5), &verb, Err(Rejection::LeaseLost));
        check(&leased(), &adapter("b"), at(5), &verb, Err(hidden("enquiry")));
        check(&waiting(), &desk, at(5), &verb, Err(Rejection::LeaseLost));
        for (enquiry, state) in [
            (accepted(), "accepted"), (asked(), "asked"), (answered(), "answered"), (closed(), "closed"),
            (redirected(), "redirected"),
        ] {
            check(&enquiry, &desk, at(5), &verb, Err(wrong(state, "leased")));
        }
    }

    #[test]
    fn a_renewal_counts_from_now_within_the_bounds() {
        for (wanted, given) in [(0, 6), (6, 6), (20, 20), (35, 35), (36, 35)] {
            let enquiry = after(leased(), &[(adapter("a"), 5, renew(LEASE, wanted))]);
            let CheckState::Leased { lease } = &enquiry.checks[0].state else {
                panic!("{wanted}");
            };
            assert_eq!(lease.expires, at(given), "{wanted}");
        }
    }
}
