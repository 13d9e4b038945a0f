//! People as an enquiry and as a borough's system describe them, in one form. No `Debug`: every field is personal.

use jiff::civil::Date;
use usher_proto::v1;

/// What is known of one person, whichever side says it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The present name first, then former ones and aliases.
    pub names: Vec<Name>,
    /// Date of birth, where it is known.
    pub born: Option<Born>,
    /// Sex as recorded, where anything is.
    pub sex: Option<v1::Sex>,
    /// Where the person lives or has lived.
    pub places: Vec<Place>,
}

/// A name, as written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Name {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
}

/// A date of birth and how sure it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Born {
    /// The date.
    pub date: Date,
    /// How sure.
    pub accuracy: Accuracy,
}

/// How sure a date of birth is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Accuracy {
    /// Recorded.
    Known,
    /// Estimated.
    Estimated,
    /// Expected: not born yet.
    Expected,
}

/// An address, as written.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Place {
    /// Lines without the postcode.
    pub lines: String,
    /// The postcode; empty where unknown.
    pub postcode: String,
}

/// Somebody whom an enquiry is about.
#[derive(Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Who, as answers name them: `subject`, `child 1`, `other 2`.
    pub who: String,
    /// What the enquiry says of them.
    pub identity: Identity,
}

/// Somebody in a borough's system, and what it says about them.
#[derive(Clone, Default, PartialEq)]
pub struct Found {
    /// The system's own key of the person.
    pub key: String,
    /// Who they are.
    pub identity: Identity,
    /// Involvement, `who` left empty.
    pub episodes: Vec<v1::Episode>,
    /// The worker to speak to.
    pub worker: Option<v1::Worker>,
    /// Contacts in the last year; `None` where not counted.
    pub recent_contacts: Option<u32>,
    /// The latest of them.
    pub last_contact: Option<Date>,
    /// Whether something is missing from this: it cannot be read, or was not fetched since this is hardly the one. No program may answer
    /// about such a person.
    pub partial: bool,
}

/// Everybody whom an enquiry is about: the defendant, the children, the other adults.
pub fn wanted(personal: &v1::Personal) -> Vec<Wanted> {
    let places: Vec<Place> = personal
        .addresses
        .iter()
        .filter(|address| address.kind() != v1::AddressKind::Withheld)
        .map(|address| Place {
            lines: address.lines.clone(),
            postcode: address.postcode.clone(),
        })
        .filter(|place| *place != Place::default())
        .collect();
    let person = |who: String, names: Vec<Name>, birth: &Option<v1::Birth>, sex| Wanted {
        who,
        identity: Identity {
            names: names
                .into_iter()
                .filter(|name| *name != Name::default())
                .collect(),
            born: birth.as_ref().and_then(born),
            sex,
            places: places.clone(),
        },
    };
    let subject = personal.subject.iter().map(|subject| {
        let names = subject.name.iter().chain(&subject.aliases).map(name);
        let sex = matches!(subject.sex(), v1::Sex::Female | v1::Sex::Male).then(|| subject.sex());
        person("subject".into(), names.collect(), &subject.born, sex)
    });
    let children = (1..).zip(&personal.children).map(|(number, child)| {
        let names = child.name.iter().map(name).collect();
        person(format!("child {number}"), names, &child.born, None)
    });
    let others = (1..).zip(&personal.others).map(|(number, other)| {
        let names = other.name.iter().map(name).collect();
        person(format!("other {number}"), names, &other.born, None)
    });
    subject.chain(children).chain(others).collect()
}

fn name(name: &v1::PersonName) -> Name {
    Name {
        family: name.family.clone(),
        given: name.given.clone(),
    }
}

fn born(birth: &v1::Birth) -> Option<Born> {
    Some(Born {
        date: birth.date.parse().ok()?,
        accuracy: match birth.accuracy() {
            v1::BirthAccuracy::Unspecified | v1::BirthAccuracy::Known => Accuracy::Known,
            v1::BirthAccuracy::Estimated => Accuracy::Estimated,
            v1::BirthAccuracy::Expected => Accuracy::Expected,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_of_an_enquiry_is_wanted_under_the_name_that_answers_use() {
        let name = |family: &str| {
            Some(v1::PersonName {
                family: family.into(),
                given: "A".into(),
            })
        };
        let personal = v1::Personal {
            subject: Some(v1::Subject {
                name: name("One"),
                aliases: name("Former").into_iter().collect(),
                sex: v1::Sex::Male.into(),
                ..v1::Subject::default()
            }),
            children: vec![
                v1::Child {
                    name: name("Two"),
                    born: Some(v1::Birth {
                        date: "2026-12-24".into(),
                        accuracy: v1::BirthAccuracy::Expected.into(),
                    }),
                    ..v1::Child::default()
                },
                v1::Child::default(),
            ],
            others: vec![v1::Other {
                name: name("Three"),
                ..v1::Other::default()
            }],
            addresses: vec![
                v1::Address {
                    postcode: "E8 1EA".into(),
                    ..v1::Address::default()
                },
                v1::Address {
                    kind: v1::AddressKind::Withheld.into(),
                    lines: "hidden".into(),
                    ..v1::Address::default()
                },
            ],
            ..v1::Personal::default()
        };
        let found = wanted(&personal);
        let who: Vec<&str> = found.iter().map(|wanted| wanted.who.as_str()).collect();
        assert_eq!(who, ["subject", "child 1", "child 2", "other 1"]);
        assert!(found[0].identity.names.len() == 2 && found[2].identity.names.is_empty());
        assert!(found[0].identity.sex == Some(v1::Sex::Male));
        assert!(found.iter().all(|wanted| wanted.identity.places.len() == 1));
        let born = found[1].identity.born.unwrap();
        assert!(born.date.to_string() == "2026-12-24" && born.accuracy == Accuracy::Expected);
    }
}
