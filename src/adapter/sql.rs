//! Reads a reporting replica: PostgreSQL, SQL Server, a file of `SQLite`, or anything with an ODBC driver.
//!
//! It never writes: the login is a read-only one, and every statement runs in a transaction that cannot write or is rolled back. Values
//! are parameters, statements have a limit of time and of rows, and of all who fit a block involvement is read only for those who may be
//! the person asked about. How old the data is goes with the answer; data that is too old is not relied on, nor tables that are empty or hold
//! fewer people than there must be.
//! All of a look-up is read in one transaction, which sees one state of the data; SQL Server's does not, so there the proof that the data may
//! be relied on is asked for again at the end, and must say the same.

mod codes;
mod custom;
mod database;
mod involvement;
#[cfg(feature = "mssql")]
mod mssql;
#[cfg(feature = "odbc")]
mod odbc;
mod people;
mod postgres;
mod settings;
#[cfg(any(feature = "mssql", feature = "odbc"))]
mod slots;
mod sqlite;
mod ssd;
mod statement;

use super::blocking::{Block, blocks};
use super::connector::{Candidates, Source, Trouble};
use super::matching::Profile;
use super::people::{Accuracy, Identity};
use crate::clock::Clock;
use async_trait::async_trait;
use codes::Book;
use custom::Custom;
use database::{Database, Reading, Rows, refused, unready};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use people::{People, moment, today};
use ssd::Ssd;
use statement::{FEW, FILLED, Statement, Writer};
use std::sync::Arc;

pub use settings::{Age, Codes, Dialect, Engine, Preset, Queries, Settings, SettingsError};

/// The years after which nobody is a child or a care leaver.
const ADULT_YEARS: i16 = 25;

/// The connector of `settings`. Connects to nothing yet: [`Source::probe`] does.
///
/// # Errors
/// [`SettingsError`] with what to do.
pub fn source(settings: Settings, clock: Arc<dyn Clock>) -> Result<Box<dyn Source>, SettingsError> {
    settings.examine()?;
    custom::examine(&settings)?;
    if Ssd::stranger(&settings).is_some() {
        return Err(SettingsError::Unusable {
            setting: "columns, without",
            remedy: "name tables and columns as the preset has them, which deploy/adapters/sql.md lists",
        });
    }
    if Ssd::is_blind(&settings) {
        return Err(SettingsError::Unusable {
            setting: "columns",
            remedy: "people are searched by key, names, date of birth and postcode: where a column of these is missing, give queries instead of \
                     the preset",
        });
    }
    if settings.preset.is_some() && settings.people_min.is_none() {
        tracing::warn!(
            connector = settings.name,
            "people_min is not set: a replica that is filled in several steps would make people absent meanwhile"
        );
    }
    let database: Box<dyn Database> = match settings.engine {
        Engine::Postgresql => Box::new(postgres::Postgres::new(&settings)?),
        Engine::Sqlserver => sql_server(&settings)?,
        Engine::Odbc => by_odbc(&settings)?,
        Engine::Sqlite => Box::new(sqlite::Sqlite::new(&settings)),
    };
    Ok(Box::new(Sql {
        book: Book::new(&settings.codes)?,
        settings,
        database,
        clock,
    }))
}

#[cfg(feature = "mssql")]
fn sql_server(settings: &Settings) -> Result<Box<dyn Database>, SettingsError> {
    Ok(Box::new(mssql::SqlServer::new(settings)?))
}

#[cfg(not(feature = "mssql"))]
fn sql_server(_settings: &Settings) -> Result<Box<dyn Database>, SettingsError> {
    Err(SettingsError::NotBuilt { feature: "mssql" })
}

#[cfg(feature = "odbc")]
fn by_odbc(settings: &Settings) -> Result<Box<dyn Database>, SettingsError> {
    Ok(Box::new(odbc::Odbc::new(settings)?))
}

#[cfg(not(feature = "odbc"))]
fn by_odbc(_settings: &Settings) -> Result<Box<dyn Database>, SettingsError> {
    Err(SettingsError::NotBuilt { feature: "odbc" })
}

struct Sql {
    settings: Settings,
    book: Book,
    database: Box<dyn Database>,
    clock: Arc<dyn Clock>,
}

#[async_trait]
impl Source for Sql {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn candidates(&self, wanted: &Identity) -> Result<Candidates, Trouble> {
        let mut reading = self.database.begin().await?;
        let found = self.look_up(&mut *reading, wanted).await;
        reading.end().await;
        found
    }

    async fn probe(&self) -> Result<(), Trouble> {
        let mut reading = self.database.begin().await?;
        let asked = self.may_it_write().into_iter().collect();
        let answered = self.read(&mut *reading, asked).await;
        reading.end().await;
        let (answers, _) = answered?;
        if answers.iter().all(|rows| single(rows) == Some("0")) {
            return Ok(());
        }
        Err(Trouble::Lasting {
            what: "the login may write to the database".into(),
            remedy:
                "give the connector a login that may only read, as deploy/adapters/sql.md shows"
                    .into(),
        })
    }
}

