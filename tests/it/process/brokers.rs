//! Two brokers, each a process of its own, over one database: what one takes the other gives, what one leaves the other does.

use super::signs::page;
use super::*;
use crate::support::postgres::Postgres;
use tokio_stream::StreamExt as _;
use tonic::Streaming;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus};
use usher::store::postgres::Settings;
use usher_domain::time::Timestamp;
use v1::EventType;
use v1::watch_response::Payload;

/// Enquiries whose steps fall due when their broker is dead.
const LEFT: usize = 30;
/// Within which another broker does what one has left.
const TAKEN_OVER_WITHIN: jiff::SignedDuration = jiff::SignedDuration::from_secs(5);
/// Within which news of one broker is at the other.
const CROSSES_WITHIN: Duration = Duration::from_secs(2);
/// A hearing may be so near: submitting must be over by then.
const AHEAD_LEAST: jiff::SignedDuration = jiff::SignedDuration::from_secs(10);

/// A home whose brokers share the database of `server`.
fn home_over(server: &Postgres) -> Home {
    let home = Home::new();
    home.write("usher.toml", &config_over(server));
    home
}

/// The configuration of brokers that share the database of `server`.
pub(super) fn config_over(server: &Postgres) -> String {
    let Settings {
        url,
        connections_max,
        ..
    } = server.settings();
    let store = format!(
        "engine = \"postgres\"\n[store.postgres]\nurl = {url:?}\nconnections_max = {connections_max}\n"
    );
    let config = Home::config(&EVERYBODY, "").replace("path = \"store\"\ncache_mib = 4\n", &store);
    assert!(config.contains("postgres"));
    config
}

