//! Sessions: kept until they expire or are removed, beside the records and never among them.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, at, id};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::ops::{Bound, ControlFlow};
use usher::store::kv::{KeyValue, Order, Write};
use usher::store::record::encode_session;
use usher::store::verify::verify;
use usher::store::{Cursor, Filter, Page, SessionKey, SessionRow, StoreError};
use usher_domain::limits::{SESSION_BYTES_MAX, SESSIONS_MAX};
use usher_domain::time::Timestamp;

stamp! {
    a_session_is_there_until_the_moment_it_expires,
    a_session_is_replaced_as_a_whole,
    a_removed_session_is_gone_and_is_not_replaced,
    the_sessions_of_a_subject_go_together,
    expired_sessions_are_dropped_a_few_at_a_time,
    sessions_survive_beside_commits,
    sessions_have_bounds,
    sessions_are_no_records,
    a_damaged_session_is_nobodys,
}

const NINE: [u8; 32] = [9; 32];

fn key(number: u32) -> SessionKey {
    let mut key = [0; 32];
    key[28..].copy_from_slice(&number.to_be_bytes());
    SessionKey(key)
}

fn row(minutes: i64, value: &str) -> SessionRow {
    SessionRow {
        subject: NINE,
        expires: at(minutes),
        value: value.into(),
    }
}

async fn put(home: &Home, number: u32, row: &SessionRow) {
    home.store().put_session(key(number), row).await.unwrap();
}

async fn load(home: &Home, number: u32, now: Timestamp) -> Option<SessionRow> {
    home.store().load_session(key(number), now).await.unwrap()
}

async fn a_session_is_there_until_the_moment_it_expires(home: Home) {
    let kept = row(10, "Anna");
    let finer = SessionRow {
        expires: at(10) + SignedDuration::from_nanos(7),
        ..kept.clone()
    };
    let written = if home.engine == Engine::Memory {
        &kept
    } else {
        &finer
    };
    put(&home, 1, written).await;
    let before = at(10) - SignedDuration::from_millis(1);
    for now in [Timestamp::MIN, at(0), before] {
        assert_eq!(load(&home, 1, now).await.as_ref(), Some(&kept));
    }
    for now in [at(10), at(11), Timestamp::MAX] {
        assert_eq!(load(&home, 1, now).await, None);
    }
    assert_eq!(load(&home, 2, at(0)).await, None);
}

async fn a_session_is_replaced_as_a_whole(home: Home) {
    put(&home, 1, &row(10, "a longer value")).await;
    let other = SessionRow {
        subject: [8; 32],
        ..row(20, "b")
    };
    put(&home, 1, &other).await;
    assert_eq!(load(&home, 1, at(15)).await, Some(other));
    let store = home.store();
    assert_eq!(store.remove_sessions_of(NINE).await.unwrap(), 0);
    assert_eq!(store.drop_expired_sessions(at(15), 9).await.unwrap(), 0);
    let third = row(5, "c");
    assert!(store.replace_session(key(1), &third).await.unwrap());
    assert_eq!(load(&home, 1, at(4)).await, Some(third));
    assert_eq!(store.remove_sessions_of([8; 32]).await.unwrap(), 0);
}

async fn a_removed_session_is_gone_and_is_not_replaced(home: Home) {
    let store = home.store();
    put(&home, 1, &row(10, "a")).await;
    put(&home, 2, &row(10, "b")).await;
    store.remove_session(key(1)).await.unwrap();
    store.remove_session(key(1)).await.unwrap();
    let late = store.replace_session(key(1), &row(10, "a again")).await;
    assert!(!late.unwrap(), "who signed out was signed in again");
    assert_eq!(load(&home, 1, at(0)).await, None);
    assert_eq!(load(&home, 2, at(0)).await, Some(row(10, "b")));
    put(&home, 1, &row(10, "anew")).await;
    assert_eq!(load(&home, 1, at(0)).await, Some(row(10, "anew")));
}

