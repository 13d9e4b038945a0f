//! Where time, randomness and the environment are read: each in one place, so that tests and the demo can give them.
//!
//! What waits (tokio's `sleep`, `timeout`, `interval`) is free anywhere: it does not say what time it is. Randomness
//! that a key generator draws for itself inside the TLS library is its own affair. A seeded `fastrand::Rng` is no
//! randomness. The same bans stand in `clippy.toml`; this one also sees what no type resolves, and holds the exceptions.

use super::holds;
use super::source::{Source, is_word, sources};
use std::io;

/// A kind of reading: what it looks like, and the one place (a file, or a folder ending in `/`) for it.
struct Reading {
    what: &'static str,
    marks: &'static [&'static str],
    home: &'static [&'static str],
}

const READINGS: [Reading; 3] = [
    Reading {
        what: "time",
        marks: &[
            "SystemTime::now",
            "Instant::now",
            "Timestamp::now",
            "Zoned::now",
            "UNIX_EPOCH.elapsed",
            "Utc::now",
            "Local::now",
        ],
        home: &["src/clock.rs"],
    },
    Reading {
        what: "randomness",
        marks: &[
            "Uuid::new_v4",
            "Uuid::now_v7",
            "Uuid::now_v6",
            "Uuid::now_v1",
            "Rng::new",
            "Rng::default",
            "rand::thread_rng",
            "rand::rng",
            "rand::random",
            "fastrand::u8",
            "fastrand::u16",
            "fastrand::u32",
            "fastrand::u64",
            "fastrand::usize",
            "fastrand::bool",
            "fastrand::f64",
            "fastrand::i32",
            "fastrand::i64",
            "fastrand::shuffle",
            "fastrand::choice",
            "fastrand::fill",
            "getrandom::",
            "SystemRandom::new",
            "RandomState::new",
        ],
        home: &["src/ids.rs"],
    },
    Reading {
        what: "the environment",
        marks: &["env::var", "env::vars", "env::var_os", "env::vars_os"],
        home: &["src/config.rs", "src/config/"],
    },
];
/// The lint that guards the same in the compiler: it may be lifted only where the reading is at home.
const LINT: &str = "clippy::disallowed_methods";

fn at_home(path: &str, home: &[&str]) -> bool {
    home.iter()
        .any(|home| *home == path || (home.ends_with('/') && path.starts_with(home)))
}

fn readings(source: &Source) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, line) in source.shipped.lines().enumerate() {
        for Reading { what, marks, .. } in READINGS
            .iter()
            .filter(|reading| !at_home(&source.path, reading.home))
        {
            for mark in marks.iter().filter(|mark| names(line, mark)) {
                complaints.push(format!("{}:{}: reads {what} ({mark})", source.path, at + 1));
            }
        }
        let lifts = line.contains(LINT)
            && !READINGS
                .iter()
                .any(|reading| at_home(&source.path, reading.home));
        if lifts {
            complaints.push(format!("{}:{}: lifts {LINT}", source.path, at + 1));
        }
    }
    complaints
}

/// Whether a line names `mark` as a whole.
fn names(line: &str, mark: &str) -> bool {
    line.match_indices(mark).any(|(at, _)| {
        let before = line.as_bytes()[..at]
            .last()
            .is_some_and(|byte| is_word(*byte));
        let after = line
            .as_bytes()
            .get(at + mark.len())
            .is_some_and(|byte| is_word(*byte));
        !before && (!after || mark.ends_with("::"))
    })
}

#[test]
fn time_randomness_and_environment_are_read_in_one_place_each() -> io::Result<()> {
    let complaints: Vec<String> = sources()?
        .iter()
        .filter(|source| source.path.contains("src/"))
        .flat_map(readings)
        .collect();
    holds(
        &complaints,
        "take the value as an argument; at the edge ask `Clock` or `Stopwatch`, `Ids`, or the configuration",
    );
    Ok(())
}

#[test]
fn finds_a_reading() {
    let check = |path: &str, text: &str, complaints: &[&str]| {
        assert_eq!(
            readings(&Source::new(path, text)),
            complaints,
            "of {text:?} in {path}"
        );
    };
    check(
        "src/a.rs",
        "let t = Instant::now();",
        &["src/a.rs:1: reads time (Instant::now)"],
    );
    check(
        "src/a.rs",
        "\nlet t = tokio::time::Instant::now();",
        &["src/a.rs:2: reads time (Instant::now)"],
    );
    check(
        "src/a.rs",
        "tokio::time::sleep(span).await; clock.now()",
        &[],
    );
    check("src/clock.rs", "Timestamp::now()", &[]);
    check(
        "src/ids.rs",
        "Timestamp::now()",
        &["src/ids.rs:1: reads time (Timestamp::now)"],
    );
    check(
        "src/a.rs",
        "Uuid::now_v7()",
        &["src/a.rs:1: reads randomness (Uuid::now_v7)"],
    );
    check(
        "src/a.rs",
        "fastrand::Rng::new()",
        &["src/a.rs:1: reads randomness (Rng::new)"],
    );
    check("src/a.rs", "fastrand::Rng::with_seed(7)", &[]);
    check(
        "src/a.rs",
        "std::env::var_os(name)",
        &["src/a.rs:1: reads the environment (env::var_os)"],
    );
    check("src/config/environment.rs", "std::env::vars()", &[]);
    check("src/a.rs", "// Instant::now()\nlet s = \"env::var\";", &[]);
    check(
        "src/a.rs",
        "#[cfg(test)] mod tests { fn t() { Instant::now(); } }",
        &[],
    );
    check(
        "src/a.rs",
        "#[expect(clippy::disallowed_methods, reason = \"\")]",
        &["src/a.rs:1: lifts clippy::disallowed_methods"],
    );
}
