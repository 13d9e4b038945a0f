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
    let config = Home::config(&EVERYBODY, "");
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

/// What `config check` says of a home with a responder folder of its own.
fn examined(home: &Home, responders: &[(&str, &str)]) -> (Option<i32>, String) {
    fs::create_dir_all(home.path("responders")).unwrap();
    for (name, text) in responders {
        home.write(&format!("responders/{name}.toml"), text);
    }
    let mut config: toml::Table = Home::config(&[OFFICER], "").parse().unwrap();
    config["directory"]["responders"] = "responders".into();
    home.write("usher.toml", &config.to_string());
    let (code, out, err) = home.run(&["config", "check", "--config", "usher.toml"]);
    (code, out + &err)
}

fn hackney() -> String {
    let shipped = root().join("config/responders/hackney.toml");
    fs::read_to_string(shipped).unwrap()
}

#[test]
fn placeholders_and_an_empty_folder_are_warned_of() {
    let (code, said) = examined(&Home::new(), &[("hackney", &hackney())]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("that lead nowhere: hackney"), "{said}");
    let real = hackney()
        .replace("020 7946 0", "020 8356 0")
        .replace("hackney.example", "hackney.gov.uk");
    let (_, said) = examined(&Home::new(), &[("hackney", &real)]);
    assert!(!said.contains("lead nowhere"), "{said}");
    let (code, said) = examined(&Home::new(), &[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("has no responder"), "{said}");
}

#[test]
fn every_wrong_responder_file_is_told_with_its_line_and_the_rest_too() {
    let home = Home::new();
    fs::remove_file(home.path("ca.pem")).unwrap();
    let wrong = hackney().replace("E09000012", "E09999999");
    let files = [
        ("hackney", wrong.as_str()),
        ("camden", "id = \"camden\"\nnam = \"x\"\n"),
    ];
    let (code, said) = examined(&home, &files);
    assert_eq!(code, Some(2), "{said}");
    for words in [
        "hackney.toml:6:1: ",
        "camden.toml:2:1: ",
        "ca.pem",
        "it cannot be used; errors: 3",
    ] {
        assert!(said.contains(words), "{words:?} is not in:\n{said}");
    }
}

#[test]
fn a_responders_ladder_is_told_once_with_its_line() {
    let ladder =
        "[ladder.oral]\nstep = [{ name = \"x\", at = \"soon\", audience = [\"operator\"] }]\n";
    let text = hackney() + ladder;
    let line = text
        .lines()
        .position(|line| line == "[ladder.oral]")
        .unwrap()
        + 1;
    let (code, said) = examined(&Home::new(), &[("hackney", &text)]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains(&format!("hackney.toml:{line}:1: ladder.oral")),
        "{said}"
    );
    assert_eq!(said.matches("expected a moment").count(), 1, "{said}");
}

#[test]
fn a_setting_out_of_bounds_is_told_with_its_line_and_so_is_every_other() {
    let home = with("[tls]", "streams_max = 99999\nhandshake_ms = 0\n[tls]");
    check(
        &home,
        &[
            "usher.toml:4: setting rpc.streams_max: rpc.streams_max is 99999",
            "usher.toml:5: setting rpc.handshake_ms",
        ],
    );
    let home = with("role = \"officer\"", "role = \"wizard\"");
    check(
        &home,
        &["usher.toml:", ": setting identities.1: identity 1"],
    );
    let home = with("[metrics]", "postcodes = \"usher.toml\"\n[metrics]");
    let nonsense = "usher.toml: not a postcode table of usher";
    check(
        &home,
        &["usher.toml:", "setting directory.postcodes: ", nonsense],
    );
    check(
        &with("cache_mib = 4", "cache_mib = \"four\""),
        &["write a whole number, without quotes"],
    );
}

#[test]
fn an_operator_may_add_an_authority() {
    let text = |name: &str| {
        let file = root().join("config/directory").join(name);
        fs::read_to_string(file).unwrap()
    };
    let named = "authorities = \"authorities.csv\"\ndistricts = \"districts.csv\"\n[metrics]";
    let home = with("[metrics]", named);
    check(
        &home,
        &["there is no file", "authorities.csv", "districts.csv"],
    );
    home.write("districts.csv", &text("districts.csv"));
    let new = "E06999999,East Surrey,South East,england,2027-04-01,,,\n";
    home.write("authorities.csv", &(text("authorities.csv") + "E06\n"));
    let last = text("authorities.csv").lines().count() + 1;
    check(&home, &[&format!("authorities.csv:{last}:1: ")]);
    home.write("authorities.csv", &(text("authorities.csv") + new));
    let (code, said, err) = home.run(&["config", "check", "--config", "usher.toml"]);
    assert_eq!(code, Some(0), "{said}{err}");
    let list = [
        "directory",
        "list",
        "--authorities",
        "authorities.csv",
        "--on",
        "2027-04-01",
    ];
    let (code, out, _) = home.run(&list);
    assert!(code == Some(0) && out.contains("East Surrey"), "{out}");
}

/// What the shipped configuration says of a database is refused where it cannot be used, before anything is connected to.
#[test]
fn a_database_is_refused_with_what_to_do() {
    let database = |section: &str| {
        let text = format!("cache_mib = 4\nengine = \"postgres\"\n[store.postgres]\n{section}\n");
        with("cache_mib = 4\n", &text)
    };
    check(
        &database(""),
        &["store.postgres.url", "postgres://USER@HOST/DATABASE"],
    );
    check(
        &database("url = \"postgres://usher:secret@localhost/usher\""),
        &["usher.toml:13", "password_file"],
    );
    check(
        &database("url = \"postgres://usher@localhost\""),
        &["database"],
    );
    check(
        &database("url = \"postgres://usher@db.example/usher\""),
        &["db.example", "not be encrypted", "ca"],
    );
    check(
        &database("url = \"postgres://usher@db.example/usher\"\nca = \"server.key\""),
        &["usher.toml:14", "server.key"],
    );
    check(
        &database("url = \"postgres://usher@localhost/usher\"\nconnections_max = 0"),
        &["connections_max", "16 does for most"],
    );
    let home = database("url = \"postgres://usher@localhost/usher\"\npassword_file = \"password\"");
    check(&home, &["usher.toml:14", "password"]);
    home.write("password", "secret\n");
    fs::set_permissions(home.path("password"), fs::Permissions::from_mode(0o640)).unwrap();
    check(&home, &["chmod 600"]);
    fs::set_permissions(home.path("password"), fs::Permissions::from_mode(0o600)).unwrap();
    home.write("password", "\n");
    check(&home, &["one line"]);
}

#[test]
fn a_database_that_is_away_is_no_fault_of_the_configuration() {
    let text = "cache_mib = 4\nengine = \"postgres\"\n[store.postgres]\n\
                url = \"postgres://usher@127.0.0.1:1/usher\"\n";
    let home = with("cache_mib = 4\n", text);
    let (code, out, err) = home.run(&["config", "check", "--config", "usher.toml"]);
    assert_eq!(code, Some(0), "{out}{err}");
    let (code, _, err) = home.run(&["serve", "--config", "usher.toml"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("is the database running"), "{err}");
}
