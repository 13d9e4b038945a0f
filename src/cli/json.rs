//! Canonical proto3 JSON of the contract's messages, by its own descriptors.
//!
//! Every field without presence is written, so that programs find each key; what is absent stays absent. Reading errors
//! name place and field, never a value: a file to be submitted is full of personal data.

use super::failure::{Exit, Failure};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, SerializeOptions};
use serde::de::DeserializeSeed as _;
use serde_json::Value;
use std::sync::OnceLock;
use usher_proto::v1;

/// A message with its full name in the contract.
pub(super) trait Named: Message + Default {
    /// Such as `usher.v1.Enquiry`.
    const FULL_NAME: &'static str;
}

macro_rules! named {
    ($($name:ident),+ $(,)?) => {
        $(impl Named for v1::$name {
            const FULL_NAME: &'static str = concat!("usher.v1.", stringify!($name));
        })+
    };
}

named!(
    Case,
    CaseHistoryResponse,
    ListCasesResponse,
    ListEarlierAnswersResponse,
    CountAlertsResponse,
    Alert,
    AnswerContent,
    AssignedCheck,
    Check,
    Enquiry,
    Event,
    HistoryResponse,
    LeaseChecksResponse,
    LeasedCheck,
    ListAlertsResponse,
    ListChecksResponse,
    ListRespondersResponse,
    ListResponse,
    LookupPostcodeResponse,
    RenewResponse,
    ReportResponse,
    Responder,
    SubmitRequest,
    SubmitResponse,
    Warning,
    WatchAlertCountsResponse,
    WatchAlertsResponse,
    WatchResponse,
);

/// The contract's descriptors.
pub(super) fn pool() -> Result<&'static DescriptorPool, Failure> {
    static POOL: OnceLock<Option<DescriptorPool>> = OnceLock::new();
    let pool = POOL.get_or_init(|| DescriptorPool::decode(usher_proto::FILE_DESCRIPTOR_SET).ok());
    pool.as_ref().ok_or_else(broken)
}

fn broken() -> Failure {
    Failure::new(
        Exit::Failure,
        "the built-in descriptors do not fit the messages",
        "this build of usher is broken; report it",
    )
}

fn empty<T: Named>() -> Result<DynamicMessage, Failure> {
    let descriptor = pool()?
        .get_message_by_name(T::FULL_NAME)
        .ok_or_else(broken)?;
    Ok(DynamicMessage::new(descriptor))
}

/// `message` as JSON.
pub(super) fn to_value<T: Named>(message: &T) -> Result<Value, Failure> {
    let mut dynamic = empty::<T>()?;
    dynamic.transcode_from(message).map_err(|_| broken())?;
    let options = SerializeOptions::new().skip_default_fields(false);
    dynamic
        .serialize_with_options(serde_json::value::Serializer, &options)
        .map_err(|_| {
            Failure::new(
                Exit::Failure,
                "the broker sent a value that JSON cannot hold",
                "report it",
            )
        })
}

/// Reads a message from JSON; `source` says where the text came from.
pub(super) fn from_text<T: Named>(source: &str, text: &str) -> Result<T, Failure> {
    let descriptor = empty::<T>()?.descriptor();
    let mut reader = serde_json::Deserializer::from_str(text);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut reader, &mut track);
    let read = descriptor.deserialize(tracked);
    let read = read.and_then(|message| reader.end().map(|()| message));
    let message =
        read.map_err(|error| unreadable::<T>(source, &error, &track.path().to_string()))?;
    message.transcode_to().map_err(|_| broken())
}

/// What is wrong with a text, without repeating any of it but the names of fields.
fn unreadable<T: Named>(source: &str, error: &serde_json::Error, path: &str) -> Failure {
    let place = format!("{source}:{}:{}", error.line(), error.column());
    if !error.is_data() {
        return Failure::usage(
            format!("{place}: not JSON: {}", plain(error)),
            "check brackets, commas and quotes",
        );
    }
    let short = T::FULL_NAME.trim_start_matches("usher.v1.");
    let hint = format!(
        "the fields of {short} are in proto/usher/v1; `usher enquiry submit --example` shows them filled"
    );
    let message = error.to_string();
    let what = if message.contains("unrecognized field") {
        "there is no such field"
    } else if message.contains("unrecognized enum") {
        "none of the words that the field takes"
    } else if message.contains("duplicate") {
        "the field stands twice"
    } else {
        "not what the field takes"
    };
    let at = if path == "." {
        String::new()
    } else {
        format!("{path}: ")
    };
    Failure::usage(format!("{place}: {at}{what}"), hint)
}

/// Of a syntax error only what serde says about the grammar; it never quotes the text.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_become_canonical_json() {
        let message = v1::LookupPostcodeResponse {
            outcome: v1::LookupOutcome::Found.into(),
            authority_code: "E09000012".into(),
            ..Default::default()
        };
        let value = to_value(&message).unwrap();
        assert_eq!(value["outcome"], "LOOKUP_OUTCOME_FOUND");
        assert_eq!(value["authorityCode"], "E09000012");
        assert_eq!(
            value["terminated"], false,
            "defaults are written, so that programs find them"
        );
    }

    #[test]
    fn times_are_rfc_3339() {
        let time = prost_types::Timestamp {
            seconds: 1_795_442_400,
            nanos: 0,
        };
        let message = v1::SubmitResponse {
            deadline_time: Some(time),
            ..Default::default()
        };
        assert_eq!(
            to_value(&message).unwrap()["deadlineTime"],
            "2026-11-23T14:00:00Z"
        );
    }

    #[test]
    fn errors_name_place_and_field_and_no_value() {
        let check = |text: &str, wanted: &str| {
            let failure = from_text::<v1::SubmitRequest>("f.json", text).unwrap_err();
            let rendered = failure.render();
            assert!(rendered.contains(wanted), "{rendered}");
            assert!(!rendered.contains("Secret"), "{rendered}");
            assert_eq!(failure.exit(), Exit::Usage);
        };
        check("{\"person\": ", "f.json:1:11: not JSON");
        check("{\"purpose\": \"Secret\"}", "purpose: none of the words");
        check(
            "{\"personal\": {\"subject\": {\"name\": {\"family\": [\"Secret\"]}}}}",
            "personal.subject.name.family: not what",
        );
        check("{\n \"inCustody\": \"Secret\"}", "f.json:2:");
        check("{\"nosuch\": 1}", "there is no such field");
        check("{} Secret", "not JSON");
    }

    #[test]
    fn what_was_written_can_be_read() {
        let message = v1::SubmitRequest {
            unit: Some(v1::Unit {
                office: "North".into(),
                ..Default::default()
            }),
            in_custody: true,
            ..Default::default()
        };
        let text = to_value(&message).unwrap().to_string();
        assert!(from_text::<v1::SubmitRequest>("f", &text).unwrap() == message);
    }
}
