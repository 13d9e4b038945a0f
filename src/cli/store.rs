//! `usher store`: the schema of a database, and proofs over a store.

mod transfer;

use super::Context;
use super::bench::EngineArg;
use super::config::ConfigArgs;
use super::failure::{Exit, Failure};
use super::output::{Tone, cell, clean, table, toned};
use crate::app::{self, DatabaseError, OpenError};
use crate::config::settings::{Engine, PostgresSettings, StoreSettings};
use crate::store::kv::KvError;
use crate::store::postgres::{self, ConnectError, MigrateError};
use crate::store::verify::Report;
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Faults shown to people; programs get every one that the report lists.
const FAULTS_SHOWN_MAX: usize = 50;
const ELSEWHERE: &str = "give the folder as --path, or the broker's configuration as --config";
const UNREACHABLE: &str = "is the database running, and is this the right host, user and password?";
const DURABLE: &str = "set synchronous_commit to on or remote_apply, and fsync to on, on the server, for its database and role, and in the URL";
const CA: &str = "a command that is given the URL takes the certificates as --ca; config/usher.postgres.toml shows the whole";
const RESTORE: &str = "restore the folder from a backup";

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Prove that every record is whole and every open check is watched over
    ///
    /// No broker may be running on a store in a folder. A database is read as it is at one moment: brokers may go on.
    #[command(
        before_help = "Examples:\n  usher store verify --config config/usher.toml\n  usher store verify --path /var/lib/usher/store --format json"
    )]
    Verify(VerifyArgs),
    /// Bring the schema of a PostgreSQL database up to date, and give the brokers' role its rights
    ///
    /// The role that migrates owns the tables; the brokers' role can read and write rows and nothing else. Running it again does no harm.
    #[command(
        before_help = "Examples:\n  usher store schema --config config/usher.postgres.toml\n  usher store schema --config config/usher.postgres.toml --url postgres://owner@db.example/usher --password-file owner.password"
    )]
    Schema(SchemaArgs),
    /// Carry a store from one engine to another, and compare them
    ///
    /// An interrupted migration goes on where it was when it is run again. The source is left as it is. Nobody can open the target before
    /// everything has arrived and is equal.
    #[command(
        before_help = "Examples:\n  usher store migrate --from /var/lib/usher/store --to postgres://usher@localhost/usher\n  usher store migrate --from postgres://usher@db.example/usher --ca postgres-ca.pem --to /var/lib/usher/store"
    )]
    Migrate(transfer::MigrateArgs),
    /// Copy a store into one file with a checksum, and read it back
    ///
    /// No broker may be running on a store in a folder. A database is read as it is at one moment: brokers may go on.
    #[command(
        before_help = "Examples:\n  usher store backup --config config/usher.toml --to usher.backup\n  usher store backup --from /var/lib/usher/store --to usher.backup"
    )]
    Backup(transfer::BackupArgs),
    /// Fill an empty folder or database from a backup, and compare them
    #[command(
        before_help = "Examples:\n  usher store restore --from usher.backup --config config/usher.toml\n  usher store restore --from usher.backup --to /var/lib/usher/store"
    )]
    Restore(transfer::RestoreArgs),
}

