//! The test kit: sample data and the model of the store.

pub mod memory;
pub mod sample;
