//! A person is shown a case: its history keeps who and when, and nothing else changes.

use crate::case::decide::Work;
use crate::case::event::CaseEventKind;

pub(in crate::case) fn view(work: &mut Work<'_>) {
    work.record(None, CaseEventKind::Viewed);
}

#[cfg(test)]
mod tests {
    use crate::actor::By;
    use crate::case::command::CaseVerb;
    use crate::case::event::CaseEventKind;
    use crate::case::rules::cases::{
        after, asks_children, at, check, children, clock, give, hidden, manager, nameless, officer,
        operator, stranger,
    };
    use crate::command::VerbName;
    use crate::event::{Event, EventKind};
    use crate::rejection::Rejection;
    use crate::rules::cases::{adapter, inspector};

    #[test]
    fn whoever_may_read_it_is_kept_and_nothing_changes() {
        let off = after(children(), &[(officer(), 5, CaseVerb::TakeOff)]);
        let met = after(children(), &[(officer(), 5, asks_children())]);
        let late = after(children(), &[(clock(), 60, CaseVerb::Advance)]);
        for case in [children(), off, met, late] {
            for who in [officer(), manager(), operator(), inspector()] {
                let shown = give(&case, &who, at(500), &CaseVerb::View).unwrap();
                let viewed = Event {
                    at: at(500),
                    by: By::from(&who),
                    check: None,
                    kind: EventKind::Case(CaseEventKind::Viewed),
                };
                assert_eq!(shown.events, [viewed]);
                assert_eq!(shown.case, case);
            }
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn only_a_named_person_in_scope_is_shown_it() {
        let now = at(5);
        check(&children(), &nameless(officer()), now, &CaseVerb::View, Err(Rejection::PersonRequired));
        check(&children(), &stranger(), now, &CaseVerb::View, Err(hidden("case")));
        check(&children(), &adapter("a"), now, &CaseVerb::View, Err(hidden("case")));
        let verb = VerbName::View;
        check(&children(), &clock(), now, &CaseVerb::View, Err(Rejection::NotPermitted { verb }));
    }
}
