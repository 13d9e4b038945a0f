//! What the court did, in the record and in the feed.

use super::RecordError;
use super::code::Code as _;
use super::field::{Kept, keep_time, needed, read_code, read_needed, read_ordinal, read_time};
use jiff::civil::Date;
use usher_domain::enquiry::{Sentence, SentenceOutcome};
use usher_domain::event::EventKind;
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::event::Kind;

impl Kept for Sentence {
    type Message = kept::Sentence;

    fn keep(&self) -> kept::Sentence {
        let Self {
            outcome,
            date,
            outstanding,
            by,
            at,
        } = self;
        kept::Sentence {
            outcome: outcome.number(),
            date: date.to_string(),
            outstanding: outstanding.iter().copied().map(u32::from).collect(),
            by: Some(by.keep()),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::Sentence) -> Result<Self, RecordError> {
        let kept::Sentence {
            outcome,
            date,
            outstanding,
            by,
            at_ms,
        } = message;
        Ok(Self {
            outcome: read_code(outcome, "sentence.outcome")?,
            date: read_date(&date, "sentence.date")?,
            outstanding: outstanding
                .into_iter()
                .map(|check| read_ordinal(check, "sentence.outstanding"))
                .collect::<Result<_, _>>()?,
            by: read_needed(by, "sentence.by")?,
            at: read_time(at_ms, "sentence.at_ms")?,
        })
    }
}

pub(super) fn keep_recorded(outcome: SentenceOutcome, date: Date) -> Kind {
    Kind::SentenceRecorded(kept::EventSentenceRecorded {
        outcome: outcome.number(),
        date: date.to_string(),
    })
}

pub(super) fn read_recorded(
    recorded: kept::EventSentenceRecorded,
) -> Result<EventKind, RecordError> {
    let kept::EventSentenceRecorded { outcome, date } = recorded;
    Ok(EventKind::SentenceRecorded {
        outcome: read_code(outcome, "event.outcome")?,
        date: read_date(&date, "event.date")?,
    })
}

pub(super) fn read_date(text: &str, field: &'static str) -> Result<Date, RecordError> {
    needed(text.parse().ok(), field)
}
