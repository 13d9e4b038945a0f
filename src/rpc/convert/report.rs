//! Reports: what is asked, and the figures on their way out.

use usher_domain::personal::Validator;
use usher_domain::report::{Cell, Measure, Question, ReportKind, Row, Shape};
use usher_proto::v1;
use v1::report_figure::Value;

use super::codes::Code as _;
use super::read::{self, Unreadable, finish};
use super::show;
use crate::broker::{ReportInput, ReportView};

/// Reads which report is asked for.
///
/// # Errors
/// Every field that is wrong.
pub fn report_query(message: v1::ReportRequest) -> Result<ReportInput, Unreadable> {
    let v = &mut Validator::default();
    let v1::ReportRequest {
        kind,
        from_day,
        to_day,
        by,
        court_codes,
        for_publication,
    } = message;
    let kind = read::listed(v, "kind", kind);
    let from = day(v, "from_day", &from_day);
    let to = day(v, "to_day", &to_day);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        v.fail("to_day", "must not be before from_day");
    }
    let by = read::listed(v, "by", by);
    let courts = read::courts(v, &court_codes);
    let input = (|| {
        Some(ReportInput {
            question: Question {
                kind: kind?,
                from: from?,
                to: to?,
                by: by?,
            },
            courts,
            for_publication,
        })
    })();
    finish(core::mem::take(v), input)
}

/// A day that must be there.
fn day(v: &mut Validator, field: &'static str, text: &str) -> Option<jiff::civil::Date> {
    if text.is_empty() {
        v.fail(field, "is required");
    }
    read::date(v, field, text)
}

/// The report that `input` asked for.
pub fn report_view(input: &ReportInput, counted: ReportView) -> v1::ReportResponse {
    let ReportInput {
        question: Question { kind, from, to, by },
        courts: _,
        for_publication,
    } = input;
    let ReportView {
        table,
        labels,
        now,
        left_out,
    } = counted;
    let rows = table.rows.iter().zip(labels);
    v1::ReportResponse {
        kind: kind.to_wire(),
        from_day: show::date(Some(*from)),
        to_day: show::date(Some(*to)),
        by: by.to_wire(),
        for_publication: *for_publication,
        day_that_counts: kind.day().into(),
        counted_time: Some(show::instant(now)),
        measures: measures(*kind),
        rows: rows.map(|(one, label)| row(one, label)).collect(),
        total: Some(row(&table.total, "total".into())),
        left_out_count: u64::try_from(left_out).unwrap_or(u64::MAX),
    }
}

fn measures(kind: ReportKind) -> Vec<v1::ReportMeasure> {
    let all = kind.measures();
    let measure = |measure: &Measure| {
        let Measure {
            name,
            title,
            meaning,
            shape,
        } = *measure;
        let whole = match shape {
            Shape::Part(whole) => all.get(whole),
            Shape::Whole | Shape::Sum(..) | Shape::Alone | Shape::Time(..) => None,
        };
        v1::ReportMeasure {
            name: name.into(),
            title: title.into(),
            meaning: meaning.into(),
            part_of: whole.map(|whole| whole.name.into()).unwrap_or_default(),
        }
    };
    all.iter().map(measure).collect()
}

fn row(row: &Row, label: String) -> v1::ReportRow {
    let Row { key, cells } = row;
    v1::ReportRow {
        key: key.to_string(),
        label,
        figures: cells.iter().map(|cell| figure(*cell)).collect(),
    }
}

fn figure(cell: Cell) -> v1::ReportFigure {
    let value = match cell {
        Cell::Count(count) => Some(Value::Count(count)),
        Cell::Minutes(minutes) => Some(Value::WorkingMinutes(minutes)),
        Cell::Hidden => Some(Value::IsHidden(true)),
        Cell::Nothing => None,
    };
    v1::ReportFigure { value }
}
