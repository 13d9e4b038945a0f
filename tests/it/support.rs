//! What tests of the whole broker share: a broker with real parts on loopback, clients of every role, a clock that tests
//! move, and the words to say what is expected.

mod clock;
mod kit;
mod refusal;
mod words;

pub(crate) use clock::TestClock;
pub(crate) use kit::{Kit, Shape};
pub(crate) use refusal::{check_fields, check_refused, same_as_nothing};
pub(crate) use words::*;
