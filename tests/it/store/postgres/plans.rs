//! Plans: at a million enquiries, every statement of the engine reaches its rows by an index.
//!
//! The server itself writes down the plan of every statement that a real engine runs; which statements there are is read from the
//! engine's source, so that none is forgotten.

use crate::support::postgres::Postgres;
use crate::support::proxy::{Cut, Proxy};
use crate::support::sample::{Sample, changed, closed, court, id, responder};
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;
use usher::store::postgres::{Intake, PostgresStore, Settings, Snapshot};
use usher::store::{Beat, Cursor, Filter, Page, Place, SessionKey, SessionRow, Sessions, Store};
use usher_domain::index::RecordKind as K;
use usher_domain::time::Timestamp;

/// Enquiries in the database.
const ENQUIRIES: i64 = 1_000_000;
/// Of which every so-manieth is open.
const OPEN_EACH: i64 = 50;
/// After so many executions of a prepared statement the server may settle for a plan that knows no parameters.
const ROUNDS: usize = 8;
/// Enquiries on a page of a listing.
const PAGE: u16 = 20;
/// The most rows that a statement may take from one table: a page of the sweep.
const ROWS_MAX: f64 = 500.0;
/// The same where it counts all open work.
const WORK_ROWS_MAX: f64 = 21_000.0;
/// Tables that grow with all that ever was. `queue` holds open work only, and is counted as a whole.
const LARGE: [&str; 4] = ["enquiry", "enquiry_responder", "feed", "history"];
const EXPLAIN: &str = "options='-c session_preload_libraries=auto_explain \
    -c auto_explain.log_min_duration=0 -c auto_explain.log_format=json \
    -c auto_explain.log_analyze=on -c auto_explain.log_timing=off'";

/// A million enquiries over 200 courts and 200 responders. Their records are nonsense of a usual length: plans do not read them.
async fn fill(server: &Postgres) {
    let client = server.client().await;
    let open = format!("i % {OPEN_EACH} = 0");
    let court =
        "'B' || lpad((i % 100)::text, 2, '0') || CASE WHEN i % 200 < 100 THEN 'IX' ELSE 'DU' END";
    for statement in [
        "SET synchronous_commit = off".into(),
        format!(
            "INSERT INTO enquiry SELECT lpad(to_hex(i), 32, '0')::uuid, 1 + i % 9, {open}, {court},
                1795424400000 + i % 90000000, CASE WHEN {open} THEN 1795424400000 + i % 80000000 END,
                CASE WHEN i % 500 = 0 THEN 1 ELSE 0 END, CASE WHEN i % 500 = 0 THEN 1 ELSE 0 END,
                decode(repeat('5a', 200), 'hex'), (i / 7) % 2
            FROM generate_series(1, {ENQUIRIES}) AS i"
        ),
        format!(
            "INSERT INTO enquiry_responder SELECT lpad(to_hex(i), 32, '0')::uuid, 'responder-' || i % 200, {open},
                1795424400000 + i % 90000000 FROM generate_series(1, {ENQUIRIES}) AS i"
        ),
        format!(
            "INSERT INTO queue SELECT 'responder-' || i % 200, 1795424400000 + i % 90000000,
                lpad(to_hex(i), 32, '0')::uuid, 1
            FROM generate_series({OPEN_EACH}, {ENQUIRIES}, {OPEN_EACH}) AS i"
        ),
        format!(
            "INSERT INTO feed SELECT i, lpad(to_hex(i), 32, '0')::uuid, decode(repeat('5a', 100), 'hex')
            FROM generate_series(1, {ENQUIRIES}) AS i"
        ),
        format!(
            "INSERT INTO history SELECT lpad(to_hex(i), 32, '0')::uuid, i
            FROM generate_series(1, {ENQUIRIES}) AS i"
        ),
        format!("UPDATE feed_head SET entry = {ENQUIRIES}"),
        "VACUUM ANALYZE".into(),
    ] {
        client.batch_execute(&statement).await.unwrap();
    }
}

