//! The embedded store: the contract over any engine of `kv.rs`, on one machine.
//!
//! Durable are the records and one feed entry per group commit. Everything else (queues, due moments, listings) is derived from the
//! open records when the store opens and lives in memory. One writer thread makes one engine commit of all the commits that wait;
//! callers encode for themselves. It does not group by waiting: under load the queue fills while the disk syncs.
//!
//! Point reads are made where they are asked for: a few microseconds from the engine's cache, one read of the disk at worst. Walks
//! over many records go to a thread that may block.

mod index;
mod keys;
mod open;
mod prepare;
mod read;
mod session;
mod sweep;
mod writer;

pub(super) use keys::{
    ENDED_NOTED, META, Shelf, closed as closed_key, ended as ended_key, entry as entry_key,
    feed_from, id_of, number_of, open as open_key, open_of, shelf_after,
};

use super::kv::{KeyValue, KvError};
use super::record::RecordError;
use super::{
    Beat, Change, Committed, Counts, Cursor, Filter, Heard, Listing, Observer, Page, Queued,
    Recorded, Store, StoreError, Stored,
};
use async_trait::async_trait;
use index::{Entry, Index};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{mpsc, oneshot, watch};
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::id::{RecordId, Reference};
use usher_domain::index::RecordKind;
use usher_domain::limits::{COMMIT_QUEUE_MAX, PAGE_SIZE_MAX};
use usher_domain::report::facts::Facts;
use usher_domain::time::Timestamp;
use writer::{Job, Writer};

/// How long a commit waits for a place in a full queue. A disk that is this far behind is as good as gone.
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(10);
/// A reader of the feed this close behind its end is served without changing threads.
const FEED_TAIL_ENTRIES: u64 = 4;

/// The store.
pub struct EmbeddedStore {
    /// The engine's name as the configuration has it.
    engine: &'static str,
    shared: Arc<Shared>,
    /// `None` only while it is being dropped.
    jobs: Option<mpsc::Sender<Job>>,
    writer: Mutex<Option<JoinHandle<()>>>,
}

/// What readers and the writer share.
struct Shared {
    kv: Arc<dyn KeyValue>,
    index: RwLock<Index>,
    sessions: Mutex<session::Known>,
    failed: watch::Sender<bool>,
    observer: OnceLock<Observer>,
    /// Whoever holds it commits.
    turn: Mutex<()>,
}

