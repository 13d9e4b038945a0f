//! The schema: forward-only migrations with checksums, and the check at start. Migrating is a command of its own, with a role of its
//! own; running needs to read and write rows only.

use super::connect::{ConnectError, Settings, pool};
use deadpool_postgres::Pool;
use refinery::embed_migrations;
use std::ops::DerefMut as _;

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
}

/// Brings the schema up to date, and says which steps were taken.
///
/// # Errors
/// [`MigrateError`]; a step that failed has changed nothing.
pub async fn migrate(settings: &Settings) -> Result<Vec<String>, MigrateError> {
    let pool = pool(settings)?;
    let mut client = pool.get().await.map_err(ConnectError::from)?;
    let report = migrations::runner()
        .run_async(client.as_mut().deref_mut())
        .await?;
    let steps = report.applied_migrations().iter();
    Ok(steps.map(ToString::to_string).collect())
}

/// Refuses a schema that this program does not know, and a server that acknowledges before it is durable.
pub(super) async fn check(pool: &Pool) -> Result<(), ConnectError> {
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
    let known = i32::try_from(known).unwrap_or(i32::MAX);
    if found != known {
        let remedy = if found < known {
            "run `usher store migrate --schema`"
        } else {
            "use the newer usher"
        };
        return Err(ConnectError::Schema {
            found,
            known,
            remedy,
        });
    }
    for (setting, never) in [("synchronous_commit", "off"), ("fsync", "off")] {
        let row = client
            .query_one("SELECT current_setting($1)", &[&setting])
            .await?;
        let value: String = row.try_get(0)?;
        if value == never {
            return Err(ConnectError::NotDurable { setting, value });
        }
    }
    Ok(())
}
