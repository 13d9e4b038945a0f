//! `usher store`: proofs over a store that no broker is using.

use super::Context;
use super::bench::EngineArg;
use super::config::ConfigArgs;
use super::failure::{Exit, Failure};
use super::output::{Tone, cell, clean, table, toned};
use crate::app::{self, OpenError};
use crate::config::settings::StoreSettings;
use crate::store::kv::KvError;
use crate::store::verify::{Report, verify};
use clap::{Args, Subcommand};
use serde_json::json;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Faults shown to people; programs get every one that the report lists.
const FAULTS_SHOWN_MAX: usize = 50;
const ELSEWHERE: &str = "give the folder as --path, or the broker's configuration as --config";
const RESTORE: &str = "restore the folder from a backup";

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Prove that every record is whole and every open check is watched over; no broker may be running on the store
    #[command(
        before_help = "Examples:\n  usher store verify --config config/usher.toml\n  usher store verify --path /var/lib/usher/store --format json"
    )]
    Verify(VerifyArgs),
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
    }
}

fn verify_store(args: &VerifyArgs, context: &Context) -> Result<Exit, Failure> {
    let mut settings: StoreSettings = args.config.load(context)?.config.store;
    if let Some(path) = &args.path {
        settings.path.clone_from(path);
    }
    if let Some(engine) = args.engine {
        settings.engine = engine.into();
    }
    let empty = std::fs::read_dir(&settings.path).map(|mut entries| entries.next().is_none());
    if !matches!(empty, Ok(false)) {
        return Err(Failure::new(
            Exit::NotFound,
            format!("there is no store in {}", settings.path.display()),
            ELSEWHERE,
        ));
    }
    let mut engine = app::open_made_engine(&settings).map_err(|error| refused(&error))?;
    let report = verify(engine.as_mut());
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
fn refused(error: &OpenError) -> Failure {
    let (exit, hint) = match error {
        OpenError::NotBuiltIn => (Exit::Usage, ""),
        OpenError::Store { .. } => (Exit::Found, RESTORE),
        OpenError::Engine { source, .. } => match source {
            KvError::InUse => (Exit::Failure, "stop the broker first"),
            KvError::Absent => (Exit::NotFound, ELSEWHERE),
            KvError::Foreign { .. } => (Exit::Usage, "give the engine that made it as --engine"),
            KvError::Corrupt { .. } | KvError::Lost { .. } => (Exit::Found, RESTORE),
            KvError::Full { .. }
            | KvError::Unavailable { .. }
            | KvError::TooLarge { .. }
            | KvError::Stopped => (Exit::Failure, "look at the disk, then try again"),
        },
    };
    Failure::caused(exit, error, hint)
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
