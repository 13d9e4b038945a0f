//! Opening: the mark is looked at, the open records are read, and the index is derived from them.

use super::index::{Entry, Index, kept_keys};
use super::keys::{self, Shelf};
use super::{corrupt, failed};
use crate::store::kv::{KeyValue, Order, Write};
use crate::store::record::{
    RecordError, decode_body, decode_entry, decode_envelope, decode_meta, encode_meta,
};
use crate::store::{Cursor, StoreError};
use std::ops::{Bound, ControlFlow};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use usher_domain::id::RecordId;

/// Records that one hand-over to a decoding thread holds: enough to make the hand-over cheap.
const CHUNK_RECORDS: usize = 256;
/// And their bytes, about: so many records of an ordinary size.
const CHUNK_BYTES: usize = 512 * 1_024;
/// Hand-overs under way, which bounds the memory of opening.
const CHUNKS_WAITING_MAX: usize = 8;
/// Closed records that one commit notes by their deadline.
const NOTED_AT_ONCE: usize = 1_000;
/// Decoding threads: opening is bound by them up to about here, then by the reading.
const DECODERS_MAX: usize = 4;

/// The feed entry and the id in a record's key.
type Place = (u64, RecordId);
type Decoded = Vec<(Place, Result<Entry, RecordError>)>;

/// Records on their way to a decoding thread, one behind the other: a buffer for each would be freed by another thread than made it, which
/// costs more than the decoding.
#[derive(Default)]
struct Chunk {
    /// Each with the end of its value.
    records: Vec<(Place, usize)>,
    values: Vec<u8>,
}

impl Chunk {
    fn new() -> Self {
        Self {
            records: Vec::with_capacity(CHUNK_RECORDS),
            values: Vec::with_capacity(CHUNK_BYTES),
        }
    }

    fn push(&mut self, place: Place, value: &[u8]) {
        self.values.extend_from_slice(value);
        self.records.push((place, self.values.len()));
    }

    fn decode(&self) -> impl Iterator<Item = (Place, Result<Entry, RecordError>)> {
        let mut rest = 0;
        self.records.iter().map(move |(place, end)| {
            let value = &self.values[rest..*end];
            rest = *end;
            (*place, read_entry(*place, value))
        })
    }
}

/// Reads all that the index needs.
pub(super) fn derive(kv: &dyn KeyValue) -> Result<Index, StoreError> {
    mark(kv)?;
    note_ended(kv)?;
    let end = feed_end(kv)?;
    let (decoded, nameless) = read_open(kv)?;
    let mut entries = Vec::with_capacity(decoded.len());
    let mut unreadable = std::collections::BTreeMap::new();
    for ((since, id), outcome) in decoded {
        match outcome {
            Ok(entry) => entries.push((id, entry)),
            Err(error) => {
                tracing::error!(record.id = %id, %error, "Record {id} cannot be read: set apart");
                unreadable.insert(id, Some(since));
            }
        }
    }
    Ok(Index::build(entries, unreadable, nameless, end))
}

/// Proves that the store is ours, or makes a new one ours.
fn mark(kv: &dyn KeyValue) -> Result<(), StoreError> {
    const WHAT: &str = "the store's mark";
    if let Some(mark) = kv.read(keys::META).map_err(failed("opening the store"))? {
        return decode_meta(&mark).map_err(corrupt(WHAT, None));
    }
    let mut is_empty = true;
    kv.scan(
        (Bound::Unbounded, Bound::Unbounded),
        Order::Ascending,
        &mut |_, _| {
            is_empty = false;
            ControlFlow::Break(())
        },
    )
    .map_err(failed("opening the store"))?;
    if !is_empty {
        return Err(corrupt(WHAT, None)(RecordError::Misplaced));
    }
    kv.commit(&[Write::put(keys::META, encode_meta())])
        .map_err(failed("making the store"))
}

