//! The test kit: sample data and the model of the store.

pub(crate) mod memory;
pub(crate) mod sample;
