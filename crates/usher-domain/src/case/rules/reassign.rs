//! Another practitioner holds the case: alerts, and answers that come later, go there.

use crate::case::Holder;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;

pub(in crate::case) fn reassign(work: &mut Work<'_>, holder: &Holder) {
    if work.case.holder != *holder {
        work.case.holder = holder.clone();
        work.record(None, CaseEventKind::Reassigned);
    }
}

#[cfg(test)]
mod tests {
    use crate::case::Holder;
    use crate::case::command::CaseVerb;
    use crate::case::rules::cases::{
        adapter, at, check, children, give, manager, officer, operator, person, unit,
    };
    use crate::command::VerbName;
    use crate::rejection::Rejection;

    #[test]
    fn a_case_changes_hands_by_name() {
        let holder = Holder {
            person: Some(person()),
            unit: unit(),
        };
        let verb = CaseVerb::Reassign {
            holder: holder.clone(),
        };
        for who in [officer(), manager(), operator()] {
            let moved = give(&children(), &who, at(1), &verb).unwrap();
            assert_eq!((moved.events.len(), &moved.case.holder), (1, &holder));
            let again = give(&moved.case, &who, at(2), &verb).unwrap();
            assert_eq!(again.events, []);
        }
        let refused = Err(Rejection::NotPermitted {
            verb: VerbName::Reassign,
        });
        check(&children(), &adapter("a"), at(1), &verb, refused);
    }
}
