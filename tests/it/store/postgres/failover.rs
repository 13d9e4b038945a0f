//! The server that writes is lost under load, and another takes over: no receipt is lost, no step is raised twice, and the service is
//! back by itself.

use crate::support::postgres::cluster::{Cluster, Loss};
use crate::support::postgres::prove;
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

/// From the moment at which the promoted server can acknowledge commits to the first receipts of each broker.
const BACK_LIMIT: Duration = Duration::from_secs(30);
/// For one call, in which a broker may live through a failover.
const CALL_LIMIT: Duration = Duration::from_secs(60);
/// Of an officer between two enquiries: what every cycle proves is all that there is, and must not take longer than what is tried.
const PAUSE: Duration = Duration::from_millis(200);
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

/// Everything that clients were told is in the store, every step was raised once, and the store is whole. Answers with the steps.
async fn check(cluster: &Cluster, told: &Told) -> usize {
    let (receipts, answered) = (
        told.receipts.lock().unwrap().clone(),
        told.answered.lock().unwrap().clone(),
    );
    let store = cluster.store().await;
    let (mut submitted, mut known) = (BTreeSet::new(), BTreeSet::new());
    let mut raised: BTreeMap<_, usize> = BTreeMap::new();
    for recorded in whole_feed(&store, 1_000).await {
        let enquiry = recorded.enquiry().unwrap();
        let event = recorded.event;
        match event.kind {
            EventKind::Submitted => drop(submitted.insert(enquiry)),
            EventKind::Answered { .. } => {
                let number = event.check.unwrap();
                known.insert(CheckId { enquiry, number });
            }
            EventKind::StepRaised {
                step, generation, ..
            } => {
                *raised
                    .entry((enquiry, event.check, step, generation))
                    .or_default() += 1;
            }
            _ => {}
        }
    }
    let lost: Vec<_> = receipts.difference(&submitted).collect();
    assert!(lost.is_empty(), "receipts are lost: {lost:?}");
    let lost: Vec<_> = answered.difference(&known).collect();
    assert!(lost.is_empty(), "answers are lost: {lost:?}");
    let twice: Vec<_> = raised.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    // Whatever the feed tells of has its record.
    prove(&cluster.settings()).await;
    raised.len()
}

/// The records say so, too.
async fn check_records(store: &dyn Store, told: &Told) {
    let (receipts, answered) = (
        told.receipts.lock().unwrap().clone(),
        told.answered.lock().unwrap().clone(),
    );
    for id in receipts {
        let stored = store.load(id.into()).await.unwrap();
        assert!(stored.is_some(), "the receipt of {id} is lost");
    }
    for id in answered {
        let stored = store.load(id.enquiry.into()).await.unwrap().unwrap();
        let state = &stored
            .record
            .enquiry()
            .unwrap()
            .check(id.number)
            .unwrap()
            .state;
        let is_answered = matches!(state, CheckState::Answered { .. });
        assert!(is_answered, "{id} is {}", state.name());
    }
}

/// Loses the server that writes, and waits until every broker serves again: how long that took from the promotion on.
async fn lose(cluster: &mut Cluster, brokers: &[Arc<Kit>; 2], told: &Told, how: Loss) -> Duration {
    sleep(Duration::from_millis(500)).await;
    for kit in brokers {
        kit.clock.forward(UNTIL_CHASE);
    }
    cluster.lose(how);
    sleep(Duration::from_millis(300)).await;
    let before = [0, 1].map(|place| told.receipts_of(place));
    cluster.promote().await;
    // From here on: before another server follows, which takes as long as a copy of all, the database acknowledges nothing to anybody.
    let promoted = Stopwatch::start();
    while (0..2).any(|place| told.receipts_of(place) <= before[place] + CLIENTS) {
        let waited = promoted.elapsed();
        assert!(waited < BACK_LIMIT, "{how:?}: the service is not back");
        sleep(Duration::from_millis(20)).await;
    }
    let back = promoted.elapsed();
    cluster.bring_back(how).await;
    back
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
    let mut by_kind: BTreeMap<String, Vec<Duration>> = BTreeMap::new();
    for cycle in 0..cycles {
        let how = losses[cycle % losses.len()];
        let back = lose(&mut cluster, &brokers, &told, how).await;
        let steps = check(&cluster, &told).await;
        println!("cycle {cycle}: {how:?}, back after {back:?}, {steps} steps, sound");
        by_kind.entry(format!("{how:?}")).or_default().push(back);
    }
    told.stop.store(true, Ordering::Relaxed);
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
    let steps = check(&cluster, &told).await;
    check_records(&cluster.store().await, &told).await;
    for (how, back) in &by_kind {
        let (count, worst) = (back.len(), back.iter().max().unwrap());
        println!("{how}: {count} cycles, back at most {worst:?} after promotion");
    }
    let receipts = told.receipts.lock().unwrap().len();
    let answered = told.answered.lock().unwrap().len();
    println!(
        "{cycles} cycles, {receipts} receipts, {answered} answers, {steps} steps: none lost, none twice"
    );
    assert!(answered > 0 && steps > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_lost_servers_lose_no_receipt_and_raise_no_step_twice() {
    fail_over(10).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes twenty minutes: CONTRIBUTING.md says how to run it"]
async fn fifty_lost_servers_lose_no_receipt_and_raise_no_step_twice() {
    fail_over(50).await;
}
