//! Several brokers over one database: one order, no gap, one winner, and news that crosses.

use crate::store::contract::conflict;
use crate::support::postgres::Postgres;
use crate::support::sample::{Sample, at, changed, id, leased, responder};
use crate::support::{
    HACKNEY, IN_HACKNEY, Kit, PATIENCE, Shape, answer, enquiry, lease, seconds, whole_feed,
};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use usher::clock::{Clock as _, Stopwatch, SystemClock};
use usher::store::postgres::PostgresStore;
use usher::store::{Beat, Cursor, Recorded, Store};
use usher_proto::v1;
use uuid::Uuid;

/// Enquiries of each of two writers.
const EACH: u128 = 60;
/// In which a lock that is held would have been had.
const SILENCE: Duration = Duration::from_millis(400);
const HEAD: &str = "SELECT entry FROM feed_head WHERE one FOR UPDATE";

async fn pair(server: &Postgres) -> (Arc<PostgresStore>, Arc<PostgresStore>) {
    (
        Arc::new(server.store().await),
        Arc::new(server.store().await),
    )
}

/// A broker over `store`.
async fn kit(store: Arc<PostgresStore>) -> Kit {
    Kit::shaped(Shape {
        store: Some(store),
        ..Shape::default()
    })
    .await
}

/// Follows the feed of one broker by cursor, a few events at a time, until it has seen `count`.
fn follow(store: &Arc<PostgresStore>, page: usize, count: usize) -> Watcher {
    let store = Arc::clone(store);
    tokio::spawn(async move {
        let (mut seen, mut after) = (Vec::new(), Cursor::default());
        while seen.len() < count {
            let events = store.feed(after, page).await.unwrap();
            after = events.last().map_or(after, |last| last.cursor);
            seen.extend(events);
            tokio::task::yield_now().await;
        }
        seen
    })
}

type Watcher = tokio::task::JoinHandle<Vec<Recorded>>;

/// Submits `numbers`, many at once, through one broker.
async fn submit_all(store: Arc<PostgresStore>, numbers: std::ops::Range<u128>) {
    let one = |number| {
        let store = Arc::clone(&store);
        async move {
            store
                .commit(&[Sample::new(number).submitted()])
                .await
                .unwrap()
        }
    };
    futures_util::future::join_all(numbers.map(one)).await;
}

fn check_gapless(feed: &[Recorded]) {
    let mut before = Cursor::default();
    for event in feed {
        let Cursor { entry, events } = event.cursor;
        let follows = (entry == before.entry && events == before.events + 1)
            || (entry == before.entry + 1 && events == 1);
        assert!(follows, "{:?} after {before:?}", event.cursor);
        before = event.cursor;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watchers_of_two_brokers_see_every_event_once_and_in_one_order() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let count = usize::try_from(2 * EACH).unwrap();
    let watchers = [
        follow(&one, 1, count),
        follow(&one, 7, count),
        follow(&other, 3, count),
    ];
    let writing = tokio::spawn(submit_all(Arc::clone(&one), 0..EACH));
    submit_all(Arc::clone(&other), EACH..2 * EACH).await;
    writing.await.unwrap();
    let feed = whole_feed(one.as_ref(), 100).await;
    check_gapless(&feed);
    let mut enquiries: Vec<_> = feed.iter().map(|event| event.record).collect();
    enquiries.sort_unstable();
    enquiries.dedup();
    assert_eq!((feed.len(), enquiries.len()), (count, count));
    for watcher in watchers {
        assert!(timeout(PATIENCE, watcher).await.unwrap().unwrap() == feed);
    }
    // From any place, the rest is what came after it.
    for at in [0, count / 2, count - 1] {
        let rest = other.feed(feed[at].cursor, count).await.unwrap();
        assert!(rest == feed[at + 1..]);
    }
}

#[tokio::test]
async fn each_reads_what_the_other_committed_and_nothing_else() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let (mut by_one, mut by_other) = (Vec::new(), Vec::new());
    // More of one's in a row than one look takes.
    for number in 0..200 {
        let (store, ids) = match number {
            20 | 21 | 150 => (&other, &mut by_other),
            _ => (&one, &mut by_one),
        };
        let sample = Sample::new(number);
        store.commit(&[sample.submitted()]).await.unwrap();
        ids.push(id(number));
    }
    for (reader, wanted) in [(&one, by_other), (&other, by_one)] {
        for page in [1, 7, 999] {
            let (mut ids, mut after) = (Vec::new(), Cursor::default());
            loop {
                let events = reader.feed_elsewhere(after, page).await.unwrap();
                assert!(events.len() <= page);
                let Some(last) = events.last() else { break };
                after = last.cursor;
                ids.extend(events.iter().map(|event| event.record));
            }
            assert!(ids == wanted, "pages of {page}");
        }
    }
}

