//! Sessions. Their bytes name their key, so that none is read as another's.

use super::RecordError;
use super::envelope::{checked, close, known};
use super::field::{keep_time, needed, read_time};
use super::schema_version;
use crate::store::{SessionKey, SessionRow};
use prost::Message as _;
use usher_domain::index::RecordKind;
use usher_proto::storage_v1 as kept;

/// Encodes a session.
pub fn encode_session(key: SessionKey, row: &SessionRow) -> Vec<u8> {
    let session = kept::Session {
        schema_version: schema_version(RecordKind::Enquiry),
        key: key.0.to_vec(),
        subject: row.subject.to_vec(),
        expires_ms: keep_time(row.expires),
        value: row.value.clone(),
        crc32: 0,
    };
    close(session.encode_to_vec())
}

/// Reads the session that stands under `key`.
///
/// # Errors
/// Any [`RecordError`].
pub fn decode_session(key: SessionKey, bytes: &[u8]) -> Result<SessionRow, RecordError> {
    let kept::Session {
        schema_version,
        key: written,
        subject,
        expires_ms,
        value,
        crc32: _,
    } = checked(bytes)?;
    known(schema_version)?;
    if written != key.0 {
        return Err(RecordError::Misplaced);
    }
    Ok(SessionRow {
        subject: needed(subject.try_into().ok(), "session.subject")?,
        expires: read_time(expires_ms, "session.expires_ms")?,
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::limits::{RECORD_BYTES_MAX, SESSION_BYTES_MAX};
    use usher_domain::time::Timestamp;

    #[test]
    fn the_largest_session_fits_and_reads_back_under_its_own_key_only() {
        let key = SessionKey([7; 32]);
        let row = SessionRow {
            subject: [8; 32],
            expires: Timestamp::from_millisecond(1_795_440_000_123).unwrap(),
            value: vec![9; SESSION_BYTES_MAX],
        };
        let bytes = encode_session(key, &row);
        assert!(bytes.len() <= RECORD_BYTES_MAX);
        assert_eq!(decode_session(key, &bytes).unwrap(), row);
        let other = decode_session(SessionKey([6; 32]), &bytes);
        assert!(matches!(other, Err(RecordError::Misplaced)));
        for place in [0, 40, bytes.len() / 2, bytes.len() - 1] {
            let mut damaged = bytes.clone();
            damaged[place] ^= 1;
            assert!(decode_session(key, &damaged).is_err(), "{place}");
        }
    }
}
