//! The one writer: takes the commits that wait, makes them one commit of the engine with one feed entry, then answers each.
//!
//! A conflict refuses its own commit and no other. Answers go out after the engine's commit, the refusals too, so that whoever
//! lost to a neighbour in the group loads what the neighbour wrote. A failed engine commit ends the writer for good.

use super::index::Entry;
use super::keys;
use super::open::read_entry;
use super::prepare::{Batch, Prepared};
use super::{Shared, corrupt, stopped};
use crate::clock::Stopwatch;
use crate::store::kv::{KvError, Write};
use crate::store::record::{decode_envelope, encode_entry, encode_envelope, entry_bytes_max};
use crate::store::{Committed, Cursor, Revision, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::limits::{FEED_ENTRY_BYTES_MAX, GROUP_COMMIT_MAX};

/// The bodies of one group, in bytes: bounds the memory and the length of one engine commit.
const GROUP_BYTES_MAX: usize = 8 * 1_024 * 1_024;
/// After so long without a job for the writer it is a quiet moment.
const QUIET: Duration = Duration::from_millis(500);

type Answer = Result<Committed, StoreError>;

/// What the writer is asked for.
pub(super) enum Job {
    /// To commit a batch.
    Commit {
        batch: Batch,
        reply: oneshot::Sender<Answer>,
    },
    /// To compare these enquiries with the index while nothing is being written; see `sweep.rs`.
    Recheck {
        places: Vec<(u64, RecordId)>,
        reply: oneshot::Sender<Result<Vec<RecordId>, StoreError>>,
    },
    /// To end after all that was asked before.
    Close,
}

/// Where a record stands, and at which revision.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Absent,
    /// Among the open ones, since this feed entry.
    Open(u64, Revision),
    Closed(Revision),
}

impl Standing {
    fn revision(self) -> Option<Revision> {
        match self {
            Self::Absent => None,
            Self::Open(_, revision) | Self::Closed(revision) => Some(revision),
        }
    }
}

/// The thread's state.
pub(super) struct Writer {
    shared: Arc<Shared>,
    jobs: mpsc::Receiver<Job>,
    /// Taken from the queue, and for the next group.
    next: Option<Job>,
}

/// Commits that become one commit of the engine.
#[derive(Default)]
struct Group {
    number: u64,
    /// The kind with the newest layout among its records.
    kind: RecordKind,
    events: u32,
    feed_bytes: usize,
    record_bytes: usize,
    writes: Vec<Write>,
    members: Vec<Vec<u8>>,
    /// Where the records of the group will stand.
    standings: HashMap<RecordId, Standing>,
    index: Vec<(RecordId, Option<Entry>)>,
    /// Closed before, open after: each with the feed entry in its new key.
    reopened: Vec<(RecordId, u64)>,
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
}

impl Writer {
    pub(super) fn new(shared: Arc<Shared>, jobs: mpsc::Receiver<Job>) -> Self {
        Self {
            shared,
            jobs,
            next: None,
        }
    }

    /// Works until the store closes or the engine fails. Waits in `runtime`, which is its own.
    pub(super) fn run(mut self, runtime: &Runtime) {
        let shared = Arc::clone(&self.shared);
        let alarm = Alarm(&shared);
        while let Some(job) = self.next.take().or_else(|| self.wait(runtime)) {
            let turn = shared.turn();
            match job {
                Job::Commit { batch, reply } => {
                    let group = self.gather(batch, reply);
                    if !shared.commit(group) {
                        break;
                    }
                }
                // A caller that has gone needs no answer.
                Job::Recheck { places, reply } => drop(reply.send(shared.recheck(&places))),
                Job::Close => break,
            }
            drop(turn);
        }
        drop(alarm);
    }

    /// The next job; in a quiet moment, settles the engine. `None` when the store closes or settling fails.
    fn wait(&mut self, runtime: &Runtime) -> Option<Job> {
        loop {
            let job = runtime.block_on(async { timeout(QUIET, self.jobs.recv()).await });
            if let Ok(job) = job {
                return job;
            }
            let _turn = self.shared.turn();
            if self.shared.kv.settle().is_err() {
                self.shared.stop();
                return None;
            }
        }
    }

