//! What a commit's caller does itself, on its own thread: bounds, the revision on disk, and all encoding. The writer only stamps.

use super::Shared;
use super::index::{Entry, kept_keys};
use crate::store::record::{
    Envelope, encode_body, encode_member, entry_bytes_max, envelope_bytes_max,
};
use crate::store::{Change, Revision, StoreError};
use usher_domain::id::RecordId;
use usher_domain::limits::{
    BATCH_CHANGES_MAX, FEED_ENTRY_BYTES_MAX, HISTORY_ENTRIES_MAX, RECORD_BYTES_MAX,
};

/// A change, ready for the writer.
pub(super) struct Prepared {
    pub(super) id: RecordId,
    /// The revision that it was decided on.
    pub(super) expected: Option<Revision>,
    /// Its place in the index once it is written, with its new revision. The writer sets `since`.
    pub(super) entry: Entry,
    /// The feed entries of the commits before it.
    pub(super) entries: Vec<u64>,
    /// The encoded record.
    pub(super) body: Vec<u8>,
    /// Its encoded member of the feed entry.
    pub(super) member: Vec<u8>,
    /// How many events are in it.
    pub(super) events: u32,
}

/// A whole commit, ready for the writer, and its size in the feed.
pub(super) struct Batch {
    pub(super) changes: Vec<Prepared>,
    pub(super) feed_bytes: usize,
    pub(super) record_bytes: usize,
}

/// Prepares a whole commit.
pub(super) fn prepare(shared: &Shared, batch: &[Change]) -> Result<Batch, StoreError> {
    within("batch", batch.len(), BATCH_CHANGES_MAX)?;
    let mut changes: Vec<Prepared> = Vec::with_capacity(batch.len());
    for change in batch {
        let id = change.record.id();
        let earlier = changes.iter().rev().find(|prepared| prepared.id == id);
        let base = base(shared, change, earlier)?;
        changes.push(encode(change, base)?);
    }
    let feed_bytes = changes
        .iter()
        .map(|change| entry_bytes_max(change.member.len()))
        .sum();
    within(
        "feed entry",
        entry_bytes_max(feed_bytes),
        FEED_ENTRY_BYTES_MAX,
    )?;
    let record_bytes = changes.iter().map(|change| change.body.len()).sum();
    Ok(Batch {
        changes,
        feed_bytes,
        record_bytes,
    })
}

/// The feed entries of the enquiry so far, when it is at the revision that the change was decided on. The writer looks at the
/// revision again; what belongs to one revision never changes.
fn base(
    shared: &Shared,
    change: &Change,
    earlier: Option<&Prepared>,
) -> Result<Vec<u64>, StoreError> {
    let Some(expected) = change.expected else {
        return Ok(Vec::new());
    };
    let id = change.record.id();
    let (revision, entries) = match earlier {
        Some(earlier) => (earlier.entry.revision, earlier.entries.clone()),
        None => match shared.find(id)? {
            Some(Envelope {
                revision, entries, ..
            }) => (revision, entries),
            None => return Err(StoreError::Conflict { id }),
        },
    };
    if revision == expected {
        Ok(entries)
    } else {
        Err(StoreError::Conflict { id })
    }
}

fn encode(change: &Change, mut entries: Vec<u64>) -> Result<Prepared, StoreError> {
    let Change {
        record,
        expected,
        events,
    } = change;
    let revision = expected.map_or(Revision::MIN, |expected| expected.saturating_add(1));
    // One more is coming.
    let surplus = (entries.len() + 1).saturating_sub(HISTORY_ENTRIES_MAX);
    entries.drain(..surplus);
    let body = encode_body(record);
    let bytes = envelope_bytes_max(&entries, body.len());
    within("record", bytes, RECORD_BYTES_MAX)?;
    let keys = kept_keys(record);
    let with_responder = events
        .iter()
        .map(|event| (record.responder_of(event), event));
    Ok(Prepared {
        id: record.id(),
        expected: *expected,
        member: encode_member(record.id(), revision, keys.court, with_responder),
        entry: Entry {
            since: 0,
            revision,
            keys,
        },
        entries,
        body,
        events: u32::try_from(events.len()).unwrap_or(u32::MAX),
    })
}

fn within(what: &'static str, size: usize, max: usize) -> Result<(), StoreError> {
    if size > max {
        Err(StoreError::TooLarge { what, max })
    } else {
        Ok(())
    }
}
