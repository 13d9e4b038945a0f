//! `usher demo`: a sentencing day in London, end to end.

use super::Context;
use super::failure::{Exit, Failure};
use super::store::DatabaseArgs;
use crate::demo;
use crate::demo::list::ListError;
use crate::lifecycle::Interrupts;
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// Court list to play, a CSV file [default: a built-in one of about 300 cases]
    ///
    /// Its columns: `requested_at,hearing_at,court,report,crn,defendant,born,home_postcode,curfew_postcode,partner_postcode,child_postcodes`;
    /// times in London such as 2026-11-23T14:00, report oral, fast or standard, several child postcodes with `;` between.
    #[arg(long, value_name = "FILE.csv")]
    list: Option<PathBuf>,
    /// How many times faster than real time where something happens [default: so that the day takes under a minute; 200, about ten
    /// minutes, with --keep-running]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    speed: Option<u32>,
    /// What chance is made from: the same seed and list make the same day
    #[arg(long, value_name = "N", default_value_t = demo::DEFAULT_SEED)]
    seed: u64,
    /// Of a hundred officers, so many forget to ask until they are reminded
    #[arg(long, value_name = "PERCENT", default_value_t = demo::DEFAULT_FORGET, value_parser = clap::value_parser!(u32).range(0..=100))]
    forget: u32,
    /// Of a hundred enquiries, about so many are not answered in time, 18 at least and 85 at most
    #[arg(long, value_name = "PERCENT", default_value_t = demo::DEFAULT_NOT_IN_TIME, value_parser = clap::value_parser!(u32).range(0..=100))]
    not_in_time: u32,
    /// Play no day: show how often what receipts say of an answer in time comes true, over weeks of such days, by arithmetic alone
    #[arg(long, conflicts_with_all = ["speed", "forget", "keep_running", "store", "replica"])]
    calibration: bool,
    /// Open the console to take part in the day, and go on serving after it, until Ctrl-C
    ///
    /// People of one borough leave half of what comes to them to whoever sits at its desk.
    #[arg(long)]
    keep_running: bool,
    /// Keep enquiries in this PostgreSQL database in place of a folder, such as `postgres://USER@HOST/DATABASE`
    ///
    /// It must hold no enquiries; tables are made where there are none. They stay there when the demo ends.
    #[arg(long, value_name = "URL")]
    store: Option<String>,
    /// Fill tables for the SQL connector in this PostgreSQL database in place of a file, such as `postgres://USER@HOST/DATABASE`
    ///
    /// They are made anew in its schema `usher_demo_ssd`, and stay there when the demo ends. It may be the database of `--store`.
    #[arg(long, value_name = "URL")]
    replica: Option<String>,
    #[command(flatten)]
    database: DatabaseArgs,
}

pub(super) fn run(args: DemoArgs, context: &Context) -> Result<Exit, Failure> {
    let to_take_part = args.keep_running.then_some(demo::SPEED_TO_TAKE_PART);
    let options = demo::Options {
        list: args.list,
        speed: args.speed.or(to_take_part),
        seed: args.seed,
        forget: args.forget,
        not_in_time: args.not_in_time,
        keep_running: args.keep_running,
        folder: context.environment.temporary_folder(),
        replica: args.replica.map(|url| args.database.settings(url)),
        database: args.store.map(|url| args.database.settings(url)),
    };
    if args.calibration {
        return calibrate(&options, context);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| no_system(&error))?;
    runtime.block_on(async {
        // Before the folder is made: nothing may end the process without removing it.
        let mut interrupts = Interrupts::listen().map_err(|error| no_system(&error))?;
        let played = tokio::select! {
            biased;
            () = interrupts.next() => return Ok(Exit::Interrupted),
            played = demo::run(&options) => played,
        };
        let outcome = played.map_err(|error| failed(&error))?;
        let exit = exit_of(&outcome);
        if context.output.is_json() {
            let summary = outcome
                .json()
                .map_err(|error| Failure::caused(Exit::Failure, &error, ""))?;
            context.output.print(&summary)?;
        } else {
            context.output.print(outcome.table())?;
        }
        let kept_on = outcome.keep_running(&mut interrupts).await;
        kept_on.map_err(|error| failed(&error))?;
        Ok(exit)
    })
}

fn calibrate(options: &demo::Options, context: &Context) -> Result<Exit, Failure> {
    let found = demo::calibrate(options).map_err(|error| failed(&error))?;
    if context.output.is_json() {
        let line = serde_json::to_string(&found);
        let line = line.map_err(|error| Failure::caused(Exit::Failure, &error, ""))?;
        context.output.print(&line)?;
    } else {
        context.output.print(&found.table())?;
    }
    Ok(Exit::Ok)
}

fn exit_of(outcome: &demo::Outcome) -> Exit {
    match outcome.exit_code() {
        0 => Exit::Ok,
        _ => Exit::Found,
    }
}

/// The list is what the caller gave; everything else is the machine's.
fn failed(error: &anyhow::Error) -> Failure {
    if error.chain().any(<dyn std::error::Error>::is::<ListError>) {
        return Failure::caused(
            Exit::Usage,
            error.as_ref(),
            "correct the list; `usher demo --help` says what its columns are",
        );
    }
    Failure::caused(
        Exit::Failure,
        error.as_ref(),
        "check the disk and the memory that are left",
    )
}

fn no_system(error: &std::io::Error) -> Failure {
    Failure::caused(Exit::Failure, error, "check the limits of the system")
}