/// A transaction that a sequence would have given a number, and that commits after those with higher ones.
#[tokio::test]
async fn a_slow_transaction_that_has_the_head_lets_nobody_pass() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    one.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let slow = server.client().await;
    slow.batch_execute("BEGIN").await.unwrap();
    slow.query_one(HEAD, &[]).await.unwrap();
    // What it is about to add: entry 2, numbered but not committed.
    let bytes = entry_of(&server, 2).await;
    slow.execute(
        "INSERT INTO feed (entry, commit, bytes) VALUES (2, gen_random_uuid(), $1)",
        &[&bytes],
    )
    .await
    .unwrap();
    slow.execute("UPDATE feed_head SET entry = 2", &[])
        .await
        .unwrap();
    let ours = tokio::spawn(submit_all(Arc::clone(&one), 10..14));
    let theirs = tokio::spawn(submit_all(Arc::clone(&other), 20..24));
    sleep(SILENCE).await;
    assert!(!ours.is_finished() && !theirs.is_finished());
    let watcher = follow(&other, 2, 10);
    assert_eq!(
        whole_feed(one.as_ref(), 9).await.len(),
        1,
        "nothing has passed it"
    );
    slow.batch_execute("COMMIT").await.unwrap();
    ours.await.unwrap();
    theirs.await.unwrap();
    let seen = timeout(PATIENCE, watcher).await.unwrap().unwrap();
    check_gapless(&seen);
    assert_eq!(seen[1].record, id(99), "the slow one is in its place");
    assert!(seen == whole_feed(one.as_ref(), 9).await);
}

/// The bytes of a feed entry with this number, about enquiry 99: written by a store over a database of their own.
async fn entry_of(server: &Postgres, number: u64) -> Vec<u8> {
    let client = server.client().await;
    client
        .batch_execute("CREATE DATABASE scratch")
        .await
        .unwrap();
    let mut settings = server.settings();
    settings.url = settings.url.replace("dbname=postgres", "dbname=scratch");
    usher::store::postgres::migrate(&settings, None)
        .await
        .unwrap();
    let (client, connection) = tokio_postgres::connect(&settings.url, tokio_postgres::NoTls)
        .await
        .unwrap();
    tokio::spawn(connection);
    let before = i64::try_from(number - 1).unwrap();
    client
        .execute("UPDATE feed_head SET entry = $1", &[&before])
        .await
        .unwrap();
    let scratch = PostgresStore::open(&settings).await.unwrap();
    scratch
        .commit(&[Sample::new(99).submitted()])
        .await
        .unwrap();
    client
        .query_one("SELECT bytes FROM feed", &[])
        .await
        .unwrap()
        .get(0)
}

#[tokio::test]
async fn a_slow_transaction_without_the_head_is_in_nobodys_way() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let slow = server.client().await;
    slow.batch_execute("BEGIN").await.unwrap();
    // It has a place among the transactions that is older than all that follow.
    slow.query_one("SELECT pg_current_xact_id()::text", &[])
        .await
        .unwrap();
    slow.execute(
        "INSERT INTO history (enquiry, entry) VALUES (gen_random_uuid(), 7)",
        &[],
    )
    .await
    .unwrap();
    let watcher = follow(&other, 2, 6);
    submit_all(Arc::clone(&one), 0..3).await;
    submit_all(Arc::clone(&other), 3..6).await;
    let seen = timeout(PATIENCE, watcher).await.unwrap().unwrap();
    check_gapless(&seen);
    slow.batch_execute("COMMIT").await.unwrap();
    assert!(whole_feed(one.as_ref(), 9).await == seen);
}