/// How to come into a database, beside its URL.
#[derive(Debug, Args)]
pub(super) struct DatabaseArgs {
    /// File with the password of the database's user; nobody but its owner may read it
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The authorities of the database's certificate, in PEM; needed unless it is on this machine
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl DatabaseArgs {
    /// The database at `url`.
    pub(super) fn settings(&self, url: String) -> PostgresSettings {
        PostgresSettings {
            url: Some(url),
            password_file: self.password_file.clone(),
            ca: self.ca.clone(),
            ..PostgresSettings::default()
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// The database as the role that migrates comes to it [default: store.postgres.url of the configuration]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// The brokers' role, which must exist [default: the user of store.postgres.url]
    #[arg(long, value_name = "ROLE")]
    runner: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// Folder of the store [default: store.path of the configuration]
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    path: Option<PathBuf>,
    /// Engine of the store [default: store.engine of the configuration]
    #[arg(long, value_enum)]
    engine: Option<EngineArg>,
}

pub(super) fn run(command: StoreCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        StoreCommand::Verify(args) => verify_store(&args, context),
        StoreCommand::Schema(args) => schema(args, context),
        StoreCommand::Migrate(args) => transfer::migrate(&args, context),
        StoreCommand::Backup(args) => transfer::backup(&args, context),
        StoreCommand::Restore(args) => transfer::restore(&args, context),
    }
}

/// A runtime for commands that speak to databases.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build();
    runtime
        .map_err(|error| Failure::caused(Exit::Failure, &error, "check the limits of the system"))
}

fn schema(args: SchemaArgs, context: &Context) -> Result<Exit, Failure> {
    let mut settings = args.config.load(context)?.config.store.postgres;
    // Before the URL is replaced: whom the configuration names is whom brokers run as.
    let running = settings.url.as_deref().map(postgres::user).transpose();
    let running = running.map_err(|error| of_database(&error.into()))?;
    if let Some(url) = args.url {
        settings.url = Some(url);
        settings.password_file = None;
    }
    settings.password_file = args.database.password_file.or(settings.password_file);
    settings.ca = args.database.ca.or(settings.ca);
    let settings = app::database(&settings).map_err(|error| of_database(&error))?;
    let owner = postgres::examine(&settings).map_err(|error| of_database(&error.into()))?;
    let runner = args.runner.or(running).filter(|runner| *runner != owner);
    let steps = runtime()?
        .block_on(postgres::migrate(&settings, runner.as_deref()))
        .map_err(|error| of_migration(&error))?;
    if context.output.is_json() {
        let value = json!({ "steps": steps, "runner": runner });
        context.output.value(&value)?;
        return Ok(Exit::Ok);
    }
    let done = if steps.is_empty() {
        "The schema was up to date.".to_owned()
    } else {
        format!("The schema is up to date: {}.", steps.join(", "))
    };
    let rights = match &runner {
        Some(role) => format!("{role} may read and write rows, and nothing else."),
        None => "No role was given rights: brokers run as the owner of the tables.".into(),
    };
    context.output.print(&format!("{done}\n{rights}"))?;
    Ok(Exit::Ok)
}

fn of_migration(error: &MigrateError) -> Failure {
    match error {
        MigrateError::Connect(ConnectError::Unreachable(_)) => {
            Failure::caused(Exit::Unreachable, error, UNREACHABLE)
        }
        MigrateError::Connect(_) => Failure::caused(Exit::Usage, error, ""),
        MigrateError::Step(_) => Failure::caused(
            Exit::Failure,
            error,
            "nothing was changed by the step that failed; give a role that may create tables as --url",
        ),
        MigrateError::Grant(_) | MigrateError::Late => Failure::caused(Exit::Failure, error, ""),
    }
}

/// Why a database cannot be used.
pub(super) fn of_database(error: &DatabaseError) -> Failure {
    match error {
        error if error.passes() => Failure::caused(Exit::Unreachable, error, UNREACHABLE),
        DatabaseError::Connect(ConnectError::NotDurable { .. }) => {
            Failure::caused(Exit::Failure, error, DURABLE)
        }
        DatabaseError::Connect(ConnectError::Schema { .. } | ConnectError::Unfinished) => {
            Failure::caused(Exit::Failure, error, "")
        }
        DatabaseError::Connect(ConnectError::PlainText { .. }) => {
            Failure::caused(Exit::Usage, error, CA)
        }
        _ => Failure::caused(
            Exit::Usage,
            error,
            "config/usher.postgres.toml shows the whole",
        ),
    }
}

fn verify_store(args: &VerifyArgs, context: &Context) -> Result<Exit, Failure> {
    let mut settings: StoreSettings = args.config.load(context)?.config.store;
    if let Some(path) = &args.path {
        settings.path.clone_from(path);
        if settings.engine == Engine::Postgres {
            settings.engine = Engine::Redb;
        }
    }
    if let Some(engine) = args.engine {
        settings.engine = engine.into();
    }
    let empty = std::fs::read_dir(&settings.path).map(|mut entries| entries.next().is_none());
    if settings.engine != Engine::Postgres && !matches!(empty, Ok(false)) {
        return Err(Failure::new(
            Exit::NotFound,
            format!("there is no store in {}", settings.path.display()),
            ELSEWHERE,
        ));
    }
    let report = runtime()?
        .block_on(app::verify_store(&settings))
        .map_err(|error| refused(&error))?;
    if context.output.is_json() {
        let mut value = json!(report);
        value["sound"] = report.is_sound().into();
        context.output.value(&value)?;
    } else {
        context.output.print(&report_page(&report))?;
    }
    Ok(if report.is_sound() {
        Exit::Ok
    } else {
        Exit::Found
    })
}

/// Why there was nothing to verify, or what was found before any record.
pub(super) fn refused(error: &OpenError) -> Failure {
    let (exit, hint) = match error {
        OpenError::Database(database) => return of_database(database),
        OpenError::NotBuiltIn | OpenError::NoFolder => (Exit::Usage, ""),
        OpenError::Read(_) => (Exit::Unreachable, UNREACHABLE),
        OpenError::Store { .. } => (Exit::Found, RESTORE),
        OpenError::Engine { source, .. } => (exit_of(source), hint_of(source)),
    };
    Failure::caused(exit, error, hint)
}

pub(super) fn exit_of(error: &KvError) -> Exit {
    match error {
        KvError::Absent => Exit::NotFound,
        KvError::Foreign { .. } => Exit::Usage,
        KvError::Corrupt { .. } | KvError::Lost { .. } => Exit::Found,
        KvError::InUse
        | KvError::Full { .. }
        | KvError::Unavailable { .. }
        | KvError::TooLarge { .. }
        | KvError::Stopped => Exit::Failure,
    }
}

pub(super) fn hint_of(error: &KvError) -> &'static str {
    match error {
        KvError::InUse => "stop the broker first",
        KvError::Absent => ELSEWHERE,
        KvError::Foreign { .. } => "give the engine that made it as --engine",
        KvError::Corrupt { .. } | KvError::Lost { .. } => RESTORE,
        KvError::Full { .. }
        | KvError::Unavailable { .. }
        | KvError::TooLarge { .. }
        | KvError::Stopped => "look at the disk, then try again",
    }
}

