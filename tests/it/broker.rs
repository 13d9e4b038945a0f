//! The broker over a store whose commits a test holds back: nothing is announced before it is committed, and nothing that was
//! not committed is announced at all.

use crate::support::memory::Memory;
use crate::support::{TestClock, at};
use async_trait::async_trait;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use usher::app;
use usher::broker::input::{DeadlineInput, SubmitInput};
use usher::broker::{Broker, BrokerError, Parts};
use usher::config::policy::Rules;
use usher::config::{calendar, check};
use usher::directory::Directory;
use usher::ids::{Ids, RandomIds};
use usher::store::{
    Change, Committed, Counts, Cursor, Filter, Listing, Page, Queued, Recorded, Store, StoreError,
    Stored,
};
use usher::telemetry::metrics::Metrics;
use usher_domain::actor::{Actor, Courts, Person, Role};
use usher_domain::code::{AuthorityCode, ClientId, CourtCode, ResponderId};
use usher_domain::command::Request;
use usher_domain::enquiry::{Purpose, ReportType};
use usher_domain::hearing::Hearing;
use usher_domain::id::EnquiryId;
use usher_domain::personal::Personal;
use usher_domain::time::Timestamp;

/// A store whose commits wait at a gate, and fail when they are told to.
struct Gated {
    inner: Memory,
    gate: Semaphore,
    failing: AtomicBool,
}

#[async_trait]
impl Store for Gated {
    async fn load(&self, id: EnquiryId) -> Result<Option<Stored>, StoreError> {
        self.inner.load(id).await
    }
    async fn commit(&self, batch: Vec<Change>) -> Result<Committed, StoreError> {
        self.gate.acquire().await.unwrap().forget();
        if self.failing.load(Ordering::Relaxed) {
            let source = "the disk is gone".into();
            return Err(StoreError::Unavailable {
                doing: "a commit",
                source,
            });
        }
        self.inner.commit(batch).await
    }
    async fn queued(&self, of: &ResponderId, limit: usize) -> Result<Vec<Queued>, StoreError> {
        self.inner.queued(of, limit).await
    }
    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        self.inner.queues().await
    }
    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, EnquiryId)>, StoreError> {
        self.inner.due(until, limit).await
    }
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.inner.next_due().await
    }
    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        self.inner.list(filter, page).await
    }
    async fn history(
        &self,
        id: EnquiryId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        self.inner.history(id, after, limit).await
    }
    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        self.inner.feed(after, limit).await
    }
    async fn feed_end(&self) -> Result<Cursor, StoreError> {
        self.inner.feed_end().await
    }
    async fn sweep(&self) -> Result<Vec<EnquiryId>, StoreError> {
        self.inner.sweep().await
    }
    async fn unreadable(&self) -> Result<Vec<EnquiryId>, StoreError> {
        self.inner.unreadable().await
    }
    fn engine(&self) -> &'static str {
        self.inner.engine()
    }
    async fn counts(&self) -> Result<Counts, StoreError> {
        self.inner.counts().await
    }
}

async fn broker() -> (Arc<Broker>, Arc<Gated>) {
    let store = Arc::new(Gated {
        inner: Memory::default(),
        gate: Semaphore::new(0),
        failing: AtomicBool::new(false),
    });
    let directory = Arc::new(Directory::built_in().unwrap());
    let parts = check::Parts {
        rules: Rules::built_in().unwrap(),
        calendar: calendar::built_in(),
    };
    let broker = Broker::new(Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        policy: app::policy(&parts, &directory, Path::new("config/responders")).unwrap(),
        directory,
        clock: Arc::new(TestClock::at(at("2026-11-23T10:00"))),
        ids: Arc::new(RandomIds),
        metrics: Arc::new(Metrics::new(app::methods())),
    });
    (Arc::new(broker.await.unwrap()), store)
}

fn enquiry() -> SubmitInput {
    let court = CourtCode::parse("B01IX").unwrap();
    let hearing = Hearing::new(court, "2026-11-23T14:00".parse().unwrap()).unwrap();
    SubmitInput {
        request: Request {
            id: RandomIds.request(),
            digest: 1,
        },
        validate_only: false,
        person: Person {
            name: "Olu Officer".into(),
            ..Person::default()
        },
        office: String::new(),
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: false,
        curfew_proposed: false,
        imminent_harm: false,
        concerns: Vec::new(),
        deadline: DeadlineInput::Hearing(hearing),
        personal: Personal::default(),
        authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
    }
}

fn officer() -> Actor {
    Actor {
        role: Role::Officer,
        client: ClientId::parse("spiffe://usher.example/court/gateway").unwrap(),
        courts: Courts::All,
        responders: Vec::new(),
        person: None,
    }
}

/// Long enough for an announcement that comes too early to be seen.
const A_WHILE: Duration = Duration::from_millis(100);

#[tokio::test]
async fn nothing_is_announced_before_it_is_committed() {
    let (broker, store) = broker().await;
    let mut feed = broker.announcer().feed();
    let queue = broker
        .announcer()
        .queue(&ResponderId::parse("hackney").unwrap());
    let mut woken = Box::pin(queue.notified());
    woken.as_mut().enable();
    let submitting = tokio::spawn({
        let broker = Arc::clone(&broker);
        async move { broker.submit(enquiry(), &officer()).await }
    });
    assert!(
        tokio::time::timeout(A_WHILE, &mut woken).await.is_err(),
        "an adapter was woken too early"
    );
    assert!(!feed.has_changed().unwrap(), "the feed moved too early");
    assert!(!submitting.is_finished(), "a receipt before the commit");
    store.gate.add_permits(1);
    let receipt = submitting.await.unwrap().unwrap();
    tokio::time::timeout(A_WHILE * 20, woken)
        .await
        .expect("the adapter is woken");
    assert!(feed.has_changed().unwrap());
    assert!(store.load(receipt.enquiry).await.unwrap().is_some());
    assert_eq!(*feed.borrow_and_update(), store.feed_end().await.unwrap());
}

#[tokio::test]
async fn what_was_not_committed_is_not_announced() {
    let (broker, store) = broker().await;
    let feed = broker.announcer().feed();
    store.failing.store(true, Ordering::Relaxed);
    store.gate.add_permits(1);
    let refused = broker.submit(enquiry(), &officer()).await;
    assert!(matches!(
        refused,
        Err(BrokerError::Store(StoreError::Unavailable { .. }))
    ));
    assert!(!feed.has_changed().unwrap());
    assert_eq!(store.counts().await.unwrap().open, 0);
}
