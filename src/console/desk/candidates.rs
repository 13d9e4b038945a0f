//! Who in the borough's own system may be one of the people: side by side with whoever is asked about, to be settled with the answer. Nobody
//! but the desk is shown them, and none of it goes into the answer but how sure the desk is, and by what.

use super::check::personal;
use crate::broker::input::SaidInput;
use crate::broker::opened::OpenEnquiry;
use crate::console::form::Form;
use crate::console::people::{self, Somebody, day};
use crate::console::words;
use jiff::civil::Date;
use std::collections::BTreeMap;
use usher_domain::enquiry::Disposition;
use usher_domain::id::CheckNumber;
use usher_domain::limits;
use usher_domain::personal::{Candidate, Confidence, Match, MatchFeature};

/// The choices besides the candidates.
const NONE: &str = "none";
const ELSE: &str = "else";

/// One of the people asked about, beside whoever they may be.
pub(super) struct Table {
    /// As answers call them.
    who: String,
    /// Who is asked about.
    pub(super) label: String,
    /// The field of the form in which it is settled.
    pub(super) field: String,
    /// What is asked there.
    pub(super) question: String,
    /// The letters of the candidates, as people tell them apart.
    pub(super) letters: Vec<String>,
    pub(super) rows: Vec<Row>,
    /// The choices of the field: values and what they say.
    pub(super) choices: Vec<(String, String)>,
    /// The candidates, in the order of the letters.
    candidates: Vec<Candidate>,
}

/// The same of everybody.
pub(super) struct Row {
    pub(super) label: &'static str,
    pub(super) asked: String,
    pub(super) cells: Vec<String>,
}

/// What the desk chose for one of the people.
enum Choice<'a> {
    Candidate(&'a Candidate),
    Nobody,
    SomebodyElse,
}

/// A table for each of the people who have candidates, in the order of the enquiry.
pub(super) fn tables(open: &OpenEnquiry, number: CheckNumber) -> Vec<Table> {
    let check = open.enquiry.check(number);
    let personal = check.and_then(|check| personal(open, check));
    let (people, places) = match &personal {
        Some(personal) => {
            let places = people::addresses(personal).into_iter();
            let places = places.map(|place| place.text).collect();
            (people::everybody(personal, None), places)
        }
        None => (Vec::new(), Vec::new()),
    };
    let mut of_each: BTreeMap<usize, (&str, Vec<Candidate>)> = BTreeMap::new();
    for candidate in &open.candidates {
        let place = people.iter().position(|one| one.who == candidate.who);
        let known = of_each.values().position(|(who, _)| *who == candidate.who);
        // Whom the agreement does not name to the desk comes last.
        let place = place.unwrap_or(people.len() + known.unwrap_or(of_each.len()));
        let of_one = of_each.entry(place).or_insert((&candidate.who, Vec::new()));
        of_one.1.push(candidate.clone());
    }
    let of_each = (1..).zip(of_each.into_values());
    of_each
        .map(|(number, (who, candidates))| {
            let somebody = people.iter().find(|one| one.who == who);
            table(number, who, somebody, &places, candidates)
        })
        .collect()
}

fn table(
    number: usize,
    who: &str,
    somebody: Option<&Somebody>,
    places: &[String],
    candidates: Vec<Candidate>,
) -> Table {
    let (label, name) = match somebody {
        Some(one) => (format!("{}: {}", one.label, one.name), one.name.clone()),
        None => (words::capital(who), words::capital(who)),
    };
    let letters: Vec<String> = ('A'..='Z')
        .take(candidates.len())
        .map(|letter| letter.to_string())
        .collect();
    let mut choices: Vec<(String, String)> = letters
        .iter()
        .zip(&candidates)
        .map(|(letter, one)| (value(one), described(letter, one)))
        .collect();
    choices.push((NONE.into(), "None of these".into()));
    choices.push((ELSE.into(), "Somebody else in our system".into()));
    Table {
        who: who.into(),
        label,
        field: format!("settled-{number}"),
        question: format!("Which of these is {name}?"),
        letters,
        rows: rows(somebody, places, &candidates),
        choices,
        candidates,
    }
}

fn rows(somebody: Option<&Somebody>, places: &[String], candidates: &[Candidate]) -> Vec<Row> {
    let fact = |label: &str| {
        let mut facts = somebody.into_iter().flat_map(|one| &one.facts);
        let found = facts.find(|fact| fact.label == label);
        found.map_or("", |fact| fact.text.as_str())
    };
    let name = somebody.map_or("", |one| one.name.as_str());
    let names = [name, fact("Also known as")];
    let names: Vec<&str> = names.into_iter().filter(|one| !one.is_empty()).collect();
    let row = |label, asked: String, of: fn(&Candidate) -> String| Row {
        label,
        asked,
        cells: candidates.iter().map(of).collect(),
    };
    vec![
        row("Names", names.join("\n"), |one| one.names.join("\n")),
        row("Date of birth", fact("Born").into(), born),
        row("Addresses", places.join("\n"), |one| {
            one.addresses.join("\n")
        }),
        row("Reference in your system", String::new(), |one| {
            one.system_reference.clone()
        }),
        row("Agrees", String::new(), |one| told(&one.agrees)),
        row("Differs", String::new(), |one| told(&one.differs)),
    ]
}

