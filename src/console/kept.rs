//! Sessions in usher's own store: under the SHA-256 of the id in the cookie, so that nobody who reads the store can take a session over.

use super::session::{self, DRAFT_KEPT};
use super::settings::Settings;
use crate::broker::Broker;
use crate::broker::session::{SessionKey, SessionRow, StoreError};
use crate::clock::{Clock as _, SystemClock};
use async_trait::async_trait;
use aws_lc_rs::digest::{SHA256, digest};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use time::OffsetDateTime;
use tokio::time::sleep;
use tower_sessions::SessionStore;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};
use usher_domain::time::Timestamp;

/// How often sessions that have expired are dropped, and how many at once.
const DROPPED_EVERY: Duration = Duration::from_mins(10);
const DROPPED_AT_ONCE: usize = 10_000;

/// How long a session's record is kept after it was last written: to its end, and as long as a form waits for its author.
pub(super) fn lasts(settings: &Settings) -> time::Duration {
    let longest = settings.absolute().saturating_add(DRAFT_KEPT);
    time::Duration::try_from(longest).unwrap_or(time::Duration::DAY)
}

/// The store of sessions.
#[derive(Clone)]
pub(super) struct Kept(Arc<Broker>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl Kept {
    /// Sessions in the store of `broker`.
    pub(super) fn new(broker: Arc<Broker>) -> Self {
        Self(broker)
    }

    /// Drops what has expired, for ever.
    pub(super) async fn keep_small(self) {
        loop {
            self.drop_expired().await;
            sleep(DROPPED_EVERY).await;
        }
    }

    async fn drop_expired(&self) {
        let dropped = self.0.sessions();
        let dropped = dropped.drop_expired_sessions(SystemClock.now(), DROPPED_AT_ONCE);
        if let Err(error) = dropped.await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "sessions that have expired cannot be dropped");
        }
    }
}

/// The digest of an account: what the store knows of whose a session is.
pub(super) fn subject(account: &str) -> [u8; 32] {
    hash(account.as_bytes())
}

fn key(id: &Id) -> SessionKey {
    SessionKey(hash(&id.0.to_le_bytes()))
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

fn row(record: &Record) -> Result<SessionRow> {
    let account = session::account(&record.data).unwrap_or_default();
    let value = serde_json::to_vec(&record.data);
    let expires = Timestamp::from_second(record.expiry_date.unix_timestamp());
    Ok(SessionRow {
        subject: subject(account),
        expires: expires.map_err(|error| Error::Encode(error.to_string()))?,
        value: value.map_err(|error| Error::Encode(error.to_string()))?,
    })
}

fn failed(error: &StoreError) -> Error {
    Error::Backend(error.to_string())
}

#[async_trait]
impl SessionStore for Kept {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let row = row(record)?;
        let put = self.0.sessions().put_session(key(&record.id), &row).await;
        let Err(StoreError::TooLarge {
            what: "sessions", ..
        }) = put
        else {
            return put.map_err(|error| failed(&error));
        };
        self.drop_expired().await;
        // Whoever is signing in just now begins again; whoever is signed in stays so, and a flood of beginnings keeps nobody out.
        let begun = self.0.sessions().remove_sessions_of(subject("")).await;
        let begun = begun.map_err(|error| failed(&error))?;
        tracing::warn!(begun, "too many sessions: those of nobody are dropped");
        let put = self.0.sessions().put_session(key(&record.id), &row).await;
        put.map_err(|error| failed(&error))
    }

    /// Whoever has signed out meanwhile, in another window or elsewhere, stays signed out.
    async fn save(&self, record: &Record) -> Result<()> {
        let row = row(record)?;
        let put = self.0.sessions().replace_session(key(&record.id), &row);
        put.await.map(drop).map_err(|error| failed(&error))
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let found = self.0.sessions().load_session(key(id), SystemClock.now());
        let row = match found.await {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(None),
            Err(StoreError::Corrupt { .. }) => {
                tracing::error!("a session is damaged: its person signs in again");
                return Ok(None);
            }
            Err(error) => return Err(failed(&error)),
        };
        let data = serde_json::from_slice(&row.value);
        let expiry_date = OffsetDateTime::from_unix_timestamp(row.expires.as_second());
        Ok(Some(Record {
            id: *id,
            data: data.map_err(|error| Error::Decode(error.to_string()))?,
            expiry_date: expiry_date.map_err(|error| Error::Decode(error.to_string()))?,
        }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let removed = self.0.sessions().remove_session(key(id)).await;
        removed.map_err(|error| failed(&error))
    }
}
