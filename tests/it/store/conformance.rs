//! The contract of `store::kv`, case by case: one named test for each engine and case.

use super::contents;
use std::ops::{Bound, ControlFlow};
use std::path::Path;
use usher::store::kv::{
    KEY_BYTES_MAX, KeyRange, KeyValue, KvError, Order, Settings, VALUE_BYTES_MAX, Write,
};

type Open = fn(&Path) -> Result<Box<dyn KeyValue>, KvError>;

macro_rules! conformance {
    ($($(#[$gate:meta])* $engine:ident: $open:expr;)*) => {
        $($(#[$gate])* mod $engine {
            conformance!(@cases $open =>
                empty_store_has_nothing
                what_was_written_is_read_back
                a_later_value_replaces_an_earlier_one
                a_deleted_key_is_gone
                later_writes_of_a_batch_win
                an_empty_batch_changes_nothing
                scans_follow_key_order_both_ways
                scans_honour_every_kind_of_bound
                a_scan_stops_when_told
                a_scan_belongs_to_one_moment
                a_visitor_may_panic
                a_batch_with_one_bad_write_changes_nothing
                the_largest_key_and_value_fit
                a_reopened_store_has_everything
                a_check_of_a_good_store_is_sound
                a_second_open_is_refused
                another_engines_folder_is_refused
                an_interrupted_making_is_begun_again
                lost_data_is_told_of_and_nothing_is_made_in_its_place
                many_threads_read_while_one_writes
            );
        })*
    };
    (@cases $open:expr => $($case:ident)*) => {
        $(#[test] fn $case() {
            let folder = tempfile::tempdir().unwrap();
            super::$case($open, folder.path());
        })*
    };
}

conformance! {
    redb: |folder| Ok(Box::new(usher::store::redb::Redb::open(folder, super::SMALL)?));
    #[cfg(feature = "sled")]
    sled: |folder| Ok(Box::new(usher::store::sled::Sled::open(folder, super::SMALL)?));
}

const SMALL: Settings = Settings {
    cache_bytes: Settings::CACHE_BYTES_MIN,
};

fn open(open: Open, folder: &Path) -> Box<dyn KeyValue> {
    open(folder).unwrap()
}

fn put(engine: &dyn KeyValue, entries: &[(&str, &str)]) {
    let writes: Vec<_> = entries
        .iter()
        .map(|(key, value)| Write::put(*key, *value))
        .collect();
    engine.commit(&writes).unwrap();
}

fn check_read(engine: &dyn KeyValue, key: &str, expected: Option<&str>) {
    let value = engine.read(key.as_bytes()).unwrap();
    assert_eq!(
        value.as_deref(),
        expected.map(str::as_bytes),
        "value of {key}"
    );
}

fn check_scan(engine: &dyn KeyValue, range: KeyRange<'_>, expected: &str) {
    let keys = |order| {
        let mut keys = Vec::new();
        engine
            .scan(range, order, &mut |key, value| {
                assert_eq!(value, [b"value of ", key].concat());
                keys.push(String::from_utf8(key.to_vec()).unwrap());
                ControlFlow::Continue(())
            })
            .unwrap();
        keys
    };
    let expected: Vec<_> = expected.split_whitespace().map(str::to_owned).collect();
    assert_eq!(keys(Order::Ascending), expected, "{range:?} ascending");
    let reversed: Vec<_> = expected.into_iter().rev().collect();
    assert_eq!(keys(Order::Descending), reversed, "{range:?} descending");
}

fn put_letters(engine: &dyn KeyValue) {
    let letters = ["d", "a", "c", "aa", "b"];
    let writes: Vec<_> = letters
        .map(|key| Write::put(key, format!("value of {key}")))
        .into();
    engine.commit(&writes).unwrap();
}

const ALL: KeyRange<'static> = (Bound::Unbounded, Bound::Unbounded);

fn empty_store_has_nothing(make: Open, folder: &Path) {
    let engine = open(make, folder);
    check_read(&*engine, "a", None);
    check_scan(&*engine, ALL, "");
}

fn what_was_written_is_read_back(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put(
        &*engine,
        &[("a", "1"), ("", "the empty key"), ("empty", "")],
    );
    check_read(&*engine, "a", Some("1"));
    check_read(&*engine, "", Some("the empty key"));
    check_read(&*engine, "empty", Some(""));
    check_read(&*engine, "b", None);
}

fn a_later_value_replaces_an_earlier_one(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put(&*engine, &[("a", "1")]);
    put(&*engine, &[("a", "2")]);
    check_read(&*engine, "a", Some("2"));
}

fn a_deleted_key_is_gone(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put(&*engine, &[("a", "1"), ("b", "2")]);
    engine
        .commit(&[Write::delete("a"), Write::delete("never there")])
        .unwrap();
    check_read(&*engine, "a", None);
    check_read(&*engine, "b", Some("2"));
}

fn later_writes_of_a_batch_win(make: Open, folder: &Path) {
    let engine = open(make, folder);
    let writes = [
        Write::put("a", "1"),
        Write::put("a", "2"),
        Write::put("b", "1"),
        Write::delete("b"),
        Write::delete("c"),
        Write::put("c", "3"),
    ];
    engine.commit(&writes).unwrap();
    check_read(&*engine, "a", Some("2"));
    check_read(&*engine, "b", None);
    check_read(&*engine, "c", Some("3"));
}

fn an_empty_batch_changes_nothing(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put(&*engine, &[("a", "1")]);
    engine.commit(&[]).unwrap();
    assert_eq!(contents(&*engine).unwrap().len(), 1);
}

fn scans_follow_key_order_both_ways(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put_letters(&*engine);
    check_scan(&*engine, ALL, "a aa b c d");

    engine
        .commit(&[
            Write::put([0xff], "x"),
            Write::put([0x00], "x"),
            Write::put([0x7f], "x"),
        ])
        .unwrap();
    let keys: Vec<_> = contents(&*engine).unwrap().into_keys().collect();
    let mut scanned = Vec::new();
    engine
        .scan(ALL, Order::Ascending, &mut |key, _| {
            scanned.push(key.to_vec());
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(scanned, keys, "bytes are compared unsigned");
}

fn scans_honour_every_kind_of_bound(make: Open, folder: &Path) {
    use Bound::{Excluded, Included, Unbounded};
    let engine = open(make, folder);
    put_letters(&*engine);
    let check = |start, end, expected| check_scan(&*engine, (start, end), expected);
    check(Included(&b"aa"[..]), Included(&b"c"[..]), "aa b c");
    check(Excluded(&b"aa"[..]), Excluded(&b"c"[..]), "b");
    check(Included(&b"a0"[..]), Unbounded, "aa b c d");
    check(Unbounded, Excluded(&b"b"[..]), "a aa");
    check(Included(&b"b"[..]), Included(&b"b"[..]), "b");
    check(Included(&b"b"[..]), Excluded(&b"b"[..]), "");
    check(Excluded(&b"b"[..]), Excluded(&b"b"[..]), "");
    check(Included(&b"d"[..]), Included(&b"a"[..]), "");
    check(Included(&b"e"[..]), Unbounded, "");
}

fn a_scan_stops_when_told(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put_letters(&*engine);
    let mut seen = 0;
    engine
        .scan(ALL, Order::Ascending, &mut |_, _| {
            seen += 1;
            if seen == 2 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })
        .unwrap();
    assert_eq!(seen, 2);
}

fn a_scan_belongs_to_one_moment(make: Open, folder: &Path) {
    let engine = open(make, folder);
    for round in 0..20_u8 {
        let writes: Vec<_> = (0..200_u8)
            .map(|key| Write::put([key], [round; 2_000]))
            .collect();
        std::thread::scope(|threads| {
            threads.spawn(|| engine.commit(&writes).unwrap());
            let seen = contents(&*engine).unwrap();
            let first = seen.values().next().cloned();
            assert!(
                seen.values().all(|value| Some(value) == first.as_ref()),
                "round {round}"
            );
        });
    }
}

fn a_visitor_may_panic(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put_letters(&*engine);
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        engine.scan(ALL, Order::Ascending, &mut |_, _| {
            panic!("the visitor's own")
        })
    }));
    assert_eq!(
        panic.unwrap_err().downcast_ref(),
        Some(&"the visitor's own")
    );
    check_read(&*engine, "a", Some("value of a"));
    put(&*engine, &[("e", "5")]);
}

