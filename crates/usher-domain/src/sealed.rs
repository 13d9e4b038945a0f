//! The opaque part of a record that holds personal data. The core carries it and never looks inside.

use alloc::sync::Arc;
use core::fmt;

/// Personal data as bytes, made and read by the one codec (`src/store/record.rs`). Routing, deadlines and escalation work
/// without it; `Debug` prints its length only.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sealed(Arc<[u8]>);

impl Sealed {
    /// Wraps encoded bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Self {
        Self(bytes.into())
    }

    /// The encoded bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether there is nothing inside.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
