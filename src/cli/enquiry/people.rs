//! The people and addresses of an enquiry as people read them: the same for the officer and for the responder's desk.

use crate::cli::output::clean;
use crate::cli::words::word;
use std::fmt::Write as _;
use usher_proto::v1;

/// `Given Family`.
pub(in crate::cli) fn name(name: Option<&v1::PersonName>) -> String {
    let joined = name
        .map(|name| format!("{} {}", name.given, name.family))
        .unwrap_or_default();
    clean(joined.trim())
}

/// Whom it is about, whom it concerns, and where.
pub(in crate::cli) fn people_lines(page: &mut String, personal: &v1::Personal) {
    if let Some(subject) = &personal.subject {
        defendant(page, subject);
    }
    for child in &personal.children {
        let lives = if child.lives_with_subject {
            "lives with the defendant"
        } else {
            ""
        };
        let place = child.address.map(|place| format!("address {}", place + 1));
        let parts = [
            name(child.name.as_ref()),
            born(child.born.as_ref()),
            child.relationship.clone(),
            lives.into(),
            place.unwrap_or_default(),
            labelled("school", &child.school),
        ];
        line(page, "Child", &parts);
    }
    for other in &personal.others {
        let parts = [
            name(other.name.as_ref()),
            born(other.born.as_ref()),
            other.relationship.clone(),
        ];
        line(page, "Adult", &parts);
    }
    for (place, address) in personal.addresses.iter().enumerate() {
        line(page, &format!("Address {}", place + 1), &lines_of(address));
    }
    if !personal.note.is_empty() {
        line(page, "Note", std::slice::from_ref(&personal.note));
    }
}

fn defendant(page: &mut String, subject: &v1::Subject) {
    if subject.limited_access {
        line(
            page,
            "Access",
            &["LIMITED: only named staff may see this case".into()],
        );
    }
    let sex = match subject.sex {
        0 => String::new(),
        known => word::<v1::Sex>(known),
    };
    let parts = [
        name(subject.name.as_ref()),
        born(subject.born.as_ref()),
        sex,
        labelled("CRN", &subject.crn),
        labelled("PNC", &subject.pnc),
    ];
    line(page, "Defendant", &parts);
    for alias in &subject.aliases {
        line(page, "  also", &[name(Some(alias))]);
    }
}

fn lines_of(address: &v1::Address) -> [String; 5] {
    let kind = if address.kind > v1::AddressKind::Given.into() {
        word::<v1::AddressKind>(address.kind)
    } else {
        String::new()
    };
    [
        word::<v1::AddressRole>(address.role),
        format!("{} {}", address.lines, address.postcode)
            .trim()
            .into(),
        kind,
        labelled("since", &address.from),
        labelled("until", &address.to),
    ]
}

fn born(birth: Option<&v1::Birth>) -> String {
    let Some(birth) = birth else {
        return String::new();
    };
    match birth.accuracy() {
        v1::BirthAccuracy::Expected => format!("EXPECTED {}", birth.date),
        v1::BirthAccuracy::Estimated => format!("born about {}", birth.date),
        v1::BirthAccuracy::Known | v1::BirthAccuracy::Unspecified => format!("born {}", birth.date),
    }
}

fn labelled(label: &str, text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("{label} {text}")
    }
}

fn line(page: &mut String, label: &str, parts: &[String]) {
    let known: Vec<String> = parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(|part| clean(part))
        .collect();
    let _ = writeln!(page, "{label:<12}{}", known.join(", "));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_may_tell_people_apart_is_left_out() {
        let birth = |date: &str, accuracy: v1::BirthAccuracy| {
            Some(v1::Birth {
                date: date.into(),
                accuracy: accuracy.into(),
            })
        };
        let called = |family: &str| {
            Some(v1::PersonName {
                family: family.into(),
                given: "Sam".into(),
            })
        };
        let personal = v1::Personal {
            subject: Some(v1::Subject {
                name: called("Example"),
                aliases: vec![called("Former").unwrap()],
                born: birth("1990-04-30", v1::BirthAccuracy::Estimated),
                sex: v1::Sex::Male.into(),
                crn: "X320741".into(),
                pnc: "2000/0002697F".into(),
                limited_access: true,
            }),
            children: vec![v1::Child {
                name: called("Unborn"),
                born: birth("2027-01-05", v1::BirthAccuracy::Expected),
                lives_with_subject: true,
                address: Some(0),
                school: "Example Nursery".into(),
                ..Default::default()
            }],
            others: vec![v1::Other {
                name: called("Partner"),
                born: birth("1991-01-01", v1::BirthAccuracy::Known),
                relationship: "partner".into(),
            }],
            addresses: vec![v1::Address {
                role: v1::AddressRole::Home.into(),
                kind: v1::AddressKind::NoFixedAbode.into(),
                from: "2026-01-01".into(),
                ..Default::default()
            }],
            note: "ring \u{1b}[2J first".into(),
            ..Default::default()
        };
        let mut page = String::new();
        people_lines(&mut page, &personal);
        let expected = "\
Access      LIMITED: only named staff may see this case
Defendant   Sam Example, born about 1990-04-30, male, CRN X320741, PNC 2000/0002697F
  also      Sam Former
Child       Sam Unborn, EXPECTED 2027-01-05, lives with the defendant, address 1, school Example Nursery
Adult       Sam Partner, born 1991-01-01, partner
Address 1   home, no fixed abode, since 2026-01-01
Note        ring \u{fffd}[2J first
";
        assert_eq!(page, expected);
    }
}
