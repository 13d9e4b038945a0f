//! Certificate and key files: bounded reads, and keys that nobody else can read at any moment, written or read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// One certificate, key or revocation list file, in bytes: a revocation list of 100,000 certificates is about 4 MB.
pub const FILE_BYTES_MAX: u64 = 16 * 1_024 * 1_024;

/// The permissions of whoever is not the owner.
const OTHERS: u32 = 0o077;
const PRIVATE: u32 = 0o600;
const PUBLIC: u32 = 0o644;

/// Why a file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not there, not allowed, or a failing disk.
    #[error("cannot read {}; check that it exists and that this user may read it", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A private key that the group or everybody can read or change.
    #[error("{} is open to others (mode {mode:03o}); run: chmod 600 {}", path.display(), path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// Larger than any file of its kind.
    #[error("{} is larger than {FILE_BYTES_MAX} bytes; it is not a certificate, key or revocation list", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// The file is there already.
    #[error("{} exists; move it away, or say --force to replace it", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },
    /// No such folder, not allowed, or a full disk.
    #[error("cannot write {}; check the folder and its permissions", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Reads a file that everybody may read.
///
/// # Errors
/// When it cannot be read, or is larger than [`FILE_BYTES_MAX`].
pub fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(unreadable(path))?;
    read_bounded(&file, path)
}

/// Reads a private key's file.
///
/// # Errors
/// As [`read`], and when anybody but its owner may read or change it.
pub fn read_private(path: &Path) -> Result<Vec<u8>, FileError> {
    let file = File::open(path).map_err(unreadable(path))?;
    let mode = file
        .metadata()
        .map_err(unreadable(path))?
        .permissions()
        .mode()
        & 0o777;
    if mode & OTHERS != 0 {
        return Err(FileError::Exposed {
            path: path.into(),
            mode,
        });
    }
    read_bounded(&file, path)
}

/// Writes a file that everybody may read.
///
/// # Errors
/// When it exists and `replace` is not set, or cannot be written.
pub fn write(path: &Path, bytes: &[u8], replace: bool) -> Result<(), FileError> {
    write_with_mode(path, bytes, replace, PUBLIC)
}

/// Writes a private key, never readable by others, not even while it is being written.
///
/// # Errors
/// When it exists and `replace` is not set, or cannot be written.
pub fn write_private(path: &Path, bytes: &[u8], replace: bool) -> Result<(), FileError> {
    write_with_mode(path, bytes, replace, PRIVATE)
}

fn read_bounded(file: &File, path: &Path) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(FILE_BYTES_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable(path))?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= FILE_BYTES_MAX) {
        Ok(bytes)
    } else {
        Err(FileError::TooLarge { path: path.into() })
    }
}

fn write_with_mode(path: &Path, bytes: &[u8], replace: bool, mode: u32) -> Result<(), FileError> {
    if !replace {
        return create(path, bytes, mode).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => FileError::Exists { path: path.into() },
            _ => FileError::Unwritable {
                path: path.into(),
                source,
            },
        });
    }
    // A reader sees the old file or the new one, never a part.
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let written = remove_if_there(&new)
        .and_then(|()| create(&new, bytes, mode))
        .and_then(|()| fs::rename(&new, path));
    written.map_err(|source| FileError::Unwritable {
        path: path.into(),
        source,
    })
}

fn create(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> FileError + '_ {
    move |source| FileError::Unreadable {
        path: path.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_key_is_private_from_birth_and_after_replacement() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        write_private(&path, b"one", false).unwrap();
        assert_eq!(mode(&path), 0o600);
        fs::set_permissions(&path, PermissionsExt::from_mode(0o644)).unwrap();
        write_private(&path, b"two", true).unwrap();
        assert_eq!(
            (mode(&path), read_private(&path).unwrap()),
            (0o600, b"two".to_vec())
        );
    }

    #[test]
    fn nothing_is_overwritten_unasked() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.pem");
        write(&path, b"one", false).unwrap();
        let error = write(&path, b"two", false).unwrap_err();
        assert!(matches!(error, FileError::Exists { .. }), "{error}");
        assert_eq!(read(&path).unwrap(), b"one");
    }

    #[test]
    fn a_key_open_to_others_is_refused_with_the_remedy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.key");
        write_private(&path, b"secret", false).unwrap();
        for open in [0o604, 0o640, 0o602, 0o620, 0o610, 0o601] {
            fs::set_permissions(&path, PermissionsExt::from_mode(open)).unwrap();
            let error = read_private(&path).unwrap_err().to_string();
            assert!(error.contains("chmod 600"), "{open:o}: {error}");
        }
        fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).unwrap();
        assert_eq!(read_private(&path).unwrap(), b"secret");
    }

    #[test]
    fn a_file_too_large_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("large");
        let file = File::create(&path).unwrap();
        file.set_len(FILE_BYTES_MAX).unwrap();
        assert!(read(&path).is_ok());
        file.set_len(FILE_BYTES_MAX + 1).unwrap();
        assert!(matches!(read(&path), Err(FileError::TooLarge { .. })));
    }
}
