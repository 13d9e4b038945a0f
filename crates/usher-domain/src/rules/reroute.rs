//! An operator routes a check: one that nobody was found for, or one that is with the wrong responder.

use super::hand_over::hand_over;
use super::hold::wrong_state;
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::RouteReason;
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn reroute(
    work: &mut Work<'_>,
    number: CheckNumber,
    to: &Destination,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(
            check,
            "unroutable, waiting, leased, accepted or asked",
        ));
    }
    if matches!(to, Destination::Nowhere { .. }) {
        return Err(Rejection::Invalid {
            field: "to",
            why: "must name a responder or an authority that has one",
        });
    }
    let to = hand_over(work, number, to, RouteReason::Operator)?;
    work.record(number, EventKind::Rerouted { to });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, accepted, adapter, after, answer, answered, asked, at, check, closed, leased,
        nameless, operator, redirected, reroute, submitted, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_operator_routes_whatever_is_unanswered() {
        let (now, verb) = (at(5), reroute(1, "b"));
        let wanted = "unroutable, waiting, leased, accepted or asked";
        check(&unroutable(), &operator(), now, &verb, Ok("redirected>2, waiting"));
        check(&waiting(), &operator(), now, &verb, Ok("redirected>2, waiting"));
        check(&leased(), &operator(), now, &verb, Ok("redirected>2, waiting"));
        check(&accepted(), &operator(), now, &verb, Ok("redirected>2, waiting"));
        check(&asked(), &operator(), now, &verb, Ok("redirected>2, waiting"));
        check(&answered(), &operator(), now, &verb, Err(wrong("answered", wanted)));
        check(&closed(), &operator(), now, &verb, Err(wrong("closed", wanted)));
        check(&redirected(), &operator(), now, &verb, Err(wrong("redirected", wanted)));
        check(&unroutable(), &nameless(operator()), now, &verb, Err(Rejection::PersonRequired));
        check(&submitted(&["?", "b"]), &operator(), now, &verb, Ok("redirected>2, waiting"));
        let nowhere = Rejection::Invalid {
            field: "to",
            why: "must name a responder or an authority that has one",
        };
        check(&unroutable(), &operator(), now, &reroute(1, "?"), Err(nowhere));
    }

    #[test]
    fn the_lease_of_a_rerouted_check_is_worth_nothing() {
        let moved = after(leased(), &[(operator(), 5, reroute(1, "b"))]);
        let refused = wrong("redirected", "leased, accepted, asked, answered or closed");
        check(&moved, &adapter("a"), at(6), &answer(LEASE), Err(refused));
    }
}
