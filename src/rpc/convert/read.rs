//! Reading single fields: each notes what is wrong under the field's path and goes on, so that a caller hears of
//! everything at once. What is built beside a noted violation never leaves: [`finish`] sees to it. Nothing here repeats a
//! value.

use core::fmt::{Arguments, Display};
use core::str::FromStr;
use jiff::SignedDuration;
use jiff::civil;
use usher_domain::actor::{Actor, Person, Unit};
use usher_domain::code::{AuthorityCode, CourtCode, ParseCodeError, ResponderId};
use usher_domain::command::VerbName;
use usher_domain::hearing::Hearing;
use usher_domain::id::ParseIdError;
use usher_domain::limits;
use usher_domain::permit;
use usher_domain::personal::{Validator, Violation};
use usher_domain::time::Timestamp;
use usher_proto::v1;

mod request;

#[cfg(test)]
pub(super) use request::digest;
pub(super) use request::{Mutation, request};

use super::codes::Code;
use crate::broker::input::{DeadlineInput, Resume};
use crate::rpc::token;

/// Why a request could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// These fields are wrong.
    Fields(Vec<Violation>),
    /// The page token is not ours, or belongs to another filter.
    PageToken,
    /// The resume cursor is not ours.
    Cursor,
}

impl From<Vec<Violation>> for Unreadable {
    fn from(violations: Vec<Violation>) -> Self {
        Self::Fields(violations)
    }
}

/// The value, when nothing was wrong with any field.
pub(super) fn finish<T>(v: Validator, value: Option<T>) -> Result<T, Unreadable> {
    v.finish()?;
    value.ok_or_else(|| {
        Unreadable::Fields(vec![Violation {
            field: "request".into(),
            why: "a required field is missing".into(),
        }])
    })
}

/// An id that must be there.
pub(super) fn id<T>(v: &mut Validator, field: impl Display + Copy, text: &str) -> Option<T>
where
    T: FromStr<Err = ParseIdError>,
{
    noted(
        v,
        field,
        text.parse().map_err(|ParseIdError { expected }| expected),
    )
}

/// An id that may be left out.
pub(super) fn optional_id<T>(v: &mut Validator, field: impl Display + Copy, text: &str) -> Option<T>
where
    T: FromStr<Err = ParseIdError>,
{
    if text.is_empty() {
        return None;
    }
    id(v, field, text)
}

/// A code of the outside world that must be there.
pub(super) fn code<T>(
    v: &mut Validator,
    field: impl Display + Copy,
    text: &str,
    parse: impl Fn(&str) -> Result<T, ParseCodeError>,
) -> Option<T> {
    noted(
        v,
        field,
        parse(text).map_err(|ParseCodeError { expected }| expected),
    )
}

/// A code of the outside world that may be left out.
pub(super) fn optional_code<T>(
    v: &mut Validator,
    field: impl Display + Copy,
    text: &str,
    parse: impl Fn(&str) -> Result<T, ParseCodeError>,
) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    code(v, field, text, parse)
}

fn noted<T>(
    v: &mut Validator,
    field: impl Display + Copy,
    read: Result<T, &'static str>,
) -> Option<T> {
    read.map_err(|expected| v.fail(field, format!("expected {expected}")))
        .ok()
}

/// A list of codes, each read by `parse`.
pub(super) fn codes<T>(
    v: &mut Validator,
    field: impl Display + Copy,
    texts: &[String],
    max: usize,
    parse: impl Fn(&str) -> Result<T, ParseCodeError>,
) -> Vec<T> {
    v.list(field, texts, max);
    texts
        .iter()
        .take(max)
        .enumerate()
        .filter_map(|(place, text)| code(v, format_args!("{field}[{place}]"), text, &parse))
        .collect()
}

/// Authorities by GSS code.
pub(super) fn authorities(
    v: &mut Validator,
    field: impl Display + Copy,
    texts: &[String],
) -> Vec<AuthorityCode> {
    codes(
        v,
        field,
        texts,
        limits::AUTHORITIES_PER_LIST_MAX,
        AuthorityCode::parse,
    )
}

/// Courts to filter by; none means any.
pub(super) fn courts(v: &mut Validator, texts: &[String]) -> Option<Vec<CourtCode>> {
    let read = codes(
        v,
        "court_codes",
        texts,
        limits::CODES_PER_LIST_MAX,
        CourtCode::parse,
    );
    (!texts.is_empty()).then_some(read)
}

