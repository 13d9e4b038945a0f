//! The summary as a table for people.

use super::Connectors;
use super::asked::{Asked, Ends};
use super::summary::{Findings, Summary};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use usher_domain::time::to_london;

/// One figure of the summary.
type Figure = fn(&Summary) -> u64;

/// What each class means, in plain words.
const CLASSES: [(&str, Figure); 8] = [
    ("answered before the hearing", |summary| {
        summary.answered_in_time
    }),
    ("answered after it, and still delivered", |summary| {
        summary.answered_late
    }),
    (
        "unanswered; decided at court how to go on without",
        |summary| summary.decided_without,
    ),
    ("closed by a named person with a reason", |summary| {
        summary.closed_by_person
    }),
    ("sent on: another check carries the deadline", |summary| {
        summary.redirected
    }),
    (
        "unanswered: a person is told, or will be in time",
        |summary| summary.open_with_alert,
    ),
    ("nobody's yet, in front of the operators", |summary| {
        summary.unroutable_with_alert
    }),
    ("SILENTLY DROPPED", |summary| summary.silently_dropped),
];

/// The whole report.
pub(super) fn render(
    findings: &Findings,
    connectors: &Connectors,
    refusals: &BTreeMap<String, u64>,
) -> String {
    let summary = &findings.summary;
    let mut text = String::from(
        "One sentencing day. Courts and postcodes are real; people, and what boroughs answer,\nare invented.\n\n",
    );
    // What matters most comes last: it is what a small screen still shows. Writing to a string cannot fail.
    let _ = writeln!(text, "{}\n{}\n", boroughs(findings), elsewhere(findings));
    let _ = writeln!(text, "{}\n", connected(connectors));
    if !findings.worst.is_empty() {
        let _ = writeln!(text, "{}\n", worst(findings));
    }
    if !refusals.is_empty() {
        text.push_str("Calls that crossed each other and were refused, as they should be:\n");
        for (what, count) in refusals {
            let _ = writeln!(text, "  {what} ({count})");
        }
        text.push('\n');
    }
    let _ = writeln!(text, "{}\n", classes(summary));
    let _ = writeln!(text, "{}\n{ASSUMED}\n", side_by_side(&summary.asked));
    let _ = writeln!(
        text,
        "{} enquiries from {} receipts of {} rows; {} rows rejected, {} not played.\n\
         {} rows set aside by a named person. {} escalations; the latest came {} ms after its moment, in real time,\n\
         not counting {} that were due when their check came.",
        summary.enquiries,
        summary.receipts,
        summary.rows,
        summary.rejected_rows,
        summary.unplayed_rows,
        summary.rows_set_aside,
        summary.escalations,
        summary.worst_escalation_lateness_ms,
        findings.due_at_once,
    );
    let verdict = if summary.verified {
        "sound"
    } else {
        "NOT SOUND"
    };
    let _ = write!(
        text,
        "The store was verified: {verdict}. Silently dropped: {}.",
        summary.silently_dropped
    );
    text
}

