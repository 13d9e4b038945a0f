//! The contract of `store.rs`, case by case: one named test for each engine and case. An engine joins by a line in `stamp!`.

mod commit;
mod due;
mod facts;
mod feed;
mod history;
mod list;
mod queue;
mod random;
mod restart;
mod session;

use crate::support::memory::Memory;
use crate::support::postgres::Postgres;
use crate::support::sample::at;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::{KeyValue, Settings};
use usher::store::{Change, Committed, Store, StoreError, Stored};
use usher_domain::id::RecordId;

/// An engine under the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// The model.
    Memory,
    /// The embedded store over redb.
    Redb,
    /// The embedded store over sled.
    #[cfg(feature = "sled")]
    Sled,
    /// PostgreSQL, a server of the test's own.
    Postgres,
}

impl Engine {
    /// The key-value engine itself; the model has none.
    pub(crate) fn kv(self, folder: &Path) -> Box<dyn KeyValue> {
        let settings = Settings {
            cache_bytes: Settings::CACHE_BYTES_MIN,
        };
        match self {
            Self::Memory | Self::Postgres => panic!("it has no files of ours"),
            Self::Redb => Box::new(usher::store::redb::Redb::open(folder, settings).unwrap()),
            #[cfg(feature = "sled")]
            Self::Sled => Box::new(usher::store::sled::Sled::open(folder, settings).unwrap()),
        }
    }

    fn open(self, folder: &Path) -> Arc<dyn Store> {
        match self {
            Self::Memory => Arc::new(Memory::default()),
            _ => Arc::new(EmbeddedStore::open(self.kv(folder).into(), "test").unwrap()),
        }
    }
}

/// A store in a folder of its own.
pub(crate) struct Home {
    engine: Engine,
    folder: TempDir,
    server: Option<Postgres>,
    store: Option<Arc<dyn Store>>,
}

impl Home {
    pub(crate) fn new(engine: Engine) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Some(engine.open(folder.path()));
        Self {
            engine,
            folder,
            server: None,
            store,
        }
    }

    /// One in PostgreSQL, where that is installed.
    pub(crate) async fn postgres() -> Option<Self> {
        let server = Postgres::start()?;
        server.migrated().await;
        let store: Arc<dyn Store> = Arc::new(server.store().await);
        Some(Self {
            engine: Engine::Postgres,
            folder: tempfile::tempdir().unwrap(),
            server: Some(server),
            store: Some(store),
        })
    }

    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_deref().unwrap()
    }

    pub(crate) fn shared(&self) -> Arc<dyn Store> {
        Arc::clone(self.store.as_ref().unwrap())
    }

    /// Closes the store and opens it again; the model has nothing to close.
    pub(crate) async fn reopen(&mut self) {
        match &self.server {
            Some(server) => self.store = Some(Arc::new(server.store().await)),
            None => drop(self.with_files(|_| ())),
        }
    }

    /// Lets `meddle` at the files of the closed store.
    pub(crate) fn with_files<T>(
        &mut self,
        meddle: impl FnOnce(&mut dyn KeyValue) -> T,
    ) -> Option<T> {
        if matches!(self.engine, Engine::Memory | Engine::Postgres) {
            return None;
        }
        self.store = None;
        let outcome = meddle(self.engine.kv(self.folder.path()).as_mut());
        self.store = Some(self.engine.open(self.folder.path()));
        Some(outcome)
    }

    pub(crate) async fn commit(&self, change: Change) -> Committed {
        self.store().commit(&[change]).await.unwrap()
    }

    pub(crate) async fn load(&self, id: RecordId) -> Stored {
        self.store().load(id).await.unwrap().unwrap()
    }

    /// The ids of what is due by a moment, in minutes.
    async fn due(&self, minutes: i64) -> Vec<RecordId> {
        let due = self.store().due(at(minutes), 100).await.unwrap();
        due.into_iter().map(|(_, id)| id).collect()
    }
}

/// Whose change was in conflict.
pub(crate) fn conflict(outcome: Result<Committed, StoreError>) -> RecordId {
    match outcome {
        Err(StoreError::Conflict { id }) => id,
        other => panic!("expected a conflict, not {other:?}"),
    }
}

/// One test for each engine and case; `durable` leaves the model out, where a case is about files.
macro_rules! stamp {
    ($($case:ident),* $(,)?) => {
        stamp! { @engine memory Memory $($case)* }
        stamp! { durable $($case),* }
        mod postgres {
            $(#[tokio::test] async fn $case() {
                if let Some(home) = super::Home::postgres().await {
                    super::$case(home).await;
                }
            })*
        }
    };
    (durable $($case:ident),* $(,)?) => {
        stamp! { @engine redb Redb $($case)* }
        #[cfg(feature = "sled")]
        stamp! { @engine sled Sled $($case)* }
    };
    (@engine $name:ident $engine:ident $($case:ident)*) => {
        mod $name {
            $(#[tokio::test] async fn $case() {
                super::$case(super::Home::new(super::Engine::$engine)).await;
            })*
        }
    };
}
use stamp;
