//! Opens the store that the configuration names: the only place that knows the engines.

use super::database::{DatabaseError, database};
use crate::config::settings::{Engine, StoreSettings};
use crate::store::Store;
use crate::store::embedded::EmbeddedStore;
use crate::store::kv::{KeyValue, KvError, Settings};
use crate::store::postgres::{PostgresStore, Snapshot};
use crate::store::redb::Redb;
#[cfg(feature = "sled")]
use crate::store::sled::Sled;
use crate::store::verify::{self, Report};
use std::path::PathBuf;
use std::sync::Arc;

/// A store of any engine, opened.
#[derive(Clone)]
pub enum Opened {
    /// On this machine, in a folder of its own.
    Embedded(Arc<EmbeddedStore>),
    /// In a database, whose other brokers go on when this one ends.
    Postgres(Arc<PostgresStore>),
}

impl Opened {
    /// The store itself.
    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => Arc::clone(store) as Arc<dyn Store>,
            Self::Postgres(store) => Arc::clone(store) as Arc<dyn Store>,
        }
    }

    /// Returns when the store has stopped for good, so that the process must end and start again. A database that cannot be reached
    /// has not: it comes back by itself.
    pub async fn failed(&self) {
        match self {
            Self::Embedded(store) => {
                let mut failed = store.failed();
                // An error means that the store is gone, which is no failure of its own.
                if failed.wait_for(|failed| *failed).await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
            Self::Postgres(_) => std::future::pending().await,
        }
    }

    /// Commits what waits, then commits nothing more. What was answered is durable with or without this.
    pub async fn close(&self) {
        match self {
            Self::Embedded(store) => store.close().await,
            Self::Postgres(_) => {}
        }
    }

    /// How many hold it when it was closed, readings under way among them: whoever is the last frees it for others when it goes.
    pub fn holders(&self) -> usize {
        match self {
            Self::Embedded(store) => Arc::strong_count(store) + store.readings(),
            Self::Postgres(store) => Arc::strong_count(store),
        }
    }
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The engine refuses.
    #[error("cannot open the store in {path}")]
    Engine {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: KvError,
    },
    /// The records cannot be read.
    #[error("cannot read the store in {path}")]
    Store {
        /// Its folder.
        path: PathBuf,
        /// Why.
        source: crate::store::StoreError,
    },
    /// The database does not let itself be read to the end.
    #[error("cannot read the database")]
    Read(#[source] crate::store::StoreError),
    /// This build lacks the engine.
    #[error(
        "this usher was built without the engine sled: build it with --features sled, or set store.engine = \"redb\""
    )]
    NotBuiltIn,
    /// The engine is none that keeps a folder.
    #[error("the engine postgres keeps no folder: its store is in the database of store.postgres")]
    NoFolder,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What may become of a folder by opening the store in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Touch {
    /// A store may be made where there is none.
    Make,
    /// The engine may put its own book-keeping right.
    Repair,
    /// Nothing may change.
    Nothing,
}

/// Opens the engine alone, making its store if the folder is empty or absent.
///
/// # Errors
/// When it refuses, or is not built in.
pub fn open_engine(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    engine(settings, Touch::Make)
}

/// Opens the engine alone over a store that is there.
///
/// # Errors
/// When there is none, when it refuses, or is not built in.
pub fn open_made_engine(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    engine(settings, Touch::Repair)
}

/// Opens the engine alone to read a store that is there, and changes no byte of it; but for sled, which writes its own book-keeping
/// whenever it opens, and leaves the records as they are.
///
/// # Errors
/// As [`open_made_engine`].
pub fn open_engine_to_read(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    engine(settings, Touch::Nothing)
}

fn engine(settings: &StoreSettings, touch: Touch) -> Result<Box<dyn KeyValue>, OpenError> {
    let cache = Settings {
        cache_bytes: settings.cache_bytes(),
    };
    let path = &settings.path;
    let failed = |source| OpenError::Engine {
        path: path.clone(),
        source,
    };
    Ok(match (settings.engine, touch) {
        (Engine::Redb, Touch::Make) => Box::new(Redb::open(path, cache).map_err(failed)?),
        (Engine::Redb, Touch::Repair) => Box::new(Redb::open_made(path, cache).map_err(failed)?),
        (Engine::Redb, Touch::Nothing) => {
            Box::new(Redb::open_to_read(path, cache).map_err(failed)?)
        }
        #[cfg(feature = "sled")]
        (Engine::Sled, Touch::Make) => Box::new(Sled::open(path, cache).map_err(failed)?),
        #[cfg(feature = "sled")]
        (Engine::Sled, Touch::Repair | Touch::Nothing) => {
            Box::new(Sled::open_made(path, cache).map_err(failed)?)
        }
        #[cfg(not(feature = "sled"))]
        (Engine::Sled, _) => return Err(OpenError::NotBuiltIn),
        (Engine::Postgres, _) => return Err(OpenError::NoFolder),
    })
}

/// Opens the store: an embedded one with its indexes derived, or the first connections to a database.
///
/// # Errors
/// When the engine refuses, records cannot be read at all, or the database cannot be reached.
pub async fn open_store(settings: &StoreSettings) -> Result<Opened, OpenError> {
    let engine = match settings.engine {
        Engine::Redb => "redb",
        Engine::Sled => "sled",
        Engine::Postgres => {
            let store = PostgresStore::open(&database(&settings.postgres)?).await;
            return Ok(Opened::Postgres(Arc::new(
                store.map_err(DatabaseError::from)?,
            )));
        }
    };
    let kv: Arc<dyn KeyValue> = Arc::from(open_engine(settings)?);
    let store = EmbeddedStore::open(kv, engine).map_err(|source| OpenError::Store {
        path: settings.path.clone(),
        source,
    })?;
    Ok(Opened::Embedded(Arc::new(store)))
}

/// Proves the store that `settings` name, which must be there: an embedded one that no broker is using, or a database at one moment.
///
/// # Errors
/// When the engine refuses, or the database cannot be reached.
pub async fn verify_store(settings: &StoreSettings) -> Result<Report, OpenError> {
    if settings.engine != Engine::Postgres {
        let mut engine = open_made_engine(settings)?;
        return Ok(verify::verify(engine.as_mut()));
    }
    let database = database(&settings.postgres)?;
    let snapshot = Snapshot::open(&database).await;
    let snapshot = snapshot.map_err(DatabaseError::from)?;
    verify::verify_database(&snapshot)
        .await
        .map_err(OpenError::Read)
}
