//! Stores carried by the real program: killed on the way, over brokers that run, into places that hold something else.

use super::{check, home, usher};
use crate::support::postgres::Postgres;
use crate::support::sample::Sample;
use crate::support::{Content, Kit, Shape, content};
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use usher::clock::Stopwatch;
use usher::store::Store as _;
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::{KeyValue, Settings, Write};
use usher::store::postgres::Intake;
use usher::store::redb::Redb;

/// Enquiries of a store that is carried: a dozen parts.
const MANY: u64 = 3_000;
/// How often a command is killed with more arrived than before, each way.
const HALFWAY: usize = 4;
const KILLS_MAX: usize = 60;

fn content_of(folder: &Path) -> Content {
    content(&Redb::open(folder, Settings::default()).unwrap())
}

/// A store of so many enquiries in `folder`, each with a feed entry of its own. It is made in memory, without its thousands of syncs.
async fn filled(folder: &Path, count: u64) -> Content {
    let disk = redb::backends::InMemoryBackend::new();
    let kv: Arc<dyn KeyValue> = Arc::new(Redb::on(disk, Settings::default()).unwrap());
    let store = EmbeddedStore::open(Arc::clone(&kv), "test").unwrap();
    for number in 1..=count {
        let change = Sample::new(number.into()).submitted();
        store.commit(&[change]).await.unwrap();
    }
    store.close().await;
    let writes: Vec<_> = content(kv.as_ref())
        .into_iter()
        .map(|(key, value)| Write::put(key, value))
        .collect();
    let made = Redb::open(folder, Settings::default()).unwrap();
    made.commit(&writes).unwrap();
    drop(made);
    content_of(folder)
}

/// A database of the server, as people write it.
fn url(server: &Postgres, database: &str) -> String {
    let socket = server.socket();
    let folder = socket.parent().unwrap().display().to_string();
    let folder = folder.replace('/', "%2F");
    format!("postgres://postgres@{folder}/{database}")
}