/// The value of the field that chooses `candidate`: not its place, which another program's list may give to somebody else.
fn value(candidate: &Candidate) -> String {
    format!("is {}", candidate.system_reference)
}

fn described(letter: &str, one: &Candidate) -> String {
    let name = one.names.first().map_or("", String::as_str);
    let parts = [name, one.system_reference.as_str()];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{letter}: {}", parts.join(", "))
}

/// In words where it is a date, else as the system has it.
fn born(one: &Candidate) -> String {
    let date: Result<Date, _> = one.born.parse();
    date.map_or_else(|_| one.born.clone(), day)
}

fn told(features: &[MatchFeature]) -> String {
    let all = features.iter().copied().map(words::record::match_feature);
    words::capital(&all.collect::<Vec<_>>().join(", "))
}

impl Table {
    fn choice(&self, form: &Form) -> Option<Choice<'_>> {
        let chosen = form.value(&self.field);
        match chosen {
            NONE => Some(Choice::Nobody),
            ELSE => Some(Choice::SomebodyElse),
            _ => {
                let mut all = self.candidates.iter();
                let found = all.find(|one| value(one).trim() == chosen);
                found.map(Choice::Candidate)
            }
        }
    }
}

/// Says what of the choices is missing, or does not go with the rest of the answer about `people`.
pub(super) fn check(form: &mut Form, tables: &[Table], people: &[Somebody]) {
    let Some(first) = tables.first() else {
        return;
    };
    for table in tables {
        if table.choice(form).is_none() {
            let text = "Choose which of these it is, or that it is none of them";
            form.fail(&table.field, text);
        }
    }
    let of_nobody = |table: &Table| matches!(table.choice(form), Some(Choice::Nobody));
    let nobody = tables.iter().all(of_nobody);
    let found = tables.iter().find(|table| {
        let choice = table.choice(form);
        matches!(choice, Some(Choice::Candidate(_) | Choice::SomebodyElse))
    });
    let says = |said: Disposition| form.has("disposition", said.name());
    let known = says(Disposition::KnownNothingRelevant) || says(Disposition::KnownRelevant);
    let fault = match found {
        Some(found) if says(Disposition::NotKnown) => Some((
            found.field.clone(),
            "You say that this person is in your system, and that nobody is known: change one of them",
        )),
        None if nobody && known && !finds_another(form, tables, people) => Some((
            first.field.clone(),
            "You say that none of these is one of the people, and that they are known: choose who is, or say under “Who was found” which other of the people is",
        )),
        _ => None,
    };
    if let Some((field, text)) = fault {
        form.fail(&field, text);
    }
    for table in tables {
        if contradicts(form, table, people) {
            let text = "This is not what you say of the same person under “Who was found”";
            form.fail(&table.field, text);
        }
    }
}

/// What the form says under "Who was found" of the person whom answers call `who`.
fn confidence(form: &Form, people: &[Somebody], who: &str) -> Option<Confidence> {
    let place = people.iter().position(|one| one.who == who)?;
    Confidence::parse(form.value(&format!("match-{}", place + 1)))
}

/// Whether somebody without candidates was found: the program was certain of them.
fn finds_another(form: &Form, tables: &[Table], people: &[Somebody]) -> bool {
    let mut others = people
        .iter()
        .filter(|one| tables.iter().all(|table| table.who != one.who));
    others.any(|one| {
        let sure = confidence(form, people, &one.who);
        matches!(sure, Some(Confidence::Certain | Confidence::Possible))
    })
}

fn contradicts(form: &Form, table: &Table, people: &[Somebody]) -> bool {
    let sure = confidence(form, people, &table.who);
    match (table.choice(form), sure) {
        (Some(Choice::Candidate(_) | Choice::SomebodyElse), Some(Confidence::None)) => true,
        (Some(Choice::Nobody), Some(sure)) => sure != Confidence::None,
        _ => false,
    }
}

/// Adds to the answer what the choices say of people about whom the desk says nothing else: how sure it is and by what, and no reference.
pub(super) fn settle(said: &mut SaidInput, form: &Form, tables: &[Table]) {
    let matches = &mut said.content.matches;
    for table in tables {
        let named = matches.iter().any(|found| found.who == table.who);
        if named || matches.len() >= limits::ITEMS_PER_ANSWER_MAX {
            continue;
        }
        let (confidence, basis) = match table.choice(form) {
            Some(Choice::Candidate(one)) => (Confidence::Certain, told(&one.agrees)),
            Some(Choice::SomebodyElse) => (Confidence::Certain, String::new()),
            Some(Choice::Nobody) => (Confidence::None, String::new()),
            None => continue,
        };
        matches.push(Match {
            who: table.who.clone(),
            confidence,
            basis,
        });
    }
}
