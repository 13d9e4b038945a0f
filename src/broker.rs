//! broker.

pub mod input;
pub mod opened;
pub mod output;
