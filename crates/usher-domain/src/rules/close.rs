//! A named person ends a check with a reason; where policy says so, another one must say the same. An answer that nobody has read cannot be
//! closed away: it is read.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{Check, CheckState, CloseReason, Closing, Enquiry};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn close(
    work: &mut Work<'_>,
    number: CheckNumber,
    reason: CloseReason,
    note: &Sealed,
) -> Result<(), Rejection> {
    if reason == CloseReason::Withdrawn {
        return Err(Rejection::Invalid {
            field: "reason",
            why: "is for an enquiry that is withdrawn: withdraw it",
        });
    }
    end(work, number, reason, note)
}

/// As [`close`], for whoever withdraws the enquiry too.
pub(crate) fn end(
    work: &mut Work<'_>,
    number: CheckNumber,
    reason: CloseReason,
    note: &Sealed,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(check, "unanswered"));
    }
    let takes_two = work.policy.second_person.contains(&reason);
    let proposed = check.closing.as_ref();
    let proposed = proposed.filter(|closing| takes_two && closing.reason == reason);
    if proposed.is_some_and(|closing| closing.by.may_be(work.actor)) {
        return Err(Rejection::SecondPersonRequired);
    }
    let is_confirmed = proposed.is_some();
    if reason == CloseReason::Other && note.is_empty() && !is_confirmed {
        return Err(Rejection::Invalid {
            field: "note",
            why: "is needed when the reason is other",
        });
    }
    let (by, note, at) = (work.by(), note.clone(), work.now);
    if takes_two && !is_confirmed {
        let closing = Closing {
            by,
            reason,
            note,
            at,
        };
        keep(work, number, Some(closing));
        work.record(number, EventKind::CloseProposed { reason });
        return Ok(());
    }
    if !is_confirmed {
        keep(work, number, None);
    }
    let state = CheckState::Closed {
        by,
        reason,
        note,
        at,
    };
    work.enter(number, state);
    work.record(number, EventKind::Closed { reason });
    Ok(())
}

/// The proposal in place of the one before.
fn keep(work: &mut Work<'_>, number: CheckNumber, closing: Option<Closing>) {
    if let Some(check) = work.enquiry.check_mut(number) {
        check.closing = closing;
    }
}

