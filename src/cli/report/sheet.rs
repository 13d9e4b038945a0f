//! A report as CSV (RFC 4180): a heading line, a line for each row, the total last. Hours have two decimals; what is hidden reads `[c]`, what
//! there is nothing to tell of is empty.
//!
//! A name that a spreadsheet would take for a formula gets an apostrophe before it.

use super::{HIDDEN, lines};
use crate::cli::failure::{Exit, Failure};
use crate::cli::output::clean;
use csv::{Terminator, WriterBuilder};
use usher_proto::v1;
use v1::report_figure::Value;

/// The report as lines of text.
///
/// # Errors
/// When memory is out.
pub(super) fn csv(report: &v1::ReportResponse) -> Result<String, Failure> {
    let unwritten =
        |error: &dyn std::error::Error| Failure::caused(Exit::Failure, error, "try again");
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let names = report.measures.iter().map(|measure| plain(&measure.name));
    let heading = ["key".into(), "label".into()].into_iter().chain(names);
    writer
        .write_record(heading)
        .map_err(|error| unwritten(&error))?;
    for row in lines(report) {
        let figures = row.figures.iter().map(figure);
        let record = [plain(&row.key), plain(&row.label)]
            .into_iter()
            .chain(figures);
        writer
            .write_record(record)
            .map_err(|error| unwritten(&error))?;
    }
    let bytes = writer
        .into_inner()
        .map_err(|error| unwritten(error.error()))?;
    String::from_utf8(bytes).map_err(|error| unwritten(&error))
}

fn figure(figure: &v1::ReportFigure) -> String {
    match figure.value {
        Some(Value::Count(count)) => count.to_string(),
        Some(Value::WorkingMinutes(minutes)) => format!("{:.2}", f64::from(minutes) / 60.0),
        Some(Value::IsHidden(_)) => HIDDEN.into(),
        None => String::new(),
    }
}

/// Text from elsewhere that no spreadsheet computes.
fn plain(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if computes { "'" } else { "" };
    format!("{mark}{}", clean(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_quoted_and_computes_nothing() {
        let text = csv(&super::super::tests::sample()).unwrap();
        let lines: Vec<&str> = text.split_terminator("\r\n").collect();
        let wanted = [
            "key,label,asked,answered,not_answered,median_hours",
            "North,North,30,20,10,7.50",
            "'=1+1,\"'=1+1, \"\"<b>&\",[c],[c],0,",
            "total,total,40,[c],10,7.50",
        ];
        assert_eq!(lines, wanted);
        for text in ["=1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert!(plain(text).starts_with('\''), "{text:?}");
        }
        assert_eq!(plain("West-1"), "West-1");
        assert_eq!(plain(""), "");
    }
}
