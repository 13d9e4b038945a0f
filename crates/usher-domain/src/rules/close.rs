//! A named person ends a check with a reason. An answer that nobody has read cannot be closed away: it is read.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, CloseReason};
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
    let check = work.check(number)?;
    if !check.state.is_outstanding() {
        return Err(wrong_state(check, "unanswered"));
    }
    if reason == CloseReason::Other && note.is_empty() {
        return Err(Rejection::Invalid {
            field: "note",
            why: "is needed when the reason is other",
        });
    }
    let state = CheckState::Closed {
        by: work.by(),
        reason,
        note: note.clone(),
        at: work.now,
    };
    work.enter(number, state);
    work.record(number, EventKind::Closed { reason });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::enquiry::CloseReason;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accepted, after, answered, asked, at, check, clock, close, closed, hidden, leased, manager,
        nameless, officer, operator, received, redirected, stranger, text, unroutable, waiting,
        wrong,
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
    #[rustfmt::skip] // a row a line
    fn another_reason_is_said_in_words() {
        let refused = Rejection::Invalid {
            field: "note",
            why: "is needed when the reason is other",
        };
        check(&waiting(), &officer(), at(5), &close(CloseReason::Other), Err(refused));
        let said = Verb::Close {
            check: 1,
            reason: CloseReason::Other,
            note: text(3),
        };
        check(&waiting(), &officer(), at(5), &said, Ok("closed"));
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
}