    /// Takes what waits, up to the bounds of a group. Never waits for more.
    fn gather(&mut self, batch: Batch, reply: oneshot::Sender<Answer>) -> Group {
        let mut group = self.shared.group(batch, reply);
        while group.answers.len() < GROUP_COMMIT_MAX {
            match self.jobs.try_recv() {
                Ok(Job::Commit { batch, reply }) if group.has_room(&batch) => {
                    self.shared.admit(&mut group, batch, reply);
                }
                other => {
                    self.next = other.ok();
                    break;
                }
            }
        }
        group
    }
}

impl Shared {
    /// Commits `batch` on the caller's thread when nobody else is committing; else gives it back. It waits for the disk.
    pub(super) fn commit_here(&self, batch: Batch) -> Result<Answer, Batch> {
        let Ok(_turn) = self.turn.try_lock() else {
            return Err(batch);
        };
        let _alarm = Alarm(self);
        let (reply, mut answer) = oneshot::channel();
        let group = self.group(batch, reply);
        self.commit(group);
        Ok(answer.try_recv().unwrap_or_else(|_| Err(stopped())))
    }

    /// The right to commit.
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A group that begins with `batch`.
    fn group(&self, batch: Batch, reply: oneshot::Sender<Answer>) -> Group {
        let mut group = Group {
            number: self.index().end().entry + 1,
            feed_bytes: entry_bytes_max(0),
            ..Group::default()
        };
        self.admit(&mut group, batch, reply);
        group
    }

    /// Adds a batch to the group, or notes why it cannot be.
    fn admit(&self, group: &mut Group, batch: Batch, reply: oneshot::Sender<Answer>) {
        let answer = match self.standings(group, &batch.changes) {
            Ok(before) => Ok(group.add(batch, before)),
            Err(refusal) => Err(refusal),
        };
        group.answers.push((reply, answer));
    }

    /// Where each record of a batch stands before its change, when every change was decided on that.
    fn standings(&self, group: &Group, changes: &[Prepared]) -> Result<Vec<Standing>, StoreError> {
        let mut before: Vec<Standing> = Vec::with_capacity(changes.len());
        for (place, change) in changes.iter().enumerate() {
            let earlier = changes[..place]
                .iter()
                .rposition(|other| other.id == change.id);
            let standing = match (earlier, group.standings.get(&change.id)) {
                (Some(earlier), _) => changes[earlier].standing(before[earlier], group.number),
                (None, Some(standing)) => *standing,
                (None, None) => self.standing(change.id)?,
            };
            if standing.revision() != change.expected {
                return Err(StoreError::Conflict { id: change.id });
            }
            before.push(standing);
        }
        Ok(before)
    }

    fn standing(&self, id: RecordId) -> Result<Standing, StoreError> {
        {
            let index = self.index();
            if let Some(entry) = index.get(id) {
                return Ok(Standing::Open(entry.since, entry.revision));
            }
            if index.is_unreadable(id) {
                return Err(StoreError::Conflict { id });
            }
        }
        let value = self.read(&keys::closed(id))?;
        value.map_or(Ok(Standing::Absent), |value| {
            let envelope = decode_envelope(&value).map_err(corrupt("the record", Some(id)))?;
            Ok(Standing::Closed(envelope.revision))
        })
    }

    /// Commits the group and answers. Says whether the writer may go on.
    fn commit(&self, mut group: Group) -> bool {
        if group.members.is_empty() {
            group.answer();
            return true;
        }
        let members = group.members.iter().map(Vec::as_slice);
        let entry = encode_entry(group.number, group.kind, members);
        group
            .writes
            .push(Write::put(keys::entry(group.number), entry));
        if !group.reopened.is_empty() {
            self.index_mut().reopen(&group.reopened);
        }
        let watch = Stopwatch::start();
        match self.kv.commit(&group.writes) {
            Ok(()) => {
                if let Some(observer) = self.observer.get() {
                    observer(group.members.len(), watch.elapsed());
                }
                self.apply(std::mem::take(&mut group.index), group.end());
                group.answer();
                true
            }
            Err(KvError::TooLarge { what, max, .. }) => {
                group.refuse(|| StoreError::TooLarge { what, max });
                true
            }
            Err(error) => {
                self.stop();
                let error = Arc::new(error);
                group.refuse(|| StoreError::Unavailable {
                    doing: "committing",
                    source: Box::new(Arc::clone(&error)),
                });
                false
            }
        }
    }

