//! Sessions: a row each, found by their key, whose they are, and until when they last.

use super::read::{Arguments, column, count_column};
use super::{PostgresStore, corrupt};
use crate::store::record::{decode_session, encode_session};
use crate::store::{SessionKey, SessionRow, Sessions, StoreError};
use async_trait::async_trait;
use tokio_postgres::Row;
use usher_domain::limits::SESSIONS_MAX;
use usher_domain::time::Timestamp;

/// The count is asked for new keys alone.
const PUT: &str = "INSERT INTO session (key, subject, expires_ms, bytes)
    SELECT $1::bytea, $2::bytea, $3::bigint, $4::bytea
    WHERE EXISTS (SELECT FROM session WHERE key = $1)
        OR (SELECT count(*) FROM session) < $5::bigint
    ON CONFLICT (key) DO UPDATE SET subject = excluded.subject,
        expires_ms = excluded.expires_ms, bytes = excluded.bytes
    RETURNING 1";
const REPLACE: &str = "UPDATE session SET subject = $2, expires_ms = $3, bytes = $4
    WHERE key = $1 RETURNING 1";
const LOAD: &str = "SELECT bytes FROM session WHERE key = $1";
const REMOVE: &str = "DELETE FROM session WHERE key = $1 RETURNING 1";
const REMOVE_OF: &str = "DELETE FROM session WHERE subject = $1 RETURNING 1";
const DROP_EXPIRED: &str = "DELETE FROM session WHERE key IN
    (SELECT key FROM session WHERE expires_ms <= $1 ORDER BY expires_ms LIMIT $2) RETURNING 1";

#[async_trait]
impl Sessions for PostgresStore {
    async fn put_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
        row.fits()?;
        let bytes = encode_session(key, row);
        let (expires, most) = (row.expires.as_millisecond(), count_column(SESSIONS_MAX));
        let (key, subject) = (key.0.as_slice(), row.subject.as_slice());
        let arguments: Arguments<'_> = &[&key, &subject, &expires, &bytes, &most];
        if self.shared.ask(PUT, arguments).await?.is_empty() {
            let (what, max) = ("sessions", SESSIONS_MAX);
            return Err(StoreError::TooLarge { what, max });
        }
        Ok(())
    }

    async fn replace_session(&self, key: SessionKey, row: &SessionRow) -> Result<bool, StoreError> {
        row.fits()?;
        let (bytes, expires) = (encode_session(key, row), row.expires.as_millisecond());
        let (key, subject) = (key.0.as_slice(), row.subject.as_slice());
        let arguments: Arguments<'_> = &[&key, &subject, &expires, &bytes];
        Ok(!self.shared.ask(REPLACE, arguments).await?.is_empty())
    }

    async fn load_session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError> {
        let rows = self.shared.ask(LOAD, &[&key.0.as_slice()]).await?;
        let read = |row: &Row| {
            let bytes = column(row, 0)?;
            decode_session(key, bytes).map_err(corrupt("a session", None))
        };
        let row = rows.first().map(read).transpose()?;
        Ok(row.filter(|row| row.expires > now))
    }

    async fn remove_session(&self, key: SessionKey) -> Result<(), StoreError> {
        let removed = self.shared.ask(REMOVE, &[&key.0.as_slice()]).await;
        removed.map(drop)
    }

    async fn remove_sessions_of(&self, subject: [u8; 32]) -> Result<usize, StoreError> {
        let removed = self.shared.ask(REMOVE_OF, &[&subject.as_slice()]).await;
        Ok(removed?.len())
    }

    async fn drop_expired_sessions(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let (now, limit) = (now.as_millisecond(), count_column(limit));
        let dropped = self.shared.ask(DROP_EXPIRED, &[&now, &limit]).await;
        Ok(dropped?.len())
    }
}
