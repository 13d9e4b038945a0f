//! The responder gives a check back to its queue.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;

pub(crate) fn release(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !matches!(
        check.state,
        CheckState::Leased { .. } | CheckState::Accepted { .. }
    ) {
        return Err(wrong_state(check, "leased or accepted"));
    }
    let since = work.now;
    work.enter(number, CheckState::Waiting { since });
    work.record(number, EventKind::Released);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, OTHER_LEASE, accepted, adapter, after, answered, asked, at, check,
        closed, hidden, just_before, leased, redirected, release, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_responder_gives_back_what_it_has() {
        let (desk, now) = (adapter("a"), at(5));
        let wanted = "leased or accepted";
        check(&waiting(), &desk, now, &release(None), Err(wrong("waiting", wanted)));
        check(&waiting(), &desk, now, &release(LEASE), Err(Rejection::LeaseLost));
        check(&leased(), &desk, now, &release(LEASE), Ok("waiting"));
        check(&leased(), &desk, now, &release(OTHER_LEASE), Err(Rejection::LeaseLost));
        check(&leased(), &desk, just_before(LEASE_END), &release(LEASE), Ok("waiting"));
        check(&leased(), &desk, at(LEASE_END), &release(LEASE), Err(Rejection::LeaseLost));
        check(&accepted(), &desk, now, &release(None), Ok("waiting"));
        check(&asked(), &desk, now, &release(None), Err(wrong("asked", wanted)));
        check(&answered(), &desk, now, &release(None), Err(wrong("answered", wanted)));
        check(&closed(), &desk, now, &release(None), Err(wrong("closed", wanted)));
        check(&redirected(), &desk, now, &release(None), Err(wrong("redirected", wanted)));
        check(&leased(), &adapter("b"), now, &release(LEASE), Err(hidden("enquiry")));
        let given_back = after(leased(), &[(desk, 5, release(LEASE))]);
        assert_eq!(given_back.checks[0].leases_lost, 0);
    }
}
