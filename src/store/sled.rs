//! The second engine: sled 0.34.7, made to survive a power cut by a recipe around it.
//!
//! sled's own `flush()` gives the bytes to the operating system, not to the disk. So each commit is one
//! batch to one tree, a flush, and then a sync of sled's log by a descriptor of our own. sled's
//! background flusher is off, because its segment collector reuses segments between syncs. Before
//! opening, half-written snapshots go (one blocks every later open), and the snapshot gets a second name,
//! since sled removes it before the name of its successor is on the disk; after opening, every file and
//! folder is synced, since opening writes too. Values stay so small beside a segment that sled never
//! puts them into separate files, which it would not sync. `ARCHITECTURE.md` has the figures.

use super::kv::{
    Condition, Folder, Guarded, KeyRange, KeyValue, KvError, Order, Settings, VALUE_BYTES_MAX,
    Visit, Write, caught, sync_folder,
};
use ::sled::{Batch, Config, Db, Error};
use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

const FOLDER: &str = "usher.sled";
const OPENING: &str = "opening the store";
const COMMITTING: &str = "committing";

/// What the names of sled's snapshots begin with, and those that we keep of them while sled opens.
const SNAPSHOT: &str = "snap.";
const KEPT: &str = "kept.";

const SEGMENT_BYTES: usize = 8 * 1_024 * 1_024;
const _: () = assert!(
    16 * VALUE_BYTES_MAX < SEGMENT_BYTES / 4,
    "a full node of the largest values must fit in the log, or sled writes it to an unsynced file"
);

/// How often, and how many times, the log is tried while threads of a closed sled still hold it.
const RELEASE_WAIT: Duration = Duration::from_millis(10);
const RELEASE_TRIES_MAX: u32 = 500;

/// The engine.
pub struct Sled {
    tree: Db,
    log: File,
    files: Files,
    /// Scans read and commits write it: sled's own scans see commits that end while they run.
    moment: RwLock<()>,
    _folder: Folder,
}

impl Sled {
    /// Opens the store in `folder`, making it if the folder is empty or absent.
    ///
    /// # Errors
    /// [`KvError::InUse`], [`KvError::Foreign`], or what sled reports.
    pub fn open(folder: &Path, settings: Settings) -> Result<Guarded<Self>, KvError> {
        Self::open_or(folder, settings, |unfinished| {
            drop(open_at(unfinished, settings)?);
            Files::of(unfinished)
                .sync_if_changed()
                .map_err(|error| KvError::of_io(OPENING, error))
        })
    }

    /// Opens the store in `folder`, which must have one.
    ///
    /// # Errors
    /// [`KvError::Absent`] when it has none; else as [`Sled::open`].
    pub fn open_made(folder: &Path, settings: Settings) -> Result<Guarded<Self>, KvError> {
        Folder::must_be_made(folder)?;
        Self::open_or(folder, settings, |_| Err(KvError::Absent))
    }

    fn open_or(
        folder: &Path,
        settings: Settings,
        make: impl FnOnce(&Path) -> Result<(), KvError>,
    ) -> Result<Guarded<Self>, KvError> {
        caught(OPENING, || {
            let folder = Folder::hold(folder)?;
            let place = folder.place(FOLDER, make)?;
            let (tree, log, files) = open_at(&place, settings)?;
            Ok(Guarded::new(Self {
                tree,
                log,
                files,
                moment: RwLock::default(),
                _folder: folder,
            }))
        })
    }
}

impl KeyValue for Sled {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        let value = self.tree.get(key).map_err(failed("reading a record"))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        range: KeyRange<'_>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), KvError> {
        let _moment = self.moment.read().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.tree.range::<&[u8], _>(range);
        while let Some(entry) = match order {
            Order::Ascending => entries.next(),
            Order::Descending => entries.next_back(),
        } {
            let (key, value) = entry.map_err(failed("reading records in order"))?;
            if visit(&key, &value) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, writes: &[Write]) -> Result<(), KvError> {
        let mut batch = Batch::default();
        for Write { key, value } in writes {
            match value {
                Some(value) => batch.insert(key.as_slice(), value.as_slice()),
                None => batch.remove(key.as_slice()),
            }
        }
        let applied = {
            let _moment = self.moment.write().unwrap_or_else(PoisonError::into_inner);
            self.tree.apply_batch(batch)
        };
        applied.map_err(failed(COMMITTING))?;
        self.tree.flush().map_err(failed(COMMITTING))?;
        self.log
            .sync_data()
            .and_then(|()| self.files.sync_if_changed())
            .map_err(|error| KvError::of_io(COMMITTING, error))
    }

    /// sled checks each page as it reads it from its log, so a check is a reading of everything.
    fn check(&mut self) -> Result<Condition, KvError> {
        let everything = (Bound::Unbounded, Bound::Unbounded);
        self.scan(everything, Order::Ascending, &mut |_, _| {
            ControlFlow::Continue(())
        })?;
        Ok(Condition::Sound)
    }
}

