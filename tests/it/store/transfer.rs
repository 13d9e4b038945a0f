//! Stores carried from place to place: between engines and back, into a backup and out of it; interrupted, damaged, in use.

mod damage;
mod resumed;

use super::contract::{Engine, Home};
use crate::support::postgres::Postgres;
use crate::support::sample::{Sample, answered, case, changed, id, registered, rich, submitted};
use crate::support::{Content, content};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;
use usher::store::kv::KeyValue;
use usher::store::postgres::{ConnectError, PostgresStore, Settings, Snapshot};
use usher::store::transfer::{
    self, FromDatabase, FromFile, FromFolder, IntoDatabase, IntoFile, IntoFolder, Part, Source,
    Tally, Target, TransferError,
};
use usher::store::verify::{verify, verify_database};
use usher::store::{Beat, Store};
use uuid::Uuid;

/// Enquiries of the sample, beside one case; more than one part of entries.
const MANY: u128 = 300;

/// The engines that keep a folder.
const EMBEDDED: &[Engine] = &[
    Engine::Redb,
    #[cfg(feature = "sled")]
    Engine::Sled,
];

/// Rich, open, closed and closed-again ones, over many feed entries, some of which tell of more than one.
async fn fill(store: &dyn Store) {
    store.commit(&[submitted(rich(1))]).await.unwrap();
    store.commit(&[registered(case(1))]).await.unwrap();
    let together = [2, 3].map(|number| Sample::new(number).submitted());
    store.commit(&together).await.unwrap();
    let (two, three) = (store.load(id(2)).await, store.load(id(3)).await);
    let twice = [two, three].map(|stored| changed(&stored.unwrap().unwrap(), |_| ()));
    store.commit(&twice).await.unwrap();
    for number in 4..=MANY {
        let change = Sample::new(number).submitted();
        store.commit(&[change]).await.unwrap();
    }
    for number in [2, 5, MANY - 1] {
        let stored = store.load(id(number)).await.unwrap().unwrap();
        let close = changed(&stored, |enquiry| enquiry.checks[0].state = answered(true));
        store.commit(&[close]).await.unwrap();
    }
}

/// The files of a filled store of an embedded engine.
async fn filled(engine: Engine) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let kv = engine.kv(folder.path());
    let store = usher::store::embedded::EmbeddedStore::open(kv.into(), "test").unwrap();
    fill(&store).await;
    store.close().await;
    folder
}

async fn carry(
    mut source: impl Source + 'static,
    target: impl Target + 'static,
) -> Result<Tally, TransferError> {
    transfer::run(&mut source, Box::new(target), &mut |_, done, end| {
        assert!(done <= end);
    })
    .await
}

fn from_folder(engine: Engine, folder: &Path) -> FromFolder {
    FromFolder::new(engine.kv(folder)).unwrap()
}

fn into_folder(engine: Engine, folder: &Path) -> IntoFolder {
    IntoFolder::new(engine.kv(folder))
}

/// A store that holds what another does, sound, and able to go on.
async fn check_folder(engine: Engine, folder: &Path, wanted: &Content) {
    let mut kv = engine.kv(folder);
    assert!(content(kv.as_ref()) == *wanted, "it differs");
    assert!(verify(kv.as_mut()).is_sound());
    drop(kv);
    let store = usher::store::embedded::EmbeddedStore::open(engine.kv(folder).into(), "test");
    let store = store.unwrap();
    store
        .commit(&[Sample::new(1_000).submitted()])
        .await
        .unwrap();
    store.close().await;
}

async fn check_database(settings: &Settings) {
    let report = verify_database(&Snapshot::open(settings).await.unwrap()).await;
    let report = report.unwrap();
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!(u128::from(report.enquiries), MANY);
    let store = PostgresStore::open(settings).await.unwrap();
    assert_eq!(store.sweep().await.unwrap(), []);
    assert_eq!(u128::from(store.counts().await.unwrap().open), MANY - 2);
    assert_eq!(report.cases.all, 1);
    drop(store);
}

/// From `engine` to PostgreSQL, and from there into every embedded engine.
async fn check_round_trip(engine: Engine) {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let folder = filled(engine).await;
    let before = content(engine.kv(folder.path()).as_ref());
    let to = IntoDatabase::new(&server.settings()).await.unwrap();
    let there = carry(from_folder(engine, folder.path()), to).await;
    let there = there.unwrap();
    assert_eq!(u128::from(there.records), MANY + 1);
    assert_eq!(u128::from(there.entries), MANY + 4);
    let after = content(engine.kv(folder.path()).as_ref());
    assert!(before == after, "the source was touched");
    check_database(&server.settings()).await;
    for other in EMBEDDED {
        let back = tempfile::tempdir().unwrap();
        let from = FromDatabase::at_rest(&server.settings()).await.unwrap();
        let again = carry(from, into_folder(*other, back.path())).await;
        assert_eq!(again.unwrap(), there);
        // Under which entry an open one stands is the same, too: none was opened again.
        check_folder(*other, back.path(), &before).await;
    }
}