#[tokio::test]
async fn a_silent_server_keeps_no_broker_from_the_one_that_writes() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    // As a frozen one does, it takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut settings = server.settings();
    let folder = server.socket().parent().unwrap().display().to_string();
    settings.url =
        format!("host=127.0.0.1,{folder} port={port},5432 user=postgres dbname=postgres");
    let store = PostgresStore::open(&settings).await.unwrap();
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
}

#[tokio::test]
async fn a_broker_that_goes_silent_with_the_head_holds_nobody_up_for_long() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, _) = pair(&server).await;
    let silent = server.client().await;
    // As the engine's own connections have it.
    silent
        .batch_execute("SET idle_in_transaction_session_timeout = '1s'; BEGIN")
        .await
        .unwrap();
    silent.query_one(HEAD, &[]).await.unwrap();
    let waited = Stopwatch::start();
    one.commit(&[Sample::new(1).submitted()]).await.unwrap();
    assert!(
        waited.elapsed() < Duration::from_secs(5),
        "{:?}",
        waited.elapsed()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_brokers_one_wins_and_the_other_decides_anew() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    one.commit(&[Sample::new(1).submitted()]).await.unwrap();
    for round in 1..20 {
        let ours = one.load(id(1)).await.unwrap().unwrap();
        let theirs = other.load(id(1)).await.unwrap().unwrap();
        assert_eq!((ours.revision.get(), theirs.revision.get()), (round, round));
        assert!(ours.record == theirs.record, "no memory of one's own");
        let our_change = [changed(&ours, |enquiry| {
            enquiry.checks[0].state = leased(10);
        })];
        let their_change = [changed(&theirs, |enquiry| {
            enquiry.checks[0].state = leased(20);
        })];
        let (ours, theirs) = tokio::join!(one.commit(&our_change), other.commit(&their_change));
        let (won, lost) = if ours.is_ok() {
            (ours, theirs)
        } else {
            (theirs, ours)
        };
        assert_eq!(won.unwrap().revisions[0].get(), round + 1);
        assert_eq!(conflict(lost), id(1));
    }
    assert_eq!(
        one.history(id(1), Cursor::default(), 99)
            .await
            .unwrap()
            .len(),
        20
    );
}

#[tokio::test]
async fn what_one_broker_commits_the_other_hears_of_at_once() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let (mut ours, mut theirs) = (one.elsewhere(), other.elsewhere());
    let mut waited = Duration::ZERO;
    for (round, number) in (1..=8).zip(1..) {
        // At various times between two looks.
        sleep(Duration::from_millis(70)).await;
        one.commit(&[Sample::new(number).submitted()])
            .await
            .unwrap();
        let since = Stopwatch::start();
        let heard = theirs.wait_for(|end| *end == round);
        timeout(PATIENCE, heard).await.unwrap().unwrap();
        waited += since.elapsed();
    }
    assert!(
        waited < Duration::from_secs(1),
        "it was looked for: {waited:?}"
    );
    assert!(!ours.has_changed().unwrap(), "its own are no news");
    other.commit(&[Sample::new(19).submitted()]).await.unwrap();
    timeout(PATIENCE, ours.wait_for(|end| *end == 9))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn without_a_notification_the_look_finds_it() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (_, other) = pair(&server).await;
    let mut heard = other.elsewhere();
    let client = server.client().await;
    client
        .execute("UPDATE feed_head SET entry = entry + 1", &[])
        .await
        .unwrap();
    let waited = Stopwatch::start();
    timeout(PATIENCE, heard.wait_for(|end| *end == 1))
        .await
        .unwrap()
        .unwrap();
    assert!(
        waited.elapsed() < Duration::from_secs(2),
        "{:?}",
        waited.elapsed()
    );
}

