//! What a commit's caller does itself: bounds and encoding. And the rows of a group, as the arrays that one statement takes.

use crate::store::record::{encode_body, encode_envelope, encode_member, entry_bytes_max};
use crate::store::{Change, Revision, StoreError};
use usher_domain::id::RecordId;
use usher_domain::index::{Keys, RecordKind};
use usher_domain::limits::{BATCH_CHANGES_MAX, FEED_ENTRY_BYTES_MAX, RECORD_BYTES_MAX};
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// A change, encoded.
pub(super) struct Prepared {
    pub(super) id: RecordId,
    /// The revision that it was decided on.
    pub(super) expected: Option<Revision>,
    /// The revision that it makes.
    pub(super) revision: Revision,
    pub(super) keys: Keys,
    pub(super) record: Vec<u8>,
    /// Its encoded member of the feed entry.
    pub(super) member: Vec<u8>,
    /// How many events are in it.
    pub(super) events: u32,
}

/// A whole commit, and its size in the feed.
pub(super) struct Batch {
    pub(super) changes: Vec<Prepared>,
    pub(super) feed_bytes: usize,
    pub(super) record_bytes: usize,
}

/// Encodes a whole commit.
pub(super) fn prepare(batch: &[Change]) -> Result<Batch, StoreError> {
    within("batch", batch.len(), BATCH_CHANGES_MAX)?;
    let changes = batch.iter().map(encode).collect::<Result<Vec<_>, _>>()?;
    let feed_bytes = changes
        .iter()
        .map(|change| entry_bytes_max(change.member.len()))
        .sum();
    within(
        "feed entry",
        entry_bytes_max(feed_bytes),
        FEED_ENTRY_BYTES_MAX,
    )?;
    let record_bytes = changes.iter().map(|change| change.record.len()).sum();
    Ok(Batch {
        changes,
        feed_bytes,
        record_bytes,
    })
}

fn encode(change: &Change) -> Result<Prepared, StoreError> {
    let Change {
        record: changed,
        expected,
        events,
    } = change;
    let revision = expected.map_or(Revision::MIN, |expected| expected.saturating_add(1));
    // Where the events are is a table of its own here.
    let (id, keys) = (changed.id(), changed.keys());
    let record = encode_envelope(keys.kind, revision, &[], &encode_body(changed));
    within("record", record.len(), RECORD_BYTES_MAX)?;
    let with_responder = events
        .iter()
        .map(|event| (changed.responder_of(event), event));
    Ok(Prepared {
        id,
        expected: *expected,
        revision,
        member: encode_member(id, revision, keys.court, with_responder),
        keys,
        record,
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

/// A record, and what it is found by.
pub struct Keyed {
    /// Whose.
    pub id: RecordId,
    /// Its revision.
    pub revision: Revision,
    /// What it is found by.
    pub keys: Keys,
    /// Its envelope, without feed entries.
    pub record: Vec<u8>,
}

/// Columns of `enquiry` and the tables beside it: the last state of each record of a group.
#[derive(Default)]
pub(super) struct Rows<'a> {
    pub(super) id: Vec<Uuid>,
    pub(super) revision: Vec<i64>,
    pub(super) open: Vec<bool>,
    pub(super) court: Vec<&'a str>,
    pub(super) deadline_ms: Vec<i64>,
    pub(super) due_ms: Vec<Option<i64>>,
    pub(super) open_alerts: Vec<i16>,
    pub(super) live_alerts: Vec<i16>,
    pub(super) record: Vec<&'a [u8]>,
    pub(super) kind: Vec<i16>,
    pub(super) responders: Responders<'a>,
    pub(super) queue: Queue<'a>,
}

/// Columns of `enquiry_responder`.
#[derive(Default)]
pub(super) struct Responders<'a> {
    pub(super) enquiry: Vec<Uuid>,
    pub(super) responder: Vec<&'a str>,
    pub(super) open: Vec<bool>,
    pub(super) deadline_ms: Vec<i64>,
}

/// Columns of `queue`.
#[derive(Default)]
pub(super) struct Queue<'a> {
    pub(super) responder: Vec<&'a str>,
    pub(super) deadline_ms: Vec<i64>,
    pub(super) enquiry: Vec<Uuid>,
    pub(super) number: Vec<i16>,
}

impl<'a> Rows<'a> {
    /// Those of `records`.
    pub(super) fn of(records: &'a [Keyed]) -> Self {
        let mut rows = Self::default();
        for one in records {
            rows.push(one.id, one.revision, &one.keys, &one.record);
        }
        rows
    }

    /// Adds a record with these keys.
    pub(super) fn push(
        &mut self,
        id: RecordId,
        revision: Revision,
        keys: &'a Keys,
        record: &'a [u8],
    ) {
        let id = id.uuid();
        let deadline_ms = keys.deadline.as_millisecond();
        for responder in &keys.responders {
            self.responders.enquiry.push(id);
            self.responders.responder.push(responder.as_str());
            self.responders.open.push(keys.open);
            self.responders.deadline_ms.push(deadline_ms);
        }
        for (responder, number) in &keys.waiting {
            self.queue.responder.push(responder.as_str());
            self.queue.deadline_ms.push(deadline_ms);
            self.queue.enquiry.push(id);
            self.queue.number.push(i16::from(*number));
        }
        self.id.push(id);
        self.revision.push(revision_column(revision));
        self.open.push(keys.open);
        self.court.push(keys.court.as_str());
        self.deadline_ms.push(deadline_ms);
        self.due_ms
            .push(keys.next_due.map(Timestamp::as_millisecond));
        self.open_alerts.push(small(keys.open_alerts));
        self.live_alerts.push(small(keys.live_alerts));
        self.record.push(record);
        self.kind.push(kind_column(keys.kind));
    }
}

/// As the column has it.
pub(super) fn kind_column(kind: RecordKind) -> i16 {
    match kind {
        RecordKind::Enquiry => 0,
        RecordKind::Case => 1,
    }
}

fn small(count: u16) -> i16 {
    i16::try_from(count).unwrap_or(i16::MAX)
}

/// As the column has it.
pub(super) fn revision_column(revision: Revision) -> i64 {
    i64::try_from(revision.get()).unwrap_or(i64::MAX)
}
