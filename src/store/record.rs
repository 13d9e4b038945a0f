//! The one codec between the core's data and what engines persist (`proto/usher/storage/v1`).
//!
//! It guarantees that what was encoded reads back equal, to the whole millisecond; that reading is total (no bytes make it
//! panic) and believes nothing unchecked: checksum, schema version, shape and every code. It does not encrypt yet: `seal` and
//! `open` are the one seam for that. It knows no engine and no key.

mod answer;
mod beat;
mod candidate;
mod case;
mod closing;
mod code;
mod enquiry;
mod envelope;
mod event;
mod facts;
mod field;
mod listed;
mod reading;
mod sealed;
mod sentence;
mod session;
mod sharing;
mod state;

pub use beat::{decode_beat, encode_beat};
pub use candidate::{open_candidates, seal_candidates};
pub use envelope::{
    Envelope, decode_entry, decode_envelope, decode_meta, encode_entry, encode_envelope,
    encode_member, encode_meta, entry_bytes_max, envelope_bytes_max, kind_in_envelope,
};
pub use listed::Listed;
pub use sealed::{open_answer, open_personal, open_text, seal_answer, seal_personal, seal_text};
pub use session::{decode_session, encode_session};

use super::Record;
use field::{Kept, malformed};
use prost::Message as _;
use usher_domain::case::Case;
use usher_domain::enquiry::Enquiry;
use usher_domain::index::RecordKind;
use usher_domain::sealed::Sealed;
use usher_proto::storage_v1 as kept;

/// The newest layout that this program writes. It reads this one and older ones.
pub const SCHEMA_VERSION: u32 = 2;

/// The layout of a record of this kind, of its events, and so of what has any of them in it: cases came with version 2, and an older
/// program refuses them.
const fn schema_version(kind: RecordKind) -> u32 {
    match kind {
        RecordKind::Enquiry => 1,
        RecordKind::Case => SCHEMA_VERSION,
    }
}

/// Why bytes are not what they should be. Says where, never what they hold.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The checksum does not fit the bytes.
    #[error(
        "its checksum is wrong: the bytes are not those that were written; restore it from a backup"
    )]
    Checksum,
    /// A newer program wrote it.
    #[error(
        "it has schema version {found}, and this usher reads up to {known}: run the newer usher again"
    )]
    Newer {
        /// The version found.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
    /// It is another one's.
    #[error("it stands in the place of another record; restore it from a backup")]
    Misplaced,
    /// It is not the message that it should be.
    #[error("it is not a record, or is cut short; restore it from a backup")]
    Malformed {
        /// What the decoder says.
        source: prost::DecodeError,
    },
    /// A field is missing or has an impossible value.
    #[error("its field {field} is missing or impossible; restore it from a backup")]
    Field {
        /// Which.
        field: &'static str,
    },
}

/// Encodes a record: the body of an [`Envelope`].
pub fn encode_body(record: &Record) -> Vec<u8> {
    match record {
        Record::Enquiry(enquiry) => enquiry.keep().encode_to_vec(),
        Record::Case(case) => case.keep().encode_to_vec(),
    }
}

/// Reads the record in an envelope.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::Field`].
pub fn decode_body(envelope: &Envelope) -> Result<Record, RecordError> {
    let body = envelope.body.as_slice();
    Ok(match envelope.kind {
        RecordKind::Enquiry => Record::Enquiry(Enquiry::read(
            kept::Enquiry::decode(body).map_err(malformed)?,
        )?),
        RecordKind::Case => Record::Case(Case::read(kept::Case::decode(body).map_err(malformed)?)?),
    })
}

/// Seals an encoded personal part. The one place where encryption comes in.
fn seal(plain: Vec<u8>) -> Sealed {
    Sealed::from_bytes(plain)
}

/// Opens a sealed part: the other half of [`seal`].
#[expect(
    clippy::unnecessary_wraps,
    reason = "the seam: with encryption, opening can fail"
)]
fn open(sealed: &Sealed) -> Result<&[u8], RecordError> {
    Ok(sealed.bytes())
}