/// Runs every statement of the engine, some with parameters of more than one kind.
async fn run_everything(server: &Postgres) {
    let proxy = Proxy::start(server).await;
    let store = PostgresStore::open(&proxy.settings(EXPLAIN)).await.unwrap();
    let client = server.client().await;
    let end = store.feed_end().await.unwrap();
    for round in 0..ROUNDS {
        let numbers = 10 * round as u128..10 * round as u128 + 9;
        for number in numbers.clone() {
            let sample = Sample::new(number).check("camden", closed());
            store.commit(&[sample.submitted()]).await.unwrap();
        }
        let stored = store.load(id(numbers.start)).await.unwrap().unwrap();
        let change = changed(&stored, |enquiry| {
            for check in &mut enquiry.checks {
                check.state = closed();
            }
        });
        store.commit(&[change]).await.unwrap();
        ask_everything(&store, end).await;
        come_and_go(&store).await;
        let meddle = "UPDATE enquiry SET live_alerts = 7 WHERE id = $1";
        let its = id(numbers.start + 1);
        client.execute(meddle, &[&its.uuid()]).await.unwrap();
        if round < 2 {
            assert_eq!(store.sweep().await.unwrap(), [its]);
        }
    }
    proxy.cut(Cut::AfterCommit);
    let lost = Sample::new(9_999).submitted();
    let opens = async {
        proxy.has_cut().await;
        proxy.open();
    };
    let (outcome, ()) = tokio::join!(store.commit(std::slice::from_ref(&lost)), opens);
    outcome.unwrap();
    copy_everything(&proxy.settings(EXPLAIN)).await;
}

/// Reads the whole as copies do, and adds to it as they do.
async fn copy_everything(settings: &Settings) {
    let snapshot = Snapshot::open(settings).await.unwrap();
    let head = snapshot.head().await.unwrap();
    assert_eq!(snapshot.brokers().await.unwrap(), 0);
    assert_eq!(snapshot.entries(1).await.unwrap().len(), 256);
    let records = snapshot.records(Some(id(1))).await.unwrap();
    let ids: Vec<_> = records.iter().map(|kept| kept.id).collect();
    assert_eq!(snapshot.records_of(&ids[..9]).await.unwrap().len(), 9);
    let enquiries = u64::try_from(ENQUIRIES).unwrap();
    assert!(snapshot.count().await.unwrap() > enquiries);
    // In a transaction a plan is logged when the next question is asked.
    assert_eq!(snapshot.head().await.unwrap(), head);
    let intake = Intake::open(settings).await.unwrap();
    let (last, bytes) = intake.last().await.unwrap().unwrap();
    assert_eq!(last, head);
    intake.put(&[(head + 1, bytes)], &[], &[]).await.unwrap();
    intake.finish(head + 1).await.unwrap();
}

/// Sessions of the console, from the first to the last.
async fn come_and_go(store: &PostgresStore) {
    let (key, subject) = (SessionKey([1; 32]), [2; 32]);
    let row = SessionRow {
        subject,
        expires: Timestamp::UNIX_EPOCH,
        value: vec![3],
    };
    store.put_session(key, &row).await.unwrap();
    assert!(store.replace_session(key, &row).await.unwrap());
    store.load_session(key, Timestamp::MIN).await.unwrap();
    store.remove_session(key).await.unwrap();
    store.remove_sessions_of(subject).await.unwrap();
    store
        .drop_expired_sessions(Timestamp::MAX, 9)
        .await
        .unwrap();
}

async fn ask_everything(store: &PostgresStore, end: Cursor) {
    let beat = Beat {
        broker: uuid::Uuid::from_u128(1),
        clock_ahead: jiff::SignedDuration::ZERO,
        adapters: Vec::new(),
    };
    store.beat(&beat, Duration::ZERO).await.unwrap();
    for name in ["hackney", "responder-7", "responder-50", "nobody"] {
        store.queued(&responder(name), 10).await.unwrap();
    }
    store.queues().await.unwrap();
    store.due(Timestamp::MAX, 200).await.unwrap();
    store.due(Timestamp::MIN, 200).await.unwrap();
    store.next_due().await.unwrap();
    store.counts().await.unwrap();
    store.feed(end, 50).await.unwrap();
    store.history(id(1), Cursor::default(), 50).await.unwrap();
    store.named(id(1).reference()).await.unwrap();
    list_everything(store).await;
}

