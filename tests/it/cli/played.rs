//! `usher demo` and `usher bench` as processes: how they end, and what they leave behind.

use super::{check, home, usher};
use crate::support::postgres::Postgres;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const HEADER: &str = "requested_at,hearing_at,court,report,crn,defendant,born,home_postcode,curfew_postcode,partner_postcode,child_postcodes";

/// A list of these rows in `home`.
fn list(home: &Path, rows: &[&str]) -> String {
    let path = home.join("list.csv");
    std::fs::write(&path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
    path.display().to_string()
}

#[test]
fn a_list_that_cannot_be_played_is_wrong_input() {
    let home = home();
    let (_, err) = check(home.path(), &["demo", "--list", "nowhere.csv"], 2);
    assert!(
        err.contains("nowhere.csv") && err.contains("cannot be opened"),
        "{err}"
    );
    std::fs::write(home.path().join("other.csv"), "a,b\n1,2\n").unwrap();
    let (_, err) = check(home.path(), &["demo", "--list", "other.csv"], 2);
    assert!(err.contains("lacks the columns requested_at"), "{err}");
}

#[test]
fn a_list_without_a_playable_row_is_no_success() {
    let home = home();
    let empty = list(home.path(), &[]);
    let (out, err) = check(home.path(), &["demo", "--list", &empty], 2);
    assert!(err.contains("no row of the list can be played"), "{err}");
    assert_eq!(out, "");
    let bad = list(
        home.path(),
        &["yesterday,today,B01IX,oral,,Ada Example,,,,,"],
    );
    let (_, err) = check(home.path(), &["demo", "--list", &bad], 2);
    assert!(err.contains("row at line 2 is rejected"), "{err}");
    let refused = "2026-11-23T10:15,2030-11-23T10:15,B01IX,standard,,Lou Example,,E8 1EA,,,";
    let refused = list(home.path(), &[refused]);
    let (_, err) = check(home.path(), &["demo", "--list", &refused], 2);
    assert!(
        err.contains("line 2 is rejected: refused by the broker") && err.contains("no row"),
        "{err}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_demo_over_postgres_says_the_same_of_itself_and_drops_nothing() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let home = home();
    let rows = [
        "2026-11-23T09:30,2026-11-23T11:00,B01IX,oral,,Ada Example,,E8 1EA,,,",
        "2026-11-23T09:35,2026-11-23T11:30,B01DU,oral,,Bo Example,,SE1 7PB,,,",
    ];
    let rows = list(home.path(), &rows);
    let socket = server.socket();
    let folder = socket.parent().unwrap().display().to_string();
    let url = format!(
        "postgres://postgres@{}/postgres",
        folder.replace('/', "%2F")
    );
    let demo = ["demo", "--list", &rows, "--format", "json"];
    let play = |more: &[&str]| {
        let (out, _) = check(home.path(), &[&demo, more].concat(), 0);
        serde_json::from_str::<serde_json::Value>(&out).unwrap()
    };
    let (shared, own) = (play(&["--store", &url]), play(&[]));
    assert_eq!(shared["silently_dropped"], 0, "{shared}");
    assert_eq!(shared["verified"], true, "{shared}");
    assert_eq!(shared["enquiries"], 2, "{shared}");
    let keys = |of: &serde_json::Value| of.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&shared), keys(&own));
    let again = [&demo[..], &["--store", &url]].concat();
    let (_, err) = check(home.path(), &again, 1);
    assert!(err.contains("has enquiries already"), "{err}");
}

/// The folders in `temporary`.
fn left(temporary: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(temporary).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Starts the command, sends it `name` when it has said its first line and its folder is there, and looks what is left.
fn ended_by(name: &str, arguments: &[&str]) {
    let (home, temporary) = (home(), home());
    let mut child = usher(home.path(), arguments)
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    said.next().unwrap().unwrap();
    assert_eq!(
        left(temporary.path()).len(),
        1,
        "it works where TMPDIR says"
    );
    signal(&child, name);
    let rest: Vec<String> = said.map_while(Result::ok).collect();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130), "{arguments:?} {name} {rest:?}");
    assert_eq!(left(temporary.path()), Vec::<PathBuf>::new(), "{name}");
}

#[test]
fn a_demo_that_is_ended_leaves_nothing_behind() {
    for name in ["TERM", "INT"] {
        ended_by(name, &["demo"]);
    }
}

#[test]
fn a_bench_that_is_ended_leaves_nothing_behind() {
    for name in ["TERM", "INT"] {
        ended_by(name, &["bench", "--seconds", "3"]);
    }
}
