//! `usher bench`: what usher costs on this machine.

use super::Context;
use super::failure::{Exit, Failure};
use super::store::DatabaseArgs;
use crate::bench::{self, Stores};
use crate::config::settings::Engine;
use clap::{Args, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Open enquiries of the second part, unless told: what one machine is to hold, and what a database is.
const OPEN_EMBEDDED: usize = 100_000;
const OPEN_DATABASE: usize = 1_000_000;

#[derive(Debug, Args)]
pub(super) struct BenchArgs {
    /// Length of one round of one load
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// Rounds of each load at each concurrency
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    rounds: u32,
    /// Calls at once, one number or several with commas between
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [1_usize, 64, 256])]
    concurrency: Vec<usize>,
    /// Worker threads of each of the two processes; 0 is one for each processor, as `serve` has
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=256))]
    workers: u16,
    /// Open enquiries for the second part; 0 leaves it out [default: 100000, or 1000000 with --store]
    #[arg(long, value_name = "N")]
    open: Option<usize>,
    /// Deadlines of the second part that fall due within a minute; 0 leaves them out
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    due: usize,
    /// Engine of the store
    #[arg(long, value_enum, default_value_t)]
    engine: EngineArg,
    /// Measure over PostgreSQL, such as `postgres://ROLE@HOST/DATABASE`: stores are databases of their own, which ROLE must be allowed to
    /// create, and which are dropped at the end. One broker is held against a bare client's inserts, and two brokers of one database
    /// against it
    #[arg(long, value_name = "URL", conflicts_with_all = ["engine"])]
    store: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where the stores are made: a folder on the disk to be measured [default: the system's temporary folder]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    /// Measure the console in place of all else: its pages at 50 requests a second over --open enquiries, and an alert on 500 open boards
    #[arg(long)]
    console: bool,
    /// End with exit code 7 when a target is missed
    #[arg(long)]
    fail_on_missed: bool,
}

/// An engine, as the command line names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum EngineArg {
    /// The default.
    #[default]
    Redb,
    /// In builds with the feature `sled`.
    Sled,
}

impl From<EngineArg> for Engine {
    fn from(engine: EngineArg) -> Self {
        match engine {
            EngineArg::Redb => Self::Redb,
            EngineArg::Sled => Self::Sled,
        }
    }
}

/// The broker's side of a bench: started by the bench itself.
#[derive(Debug, Args)]
pub(super) struct BrokerArgs {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    orders: Vec<OsString>,
}

pub(super) fn run(args: BenchArgs, context: &Context) -> Result<Exit, Failure> {
    let open = args.open.unwrap_or(match &args.store {
        None => OPEN_EMBEDDED,
        Some(_) => OPEN_DATABASE,
    });
    let stores = match args.store {
        None => Stores::Folders(args.engine.into()),
        Some(url) => Stores::Databases(args.database.settings(url)),
    };
    let options = bench::Options {
        round: Duration::from_secs(args.seconds),
        rounds: usize::try_from(args.rounds).unwrap_or(usize::MAX),
        concurrency: args.concurrency,
        workers: args.workers.into(),
        open,
        due: args.due,
        stores,
        folder: args
            .folder
            .unwrap_or_else(|| context.environment.temporary_folder()),
        ..bench::Options::default()
    };
    let say = |line: &str| context.output.note(line);
    let measured = if args.console {
        bench::run_pages(&options, &say)
            .map(|report| (report.json(), report.table(), report.targets))
    } else {
        bench::run(&options, &say).map(|report| (report.json(), report.table(), report.targets))
    };
    let (json, table, targets) = match measured {
        Err(error) if error.is::<bench::Interrupted>() => return Ok(Exit::Interrupted),
        measured => measured.map_err(|error| failed(&error))?,
    };
    if context.output.is_json() {
        let figures = json.map_err(|error| Failure::caused(Exit::Failure, &error, ""))?;
        context.output.print(&figures)?;
    } else {
        context.output.print(&table)?;
    }
    let missed = targets.iter().any(|target| !target.reached);
    Ok(if args.fail_on_missed && missed {
        Exit::Found
    } else {
        Exit::Ok
    })
}

pub(super) fn serve(args: &BrokerArgs) -> Result<Exit, Failure> {
    bench::serve(&args.orders).map_err(|error| failed(&error))?;
    Ok(Exit::Ok)
}

fn failed(error: &anyhow::Error) -> Failure {
    Failure::caused(
        Exit::Failure,
        error.as_ref(),
        "check the disk and the memory that are left",
    )
}
