//! The command line: the real binary, run as people and programs run it.

mod agreement;
mod alert;
mod carried;
mod case;
mod client;
mod played;
mod served;

use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// `usher` with these arguments in an empty home.
fn usher(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
    command
        .args(arguments)
        .current_dir(home)
        .env_clear()
        .env("HOME", home);
    command
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    usher(home, arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Runs and checks the exit code; returns standard output and standard error.
fn check(home: &Path, arguments: &[&str], code: i32) -> (String, String) {
    let output = run(home, arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(code),
        "{arguments:?}\n{out}\n{err}"
    );
    (out, err)
}

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn verification_says_what_it_could_not_verify_and_makes_nothing() {
    use usher::store::kv::Settings;
    let home = home();
    let store = home.path().join("store");
    let verify = |code, words: &str| {
        let (_, err) = check(home.path(), &["store", "verify", "--path", "store"], code);
        assert!(err.contains(words), "{words:?} is not in:\n{err}");
    };
    verify(5, "there is no store");
    std::fs::create_dir(&store).unwrap();
    std::fs::write(store.join("notes"), "").unwrap();
    verify(5, "no store of this engine");
    let here = std::fs::read_dir(&store).unwrap().count();
    assert_eq!(here, 1, "it made something");
    std::fs::remove_file(store.join("notes")).unwrap();
    drop(usher::store::redb::Redb::open(&store, Settings::default()).unwrap());
    std::fs::remove_file(store.join("usher.redb")).unwrap();
    verify(7, "has gone");
    assert!(!store.join("usher.redb").exists(), "it made one");
    std::fs::write(store.join("usher.redb"), "").unwrap();
    verify(7, "damaged");
    std::fs::write(store.join("usher.redb"), "no store".repeat(1_000)).unwrap();
    verify(7, "restore the folder from a backup");
    std::fs::remove_file(store.join("usher.redb")).unwrap();
    std::fs::remove_file(store.join("made")).unwrap();
    std::fs::write(store.join("usher.other"), "").unwrap();
    verify(2, "--engine");
}

/// The repository, for what ships in it.
fn shipped(path: &str) -> String {
    crate::support::root().join(path).display().to_string()
}

/// The subcommands that a help text lists.
fn listed(help: &str) -> Vec<String> {
    let after = help.split("\nCommands:\n").nth(1).unwrap_or_default();
    let lines = after.lines().take_while(|line| !line.is_empty());
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    names
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(Into::into)
        .collect()
}

#[test]
fn every_command_helps_with_examples_first_and_a_format() {
    let home = home();
    let mut todo: Vec<Vec<String>> = vec![Vec::new()];
    let mut leaves = 0;
    while let Some(path) = todo.pop() {
        let arguments: Vec<&str> = path.iter().map(String::as_str).chain(["--help"]).collect();
        let (help, _) = check(home.path(), &arguments, 0);
        assert!(
            help.contains("--format <FORMAT>"),
            "{path:?} documents --format: {help}"
        );
        let inner = listed(&help);
        if inner.is_empty() {
            leaves += 1;
            let examples = help
                .find("Examples:\n  usher ")
                .unwrap_or_else(|| panic!("{path:?} has no example: {help}"));
            let usage = help.find("\nUsage: ").unwrap();
            assert!(examples < usage, "{path:?} shows examples first");
        }
        for name in inner {
            todo.push(path.iter().cloned().chain([name]).collect());
        }
    }
    assert!(leaves > 30, "{leaves} commands");
}

#[test]
fn help_documents_the_exit_codes() {
    let (help, _) = check(home().path(), &["--help"], 0);
    for code in ["0 ", "1 ", "2 ", "3 ", "4 ", "5 ", "6 ", "7 ", "130 "] {
        assert!(help.contains(&format!("\n  {code}")), "{code}: {help}");
    }
}

#[test]
fn a_slip_is_answered_with_what_was_meant() {
    let home = home();
    let (_, err) = check(home.path(), &["enquiry", "submti"], 2);
    assert!(err.contains("'submit'"), "{err}");
    let (_, err) = check(home.path(), &["enquiry", "list", "--opne"], 2);
    assert!(err.contains("'--open'"), "{err}");
    let (_, err) = check(
        home.path(),
        &["enquiry", "decide", "x", "--decision", "unknown"],
        2,
    );
    assert!(
        err.contains("seek-adjournment"),
        "the words are listed: {err}"
    );
}

#[test]
fn a_postcode_is_looked_up_without_a_broker() {
    let home = home();
    let (out, _) = check(home.path(), &["directory", "lookup", "SW1A 1AA"], 0);
    assert!(
        out.contains("Westminster") && out.contains("E09000033"),
        "{out}"
    );
    assert!(!out.contains('\u{1b}'), "no colour into a pipe");
    let (out, _) = check(
        home.path(),
        &["directory", "lookup", "sw1a1aa", "--format", "json"],
        0,
    );
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["items"][0]["authorityCode"], "E09000033");
    assert_eq!(value["items"][0]["outcome"], "LOOKUP_OUTCOME_FOUND");
    let (out, _) = check(home.path(), &["directory", "lookup", "EH1 1YZ"], 5);
    assert!(out.contains("outside England and Wales"), "{out}");
}

#[test]
fn authorities_are_listed_with_who_answers() {
    let (out, _) = check(
        home().path(),
        &[
            "directory",
            "list",
            "--region",
            "London",
            "--format",
            "json",
        ],
        0,
    );
    let value: Value = serde_json::from_str(&out).unwrap();
    let items = value["items"].as_array().unwrap();
    assert_eq!(items.len(), 33);
    assert!(
        items
            .iter()
            .all(|item| !item["responderId"].as_str().unwrap().is_empty()),
        "{out}"
    );
}

/// A small release in the form of ONSPD.
fn release(folder: &Path) -> String {
    let path = folder.join("ONSPD_TEST.csv");
    let rows = "pcds,doterm,oscty,oslaua\n\"SW1A 1AA\",,E99999999,E09000033\n\"E8 1EA\",,E99999999,E09000012\n";
    std::fs::write(&path, rows).unwrap();
    path.display().to_string()
}

#[test]
fn a_table_is_built_shown_and_not_replaced_without_a_word() {
    let home = home();
    let release = release(home.path());
    let (out, _) = check(
        home.path(),
        &[
            "directory",
            "build",
            "--onspd",
            &release,
            "--out",
            "new.bin",
        ],
        0,
    );
    assert!(
        out.contains("lead to an authority") && out.contains("removed"),
        "{out}"
    );
    let before = std::fs::read(home.path().join("new.bin")).unwrap();
    let (_, err) = check(
        home.path(),
        &[
            "directory",
            "build",
            "--onspd",
            &release,
            "--out",
            "new.bin",
        ],
        2,
    );
    assert!(err.contains("--yes"), "{err}");
    let refused = [
        "directory",
        "build",
        "--onspd",
        &release,
        "--out",
        "new.bin",
        "--format",
        "json",
    ];
    let (out, err) = check(home.path(), &refused, 2);
    assert!(err.contains("--yes"), "{err}");
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["table"]["written"], false);
    assert_eq!(value["difference"]["moved"], 0);
    assert_eq!(std::fs::read(home.path().join("new.bin")).unwrap(), before);
    let again = [
        "directory",
        "build",
        "--onspd",
        &release,
        "--out",
        "new.bin",
        "--yes",
        "--format",
        "json",
    ];
    let (out, _) = check(home.path(), &again, 0);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["routable"], 2);
    assert_eq!(value["table"]["written"], true);
    let (out, _) = check(
        home.path(),
        &["directory", "lookup", "E8 1EA", "--table", "new.bin"],
        0,
    );
    assert!(out.contains("Hackney"), "{out}");
}

