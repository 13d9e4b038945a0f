//! Opens a release: CSV, CSV in gzip, or the published zip. Told apart by their first bytes, not by their names.

use super::BuildError;
use flate2::read::MultiGzDecoder;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::rc::Rc;
use zip::ZipArchive;

/// One row, in bytes, quotes and line breaks in quotes included. Real rows have some 400.
const RECORD_BYTES_MAX: u64 = 64 * 1_024;
/// What the CSV reader takes ahead of the row it is at, in bytes.
const READ_AHEAD_BYTES: u64 = 64 * 1_024;
/// Names in a zip that an error lists.
const LISTED_MAX: usize = 12;

/// An open release.
pub(super) struct Source<'a> {
    /// The name of the CSV, without folders and endings.
    pub(super) name: String,
    pub(super) reader: Limited<Box<dyn Read + 'a>>,
    /// Bytes read, of `bytes_total`.
    pub(super) progress: Rc<Cell<u64>>,
    pub(super) bytes_total: u64,
    /// Bytes taken since the last row ended; whoever reads rows sets it to zero after each.
    pub(super) record_bytes: Rc<Cell<u64>>,
}

/// Opens the file `path` and lets `visit` read the CSV in it.
pub(super) fn open<Outcome>(
    path: &Path,
    visit: impl FnOnce(&mut Source<'_>) -> Result<Outcome, BuildError>,
) -> Result<Outcome, BuildError> {
    let fail = |source| BuildError::File {
        path: path.display().to_string(),
        source,
    };
    let mut file = File::open(path).map_err(fail)?;
    let size = file.metadata().map_err(fail)?.len();
    let mut start = Vec::new();
    (&file).take(4).read_to_end(&mut start).map_err(fail)?;
    file.rewind().map_err(fail)?;
    let name = path
        .file_name()
        .map(|name| stem(&name.to_string_lossy()))
        .unwrap_or_default();
    let progress = Rc::new(Cell::new(0));
    let counted = |inner| Counted {
        inner,
        count: progress.clone(),
    };
    let source = |name, reader, bytes_total| {
        let record_bytes = Rc::new(Cell::new(0));
        let reader = Limited {
            inner: reader,
            taken: record_bytes.clone(),
        };
        Source {
            name,
            reader,
            progress: progress.clone(),
            bytes_total,
            record_bytes,
        }
    };
    match start.as_slice() {
        [0x1f, 0x8b, ..] => visit(&mut source(
            name,
            Box::new(MultiGzDecoder::new(counted(file))),
            size,
        )),
        b"PK\x03\x04" => {
            let fail = |source| BuildError::Zip {
                path: path.display().to_string(),
                source,
            };
            let mut archive = ZipArchive::new(file).map_err(fail)?;
            let place = find_csv(&mut archive, path)?;
            let entry = archive.by_index(place).map_err(fail)?;
            let (name, size) = (stem(&entry.name().map_err(fail)?), entry.size());
            visit(&mut source(
                name,
                Box::new(Counted {
                    inner: entry,
                    count: progress.clone(),
                }),
                size,
            ))
        }
        _ => visit(&mut source(name, Box::new(counted(file)), size)),
    }
}

/// The largest CSV of the archive that is named as a release; not those of the folder `multi_csv`, which have one
/// postcode area each.
fn find_csv(archive: &mut ZipArchive<File>, path: &Path) -> Result<usize, BuildError> {
    let fail = |source| BuildError::Zip {
        path: path.display().to_string(),
        source,
    };
    let mut best: Option<(u64, usize)> = None;
    let mut found = Vec::new();
    for place in 0..archive.len() {
        let entry = archive.by_index_raw(place).map_err(fail)?;
        let name = entry.name().map_err(fail)?.into_owned();
        let folded = name.to_ascii_lowercase();
        let file = folded.rsplit('/').next().unwrap_or_default();
        let release = Path::new(file)
            .extension()
            .is_some_and(|ending| ending == "csv")
            && (file.contains("onspd") || file.contains("nspl"));
        if release
            && !folded.contains("multi_csv/")
            && best.is_none_or(|(size, _)| size < entry.size())
        {
            best = Some((entry.size(), place));
        }
        if found.len() < LISTED_MAX && !entry.is_dir() {
            found.push(name);
        }
    }
    let none = || BuildError::NotInZip {
        path: path.display().to_string(),
        found: found.join(", "),
    };
    best.map(|(_, place)| place).ok_or_else(none)
}

/// A file name without its folder, `.csv` and `.gz`.
fn stem(name: &str) -> String {
    let file = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let end = file.to_ascii_lowercase().find(".csv").unwrap_or(file.len());
    file.get(..end).unwrap_or(file).to_owned()
}

/// Counts what is read.
struct Counted<R> {
    inner: R,
    count: Rc<Cell<u64>>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        self.count.set(self.count.get() + length as u64);
        Ok(length)
    }
}

/// Ends with an error when one row takes more than a row can: a quote that never closes, a file without lines.
pub(super) struct Limited<R> {
    inner: R,
    taken: Rc<Cell<u64>>,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken.get() > RECORD_BYTES_MAX + READ_AHEAD_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 64 KiB",
            ));
        }
        let length = self.inner.read(buffer)?;
        self.taken.set(self.taken.get() + length as u64);
        Ok(length)
    }
}
