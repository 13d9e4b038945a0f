//! What an embedded engine must do, and no more: open durably, read, scan, commit a batch durably.
//!
//! It guarantees that an acknowledged commit is whole after a power cut and an unacknowledged one is
//! whole or absent, and that after a commit that failed nothing is served until the store is opened
//! again. It does not know what the bytes mean, compare revisions, group commits, or checksum values:
//! engines do not verify their pages on every read (redb #1334), so the record above carries its own
//! checksum. An engine is held to the contract by `tests/it/store/`.

mod folder;
mod guarded;

pub use guarded::Guarded;

pub(super) use folder::Folder;
#[cfg(feature = "sled")]
pub(super) use folder::sync_folder;
pub(super) use guarded::caught;

use std::ops::{Bound, ControlFlow};
use thiserror::Error;
use usher_domain::limits;

/// One value, in bytes: the largest record or feed entry.
pub const VALUE_BYTES_MAX: usize = limits::RECORD_BYTES_MAX;
/// One key, in bytes: an id of 16 bytes with a prefix is far below; a B-tree page still holds several.
pub const KEY_BYTES_MAX: usize = 256;

const _: () = assert!(
    limits::FEED_ENTRY_BYTES_MAX <= VALUE_BYTES_MAX,
    "a feed entry is a value and must fit"
);

/// Whatever the engine, the disk or the operating system reported.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Keys from one bound to another. A range that ends before it starts is empty.
pub type KeyRange<'a> = (Bound<&'a [u8]>, Bound<&'a [u8]>);

/// Sees each entry of a scan, key then value, and says whether to go on.
pub type Visit<'a> = dyn FnMut(&[u8], &[u8]) -> ControlFlow<()> + 'a;

/// The whole of an engine: a sorted map of bytes that survives a power cut.
pub trait KeyValue: Send + Sync + 'static {
    /// Returns the value of `key`, or `None` when there is none.
    ///
    /// # Errors
    /// [`KvError::Stopped`] after a failed commit, else what the engine reports.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError>;

    /// Shows `visit` every entry whose key is in `range`, in `order` of keys (bytes, unsigned), until it
    /// breaks. All entries belong to one moment between commits. `visit` must not call the engine.
    ///
    /// # Errors
    /// As [`KeyValue::read`]; what was visited before the error is to be thrown away.
    fn scan(&self, range: KeyRange<'_>, order: Order, visit: &mut Visit<'_>)
    -> Result<(), KvError>;

    /// Applies every write, in order, or none, and returns when they are on the disk for good.
    ///
    /// # Errors
    /// [`KvError::TooLarge`] refuses the batch and changes nothing. After any other error the outcome is
    /// unknown until the store is opened again, so the engine stops: nothing is retried, and every later
    /// call gives [`KvError::Stopped`].
    fn commit(&self, writes: &[Write]) -> Result<(), KvError>;

    /// For a quiet moment: makes durable what only lets a crashed store open faster, if earlier commits left it out.
    ///
    /// # Errors
    /// As of a commit, and it stops the engine as a commit does.
    fn settle(&self) -> Result<(), KvError> {
        Ok(())
    }

    /// Reads every page from the disk and proves the engine's own checksums. Slow; for `usher store
    /// verify`, on a store that serves nobody.
    ///
    /// # Errors
    /// [`KvError::Corrupt`] when the store cannot be trusted: restore it from a backup. After any error
    /// the engine stops, as after a failed commit.
    fn check(&mut self) -> Result<Condition, KvError>;
}

/// One change of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Up to [`KEY_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
    /// Up to [`VALUE_BYTES_MAX`] bytes, or `None` to delete the key, which need not exist.
    pub value: Option<Vec<u8>>,
}

impl Write {
    /// Sets `key` to `value`.
    pub fn put(key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            value: Some(value.into()),
        }
    }

    /// Deletes `key`.
    pub fn delete(key: impl Into<Vec<u8>>) -> Self {
        Self {
            key: key.into(),
            value: None,
        }
    }

    fn fits(&self) -> Result<(), KvError> {
        within("key", self.key.len(), KEY_BYTES_MAX)?;
        within(
            "value",
            self.value.as_ref().map_or(0, Vec::len),
            VALUE_BYTES_MAX,
        )
    }
}

fn within(what: &'static str, bytes: usize, max: usize) -> Result<(), KvError> {
    if bytes > max {
        Err(KvError::TooLarge { what, bytes, max })
    } else {
        Ok(())
    }
}

