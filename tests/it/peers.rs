//! Several brokers over one store: each step is raised once, whoever dies; an adapter that is connected to one is absent for none.

use crate::support::memory::Memory;
use crate::support::postgres::Postgres;
use crate::support::sample::{self, Sample};
use crate::support::{Gate, Gated, HACKNEY, PATIENCE, TestClock, until};
use jiff::SignedDuration;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use usher::app;
use usher::broker::input::{
    AlertFilter, LeaseInput, ListAlertsInput, ListRespondersInput, Position,
};
use usher::broker::{AlertEntry, Broker, LendingView, Parts};
use usher::clock::{Clock, SharedClock};
use usher::config::policy::Rules;
use usher::config::{agreements, calendar, check};
use usher::directory::Directory;
use usher::ids::{Ids as _, RandomIds};
use usher::scheduler::{Activation, Scheduler, Settings};
use usher::store::{Cursor, Store};
use usher::telemetry::metrics::Metrics;
use usher_domain::actor::{Actor, Courts, Role};
use usher_domain::code::ClientId;
use usher_domain::command::Request;
use usher_domain::event::EventKind;
use usher_domain::limits::{LEASE_BATCH_MAX, LENT_DEFAULT};

const LASTS: Duration = Duration::from_secs(60);
/// Enquiries that fall due an hour after they were submitted.
const ENQUIRIES: u128 = 100;

struct Town {
    store: Arc<Memory>,
    clock: Arc<TestClock>,
}

impl Town {
    fn new() -> Self {
        Self {
            store: Arc::default(),
            clock: Arc::new(TestClock::at(sample::at(0))),
        }
    }

    async fn broker(&self) -> Arc<Broker> {
        self.broker_by(Arc::clone(&self.clock) as Arc<dyn Clock>)
            .await
    }

    /// A broker on a machine with this clock.
    async fn broker_by(&self, clock: Arc<dyn Clock>) -> Arc<Broker> {
        broker_over(Arc::clone(&self.store) as Arc<dyn Store>, clock).await
    }

    async fn fill(&self) {
        fill(self.store.as_ref(), ENQUIRIES).await;
    }

    /// How many steps have been raised.
    async fn raised(&self) -> usize {
        let feed = self.store.feed(Cursor::default(), 10_000).await.unwrap();
        let raised = |kind: &EventKind| matches!(kind, EventKind::StepRaised { .. });
        feed.iter().filter(|one| raised(&one.event.kind)).count()
    }
}

