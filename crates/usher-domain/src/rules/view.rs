//! A person is shown an enquiry, in whatever state: its history keeps who and when, and nothing else changes. What a borough is shown is one
//! check, and stands with that check; everybody else is shown the whole.

use crate::actor::Role;
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::CheckNumber;
use crate::rejection::Rejection;

pub(crate) fn view(work: &mut Work<'_>, check: Option<CheckNumber>) -> Result<(), Rejection> {
    let shown = check
        .map(|number| Ok(work.check(number)?.number))
        .transpose()?;
    let check = match work.actor.role {
        Role::Adapter => Some(shown.ok_or(Rejection::NotFound { what: "enquiry" })?),
        _ => None,
    };
    work.record(check, EventKind::Viewed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::actor::{Actor, By};
    use crate::command::{Verb, VerbName};
    use crate::enquiry::Enquiry;
    use crate::event::{Event, EventKind};
    use crate::id::CheckNumber;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        accepted, adapter, after, answered, asked, at, check, clock, closed, give, hidden,
        inspector, leased, manager, nameless, officer, operator, received, redirected, stranger,
        submitted, unroutable, waiting,
    };

    const WHOLE: Verb = Verb::View { check: None };
    const CHECK: Verb = Verb::View { check: Some(1) };

    /// `who` is shown it, and it stays as it is.
    fn sees(before: &Enquiry, who: &Actor, verb: &Verb, check: Option<CheckNumber>) {
        let shown = give(before, who, at(500), verb).unwrap();
        let viewed = Event {
            at: at(500),
            by: By::from(who),
            check,
            kind: EventKind::Viewed,
        };
        assert_eq!(shown.events, [viewed]);
        assert_eq!(shown.enquiry, *before);
    }

    #[test]
    fn whoever_may_read_it_is_kept_in_any_state_and_nothing_changes() {
        let late = after(waiting(), &[(clock(), 180, Verb::Advance)]);
        for enquiry in [
            waiting(),
            leased(),
            accepted(),
            asked(),
            answered(),
            received(),
            closed(),
            late,
        ] {
            for who in [officer(), manager(), operator(), inspector()] {
                sees(&enquiry, &who, &WHOLE, None);
                sees(&enquiry, &who, &CHECK, None);
            }
            sees(&enquiry, &adapter("a"), &CHECK, Some(1));
        }
        sees(&redirected(), &adapter("a"), &CHECK, Some(1));
        sees(&unroutable(), &operator(), &WHOLE, None);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn a_borough_is_shown_its_own_check_and_no_more() {
        let both = submitted(&["a", "b"]);
        check(&both, &adapter("b"), at(5), &CHECK, Err(hidden("check")));
        check(&both, &adapter("a"), at(5), &Verb::View { check: Some(9) }, Err(hidden("check")));
        check(&both, &adapter("a"), at(5), &WHOLE, Err(hidden("enquiry")));
        check(&both, &adapter("c"), at(5), &CHECK, Err(hidden("enquiry")));
        check(&both, &stranger(), at(5), &WHOLE, Err(hidden("enquiry")));
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_a_named_person_is_shown_anything() {
        for who in [officer(), manager(), operator(), inspector(), adapter("a")] {
            check(&waiting(), &nameless(who), at(5), &CHECK, Err(Rejection::PersonRequired));
        }
        let verb = VerbName::View;
        check(&waiting(), &clock(), at(5), &WHOLE, Err(Rejection::NotPermitted { verb }));
    }
}