/// Responders to filter by; none means any.
pub(super) fn responders(v: &mut Validator, texts: &[String]) -> Option<Vec<ResponderId>> {
    let read = codes(
        v,
        "responder_ids",
        texts,
        limits::LEASE_BATCH_MAX,
        ResponderId::parse,
    );
    (!texts.is_empty()).then_some(read)
}

/// A value of a closed list that must be there.
pub(super) fn listed<C: Code>(
    v: &mut Validator,
    field: impl Display + Copy,
    number: i32,
) -> Option<C> {
    match C::from_wire(number) {
        Ok(Some(value)) => Some(value),
        Ok(None) => {
            v.fail(field, "is required");
            None
        }
        Err(_) => {
            v.fail(field, "is not a value of this list");
            None
        }
    }
}

/// A value of a closed list that may be left out.
pub(super) fn optional_listed<C: Code>(
    v: &mut Validator,
    field: impl Display + Copy,
    number: i32,
) -> Option<C> {
    C::from_wire(number).unwrap_or_else(|_| {
        v.fail(field, "is not a value of this list");
        None
    })
}

/// Values of a closed list.
pub(super) fn listed_all<C: Code>(
    v: &mut Validator,
    field: impl Display + Copy,
    numbers: &[i32],
) -> Vec<C> {
    v.list(field, numbers, limits::CODES_PER_LIST_MAX);
    numbers
        .iter()
        .take(limits::CODES_PER_LIST_MAX)
        .enumerate()
        .filter_map(|(place, number)| listed(v, format_args!("{field}[{place}]"), *number))
        .collect()
}

/// The person behind `verb`. Where the table of identities says who the client is, it is that person, named or not, and nobody else;
/// where it does not, the message must name one for acts of people, and may for others.
pub(super) fn person(
    v: &mut Validator,
    actor: &Actor,
    verb: VerbName,
    message: Option<v1::Person>,
) -> Option<Person> {
    if let Some(own) = &actor.person {
        same(v, own, message.unwrap_or_default());
        return Some(own.clone());
    }
    if message.is_none() && permit::needs_person(verb) {
        v.fail("person", "name the person who does this");
    }
    message.map(|message| named(v, "person", message))
}

/// Notes every part that is given and is not as the table has it.
fn same(v: &mut Validator, own: &Person, message: v1::Person) {
    let v1::Person {
        name,
        post,
        contact,
    } = message;
    for (part, said, known) in [
        ("name", name, &own.name),
        ("post", post, &own.post),
        ("contact", contact, &own.contact),
    ] {
        if !said.is_empty() && said != *known {
            v.fail(
                format_args!("person.{part}"),
                "is not as the broker has it for this certificate: leave person out",
            );
        }
    }
}

/// Reads the part of the service that asks.
pub(super) fn unit(v: &mut Validator, message: v1::Unit) -> Unit {
    let v1::Unit {
        region,
        office,
        team,
        mailbox,
    } = message;
    for (part, text) in [
        ("region", &region),
        ("office", &office),
        ("team", &team),
        ("mailbox", &mailbox),
    ] {
        v.text(format_args!("unit.{part}"), text, limits::LINE_CHARS_MAX);
    }
    Unit {
        region,
        office,
        team,
        mailbox,
    }
}

/// A person with a name.
pub(super) fn named(v: &mut Validator, field: impl Display + Copy, message: v1::Person) -> Person {
    let v1::Person {
        name,
        post,
        contact,
    } = message;
    if name.trim().is_empty() {
        v.fail(format_args!("{field}.name"), "name the person");
    }
    for (part, text) in [("name", &name), ("post", &post), ("contact", &contact)] {
        v.text(format_args!("{field}.{part}"), text, limits::LINE_CHARS_MAX);
    }
    Person {
        name,
        post,
        contact,
    }
}

