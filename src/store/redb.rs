//! The default engine: redb, one file, one table.
//!
//! A commit is written beside the state before it, synced, and made current by a second sync (two
//! phases), so a cut leaves the one or the other. Quick repair writes the map of free pages too, so that
//! opening after a crash takes milliseconds; that costs more the larger the store is, so a small commit
//! leaves it to the next large one or to a quiet moment (`settle`). A crash in between makes opening read
//! the whole store, and loses nothing. One phase would save a sync, but then redb takes any damage to the newest
//! commit for a cut and falls back to the one before, in silence. Its power-cut tests run this very
//! engine on a simulated disk, through [`Redb::on`].

mod overlay;

use super::kv::{
    Condition, Folder, Guarded, KeyRange, KeyValue, KvError, Order, Settings, Visit, Write, caught,
};
use ::redb::{
    Builder, Database, Durability, Error, ReadableDatabase, StorageBackend, TableDefinition,
};
use overlay::Overlay;
use std::fs::File;
use std::io::ErrorKind::InvalidData;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Writes from which a commit bears quick repair: a group under load.
const QUICK_REPAIR_WRITES_MIN: usize = 16;
const FILE: &str = "usher.redb";
const OPENING: &str = "opening the store";
const MAKING: &str = "making the store";
const TABLE: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("records");

/// The engine.
pub struct Redb {
    database: Database,
    /// The newest commit went without quick repair.
    unsettled: AtomicBool,
    _folder: Option<Folder>,
}

impl Redb {
    /// Opens the store in `folder`, making it if the folder is empty or absent.
    ///
    /// # Errors
    /// [`KvError::InUse`], [`KvError::Foreign`], or what redb reports.
    pub fn open(folder: &Path, settings: Settings) -> Result<Guarded<Self>, KvError> {
        Self::open_or(folder, settings, |unfinished| make(unfinished, settings))
    }

    /// Opens the store in `folder`, which must have one.
    ///
    /// # Errors
    /// [`KvError::Absent`] when it has none; else as [`Redb::open`].
    pub fn open_made(folder: &Path, settings: Settings) -> Result<Guarded<Self>, KvError> {
        Folder::must_be_made(folder)?;
        Self::open_or(folder, settings, |_| Err(KvError::Absent))
    }

    /// Opens the store in `folder`, which must have one, for somebody who only reads: no byte of it changes, not even where a crash has
    /// left book-keeping to be repaired. What is committed is lost.
    ///
    /// # Errors
    /// As [`Redb::open_made`].
    pub fn open_to_read(folder: &Path, settings: Settings) -> Result<Guarded<Self>, KvError> {
        Folder::must_be_made(folder)?;
        caught(OPENING, || {
            let folder = Folder::hold(folder)?;
            let place = folder.find(FILE)?.ok_or(KvError::Absent)?;
            let of_io = |error| KvError::of_io(OPENING, error);
            let disk = Overlay::over(&place).map_err(of_io)?;
            if disk.len().map_err(of_io)? == 0 {
                // It would be made anew.
                return Err(failed(OPENING)(Error::Io(InvalidData.into())));
            }
            Ok(Guarded::new(Self::over(disk, settings, Some(folder))?))
        })
    }

    fn open_or(
        folder: &Path,
        settings: Settings,
        make: impl FnOnce(&Path) -> Result<(), KvError>,
    ) -> Result<Guarded<Self>, KvError> {
        caught(OPENING, || {
            let folder = Folder::hold(folder)?;
            let place = folder.place(FILE, make)?;
            let database = builder(settings)
                .open(place)
                .map_err(|error| failed(OPENING)(error.into()))?;
            Ok(Guarded::new(Self {
                database,
                unsettled: AtomicBool::new(false),
                _folder: Some(folder),
            }))
        })
    }

    /// Opens a store on a disk of the caller's, making it if the disk is empty. For tests, whose disks
    /// lose, tear and refuse writes.
    ///
    /// # Errors
    /// What redb reports.
    pub fn on(disk: impl StorageBackend, settings: Settings) -> Result<Guarded<Self>, KvError> {
        caught(OPENING, || {
            Ok(Guarded::new(Self::over(disk, settings, None)?))
        })
    }

