//! The list has the case no more. What is needed stays needed until it is asked or a named person sets it aside.

use crate::case::OffList;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;

pub(in crate::case) fn take_off(work: &mut Work<'_>) {
    if work.case.off_list.is_some() {
        return;
    }
    work.case.off_list = Some(OffList {
        by: work.by(),
        at: work.now,
    });
    work.record(None, CaseEventKind::TakenOff);
}

#[cfg(test)]
mod tests {
    use crate::case::Indicator;
    use crate::case::command::CaseVerb;
    use crate::case::event::CaseEventKind;
    use crate::case::rules::cases::{
        after, at, check, children, clock, give, nameless, officer, register, row,
    };
    use crate::event::EventKind;
    use crate::rejection::Rejection;

    #[test]
    #[rustfmt::skip] // a row a line
    fn what_was_needed_stays_needed() {
        check(&children(), &officer(), at(5), &CaseVerb::TakeOff, Ok("children:needed"));
        let off = after(children(), &[(officer(), 5, CaseVerb::TakeOff)]);
        assert_eq!(off.off_list.as_ref().map(|off| off.at), Some(at(5)));
        check(&off, &clock(), at(15), &CaseVerb::Advance, Ok("children:needed !remind"));
        check(&children(), &nameless(officer()), at(5), &CaseVerb::TakeOff, Err(Rejection::PersonRequired));
    }

    #[test]
    fn a_list_that_has_it_again_puts_it_back() {
        let off = after(children(), &[(officer(), 5, CaseVerb::TakeOff)]);
        let twice = give(&off, &officer(), at(6), &CaseVerb::TakeOff).unwrap();
        assert_eq!(twice.events, []);
        let again = register(row(&[Indicator::LivesWithChildren]));
        let back = give(&off, &officer(), at(7), &again).unwrap();
        let kinds: Vec<_> = back.events.iter().map(|event| &event.kind).collect();
        assert_eq!(kinds, [&EventKind::Case(CaseEventKind::PutBack)]);
        assert_eq!(back.case, children());
    }
}