/// Sees to it that every closed record is found by its deadline: once, for a store from before there was such a key.
fn note_ended(kv: &dyn KeyValue) -> Result<(), StoreError> {
    const DOING: &str = "noting closed records by their deadline";
    if kv.read(keys::ENDED_NOTED).map_err(failed(DOING))?.is_some() {
        return Ok(());
    }
    let mut after: Option<Vec<u8>> = None;
    loop {
        let mut scanned = 0;
        let mut writes = Vec::new();
        let closed = keys::shelf_after(Shelf::Closed, after.as_deref());
        let mut see = |key: &[u8], value: &[u8]| {
            after = Some(key.to_vec());
            scanned += 1;
            // What cannot be read is told of where it is looked for.
            let record = decode_envelope(value).and_then(|envelope| decode_body(&envelope));
            if let (Ok(record), Some(id)) = (record, keys::id_of(key)) {
                let ended = keys::ended(kept_keys(&record).deadline, id);
                writes.push(Write::put(ended, Vec::new()));
            }
            if scanned < NOTED_AT_ONCE {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        kv.scan(closed.bounds(), Order::Ascending, &mut see)
            .map_err(failed(DOING))?;
        let is_last = scanned < NOTED_AT_ONCE;
        if is_last {
            writes.push(Write::put(keys::ENDED_NOTED.to_vec(), Vec::new()));
        }
        kv.commit(&writes).map_err(failed(DOING))?;
        if is_last {
            return Ok(());
        }
    }
}

/// The end of the feed. An entry that cannot be read counts as seen to its last event.
fn feed_end(kv: &dyn KeyValue) -> Result<Cursor, StoreError> {
    let mut end = Cursor::default();
    kv.scan(
        keys::feed_from(0).bounds(),
        Order::Descending,
        &mut |key, value| {
            let Some(entry) = keys::number_of(key) else {
                return ControlFlow::Continue(());
            };
            let events = decode_entry(value, entry)
                .ok()
                .and_then(|events| u32::try_from(events.len()).ok());
            let events = events.unwrap_or(u32::MAX);
            end = Cursor { entry, events };
            ControlFlow::Break(())
        },
    )
    .map_err(failed("reading the feed"))?;
    Ok(end)
}

/// Reads every open record, decoding on threads of its own, and counts the keys that hold no id.
fn read_open(kv: &dyn KeyValue) -> Result<(Decoded, u64), StoreError> {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = mpsc::sync_channel::<Chunk>(CHUNKS_WAITING_MAX);
    let receiver = Arc::new(Mutex::new(receiver));
    thread::scope(|scope| {
        let decoders: Vec<_> = (0..threads.min(DECODERS_MAX))
            .map(|_| Arc::clone(&receiver))
            .map(|receiver| scope.spawn(move || decode_chunks(&receiver)))
            .collect();
        // Only the decoders hold it now: should all of them fail, the sending ends too.
        drop(receiver);
        let nameless = send_chunks(kv, &sender);
        drop(sender);
        let mut all = Vec::new();
        for decoder in decoders {
            all.extend(decoder.join().map_err(|_| StoreError::Unavailable {
                doing: "reading the open records",
                source: "a decoding thread panicked".into(),
            })?);
        }
        Ok((all, nameless?))
    })
}

fn send_chunks(kv: &dyn KeyValue, sender: &mpsc::SyncSender<Chunk>) -> Result<u64, StoreError> {
    let mut nameless = 0;
    let mut chunk = Chunk::new();
    kv.scan(
        keys::shelf_after(Shelf::Open, None).bounds(),
        Order::Ascending,
        &mut |key, value| {
            let Some(place) = keys::open_of(key) else {
                tracing::error!("Store holds a record whose key has no id");
                nameless += 1;
                return ControlFlow::Continue(());
            };
            chunk.push(place, value);
            if chunk.records.len() < CHUNK_RECORDS && chunk.values.len() < CHUNK_BYTES {
                return ControlFlow::Continue(());
            }
            let full = std::mem::replace(&mut chunk, Chunk::new());
            match sender.send(full) {
                Ok(()) => ControlFlow::Continue(()),
                Err(_) => ControlFlow::Break(()),
            }
        },
    )
    .map_err(failed("reading the open records"))?;
    // The decoders are joined next, and a chunk that nobody took is their panic, reported there.
    drop(sender.send(chunk));
    Ok(nameless)
}

fn decode_chunks(receiver: &Mutex<mpsc::Receiver<Chunk>>) -> Decoded {
    let mut decoded = Decoded::new();
    loop {
        let chunk = receiver
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv();
        let Ok(chunk) = chunk else { return decoded };
        decoded.extend(chunk.decode());
    }
}

/// The index entry of the open record `value` that stands at a place.
pub(super) fn read_entry((since, id): Place, value: &[u8]) -> Result<Entry, RecordError> {
    let envelope = decode_envelope(value)?;
    let record = decode_body(&envelope)?;
    let keys = kept_keys(&record);
    if record.id() != id || !keys.open {
        return Err(RecordError::Misplaced);
    }
    Ok(Entry {
        since,
        revision: envelope.revision,
        keys,
    })
}