fn report_page(report: &Report) -> String {
    let mut rows = table(&["count", "of"]);
    let lines = [
        (report.enquiries, "enquiries"),
        (report.open, "  open"),
        (report.checks.all, "checks"),
        (report.checks.waiting, "  waiting"),
        (report.checks.leased, "  leased"),
        (report.checks.accepted, "  accepted"),
        (report.checks.asked, "  asked back"),
        (report.checks.unroutable, "  unroutable"),
        (report.checks.answered_in_time, "  answered in time"),
        (report.checks.answered_late, "  answered late"),
        (report.checks.received_late, "  late answers read"),
        (
            report.checks.would_have_changed,
            "  of these, would have changed something",
        ),
        (report.checks.redirected, "  redirected"),
        (report.checks.closed, "  closed by a person"),
        (report.alerts.open, "alerts open"),
        (report.alerts.acknowledged, "alerts acknowledged"),
        (report.decisions, "decisions at court"),
        (report.events, "events"),
    ];
    for (count, of) in lines {
        rows.add_row([cell(count.to_string()), cell(of)]);
    }
    for (count, of) in [
        (report.checks.unwatched, "checks that nobody watches over"),
        (report.faults_found, "faults"),
    ] {
        let tone = if count == 0 { Tone::Good } else { Tone::Bad };
        rows.add_row([toned(count.to_string(), tone), toned(of, tone)]);
    }
    let mut page = rows.to_string();
    for fault in report.faults.iter().take(FAULTS_SHOWN_MAX) {
        let whose = fault
            .enquiry
            .as_deref()
            .map(|id| format!(" of {}", clean(id)))
            .unwrap_or_default();
        let _ = write!(
            page,
            "\nfault: {}{whose}: {}",
            clean(&fault.what),
            clean(&fault.reason)
        );
    }
    if report.engine_repaired {
        page.push_str(
            "\nThe engine rebuilt its own book-keeping, as after a crash; that harms nothing.",
        );
    }
    page.push_str(if report.is_sound() {
        "\nThe store is sound."
    } else {
        "\nTHE STORE IS NOT SOUND."
    });
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::verify::Fault;

    #[test]
    fn a_report_ends_with_its_verdict() {
        let sound = report_page(&Report {
            enquiries: 3,
            ..Report::default()
        });
        assert!(sound.ends_with("The store is sound."), "{sound}");
        let fault = Fault {
            what: "record".into(),
            enquiry: Some("018f".into()),
            reason: "torn".into(),
        };
        let broken = report_page(&Report {
            faults_found: 1,
            faults: vec![fault],
            ..Report::default()
        });
        assert!(broken.contains("fault: record of 018f: torn"), "{broken}");
        assert!(broken.ends_with("THE STORE IS NOT SOUND."), "{broken}");
    }
}
