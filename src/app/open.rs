//! Opens the store that the configuration names: the only place that knows the engines.

use crate::config::settings::{Engine, StoreSettings};
use crate::store::embedded::EmbeddedStore;
use crate::store::kv::{KeyValue, KvError, Settings};
use crate::store::redb::Redb;
#[cfg(feature = "sled")]
use crate::store::sled::Sled;
use std::path::PathBuf;
use std::sync::Arc;

/// A store, opened.
pub type Opened = EmbeddedStore;

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
    /// This build lacks the engine.
    #[error(
        "this usher was built without the engine sled: build it with --features sled, or set store.engine = \"redb\""
    )]
    NotBuiltIn,
}

/// Whether a store may be made where there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Making {
    Allowed,
    Refused,
}

/// Opens the engine alone, making its store if the folder is empty or absent.
///
/// # Errors
/// When it refuses, or is not built in.
pub fn open_engine(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    engine(settings, Making::Allowed)
}

/// Opens the engine alone over a store that is there.
///
/// # Errors
/// When there is none, when it refuses, or is not built in.
pub fn open_made_engine(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    engine(settings, Making::Refused)
}

fn engine(settings: &StoreSettings, making: Making) -> Result<Box<dyn KeyValue>, OpenError> {
    let cache = Settings {
        cache_bytes: settings.cache_bytes(),
    };
    let path = &settings.path;
    let failed = |source| OpenError::Engine {
        path: path.clone(),
        source,
    };
    Ok(match (settings.engine, making) {
        (Engine::Redb, Making::Allowed) => Box::new(Redb::open(path, cache).map_err(failed)?),
        (Engine::Redb, Making::Refused) => Box::new(Redb::open_made(path, cache).map_err(failed)?),
        #[cfg(feature = "sled")]
        (Engine::Sled, Making::Allowed) => Box::new(Sled::open(path, cache).map_err(failed)?),
        #[cfg(feature = "sled")]
        (Engine::Sled, Making::Refused) => Box::new(Sled::open_made(path, cache).map_err(failed)?),
        #[cfg(not(feature = "sled"))]
        (Engine::Sled, _) => return Err(OpenError::NotBuiltIn),
    })
}

/// Opens the store and derives its indexes.
///
/// # Errors
/// When the engine refuses or records cannot be read at all.
pub fn open_store(settings: &StoreSettings) -> Result<Opened, OpenError> {
    let kv: Arc<dyn KeyValue> = Arc::from(open_engine(settings)?);
    let engine = match settings.engine {
        Engine::Redb => "redb",
        Engine::Sled => "sled",
    };
    EmbeddedStore::open(kv, engine).map_err(|source| OpenError::Store {
        path: settings.path.clone(),
        source,
    })
}
