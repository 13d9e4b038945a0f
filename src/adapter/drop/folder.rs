//! Files on a disk of this machine, or on a share that is mounted there.

use super::files::{ENTRIES_MAX, Entry, Files, FilesError, Look};
use async_trait::async_trait;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use tokio::sync::Semaphore;

const WHAT: &str = "the drop folder";
/// An adapter that made it would take a share that is not mounted for an empty one.
const MISSING: &str =
    "the drop folder, which is not there (make it, or mount its share: the adapter does neither),";

pub(super) struct Folder {
    path: PathBuf,
    limit: Duration,
    /// One operation at a time, also one that was given up: a share that hangs holds one thread, and no late write meets a new one.
    one: Arc<Semaphore>,
}

impl Folder {
    pub(super) fn new(path: PathBuf, limit: Duration) -> Self {
        Self {
            path,
            limit,
            one: Arc::new(Semaphore::new(1)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, FilesError> {
        let path = self.path.clone();
        let one = Arc::clone(&self.one);
        let done = tokio::time::timeout(self.limit, async move {
            let permit = one.acquire_owned().await.map_err(io::Error::other)?;
            let thread = tokio::task::spawn_blocking(move || {
                let done = work(&path);
                drop(permit);
                done
            });
            thread.await.map_err(io::Error::other)?
        });
        match done.await {
            Ok(done) => done.map_err(|error| said(error, &self.path)),
            Err(late) => Err(FilesError::Away {
                what: WHAT,
                source: Some(Box::new(late)),
            }),
        }
    }
}

#[async_trait]
impl Files for Folder {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>, FilesError> {
        let folder = folder.to_owned();
        self.run(move |root| {
            let mut entries = Vec::new();
            for entry in fs::read_dir(root.join(folder))?.take(ENTRIES_MAX) {
                let entry = entry?;
                // Not through links: they may lead out of the folder.
                let metadata = match entry.metadata() {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    metadata => metadata?,
                };
                if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
                    let look = look(&metadata)?;
                    entries.push(Entry { name, look });
                }
            }
            Ok(entries)
        })
        .await
    }

    async fn look(&self, path: &str) -> Result<Option<Look>, FilesError> {
        let path = path.to_owned();
        self.run(move |root| match fs::symlink_metadata(root.join(path)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            metadata => look(&metadata?).map(Some),
        })
        .await
    }

    async fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, FilesError> {
        let path = path.to_owned();
        self.run(move |root| {
            let mut bytes = Vec::new();
            File::open(root.join(path))?
                .take(most)
                .read_to_end(&mut bytes)?;
            Ok(bytes)
        })
        .await
    }

    async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
        let path = path.to_owned();
        self.run(move |root| {
            let path = root.join(path);
            let mut file = File::create(&path)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            sync_folder(&path)
        })
        .await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.run(move |root| {
            let (from, to) = (root.join(from), root.join(to));
            fs::rename(&from, &to)?;
            // The new name first: a file with two names is read twice, which does no harm.
            sync_folder(&to)?;
            sync_folder(&from)
        })
        .await
    }

    async fn make_folder(&self, folder: &str) -> Result<(), FilesError> {
        let folder = folder.to_owned();
        self.run(move |root| {
            // Not the root itself: a share that is not mounted must not look like an empty one.
            match fs::create_dir(root.join(&folder)) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
                _ => sync_folder(&root.join(folder)),
            }
        })
        .await
    }
}

fn look(metadata: &fs::Metadata) -> io::Result<Look> {
    let modified = metadata.modified()?;
    let nanoseconds = |span: Duration| i128::try_from(span.as_nanos()).unwrap_or(i128::MAX);
    Ok(Look {
        size: metadata.len(),
        modified: match modified.duration_since(UNIX_EPOCH) {
            Ok(after) => nanoseconds(after),
            Err(before) => -nanoseconds(before.duration()),
        },
    })
}

/// Brings the name of a file to the disk. Network file systems that cannot sync a folder say so, and write names through by themselves.
fn sync_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else {
        return Ok(());
    };
    match File::open(folder)?.sync_all() {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
            ) =>
        {
            Ok(())
        }
        synced => synced,
    }
}

fn said(error: io::Error, root: &Path) -> FilesError {
    match error.kind() {
        io::ErrorKind::NotFound if root.is_dir() => FilesError::Gone,
        io::ErrorKind::NotFound => FilesError::Away {
            what: MISSING,
            source: Some(Box::new(error)),
        },
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            FilesError::Refused {
                what: "this user may not read or write the drop folder".into(),
                remedy: "let it create, rename and delete files in all five folders of it".into(),
            }
        }
        io::ErrorKind::CrossesDevices => FilesError::Refused {
            what: "the five folders of the drop are not on one disk".into(),
            remedy: "put them on one, so that files can be renamed from one to the other".into(),
        },
        io::ErrorKind::ResourceBusy
        | io::ErrorKind::ExecutableFileBusy
        | io::ErrorKind::StorageFull
        | io::ErrorKind::QuotaExceeded
        | io::ErrorKind::IsADirectory => FilesError::refused(),
        _ => FilesError::Away {
            what: WHAT,
            source: Some(Box::new(error)),
        },
    }
}
