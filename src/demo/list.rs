//! The court list that a demo day is played from: one CSV row per case. A bad row is reported with its line number and reason, and the others run.
//! A row far from the rest of the list is a bad one: most likely its year is mistyped, and the day would have to run through years for it.

use jiff::civil::{Date, DateTime};
use std::io::Read;
use usher_domain::code::{CourtCode, Crn};
use usher_domain::enquiry::ReportType;

/// The columns, in the order of the built-in list; a file may have them in any order.
pub const COLUMNS: [&str; 11] = [
    "requested_at",
    "hearing_at",
    "court",
    "report",
    "crn",
    "defendant",
    "born",
    "home_postcode",
    "curfew_postcode",
    "partner_postcode",
    "child_postcodes",
];

/// Rows of one list: a day at every court of England and Wales is fewer.
pub const ROWS_MAX: usize = 100_000;
/// A request may be so far from the middle one of the list, in days: less than a year, so that a mistyped year shows.
pub const APART_DAYS_MAX: i64 = 180;
/// Child postcodes of one row.
const CHILDREN_MAX: usize = 12;

/// One case of the list.
#[derive(Clone, PartialEq, Eq)]
pub struct Case {
    /// Its line in the file.
    pub line: u64,
    /// When the report was asked for, local London time: the officer submits then.
    pub requested_at: DateTime,
    /// When the case is heard, local London time.
    pub hearing_at: DateTime,
    /// The court.
    pub court: CourtCode,
    /// The kind of report.
    pub report: ReportType,
    /// Case reference number, where there is one.
    pub crn: Option<Crn>,
    /// Given and family names, the last word being the family name.
    pub defendant: String,
    /// Date of birth, where known.
    pub born: Option<Date>,
    /// Postcodes as given: home, proposed curfew, partner; empty where unknown.
    pub home_postcode: String,
    /// The address of a proposed curfew.
    pub curfew_postcode: String,
    /// A partner's address.
    pub partner_postcode: String,
    /// Children's addresses.
    pub child_postcodes: Vec<String>,
}

/// A row that cannot be played. The reason never repeats what stands in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Its line in the file.
    pub line: u64,
    /// What is wrong and what is expected.
    pub reason: String,
}

/// A list as it was read.
#[derive(Clone, Default)]
pub struct List {
    /// The cases that can be played, by the moment they are requested.
    pub cases: Vec<Case>,
    /// The rows that cannot.
    pub rejected: Vec<Rejected>,
}