async fn event(stream: &mut Streaming<v1::WatchResponse>) -> v1::Event {
    loop {
        let message = tokio::time::timeout(PATIENCE, stream.next()).await;
        let message = message.expect("a message in time").unwrap().unwrap();
        if let Payload::Event(event) = message.payload.unwrap() {
            return event;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_submitted_to_one_is_leased_and_watched_through_the_other() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home_over(&server);
    let (one, other) = (home.serve(), home.serve());
    let mut adapter = AdapterServiceClient::new(home.channel(&other, HACKNEY));
    let waiting = tokio::spawn(async move {
        let call = v1::LeaseChecksRequest {
            wait: Some(seconds(30)),
            ..lease()
        };
        adapter.lease_checks(call).await.unwrap().into_inner()
    });
    let mut court = home.court(&other, OFFICER);
    let watched = court.watch(v1::WatchRequest::default());
    let mut watched = watched.await.unwrap().into_inner();
    // The call is at its waiting.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    let receipt = home.court(&one, OFFICER).submit(enquiry_for_real()).await;
    let id = receipt.unwrap().into_inner().enquiry_id;
    let crossed = Stopwatch::start();
    let leased = tokio::time::timeout(CROSSES_WITHIN, waiting).await;
    let leased = leased.expect("the waiting call hears of it").unwrap();
    println!("leased through the other after {:?}", crossed.elapsed());
    assert!(leased.checks[0].check.as_ref().unwrap().id.starts_with(&id));
    let first = event(&mut watched).await;
    assert!(
        crossed.elapsed() < CROSSES_WITHIN,
        "{:?}",
        crossed.elapsed()
    );
    assert_eq!(
        (first.r#type(), first.enquiry_id),
        (EventType::Submitted, id)
    );
}

/// An enquiry whose hearing is at this minute.
fn at_minute(hearing: Timestamp) -> v1::SubmitRequest {
    let local = to_london(hearing).strftime("%Y-%m-%dT%H:%M").to_string();
    enquiry_at(&local, &[IN_HACKNEY])
}

async fn sleep_until(moment: Timestamp) {
    let left = moment.duration_since(SystemClock.now());
    tokio::time::sleep(left.try_into().unwrap_or_default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_killed_broker_leaves_is_raised_by_another_within_five_seconds_and_once() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home_over(&server);
    let (one, other) = (home.serve(), home.serve());
    let soonest = SystemClock.now() + AHEAD_LEAST;
    let minute = soonest.as_second().div_euclid(60) + 1;
    let hearing = Timestamp::from_second(minute * 60).unwrap();
    let mut ids = Vec::new();
    for _ in 0..LEFT {
        let receipt = home.court(&one, OFFICER).submit(at_minute(hearing)).await;
        ids.push(receipt.unwrap().into_inner().enquiry_id);
    }
    sleep_until(hearing - Duration::from_millis(700)).await;
    one.kill();
    sleep_until(hearing + TAKEN_OVER_WITHIN).await;
    let mut latest = jiff::SignedDuration::ZERO;
    for id in ids {
        let history = v1::HistoryRequest {
            enquiry_id: id.clone(),
            page_size: 1_000,
            ..v1::HistoryRequest::default()
        };
        let history = home.court(&other, OFFICER).history(history).await.unwrap();
        let mut raised: Vec<_> = history
            .into_inner()
            .events
            .into_iter()
            .filter(|event| event.r#type() == EventType::StepRaised)
            .map(|event| {
                (
                    event.step,
                    instant(event.due_time),
                    instant(event.event_time),
                )
            })
            .collect();
        let at_hearing = raised.iter().filter(|(_, due, _)| *due == hearing);
        assert!(at_hearing.count() > 0, "{id}: {raised:?}");
        for (step, due, at) in &raised {
            let late = at.duration_since(*due);
            assert!(late <= TAKEN_OVER_WITHIN, "{id} {step} after {late}");
            latest = latest.max(late);
        }
        let all = raised.len();
        raised.sort();
        raised.dedup_by(|one, other| one.0 == other.0);
        assert_eq!(raised.len(), all, "{id}: a step was raised twice");
    }
    println!("raised by the other at most {latest:#} after the moment");
    let (code, out, err) = home.run(&["store", "verify", "--config", "usher.toml"]);
    assert_eq!(code, Some(0), "{out}{err}");
    assert!(out.contains("The store is sound."), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_ends_no_broker_and_is_told_until_it_is_back() {
    let Some(mut server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home_over(&server);
    let serving = home.serve();
    let mut health = HealthClient::new(home.channel(&serving, OPERATOR));
    let mut court = home.court(&serving, OFFICER);
    let mut check = async |ready: &str, status: ServingStatus| {
        let stopwatch = Stopwatch::start();
        loop {
            let request = HealthCheckRequest::default();
            let told = health.check(request).await.unwrap().into_inner();
            let shown = page(&serving, "/readyz").await;
            if told.status() == status && shown.contains(ready) {
                return;
            }
            assert!(stopwatch.elapsed() < PATIENCE, "{told:?} {shown}");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    check("200 OK", ServingStatus::Serving).await;
    server.stop();
    check("the store cannot be reached", ServingStatus::NotServing).await;
    server.start_again();
    check("200 OK", ServingStatus::Serving).await;
    court.submit(enquiry_for_real()).await.unwrap();
    // What stops in order leaves, so that others do its work at once.
    let mut serving = serving;
    serving.signal("TERM");
    assert_eq!(serving.end(PATIENCE).code(), Some(0));
    let settings = server.settings();
    let snapshot = usher::store::postgres::Snapshot::open(&settings).await;
    assert_eq!(snapshot.unwrap().brokers().await.unwrap(), 0);
}

/// Runs a command, which must end so and say these words.
#[track_caller]
fn check(home: &Home, command: &str, code: i32, words: &str) -> String {
    let arguments: Vec<&str> = command.split(' ').collect();
    let (got, out, err) = home.run(&arguments);
    assert_eq!(got, Some(code), "{command}\n{out}\n{err}");
    let said = out.contains(words) || err.contains(words);
    assert!(said, "{words:?} is not in {out}{err}");
    out
}

/// The server as this role comes to it.
fn url(server: &Postgres, role: &str) -> String {
    let socket = server.socket();
    let folder = socket.parent().unwrap().display().to_string();
    format!("postgres://{role}@{}/postgres", folder.replace('/', "%2F"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_is_carried_backed_up_and_restored_by_commands() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = Home::new();
    let serving = home.serve();
    let mut court = home.court(&serving, OFFICER);
    for _ in 0..5 {
        court.submit(enquiry_for_real()).await.unwrap();
    }
    let to = url(&server, "postgres");
    let migrate = format!("store migrate --from store --to {to} --format json");
    check(
        &home,
        "store backup --from store --to b",
        1,
        "stop the broker first",
    );
    check(&home, &migrate, 1, "stop the broker first");
    drop(serving);
    let there = check(&home, &migrate, 0, "\"records\": 5");
    let again = check(&home, &migrate, 0, "");
    assert_eq!(again, there, "a second run finds it done");
    let backup = format!("store backup --from {to} --to usher.backup --format json");
    assert_eq!(check(&home, &backup, 0, ""), there);
    check(&home, &backup, 1, "is there already");
    let restore = "store restore --from usher.backup --to again";
    check(&home, restore, 0, "Source and target both hold 5 records");
    check(&home, "store verify --path again", 0, "The store is sound.");
    let none = format!("store migrate --from nowhere --to {to}");
    check(&home, &none, 5, "there is no store in nowhere");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schema_is_made_by_its_owner_and_used_by_the_brokers_role() {
    let Some(server) = Postgres::start() else {
        return;
    };
    let home = Home::new();
    let (owner, runner) = (url(&server, "postgres"), url(&server, "usher"));
    let store = "--set store.engine=postgres --set";
    let verify = format!("store verify {store} store.postgres.url={owner}");
    let stopwatch = Stopwatch::start();
    while home.run(&verify.split(' ').collect::<Vec<_>>()).0 == Some(3) {
        assert!(stopwatch.elapsed() < PATIENCE, "the server does not start");
    }
    check(&home, &verify, 1, "run `usher store schema`");
    // Whom the configuration names gets the rights.
    let schema = format!("store schema {store} store.postgres.url={runner} --url {owner}");
    check(&home, &schema, 1, "create it with CREATE ROLE");
    let client = server.client().await;
    client
        .batch_execute("CREATE ROLE usher LOGIN")
        .await
        .unwrap();
    check(
        &home,
        &schema,
        0,
        "usher may read and write rows, and nothing else.",
    );
    check(
        &home,
        &format!("{schema} --format json"),
        0,
        "\"steps\": []",
    );
    home.serve();
    let migrate = format!("store migrate --from store --to {runner}");
    check(&home, &migrate, 0, "0 records");
    let verify = format!("store verify {store} store.postgres.url={runner}");
    check(&home, &verify, 0, "The store is sound.");
}
