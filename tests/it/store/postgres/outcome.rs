//! A COMMIT whose answer is lost: the caller gets one truthful result, whatever had become of it.

use crate::store::contract::conflict;
use crate::support::postgres::Postgres;
use crate::support::proxy::{Cut, Proxy};
use crate::support::sample::{Sample, changed, id};
use crate::support::whole_feed;
use std::sync::Arc;
use usher::store::postgres::PostgresStore;
use usher::store::{Change, Committed, Store as _, StoreError};

/// What happens between the loss of the answer and the next connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meanwhile {
    Nothing,
    /// The server crashes and starts again.
    Crash,
    /// Another broker writes the same enquiry: for the first time, or after what was done.
    Another,
}

/// Commits enquiry 1 through a proxy that cuts; answers with what the caller is told, and how often the enquiry is in the feed.
async fn committed(
    cut: Cut,
    meanwhile: Meanwhile,
) -> Option<(Result<Committed, StoreError>, usize)> {
    let mut server = Postgres::migrated_one().await?;
    let proxy = Proxy::start(&server).await;
    let ours = Arc::new(PostgresStore::open(&proxy.settings("")).await.unwrap());
    proxy.cut(cut);
    let committing = tokio::spawn({
        let ours = Arc::clone(&ours);
        async move { ours.commit(&[Sample::new(1).submitted()]).await }
    });
    proxy.has_cut().await;
    match meanwhile {
        Meanwhile::Nothing => {}
        Meanwhile::Crash => {
            server.stop();
            server.start_again();
        }
        Meanwhile::Another => {
            let other = server.store().await;
            other.commit(&[next(&other).await]).await.unwrap();
        }
    }
    proxy.open();
    let outcome = committing.await.unwrap();
    // It serves on, and the feed has no gap.
    ours.commit(&[Sample::new(2).submitted()]).await.unwrap();
    let feed = whole_feed(ours.as_ref(), 9).await;
    let entries: Vec<_> = feed.iter().map(|event| event.cursor.entry).collect();
    let expected: Vec<_> = (1..=entries.len() as u64).collect();
    assert_eq!(entries, expected, "{cut:?}");
    let its = feed.iter().filter(|event| event.record == id(1)).count();
    Some((outcome, its))
}

/// The next revision of enquiry 1.
async fn next(store: &PostgresStore) -> Change {
    match store.load(id(1)).await.unwrap() {
        Some(stored) => changed(&stored, |_| ()),
        None => Sample::new(1).submitted(),
    }
}

async fn check_done_once(cut: Cut, meanwhile: Meanwhile, in_feed: usize) {
    if let Some((outcome, its)) = committed(cut, meanwhile).await {
        let committed = outcome.unwrap();
        assert_eq!(committed.revisions[0].get(), 1, "{cut:?}");
        assert_eq!(committed.cursor.entry, 1, "{cut:?}");
        assert_eq!(its, in_feed, "{cut:?}");
    }
}

#[tokio::test]
async fn what_never_reached_the_server_is_done_once() {
    check_done_once(Cut::BeforeCommit, Meanwhile::Nothing, 1).await;
}

#[tokio::test]
async fn what_the_server_had_done_is_not_done_again() {
    check_done_once(Cut::AfterCommit, Meanwhile::Nothing, 1).await;
}

#[tokio::test]
async fn what_a_silent_server_had_done_is_not_done_again() {
    check_done_once(Cut::Silence, Meanwhile::Nothing, 1).await;
}

#[tokio::test]
async fn a_crash_before_the_commit_is_outlived() {
    check_done_once(Cut::BeforeCommit, Meanwhile::Crash, 1).await;
}

#[tokio::test]
async fn a_crash_after_the_commit_is_outlived() {
    check_done_once(Cut::AfterCommit, Meanwhile::Crash, 1).await;
}

#[tokio::test]
async fn what_was_done_stays_done_although_another_broker_went_on() {
    check_done_once(Cut::AfterCommit, Meanwhile::Another, 2).await;
}

#[tokio::test]
async fn what_was_not_done_is_a_conflict_where_another_broker_was_first() {
    if let Some((outcome, its)) = committed(Cut::BeforeCommit, Meanwhile::Another).await {
        assert_eq!(conflict(outcome), id(1));
        assert_eq!(its, 1, "it was done by the other one alone");
    }
}
