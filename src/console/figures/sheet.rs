//! A report as CSV (RFC 4180): a heading line, a line for each row, the total last. Hours have two decimals; what is hidden reads `[c]`, what
//! there is nothing to tell of is empty.
//!
//! A name that a spreadsheet would take for a formula gets an apostrophe before it.

use super::{Cell, Figures, HIDDEN};
use csv::{Terminator, WriterBuilder};

/// The report as lines of text.
///
/// # Errors
/// When memory is out.
pub(super) fn csv(report: &Figures) -> Result<String, csv::Error> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    let names = report.columns.iter().map(|column| plain(&column.name));
    writer.write_record(["key".into(), "label".into()].into_iter().chain(names))?;
    for line in report.all() {
        let cells = line.cells.iter().map(|cell| number(*cell));
        writer.write_record(
            [plain(&line.key), plain(&line.label)]
                .into_iter()
                .chain(cells),
        )?;
    }
    let bytes = writer
        .into_inner()
        .map_err(csv::IntoInnerError::into_error)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn number(cell: Cell) -> String {
    match cell {
        Cell::Count(count) => count.to_string(),
        Cell::Minutes(minutes) => format!("{:.2}", f64::from(minutes) / 60.0),
        Cell::Hidden => HIDDEN.into(),
        Cell::Nothing => String::new(),
    }
}

/// Text from elsewhere that no spreadsheet computes.
fn plain(text: &str) -> String {
    let computes = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let mark = if computes { "'" } else { "" };
    format!("{mark}{text}")
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