/// Starts a migration and kills it some time after it has begun to copy. Says whether it was too late.
fn killed(home: &Path, from: &str, to: &str, after: Duration) -> bool {
    let arguments = ["store", "migrate", "--from", from, "--to", to];
    let mut child = usher(home, &arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let first = said.next().unwrap().unwrap();
    assert!(first.starts_with("copying: "), "{first}");
    std::thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap().success()
}

/// Kills a migration again and again, then lets it end. `arrived` says how many feed entries the target has.
async fn killed_and_resumed(
    home: &Path,
    [from, to]: [&str; 2],
    arrived: impl AsyncFn() -> u64,
) -> Value {
    let mut rng = fastrand::Rng::with_seed(11);
    let (mut kills, mut halfway, mut before) = (0, 0, 0);
    // As long as it takes on this machine to come some way.
    let mut longest = 20;
    while halfway < HALFWAY {
        assert!(
            kills < KILLS_MAX,
            "{halfway} of {kills} kills were on the way"
        );
        let after = Duration::from_millis(rng.u64(longest / 2..longest));
        assert!(!killed(home, from, to, after), "too small a store");
        let now = arrived().await;
        assert!(now >= before, "{now} after {before}: something has gone");
        // By little steps, and back again: a machine that was busy may be quick at the next try.
        longest = if now == before {
            longest * 5 / 4
        } else {
            (longest / 2).max(20)
        };
        kills += 1;
        halfway += usize::from(now > before && now < MANY);
        before = now;
    }
    println!(
        "killed {kills} times, {halfway} times with more arrived; the last at {before} of {MANY}"
    );
    let resumed = [
        "store", "migrate", "--from", from, "--to", to, "--format", "json",
    ];
    let (out, err) = check(home, &resumed, 0);
    let first = format!("copying: {before} of {MANY} feed entries");
    assert!(err.starts_with(&first), "{err}");
    assert!(err.contains("reading the source: ") && err.contains("reading the target: "));
    serde_json::from_str(&out).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_migration_that_is_killed_again_and_again_ends_equal_both_ways() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home();
    let before = filled(&home.path().join("store"), MANY).await;
    let to = url(&server, "postgres");
    let settings = server.settings();
    let in_database = async || {
        let intake = Intake::open(&settings).await.unwrap();
        intake.last().await.unwrap().map_or(0, |(number, _)| number)
    };
    let there = killed_and_resumed(home.path(), ["store", &to], in_database).await;
    assert_eq!(there["records"], MANY);
    assert_eq!(there["equal"], true);
    let back = home.path().join("back");
    let in_folder = async || {
        // Nothing is there before the store is made.
        let kv = Redb::open(&back, Settings::default()).unwrap();
        let entries = content(&kv).into_iter().filter(|(key, _)| key[0] == b'f');
        entries.count() as u64
    };
    let again = killed_and_resumed(home.path(), [&to, "back"], in_folder).await;
    assert_eq!(again, there);
    assert!(
        content_of(&back) == before,
        "it differs after the round trip"
    );
    let verify = ["store", "verify", "--path", "back"];
    check(home.path(), &verify, 0);
    let database = format!("store.postgres.url={to}");
    let verify = [
        "store",
        "verify",
        "--set",
        "store.engine=postgres",
        "--set",
        &database,
    ];
    check(home.path(), &verify, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_a_broker_serves_is_neither_source_nor_target() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home();
    filled(&home.path().join("store"), 3).await;
    let database = url(&server, "postgres");
    let migrate = |from: &str, to: &str, code: i32, words: &str| {
        let arguments = ["store", "migrate", "--from", from, "--to", to];
        let (_, err) = check(home.path(), &arguments, code);
        assert!(err.contains(words), "{words:?} is not in {err}");
    };
    let mut kit = Kit::shaped(Shape {
        store: Some(Arc::new(server.store().await)),
        ..Shape::default()
    })
    .await;
    migrate(
        &database,
        "new",
        6,
        "brokers run on this database (1 of them)",
    );
    migrate("store", &database, 6, "stop them first");
    assert!(!home.path().join("new").exists(), "it made something");
    kit.stop().await;
    migrate("store", &database, 0, "");
    migrate(&database, "new", 0, "");
    // What holds something else, in part the same, is no target.
    filled(&home.path().join("other"), 2).await;
    let kv = Redb::open(&home.path().join("longer"), Settings::default()).unwrap();
    let longer = filled(&home.path().join("longest"), 4).await;
    let puts = longer
        .into_iter()
        .map(|(key, value)| Write::put(key, value));
    kv.commit(&puts.collect::<Vec<_>>()).unwrap();
    drop(kv);
    migrate(&database, "longer", 6, "the target holds something else");
    std::fs::create_dir(home.path().join("papers")).unwrap();
    std::fs::write(home.path().join("papers/letter"), "Dear").unwrap();
    migrate(&database, "papers", 2, "--engine");
    migrate("papers", &database, 5, "no store");
}

#[test]
fn a_database_is_come_to_as_the_configuration_says_for_the_same_user() {
    let home = home();
    std::fs::write(home.path().join("ca.pem"), "nothing").unwrap();
    let backup = |user: &str, more: &[&str], words: [&str; 2]| {
        let from = format!("postgres://{user}@db.example/usher");
        let url = "store.postgres.url=postgres://usher@other.example/usher";
        let ca = "store.postgres.ca=ca.pem";
        let backup = ["store", "backup", "--from", &from, "--to", "file"];
        let arguments = [&backup[..], &["--set", url, "--set", ca], more].concat();
        let (_, err) = check(home.path(), &arguments, 2);
        for word in words {
            assert!(err.contains(word), "{word:?} is not in {err}");
        }
    };
    backup("usher", &[], ["no certificate can be read from", "ca.pem"]);
    backup(
        "usher",
        &["--ca", "other.pem"],
        ["no certificate", "other.pem"],
    );
    backup("owner", &[], ["would not be encrypted", "--ca"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "figures, not promises: half a minute in a debug build"]
async fn twenty_thousand_enquiries_go_each_way_and_the_time_is_told() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home();
    let count = 20_000;
    let before = filled(&home.path().join("store"), count).await;
    let to = url(&server, "postgres");
    for [from, to] in [["store", to.as_str()], [to.as_str(), "back"]] {
        let watch = Stopwatch::start();
        check(
            home.path(),
            &["store", "migrate", "--from", from, "--to", to],
            0,
        );
        let took = watch.elapsed();
        println!("{count} enquiries from {from} in {took:?}, compared");
    }
    assert!(content_of(&home.path().join("back")) == before);
}