/// Opens sled at `path` and makes durable what opening wrote.
fn open_at(path: &Path, settings: Settings) -> Result<(Db, File, Files), KvError> {
    let io_failed = |error| KvError::of_io(OPENING, error);
    let files = Files::of(path);
    files.remove_half_written().map_err(io_failed)?;
    files.wait_for_release()?;
    files.keep_snapshot().map_err(io_failed)?;
    let tree = Config::default()
        .path(path)
        .segment_size(SEGMENT_BYTES)
        .cache_capacity(settings.cache_bytes_bounded() as u64)
        .flush_every_ms(None)
        .open()
        .map_err(failed(OPENING))?;
    tree.flush().map_err(failed(OPENING))?;
    files.sync_if_changed().map_err(io_failed)?;
    files.drop_kept().map_err(io_failed)?;
    let log = read_write(&files.log()).map_err(io_failed)?;
    Ok((tree, log, files))
}

/// sled's files: its log `db`, `conf`, snapshots, and values of their own in `blobs`.
struct Files {
    root: PathBuf,
    synced: Mutex<BTreeSet<PathBuf>>,
}

impl Files {
    fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            synced: Mutex::default(),
        }
    }

    fn log(&self) -> PathBuf {
        self.root.join("db")
    }

    /// Removes snapshots whose writing was cut off.
    fn remove_half_written(&self) -> io::Result<()> {
        for name in self.names_after(SNAPSHOT)? {
            if name.ends_with(".generating") {
                std::fs::remove_file(self.root.join(format!("{SNAPSHOT}{name}")))?;
            }
        }
        Ok(())
    }

    /// Gives the snapshot a second name, durably; or its first name back, where a cut left only the second.
    fn keep_snapshot(&self) -> io::Result<()> {
        let place = |prefix: &str, name: &str| self.root.join(format!("{prefix}{name}"));
        let snapshots = self.names_after(SNAPSHOT)?;
        if snapshots.is_empty() {
            if let Some(name) = self.names_after(KEPT)?.last() {
                std::fs::hard_link(place(KEPT, name), place(SNAPSHOT, name))?;
            }
        } else {
            self.drop_kept()?;
            for name in &snapshots {
                std::fs::hard_link(place(SNAPSHOT, name), place(KEPT, name))?;
            }
        }
        if self.root.is_dir() {
            sync_folder(&self.root)?;
        }
        Ok(())
    }

    fn drop_kept(&self) -> io::Result<()> {
        for name in self.names_after(KEPT)? {
            std::fs::remove_file(self.root.join(format!("{KEPT}{name}")))?;
        }
        Ok(())
    }

    /// The rest of the names that begin with `prefix`, in order.
    fn names_after(&self, prefix: &str) -> io::Result<Vec<String>> {
        let rest = |path: PathBuf| {
            path.file_name()?
                .to_str()?
                .strip_prefix(prefix)
                .map(str::to_owned)
        };
        Ok(names_in(&self.root)?.into_iter().filter_map(rest).collect())
    }

    /// Waits until the threads of a sled that this process has just closed let go of the log. Another
    /// process cannot have it: the folder is ours.
    fn wait_for_release(&self) -> Result<(), KvError> {
        if !self.log().exists() {
            return Ok(());
        }
        let log = read_write(&self.log()).map_err(|error| KvError::of_io(OPENING, error))?;
        for _ in 0..RELEASE_TRIES_MAX {
            if log.try_lock().is_ok() {
                return Ok(());
            }
            std::thread::sleep(RELEASE_WAIT);
        }
        Err(KvError::InUse)
    }

    /// Syncs every file and folder when there are other names than at the last sync.
    fn sync_if_changed(&self) -> io::Result<()> {
        let mut synced = self.synced.lock().unwrap_or_else(PoisonError::into_inner);
        let blobs = self.root.join("blobs");
        let mut present = names_in(&self.root)?;
        present.extend(names_in(&blobs)?);
        if *synced != present {
            for file in present.iter().filter(|path| path.is_file()) {
                File::open(file)?.sync_all()?;
            }
            sync_folder(&blobs)?;
            sync_folder(&self.root)?;
            *synced = present;
        }
        Ok(())
    }
}

fn names_in(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    match folder.read_dir() {
        Ok(entries) => entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeSet::new()),
        Err(error) => Err(error),
    }
}

fn read_write(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).open(path)
}

/// Sorts what sled reports by what the caller can do.
fn failed(doing: &'static str) -> impl Fn(Error) -> KvError {
    move |error| match error {
        Error::Io(error) => KvError::of_io(doing, error),
        Error::Unsupported(_) => KvError::Unavailable {
            doing,
            source: error.into(),
        },
        Error::Corruption { .. } | Error::ReportableBug(_) | Error::CollectionNotFound(_) => {
            KvError::Corrupt {
                doing,
                source: error.into(),
            }
        }
    }
}
