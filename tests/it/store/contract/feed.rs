//! The feed: every event once, in the order of commits, from any place on.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, all_events, changed, court, id, responder, revision};
use usher::store::{Cursor, Recorded};

stamp! {
    resumes_by_cursor,
    cursor_within_a_group,
    every_event_once,
    events_say_who_may_see_them,
    own_commits_are_no_news_from_elsewhere,
}

/// Reads on from `after` in steps of `limit`.
async fn read(home: &Home, mut after: Cursor, limit: usize) -> Vec<Recorded> {
    let mut all = Vec::new();
    loop {
        let some = home.store().feed(after, limit).await.unwrap();
        assert!(some.len() <= limit);
        let Some(last) = some.last() else { return all };
        after = last.cursor;
        all.extend(some);
    }
}

async fn own_commits_are_no_news_from_elsewhere(home: Home) {
    let elsewhere = home.store().elsewhere();
    many(&home).await;
    let others = elsewhere.has_changed();
    // An error says that there are no others.
    assert!(!others.unwrap_or_default());
    assert_eq!(*elsewhere.borrow(), 0);
    let of_others = home.store().feed_elsewhere(Cursor::default(), 99);
    assert_eq!(of_others.await.unwrap(), []);
}

async fn many(home: &Home) -> Cursor {
    let batch = (1..=3).map(|number| Sample::new(number).submitted());
    home.store()
        .commit(&batch.collect::<Vec<_>>())
        .await
        .unwrap();
    let stored = home.load(id(2)).await;
    let mut change = changed(&stored, |_| ());
    change.events = all_events();
    home.commit(change).await;
    let mut last = Cursor::default();
    for number in 4..12 {
        last = home.commit(Sample::new(number).submitted()).await.cursor;
    }
    last
}

async fn resumes_by_cursor(home: Home) {
    let end = many(&home).await;
    assert_eq!(home.store().feed_end().await.unwrap(), end);
    let whole = read(&home, Cursor::default(), 999).await;
    assert_eq!(whole.last().unwrap().cursor, end);
    for (place, event) in whole.iter().enumerate() {
        let rest = read(&home, event.cursor, 7).await;
        assert_eq!(rest, whole[place + 1..], "after {:?}", event.cursor);
    }
    assert_eq!(home.store().feed(end, 9).await.unwrap(), []);
}

async fn cursor_within_a_group(home: Home) {
    many(&home).await;
    let first = Cursor {
        entry: 1,
        events: 1,
    };
    let rest = home.store().feed(first, 2).await.unwrap();
    let seen: Vec<_> = rest
        .iter()
        .map(|event| (event.cursor, event.record))
        .collect();
    let place = |events| Cursor { entry: 1, events };
    assert_eq!(seen, [(place(2), id(2)), (place(3), id(3))]);
}

async fn every_event_once(mut home: Home) {
    many(&home).await;
    let events = 3 + all_events().len() + 8;
    for limit in [1, 2, 5, 999] {
        let all = read(&home, Cursor::default(), limit).await;
        assert_eq!(all.len(), events, "{limit}");
        assert!(all.is_sorted_by(|one, next| one.cursor < next.cursor));
    }
    let before = read(&home, Cursor::default(), 999).await;
    home.reopen().await;
    assert_eq!(read(&home, Cursor::default(), 999).await, before);
    let kept: Vec<_> = before
        .into_iter()
        .filter(|event| event.revision == revision(2))
        .collect();
    let told: Vec<_> = kept.into_iter().map(|event| event.event).collect();
    assert_eq!(told, all_events());
}

async fn events_say_who_may_see_them(home: Home) {
    let mut change = Sample::new(1).court("B01DU").submitted();
    change.events.push(change.events[0].clone());
    change.events[1].check = None;
    home.commit(change).await;
    let told = read(&home, Cursor::default(), 9).await;
    assert_eq!(told[0].court, court("B01DU"));
    assert_eq!(told[0].responder, Some(responder("hackney")));
    assert_eq!(told[1].responder, None);
}