/// After every command: drops the proposals of checks that were answered or went elsewhere, or stand for more than `before`.
pub(crate) fn lapse(work: &mut Work<'_>, before: &Enquiry) {
    for check in &mut work.enquiry.checks {
        let same = |old: &Check| {
            old.responder == check.responder
                && old.authorities == check.authorities
                && old.reasons == check.reasons
        };
        let stands = match check.state {
            CheckState::Closed { .. } => true,
            _ => check.state.is_outstanding() && before.check(check.number).is_some_and(same),
        };
        if !stands {
            check.closing = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::actor::{Actor, By, Person};
    use crate::code::ResponderKind;
    use crate::command::Verb;
    use crate::decide::decide;
    use crate::enquiry::{CheckState, CloseReason, Closing, Enquiry};
    use crate::event::{Event, EventKind};
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, accept, accepted, adapter, after, answer, answer_by_phone, answered, ask, asked, at,
        check, clock, close, closed, hearing, hidden, lease, leased, manager, move_to, nameless,
        officer, operator, picture, policy, receive, received, redirect, redirected, release,
        request, reroute, stranger, submitted, supply, text, unroutable, waiting, withdraw, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_named_person_closes_whatever_is_unanswered() {
        let (now, verb) = (at(5), close(CloseReason::CaseEnded));
        check(&waiting(), &officer(), now, &verb, Ok("closed"));
        check(&leased(), &manager(), now, &verb, Ok("closed"));
        check(&accepted(), &operator(), now, &verb, Ok("closed"));
        check(&asked(), &officer(), now, &verb, Ok("closed"));
        check(&unroutable(), &officer(), now, &verb, Ok("closed"));
        check(&answered(), &officer(), now, &verb, Err(wrong("answered", "unanswered")));
        check(&received(), &officer(), now, &verb, Err(wrong("answered", "unanswered")));
        check(&closed(), &officer(), now, &verb, Err(wrong("closed", "unanswered")));
        check(&redirected(), &officer(), now, &verb, Err(wrong("redirected", "unanswered")));
        check(&waiting(), &nameless(officer()), now, &verb, Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &verb, Err(hidden("enquiry")));
    }

    #[test]
    fn taken_back_is_the_whole_enquiry() {
        let refused = Rejection::Invalid {
            field: "reason",
            why: "is for an enquiry that is withdrawn: withdraw it",
        };
        let withdrawn = close(CloseReason::Withdrawn);
        for who in [officer(), operator()] {
            check(&waiting(), &who, at(5), &withdrawn, Err(refused.clone()));
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn another_reason_is_said_in_words() {
        let refused = Rejection::Invalid {
            field: "note",
            why: "is needed when the reason is other",
        };
        check(&waiting(), &officer(), at(5), &close(CloseReason::Other), Err(refused));
        check(&waiting(), &officer(), at(5), &other(), Ok("waiting closing?"));
    }

    /// The reason that takes two persons.
    fn other() -> Verb {
        Verb::Close {
            check: 1,
            reason: CloseReason::Other,
            note: text(3),
        }
    }

    /// The same client, with somebody else behind it.
    fn named(actor: Actor, name: &str) -> Actor {
        let person = Person {
            name: name.into(),
            ..Person::default()
        };
        Actor {
            person: Some(person),
            ..actor
        }
    }

    fn second(actor: Actor) -> Actor {
        named(actor, "S. Second")
    }

    /// Proposed by the officer "R. Roe", who is behind every other client too.
    fn proposed(before: Enquiry) -> Enquiry {
        after(before, &[(officer(), 4, other())])
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_takes_two_persons_ends_when_another_confirms_it() {
        let (now, verb, alone) = (at(5), close(CloseReason::Other), Err(Rejection::SecondPersonRequired));
        for (before, stays) in [
            (waiting(), "waiting closing?"),
            (leased(), "leased closing?"),
            (accepted(), "accepted closing?"),
            (asked(), "asked closing? !question"),
            (unroutable(), "unroutable closing? !unroutable"),
        ] {
            check(&before, &officer(), at(4), &other(), Ok(stays));
            let before = proposed(before);
            check(&before, &second(officer()), now, &verb, Ok("closed"));
            check(&before, &second(operator()), now, &other(), Ok("closed"));
            check(&before, &officer(), now, &verb, alone.clone());
            check(&before, &manager(), now, &other(), alone.clone());
            check(&before, &named(operator(), " r. ROE "), now, &verb, alone.clone());
            check(&before, &nameless(operator()), now, &verb, Err(Rejection::PersonRequired));
            check(&before, &second(stranger()), now, &verb, Err(hidden("enquiry")));
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn another_reason_replaces_the_proposal_or_closes_at_once() {
        let mut both = policy();
        both.second_person.insert(CloseReason::Mistake);
        let give = |before: &Enquiry, who: &Actor, reason| {
            let command = request(9, 1, close(reason));
            let given = decide(Some(before), &command, who, at(5), &both);
            given.map(|given| picture(&given.enquiry))
        };
        let before = proposed(waiting());
        for (who, reason, expected) in [
            (officer(), CloseReason::Mistake, "waiting closing?"),
            (second(officer()), CloseReason::Mistake, "waiting closing?"),
            (officer(), CloseReason::CaseEnded, "closed"),
            (second(officer()), CloseReason::CaseEnded, "closed"),
        ] {
            assert_eq!(give(&before, &who, reason).as_deref(), Ok(expected), "{reason:?}");
        }
        let replaced = decide(Some(&before), &request(8, 1, close(CloseReason::Mistake)), &second(officer()), at(5), &both);
        let replaced = replaced.unwrap().enquiry;
        let alone = Err(Rejection::SecondPersonRequired);
        assert_eq!(give(&replaced, &second(operator()), CloseReason::Mistake), alone);
        assert_eq!(give(&replaced, &officer(), CloseReason::Mistake).as_deref(), Ok("closed"));
        // What is not confirmed any more says nothing of who closed it.
        for verb in [close(CloseReason::CaseEnded), withdraw()] {
            assert_eq!(after(before.clone(), &[(second(officer()), 5, verb)]).checks[0].closing, None);
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_proposal_stands_until_the_check_is_answered_or_goes_elsewhere() {
        let at_desk = |verb| vec![(adapter("a"), 5, verb)];
        let two = || after(submitted(&["a", "b"]), &[(officer(), 4, other())]);
        for (before, acts, stands) in [
            (leased(), at_desk(answer(LEASE)), false),
            (leased(), vec![(operator(), 5, answer_by_phone(1))], false),
            (leased(), vec![(adapter("a"), 5, answer(LEASE)), (officer(), 6, receive(1))], false),
            (waiting(), at_desk(redirect(1, "b")), false),
            (waiting(), vec![(operator(), 5, reroute(1, "b"))], false),
            (submitted(&["a", "b"]), vec![(adapter("b"), 5, redirect(2, "a"))], false),
            (waiting(), at_desk(lease(1)), true),
            (leased(), at_desk(release(LEASE)), true),
            (leased(), vec![(clock(), 11, Verb::Advance)], true),
            (waiting(), at_desk(accept(None, Some(60))), true),
            (accepted(), at_desk(ask(None)), true),
            (asked(), vec![(officer(), 5, supply())], true),
            (waiting(), vec![(officer(), 5, move_to(hearing(200)))], true),
            (waiting(), vec![(clock(), 16, Verb::Advance)], true),
        ] {
            let before = proposed(before);
            let later = after(before.clone(), &acts);
            assert_eq!(later.checks[0].closing.is_some(), stands, "{acts:?}: {}", picture(&later));
        }
        let elsewhere = after(two(), &[(operator(), 5, reroute(2, "c"))]);
        assert!(elsewhere.checks[0].closing.is_some(), "another check is no matter");
    }

    #[test]
    fn both_persons_and_what_they_said_are_kept_until_a_late_answer() {
        let verb = close(CloseReason::Other);
        let closed = after(proposed(waiting()), &[(second(operator()), 6, verb)]);
        let [one] = &closed.checks[..] else {
            panic!("{}", picture(&closed));
        };
        let CheckState::Closed {
            by,
            reason,
            note,
            at: moment,
        } = &one.state
        else {
            panic!("{}", picture(&closed));
        };
        assert_eq!(
            (by, *reason, *moment),
            (&By::from(&second(operator())), CloseReason::Other, at(6))
        );
        assert!(note.is_empty());
        let closing = Closing {
            by: By::from(&officer()),
            reason: CloseReason::Other,
            note: text(3),
            at: at(4),
        };
        assert_eq!(one.closing, Some(closing));
        let answered = after(closed, &[(adapter("a"), 7, answer(None))]);
        assert_eq!(answered.checks[0].closing, None);
    }

    #[test]
    fn a_repeated_proposal_is_no_confirmation() {
        let proposal = request(7, 1, other());
        let give =
            |before: &Enquiry, who: &Actor| decide(Some(before), &proposal, who, at(5), &policy());
        let first = give(&waiting(), &officer()).unwrap();
        let again = give(&first.enquiry, &officer()).unwrap();
        assert_eq!((&again.enquiry, again.events.len()), (&first.enquiry, 0));
        assert!(matches!(
            first.events[..],
            [Event {
                kind: EventKind::CloseProposed {
                    reason: CloseReason::Other
                },
                ..
            }]
        ));
    }

    #[test]
    fn the_alerts_of_a_closed_check_end() {
        let late = after(unroutable(), &[(clock(), 180, Verb::Advance)]);
        check(
            &late,
            &operator(),
            at(181),
            &close(CloseReason::CaseEnded),
            Ok("closed"),
        );
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_closed_asks_on_only_where_nothing_is_left_to_ask() {
        use CloseReason as R;
        let kind = ResponderKind::ChildrenSocialCare;
        for (reason, asks) in [
            (R::Duplicate, false), (R::Mistake, false), (R::CaseEnded, true), (R::AnsweredElsewhere, true),
        ] {
            let closed = after(waiting(), &[(officer(), 5, close(reason))]);
            assert_eq!(closed.asks(kind), asks, "{reason:?}");
            assert!(!closed.asks(ResponderKind::AdultSocialCare));
        }
        assert!(!after(waiting(), &[(officer(), 5, withdraw())]).asks(kind));
        // One of two of a kind is enough, and so is the one that it was redirected to.
        let two = submitted(&["a", "b"]);
        assert!(after(two.clone(), &[(officer(), 5, close(R::Mistake))]).asks(kind));
        let redirected = after(two, &[(adapter("a"), 5, redirect(1, "b"))]);
        assert!(redirected.asks(kind));
    }
}
