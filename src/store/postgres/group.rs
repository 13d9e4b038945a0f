//! Commits that become one transaction: which of them may, and what they write. No I/O.

use super::rows::{Batch, Prepared, Rows};
use crate::store::record::{encode_entry, entry_bytes_max};
use crate::store::{Committed, Cursor, Revision, StoreError};
use std::collections::{HashMap, HashSet};
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use uuid::Uuid;

/// What one transaction writes, and what each of its commits is then told.
pub(super) struct Group<'a> {
    pub(super) number: u64,
    /// The feed entry; `None` when every commit was refused.
    pub(super) entry: Option<Vec<u8>>,
    /// Records that were not there.
    pub(super) made: Rows<'a>,
    /// Records that were.
    pub(super) changed: Rows<'a>,
    /// In the order of the batches.
    pub(super) answers: Vec<Result<Committed, StoreError>>,
}

/// Revisions of the records that batches are about; absent ones have none.
pub(super) type Revisions = HashMap<RecordId, Revision>;

/// Puts together what can be committed on `revisions`, as feed entry `number`. A conflict refuses its own batch and no other.
pub(super) fn gather(batches: &[Batch], mut revisions: Revisions, number: u64) -> Group<'_> {
    let mut events = 0_u32;
    let mut members: Vec<&[u8]> = Vec::new();
    let mut last: HashMap<RecordId, &Prepared> = HashMap::new();
    let mut kind = RecordKind::default();
    let mut new = HashSet::new();
    let mut answers = Vec::with_capacity(batches.len());
    for batch in batches {
        if let Err(refusal) = admitted(batch, &revisions) {
            answers.push(Err(refusal));
            continue;
        }
        for change in &batch.changes {
            if revisions.insert(change.id, change.revision).is_none() {
                new.insert(change.id);
            }
            last.insert(change.id, change);
            kind = kind.max(change.keys.kind);
            members.push(&change.member);
            events = events.saturating_add(change.events);
        }
        answers.push(Ok(Committed {
            revisions: batch.changes.iter().map(|change| change.revision).collect(),
            cursor: Cursor {
                entry: number,
                events,
            },
        }));
    }
    let (mut made, mut changed) = (Rows::default(), Rows::default());
    let mut last: Vec<_> = last.into_values().collect();
    last.sort_unstable_by_key(|change| change.id);
    for change in last {
        let rows = if new.contains(&change.id) {
            &mut made
        } else {
            &mut changed
        };
        rows.push(change.id, change.revision, &change.keys, &change.record);
    }
    Group {
        number,
        entry: (!members.is_empty()).then(|| encode_entry(number, kind, members.into_iter())),
        made,
        changed,
        answers,
    }
}

/// Whether every change of `batch` was decided on the revision before it.
fn admitted(batch: &Batch, revisions: &Revisions) -> Result<(), StoreError> {
    let mut own: HashMap<RecordId, Revision> = HashMap::new();
    for change in &batch.changes {
        let before = own.get(&change.id).or_else(|| revisions.get(&change.id));
        if before.copied() != change.expected {
            return Err(StoreError::Conflict { id: change.id });
        }
        own.insert(change.id, change.revision);
    }
    Ok(())
}

/// The ids that `batches` are about, each once.
pub(super) fn ids(batches: &[Batch]) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = batches
        .iter()
        .flat_map(|batch| &batch.changes)
        .map(|change| change.id.uuid())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The bytes of a feed entry and of records that batches come to.
#[derive(Default)]
pub(super) struct Size {
    feed: usize,
    records: usize,
}

impl Size {
    /// Adds `batch`.
    pub(super) fn add(&mut self, batch: &Batch) {
        self.feed += batch.feed_bytes;
        self.records += batch.record_bytes;
    }

    /// Whether `batch` fits as well.
    pub(super) fn has_room(&self, batch: &Batch, feed_max: usize, records_max: usize) -> bool {
        entry_bytes_max(self.feed + batch.feed_bytes) <= feed_max
            && self.records + batch.record_bytes <= records_max
    }
}
