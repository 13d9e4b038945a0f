//! `usher adapter`: joins a borough's system to a broker.

mod check;

use super::Context;
use super::config::refused;
use super::failure::{Exit, Failure};
use crate::adapter::{Adapter, StartError};
use crate::app::connector;
use crate::clock::{Clock, SystemClock};
use crate::config::adapter::{AdapterConfig, load};
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::telemetry;
use crate::telemetry::endpoint::{self, Readiness};
use clap::{Args, Subcommand};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// How long giving back what is in hand may take at the end.
const GRACE: Duration = Duration::from_secs(20);

#[derive(Debug, Subcommand)]
pub(super) enum AdapterCommand {
    /// Run an adapter until it is told to stop
    #[command(
        before_help = "Examples:\n  usher adapter run --config adapter.toml\n  usher adapter run --config /etc/usher/adapter.toml"
    )]
    Run(RunArgs),
    /// Prove that an adapter, in whatever language, does what a broker needs of it
    ///
    /// Starts a test broker and the adapter, drives it through the contract with enquiries about invented people, and tells which clauses it
    /// keeps. It takes a minute or two, and ends with 7 when a clause is failed. `deploy/adapters/README.md` explains the clauses.
    #[command(
        before_help = "Examples:\n  usher adapter check --config adapter.toml\n  usher adapter check --config vendor.toml --adapter-log vendor.log --format json"
    )]
    Check(check::CheckArgs),
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// Configuration of the adapter; deploy/adapters/ has one for each kind of system
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The address of a test broker, in place of [broker]
    #[arg(long, value_name = "URL", hide = true, requires = "files")]
    against: Option<String>,
    /// The files for it
    #[arg(long, value_name = "DIR", hide = true, requires = "against")]
    files: Option<PathBuf>,
}

pub(super) fn run(command: AdapterCommand, context: &Context) -> Result<Exit, Failure> {
    match command {
        AdapterCommand::Run(args) => join(args),
        AdapterCommand::Check(args) => check::run(&args, context),
    }
}

/// SIGTERM or Ctrl-C gives back what is in hand and ends with 0, a second one ends at once; SIGHUP looks for new certificates.
fn join(args: RunArgs) -> Result<Exit, Failure> {
    let mut config = load(&args.config).map_err(|faults| refused(&faults))?;
    if let (Some(server), Some(files)) = (args.against, args.files) {
        config = config.against(server, &files);
    }
    telemetry::init(&config.log).map_err(|error| {
        Failure::caused(Exit::Usage, &error, "see log.filter in the configuration")
    })?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| {
        Failure::caused(Exit::Failure, &error, "check the limits of the system")
    })?;
    match runtime.block_on(serve(config))? {
        Ending::Stopped => Ok(Exit::Ok),
        Ending::Forced => Err(Failure::new(
            Exit::Failure,
            "work was cut off to stop in time",
            "nothing is lost: what was decided is in the journal, the rest returns to the queue",
        )),
        Ending::Failed(part) => Err(Failure::new(
            Exit::Failure,
            format!("the adapter stopped because its part {part:?} ended"),
            "the log says why; then start it again",
        )),
    }
}

async fn serve(config: AdapterConfig) -> Result<Ending, Failure> {
    let signals = Signals::listen().map_err(|error| {
        Failure::caused(Exit::Failure, &error, "check the limits of the system")
    })?;
    let lifecycle = Lifecycle::new(GRACE);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let connectors = config.connectors.into_iter();
    let connectors = connectors.map(|config| connector(config, Arc::clone(&clock)));
    let connectors = connectors.collect::<Result<_, _>>();
    let connectors = connectors.map_err(|error| {
        let guide = "see the guide of the connector in deploy/adapters";
        Failure::caused(Exit::Usage, &error, guide)
    })?;
    let adapter = Adapter::open(
        &config.broker,
        config.pace,
        connectors,
        clock,
        lifecycle.soft(),
    )
    .map_err(|error| unstartable(&error))?;
    if let Some(health) = config.health {
        let listener = TcpListener::bind(health.listen).await.map_err(|error| {
            Failure::caused(Exit::Usage, &error, "set health.listen to a free port")
        })?;
        let told = Arc::clone(&adapter);
        let ready = move || match (told.health().is_well(), told.health().set_aside()) {
            (false, _) => Readiness::ReadyBut("a system cannot be asked".into()),
            (true, 0) => Readiness::Ready,
            (true, aside) => Readiness::ReadyBut(format!(
                "{aside} files could not be used, and lie aside for people"
            )),
        };
        let stop = lifecycle.hard();
        lifecycle.spawn("health", endpoint::serve_health(listener, ready, stop));
    }
    let worker = Arc::clone(&adapter);
    lifecycle.spawn("adapter", async move {
        worker.run().await;
        Ok::<(), io::Error>(())
    });
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        "The adapter is working"
    );
    lifecycle.ready();
    let reload = || {
        adapter.reload();
        std::future::ready(())
    };
    Ok(lifecycle.run(signals, reload).await)
}

fn unstartable(error: &StartError) -> Failure {
    let exit = match error {
        StartError::Client(_) => Exit::Usage,
        StartError::Journal(_) => Exit::Failure,
    };
    Failure::caused(exit, error, "")
}
