//! A court's list as CSV: from rows of text to rows of the contract. Only what the file's form decides is looked at here; the broker judges
//! the rest.

use crate::cli::words::Word;
use std::io::Read;
use usher_domain::limits;
use usher_proto::v1;

/// The columns; a file may have them in any order, and leave out all but the first [`NEEDED`].
pub(super) const COLUMNS: [&str; 22] = [
    "case",
    "hearing_at",
    "court",
    "stage",
    "report",
    "in_custody",
    "indicators",
    "family_name",
    "given_names",
    "born",
    "crn",
    "pnc",
    "urn",
    "home_postcode",
    "curfew_postcode",
    "release_postcode",
    "partner_postcode",
    "child_postcodes",
    "household",
    "holder",
    "office",
    "move_reason",
];
/// So many columns no list can do without.
const NEEDED: usize = 3;

/// An example of a list.
pub(super) const EXAMPLE: &str = "\
case,hearing_at,court,stage,report,in_custody,indicators,family_name,given_names,born,crn,home_postcode,curfew_postcode,child_postcodes,household,holder,office,move_reason
01AB1234526/1,HEAREDT10:00,B01IX,court-report,oral,no,lives-with-children;domestic-abuse,Example,Sam,1990-04-30,,N1 1AA,,N1 1AA,,,North London,
01AB1234526/2,HEAREDT10:00,B01IX,court-report,oral,no,,Example,Kim,,,,,,,,North London,
01CD7654321/1,HEAREDT14:00,B01IX,court-report,fast,yes,curfew-proposed,Sample,Alex,1985-08-13,X320741,E8 1EA,E8 1EA,,Pat Sample;Lee Sample,Kim Practitioner,North London,
";

/// A row that cannot be sent. The reason never repeats what stands in the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejected {
    /// Its line in the file.
    pub(super) line: u32,
    /// What is wrong and what is expected.
    pub(super) reason: String,
}

/// A list as it was read.
#[derive(Default)]
pub(super) struct Sheet {
    pub(super) rows: Vec<v1::CaseRow>,
    pub(super) rejected: Vec<Rejected>,
}

/// Reads a list with a header line; `reason` stands where a row does not say why its hearing moved.
///
/// # Errors
/// When the header lacks a column or has one that is not known, the file cannot be read, or has too many rows; in words.
pub(super) fn read(from: impl Read, reason: &str) -> Result<Sheet, String> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(from);
    let unreadable = |_| "the list cannot be read as UTF-8 CSV".to_owned();
    let header = reader.headers().map_err(unreadable)?.clone();
    let places = places(&header)?;
    let mut sheet = Sheet::default();
    for (number, record) in reader.records().enumerate() {
        if number >= limits::CASES_PER_LIST_MAX {
            let max = limits::CASES_PER_LIST_MAX;
            return Err(format!("the list has more than {max} rows: split it"));
        }
        let fallback = number as u64 + 2;
        let (position, row) = match &record {
            Ok(record) => (
                record.position(),
                row(record, &places, header.len(), reason),
            ),
            Err(error) => (error.position(), Err("is not readable as UTF-8 CSV".into())),
        };
        let line = position.map_or(fallback, csv::Position::line);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        match row {
            Ok(row) => sheet.rows.push(v1::CaseRow { line, ..row }),
            Err(reason) => sheet.rejected.push(Rejected { line, reason }),
        }
    }
    Ok(sheet)
}

/// Where each of the columns stands.
fn places(header: &csv::StringRecord) -> Result<[Option<usize>; COLUMNS.len()], String> {
    let name = |text: &str| text.trim_start_matches('\u{feff}').to_owned();
    let names: Vec<String> = header.iter().map(name).collect();
    let places = COLUMNS.map(|column| names.iter().position(|name| name == column));
    let lacking = COLUMNS.iter().zip(&places).take(NEEDED);
    let lacking: Vec<&str> = lacking
        .filter(|(_, place)| place.is_none())
        .map(|(column, _)| *column)
        .collect();
    let known = COLUMNS.join(",");
    if !lacking.is_empty() {
        let lacking = lacking.join(", ");
        return Err(format!(
            "the list lacks the columns {lacking}; known are {known}"
        ));
    }
    match names
        .iter()
        .position(|name| !COLUMNS.contains(&name.as_str()))
    {
        Some(place) => Err(format!(
            "column {} of the list has a name that is not known: known are {known}",
            place + 1
        )),
        None => Ok(places),
    }
}

