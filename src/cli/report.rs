//! `usher report`: what was needed, asked and answered in a period, as tables, JSON, CSV and charts.

use super::Context;
use super::client::{Client, ConnectArgs};
use super::failure::{Exit, Failure};
use super::json;
use super::moment::civil;
use super::output::{Format, cell, clean, table};
use super::words::{self, word};
use crate::console::figures::{Cell, Column, Figures, Line, figure};
use clap::{Args, Subcommand};
use jiff::civil::Date;
use std::fmt::Write as _;
use std::path::PathBuf;
use usher_proto::v1;
use v1::report_figure::Value;

#[derive(Debug, Subcommand)]
pub(super) enum ReportCommand {
    /// What was needed, made and answered
    #[command(
        before_help = "Examples:\n  usher report coverage --from 2026-01-01 --to 2026-12-31\n  usher report coverage --from 2026-11-01 --to 2026-11-30 --by office --format csv --out november.csv\n  usher report coverage --from 2026-01-01 --to 2026-12-31 --for-publication --format svg --out coverage.svg"
    )]
    Coverage(ReportArgs),
    /// How long answers took
    #[command(
        before_help = "Examples:\n  usher report timeliness --from 2026-11-01 --to 2026-11-30 --by borough\n  usher report timeliness --from 2026-11-01 --to 2026-11-30 --by borough --format svg --out timeliness.svg"
    )]
    Timeliness(ReportArgs),
    /// What nobody has answered yet, and what was decided at court without
    #[command(
        before_help = "Examples:\n  usher report outstanding --from 2026-11-01 --to 2026-12-31\n  usher report outstanding --from 2026-11-01 --to 2026-12-31 --by borough --court B01IX"
    )]
    Outstanding(ReportArgs),
    /// Answers that came after the hearing, and what they would have changed
    #[command(
        before_help = "Examples:\n  usher report late-answers --from 2026-01-01 --to 2026-12-31 --by report-type\n  usher report late-answers --from 2026-01-01 --to 2026-12-31 --format json"
    )]
    LateAnswers(ReportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// First day, in London
    #[arg(long, value_name = "DATE")]
    from: Date,
    /// Last day
    #[arg(long, value_name = "DATE")]
    to: Date,
    /// What the rows are
    #[arg(long, default_value = "court", value_parser = words::parser::<v1::ReportGrouping>())]
    by: v1::ReportGrouping,
    /// Only of this court, by code; may be given again [default: every court in scope]
    #[arg(long, value_name = "CODE")]
    court: Vec<String>,
    /// Hide the numbers 1 to 4, and whatever they could be worked out from
    #[arg(long)]
    for_publication: bool,
    /// Write the report into this file [default: print it]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    connect: ConnectArgs,
}

pub(super) async fn run(command: ReportCommand, context: &Context) -> Result<Exit, Failure> {
    let (kind, args) = match command {
        ReportCommand::Coverage(args) => (v1::ReportKind::Coverage, args),
        ReportCommand::Timeliness(args) => (v1::ReportKind::Timeliness, args),
        ReportCommand::Outstanding(args) => (v1::ReportKind::Outstanding, args),
        ReportCommand::LateAnswers(args) => (v1::ReportKind::LateAnswers, args),
    };
    let client = Client::reading(&args.connect, &context.environment)?;
    let request = v1::ReportRequest {
        kind: kind.into(),
        from_day: args.from.to_string(),
        to_day: args.to.to_string(),
        by: args.by.into(),
        court_codes: args.court,
        for_publication: args.for_publication,
    };
    let counted = client.operations().report(client.request(request)).await;
    let report = client.take(counted)?;
    let text = match context.output.format() {
        Format::Table => in_rows(&report, args.out.is_some()),
        Format::Json => format!("{:#}", json::to_value(&report)?),
        Format::Csv => {
            let unwritten = |error| Failure::caused(Exit::Failure, &error, "try again");
            figures(&report).csv().map_err(unwritten)?
        }
        Format::Svg => figures(&report).svg(),
    };
    if report.left_out_count > 0 {
        let left_out = report.left_out_count;
        let note =
            format!("{left_out} records cannot be read and are not counted: see usher alert list");
        context.output.note(&note);
    }
    let Some(path) = &args.out else {
        context.output.print(&text)?;
        return Ok(Exit::Ok);
    };
    let ended = if text.ends_with('\n') { "" } else { "\n" };
    std::fs::write(path, format!("{text}{ended}")).map_err(|error| {
        Failure::caused(
            Exit::Failure,
            &error,
            "check the folder and its permissions",
        )
    })?;
    context
        .output
        .note(&format!("the report is in {}", path.display()));
    Ok(Exit::Ok)
}