async fn list_everything(store: &PostgresStore) {
    let of_courts = |codes: &[&str]| Some(codes.iter().map(|code| court(code)).collect());
    let of_responders = |names: &[&str]| Some(names.iter().map(|name| responder(name)).collect());
    for (kind, courts, responders, alerting) in [
        (K::Case, None, None, None),
        (K::Case, None, None, Some(true)),
        (K::Case, of_courts(&["B50DU", "B01DU"]), None, None),
        (K::Enquiry, None, None, None),
        (K::Enquiry, None, None, Some(true)),
        (K::Enquiry, of_courts(&["B50DU"]), None, None),
        (
            K::Enquiry,
            of_courts(&["B00IX", "B01DU", "B01CN"]),
            None,
            Some(true),
        ),
        (K::Enquiry, None, of_responders(&["responder-50"]), None),
        (
            K::Enquiry,
            None,
            of_responders(&["responder-7", "camden"]),
            Some(false),
        ),
        (
            K::Enquiry,
            of_courts(&["B01IX"]),
            of_responders(&["camden"]),
            None,
        ),
    ] {
        for (open, after) in [
            (None, None),
            (Some(true), None),
            (Some(false), None),
            (Some(false), Some(Place::Closed { id: id(3) })),
            (
                Some(true),
                Some(Place::Open {
                    deadline: Timestamp::MAX,
                    id: id(3),
                }),
            ),
        ] {
            let filter = Filter {
                kind,
                courts: courts.clone(),
                responders: responders.clone(),
                open,
                alerting,
                deadline: None,
            };
            store
                .list(
                    &filter,
                    &Page {
                        after,
                        size: PAGE.into(),
                    },
                )
                .await
                .unwrap();
        }
    }
    list_ended(store).await;
}

async fn list_ended(store: &PostgresStore) {
    // So many milliseconds hold as many enquiries as a busy day.
    let day = |from: i64| Timestamp::from_millisecond(1_795_424_400_000 + from).unwrap();
    for courts in [None, Some(vec![court("B01IX"), court("B01DU")])] {
        let ended = Filter {
            courts,
            open: Some(false),
            deadline: Some(day(5_000)..day(5_400)),
            ..Filter::default()
        };
        let (after, size) = (None, PAGE.into());
        store.list(&ended, &Page { after, size }).await.unwrap();
    }
}

/// The statements in the engine's source, in one line each, with those that macros make of parts.
fn statements() -> Vec<String> {
    let folder = crate::support::root().join("src/store/postgres");
    let mut found = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let source = std::fs::read_to_string(path).unwrap();
            let constants = source.split("const ").skip(1);
            let literals = constants.filter_map(|rest| {
                let value = rest.split(';').next()?;
                let part = value.split_once("make_").map(|(_, rest)| rest);
                let made = part.and_then(|name| name.split_once("!()"));
                let made = made.map_or("", |(name, _)| {
                    let (_, body) = source
                        .split_once(&format!("macro_rules! make_{name} "))
                        .unwrap();
                    body.split('"').nth(1).unwrap()
                });
                let literal = value.split('"').nth(1).unwrap_or_default();
                Some(plain(&format!("{made}{literal}")))
            });
            found.extend(literals.filter(|text| {
                ["SELECT ", "INSERT ", "UPDATE ", "DELETE ", "WITH "]
                    .iter()
                    .any(|verb| text.starts_with(verb))
            }));
        }
    }
    found
}

