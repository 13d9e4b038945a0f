//! store.

pub mod kv;
pub mod redb;
#[cfg(feature = "sled")]
pub mod sled;
