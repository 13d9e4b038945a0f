//! `usher adapter check`: proves that an adapter, in whatever language, keeps the contract of [`usher_proto`]'s `AdapterService`.
//!
//! A test broker, the same app as `serve` with short leases, stands behind a door that passes calls on, keeps what it sees, and loses, delays
//! and cuts as networks do. A script of enquiries about invented people drives the adapter through it. Clauses judge what the adapter does, never
//! what its system knows. Nothing here calls a broker in use.

mod clause;
mod front;
mod judge;
mod others;
mod outage;
mod people;
mod program;
mod report;
mod script;
mod stage;
mod tape;

pub use clause::{Clause, Finding, Verdict};
pub use program::{Place, Program, UnderTest};
pub use report::Report;

pub use crate::config::adapter::Known;

use script::Play;
use stage::Stage;
use std::path::Path;
use std::time::Duration;

/// Is told what is being tried.
pub type Say<'a> = dyn Fn(&str) + Send + Sync + 'a;

/// How long things take, and how long the adapter may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A lease.
    pub lease: Duration,
    /// Until the adapter has started and called.
    pub start: Duration,
    /// Until it has ended one check that waits for it.
    pub patience: Duration,
    /// Until it repeats what was lost.
    pub repeat: Duration,
    /// How long a slow reply takes.
    pub slow: Duration,
    /// How long the broker is away.
    pub away: Duration,
    /// Until it takes work again then.
    pub reconnect: Duration,
    /// Until it shows a new certificate.
    pub certificate: Duration,
    /// How long there is no work.
    pub idle: Duration,
    /// Until it has stopped.
    pub stop: Duration,
    /// How long something is looked at that should not happen.
    pub settle: Duration,
    /// Large checks at once.
    pub huge: usize,
}

impl Default for Pace {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self {
            lease: seconds(5),
            start: seconds(30),
            patience: seconds(30),
            repeat: seconds(20),
            slow: seconds(5),
            away: seconds(3),
            reconnect: seconds(60),
            certificate: seconds(60),
            idle: seconds(10),
            stop: seconds(30),
            settle: seconds(2),
            huge: 64,
        }
    }
}

/// Proves `adapter`; what is needed for it is made in `folder`, and removed. The adapter has then ended; where this fails or is cut short,
/// whoever called ends it. `known` is somebody whom the system behind it holds, where it is said.
///
/// # Errors
/// When the test broker or the adapter cannot be started: nothing is then known of the adapter.
pub async fn prove(
    adapter: &mut dyn UnderTest,
    folder: &Path,
    pace: Pace,
    known: Option<Known>,
    say: &Say<'_>,
) -> anyhow::Result<Report> {
    let stage = Stage::set(folder, pace.lease)?;
    let mut play = Play::prepare(&stage, adapter, pace, known, say).await?;
    play.play().await?;
    play.report().await
}