/// Reads every entry of a list under its place.
pub(super) fn each<W, D>(
    v: &mut Validator,
    path: impl Display + Copy,
    messages: Vec<W>,
    read: impl Fn(&mut Validator, Arguments<'_>, W) -> D,
) -> Vec<D> {
    messages
        .into_iter()
        .enumerate()
        .map(|(place, message)| read(v, format_args!("{path}[{place}]"), message))
        .collect()
}

/// Words that must be there.
pub(super) fn words(v: &mut Validator, field: impl Display + Copy, text: String) -> String {
    if text.trim().is_empty() {
        v.fail(field, "is required, in words");
    }
    note(v, field, text)
}

/// Words that may be left out.
pub(super) fn note(v: &mut Validator, field: impl Display + Copy, text: String) -> String {
    v.text(field, &text, limits::NOTE_CHARS_MAX);
    text
}

/// An instant, in whole milliseconds; may be left out.
pub(super) fn instant(
    v: &mut Validator,
    field: impl Display + Copy,
    message: Option<prost_types::Timestamp>,
) -> Option<Timestamp> {
    let prost_types::Timestamp { seconds, nanos } = message?;
    let read = (0..1_000_000_000)
        .contains(&nanos)
        .then(|| Timestamp::new(seconds, nanos / 1_000_000 * 1_000_000).ok())
        .flatten();
    if read.is_none() {
        v.fail(field, "is not an instant between the years 1 and 9999");
    }
    read
}

/// A length of time that is not negative; may be left out.
pub(super) fn span(
    v: &mut Validator,
    field: impl Display + Copy,
    message: Option<prost_types::Duration>,
) -> Option<SignedDuration> {
    let prost_types::Duration { seconds, nanos } = message?;
    if seconds < 0 || !(0..1_000_000_000).contains(&nanos) {
        v.fail(field, "must not be negative");
        return None;
    }
    Some(SignedDuration::new(seconds, nanos))
}

/// A civil date; may be left out.
pub(super) fn date(
    v: &mut Validator,
    field: impl Display + Copy,
    text: &str,
) -> Option<civil::Date> {
    if text.is_empty() {
        return None;
    }
    // The length keeps out the other spellings that the parser knows.
    let read = (text.len() == 10)
        .then(|| civil::Date::strptime("%Y-%m-%d", text).ok())
        .flatten();
    if read.is_none() {
        v.fail(field, "expected a date such as 2026-11-23");
    }
    read
}

/// A deadline that must be there.
pub(super) fn deadline(v: &mut Validator, message: Option<v1::Deadline>) -> Option<DeadlineInput> {
    match message.and_then(|v1::Deadline { kind }| kind) {
        Some(v1::deadline::Kind::Hearing(message)) => {
            hearing(v, "deadline.hearing", message).map(DeadlineInput::Hearing)
        }
        Some(v1::deadline::Kind::ReplyBy(message)) => {
            let v1::ReplyBy {
                court_code,
                reply_by_time,
            } = message;
            let at = instant(v, "deadline.reply_by.reply_by_time", reply_by_time);
            let court = code(
                v,
                "deadline.reply_by.court_code",
                &court_code,
                CourtCode::parse,
            )?;
            Some(DeadlineInput::ReplyBy { court, at })
        }
        None => {
            v.fail("deadline", "give a hearing, or an instant to reply by");
            None
        }
    }
}

/// A hearing, by court and local time.
pub(super) fn hearing(
    v: &mut Validator,
    path: impl Display + Copy,
    message: v1::Hearing,
) -> Option<Hearing> {
    let v1::Hearing {
        court_code,
        local_time,
        hearing_time: _,
        time_zone: _,
    } = message;
    let field = format_args!("{path}.court_code");
    let court = code(v, field, &court_code, CourtCode::parse);
    let field = format_args!("{path}.local_time");
    let local = (local_time.len() == 16)
        .then(|| civil::DateTime::strptime("%Y-%m-%dT%H:%M", &local_time).ok())
        .flatten();
    let Some(local) = local else {
        v.fail(
            field,
            "expected a London date and time such as 2026-11-23T14:00",
        );
        return None;
    };
    let hearing = Hearing::new(court?, local).ok();
    if hearing.is_none() {
        v.fail(
            field,
            "the clocks go forward over this time: it does not exist in Europe/London",
        );
    }
    hearing
}

/// The entries that a page may have.
pub(super) fn page_size(v: &mut Validator, wanted: i32) -> usize {
    match usize::try_from(wanted) {
        Ok(0) => limits::PAGE_SIZE_DEFAULT,
        Ok(wanted) => wanted.min(limits::PAGE_SIZE_MAX),
        Err(_) => {
            v.fail("page_size", "must not be negative");
            limits::PAGE_SIZE_DEFAULT
        }
    }
}

/// A watch's cursor; none starts with a snapshot.
pub(super) fn cursor(text: &str) -> Result<Option<Resume>, Unreadable> {
    if text.is_empty() {
        return Ok(None);
    }
    token::read_cursor(text).map(Some).ok_or(Unreadable::Cursor)
}
