//! The mapping language: what a borough's system calls things, in expressions of its configuration.
//!
//! An expression is compiled at the start and tried on a sample that the configuration gives, so that a wrong name, filter or code table
//! is told with its line before any check comes. It may spend so much and no more ([`FUEL_PER_EVALUATION`]). What it does not understand
//! — a name that is not there, a date of another form, a code that no table holds — is a [`Fault`], and the check goes to people: nothing
//! is ever guessed. A fault says where in the configuration, and holds nothing of the data.
//!
//! [`Mapping`] turns a row of any system, as JSON, into [`Found`](crate::adapter::people::Found). It knows of no transport.

pub mod asked;
mod codes;
mod expression;
mod fault;
mod record;
mod settings;
mod term;
#[cfg(test)]
mod tests;

pub use codes::{Settings as CodeSettings, Standard, Table as CodeTable};
pub use expression::{Expression, FUEL_PER_EVALUATION, json, value};
pub use fault::{Fault, Page};
pub use record::{ITEMS_MAX, Mapping};
pub use settings::{Address, Episode, Former, Settings, Worker, Written};
