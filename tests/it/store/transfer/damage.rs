//! Sources that are not whole, and targets that do not become what they should: told of, and never opened.

use super::*;
use crate::support::sample::hearing;
use async_trait::async_trait;
use usher::store::kv::Write;
use usher::store::record::RecordError;

/// What is wrong with a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wrong {
    RecordDamaged,
    RecordMissing,
    RecordOfAnother,
    RecordUntold,
    EntryDamaged,
    EntryMissing,
}

const ALL: [Wrong; 6] = [
    Wrong::RecordDamaged,
    Wrong::RecordMissing,
    Wrong::RecordOfAnother,
    Wrong::RecordUntold,
    Wrong::EntryDamaged,
    Wrong::EntryMissing,
];

/// Checks what a transfer said of it.
fn told(wrong: Wrong, outcome: Result<Tally, TransferError>) {
    let error = outcome.expect_err("it pretends");
    let is_right = match (wrong, &error) {
        (Wrong::RecordOfAnother, TransferError::Damaged { what, source }) => {
            what.contains(&id(9).to_string()) && matches!(source, RecordError::Misplaced)
        }
        (Wrong::RecordDamaged, TransferError::Damaged { what, .. })
        | (Wrong::RecordMissing, TransferError::Incomplete { what }) => {
            what.contains(&id(9).to_string())
        }
        (Wrong::RecordUntold, TransferError::Incomplete { what }) => what.contains("302 records"),
        (Wrong::EntryDamaged, TransferError::Damaged { what, .. }) => what == "feed entry 9",
        (Wrong::EntryMissing, TransferError::Incomplete { what }) => what.contains("entry 9 "),
        _ => false,
    };
    assert!(is_right, "{wrong:?}: {error:?}");
}

/// The key and the value under which enquiry `number` stands.
fn record_of(kv: &dyn KeyValue, number: u128) -> (Vec<u8>, Vec<u8>) {
    let id = id(number);
    let ends = |(key, _): &(Vec<u8>, Vec<u8>)| key.ends_with(id.uuid().as_bytes());
    content(kv).into_iter().find(ends).unwrap()
}

fn spoil(kv: &dyn KeyValue, wrong: Wrong) {
    let entry = [&b"f"[..], &9_u64.to_be_bytes()].concat();
    let (key, value) = record_of(kv, 9);
    let flipped = |mut bytes: Vec<u8>| {
        bytes[30] ^= 0x10;
        bytes
    };
    let write = match wrong {
        Wrong::RecordDamaged => Write::put(key, flipped(value)),
        Wrong::RecordMissing => Write::delete(key),
        Wrong::RecordOfAnother => Write::put(key, record_of(kv, 10).1),
        Wrong::RecordUntold => {
            let key = [&b"c"[..], id(5_000).uuid().as_bytes()].concat();
            Write::put(key, value)
        }
        Wrong::EntryDamaged => {
            let bytes = kv.read(&entry).unwrap().unwrap();
            Write::put(entry, flipped(bytes))
        }
        Wrong::EntryMissing => Write::delete(entry),
    };
    kv.commit(&[write]).unwrap();
}

