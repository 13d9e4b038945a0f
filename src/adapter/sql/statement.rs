//! Statements in the words of each database. Values are parameters always; what is written into the text is this program's own, the
//! schema's and columns' checked names, and the borough's own queries.

use super::settings::Dialect;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// A statement with its values.
#[derive(Clone)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: Vec<Value>,
    /// Rows to read at most; there are no more, or it is an error to rely on them.
    pub(super) rows_max: usize,
}

/// A value, never part of the text.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Date(Date),
}

impl Value {
    /// As text: dates in ISO form.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Date(date) => date.to_string(),
        }
    }
}

/// The tables hold what they should.
pub(super) const FILLED: &str = "filled";
/// They hold fewer people than there must be.
pub(super) const FEW: &str = "few";

/// One row: every column as text, `None` where nothing is filled in.
pub(super) type Row = Vec<Option<String>>;

/// A statement that is being written.
pub(super) struct Writer {
    dialect: Dialect,
    /// ODBC drivers turn what they fetch into text themselves; the other engines are asked to.
    odbc: bool,
    values: Vec<Value>,
}

impl Writer {
    pub(super) fn new(dialect: Dialect, odbc: bool) -> Self {
        Self {
            dialect,
            odbc,
            values: Vec::new(),
        }
    }

    /// Whether all that is fetched is text, so that rows of several tables may be put together.
    pub(super) fn is_text(&self) -> bool {
        !self.odbc
    }

    /// Whether a list is one value, however long.
    pub(super) fn takes_lists(&self) -> bool {
        (self.odbc, self.dialect) == (false, Dialect::Postgresql)
    }

    /// Ends with `sql`, of which at most `rows_max` rows are read.
    pub(super) fn end(self, sql: String, rows_max: usize) -> Statement {
        Statement {
            sql,
            values: self.values,
            rows_max,
        }
    }

    /// Stands for a text.
    pub(super) fn text(&mut self, text: &str) -> String {
        let place = self.value(Value::Text(text.to_owned()));
        match (self.odbc, self.dialect) {
            (false, Dialect::Postgresql) => format!("CAST({place} AS text)"),
            _ => place,
        }
    }

    /// Stands for a day.
    pub(super) fn date(&mut self, date: Date) -> String {
        let place = self.value(Value::Date(date));
        match (self.odbc, self.dialect) {
            // SQLite has no type for days: they are text that sorts as they do.
            (true, _) | (false, Dialect::Sqlite) => place,
            (false, Dialect::Sqlserver) => format!("CONVERT(datetime2, {place}, 23)"),
            (false, _) => format!("CAST(CAST({place} AS text) AS timestamp)"),
        }
    }

    fn value(&mut self, value: Value) -> String {
        self.values.push(value);
        let number = self.values.len();
        match (self.odbc, self.dialect) {
            (true, _) => "?".to_owned(),
            (false, Dialect::Sqlserver) => format!("@P{number}"),
            (false, Dialect::Sqlite) => format!("?{number}"),
            (false, _) => format!("${number}"),
        }
    }

    /// `column` is one of `days`, at whatever time, by ranges of the bare column, so that its index serves: what to join, and what to ask for
    /// besides. Where the database takes a list as a table it is one, which it looks up row by row: one value to PostgreSQL, elsewhere filled up
    /// with spans of no days, so that few different statements are prepared.
    pub(super) fn on(&mut self, column: &str, days: &[Date]) -> (String, String) {
        match (self.odbc, self.dialect) {
            (false, Dialect::Postgresql) => {
                let list = self.list(days.iter().map(Date::to_string));
                let days = format!(" JOIN unnest(CAST({list} AS timestamp[])) days (f)");
                let within = format!("{column} >= days.f AND {column} < days.f + INTERVAL '1 day'");
                (format!("{days} ON {within}"), "1 = 1".to_owned())
            }
            (_, Dialect::Postgresql | Dialect::Sqlserver) => {
                let rows: Vec<String> = filled_up(days)
                    .enumerate()
                    .map(|(place, day)| {
                        let length = i64::from(place < days.len());
                        let until = day.saturating_add(length.days());
                        format!("({}, {})", self.date(*day), self.date(until))
                    })
                    .collect();
                let days = format!(" JOIN (VALUES {}) days (f, u)", rows.join(", "));
                let within = format!("{column} >= days.f AND {column} < days.u");
                (format!("{days} ON {within}"), "1 = 1".to_owned())
            }
            (_, Dialect::Oracle | Dialect::Sqlite) => {
                let ranges: Vec<String> = filled_up(days)
                    .map(|day| self.within(column, (*day, *day)))
                    .collect();
                (String::new(), format!("({})", ranges.join(" OR ")))
            }
        }
    }

