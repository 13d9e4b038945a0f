//! The officer replies to a question; the check goes back to the responder's queue.

use super::hold::wrong_state;
use crate::decide::Work;
use crate::enquiry::{CheckState, Reply};
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn supply(
    work: &mut Work<'_>,
    number: CheckNumber,
    text: &Sealed,
) -> Result<(), Rejection> {
    let check = work.check(number)?;
    if !matches!(check.state, CheckState::Asked { .. }) {
        return Err(wrong_state(check, "asked"));
    }
    let reply = Reply {
        text: text.clone(),
        by: work.by(),
        at: work.now,
    };
    let since = work.now;
    if let Some(check) = work.enquiry.check_mut(number) {
        if let Some(exchange) = check.exchanges.last_mut() {
            exchange.reply = Some(reply);
        }
        check.state = check.waiting(since, None);
    }
    work.record(number, EventKind::Supplied);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::command::Verb;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accepted, after, answered, asked, at, check, clock, closed, hidden, leased, manager,
        nameless, officer, redirected, stranger, supply, unroutable, waiting, wrong,
    };

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_question_is_answered_once_by_the_officers_side() {
        check(&asked(), &officer(), at(5), &supply(), Ok("waiting"));
        check(&asked(), &manager(), at(5), &supply(), Ok("waiting"));
        check(&asked(), &nameless(officer()), at(5), &supply(), Err(Rejection::PersonRequired));
        check(&asked(), &stranger(), at(5), &supply(), Err(hidden("enquiry")));
        let supplied = after(asked(), &[(officer(), 5, supply())]);
        assert!(supplied.checks[0].exchanges[0].reply.is_some());
        check(&supplied, &officer(), at(6), &supply(), Err(wrong("waiting", "asked")));
    }

    #[test]
    fn only_a_question_is_answered() {
        for (enquiry, state) in [
            (waiting(), "waiting"),
            (leased(), "leased"),
            (accepted(), "accepted"),
            (answered(), "answered"),
            (unroutable(), "unroutable"),
            (closed(), "closed"),
            (redirected(), "redirected"),
        ] {
            check(
                &enquiry,
                &officer(),
                at(5),
                &supply(),
                Err(wrong(state, "asked")),
            );
        }
    }

    #[test]
    fn the_ladder_goes_on_while_the_officer_thinks() {
        check(
            &asked(),
            &clock(),
            at(45),
            &Verb::Advance,
            Ok("asked !question !manager"),
        );
    }
}
