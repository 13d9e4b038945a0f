//! Alerts on the command line: a line for each responder and cause, each check's where it is asked for, and a whole line taken on at once.

use super::*;
use crate::support::*;
use std::io::{BufRead as _, BufReader};

/// An operator's command line beside a broker.
struct Desk {
    home: TempDir,
    flags: Vec<String>,
}

impl Desk {
    fn new(kit: &Kit, who: &str) -> Self {
        let (cert, key) = kit.client_files(who, "desk");
        let server = format!("https://localhost:{}", kit.address().port());
        let files = [
            ("--cert", cert),
            ("--key", key),
            ("--ca", kit.folder().join("ca.pem")),
        ];
        let files = files.map(|(flag, path)| [flag.into(), path.display().to_string()]);
        let flags = [vec!["--server".into(), server], files.concat()].concat();
        Self {
            home: home(),
            flags,
        }
    }

    fn arguments<'a>(&'a self, words: &'a str) -> Vec<&'a str> {
        let flags = self.flags.iter().map(String::as_str);
        ["alert"]
            .into_iter()
            .chain(words.split(' '))
            .chain(flags)
            .collect()
    }

    /// Runs `usher alert` and checks the exit code; returns standard output and standard error.
    fn check(&self, words: &str, code: i32) -> (String, String) {
        tokio::task::block_in_place(|| check(self.home.path(), &self.arguments(words), code))
    }

    fn call(&self, words: &str, code: i32) -> Value {
        let (out, _) = self.check(&format!("{words} --format json"), code);
        serde_json::from_str(&out).unwrap()
    }
}

/// Twelve checks of Hackney and one of Camden that nobody took for 15 minutes.
async fn late() -> Kit {
    let kit = Kit::start().await;
    for _ in 0..12 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    kit.submit(enquiry_at("2026-11-23T16:00", &[IN_CAMDEN]))
        .await;
    kit.move_to("2026-11-23T10:15").await;
    kit
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_boroughs_trouble_is_one_line_and_is_taken_on_at_once() {
    let kit = late().await;
    let desk = Desk::new(&kit, OPERATOR);
    let (table, _) = desk.check("list", 0);
    let lines: Vec<&str> = table
        .lines()
        .filter(|line| line.contains("chase"))
        .collect();
    assert_eq!(lines.len(), 2, "{table}");
    let counts = || {
        let listed = desk.call("list", 0);
        let counts = listed["counts"].as_array().unwrap().clone();
        let numbers = |count: &Value| {
            (
                count["openCount"].clone(),
                count["acknowledgedCount"].clone(),
            )
        };
        (counts.iter().map(numbers).collect::<Vec<_>>(), counts)
    };
    let pair = |open: u32, looked_after: u32| (Value::from(open), Value::from(looked_after));
    let (numbers, listed) = counts();
    assert_eq!(numbers, [pair(12, 0), pair(1, 0)]);
    for (line, count) in lines.iter().zip(&listed) {
        for field in ["responderId", "firstReference", "dutyPhone"] {
            assert!(
                line.contains(count[field].as_str().unwrap()),
                "{field}: {table}"
            );
        }
    }
    let each = desk.call("list --each --state open", 0);
    assert_eq!(each["alerts"].as_array().unwrap().len(), 13);
    for wrong in [
        "list --state open",
        "list --limit 5",
        "list --page-token x",
        "watch --resume x",
    ] {
        let (_, err) = desk.check(wrong, 2);
        assert!(err.contains("--each"), "{wrong}: {err}");
    }

    let hackneys = "acknowledge --responder hackney --cause no-such --person-name A";
    assert_eq!(desk.call(hackneys, 0)["acknowledgedCount"], 0);
    let hackneys = "acknowledge --responder hackney --cause chase --person-name A";
    let taken = desk.call(hackneys, 0);
    assert_eq!(
        (&taken["acknowledgedCount"], &taken["refusedCount"]),
        (&12.into(), &0.into())
    );
    assert_eq!(counts().0, [pair(0, 12), pair(1, 0)]);
    let (again, _) = desk.check(hackneys, 0);
    assert!(again.starts_with("0 alerts taken on"), "{again}");
    let repeated = format!("{hackneys} --request-id {}", fresh());
    desk.check(&repeated, 2);
    desk.check("acknowledge --responder hackney --person-name A", 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_taken_on_is_counted_and_says_why() {
    let mut kit = late().await;
    let damaged = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    kit.stop().await;
    kit.damage(&damaged);
    kit.serve().await;
    let desk = Desk::new(&kit, OPERATOR);
    let taken = desk.call(
        "acknowledge --responder - --cause record-unreadable --person-name A",
        6,
    );
    assert_eq!(
        (&taken["acknowledgedCount"], &taken["refusedCount"]),
        (&0.into(), &1.into())
    );
    let first = &taken["firstRefused"];
    assert_eq!(first["alertId"], format!("{damaged}/0"));
    let why = first["why"]["message"].as_str().unwrap();
    assert!(why.contains("nobody can"), "{why}");
    let (_, err) = desk.check("acknowledge --responder hackney --cause chase", 2);
    assert!(err.contains("person"), "{err}");
    let inspector = Desk::new(&kit, INSPECTOR);
    let (out, _) = inspector.check(
        "acknowledge --responder hackney --cause chase --person-name A",
        4,
    );
    assert!(out.starts_with("0 alerts taken on"), "{out}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_watch_tells_each_line_again_when_its_counts_change() {
    let kit = late().await;
    let desk = Desk::new(&kit, OPERATOR);
    let mut child = usher(desk.home.path(), &desk.arguments("watch"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || tokio::task::block_in_place(|| told.next().unwrap().unwrap());
    for wanted in [
        "  hackney  chase: 12 open, 0 looked after, 12 in the queue  before ",
        "  camden  chase: 1 open, 0 looked after, 1 in the queue  before ",
    ] {
        let line = next();
        assert!(line.contains(wanted), "{line}");
    }
    desk.check(
        "acknowledge --responder camden --cause chase --person-name A",
        0,
    );
    let line = next();
    let wanted = "  camden  chase: 0 open, 1 looked after";
    assert!(line.contains(wanted), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}
