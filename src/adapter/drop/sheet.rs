//! Reads one file of answers, strictly: what usher does not understand is set aside and said, never skipped.

use super::answer::{Answer, Episode, Match, Person, Reading, Remark, Worker, check_id};
use super::settings::Form;
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The columns of a CSV file of answers. The first two are required.
pub(super) const COLUMNS: [&str; 23] = [
    "check_id",
    "disposition",
    "exchanges",
    "redirect_to",
    "matches",
    "episodes",
    "worker_name",
    "worker_team",
    "worker_phone",
    "worker_email",
    "recent_contacts",
    "last_contact",
    "data_as_of",
    "valid_until",
    "adult_concerns",
    "contact_restrictions",
    "curfew_advice",
    "narrative",
    "remarks_handling",
    "answered_by",
    "answered_by_post",
    "answered_by_contact",
    "reference",
];
const REQUIRED: usize = 2;
/// Names of fields in JSON that a reason may repeat; other text in a file may be personal.
const FIELDS: [&str; 32] = [
    "answered_by",
    "basis",
    "category",
    "check_id",
    "confidence",
    "contact",
    "data_as_of",
    "disposition",
    "email",
    "end",
    "episodes",
    "exchanges",
    "handling",
    "kind",
    "last_contact",
    "legal_status",
    "matches",
    "name",
    "open",
    "other_authority",
    "phone",
    "post",
    "recent_contacts",
    "reference",
    "redirect_to",
    "remarks",
    "start",
    "team",
    "text",
    "topic",
    "valid_until",
    "who",
];

/// What a file says.
pub(super) struct Sheet {
    /// Names of the columns; empty for JSON.
    header: Vec<String>,
    /// Its answers, good and bad.
    pub(super) rows: Vec<Row>,
}

/// One answer of a file.
pub(super) struct Row {
    /// Its line in a CSV file, its number in a JSON file; from 1.
    pub(super) line: u64,
    /// The check that it is about, where that much can be read.
    pub(super) check: Option<(String, Option<u32>)>,
    /// What it says, or why it cannot be used.
    pub(super) said: Result<Answer, String>,
    raw: Raw,
}

enum Raw {
    Cells(Vec<String>),
    Value(Value),
}

/// Reads a file.
///
/// # Errors
/// Why the whole of it cannot be used.
pub(super) fn read(
    text: &str,
    form: Form,
    reading: &Reading,
    most: usize,
) -> Result<Sheet, String> {
    let mut sheet = match form {
        Form::Csv => read_csv(text, reading, most)?,
        Form::Json => read_json(text, reading, most)?,
    };
    set_contradictions_aside(&mut sheet.rows);
    Ok(sheet)
}

impl Sheet {
    /// The rows that cannot be used, in the form of the file, and why; `None` where all can.
    pub(super) fn bad(&self) -> Option<(Vec<u8>, String)> {
        let bad: Vec<&Row> = self.rows.iter().filter(|row| row.said.is_err()).collect();
        if bad.is_empty() {
            return None;
        }
        let reasons = bad.iter().filter_map(|row| {
            let reason = row.said.as_ref().err()?;
            Some(format!("{}: {reason}\n", row.line))
        });
        Some((self.rows_as_they_came(&bad), reasons.collect()))
    }

    fn rows_as_they_came(&self, rows: &[&Row]) -> Vec<u8> {
        let mut values = Vec::new();
        let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = writer.write_record(&self.header);
        for row in rows {
            match &row.raw {
                Raw::Value(value) => values.push(value),
                Raw::Cells(cells) => {
                    let _ = writer.write_record(cells);
                }
            }
        }
        if values.is_empty() {
            writer.into_inner().unwrap_or_default()
        } else {
            serde_json::to_vec_pretty(&values).unwrap_or_default()
        }
    }
}

fn read_csv(text: &str, reading: &Reading, most: usize) -> Result<Sheet, String> {
    // Both would hide that the end is missing.
    if !text.ends_with('\n') {
        return Err("its last line does not end with a line break, so it may be cut off".into());
    }
    if text.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
        return Err("a quotation mark is missing, so it may be cut off".into());
    }
    // The parser counts lines of this kind rightly.
    let text = text.replace("\r\n", "\n");
    let mut reader = ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let unreadable = |_| "it is not CSV".to_owned();
    let header = records
        .next()
        .ok_or("it has no header")?
        .map_err(unreadable)?;
    let header: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    check_header(&header)?;
    let mut rows = Vec::new();
    for record in records {
        if rows.len() == most {
            return Err(format!(
                "it has more than {most} answers; write several files"
            ));
        }
        let record = record.map_err(unreadable)?;
        if record.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        rows.push(csv_row(&header, &record, reading));
    }
    Ok(Sheet { header, rows })
}

