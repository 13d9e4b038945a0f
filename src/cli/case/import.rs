//! `usher case import`: sends a court's list, and tells what became of every row.

use super::sheet::{self, EXAMPLE, Rejected, Sheet};
use crate::cli::Context;
use crate::cli::client::{ActArgs, Client};
use crate::cli::failure::{Exit, Failure};
use clap::Args;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::path::{Path, PathBuf};
use usher_domain::limits;
use usher_proto::v1;

#[derive(Debug, Args)]
pub(in crate::cli) struct ImportArgs {
    /// The list as CSV with a header line; `-` reads the standard input
    #[arg(long, value_name = "FILE", required_unless_present = "example")]
    list: Option<PathBuf>,
    /// The list is all that its courts hear on its days: take off what else they had
    #[arg(long)]
    complete: bool,
    /// Why hearings move, where a row does not say it [default: the name of the file]
    #[arg(long, value_name = "WORDS")]
    reason: Option<String>,
    /// Print an example of such a list, and do nothing else
    #[arg(long, conflicts_with = "list")]
    example: bool,
    #[command(flatten)]
    act: ActArgs,
}

/// What became of the rows so far.
#[derive(Debug, Default)]
struct Tally {
    registered: u64,
    changed: u64,
    unchanged: u64,
    taken_off: u64,
    refused: Vec<Rejected>,
}

pub(super) async fn run(args: &ImportArgs, context: &Context) -> Result<Exit, Failure> {
    let Some(path) = &args.list else {
        let day = Context::today()
            .tomorrow()
            .unwrap_or_else(|_| Context::today());
        context
            .output
            .print_raw(EXAMPLE.replace("HEARED", &day.to_string()).as_bytes())?;
        return Ok(Exit::Ok);
    };
    let client = Client::acting(&args.act, &context.environment)?;
    let reason = args.reason.clone().unwrap_or_else(|| {
        let name = path.file_name().map(|name| name.to_string_lossy());
        format!("court list {}", name.unwrap_or_default())
    });
    let Sheet { rows, rejected } = open(path, &reason)?;
    let mut tally = Tally {
        refused: rejected,
        ..Tally::default()
    };
    // What a row names that cannot be read is not known to be missing.
    let complete = args.complete && tally.refused.is_empty();
    let sent = send(&client, rows, complete, &mut tally).await;
    if args.complete && !tally.refused.is_empty() && tally.taken_off == 0 {
        let told = "nothing was taken off: it is not while rows cannot be read; mend them and import again";
        context.output.note(told);
    }
    if context.output.is_json() {
        context.output.value(&tally.to_json())?;
    } else {
        context.output.print(&tally.to_text())?;
    }
    match sent {
        Err(failure) => {
            Err(failure
                .detail("what was answered is kept: run the same command again for the rest"))
        }
        Ok(()) if tally.refused.is_empty() => Ok(Exit::Ok),
        Ok(()) => Ok(Exit::Found),
    }
}

fn open(path: &Path, reason: &str) -> Result<Sheet, Failure> {
    let read = if path == Path::new("-") {
        sheet::read(std::io::stdin().lock(), reason)
    } else {
        let file = File::open(path)
            .map_err(|error| Failure::caused(Exit::Usage, &error, "check --list"))?;
        sheet::read(file, reason)
    };
    read.map_err(|what| Failure::usage(what, "`usher case import --example` prints a list"))
}

async fn send(
    client: &Client,
    rows: Vec<v1::CaseRow>,
    complete: bool,
    tally: &mut Tally,
) -> Result<(), Failure> {
    let bar = progress(rows.len());
    let complete_days = if complete { days(&rows) } else { Vec::new() };
    let mut messages: Vec<v1::RegisterCasesRequest> = rows
        .chunks(limits::BATCH_CHANGES_MAX)
        .map(|rows| v1::RegisterCasesRequest {
            rows: rows.to_vec(),
            ..v1::RegisterCasesRequest::default()
        })
        .collect();
    messages.push(v1::RegisterCasesRequest {
        complete_days,
        ..v1::RegisterCasesRequest::default()
    });
    if let Some(first) = messages.first_mut() {
        first.person = client.person();
    }
    let called = client.court().register_cases(stream::iter(messages)).await;
    let mut answers = client.take(called)?;
    while let Some(answer) = answers.message().await? {
        for outcome in &answer.outcomes {
            bar.inc(1);
            tally.add(outcome);
        }
    }
    bar.finish_and_clear();
    Ok(())
}

/// The courts and days of the list.
fn days(rows: &[v1::CaseRow]) -> Vec<v1::CourtDay> {
    let heard = rows.iter().filter_map(|row| row.hearing.as_ref());
    let days: BTreeSet<(String, String)> = heard
        .map(|heard| {
            let day = heard.local_time.get(..10).unwrap_or_default();
            (heard.court_code.clone(), day.to_owned())
        })
        .collect();
    let day = |(court_code, day)| v1::CourtDay { court_code, day };
    days.into_iter().map(day).collect()
}

fn progress(rows: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos} of {len} cases  {eta} left") {
        bar.set_style(style);
    }
    bar
}

impl Tally {
    fn add(&mut self, outcome: &v1::CaseOutcome) {
        match outcome.outcome() {
            v1::RegisterOutcome::Registered => self.registered += 1,
            v1::RegisterOutcome::Changed => self.changed += 1,
            v1::RegisterOutcome::Unchanged => self.unchanged += 1,
            v1::RegisterOutcome::TakenOff => self.taken_off += 1,
            v1::RegisterOutcome::Refused | v1::RegisterOutcome::Unspecified => {
                let told = outcome.faults.iter().map(|fault| {
                    if fault.field.is_empty() {
                        fault.description.clone()
                    } else {
                        format!("{}: {}", fault.field, fault.description)
                    }
                });
                let reason = told.collect::<Vec<_>>().join("; ");
                let line = outcome.line;
                self.refused.push(Rejected { line, reason });
            }
        }
    }

    fn to_json(&self) -> Value {
        let refused = self.refused.iter();
        let refused = refused.map(|row| json!({ "line": row.line, "reason": row.reason }));
        json!({
            "registeredCount": self.registered,
            "changedCount": self.changed,
            "unchangedCount": self.unchanged,
            "takenOffCount": self.taken_off,
            "refused": refused.collect::<Vec<_>>(),
        })
    }

    fn to_text(&self) -> String {
        let mut text = format!(
            "{} registered, {} changed, {} unchanged, {} taken off, {} refused",
            self.registered,
            self.changed,
            self.unchanged,
            self.taken_off,
            self.refused.len()
        );
        for row in &self.refused {
            let _ = write!(
                text,
                "\nline {}: {}",
                row.line,
                crate::cli::output::clean(&row.reason)
            );
        }
        text
    }
}
