//! The store: what every engine must do, and what must survive a power cut or a flipped bit.

mod bit_flip;
mod conformance;
mod contract;
mod disk;
mod postgres;
mod power_cut;
#[cfg(all(feature = "sled", unix))]
mod power_cut_sled;
mod record;
mod transfer;
mod verify;
mod writer;

use std::collections::BTreeMap;
use std::ops::{Bound, ControlFlow};
use usher::store::kv::{KeyValue, KvError, Order, Write};

/// Everything that an engine holds.
type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// Reads everything, by one scan.
fn contents(engine: &dyn KeyValue) -> Result<Contents, KvError> {
    let mut all = Contents::new();
    engine.scan(
        (Bound::Unbounded, Bound::Unbounded),
        Order::Ascending,
        &mut |key, value| {
            all.insert(key.to_vec(), value.to_vec());
            ControlFlow::Continue(())
        },
    )?;
    Ok(all)
}

/// What `contents` become by `writes`.
fn apply(contents: &mut Contents, writes: &[Write]) {
    for Write { key, value } in writes {
        match value {
            Some(value) => contents.insert(key.clone(), value.clone()),
            None => contents.remove(key),
        };
    }
}

/// A batch over a few hundred keys, so that it overwrites and deletes, mostly of small values.
fn random_batch(rng: &mut fastrand::Rng) -> Vec<Write> {
    let writes = if rng.u8(..) < 20 {
        rng.usize(40..80)
    } else {
        rng.usize(1..10)
    };
    (0..writes)
        .map(|_| {
            let key = rng.u16(..300).to_be_bytes();
            match rng.u8(..) {
                ..40 => Write::delete(key),
                40..45 => Write::put(key, random_bytes(rng, 60_000)),
                _ => Write::put(key, random_bytes(rng, 3_000)),
            }
        })
        .collect()
}

fn random_bytes(rng: &mut fastrand::Rng, max: usize) -> Vec<u8> {
    let mut bytes = vec![0; rng.usize(..max)];
    rng.fill(&mut bytes);
    bytes
}
