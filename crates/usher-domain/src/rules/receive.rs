//! The officer has read the answer: the check's exit.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Receipt};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn receive(
    work: &mut Work<'_>,
    number: CheckNumber,
    version: u8,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    let CheckState::Answered { answers, received } = &check.state else {
        return Err(wrong_state(check, "answered"));
    };
    let newest = u8::try_from(answers.len()).unwrap_or(u8::MAX);
    if version == 0 || version > newest {
        return Err(Rejection::Invalid {
            field: "answer_version",
            why: "must be the number of a version of the answer, from 1",
        });
    }
    if version < newest {
        return Err(Rejection::NewerAnswer { newest });
    }
    if received.is_some() {
        return Ok(());
    }
    let receipt = Receipt {
        by: work.by(),
        at: work.now,
    };
    let state = CheckState::Answered {
        answers: answers.clone(),
        received: Some(receipt),
    };
    work.enter(number, state);
    work.record(number, EventKind::Received { version });
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accepted, adapter, after, answer, answered, asked, at, check, closed, give, hidden, leased,
        manager, nameless, officer, receive, received, redirected, stranger, unroutable, waiting,
        wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_officer_reads_the_newest_version() {
        let now = at(5);
        let no_version = || Err(Rejection::Invalid {
            field: "answer_version",
            why: "must be the number of a version of the answer, from 1",
        });
        check(&answered(), &officer(), now, &receive(1), Ok("received"));
        check(&answered(), &manager(), now, &receive(1), Ok("received"));
        check(&answered(), &officer(), now, &receive(0), no_version());
        check(&answered(), &officer(), now, &receive(2), no_version());
        check(&received(), &officer(), now, &receive(1), Ok("received"));
        let newer = after(received(), &[(adapter("a"), 3, answer(None))]);
        check(&newer, &officer(), now, &receive(1), Err(Rejection::NewerAnswer { newest: 2 }));
        check(&newer, &officer(), now, &receive(2), Ok("received"));
        check(&answered(), &nameless(officer()), now, &receive(1), Err(Rejection::PersonRequired));
        check(&answered(), &stranger(), now, &receive(1), Err(hidden("enquiry")));
    }

    #[test]
    fn only_an_answer_is_received() {
        for (enquiry, state) in [
            (waiting(), "waiting"),
            (leased(), "leased"),
            (accepted(), "accepted"),
            (asked(), "asked"),
            (unroutable(), "unroutable"),
            (closed(), "closed"),
            (redirected(), "redirected"),
        ] {
            check(
                &enquiry,
                &officer(),
                at(5),
                &receive(1),
                Err(wrong(state, "answered")),
            );
        }
    }

    #[test]
    fn a_second_reading_changes_nothing() {
        let again = give(&received(), &officer(), at(50), &receive(1)).unwrap();
        assert_eq!((again.enquiry, again.events), (received(), Vec::new()));
    }
}
