//! What a borough's system is asked: who is wanted, by when, and who asks. Nothing else of the enquiry is written.

use super::settings::Form;
use super::word;
use crate::adapter::people::{Accuracy, Identity, Wanted, wanted};
use csv::WriterBuilder;
use jiff::Timestamp;
use serde::Serialize;
use usher_proto::v1;

/// The columns of a CSV request, one line for each person.
pub(super) const COLUMNS: [&str; 20] = [
    "check_id",
    "exchanges",
    "reference",
    "reply_by",
    "court_code",
    "purpose",
    "report",
    "imminent_harm",
    "who",
    "family",
    "given",
    "other_names",
    "born",
    "born_accuracy",
    "sex",
    "addresses",
    "officer",
    "officer_contact",
    "question",
    "reply",
];

/// A request, as its JSON form has it.
#[derive(Serialize)]
struct Request<'a> {
    check_id: &'a str,
    exchanges: usize,
    reference: &'a str,
    reply_by: String,
    court_code: &'a str,
    purpose: String,
    report: String,
    imminent_harm: bool,
    people: Vec<Person>,
    officer: &'a str,
    officer_contact: &'a str,
    question: &'a str,
    reply: &'a str,
}

#[derive(Serialize)]
struct Person {
    who: String,
    names: Vec<Name>,
    born: String,
    born_accuracy: &'static str,
    sex: String,
    addresses: Vec<Address>,
}

#[derive(Serialize)]
struct Name {
    family: String,
    given: String,
}

#[derive(Serialize)]
struct Address {
    lines: String,
    postcode: String,
}

/// The file that asks about `check`. The same check makes the same bytes.
pub(super) fn write(check: &v1::AssignedCheck, form: Form, mark: bool, guard: bool) -> Vec<u8> {
    let request = request(check);
    let body = match form {
        Form::Json => serde_json::to_vec_pretty(&request).unwrap_or_default(),
        Form::Csv => csv(&request, guard),
    };
    let mark: &[u8] = if mark { b"\xEF\xBB\xBF" } else { b"" };
    [mark, &body].concat()
}

/// The moment by which an answer is wanted.
pub(super) fn reply_by(check: &v1::AssignedCheck) -> Option<Timestamp> {
    let time = match check.deadline.as_ref()?.kind.as_ref()? {
        v1::deadline::Kind::Hearing(hearing) => hearing.hearing_time,
        v1::deadline::Kind::ReplyBy(reply_by) => reply_by.reply_by_time,
    }?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

fn request(check: &v1::AssignedCheck) -> Request<'_> {
    let court_code = match check
        .deadline
        .as_ref()
        .and_then(|deadline| deadline.kind.as_ref())
    {
        Some(v1::deadline::Kind::Hearing(hearing)) => hearing.court_code.as_str(),
        Some(v1::deadline::Kind::ReplyBy(reply_by)) => reply_by.court_code.as_str(),
        None => "",
    };
    let officer = check
        .requester
        .as_ref()
        .and_then(|requester| requester.person.as_ref());
    let last = check.exchanges.last();
    let people = check.personal.as_ref().map(wanted).unwrap_or_default();
    Request {
        check_id: &check.id,
        exchanges: check.exchanges.len(),
        reference: &check.reference,
        reply_by: reply_by(check)
            .map(|moment| moment.to_string())
            .unwrap_or_default(),
        court_code,
        purpose: word::of(check.purpose().as_str_name(), "PURPOSE"),
        report: word::of(check.report().as_str_name(), "REPORT_TYPE"),
        imminent_harm: check.imminent_harm,
        people: people.into_iter().map(person).collect(),
        officer: officer.map_or("", |officer| &officer.name),
        officer_contact: officer.map_or("", |officer| &officer.contact),
        question: last.map_or("", |exchange| &exchange.question),
        reply: last.map_or("", |exchange| &exchange.reply),
    }
}

fn person(wanted: Wanted) -> Person {
    let Wanted { who, identity } = wanted;
    let Identity {
        names,
        born,
        sex,
        places,
    } = identity;
    Person {
        who,
        names: names
            .into_iter()
            .map(|name| Name {
                family: name.family,
                given: name.given,
            })
            .collect(),
        born: born.map(|born| born.date.to_string()).unwrap_or_default(),
        born_accuracy: match born.map(|born| born.accuracy) {
            Some(Accuracy::Known) => "known",
            Some(Accuracy::Estimated) => "estimated",
            Some(Accuracy::Expected) => "expected",
            None => "",
        },
        sex: sex
            .map(|sex| word::of(sex.as_str_name(), "SEX"))
            .unwrap_or_default(),
        addresses: places
            .into_iter()
            .map(|place| Address {
                lines: place.lines,
                postcode: place.postcode,
            })
            .collect(),
    }
}

fn csv(request: &Request, guard: bool) -> Vec<u8> {
    let mut writer = WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    // Writing to memory does not fail, and every row has the header's length.
    let _ = writer.write_record(COLUMNS);
    for person in &request.people {
        let first = person.names.first();
        let others = person
            .names
            .iter()
            .skip(1)
            .map(|name| format!("{}, {}", name.family, name.given));
        let addresses = person
            .addresses
            .iter()
            .map(|place| one_line(&[&place.lines, &place.postcode]));
        let row = [
            request.check_id.to_owned(),
            request.exchanges.to_string(),
            request.reference.to_owned(),
            request.reply_by.clone(),
            request.court_code.to_owned(),
            request.purpose.clone(),
            request.report.clone(),
            if request.imminent_harm { "yes" } else { "no" }.to_owned(),
            person.who.clone(),
            first.map(|name| name.family.clone()).unwrap_or_default(),
            first.map(|name| name.given.clone()).unwrap_or_default(),
            others.collect::<Vec<_>>().join("; "),
            person.born.clone(),
            person.born_accuracy.to_owned(),
            person.sex.clone(),
            addresses.collect::<Vec<_>>().join(" | "),
            request.officer.to_owned(),
            request.officer_contact.to_owned(),
            request.question.to_owned(),
            request.reply.to_owned(),
        ];
        let _ = writer.write_record(row.map(|cell| guarded(cell, guard)));
    }
    writer.into_inner().unwrap_or_default()
}

/// What a spreadsheet would run as a formula begins with an apostrophe, where that is wished.
fn guarded(cell: String, guard: bool) -> String {
    if guard && cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

fn one_line(parts: &[&str]) -> String {
    let lines = parts.iter().flat_map(|part| part.lines());
    let lines = lines.map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_where_that_is_wished_alone() {
        let check =
            |cell: &str, guard, expected: &str| assert_eq!(guarded(cell.into(), guard), expected);
        check("=1+1", false, "=1+1");
        check("=1+1", true, "'=1+1");
        check("-Ann", true, "'-Ann");
        check("Ann", true, "Ann");
    }
}
