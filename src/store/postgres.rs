//! PostgreSQL: the store contract for any number of brokers over one database, or what speaks its protocol.
//!
//! Whoever commits holds one row, `feed_head`, from the first look at revisions to the end of the transaction. So commits of all
//! brokers have one order, the feed has no gap and no late event, and a conflict is seen before anything is written. Commits of one
//! broker that wait travel together. A holder that goes silent loses its transaction to `idle_in_transaction_session_timeout`.
//!
//! What other brokers commit is told by NOTIFY and found out by looking; see `elsewhere.rs`.
//!
//! A COMMIT whose answer is lost is neither done nor failed: the writer asks the primary, behind the same row, whether the feed has
//! its entry. Nothing is decided on a replica: connections accept read-write servers only.

mod beat;
mod connect;
mod elsewhere;
mod fence;
mod group;
mod intake;
mod list;
mod put;
mod read;
mod rows;
mod schema;
mod servers;
mod session;
mod snapshot;
mod sweep;
mod writer;

pub use connect::{ConnectError, Settings, client, examine, user};
pub use intake::Intake;
pub use rows::Keyed;
pub use schema::{MigrateError, migrate};
pub use snapshot::{Kept, Snapshot};

use super::record::RecordError;
use super::{
    Beat, Change, Committed, Counts, Cursor, Filter, Heard, Listing, Observer, Page, Queued,
    Recorded, Store, StoreError, Stored,
};
use async_trait::async_trait;
use connect::Connector;
use deadpool_postgres::{Object, Pool};
use elsewhere::Elsewhere;
use fence::Fence;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::task::AbortOnDropHandle;
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::id::{RecordId, Reference};
use usher_domain::index::RecordKind;
use usher_domain::limits::{COMMIT_QUEUE_MAX, PAGE_SIZE_MAX};
use usher_domain::report::facts::Facts;
use usher_domain::time::Timestamp;
use uuid::Uuid;
use writer::{Job, Writer};

/// How long looking at the schema may take when the store is opened.
const OPEN_LIMIT: Duration = Duration::from_secs(20);
/// How long a commit waits for a place in a full queue.
const QUEUE_WAIT_MAX: Duration = Duration::from_secs(10);

/// The store.
pub struct PostgresStore {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<Job>,
    _listening: AbortOnDropHandle<()>,
}

/// What readers and the writer share.
struct Shared {
    pool: Pool,
    /// The writer's own connection: no crowd of readers holds up a commit.
    writing: Pool,
    /// And that of the beats: a broker that is busy is not away.
    beating: Pool,
    /// Records that could not be read: told of, and asked for by `unreadable`. What no read has met the next sweep meets, and the first
    /// sweep comes with the broker's start. A commit that was decided before the damage writes the record whole again.
    unreadable: Mutex<BTreeSet<RecordId>>,
    /// Up to where sweeps have read the closed rows; `None` before the first.
    swept: Mutex<Option<Uuid>>,
    observer: OnceLock<Observer>,
    elsewhere: Arc<Elsewhere>,
    fence: Arc<Fence>,
}

impl PostgresStore {
    /// Connects and checks that the schema is the one that this program knows.
    ///
    /// # Errors
    /// [`ConnectError`] with what to do.
    pub async fn open(settings: &Settings) -> Result<Self, ConnectError> {
        let connector = Connector::new(settings)?;
        let pool = connector.pool(settings.connections_max)?;
        let looked = async {
            schema::check(&pool, true).await?;
            Ok::<_, ConnectError>(Elsewhere::start(&*pool.get().await?).await?)
        };
        let looked = tokio::time::timeout(OPEN_LIMIT, looked).await;
        let elsewhere = looked.map_err(|_| ConnectError::Silent)??;
        let elsewhere = Arc::new(elsewhere);
        let shared = Arc::new(Shared {
            pool,
            writing: connector.pool(1)?,
            beating: connector.pool(1)?,
            unreadable: Mutex::default(),
            swept: Mutex::default(),
            observer: OnceLock::new(),
            elsewhere,
            fence: connector.fence(),
        });
        let listening = tokio::spawn(Arc::clone(&shared.elsewhere).run(connector));
        let (jobs, waiting) = mpsc::channel(COMMIT_QUEUE_MAX);
        Writer::new(Arc::clone(&shared), waiting).start()?;
        Ok(Self {
            shared,
            jobs,
            _listening: AbortOnDropHandle::new(listening),
        })
    }
}

impl Shared {
    async fn client(&self) -> Result<Object, StoreError> {
        let client = self.pool.get().await;
        client.map_err(unavailable("waiting for a connection"))
    }