    /// From the first of two days on, and until the day after the last.
    fn span(&mut self, (first, last): (Date, Date)) -> (String, String) {
        let from = self.date(first);
        (from, self.date(last.saturating_add(1.day())))
    }

    /// `column` is between two days, both included, at whatever time. A range of the bare column, so that its index serves.
    pub(super) fn within(&mut self, column: &str, span: (Date, Date)) -> String {
        let (from, until) = self.span(span);
        format!("({column} >= {from} AND {column} < {until})")
    }

    /// `column` begins with `letters`, which are in lower case. An index over the same expression of three letters serves.
    pub(super) fn starts(&mut self, column: &str, letters: &str) -> String {
        let count = letters.chars().count();
        let place = self.text(letters);
        match (self.odbc, self.dialect) {
            // Its LOWER leaves capitals beyond ASCII as they are.
            (_, Dialect::Sqlite) if !letters.is_ascii() => {
                let capitals = letters.chars().flat_map(|letter| {
                    let beyond = (!letter.is_ascii()).then(|| letter.to_uppercase());
                    let plain = beyond.is_none().then_some(letter);
                    beyond.into_iter().flatten().chain(plain)
                });
                let capitals = self.text(&capitals.collect::<String>());
                format!("SUBSTR(LOWER(LTRIM({column})), 1, {count}) IN ({place}, {capitals})")
            }
            (_, Dialect::Sqlite) => format!("SUBSTR(LOWER(LTRIM({column})), 1, {count}) = {place}"),
            (true, Dialect::Postgresql | Dialect::Oracle) => {
                let letters = format!("SUBSTR(LOWER(LTRIM({column})), 1, {count})");
                format!("{} = {place}", self.key(&letters))
            }
            _ => {
                let letters = format!("LEFT(LOWER(LTRIM({column})), {count})");
                format!("{} = {place}", self.key(&letters))
            }
        }
    }

    /// The same for few rows, which are found by other parts of the question: no index serves, and none is looked for. PostgreSQL takes a
    /// `CASE` for what half of the rows fit, and so begins with the other parts.
    pub(super) fn starts_among_few(&mut self, column: &str, letters: &str) -> String {
        let starts = self.starts(&format!("COALESCE({column}, '')"), letters);
        match (self.odbc, self.dialect) {
            (false, Dialect::Postgresql) => format!("CASE WHEN {starts} THEN true ELSE false END"),
            _ => starts,
        }
    }

    /// `column` is one of `keys`: one value to PostgreSQL; elsewhere the list is filled up with its last key, so that few different
    /// statements are prepared.
    pub(super) fn one_of(&mut self, column: &str, keys: &[String]) -> String {
        if self.takes_lists() {
            let list = self.list(keys.iter().cloned());
            return format!("{column} = ANY (CAST({list} AS text[]))");
        }
        let places: Vec<String> = filled_up(keys).map(|key| self.text(key)).collect();
        format!("{column} IN ({})", places.join(", "))
    }

