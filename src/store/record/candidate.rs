//! Who in a responder's system may be one of the people, as it is kept inside the seal.

use super::field::{Kept, keep_all, keep_codes, malformed, read_all, read_codes};
use super::{RecordError, open, seal};
use prost::Message as _;
use usher_domain::personal::Candidate;
use usher_domain::sealed::Sealed;
use usher_proto::storage_v1 as kept;

/// Seals the candidates of a check; none are nothing.
pub fn seal_candidates(candidates: &[Candidate]) -> Sealed {
    if candidates.is_empty() {
        return Sealed::default();
    }
    let candidates = keep_all(candidates);
    seal(kept::Candidates { candidates }.encode_to_vec())
}

/// Opens the candidates of a check.
///
/// # Errors
/// [`RecordError::Malformed`] or [`RecordError::Field`].
pub fn open_candidates(sealed: &Sealed) -> Result<Vec<Candidate>, RecordError> {
    if sealed.is_empty() {
        return Ok(Vec::new());
    }
    let kept::Candidates { candidates } =
        kept::Candidates::decode(open(sealed)?).map_err(malformed)?;
    read_all(candidates)
}

impl Kept for Candidate {
    type Message = kept::Candidate;

    fn keep(&self) -> kept::Candidate {
        let Self {
            who,
            system_reference,
            names,
            born,
            addresses,
            agrees,
            differs,
        } = self.clone();
        kept::Candidate {
            who,
            system_reference,
            names,
            born,
            addresses,
            agrees: keep_codes(&agrees),
            differs: keep_codes(&differs),
        }
    }

    fn read(message: kept::Candidate) -> Result<Self, RecordError> {
        let kept::Candidate {
            who,
            system_reference,
            names,
            born,
            addresses,
            agrees,
            differs,
        } = message;
        Ok(Self {
            who,
            system_reference,
            names,
            born,
            addresses,
            agrees: read_codes(&agrees, "candidates.agrees")?,
            differs: read_codes(&differs, "candidates.differs")?,
        })
    }
}
