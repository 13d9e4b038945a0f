//! The people and addresses of an enquiry.

use super::{Line, line};
use crate::console::officer::spoken;
use crate::console::people::uprn;
use crate::console::when;
use crate::console::words::record as words;
use usher_domain::personal::{Address, Birth, Child, Other, Personal, Subject};

/// Everything that was said of people, as rows.
pub(in crate::console::officer) fn lines(personal: &Personal) -> Vec<Line> {
    let Subject {
        name,
        aliases,
        born,
        sex,
        crn,
        pnc,
        limited_access: _,
    } = &personal.subject;
    let also = aliases
        .iter()
        .map(|alias| format!("also {}", spoken(alias)));
    let person = [spoken(name)].into_iter().chain(also);
    let crn = crn.as_ref().map(|crn| format!("CRN {}", crn.as_str()));
    let pnc = pnc.as_ref().map(|pnc| format!("PNC {}", pnc.as_str()));
    let urn = personal
        .urn
        .as_ref()
        .map(|urn| format!("URN {}", urn.as_str()));
    let list = [
        ("Court’s reference", &personal.hearing_ref),
        ("Courtroom", &personal.court_room),
        ("Number on the list", &personal.list_number),
        ("Offence", &personal.offence_code),
    ];
    let list = list.into_iter().filter(|(_, value)| !value.is_empty());
    let mut lines = vec![
        line("Defendant", person.collect()),
        line("Born", born.map(birth).into_iter().collect()),
        line(
            "Sex",
            sex.map(|sex| words::sex(sex).into()).into_iter().collect(),
        ),
        line("Numbers", [crn, pnc, urn].into_iter().flatten().collect()),
        line(
            "On the list",
            list.map(|(key, value)| format!("{key}: {value}")).collect(),
        ),
        line(
            "Addresses",
            personal.addresses.iter().map(address).collect(),
        ),
        line("Children", personal.children.iter().map(child).collect()),
        line("Other people", personal.others.iter().map(other).collect()),
        line("Note", vec![personal.note.clone()]),
    ];
    lines.retain(|line| !line.values.is_empty());
    lines
}

fn birth(birth: Birth) -> String {
    let date = birth.date.strftime("%-d %B %Y");
    match words::birth_accuracy(birth.accuracy) {
        "" => date.to_string(),
        accuracy => format!("{date} ({accuracy})"),
    }
}

fn address(address: &Address) -> String {
    let Address {
        role,
        kind,
        lines,
        postcode,
        ..
    } = address;
    let lines = lines.replace('\n', ", ");
    let uprn = uprn(address);
    let what = [lines.trim(), postcode.as_str(), &uprn];
    let what: Vec<&str> = what.into_iter().filter(|part| !part.is_empty()).collect();
    let what = if what.is_empty() {
        words::address_kind(*kind).to_lowercase()
    } else {
        what.join(", ")
    };
    let dates = [(address.from, "from"), (address.to, "to")];
    let dates = dates
        .into_iter()
        .filter_map(|(date, word)| Some((date?, word)));
    let dates: Vec<String> = dates
        .map(|(date, word)| format!(" {word} {}", when::date(date)))
        .collect();
    let dates = dates.concat();
    format!("{}: {what}{dates}", words::address_role(*role))
}

fn child(child: &Child) -> String {
    let mut parts = vec![spoken(&child.name)];
    parts.extend(child.born.map(|born| format!("born {}", birth(born))));
    parts.push(child.relationship.clone());
    if child.lives_with_subject {
        parts.push("lives with the defendant".into());
    }
    parts.push(child.school.clone());
    joined(parts)
}

fn other(other: &Other) -> String {
    let mut parts = vec![spoken(&other.name)];
    parts.extend(other.born.map(|born| format!("born {}", birth(born))));
    parts.push(other.relationship.clone());
    joined(parts)
}

fn joined(mut parts: Vec<String>) -> String {
    parts.retain(|part| !part.is_empty());
    parts.join(", ")
}