/// What the report is, in one line.
fn heading(report: &v1::ReportResponse) -> String {
    let (kind, by) = (
        word::<v1::ReportKind>(report.kind),
        word::<v1::ReportGrouping>(report.by),
    );
    let (from, to) = (&report.from_day, &report.to_day);
    let form = if report.for_publication {
        ", numbers under 5 hidden"
    } else {
        ""
    };
    clean(&format!("{kind} by {by}, {from} to {to}{form}"))
}

/// The report as charts and sheets are made of it.
fn figures(report: &v1::ReportResponse) -> Figures {
    let text = |text: &str| match text {
        "" => String::new(),
        text => clean(text),
    };
    let column = |measure: &v1::ReportMeasure| Column {
        name: text(&measure.name),
        title: text(&measure.title),
        meaning: text(&measure.meaning),
        part_of: text(&measure.part_of),
    };
    let line = |row: &v1::ReportRow| Line {
        key: text(&row.key),
        label: text(&row.label),
        cells: row.figures.iter().map(read).collect(),
    };
    Figures {
        prefix: "",
        heading: heading(report),
        day: text(&report.day_that_counts),
        columns: report.measures.iter().map(column).collect(),
        lines: report.rows.iter().map(line).collect(),
        total: report.total.as_ref().map(line),
    }
}

fn read(figure: &v1::ReportFigure) -> Cell {
    match figure.value {
        Some(Value::Count(count)) => Cell::Count(count),
        Some(Value::WorkingMinutes(minutes)) => Cell::Minutes(minutes),
        Some(Value::IsHidden(_)) => Cell::Hidden,
        None => Cell::Nothing,
    }
}

/// The report as a table, and what its columns mean.
fn in_rows(report: &v1::ReportResponse, plain: bool) -> String {
    let by = word::<v1::ReportGrouping>(report.by);
    let titles = report.measures.iter().map(|measure| clean(&measure.title));
    let headings: Vec<String> = [by].into_iter().chain(titles).collect();
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let mut rows = table(&headings);
    for row in report.rows.iter().chain(&report.total) {
        let figures = row.figures.iter().map(|one| cell(figure(read(one))));
        rows.add_row(
            [cell(&row.label)]
                .into_iter()
                .chain(figures)
                .collect::<Vec<_>>(),
        );
    }
    let counted = civil(report.counted_time.as_ref());
    let mut text = format!("{}\n\n{rows}\n\n", heading(report));
    for measure in &report.measures {
        let _ = writeln!(
            text,
            "{}: {}",
            clean(&measure.title),
            clean(&measure.meaning)
        );
    }
    let _ = write!(
        text,
        "The day that counts: {}.\nCounted {counted}.",
        clean(&report.day_that_counts)
    );
    if plain {
        anstream::adapter::strip_str(&text).to_string()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(count: u64) -> v1::ReportFigure {
        let value = Some(Value::Count(count));
        v1::ReportFigure { value }
    }

    /// Two courts; the second has figures hidden, and a name that would be a formula and a tag.
    fn sample() -> v1::ReportResponse {
        let measure = |name: &str, part_of: &str| v1::ReportMeasure {
            name: name.into(),
            title: name.replace('_', " "),
            meaning: format!("what {name} means"),
            part_of: part_of.into(),
        };
        let row = |key: &str, label: &str, figures: [v1::ReportFigure; 4]| v1::ReportRow {
            key: key.into(),
            label: label.into(),
            figures: figures.into(),
        };
        let hours = v1::ReportFigure {
            value: Some(Value::WorkingMinutes(450)),
        };
        let hidden = v1::ReportFigure {
            value: Some(Value::IsHidden(true)),
        };
        let nothing = v1::ReportFigure { value: None };
        v1::ReportResponse {
            kind: v1::ReportKind::Timeliness.into(),
            from_day: "2026-11-01".into(),
            to_day: "2026-11-30".into(),
            by: v1::ReportGrouping::Office.into(),
            for_publication: true,
            day_that_counts: "the day on which it was asked".into(),
            measures: vec![
                measure("asked", ""),
                measure("answered", "asked"),
                measure("not_answered", "asked"),
                measure("median_hours", ""),
            ],
            rows: vec![
                row("North", "North", [count(30), count(20), count(10), hours]),
                row("=1+1", "=1+1, \"<b>&", [hidden, hidden, count(0), nothing]),
            ],
            total: Some(row("total", "total", [count(40), hidden, count(10), hours])),
            ..v1::ReportResponse::default()
        }
    }

    #[test]
    fn a_table_tells_figures_and_what_they_mean() {
        let text = in_rows(&sample(), true);
        for wanted in [
            "timeliness by office, 2026-11-01 to 2026-11-30, numbers under 5 hidden",
            "North",
            "7.5",
            "[c]",
            "answered: what answered means",
            "The day that counts: the day on which it was asked.",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
