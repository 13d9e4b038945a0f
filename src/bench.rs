//! `usher bench`: what usher costs, measured against a bare tonic echo in the same pair of processes, over the same mutual TLS, with
//! messages of the same size; then what 100,000 open enquiries change.
//!
//! The broker is a child process, the same app as `serve` on a store in a fresh folder; this process is its clients. Rounds of each load
//! take turns, so that what else the machine does falls on all of them. Ratios are taken within a round. It measures no network and
//! promises nothing about other machines: compare ratios, and only of one run.
//!
//! Over PostgreSQL a third part compares one broker with a bare client's inserts of the same rows, and with two brokers.

mod broker;
mod ceiling;
mod clients;
mod databases;
mod echo;
mod load;
mod message;
mod open;
mod pages;
mod process;
mod report;
mod round_trip;
mod rounds;
mod shared;
mod stage;

pub use broker::serve;
pub use pages::{PageTimes, PagesReport};
pub use process::BROKER_COMMAND;
pub use report::{
    Cost, Kind, Lateness, Load, Machine, Open, Percentiles, Ratio, Report, Restart, Shared, Target,
};

use crate::clock::Stopwatch;
use crate::config::environment::TEMPORARY_FOLDER;
use crate::config::settings::{Engine, PostgresSettings, StoreSettings};
use crate::lifecycle::Interrupts;
use anyhow::Context as _;
use broker::Orders;
use databases::Databases;
use hdrhistogram::Histogram;
use process::Process;
use stage::Stage;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Memory for the store's cache, as `config/usher.toml` has it.
const CACHE_MIB: usize = 128;
/// Writes of the look at the disk, and the bytes of each.
const DISK_WRITES: usize = 200;
const DISK_WRITE_BYTES: usize = 4_096;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// The length of one round of one load.
    pub round: Duration,
    /// Rounds of each load at each concurrency; at least 1.
    pub rounds: usize,
    /// Calls at once.
    pub concurrency: Vec<usize>,
    /// Open enquiries for the second part; 0 leaves it out.
    pub open: usize,
    /// Deadlines of the second part that fall within [`Options::due_within`]; 0 leaves them out.
    pub due: usize,
    /// How long those deadlines are spread over.
    pub due_within: Duration,
    /// What keeps the enquiries.
    pub stores: Stores,
    /// Worker threads of each process; 0 is one for each processor, as `serve` has.
    pub workers: usize,
    /// Where the stores are made: on the disk to be measured.
    pub folder: PathBuf,
    /// The program whose hidden command [`BROKER_COMMAND`] runs [`serve`]; this one when there is none.
    pub program: Option<PathBuf>,
}

/// Where the stores of a bench are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stores {
    /// In the bench's folder, by an embedded engine.
    Folders(Engine),
    /// In databases that it makes beside this one, by a role that may, and drops when it ends.
    Databases(PostgresSettings),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            round: Duration::from_secs(2),
            rounds: 5,
            concurrency: vec![1, 64, 256],
            open: 100_000,
            due: 10_000,
            due_within: Duration::from_secs(60),
            stores: Stores::Folders(Engine::Redb),
            workers: 0,
            folder: TEMPORARY_FOLDER.into(),
            program: None,
        }
    }
}

/// Where and how brokers of one run are started.
struct Ground {
    stage: Stage,
    program: PathBuf,
    stores: Made,
    workers: usize,
}

/// The stores of one run.
enum Made {
    Folders(Engine),
    Databases(Databases),
}

impl Ground {
    /// Starts a broker on the store `name`, making it when there is none.
    async fn broker(&self, name: &str) -> anyhow::Result<Process> {
        let mut store = StoreSettings {
            engine: self.engine(),
            path: self.stage.folder().join(name),
            cache_mib: CACHE_MIB,
            postgres: PostgresSettings::default(),
        };
        if let Some(databases) = self.databases() {
            store.postgres = databases.store(name).await?;
        }
        let orders = Orders {
            folder: self.stage.folder().to_owned(),
            store,
            workers: self.workers,
        };
        Process::start(&self.program, &self.stage, &orders).await
    }

