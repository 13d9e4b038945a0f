//! Records that cannot be read, and columns that differ from their record.

use crate::store::contract::conflict;
use crate::support::postgres::Postgres;
use crate::support::sample::{Sample, answered, at, changed, id, responder};
use crate::support::{Kit, PATIENCE, Shape};
use std::sync::Arc;
use std::time::Duration;
use usher::clock::Stopwatch;
use usher::store::postgres::{ConnectError, PostgresStore, Snapshot, migrate};
use usher::store::verify::verify_database;
use usher::store::{Cursor, Filter, Page, Store as _, StoreError};

#[tokio::test]
async fn a_record_that_cannot_be_read_is_in_nobodys_way() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    for number in 1..=3 {
        store
            .commit(&[Sample::new(number).submitted()])
            .await
            .unwrap();
    }
    let client = server.client().await;
    let flip = "UPDATE enquiry SET record = set_byte(record, 40, get_byte(record, 40) # 16)
        WHERE id = $1";
    assert_eq!(client.execute(flip, &[&id(2).uuid()]).await.unwrap(), 1);
    let read = store.load(id(2)).await;
    assert!(matches!(read, Err(StoreError::Corrupt { id: Some(whose), .. }) if whose == id(2)));
    assert_eq!(store.unreadable().await.unwrap(), [id(2)]);
    let page = Page {
        after: None,
        size: 9,
    };
    let listed = store.list(&Filter::default(), &page).await.unwrap();
    assert_eq!(listed.records.len(), 2);
    assert_eq!(store.feed(Cursor::default(), 9).await.unwrap().len(), 3);
    let again = store.commit(&[Sample::new(2).submitted()]).await;
    assert_eq!(conflict(again), id(2));
    assert_eq!(store.sweep().await.unwrap(), []);
    // Mended, it is read again, and the sweep forgets it.
    client.execute(flip, &[&id(2).uuid()]).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), []);
    assert_eq!(store.unreadable().await.unwrap(), []);
    store.load(id(2)).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_damaged_entry_of_the_feed_is_told_of_and_never_passed_over_in_silence() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    for number in 1..=90 {
        let sample = Sample::new(number).submitted();
        store.commit(&[sample]).await.unwrap();
    }
    let client = server.client().await;
    let flip = "UPDATE feed SET bytes = set_byte(bytes, 20, get_byte(bytes, 20) # 16)
        WHERE entry = $1";
    assert_eq!(client.execute(flip, &[&40_i64]).await.unwrap(), 1);
    let before = store.feed(Cursor::default(), 99).await.unwrap();
    assert_eq!(before.len(), 39, "up to it");
    let at_it = store.feed(before[38].cursor, 99).await;
    assert!(matches!(at_it, Err(StoreError::Corrupt { id: None, .. })));
    let all_of_it = Cursor {
        entry: 40,
        events: u32::MAX,
    };
    assert_eq!(store.feed(all_of_it, 99).await.unwrap().len(), 50);
    // Where it is the last one, what comes after the end is found.
    assert_eq!(client.execute(flip, &[&90_i64]).await.unwrap(), 1);
    let end = store.feed_end().await.unwrap();
    store.commit(&[Sample::new(91).submitted()]).await.unwrap();
    assert_eq!(store.feed(end, 9).await.unwrap()[0].record, id(91));
}

#[tokio::test]
async fn the_sweep_finds_and_repairs_what_differs_from_the_record() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    let client = server.client().await;
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    for (number, meddle) in (2..).zip([
        "UPDATE enquiry SET due_ms = NULL WHERE id = $1",
        "UPDATE enquiry SET deadline_ms = 7 WHERE id = $1",
        "UPDATE enquiry SET court = 'B01DU' WHERE id = $1",
        "UPDATE enquiry SET live_alerts = 3, open_alerts = 3 WHERE id = $1",
        "DELETE FROM queue WHERE enquiry = $1",
        "UPDATE queue SET responder = 'newham' WHERE enquiry = $1",
        "DELETE FROM enquiry_responder WHERE enquiry = $1",
        "UPDATE enquiry SET open = false WHERE id = $1",
        "UPDATE enquiry SET revision = 7 WHERE id = $1",
    ]) {
        let its = id(number);
        store
            .commit(&[Sample::new(number).submitted()])
            .await
            .unwrap();
        assert_eq!(store.sweep().await.unwrap(), []);
        let before = state(&store).await;
        assert_eq!(client.execute(meddle, &[&its.uuid()]).await.unwrap(), 1);
        assert!(!is_sound(&server).await, "{meddle}");
        assert_eq!(store.sweep().await.unwrap(), [its], "{meddle}");
        assert_eq!(store.sweep().await.unwrap(), [], "{meddle}");
        assert_eq!(state(&store).await, before, "{meddle}");
        assert!(is_sound(&server).await, "{meddle}");
        let stored = store.load(its).await.unwrap().unwrap();
        store.commit(&[changed(&stored, |_| ())]).await.unwrap();
    }
}

