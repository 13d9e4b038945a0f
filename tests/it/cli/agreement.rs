//! `usher agreement`, without a broker.

use super::{check, home, shipped};
use serde_json::Value;
use std::fs;
use std::path::Path;

/// A configuration whose agreement is the shipped one, changed.
fn agreed(home: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(shipped("config/agreements/pan-london.toml")).unwrap();
    assert!(text.contains(from), "{from}");
    fs::create_dir_all(home.join("agreements")).unwrap();
    fs::write(
        home.join("agreements/pan-london.toml"),
        text.replacen(from, to, 1),
    )
    .unwrap();
    for name in ["london-adults.toml", "london-police.toml"] {
        let shipped = shipped(&format!("config/agreements/{name}"));
        fs::copy(shipped, home.join("agreements").join(name)).unwrap();
    }
    let responders = shipped("config/responders");
    let config = format!("[directory]\nresponders = {responders:?}\n");
    fs::write(home.join("usher.toml"), config).unwrap();
}

fn json(home: &Path, arguments: &[&str], code: i32) -> Value {
    let all = [
        &["agreement"],
        arguments,
        &["--config", "usher.toml", "--format", "json"],
    ]
    .concat();
    serde_json::from_str(&check(home, &all, code).0).unwrap()
}

#[test]
fn agreements_are_listed_with_the_days_that_are_left() {
    let home = home();
    agreed(home.path(), "# to = 2027-12-31", "to = 2027-12-31");
    let list = |on, stands: &str, left: Option<i64>| {
        let listed = json(home.path(), &["list", "--on", on], 0);
        let items = listed["items"].as_array().unwrap();
        let one = items.iter().find(|one| one["id"] == "pan-london").unwrap();
        assert_eq!(
            (one["stands"].as_str(), one["daysLeft"].as_i64()),
            (Some(stands), left),
            "{on}"
        );
        assert_eq!(one["parties"].as_array().unwrap().len(), 33);
    };
    list("2025-12-31", "to come", None);
    list("2026-01-01", "in force", Some(729));
    list("2027-12-31", "in force", Some(0));
    list("2028-01-01", "ended", None);
    let on = [
        "agreement",
        "list",
        "--config",
        "usher.toml",
        "--on",
        "2027-12-24",
    ];
    let (out, _) = check(home.path(), &on, 0);
    assert!(
        out.contains("pan-london") && out.contains("2027-12-31"),
        "{out}"
    );
}

#[test]
fn one_is_shown_whole_and_another_is_not_there() {
    let home = home();
    agreed(home.path(), "    \"note\", ", "    # \"note\", ");
    let shown = json(home.path(), &["show", "pan-london"], 0);
    assert_eq!(shown["items"][0]["retentionDays"], 2190);
    assert_eq!(shown["items"][0]["bases"][0]["code"], "OMA2007-s14");
    let page = ["agreement", "show", "pan-london", "--config", "usher.toml"];
    let (out, _) = check(home.path(), &page, 0);
    assert!(out.contains("Never sent  note\n"), "{out}");
    let (_, err) = check(home.path(), &["agreement", "show", "pan-paris"], 5);
    assert!(err.contains("there is no agreement pan-paris"), "{err}");
}

#[test]
fn a_check_says_what_is_denied_and_ends_with_7() {
    let home = home();
    agreed(home.path(), "\"curfew\", ", "");
    let fine = json(home.path(), &["check", "--purpose", "court-report"], 0);
    assert_eq!(fine["items"].as_array().unwrap().len(), 68);
    assert_eq!(fine["items"][0]["decision"], "permit");
    let denied = json(
        home.path(),
        &["check", "--responder", "hackney", "--purpose", "curfew"],
        7,
    );
    let one = &denied["items"][0];
    assert_eq!(
        (&one["decision"], &one["why"]),
        (&"deny".into(), &"purpose_not_agreed".into())
    );
    let whole = [
        "agreement",
        "check",
        "--config",
        "usher.toml",
        "--responder",
        "hackney",
    ];
    let (out, err) = check(home.path(), &whole, 7);
    assert!(out.contains("curfew: purpose-not-agreed"), "{out}");
    assert!(
        err.contains("is an example that nobody has signed"),
        "{err}"
    );
    let (_, err) = check(
        home.path(),
        &["agreement", "check", "--responder", "atlantis"],
        5,
    );
    assert!(err.contains("there is no responder atlantis"), "{err}");
}

#[test]
fn a_wrong_file_is_told_with_line_and_column() {
    let home = home();
    agreed(home.path(), "from = 2026-01-01", "from = \"soon\"");
    for command in ["list", "check"] {
        let arguments = ["agreement", command, "--config", "usher.toml"];
        let (_, err) = check(home.path(), &arguments, 2);
        assert!(err.contains("pan-london.toml:13:8: "), "{err}");
    }
    fs::remove_dir_all(home.path().join("agreements")).unwrap();
    let (out, err) = check(
        home.path(),
        &["config", "check", "--config", "usher.toml"],
        2,
    );
    assert!(
        format!("{out}{err}").contains("agreements.folder: there is no folder"),
        "{out}{err}"
    );
}

#[test]
fn without_a_configuration_the_example_is_shown() {
    let (out, _) = check(
        home().path(),
        &["agreement", "check", "--on", "2026-11-23"],
        0,
    );
    assert!(
        out.contains("westminster") && out.contains("pan-london example-1"),
        "{out}"
    );
}
