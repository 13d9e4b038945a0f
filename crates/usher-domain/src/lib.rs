//! The pure core of usher: enquiries, their checks, ladders and alerts, and the rules that move them.
//!
//! One function is the whole business: [`decide::decide`] takes the enquiry as it is, a command, who
//! gives it, the time and the policy, and says what the enquiry becomes and which events tell of it, or
//! why nothing changes. It is total: any command by anybody at any time has an answer. Nothing here reads
//! a clock, a disk, a socket or a random source.
//!
//! # Map
//!
//! | to learn | read |
//! |---|---|
//! | what an enquiry is, and every state of a check | [`enquiry`], [`hearing`], [`ladder`], [`alert`] |
//! | who may give which command, who sees what | [`actor`], [`permit`] |
//! | the commands, what they lead to, why they are refused | [`command`], [`event`], [`rejection`] |
//! | what a case is, and what it needs | [`case`]: its own commands, rules and keys |
//! | what a verb does | `rules/VERB.rs`: the rule, then its table of cases; `rules.rs` has all in one picture |
//! | when an alert is over | `rules/settle.rs`, after every command: the only place |
//! | what may be asked of whom, and sent | [`agreement`] |
//! | when something is due | [`policy`] makes ladders, [`time`] counts working hours, [`index`] says what is next |
//! | whether an answer is likely in time | [`forecast`] |
//! | people, addresses, answers | [`personal`]; the rules themselves carry them [`sealed`] |
//! | what was needed, asked and answered in a period | [`report`] |
//! | how much of anything | [`limits`] |
//!
//! # Invariants
//!
//! Numbered as in the design. `tests/properties` holds the core to them with random stories under random
//! policies.
//!
//! 1. **No silent exit.** A check ends answered and received by a named person, redirected to a check that
//!    lives on, or closed by a named person with a reason. The clock ends nothing.
//! 2. A receipt is for an enquiry that is kept: the store's to hold.
//! 3. **Every open check is watched.** It has a next moment at which the clock looks again, or an open
//!    alert; and the clock alone brings it to an open alert, because an acknowledgement expires and the last
//!    step of a ladder holds until an answer comes.
//! 4. **Each step is raised once** in each computation of a ladder, never before it is due; after the clock
//!    has looked, nothing is overdue.
//! 5. **The same request gives the same enquiry**, and another one under its id is refused. The first answer
//!    stays; a newer one stands beside it and must be read anew.
//! 6. **What an actor may not see reads as absent**, to the letter of the refusal.
//! 7. **A deadline moves only for a named person with a reason**, and a decision at court counts only for
//!    the hearing that it was taken for.
//! 8. **What is due follows from the record alone**: [`index::keys`] of it is all that a store needs.
//! 9. **No `Debug` and no refusal prints a name or a text.**
//! 10. **Every list has a bound, and so have the texts of one enquiry together.** A full enquiry can still be
//!     read, moved, decided and closed.
//!
//! A clock that goes back harms nothing: it finds nothing to do.

extern crate alloc;

pub mod actor;
pub mod agreement;
pub mod alert;
pub mod case;
pub mod code;
mod codes;
pub mod command;
pub mod decide;
pub mod enquiry;
pub mod event;
pub mod forecast;
pub mod hearing;
pub mod id;
pub mod index;
pub mod ladder;
pub mod limits;
pub mod permit;
pub mod personal;
pub mod policy;
pub mod rejection;
pub mod report;
mod rules;
pub mod sealed;
pub mod time;
