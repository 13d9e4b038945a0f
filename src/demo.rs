//! `usher demo`: a sentencing day in London, end to end. The same app as `serve`, on the default store in a fresh folder, with mutual TLS on
//! loopback; officers, boroughs' adapters and operators are real gRPC clients, four of the adapters those of `usher adapter run`, one on
//! each connector; the clock is a fast one.
//!
//! It promises nothing about how people behave: that is invented and seeded. What it shows is that every receipt is kept and nothing is
//! dropped: the summary is read from the store after the stop, and held against what the clients were given.

mod agenda;
mod asked;
mod asking;
mod board;
mod borough;
mod calibration;
mod cast;
mod client;
mod connectors;
mod console;
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
mod track;

pub use asked::{Asked, Ends};
pub use calibration::{Bin, Calibration, calibrate};
pub use connectors::ConnectorFigures;
pub use summary::Summary;

use crate::app::{open_store, verify_store};
use crate::config::environment::TEMPORARY_FOLDER;
use crate::config::settings::{Engine, PostgresSettings};
use crate::lifecycle::Interrupts;
use crate::store::postgres::{self, ConnectError, PostgresStore};
use crate::store::{Cursor, Store as _};
use anyhow::{Context as _, anyhow};
use connectors::Kind;
use day::{Day, Played};
use display::say;
use list::{List, ListError};
use records::Records;
use serde::Serialize;
use stage::Stage;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use usher_domain::code::ResponderId;

/// The list that is built in: some 300 cases at courts of London.
const BUILT_IN: &str = include_str!("../config/demo/court-list.csv");
/// The seed when none is chosen.
pub const DEFAULT_SEED: u64 = 20_261_123;
/// How many times faster than real time the clock runs for people who take part: the built-in day takes about ten minutes.
pub const SPEED_TO_TAKE_PART: u32 = 200;
/// Of a hundred cases that needed an enquiry, none was made in so many (HM Inspectorate of Probation, annual report on 2022-23).
pub const DEFAULT_FORGET: u32 = 45;
/// Of a hundred court reports that needed one, so many had no completed check (the same report).
pub const DEFAULT_NOT_IN_TIME: u32 = 52;
/// The exit code when something was dropped, a row was not played, or the store is not sound.
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
    /// Of a hundred officers, so many forget to ask until they are reminded.
    pub forget: u32,
    /// Of a hundred enquiries, about so many are not answered in time, whatever the reason; not below what boroughs' ways cost anyway, nor all.
    pub not_in_time: u32,
    /// Whether to leave the folder, and to go on serving in [`Outcome::keep_running`].
    pub keep_running: bool,
    /// Where the run's folder is made.
    pub folder: PathBuf,
    /// A database without enquiries, for the store; when there is none, the default engine in that folder.
    pub database: Option<PostgresSettings>,
    /// A database for the tables that the SQL connector reads; when there is none, a file of `SQLite` in that folder.
    pub replica: Option<PostgresSettings>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            list: None,
            speed: None,
            seed: DEFAULT_SEED,
            forget: DEFAULT_FORGET,
            not_in_time: DEFAULT_NOT_IN_TIME,
            keep_running: false,
            folder: TEMPORARY_FOLDER.into(),
            database: None,
            replica: None,
        }
    }
}

/// A day that was played.
pub struct Outcome {
    summary: Summary,
    connectors: Connectors,
    table: String,
    kept: Option<Stage>,
}

/// How the boroughs on each connector did, by its kind.
pub type Connectors = BTreeMap<&'static str, ConnectorFigures>;

/// Plays the day. Progress and rejected rows go to stderr.
///
/// # Errors
/// A [`ListError`] in the chain when no day can be played from the list; else when the folder cannot be written or the broker dies. A bad
/// row is no error, nor is a broken promise: see [`Outcome::exit_code`].
pub async fn run(options: &Options) -> anyhow::Result<Outcome> {
    let list = read_list(options)?;
    if let Some(database) = &options.database {
        prepare(database).await?;
    }
    let rows = list.cases.len() + list.rejected.len();
    let records = Arc::new(Records::default());
    for rejected in list.rejected.iter().cloned() {
        records.reject(rejected);
    }
    let day = Day::prepare(list, options, Arc::clone(&records));
    let mut played = match day {
        Ok(day) => day.play().await?,
        Err(error) => {
            tell_rows(&records, &[]);
            return Err(error);
        }
    };
    let report = verify_store(&played.stage.store).await?;
    let mut findings = classify(&played).await?;
    tell_rows(&records, &played.unplayed);
    for fault in report.faults.iter().take(FAULTS_TOLD) {
        let whose = fault.enquiry.as_deref().unwrap_or("no enquiry");
        say(&format!(
            "the store is not sound: {} of {whose}: {}",
            fault.what, fault.reason
        ));
    }
    let summary = &mut findings.summary;
    summary.rows = rows as u64;
    summary.rejected_rows = records.rejected().len() as u64;
    summary.unplayed_rows = played.unplayed.len() as u64;
    summary.rows_set_aside = records.set_aside_alone().len() as u64;
    summary.verified = report.is_sound();
    if summary.rejected_rows == summary.rows && summary.is_kept() {
        return Err(ListError::NothingToPlay.into());
    }
    if options.keep_running {
        played.stage.folder.keep();
    }
    let connectors = figures(&played, &findings, options);
    Ok(Outcome {
        summary: findings.summary,
        table: table::render(&findings, &connectors, &records.refusals()),
        connectors,
        kept: options.keep_running.then_some(played.stage),
    })
}

