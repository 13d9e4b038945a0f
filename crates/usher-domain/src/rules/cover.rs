//! An enquiry that was submitted alone is about a case after all: what it covers of the case's needs, the case's own rule says. It stays
//! about that case.

use crate::case::Holder;
use crate::decide::Work;
use crate::event::EventKind;
use crate::id::CaseId;
use crate::rejection::Rejection;

pub(crate) fn cover(
    work: &mut Work<'_>,
    case: CaseId,
    holder: Option<&Holder>,
) -> Result<(), Rejection> {
    match work.enquiry.case {
        Some(known) if known == case => return Ok(()),
        Some(_) => {
            return Err(Rejection::Invalid {
                field: "case_id",
                why: "the enquiry is about another case: submit one about this case",
            });
        }
        None => work.enquiry.case = Some(case),
    }
    if let Some(holder) = holder {
        work.enquiry.holder = Some(holder.clone());
    }
    work.record(None, EventKind::Linked);
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::actor::{Person, Unit};
    use crate::case::Holder;
    use crate::command::{Verb, VerbName};
    use crate::id::CaseId;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        adapter, after, answered, at, check, closed, give, hidden, manager, nameless, officer,
        operator, stranger, waiting,
    };

    fn to(name: &str) -> Verb {
        let person = Person {
            name: "Pat".into(),
            ..Person::default()
        };
        Verb::Cover {
            case: CaseId::derive(name),
            holder: Some(Holder {
                person: Some(person),
                unit: Unit::default(),
            }),
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_enquiry_becomes_one_case_s_and_no_check_moves() {
        let (now, to_one) = (at(5), to("one"));
        check(&waiting(), &officer(), now, &to_one, Ok("waiting"));
        check(&answered(), &manager(), now, &to_one, Ok("answered"));
        check(&closed(), &officer(), now, &to_one, Ok("closed"));
        check(&waiting(), &nameless(officer()), now, &to_one, Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &to_one, Err(hidden("enquiry")));
        for who in [operator(), adapter("a")] {
            let verb = VerbName::Cover;
            check(&waiting(), &who, now, &to_one, Err(Rejection::NotPermitted { verb }));
        }
        let linked = after(waiting(), &[(officer(), 5, to_one.clone())]);
        assert_eq!(linked.case, Some(CaseId::derive("one")));
        assert!(linked.holder.is_some());
        assert_eq!(give(&linked, &officer(), at(6), &to_one).unwrap().events, []);
        let other = Rejection::Invalid {
            field: "case_id",
            why: "the enquiry is about another case: submit one about this case",
        };
        check(&linked, &officer(), at(6), &to("two"), Err(other));
    }
}
