//! An operator records what a worker of the responder answered over the duty telephone. It is a person's answer like one from the
//! responder's desk, at once and from the queue too; a program that had the check has lost it.

use super::answer::take;
use super::hold::wrong_state;
use super::share::may_take;
use crate::command::Said;
use crate::decide::Work;
use crate::enquiry::{ByPhone, CheckState};
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn answer_by_phone(
    work: &mut Work<'_>,
    number: CheckNumber,
    said: &Said,
    by_phone: &ByPhone,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if check.responder.is_none() {
        return Err(wrong_state(check, "with a responder"));
    }
    if matches!(check.state, CheckState::Redirected { .. }) {
        return Err(wrong_state(
            check,
            "waiting, leased, accepted, asked, answered or closed",
        ));
    }
    may_take(work, check)?;
    take(work, number, said, Some(by_phone))
}

#[cfg(test)]
mod tests {
    use crate::actor::Role;
    use crate::command::{Verb, VerbName};
    use crate::enquiry::{CheckState, CloseReason, Enquiry, LateEffect, Timeliness};
    use crate::event::EventKind;
    use crate::index;
    use crate::limits;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        HEARING, LEASE, accepted, adapter, after, answer, answer_by_phone, answered, asked, at,
        check, clock, close, closed, give, hidden, inspector, just_before, leased,
        leave_candidates, manager, nameless, officer, operator, receive_late, received, redirected,
        unroutable, waiting, wrong,
    };

    fn for_people() -> Enquiry {
        after(leased(), &[(adapter("a"), 1, leave_candidates(LEASE, 16))])
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_operator_records_whatever_a_responder_says_by_telephone() {
        let (now, verb) = (at(5), answer_by_phone(1));
        let nobody = "with a responder";
        let elsewhere = "waiting, leased, accepted, asked, answered or closed";
        let gone = after(unroutable(), &[(officer(), 1, close(CloseReason::Mistake))]);
        check(&waiting(), &operator(), now, &verb, Ok("answered"));
        check(&for_people(), &operator(), now, &verb, Ok("answered"));
        check(&leased(), &operator(), now, &verb, Ok("answered"));
        check(&accepted(), &operator(), now, &verb, Ok("answered"));
        check(&asked(), &operator(), now, &verb, Ok("answered"));
        check(&answered(), &operator(), now, &verb, Ok("answered"));
        check(&received(), &operator(), now, &verb, Ok("answered"));
        check(&closed(), &operator(), now, &verb, Ok("answered"));
        check(&unroutable(), &operator(), now, &verb, Err(wrong("unroutable", nobody)));
        check(&gone, &operator(), now, &verb, Err(wrong("closed", nobody)));
        check(&redirected(), &operator(), now, &verb, Err(wrong("redirected", elsewhere)));
        check(&redirected(), &operator(), now, &answer_by_phone(2), Ok("redirected>2, answered"));
        check(&waiting(), &operator(), now, &answer_by_phone(2), Err(hidden("check")));
        check(&waiting(), &nameless(operator()), now, &verb, Err(Rejection::PersonRequired));
    }

    #[test]
    fn nobody_but_an_operator_records_it() {
        let verb = VerbName::AnswerByPhone;
        for who in [officer(), manager(), adapter("a"), inspector(), clock()] {
            let refused = Err(Rejection::NotPermitted { verb });
            check(&waiting(), &who, at(5), &answer_by_phone(1), refused);
        }
    }

    #[test]
    fn who_gave_it_and_who_took_it_are_kept_and_told() {
        let told = give(&leased(), &operator(), at(5), &answer_by_phone(1)).unwrap();
        let kept = told.enquiry.checks[0].answer().unwrap();
        assert_eq!(
            (kept.by.role, &kept.by.person),
            (Role::Operator, &operator().person)
        );
        let by_phone = kept.by_phone.as_ref().unwrap();
        assert_eq!(by_phone.given_by.name, "D. Doe");
        assert_eq!(by_phone.number, "020 7946 0000");
        assert!(!format!("{kept:?}").contains("Doe"));
        let [event] = &told.events[..] else {
            panic!("one event: {:?}", told.events);
        };
        assert!(
            matches!(&event.kind, EventKind::Answered { by_phone: Some(told), .. } if told == by_phone)
        );
        let here = after(leased(), &[(adapter("a"), 5, answer(LEASE))]);
        assert_eq!(here.checks[0].answer().unwrap().by_phone, None);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn the_program_that_had_the_check_has_lost_it() {
        let desk = adapter("a");
        let told = after(leased(), &[(operator(), 5, answer_by_phone(1))]);
        check(&told, &desk, at(6), &answer(LEASE), Err(Rejection::LeaseLost));
        // People who have found more say so without a lease.
        check(&told, &desk, at(6), &answer(None), Ok("answered"));
        let corrected = after(told, &[(desk.clone(), 6, answer(None))]);
        check(&corrected, &desk, at(7), &answer(LEASE), Err(Rejection::LeaseLost));
        check(&answered(), &desk, at(7), &answer(LEASE), Ok("answered"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn it_ends_the_ladder_to_the_answer_and_must_be_read() {
        let late = after(waiting(), &[(clock(), 180, Verb::Advance)]);
        assert!(index::keys(&late).open_alerts > 0);
        check(&late, &operator(), at(181), &answer_by_phone(1), Ok("answered"));
        let told = after(late, &[(operator(), 181, answer_by_phone(1))]);
        check(&told, &clock(), at(211), &Verb::Advance, Ok("answered !unread_late !unread"));
        check(&told, &officer(), at(211), &receive_late(1, &[LateEffect::Plan]), Ok("received"));
    }

    #[test]
    fn at_the_hearings_own_instant_it_is_late() {
        let timeliness = |now| {
            let told = give(&waiting(), &operator(), now, &answer_by_phone(1)).unwrap();
            told.enquiry.checks[0]
                .answer()
                .map(|answer| answer.timeliness)
        };
        assert_eq!(timeliness(just_before(HEARING)), Some(Timeliness::InTime));
        assert_eq!(timeliness(at(HEARING)), Some(Timeliness::AfterHearing));
    }

    #[test]
    fn the_first_answer_stays_and_sixteen_are_kept() {
        let mut enquiry = answered();
        for _ in 1..limits::ANSWERS_PER_CHECK_MAX {
            enquiry = after(enquiry, &[(operator(), 5, answer_by_phone(1))]);
        }
        let CheckState::Answered { answers, .. } = &enquiry.checks[0].state else {
            panic!("it is answered");
        };
        assert_eq!(answers[0].by_phone, None);
        assert!(answers[1..].iter().all(|one| one.by_phone.is_some()));
        let refused = Rejection::TooMany {
            what: "versions of one answer",
            max: limits::ANSWERS_PER_CHECK_MAX,
        };
        check(
            &enquiry,
            &operator(),
            at(6),
            &answer_by_phone(1),
            Err(refused),
        );
    }
}