fn a_batch_with_one_bad_write_changes_nothing(make: Open, folder: &Path) {
    let engine = open(make, folder);
    let refused = |bad: Write| {
        let refusal = engine.commit(&[Write::put("a", "1"), bad, Write::put("b", "2")]);
        assert!(
            matches!(refusal, Err(KvError::TooLarge { .. })),
            "{refusal:?}"
        );
        assert_eq!(contents(&*engine).unwrap().len(), 0);
    };
    refused(Write::put("too large", vec![0; VALUE_BYTES_MAX + 1]));
    refused(Write::put(vec![0; KEY_BYTES_MAX + 1], "too long"));
    refused(Write::delete(vec![0; KEY_BYTES_MAX + 1]));
    put(&*engine, &[("a", "1")]);
    check_read(&*engine, "a", Some("1"));
}

fn the_largest_key_and_value_fit(make: Open, folder: &Path) {
    let largest = |n: u8| Write::put(vec![n; KEY_BYTES_MAX], vec![n; VALUE_BYTES_MAX]);
    let engine = open(make, folder);
    for group in 0..4 {
        let writes: Vec<_> = (0..24).map(|n| largest(group * 24 + n)).collect();
        engine.commit(&writes).unwrap();
    }
    drop(engine);
    let all = contents(&*open(make, folder)).unwrap();
    let expected = (0..96)
        .map(largest)
        .map(|write| (write.key, write.value.unwrap()));
    assert!(
        all == expected.collect(),
        "96 of the largest values come back"
    );
}