impl Sql {
    fn writer(&self) -> Writer {
        Writer::new(self.settings.spoken(), self.settings.engine == Engine::Odbc)
    }

    /// Everybody who may be `wanted`, and what is said of those who hardly are another.
    async fn look_up(
        &self,
        reading: &mut dyn Reading,
        wanted: &Identity,
    ) -> Result<Candidates, Trouble> {
        let today = today(self.clock.now());
        let blocks = blocks(wanted);
        let (answers, as_of) = self.read(reading, self.people(&blocks)).await?;
        let mut cut = blocks.is_empty() || !self.holds(wanted, today);
        let mut people = People::default();
        for rows in &answers {
            cut |= rows.cut;
            for row in &rows.rows {
                people.add(row, &self.book);
            }
        }
        let most = self.settings.rows_max as usize;
        cut |= people.found.len() > most;
        people.found.truncate(most);
        cut |= self.places(reading, &mut people, wanted).await?;
        self.fill_in(reading, &mut people, wanted, today).await?;
        if self.settings.spoken() == Dialect::Sqlserver {
            let (_, again) = self.read(reading, Vec::new()).await?;
            if self.settings.age.query.is_some() && again != as_of {
                return Err(unready(
                    "the data was brought up to date in the middle of a look-up",
                    "see that age.query tells the end of the last filling, and nothing that goes on",
                ));
            }
        }
        let own = self.settings.queries.is_some() && !self.settings.absent_is_certain;
        Ok(Candidates {
            unreadable: people.unreadable,
            people: people.found,
            cut,
            narrow: own && blocks.iter().any(Custom::narrows),
            as_of,
        })
    }

    /// Asks for whoever fits any of `blocks`.
    fn people(&self, blocks: &[Block]) -> Vec<Statement> {
        let rows_max = self.settings.rows_max;
        let writer = || self.writer();
        if let Some(queries) = &self.settings.queries {
            let custom = Custom::of(queries);
            let asked = blocks.iter();
            return asked
                .flat_map(|block| custom.people(writer, block, rows_max))
                .collect();
        }
        let ssd = Ssd::of(&self.settings);
        blocks
            .chunk_by(|one, next| !one.postcodes.is_empty() && one.postcodes == next.postcodes)
            .map(|blocks| ssd.people(writer(), blocks, rows_max))
            .collect()
    }

    /// Whether the tables hold people such as this one, so that absence means something.
    fn holds(&self, wanted: &Identity, today: Date) -> bool {
        let young = today.saturating_sub(i32::from(ADULT_YEARS).years());
        let born = wanted
            .born
            .filter(|born| born.accuracy != Accuracy::Estimated);
        self.settings.holds_adults || born.is_some_and(|born| born.date > young)
    }

    /// Reads where the people live and lived, where their own rows do not say it; says whether that is more than is reckoned with.
    async fn places(
        &self,
        reading: &mut dyn Reading,
        people: &mut People,
        wanted: &Identity,
    ) -> Result<bool, Trouble> {
        if self.settings.queries.is_some() || people.found.is_empty() {
            return Ok(false);
        }
        let wanted = Profile::of(wanted);
        let keys = people
            .found
            .iter()
            .filter(|found| wanted.compares_by_place(&Profile::of(&found.identity)))
            .map(|found| found.key.clone());
        let keys: Vec<String> = keys.collect();
        let asked = Ssd::of(&self.settings).addresses(|| self.writer(), &keys);
        let answers = reading.ask(asked).await?;
        for row in answers.iter().flat_map(|rows| &rows.rows) {
            people.place(row);
        }
        Ok(answers.iter().any(|rows| rows.cut))
    }

    /// Reads what the people who may be the one have to do with the authority; of the others, that it is not known here.
    async fn fill_in(
        &self,
        reading: &mut dyn Reading,
        people: &mut People,
        wanted: &Identity,
        today: Date,
    ) -> Result<(), Trouble> {
        let keys = people.near(wanted);
        if keys.is_empty() {
            return Ok(());
        }
        let since = today.saturating_sub(1.year());
        let writer = || self.writer();
        let (episodes, contacts, workers) = if let Some(queries) = &self.settings.queries {
            let custom = Custom::of(queries);
            (
                custom.episodes(writer, &keys),
                custom.contacts(writer, &keys, since),
                custom.workers(writer, &keys),
            )
        } else {
            let ssd = Ssd::of(&self.settings);
            let contacts = ssd.contacts(writer(), &keys, since);
            let workers = ssd.workers(writer(), &keys, today);
            (
                ssd.episodes(writer, &keys),
                contacts.into_iter().collect(),
                workers.into_iter().collect(),
            )
        };
        let parts = [episodes.len(), contacts.len()];
        let asked = [episodes, contacts, workers].concat();
        let answers = reading.ask(asked).await?;
        let cut = answers.iter().any(|rows| rows.cut);
        let mut answers = answers.into_iter().map(|rows| rows.rows);
        let episodes: Vec<_> = answers.by_ref().take(parts[0]).flatten().collect();
        people.episodes(&episodes, &self.book, today);
        for row in answers.by_ref().take(parts[1]).flatten() {
            people.contacts(&row);
        }
        for row in answers.flatten() {
            people.worker(&row);
        }
        if cut {
            people
                .found
                .iter_mut()
                .for_each(|found| found.partial = true);
        }
        Ok(())
    }

