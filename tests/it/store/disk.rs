//! A disk that keeps only what it must: what was synced. It runs under the real redb.
//!
//! It records each write, change of length and sync. A power cut at any point of that record leaves
//! what was synced before it, and of the rest whatever [`Fate`] says, by sectors of 512 bytes, which a
//! drive writes whole or not at all. Which fate, sectors and order is drawn from a seeded generator.

use redb::StorageBackend;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

const SECTOR_BYTES: usize = 512;

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    record: Vec<Op>,
    fault: Fault,
}

/// What a disk did, in order.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
    Sync,
}

/// What is wrong with a disk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Says that it has synced, and has not.
    LyingSync,
    /// After so many more syncs, each fails.
    FailingSync { after: usize },
    /// After so many more writes, no write and no growth succeeds.
    Full { after: usize },
}

impl Disk {
    /// A disk with these bytes on it, all synced.
    pub(crate) fn holding(bytes: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State {
            bytes,
            ..State::default()
        })))
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.state().fault = fault;
    }

    /// What a program reads from it now, synced or not.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// How much it has done.
    pub(crate) fn record_len(&self) -> usize {
        self.state().record.len()
    }

    /// All that it has done.
    pub(crate) fn record(&self) -> Vec<Op> {
        self.state().record.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl State {
    fn room(&mut self) -> io::Result<()> {
        match &mut self.fault {
            Fault::Full { after: 0 } => Err(io::ErrorKind::StorageFull.into()),
            Fault::Full { after } => {
                *after -= 1;
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state().bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let state = self.state();
        let bytes = state.bytes.get(at..at + out.len());
        out.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let len = usize::try_from(len).unwrap();
        let mut state = self.state();
        if len > state.bytes.len() {
            state.room()?;
        }
        state.bytes.resize(len, 0);
        state.record.push(Op::Resize(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state();
        match &mut state.fault {
            Fault::LyingSync => return Ok(()),
            Fault::FailingSync { after: 0 } => {
                return Err(io::Error::other("the drive could not write its cache"));
            }
            Fault::FailingSync { after } => *after -= 1,
            Fault::None | Fault::Full { .. } => {}
        }
        state.record.push(Op::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap();
        let mut state = self.state();
        state.room()?;
        put(&mut state.bytes, at, data);
        state.record.push(Op::Write {
            at,
            bytes: data.to_vec(),
        });
        Ok(())
    }
}

/// The moment of a power cut: what must be on the disk, and what may be.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cut {
    synced: Vec<u8>,
    pending: Vec<Op>,
}

/// What becomes of the writes that were not synced.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fate {
    /// None was written.
    Lost,
    /// All were.
    Kept,
    /// All up to one, and of that one only some sectors.
    TornAfter,
    /// Any sectors of any writes, and where writes overlap, any of them last.
    Scattered,
}

impl Fate {
    pub(crate) const ALL: [Self; 4] = [Self::Lost, Self::Kept, Self::TornAfter, Self::Scattered];
}

impl Cut {
    /// The cut before anything was done to a disk that held `synced`.
    pub(crate) fn of(synced: Vec<u8>) -> Self {
        Self {
            synced,
            pending: Vec::new(),
        }
    }

    /// Moves the cut behind `op`.
    pub(crate) fn pass(&mut self, op: &Op) {
        match op {
            Op::Sync => {
                for op in self.pending.drain(..) {
                    match op {
                        Op::Write { at, bytes } => put(&mut self.synced, at, &bytes),
                        Op::Resize(len) => self.synced.resize(len, 0),
                        Op::Sync => {}
                    }
                }
            }
            Op::Write { .. } | Op::Resize(_) => self.pending.push(op.clone()),
        }
    }

    /// Nothing is pending, so every fate leaves the same.
    pub(crate) fn is_quiet(&self) -> bool {
        self.pending.is_empty()
    }

    /// What is on the disk when the power comes back.
    pub(crate) fn image(&self, fate: Fate, rng: &mut fastrand::Rng) -> Vec<u8> {
        let whole = match fate {
            Fate::Lost | Fate::Scattered => 0,
            Fate::Kept => self.pending.len(),
            Fate::TornAfter => rng.usize(..=self.pending.len()),
        };
        let mut image = self.synced.clone();
        for op in &self.pending[..whole] {
            match op {
                Op::Write { at, bytes } => put(&mut image, *at, bytes),
                Op::Resize(len) => image.resize(*len, 0),
                Op::Sync => {}
            }
        }
        match (fate, self.pending.get(whole)) {
            (Fate::TornAfter, Some(Op::Write { at, bytes })) => {
                let len = image.len();
                put_some_sectors(&mut image, *at, bytes, 0.5, rng);
                image.truncate(len.max(*at));
            }
            (Fate::Scattered, _) => self.scatter(&mut image, rng),
            _ => {}
        }
        image
    }

    /// A journalling file system keeps changes of length in order, and data in none.
    fn scatter(&self, image: &mut Vec<u8>, rng: &mut fastrand::Rng) {
        let mut len = image.len();
        let lengths = self
            .pending
            .iter()
            .filter(|op| matches!(op, Op::Resize(_)))
            .count();
        let mut lengths_kept = rng.usize(..=lengths);
        let mut writes = Vec::new();
        for op in &self.pending {
            match op {
                Op::Resize(new) if lengths_kept > 0 => {
                    lengths_kept -= 1;
                    len = *new;
                    image.resize(len, 0);
                }
                Op::Write { at, bytes } => writes.push((*at, bytes)),
                Op::Resize(_) | Op::Sync => {}
            }
        }
        if rng.bool() {
            rng.shuffle(&mut writes);
        }
        let share = [0.05, 0.3, 0.5, 0.7, 0.95][rng.usize(..5)];
        for (at, bytes) in writes {
            put_some_sectors(image, at, bytes, share, rng);
        }
        image.resize(len, 0);
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, data: &[u8]) {
    let end = at + data.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(data);
}

fn put_some_sectors(
    bytes: &mut Vec<u8>,
    at: usize,
    data: &[u8],
    share: f64,
    rng: &mut fastrand::Rng,
) {
    let mut from = 0;
    while from < data.len() {
        let to = data
            .len()
            .min(((at + from) / SECTOR_BYTES + 1) * SECTOR_BYTES - at);
        if rng.f64() < share {
            put(bytes, at + from, &data[from..to]);
        }
        from = to;
    }
}
