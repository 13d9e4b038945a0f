//! Restarts: what memory held comes back from the records; what cannot be read stands in nobody's way.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, answered, at, by, changed, closed, id, leased, responder};
use std::ops::{Bound, ControlFlow};
use std::sync::Arc;
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::{KeyValue, Order, Write};
use usher::store::{Cursor, Filter, Store as _, StoreError};
use usher_domain::actor::Role;
use usher_domain::alert::AlertState;
use usher_domain::time::Timestamp;

stamp! { indexes_equal_after_reopen, closed_ones_of_an_older_store_are_found_by_their_day }
mod quarantine {
    use super::{Engine, Home, stamp, sweep_finds_what_differs, unreadable_is_quarantined};
    stamp! { durable unreadable_is_quarantined, sweep_finds_what_differs }
}

/// Everything that comes from the indexes.
async fn indexed(home: &Home) -> String {
    let store = home.store();
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        store.counts().await.unwrap(),
        store.queues().await.unwrap(),
        store.queued(&responder("hackney"), 99).await.unwrap(),
        store.due(Timestamp::MAX, 99).await.unwrap(),
        store.feed_end().await.unwrap(),
        super::list::walk(store, &Filter::default(), 2).await,
    )
}

/// An older store has no keys by deadline.
async fn closed_ones_of_an_older_store_are_found_by_their_day(mut home: Home) {
    for number in 1..=3 {
        let sample = Sample::bare(number).check("hackney", closed());
        home.commit(sample.deadline(i64::try_from(number).unwrap()).submitted())
            .await;
    }
    home.with_files(|kv| {
        let mut writes = Vec::new();
        let by_deadline = (Bound::Included(&b"d"[..]), Bound::Excluded(&b"e"[..]));
        kv.scan(by_deadline, Order::Ascending, &mut |key, _| {
            writes.push(Write::delete(key.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
        assert_eq!(writes.len(), 4, "three records, and that all are noted");
        kv.commit(&writes).unwrap();
    });
    let second = Filter {
        deadline: Some(at(2)..at(3)),
        ..Filter::default()
    };
    let found = super::list::walk(home.store(), &second, 2).await;
    assert_eq!(found, [id(2)]);
}

async fn indexes_equal_after_reopen(mut home: Home) {
    let acknowledged = AlertState::Acknowledged {
        by: by(Role::Operator),
        at: at(1),
        expires: at(7),
        note: usher_domain::sealed::Sealed::default(),
    };
    home.commit(Sample::new(1).submitted()).await;
    home.commit(
        Sample::new(2)
            .check("newham", leased(20))
            .alert(acknowledged)
            .submitted(),
    )
    .await;
    home.commit(
        Sample::new(3)
            .deadline(20)
            .check("newham", answered(false))
            .submitted(),
    )
    .await;
    for number in 4..6 {
        home.commit(Sample::new(number).submitted()).await;
        let stored = home.load(id(number)).await;
        home.commit(changed(&stored, |enquiry| {
            enquiry.checks[0].state = closed();
        }))
        .await;
    }
    let mut finer = Sample::new(6).build();
    finer.checks[0].ladder.steps[0].due = at(5) + jiff::SignedDuration::from_nanos(1);
    if home.engine != Engine::Memory {
        home.commit(crate::support::sample::submitted(finer)).await;
    }
    let before = indexed(&home).await;
    home.reopen().await;
    assert_eq!(indexed(&home).await, before);
    assert_eq!(home.store().sweep().await.unwrap(), []);
    assert_eq!(indexed(&home).await, before);
}

/// The key and value of the record of enquiry `number`.
fn record(kv: &dyn KeyValue, number: u128) -> (Vec<u8>, Vec<u8>) {
    let mut found = None;
    kv.scan(
        (Bound::Unbounded, Bound::Unbounded),
        Order::Ascending,
        &mut |key, value| {
            if key.ends_with(id(number).uuid().as_bytes()) {
                found = Some((key.to_vec(), value.to_vec()));
            }
            ControlFlow::Continue(())
        },
    )
    .unwrap();
    found.unwrap()
}

fn flip(kv: &dyn KeyValue, number: u128) {
    let (key, mut value) = record(kv, number);
    let middle = value.len() / 2;
    value[middle] ^= 0x10;
    kv.commit(&[Write::put(key, value)]).unwrap();
}

async fn unreadable_is_quarantined(mut home: Home) {
    for number in 1..=3 {
        home.commit(Sample::new(number).submitted()).await;
    }
    let stored = home.load(id(2)).await;
    home.with_files(|kv| flip(kv, 2));
    let store = home.store();
    assert_eq!(store.unreadable().await.unwrap(), [id(2)]);
    let counts = store.counts().await.unwrap();
    assert_eq!((counts.open, counts.unreadable, counts.queued), (2, 1, 2));
    assert!(
        matches!(store.load(id(2)).await, Err(StoreError::Corrupt { id: Some(whose), .. }) if whose == id(2))
    );
    assert!(matches!(
        store.commit(&[changed(&stored, |_| ())]).await,
        Err(StoreError::Corrupt { .. })
    ));
    let again = Sample::new(2).submitted();
    assert_eq!(super::conflict(store.commit(&[again]).await), id(2));
    assert_eq!(
        super::list::walk(store, &Filter::default(), 9).await.len(),
        2
    );
    assert_eq!(home.due(9_999).await.len(), 2);
    assert_eq!(store.feed(Cursor::default(), 9).await.unwrap().len(), 3);
    home.commit(Sample::new(4).submitted()).await;
}

/// Two stores over the same files, so that each can change what the other believes.
async fn sweep_finds_what_differs(home: Home) {
    let folder = tempfile::tempdir().unwrap();
    let kv: Arc<dyn KeyValue> = home.engine.kv(folder.path()).into();
    let one = EmbeddedStore::open(kv.clone(), "redb").unwrap();
    for number in 1..=2 {
        one.commit(&[Sample::new(number).submitted()])
            .await
            .unwrap();
    }
    assert_eq!(one.sweep().await.unwrap(), []);
    let (key, value) = record(kv.as_ref(), 2);
    let other = EmbeddedStore::open(kv.clone(), "redb").unwrap();
    let stored = other.load(id(1)).await.unwrap().unwrap();
    let lease = changed(&stored, |enquiry| enquiry.checks[0].state = leased(20));
    other.commit(&[lease]).await.unwrap();
    kv.commit(&[Write::delete(key.clone())]).unwrap();
    let mut differed = one.sweep().await.unwrap();
    differed.sort();
    let mut expected = vec![id(1), id(2)];
    expected.sort();
    assert_eq!(differed, expected);
    assert_eq!(one.sweep().await.unwrap(), []);
    assert_eq!(one.counts().await.unwrap().queued, 0);
    assert_eq!(one.due(at(20), 9).await.unwrap(), [(at(20), id(1))]);
    // What becomes unreadable is set apart, and comes back once it is mended.
    for damage in [b"nonsense".as_slice(), &value[1..], b""] {
        kv.commit(&[Write::put(key.clone(), damage)]).unwrap();
        assert_eq!(one.sweep().await.unwrap(), [id(2)]);
        assert_eq!(one.sweep().await.unwrap(), []);
        assert_eq!(one.unreadable().await.unwrap(), [id(2)]);
        assert_eq!(one.counts().await.unwrap().queued, 0);
        kv.commit(&[Write::put(key.clone(), value.clone())])
            .unwrap();
        assert_eq!(one.sweep().await.unwrap(), [id(2)]);
        assert_eq!(one.unreadable().await.unwrap(), []);
        assert_eq!(one.counts().await.unwrap().queued, 1);
    }
}
