//! What tests share: a broker with real parts on loopback and clients of every role, a clock that tests move, the words to say
//! what is expected; sample enquiries and the in-memory model of the store.

mod browser;
mod clock;
mod contents;
mod feed;
mod gate;
mod kit;
pub(crate) mod memory;
pub(crate) mod postgres;
pub(crate) mod proxy;
mod refusal;
pub(crate) mod sample;
mod words;

use std::path::PathBuf;

pub(crate) use browser::{Browser, Shown};
pub(crate) use clock::TestClock;
pub(crate) use contents::{Content, content};
pub(crate) use feed::whole_feed;
pub(crate) use gate::{Gate, Gated};
pub(crate) use kit::{Kit, Shape, write_tls};
pub(crate) use refusal::{check_fields, check_refused, same_as_nothing};
pub(crate) use words::*;

/// The root of the checkout, which is where tests run. A path kept at compile time would be another checkout's, where target
/// folders are shared.
pub(crate) fn root() -> PathBuf {
    std::env::current_dir().unwrap()
}