async fn the_sessions_of_a_subject_go_together(mut home: Home) {
    for number in 1..=3 {
        put(&home, number, &row(i64::from(number), "mine")).await;
    }
    let other = SessionRow {
        subject: [8; 32],
        ..row(10, "another's")
    };
    put(&home, 4, &other).await;
    home.reopen().await;
    assert_eq!(home.store().remove_sessions_of(NINE).await.unwrap(), 3);
    for number in 1..=3 {
        assert_eq!(load(&home, number, at(0)).await, None);
    }
    assert_eq!(load(&home, 4, at(0)).await, Some(other));
    assert_eq!(home.store().remove_sessions_of(NINE).await.unwrap(), 0);
}

async fn expired_sessions_are_dropped_a_few_at_a_time(mut home: Home) {
    for number in 1..=5 {
        put(&home, number, &row(10, "past")).await;
    }
    for number in 6..=7 {
        put(&home, number, &row(11, "to come")).await;
    }
    home.reopen().await;
    let store = home.store();
    let before = at(10) - SignedDuration::from_millis(1);
    assert_eq!(store.drop_expired_sessions(before, 9).await.unwrap(), 0);
    for dropped in [3, 2, 0] {
        let now = store.drop_expired_sessions(at(10), 3).await;
        assert_eq!(now.unwrap(), dropped);
    }
    for number in 1..=7 {
        let kept = load(&home, number, at(0)).await;
        assert_eq!(kept.is_some(), number > 5, "{number}");
    }
}

async fn sessions_survive_beside_commits(mut home: Home) {
    let store = home.shared();
    let puts = (0..20).map(|number| {
        let store = home.shared();
        async move {
            let kept = row(10, &number.to_string());
            store.put_session(key(number), &kept).await.unwrap();
        }
    });
    let commits = (1..=20).map(|number| {
        let store = home.shared();
        async move {
            let change = Sample::new(number).submitted();
            store.commit(&[change]).await.unwrap();
        }
    });
    futures_util::join!(join_all(puts), join_all(commits));
    store.remove_session(key(3)).await.unwrap();
    drop(store);
    home.reopen().await;
    for number in 0..20 {
        let kept = (number != 3).then(|| row(10, &number.to_string()));
        assert_eq!(load(&home, number, at(0)).await, kept);
    }
    for number in 1..=20 {
        home.load(id(number)).await;
    }
}

async fn sessions_have_bounds(mut home: Home) {
    let sized = |bytes| SessionRow {
        value: vec![7; bytes],
        ..row(10, "")
    };
    put(&home, 1, &sized(SESSION_BYTES_MAX)).await;
    let largest = load(&home, 1, at(0)).await.unwrap();
    assert_eq!(largest.value.len(), SESSION_BYTES_MAX);
    let larger = sized(SESSION_BYTES_MAX + 1);
    let put_larger = home.store().put_session(key(2), &larger).await;
    assert_eq!(too_large(put_larger), "session");
    let replaced = home.store().replace_session(key(1), &larger).await;
    assert_eq!(too_large(replaced.map(drop)), "session");
    assert_eq!(load(&home, 1, at(0)).await.unwrap(), largest);

    let most = u32::try_from(SESSIONS_MAX).unwrap();
    fill(&mut home, 2..most).await;
    put(&home, most, &row(10, "the last")).await;
    let beyond = row(20, "one too many");
    let full = home.store().put_session(key(most + 1), &beyond).await;
    assert_eq!(too_large(full), "sessions");
    put(&home, most, &row(10, "the last again")).await;
    assert_eq!(load(&home, most + 1, at(0)).await, None);
    let dropped = home.store().drop_expired_sessions(at(10), 1).await;
    assert_eq!(dropped.unwrap(), 1);
    put(&home, most + 1, &beyond).await;
}

fn too_large(outcome: Result<(), StoreError>) -> &'static str {
    match outcome {
        Err(StoreError::TooLarge { what, .. }) => what,
        other => panic!("{other:?}"),
    }
}

