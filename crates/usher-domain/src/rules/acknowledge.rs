//! A named person looks after an alert, for a time. Whoever it is addressed to may, and operators always.

use crate::alert::AlertState;
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::AlertNumber;
use crate::permit::addressed;
use crate::rejection::Rejection;
use crate::sealed::Sealed;

pub(crate) fn acknowledge(
    work: &mut Work<'_>,
    number: AlertNumber,
    note: &Sealed,
) -> Result<(), Rejection> {
    let missing = Rejection::NotFound { what: "alert" };
    let alert = work.enquiry.alert(number).ok_or(missing.clone())?;
    let check = work.check(alert.check).map_err(|_| missing)?;
    if !addressed(work.actor.role, alert) {
        return Err(Rejection::NotAddressed);
    }
    if let AlertState::Resolved { at } = alert.state {
        return Err(Rejection::AlertEnded { at });
    }
    let expires =
        work.policy
            .acknowledged_until(work.now, work.enquiry.track(), check.responder.as_ref());
    let check = check.number;
    let state = AlertState::Acknowledged {
        by: work.by(),
        at: work.now,
        expires,
        note: note.clone(),
    };
    if let Some(alert) = work
        .enquiry
        .alerts
        .iter_mut()
        .find(|alert| alert.number == number)
    {
        alert.state = state;
    }
    work.record(
        check,
        EventKind::Acknowledged {
            alert: number,
            expires,
        },
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::actor::Role;
    use crate::command::{Verb, VerbName};
    use crate::enquiry::Enquiry;
    use crate::index;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accept, acknowledge, adapter, after, at, check, clock, hidden, just_before, manager,
        nameless, officer, operator, stranger, submitted, waiting,
    };

    /// Alert 1 is for the borough's desk, alert 2 for the officer's manager.
    fn chased() -> Enquiry {
        after(waiting(), &[(clock(), 45, Verb::Advance)])
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn whoever_is_addressed_may_and_operators_always() {
        let not_addressed = || Err(Rejection::NotAddressed);
        let now = at(46);
        check(&chased(), &adapter("a"), now, &acknowledge(1), Ok("waiting ~chase !manager"));
        check(&chased(), &operator(), now, &acknowledge(1), Ok("waiting ~chase !manager"));
        check(&chased(), &officer(), now, &acknowledge(1), not_addressed());
        check(&chased(), &manager(), now, &acknowledge(1), not_addressed());
        check(&chased(), &adapter("a"), now, &acknowledge(2), not_addressed());
        check(&chased(), &officer(), now, &acknowledge(2), not_addressed());
        check(&chased(), &manager(), now, &acknowledge(2), Ok("waiting !chase ~manager"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_is_hidden_reads_as_not_there() {
        let now = at(46);
        check(&chased(), &adapter("b"), now, &acknowledge(1), Err(hidden("enquiry")));
        check(&chased(), &stranger(), now, &acknowledge(1), Err(hidden("enquiry")));
        check(&chased(), &operator(), now, &acknowledge(3), Err(hidden("alert")));
        let both = after(submitted(&["a", "b"]), &[(clock(), 15, Verb::Advance)]);
        check(&both, &adapter("b"), now, &acknowledge(1), Err(hidden("alert")));
        check(&both, &adapter("b"), now, &acknowledge(2), Ok("waiting !chase, waiting ~chase"));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_a_named_person_looks_after_it() {
        let now = at(46);
        check(&chased(), &nameless(operator()), now, &acknowledge(1),
            Err(Rejection::PersonRequired));
        let verb = VerbName::Acknowledge;
        let refused = Err(Rejection::NotPermitted { verb });
        check(&chased(), &clock(), now, &acknowledge(1), refused.clone());
        let mut inspector = operator();
        inspector.role = Role::Inspector;
        check(&chased(), &inspector, now, &acknowledge(1), refused);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_acknowledgement_expires_and_the_alert_opens_again() {
        let cared_for = after(chased(), &[(operator(), 46, acknowledge(1)), (operator(), 46, acknowledge(2))]);
        assert_eq!(index::next_due(&cared_for, &cared_for.checks[0]), Some(at(66)));
        check(&cared_for, &clock(), just_before(66), &Verb::Advance, Ok("waiting ~chase ~manager"));
        check(&cared_for, &clock(), at(66), &Verb::Advance, Ok("waiting !chase !manager"));
        let renewed = after(cared_for, &[(operator(), 60, acknowledge(1))]);
        check(&renewed, &clock(), at(66), &Verb::Advance, Ok("waiting ~chase !manager"));
        check(&renewed, &clock(), at(80), &Verb::Advance, Ok("waiting !chase !manager"));
    }

    #[test]
    fn the_last_alert_is_watched_while_somebody_looks_after_it() {
        let over = after(waiting(), &[(clock(), 180, Verb::Advance)]);
        let all: Vec<_> = over
            .alerts
            .iter()
            .map(|alert| (operator(), 200, acknowledge(alert.number)))
            .collect();
        let cared_for = after(over, &all);
        assert_eq!(cared_for.checks[0].ladder.next_due(), None);
        assert_eq!(index::keys(&cared_for).next_due, Some(at(220)));
        assert_eq!(index::keys(&cared_for).open_alerts, 0);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_alert_that_ended_is_not_looked_after() {
        let accepted = after(chased(), &[(adapter("a"), 50, accept(None, None))]);
        let ended = Rejection::AlertEnded { at: at(50) };
        check(&accepted, &operator(), at(51), &acknowledge(1), Err(ended));
        check(&accepted, &operator(), at(51), &acknowledge(2), Ok("accepted ~manager"));
    }
}