#[tokio::test]
async fn a_store_goes_from_redb_to_postgres_and_back_and_is_the_same() {
    check_round_trip(Engine::Redb).await;
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_store_goes_from_sled_to_postgres_and_back_and_is_the_same() {
    check_round_trip(Engine::Sled).await;
}

/// All rows of all tables, but for which commit wrote an entry.
async fn dump(server: &Postgres) -> Vec<(String, Option<String>)> {
    let client = server.client().await;
    let mut all = Vec::new();
    for (table, rows) in [
        ("enquiry", "enquiry::text"),
        ("enquiry_responder", "enquiry_responder::text"),
        ("queue", "queue::text"),
        ("feed", "entry || ' ' || encode(bytes, 'hex')"),
        ("feed_head", "feed_head::text"),
        ("history", "history::text"),
    ] {
        let all_of = format!("SELECT string_agg({rows}, E'\n' ORDER BY {rows}) FROM {table}");
        let row = client.query_one(&all_of, &[]).await.unwrap();
        all.push((table.to_owned(), row.get(0)));
    }
    all
}

#[tokio::test]
async fn a_database_goes_into_a_folder_and_back_and_has_the_same_rows() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    fill(&store).await;
    drop(store);
    let folder = tempfile::tempdir().unwrap();
    let from = FromDatabase::at_rest(&server.settings()).await.unwrap();
    let there = carry(from, into_folder(Engine::Redb, folder.path())).await;
    let other = Postgres::migrated_one().await.unwrap();
    let to = IntoDatabase::new(&other.settings()).await.unwrap();
    let back = carry(from_folder(Engine::Redb, folder.path()), to).await;
    assert_eq!(there.unwrap(), back.unwrap());
    let (one, other) = (dump(&server).await, dump(&other).await);
    for (one, other) in one.iter().zip(&other) {
        assert!(one.1.is_some(), "{} is empty", one.0);
        assert!(one == other, "{} differs", one.0);
    }
}

/// The bytes of every file under `folder`.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn not_a_byte_of_a_source_changes_even_after_a_crash() {
    let folder = filled(Engine::Redb).await;
    let crashed = tempfile::tempdir().unwrap();
    {
        // As a power cut leaves it: not closed, its book-keeping not written.
        let _held = Engine::Redb.kv(folder.path());
        for (path, bytes) in files(folder.path()) {
            std::fs::write(crashed.path().join(path.file_name().unwrap()), bytes).unwrap();
        }
    }
    for folder in [folder.path(), crashed.path()] {
        let before = files(folder);
        let settings = usher::store::kv::Settings::default();
        let kv = usher::store::redb::Redb::open_to_read(folder, settings).unwrap();
        let twice = usher::store::redb::Redb::open_to_read(folder, settings);
        assert!(matches!(twice, Err(usher::store::kv::KvError::InUse)));
        let target = tempfile::tempdir().unwrap();
        let to = into_folder(Engine::Redb, target.path());
        let there = carry(FromFolder::new(Box::new(kv)).unwrap(), to).await;
        assert_eq!(u128::from(there.unwrap().records), MANY + 1);
        assert!(files(folder) == before, "{folder:?}");
        // The test sees what opening as ever writes.
        drop(Engine::Redb.kv(folder));
        assert!(files(folder) != before, "{folder:?}");
    }
    std::fs::write(crashed.path().join("usher.redb"), "").unwrap();
    let settings = usher::store::kv::Settings::default();
    let empty = usher::store::redb::Redb::open_to_read(crashed.path(), settings);
    assert!(matches!(
        empty,
        Err(usher::store::kv::KvError::Corrupt { .. })
    ));
}

#[tokio::test]
async fn a_target_that_holds_something_else_or_serves_is_refused() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    let folder = filled(Engine::Redb).await;
    let store = server.store().await;
    store.commit(&[Sample::new(7).submitted()]).await.unwrap();
    let beat = Beat {
        broker: Uuid::from_u128(1),
        clock_ahead: jiff::SignedDuration::ZERO,
        adapters: Vec::new(),
    };
    store.beat(&beat, Duration::from_secs(60)).await.unwrap();
    let running = IntoDatabase::new(&settings).await.err();
    assert!(matches!(running, Some(TransferError::Running { count: 1 })));
    let running = FromDatabase::at_rest(&settings).await.err();
    assert!(matches!(running, Some(TransferError::Running { count: 1 })));
    store.beat(&beat, Duration::ZERO).await.unwrap();
    let to = IntoDatabase::new(&settings).await.unwrap();
    let refused = carry(from_folder(Engine::Redb, folder.path()), to).await;
    assert!(
        matches!(refused, Err(TransferError::Foreign)),
        "{refused:?}"
    );
    assert_eq!(store.counts().await.unwrap().feed, 1);
    // A store that somebody has open is nobody else's.
    let held = Engine::Redb.kv(folder.path());
    let second =
        usher::store::redb::Redb::open_made(folder.path(), usher::store::kv::Settings::default());
    assert!(matches!(second, Err(usher::store::kv::KvError::InUse)));
    drop(held);
}