async fn is_sound(server: &Postgres) -> bool {
    let snapshot = Snapshot::open(&server.settings()).await.unwrap();
    verify_database(&snapshot).await.unwrap().is_sound()
}

#[tokio::test]
async fn sweeps_read_closed_rows_in_slices_and_come_to_all_of_them() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    let its = id(1);
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let client = server.client().await;
    // A sweep reads 5,000 closed rows; there are more, by copies of one that is closed.
    let done = Sample::bare(2).check("hackney", answered(true));
    store.commit(&[done.submitted()]).await.unwrap();
    let copies =
        "INSERT INTO enquiry SELECT gen_random_uuid(), revision, open, court, deadline_ms, due_ms,
        open_alerts, live_alerts, record FROM enquiry, generate_series(1, 12000) WHERE id = $1";
    client.execute(copies, &[&id(2).uuid()]).await.unwrap();
    let meddle = "UPDATE enquiry SET open = false WHERE id = $1";
    client.execute(meddle, &[&its.uuid()]).await.unwrap();
    let mut sweeps = 0;
    while store.sweep().await.unwrap().is_empty() {
        sweeps += 1;
        assert!(sweeps < 4, "it is not found");
    }
    assert_eq!(store.due(at(9_999), 50).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_record_that_was_loaded_before_its_damage_is_mended_by_its_next_commit() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let stored = store.load(id(1)).await.unwrap().unwrap();
    flip(&server, 1).await;
    assert!(store.load(id(1)).await.is_err());
    store.commit(&[changed(&stored, |_| ())]).await.unwrap();
    let mended = store.load(id(1)).await.unwrap().unwrap();
    assert_eq!(mended.record, stored.record);
    assert!(is_sound(&server).await);
    assert_eq!(store.sweep().await.unwrap(), []);
    assert_eq!(store.unreadable().await.unwrap(), []);
}