    /// Compares records with the index while nothing else can change either, and puts the index right.
    fn recheck(&self, places: &[(u64, RecordId)]) -> Result<Vec<RecordId>, StoreError> {
        let mut differed = Vec::new();
        for &(seen, id) in places {
            // It may have moved since it was seen.
            let since = self.index().since(id).unwrap_or(seen);
            let value = self.read(&keys::open(since, id))?;
            let entry = value
                .map(|value| read_entry((since, id), &value))
                .transpose();
            let mut index = self.index_mut();
            match entry {
                Ok(entry) if index.get(id) == entry.as_ref() && !index.is_unreadable(id) => {
                    continue;
                }
                Ok(entry) => {
                    tracing::warn!(record.id = %id, "Index of record {id} was wrong: repaired");
                    index.put(id, entry);
                }
                Err(error) => {
                    if !index.quarantine_at(id, Some(since)) {
                        continue;
                    }
                    tracing::error!(record.id = %id, %error, "Record {id} cannot be read: set apart");
                }
            }
            differed.push(id);
        }
        Ok(differed)
    }
}

impl Prepared {
    /// Where its record will stand, after it stood as `before`, once feed entry `number` is written.
    fn standing(&self, before: Standing, number: u64) -> Standing {
        let revision = self.entry.revision;
        match before {
            _ if !self.entry.keys.open => Standing::Closed(revision),
            Standing::Open(since, _) => Standing::Open(since, revision),
            Standing::Absent | Standing::Closed(_) => Standing::Open(number, revision),
        }
    }
}

impl Group {
    fn has_room(&self, batch: &Batch) -> bool {
        self.feed_bytes + batch.feed_bytes <= FEED_ENTRY_BYTES_MAX
            && self.record_bytes + batch.record_bytes <= GROUP_BYTES_MAX
    }

    /// The feed's end once the group is committed.
    fn end(&self) -> Cursor {
        Cursor {
            entry: self.number,
            events: self.events,
        }
    }

    /// Adds a batch whose records stand as `before`.
    fn add(&mut self, batch: Batch, before: Vec<Standing>) -> Committed {
        let Batch {
            changes,
            feed_bytes,
            record_bytes,
        } = batch;
        self.feed_bytes += feed_bytes;
        self.record_bytes += record_bytes;
        let mut revisions = Vec::with_capacity(changes.len());
        for (change, before) in changes.into_iter().zip(before) {
            revisions.push(change.entry.revision);
            self.kind = self.kind.max(change.entry.keys.kind);
            self.stamp(change, before);
        }
        Committed {
            revisions,
            cursor: self.end(),
        }
    }

    fn stamp(&mut self, change: Prepared, before: Standing) {
        let standing = change.standing(before, self.number);
        let Prepared {
            id,
            expected: _,
            mut entry,
            mut entries,
            body,
            member,
            events,
        } = change;
        if entries.last() != Some(&self.number) {
            entries.push(self.number);
        }
        match (before, standing) {
            (Standing::Open(since, _), Standing::Closed(_)) => {
                self.writes.push(Write::delete(keys::open(since, id)));
            }
            (Standing::Closed(_), Standing::Open(since, _)) => {
                self.writes.push(Write::delete(keys::closed(id)));
                self.reopened.push((id, since));
            }
            _ => {}
        }
        let key = match standing {
            Standing::Open(since, _) => {
                entry.since = since;
                keys::open(since, id)
            }
            Standing::Absent | Standing::Closed(_) => {
                let ended = keys::ended(entry.keys.deadline, id);
                self.writes.push(Write::put(ended, Vec::new()));
                keys::closed(id)
            }
        };
        let value = encode_envelope(entry.keys.kind, entry.revision, &entries, &body);
        self.writes.push(Write::put(key, value));
        self.members.push(member);
        self.events = self.events.saturating_add(events);
        self.standings.insert(id, standing);
        self.index.push((id, entry.keys.open.then_some(entry)));
    }

    /// Gives everybody their answer.
    fn answer(self) {
        for (reply, answer) in self.answers {
            // A caller that has gone needs no answer.
            drop(reply.send(answer));
        }
    }

    /// Gives everybody whose commit would have been made this error instead.
    fn refuse(self, error: impl Fn() -> StoreError) {
        for (reply, answer) in self.answers {
            drop(reply.send(answer.and_then(|_| Err(error()))));
        }
    }
}

/// Stops the store should the writer panic.
struct Alarm<'a>(&'a Shared);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}
