//! Whole stores from one place to another: between engines, into a backup's file and out of it.
//!
//! What travels is the feed, in order and as it is, and each record together with the feed entry that told of it last. So every part
//! that has arrived is whole by itself, and an interrupted transfer goes on where the target's feed ends. When everything is there both
//! sides are read and compared, event by event and record by record; only a target that is equal is marked as a store, and nobody opens
//! it before. The source is read and nothing else. What is damaged in it, missing, or told of by no event ends the transfer.

mod database;
mod file;
mod folder;

pub use database::{FromDatabase, IntoDatabase};
pub use file::{FromFile, IntoFile};
pub use folder::{FromFolder, IntoFolder};

use super::Record;
use super::StoreError;
use super::kv::KvError;
use super::postgres::ConnectError;
use super::record::{Envelope, RecordError, decode_body, decode_entry, decode_envelope};
use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256, digest};
use std::collections::BTreeSet;
use std::path::PathBuf;
use usher_domain::id::RecordId;

/// Feed entries of one part, at most.
const PART_ENTRIES_MAX: usize = 256;
/// Feed bytes of one part, about: the records that come with them are some ten times as much.
const PART_BYTES: usize = 256 * 1_024;

/// Some feed entries, and every record whose last event is in one of them.
#[derive(Debug, Default)]
pub struct Part {
    /// Number and bytes, in order.
    pub entries: Vec<(u64, Vec<u8>)>,
    /// Envelopes, each with its feed entries.
    pub records: Vec<(RecordId, Vec<u8>)>,
}

/// Why a transfer ended early.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// A broker is there.
    #[error(
        "brokers run on this database ({count} of them): stop them first; one that was killed is forgotten after a few seconds"
    )]
    Running {
        /// How many.
        count: u64,
    },
    /// The source went on.
    #[error("the source has changed meanwhile: stop whoever writes to it, then run this again")]
    Changed,
    /// The target is no copy of the source.
    #[error("the target holds something else: give an empty one, or the one of an earlier try")]
    Foreign,
    /// The source was not filled to its end.
    #[error("the source is itself only half filled: end that transfer first")]
    Unfinished,
    /// Bytes are not what they should be.
    #[error("{what} cannot be read: `usher store verify` says more")]
    Damaged {
        /// What.
        what: String,
        /// Why not.
        source: RecordError,
    },
    /// Something is not there.
    #[error("{what}: `usher store verify` says more")]
    Incomplete {
        /// What.
        what: String,
    },
    /// The target is not what the source is.
    #[error(
        "the target holds other than the source, {target_has} and not {source_has}: begin anew with an empty one"
    )]
    Differs {
        /// What the source has.
        source_has: Box<Tally>,
        /// What the target has.
        target_has: Box<Tally>,
    },
    /// What has arrived cannot be read, or is not all there.
    #[error("what has arrived in the target is not whole: begin anew with an empty one")]
    Spoilt(#[source] Box<TransferError>),
    /// The file is no backup, or not whole.
    #[error("{path} {problem}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },
    /// The system refuses.
    #[error("cannot read or write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// An embedded engine refuses.
    #[error(transparent)]
    Engine(#[from] KvError),
    /// The database refuses.
    #[error(transparent)]
    Database(#[from] ConnectError),
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where a store comes from.
#[async_trait]
pub trait Source: Send {
    /// The number of its last feed entry.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn end(&mut self) -> Result<u64, TransferError>;

    /// The next part after feed entry `after`; `None` at the end. Asked for in order.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn part(&mut self, after: u64) -> Result<Option<Part>, TransferError>;

    /// How many records it has, also such as no feed entry tells of; `None` where there is no knowing.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn records(&mut self) -> Result<Option<u64>, TransferError> {
        Ok(None)
    }

    /// Whether it is still as it was.
    ///
    /// # Errors
    /// [`TransferError::Changed`].
    async fn unchanged(&mut self) -> Result<(), TransferError> {
        Ok(())
    }
}

/// Where a store goes.
#[async_trait]
pub trait Target: Send {
    /// What it holds already: number and bytes of the last feed entry.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError>;

    /// Takes a part, whole or not at all.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn put(&mut self, part: Part) -> Result<(), TransferError>;

    /// Everything has been put: reads what it now holds.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError>;

    /// Marks it as a store: everything is there, and has been compared.
    ///
    /// # Errors
    /// [`TransferError`].
    async fn finish(&mut self) -> Result<(), TransferError>;
}

/// How much a store holds, and what it comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Feed entries.
    pub entries: u64,
    /// Enquiries.
    pub records: u64,
    /// SHA-256 over the feed, in order.
    pub feed_sha256: String,
    /// The sum of what SHA-256 says of each record: whatever their order.
    pub records_sum: u128,
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            entries,
            records,
            feed_sha256,
            records_sum,
        } = self;
        write!(
            f,
            "{records} records (sum {records_sum:032x}) and {entries} feed entries (SHA-256 {feed_sha256})"
        )
    }
}

/// Is told how many feed entries of how many have been done, in which of the three rounds.
pub type Progress<'a> = dyn FnMut(Round, u64, u64) + Send + 'a;

