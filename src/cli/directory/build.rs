//! `usher directory build`: makes a table, shows what it would change, asks, replaces.

use crate::cli::Context;
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::{self, cell, table};
use crate::directory::build::{self, BuildError, Options, Progress, Summary};
use crate::directory::{Authorities, Diff, Table, diff};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Authorities shown of a difference; the rest are counted. A release moves a few.
const AUTHORITIES_SHOWN_MAX: usize = 20;

#[derive(Debug, Args)]
pub(in crate::cli) struct BuildArgs {
    /// Release of the Office for National Statistics: CSV, gzip or zip
    #[arg(long, value_name = "FILE")]
    onspd: PathBuf,
    /// Where the table goes
    #[arg(long, value_name = "FILE", default_value = "postcodes.bin")]
    out: PathBuf,
    /// Name of the release [default: that of the CSV file]
    #[arg(long, value_name = "NAME")]
    release: Option<String>,
    #[command(flatten)]
    authorities: super::AuthorityArgs,
    /// Replace a table that is there without asking
    #[arg(long, short)]
    yes: bool,
}

pub(super) fn run(args: &BuildArgs, context: &Context) -> Result<Exit, Failure> {
    let unusable = |error: &dyn std::error::Error| Failure::caused(Exit::Failure, error, "");
    let authorities = args.authorities.load().map_err(|error| {
        Failure::caused(Exit::Usage, &error, "check --authorities and --districts")
    })?;
    let replaces = args.out.exists();
    let (old, which) = if replaces {
        (
            Table::load(&args.out),
            format!("{}, which it would replace", args.out.display()),
        )
    } else {
        (Table::built_in(), "the built-in table".into())
    };
    let old = old.map_err(|error| {
        Failure::caused(
            Exit::Usage,
            &error,
            "give another --out, or move the file away",
        )
        .detail(format!("{} would be replaced", args.out.display()))
    })?;
    let (new, summary) = make(args, &authorities)?;
    let difference = diff(&old, &new, &authorities, Context::today());
    if !context.output.is_json() {
        context.output.print(&summary_text(&summary))?;
        context
            .output
            .print(&difference_text(&difference, &which, &authorities))?;
    }
    let agreed = if !replaces || args.yes {
        Ok(true)
    } else {
        agreed(args)
    };
    let written = matches!(agreed, Ok(true));
    if written {
        new.save(&args.out).map_err(|error| unusable(&error))?;
    }
    if context.output.is_json() {
        let mut value = summary_value(&summary, &difference);
        value["table"] =
            json!({ "path": args.out, "bytes": new.bytes().len(), "written": written });
        context.output.value(&value)?;
    } else if written {
        let bytes = new.bytes().len();
        context
            .output
            .print(&format!("{} written: {bytes} bytes", args.out.display()))?;
        context
            .output
            .note("a broker uses it when directory.postcodes names it");
    } else {
        context.output.note("nothing was written");
    }
    agreed.map(|agreed| if agreed { Exit::Ok } else { Exit::Failure })
}

fn make(args: &BuildArgs, authorities: &Authorities) -> Result<(Table, Summary), Failure> {
    let bar = ProgressBar::new(0); // draws on terminals only
    let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {msg} rows  {eta} left");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut show = |progress: Progress| {
        bar.set_length(progress.bytes_total);
        bar.set_position(progress.bytes);
        bar.set_message(progress.rows.to_string());
    };
    let options = Options {
        release: args.release.as_deref(),
        built: Context::today(),
        authorities,
    };
    let built = build::build(&args.onspd, &options, &mut show);
    bar.finish_and_clear();
    built.map_err(|error| {
        let exit = match error {
            BuildError::File { .. } | BuildError::Table(_) => Exit::Failure,
            _ => Exit::Usage,
        };
        Failure::caused(
            exit,
            &error,
            "releases are at https://geoportal.statistics.gov.uk (search for ONSPD)",
        )
    })
}

