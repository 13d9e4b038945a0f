//! What a key-value engine holds, whole.

use std::ops::{Bound, ControlFlow};
use usher::store::kv::{KeyValue, Order};

/// Keys and values, in the order of keys.
pub(crate) type Content = Vec<(Vec<u8>, Vec<u8>)>;

/// All of it.
pub(crate) fn content(kv: &dyn KeyValue) -> Content {
    let mut all = Content::new();
    kv.scan(
        (Bound::Unbounded, Bound::Unbounded),
        Order::Ascending,
        &mut |key, value| {
            all.push((key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    all
}
