//! Opens the store that the configuration names: the only place that knows the engines.

use crate::config::settings::{Engine, StoreSettings};
use crate::store::embedded::EmbeddedStore;
use crate::store::kv::{KeyValue, KvError, Settings};
use crate::store::redb::Redb;
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

/// Opens the engine alone.
///
/// # Errors
/// When it refuses, or is not built in.
pub fn open_engine(settings: &StoreSettings) -> Result<Box<dyn KeyValue>, OpenError> {
    let cache = Settings {
        cache_bytes: settings.cache_bytes(),
    };
    let failed = |source| OpenError::Engine {
        path: settings.path.clone(),
        source,
    };
    match settings.engine {
        Engine::Redb => Ok(Box::new(Redb::open(&settings.path, cache).map_err(failed)?)),
        #[cfg(feature = "sled")]
        Engine::Sled => Ok(Box::new(
            crate::store::sled::Sled::open(&settings.path, cache).map_err(failed)?,
        )),
        #[cfg(not(feature = "sled"))]
        Engine::Sled => Err(OpenError::NotBuiltIn),
    }
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