    fn engine(&self) -> Engine {
        match &self.stores {
            Made::Folders(engine) => *engine,
            Made::Databases(_) => Engine::Postgres,
        }
    }

    fn databases(&self) -> Option<&Databases> {
        match &self.stores {
            Made::Folders(_) => None,
            Made::Databases(databases) => Some(databases),
        }
    }

    /// Removes what a folder's removal leaves.
    async fn clear(&self) -> anyhow::Result<()> {
        match self.databases() {
            Some(databases) => databases.drop_all().await,
            None => Ok(()),
        }
    }
}

/// Somebody ended the bench before it had measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the bench was interrupted")]
pub struct Interrupted;

/// Measures. `say` is told, now and then, what is being done. Makes its own runtime: not for a thread of another one. Its folder is gone
/// when it returns.
///
/// # Errors
/// When a broker cannot be started or a call fails: figures with failures in them say nothing. [`Interrupted`] on SIGINT and SIGTERM.
pub fn run(options: &Options, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<Report> {
    on_ground(options, async |ground| {
        let machine = Machine {
            cores: cores(),
            workers: ground.workers,
            engine: ground.engine().name(),
            payload_bytes: message::PAYLOAD_BYTES,
            disk_sync_p50_ms: disk_sync(ground.stage.folder())?,
        };
        let (loads, ratios) = rounds::run(ground, options, say).await?;
        let shared = shared::run(ground, options, say).await?;
        let open = if options.open == 0 {
            None
        } else {
            Some(open::run(ground, options, say).await?)
        };
        Ok(Report::new(machine, loads, ratios, shared, open))
    })
}

/// As [`run`], of the console.
///
/// # Errors
/// As [`run`].
pub fn run_pages(options: &Options, say: &(dyn Fn(&str) + Sync)) -> anyhow::Result<PagesReport> {
    on_ground(options, async |ground| {
        pages::run(ground, options, say).await
    })
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Measures by `measure` in a fresh folder, which is gone afterwards.
fn on_ground<T>(
    options: &Options,
    measure: impl AsyncFnOnce(&Ground) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let workers = match options.workers {
        0 => cores(),
        given => given,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()?;
    // Before the folder is made: nothing may end the process without removing it.
    let mut interrupts = {
        let _context = runtime.enter();
        Interrupts::listen()?
    };
    let program = options
        .program
        .clone()
        .map_or_else(std::env::current_exe, Ok);
    let ground = Ground {
        stage: Stage::set(&options.folder)?,
        program: program.context("cannot tell where this program is")?,
        stores: match &options.stores {
            Stores::Folders(engine) => Made::Folders(*engine),
            Stores::Databases(settings) => Made::Databases(Databases::new(settings.clone())),
        },
        workers,
    };
    runtime.block_on(async {
        let report = tokio::select! {
            biased;
            () = interrupts.next() => Err(Interrupted.into()),
            report = measure(&ground) => report,
        };
        ground.clear().await.and(report)
    })
}

/// How long the disk takes to keep 4 KiB more, in milliseconds: the least that any durable answer costs here.
fn disk_sync(folder: &Path) -> anyhow::Result<f64> {
    let path = folder.join("disk");
    let mut file = OpenOptions::new().create(true).append(true).open(&path)?;
    let mut times: Histogram<u64> = load::histogram()?;
    for _ in 0..DISK_WRITES {
        let watch = Stopwatch::start();
        file.write_all(&[0; DISK_WRITE_BYTES])?;
        file.sync_data()?;
        times.saturating_record(load::microseconds(watch.elapsed()));
    }
    std::fs::remove_file(&path)?;
    Ok(report::milliseconds(times.value_at_quantile(0.5)))
}
