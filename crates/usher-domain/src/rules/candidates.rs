//! Who in a responder's system may be one of the people: kept no longer than its desk needs it, and never in the way of what people say.

use crate::enquiry::Enquiry;
use crate::sealed::Sealed;

/// After every command: a check that is answered, ended, without responder or lent to a program has no candidates.
pub(crate) fn drop_needless(enquiry: &mut Enquiry) {
    for check in &mut enquiry.checks {
        if !check.needs_candidates() {
            check.candidates = Sealed::default();
        }
    }
}

/// Where the enquiry has no room: the desk looks them up in its own system.
pub(crate) fn give_way(enquiry: &mut Enquiry) {
    for check in &mut enquiry.checks {
        check.candidates = Sealed::default();
    }
}

#[cfg(test)]
mod tests {
    use crate::actor::Actor;
    use crate::command::Verb;
    use crate::enquiry::{CloseReason, Enquiry};
    use crate::limits::CANDIDATES_BYTES_MAX;
    use crate::rules::cases::{
        LEASE, accept, adapter, after, answer, answer_by_phone, ask, clock, close, hearing, lease,
        leased, leave_candidates, move_to, officer, operator, redirect, release, reroute,
        submitted, supply, text, withdraw,
    };
    use crate::sealed::Sealed;

    /// Check 1 is left to people of "a", with candidates.
    fn left() -> Enquiry {
        after(leased(), &[(adapter("a"), 1, leave_candidates(LEASE, 16))])
    }

    fn kept(enquiry: &Enquiry) -> bool {
        enquiry
            .checks
            .iter()
            .any(|check| !check.candidates.is_empty())
    }

    #[test]
    fn candidates_stay_while_people_may_have_to_look() {
        let desk = || adapter("a");
        let acts: [&[(Actor, Verb)]; 5] = [
            &[],
            &[(officer(), move_to(hearing(200))), (clock(), Verb::Advance)],
            &[(desk(), accept(None, None)), (desk(), ask(None))],
            &[
                (desk(), accept(None, None)),
                (desk(), ask(None)),
                (officer(), supply()),
            ],
            &[(desk(), accept(None, None)), (desk(), release(None))],
        ];
        for acts in acts {
            let told: Vec<_> = acts
                .iter()
                .cloned()
                .map(|(who, verb)| (who, 2, verb))
                .collect();
            assert!(kept(&after(left(), &told)), "{acts:?}");
        }
    }

    #[test]
    fn candidates_go_as_soon_as_nobody_has_to_look() {
        let desk = || adapter("a");
        let accepted = || (desk(), accept(None, None));
        let acts: [&[(Actor, Verb)]; 7] = [
            &[accepted(), (desk(), answer(None))],
            &[(operator(), answer_by_phone(1))],
            &[(desk(), redirect(1, "b"))],
            &[(operator(), reroute(1, "b"))],
            &[(officer(), close(CloseReason::Mistake))],
            &[(officer(), withdraw())],
            &[
                accepted(),
                (desk(), ask(None)),
                (officer(), supply()),
                (desk(), lease(1)),
            ],
        ];
        for acts in acts {
            let told: Vec<_> = acts
                .iter()
                .cloned()
                .map(|(who, verb)| (who, 2, verb))
                .collect();
            assert!(!kept(&after(left(), &told)), "{acts:?}");
        }
    }

    #[test]
    fn the_latest_candidates_stand_and_a_desk_that_gives_back_none_takes_none_away() {
        let again = |length| {
            let acts = [
                (adapter("a"), 2, accept(None, None)),
                (adapter("a"), 2, leave_candidates(None, length)),
            ];
            after(left(), &acts).checks[0].candidates.bytes().len()
        };
        assert_eq!((again(0), again(32)), (16, 32));
    }

    #[test]
    fn candidates_never_stand_in_the_way_of_what_people_say() {
        let enquiry = after(submitted(&["a", "b"]), &[(adapter("a"), 0, lease(1))]);
        let leave = leave_candidates(LEASE, CANDIDATES_BYTES_MAX);
        let left = after(
            enquiry,
            &[(adapter("a"), 1, leave), (adapter("b"), 1, accept_second())],
        );
        assert!(kept(&left));
        let long = |length| Verb::Ask {
            check: 2,
            lease: None,
            question: text(length),
        };
        assert!(kept(&after(
            left.clone(),
            &[(adapter("b"), 2, long(1_000))]
        )));
        let full = after(left, &[(adapter("b"), 2, long(33 * 1_024))]);
        assert!(!kept(&full));
        // Nor is a check kept from people since there is no room.
        let last = [
            (
                officer(),
                3,
                Verb::Supply {
                    check: 2,
                    reply: Sealed::default(),
                },
            ),
            (adapter("a"), 3, accept(None, None)),
            (
                adapter("a"),
                3,
                leave_candidates(None, CANDIDATES_BYTES_MAX),
            ),
        ];
        assert!(!kept(&after(full, &last)));
    }

    fn accept_second() -> Verb {
        Verb::Accept {
            check: 2,
            lease: None,
            expected_by: None,
        }
    }
}