fn a_reopened_store_has_everything(make: Open, folder: &Path) {
    let mut expected = super::Contents::new();
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..5 {
        let engine = open(make, folder);
        assert!(contents(&*engine).unwrap() == expected);
        for _ in 0..10 {
            let writes = super::random_batch(&mut rng);
            engine.commit(&writes).unwrap();
            super::apply(&mut expected, &writes);
        }
        assert!(contents(&*engine).unwrap() == expected);
        for (key, value) in &expected {
            assert_eq!(engine.read(key).unwrap().as_ref(), Some(value));
        }
    }
}

fn a_check_of_a_good_store_is_sound(make: Open, folder: &Path) {
    let mut engine = open(make, folder);
    put_letters(&*engine);
    assert_eq!(engine.check().unwrap(), usher::store::kv::Condition::Sound);
    check_scan(&*engine, ALL, "a aa b c d");
    put(&*engine, &[("e", "5")]);
}

fn a_second_open_is_refused(make: Open, folder: &Path) {
    let engine = open(make, folder);
    let refused = make(folder).map(|_| ()).unwrap_err();
    assert!(matches!(refused, KvError::InUse), "{refused:?}");
    assert!(
        refused
            .to_string()
            .starts_with("another usher has this store open")
    );
    drop(engine);
    open(make, folder);
}

fn another_engines_folder_is_refused(make: Open, folder: &Path) {
    std::fs::write(folder.join("usher.other"), "enquiries").unwrap();
    let refused = make(folder).map(|_| ()).unwrap_err();
    assert!(
        matches!(&refused, KvError::Foreign { found, .. } if found == "usher.other"),
        "{refused:?}"
    );
    std::fs::remove_file(folder.join("usher.other")).unwrap();
    std::fs::create_dir(folder.join("lost+found")).unwrap();
    open(make, folder);
}

fn an_interrupted_making_is_begun_again(make: Open, folder: &Path) {
    let fresh = folder.join("deep/er");
    drop(open(make, &fresh));
    let entries = std::fs::read_dir(&fresh)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let place = entries
        .filter(|path| !path.ends_with("lock") && !path.ends_with("made"))
        .collect::<Vec<_>>()
        .remove(0);
    remove(&place);
    // It was interrupted before the mark was set.
    remove(&fresh.join("made"));
    let mut unfinished = place.clone().into_os_string();
    unfinished.push(".new");
    std::fs::write(&unfinished, "half a store").unwrap();
    put_letters(&*open(make, &fresh));
    check_scan(&*open(make, &fresh), ALL, "a aa b c d");
    assert!(!Path::new(&unfinished).exists());
}

fn remove(path: &Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else {
        std::fs::remove_file(path).unwrap();
    }
}

/// Where the engine keeps its data.
fn data(folder: &Path) -> std::path::PathBuf {
    folder.join(std::fs::read_to_string(folder.join("made")).unwrap().trim())
}

fn lost_data_is_told_of_and_nothing_is_made_in_its_place(make: Open, folder: &Path) {
    put_letters(&*open(make, folder));
    // A store from before there was a mark gets one.
    remove(&folder.join("made"));
    drop(open(make, folder));
    let place = data(folder);
    remove(&place);
    for _ in 0..2 {
        let refused = make(folder).map(|_| ()).unwrap_err();
        assert!(matches!(&refused, KvError::Lost { .. }), "{refused:?}");
        assert!(refused.to_string().contains("restore it"), "{refused}");
        assert!(!place.exists(), "an empty store was made");
    }
    // Somebody wants an empty one.
    remove(&folder.join("made"));
    check_scan(&*open(make, folder), ALL, "");
}

#[test]
fn a_file_that_is_not_redbs_own_is_damage_and_no_failure_of_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let make = || usher::store::redb::Redb::open(folder.path(), SMALL).map(drop);
    make().unwrap();
    let long = "no store at all. ".repeat(1_000);
    for wrong in ["", "no store", &long] {
        std::fs::write(data(folder.path()), wrong).unwrap();
        let refused = make().unwrap_err();
        assert!(matches!(&refused, KvError::Corrupt { .. }), "{refused:?}");
    }
}

fn many_threads_read_while_one_writes(make: Open, folder: &Path) {
    let engine = open(make, folder);
    put(&*engine, &[("n", "0")]);
    std::thread::scope(|threads| {
        for _ in 0..4 {
            threads.spawn(|| {
                let mut last = 0;
                while last < 50 {
                    let value = engine.read(b"n").unwrap().unwrap();
                    let n: u32 = String::from_utf8(value).unwrap().parse().unwrap();
                    assert!(n >= last, "{n} after {last}: a commit was taken back");
                    last = n;
                }
            });
        }
        for n in 1..=50 {
            put(&*engine, &[("n", &n.to_string())]);
        }
    });
}
