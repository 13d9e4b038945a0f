//! Joins one borough's system to a broker: `usher adapter run`, and the library from which anybody writes a connector of their own.
//!
//! An adapter dials out; nobody calls it. It takes checks as fast as it can look them up, asks its [`Connector`]s in their order, and does
//! what the first of them that settles the check says. What none of them settles goes to people. It never decides that somebody is not known
//! unless that is certain, and it speaks to the broker through the wire contract alone.

mod act;
pub mod blocking;
pub mod connector;
mod desk;
pub mod drop;
mod health;
mod journal;
mod link;
pub mod mapping;
pub mod matching;
pub mod people;
pub mod rest;
mod runtime;
mod settings;
pub mod settle;
pub mod sql;
mod work;

pub use connector::{Candidates, Connector, Outcome, Reply, Source, Trouble};
pub use desk::Desk;
pub use health::Health;
pub use journal::JournalError;
pub use people::{Accuracy, Born, Found, Identity, Name, Place, Wanted};
pub use runtime::{Adapter, StartError};
pub use settings::{BrokerSettings, PaceSettings};
pub use settle::{Searched, settle};