impl EmbeddedStore {
    /// Opens the store in `kv`, making it if it is empty, and reads every open enquiry. Blocks while it does.
    ///
    /// # Errors
    /// `Unavailable` when the engine fails, `Corrupt` when `kv` holds something else or a newer usher's store. A record that
    /// cannot be read is no error: it is set apart.
    pub fn open(kv: Arc<dyn KeyValue>, engine: &'static str) -> Result<Self, StoreError> {
        let index = open::derive(kv.as_ref())?;
        let sessions = session::derive(kv.as_ref())?;
        let shared = Arc::new(Shared {
            kv,
            index: RwLock::new(index),
            sessions: Mutex::new(sessions),
            failed: watch::Sender::new(false),
            observer: OnceLock::new(),
            turn: Mutex::default(),
        });
        let (jobs, waiting) = mpsc::channel(COMMIT_QUEUE_MAX);
        let writer = Writer::new(Arc::clone(&shared), waiting);
        let failed = |error: std::io::Error| StoreError::Unavailable {
            doing: "starting the writer",
            source: error.into(),
        };
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().map_err(failed)?;
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || writer.run(&runtime))
            .map_err(failed)?;
        Ok(Self {
            engine,
            shared,
            jobs: Some(jobs),
            writer: Mutex::new(Some(thread)),
        })
    }

    /// Turns true when the store has stopped for good: the process must end and start again.
    pub fn failed(&self) -> watch::Receiver<bool> {
        self.shared.failed.subscribe()
    }

    /// Commits what waits, then commits nothing more. What was answered is durable with or without this.
    pub async fn close(&self) {
        if let Some(jobs) = &self.jobs {
            // An error means that the writer has ended already.
            drop(jobs.send(Job::Close).await);
        }
        let thread = self.take_writer();
        // A panic of the writer has been reported by `failed`.
        drop(tokio::task::spawn_blocking(move || thread.map(JoinHandle::join)).await);
    }

    /// How many readings are under way after it was closed: they end on their own threads, whoever has stopped waiting for them.
    pub fn readings(&self) -> usize {
        Arc::strong_count(&self.shared) - 1
    }

    fn take_writer(&self) -> Option<JoinHandle<()>> {
        self.writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }

    /// Whether no commit waits for the writer.
    fn is_idle(&self) -> bool {
        let idle = |jobs: &mpsc::Sender<Job>| jobs.capacity() == jobs.max_capacity();
        self.jobs.as_ref().is_some_and(idle)
    }

    async fn send(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.as_ref().ok_or_else(stopped)?;
        let place = match jobs.try_reserve() {
            Ok(place) => place,
            Err(mpsc::error::TrySendError::Closed(())) => return Err(stopped()),
            Err(mpsc::error::TrySendError::Full(())) => {
                let place = tokio::time::timeout(QUEUE_WAIT_MAX, jobs.reserve()).await;
                place
                    .map_err(|late| StoreError::Unavailable {
                        doing: "waiting for a place in the commit queue",
                        source: late.into(),
                    })?
                    .map_err(|_| stopped())?
            }
        };
        place.send(job);
        Ok(())
    }

    /// Does work that may read many records on a thread that may block.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Shared) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let shared = Arc::clone(&self.shared);
        let outcome = tokio::task::spawn_blocking(move || work(&shared)).await;
        outcome.map_err(|error| StoreError::Unavailable {
            doing: "reading",
            source: error.into(),
        })?
    }
}

impl Drop for EmbeddedStore {
    /// Waits for the writer, so that the engine is free to be opened again.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.take_writer() {
            // A panic of the writer has been reported by `failed`.
            drop(thread.join());
        }
    }
}

impl Shared {
    fn index(&self) -> RwLockReadGuard<'_, Index> {
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn index_mut(&self) -> RwLockWriteGuard<'_, Index> {
        self.index.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.kv.read(key).map_err(failed("reading a record"))
    }

    /// Makes a group visible, all at once.
    fn apply(&self, changes: Vec<(RecordId, Option<Entry>)>, end: Cursor) {
        let mut index = self.index_mut();
        for (id, entry) in changes {
            index.put(id, entry);
        }
        index.advance(end);
    }

    fn stop(&self) {
        tracing::error!("Store has stopped: nothing more is served until usher starts again");
        self.failed.send_replace(true);
    }

    /// Nothing is served after a failure, not even from memory.
    fn running(&self) -> Result<&Self, StoreError> {
        if *self.failed.borrow() {
            Err(stopped())
        } else {
            Ok(self)
        }
    }
}

#[async_trait]
impl Store for EmbeddedStore {
    async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError> {
        self.shared.running()?.load(id)
    }

