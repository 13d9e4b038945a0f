//! The pure core of usher: enquiries, their checks, ladders and alerts, and the rules that move them.

extern crate alloc;

pub mod actor;
pub mod code;
pub mod hearing;
pub mod id;
pub mod limits;
pub mod sealed;
pub mod time;