async fn broker_over(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Arc<Broker> {
    let directory = Arc::new(Directory::built_in().unwrap());
    let parts = check::Parts {
        rules: Rules::built_in().unwrap(),
        calendar: calendar::built_in(),
        agreements: agreements::built_in().unwrap(),
    };
    let parts = Parts {
        store,
        policy: app::policy(&parts, &directory, Path::new("config/responders")).unwrap(),
        directory,
        clock,
        ids: Arc::new(RandomIds),
        metrics: Arc::new(Metrics::new(app::methods())),
    };
    Arc::new(Broker::new(parts).await.unwrap())
}

async fn fill(store: &dyn Store, enquiries: u128) {
    for number in 1..=enquiries {
        let change = Sample::new(number).due(60).submitted();
        store.commit(&[change]).await.unwrap();
    }
}

fn scheduler(broker: &Arc<Broker>) -> Scheduler {
    let settings = Settings {
        sweep_every: Duration::from_secs(300),
        absence_every: Duration::from_secs(30),
        absent_after: Duration::from_secs(900),
    };
    Scheduler::new(Arc::clone(broker), settings)
}

async fn activate(broker: &Arc<Broker>) -> Activation {
    scheduler(broker).activate().await.unwrap()
}

/// Lets both hear of each other.
async fn meet(one: &Broker, other: &Broker) {
    for broker in [one, other, one] {
        broker.beat(LASTS).await.unwrap();
    }
}

#[tokio::test]
async fn brokers_share_out_what_falls_due_and_each_step_is_raised_once() {
    let town = Town::new();
    town.fill().await;
    let (one, other) = (town.broker().await, town.broker().await);
    meet(&one, &other).await;
    town.clock.set(sample::at(60));
    let (first, second) = (activate(&one).await, activate(&other).await);
    assert_eq!((first.failed, second.failed), (0, 0));
    assert!(
        first.advanced > 20 && second.advanced > 20,
        "{first:?} {second:?}"
    );
    assert_eq!(first.advanced + second.advanced, 100);
    assert_eq!(town.raised().await, 100);
    assert_eq!(activate(&one).await.advanced, 0);
}

#[tokio::test]
async fn what_a_dead_broker_lets_lie_is_raised_by_another_after_a_second() {
    let town = Town::new();
    town.fill().await;
    let (one, dead) = (town.broker().await, town.broker().await);
    meet(&one, &dead).await;
    let due = sample::at(60);
    town.clock.set(due);
    let first = activate(&one).await;
    assert!(first.advanced < 80, "{first:?}");
    assert_eq!(first.look_again, Some(due + Duration::from_secs(1)));
    assert!(!first.more, "it would look without a pause");
    town.clock.forward(Duration::from_millis(999));
    assert_eq!(activate(&one).await.advanced, 0);
    town.clock.forward(Duration::from_millis(1));
    activate(&one).await;
    assert_eq!(town.raised().await, 100);
    // It was not dead: it comes back, and finds nothing to do.
    assert_eq!(activate(&dead).await.advanced, 0);
    assert_eq!(town.raised().await, 100);
}

#[tokio::test]
async fn a_broker_that_goes_leaves_everything_to_the_others_at_once() {
    let town = Town::new();
    town.fill().await;
    let (one, goes) = (town.broker().await, town.broker().await);
    meet(&one, &goes).await;
    goes.beat(Duration::ZERO).await.unwrap();
    one.beat(LASTS).await.unwrap();
    town.clock.set(sample::at(60));
    assert_eq!(activate(&one).await.advanced, 100);
}

#[tokio::test]
async fn two_brokers_that_do_not_know_of_each_other_raise_each_step_once() {
    let town = Town::new();
    town.fill().await;
    let (one, other) = (town.broker().await, town.broker().await);
    town.clock.set(sample::at(60));
    let (first, second) = tokio::join!(activate(&one), activate(&other));
    assert_eq!((first.failed, second.failed), (0, 0));
    assert_eq!(town.raised().await, 100);
}

/// What Hackney's adapter is lent by `broker` at once, of as much as one call may ask for.
async fn lent(broker: &Arc<Broker>) -> usize {
    let adapter = Actor {
        role: Role::Adapter,
        client: ClientId::parse(HACKNEY).unwrap(),
        courts: Courts::Only(Vec::new()),
        responders: vec![sample::responder("hackney")],
        person: None,
    };
    let call = LeaseInput {
        request: Request {
            id: RandomIds.request(),
            digest: 1,
        },
        responders: Vec::new(),
        max: LEASE_BATCH_MAX,
        wait: Duration::ZERO,
        span: None,
        report: None,
    };
    broker.lease(&call, &adapter).await.unwrap().len()
}

/// How lending to Hackney's programs stands with `broker`.
async fn lending(broker: &Broker) -> LendingView {
    let input = ListRespondersInput {
        authority: None,
        skip: 0,
        size: 100,
    };
    let (all, _) = broker.list_responders(&input).await.unwrap();
    let hackney = all.iter().find(|one| one.id.as_str() == "hackney");
    hackney.unwrap().lending
}

/// How much of it `broker` counts as held by Hackney's programs.
async fn held(broker: &Broker) -> usize {
    lending(broker).await.held
}

/// Waits until `broker` has heard that so much is held.
async fn counts(broker: &Broker, wanted: usize) {
    let heard = tokio::time::timeout(PATIENCE, async {
        while held(broker).await != wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    heard.await.expect("it hears of the other's leases");
}

#[tokio::test]
async fn a_broker_that_starts_knows_what_is_lent() {
    let town = Town::new();
    fill(town.store.as_ref(), 300).await;
    let one = town.broker().await;
    for _ in 0..LENT_DEFAULT / LEASE_BATCH_MAX {
        assert_eq!(lent(&one).await, LEASE_BATCH_MAX);
    }
    assert_eq!(lent(&one).await, 0);
    let started = town.broker().await;
    assert_eq!(held(&started).await, LENT_DEFAULT);
    assert_eq!(lent(&started).await, 0, "as much as may be is lent");
    town.clock.forward(Duration::from_secs(121));
    assert_eq!(held(&started).await, 0, "the leases have ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_broker_lends_counts_for_the_others() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let clock: Arc<dyn Clock> = Arc::new(TestClock::at(sample::at(0)));
    let broker = async || broker_over(Arc::new(server.store().await), Arc::clone(&clock)).await;
    let (one, other) = (broker().await, broker().await);
    let following = [&one, &other].map(|broker| {
        let broker = Arc::clone(broker);
        tokio::spawn(async move { broker.follow().await })
    });
    fill(&server.store().await, 300).await;
    for lends in 1..=3 {
        assert_eq!(lent(&one).await, LEASE_BATCH_MAX);
        counts(&other, lends * LEASE_BATCH_MAX).await;
    }
    assert_eq!(lent(&other).await, LEASE_BATCH_MAX);
    assert_eq!(lent(&other).await, 0, "as much as may be is lent");
    counts(&one, LENT_DEFAULT).await;
    assert_eq!(lent(&one).await, 0);
    let started = broker().await;
    assert_eq!(
        (held(&started).await, lent(&started).await),
        (LENT_DEFAULT, 0)
    );
    for task in following {
        task.abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_that_came_too_late_waits_with_every_broker_at_once_and_is_lost_for_none() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let clock = Arc::new(TestClock::at(sample::at(0)));
    let (gate, store) = (Gate::open(), Arc::new(server.store().await));
    let gated = Gated {
        gate: Arc::clone(&gate),
        store,
    };
    let slow = broker_over(Arc::new(gated), Arc::clone(&clock) as Arc<dyn Clock>).await;
    let store = Arc::new(server.store().await);
    let other = broker_over(
        Arc::clone(&store) as Arc<dyn Store>,
        Arc::clone(&clock) as Arc<dyn Clock>,
    )
    .await;
    let follower = Arc::clone(&other);
    let following = tokio::spawn(async move { follower.follow().await });
    fill(store.as_ref(), 1).await;
    let given_back = async || {
        let feed = store.feed(Cursor::default(), 100).await;
        let back = |kind: &EventKind| matches!(kind, EventKind::Released { for_people: None });
        let feed = feed.unwrap().into_iter();
        feed.filter(|one| back(&one.event.kind)).count()
    };
    // It would last two minutes: the first is to end soon when it comes, the second has ended. The callers have gone.
    for (round, seconds) in [(1, 60), (2, 240)] {
        gate.set_open(false);
        let lender = Arc::clone(&slow);
        let call = tokio::spawn(async move { lent(&lender).await });
        until("the commit is held", || gate.held() == 1).await;
        call.abort();
        assert!(call.await.unwrap_err().is_cancelled());
        clock.forward(Duration::from_secs(seconds));
        gate.set_open(true);
        let given_back = tokio::time::timeout(PATIENCE, async {
            while given_back().await != round {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        });
        given_back.await.expect("it is given back");
    }
    activate(&other).await;
    assert_eq!(lent(&other).await, 1);
    // By the time it hears of this one it has heard of the others.
    let change = Sample::new(2).due(60).submitted();
    store.commit(&[change]).await.unwrap();
    assert_eq!(lent(&slow).await, 1);
    counts(&other, 2).await;
    for broker in [&slow, &other] {
        assert_eq!(lending(broker).await.losses, 0);
    }
    following.abort();
}

#[tokio::test]
async fn an_adapter_that_is_connected_to_one_broker_is_absent_for_none() {
    let town = Town::new();
    let (one, other) = (town.broker().await, town.broker().await);
    let hackney = sample::responder("hackney");
    lent(&one).await;
    let now = town.clock.now();
    assert!(!other.presence().is_connected(&hackney, now));
    meet(&one, &other).await;
    assert!(other.presence().is_connected(&hackney, now));
    assert_eq!(other.presence().absent_since(&hackney, now), None);
    let later = now + Duration::from_secs(121);
    assert_eq!(other.presence().absent_since(&hackney, later), Some(now));
}

/// The alerts that `role` is told of by `broker`: id and cause.
async fn alerts(broker: &Broker, role: Role) -> Vec<(String, &'static str)> {
    let actor = Actor {
        role,
        client: ClientId::parse(HACKNEY).unwrap(),
        courts: Courts::All,
        responders: Vec::new(),
        person: None,
    };
    let input = ListAlertsInput {
        filter: AlertFilter::default(),
        position: Position::default(),
        size: 10,
    };
    let show = |entry: &AlertEntry| match entry {
        AlertEntry::Damaged(fault) => ((fault.record.to_string(), fault.kind.name()), 1),
        AlertEntry::Raised { .. } | AlertEntry::Needed { .. } => panic!("nothing was raised"),
    };
    broker.list_alerts(&input, &actor, show).await.unwrap().0
}

#[tokio::test]
async fn a_machine_whose_clock_is_off_is_told_of_by_every_broker_while_it_lasts() {
    let town = Town::new();
    let machine = Arc::new(TestClock::at(sample::at(0)));
    let clock: Arc<dyn Clock> = Arc::new(SharedClock::over(Arc::clone(&machine) as Arc<dyn Clock>));
    let off = town.broker_by(Arc::clone(&clock)).await;
    let right = town.broker().await;
    let check = async |ahead_ms: i64, told: bool| {
        let now = sample::at(10);
        town.store.set_time(now);
        town.clock.set(now);
        machine.set(now + SignedDuration::from_millis(ahead_ms));
        for broker in [&off, &off, &right] {
            broker.beat(LASTS).await.unwrap();
        }
        let late = clock.now().duration_since(now);
        let second = SignedDuration::from_secs(1);
        assert!(
            late >= SignedDuration::ZERO && late < second,
            "it decides by the time of the store"
        );
        let wanted = told.then(|| (off.peers().me().to_string(), "broker_clock"));
        let wanted: Vec<_> = wanted.into_iter().collect();
        for broker in [&off, &right] {
            assert_eq!(alerts(broker, Role::Operator).await, wanted, "{ahead_ms}");
            assert_eq!(alerts(broker, Role::Manager).await, []);
            assert_eq!(broker.faults().count(), wanted.len());
            assert_eq!(broker.faults().count_readable(), 0, "it is no record");
        }
        let metrics = off.metrics().encode().unwrap();
        // The shared clock has gone on since.
        let seconds = ahead_ms / 1_000;
        let line = format!("usher_broker_clock_ahead_seconds {seconds}.");
        assert!(metrics.contains(&line), "{line}");
    };
    check(1_900, false).await;
    check(3_900, true).await;
    check(-3_100, true).await;
    check(900, false).await;
}
