//! The folder of an embedded store: held by one process, and never with a half-made store in it.
//!
//! A lock file keeps others out (advisory, so on a network file system only as good as its locks). A
//! new store is made under another name, synced, and renamed into place, and only in an empty folder:
//! a changed `store.engine` must not quietly begin an empty store beside the one with the enquiries.
//! A mark stays behind that names the data: data that is lost must not quietly become an empty store.

use super::KvError;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

const LOCK: &str = "lock";
/// Says that a store was made here, and what its data is called.
const MARK: &str = "made";
/// How the data of every engine is called at first.
const DATA: &str = "usher.";
/// The most that is read of it, in bytes: more than any engine's name.
const MARK_BYTES_MAX: u64 = 64;
/// What a file system keeps at its root, which may be the store's folder.
const LOST_AND_FOUND: &str = "lost+found";
const MAKING: &str = "making the store's folder";

/// A folder that nobody else has, until it is dropped.
#[derive(Debug)]
pub(in crate::store) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, readable by its owner only, and keeps others out of it.
    ///
    /// # Errors
    /// [`KvError::InUse`] when somebody has it.
    pub(in crate::store) fn hold(path: &Path) -> Result<Self, KvError> {
        make_durably(path).map_err(|error| KvError::of_io(MAKING, error))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path.join(LOCK))
            .map_err(|error| KvError::of_io("opening the store's lock file", error))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(TryLockError::WouldBlock) => Err(KvError::InUse),
            Err(TryLockError::Error(error)) => {
                Err(KvError::of_io("locking the store's folder", error))
            }
        }
    }

    /// Fails unless a store of any engine was made in `path`. Looks, and touches nothing.
    ///
    /// # Errors
    /// [`KvError::Absent`] when none was; else what kept it from looking.
    pub(in crate::store) fn must_be_made(path: &Path) -> Result<(), KvError> {
        let is_ours = |name: &str| name == MARK || name.starts_with(DATA);
        let entries = match path.read_dir() {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(KvError::Absent),
            Err(error) => return Err(KvError::of_io("looking into the store's folder", error)),
        };
        let mut names = entries.flatten().map(|entry| entry.file_name());
        let made = names.any(|name| name.to_str().is_some_and(is_ours));
        made.then_some(()).ok_or(KvError::Absent)
    }

    /// Returns where the engine's data called `name` is, after having `make` make it at the path it is
    /// given if this is a new store. What `make` left must be synced when it returns; when it refuses, nothing changes.
    ///
    /// # Errors
    /// [`KvError::Foreign`] when something else is here instead, [`KvError::Lost`] when what was here has gone.
    pub(in crate::store) fn place(
        &self,
        name: &'static str,
        make: impl FnOnce(&Path) -> Result<(), KvError>,
    ) -> Result<PathBuf, KvError> {
        let place = self.path.join(name);
        if self.find(name)?.is_none() {
            let unfinished = self.path.join(format!("{name}.new"));
            self.clear(name, &unfinished)?;
            make(&unfinished)?;
            std::fs::rename(&unfinished, &place)
                .and_then(|()| sync_folder(&self.path))
                .map_err(|error| KvError::of_io(MAKING, error))?;
        }
        if self.mark()?.is_none() {
            self.set_mark(name)
                .map_err(|error| KvError::of_io(MAKING, error))?;
        }
        Ok(place)
    }

    /// Where the engine's data called `name` is, if a store was made here. Looks, and touches nothing.
    ///
    /// # Errors
    /// [`KvError::Foreign`] when something else is here instead, [`KvError::Lost`] when what was here has gone.
    pub(in crate::store) fn find(&self, name: &'static str) -> Result<Option<PathBuf>, KvError> {
        let place = self.path.join(name);
        if place.exists() {
            return Ok(Some(place));
        }
        let Some(made) = self.mark()? else {
            return Ok(None);
        };
        let mark = self.path.join(MARK);
        Err(if self.path.join(&made).exists() {
            KvError::Foreign {
                wanted: name,
                found: made,
            }
        } else {
            KvError::Lost { made, mark }
        })
    }

    /// What the data is called of the store that was made here.
    fn mark(&self) -> Result<Option<String>, KvError> {
        let failed = |error| KvError::of_io("reading the store's mark", error);
        let file = match File::open(self.path.join(MARK)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mark = io::read_to_string(io::Read::take(file, MARK_BYTES_MAX)).map_err(failed)?;
        Ok(Some(mark.trim().to_owned()))
    }

    fn set_mark(&self, name: &str) -> io::Result<()> {
        let unfinished = self.path.join(format!("{MARK}.new"));
        let mut file = File::create(&unfinished)?;
        writeln!(file, "{name}")?;
        file.sync_all()?;
        std::fs::rename(unfinished, self.path.join(MARK))?;
        sync_folder(&self.path)
    }

    /// Removes what an interrupted making left, and refuses anything else that is here.
    fn clear(&self, wanted: &'static str, unfinished: &Path) -> Result<(), KvError> {
        let failed = |error| KvError::of_io("looking into the store's folder", error);
        for entry in self.path.read_dir().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path() == unfinished {
                remove(unfinished).map_err(failed)?;
            } else if entry.file_name() != LOCK && entry.file_name() != LOST_AND_FOUND {
                let found = entry.file_name().to_string_lossy().into_owned();
                return Err(KvError::Foreign { wanted, found });
            }
        }
        Ok(())
    }
}

/// Makes the names in a folder durable.
pub(in crate::store) fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

fn make_durably(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    make_durably(parent)?;
    private().create(path)?;
    sync_folder(parent)
}

fn private() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

fn remove(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        std::fs::remove_dir_all(path)
    } else {
        std::fs::remove_file(path)
    }
}
