//! What a listing makes of a record: the record itself, or what reports need of it.

use super::{Envelope, RecordError, decode_body};
use crate::store::{Filter, Stored};
use usher_domain::id::RecordId;

/// What can be listed.
pub trait Listed: Send + Sized + 'static {
    /// Reads it from an envelope that stands under `id`.
    ///
    /// # Errors
    /// `Malformed`, `Field`, or `Misplaced` where it is another's.
    fn read(id: RecordId, envelope: &Envelope) -> Result<Self, RecordError>;

    /// Whether `filter` wants it.
    fn is_wanted(&self, filter: &Filter) -> bool;
}

impl Listed for Stored {
    fn read(id: RecordId, envelope: &Envelope) -> Result<Self, RecordError> {
        let record = decode_body(envelope)?;
        if record.id() != id {
            return Err(RecordError::Misplaced);
        }
        Ok(Self {
            record,
            revision: envelope.revision,
        })
    }

    fn is_wanted(&self, filter: &Filter) -> bool {
        filter.matches(&self.record.keys())
    }
}
