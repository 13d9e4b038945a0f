//! `usher demo` through the library: a small list, the whole way, with real clients over mutual TLS.

use crate::support::postgres::Postgres;
use std::io::Write as _;
use usher::config::settings::PostgresSettings;
use usher::demo::{Options, Outcome, run};

const HEADER: &str = "requested_at,hearing_at,court,report,crn,defendant,born,home_postcode,curfew_postcode,partner_postcode,child_postcodes";

async fn play(rows: &[&str]) -> Outcome {
    play_in(rows, None).await
}

/// Plays the day with the SQL connector over `replica`.
async fn play_on(rows: &[&str], replica: Option<PostgresSettings>) -> Outcome {
    play_with(rows, None, replica).await
}

async fn play_in(rows: &[&str], database: Option<PostgresSettings>) -> Outcome {
    play_with(rows, database, None).await
}

async fn play_with(
    rows: &[&str],
    database: Option<PostgresSettings>,
    replica: Option<PostgresSettings>,
) -> Outcome {
    let mut list = tempfile::NamedTempFile::new().unwrap();
    writeln!(list, "{HEADER}").unwrap();
    for row in rows {
        writeln!(list, "{row}").unwrap();
    }
    // Everybody asks at once, and boroughs are late only in their own ways: what is checked is that they are heard.
    let options = Options {
        list: Some(list.path().into()),
        seed: 3,
        forget: 0,
        not_in_time: 0,
        database,
        replica,
        ..Options::default()
    };
    run(&options).await.unwrap()
}

