//! The officer takes the enquiry back: every unanswered check is closed in the officer's name. Answers that came stay, to be read.

use super::close;
use crate::decide::Work;
use crate::enquiry::CloseReason;
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn withdraw(work: &mut Work<'_>, note: &Sealed) -> Result<(), Rejection> {
    let outstanding: Vec<CheckNumber> = work
        .enquiry
        .outstanding()
        .map(|check| check.number)
        .collect();
    if outstanding.is_empty() {
        return Err(Rejection::NothingOutstanding);
    }
    work.record(None, EventKind::Withdrawn);
    for number in outstanding {
        close::end(work, number, CloseReason::Withdrawn, note)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        LEASE, accepted, adapter, after, answer, answered, asked, at, check, clock, closed, hidden,
        lease, leased, manager, nameless, officer, receive, redirect, redirected, stranger,
        submitted, unroutable, waiting, withdraw,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_unanswered_closes_and_what_is_answered_stays() {
        let now = at(5);
        check(&waiting(), &officer(), now, &withdraw(), Ok("closed"));
        check(&leased(), &manager(), now, &withdraw(), Ok("closed"));
        check(&accepted(), &officer(), now, &withdraw(), Ok("closed"));
        check(&asked(), &officer(), now, &withdraw(), Ok("closed"));
        check(&unroutable(), &officer(), now, &withdraw(), Ok("closed"));
        check(&redirected(), &officer(), now, &withdraw(), Ok("redirected>2, closed"));
        check(&answered(), &officer(), now, &withdraw(), Err(Rejection::NothingOutstanding));
        check(&closed(), &officer(), now, &withdraw(), Err(Rejection::NothingOutstanding));
        check(&waiting(), &nameless(officer()), now, &withdraw(), Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &withdraw(), Err(hidden("enquiry")));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_mixed_enquiry_keeps_its_answers_to_be_read() {
        let mixed = after(submitted(&["a", "b", "?", "c"]), &[
            (adapter("a"), 0, lease(1)),
            (adapter("a"), 1, answer(LEASE)),
            (adapter("c"), 2, redirect(4, "b")),
            (clock(), 31, Verb::Advance),
        ]);
        let picture = "answered !unread, closed, closed, redirected>2";
        check(&mixed, &officer(), at(32), &withdraw(), Ok(picture));
        let withdrawn = after(mixed, &[(officer(), 32, withdraw())]);
        assert!(withdrawn.is_open());
        check(&withdrawn, &officer(), at(33), &receive(1),
            Ok("received, closed, closed, redirected>2"));
    }
}
