//! People at the borough take a check on: from an adapter's lease, or a desk straight from the queue.

use super::hold::{held, wrong_state};
use super::share::may_take;
use crate::decide::Work;
use crate::enquiry::CheckState;
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::time::Timestamp;

pub(crate) fn accept(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    expected_by: Option<Timestamp>,
) -> Result<(), Rejection> {
    let check = held(work, number, lease)?;
    match check.state {
        CheckState::Waiting { .. } | CheckState::Leased { .. } | CheckState::Accepted { .. } => {}
        _ => return Err(wrong_state(check, "waiting, leased or accepted")),
    }
    may_take(work, check)?;
    if expected_by.is_some_and(|promised| promised <= work.now) {
        return Err(Rejection::Invalid {
            field: "expected_by_time",
            why: "must lie in the future",
        });
    }
    let state = CheckState::Accepted {
        at: work.now,
        by: work.by(),
        expected_by,
    };
    work.enter(number, state);
    work.record(number, EventKind::Accepted { expected_by });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, LEASE_END, accept, accepted, adapter, after, answered, asked, at, check, clock,
        closed, hidden, just_before, leased, nameless, redirected, submitted, unroutable, waiting,
        wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn people_take_a_check_from_the_queue_from_a_lease_or_again() {
        let (desk, now) = (adapter("a"), at(5));
        let wanted = "waiting, leased or accepted";
        check(&waiting(), &desk, now, &accept(None, None), Ok("accepted"));
        check(&waiting(), &desk, now, &accept(LEASE, None), Err(Rejection::LeaseLost));
        check(&leased(), &desk, now, &accept(LEASE, Some(60)), Ok("accepted"));
        check(&leased(), &desk, now, &accept(None, None), Err(Rejection::LeaseLost));
        check(&accepted(), &desk, now, &accept(None, None), Ok("accepted"));
        check(&asked(), &desk, now, &accept(None, None), Err(wrong("asked", wanted)));
        check(&answered(), &desk, now, &accept(None, None), Err(wrong("answered", wanted)));
        check(&closed(), &desk, now, &accept(None, None), Err(wrong("closed", wanted)));
        check(&redirected(), &desk, now, &accept(None, None), Err(wrong("redirected", wanted)));
        check(&unroutable(), &desk, now, &accept(None, None), Err(hidden("enquiry")));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_lease_is_lost_at_its_last_instant() {
        let desk = adapter("a");
        let verb = accept(LEASE, None);
        check(&leased(), &desk, just_before(LEASE_END), &verb, Ok("accepted"));
        check(&leased(), &desk, at(LEASE_END), &verb, Err(Rejection::LeaseLost));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_promise_lies_in_the_future() {
        let refused = Rejection::Invalid {
            field: "expected_by_time",
            why: "must lie in the future",
        };
        let (desk, verb) = (adapter("a"), accept(None, Some(60)));
        check(&waiting(), &desk, just_before(60), &verb, Ok("accepted"));
        check(&waiting(), &desk, at(60), &verb, Err(refused));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_a_named_person_of_the_responder_accepts() {
        let verb = accept(None, None);
        check(&waiting(), &nameless(adapter("a")), at(1), &verb, Err(Rejection::PersonRequired));
        check(&waiting(), &adapter("b"), at(1), &verb, Err(hidden("enquiry")));
        let both = submitted(&["a", "b"]);
        check(&both, &adapter("b"), at(1), &verb, Err(hidden("check")));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_new_promise_ends_the_alert_of_the_missed_one() {
        let missed = after(accepted(), &[(clock(), 60, Verb::Advance)]);
        let desk = adapter("a");
        check(&missed, &desk, at(61), &accept(None, Some(70)), Ok("accepted !manager"));
        check(&missed, &desk, at(61), &accept(None, None), Ok("accepted !manager"));
        let again = after(missed, &[(desk, 61, accept(None, Some(70)))]);
        check(&again, &clock(), just_before(70), &Verb::Advance, Ok("accepted !manager"));
        let picture = "accepted !promise_missed !manager";
        check(&again, &clock(), at(70), &Verb::Advance, Ok(picture));
    }
}