#[tokio::test]
async fn a_folder_that_is_not_whole_is_told_of_and_its_copy_opens_for_nobody() {
    let whole = filled(Engine::Redb).await;
    let records = content(Engine::Redb.kv(whole.path()).as_ref());
    for wrong in ALL {
        let folder = tempfile::tempdir().unwrap();
        let kv = Engine::Redb.kv(folder.path());
        for (key, value) in &records {
            kv.commit(&[Write::put(key.clone(), value.clone())])
                .unwrap();
        }
        spoil(kv.as_ref(), wrong);
        drop(kv);
        let target = tempfile::tempdir().unwrap();
        let to = into_folder(Engine::Redb, target.path());
        told(
            wrong,
            carry(from_folder(Engine::Redb, folder.path()), to).await,
        );
        let opened = FromFolder::new(Engine::Redb.kv(target.path())).err();
        assert!(
            matches!(opened, Some(TransferError::Unfinished)),
            "{wrong:?}: {opened:?}"
        );
        let file = target.path().join("usher.backup");
        let to = IntoFile::create(&file).unwrap();
        told(
            wrong,
            carry(from_folder(Engine::Redb, folder.path()), to).await,
        );
        assert!(!file.exists(), "{wrong:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_whole_is_told_of_and_its_copy_opens_for_nobody() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    fill(&server.store().await).await;
    let client = server.client().await;
    for wrong in ALL {
        let (spoil, mend) = match wrong {
            Wrong::RecordDamaged => (FLIP_RECORD, FLIP_RECORD),
            Wrong::EntryDamaged => (FLIP_ENTRY, FLIP_ENTRY),
            Wrong::RecordMissing => (TAKE_RECORD, GIVE_RECORD),
            Wrong::EntryMissing => (TAKE_ENTRY, GIVE_ENTRY),
            Wrong::RecordOfAnother => (
                "CREATE TABLE kept AS SELECT * FROM enquiry WHERE id = '$9';
                UPDATE enquiry SET record = (SELECT record FROM enquiry WHERE id = '$10')
                    WHERE id = '$9'",
                "UPDATE enquiry SET record = kept.record FROM kept WHERE enquiry.id = kept.id;
                DROP TABLE kept",
            ),
            Wrong::RecordUntold => (
                "INSERT INTO enquiry SELECT '$5000', revision, open, court, deadline_ms, due_ms,
                    open_alerts, live_alerts, record FROM enquiry WHERE id = '$9'",
                "DELETE FROM enquiry WHERE id = '$5000'",
            ),
        };
        let with_ids = |text: &str| {
            [5_000, 10, 9].iter().fold(text.to_owned(), |text, number| {
                text.replace(&format!("${number}"), &id(*number).uuid().to_string())
            })
        };
        client.batch_execute(&with_ids(spoil)).await.unwrap();
        let target = tempfile::tempdir().unwrap();
        let from = FromDatabase::at_rest(&settings).await.unwrap();
        told(
            wrong,
            carry(from, into_folder(Engine::Redb, target.path())).await,
        );
        let opened = FromFolder::new(Engine::Redb.kv(target.path())).err();
        assert!(
            matches!(opened, Some(TransferError::Unfinished)),
            "{wrong:?}: {opened:?}"
        );
        client.batch_execute(&with_ids(mend)).await.unwrap();
    }
    check_database(&settings).await;
}

const FLIP_RECORD: &str =
    "UPDATE enquiry SET record = set_byte(record, 40, get_byte(record, 40) # 16) WHERE id = '$9'";
const FLIP_ENTRY: &str =
    "UPDATE feed SET bytes = set_byte(bytes, 30, get_byte(bytes, 30) # 16) WHERE entry = 9";
const TAKE_RECORD: &str = "CREATE TABLE kept AS SELECT * FROM enquiry WHERE id = '$9';
    DELETE FROM enquiry WHERE id = '$9'";
const GIVE_RECORD: &str = "INSERT INTO enquiry SELECT * FROM kept; DROP TABLE kept";
const TAKE_ENTRY: &str = "CREATE TABLE kept AS SELECT * FROM feed WHERE entry = 9;
    DELETE FROM feed WHERE entry = 9";
const GIVE_ENTRY: &str = "INSERT INTO feed SELECT * FROM kept; DROP TABLE kept";

/// Keeps other than it is given, as a bad disk or a hand in between would.
struct Alters<T> {
    target: T,
    alter: fn(&mut Part),
}

#[async_trait]
impl<T: Target + 'static> Target for Alters<T> {
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
        self.target.last().await
    }

    async fn put(&mut self, mut part: Part) -> Result<(), TransferError> {
        (self.alter)(&mut part);
        self.target.put(part).await
    }

    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError> {
        self.target.read().await
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        self.target.finish().await
    }
}

/// Another court, in a record that is whole.
fn altered(part: &mut Part) {
    use usher::store::Record;
    use usher::store::record::{decode_body, decode_envelope, encode_body, encode_envelope};
    for (_, bytes) in part.records.iter_mut().take(1) {
        let envelope = decode_envelope(bytes).unwrap();
        let mut record = decode_body(&envelope).unwrap();
        if let Record::Enquiry(enquiry) = &mut record {
            enquiry.deadline = hearing("B01DU", 7);
        }
        let body = encode_body(&record);
        *bytes = encode_envelope(envelope.kind, envelope.revision, &envelope.entries, &body);
    }
}

#[tokio::test]
async fn a_target_that_does_not_become_equal_is_never_a_store() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let settings = server.settings();
    let folder = filled(Engine::Redb).await;
    let back = tempfile::tempdir().unwrap();
    let lost: fn(&mut Part) = |part| drop(part.records.pop());
    for (name, alter) in [("altered", altered as fn(&mut Part)), ("lost", lost)] {
        let client = server.client().await;
        let clear = "TRUNCATE enquiry, enquiry_responder, queue, feed, history;
            UPDATE feed_head SET entry = 0";
        client.batch_execute(clear).await.unwrap();
        let target = IntoDatabase::new(&settings).await.unwrap();
        let outcome = carry(
            from_folder(Engine::Redb, folder.path()),
            Alters { target, alter },
        );
        differs(&outcome.await);
        let opened = PostgresStore::open(&settings).await.err();
        assert!(matches!(opened, Some(ConnectError::Unfinished)));
        let path = back.path().join(name);
        let target = into_folder(Engine::Redb, &path);
        let outcome = carry(
            from_folder(Engine::Redb, folder.path()),
            Alters { target, alter },
        );
        differs(&outcome.await);
        let opened = FromFolder::new(Engine::Redb.kv(&path)).err();
        assert!(matches!(opened, Some(TransferError::Unfinished)));
        // A second try does not pretend either.
        let target = into_folder(Engine::Redb, &path);
        differs(&carry(from_folder(Engine::Redb, folder.path()), target).await);
    }
}

fn differs(outcome: &Result<Tally, TransferError>) {
    assert!(
        matches!(
            outcome,
            Err(TransferError::Differs { .. } | TransferError::Spoilt(_))
        ),
        "{outcome:?}"
    );
}