fn row(
    record: &csv::StringRecord,
    places: &[Option<usize>; COLUMNS.len()],
    length: usize,
    reason: &str,
) -> Result<v1::CaseRow, String> {
    if record.len() != length {
        return Err(format!(
            "has {} fields where the header has {length}: it is cut off, or a comma stands too many or too few",
            record.len()
        ));
    }
    let field = |name: &str| {
        let column = COLUMNS.iter().position(|column| *column == name);
        let place = column.and_then(|column| places[column]);
        place
            .and_then(|place| record.get(place))
            .unwrap_or_default()
    };
    let subject = subject(&field);
    let addresses = addresses(&field);
    let others: Vec<v1::Other> = several(field("household")).map(adult).collect();
    let is_known = subject.is_some()
        || !addresses.is_empty()
        || !others.is_empty()
        || !field("urn").is_empty();
    Ok(v1::CaseRow {
        case_name: field("case").into(),
        hearing: Some(v1::Hearing {
            court_code: field("court").into(),
            local_time: field("hearing_at").replacen(' ', "T", 1),
            ..v1::Hearing::default()
        }),
        move_reason: match field("move_reason") {
            "" => reason,
            said => said,
        }
        .into(),
        stage: match field("stage") {
            "" => v1::Purpose::CourtReport,
            stage => word::<v1::Purpose>("stage", stage)?,
        }
        .into(),
        report: match field("report") {
            "" => 0,
            report => word::<v1::ReportType>("report", report)? as i32,
        },
        in_custody: yes("in_custody", field("in_custody"))?,
        indicators: several(field("indicators"))
            .map(|one| Ok(word::<v1::Indicator>("indicators", one)?.into()))
            .collect::<Result<_, String>>()?,
        holder: some(field("holder")).map(|name| v1::Person {
            name,
            ..v1::Person::default()
        }),
        unit: some(field("office")).map(|office| v1::Unit {
            office,
            ..v1::Unit::default()
        }),
        personal: is_known.then(|| v1::Personal {
            subject,
            urn: field("urn").into(),
            addresses,
            others,
            ..v1::Personal::default()
        }),
        ..v1::CaseRow::default()
    })
}

fn subject<'a>(field: &impl Fn(&str) -> &'a str) -> Option<v1::Subject> {
    let names = ["family_name", "given_names", "born", "crn", "pnc"];
    let [family, given, born, crn, pnc] = names.map(|name| field(name).to_owned());
    if [&family, &given, &born, &crn, &pnc]
        .iter()
        .all(|text| text.is_empty())
    {
        return None;
    }
    Some(v1::Subject {
        name: Some(v1::PersonName { family, given }),
        born: some(&born).map(|date| v1::Birth {
            date,
            accuracy: v1::BirthAccuracy::Known.into(),
        }),
        crn,
        pnc,
        ..v1::Subject::default()
    })
}

fn addresses<'a>(field: &impl Fn(&str) -> &'a str) -> Vec<v1::Address> {
    use v1::AddressRole as Role;
    let single = [
        (Role::Home, "home_postcode"),
        (Role::ProposedCurfew, "curfew_postcode"),
        (Role::Release, "release_postcode"),
        (Role::Partner, "partner_postcode"),
    ];
    let single = single.into_iter().map(|(role, name)| (role, field(name)));
    let children = several(field("child_postcodes")).map(|postcode| (Role::Child, postcode));
    single
        .filter(|(_, postcode)| !postcode.is_empty())
        .chain(children)
        .map(|(role, postcode)| v1::Address {
            role: role.into(),
            kind: v1::AddressKind::Given.into(),
            postcode: postcode.into(),
            ..v1::Address::default()
        })
        .collect()
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// An adult of the household: the last word is the family name.
fn adult(name: &str) -> v1::Other {
    let (given, family) = name.rsplit_once(' ').unwrap_or(("", name));
    v1::Other {
        name: Some(v1::PersonName {
            family: family.into(),
            given: given.into(),
        }),
        relationship: "household".into(),
        ..v1::Other::default()
    }
}

fn several(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|one| !one.is_empty())
}

