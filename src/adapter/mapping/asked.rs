//! What the expressions of a request see of a check: who is wanted, and by which check. Of the rest of an enquiry they see nothing, so
//! that no configuration can send it.

use super::codes::Words as _;
use crate::adapter::people::{Identity, Name};
use jiff::Timestamp;
use minijinja::value::Value;
use usher_proto::v1;

/// The person who is wanted, under the name `name`, which is one of theirs. Every field is there; what is not known is `none`.
///
/// `family`, `given`: the name. `names`: all names, each with `family` and `given`. `born`: date of birth as `YYYY-MM-DD`, also where it
/// is estimated or expected. `sex`: `female`, `male` or `not-specified`. `postcode`: the first. `postcodes`: all.
pub fn wanted(identity: &Identity, name: &Name) -> Value {
    let postcodes = identity.places.iter().map(|place| place.postcode.as_str());
    let postcodes: Vec<&str> = postcodes.filter(|postcode| !postcode.is_empty()).collect();
    let born = identity.born.map(|born| born.date.to_string());
    let sex = identity.sex.filter(|sex| *sex != v1::Sex::Unspecified);
    Value::from_pairs([
        ("family", text(&name.family)),
        ("given", text(&name.given)),
        ("names", identity.names.iter().map(name_value).collect()),
        ("born", Value::from(born)),
        ("sex", Value::from(sex.and_then(v1::Sex::word))),
        ("postcode", Value::from(postcodes.first().copied())),
        ("postcodes", postcodes.iter().copied().collect()),
    ])
}

/// The check itself: `id`, `reference`, `purpose` in kebab case such as `court-report`, `deadline` as an instant in UTC, `none` where
/// there is none.
pub fn check(check: &v1::AssignedCheck) -> Value {
    let purpose = check.purpose().as_str_name();
    let purpose = purpose.strip_prefix("PURPOSE_").unwrap_or(purpose);
    let deadline = check
        .deadline
        .as_ref()
        .and_then(|deadline| match deadline.kind.as_ref()? {
            v1::deadline::Kind::Hearing(hearing) => hearing.hearing_time,
            v1::deadline::Kind::ReplyBy(reply) => reply.reply_by_time,
        });
    let deadline = deadline.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    Value::from_pairs([
        ("id", Value::from(check.id.as_str())),
        ("reference", Value::from(check.reference.as_str())),
        (
            "purpose",
            Value::from(purpose.to_lowercase().replace('_', "-")),
        ),
        (
            "deadline",
            Value::from(deadline.map(|deadline| deadline.to_string())),
        ),
    ])
}

fn name_value(name: &Name) -> Value {
    Value::from_pairs([("family", text(&name.family)), ("given", text(&name.given))])
}

fn text(text: &str) -> Value {
    Value::from(Some(text.trim()).filter(|text| !text.is_empty()))
}
