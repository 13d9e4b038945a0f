//! `usher demo` and `usher bench` as processes: how they end, and what they leave behind.

use super::{check, home, usher};
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