    /// Text to look rows up by. It is compared byte by byte, as its index is made: by the rules of a language it takes much longer.
    pub(super) fn key(&self, text: &str) -> String {
        match self.dialect {
            Dialect::Postgresql => format!("{text} COLLATE \"C\""),
            Dialect::Sqlserver | Dialect::Oracle | Dialect::Sqlite => text.to_owned(),
        }
    }

    /// Stands for a list, as PostgreSQL writes its arrays.
    fn list(&mut self, values: impl Iterator<Item = String>) -> String {
        let quoted = values.map(|value| {
            let escaped = value.replace('\\', r"\\").replace('"', r#"\""#);
            format!("\"{escaped}\"")
        });
        let quoted: Vec<String> = quoted.collect();
        self.text(&format!("{{{}}}", quoted.join(",")))
    }

    /// What is fetched, as text.
    pub(super) fn out(&self, expression: &str) -> String {
        match (self.odbc, self.dialect) {
            (true, _) => expression.to_owned(),
            (false, Dialect::Sqlserver) => format!("CONVERT(nvarchar(4000), {expression}, 126)"),
            (false, _) => format!("CAST({expression} AS text)"),
        }
    }

    /// The first `rows` rows of `SELECT {what}`.
    pub(super) fn first(&self, rows: u64, what: &str) -> String {
        match self.dialect {
            Dialect::Sqlserver => format!("SELECT TOP ({rows}) {what}"),
            Dialect::Oracle => format!("SELECT {what} FETCH FIRST {rows} ROWS ONLY"),
            Dialect::Postgresql | Dialect::Sqlite => format!("SELECT {what} LIMIT {rows}"),
        }
    }

    /// Tells [`FILLED`], the name of the first of `held` without rows, or [`FEW`] where the table has fewer rows than it should. Each stands
    /// with what to select from.
    pub(super) fn filled(
        self,
        held: impl Iterator<Item = (&'static str, String)>,
        least: Option<(u32, String)>,
    ) -> Statement {
        let empty = held
            .map(|(name, from)| format!("WHEN NOT EXISTS (SELECT 1 FROM {from}) THEN '{name}'"));
        let few = least.map(|(least, from)| {
            let rows = self.first(least.into(), &format!("1 AS one FROM {from}"));
            format!("WHEN (SELECT COUNT(*) FROM ({rows}) few) < {least} THEN '{FEW}'")
        });
        let cases: Vec<String> = empty.chain(few).collect();
        let told = self.out(&format!("CASE {} ELSE '{FILLED}' END", cases.join(" ")));
        let dual = match self.dialect {
            Dialect::Oracle => " FROM dual",
            Dialect::Postgresql | Dialect::Sqlserver | Dialect::Sqlite => "",
        };
        self.end(format!("SELECT {told}{dual}"), 1)
    }

    /// Puts values in place of `:name`; not within quotes, and not for PostgreSQL's `::type`.
    pub(super) fn fill(
        &mut self,
        query: &str,
        values: &[(&str, Value)],
    ) -> Result<String, UnknownName> {
        let mut written = String::with_capacity(query.len());
        let mut rest = query;
        let mut quoted = None;
        while let Some(letter) = rest.chars().next() {
            let after = &rest[letter.len_utf8()..];
            match (quoted, letter) {
                (Some(quote), _) if quote == letter => quoted = None,
                (None, '\'' | '"') => quoted = Some(letter),
                (None, ':') if after.starts_with(':') => {
                    written.push_str("::");
                    rest = &after[1..];
                    continue;
                }
                (None, ':') => {
                    let end = after
                        .find(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '_'))
                        .unwrap_or(after.len());
                    let name = &after[..end];
                    let (_, value) = values
                        .iter()
                        .find(|(known, _)| *known == name)
                        .ok_or_else(|| UnknownName(name.to_owned()))?;
                    let place = match value {
                        Value::Text(text) => self.text(text),
                        Value::Date(date) => self.date(*date),
                    };
                    written.push_str(&place);
                    rest = &after[end..];
                    continue;
                }
                _ => {}
            }
            written.push(letter);
            rest = after;
        }
        Ok(written)
    }
}

/// A power of two of them, the last repeated.
fn filled_up<T>(values: &[T]) -> impl Iterator<Item = &T> {
    let length = values.len().next_power_of_two();
    (0..length).filter_map(|place| values.get(place).or(values.last()))
}

/// A query asks for a value that there is none of.
#[derive(Debug)]
pub(super) struct UnknownName(pub(super) String);

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    /// A span that came twice would fetch whoever is born then twice, and they count as many.
    #[test]
    fn a_list_of_days_is_filled_up_with_spans_of_no_days() {
        let days = [1, 5, 9].map(|day| date(2015, 5, day));
        for (dialect, odbc) in [(Dialect::Postgresql, true), (Dialect::Sqlserver, false)] {
            let mut writer = Writer::new(dialect, odbc);
            let (joined, _) = writer.on("born", &days);
            let values = writer.end(joined, 9).values;
            let days: Vec<String> = values.iter().map(Value::text).collect();
            let days: Vec<&str> = days.iter().filter_map(|day| day.get(8..)).collect();
            assert_eq!(days, ["01", "02", "05", "06", "09", "10", "09", "09"]);
        }
    }