fn check_header(header: &[String]) -> Result<(), String> {
    let place = |name: &String| {
        format!(
            "column {}",
            1 + header.iter().position(|own| own == name).unwrap_or(0)
        )
    };
    if let Some(name) = header.iter().find(|name| !COLUMNS.contains(&name.as_str())) {
        return Err(format!(
            "the name of {} is not one that usher knows",
            place(name)
        ));
    }
    let names: BTreeSet<&String> = header.iter().collect();
    if names.len() < header.len() {
        return Err("a column is there twice".into());
    }
    match COLUMNS
        .iter()
        .take(REQUIRED)
        .find(|name| !header.iter().any(|own| own == *name))
    {
        Some(missing) => Err(format!("the column `{missing}` is missing")),
        None => Ok(()),
    }
}

fn csv_row(header: &[String], record: &StringRecord, reading: &Reading) -> Row {
    let cells: BTreeMap<&str, &str> = header
        .iter()
        .map(String::as_str)
        .zip(record.iter().map(str::trim))
        .collect();
    let cell = |name: &str| cells.get(name).copied().unwrap_or_default();
    let said = if record.len() == header.len() {
        csv_answer(&cell).and_then(|answer| answer.read(reading))
    } else {
        Err("it has not as many cells as the header".into())
    };
    Row {
        line: record.position().map_or(0, csv::Position::line),
        check: check_id(cell("check_id")).map(|check| (check, cell("exchanges").parse().ok())),
        said,
        raw: Raw::Cells(record.iter().map(str::to_owned).collect()),
    }
}

fn csv_answer<'a>(cell: &impl Fn(&str) -> &'a str) -> Result<Answer, String> {
    let own = |name: &str| cell(name).to_owned();
    let handling: Vec<String> = parts(cell("remarks_handling"), ';')
        .map(str::to_owned)
        .collect();
    let topics = [
        "adult_concerns",
        "contact_restrictions",
        "curfew_advice",
        "narrative",
    ];
    let remarks = topics.into_iter().filter(|topic| !cell(topic).is_empty());
    Ok(Answer {
        check_id: own("check_id"),
        exchanges: number(cell, "exchanges")?,
        disposition: own("disposition"),
        reference: String::new(),
        redirect_to: own("redirect_to"),
        matches: parts(cell("matches"), ';')
            .map(one_match)
            .collect::<Result<_, _>>()?,
        episodes: parts(cell("episodes"), ';')
            .map(one_episode)
            .collect::<Result<_, _>>()?,
        worker: Worker {
            name: own("worker_name"),
            team: own("worker_team"),
            phone: own("worker_phone"),
            email: own("worker_email"),
        },
        recent_contacts: number(cell, "recent_contacts")?,
        last_contact: own("last_contact"),
        data_as_of: own("data_as_of"),
        valid_until: own("valid_until"),
        remarks: remarks
            .map(|topic| Remark {
                topic: topic.replace('_', "-"),
                text: own(topic),
                handling: handling.clone(),
            })
            .collect(),
        answered_by: Person {
            name: own("answered_by"),
            post: own("answered_by_post"),
            contact: own("answered_by_contact"),
        },
    })
}

fn number<'a>(cell: &impl Fn(&str) -> &'a str, name: &str) -> Result<Option<u32>, String> {
    match cell(name) {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| format!("`{name}` is not a number")),
    }
}

