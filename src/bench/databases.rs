//! The stores of a bench over PostgreSQL: databases of its own, beside the one that the URL names, dropped when it ends.

use crate::app::database;
use crate::config::settings::PostgresSettings;
use crate::ids::{Ids as _, RandomIds};
use crate::store::postgres;
use anyhow::Context as _;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// The databases of one run.
pub(super) struct Databases {
    settings: PostgresSettings,
    /// What their names begin with.
    prefix: String,
    made: Mutex<BTreeSet<String>>,
}

impl Databases {
    /// None is made yet; `settings` lead to a database that may hold anything, by a role that may create others.
    pub(super) fn new(settings: PostgresSettings) -> Self {
        Self {
            settings,
            prefix: format!("usher_bench_{}", RandomIds.next().simple()),
            made: Mutex::default(),
        }
    }

    /// The database of the store `name`, made with its schema when there is none.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) async fn store(&self, name: &str) -> anyhow::Result<PostgresSettings> {
        let name = format!("{}_{}", self.prefix, name.replace('-', "_"));
        let own = self.of(&name);
        if !self.made().contains(&name) {
            self.tell(&format!("CREATE DATABASE {name}")).await?;
            self.made().insert(name);
            postgres::migrate(&database(&own)?, None).await?;
        }
        Ok(own)
    }

    /// Drops them all, whoever is still connected.
    ///
    /// # Errors
    /// When one cannot be dropped.
    pub(super) async fn drop_all(&self) -> anyhow::Result<()> {
        let made = std::mem::take(&mut *self.made());
        for name in made {
            let dropped = self
                .tell(&format!("DROP DATABASE {name} WITH (FORCE)"))
                .await;
            dropped.with_context(|| format!("the database {name} is left: drop it"))?;
        }
        Ok(())
    }

    fn made(&self) -> std::sync::MutexGuard<'_, BTreeSet<String>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn tell(&self, statement: &str) -> anyhow::Result<()> {
        let client = postgres::client(&database(&self.settings)?).await?;
        // Making and dropping copies and removes files: it takes as long as it takes.
        client.batch_execute("SET statement_timeout = 0").await?;
        Ok(client.batch_execute(statement).await?)
    }

    /// The same server and role, another database.
    fn of(&self, name: &str) -> PostgresSettings {
        let url = self.settings.url.as_deref().unwrap_or_default();
        let url = match (url.contains("://"), url.contains('?')) {
            (true, false) => format!("{url}?dbname={name}"),
            (true, true) => format!("{url}&dbname={name}"),
            (false, _) => format!("{url} dbname={name}"),
        };
        PostgresSettings {
            url: Some(url),
            ..self.settings.clone()
        }
    }
}