/// What a transfer is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// Carrying over.
    Copying,
    /// Reading the source again, to compare.
    ReadingSource,
    /// Reading the target.
    ReadingTarget,
}

/// Carries everything that `target` lacks, compares both, and answers with what both hold.
///
/// # Errors
/// [`TransferError`]; what has arrived by then stays, and the next try goes on there.
pub async fn run(
    source: &mut dyn Source,
    mut target: Box<dyn Target>,
    progress: &mut Progress<'_>,
) -> Result<Tally, TransferError> {
    let end = source.end().await?;
    let mut done = 0;
    if let Some((number, bytes)) = target.last().await? {
        // The entry before it is where the part with it begins.
        let there = source.part(number.saturating_sub(1)).await?;
        let there = there.and_then(|part| part.entries.into_iter().next());
        if there != Some((number, bytes)) {
            return Err(TransferError::Foreign);
        }
        done = number;
    }
    progress(Round::Copying, done, end);
    while let Some(part) = source.part(done).await? {
        done = follows(&part, done)?;
        target.put(part).await?;
        progress(Round::Copying, done, end);
    }
    let source_has = tally(source, &mut |done| {
        progress(Round::ReadingSource, done, end);
    })
    .await?;
    let mut arrived = target.read().await?;
    let target_has = tally(arrived.as_mut(), &mut |done| {
        progress(Round::ReadingTarget, done, end);
    })
    .await
    .map_err(|error| match error {
        TransferError::Damaged { .. } | TransferError::Incomplete { .. } => {
            TransferError::Spoilt(Box::new(error))
        }
        other => other,
    })?;
    source.unchanged().await?;
    if source_has != target_has {
        return Err(TransferError::Differs {
            source_has: Box::new(source_has),
            target_has: Box::new(target_has),
        });
    }
    target.finish().await?;
    Ok(target_has)
}

/// The number of the last entry of `part`, which must go on after entry `done`: the feed has no gap.
fn follows(part: &Part, done: u64) -> Result<u64, TransferError> {
    part.entries.iter().try_fold(done, |done, (number, _)| {
        if *number == done + 1 {
            return Ok(*number);
        }
        let what = format!("entry {} of the feed is missing", done + 1);
        Err(TransferError::Incomplete { what })
    })
}

/// Reads the whole of `source`.
async fn tally(
    source: &mut dyn Source,
    progress: &mut (dyn FnMut(u64) + Send),
) -> Result<Tally, TransferError> {
    let mut tally = Tally::default();
    let mut feed = Context::new(&SHA256);
    let mut done = 0;
    while let Some(part) = source.part(done).await? {
        for (number, bytes) in &part.entries {
            feed.update(&number.to_be_bytes());
            feed.update(&(bytes.len() as u64).to_be_bytes());
            feed.update(bytes);
            tally.entries += 1;
        }
        done = follows(&part, done)?;
        for (id, envelope) in &part.records {
            let mut whole = id.uuid().as_bytes().to_vec();
            whole.extend_from_slice(envelope);
            let hash = digest(&SHA256, &whole);
            let first = hash.as_ref().first_chunk().copied().unwrap_or_default();
            tally.records_sum = tally.records_sum.wrapping_add(u128::from_be_bytes(first));
            tally.records += 1;
        }
        progress(done);
    }
    if let Some(records) = source.records().await?
        && records != tally.records
    {
        let told = tally.records;
        let what = format!("there are {records} records, and the feed tells of {told}");
        return Err(TransferError::Incomplete { what });
    }
    tally.feed_sha256 = hexadecimal(feed.finish().as_ref());
    Ok(tally)
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A string takes everything.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whose events are in these entries.
fn told_of(entries: &[(u64, Vec<u8>)]) -> Result<BTreeSet<RecordId>, TransferError> {
    let mut ids = BTreeSet::new();
    for (number, bytes) in entries {
        let events = decode_entry(bytes, *number)
            .map_err(|error| damaged(format!("feed entry {number}"), error))?;
        ids.extend(events.into_iter().map(|event| event.record));
    }
    Ok(ids)
}

/// Opens the record that stands under `id`, and proves that it is the one.
fn opened(id: RecordId, envelope: &[u8]) -> Result<(Envelope, Record), TransferError> {
    let open = || {
        let envelope = decode_envelope(envelope)?;
        let record = decode_body(&envelope)?;
        if record.id() == id {
            Ok((envelope, record))
        } else {
            Err(RecordError::Misplaced)
        }
    };
    open().map_err(|error| damaged(format!("record {id}"), error))
}

/// The feed tells of `id`, and there is no record.
fn missing(id: RecordId) -> TransferError {
    let what = format!("the feed tells of record {id}, and it is not there");
    TransferError::Incomplete { what }
}

fn damaged(what: String, source: RecordError) -> TransferError {
    TransferError::Damaged { what, source }
}

/// Takes entries from a run of them until a part is full.
#[derive(Default)]
struct Filling {
    entries: Vec<(u64, Vec<u8>)>,
    bytes: usize,
}

impl Filling {
    fn is_full(&self) -> bool {
        self.entries.len() >= PART_ENTRIES_MAX || self.bytes >= PART_BYTES
    }

    fn push(&mut self, number: u64, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.entries.push((number, bytes));
    }
}
