//! A backup: one file, of any engine's store, for any engine. It holds the parts one after the other and ends with a checksum of all
//! before it; it is made under another name, synced, read and renamed, so that what has its name is whole. Nobody but its owner may read it.

use super::{Part, Source, Target, TransferError};
use async_trait::async_trait;
use aws_lc_rs::digest::{Context, SHA256};
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, BufWriter, ErrorKind, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use usher_domain::id::RecordId;
use usher_domain::limits::RECORD_BYTES_MAX;
use uuid::Uuid;

/// What every backup begins with; the number is the form's.
const MAGIC: &[u8] = b"usher backup 1\n";
/// What follows: a feed entry (number, bytes), a record (id, envelope), the end of a part, the end of all (the number of the last entry,
/// then the checksum). Each begins with its kind and its length.
const ENTRY: u8 = b'e';
const RECORD: u8 = b'r';
const PART: u8 = b'p';
const END: u8 = b'z';
/// The longest piece: a value of the store with its id.
const PIECE_BYTES_MAX: usize = RECORD_BYTES_MAX + 16;
const SHA256_BYTES: usize = 32;
/// The last piece: kind, length, number; then the checksum.
const TAIL_BYTES: usize = 1 + 4 + 8 + SHA256_BYTES;
const COPY_BYTES: usize = 64 * 1_024;

/// A backup, to be made.
pub struct IntoFile {
    path: PathBuf,
    unfinished: PathBuf,
    file: BufWriter<File>,
    hash: Context,
    end: u64,
}

impl IntoFile {
    /// Begins the file, beside `path`, anew where an earlier try was killed.
    ///
    /// # Errors
    /// When there is a file of this name already, or the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, TransferError> {
        if path.exists() {
            let problem = "is there already: give another name, or move it away";
            return Err(problem_of(path, problem));
        }
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".unfinished");
        let unfinished = path.with_file_name(name);
        let mut options = OpenOptions::new();
        // Never what somebody else has put there, for others to read or leading elsewhere.
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(io(&unfinished)(error));
            }
            _ => {}
        }
        let options = options.write(true).create_new(true).mode(0o600);
        let file = options.open(&unfinished).map_err(io(&unfinished))?;
        let mut made = Self {
            path: path.to_owned(),
            unfinished,
            file: BufWriter::new(file),
            hash: Context::new(&SHA256),
            end: 0,
        };
        made.write(MAGIC)?;
        Ok(made)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), TransferError> {
        self.hash.update(bytes);
        self.file.write_all(bytes).map_err(io(&self.unfinished))
    }

    fn piece(&mut self, kind: u8, pieces: [&[u8]; 2]) -> Result<(), TransferError> {
        let length: usize = pieces.iter().map(|piece| piece.len()).sum();
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        self.write(&[kind])?;
        self.write(&length.to_be_bytes())?;
        pieces.into_iter().try_for_each(|piece| self.write(piece))
    }
}

impl Drop for IntoFile {
    fn drop(&mut self) {
        // It has another name when it is whole.
        drop(fs::remove_file(&self.unfinished));
    }
}

#[async_trait]
impl Target for IntoFile {
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
        Ok(None)
    }

    async fn put(&mut self, part: Part) -> Result<(), TransferError> {
        for (number, bytes) in &part.entries {
            self.piece(ENTRY, [&number.to_be_bytes(), bytes])?;
            self.end = *number;
        }
        for (id, envelope) in &part.records {
            self.piece(RECORD, [id.uuid().as_bytes(), envelope])?;
        }
        self.piece(PART, [&[], &[]])
    }

    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError> {
        let end = self.end.to_be_bytes();
        self.piece(END, [&end, &[]])?;
        let hash = self.hash.clone().finish();
        let failed = io(&self.unfinished);
        self.file.write_all(hash.as_ref()).map_err(&failed)?;
        self.file.flush().map_err(&failed)?;
        self.file.get_ref().sync_all().map_err(&failed)?;
        Ok(Box::new(FromFile::open(&self.unfinished)?))
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        fs::rename(&self.unfinished, &self.path).map_err(io(&self.unfinished))?;
        let folder = self
            .path
            .parent()
            .filter(|path| !path.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(io(folder))
    }
}

/// A backup, to be read.
pub struct FromFile {
    path: PathBuf,
    file: BufReader<File>,
    end: u64,
    /// The last feed entry that was read.
    at: u64,
}

