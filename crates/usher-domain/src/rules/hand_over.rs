//! A check goes to others and keeps its deadline: to the check that another responder has open, or to a new one.

use super::open::{join, open};
use crate::command::Destination;
use crate::decide::Work;
use crate::enquiry::{CheckState, RouteReason, UnroutableWhy};
use crate::id::CheckNumber;
use crate::rejection::Rejection;

/// Opens or joins the checks that go on, each once, and makes `number` an exit that names the first.
pub(crate) fn hand_over(
    work: &mut Work<'_>,
    number: CheckNumber,
    to: &[Destination],
    reason: &RouteReason,
) -> Result<Vec<CheckNumber>, Rejection> {
    let mut successors = Vec::new();
    for to in to {
        let successor = successor(work, number, to, reason)?;
        if !successors.contains(&successor) {
            successors.push(successor);
        }
    }
    if let Some(first) = successors.first() {
        let state = CheckState::Redirected {
            to: *first,
            at: work.now,
            by: work.by(),
        };
        work.enter(number, state);
    }
    Ok(successors)
}

fn successor(
    work: &mut Work<'_>,
    number: CheckNumber,
    to: &Destination,
    reason: &RouteReason,
) -> Result<CheckNumber, Rejection> {
    let kind = work.check(number)?.kind;
    let Destination::Responder { id, authorities } = to else {
        return open(work, kind, to, vec![reason.clone()]);
    };
    if work.check(number)?.responder.as_ref() == Some(id) {
        return Err(Rejection::Invalid {
            field: "to",
            why: "is the responder that has the check already",
        });
    }
    let theirs = || {
        let checks = work.enquiry.checks.iter();
        checks.filter(|check| check.responder.as_ref() == Some(id))
    };
    let open_check = theirs()
        .find(|check| check.state.is_outstanding())
        .map(|check| check.number);
    let sent_away = theirs().any(|check| matches!(check.state, CheckState::Redirected { .. }));
    // Whoever sends a denied check to its own responder asks for the same authorities.
    let denied = work.check(number)?;
    let same = authorities.is_empty() && denied.concerned() == Some(id);
    let to = if same {
        let authorities = denied.authorities.clone();
        &Destination::Responder {
            id: id.clone(),
            authorities,
        }
    } else {
        to
    };
    match open_check {
        Some(existing) => {
            if let Some(check) = work.enquiry.check_mut(existing) {
                join(check, authorities, reason);
            }
            Ok(existing)
        }
        // They have sent it away themselves: an operator must settle it. The operator's own word is final.
        None if sent_away && *reason != RouteReason::Operator => {
            let disputed = Destination::Nowhere {
                why: vec![UnroutableWhy::Disputed],
            };
            open(work, kind, &disputed, vec![reason.clone()])
        }
        None => open(work, kind, to, vec![reason.clone()]),
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::CheckState;
    use crate::enquiry::CloseReason;
    use crate::enquiry::UnroutableWhy;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        adapter, after, at, check, give, officer, operator, picture, redirect, redirected, reroute,
        submitted, text, waiting,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_check_goes_on_with_whoever_is_named() {
        let now = at(5);
        check(&waiting(), &adapter("a"), now, &redirect(1, "b"), Ok("redirected>2, waiting"));
        check(&waiting(), &adapter("a"), now, &redirect(1, "?"),
            Ok("redirected>2, unroutable !unroutable"));
        let own = Rejection::Invalid {
            field: "to",
            why: "is the responder that has the check already",
        };
        check(&waiting(), &adapter("a"), now, &redirect(1, "a"), Err(own.clone()));
        check(&waiting(), &operator(), now, &reroute(1, "a"), Err(own));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_check_that_the_other_has_open_goes_on() {
        let both = submitted(&["a", "b"]);
        check(&both, &adapter("a"), at(5), &redirect(1, "b"), Ok("redirected>2, waiting"));
        let joined = after(both, &[(adapter("a"), 5, redirect(1, "b"))]);
        assert_eq!(joined.checks[1].reasons.len(), 2);
        let done = after(submitted(&["a", "b"]), &[(officer(), 1, Verb::Close {
            check: 2,
            reason: CloseReason::Mistake,
            note: text(1),
        })]);
        check(&done, &adapter("a"), at(5), &redirect(1, "b"), Ok("redirected>3, closed, waiting"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn responders_that_send_it_to_each_other_leave_it_to_an_operator() {
        let there = redirected();
        let disputed = "redirected>2, redirected>3, unroutable !unroutable";
        check(&there, &adapter("b"), at(6), &redirect(2, "a"), Ok(disputed));
        let back = after(there, &[(adapter("b"), 6, redirect(2, "a"))]);
        let CheckState::Unroutable { why, .. } = &back.checks[2].state else {
            panic!("{}", picture(&back));
        };
        assert_eq!(why, &[UnroutableWhy::Disputed]);
        // The operator's own word is final.
        let settled = "redirected>2, redirected>3, redirected>4, waiting";
        check(&back, &operator(), at(7), &reroute(3, "a"), Ok(settled));
    }

    #[test]
    fn the_successor_keeps_the_deadline_and_has_a_ladder_of_its_own() {
        let handed_over = redirected();
        let due: Vec<_> = handed_over.checks[1]
            .ladder
            .steps
            .iter()
            .map(|step| step.due)
            .collect();
        assert_eq!(due, [16, 46, 90, 120, 180].map(at));
    }

    #[test]
    fn a_seventeenth_check_is_refused_and_the_sixteenth_stays() {
        let ids: Vec<String> = (0..limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX)
            .map(|n| format!("r{n}"))
            .collect();
        let routes: Vec<&str> = ids.iter().map(String::as_str).collect();
        let full = submitted(&routes);
        let refused = Rejection::TooMany {
            what: "checks in one enquiry",
            max: limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX,
        };
        check(
            &full,
            &adapter("r0"),
            at(1),
            &redirect(1, "elsewhere"),
            Err(refused),
        );
        let joined = give(&full, &adapter("r0"), at(1), &redirect(1, "r1"));
        assert_eq!(
            joined.unwrap().enquiry.checks.len(),
            limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX
        );
    }
}