    fn over(
        disk: impl StorageBackend,
        settings: Settings,
        folder: Option<Folder>,
    ) -> Result<Self, KvError> {
        let is_new = disk.len().map_err(|error| KvError::of_io(OPENING, error))? == 0;
        let database = builder(settings)
            .create_with_backend(disk)
            .map_err(|error| failed(OPENING)(error.into()))?;
        if is_new {
            write(&database, &[], true).map_err(failed(MAKING))?;
        }
        Ok(Self {
            database,
            unsettled: AtomicBool::new(false),
            _folder: folder,
        })
    }
}

fn make(unfinished: &Path, settings: Settings) -> Result<(), KvError> {
    let database = builder(settings)
        .create(unfinished)
        .map_err(|error| failed(MAKING)(error.into()))?;
    write(&database, &[], true).map_err(failed(MAKING))?;
    drop(database);
    File::open(unfinished)
        .and_then(|file| file.sync_all())
        .map_err(|error| KvError::of_io(MAKING, error))
}

impl KeyValue for Redb {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        read(&self.database, key).map_err(failed("reading a record"))
    }

    fn scan(
        &self,
        range: KeyRange<'_>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), KvError> {
        scan(&self.database, range, order, visit).map_err(failed("reading records in order"))
    }

    fn commit(&self, writes: &[Write]) -> Result<(), KvError> {
        let quick_repair = writes.len() >= QUICK_REPAIR_WRITES_MIN;
        self.unsettled.store(!quick_repair, Ordering::Relaxed);
        write(&self.database, writes, quick_repair).map_err(failed("committing"))
    }

    fn settle(&self) -> Result<(), KvError> {
        if self.unsettled.swap(false, Ordering::Relaxed) {
            write(&self.database, &[], true).map_err(failed("settling"))?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<Condition, KvError> {
        match self.database.check_integrity() {
            Ok(true) => Ok(Condition::Sound),
            Ok(false) => Ok(Condition::Repaired),
            Err(error) => Err(failed("checking the store")(error.into())),
        }
    }
}

fn read(database: &Database, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    let table = database.begin_read()?.open_table(TABLE)?;
    Ok(table.get_owned(key)?.map(|value| value.value().to_vec()))
}

fn scan(
    database: &Database,
    range: KeyRange<'_>,
    order: Order,
    visit: &mut Visit<'_>,
) -> Result<(), Error> {
    let table = database.begin_read()?.open_table(TABLE)?;
    let mut entries = table.range_owned::<&[u8]>(range)?;
    while let Some(entry) = match order {
        Order::Ascending => entries.next(),
        Order::Descending => entries.next_back(),
    } {
        let (key, value) = entry?;
        if visit(key.value(), value.value()) == ControlFlow::Break(()) {
            break;
        }
    }
    Ok(())
}

/// Also makes the table, if there is none.
fn write(database: &Database, writes: &[Write], quick_repair: bool) -> Result<(), Error> {
    let mut transaction = database.begin_write()?;
    transaction.set_durability(Durability::Immediate)?;
    transaction.set_two_phase_commit(true);
    transaction.set_quick_repair(quick_repair);
    {
        let mut table = transaction.open_table(TABLE)?;
        for Write { key, value } in writes {
            match value {
                Some(value) => table.insert(key.as_slice(), value.as_slice())?,
                None => table.remove(key.as_slice())?,
            };
        }
    }
    Ok(transaction.commit()?)
}

fn builder(settings: Settings) -> Builder {
    let mut builder = Database::builder();
    builder.set_cache_size(settings.cache_bytes_bounded());
    builder
}

/// Sorts what redb reports by what the caller can do.
fn failed(doing: &'static str) -> impl Fn(Error) -> KvError {
    move |error| match error {
        // redb says so of a file that is not its own, or whose beginning is damaged.
        Error::Io(error) if error.kind() == InvalidData => KvError::Corrupt {
            doing,
            source: format!("{FILE} is not a file of redb, or its beginning is damaged: {error}")
                .into(),
        },
        Error::Io(error) => KvError::of_io(doing, error),
        Error::DatabaseAlreadyOpen | Error::LockProtocolMismatch => KvError::InUse,
        Error::PreviousIo | Error::DatabaseClosed | Error::Unsupported => KvError::Unavailable {
            doing,
            source: error.into(),
        },
        error => KvError::Corrupt {
            doing,
            source: error.into(),
        },
    }
}
