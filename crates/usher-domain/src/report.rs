//! Reports: what was needed, asked and answered in a period, as inspectors count it.
//!
//! The definitions are data ([`ReportKind::measures`]) and go with every report. A report is counted from the records alone, one after the
//! other and in any order ([`Tally`]), so that it needs memory for its rows, not for the records
//! (by borough, coverage needs a little for each enquiry). Referrals ask nothing, and no report counts them. Each thing counts on one day in
//! London ([`ReportKind::day`]), in one row, and a sum is the sum of its parts: what is needed was made, set aside, is overdue, or not
//! yet due, and nothing else.
//!
//! For publication ([`Table::for_publication`]) the numbers 1 to 4 are hidden, and so many others that none of them can be worked out.

mod borough;
pub mod facts;
mod measures;
mod suppress;
mod tally;
mod times;

pub use measures::{Measure, Shape};
pub use tally::{Tally, Terms};

use crate::codes::codes;
use jiff::civil::Date;

codes! {
    /// What a report is about.
    ReportKind {
        /// What was needed, made and answered.
        Coverage = "coverage",
        /// How long answers took.
        Timeliness = "timeliness",
        /// What nobody has answered yet, and what was decided at court without.
        Outstanding = "outstanding",
        /// Answers that came after the hearing, and what they would have changed.
        LateAnswers = "late_answers",
    }
}

impl ReportKind {
    /// Which day of a thing says whether it belongs to the period.
    pub const fn day(self) -> &'static str {
        match self {
            Self::Coverage => {
                "the day of the hearing; after sentence, the day by which the check had to be asked or answered"
            }
            Self::Timeliness => "the day on which the check was asked",
            Self::Outstanding => {
                "the day of the hearing; after sentence, the day by which the check had to be asked or answered; as things stand now"
            }
            Self::LateAnswers => "the day on which the newest answer came",
        }
    }

    /// Whether it counts cases, besides enquiries.
    pub const fn counts_cases(self) -> bool {
        matches!(self, Self::Coverage | Self::Outstanding)
    }
}

codes! {
    /// By what the rows of a report are told apart.
    Grouping {
        /// The court of the hearing, or that passed sentence.
        Court = "court",
        /// The office that asked, or holds the case.
        Office = "office",
        /// The borough's service that was asked; of several that one enquiry asked for one need, the first. What nobody asked has none.
        Borough = "borough",
        /// The kind of service that was asked, or that must be.
        ResponderKind = "responder_kind",
        /// The kind of court report.
        ReportType = "report_type",
    }
}

/// What is asked of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// About what.
    pub kind: ReportKind,
    /// The first day, in London.
    pub from: Date,
    /// The last day, in London.
    pub to: Date,
    /// By what.
    pub by: Grouping,
}

impl Question {
    /// Whether where a case counts depends on whom the enquiries asked that cover it.
    pub fn asks_whom(&self) -> bool {
        (self.kind, self.by) == (ReportKind::Coverage, Grouping::Borough)
    }
}

/// The key of the row for what belongs to none.
pub const NONE: &str = "";
/// By borough, the key of the row for what a case needs and nobody has asked.
pub const NOT_ASKED: &str = "*not_asked";
/// By borough, the key of the row for what a named person set aside.
pub const SET_ASIDE: &str = "*set_aside";
/// The key of the row for what belongs to more groups than a report has rows ([`crate::limits::REPORT_ROWS_MAX`]). No code has a star.
pub const OTHERS: &str = "*";

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// About what: its measures are the columns.
    pub kind: ReportKind,
    /// A row for each group that anything was counted in, by key.
    pub rows: Vec<Row>,
    /// Everything together.
    pub total: Row,
}

/// One row, a cell for each measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The court, office, responder or name of the kind; [`NONE`], [`OTHERS`]; of the total, `total`.
    pub key: Box<str>,
    /// The figures.
    pub cells: Vec<Cell>,
}

/// One figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// So many.
    Count(u64),
    /// So many minutes of the responder's working time.
    Minutes(u32),
    /// Nothing to tell a time of; in a published form, a sum that is left out because one of its parts is hidden.
    Nothing,
    /// Hidden, for publication.
    Hidden,
}

impl Cell {
    /// The number, where it is a shown one.
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            _ => None,
        }
    }
}

impl Table {
    /// The form meant for publication: see `suppress.rs` for what is hidden.
    #[must_use]
    pub fn for_publication(self) -> Self {
        suppress::suppress(self)
    }
}
