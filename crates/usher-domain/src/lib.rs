//! The pure core of usher: enquiries, their checks, ladders and alerts, and the rules that move them.

extern crate alloc;

pub mod actor;
pub mod alert;
pub mod code;
mod codes;
pub mod command;
pub mod decide;
pub mod enquiry;
pub mod event;
pub mod hearing;
pub mod id;
pub mod index;
pub mod ladder;
pub mod limits;
pub mod permit;
pub mod personal;
pub mod policy;
pub mod rejection;
mod rules;
pub mod sealed;
pub mod time;
