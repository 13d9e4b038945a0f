//! Following the other brokers over the same database: what they commit wakes whoever waits here, as if it had been committed here.
//!
//! It holds nothing that is needed: lease calls, watches and the scheduler look at the store in any case, only later.

use super::Broker;
use crate::store::{Cursor, Recorded, StoreError};
use std::time::Duration;
use usher_domain::limits;

/// The scheduler looks at what others have brought at most this often.
const SCHEDULER_WOKEN_EVERY: Duration = Duration::from_secs(1);
/// Between two looks at what others have committed: a look tells of everything until then, and costs as much for one commit.
const LOOK_AT_MOST_EVERY: Duration = Duration::from_millis(50);
/// After the feed could not be read.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Broker {
    /// Tells whoever waits of what is committed elsewhere, as long as there may be others; returns where there are none.
    pub async fn follow(&self) {
        let mut elsewhere = self.store.elsewhere();
        // What came between opening and following is news, too.
        elsewhere.mark_changed();
        let feed = self.announcer.feed();
        let mut after = *feed.borrow();
        let mut scheduler = tokio::time::interval(SCHEDULER_WOKEN_EVERY);
        scheduler.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut news = false;
        loop {
            tokio::select! {
                changed = elsewhere.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                _ = scheduler.tick() => {
                    if std::mem::take(&mut news) {
                        self.announcer.wake_scheduler();
                    }
                    // Whoever commits has heard of what others committed before: up to here the rest is one's own, however much it is.
                    let end = Cursor::end_of(feed.borrow().entry);
                    if elsewhere.has_changed().is_ok_and(|changed| !changed) {
                        after = after.max(end);
                    }
                    continue;
                }
            }
            loop {
                let known = *elsewhere.borrow_and_update();
                match self
                    .store
                    .feed_elsewhere(after, limits::PAGE_SIZE_MAX)
                    .await
                {
                    Ok(page) => {
                        let Some(last) = page.last() else {
                            // The rest is one's own.
                            after = Cursor::end_of(after.entry.max(known));
                            break;
                        };
                        after = last.cursor;
                        self.hear(&page);
                        news = true;
                        // A full page may end within an entry, a short one before an entry that cannot be read.
                        if page.len() < limits::PAGE_SIZE_MAX {
                            after = Cursor::end_of(after.entry);
                            if after.entry >= known {
                                break;
                            }
                        }
                    }
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "the feed of other brokers' commits cannot be read"
                        );
                        tokio::time::sleep(AFTER_FAILURE).await;
                        // Whoever reads an entry that is damaged is told of it; what comes after it still wakes them.
                        if let (StoreError::Corrupt { .. }, Ok(end)) =
                            (&error, self.store.feed_end().await)
                        {
                            after = end;
                            self.announcer.announce_elsewhere([], end);
                        }
                    }
                }
            }
            tokio::time::sleep(LOOK_AT_MOST_EVERY).await;
        }
    }

    fn hear(&self, page: &[Recorded]) {
        let policy = self.policy.load();
        for recorded in page {
            self.faults.written(recorded.record);
            self.forecast.hear(recorded, &policy);
            self.lending.hear(recorded);
        }
        if let Some(last) = page.last() {
            let responders = page
                .iter()
                .filter_map(|recorded| recorded.responder.as_ref());
            self.announcer.announce_elsewhere(responders, last.cursor);
        }
    }
}