/// An empty table, with numbers in these columns.
pub(super) fn table<const N: usize>(header: [&str; N], numbers: &[usize]) -> Table {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY).set_header(header);
    for place in numbers {
        if let Some(column) = table.column_mut(*place) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn classes(summary: &Summary) -> Table {
    let mut table = table(["what became of each check", "checks", "share"], &[1, 2]);
    for (words, of) in CLASSES {
        let count = of(summary);
        table.add_row([
            words.to_owned(),
            count.to_string(),
            share(count, summary.checks),
        ]);
    }
    table.add_row([
        "all".to_owned(),
        summary.checks.to_string(),
        share(summary.checks, summary.checks),
    ]);
    table
}

/// What the two columns rest on.
const ASSUMED: &str = "\
A simulation: the same dice for both columns. Each case on the list is taken to concern children and to need one check. Without: an\n\
officer who forgets never asks, answers come as they came, and nobody is told of silence, so that nobody decides on it.";

/// One row of the comparison.
type EndFigure = fn(&Ends) -> u64;

fn side_by_side(asked: &Asked) -> Table {
    let heading = format!("of {} checks needed", asked.needed);
    let mut table = table([heading.as_str(), "without usher", "with usher"], &[1, 2]);
    let rows: [(&str, EndFigure); 6] = [
        ("asked", |ends| ends.made),
        ("answered before sentence", |ends| {
            ends.answered_before_sentence
        }),
        ("not answered, decided by a named person", |ends| {
            ends.decided
        }),
        ("neither, in front of a named person", |ends| {
            ends.in_front_of_a_person
        }),
        ("none of these yet, and there is time", |ends| {
            ends.not_yet_due
        }),
        ("DROPPED: nobody knows", |ends| ends.dropped),
    ];
    for (words, of) in rows {
        let cell = |ends| {
            let count = of(ends);
            format!("{count}  {:>7}", share(count, asked.needed))
        };
        let cells = [
            words.to_owned(),
            cell(&asked.without_usher),
            cell(&asked.with_usher),
        ];
        table.add_row(cells);
    }
    table
}

fn boroughs(findings: &Findings) -> Table {
    let mut table = table(
        ["borough", "checks", "in time", "late", "share in time"],
        &[1, 2, 3, 4],
    );
    for (borough, score) in &findings.boroughs {
        table.add_row([
            borough.clone(),
            score.checks.to_string(),
            score.in_time.to_string(),
            score.late.to_string(),
            share(score.in_time, score.checks),
        ]);
    }
    table
}

fn connected(connectors: &Connectors) -> Table {
    let mut table = table(
        [
            "connector",
            "borough",
            "settled by program",
            "left to people",
        ],
        &[2, 3],
    );
    for (kind, figures) in connectors {
        table.add_row([
            match figures.engine {
                Some(engine) => format!("{kind} ({engine})"),
                None => (*kind).to_owned(),
            },
            figures.boroughs.join(", "),
            figures.settled.to_string(),
            figures.people.to_string(),
        ]);
    }
    table
}

/// The checks that no borough's row counts, so that the tables can be added up.
fn elsewhere(findings: &Findings) -> String {
    let summary = &findings.summary;
    let counted: u64 = findings.boroughs.values().map(|score| score.checks).sum();
    let (sent_on, closed) = (summary.redirected, summary.closed_by_person);
    let rest = summary.checks.saturating_sub(counted + sent_on + closed);
    format!(
        "{counted} checks; {} in all with {sent_on} sent on, {closed} closed by a person and {rest} of no borough.",
        summary.checks
    )
}

fn worst(findings: &Findings) -> Table {
    let mut table = table(
        [
            "longest overdue",
            "borough",
            "first alert",
            "due since (London)",
            "alerts",
        ],
        &[4],
    );
    for worst in &findings.worst {
        table.add_row([
            worst.reference.clone(),
            worst.responder.clone(),
            worst.cause.clone(),
            to_london(worst.due).strftime("%a %-d %b %H:%M").to_string(),
            worst.live_alerts.to_string(),
        ]);
    }
    table
}

/// As a percentage with one place; nothing of nothing is a dash.
fn share(part: u64, all: u64) -> String {
    if all == 0 {
        return "-".into();
    }
    let thousandths = (part * 1_000 + all / 2) / all;
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::super::ConnectorFigures;
    use super::super::summary::Score;
    use super::*;

    #[test]
    fn shares_are_rounded_and_nothing_of_nothing_is_a_dash() {
        for (part, all, expected) in [
            (0, 0, "-"),
            (1, 3, "33.3 %"),
            (2, 3, "66.7 %"),
            (5, 5, "100.0 %"),
            (0, 9, "0.0 %"),
        ] {
            assert_eq!(share(part, all), expected);
        }
    }

    #[test]
    fn the_boroughs_and_what_is_elsewhere_add_up() {
        let summary = Summary {
            checks: 540,
            redirected: 18,
            closed_by_person: 4,
            ..Summary::default()
        };
        let score = Score {
            checks: 509,
            ..Score::default()
        };
        let findings = Findings {
            summary,
            boroughs: [("hackney".to_owned(), score)].into(),
            ..Findings::default()
        };
        let wanted =
            "509 checks; 540 in all with 18 sent on, 4 closed by a person and 9 of no borough.";
        assert_eq!(elsewhere(&findings), wanted);
    }

    #[test]
    fn every_class_has_a_row_and_the_rows_add_up() {
        let summary = Summary {
            checks: 36,
            answered_in_time: 1,
            answered_late: 2,
            decided_without: 3,
            closed_by_person: 4,
            redirected: 5,
            open_with_alert: 6,
            unroutable_with_alert: 7,
            silently_dropped: 8,
            ..Summary::default()
        };
        let counts: Vec<u64> = CLASSES.iter().map(|(_, of)| of(&summary)).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(summary.classes(), summary.checks);
    }

    #[test]
    fn the_report_says_that_people_are_invented_and_what_was_dropped() {
        let mut findings = Findings::default();
        findings.summary.silently_dropped = 3;
        let text = render(
            &findings,
            &Connectors::from([(
                "sql",
                ConnectorFigures {
                    boroughs: vec!["hackney".into()],
                    engine: Some("sqlite"),
                    settled: 12,
                    people: 5,
                },
            )]),
            &BTreeMap::from([("answer: LEASE_LOST".to_owned(), 2)]),
        );
        for part in [
            "invented",
            "Silently dropped: 3",
            "NOT SOUND",
            "answer: LEASE_LOST (2)",
            "sql (sqlite)",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
}