fn figures(played: &Played, findings: &summary::Findings, options: &Options) -> Connectors {
    let of = |(kind, borough): (&Kind, &ResponderId)| {
        let client = stage::Who::Borough(borough.clone()).uri();
        let hands = findings.hands.get(&client).cloned().unwrap_or_default();
        let figures = ConnectorFigures {
            boroughs: vec![borough.to_string()],
            engine: (*kind == Kind::Sql).then(|| connectors::engine(options.replica.as_ref())),
            settled: hands.settled.len() as u64,
            people: hands.people.len() as u64,
        };
        (kind.word(), figures)
    };
    played.connected.iter().map(of).collect()
}

/// Says on stderr which rows were not played, and why.
fn tell_rows(records: &Records, unplayed: &[u64]) {
    for row in records.rejected() {
        say(&format!(
            "row at line {} is rejected: {}",
            row.line, row.reason
        ));
    }
    for line in unplayed {
        say(&format!(
            "row at line {line} was not played, although nothing is wrong with it: the day ended before the broker had answered"
        ));
    }
}

impl Outcome {
    /// The figures.
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    /// How the boroughs on each connector did.
    pub fn connectors(&self) -> &Connectors {
        &self.connectors
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
        #[derive(Serialize)]
        struct Report<'a> {
            #[serde(flatten)]
            summary: &'a Summary,
            connectors: &'a Connectors,
        }
        serde_json::to_string(&Report {
            summary: &self.summary,
            connectors: &self.connectors,
        })
    }

    /// 0 when every promise was kept, else [`EXIT_BROKEN_PROMISE`].
    pub fn exit_code(&self) -> u8 {
        if self.summary.is_kept() {
            0
        } else {
            EXIT_BROKEN_PROMISE
        }
    }

    /// With [`Options::keep_running`]: serves on, at real speed from where the day ended, until `interrupts`; says on stderr where, and where
    /// certificates for clients lie. Without, returns at once.
    ///
    /// # Errors
    /// When the broker cannot start again.
    pub async fn keep_running(self, interrupts: &mut Interrupts) -> anyhow::Result<()> {
        let Some(stage) = self.kept else {
            return Ok(());
        };
        let running = stage.start().await?;
        let certificates = stage.folder.certificates();
        if let Some(console) = &stage.console {
            say(&format!(
                "the console goes on at {}; officers and boroughs have gone home, and act only through whoever signs in",
                console.address()
            ));
        }
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
            match stage.store.engine {
                Engine::Postgres => "the database".into(),
                Engine::Redb | Engine::Sled => stage.folder.store().display().to_string(),
            },
            stage.folder.path().display()
        ));
        interrupts.next().await;
        running.stop().await
    }
}

fn read_list(options: &Options) -> anyhow::Result<List> {
    let Some(path) = &options.list else {
        return List::read(BUILT_IN.as_bytes())
            .context("the built-in court list was damaged before usher was built");
    };
    let list = File::open(path)
        .map_err(ListError::Closed)
        .and_then(List::read);
    list.with_context(|| format!("cannot play the court list {}", path.display()))
}

/// Makes the schema where there is none, and refuses a database that is in use.
async fn prepare(database: &PostgresSettings) -> anyhow::Result<()> {
    let settings = crate::app::database(database)?;
    let store = match PostgresStore::open(&settings).await {
        Err(ConnectError::Schema { found: 0, .. }) => {
            postgres::migrate(&settings, None).await?;
            PostgresStore::open(&settings).await?
        }
        opened => opened?,
    };
    if store.feed_end().await? == Cursor::default() {
        Ok(())
    } else {
        Err(anyhow!(
            "the database has enquiries already: the demo needs one of its own, such as a fresh one made with createdb"
        ))
    }
}

async fn classify(played: &Played) -> anyhow::Result<summary::Findings> {
    let store = open_store(&played.stage.store).await?;
    let findings = summary::read(&*store.store(), &played.records, &played.track).await;
    store.close().await;
    findings.map_err(|error| anyhow!(error).context("the store cannot be read after the day"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_broken_promise_ends_with_its_exit_code_and_a_kept_day_with_zero() {
        let kept = Summary {
            enquiries: 4,
            checks: 5,
            answered_in_time: 3,
            open_with_alert: 2,
            receipts: 4,
            rows: 6,
            rejected_rows: 2,
            verified: true,
            ..Summary::default()
        };
        let check = |what: &str, change: fn(&mut Summary), code: u8| {
            let mut summary = kept;
            change(&mut summary);
            let outcome = Outcome {
                summary,
                connectors: Connectors::default(),
                table: String::new(),
                kept: None,
            };
            assert_eq!(outcome.exit_code(), code, "{what}");
        };
        check("kept", |_| {}, 0);
        check("not sound", |day| day.verified = false, EXIT_BROKEN_PROMISE);
        check(
            "one dropped",
            |day| {
                day.answered_in_time -= 1;
                day.silently_dropped += 1;
            },
            EXIT_BROKEN_PROMISE,
        );
        check(
            "a check in no class",
            |day| day.checks += 1,
            EXIT_BROKEN_PROMISE,
        );
        check(
            "a row not played",
            |day| {
                day.rows += 1;
                day.unplayed_rows += 1;
            },
            EXIT_BROKEN_PROMISE,
        );
        check(
            "a row that nobody counted",
            |day| day.rows += 1,
            EXIT_BROKEN_PROMISE,
        );
    }
}
