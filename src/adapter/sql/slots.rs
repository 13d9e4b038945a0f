//! The connections of engines that have no pool of their own.

use super::database::{CONNECT_LIMIT, busy};
use crate::adapter::connector::Trouble;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// So many connections at most, each used by one reading at a time.
pub(super) struct Slots<T> {
    idle: Mutex<Vec<T>>,
    free: Semaphore,
}

impl<T> Slots<T> {
    pub(super) fn new(connections_max: usize) -> Self {
        Self {
            idle: Mutex::default(),
            free: Semaphore::new(connections_max),
        }
    }

    /// Waits for a turn.
    pub(super) async fn turn(&self) -> Result<SemaphorePermit<'_>, Trouble> {
        match tokio::time::timeout(CONNECT_LIMIT, self.free.acquire()).await {
            Ok(Ok(permit)) => Ok(permit),
            _ => Err(busy("no free connection")),
        }
    }

    /// A connection that was used before, where there is one.
    pub(super) fn take(&self) -> Option<T> {
        self.idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
    }

    /// Keeps one that is in good order.
    pub(super) fn keep(&self, connection: T) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.push(connection);
    }
}
