//! What keeps a broker off a server that no longer writes but does not know it: one that was frozen or cut off while another took over.
//!
//! Such a server acknowledges nothing, since nobody follows it; but it still answers questions, from the past. So a connection counts only
//! while it is younger than the last trouble, and only to a server that is not behind the newest one that this broker has met.

use crate::clock::Stopwatch;
use deadpool_postgres::{Hook, HookError, Metrics};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

/// Each take-over begins a timeline. Databases that only speak the protocol have none.
const TIMELINE: &str =
    "SELECT ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::bigint";

#[derive(Debug, Default)]
pub(super) struct Fence {
    newest: AtomicI64,
    trouble: Mutex<Option<Stopwatch>>,
}

impl Fence {
    /// From now on older connections do not count.
    pub(super) fn trouble(&self) {
        *self.trouble.lock().unwrap_or_else(PoisonError::into_inner) = Some(Stopwatch::start());
    }

    /// Whether a connection is from before the last trouble.
    pub(super) fn is_behind(&self, connection: &Metrics) -> bool {
        let trouble = *self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        trouble.is_some_and(|since| connection.age() >= since.elapsed())
    }

    /// Refuses connections from before the last trouble.
    pub(super) fn on_taking(self: &Arc<Self>) -> Hook {
        let fence = Arc::clone(self);
        Hook::sync_fn(move |_, connection| {
            if fence.is_behind(connection) {
                return Err(HookError::message(
                    "the connection is from before the trouble",
                ));
            }
            Ok(())
        })
    }

    /// Whether another server has taken over from the one that `client` is connected to.
    pub(super) async fn is_behind_another(&self, client: &Client) -> Result<bool, Error> {
        let timeline: i64 = match client.query_one(TIMELINE, &[]).await {
            Ok(row) => row.try_get(0)?,
            Err(error) if error.code() == Some(&SqlState::UNDEFINED_FUNCTION) => 0,
            Err(error) => return Err(error),
        };
        let newest = self.newest.fetch_max(timeline, Ordering::Relaxed);
        Ok(timeline < newest)
    }
}
