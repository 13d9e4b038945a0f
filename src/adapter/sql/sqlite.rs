//! A file of `SQLite`, read by this program itself on threads that may block. The file is opened anew for every look-up: a nightly job may
//! put another in its place, and nobody reads on in the one that is gone.

use super::database::{CONNECT_LIMIT, Database, Reading, Rows, busy, over, reading_limit, refused};
use super::settings::Settings;
use super::statement::{Row, Statement, Value};
use crate::adapter::connector::Trouble;
use crate::clock::Stopwatch;
use async_trait::async_trait;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Error, ErrorCode, OpenFlags, params_from_iter};
use std::ffi::c_int;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Steps of the engine between two looks at the time: some tens of microseconds.
const STEPS: c_int = 1_000;

/// A replica in a file.
pub(super) struct Sqlite {
    file: PathBuf,
    turns: Arc<Semaphore>,
    statement_limit: Duration,
    limit: Duration,
}

impl Sqlite {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            file: settings.connect.clone().into(),
            turns: Arc::new(Semaphore::new(settings.connections_max)),
            statement_limit: Duration::from_secs(settings.statement_seconds_max.into()),
            limit: reading_limit(settings.statement_seconds_max),
        }
    }
}

#[async_trait]
impl Database for Sqlite {
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble> {
        let turn = Arc::clone(&self.turns).acquire_owned();
        let Ok(Ok(turn)) = tokio::time::timeout(CONNECT_LIMIT, turn).await else {
            return Err(busy("no free connection"));
        };
        let file = self.file.clone();
        let opened = move || {
            let connection = open(&file)?;
            Ok(Opened {
                connection,
                _turn: turn,
            })
        };
        Ok(Box::new(Transaction {
            opened: Some(blocking(self.limit, opened).await?),
            statement_limit: self.statement_limit,
            limit: self.limit,
        }))
    }
}

/// A disk that hangs keeps its turn, so that the threads stay as few as the connections.
struct Opened {
    connection: Connection,
    _turn: OwnedSemaphorePermit,
}

struct Transaction {
    opened: Option<Opened>,
    statement_limit: Duration,
    limit: Duration,
}

#[async_trait]
impl Reading for Transaction {
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble> {
        let mut opened = self.opened.take().ok_or_else(over)?;
        let limit = self.statement_limit;
        let asked = move || {
            let answers = statements
                .iter()
                .map(|statement| one(&mut opened.connection, statement, limit));
            let answers: Vec<Rows> = answers.collect::<Result<_, _>>()?;
            Ok((opened, answers))
        };
        let (opened, answers) = blocking(self.limit, asked).await?;
        self.opened = Some(opened);
        Ok(answers)
    }

    async fn end(self: Box<Self>) {}
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

/// In one transaction, so that all statements see the same.
fn open(file: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(CONNECT_LIMIT)?;
    connection.pragma_update(None, "query_only", true)?;
    connection.execute_batch("BEGIN")?;
    Ok(connection)
}

fn one(connection: &mut Connection, statement: &Statement, limit: Duration) -> Result<Rows, Error> {
    let watch = Stopwatch::start();
    connection.progress_handler(STEPS, Some(move || watch.elapsed() > limit))?;
    let mut prepared = connection.prepare(&statement.sql)?;
    let columns = prepared.column_count();
    let mut rows = prepared.query(params_from_iter(statement.values.iter().map(Value::text)))?;
    let mut answered = Rows::default();
    while let Some(row) = rows.next()? {
        let texts = (0..columns).map(|column| row.get_ref(column).map(text));
        let texts: Row = texts.collect::<Result<_, _>>()?;
        if !answered.take(texts, statement.rows_max) {
            break;
        }
    }
    Ok(answered)
}

/// A column as text, whatever it is stored as.
fn text(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
            Some(String::from_utf8_lossy(bytes).into_owned())
        }
    }
}

/// The engine's own words stay out: they may repeat a value.
fn trouble(error: &Error) -> Trouble {
    let Some(failure) = error.sqlite_error() else {
        return refused("no rows", "check columns and queries against the guide");
    };
    let code = format!("SQLite code {}", failure.extended_code);
    let remedy = match failure.code {
        ErrorCode::ReadOnly => "a query tries to write: a connector only reads",
        ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt => {
            "have the file of `connect` made anew: it is no sound database"
        }
        ErrorCode::Unknown => {
            "a table or column is missing: check columns and queries, and name under `without` the tables that the borough does not have"
        }
        _ => return busy(code),
    };
    refused(&code, remedy)
}