    async fn writing_client(&self) -> Result<Object, StoreError> {
        let client = self.writing.get().await;
        client.map_err(unavailable("waiting for a connection"))
    }

    /// Gives up a connection whose state is not known, and those that wait beside it: where one server has gone silent or is no
    /// longer the one that writes, they lead to the same.
    fn give_up(&self, client: Object) {
        self.fence.trouble();
        drop(Object::take(client));
        for pool in [&self.pool, &self.writing, &self.beating] {
            pool.retain(|_, _| false);
        }
    }

    /// Sets a record apart that cannot be read, and says so.
    fn set_apart(&self, id: RecordId, error: RecordError) -> StoreError {
        self.tell_unreadable(id, &error);
        self.unreadable().insert(id);
        corrupt("the record", Some(id))(error)
    }

    /// Says that a record cannot be read, unless it has been said.
    fn tell_unreadable(&self, id: RecordId, error: &RecordError) {
        if !self.unreadable().contains(&id) {
            tracing::error!(record.id = %id, %error, "Record {id} cannot be read: set apart");
        }
    }

    fn set_apart_now(&self) -> Vec<RecordId> {
        self.unreadable().iter().copied().collect()
    }

    fn replace_set_apart(&self, found: BTreeSet<RecordId>) {
        *self.unreadable() = found;
    }

    fn unreadable(&self) -> MutexGuard<'_, BTreeSet<RecordId>> {
        self.unreadable
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError> {
        self.shared.load(id).await
    }

    async fn commit(&self, batch: &[Change]) -> Result<Committed, StoreError> {
        if batch.is_empty() {
            return Ok(Committed {
                revisions: Vec::new(),
                cursor: self.shared.feed_end().await?,
            });
        }
        let batch = rows::prepare(batch)?;
        let (reply, answer) = oneshot::channel();
        let sent = tokio::time::timeout(QUEUE_WAIT_MAX, self.jobs.send(Job { batch, reply })).await;
        sent.map_err(unavailable("waiting for a place in the commit queue"))?
            .map_err(unavailable("committing"))?;
        answer.await.map_err(unavailable("committing"))?
    }

    async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        self.shared.queued(responder, limit).await
    }

    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        self.shared.queues().await
    }

    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
        self.shared.due(until, limit).await
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = self.shared.due(Timestamp::MAX, 1).await?;
        Ok(first.first().map(|(at, _)| *at))
    }

    async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        self.shared.named(reference).await
    }

    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        self.shared.list(filter, page).await
    }

    async fn facts(
        &self,
        kind: RecordKind,
        courts: Option<Vec<CourtCode>>,
        page: &Page,
    ) -> Result<Listing<Facts>, StoreError> {
        let filter = Filter {
            courts,
            ..Filter::every(kind)
        };
        self.shared.list(&filter, page).await
    }

    async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.shared
            .history(id, after, limit.min(PAGE_SIZE_MAX))
            .await
    }

    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        // From the last id to the first there is none.
        let none = [Uuid::max(), Uuid::nil()];
        self.shared
            .feed(after, limit.min(PAGE_SIZE_MAX), none)
            .await
    }

    async fn feed_elsewhere(
        &self,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let own = self.shared.elsewhere.own_commits();
        self.shared.feed(after, limit.min(PAGE_SIZE_MAX), own).await
    }

    async fn feed_end(&self) -> Result<Cursor, StoreError> {
        self.shared.feed_end().await
    }

    async fn sweep(&self) -> Result<Vec<RecordId>, StoreError> {
        self.shared.sweep().await
    }

    async fn unreadable(&self) -> Result<Vec<RecordId>, StoreError> {
        Ok(self.shared.set_apart_now())
    }

    async fn beat(&self, mine: &Beat, lasts: Duration) -> Result<Heard, StoreError> {
        self.shared.beat(mine, lasts).await
    }

    fn observe(&self, observer: Observer) {
        // The first one stays.
        let _ = self.shared.observer.set(observer);
    }

    fn elsewhere(&self) -> watch::Receiver<u64> {
        self.shared.elsewhere.subscribe()
    }

    fn engine(&self) -> &'static str {
        "postgres"
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        self.shared.counts().await
    }
}

/// Sorts what stands between us and the database by what the caller can do, which is to try again.
fn unavailable<E>(doing: &'static str) -> impl Fn(E) -> StoreError
where
    E: std::error::Error + Send + Sync + 'static,
{
    move |error| StoreError::Unavailable {
        doing,
        source: Box::new(error),
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
