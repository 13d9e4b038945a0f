//! What engines store as a value: the record of an enquiry or a case, an entry of the feed, the store's own mark. Each carries the schema
//! version and ends with a CRC-32 over all before it, because engines do not check their pages on every read.

use super::field::{
    Kept, keep_responder_if, keep_uuid, malformed, needed, read_court, read_needed,
    read_responder_if, read_uuid,
};
use super::{RecordError, SCHEMA_VERSION, schema_version};
use crate::store::{Cursor, Recorded, Revision};
use prost::Message;
use prost::encoding::{
    DecodeContext, WireType, bool as boolean, decode_key, encode_key, encode_varint,
    encoded_len_varint, skip_field, uint32, uint64,
};
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::event::Event;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_proto::storage_v1 as kept;

/// Field 15 of every message here: one byte of key, four of checksum, and nothing after it.
const CRC_TAG: u32 = 15;
const CRC_BYTES: usize = 5;
/// Field 5 of an envelope, there where it is that of a case.
const IS_CASE_TAG: u32 = 5;
/// No varint is longer.
const VARINT_BYTES_MAX: usize = 10;
/// A one-byte key with the longest varint.
const NUMBER_BYTES_MAX: usize = 1 + VARINT_BYTES_MAX;

/// One record, opened as far as the store itself needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// What is in it.
    pub kind: RecordKind,
    /// Counts the commits of the record, from 1.
    pub revision: Revision,
    /// The feed entries that hold its events, oldest first.
    pub entries: Vec<u64>,
    /// The encoded record.
    pub body: Vec<u8>,
}

/// Puts the encoded record `body` into its envelope.
pub fn encode_envelope(
    kind: RecordKind,
    revision: Revision,
    entries: &[u64],
    body: &[u8],
) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(envelope_bytes_max(entries, body.len()));
    uint32::encode(1, &schema_version(kind), &mut bytes);
    uint64::encode(2, &revision.get(), &mut bytes);
    uint64::encode_packed(3, entries, &mut bytes);
    put_bytes(4, body, &mut bytes);
    if kind == RecordKind::Case {
        boolean::encode(IS_CASE_TAG, &true, &mut bytes);
    }
    close(bytes)
}

/// The most bytes that an envelope takes of these entries, one more, and so many body bytes.
pub fn envelope_bytes_max(entries: &[u64], body: usize) -> usize {
    let entries: usize = entries
        .iter()
        .map(|number| encoded_len_varint(*number))
        .sum();
    5 * NUMBER_BYTES_MAX + entries + VARINT_BYTES_MAX + body + CRC_BYTES
}

/// Opens an envelope; the record in it is not yet read.
///
/// # Errors
/// Any [`RecordError`] but `Misplaced`.
pub fn decode_envelope(bytes: &[u8]) -> Result<Envelope, RecordError> {
    let kept::Record {
        schema_version,
        revision,
        feed_entries,
        body,
        is_case,
        crc32: _,
    } = checked(bytes)?;
    known(schema_version)?;
    Ok(Envelope {
        kind: if is_case {
            RecordKind::Case
        } else {
            RecordKind::Enquiry
        },
        revision: read_revision(revision)?,
        entries: feed_entries,
        body,
    })
}

/// What an envelope says it holds, before anything of it is checked: enough to pass over what is not wanted. `None` where it is no envelope.
pub fn kind_in_envelope(bytes: &[u8]) -> Option<RecordKind> {
    let mut rest = bytes.split_last_chunk::<CRC_BYTES>()?.0;
    while !rest.is_empty() {
        let (tag, wire) = decode_key(&mut rest).ok()?;
        if tag == IS_CASE_TAG {
            return Some(RecordKind::Case);
        }
        skip_field(wire, tag, &mut rest, DecodeContext::default()).ok()?;
    }
    Some(RecordKind::Enquiry)
}

/// Encodes one commit of one record: a member of a feed entry. With each event goes the responder of its check.
pub fn encode_member<'a>(
    record: RecordId,
    revision: Revision,
    court: CourtCode,
    events: impl Iterator<Item = (Option<&'a ResponderId>, &'a Event)>,
) -> Vec<u8> {
    let member = kept::FeedMember {
        enquiry: keep_uuid(record.uuid()),
        revision: revision.get(),
        court: court.as_str().to_owned(),
        events: events
            .map(|(responder, event)| kept::FeedEvent {
                responder: keep_responder_if(responder),
                event: Some(event.keep()),
            })
            .collect(),
    };
    member.encode_to_vec()
}

