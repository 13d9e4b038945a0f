//! Anything with an ODBC driver. Its calls block, so they run on threads of their own, as many as there may be connections.

use super::database::{
    CONNECT_LIMIT, Database, Reading, Rows, busy, by_sqlstate, over, reading_limit,
};
use super::settings::{Dialect, Settings, SettingsError};
use super::slots::Slots;
use super::statement::{Row, Statement, Value};
use crate::adapter::connector::Trouble;
use async_trait::async_trait;
use jiff::civil::Date;
use odbc_api::parameter::{InputParameter, VarWCharBox};
use odbc_api::{
    Connection, ConnectionOptions, Cursor, Error, ResultSetMetadata as _, escape_attribute_value,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A replica behind an ODBC driver.
pub(super) struct Odbc {
    shared: Arc<Shared>,
    slots: Arc<Slots<Connection<'static>>>,
    turns: Arc<Semaphore>,
    limit: Duration,
}

struct Shared {
    connect: String,
    dialect: Dialect,
    statement_seconds_max: u16,
}

impl Odbc {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let lowered = settings.connect.to_lowercase();
        let login = |part: &str| {
            ["uid=", "pwd=", "password="]
                .iter()
                .any(|word| part.trim().starts_with(word))
        };
        if lowered.split(';').any(login) {
            return Err(SettingsError::Connect {
                remedy: "put the login into user and password_file",
                source: None,
            });
        }
        let mut parts = vec![settings.connect.trim_end_matches(';').to_owned()];
        let login = [
            ("UID", settings.user.clone()),
            ("PWD", settings.password()?),
        ];
        for (name, value) in login {
            let value = value.as_deref().map(escape_attribute_value);
            parts.extend(value.map(|value| format!("{name}={value}")));
        }
        Ok(Self {
            shared: Arc::new(Shared {
                connect: parts.join(";"),
                dialect: settings.spoken(),
                statement_seconds_max: settings.statement_seconds_max,
            }),
            slots: Arc::new(Slots::new(settings.connections_max)),
            turns: Arc::new(Semaphore::new(settings.connections_max)),
            limit: reading_limit(settings.statement_seconds_max),
        })
    }
}

#[async_trait]
impl Database for Odbc {
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(CONNECT_LIMIT, turn).await else {
            return Err(busy("no free connection"));
        };
        let (shared, slots) = (Arc::clone(&self.shared), Arc::clone(&self.slots));
        let begun = move || {
            let connection = match slots.take() {
                Some(connection) => connection,
                None => shared.connect()?,
            };
            shared.begin(&connection)?;
            Ok(Opened {
                connection,
                _turn: turn,
            })
        };
        Ok(Box::new(Transaction {
            opened: Some(blocking(self.limit, begun).await?),
            odbc: self,
        }))
    }
}

/// A driver that hangs keeps its turn, so that the threads stay as few as the connections.
struct Opened {
    connection: Connection<'static>,
    _turn: OwnedSemaphorePermit,
}

struct Transaction<'a> {
    opened: Option<Opened>,
    odbc: &'a Odbc,
}

#[async_trait]
impl Reading for Transaction<'_> {
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble> {
        let opened = self.opened.take().ok_or_else(over)?;
        let shared = Arc::clone(&self.odbc.shared);
        let asked = move || {
            let answers = statements
                .iter()
                .map(|statement| shared.one(&opened.connection, statement));
            let answers: Result<Vec<Rows>, Error> = answers.collect();
            if answers.is_err() {
                opened.connection.rollback()?;
            }
            Ok((opened, answers?))
        };
        let (opened, answers) = blocking(self.odbc.limit, asked).await?;
        self.opened = Some(opened);
        Ok(answers)
    }

    async fn end(mut self: Box<Self>) {
        let Some(opened) = self.opened.take() else {
            return;
        };
        let slots = Arc::clone(&self.odbc.slots);
        let ended = move || {
            opened.connection.rollback()?;
            slots.keep(opened.connection);
            Ok(())
        };
        // A connection that cannot be ended is given up; what was read is read.
        drop(blocking(self.odbc.limit, ended).await);
    }
}

/// Does something on a thread that may block.
async fn blocking<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Trouble> {
    match tokio::time::timeout(limit, tokio::task::spawn_blocking(work)).await {
        Ok(Ok(done)) => done.map_err(|error| trouble(&error)),
        Ok(Err(_)) | Err(_) => Err(busy("nothing in time")),
    }
}

impl Shared {
    fn connect(&self) -> Result<Connection<'static>, Error> {
        let options = ConnectionOptions {
            login_timeout_sec: u32::try_from(CONNECT_LIMIT.as_secs()).ok(),
            ..ConnectionOptions::default()
        };
        let environment = odbc_api::environment()?;
        let connection = environment.connect_with_connection_string(&self.connect, options)?;
        if self.dialect == Dialect::Sqlite {
            drop(connection.execute("PRAGMA query_only = ON", (), None)?);
        }
        connection.set_autocommit(false)?;
        Ok(connection)
    }

    /// In a transaction of its own, which sees one state of the data and cannot write where the database knows such a thing.
    fn begin(&self, connection: &Connection<'static>) -> Result<(), Error> {
        let words = match self.dialect {
            Dialect::Postgresql => "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            Dialect::Oracle => "SET TRANSACTION READ ONLY",
            Dialect::Sqlserver | Dialect::Sqlite => return Ok(()),
        };
        drop(connection.execute(words, (), None)?);
        Ok(())
    }

    fn one(&self, connection: &Connection<'static>, statement: &Statement) -> Result<Rows, Error> {
        let values: Vec<Box<dyn InputParameter>> = statement.values.iter().map(parameter).collect();
        let limit = usize::from(self.statement_seconds_max);
        let mut answered = Rows::default();
        let Some(mut cursor) =
            connection.execute(&statement.sql, values.as_slice(), Some(limit))?
        else {
            return Ok(answered);
        };
        let columns = u16::try_from(cursor.num_result_cols()?).unwrap_or_default();
        let mut letters = Vec::new();
        while let Some(mut row) = cursor.next_row()? {
            let mut texts = Row::with_capacity(usize::from(columns));
            for column in 1..=columns {
                let filled = row.get_wide_text(column, &mut letters)?;
                texts.push(filled.then(|| String::from_utf16_lossy(&letters)));
            }
            if !answered.take(texts, statement.rows_max) {
                break;
            }
        }
        Ok(answered)
    }
}

fn parameter(value: &Value) -> Box<dyn InputParameter> {
    match value {
        Value::Text(text) => Box::new(VarWCharBox::from_str_slice(text)),
        Value::Date(date) => Box::new(day(*date)),
    }
}

fn day(date: Date) -> odbc_api::sys::Date {
    odbc_api::sys::Date {
        year: date.year(),
        month: u16::from(date.month().unsigned_abs()),
        day: u16::from(date.day().unsigned_abs()),
    }
}

fn trouble(error: &Error) -> Trouble {
    match error {
        // Text of the driver's own stays out: it may repeat a value.
        Error::Diagnostics { record, .. } => by_sqlstate(record.state.as_str()),
        Error::FailedAllocatingEnvironment => busy("no ODBC environment"),
        _ => busy("an error of the ODBC driver"),
    }
}