/// The parts of a cell that are not empty.
fn parts(cell: &str, between: char) -> impl Iterator<Item = &str> {
    cell.split(between)
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// `child 1=certain=name and date of birth`; the last part may be missing.
fn one_match(part: &str) -> Result<Match, String> {
    let mut fields = part.splitn(3, '=').map(|field| field.trim().to_owned());
    let (Some(who), Some(confidence)) = (fields.next(), fields.next()) else {
        return Err("an entry of `matches` is not `who=confidence`".into());
    };
    let basis = fields.next().unwrap_or_default();
    Ok(Match {
        who,
        confidence,
        basis,
    })
}

/// `child 1|cp-plan|open|2025-03-01|2025-09-01|neglect|C2|other|may-cite+ring-first`; what follows the third part may be missing.
fn one_episode(part: &str) -> Result<Episode, String> {
    let fields: Vec<&str> = part.split('|').map(str::trim).collect();
    let field = |place: usize| fields.get(place).copied().unwrap_or_default().to_owned();
    let yes = |place: usize, no: &str, yes: &str| {
        match field(place).as_str() {
        text if text == yes => Ok(true),
        text if text == no => Ok(false),
        _ => Err("an entry of `episodes` is not `who|kind|open or closed|start|end|category|legal status|own or other|handling`".to_owned()),
    }
    };
    if fields.len() > 9 {
        return Err("an entry of `episodes` has more than nine parts".into());
    }
    Ok(Episode {
        who: field(0),
        kind: field(1),
        open: yes(2, "closed", "open")?,
        start: field(3),
        end: field(4),
        category: field(5),
        legal_status: field(6),
        other_authority: !field(7).is_empty() && yes(7, "own", "other")?,
        handling: parts(&field(8), '+').map(str::to_owned).collect(),
    })
}

fn read_json(text: &str, reading: &Reading, most: usize) -> Result<Sheet, String> {
    let whole: Value = serde_json::from_str(text).map_err(|error| {
        format!(
            "it is not JSON from line {} on, so it may be cut off",
            error.line()
        )
    })?;
    let values = match whole {
        Value::Array(values) => values,
        one @ Value::Object(_) => vec![one],
        _ => return Err("it is neither a list of answers nor one answer".into()),
    };
    if values.len() > most {
        return Err(format!(
            "it has more than {most} answers; write several files"
        ));
    }
    let rows = (1..)
        .zip(values)
        .map(|(line, value)| json_row(line, value, reading));
    Ok(Sheet {
        header: Vec::new(),
        rows: rows.collect(),
    })
}

fn json_row(line: u64, value: Value, reading: &Reading) -> Row {
    let exchanges = value.get("exchanges").and_then(Value::as_u64);
    let exchanges = exchanges.and_then(|count| u32::try_from(count).ok());
    let check = value
        .get("check_id")
        .and_then(Value::as_str)
        .and_then(check_id);
    let answer: Result<Answer, _> = serde_path_to_error::deserialize(without_nulls(value.clone()));
    let said = answer
        .map_err(|error| {
            format!(
                "{} is missing, unknown or of another type",
                place(error.path())
            )
        })
        .and_then(|answer| answer.read(reading));
    Row {
        line,
        check: check.map(|check| (check, exchanges)),
        said,
        raw: Raw::Value(value),
    }
}

/// Where in a JSON file; only names that are usher's own.
fn place(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Map { key } => FIELDS.contains(&key.as_str()).then(|| format!(".{key}")),
        Segment::Seq { index } => Some(format!("[{index}]")),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    match names.collect::<String>().trim_start_matches('.') {
        "" => "a field".into(),
        names => format!("a field at `{names}`"),
    }
}

/// Systems write `null` for what is empty.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(name, value)| (name, without_nulls(value)))
            .collect(),
        Value::Array(values) => values.into_iter().map(without_nulls).collect(),
        other => other,
    }
}

/// A check that one file answers twice: the same twice is once; anything else is no answer. A row without a number of exchanges may be to the
/// question of any other row about its check.
fn set_contradictions_aside(rows: &mut Vec<Row>) {
    let mut first: BTreeMap<(String, Option<u32>), usize> = BTreeMap::new();
    let (mut doubtful, mut same) = (BTreeSet::new(), BTreeSet::new());
    let checks = || rows.iter().filter_map(|row| row.check.as_ref());
    let unnumbered: BTreeSet<&String> = checks()
        .filter(|(_, exchanges)| exchanges.is_none())
        .map(|(check, _)| check)
        .collect();
    let mixed =
        checks().filter(|(check, exchanges)| exchanges.is_some() && unnumbered.contains(check));
    for (check, exchanges) in mixed {
        doubtful.insert((check.clone(), *exchanges));
        doubtful.insert((check.clone(), None));
    }
    for (at, row) in rows.iter().enumerate() {
        let Some(check) = &row.check else { continue };
        let Some(earlier) = first.get(check).copied() else {
            first.insert(check.clone(), at);
            continue;
        };
        match (&row.said, rows.get(earlier).map(|row| &row.said)) {
            (Ok(answer), Some(Ok(before))) if answer == before => {
                same.insert(at);
            }
            _ => {
                doubtful.insert(check.clone());
            }
        }
    }
    for row in rows.iter_mut() {
        if row.said.is_ok()
            && row
                .check
                .as_ref()
                .is_some_and(|check| doubtful.contains(check))
        {
            row.said = Err("another row of this file says something else about the same check, or one of them has no `exchanges`".into());
        }
    }
    let mut at = 0..;
    rows.retain(|row| {
        at.next()
            .is_none_or(|at| row.said.is_err() || !same.contains(&at))
    });
}
