//! What every engine does: runs statements that only read, within limits, and says in fixed words what went wrong.

use super::statement::{Row, Statement};
use crate::adapter::connector::Trouble;
use async_trait::async_trait;
use std::time::Duration;

/// A database that is read.
#[async_trait]
pub(super) trait Database: Send + Sync + 'static {
    /// Begins a transaction that can write nothing.
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble>;
}

/// A transaction. What is asked in it sees one state of the data, but on SQL Server.
#[async_trait]
pub(super) trait Reading: Send {
    /// Runs `statements` one after the other, and answers with the rows of each. After trouble nothing more can be asked.
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble>;

    /// Ends it, so that its connection may serve again: the connection of one that is dropped instead is given up.
    async fn end(self: Box<Self>);
}

/// What one statement answered.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Row>,
    /// Whether there were more than may be read.
    pub(super) cut: bool,
}

impl Rows {
    /// Takes a row in; `false` once there are enough.
    pub(super) fn take(&mut self, row: Row, rows_max: usize) -> bool {
        if self.rows.len() < rows_max {
            self.rows.push(row);
        } else {
            self.cut = true;
        }
        !self.cut
    }
}

/// How long connecting may take, and waiting for a free connection.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// What asking a list of statements may take, when one of its statements may take so many seconds: most take milliseconds, and a second slow one
/// means that the next will be slow as well.
pub(super) fn reading_limit(statement_seconds_max: u16) -> Duration {
    CONNECT_LIMIT + Duration::from_secs(u64::from(statement_seconds_max)) * 2
}

/// What the database answered in place of rows. Its own words stay out of logs: they may repeat a value.
#[derive(Debug, thiserror::Error)]
#[error("the database answers with {0}")]
struct Said(String);

/// The replica is away, slow or busy.
pub(super) fn away(source: impl std::error::Error + Send + Sync + 'static) -> Trouble {
    Trouble::Passing {
        what: "the reporting replica",
        source: Some(Box::new(source)),
    }
}

/// The replica is away, slow or busy, by its own words.
pub(super) fn busy(code: impl Into<String>) -> Trouble {
    away(Said(code.into()))
}

/// Nothing can be asked in a transaction after trouble.
pub(super) fn over() -> Trouble {
    busy("a transaction that is over")
}

/// What the replica holds cannot be relied on just now.
pub(super) fn unready(what: &str, remedy: &str) -> Trouble {
    Trouble::Unready {
        what: what.to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// It refuses, and will tomorrow.
pub(super) fn refused(code: &str, remedy: &str) -> Trouble {
    Trouble::Lasting {
        what: format!("the reporting replica refuses what it is asked ({code})"),
        remedy: remedy.to_owned(),
    }
}

/// What an SQLSTATE means for whoever waits.
pub(super) fn by_sqlstate(state: &str) -> Trouble {
    let remedy = match (state.get(..2).unwrap_or_default(), state) {
        ("28", _) => {
            "check user and password_file, and that the login may connect from this machine"
        }
        (_, "25006" | "25S01") => "a query tries to write: a connector only reads",
        (_, "42501") => "grant SELECT on the tables of the guide to the login, and nothing else",
        (_, "42P01" | "42S02" | "3F000") => {
            "a table is missing: check schema, and name under `without` the tables that the borough does not have"
        }
        (_, "42703" | "42S22") => {
            "a column is missing: name under `columns` what it is called here"
        }
        (_, "42883" | "42804") => {
            "a column has another type than the guide says: dates must be dates, keys text; a view can make them so"
        }
        ("42" | "22" | "07" | "3D" | "IM", _) => {
            "check connect, schema, columns and queries against the guide"
        }
        _ => return busy(format!("SQLSTATE {state}")),
    };
    refused(&format!("SQLSTATE {state}"), remedy)
}