/// Which end of the range a scan starts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// What [`KeyValue::check`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Every page is as it was written.
    Sound,
    /// The records are as they were written; the engine's book-keeping was not, and has been rebuilt.
    Repaired,
}

/// What an operator may choose about an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Memory for pages, in bytes; kept within [`Settings::CACHE_BYTES_MIN`] and
    /// [`Settings::CACHE_BYTES_MAX`].
    pub cache_bytes: usize,
}

impl Settings {
    /// Holds the open enquiries of a large court list twice over.
    pub const CACHE_BYTES_DEFAULT: usize = 128 * 1_024 * 1_024;
    /// Below this every commit reads its pages back from the disk.
    pub const CACHE_BYTES_MIN: usize = 4 * 1_024 * 1_024;
    /// Above this the operating system's own cache does better.
    pub const CACHE_BYTES_MAX: usize = 16 * 1_024 * 1_024 * 1_024;

    pub(super) fn cache_bytes_bounded(self) -> usize {
        self.cache_bytes
            .clamp(Self::CACHE_BYTES_MIN, Self::CACHE_BYTES_MAX)
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            cache_bytes: Self::CACHE_BYTES_DEFAULT,
        }
    }
}

/// Why an engine refused, by what the caller can do about it.
#[derive(Debug, Error)]
pub enum KvError {
    /// Another process, or another part of this one, has the folder.
    #[error("another usher has this store open: stop it, or give this one another folder")]
    InUse,
    /// The folder is neither empty nor a store of this engine, so no new store is made in it.
    #[error(
        "the store's folder has no {wanted} but has {found}: choose the engine that made it, or an empty folder"
    )]
    Foreign {
        /// The file or folder that this engine keeps its data in.
        wanted: &'static str,
        /// The first thing found in its place.
        found: String,
    },
    /// A store was made in the folder, and its data has gone.
    #[error(
        "the store's data {made} has gone: restore it from a backup; only if this store may begin empty, remove {mark}",
        mark = mark.display()
    )]
    Lost {
        /// What the data was called.
        made: String,
        /// The file that says so.
        mark: std::path::PathBuf,
    },
    /// No store was made in the folder, and none is wanted now.
    #[error("the folder has no store of this engine")]
    Absent,
    /// A bound of the contract: the batch was refused and nothing changed.
    #[error("a {what} of {bytes} bytes is above the bound of {max}: nothing was stored")]
    TooLarge {
        /// `key` or `value`.
        what: &'static str,
        /// Its length.
        bytes: usize,
        /// [`KEY_BYTES_MAX`] or [`VALUE_BYTES_MAX`].
        max: usize,
    },
    /// No room is left.
    #[error("the store's disk is full (while {doing}): make room, then start usher again")]
    Full {
        /// What the engine was at.
        doing: &'static str,
        /// The report.
        source: BoxError,
    },
    /// The disk or the operating system failed.
    #[error("the store cannot be reached (while {doing}): mend the disk, then start usher again")]
    Unavailable {
        /// What the engine was at.
        doing: &'static str,
        /// The report.
        source: BoxError,
    },
    /// The bytes on the disk are not those that were written.
    #[error("the store is damaged (found while {doing}): run `usher store verify`, then restore")]
    Corrupt {
        /// What the engine was at.
        doing: &'static str,
        /// The report.
        source: BoxError,
    },
    /// An earlier commit failed, and what is on the disk is unknown until the store is opened again.
    #[error("the store has stopped because a commit failed: start usher again")]
    Stopped,
}

impl KvError {
    /// Sorts a failure of the operating system.
    pub(super) fn of_io(doing: &'static str, error: std::io::Error) -> Self {
        use std::io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::Full {
                doing,
                source: error.into(),
            },
            _ => Self::Unavailable {
                doing,
                source: error.into(),
            },
        }
    }
}

/// True when no key can be in `range`. Engines disagree on such ranges, some by panicking.
fn holds_nothing(range: KeyRange<'_>) -> bool {
    use Bound::{Excluded, Included, Unbounded};
    match range {
        (Unbounded, _) | (_, Unbounded) => false,
        (Included(start), Included(end)) => start > end,
        (Included(start) | Excluded(start), Excluded(end)) | (Excluded(start), Included(end)) => {
            start >= end
        }
    }
}
