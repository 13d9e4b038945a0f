//! `usher adapter check`: proves an adapter against a test broker.

use crate::cli::Context;
use crate::cli::config::refused;
use crate::cli::failure::{Exit, Failure};
use crate::config::adapter::{CheckConfig, load_check};
use crate::lifecycle::Interrupts;
use crate::prove::{Pace, Program, UnderTest, prove};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::fs::File;
use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::time::Duration;

/// Between two drawings of the progress.
const REDRAWN_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// Configuration of an adapter of usher's own, or a [check] with the command that starts any other
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where to put what the adapter writes to its output [default: nowhere]
    #[arg(long, value_name = "FILE")]
    adapter_log: Option<PathBuf>,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> Result<Exit, Failure> {
    let config = load_check(&args.config).map_err(|faults| refused(&faults))?;
    let mut adapter = program(args, &config)?;
    let pace = Pace {
        patience: Duration::from_secs(config.patience_seconds),
        ..Pace::default()
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| no_system(&error))?;
    let proved = runtime.block_on(async {
        // Before anything is made: nothing may end the process without removing it.
        let mut interrupts = Interrupts::listen().map_err(|error| no_system(&error))?;
        let progress = Progress::new();
        let say = |what: &str| progress.say(what);
        let folder = context.environment.temporary_folder();
        let proved = tokio::select! {
            biased;
            () = interrupts.next() => None,
            proved = prove(&mut adapter, &folder, pace, config.known.clone(), &say) => Some(proved),
        };
        // Only what was cut short still runs.
        let ended = adapter.kill().await;
        if let Err(error) = ended {
            context
                .output
                .note(&format!("the adapter may still be running: {error:#}"));
        }
        Ok::<_, Failure>(proved)
    })?;
    let Some(proved) = proved else {
        return Ok(Exit::Interrupted);
    };
    let report = proved.map_err(|error| {
        Failure::caused(
            Exit::Failure,
            error.as_ref(),
            "nothing was proved: check the command, the disk and the memory that are left",
        )
    })?;
    if context.output.is_json() {
        context.output.value(&report.json())?;
    } else {
        context.output.print(&report.table())?;
    }
    Ok(if report.is_passed() {
        Exit::Ok
    } else {
        Exit::Found
    })
}

fn program(args: &CheckArgs, config: &CheckConfig) -> Result<Program, Failure> {
    let unwritten =
        |error: &std::io::Error| Failure::caused(Exit::Usage, error, "check --adapter-log");
    let log = args.adapter_log.as_ref().map(File::create).transpose();
    let log = log.map_err(|error| unwritten(&error))?;
    Ok(if let Some(command) = &config.command {
        Program::vendors(
            command.iter().map(Into::into).collect(),
            config.folder.clone(),
            log,
        )
    } else {
        let own = std::env::current_exe();
        let own = own.map_err(|error| no_system(&error))?;
        Program::ours(own, args.config.clone(), log)
    })
}

fn no_system(error: &std::io::Error) -> Failure {
    Failure::caused(Exit::Failure, error, "check the limits of the system")
}

/// What is being tried: redrawn on a terminal, a line each elsewhere.
struct Progress(Option<ProgressBar>);

impl Progress {
    fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed_precise} {msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(REDRAWN_EVERY);
        Self(Some(bar))
    }

    fn say(&self, what: &str) {
        use std::io::Write as _;
        match &self.0 {
            Some(bar) => bar.set_message(what.to_owned()),
            // A closed stderr is nobody's concern.
            None => drop(writeln!(std::io::stderr(), "{what}")),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
