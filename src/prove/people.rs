//! The scripted enquiries. Their people are invented.

use super::stage::{AUTHORITY, COURT};
use crate::clock::{Clock as _, SystemClock};
use crate::config::adapter::Known;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use usher_domain::time::to_london;
use usher_proto::v1;

/// Letters that programs lose which do not read UTF-8.
const LETTERS: &str = "Żaneta O’Brien-Ñúñez, 王小明, Ægir ß – “quoted” ";
/// What an enquiry may weigh is 12.5 KiB: these fill most of it.
const LONG_NOTE_CHARS: usize = 3_000;
const LONG_LINES_CHARS: usize = 400;
const LONG_ADDRESSES: usize = 6;
/// A question and its reply of the largest check.
pub(super) const LONG_TEXT_CHARS: usize = 2_500;

/// So many characters of text.
pub(super) fn long(chars: usize) -> String {
    LETTERS.chars().cycle().take(chars).collect()
}

/// A named person.
pub(super) fn person(name: &str, post: &str) -> v1::Person {
    v1::Person {
        name: name.into(),
        post: post.into(),
        contact: String::new(),
    }
}

/// A family of the borough.
pub(super) fn family(number: usize) -> v1::Personal {
    let born = |date: &str| {
        Some(v1::Birth {
            date: date.into(),
            accuracy: v1::BirthAccuracy::Known.into(),
        })
    };
    v1::Personal {
        subject: Some(v1::Subject {
            name: Some(name("Cobblewick", &format!("Edda {number}"))),
            aliases: vec![name("Dunmere", "Edda")],
            born: born("1987-03-12"),
            sex: v1::Sex::Female.into(),
            ..v1::Subject::default()
        }),
        addresses: vec![home("12 Invented Row")],
        children: vec![v1::Child {
            name: Some(name("Cobblewick", "Finn")),
            born: born("2018-11-02"),
            relationship: "mother".into(),
            lives_with_subject: true,
            address: Some(0),
            ..v1::Child::default()
        }],
        ..v1::Personal::default()
    }
}

/// People of whom nobody can be certain that they are not known, and what an enquiry says of them.
pub(super) fn uncertain(known: Option<&Known>) -> Vec<(&'static str, v1::Personal)> {
    let alone = |name, aliases, birth: Option<(Date, v1::BirthAccuracy)>| v1::Personal {
        subject: Some(v1::Subject {
            name: Some(name),
            aliases,
            born: birth.map(|(date, accuracy)| v1::Birth {
                date: date.to_string(),
                accuracy: accuracy.into(),
            }),
            ..v1::Subject::default()
        }),
        ..v1::Personal::default()
    };
    let vague = || name("Kestrelby", "");
    let estimated = |date| Some((date, v1::BirthAccuracy::Estimated));
    let mut people = vec![
        (
            "about a family name without a given name, a date of birth or an address",
            alone(vague(), Vec::new(), None),
        ),
        (
            "about a family name and an estimated date of birth",
            alone(vague(), Vec::new(), estimated(date(1987, 1, 1))),
        ),
    ];
    if let Some(Known {
        family,
        given,
        born,
    }) = known
    {
        let other_day = born.saturating_add(jiff::Span::new().days(200));
        let own = || name(family, given);
        people.push((
            "about somebody known, by an alias",
            alone(
                name("Kestrelby", "Wenna"),
                vec![own()],
                Some((*born, v1::BirthAccuracy::Known)),
            ),
        ));
        people.push((
            "about somebody known, by an alias and with an estimated date of birth",
            alone(
                name("Kestrelby", "Wenna"),
                vec![own()],
                estimated(other_day),
            ),
        ));
        people.push((
            "about somebody known, with an estimated date of birth",
            alone(own(), Vec::new(), estimated(other_day)),
        ));
    }
    people
}

/// A family about which as much is written as an enquiry takes.
pub(super) fn large_family(number: usize) -> v1::Personal {
    let mut personal = family(number);
    let others = (0..LONG_ADDRESSES).map(|_| v1::Address {
        role: v1::AddressRole::Previous.into(),
        ..home(&long(LONG_LINES_CHARS))
    });
    personal.addresses.extend(others);
    personal.note = long(LONG_NOTE_CHARS);
    personal
}

/// Asks the authorities about `personal`, by a hearing two days ahead.
pub(super) fn enquiry(
    request_id: String,
    personal: v1::Personal,
    authority: &str,
) -> v1::SubmitRequest {
    let hearing = SystemClock
        .now()
        .saturating_add(SignedDuration::from_hours(48));
    let local = to_london(hearing.unwrap_or(jiff::Timestamp::MAX));
    v1::SubmitRequest {
        request_id,
        person: Some(person("Olive Officer", "Court duty officer")),
        unit: Some(v1::Unit {
            office: "Test broker".into(),
            ..v1::Unit::default()
        }),
        purpose: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Fast.into(),
        deadline: Some(v1::Deadline {
            kind: Some(v1::deadline::Kind::Hearing(v1::Hearing {
                court_code: COURT.into(),
                local_time: local.strftime("%Y-%m-%dT%H:%M").to_string(),
                ..v1::Hearing::default()
            })),
        }),
        personal: Some(personal),
        authority_codes: vec![authority.into()],
        ..v1::SubmitRequest::default()
    }
}

/// Asks the borough whose adapter is proved.
pub(super) fn enquiry_here(request_id: String, personal: v1::Personal) -> v1::SubmitRequest {
    enquiry(request_id, personal, AUTHORITY)
}

fn name(family: &str, given: &str) -> v1::PersonName {
    v1::PersonName {
        family: family.into(),
        given: given.into(),
    }
}

fn home(lines: &str) -> v1::Address {
    v1::Address {
        role: v1::AddressRole::Home.into(),
        kind: v1::AddressKind::Given.into(),
        lines: lines.into(),
        postcode: "E8 1EA".into(),
        ..v1::Address::default()
    }
}
