//! The server that writes is lost under load, and another takes over: no receipt is lost, no step is raised twice, and the service is
//! back by itself.

use super::whole_feed;
use crate::support::postgres::cluster::Cluster;
use crate::support::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tonic::{Code, Status};
use usher::clock::Stopwatch;
use usher::store::Store;
use usher_domain::enquiry::CheckState;
use usher_domain::event::EventKind;
use usher_domain::id::{CheckId, EnquiryId};
use usher_proto::v1;

/// From promotion to the first receipt of each broker.
const BACK_LIMIT: Duration = Duration::from_secs(30);
/// For one call, in which a broker may live through a failover.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// Of an officer between two enquiries: what is looked for at the end must not take longer than what is tried.
const PAUSE: Duration = Duration::from_millis(50);
/// Officers of each broker.
const CLIENTS: usize = 4;
/// The first step of an oral report's ladder is due a quarter of an hour after it was asked for.
const UNTIL_CHASE: Duration = Duration::from_secs(16 * 60);

/// What clients were told.
#[derive(Default)]
struct Told {
    receipts: Mutex<BTreeSet<EnquiryId>>,
    answered: Mutex<BTreeSet<CheckId>>,
    /// Receipts of each broker.
    by_broker: [Mutex<usize>; 2],
    stop: AtomicBool,
}

impl Told {
    fn goes_on(&self) -> bool {
        !self.stop.load(Ordering::Relaxed)
    }

    fn receipts_of(&self, broker: usize) -> usize {
        *self.by_broker[broker].lock().unwrap()
    }
}

async fn broker(cluster: &Cluster) -> Arc<Kit> {
    let store: Arc<dyn Store> = Arc::new(cluster.store().await);
    let kit = Kit::shaped(Shape {
        store: Some(store),
        ..Shape::default()
    });
    Arc::new(kit.await)
}

/// The same call again until it is answered: whoever is told that the store is away does so.
async fn insist<T, F>(told: &Told, call: impl Fn() -> F) -> Option<T>
where
    F: Future<Output = Result<T, Status>>,
{
    while told.goes_on() {
        match timeout(CALL_LIMIT, call()).await.expect("a call hangs") {
            Ok(answer) => return Some(answer),
            Err(status) => assert!(
                matches!(status.code(), Code::Unavailable | Code::Aborted),
                "{status:?}"
            ),
        }
        sleep(Duration::from_millis(20)).await;
    }
    None
}

async fn officer(kit: Arc<Kit>, place: usize, told: Arc<Told>) {
    while told.goes_on() {
        let request = enquiry_at("2026-11-27T14:00", &[IN_HACKNEY]);
        let receipt = insist(&told, || {
            let (kit, request) = (Arc::clone(&kit), request.clone());
            async move { kit.court(OFFICER).submit(request).await }
        });
        let Some(receipt) = receipt.await else { return };
        let id = receipt.into_inner().enquiry_id.parse().unwrap();
        told.receipts.lock().unwrap().insert(id);
        *told.by_broker[place].lock().unwrap() += 1;
        sleep(PAUSE).await;
    }
}

/// Answers a check now and then: the others are left to be chased.
async fn adapter(kit: Arc<Kit>, told: Arc<Told>) {
    while told.goes_on() {
        let call = v1::LeaseChecksRequest {
            wait: Some(seconds(1)),
            ..lease()
        };
        let leased = insist(&told, || {
            let (kit, call) = (Arc::clone(&kit), call.clone());
            async move { kit.adapter(HACKNEY).lease_checks(call).await }
        });
        let Some(leased) = leased.await else { return };
        for one in leased.into_inner().checks {
            let check = one.check.unwrap().id;
            let request = answer(&check, &one.lease_id);
            let taken = insist(&told, || take(Arc::clone(&kit), request.clone()));
            if taken.await == Some(true) {
                told.answered.lock().unwrap().insert(check.parse().unwrap());
            }
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Whether the answer was taken; it is not where the lease ended while nobody could be reached.
async fn take(kit: Arc<Kit>, request: v1::AnswerRequest) -> Result<bool, Status> {
    match kit.adapter(HACKNEY).answer(request).await {
        Ok(_) => Ok(true),
        Err(status) if status.code() == Code::FailedPrecondition => Ok(false),
        Err(status) => Err(status),
    }
}

/// Everything that clients were told is in the store, and every step was raised once.
async fn check(store: &dyn Store, told: &Told) {
    let (receipts, answered) = (
        told.receipts.lock().unwrap().clone(),
        told.answered.lock().unwrap().clone(),
    );
    for id in receipts {
        assert!(
            store.load(id).await.unwrap().is_some(),
            "the receipt of {id} is lost"
        );
    }
    for id in answered {
        let stored = store.load(id.enquiry).await.unwrap().unwrap();
        let state = &stored.enquiry.check(id.number).unwrap().state;
        assert!(
            matches!(state, CheckState::Answered { .. }),
            "{id} is {}",
            state.name()
        );
    }
    let mut raised: BTreeMap<_, usize> = BTreeMap::new();
    for recorded in whole_feed(store, 1_000).await {
        if let EventKind::StepRaised {
            step, generation, ..
        } = recorded.event.kind
        {
            *raised
                .entry((recorded.enquiry, recorded.event.check, step, generation))
                .or_default() += 1;
        }
    }
    let twice: Vec<_> = raised.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

async fn fail_over(cycles: usize) {
    let Some(mut cluster) = Cluster::start().await else {
        return;
    };
    let losses = cluster.losses();
    let brokers = [broker(&cluster).await, broker(&cluster).await];
    let told = Arc::new(Told::default());
    let mut clients = JoinSet::new();
    for (place, kit) in brokers.iter().enumerate() {
        for _ in 0..CLIENTS {
            clients.spawn(officer(Arc::clone(kit), place, Arc::clone(&told)));
        }
        clients.spawn(adapter(Arc::clone(kit), Arc::clone(&told)));
    }
    for cycle in 0..cycles {
        let how = losses[cycle % losses.len()];
        sleep(Duration::from_millis(500)).await;
        for kit in &brokers {
            kit.clock.forward(UNTIL_CHASE);
        }
        cluster.lose(how);
        sleep(Duration::from_millis(300)).await;
        let before = [0, 1].map(|place| told.receipts_of(place));
        let promoted = Stopwatch::start();
        cluster.promote().await;
        while (0..2).any(|place| told.receipts_of(place) <= before[place] + CLIENTS) {
            assert!(
                promoted.elapsed() < BACK_LIMIT,
                "cycle {cycle}, {how:?}: the service is not back"
            );
            sleep(Duration::from_millis(20)).await;
        }
        println!(
            "cycle {cycle}: {how:?}, back after {:?}",
            promoted.elapsed()
        );
        cluster.bring_back(how).await;
        check(&cluster.store().await, &told).await;
    }
    told.stop.store(true, Ordering::Relaxed);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let store = cluster.store().await;
    check(&store, &told).await;
    let receipts = told.receipts.lock().unwrap().len();
    let answered = told.answered.lock().unwrap().len();
    println!("{cycles} cycles, {receipts} receipts, {answered} answers: none lost");
    assert!(answered > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_lost_servers_lose_no_receipt_and_raise_no_step_twice() {
    fail_over(10).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes ten minutes: for releases"]
async fn fifty_lost_servers_lose_no_receipt_and_raise_no_step_twice() {
    fail_over(50).await;
}