    /// Reads `asked`, and before it whether the data may be relied on.
    async fn read(
        &self,
        reading: &mut dyn Reading,
        asked: Vec<Statement>,
    ) -> Result<(Vec<Rows>, Option<Timestamp>), Trouble> {
        let filled = match &self.settings.queries {
            Some(queries) => Custom::of(queries).filled(self.writer(), self.settings.people_min),
            None => Some(Ssd::of(&self.settings).filled(self.writer())),
        };
        let age = self.settings.age.query.as_ref().map(|query| {
            let writer = self.writer();
            let sql = match self.settings.engine {
                Engine::Odbc => query.clone(),
                _ => format!("SELECT {}", writer.out(&format!("({query})"))),
            };
            writer.end(sql, 1)
        });
        let before = [&filled, &age].into_iter().flatten().count();
        let statements = filled.iter().chain(&age).cloned().chain(asked).collect();
        let mut answers = reading.ask(statements).await?;
        let told: Vec<Rows> = answers.drain(..before.min(answers.len())).collect();
        let mut told = told.iter().map(single);
        if filled.is_some() {
            enough(told.next().flatten())?;
        }
        let as_of = self.as_of(age.and_then(|_| told.next().flatten()))?;
        Ok((answers, as_of))
    }

    /// How old the data is, and whether that will do.
    fn as_of(&self, told: Option<&str>) -> Result<Option<Timestamp>, Trouble> {
        let age = &self.settings.age;
        let now = self.clock.now();
        if age.query.is_none() {
            let hours = age.assumed_hours.unwrap_or_default();
            return Ok(Some(now - SignedDuration::from_hours(i64::from(hours))));
        }
        let Some(Ok(as_of)) = told.map(moment) else {
            return Err(refused(
                "age.query",
                "it must answer with one moment, such as 2026-01-31 04:30:00",
            ));
        };
        let oldest = now - SignedDuration::from_hours(i64::from(age.hours_max));
        if as_of < oldest {
            return Err(Trouble::Lasting {
                what: format!("the data is of {as_of}, older than {} hours", age.hours_max),
                remedy: "see why it was not brought up to date; people answer meanwhile".into(),
            });
        }
        Ok(Some(as_of))
    }

    /// Asks whether the login may write anywhere: `0` if not. `None` where there is no way to ask.
    fn may_it_write(&self) -> Option<Statement> {
        let writer = self.writer();
        let (yes, no) = (writer.out("1"), writer.out("0"));
        let sql = match self.settings.spoken() {
            Dialect::Postgresql => format!(
                "SELECT CASE WHEN EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                 WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' \
                 AND n.nspname NOT LIKE 'pg\\_%' AND has_schema_privilege(n.oid, 'USAGE') \
                 AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) THEN {yes} ELSE {no} END"
            ),
            Dialect::Sqlserver => {
                let may = |on: &str, class: &str| {
                    ["INSERT", "UPDATE", "DELETE"]
                        .map(|right| format!("HAS_PERMS_BY_NAME({on}, '{class}', '{right}') = 1"))
                        .join(" OR ")
                };
                let table = "QUOTENAME(SCHEMA_NAME(o.schema_id)) + '.' + QUOTENAME(o.name)";
                format!(
                    "SELECT CASE WHEN IS_SRVROLEMEMBER('sysadmin') = 1 OR IS_MEMBER('db_owner') = 1 \
                     OR IS_MEMBER('db_datawriter') = 1 OR {} OR EXISTS (SELECT 1 FROM sys.objects o \
                     WHERE o.type IN ('U', 'V') AND ({})) THEN {yes} ELSE {no} END",
                    may("DB_NAME()", "DATABASE"),
                    may(table, "OBJECT"),
                )
            }
            Dialect::Oracle | Dialect::Sqlite => return None,
        };
        Some(writer.end(sql, 1))
    }
}

/// The one value of a statement that has one.
fn single(rows: &Rows) -> Option<&str> {
    rows.rows.first()?.first()?.as_deref().map(str::trim)
}

/// Whether the tables hold enough, as [`Writer::filled`] told.
fn enough(told: Option<&str>) -> Result<(), Trouble> {
    match told {
        Some(FILLED) => Ok(()),
        Some(FEW) => Err(unready(
            "the replica holds fewer people than people_min",
            "let the job that fills it end, or give a lower number",
        )),
        Some(empty) => Err(unready(
            &format!("{empty} holds no rows"),
            "let the job that fills it end, or name a table that is never filled under `without`",
        )),
        None => Err(refused("no rows", "check the queries against the guide")),
    }
}

#[cfg(test)]
mod tests;