fn yes(column: &str, text: &str) -> Result<bool, String> {
    match text {
        "" | "no" | "false" => Ok(false),
        "yes" | "true" => Ok(true),
        _ => Err(format!("{column}: expected yes or no")),
    }
}

fn word<T: Word>(column: &str, text: &str) -> Result<T, String> {
    let text = text.replace('_', "-");
    let found = T::ALL.iter().find(|(_, word)| *word == text);
    found.map(|(value, _)| *value).ok_or_else(|| {
        let known: Vec<&str> = T::ALL.iter().map(|(_, word)| *word).collect();
        format!("{column}: expected one of {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::{EXAMPLE, read};
    use usher_proto::v1;

    #[test]
    fn the_example_says_what_it_seems_to_say() {
        let sheet = read(
            EXAMPLE.replace("HEARED", "2026-11-24").as_bytes(),
            "today's list",
        )
        .unwrap();
        assert_eq!(sheet.rejected, []);
        let [sam, kim, alex] = sheet.rows.as_slice() else {
            panic!("{} rows", sheet.rows.len());
        };
        assert_eq!((sam.line, kim.line, alex.line), (2, 3, 4));
        assert_eq!(sam.case_name, "01AB1234526/1");
        assert_eq!(sam.hearing.clone().unwrap().local_time, "2026-11-24T10:00");
        assert_eq!(sam.move_reason, "today's list");
        let indicators = [
            v1::Indicator::LivesWithChildren,
            v1::Indicator::DomesticAbuse,
        ];
        assert_eq!(sam.indicators, indicators.map(i32::from));
        let people = alex.personal.clone().unwrap();
        let roles: Vec<_> = people.addresses.iter().map(v1::Address::role).collect();
        assert_eq!(
            roles,
            [v1::AddressRole::Home, v1::AddressRole::ProposedCurfew]
        );
        assert_eq!(people.others.len(), 2);
        assert!(alex.in_custody && !kim.in_custody);
        assert_eq!(kim.unit.clone().unwrap().office, "North London");
    }

    #[test]
    fn a_bad_row_is_told_by_line_and_the_rest_goes_on() {
        let list = "court,case,hearing_at,report,in_custody\n\
                    B01IX,a/1,2026-11-24 10:00,oral,no\n\
                    B01IX,b/1,2026-11-24T10:00,soon,no\n\
                    B01IX,c/1,2026-11-24T10:00,oral\n\
                    B01IX,d/1,2026-11-24T10:00,,maybe\n\
                    B01IX,e/1,2026-11-24T10:00,,\n";
        let sheet = read(list.as_bytes(), "").unwrap();
        let names: Vec<_> = sheet
            .rows
            .iter()
            .map(|row| row.case_name.as_str())
            .collect();
        assert_eq!(names, ["a/1", "e/1"]);
        assert_eq!(
            sheet.rows[0].hearing.clone().unwrap().local_time,
            "2026-11-24T10:00"
        );
        let told: Vec<_> = sheet
            .rejected
            .iter()
            .map(|row| (row.line, row.reason.as_str()))
            .collect();
        assert_eq!(told[0], (3, "report: expected one of oral, fast, standard"));
        assert!(told[1].0 == 4 && told[1].1.starts_with("has 4 fields where the header has 5"));
        assert_eq!(told[2], (5, "in_custody: expected yes or no"));
    }

    #[test]
    fn a_header_that_is_not_understood_stops_before_anything_is_sent() {
        let refused = |header: &str| read(format!("{header}\n").as_bytes(), "").err().unwrap();
        assert!(refused("case,court").starts_with("the list lacks the columns hearing_at;"));
        let unknown = refused("case,hearing_at,court,postcode");
        assert!(unknown.starts_with("column 4 of the list has a name that is not known"));
    }
}