/// Makes the feed entry with this number of encoded members; `kind` is that of the newest layout among them.
pub fn encode_entry<'a>(
    number: u64,
    kind: RecordKind,
    members: impl Iterator<Item = &'a [u8]> + Clone,
) -> Vec<u8> {
    let all = members.clone().map(|member| entry_bytes_max(member.len()));
    let mut bytes = Vec::with_capacity(entry_bytes_max(all.sum()));
    uint32::encode(1, &schema_version(kind), &mut bytes);
    uint64::encode(2, &number, &mut bytes);
    for member in members {
        put_bytes(3, member, &mut bytes);
    }
    close(bytes)
}

/// The most bytes that a member of so many bytes adds to an entry, or that an entry takes around its members.
pub fn entry_bytes_max(inner: usize) -> usize {
    inner + 2 * NUMBER_BYTES_MAX + CRC_BYTES
}

/// Reads the events of the feed entry that stands under `number`.
///
/// # Errors
/// Any [`RecordError`].
pub fn decode_entry(bytes: &[u8], number: u64) -> Result<Vec<Recorded>, RecordError> {
    let kept::FeedEntry {
        schema_version,
        number: written,
        members,
        crc32: _,
    } = checked(bytes)?;
    known(schema_version)?;
    if written != number {
        return Err(RecordError::Misplaced);
    }
    let mut seen = Cursor {
        entry: number,
        events: 0,
    };
    let mut recorded = Vec::new();
    for member in members {
        let kept::FeedMember {
            enquiry,
            revision,
            court,
            events,
        } = member;
        let record = RecordId::from_uuid(read_uuid(&enquiry, "members.enquiry")?);
        let revision = read_revision(revision)?;
        let court = read_court(&court, "members.court")?;
        for kept::FeedEvent { responder, event } in events {
            seen.events = needed(seen.events.checked_add(1), "members.events")?;
            recorded.push(Recorded {
                cursor: seen,
                record,
                revision,
                court,
                responder: read_responder_if(&responder, "members.responder")?,
                event: read_needed(event, "members.event")?,
            });
        }
    }
    Ok(recorded)
}

/// The mark of a store of ours.
pub fn encode_meta() -> Vec<u8> {
    let mut bytes = Vec::new();
    uint32::encode(1, &schema_version(RecordKind::Enquiry), &mut bytes);
    close(bytes)
}

/// Reads the mark.
///
/// # Errors
/// [`RecordError::Newer`] when a newer program made the store; else when the mark cannot be read.
pub fn decode_meta(bytes: &[u8]) -> Result<(), RecordError> {
    let kept::Meta {
        schema_version,
        crc32: _,
    } = checked(bytes)?;
    known(schema_version)
}

/// Appends the checksum.
pub(super) fn close(mut bytes: Vec<u8>) -> Vec<u8> {
    let crc = crc32fast::hash(&bytes);
    encode_key(CRC_TAG, WireType::ThirtyTwoBit, &mut bytes);
    bytes.extend_from_slice(&crc.to_le_bytes());
    bytes
}

/// Reads a message whose checksum holds.
pub(super) fn checked<M: Message + Default>(bytes: &[u8]) -> Result<M, RecordError> {
    let (covered, [_, crc @ ..]) = bytes
        .split_last_chunk::<CRC_BYTES>()
        .ok_or(RecordError::Checksum)?;
    if crc32fast::hash(covered) != u32::from_le_bytes(*crc) {
        return Err(RecordError::Checksum);
    }
    M::decode(covered).map_err(malformed)
}

pub(super) fn known(found: u32) -> Result<(), RecordError> {
    match found {
        1..=SCHEMA_VERSION => Ok(()),
        0 => Err(RecordError::Field {
            field: "schema_version",
        }),
        _ => Err(RecordError::Newer {
            found,
            known: SCHEMA_VERSION,
        }),
    }
}

fn read_revision(revision: u64) -> Result<Revision, RecordError> {
    needed(Revision::new(revision), "revision")
}

fn put_bytes(tag: u32, value: &[u8], into: &mut Vec<u8>) {
    encode_key(tag, WireType::LengthDelimited, into);
    encode_varint(value.len() as u64, into);
    into.extend_from_slice(value);
}
