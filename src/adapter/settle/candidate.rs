//! Who may be one of the wanted, as the borough's desk is shown them.

use super::super::matching::{Basis, Profile};
use super::super::people::{Accuracy, Born, Found, Name, Place, Wanted};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use usher_proto::v1::{self, Confidence};

/// Candidates of one check, on the wire too.
const CANDIDATES_MAX: usize = 10;
/// Their texts, in bytes, on the wire too.
const BYTES_MAX: usize = 8 * 1_024;
/// Names, and addresses, of one; and characters of each.
const LINES_MAX: usize = 9;
const LINE_CHARS_MAX: usize = 200;

/// All that a system holds of one person who may be the wanted.
#[derive(Default)]
struct Perhaps<'a> {
    best: Option<(i32, Basis)>,
    rows: Vec<&'a Found>,
}

/// Those of `people` who may be `person`, likeliest first, but for those who are certainly `elsewhere`.
pub(super) fn of(
    person: &Wanted,
    people: &[Found],
    elsewhere: impl Fn(&str) -> bool,
) -> Vec<v1::Candidate> {
    let wanted = Profile::of(&person.identity);
    let mut all: BTreeMap<&str, Perhaps<'_>> = BTreeMap::new();
    for row in people.iter().filter(|row| !elsewhere(&row.key)) {
        let verdict = wanted.compare(&Profile::of(&row.identity));
        let one = all.entry(&row.key).or_default();
        one.rows.push(row);
        let is_like = matches!(
            verdict.confidence,
            Confidence::Certain | Confidence::Possible
        );
        if is_like && one.best.is_none_or(|(points, _)| points < verdict.points) {
            one.best = Some((verdict.points, verdict.basis));
        }
    }
    let mut ranked: Vec<(i32, v1::Candidate)> = all
        .into_iter()
        .filter(|(key, _)| !key.trim().is_empty())
        .filter_map(|(key, one)| {
            let (points, basis) = one.best?;
            Some((points, candidate(&person.who, key, basis, &one.rows)))
        })
        .collect();
    ranked.sort_by_key(|(points, _)| Reverse(*points));
    ranked.into_iter().map(|(_, one)| one).collect()
}

/// Of the candidates of each, the likeliest of all, then the second of all, and so on, as many as one check may have.
pub(super) fn likeliest(of_each: Vec<Vec<v1::Candidate>>) -> Vec<v1::Candidate> {
    let mut ranked: Vec<(usize, v1::Candidate)> = of_each
        .into_iter()
        .flat_map(|of_one| of_one.into_iter().enumerate())
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    let mut bytes = 0;
    let fits = |one: &v1::Candidate| {
        let texts = one.names.iter().chain(&one.addresses);
        let own = [&one.who, &one.system_reference, &one.born];
        bytes += texts.chain(own).map(String::len).sum::<usize>();
        bytes <= BYTES_MAX
    };
    let likeliest = ranked.into_iter().map(|(_, one)| one);
    likeliest.take(CANDIDATES_MAX).take_while(fits).collect()
}

fn candidate(who: &str, key: &str, basis: Basis, rows: &[&Found]) -> v1::Candidate {
    let names = rows.iter().flat_map(|row| &row.identity.names);
    let places = rows.iter().flat_map(|row| &row.identity.places);
    let mut births = rows.iter().filter_map(|row| row.identity.born);
    v1::Candidate {
        who: who.to_owned(),
        system_reference: line(key),
        names: lines(names.map(full_name)),
        born: births.next().map(born).unwrap_or_default(),
        addresses: lines(places.map(address)),
        agrees: basis.agrees().into_iter().map(Into::into).collect(),
        differs: basis.differs().into_iter().map(Into::into).collect(),
    }
}

/// Each once, and no empty ones.
fn lines(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for text in texts.map(|text| line(&text)) {
        if !text.is_empty() && !lines.contains(&text) && lines.len() < LINES_MAX {
            lines.push(text);
        }
    }
    lines
}

fn line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|c: char| c.is_control() || c == ' ')
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(LINE_CHARS_MAX).collect()
}

fn full_name(name: &Name) -> String {
    format!("{} {}", name.given, name.family)
}

fn address(place: &Place) -> String {
    let lines = place.lines.lines().chain([place.postcode.as_str()]);
    let lines: Vec<&str> = lines.map(str::trim).filter(|one| !one.is_empty()).collect();
    lines.join(", ")
}

/// As a date, for the desk's own words.
fn born(born: Born) -> String {
    let date = born.date;
    match born.accuracy {
        Accuracy::Known => date.to_string(),
        Accuracy::Estimated => format!("{date} (estimated)"),
        Accuracy::Expected => format!("{date} (expected)"),
    }
}
