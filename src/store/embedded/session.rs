//! Sessions beside the records: a key each, and whose they are and until when in memory. Their commits are their own, in turn with the
//! writer's.

use super::keys;
use super::{EmbeddedStore, Shared, corrupt, failed};
use crate::store::kv::{KeyValue, KvError, Order, Write};
use crate::store::record::{decode_session, encode_session};
use crate::store::{SessionKey, SessionRow, Sessions, StoreError};
use async_trait::async_trait;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::{MutexGuard, PoisonError};
use usher_domain::limits::{GROUP_COMMIT_MAX, SESSIONS_MAX};
use usher_domain::time::Timestamp;

/// What is known of each session; nothing of one that could not be read when the store was opened.
pub(super) type Known = HashMap<SessionKey, Option<About>>;

/// Whose a session is, and until when.
#[derive(Clone, Copy)]
pub(super) struct About {
    subject: [u8; 32],
    expires: Timestamp,
}

impl About {
    fn of(row: &SessionRow) -> Self {
        Self {
            subject: row.subject,
            expires: row.expires,
        }
    }
}

/// Reads what is known of every session.
pub(super) fn derive(kv: &dyn KeyValue) -> Result<Known, StoreError> {
    let mut known = Known::new();
    kv.scan(
        keys::sessions().bounds(),
        Order::Ascending,
        &mut |key, value| {
            if let Some(key) = keys::session_of(key) {
                let row = decode_session(key, value).inspect_err(|error| {
                    tracing::error!(%error, "A session cannot be read: whoever has it signs in again");
                });
                known.insert(key, row.ok().as_ref().map(About::of));
            }
            ControlFlow::Continue(())
        },
    )
    .map_err(failed("reading the sessions"))?;
    Ok(known)
}

impl Shared {
    fn sessions(&self) -> MutexGuard<'_, Known> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a session. Whoever calls has the turn.
    fn keep_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
        let put = Write::put(keys::session(key), encode_session(key, row));
        self.write_sessions(&[put])?;
        self.sessions().insert(key, Some(About::of(row)));
        Ok(())
    }

    /// Removes the first `limit` sessions that are `wanted`.
    fn remove_sessions(
        &self,
        limit: usize,
        wanted: impl Fn(&SessionKey, Option<&About>) -> bool,
    ) -> Result<usize, StoreError> {
        let _turn = self.turn();
        let keys: Vec<SessionKey> = {
            let known = self.sessions();
            let wanted = known
                .iter()
                .filter(|(key, about)| wanted(key, about.as_ref()));
            wanted.map(|(key, _)| *key).take(limit).collect()
        };
        for some in keys.chunks(GROUP_COMMIT_MAX) {
            let deletes: Vec<Write> = some
                .iter()
                .map(|key| Write::delete(keys::session(*key)))
                .collect();
            self.write_sessions(&deletes)?;
            let mut known = self.sessions();
            for key in some {
                known.remove(key);
            }
        }
        Ok(keys.len())
    }

    fn write_sessions(&self, writes: &[Write]) -> Result<(), StoreError> {
        self.kv.commit(writes).map_err(|error| {
            if !matches!(error, KvError::TooLarge { .. }) {
                self.stop();
            }
            failed("keeping sessions")(error)
        })
    }
}

#[async_trait]
impl Sessions for EmbeddedStore {
    async fn put_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
        row.fits()?;
        self.shared.running()?;
        let row = row.clone();
        self.aside(move |shared| {
            let _turn = shared.turn();
            let is_full = {
                let known = shared.sessions();
                known.len() >= SESSIONS_MAX && !known.contains_key(&key)
            };
            if is_full {
                let (what, max) = ("sessions", SESSIONS_MAX);
                return Err(StoreError::TooLarge { what, max });
            }
            shared.keep_session(key, &row)
        })
        .await
    }

    async fn replace_session(&self, key: SessionKey, row: &SessionRow) -> Result<bool, StoreError> {
        row.fits()?;
        self.shared.running()?;
        let row = row.clone();
        self.aside(move |shared| {
            let _turn = shared.turn();
            let is_there = shared.sessions().contains_key(&key);
            if is_there {
                shared.keep_session(key, &row)?;
            }
            Ok(is_there)
        })
        .await
    }

    async fn load_session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError> {
        let shared = self.shared.running()?;
        if !shared.sessions().contains_key(&key) {
            return Ok(None);
        }
        let value = shared.read(&keys::session(key))?;
        let row = value.map(|value| decode_session(key, &value)).transpose();
        let row = row.map_err(corrupt("a session", None))?;
        Ok(row.filter(|row| row.expires > now))
    }

    async fn remove_session(&self, key: SessionKey) -> Result<(), StoreError> {
        self.shared.running()?;
        let removed = self.aside(move |shared| shared.remove_sessions(1, |known, _| *known == key));
        removed.await.map(drop)
    }

    async fn remove_sessions_of(&self, subject: [u8; 32]) -> Result<usize, StoreError> {
        self.shared.running()?;
        self.aside(move |shared| {
            shared.remove_sessions(usize::MAX, |_, about| {
                about.is_some_and(|about| about.subject == subject)
            })
        })
        .await
    }

    async fn drop_expired_sessions(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.shared.running()?;
        // One that cannot be read is of no more use to anybody.
        self.aside(move |shared| {
            shared.remove_sessions(limit, |_, about| {
                about.is_none_or(|about| about.expires <= now)
            })
        })
        .await
    }
}