/// Asks whether to replace the table; without a person to ask, refuses.
fn agreed(args: &BuildArgs) -> Result<bool, Failure> {
    if !output::is_interactive() {
        return Err(Failure::usage(
            format!("{} is there and nobody can be asked", args.out.display()),
            "look at the difference above, then say --yes",
        ));
    }
    let mut err = anstream::stderr().lock();
    let asked = std::io::Write::write_fmt(
        &mut err,
        format_args!("replace {}? [y/N] ", args.out.display()),
    );
    let mut answer = String::new();
    let read = asked.and_then(|()| std::io::stdin().read_line(&mut answer));
    read.map_err(|error| Failure::caused(Exit::Failure, &error, "say --yes"))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn summary_text(summary: &Summary) -> String {
    let mut rows = table(&["rows", "of"]);
    let lines = [
        (summary.rows, format!("the release {}", summary.release)),
        (summary.routable, "lead to an authority".into()),
        (summary.elsewhere, "outside England and Wales".into()),
        (summary.nowhere, "in no district".into()),
        (
            summary.without_authority.values().sum(),
            "in a district without an authority today".into(),
        ),
        (summary.malformed, "malformed, left out".into()),
    ];
    for (count, of) in lines {
        rows.add_row([cell(count.to_string()), cell(of)]);
    }
    if let Some(terminated) = summary.terminated {
        rows.add_row([
            cell(terminated.to_string()),
            cell("no longer in use: routed and flagged"),
        ]);
    }
    let mut text = rows.to_string();
    for (district, count) in &summary.without_authority {
        text.push_str(&format_line(&format!(
            "{count} rows in {district}: add it to copies of config/directory/authorities.csv and districts.csv, and name them"
        )));
    }
    for row in &summary.malformed_first {
        text.push_str(&format_line(&format!("line {}: {}", row.line, row.why)));
    }
    text
}

fn format_line(text: &str) -> String {
    format!("\n  {text}")
}

fn difference_text(difference: &Diff, which: &str, authorities: &Authorities) -> String {
    if difference.is_empty() {
        return format!("Routing stays as it is in {which}.");
    }
    let mut text = format!(
        "Against {which}: {} postcodes added, {} removed, {} moved to another authority, {} no longer in use, {} in use again.",
        difference.added,
        difference.removed,
        difference.moved,
        difference.terminated,
        difference.revived
    );
    let mut rows = table(&["authority", "gains", "loses"]);
    let mut changes: Vec<_> = difference.authorities.iter().collect();
    changes.sort_by_key(|(_, change)| std::cmp::Reverse(change.gained + change.lost));
    for (code, change) in changes.iter().take(AUTHORITIES_SHOWN_MAX) {
        let name = match code {
            None => "none".to_owned(),
            Some(code) => authorities
                .get(*code)
                .map_or_else(|| code.to_string(), |one| one.name.clone()),
        };
        rows.add_row([
            cell(name),
            cell(change.gained.to_string()),
            cell(change.lost.to_string()),
        ]);
    }
    text.push('\n');
    text.push_str(&rows.to_string());
    if let Some(more) = changes
        .len()
        .checked_sub(AUTHORITIES_SHOWN_MAX)
        .filter(|more| *more > 0)
    {
        text.push_str(&format_line(&format!("and {more} more")));
    }
    text
}

fn summary_value(summary: &Summary, difference: &Diff) -> Value {
    let codes = summary
        .without_authority
        .iter()
        .map(|(code, count)| (code.to_string(), json!(count)));
    let changes = difference.authorities.iter().map(|(code, change)| {
        let code = code.map(|code| code.to_string()).unwrap_or_default();
        json!({ "authority": code, "gained": change.gained, "lost": change.lost })
    });
    let malformed = summary
        .malformed_first
        .iter()
        .map(|row| json!({ "line": row.line, "why": row.why }));
    json!({
        "release": summary.release,
        "rows": summary.rows,
        "routable": summary.routable,
        "elsewhere": summary.elsewhere,
        "nowhere": summary.nowhere,
        "withoutAuthority": codes.collect::<serde_json::Map<_, _>>(),
        "malformed": summary.malformed,
        "malformedFirst": malformed.collect::<Vec<_>>(),
        "terminated": summary.terminated,
        "difference": {
            "added": difference.added,
            "removed": difference.removed,
            "moved": difference.moved,
            "terminated": difference.terminated,
            "revived": difference.revived,
            "authorities": changes.collect::<Vec<_>>(),
        },
    })
}