/// An authority and a client of it in `tls`.
fn pki(home: &Path) {
    check(
        home,
        &[
            "pki",
            "init",
            "--dir",
            "tls",
            "--trust-domain",
            "usher.example",
        ],
        0,
    );
    let uri = "spiffe://usher.example/court/B01IX/gateway";
    let (_, err) = check(
        home,
        &[
            "pki", "issue", "--dir", "tls", "--name", "officer", "--uri", uri,
        ],
        0,
    );
    assert!(err.contains("[[identities]]"), "{err}");
}

#[test]
fn a_development_authority_keeps_its_keys_to_its_owner() {
    let home = home();
    pki(home.path());
    let server = [
        "pki",
        "issue",
        "--dir",
        "tls",
        "--name",
        "server",
        "--server",
        "--host",
        "localhost",
    ];
    let (out, _) = check(
        home.path(),
        &[&server[..], &["--format", "json"]].concat(),
        0,
    );
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(value["key"], "tls/server.key");
    for name in ["ca", "officer", "server"] {
        let mode = |ending: &str| {
            let path = home.path().join(format!("tls/{name}.{ending}"));
            std::fs::metadata(path).unwrap().permissions().mode() & 0o777
        };
        assert_eq!(mode("key"), 0o600, "{name}");
        assert_eq!(mode("pem") & 0o022, 0, "{name}");
    }
    let (_, err) = check(
        home.path(),
        &[
            "pki",
            "init",
            "--dir",
            "tls",
            "--trust-domain",
            "usher.example",
        ],
        6,
    );
    assert!(err.contains("--force"), "{err}");
    let foreign = [
        "pki",
        "issue",
        "--dir",
        "tls",
        "--name",
        "x",
        "--uri",
        "spiffe://other.example/x",
    ];
    let (_, err) = check(home.path(), &foreign, 2);
    assert!(err.contains("trust domain"), "{err}");
}

