//! The writer: groups what waits, tells rivals apart, stops for good when the disk fails, and ends in order.

use super::contract::conflict;
use crate::support::sample::{Sample, changed, id, revision};
use futures_util::future::join_all;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex};
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::{Condition, KeyRange, KeyValue, KvError, Order, Visit, Write};
use usher::store::{Change, Cursor, Filter, Page, Store, StoreError};
use usher_domain::limits::GROUP_COMMIT_MAX;
use usher_domain::time::Timestamp;

/// An engine in memory whose commits can be held up, and can fail.
#[derive(Default)]
struct Gate {
    entries: Mutex<BTreeMap<Vec<u8>, Vec<u8>>>,
    mood: Mutex<Mood>,
    changed: Condvar,
    /// The thread of each commit, as it is named.
    threads: Mutex<Vec<String>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Mood {
    #[default]
    Willing,
    Holding,
    Failing,
}

impl Gate {
    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }
}

impl KeyValue for Gate {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        Ok(self.entries.lock().unwrap().get(key).cloned())
    }

    fn scan(
        &self,
        range: KeyRange<'_>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), KvError> {
        let entries = self.entries.lock().unwrap().clone();
        let mut found: Vec<_> = entries.range::<[u8], _>(range).collect();
        if order == Order::Descending {
            found.reverse();
        }
        for (key, value) in found {
            if visit(key, value) == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn commit(&self, writes: &[Write]) -> Result<(), KvError> {
        let thread = std::thread::current();
        let name = thread.name().unwrap_or_default().to_owned();
        self.threads.lock().unwrap().push(name);
        let mood = self.mood.lock().unwrap();
        let mood = *self
            .changed
            .wait_while(mood, |mood| *mood == Mood::Holding)
            .unwrap();
        if mood == Mood::Failing {
            return Err(KvError::Unavailable {
                doing: "syncing",
                source: "the disk is gone".into(),
            });
        }
        let mut entries = self.entries.lock().unwrap();
        for Write { key, value } in writes {
            match value {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
        }
        Ok(())
    }

    fn check(&mut self) -> Result<Condition, KvError> {
        Ok(Condition::Sound)
    }
}

fn open() -> (Arc<Gate>, EmbeddedStore) {
    let gate = Arc::new(Gate::default());
    let store = EmbeddedStore::open(gate.clone(), "test").unwrap();
    (gate, store)
}

type Outcomes = Vec<Result<usher::store::Committed, StoreError>>;

/// Commits all of `changes` at once while the disk is busy with a commit of another enquiry.
async fn while_busy(gate: &Gate, store: &EmbeddedStore, changes: Vec<Change>) -> Outcomes {
    gate.set(Mood::Holding);
    let first = [Sample::new(1_000).submitted()];
    let first = store.commit(&first);
    let commits = changes.chunks(1).map(|change| store.commit(change));
    // Every future is polled once, and so queued, before the last one lets the disk go on.
    let release = async { gate.set(Mood::Willing) };
    let (first, outcomes, ()) = tokio::join!(first, join_all(commits), release);
    first.unwrap();
    outcomes
}

#[tokio::test]
async fn commits_that_wait_become_one_group() {
    let (gate, store) = open();
    let changes = (0..20).map(|number| Sample::new(number).submitted());
    let outcomes = while_busy(&gate, &store, changes.collect()).await;
    assert!(outcomes.iter().all(Result::is_ok));
    // The first may or may not have been taken alone.
    let end = store.feed_end().await.unwrap();
    assert!(end.entry <= 2, "{end:?}");
    let told = store.feed(Cursor::default(), 99).await.unwrap();
    assert_eq!(told.len(), 21);
    for (number, outcome) in (0..).zip(outcomes) {
        let cursor = outcome.unwrap().cursor;
        let own = store
            .history(id(number), Cursor::default(), 9)
            .await
            .unwrap();
        assert_eq!(own.len(), 1);
        assert_eq!(own[0].cursor, cursor);
    }
}

#[tokio::test]
async fn a_group_has_a_bound() {
    let (gate, store) = open();
    let changes = (0..GROUP_COMMIT_MAX as u128 + 100).map(|number| Sample::new(number).submitted());
    let outcomes = while_busy(&gate, &store, changes.collect()).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let end = store.feed_end().await.unwrap();
    assert!((2..=4).contains(&end.entry), "{end:?}");
}

#[tokio::test]
async fn one_of_two_rivals_in_a_group_wins() {
    let (gate, store) = open();
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let stored = store.load(id(1)).await.unwrap().unwrap();
    let rival = || changed(&stored, |_| ());
    let newcomer = || Sample::new(2).submitted();
    let changes = vec![
        rival(),
        newcomer(),
        rival(),
        newcomer(),
        Sample::new(3).submitted(),
    ];
    let mut outcomes = while_busy(&gate, &store, changes).await;
    assert!(outcomes.pop().unwrap().is_ok());
    assert_eq!(conflict(outcomes.pop().unwrap()), id(2));
    assert_eq!(conflict(outcomes.pop().unwrap()), id(1));
    assert!(outcomes.iter().all(Result::is_ok));
    let stored = store.load(id(1)).await.unwrap().unwrap();
    assert_eq!(stored.revision, revision(2));
}

#[tokio::test]
async fn a_failed_commit_stops_the_store() {
    let (gate, store) = open();
    store.commit(&[Sample::new(1).submitted()]).await.unwrap();
    let mut failed = store.failed();
    assert!(!*failed.borrow());
    gate.set(Mood::Failing);
    let refused = store.commit(&[Sample::new(2).submitted()]).await;
    assert!(
        matches!(refused, Err(StoreError::Unavailable { .. })),
        "{refused:?}"
    );
    failed.changed().await.unwrap();
    assert!(*failed.borrow());
    // The disk is well again, and the store is not: what is on the disk must be read anew.
    gate.set(Mood::Willing);
    let page = Page {
        after: None,
        size: 1,
    };
    macro_rules! unavailable {
        ($($question:expr;)*) => {$(
            let outcome = $question.await.map(drop);
            assert!(matches!(outcome, Err(StoreError::Unavailable { .. })), stringify!($question));
        )*};
    }
    unavailable! {
        store.load(id(1));
        store.commit(&[Sample::new(3).submitted()]);
        store.queued(&crate::support::sample::responder("hackney"), 1);
        store.queues();
        store.due(Timestamp::MAX, 1);
        store.next_due();
        store.list(&Filter::default(), &page);
        store.history(id(1), Cursor::default(), 1);
        store.feed(Cursor::default(), 1);
        store.feed_end();
        store.sweep();
        store.unreadable();
        store.counts();
    }
    store.close().await;
    drop(store);
    let store = EmbeddedStore::open(gate, "test").unwrap();
    assert_eq!(store.counts().await.unwrap().open, 1);
}

#[tokio::test]
async fn closing_commits_what_waits_and_nothing_more() {
    let (gate, store) = open();
    gate.set(Mood::Holding);
    let waiting: Vec<_> = (0..5)
        .map(|number| Sample::new(number).submitted())
        .collect();
    let commits = waiting.chunks(1).map(|change| store.commit(change));
    let release = async { gate.set(Mood::Willing) };
    let (outcomes, (), ()) = tokio::join!(join_all(commits), store.close(), release);
    assert!(outcomes.iter().all(Result::is_ok));
    let late = store.commit(&[Sample::new(9).submitted()]).await;
    assert!(matches!(late, Err(StoreError::Unavailable { .. })));
    assert!(!*store.failed().borrow());
    assert!(store.load(id(4)).await.unwrap().is_some());
    assert_eq!(
        Arc::strong_count(&gate),
        2,
        "the writer has let go of the engine"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lonely_commit_spares_the_writer_and_others_go_through_it() {
    let (gate, store) = open();
    gate.threads.lock().unwrap().clear();
    let store = Arc::new(store);
    let submit = |number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.commit(&[Sample::new(number).submitted()]).await })
    };
    submit(1).await.unwrap().unwrap();
    gate.set(Mood::Holding);
    let first = submit(2);
    while gate.threads.lock().unwrap().len() < 2 {
        tokio::task::yield_now().await;
    }
    let others: Vec<_> = (3..10)
        .map(|number| Sample::new(number).submitted())
        .collect();
    let others = others.chunks(1).map(|change| store.commit(change));
    // Every future is polled once, and so queued, before the last one lets the disk go on.
    let release = async { gate.set(Mood::Willing) };
    let (outcomes, ()) = tokio::join!(join_all(others), release);
    assert!(outcomes.iter().all(Result::is_ok));
    first.await.unwrap().unwrap();
    let threads = gate.threads.lock().unwrap().clone();
    assert!(
        threads[..2].iter().all(|name| name != "store-writer"),
        "{threads:?}"
    );
    assert!(
        threads[2..].contains(&"store-writer".to_owned()),
        "{threads:?}"
    );
    assert_eq!(store.counts().await.unwrap().open, 9);
    let feed = store.feed(Cursor::default(), 99).await.unwrap();
    let numbers: Vec<_> = feed.iter().map(|told| told.record).collect();
    assert_eq!(numbers.len(), 9, "every commit is in the feed, once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lonely_commit_that_the_disk_refuses_stops_the_store() {
    let (gate, store) = open();
    let store = Arc::new(store);
    gate.set(Mood::Failing);
    let theirs = Arc::clone(&store);
    let refused = tokio::spawn(async move { theirs.commit(&[Sample::new(1).submitted()]).await });
    let refused = refused.await.unwrap();
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })));
    assert!(*store.failed().borrow());
    assert!(store.load(id(1)).await.is_err());
}
