//! The SQL connector over real databases: PostgreSQL, a file of `SQLite`, and ODBC's drivers for both. The login and the indexes are those of
//! the guide, made by its own script.

mod custom;
mod guide;
mod limits;
mod odbc;
mod population;
mod preset;
mod rate;
mod sqlite;
mod tables;

use crate::support::TestClock;
use jiff::Timestamp;
use std::sync::Arc;
use tables::Tables;
use usher::adapter::sql::{Settings, source};
use usher::adapter::{Candidates, Source, Trouble};

/// The moment of all these tests.
const NOW: &str = "2026-03-02T10:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// Settings as a borough writes them; `more` may replace and add.
fn settings(more: &str) -> Settings {
    toml::from_str(more).unwrap_or_else(|error| panic!("{error}\n{more}"))
}

/// The connector over the tables of a test, as the guide's login.
fn over(tables: &Tables, more: &str) -> Box<dyn Source> {
    let usual = format!(
        "engine = \"postgresql\"\nconnect = \"{}\"\nuser = \"usher_reader\"\npreset = \"ssd\"\nschema = \"ssd\"\n",
        tables.connect()
    );
    let age = if more.contains("[age]") {
        ""
    } else {
        "\n[age]\nassumed_hours = 0\n"
    };
    open(settings(&format!("{usual}{more}{age}")))
}

fn open(settings: Settings) -> Box<dyn Source> {
    source(settings, Arc::new(TestClock::at(now()))).unwrap_or_else(|error| panic!("{error}"))
}

fn keys(candidates: &Candidates) -> Vec<&str> {
    let people = candidates.people.iter();
    people.map(|found| found.key.as_str()).collect()
}

/// What was said in place of candidates.
fn trouble(answer: Result<Candidates, Trouble>) -> String {
    match answer {
        Ok(candidates) => panic!("{} candidates", candidates.people.len()),
        Err(Trouble::Passing { source, .. }) => format!("passing: {}", source.unwrap()),
        Err(unready @ Trouble::Unready { .. }) => format!("unready: {unready}"),
        Err(lasting) => format!("lasting: {lasting}"),
    }
}