/// A file that no day can be played from.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The header lacks columns.
    #[error("the list lacks the columns {missing}; it needs {needed}", missing = .missing.join(", "), needed = COLUMNS.join(","))]
    MissingColumns {
        /// Which.
        missing: Vec<&'static str>,
    },
    /// There is no such file, or it is closed to the reader.
    #[error("the list cannot be opened")]
    Closed(#[source] std::io::Error),
    /// The file cannot be read.
    #[error("the list cannot be read as CSV")]
    Unreadable(#[from] csv::Error),
    /// More rows than one day can have.
    #[error("the list has more than {ROWS_MAX} rows: split it")]
    TooLong,
    /// Not one case: an empty day would look like a day on which all went well.
    #[error("no row of the list can be played")]
    NothingToPlay,
}

impl List {
    /// Reads a list with a header line.
    ///
    /// # Errors
    /// When the header lacks columns, the file cannot be read, or it is too long. Bad rows are no error: see [`List::rejected`].
    pub fn read(from: impl Read) -> Result<Self, ListError> {
        let mut reader = csv::ReaderBuilder::new()
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(from);
        let headers = reader.headers()?.clone();
        let place = |name: &str| {
            headers
                .iter()
                .position(|header| header.trim_start_matches('\u{feff}') == name)
        };
        let missing: Vec<&'static str> = COLUMNS
            .into_iter()
            .filter(|name| place(name).is_none())
            .collect();
        if !missing.is_empty() {
            return Err(ListError::MissingColumns { missing });
        }
        let places = COLUMNS.map(|name| place(name).unwrap_or_default());
        let mut list = Self::default();
        for (row, record) in reader.records().enumerate() {
            if row >= ROWS_MAX {
                return Err(ListError::TooLong);
            }
            let fallback = row as u64 + 2;
            match record {
                Ok(record) => {
                    let line = record.position().map_or(fallback, csv::Position::line);
                    match case(line, &record, &places, headers.len()) {
                        Ok(case) => list.cases.push(case),
                        Err(reason) => list.rejected.push(Rejected { line, reason }),
                    }
                }
                Err(error) => {
                    let line = error.position().map_or(fallback, csv::Position::line);
                    list.rejected.push(Rejected {
                        line,
                        reason: "is not readable as UTF-8 CSV".into(),
                    });
                }
            }
        }
        list.cases
            .sort_by_key(|case| (case.requested_at, case.line));
        list.reject_far_rows();
        Ok(list)
    }

    /// Rejects the cases that are requested more than [`APART_DAYS_MAX`] days from the middle one.
    fn reject_far_rows(&mut self) {
        let Some(middle) = self.cases.get(self.cases.len() / 2) else {
            return;
        };
        let middle = middle.requested_at.date();
        let apart = |case: &mut Case| days_between(middle, case.requested_at.date());
        for far in self
            .cases
            .extract_if(.., |case| apart(case) > APART_DAYS_MAX)
        {
            self.rejected.push(Rejected {
                line: far.line,
                reason: format!(
                    "requested_at is more than {APART_DAYS_MAX} days from the middle of the list: correct it, or play the row in a list of its own"
                ),
            });
        }
        self.rejected.sort_by_key(|row| row.line);
    }
}

fn days_between(one: Date, other: Date) -> i64 {
    one.duration_since(other).abs().as_hours() / 24
}

/// The case in `record`, whose columns are at `places`; a row as long as the header, or it may be shifted or cut off.
fn case(
    line: u64,
    record: &csv::StringRecord,
    places: &[usize; COLUMNS.len()],
    length: usize,
) -> Result<Case, String> {
    if record.len() != length {
        return Err(format!(
            "has {} fields where the header has {length}: it is cut off, or a comma stands too many or too few",
            record.len()
        ));
    }
    parse(
        line,
        places.map(|place| record.get(place).unwrap_or_default()),
    )
}

fn parse(line: u64, fields: [&str; COLUMNS.len()]) -> Result<Case, String> {
    let [
        requested,
        hearing,
        court,
        report,
        crn,
        defendant,
        born,
        home,
        curfew,
        partner,
        children,
    ] = fields;
    let requested_at = time("requested_at", requested)?;
    let hearing_at = time("hearing_at", hearing)?;
    if hearing_at < requested_at {
        return Err("hearing_at is before requested_at".into());
    }
    if defendant.is_empty() {
        return Err("defendant is empty: a name is needed".into());
    }
    let child_postcodes: Vec<String> = children
        .split(';')
        .map(str::trim)
        .filter(|child| !child.is_empty())
        .map(Into::into)
        .collect();
    if child_postcodes.len() > CHILDREN_MAX {
        return Err(format!(
            "child_postcodes has more than {CHILDREN_MAX} entries"
        ));
    }
    Ok(Case {
        line,
        requested_at,
        hearing_at,
        court: CourtCode::parse(court).map_err(|error| format!("court: {error}"))?,
        report: ReportType::parse(report).ok_or("report: expected oral, fast or standard")?,
        crn: optional(crn, |crn| {
            Crn::parse(crn).map_err(|error| format!("crn: {error}"))
        })?,
        defendant: defendant.into(),
        born: optional(born, |born| {
            born.parse()
                .map_err(|_| "born: expected a date such as 1990-04-23".to_owned())
        })?,
        home_postcode: home.into(),
        curfew_postcode: curfew.into(),
        partner_postcode: partner.into(),
        child_postcodes,
    })
}

fn time(column: &str, text: &str) -> Result<DateTime, String> {
    // A time with an offset or a zone would be silently misread as local.
    let local = text.len() <= 19
        && text
            .as_bytes()
            .get(10)
            .is_some_and(|byte| matches!(byte, b'T' | b' '));
    let parsed = if local {
        text.parse::<DateTime>().ok()
    } else {
        None
    };
    parsed.ok_or_else(|| format!("{column}: expected a local London time such as 2026-11-23T14:00"))
}

fn optional<T>(
    text: &str,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    if text.is_empty() {
        Ok(None)
    } else {
        parse(text).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "requested_at,hearing_at,court,report,crn,defendant,born,home_postcode,curfew_postcode,partner_postcode,child_postcodes\n";

    fn read(rows: &str) -> List {
        List::read(format!("{HEADER}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn a_full_and_an_empty_row_are_read() {
        let list = read(
            "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,X320741,Ada Example,1990-04-23,E8 1EA,N1 1AA,SE1 1AA,E8 1EA; W1A 1AA ;\n\
             2026-11-23T09:00,2026-11-30T10:00,C01CE00,standard,,Bo,,,,,\n",
        );
        assert!(list.rejected.is_empty());
        assert_eq!(list.cases.len(), 2);
        assert_eq!(list.cases[0].line, 3, "by requested_at");
        assert_eq!(list.cases[1].child_postcodes, ["E8 1EA", "W1A 1AA"]);
    }

    #[test]
    fn each_bad_field_is_named_with_its_line_and_the_others_run() {
        let good = "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada,,,,,";
        let rows = [
            (
                "23/11/2026 10:00,2026-11-23T14:00,B01IX,oral,,Ada,,,,,",
                "requested_at",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00+01:00,B01IX,oral,,Ada,,,,,",
                "hearing_at",
            ),
            (
                "2026-11-23T10:00,2026-11-23T09:59,B01IX,oral,,Ada,,,,,",
                "hearing_at is before",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,Westminster,oral,,Ada,,,,,",
                "court",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,written,,Ada,,,,,",
                "report",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,12,Ada,,,,,",
                "crn",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,,,,,,",
                "defendant",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada,23.4.1990,,,,",
                "born",
            ),
            ("2026-11-23T10:00", "has 1 fields"),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada,,E8 1EA",
                "has 8 fields where the header has 11",
            ),
            (
                "2026-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada,,E8 1EA,,,,E8 1EA",
                "has 12 fields",
            ),
            (
                "2016-11-23T10:00,2026-11-23T14:00,B01IX,oral,,Ada,,,,,",
                "requested_at is more than 180 days",
            ),
        ];
        let lines = rows.iter().flat_map(|(row, _)| [row, "\n", good, "\n"]);
        let text: String = lines.collect();
        let list = read(&text);
        assert_eq!(list.cases.len(), rows.len());
        assert_eq!(list.rejected.len(), rows.len());
        for (place, (rejected, (_, named))) in list.rejected.iter().zip(rows).enumerate() {
            assert_eq!(rejected.line, 2 + 2 * place as u64);
            assert!(
                rejected.reason.starts_with(named),
                "{}: {named}",
                rejected.reason
            );
            assert!(!rejected.reason.contains("Ada"));
        }
    }

    #[test]
    fn a_file_without_the_columns_is_refused_with_their_names() {
        let error = List::read("court,report\n".as_bytes())
            .err()
            .unwrap()
            .to_string();
        assert!(
            error.contains("requested_at") && error.contains("child_postcodes"),
            "{error}"
        );
    }
}
