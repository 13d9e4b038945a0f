//! The schema: forward-only migrations with checksums, and the check at start. Migrating is a command of its own, with a role of its
//! own; running needs to read and write rows only.

use super::connect::{ConnectError, Connector, Settings};
use deadpool_postgres::{Object, Pool, PoolError, TimeoutType};
use refinery::embed_migrations;
use std::ops::DerefMut as _;
use std::time::Duration;
use tokio::time::timeout;

embed_migrations!("src/store/postgres/migrations");

/// Why a migration failed.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database cannot be used.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A step failed, or is not what it was when it was applied.
    #[error("the schema cannot be brought up to date")]
    Step(#[from] refinery::Error),
    /// The running role cannot be given its rights.
    #[error(
        "the schema is up to date, but the running role cannot be given its rights: create it with CREATE ROLE ... LOGIN, then run this again"
    )]
    Grant(#[source] tokio_postgres::Error),
    /// The database did not come to an end.
    #[error(
        "the schema is not up to date after an hour: see in pg_stat_activity what the database waits for, then run this again"
    )]
    Late,
}

/// What the running role may do: what is committed can be neither changed nor taken back, but for records, by their next revision. Sessions come
/// and go.
const GRANTS: [(&str, &str); 9] = [
    ("broker", "SELECT, INSERT, UPDATE, DELETE"),
    ("enquiry", "SELECT, INSERT, UPDATE"),
    ("enquiry_responder", "SELECT, INSERT, UPDATE"),
    ("queue", "SELECT, INSERT, DELETE"),
    ("feed", "SELECT, INSERT"),
    ("feed_head", "SELECT, UPDATE"),
    ("history", "SELECT, INSERT"),
    ("session", "SELECT, INSERT, UPDATE, DELETE"),
    ("refinery_schema_history", "SELECT"),
];
/// A step may take its time, and two migrations come one after the other. The lock ends with the connection.
const BEFORE_MIGRATING: &str = "SET statement_timeout = 0; SET lock_timeout = 0;
    SELECT pg_advisory_lock(7443); RESET lock_timeout";
/// How long migrating may take, with the wait for another that migrates: no step that we know comes near.
const MIGRATE_LIMIT: Duration = Duration::from_secs(3_600);
/// How long looking at a database may take before it is used: a frozen server answers nothing.
const LOOK_LIMIT: Duration = Duration::from_secs(20);
/// What a server must be set to, or a crash or a failover loses what was acknowledged.
const DURABLE: [(&str, &[&str]); 2] = [
    ("synchronous_commit", &["on", "remote_apply"]),
    ("fsync", &["on"]),
];
/// Whoever fills a database moves the head when everything is there.
const WHOLE: &str =
    "SELECT entry <> 0 OR (SELECT max(entry) FROM feed) IS NULL FROM feed_head WHERE one";
/// The longest name that the database keeps whole, in bytes.
const ROLE_BYTES_MAX: usize = 63;

/// Brings the schema up to date, lets the role `runner` (when it is another than the one that migrates) do what running needs and
/// nothing else, and says which steps were taken.
///
/// # Errors
/// [`MigrateError`]; a step that failed has changed nothing.
pub async fn migrate(
    settings: &Settings,
    runner: Option<&str>,
) -> Result<Vec<String>, MigrateError> {
    let runner = runner.map(role).transpose()?;
    let pool = Connector::new(settings)?.pool(1)?;
    let client = pool.get().await.map_err(ConnectError::from)?;
    let migrated = timeout(MIGRATE_LIMIT, migrate_by(client, runner)).await;
    migrated.unwrap_or(Err(MigrateError::Late))
}

async fn migrate_by(mut client: Object, runner: Option<&str>) -> Result<Vec<String>, MigrateError> {
    let prepared = client.batch_execute(BEFORE_MIGRATING).await;
    prepared.map_err(ConnectError::from)?;
    let report = migrations::runner()
        .run_async(client.as_mut().deref_mut())
        .await?;
    if let Some(runner) = runner {
        let grants = GRANTS.map(|(table, rights)| {
            format!("REVOKE ALL ON {table} FROM {runner}; GRANT {rights} ON {table} TO {runner};")
        });
        let grants = format!("BEGIN; {} COMMIT", grants.concat());
        let granted = client.batch_execute(&grants).await;
        granted.map_err(MigrateError::Grant)?;
    }
    let steps = report.applied_migrations().iter();
    Ok(steps.map(ToString::to_string).collect())
}

/// A name that needs no quotes, and so can do nothing but name.
fn role(name: &str) -> Result<&str, ConnectError> {
    let mut letters = name.bytes();
    let fits = name.len() <= ROLE_BYTES_MAX
        && letters
            .next()
            .is_some_and(|first| first.is_ascii_lowercase() || first == b'_')
        && letters
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'_');
    fits.then_some(name).ok_or_else(|| ConnectError::Role {
        name: name.to_owned(),
    })
}

/// Refuses a schema that this program does not know, and a server that acknowledges before it is durable.
/// And, where it `must_be_whole`, one that is only half filled.
pub(super) async fn check(pool: &Pool, must_be_whole: bool) -> Result<(), ConnectError> {
    soon(examined(pool, must_be_whole)).await
}

/// Waits for what is asked of a database at first, but not for ever.
pub(super) async fn soon<T>(
    asked: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    let late = |_| Err(PoolError::Timeout(TimeoutType::Create).into());
    timeout(LOOK_LIMIT, asked).await.unwrap_or_else(late)
}

async fn examined(pool: &Pool, must_be_whole: bool) -> Result<(), ConnectError> {
    let client = pool.get().await?;
    let known = migrations::runner()
        .get_migrations()
        .iter()
        .map(refinery::Migration::version)
        .max()
        .unwrap_or_default();
    let exists = "SELECT to_regclass('refinery_schema_history') IS NOT NULL";
    let newest = "SELECT coalesce(max(version), 0) FROM refinery_schema_history";
    let found: i32 = if client.query_one(exists, &[]).await?.try_get(0)? {
        client.query_one(newest, &[]).await?.try_get(0)?
    } else {
        0
    };
    if found != known {
        let remedy = if found < known {
            "run `usher store schema`"
        } else {
            "use the newer usher"
        };
        return Err(ConnectError::Schema {
            found,
            known,
            remedy,
        });
    }
    if must_be_whole {
        let whole = client.query_one(WHOLE, &[]).await?;
        if !whole.try_get(0)? {
            return Err(ConnectError::Unfinished);
        }
    }
    for (setting, durable) in DURABLE {
        // Other databases that speak the protocol do not have them.
        let row = client
            .query_one("SELECT current_setting($1, true)", &[&setting])
            .await?;
        let value: Option<String> = row.try_get(0)?;
        if let Some(value) = value.filter(|value| !durable.contains(&value.as_str())) {
            return Err(ConnectError::NotDurable { setting, value });
        }
    }
    Ok(())
}