#[tokio::test]
async fn a_source_that_goes_on_is_noticed() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let store = server.store().await;
    fill(&store).await;
    let from = FromDatabase::at_rest(&server.settings()).await.unwrap();
    store
        .commit(&[Sample::new(1_000).submitted()])
        .await
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let outcome = carry(from, into_folder(Engine::Redb, folder.path())).await;
    assert!(
        matches!(outcome, Err(TransferError::Changed)),
        "{outcome:?}"
    );
    // So is a broker that starts meanwhile, before it commits.
    let beat = Beat {
        broker: Uuid::from_u128(1),
        clock_ahead: jiff::SignedDuration::ZERO,
        adapters: Vec::new(),
    };
    let from = FromDatabase::at_rest(&server.settings()).await.unwrap();
    store.beat(&beat, Duration::from_secs(60)).await.unwrap();
    let outcome = carry(from, into_folder(Engine::Redb, folder.path())).await;
    assert!(matches!(outcome, Err(TransferError::Running { count: 1 })));
    store.beat(&beat, Duration::ZERO).await.unwrap();
    let from = FromDatabase::at_rest(&server.settings()).await.unwrap();
    carry(from, into_folder(Engine::Redb, folder.path()))
        .await
        .unwrap();
}

async fn check_backup(engine: Engine) {
    let folder = filled(engine).await;
    let before = content(engine.kv(folder.path()).as_ref());
    let file = folder.path().with_extension("backup");
    // As others may have put it there.
    std::fs::write(file.with_extension("backup.unfinished"), "old").unwrap();
    let made = IntoFile::create(&file).unwrap();
    let kept = carry(from_folder(engine, folder.path()), made)
        .await
        .unwrap();
    let mode = std::fs::metadata(&file).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others may read it");
    assert!(matches!(
        IntoFile::create(&file),
        Err(TransferError::File { .. })
    ));
    let restored = tempfile::tempdir().unwrap();
    let from = FromFile::open(&file).unwrap();
    let has = carry(from, into_folder(engine, restored.path())).await;
    assert_eq!(has.unwrap(), kept);
    check_folder(engine, restored.path(), &before).await;
    std::fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn a_backup_of_redb_restores_the_same() {
    check_backup(Engine::Redb).await;
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn a_backup_of_sled_restores_the_same() {
    check_backup(Engine::Sled).await;
}

#[tokio::test]
async fn a_backup_of_postgres_is_of_one_moment_and_restores_the_same() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    let store = server.store().await;
    fill(&store).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("usher.backup");
    let from = FromDatabase::new(&settings).await.unwrap();
    store
        .commit(&[Sample::new(1_000).submitted()])
        .await
        .unwrap();
    // Brokers go on: a backup does not mind.
    let made = IntoFile::create(&file).unwrap();
    let kept = carry(from, made).await.unwrap();
    assert_eq!(u128::from(kept.entries), MANY + 4);
    drop(store);
    let other = Postgres::migrated_one().await.unwrap();
    let to = IntoDatabase::new(&other.settings()).await.unwrap();
    let restored = carry(FromFile::open(&file).unwrap(), to).await.unwrap();
    assert_eq!(restored, kept);
    check_database(&other.settings()).await;
}

#[tokio::test]
async fn a_backup_with_any_damage_is_refused() {
    let home = Home::new(Engine::Redb);
    home.commit(submitted(rich(1))).await;
    drop(home);
    let folder = filled(Engine::Redb).await;
    let file = folder.path().with_extension("damaged");
    let made = IntoFile::create(&file).unwrap();
    carry(from_folder(Engine::Redb, folder.path()), made)
        .await
        .unwrap();
    let whole = std::fs::read(&file).unwrap();
    let check = |bytes: &[u8]| {
        std::fs::write(&file, bytes).unwrap();
        let opened = FromFile::open(&file);
        assert!(
            matches!(opened, Err(TransferError::File { .. })),
            "{}",
            bytes.len()
        );
    };
    for place in [
        0,
        14,
        15,
        40,
        whole.len() / 2,
        whole.len() - 33,
        whole.len() - 1,
    ] {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        check(&bytes);
    }
    for length in [0, 10, 15, 60, whole.len() / 3, whole.len() - 1] {
        check(&whole[..length]);
    }
    check(&[whole.as_slice(), b"more"].concat());
    std::fs::write(&file, &whole).unwrap();
    FromFile::open(&file).unwrap();
    std::fs::remove_file(file).unwrap();
}
