//! Wake-ups without data: whoever is woken reads the store.

use crate::store::Cursor;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Notify, watch};
use usher_domain::code::ResponderId;
use usher_domain::index::Keys;
use usher_domain::time::Timestamp;

/// Wakes lease calls, watchers and the scheduler after a commit.
#[derive(Debug)]
pub struct Announcer {
    feed: watch::Sender<Cursor>,
    queues: Mutex<HashMap<ResponderId, Arc<Notify>>>,
    scheduler: Notify,
    /// Until when the scheduler sleeps.
    sleeping_until: Mutex<Timestamp>,
}

impl Announcer {
    /// Starts at the feed's present end.
    pub fn new(end: Cursor) -> Self {
        Self {
            feed: watch::Sender::new(end),
            queues: Mutex::default(),
            scheduler: Notify::new(),
            sleeping_until: Mutex::new(Timestamp::MAX),
        }
    }

    /// Tells of a commit that left an enquiry with `keys`.
    pub fn announce(&self, keys: &Keys, cursor: Cursor) {
        self.tell(keys.waiting.iter().map(|(responder, _)| responder), cursor);
        if keys.next_due.is_some_and(|due| due < self.sleeping_until()) {
            self.wake_scheduler();
        }
    }

    /// Tells of what other brokers committed about checks of these responders, up to `cursor`.
    pub(super) fn announce_elsewhere<'a>(
        &self,
        responders: impl IntoIterator<Item = &'a ResponderId>,
        cursor: Cursor,
    ) {
        let responders: HashSet<_> = responders.into_iter().collect();
        self.tell(responders, cursor);
    }

    /// Lets the scheduler look at once.
    pub fn wake_scheduler(&self) {
        self.scheduler.notify_one();
    }

    fn tell<'a>(&self, responders: impl IntoIterator<Item = &'a ResponderId>, cursor: Cursor) {
        self.feed.send_if_modified(|end| {
            let newer = cursor > *end;
            *end = cursor.max(*end);
            newer
        });
        for responder in responders {
            let waiters = self
                .queues
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .get(responder)
                .cloned();
            if let Some(waiters) = waiters {
                waiters.notify_waiters();
            }
        }
    }

    /// The feed's end, and its changes.
    pub fn feed(&self) -> watch::Receiver<Cursor> {
        self.feed.subscribe()
    }

    /// What lease calls of `responder` wait for. Responders come from the configuration, so the map is bounded by it.
    pub fn queue(&self, responder: &ResponderId) -> Arc<Notify> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(queues.entry(responder.clone()).or_default())
    }

    /// Returns when an enquiry fell due earlier than the scheduler last said it would look.
    pub async fn scheduler_woken(&self) {
        self.scheduler.notified().await;
    }

    /// The scheduler says until when it sleeps.
    pub fn scheduler_sleeps(&self, until: Timestamp) {
        *self
            .sleeping_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = until;
    }

    fn sleeping_until(&self) -> Timestamp {
        *self
            .sleeping_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
