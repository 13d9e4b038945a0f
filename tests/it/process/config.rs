//! What `serve` refuses: with exit code 2, the file, the line and what to do, and before anything is opened.

use super::*;
use std::os::unix::fs::PermissionsExt;

/// Starts it and fails unless it refuses with all of these words.
#[track_caller]
fn check(home: &Home, words: &[&str]) {
    let (code, out, err) = home.run(&["serve", "--config", "usher.toml"]);
    assert_eq!(code, Some(2), "{err}");
    assert_eq!(out, "");
    for words in words {
        assert!(err.contains(words), "{words:?} is not in:\n{err}");
    }
    assert!(
        !home.path("store").exists(),
        "the store was opened all the same"
    );
}

/// A home whose configuration has `from` replaced by `to`.
fn with(from: &str, to: &str) -> Home {
    let home = Home::new();
    let config = home.config(&EVERYBODY, "");
    assert!(config.contains(from), "{from}");
    home.write("usher.toml", &config.replacen(from, to, 1));
    home
}

#[test]
fn a_wrong_configuration_is_refused_with_file_line_and_remedy() {
    check(
        &with("listen =", "lisen ="),
        &["usher.toml:2:1", "lisen", "listen"],
    );
    check(
        &with("cache_mib = 4", "cache_mib = \"four\""),
        &["usher.toml:10:13", "four"],
    );
    check(
        &with("cache_mib = 4", "cache_mib = 0"),
        &["cache_mib", "64 does for most"],
    );
    check(&with("[store]", "[shop]"), &["usher.toml:8", "shop"]);
    check(
        &with("listen = \"127.0.0.1:0\"", "listen = \"nowhere\""),
        &["usher.toml:2"],
    );
    check(&with("[tls]", "[tls"), &["usher.toml:4"]);
    check(
        &with("role = \"officer\"", "role = \"wizard\""),
        &["wizard", "officer"],
    );
    check(&with("[\"hackney\"]", "[\"atlantis\"]"), &["atlantis"]);
    check(
        &with("[metrics]", "[policy]\nfile = \"none.toml\"\n[metrics]"),
        &["none.toml"],
    );
}

#[test]
fn everything_wrong_is_told_at_once() {
    let home = with("cache_mib = 4", "cache_mib = 0");
    fs::remove_file(home.path("ca.pem")).unwrap();
    check(&home, &["cache_mib", "ca.pem", "usher pki init"]);
}

#[test]
fn a_policy_that_would_leave_a_check_unwatched_is_refused_with_its_line() {
    let home = with("[metrics]", "[policy]\nfile = \"policy.toml\"\n[metrics]");
    let defaults = usher::config::policy::DEFAULTS;
    home.write(
        "policy.toml",
        &defaults.replacen("kind = \"hearing\"", "kind = \"escalate\"", 1),
    );
    check(&home, &["policy.toml:"]);
    home.write(
        "policy.toml",
        &defaults.replacen("= \"15 min\"", "= \"15 moons\"", 1),
    );
    check(&home, &["policy.toml:", "moons"]);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let home = Home::new();
    for mode in [0o644, 0o640, 0o604] {
        fs::set_permissions(home.path("server.key"), PermissionsExt::from_mode(mode)).unwrap();
        check(&home, &["server.key", "chmod 600"]);
    }
}

#[test]
fn a_certificate_that_has_expired_or_has_another_key_is_refused() {
    let home = Home::new();
    let long_ago = SystemClock.now() - jiff::SignedDuration::from_hours(24 * 40);
    let old = Authority::create("usher.example", long_ago).unwrap();
    let request = IssueRequest::server("server", &["localhost"], 30);
    let issued = old.issue(&request, long_ago).unwrap();
    usher::pki::write_issued(&issued, "server", home.folder.path(), true).unwrap();
    check(&home, &["server.pem", "ended at"]);
    let other = home.authority.issue(&request, SystemClock.now()).unwrap();
    fs::write(home.path("server.pem"), other.certificate_pem).unwrap();
    check(&home, &["server"]);
    fs::write(home.path("server.pem"), "nonsense").unwrap();
    check(&home, &["server.pem"]);
}

#[test]
fn a_configuration_that_is_not_there_is_told_of() {
    let home = Home::new();
    fs::remove_file(home.path("usher.toml")).unwrap();
    check(&home, &["usher.toml"]);
}