#[test]
fn what_no_certificate_can_say_is_wrong_input() {
    let home = home();
    pki(home.path());
    let uri = ["--uri", "spiffe://usher.example/x"];
    let wrong = |arguments: &[&str]| {
        let (_, err) = check(home.path(), &[&["pki", "issue"], arguments].concat(), 2);
        assert!(err.starts_with("error: "), "{err}");
    };
    wrong(&[&["--dir", "tls", "--name", "../x"][..], &uri].concat());
    wrong(&["--dir", "tls", "--name", "x", "--uri", "not a uri"]);
    wrong(&[&["--dir", "tls", "--name", "x", "--days", "9999"][..], &uri].concat());
    wrong(&[&["--dir", "nodir", "--name", "x"][..], &uri].concat());
    check(
        home.path(),
        &["pki", "init", "--dir", "other", "--trust-domain", "Not One"],
        2,
    );
}

#[test]
fn completions_and_manual_pages_are_there() {
    let home = home();
    for shell in ["bash", "zsh", "fish"] {
        let (out, _) = check(home.path(), &["completions", shell], 0);
        assert!(out.contains("move-hearing"), "{shell}");
    }
    let (out, _) = check(home.path(), &["man"], 0);
    assert!(out.contains(".TH usher 1"), "{out}");
    check(home.path(), &["man", "--dir", "man1"], 0);
    let pages = std::fs::read_dir(home.path().join("man1")).unwrap().count();
    assert!(pages > 30, "{pages} pages");
    let page = std::fs::read_to_string(home.path().join("man1/usher-enquiry-submit.1")).unwrap();
    assert!(page.contains("validate"), "{page}");
}

#[test]
fn the_shipped_configuration_is_shown_with_its_origins() {
    let home = home();
    let file = shipped("config/usher.toml");
    let (out, _) = check(home.path(), &["config", "show", "--config", &file], 0);
    assert!(out.contains("store.engine = \"redb\""), "{out}");
    let mut command = usher(
        home.path(),
        &[
            "config",
            "show",
            "--origin",
            "--format",
            "json",
            "--set",
            "log.format=json",
        ],
    );
    let output = command
        .env("USHER_RPC__LISTEN", "127.0.0.1:1")
        .output()
        .unwrap();
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let origin = |key: &str| {
        let items = value["items"].as_array().unwrap();
        items.iter().find(|item| item["key"] == key).unwrap()["origin"].clone()
    };
    assert_eq!(origin("rpc.listen"), "environment USHER_RPC__LISTEN");
    assert_eq!(origin("log.format"), "flag --set log.format");
    assert_eq!(origin("store.engine"), "default");
}

#[test]
fn a_bad_configuration_is_told_with_file_line_and_remedy() {
    let home = home();
    std::fs::write(
        home.path().join("bad.toml"),
        "[rpc]\nlisen = \"127.0.0.1:1\"\n",
    )
    .unwrap();
    for command in [&["serve"][..], &["config", "check"]] {
        let arguments = [command, &["--config", "bad.toml"]].concat();
        let output = run(home.path(), &arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let told = text(&output.stdout) + &text(&output.stderr);
        for wanted in ["bad.toml:2:1", "lisen", "did you mean `listen`?"] {
            assert!(told.contains(wanted), "{arguments:?} {wanted}: {told}");
        }
    }
}

#[test]
fn a_missing_store_is_not_made_by_looking_for_it() {
    let home = home();
    let (_, err) = check(home.path(), &["store", "verify", "--path", "nowhere"], 5);
    assert!(
        err.contains("there is no store in nowhere") && err.contains("--path"),
        "{err}"
    );
    assert!(!home.path().join("nowhere").exists());
}
