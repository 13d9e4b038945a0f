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
    to: &[Destination],
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(
            check,
            "unroutable, waiting, leased, accepted or asked",
        ));
    }
    let nowhere = |to: &Destination| matches!(to, Destination::Nowhere { .. });
    if to.is_empty() || to.iter().any(nowhere) {
        return Err(Rejection::Invalid {
            field: "to",
            why: "must name a responder or an authority that has one",
        });
    }
    for to in hand_over(work, number, to, &RouteReason::Operator)? {
        work.record(number, EventKind::Rerouted { to });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::event::EventKind;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, accepted, adapter, after, answer, answered, asked, at, check, closed, give, leased,
        nameless, operator, redirected, reroute, submitted, to, unroutable, waiting, wrong,
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
    #[rustfmt::skip] // a row a line
    fn a_check_that_stands_for_several_addresses_goes_to_several_responders() {
        let several = |ids: &[&str]| Verb::Reroute { check: 1, to: ids.iter().map(|id| to(id)).collect() };
        let (who, now) = (operator(), at(5));
        check(&unroutable(), &who, now, &several(&["b", "c"]), Ok("redirected>2, waiting, waiting"));
        check(&submitted(&["?", "b"]), &who, now, &several(&["b", "c"]), Ok("redirected>2, waiting, waiting"));
        check(&unroutable(), &who, now, &several(&["b", "b"]), Ok("redirected>2, waiting"));
        let invalid = |why| Rejection::Invalid { field: "to", why };
        let must = invalid("must name a responder or an authority that has one");
        check(&unroutable(), &who, now, &several(&[]), Err(must.clone()));
        check(&unroutable(), &who, now, &several(&["b", "?"]), Err(must));
        let own = invalid("is the responder that has the check already");
        check(&waiting(), &who, now, &several(&["b", "a"]), Err(own));
    }

    #[test]
    fn each_responder_that_a_check_goes_to_is_in_the_history() {
        let verb = Verb::Reroute {
            check: 1,
            to: vec![to("b"), to("c"), to("b")],
        };
        let rerouted = give(&unroutable(), &operator(), at(5), &verb).unwrap();
        let told = rerouted.events.iter().filter_map(|event| match event.kind {
            EventKind::Rerouted { to } => Some(to),
            _ => None,
        });
        assert_eq!(told.collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn the_lease_of_a_rerouted_check_is_worth_nothing() {
        let moved = after(leased(), &[(operator(), 5, reroute(1, "b"))]);
        let refused = wrong("redirected", "leased, accepted, asked, answered or closed");
        check(&moved, &adapter("a"), at(6), &answer(LEASE), Err(refused));
    }
}