#[tokio::test]
async fn a_closed_record_that_somebody_could_not_read_is_told_of_while_it_is_bad() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    let done = Sample::bare(1).check("hackney", answered(true));
    store.commit(&[done.submitted()]).await.unwrap();
    flip(&server, 1).await;
    store.load(id(1)).await.unwrap_err();
    for _ in 0..2 {
        store.sweep().await.unwrap();
        assert_eq!(store.unreadable().await.unwrap(), [id(1)]);
    }
    flip(&server, 1).await;
    store.sweep().await.unwrap();
    assert_eq!(store.unreadable().await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_record_is_in_front_of_operators_as_soon_as_a_broker_starts() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    server
        .store()
        .await
        .commit(&[Sample::new(1).submitted()])
        .await
        .unwrap();
    flip(&server, 1).await;
    let kit = Kit::shaped(Shape {
        store: Some(Arc::new(server.store().await)),
        ..Shape::default()
    })
    .await;
    let watch = Stopwatch::start();
    loop {
        let alerts = kit.alerts().await;
        if let [alert] = alerts.as_slice() {
            assert_eq!(alert.cause, "record_unreadable");
            assert_eq!(alert.id, format!("{}/0", id(1)));
            break;
        }
        assert!(watch.elapsed() < PATIENCE, "{alerts:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    println!("told after {:?}", watch.elapsed());
}

/// Flips a bit of a record, or flips it back.
async fn flip(server: &Postgres, number: u128) {
    let client = server.client().await;
    let flip = "UPDATE enquiry SET record = set_byte(record, 40, get_byte(record, 40) # 16)
        WHERE id = $1";
    let flipped = client.execute(flip, &[&id(number).uuid()]).await;
    assert_eq!(flipped.unwrap(), 1);
}

/// Everything that columns are for.
async fn state(store: &PostgresStore) -> String {
    let page = Page {
        after: None,
        size: 50,
    };
    let of_court = Filter {
        courts: Some(vec![crate::support::sample::court("B01IX")]),
        ..Filter::default()
    };
    let of_responder = Filter {
        responders: Some(vec![responder("hackney")]),
        ..Filter::default()
    };
    let mut ids = Vec::new();
    for filter in [Filter::default(), of_court, of_responder] {
        let listed = store.list(&filter, &page).await.unwrap().records;
        ids.push(
            listed
                .iter()
                .map(|stored| stored.record.id())
                .collect::<Vec<_>>(),
        );
    }
    format!(
        "{:?} {:?} {:?} {ids:?}",
        store.counts().await.unwrap(),
        store.queued(&responder("hackney"), 50).await.unwrap(),
        store.due(at(9_999), 50).await.unwrap(),
    )
}

/// Steps of the schema.
const STEPS: usize = 4;

#[tokio::test]
async fn a_schema_that_is_not_known_is_refused_at_the_start_only() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    assert!(
        migrate(&settings, None).await.unwrap().is_empty(),
        "it is up to date"
    );
    let client = server.client().await;
    let running = PostgresStore::open(&settings).await.unwrap();
    let newer = "INSERT INTO refinery_schema_history SELECT 99, 'newer', applied_on, checksum
        FROM refinery_schema_history WHERE version = 1";
    client.execute(newer, &[]).await.unwrap();
    let opened = PostgresStore::open(&settings).await;
    assert!(matches!(
        opened,
        Err(ConnectError::Schema { found: 99, .. })
    ));
    assert!(migrate(&settings, None).await.is_err(), "it would go back");
    running
        .commit(&[Sample::new(1).submitted()])
        .await
        .expect("a broker that runs goes on, or nobody could upgrade");
    client
        .batch_execute("DROP TABLE refinery_schema_history")
        .await
        .unwrap();
    let opened = PostgresStore::open(&settings).await;
    assert!(matches!(opened, Err(ConnectError::Schema { found: 0, .. })));
}

#[tokio::test]
async fn migrations_at_the_same_time_come_one_after_the_other() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let client = server.client().await;
    client.batch_execute("CREATE DATABASE empty").await.unwrap();
    let mut settings = server.settings();
    settings.url = settings.url.replace("dbname=postgres", "dbname=empty");
    let all = (0..4).map(|_| migrate(&settings, None));
    let all = futures_util::future::join_all(all).await;
    let steps: usize = all.into_iter().map(|taken| taken.unwrap().len()).sum();
    assert_eq!(steps, STEPS, "each step once");
    PostgresStore::open(&settings).await.unwrap();
}

#[tokio::test]
async fn migrating_waits_for_another_for_longer_than_a_lock_may_take() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let client = server.client().await;
    let held = "SELECT pg_advisory_lock(7443)";
    client.batch_execute(held).await.unwrap();
    let mut settings = server.settings();
    settings.url += " options='-c lock_timeout=200ms -c statement_timeout=200ms'";
    let release = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let free = "SELECT pg_advisory_unlock(7443)";
        client.batch_execute(free).await.unwrap();
    };
    let (migrated, ()) = tokio::join!(migrate(&settings, None), release);
    assert_eq!(migrated.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_step_that_is_not_what_was_applied_is_refused() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let client = server.client().await;
    let other = "UPDATE refinery_schema_history SET checksum = '7' WHERE version = 1";
    assert_eq!(client.execute(other, &[]).await.unwrap(), 1);
    assert!(migrate(&server.settings(), None).await.is_err());
}

#[tokio::test]
async fn a_server_that_acknowledges_too_early_is_refused() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    for (value, is_durable) in [
        ("off", false),
        ("local", false),
        ("remote_write", false),
        ("on", true),
        ("remote_apply", true),
    ] {
        let mut settings = server.settings();
        settings.url = format!("{} options='-c synchronous_commit={value}'", settings.url);
        let opened = PostgresStore::open(&settings).await;
        let refused = matches!(
            opened,
            Err(ConnectError::NotDurable {
                setting: "synchronous_commit",
                ..
            })
        );
        assert_eq!(refused, !is_durable, "{value}");
        assert_eq!(opened.is_ok(), is_durable, "{value}");
    }
}
