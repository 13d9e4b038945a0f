//! The responder gives a check back to its queue: for any program, or for its people.

use super::hold::{held, wrong_state};
use crate::decide::Work;
use crate::enquiry::{CheckState, PeopleReason};
use crate::event::EventKind;
use crate::id::{CheckNumber, LeaseId};
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn release(
    work: &mut Work<'_>,
    number: CheckNumber,
    lease: Option<LeaseId>,
    for_people: Option<PeopleReason>,
    candidates: &Sealed,
) -> Result<(), Rejection> {
    if !candidates.is_empty() && for_people != Some(PeopleReason::PossibleMatch) {
        return Err(Rejection::Invalid {
            field: "candidates",
            why: "they go with the reason POSSIBLE_MATCH only: leave them out",
        });
    }
    let check = held(work, number, lease)?;
    if !matches!(
        check.state,
        CheckState::Leased { .. } | CheckState::Accepted { .. }
    ) {
        return Err(wrong_state(check, "leased or accepted"));
    }
    let state = check.waiting(work.now, for_people);
    let for_people = match state {
        CheckState::Waiting { for_people, .. } => for_people,
        _ => for_people,
    };
    work.enter(number, state);
    if let Some(check) = work.enquiry.check_mut(number)
        && !candidates.is_empty()
    {
        check.candidates = candidates.clone();
    }
    work.record(number, EventKind::Released { for_people });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Verb;
    use crate::index::keys;
    use crate::rules::cases::text;
    use crate::rules::cases::{
        LEASE, LEASE_END, OTHER_LEASE, accept, accepted, adapter, after, answered, ask, asked, at,
        check, closed, hidden, just_before, lease, leased, leave_candidates, officer, redirected,
        release, supply, waiting, wrong,
    };

    #[test]
    fn what_is_left_to_people_is_lent_to_no_program_until_the_officer_says_more() {
        let (desk, reason) = (adapter("a"), Some(PeopleReason::PossibleMatch));
        let left = after(leased(), &[(desk.clone(), 5, leave_candidates(LEASE, 0))]);
        assert!(matches!(
            left.checks[0].state,
            CheckState::Waiting { for_people, .. } if for_people == reason
        ));
        assert_eq!(keys(&left).waiting, []);
        let refused = Err(wrong("waiting", "waiting for a program"));
        check(&left, &desk, at(6), &lease(1), refused);
        check(&left, &desk, at(6), &accept(None, None), Ok("accepted"));
        let people = [
            (desk.clone(), 6, accept(None, None)),
            (desk.clone(), 6, ask(None)),
        ];
        let asked_back = after(left, &people);
        let replied = after(asked_back, &[(officer(), 7, supply())]);
        check(&replied, &desk, at(8), &lease(1), Ok("leased"));
        assert_eq!(keys(&replied).waiting.len(), 1);
    }

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
        let others = [None, Some(PeopleReason::TooLittle), Some(PeopleReason::Agreement)];
        let why = "they go with the reason POSSIBLE_MATCH only: leave them out";
        for for_people in others {
            let verb = Verb::Release { check: 1, lease: LEASE, for_people, candidates: text(16) };
            check(&leased(), &desk, now, &verb, Err(Rejection::Invalid { field: "candidates", why }));
        }
        check(&leased(), &desk, now, &leave_candidates(LEASE, 16), Ok("waiting"));
        let given_back = after(leased(), &[(desk, 5, release(LEASE))]);
        assert_eq!(given_back.checks[0].leases_lost, 0);
    }
}
