//! A disk under redb that is read and never written: what redb writes while it opens and closes stays in memory, page by page.
//!
//! redb commits its book-keeping whenever it opens and closes, and repairs it after a crash. Whoever only reads a store shall leave its
//! file as it is, byte by byte. What is kept is that book-keeping, some pages of it; nobody commits records here.

use ::redb::StorageBackend;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

const PAGE_BYTES: u64 = 4_096;

#[derive(Debug)]
pub(super) struct Overlay {
    file: File,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    bytes: u64,
    /// Up to where the file still counts: it was never cut shorter.
    of_file: u64,
    /// Whole pages, by number.
    written: BTreeMap<u64, Vec<u8>>,
}

impl Overlay {
    /// Over the file at `path`, which must not change meanwhile.
    pub(super) fn over(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let bytes = file.metadata()?.len();
        Ok(Self {
            file,
            state: Mutex::new(State {
                bytes,
                of_file: bytes,
                written: BTreeMap::new(),
            }),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the file has at `offset`, and nothing where it does not count.
    fn read_below(&self, state: &State, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let counts = size(state.of_file.saturating_sub(offset)).min(out.len());
        let (of_file, beyond) = out.split_at_mut(counts);
        beyond.fill(0);
        self.file.read_exact_at(of_file, offset)
    }
}

impl StorageBackend for Overlay {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.state();
        let end = offset + out.len() as u64;
        if end > state.bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.read_below(&state, offset, out)?;
        for (number, page) in state.written.range(offset / PAGE_BYTES..=end / PAGE_BYTES) {
            let start = number * PAGE_BYTES;
            let from = size(offset.saturating_sub(start));
            let to = size(start.saturating_sub(offset));
            let shared = page.iter().skip(from);
            for (byte, kept) in out.iter_mut().skip(to).zip(shared) {
                *byte = *kept;
            }
        }
        Ok(())
    }

    fn set_len(&self, bytes: u64) -> io::Result<()> {
        let mut state = self.state();
        state.bytes = bytes;
        state.of_file = state.of_file.min(bytes);
        state.written.split_off(&bytes.div_ceil(PAGE_BYTES));
        // What comes to be there again is zero.
        if let Some(page) = state.written.get_mut(&(bytes / PAGE_BYTES)) {
            let kept = size(bytes % PAGE_BYTES);
            page.iter_mut().skip(kept).for_each(|byte| *byte = 0);
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        let end = offset + data.len() as u64;
        state.bytes = state.bytes.max(end);
        for number in offset / PAGE_BYTES..end.div_ceil(PAGE_BYTES) {
            let start = number * PAGE_BYTES;
            let mut page = state.written.remove(&number).unwrap_or_default();
            if page.is_empty() {
                page = vec![0; size(PAGE_BYTES)];
                self.read_below(&state, start, &mut page)?;
            }
            let from = size(start.saturating_sub(offset));
            let to = size(offset.saturating_sub(start));
            for (kept, byte) in page.iter_mut().skip(to).zip(data.iter().skip(from)) {
                *kept = *byte;
            }
            state.written.insert(number, page);
        }
        Ok(())
    }
}

/// In memory nothing is longer.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds an overlay against a plain vector under random writes, cuts and reads.
    #[test]
    fn it_reads_as_a_disk_that_was_written_and_leaves_the_file_alone() {
        let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
        let mut rng = fastrand::Rng::with_seed(4);
        let bytes: Vec<u8> = (0..30_000).map(|_| rng.u8(..)).collect();
        std::fs::write(&path, &bytes).unwrap();
        let (disk, mut model) = (Overlay::over(&path).unwrap(), bytes.clone());
        for _ in 0..4_000 {
            let at = rng.usize(..model.len().max(1));
            match rng.u8(..8) {
                0 => {
                    let length = rng.usize(..40_000);
                    disk.set_len(length as u64).unwrap();
                    model.resize(length, 0);
                }
                1..=3 => {
                    let data = vec![rng.u8(..); rng.usize(..9_000)];
                    disk.write(at as u64, &data).unwrap();
                    let end = at + data.len();
                    model.resize(model.len().max(end), 0);
                    model[at..end].copy_from_slice(&data);
                }
                _ => {
                    let end = rng.usize(at.min(model.len())..=model.len());
                    let mut out = vec![7; end.saturating_sub(at)];
                    disk.read(at as u64, &mut out).unwrap();
                    assert!(out == model[at..at + out.len()]);
                }
            }
            assert_eq!(disk.len().unwrap(), model.len() as u64);
            let beyond = disk.read(model.len() as u64, &mut [0]);
            assert!(beyond.is_err());
        }
        assert!(std::fs::read(&path).unwrap() == bytes);
    }
}
