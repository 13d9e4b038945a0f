//! A proposal to close a check.

use super::RecordError;
use super::code::Code;
use super::field::{Kept, keep_sealed, keep_time, read_code, read_needed, read_sealed, read_time};
use usher_domain::enquiry::Closing;
use usher_proto::storage_v1 as kept;

impl Kept for Closing {
    type Message = kept::Closing;

    fn keep(&self) -> kept::Closing {
        let Self {
            by,
            reason,
            note,
            at,
        } = self;
        kept::Closing {
            by: Some(by.keep()),
            reason: reason.number(),
            note: keep_sealed(note),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::Closing) -> Result<Self, RecordError> {
        let kept::Closing {
            by,
            reason,
            note,
            at_ms,
        } = message;
        Ok(Self {
            by: read_needed(by, "closing.by")?,
            reason: read_code(reason, "closing.reason")?,
            note: read_sealed(note),
            at: read_time(at_ms, "closing.at_ms")?,
        })
    }
}
