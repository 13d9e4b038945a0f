//! Transfers that were interrupted, and what their sources did meanwhile.

use super::*;
use crate::support::sample::{leased, revision};
use async_trait::async_trait;
use usher::store::embedded::EmbeddedStore;
use usher::store::record::{encode_body, encode_envelope};
use usher_domain::index::RecordKind;

/// Fails after so many parts, as a power cut would end it.
struct Breaks<T> {
    target: T,
    after: usize,
}

#[async_trait]
impl<T: Target + 'static> Target for Breaks<T> {
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
        self.target.last().await
    }

    async fn put(&mut self, part: Part) -> Result<(), TransferError> {
        if self.after == 0 {
            return Err(TransferError::Changed);
        }
        self.after -= 1;
        self.target.put(part).await
    }

    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError> {
        panic!("it broke before")
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        panic!("it broke before")
    }
}

#[tokio::test]
async fn an_interrupted_migration_opens_for_nobody_and_goes_on_where_it_was() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    let folder = filled(Engine::Redb).await;
    let source = || from_folder(Engine::Redb, folder.path());
    let target = Breaks {
        target: IntoDatabase::new(&settings).await.unwrap(),
        after: 1,
    };
    carry(source(), target).await.unwrap_err();
    let opened = PostgresStore::open(&settings).await.err();
    assert!(
        matches!(opened, Some(ConnectError::Unfinished)),
        "{opened:?}"
    );
    let half = FromDatabase::new(&settings).await.err();
    assert!(matches!(half, Some(TransferError::Unfinished)), "{half:?}");
    let mut begun = None;
    let mut from = source();
    let to = Box::new(IntoDatabase::new(&settings).await.unwrap());
    transfer::run(&mut from, to, &mut |_, done, _| {
        begun.get_or_insert(done);
    })
    .await
    .unwrap();
    assert!(begun > Some(100), "it began anew: {begun:?}");
    drop(from);
    check_database(&settings).await;

    // And the other way.
    let back = tempfile::tempdir().unwrap();
    let target = Breaks {
        target: into_folder(Engine::Redb, back.path()),
        after: 1,
    };
    let from = FromDatabase::at_rest(&settings).await.unwrap();
    carry(from, target).await.unwrap_err();
    let half = EmbeddedStore::open(Engine::Redb.kv(back.path()).into(), "test");
    assert!(half.is_err(), "a half store was opened");
    let from = FromDatabase::at_rest(&settings).await.unwrap();
    carry(from, into_folder(Engine::Redb, back.path()))
        .await
        .unwrap();
    let before = content(Engine::Redb.kv(folder.path()).as_ref());
    check_folder(Engine::Redb, back.path(), &before).await;
}

#[tokio::test]
async fn a_migration_goes_on_after_its_source_did() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    let folder = filled(Engine::Redb).await;
    let target = Breaks {
        target: IntoDatabase::new(&settings).await.unwrap(),
        after: 1,
    };
    let from = from_folder(Engine::Redb, folder.path());
    carry(from, target).await.unwrap_err();
    let kv = Engine::Redb.kv(folder.path()).into();
    let store = EmbeddedStore::open(kv, "test").unwrap();
    let stored = store.load(id(9)).await.unwrap().unwrap();
    store.commit(&[changed(&stored, |_| ())]).await.unwrap();
    store.close().await;
    drop(store);
    let to = IntoDatabase::new(&settings).await.unwrap();
    let from = from_folder(Engine::Redb, folder.path());
    assert_eq!(u128::from(carry(from, to).await.unwrap().records), MANY + 1);
    check_database(&settings).await;
}

#[tokio::test]
async fn a_record_that_comes_again_stands_in_one_place() {
    let folder = tempfile::tempdir().unwrap();
    // As a record does that has more entries by now than it names.
    let part = |oldest: u64, is_open: bool| {
        let state = if is_open { leased(9) } else { answered(true) };
        let enquiry = Sample::bare(1).check("camden", state).build();
        let envelope = encode_envelope(
            RecordKind::Enquiry,
            revision(1),
            &[oldest, 9],
            &encode_body(&enquiry.into()),
        );
        Part {
            entries: Vec::new(),
            records: vec![(id(1), envelope)],
        }
    };
    for (round, is_open) in [(1, true), (2, true), (3, false), (4, true)] {
        let mut target = into_folder(Engine::Redb, folder.path());
        target.last().await.unwrap();
        target.put(part(round, is_open)).await.unwrap();
        target.put(part(round + 4, is_open)).await.unwrap();
        drop(target);
        let there = content(Engine::Redb.kv(folder.path()).as_ref());
        let shelf = if is_open { b'o' } else { b'c' };
        let on = there.iter().map(|(key, _)| key[0]);
        // That it was closed once may stay noted by its deadline.
        let on: Vec<_> = on.filter(|prefix| *prefix != b'd').collect();
        assert_eq!(on, [shelf], "round {round}");
    }
}
