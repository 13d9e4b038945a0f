//! A borough's own queries, where it has tables of its own shape.

use super::settings::{Queries, Settings, SettingsError};
use super::ssd::{ADDRESSES_EACH, CONTACTS, DETAIL_ROWS_MAX, EPISODES, PEOPLE, WORKERS};
use super::statement::{Statement, Value, Writer};
use crate::adapter::blocking::Block;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// The values that each query has: it may name no other. A query that did would never be asked, and whom it alone finds would be absent.
const NAMES: [(&str, &[&str]); 8] = [
    ("born", &["born_from", "born_until"]),
    ("names", &["family", "given"]),
    (
        "name_and_born",
        &["family", "given", "born_from", "born_until"],
    ),
    ("postcode", &["postcode"]),
    ("episodes", &["person"]),
    ("contacts", &["person", "since"]),
    ("worker", &["person"]),
    ("age", &[]),
];

/// Proves that the queries are single `SELECT`s and name only values that they have.
pub(super) fn examine(settings: &Settings) -> Result<(), SettingsError> {
    let age = &settings.age.query;
    for (query, names) in NAMES {
        let queries = settings.queries.as_ref();
        let text = match query {
            "born" => queries.map(|queries| &queries.born),
            "names" => queries.map(|queries| &queries.names),
            "name_and_born" => queries.map(|queries| &queries.name_and_born),
            "postcode" => queries.map(|queries| &queries.postcode),
            "episodes" => queries.map(|queries| &queries.episodes),
            "contacts" => queries.and_then(|queries| queries.contacts.as_ref()),
            "worker" => queries.and_then(|queries| queries.worker.as_ref()),
            _ => age.as_ref(),
        };
        let Some(text) = text else { continue };
        let fault = |remedy: String| SettingsError::Query { query, remedy };
        let start = text.trim_start().to_ascii_lowercase();
        if !(start.starts_with("select") || start.starts_with("with")) || text.contains(';') {
            return Err(fault("write one SELECT, without a semicolon".into()));
        }
        let known = names.iter().map(|name| (*name, Value::Text(String::new())));
        let known: Vec<_> = known.collect();
        Writer::new(settings.spoken(), false)
            .fill(text, &known)
            .map_err(|unknown| {
                fault(format!(
                    "this query has no value :{}; it has {}",
                    unknown.0,
                    if names.is_empty() {
                        "none".to_owned()
                    } else {
                        names.join(", ")
                    }
                ))
            })?;
    }
    Ok(())
}

/// The queries with their values.
pub(super) struct Custom<'a> {
    queries: &'a Queries,
}

impl<'a> Custom<'a> {
    pub(super) fn of(queries: &'a Queries) -> Self {
        Self { queries }
    }

    /// Whether anybody was ever born, and people enough: tables that are being filled anew would make everybody unknown.
    pub(super) fn filled(&self, mut writer: Writer, people_min: Option<u32>) -> Option<Statement> {
        let ever = [
            ("born_from", Value::Date(Date::constant(1900, 1, 1))),
            ("born_until", Value::Date(Date::constant(2200, 1, 1))),
        ];
        let born = writer.fill(&self.queries.born, &ever).ok()?;
        let from = format!("({born}) q");
        Some(match people_min {
            Some(least) => writer.filled(std::iter::empty(), Some((least, from))),
            None => writer.filled(std::iter::once(("the query born", from)), None),
        })
    }

    /// Whether not everybody is asked for who fits `block`.
    pub(super) fn narrows(block: &Block) -> bool {
        Self::skips(block) || block.needs_days()
    }

    /// Whether nobody is asked for who fits `block`: so many postcodes as a further block has would be too many statements.
    fn skips(block: &Block) -> bool {
        block.is_further && !block.postcodes.is_empty()
    }

    /// Whoever fits `block`, but for those whom it leaves out where it [narrows](Self::narrows) it.
    pub(super) fn people(
        &self,
        writer: impl Fn() -> Writer,
        block: &Block,
        rows_max: u32,
    ) -> Vec<Statement> {
        if Self::skips(block) {
            return Vec::new();
        }
        let text = |text: &Option<String>| Value::Text(text.clone().unwrap_or_default());
        let names = [
            ("family", text(&block.family_starts)),
            ("given", text(&block.given_starts)),
        ];
        let rows_max = (rows_max as usize + 1) * ADDRESSES_EACH;
        let ask = |query: &str, values: &[(&'static str, Value)]| {
            wrapped(writer(), query, values, &PEOPLE, rows_max)
        };
        let dates = |(first, last): (Date, Date)| {
            let until = last.saturating_add(1.day());
            [
                ("born_from", Value::Date(first)),
                ("born_until", Value::Date(until)),
            ]
        };
        if let Some(within) = block.born_within {
            let values = [names, dates(within)].concat();
            let asked = ask(&self.queries.name_and_born, &values);
            asked.into_iter().collect()
        } else if !block.born_on.is_empty() {
            let days = block.born_on.iter().map(|day| dates((*day, *day)));
            days.filter_map(|day| ask(&self.queries.born, &day))
                .collect()
        } else if !block.postcodes.is_empty() {
            let postcodes = block.postcodes.iter();
            postcodes
                .map(|postcode| [("postcode", Value::Text(postcode.clone()))])
                .filter_map(|postcode| ask(&self.queries.postcode, &postcode))
                .collect()
        } else {
            ask(&self.queries.names, &names).into_iter().collect()
        }
    }

    /// What is said of the people with these keys: for each of them involvement, contacts, workers.
    pub(super) fn episodes(&self, writer: impl Fn() -> Writer, keys: &[String]) -> Vec<Statement> {
        about(&writer, Some(&self.queries.episodes), keys, None, &EPISODES)
    }

    pub(super) fn contacts(
        &self,
        writer: impl Fn() -> Writer,
        keys: &[String],
        since: Date,
    ) -> Vec<Statement> {
        about(
            &writer,
            self.queries.contacts.as_ref(),
            keys,
            Some(since),
            &CONTACTS,
        )
    }

    pub(super) fn workers(&self, writer: impl Fn() -> Writer, keys: &[String]) -> Vec<Statement> {
        about(&writer, self.queries.worker.as_ref(), keys, None, &WORKERS)
    }
}

fn about(
    writer: &impl Fn() -> Writer,
    query: Option<&String>,
    keys: &[String],
    since: Option<Date>,
    columns: &[&str],
) -> Vec<Statement> {
    let Some(query) = query else {
        return Vec::new();
    };
    keys.iter()
        .filter_map(|key| {
            let mut values = vec![("person", Value::Text(key.clone()))];
            values.extend(since.map(|since| ("since", Value::Date(since))));
            wrapped(writer(), query, &values, columns, DETAIL_ROWS_MAX)
        })
        .collect()
}

/// The query as a table, of which the named columns are fetched as text. `None` where it names a value that this question has not, which
/// the proof of the settings has ruled out for those that all have.
fn wrapped(
    mut writer: Writer,
    query: &str,
    values: &[(&str, Value)],
    columns: &[&str],
    rows_max: usize,
) -> Option<Statement> {
    let query = writer.fill(query, values).ok()?;
    let answered: Vec<String> = columns
        .iter()
        .map(|column| writer.out(&format!("q.{column}")))
        .collect();
    let what = format!("{} FROM ({query}) q", answered.join(", "));
    let sql = writer.first(rows_max as u64 + 1, &what);
    Some(writer.end(sql, rows_max))
}
