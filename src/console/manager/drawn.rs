//! A report as its page shows it.

use super::periods::Periods;
use crate::broker::ReportView;
use crate::console::figures::{Column, Figures, Line};
use crate::console::{when, words};
use usher_domain::report::{Question, ReportKind, Row, Shape};

/// The figures of `view`.
pub(super) fn figures(question: &Question, is_published: bool, view: &ReportView) -> Figures {
    let Question { kind, from, to, by } = *question;
    let hidden = if is_published {
        ", numbers under 5 hidden"
    } else {
        ""
    };
    let line = |(row, label): (&Row, &String)| line(row, label);
    Figures {
        prefix: "lines-",
        heading: format!(
            "{} by {}, {}{hidden}",
            words::report(kind),
            words::grouping(by),
            when::days(from, to)
        ),
        day: kind.day().into(),
        columns: columns(kind),
        lines: view.table.rows.iter().zip(&view.labels).map(line).collect(),
        total: Some(self::line(&view.table.total, "Total")),
    }
}

/// How the total of `view` spreads over `periods`.
pub(super) fn trend(
    question: &Question,
    periods: &Periods,
    totals: &[Row],
    view: &ReportView,
) -> Figures {
    let labels = periods.labels();
    let line = |(row, label): (&Row, &String)| line(row, label);
    Figures {
        prefix: "trend-",
        heading: format!(
            "{} by {}, {}",
            words::report(question.kind),
            periods.unit,
            when::days(question.from, question.to)
        ),
        day: question.kind.day().into(),
        columns: columns(question.kind),
        lines: totals.iter().zip(&labels).map(line).collect(),
        total: Some(self::line(&view.table.total, "Total")),
    }
}

fn columns(kind: ReportKind) -> Vec<Column> {
    let all = kind.measures();
    let column = |measure: &usher_domain::report::Measure| Column {
        name: measure.name.into(),
        title: measure.title.into(),
        meaning: measure.meaning.into(),
        part_of: match measure.shape {
            Shape::Part(whole) => all.get(whole).map_or("", |whole| whole.name).into(),
            Shape::Whole | Shape::Sum(..) | Shape::Alone | Shape::Time(..) => String::new(),
        },
    };
    all.iter().map(column).collect()
}

fn line(row: &Row, label: &str) -> Line {
    Line {
        key: row.key.to_string(),
        label: words::capital(label),
        cells: row.cells.clone(),
    }
}
