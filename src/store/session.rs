//! Sessions of people who are signed in to the console: bytes under a key, for a time. They are no records: no feed, no listing, no count
//! and no proof has them, and neither transfer nor backup takes them along, so that people sign in again after a restore.

use super::StoreError;
use async_trait::async_trait;
use core::fmt;
use usher_domain::limits::SESSION_BYTES_MAX;
use usher_domain::time::Timestamp;

/// Under what a session is kept: the SHA-256 of the secret that its cookie carries. No store sees the secret.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionKey(pub [u8; 32]);

/// What is kept of a session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// A digest of whose it is.
    pub subject: [u8; 32],
    /// From when on there is none, to the whole millisecond.
    pub expires: Timestamp,
    /// Whatever the console keeps, at most [`SESSION_BYTES_MAX`] bytes.
    pub value: Vec<u8>,
}

impl fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionKey(..)")
    }
}

impl fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionRow(..)")
    }
}

impl SessionRow {
    /// Refuses what is larger than it may be.
    pub(super) fn fits(&self) -> Result<(), StoreError> {
        if self.value.len() > SESSION_BYTES_MAX {
            let (what, max) = ("session", SESSION_BYTES_MAX);
            return Err(StoreError::TooLarge { what, max });
        }
        Ok(())
    }
}

/// Durable home of sessions: what returned `Ok` survives a power cut.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a session, in the place of an earlier one with this key.
    ///
    /// # Errors
    /// `TooLarge` of a `session`: nothing was kept. `TooLarge` of `sessions`: there are [`usher_domain::limits::SESSIONS_MAX`] others, about,
    /// where several brokers share a store; drop those that have expired, and try again. `Unavailable`.
    async fn put_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError>;

    /// Keeps a session in the place of an earlier one, and says whether there was one: whoever has signed out meanwhile stays signed out.
    ///
    /// # Errors
    /// `TooLarge` of a `session`: nothing was kept. `Unavailable`.
    async fn replace_session(&self, key: SessionKey, row: &SessionRow) -> Result<bool, StoreError>;

    /// The session, where there is one that has not expired at `now`.
    ///
    /// # Errors
    /// `Corrupt` when its bytes are damaged, or another session's: log it and go on as without a session. `Unavailable`.
    async fn load_session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError>;

    /// Removes the session, if there is one.
    ///
    /// # Errors
    /// `Unavailable`: it may be there still.
    async fn remove_session(&self, key: SessionKey) -> Result<(), StoreError>;

    /// Removes all sessions of `subject`, and says how many there were.
    ///
    /// # Errors
    /// `Unavailable`: some may be there still.
    async fn remove_sessions_of(&self, subject: [u8; 32]) -> Result<usize, StoreError>;

    /// Removes at most `limit` sessions that have expired at `now`, and says how many.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn drop_expired_sessions(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError>;
}