/// Puts many small sessions where they belong, without waiting for the disk after each.
async fn fill(home: &mut Home, numbers: std::ops::Range<u32>) {
    let small = row(10, "");
    if let Some(server) = &home.server {
        let client = server.client().await;
        let insert = "INSERT INTO session SELECT decode(lpad(to_hex(i), 64, '0'), 'hex'),
            $3, $4, ''::bytea FROM generate_series($1::bigint, $2::bigint) AS i";
        let (first, last) = (i64::from(numbers.start), i64::from(numbers.end) - 1);
        let (subject, expires) = (NINE.as_slice(), at(10).as_millisecond());
        client
            .execute(insert, &[&first, &last, &subject, &expires])
            .await
            .unwrap();
    } else if home.engine == Engine::Memory {
        for number in numbers {
            put(home, number, &small).await;
        }
    } else {
        home.with_files(|kv| {
            let all: Vec<u32> = numbers.collect();
            for some in all.chunks(10_000) {
                let write = |number: &u32| {
                    let key = key(*number);
                    Write::put(
                        [b"s".as_slice(), &key.0].concat(),
                        encode_session(key, &small),
                    )
                };
                let writes: Vec<Write> = some.iter().map(write).collect();
                kv.commit(&writes).unwrap();
            }
        });
    }
}

async fn sessions_are_no_records(mut home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let counts = home.store().counts().await.unwrap();
    put(&home, 1, &row(10, "a")).await;
    put(&home, 2, &row(10, "b")).await;
    home.store().remove_session(key(2)).await.unwrap();
    home.reopen().await;
    let store = home.store();
    assert_eq!(store.counts().await.unwrap(), counts);
    assert_eq!(store.feed(Cursor::default(), 9).await.unwrap().len(), 1);
    let page = Page {
        after: None,
        size: 9,
    };
    let listed = store.list(&Filter::default(), &page).await.unwrap();
    assert_eq!(listed.records.len(), 1);
    assert_eq!(store.unreadable().await.unwrap(), []);
    assert_eq!(store.sweep().await.unwrap(), []);
    let report = home.with_files(verify);
    if let Some(report) = report {
        assert!(report.is_sound(), "{report:?}");
        assert_eq!(report.enquiries, 1);
    }
    assert_eq!(load(&home, 1, at(0)).await, Some(row(10, "a")));
}

/// Puts `bytes` where session 1 stands; says whether there is such a place.
async fn meddle(home: &mut Home, bytes: &[u8]) -> bool {
    if let Some(server) = &home.server {
        let client = server.client().await;
        let update = "UPDATE session SET bytes = $2 WHERE key = $1";
        let key = key(1);
        let changed = client.execute(update, &[&key.0.as_slice(), &bytes]).await;
        assert_eq!(changed.unwrap(), 1);
        return true;
    }
    let changed = home.with_files(|kv| {
        let place = place_of(kv, 1);
        kv.commit(&[Write::put(place, bytes)]).unwrap();
    });
    changed.is_some()
}

fn place_of(kv: &dyn KeyValue, number: u32) -> Vec<u8> {
    let mut place = None;
    let everything = (Bound::Unbounded, Bound::Unbounded);
    let scanned = kv.scan(everything, Order::Ascending, &mut |found, _| {
        if found.ends_with(&key(number).0) {
            place = Some(found.to_vec());
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    place.unwrap()
}

async fn a_damaged_session_is_nobodys(mut home: Home) {
    put(&home, 1, &row(10, "mine")).await;
    put(&home, 2, &row(10, "another's")).await;
    let good = encode_session(key(1), &row(10, "mine"));
    let mut flipped = good.clone();
    flipped[50] ^= 1;
    let anothers = encode_session(key(2), &row(10, "another's"));
    for damage in [flipped, good[1..].to_vec(), Vec::new(), anothers] {
        if !meddle(&mut home, &damage).await {
            return;
        }
        let read = home.store().load_session(key(1), at(0)).await;
        assert!(matches!(read, Err(StoreError::Corrupt { id: None, .. })));
        assert_eq!(load(&home, 2, at(0)).await, Some(row(10, "another's")));
        put(&home, 1, &row(10, "mine")).await;
        assert_eq!(load(&home, 1, at(0)).await, Some(row(10, "mine")));
    }
    meddle(&mut home, b"nothing").await;
    assert_eq!(
        home.store().drop_expired_sessions(at(10), 9).await.unwrap(),
        2
    );
    assert_eq!(load(&home, 1, at(0)).await, None);
}
