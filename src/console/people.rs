//! The people and addresses of an enquiry, as pages show them.

use super::words::capital;
use super::{Console, words};
use jiff::civil::Date;
use usher_domain::code::{Crn, Pnc};
use usher_domain::personal::{
    Address, AddressKind, AnswerContent, Birth, BirthAccuracy, Name, Personal,
};
use usher_domain::time::to_london;

/// Somebody whom an enquiry names, and what answers say of them.
pub(super) struct Somebody {
    /// As answers call them: `subject`, `child 1`, `other 2`.
    pub(super) who: String,
    /// As people call them.
    pub(super) label: String,
    /// The name, or that there is none.
    pub(super) name: String,
    /// What is known of them.
    pub(super) facts: Vec<Fact>,
    /// What was found.
    pub(super) found: Vec<Found>,
}

/// Something that is known, under a label.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) text: String,
}

/// A possible match.
pub(super) struct Found {
    pub(super) confidence: words::Tag,
    pub(super) basis: String,
}

/// A fact, where something is known.
pub(super) fn fact(label: &'static str, text: impl Into<String>) -> Option<Fact> {
    let text = text.into();
    (!text.is_empty()).then_some(Fact { label, text })
}

/// `27 March 2026`.
pub(super) fn day(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

/// `Ada Example`; empty where no name is given.
pub(super) fn full_name(name: &Name) -> String {
    format!("{} {}", name.given, name.family).trim().to_owned()
}

/// Everybody whom `personal` names, with what `answer` says it found of each.
pub(super) fn everybody(personal: &Personal, answer: Option<&AnswerContent>) -> Vec<Somebody> {
    let subject = &personal.subject;
    let aliases: Vec<String> = subject.aliases.iter().map(full_name).collect();
    let mut all = vec![somebody(
        "subject".into(),
        &subject.name,
        [
            fact("Also known as", aliases.join(", ")),
            fact("Born", born(subject.born)),
            fact("Sex", subject.sex.map_or("", words::record::sex)),
            fact("CRN", subject.crn.as_ref().map_or("", Crn::as_str)),
            fact("PNC number", subject.pnc.as_ref().map_or("", Pnc::as_str)),
        ],
    )];
    for (number, child) in (1..).zip(&personal.children) {
        let address = child.address.map(usize::from);
        let address = address.and_then(|place| personal.addresses.get(place));
        let lives = if child.lives_with_subject {
            "Yes"
        } else {
            "No"
        };
        all.push(somebody(
            format!("child {number}"),
            &child.name,
            [
                fact("Born", born(child.born)),
                fact("To the defendant", child.relationship.as_str()),
                fact("Lives with the defendant", lives),
                fact("Address", address.map(place).unwrap_or_default()),
                fact("School or nursery", child.school.as_str()),
            ],
        ));
    }
    for (number, other) in (1..).zip(&personal.others) {
        all.push(somebody(
            format!("other {number}"),
            &other.name,
            [
                fact("Born", born(other.born)),
                fact("To the defendant", other.relationship.as_str()),
                None,
                None,
                None,
            ],
        ));
    }
    for found in answer.into_iter().flat_map(|answer| &answer.matches) {
        if let Some(one) = all.iter_mut().find(|one| one.who == found.who) {
            one.found.push(Found {
                confidence: words::confidence_tag(found.confidence),
                basis: found.basis.clone(),
            });
        }
    }
    all
}

/// What people call somebody whom answers call `subject`, `child 1` or `other 2`.
pub(super) fn called(who: &str) -> String {
    match (who, who.strip_prefix("other ")) {
        ("subject", _) => "Defendant".into(),
        (_, Some(number)) => format!("Other adult {number}"),
        _ => capital(who),
    }
}

fn somebody(who: String, name: &Name, facts: [Option<Fact>; 5]) -> Somebody {
    let name = full_name(name);
    Somebody {
        label: called(&who),
        who,
        name: if name.is_empty() {
            "Name not given".into()
        } else {
            name
        },
        facts: facts.into_iter().flatten().collect(),
        found: Vec::new(),
    }
}

/// An address with the part that it plays.
pub(super) fn addresses(personal: &Personal) -> Vec<Fact> {
    let shown = |address: &Address| Fact {
        label: words::record::address_role(address.role),
        text: place(address),
    };
    personal.addresses.iter().map(shown).collect()
}

/// An address in one line.
pub(super) fn place(address: &Address) -> String {
    match address.kind {
        AddressKind::Withheld => return "Withheld".into(),
        AddressKind::NoFixedAbode => return "No fixed abode".into(),
        AddressKind::Given => {}
    }
    let lines = address.lines.lines().map(str::trim);
    let uprn = uprn(address);
    let parts = lines.chain([address.postcode.trim(), &uprn]);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let mut text = parts.join(", ");
    if let Some(from) = address.from {
        text = format!("{text}, from {}", day(from));
    }
    if let Some(to) = address.to {
        text = format!("{text}, until {}", day(to));
    }
    text
}

/// The number of the property, named; empty where it is not known.
pub(super) fn uprn(address: &Address) -> String {
    match address.uprn.as_str() {
        "" => String::new(),
        uprn => format!("UPRN {uprn}"),
    }
}

/// Every authority of today, by name.
pub(super) fn authorities(console: &Console) -> Vec<(String, String)> {
    let today = to_london(console.broker.clock().now()).date();
    let directory = console.broker.directory();
    let all = directory.authorities().in_force(today);
    let mut all: Vec<_> = all
        .map(|one| (one.code.to_string(), one.name.clone()))
        .collect();
    all.sort_by(|one, other| one.1.cmp(&other.1));
    all
}

fn born(born: Option<Birth>) -> String {
    let Some(Birth { date, accuracy }) = born else {
        return String::new();
    };
    let date = day(date);
    match accuracy {
        BirthAccuracy::Known => date,
        BirthAccuracy::Estimated => format!("{date} (estimated)"),
        BirthAccuracy::Expected => format!("expected {date}"),
    }
}
