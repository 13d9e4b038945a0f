//! What came of a run: a table for people, JSON for programs.

use super::clause::{Clause, Finding, Verdict};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{ContentArrangement, Table};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// How wide the table is, in characters.
const WIDTH: u16 = 120;

/// What came of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Every clause, in their order.
    pub findings: Vec<Finding>,
    /// How long it took.
    pub took: Duration,
    /// Calls that the adapter made.
    pub calls: usize,
}

impl Report {
    /// Puts `found` in order; a clause that nothing was found of was not exercised, and the first failure of one counts.
    pub(super) fn new(found: &[Finding], took: Duration, calls: usize) -> Self {
        let finding = |clause: &Clause| {
            let mut of = found.iter().filter(|finding| finding.clause == *clause);
            let failed = of
                .clone()
                .find(|finding| matches!(finding.verdict, Verdict::Failed(_)));
            let verdict = failed
                .or_else(|| of.next())
                .map(|finding| finding.verdict.clone());
            Finding {
                clause: *clause,
                verdict: verdict
                    .unwrap_or_else(|| Verdict::untried("the run ended before it came to this")),
            }
        };
        Self {
            findings: Clause::ALL.iter().map(finding).collect(),
            took,
            calls,
        }
    }

    /// The clauses that it failed.
    pub fn failed(&self) -> Vec<Clause> {
        let failed = |finding: &&Finding| matches!(finding.verdict, Verdict::Failed(_));
        self.findings
            .iter()
            .filter(failed)
            .map(|finding| finding.clause)
            .collect()
    }

    /// Whether it failed none.
    pub fn is_passed(&self) -> bool {
        self.failed().is_empty()
    }

    /// For programs.
    pub fn json(&self) -> Value {
        let clauses = self.findings.iter().map(|Finding { clause, verdict }| {
            json!({
                "id": clause.id(),
                "demands": clause.demands(),
                "tried": clause.tried(),
                "verdict": match verdict {
                    Verdict::Passed => "passed",
                    Verdict::Failed(_) => "failed",
                    Verdict::NotExercised(_) => "not_exercised",
                },
                "reason": verdict.reason(),
            })
        });
        json!({
            "passed": self.is_passed(),
            "seconds": self.took.as_secs(),
            "calls": self.calls,
            "clauses": clauses.collect::<Vec<_>>(),
        })
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        table
            .load_style(UTF8_BORDERS_ONLY)
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(WIDTH)
            .set_header(["clause", "an adapter", "verdict", "why"]);
        for Finding { clause, verdict } in &self.findings {
            table.add_row([
                clause.id(),
                clause.demands(),
                verdict.word(),
                verdict.reason(),
            ]);
        }
        let count = |word: &str| {
            let of = |finding: &&Finding| finding.verdict.word() == word;
            self.findings.iter().filter(of).count()
        };
        let mut text = format!("{table}\n");
        // Writing to a string cannot fail.
        let _ = write!(
            text,
            "{} clauses passed, {} failed, {} not exercised; {} calls in {} s.",
            count(Verdict::Passed.word()),
            count(Verdict::failed("").word()),
            count(Verdict::untried("").word()),
            self.calls,
            self.took.as_secs(),
        );
        text
    }
}