fn plain(statement: &str) -> String {
    statement.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The plans in a server's log, by statement.
fn plans(log: &str) -> BTreeMap<String, Vec<Value>> {
    let mut plans: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for (_, rest) in log
        .match_indices("plan:\n")
        .map(|(at, mark)| (at, &log[at + mark.len()..]))
    {
        let lines = rest.lines().take_while(|line| line.starts_with('\t'));
        let json: String = lines.collect();
        let plan: Value = serde_json::from_str(&json).unwrap();
        plans
            .entry(plain(plan["Query Text"].as_str().unwrap()))
            .or_default()
            .push(plan);
    }
    plans
}

/// The most rows that one step of a plan took from a table, wanted or not.
fn most_rows(plan: &Value) -> f64 {
    match plan {
        Value::Object(fields) => {
            let number = |name: &str| fields.get(name).and_then(Value::as_f64).unwrap_or_default();
            let taken = number("Actual Rows")
                + number("Rows Removed by Filter")
                + number("Rows Removed by Index Recheck");
            let own = if fields.contains_key("Relation Name") {
                taken * number("Actual Loops")
            } else {
                0.0
            };
            fields.values().map(most_rows).fold(own, f64::max)
        }
        Value::Array(values) => values.iter().map(most_rows).fold(0.0, f64::max),
        _ => 0.0,
    }
}

/// The large tables that a plan reads from one end to the other.
fn scanned(plan: &Value, found: &mut Vec<String>) {
    match plan {
        Value::Object(fields) => {
            let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
            let table = text("Relation Name");
            if text("Node Type") == "Seq Scan" && LARGE.contains(&table) {
                found.push(table.to_owned());
            }
            fields.values().for_each(|value| scanned(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| scanned(value, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_statement_reaches_its_rows_by_index_at_a_million_enquiries() {
    let settings = [
        "shared_buffers=256MB",
        "max_wal_size=4GB",
        "full_page_writes=off",
        "autovacuum=off",
    ];
    let server = Postgres::shaped(|_| settings.map(str::to_owned).into());
    let Some(server) = server else { return };
    server.migrated().await;
    let watch = usher::clock::Stopwatch::start();
    fill(&server).await;
    println!("filled in {:?}", watch.elapsed());
    run_everything(&server).await;
    sleep(Duration::from_millis(300)).await;
    let plans = plans(&server.log());
    for statement in statements() {
        assert!(plans.contains_key(&statement), "never run: {statement}");
    }
    for (statement, its) in &plans {
        // A question that finds nothing proves little.
        if statement.contains(" AS wanted ") {
            let full = its.iter().any(|plan| most_rows(plan) >= f64::from(PAGE));
            assert!(full, "no page was filled: {statement}");
        }
        let max = if statement.contains("count(") {
            WORK_ROWS_MAX
        } else {
            ROWS_MAX
        };
        for plan in its {
            let mut found = Vec::new();
            scanned(plan, &mut found);
            assert_eq!(found, Vec::<String>::new(), "{statement}\n{plan:#}");
            let rows = most_rows(plan);
            assert!(rows <= max, "{rows} rows: {statement}\n{plan:#}");
        }
    }
    // Whatever way the source is read: rows of enquiries are made, and changed.
    for table in ["enquiry", "enquiry_responder"] {
        for changes in [false, true] {
            let begin = format!("INSERT INTO {table} (");
            let is_one = |text: &String| {
                text.starts_with(&begin) && text.contains(" ON CONFLICT ") == changes
            };
            assert!(statements().iter().any(is_one), "{table}: {changes}");
        }
    }
    println!("{} statements, {:?} in all", plans.len(), watch.elapsed());
}

#[test]
fn a_scan_is_found_wherever_it_is_in_a_plan() {
    let plan = |node: &str| {
        let log = format!(
            "2026 LOG:  duration: 1 ms  plan:\n\t{{ \"Query Text\": \"SELECT\\n 1\",\n\t\"Plan\": \
             {{ \"Node Type\": \"Limit\", \"Plans\": [ {{ \"Node Type\": \"{node}\", \
             \"Relation Name\": \"feed\" }} ] }} }}\n2026 LOG:  more\n"
        );
        let mut found = Vec::new();
        scanned(&plans(&log)["SELECT 1"][0], &mut found);
        found
    };
    assert_eq!(plan("Seq Scan"), ["feed"]);
    assert!(plan("Index Scan").is_empty());
}
