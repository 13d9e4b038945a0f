//! What the connector needs of a place where files lie, be it a folder or an SFTP server.

use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use std::error::Error;

/// Entries of one folder that are looked at, at most: the rest waits until some have gone.
pub(super) const ENTRIES_MAX: usize = 10_000;

/// A file as a look at its folder shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its name.
    pub(super) name: String,
    /// What it looks like.
    pub(super) look: Look,
}

/// What tells that a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// Its bytes.
    pub(super) size: u64,
    /// When it was last written, in nanoseconds since 1970 as far as the place knows them.
    pub(super) modified: i128,
}

/// A place with folders of files. Paths are relative to it, with `/` between folder and name.
#[async_trait]
pub(super) trait Files: Send + Sync + 'static {
    /// The ordinary files of a folder, at most [`ENTRIES_MAX`]; not links, not folders.
    async fn list(&self, folder: &str) -> Result<Vec<Entry>, FilesError>;

    /// One file as it is now; `None` where there is none.
    async fn look(&self, path: &str) -> Result<Option<Look>, FilesError>;

    /// Its first bytes, at most so many.
    async fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, FilesError>;

    /// Writes a file anew. When it returns the bytes and the name are on the disk, as far as the place can promise that.
    async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), FilesError>;

    /// Renames in one step, so that nobody sees a part; what bore the new name before is gone. As durable as [`Files::write`].
    async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError>;

    /// Makes a folder where it is missing.
    async fn make_folder(&self, folder: &str) -> Result<(), FilesError>;
}

/// Why a place did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum FilesError {
    /// Away, busy or slow: trying again helps.
    #[error("{what} cannot be reached or is busy")]
    Away {
        what: &'static str,
        #[source]
        source: Option<Box<dyn Error + Send + Sync>>,
    },
    /// It says no: a person must look.
    #[error("{what}; {remedy}")]
    Refused { what: String, remedy: String },
    /// There is no such file.
    #[error("the file has gone")]
    Gone,
}

impl FilesError {
    /// It will not do this to this file, and does not say why.
    pub(super) fn refused() -> Self {
        Self::Refused {
            what: "the place of the drop's files refused to read, write or rename one".into(),
            remedy: "see that its disk is not full and that no other program holds the file open"
                .into(),
        }
    }
}

/// Writes a file under a name by which nobody takes it, then gives it its own.
pub(super) async fn put(files: &dyn Files, path: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
    let part = part_of(path);
    files.write(&part, bytes).await?;
    files.rename(&part, path).await
}

/// The name of a file while it is written: `out/a.csv` → `out/.a.csv.part`.
pub(super) fn part_of(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((folder, name)) => format!("{folder}/.{name}.part"),
        None => format!(".{path}.part"),
    }
}

/// What makes a name unique and the same again: the beginning of its content's digest.
pub(super) fn stamp(bytes: &[u8]) -> String {
    let digest = digest(&SHA256, bytes);
    let short = digest.as_ref().iter().take(8);
    let number = short.fold(0, |number: u64, byte| (number << 8) | u64::from(*byte));
    format!("{number:016x}")
}

/// A name with a stamp before its ending: `a.csv` → `a.0123456789abcdef.csv`.
pub(super) fn stamped(name: &str, stamp: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => format!("{stem}.{stamp}.{ending}"),
        _ => format!("{name}.{stamp}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_on_the_way() {
        assert_eq!(part_of("out/a.csv"), "out/.a.csv.part");
        assert_eq!(stamped("a.b.csv", "1f"), "a.b.1f.csv");
        assert_eq!(stamped("plain", "1f"), "plain.1f");
        assert_eq!(stamped(".hidden", "1f"), ".hidden.1f");
        assert_eq!(stamp(b""), "e3b0c44298fc1c14");
    }
}
