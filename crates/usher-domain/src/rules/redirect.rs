//! The responder says that a check is somebody else's.

use super::hand_over::hand_over;
use super::hold::{held, wrong_state};
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::RouteReason;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;

pub(crate) fn redirect(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    to: &Destination,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(check, "waiting, leased, accepted or asked"));
    }
    let reason = RouteReason::Redirected { from: number };
    for to in hand_over(work, number, core::slice::from_ref(to), &reason)? {
        work.record(number, EventKind::Redirected { to });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, accepted, adapter, answered, asked, at, check, closed, hidden,
        just_before, leased, redirect, redirected, to, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_responder_sends_on_what_it_has() {
        let (desk, now, verb) = (adapter("a"), at(5), redirect(1, "b"));
        let wanted = "waiting, leased, accepted or asked";
        check(&waiting(), &desk, now, &verb, Ok("redirected>2, waiting"));
        check(&leased(), &desk, now, &verb, Err(Rejection::LeaseLost));
        check(&accepted(), &desk, now, &verb, Ok("redirected>2, waiting"));
        check(&asked(), &desk, now, &verb, Ok("redirected>2, waiting"));
        check(&answered(), &desk, now, &verb, Err(wrong("answered", wanted)));
        check(&closed(), &desk, now, &verb, Err(wrong("closed", wanted)));
        check(&redirected(), &desk, now, &verb, Err(wrong("redirected", wanted)));
        check(&unroutable(), &desk, now, &verb, Err(hidden("enquiry")));
        check(&waiting(), &adapter("b"), now, &verb, Err(hidden("enquiry")));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_lease_is_lost_at_its_last_instant() {
        let (check_number, to) = (1, to("b"));
        let verb = Verb::Redirect { check: check_number, lease: LEASE, to };
        let desk = adapter("a");
        check(&leased(), &desk, just_before(LEASE_END), &verb, Ok("redirected>2, waiting"));
        check(&leased(), &desk, at(LEASE_END), &verb, Err(Rejection::LeaseLost));
    }
}