    #[test]
    fn each_database_is_asked_in_its_own_words_and_no_value_stands_in_them() {
        let check = |dialect, odbc, keyed: &[&str], expected: &str| {
            let mut writer = Writer::new(dialect, odbc);
            let starts = writer.starts("name", "o'b");
            let on = writer.within("born", (date(2015, 5, 6), date(2015, 5, 6)));
            let keys = ["a", "b\"\\,", "c"].map(str::to_owned);
            let chosen = writer.one_of("id", &keys);
            let what = format!(
                "{} FROM t WHERE {starts} AND {on} AND {chosen}",
                writer.out("x")
            );
            let sql = writer.first(9, &what);
            let statement = writer.end(sql, 9);
            assert_eq!(statement.sql, expected);
            let values: Vec<String> = statement.values.iter().map(Value::text).collect();
            assert_eq!(values[..3], ["o'b", "2015-05-06", "2015-05-07"]);
            assert_eq!(values[3..], *keyed);
        };
        let each = ["a", "b\"\\,", "c", "c"];
        check(
            Dialect::Postgresql,
            false,
            &[r#"{"a","b\"\\,","c"}"#],
            "SELECT CAST(x AS text) FROM t WHERE LEFT(LOWER(LTRIM(name)), 3) COLLATE \"C\" = CAST($1 AS text) \
             AND (born >= CAST(CAST($2 AS text) AS timestamp) AND born < CAST(CAST($3 AS text) AS timestamp)) \
             AND id = ANY (CAST(CAST($4 AS text) AS text[])) LIMIT 9",
        );
        check(
            Dialect::Sqlserver,
            false,
            &each,
            "SELECT TOP (9) CONVERT(nvarchar(4000), x, 126) FROM t WHERE LEFT(LOWER(LTRIM(name)), 3) = @P1 \
             AND (born >= CONVERT(datetime2, @P2, 23) AND born < CONVERT(datetime2, @P3, 23)) AND id IN (@P4, @P5, @P6, @P7)",
        );
        check(
            Dialect::Oracle,
            true,
            &each,
            "SELECT x FROM t WHERE SUBSTR(LOWER(LTRIM(name)), 1, 3) = ? AND (born >= ? AND born < ?) \
             AND id IN (?, ?, ?, ?) FETCH FIRST 9 ROWS ONLY",
        );
        check(
            Dialect::Sqlite,
            false,
            &each,
            "SELECT CAST(x AS text) FROM t WHERE SUBSTR(LOWER(LTRIM(name)), 1, 3) = ?1 AND (born >= ?2 AND born < ?3) \
             AND id IN (?4, ?5, ?6, ?7) LIMIT 9",
        );
    }
}
