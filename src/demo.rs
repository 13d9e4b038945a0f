//! `usher demo`: a sentencing day in London, end to end. The same app as `serve`, on the default store in a fresh folder, with mutual TLS on
//! loopback; officers, boroughs' adapters and operators are real gRPC clients; the clock is a fast one.
//!
//! It promises nothing about how people behave: that is invented and seeded. What it shows is that every receipt is kept and nothing is
//! dropped: the summary is read from the store after the stop, and held against what the clients were given.

mod agenda;
mod board;
mod borough;
mod cast;
mod client;
mod day;
mod display;
pub mod list;
mod officer;
mod operator;
mod pace;
mod records;
mod script;
mod seed;
mod stage;
mod submission;
mod summary;
mod table;

pub use summary::Summary;

use crate::app::open_engine;
use crate::store::verify::{self, Report};
use anyhow::{Context as _, anyhow};
use day::Day;
use display::say;
use list::List;
use pace::Track;
use records::Records;
use stage::{Stage, store_settings};
use std::fs::File;
use std::path::PathBuf;

/// The list that is built in: some 300 cases at courts of London.
const BUILT_IN: &str = include_str!("../config/demo/court-list.csv");
/// The seed when none is chosen.
pub const DEFAULT_SEED: u64 = 20_261_123;
/// The exit code when something was dropped or the store is not sound.
pub const EXIT_BROKEN_PROMISE: u8 = 7;
/// Faults of the store that are told.
const FAULTS_TOLD: usize = 10;

/// What to play.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A court list; the built-in one when there is none.
    pub list: Option<PathBuf>,
    /// How many times faster than real time the clock runs where something happens; chosen to fit when there is none.
    pub speed: Option<u32>,
    /// What chance is made from: the same seed and list make the same day.
    pub seed: u64,
    /// Whether to leave the folder, and to go on serving in [`Outcome::keep_running`].
    pub keep_running: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            list: None,
            speed: None,
            seed: DEFAULT_SEED,
            keep_running: false,
        }
    }
}

/// A day that was played.
pub struct Outcome {
    summary: Summary,
    table: String,
    kept: Option<Stage>,
}

/// Plays the day. Progress and rejected rows go to stderr.
///
/// # Errors
/// When the list is not one, the folder cannot be written, or the broker dies. A bad row is no error, nor is a broken promise: see
/// [`Outcome::exit_code`].
pub async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let list = read_list(options)?;
    let records = Records::default();
    for rejected in list.rejected.iter().cloned() {
        records.reject(rejected);
    }
    let day = Day::prepare(list, options, records)?;
    let (mut stage, records, track) = day.play().await?;
    let report = verify_store(&stage)?;
    let findings = classify(&stage, &records, &track).await?;
    let rejected = records.rejected();
    for row in &rejected {
        say(&format!(
            "row at line {} was not played: {}",
            row.line, row.reason
        ));
    }
    for fault in report.faults.iter().take(FAULTS_TOLD) {
        let whose = fault.enquiry.as_deref().unwrap_or("no enquiry");
        say(&format!(
            "the store is not sound: {} of {whose}: {}",
            fault.what, fault.reason
        ));
    }
    let mut findings = findings;
    findings.summary.rejected_rows = rejected.len() as u64;
    findings.summary.verified = report.is_sound();
    if options.keep_running {
        stage.folder.keep();
    }
    Ok(Outcome {
        summary: findings.summary,
        table: table::render(&findings, &records.refusals()),
        kept: options.keep_running.then_some(stage),
    })
}

impl Outcome {
    /// The figures.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// The report for people, several lines without a line end.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// The figures as one JSON object on one line.
    ///
    /// # Errors
    /// Never: numbers and a truth value can be written.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(&self.summary)
    }

    /// 0 when every promise was kept, else [`EXIT_BROKEN_PROMISE`].
    pub fn exit_code(&self) -> u8 {
        if self.summary.is_kept() {
            0
        } else {
            EXIT_BROKEN_PROMISE
        }
    }

    /// With [`Options::keep_running`]: serves on, at real speed from where the day ended, until Ctrl-C; says on stderr where, and where
    /// certificates for clients lie. Without, returns at once.
    ///
    /// # Errors
    /// When the broker cannot start again.
    pub async fn keep_running(self) -> anyhow::Result<()> {
        let Some(stage) = self.kept else {
            return Ok(());
        };
        let running = stage.start().await?;
        let certificates = stage.folder.certificates();
        say(&format!(
            "serving on https://{} until Ctrl-C",
            running.address
        ));
        say(&format!(
            "certificates and keys are in {}: ca.pem, and for clients office-0.pem, operators.pem, inspector.pem, borough-<id>.pem with their .key",
            certificates.display()
        ));
        say(&format!(
            "the store is in {}; remove {} when you are done",
            stage.folder.store().display(),
            stage.folder.path().display()
        ));
        tokio::signal::ctrl_c()
            .await
            .context("cannot wait for Ctrl-C")?;
        running.stop().await
    }
}

fn read_list(options: &Options) -> anyhow::Result<List> {
    let Some(path) = &options.list else {
        return List::read(BUILT_IN.as_bytes())
            .context("the built-in court list was damaged before usher was built");
    };
    let file = File::open(path)
        .with_context(|| format!("cannot open the court list {}", path.display()))?;
    List::read(file).with_context(|| format!("{} is not a court list", path.display()))
}

fn verify_store(stage: &Stage) -> anyhow::Result<Report> {
    let mut engine = open_engine(&store_settings(&stage.folder))?;
    Ok(verify::verify(engine.as_mut()))
}

async fn classify(
    stage: &Stage,
    records: &Records,
    track: &Track,
) -> anyhow::Result<summary::Findings> {
    let store = crate::app::open_store(&store_settings(&stage.folder))?;
    let findings = summary::read(&store, &records.receipts(), track).await;
    store.close().await;
    findings.map_err(|error| anyhow!(error).context("the store cannot be read after the day"))
}