    async fn commit(&self, batch: &[Change]) -> Result<Committed, StoreError> {
        let shared = self.shared.running()?;
        if batch.is_empty() {
            let cursor = shared.index().end();
            let revisions = Vec::new();
            return Ok(Committed { revisions, cursor });
        }
        let mut batch = prepare::prepare(shared, batch)?;
        if self.is_idle() && may_block() {
            batch = match shared.commit_here(batch) {
                Ok(answer) => return answer,
                Err(batch) => batch,
            };
        }
        let (reply, answer) = oneshot::channel();
        self.send(Job::Commit { batch, reply }).await?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        Ok(self.shared.running()?.index().queued(responder, limit))
    }

    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        Ok(self.shared.running()?.index().queues())
    }

    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
        Ok(self.shared.running()?.index().due(until, limit))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.shared.running()?.index().next_due())
    }

    async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        self.shared.running()?;
        self.aside(move |shared| shared.named(reference)).await
    }

    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        self.shared.running()?;
        let (filter, page) = (filter.clone(), page.clone());
        self.aside(move |shared| shared.list(&filter, &page)).await
    }

    async fn facts(
        &self,
        kind: RecordKind,
        courts: Option<Vec<CourtCode>>,
        page: &Page,
    ) -> Result<Listing<Facts>, StoreError> {
        self.shared.running()?;
        let filter = Filter {
            courts,
            ..Filter::every(kind)
        };
        let page = page.clone();
        self.aside(move |shared| shared.list(&filter, &page)).await
    }

    async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.shared.running()?;
        let limit = limit.min(PAGE_SIZE_MAX);
        self.aside(move |shared| shared.history(id, after, limit))
            .await
    }

    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let shared = self.shared.running()?;
        let limit = limit.min(PAGE_SIZE_MAX);
        let end = shared.index().end().entry;
        if end.saturating_sub(after.entry) <= FEED_TAIL_ENTRIES {
            return shared.feed(after, limit);
        }
        self.aside(move |shared| shared.feed(after, limit)).await
    }

    async fn feed_end(&self) -> Result<Cursor, StoreError> {
        Ok(self.shared.running()?.index().end())
    }

    async fn sweep(&self) -> Result<Vec<RecordId>, StoreError> {
        self.shared.running()?;
        let places = self.aside(sweep::suspects).await?;
        let (reply, answer) = oneshot::channel();
        self.send(Job::Recheck { places, reply }).await?;
        answer.await.unwrap_or_else(|_| Err(stopped()))
    }

    async fn unreadable(&self) -> Result<Vec<RecordId>, StoreError> {
        Ok(self.shared.running()?.index().unreadable())
    }

    async fn beat(&self, _mine: &Beat, _lasts: Duration) -> Result<Heard, StoreError> {
        // One process holds the folder: there are no others.
        Ok(Heard::default())
    }

    fn observe(&self, observer: Observer) {
        // The first one stays.
        let _ = self.shared.observer.set(observer);
    }

    fn engine(&self) -> &'static str {
        self.engine
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        Ok(self.shared.running()?.index().counts())
    }
}

/// Whether a thread of this runtime may wait for one commit to reach the disk: another one goes on with everything else. It spares a
/// lonely commit two changes of threads; under load somebody is always committing, and the writer does it all.
fn may_block() -> bool {
    Handle::try_current().is_ok_and(|runtime| {
        runtime.runtime_flavor() == RuntimeFlavor::MultiThread
            && runtime.metrics().num_workers() > 1
    })
}

/// The store has failed or closed.
fn stopped() -> StoreError {
    StoreError::Unavailable {
        doing: "anything: it has stopped",
        source: Box::new(KvError::Stopped),
    }
}

/// Sorts an engine's refusal by what the caller can do.
fn failed(doing: &'static str) -> impl Fn(KvError) -> StoreError {
    move |error| match error {
        KvError::TooLarge { what, max, .. } => StoreError::TooLarge { what, max },
        KvError::Corrupt { .. } | KvError::Foreign { .. } | KvError::Lost { .. } => {
            StoreError::Corrupt {
                what: "the store's files",
                id: None,
                source: error.into(),
            }
        }
        KvError::InUse
        | KvError::Absent
        | KvError::Full { .. }
        | KvError::Unavailable { .. }
        | KvError::Stopped => StoreError::Unavailable {
            doing,
            source: error.into(),
        },
    }
}

/// A record that cannot be read.
fn corrupt(what: &'static str, id: Option<RecordId>) -> impl Fn(RecordError) -> StoreError {
    move |error| StoreError::Corrupt {
        what,
        id,
        source: error.into(),
    }
}
