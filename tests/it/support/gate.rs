//! A store whose commits a test can hold back or let fail.

use async_trait::async_trait;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use usher::store::{
    Beat, Change, Committed, Counts, Cursor, Filter, Heard, Listing, Observer, Page, Queued,
    Recorded, SessionKey, SessionRow, Sessions, Store, StoreError, Stored,
};
use usher_domain::code::ResponderId;
use usher_domain::id::{RecordId, Reference};
use usher_domain::limits::RECORD_BYTES_MAX;
use usher_domain::time::Timestamp;

const OUTLIVES: &str = "the gate outlives its store";

/// What holds commits back: before they reach the store, or on the way back from it.
#[derive(Debug)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    telling: watch::Sender<bool>,
    untold: AtomicUsize,
    failing: AtomicBool,
    held: AtomicUsize,
    too_large: Mutex<Option<RecordId>>,
    refused: AtomicUsize,
    blind: AtomicBool,
}

impl Gate {
    pub(crate) fn open() -> Arc<Self> {
        Arc::new(Self {
            open: watch::Sender::new(true),
            telling: watch::Sender::new(true),
            untold: AtomicUsize::new(0),
            failing: AtomicBool::new(false),
            held: AtomicUsize::new(0),
            too_large: Mutex::default(),
            refused: AtomicUsize::new(0),
            blind: AtomicBool::new(false),
        })
    }

    /// Holds every commit from now on, or lets those that are held go.
    pub(crate) fn set_open(&self, open: bool) {
        self.open.send_replace(open);
    }

    /// Keeps every outcome to itself from now on, or tells those that are kept.
    pub(crate) fn set_telling(&self, telling: bool) {
        self.telling.send_replace(telling);
    }

    /// Commits that are made, and whose outcome is kept.
    pub(crate) fn untold(&self) -> usize {
        self.untold.load(Ordering::SeqCst)
    }

    /// Lets every commit fail from now on.
    pub(crate) fn fail(&self) {
        self.failing.store(true, Ordering::SeqCst);
    }

    /// Lets every listing fail from now on, or none.
    pub(crate) fn set_blind(&self, blind: bool) {
        self.blind.store(blind, Ordering::SeqCst);
    }

    /// Lets commits pass again.
    pub(crate) fn mend(&self) {
        self.failing.store(false, Ordering::SeqCst);
    }

    /// Commits that are held.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::SeqCst)
    }

    /// Takes commits of this enquiry no longer, if any: they are too large.
    pub(crate) fn refuse(&self, id: Option<RecordId>) {
        *self.too_large.lock().unwrap() = id;
    }

    /// Commits that were too large.
    pub(crate) fn refused(&self) -> usize {
        self.refused.load(Ordering::SeqCst)
    }

    fn fits(&self, batch: &[Change]) -> Result<(), StoreError> {
        let too_large = *self.too_large.lock().unwrap();
        if batch
            .iter()
            .any(|change| Some(change.record.id()) == too_large)
        {
            self.refused.fetch_add(1, Ordering::SeqCst);
            let (what, max) = ("record", RECORD_BYTES_MAX);
            return Err(StoreError::TooLarge { what, max });
        }
        Ok(())
    }

    async fn pass_back(&self) {
        self.untold.fetch_add(1, Ordering::SeqCst);
        let told = self
            .telling
            .subscribe()
            .wait_for(|telling| *telling)
            .await
            .map(drop);
        self.untold.fetch_sub(1, Ordering::SeqCst);
        told.expect(OUTLIVES);
    }

    async fn pass(&self) -> Result<(), StoreError> {
        self.held.fetch_add(1, Ordering::SeqCst);
        let opened = self.open.subscribe().wait_for(|open| *open).await.map(drop);
        self.held.fetch_sub(1, Ordering::SeqCst);
        opened.expect(OUTLIVES);
        if self.failing.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable {
                doing: "committing",
                source: "the test says so".into(),
            });
        }
        Ok(())
    }
}

pub(crate) struct Gated {
    pub(crate) gate: Arc<Gate>,
    pub(crate) store: Arc<dyn Store>,
}

#[async_trait]
impl Store for Gated {
    async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError> {
        self.store.load(id).await
    }

    async fn commit(&self, batch: &[Change]) -> Result<Committed, StoreError> {
        self.gate.pass().await?;
        self.gate.fits(batch)?;
        let outcome = self.store.commit(batch).await;
        self.gate.pass_back().await;
        outcome
    }

    async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        self.store.queued(responder, limit).await
    }

    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        self.store.queues().await
    }

    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
        self.store.due(until, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.store.next_due().await
    }

    async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        self.store.named(reference).await
    }

    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        if self.gate.blind.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable {
                doing: "listing",
                source: "the test says so".into(),
            });
        }
        self.store.list(filter, page).await
    }

    async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.store.history(id, after, limit).await
    }

    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.store.feed(after, limit).await
    }

    async fn feed_elsewhere(
        &self,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.store.feed_elsewhere(after, limit).await
    }

    async fn feed_end(&self) -> Result<Cursor, StoreError> {
        self.store.feed_end().await
    }

    async fn sweep(&self) -> Result<Vec<RecordId>, StoreError> {
        self.store.sweep().await
    }

    async fn unreadable(&self) -> Result<Vec<RecordId>, StoreError> {
        self.store.unreadable().await
    }

    async fn beat(&self, mine: &Beat, lasts: Duration) -> Result<Heard, StoreError> {
        self.store.beat(mine, lasts).await
    }

    fn observe(&self, observer: Observer) {
        self.store.observe(observer);
    }

    fn elsewhere(&self) -> watch::Receiver<u64> {
        self.store.elsewhere()
    }

    fn engine(&self) -> &'static str {
        self.store.engine()
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.store.counts().await
    }
}

#[async_trait]
impl Sessions for Gated {
    async fn put_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
        self.store.put_session(key, row).await
    }

    async fn replace_session(&self, key: SessionKey, row: &SessionRow) -> Result<bool, StoreError> {
        self.store.replace_session(key, row).await
    }

    async fn load_session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError> {
        self.store.load_session(key, now).await
    }

    async fn remove_session(&self, key: SessionKey) -> Result<(), StoreError> {
        self.store.remove_session(key).await
    }

    async fn remove_sessions_of(&self, subject: [u8; 32]) -> Result<usize, StoreError> {
        self.store.remove_sessions_of(subject).await
    }

    async fn drop_expired_sessions(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.store.drop_expired_sessions(now, limit).await
    }
}