/// What holds of every day.
fn holds(outcome: &Outcome) {
    let summary = outcome.summary();
    assert_eq!(summary.classes(), summary.checks, "{summary:?}");
    assert_eq!(summary.silently_dropped, 0, "{summary:?}");
    assert_eq!(summary.enquiries, summary.receipts, "{summary:?}");
    assert_eq!(
        summary.receipts + summary.rejected_rows + summary.rows_set_aside,
        summary.rows,
        "{summary:?}"
    );
    let asked = summary.asked;
    let ends = asked.made + asked.set_aside + asked.overdue + asked.not_yet_due;
    assert_eq!(
        (ends, asked.with_usher.dropped),
        (asked.needed, 0),
        "{summary:?}"
    );
    assert!(summary.verified);
    assert_eq!(outcome.exit_code(), 0);
    let json: serde_json::Value = serde_json::from_str(&outcome.json().unwrap()).unwrap();
    assert_eq!(json["checks"], summary.checks);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_day_keeps_every_promise_and_reports_bad_rows() {
    let outcome = play(&[
        "2026-11-23T09:30,2026-11-23T11:00,B01IX,oral,X100001,Ada Example,1990-01-01,E8 1EA,,,",
        "2026-11-23T09:35,2026-11-23T11:30,B01IX,oral,,Bo Example,,SE1 7PB,,,",
        "2026-11-23T09:40,2026-11-23T11:30,B01DU,oral,,Cy Example,,N1 1AA,SE6 1TX,,",
        "2026-11-23T09:45,2026-11-23T12:00,B01DU,oral,,Di Example,,W13 8QD,,E8 1EA,SE6 1TX;HA5 4RQ",
        "2026-11-23T09:50,2026-11-23T12:00,B01IX,fast,,Ed Example,,,,,",
        "2026-11-23T09:55,2026-11-23T12:15,B01IX,oral,,Flo Example,,EH1 1AA,,,",
        "2026-11-23T10:00,2026-11-23T12:15,B01IX,standard,,Gus Example,,not a postcode at all,,,",
        "2026-11-23T10:00,2026-11-23T12:30,B01DU,oral,,Hal Example,,SW6 1XU,,,SW6 1XU",
        "2026-11-23T10:05,2026-11-23T12:30,B01DU,oral,,Ida Example,,SE6 1TX,,,",
        "2026-11-23T10:10,2026-11-23T12:45,B01IX,oral,,Jo Example,,E8 1EA,,,",
        "2026-11-23T10:15,not a time,B01IX,oral,,Kit Example,,E8 1EA,,,",
        "2026-11-23T10:15,2030-11-23T10:15,B01IX,standard,,Lou Example,,E8 1EA,,,",
    ])
    .await;
    holds(&outcome);
    let summary = outcome.summary();
    assert_eq!(
        summary.rejected_rows, 2,
        "one by the reader, one by the broker"
    );
    assert_eq!(summary.enquiries, 10);
    assert!(summary.checks >= 14, "{summary:?}");
    assert!(summary.answered_in_time > 0, "{summary:?}");
    assert!(
        summary.escalations > 0,
        "what leads nowhere is in front of the operators: {summary:?}"
    );
}

/// Five good rows of one day.
const GOOD: [&str; 5] = [
    "2026-11-23T09:30,2026-11-23T11:00,B01IX,oral,,Ada Example,,E8 1EA,,,",
    "2026-11-23T09:35,2026-11-23T11:30,B01IX,oral,,Bo Example,,SE1 7PB,,,",
    "2026-11-23T09:40,2026-11-23T11:30,B01DU,oral,,Cy Example,,N1 1AA,,,",
    "2026-11-23T09:45,2026-11-23T12:00,B01DU,oral,,Di Example,,W13 8QD,,,",
    "2026-11-23T10:05,2026-11-23T12:30,B01DU,oral,,Ida Example,,SE6 1TX,,,",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_everybody_forgets_and_nobody_answers_is_asked_and_decided() {
    let mut list = tempfile::NamedTempFile::new().unwrap();
    writeln!(list, "{HEADER}\n{}", GOOD.join("\n")).unwrap();
    let options = Options {
        list: Some(list.path().into()),
        seed: 3,
        forget: 100,
        not_in_time: 100,
        ..Options::default()
    };
    let outcome = run(&options).await.unwrap();
    holds(&outcome);
    let asked = outcome.summary().asked;
    assert_eq!(asked.needed, 5);
    assert_eq!(asked.made + asked.set_aside, 5, "{asked:?}");
    assert_eq!(asked.without_usher.made, 0, "{asked:?}");
    assert_eq!(asked.without_usher.dropped, 5, "{asked:?}");
    let table = outcome.table();
    for wanted in ["without usher", "with usher", "A simulation", "DROPPED"] {
        assert!(table.contains(wanted), "{wanted}: {table}");
    }
    let json: serde_json::Value = serde_json::from_str(&outcome.json().unwrap()).unwrap();
    for name in [
        "needed",
        "made",
        "set_aside",
        "overdue",
        "answered_before_sentence",
        "sentenced_outstanding",
        "late_answers_delivered",
    ] {
        assert!(json[name].is_u64(), "{name}: {json}");
    }
}

/// Plays the good rows with `odd` before or behind them, of which so many are rejected and the others run.
async fn check_odd(odd: &str, is_first: bool, rejected: u64) {
    let mut rows = GOOD.to_vec();
    rows.insert(if is_first { 0 } else { GOOD.len() }, odd);
    let outcome = play(&rows).await;
    holds(&outcome);
    let summary = outcome.summary();
    assert_eq!(
        (
            summary.rows,
            summary.enquiries,
            summary.rejected_rows,
            summary.unplayed_rows
        ),
        (6, 6 - rejected, rejected, 0),
        "{odd}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mistyped_year_costs_its_own_row_and_no_other() {
    let of = |requested: &str, hearing: &str| {
        format!("{requested}T10:00,{hearing}T12:00,B01IX,oral,,Odd Example,,E8 1EA,,,")
    };
    check_odd(&of("2016-11-23", "2016-11-23"), true, 1).await;
    check_odd(&of("2016-11-23", "2026-11-23"), false, 1).await;
    check_odd(&of("2036-11-23", "2036-11-23"), false, 1).await;
    check_odd(&of("2026-11-23", "2036-11-23"), true, 1).await;
    // Months away is a long list, not a mistake.
    check_odd(&of("2026-06-01", "2026-06-02"), true, 0).await;
    check_odd(&of("2027-05-11", "2028-01-11"), false, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_over_postgres_ends_as_one_over_the_embedded_store() {
    let Some(server) = Postgres::start() else {
        return;
    };
    // It serves when this has come back, and goes: the demo makes the schema itself.
    server.migrated().await;
    let client = server.client().await;
    client.batch_execute("CREATE DATABASE day").await.unwrap();
    let database = PostgresSettings {
        url: Some(
            server
                .settings()
                .url
                .replace("dbname=postgres", "dbname=day"),
        ),
        ..PostgresSettings::default()
    };
    let outcome = play_in(&GOOD, Some(database.clone())).await;
    holds(&outcome);
    let embedded = play(&GOOD).await;
    let keys = |outcome: &Outcome| {
        let json: serde_json::Value = serde_json::from_str(&outcome.json().unwrap()).unwrap();
        let keys: Vec<String> = json.as_object().unwrap().keys().cloned().collect();
        (keys, json["enquiries"].clone(), json["receipts"].clone())
    };
    assert_eq!(keys(&outcome), keys(&embedded));
    let options = Options {
        database: Some(database),
        ..Options::default()
    };
    let again = run(&options).await.err().unwrap().to_string();
    assert!(again.contains("has enquiries already"), "{again}");
}

/// A day with the same work for so many boroughs that some of them have a connector: a family that is known, one that is not, one that may
/// be, and one more that is known.
fn connected_day() -> Vec<String> {
    const POSTCODES: [&str; 16] = [
        "E8 1EA", "SE1 7PB", "SW6 1XU", "W13 8QD", "N1 1AA", "SE6 1TX", "HA5 4RQ", "BR7 5FG",
        "TW11 8EE", "UB10 9TY", "KT1 9LP", "E10 6AX", "SE9 6LN", "E12 6NJ", "NW10 6XE", "EN1 9BQ",
    ];
    let row = |number: usize| {
        let postcode = POSTCODES[number % POSTCODES.len()];
        let (hour, minute) = (9 + number / 60, number % 60);
        format!(
            "2026-11-23T{hour:02}:{minute:02},2026-11-23T16:00,B01IX,fast,,Ann Case{number},1990-01-11,{postcode},,,{postcode}"
        )
    };
    (0..4 * POSTCODES.len()).map(row).collect()
}

fn settles_on_each_connector(outcome: &Outcome, engine: &str) {
    holds(outcome);
    let connectors = outcome.connectors();
    let kinds: Vec<&str> = connectors.keys().copied().collect();
    assert_eq!(kinds, ["desk", "drop", "rest", "sql"]);
    for (kind, figures) in connectors {
        assert_eq!(figures.boroughs.len(), 1, "{kind}: {figures:?}");
        assert_eq!(figures.settled > 0, *kind != "desk", "{connectors:?}");
    }
    assert!(connectors["desk"].people > 0, "{connectors:?}");
    // The day is short: of one system what is doubtful may come too late to be left to anybody.
    let programs = connectors.iter().filter(|(kind, _)| **kind != "desk");
    let left: u64 = programs.map(|(_, figures)| figures.people).sum();
    assert!(left > 0, "{connectors:?}");
    let json: serde_json::Value = serde_json::from_str(&outcome.json().unwrap()).unwrap();
    assert_eq!(json["connectors"]["sql"]["engine"], engine);
    assert_eq!(
        json["connectors"]["drop"]["settled"],
        connectors["drop"].settled
    );
    assert!(outcome.table().contains(&format!("sql ({engine})")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_connector_settles_what_is_certain_and_leaves_the_rest_to_people() {
    let rows = connected_day();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    settles_on_each_connector(&play(&rows).await, "sqlite");
    let Some(server) = Postgres::start() else {
        return;
    };
    server.migrated().await;
    let replica = PostgresSettings {
        url: Some(server.settings().url),
        ..PostgresSettings::default()
    };
    settles_on_each_connector(&play_on(&rows, Some(replica)).await, "postgresql");
}

#[tokio::test]
async fn what_cannot_be_played_is_refused() {
    let options = Options {
        list: Some("/nowhere/list.csv".into()),
        ..Options::default()
    };
    assert!(run(&options).await.is_err());
}