impl FromFile {
    /// Reads the whole file once, and proves that it is whole.
    ///
    /// # Errors
    /// When it is no backup, or not whole.
    pub fn open(path: &Path) -> Result<Self, TransferError> {
        let mut file = BufReader::new(File::open(path).map_err(io(path))?);
        let mut magic = [0; MAGIC.len()];
        if file.read_exact(&mut magic).is_err() || magic != MAGIC {
            return Err(problem_of(
                path,
                "is no backup of usher's that this usher reads",
            ));
        }
        let length = file.get_ref().metadata().map_err(io(path))?.len();
        let covered = length.saturating_sub((MAGIC.len() + SHA256_BYTES) as u64);
        let mut hash = Context::new(&SHA256);
        hash.update(MAGIC);
        let mut rest = (&mut file).take(covered);
        let mut buffer = vec![0; COPY_BYTES];
        loop {
            match rest.read(&mut buffer).map_err(io(path))? {
                0 => break,
                read => hash.update(buffer.get(..read).unwrap_or_default()),
            }
        }
        let mut written = [0; SHA256_BYTES];
        let is_there = file.read_exact(&mut written).is_ok();
        if !is_there || hash.finish().as_ref() != written {
            let problem = "is damaged or cut short: its checksum is wrong; use another backup";
            return Err(problem_of(path, problem));
        }
        let mut source = Self {
            path: path.to_owned(),
            file,
            end: 0,
            at: 0,
        };
        let tail = i64::try_from(TAIL_BYTES).unwrap_or_default();
        source.file.seek(SeekFrom::End(-tail)).map_err(io(path))?;
        match source.piece()? {
            (END, number) => source.end = source.number(&number)?.0,
            _ => return Err(source.malformed()),
        }
        source.rewind()?;
        Ok(source)
    }

    fn rewind(&mut self) -> Result<(), TransferError> {
        let begin = SeekFrom::Start(MAGIC.len() as u64);
        self.file.seek(begin).map_err(io(&self.path))?;
        self.at = 0;
        Ok(())
    }

    fn piece(&mut self) -> Result<(u8, Vec<u8>), TransferError> {
        let mut head = [0; 5];
        self.file.read_exact(&mut head).map_err(io(&self.path))?;
        let [kind, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > PIECE_BYTES_MAX {
            return Err(self.malformed());
        }
        let mut bytes = vec![0; length];
        self.file.read_exact(&mut bytes).map_err(io(&self.path))?;
        Ok((kind, bytes))
    }

    fn number(&self, bytes: &[u8]) -> Result<(u64, Vec<u8>), TransferError> {
        let (number, rest) = bytes.split_first_chunk().ok_or_else(|| self.malformed())?;
        Ok((u64::from_be_bytes(*number), rest.to_vec()))
    }

    fn malformed(&self) -> TransferError {
        problem_of(
            &self.path,
            "is not as this usher writes it: use the newer usher",
        )
    }
}

#[async_trait]
impl Source for FromFile {
    async fn end(&mut self) -> Result<u64, TransferError> {
        Ok(self.end)
    }

    async fn part(&mut self, after: u64) -> Result<Option<Part>, TransferError> {
        if after < self.at {
            self.rewind()?;
        }
        let mut part = Part::default();
        loop {
            match self.piece()? {
                (ENTRY, bytes) => {
                    let entry = self.number(&bytes)?;
                    self.at = entry.0;
                    if entry.0 > after {
                        part.entries.push(entry);
                    }
                }
                (RECORD, bytes) => {
                    let whole = bytes.split_first_chunk().ok_or_else(|| self.malformed())?;
                    let id = RecordId::from_uuid(Uuid::from_bytes(*whole.0));
                    part.records.push((id, whole.1.to_vec()));
                }
                // A part that is there already is passed over.
                (PART, _) if part.entries.is_empty() => part.records.clear(),
                (PART, _) => return Ok(Some(part)),
                (END, _) => {
                    // Whoever asks again is told the same.
                    let tail = i64::try_from(TAIL_BYTES).unwrap_or_default();
                    let end = SeekFrom::End(-tail);
                    self.file.seek(end).map_err(io(&self.path))?;
                    return Ok(None);
                }
                _ => return Err(self.malformed()),
            }
        }
    }
}

fn problem_of(path: &Path, problem: &'static str) -> TransferError {
    TransferError::File {
        path: path.to_owned(),
        problem,
    }
}

fn io(path: &Path) -> impl Fn(std::io::Error) -> TransferError + use<> {
    let path = path.to_owned();
    move |source| TransferError::Io {
        path: path.clone(),
        source,
    }
}
