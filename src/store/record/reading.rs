//! Receipts of answers, and what readers of late ones said.

use super::RecordError;
use super::field::{
    Kept, keep_codes, keep_time, needed, read_codes, read_needed, read_ordinal, read_time,
};
use usher_domain::enquiry::{LateEffect, Receipt};
use usher_domain::event::EventKind;
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::event::Kind;

impl Kept for Receipt {
    type Message = kept::Receipt;

    fn keep(&self) -> kept::Receipt {
        let Self { by, at, effects } = self;
        kept::Receipt {
            by: Some(by.keep()),
            at_ms: keep_time(*at),
            effects: keep_codes(effects),
        }
    }

    fn read(message: kept::Receipt) -> Result<Self, RecordError> {
        let kept::Receipt { by, at_ms, effects } = message;
        Ok(Self {
            by: read_needed(by, "received.by")?,
            at: read_time(at_ms, "received.at_ms")?,
            effects: read_codes(&effects, "received.effects")?,
        })
    }
}

/// That an answer was read: with effects in a form of its own, without as ever.
pub(super) fn keep_received(version: u8, effects: &[LateEffect]) -> Kind {
    let version = u32::from(version);
    match effects {
        [] => Kind::Received(version),
        some => Kind::ReceivedLate(kept::EventReceivedLate {
            version,
            effects: keep_codes(some),
        }),
    }
}

pub(super) fn read_received(version: u32) -> Result<EventKind, RecordError> {
    Ok(EventKind::Received {
        version: read_ordinal(version, "event.received")?,
        effects: Vec::new(),
    })
}

pub(super) fn read_received_late(
    received: kept::EventReceivedLate,
) -> Result<EventKind, RecordError> {
    let kept::EventReceivedLate { version, effects } = received;
    needed(effects.first(), "event.effects")?;
    Ok(EventKind::Received {
        version: read_ordinal(version, "event.received_late")?,
        effects: read_codes(&effects, "event.effects")?,
    })
}
