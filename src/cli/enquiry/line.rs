//! Enquiries and events on one line each, for lists and watches.

use super::answer::{by_phone, would_have_changed};
use super::people::name;
use super::show::{by, deadline, deadline_parts};
use crate::cli::moment::{civil, exact};
use crate::cli::output::{Tone, cell, clean, table, toned};
use crate::cli::words::word;
use std::fmt::Write as _;
use usher_proto::v1;

/// A list of enquiries.
pub(super) fn summaries(enquiries: &[v1::EnquirySummary]) -> String {
    let mut rows = table(&[
        "reference",
        "before",
        "needs you",
        "unattended alerts",
        "outstanding",
        "defendant",
        "court",
        "answered",
        "id",
    ]);
    for enquiry in enquiries {
        let counts = enquiry.counts.unwrap_or_default();
        let (before, court) = deadline_parts(enquiry.deadline.as_ref());
        let needed = counts.asked + counts.unread;
        let outstanding = match (enquiry.open, counts.unroutable) {
            (false, _) => "closed".into(),
            (true, 0) => counts.outstanding.to_string(),
            (true, lost) => format!("{}, {lost} unroutable", counts.outstanding),
        };
        let tone = |bad| if bad { Tone::Bad } else { Tone::Plain };
        rows.add_row([
            cell(&enquiry.reference),
            cell(before),
            toned(needed.to_string(), tone(needed > 0)),
            toned(
                format!("{} of {}", enquiry.open_alerts, enquiry.live_alerts),
                tone(enquiry.open_alerts > 0),
            ),
            cell(outstanding),
            cell(name(enquiry.subject.as_ref())),
            cell(court),
            cell(counts.answered.to_string()),
            cell(&enquiry.id),
        ]);
    }
    rows.to_string()
}

/// One enquiry on one line, for a watch.
pub(super) fn one_line(enquiry: &v1::Enquiry) -> String {
    let counts = enquiry.counts.unwrap_or_default();
    format!(
        "{}  before {}: {} outstanding, {} asked back, {} unroutable, {} answered, {} not read",
        clean(&enquiry.reference),
        deadline(enquiry.deadline.as_ref()),
        counts.outstanding,
        counts.asked,
        counts.unroutable,
        counts.answered,
        counts.unread
    )
}

/// One event on one line.
pub(super) fn event_line(event: &v1::Event) -> String {
    let check = event
        .check_id
        .rsplit_once('/')
        .map_or(String::new(), |(_, number)| {
            format!(" check {}", clean(number))
        });
    let mut line = format!(
        "{}  {}{check}  {}",
        exact(event.event_time.as_ref()),
        clean(&event.reference),
        word::<v1::EventType>(event.r#type)
    );
    let mut tell = |text: String| {
        let _ = write!(line, "  {text}");
    };
    if !event.responder_id.is_empty() {
        tell(clean(&event.responder_id));
    }
    if event.timeliness != 0 {
        tell(word::<v1::Timeliness>(event.timeliness));
    }
    if event.answer_version > 0 {
        tell(format!("version {}", event.answer_version));
    }
    if !event.would_have_changed.is_empty() {
        tell(would_have_changed("", &event.would_have_changed));
    }
    if !event.step.is_empty() {
        tell(clean(&event.step));
    }
    if event.trouble != 0 {
        tell(word::<v1::Trouble>(event.trouble));
    }
    if event.decision != 0 {
        tell(word::<v1::DecisionKind>(event.decision));
    }
    if event.sentence_outcome != 0 {
        let outcome = word::<v1::SentenceOutcome>(event.sentence_outcome);
        tell(format!("{outcome} on {}", clean(&event.sentence_date)));
    }
    if event.close_reason != 0 {
        tell(word::<v1::CloseReason>(event.close_reason));
    }
    for (name, time) in [
        ("due", &event.due_time),
        ("until", &event.expire_time),
        ("promised for", &event.expected_by_time),
        ("from", &event.from_time),
        ("to", &event.to_time),
    ] {
        if time.is_some() {
            tell(format!("{name} {}", civil(time.as_ref())));
        }
    }
    if !event.successor_check_id.is_empty() {
        let number = event
            .successor_check_id
            .rsplit_once('/')
            .map_or("", |(_, number)| number);
        tell(format!("goes on as check {}", clean(number)));
    }
    if let Some(phone) = &event.by_phone {
        tell(format!("given by {}", by_phone(phone)));
    }
    if event.by.is_some() {
        tell(format!("by {}", by(event.by.as_ref())));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::moment::parse_instant;

    #[test]
    fn an_event_is_one_line_with_what_matters() {
        let event = v1::Event {
            reference: "7K3M-9QXA-A".into(),
            check_id: "018f/2".into(),
            event_time: Some(parse_instant("2026-11-23T10:00:05Z").unwrap()),
            r#type: v1::EventType::Answered.into(),
            responder_id: "hackney".into(),
            timeliness: v1::Timeliness::AfterHearing.into(),
            answer_version: 1,
            ..Default::default()
        };
        assert_eq!(
            event_line(&event),
            "Mon 23 Nov 2026 10:00:05  7K3M-9QXA-A check 2  answered  hackney  after hearing  version 1"
        );
        let read = v1::Event {
            r#type: v1::EventType::Received.into(),
            would_have_changed: vec![v1::LateEffect::Sentence.into(), v1::LateEffect::Plan.into()],
            ..Default::default()
        };
        assert!(event_line(&read).ends_with("received  would have changed sentence, plan"));
        let person = |name: &str| v1::Person {
            name: name.into(),
            ..Default::default()
        };
        let taken = v1::Event {
            by: Some(v1::By {
                person: Some(person("Oscar Operator")),
                ..Default::default()
            }),
            by_phone: Some(v1::ByPhone {
                given_by: Some(person("Dana Desk")),
                number: "020 7946 0123".into(),
            }),
            ..event
        };
        assert!(event_line(&taken).ends_with(
            "version 1  given by Dana Desk by telephone (020 7946 0123)  by Oscar Operator"
        ));
    }
}
