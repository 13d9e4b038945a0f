//! What was decided and not yet told: one file for each check, so that a program that dies says the same when it is back. A file is written
//! whole or not at all, is readable by its owner alone, and goes once the broker has the act.

use super::act::Act;
use crate::pki::files;
use prost::Message as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use usher_proto::v1;

/// The form of a file, before its checksum and the act.
const MAGIC: &[u8; 4] = b"USA1";
/// An act is never larger, in bytes: requests are at most 4 MiB.
const BYTES_MAX: usize = 4 * 1_024 * 1_024;

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// No such folder, not allowed, or a failing or full disk.
    #[error("the journal in {} cannot be used; check the folder, its permissions and its disk", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another adapter works in the folder.
    #[error("another adapter uses the journal in {}; give each its own folder", folder.display())]
    InUse {
        /// The folder.
        folder: PathBuf,
    },
    /// An act cannot be read or written.
    #[error(transparent)]
    File(#[from] files::FileError),
    /// What was read is not what was written: the disk is at fault.
    #[error("an entry of the journal is damaged; check its disk")]
    Damaged,
}

/// The folder of one adapter.
pub(super) struct Journal {
    folder: PathBuf,
    /// Held as long as it lives.
    _lock: File,
}

impl Journal {
    /// Opens `folder`, and makes it where it is not there. Only one process may have it.
    pub(super) fn open(folder: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Folder {
            folder: folder.into(),
            source,
        };
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self {
                folder: folder.into(),
                _lock: lock,
            }),
            Err(fs::TryLockError::WouldBlock) => Err(JournalError::InUse {
                folder: folder.into(),
            }),
            Err(fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// What was decided about `check` as it stands; `None` where nothing was.
    ///
    /// # Errors
    /// When something was, or may have been, and cannot be read: no program may decide anew.
    pub(super) fn find(&self, check: &v1::AssignedCheck) -> Result<Option<Act>, JournalError> {
        match files::read(&self.path(check)) {
            Ok(bytes) => read(&bytes).map(Some).ok_or(JournalError::Damaged),
            Err(files::FileError::Unreadable { source, .. })
                if source.kind() == io::ErrorKind::NotFound =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps `act` through a power cut.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn keep(&self, check: &v1::AssignedCheck, act: &Act) -> Result<(), JournalError> {
        let body = act.encode_to_vec();
        let mut bytes = Vec::with_capacity(body.len() + 8);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&crc32fast::hash(&body).to_be_bytes());
        bytes.extend_from_slice(&body);
        files::write_private(&self.path(check), &bytes, true)?;
        self.sync()
    }

    /// Forgets what the broker now has.
    pub(super) fn forget(&self, check: &v1::AssignedCheck) -> Result<(), JournalError> {
        match fs::remove_file(self.path(check)) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => Err(JournalError::Folder {
                folder: self.folder.clone(),
                source,
            }),
            _ => Ok(()),
        }
    }

    /// The checks about which something is kept, and where.
    pub(super) fn entries(&self) -> Vec<(String, PathBuf)> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let check = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.strip_suffix(".act")?;
            let (check, _) = name.rsplit_once('.')?;
            Some((check.replace('.', "/"), path))
        };
        files.filter_map(|file| check(file.path())).collect()
    }

    /// Forgets one entry; one that cannot be removed is looked at again.
    pub(super) fn forget_at(path: &Path) {
        drop(fs::remove_file(path));
    }

    fn sync(&self) -> Result<(), JournalError> {
        let synced = File::open(&self.folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| JournalError::Folder {
            folder: self.folder.clone(),
            source,
        })
    }

    /// One file for each state of a check in which something can be decided: an officer's reply makes another.
    fn path(&self, check: &v1::AssignedCheck) -> PathBuf {
        let (id, replies) = (check.id.replace('/', "."), check.exchanges.len());
        self.folder.join(format!("{id}.{replies}.act"))
    }
}

fn read(bytes: &[u8]) -> Option<Act> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = rest.split_first_chunk::<4>()?;
    let sound = body.len() <= BYTES_MAX && u32::from_be_bytes(*sum) == crc32fast::hash(body);
    Act::decode(body).ok().filter(|act| sound && act.is_whole())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(replies: usize) -> v1::AssignedCheck {
        v1::AssignedCheck {
            id: "018f3b8e-7c1d-7a50-9b6e-3f8a0c4d2e10/1".into(),
            exchanges: vec![v1::Exchange::default(); replies],
            ..v1::AssignedCheck::default()
        }
    }

    #[test]
    fn what_was_decided_is_found_until_it_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("journal");
        let perhaps = v1::Candidate {
            system_reference: "P1".into(),
            ..v1::Candidate::default()
        };
        let act = Act::possible_match("a", vec![perhaps]);
        let journal = Journal::open(&folder).unwrap();
        assert!(matches!(journal.find(&check(0)), Ok(None)));
        journal.keep(&check(0), &act).unwrap();
        assert!(matches!(
            Journal::open(&folder),
            Err(JournalError::InUse { .. })
        ));
        drop(journal);
        let journal = Journal::open(&folder).unwrap();
        assert_eq!(journal.find(&check(0)).unwrap(), Some(act));
        let other = journal.find(&check(1));
        assert!(matches!(other, Ok(None)), "a reply asks anew");
        journal.forget(&check(0)).unwrap();
        journal.forget(&check(0)).unwrap();
        assert!(matches!(journal.find(&check(0)), Ok(None)));
    }

    #[test]
    fn what_cannot_be_read_is_never_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        let act = Act::redirect("a", "E09000012".into(), None);
        journal.keep(&check(0), &act).unwrap();
        let path = journal.path(&check(0));
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            let is_damaged = || matches!(journal.find(&check(0)), Err(JournalError::Damaged));
            fs::write(&path, &damaged).unwrap();
            assert!(is_damaged(), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(is_damaged(), "cut at {at}");
        }
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(matches!(
            journal.find(&check(0)),
            Err(JournalError::File(_))
        ));
    }
}
