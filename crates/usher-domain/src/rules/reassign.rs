//! Another practitioner holds the enquiry: alerts, and answers that come later, go there.

use crate::actor::Unit;
use crate::case::Holder;
use crate::decide::Work;
use crate::event::EventKind;
use crate::rejection::Rejection;

pub(crate) fn reassign(work: &mut Work<'_>, holder: &Holder) -> Result<(), Rejection> {
    if holder.person.is_none() && holder.unit == Unit::default() {
        return Err(Rejection::Invalid {
            field: "holder",
            why: "say who holds it, or at least in which unit",
        });
    }
    if work.enquiry.holder.as_ref() != Some(holder) {
        work.enquiry.holder = Some(holder.clone());
        work.record(None, EventKind::Reassigned);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::actor::{Person, Unit};
    use crate::case::Holder;
    use crate::command::Verb;
    use crate::rejection::Rejection;
    use crate::rules::cases::{
        adapter, after, answered, at, check, closed, hidden, manager, nameless, officer, operator,
        stranger, waiting,
    };

    fn to(name: &str) -> Verb {
        let person = Person {
            name: name.into(),
            ..Person::default()
        };
        Verb::Reassign {
            holder: Holder {
                person: Some(person),
                unit: Unit::default(),
            },
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn whoever_holds_it_is_named_and_no_check_moves() {
        let (now, to_pat) = (at(5), to("Pat"));
        check(&waiting(), &officer(), now, &to_pat, Ok("waiting"));
        check(&answered(), &manager(), now, &to_pat, Ok("answered"));
        check(&closed(), &operator(), now, &to_pat, Ok("closed"));
        check(&waiting(), &nameless(officer()), now, &to_pat, Err(Rejection::PersonRequired));
        check(&waiting(), &stranger(), now, &to_pat, Err(hidden("enquiry")));
        let verb = crate::command::VerbName::Reassign;
        check(&waiting(), &adapter("a"), now, &to_pat, Err(Rejection::NotPermitted { verb }));

        let nobody = Verb::Reassign {
            holder: Holder {
                person: None,
                unit: Unit::default(),
            },
        };
        let refused = Rejection::Invalid {
            field: "holder",
            why: "say who holds it, or at least in which unit",
        };
        check(&waiting(), &officer(), now, &nobody, Err(refused));
        let held = after(waiting(), &[(officer(), 1, to("Pat"))]);
        let name = |held: &crate::enquiry::Enquiry| {
            let holder = held.holder.clone();
            holder.and_then(|holder| holder.person).map(|person| person.name)
        };
        assert_eq!(name(&held), Some("Pat".into()));
        let moved_on = after(held, &[(officer(), 2, to("Kim"))]);
        assert_eq!(name(&moved_on), Some("Kim".into()));
    }
}