#[tokio::test]
async fn a_listener_that_is_cut_off_listens_again() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let mut heard = other.elsewhere();
    one.commit(&[Sample::new(1).submitted()]).await.unwrap();
    timeout(PATIENCE, heard.wait_for(|end| *end == 1))
        .await
        .unwrap()
        .unwrap();
    let client = server.client().await;
    let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = 'usher' AND pid <> pg_backend_pid()";
    let cut: i64 = client.query_one(cut, &[]).await.unwrap().get(0);
    assert!(cut >= 2, "{cut} connections");
    one.commit(&[Sample::new(2).submitted()]).await.unwrap();
    timeout(PATIENCE, heard.wait_for(|end| *end == 2))
        .await
        .unwrap()
        .unwrap();
}

/// A lease call that waits at broker B wakes for an enquiry submitted to broker A, and so does a watch.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_call_at_one_broker_wakes_for_a_submission_to_the_other() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let (here, there) = (kit(one).await, Arc::new(kit(other).await));
    let call = v1::LeaseChecksRequest {
        wait: Some(seconds(60)),
        ..lease()
    };
    let waiting = Arc::clone(&there);
    let poll = tokio::spawn(async move { waiting.leased(HACKNEY, call).await });
    sleep(SILENCE).await;
    assert!(!poll.is_finished());
    let receipt = here.submit(enquiry(&[IN_HACKNEY])).await;
    let leased = timeout(PATIENCE, poll).await.unwrap().unwrap();
    assert_eq!(leased.len(), 1);
    assert_eq!(there.get(&receipt.enquiry_id).await.id, receipt.enquiry_id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_borough_answers_through_one_broker_counts_once_in_the_forecast_of_each() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let (here, there) = (kit(one).await, kit(other).await);
    for number in 1..=3 {
        here.submit(enquiry(&[IN_HACKNEY])).await;
        let leased = here.lease(HACKNEY).await;
        let check = leased.check.unwrap().id;
        let given = answer(&check, &leased.lease_id);
        here.adapter(HACKNEY).answer(given).await.unwrap();
        // Nothing was submitted there of what it counts.
        counted(&there, number).await;
        // And here the feed tells again of what is known: it was read on, since the other one has committed.
        sleep(SILENCE).await;
        counted(&here, number).await;
    }
}

/// Waits until a receipt tells of so many answers.
async fn counted(kit: &Kit, wanted: u32) {
    let watch = Stopwatch::start();
    loop {
        let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
        let count = receipt.checks[0].answered_count;
        if count == wanted {
            return;
        }
        assert!(count < wanted, "{count} of {wanted}");
        assert!(watch.elapsed() < PATIENCE, "{count} of {wanted}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn brokers_hear_of_each_other_and_of_the_databases_time() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let (one, other) = pair(&server).await;
    let beat = |number: u128| Beat {
        broker: Uuid::from_u128(number),
        clock_ahead: jiff::SignedDuration::from_millis(7),
        adapters: vec![(responder("hackney"), at(5))],
    };
    let lasts = Duration::from_secs(60);
    let before = SystemClock.now();
    let alone = one.beat(&beat(1), lasts).await.unwrap();
    assert!(alone.others.is_empty());
    let off = alone.time.unwrap().duration_since(before);
    assert!(off.abs() < jiff::SignedDuration::from_secs(5), "{off}");
    for _ in 0..2 {
        let heard = other.beat(&beat(2), lasts).await.unwrap();
        assert_eq!(heard.others, [beat(1)]);
    }
    assert_eq!(one.beat(&beat(1), lasts).await.unwrap().others, [beat(2)]);
    // One that goes says so; one that dies is counted on no longer than it said.
    other.beat(&beat(2), Duration::ZERO).await.unwrap();
    assert!(one.beat(&beat(1), lasts).await.unwrap().others.is_empty());
}
