//! Words that must not be in a file that others read: unfinished work, and paths of one person's machine.

use super::holds;
use super::source::is_word;
use crate::support::root;
use std::io;
use std::process::Command;

/// Put together here, so that this file does not hold them.
const UNFINISHED: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("todo", "!("),
    concat!("unimplemented", "!("),
];
const MACHINE_PATHS: [&str; 5] = [
    concat!("/wo", "rk/"),
    concat!("/tmp", "/wt"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/Use", "rs/"),
];
/// Files whose text others wrote or made: data, locks.
const NOT_OURS: [&str; 5] = [".csv", ".lock", ".json", ".bin", ".fst"];

fn complaints(path: &str, text: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let unfinished = UNFINISHED
            .iter()
            .filter(|word| stands_alone(line, word, is_word));
        complaints
            .extend(unfinished.map(|word| format!("{path}:{}: unfinished work ({word})", at + 1)));
        let machine = MACHINE_PATHS.iter().filter(|start| {
            stands_alone(line, start, |byte| is_word(byte) || b".-/".contains(&byte))
        });
        complaints.extend(
            machine.map(|start| format!("{path}:{}: a path of one machine ({start})", at + 1)),
        );
    }
    complaints
}

/// Whether `word` is in `line` with nothing of its kind before it, and no letter after it.
fn stands_alone(line: &str, word: &str, continues: impl Fn(u8) -> bool) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.as_bytes()[..at]
            .last()
            .is_some_and(|byte| continues(*byte));
        let closed = word.ends_with(['/', '('])
            || !line
                .as_bytes()
                .get(at + word.len())
                .is_some_and(|byte| is_word(*byte));
        !before && closed
    })
}

/// The files that git keeps or would keep; nothing outside a checkout.
fn tracked() -> Option<Vec<String>> {
    let listed = Command::new("git")
        .current_dir(root())
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .output()
        .ok()?;
    let names = listed.status.success().then_some(listed.stdout)?;
    Some(
        String::from_utf8_lossy(&names)
            .split_terminator('\0')
            .map(str::to_owned)
            .collect(),
    )
}

#[test]
fn no_unfinished_work_and_no_machine_paths() -> io::Result<()> {
    let Some(tracked) = tracked() else {
        println!("skipped: not a git checkout, so the files that belong to it are not known");
        return Ok(());
    };
    let mut found = Vec::new();
    for path in tracked
        .iter()
        .filter(|path| !NOT_OURS.iter().any(|ending| path.ends_with(ending)))
    {
        match std::fs::read(root().join(path)) {
            Ok(bytes) => found.extend(
                std::str::from_utf8(&bytes)
                    .map(|text| complaints(path, text))
                    .unwrap_or_default(),
            ),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {} // deleted and not yet committed
            Err(error) => return Err(error),
        }
    }
    holds(
        &found,
        "finish it, or leave it out and say so in CHANGELOG.md; write paths from the root of the checkout",
    );
    Ok(())
}

#[test]
fn finds_unfinished_work_and_machine_paths() {
    let check =
        |line: &str, count: usize| assert_eq!(complaints("a.rs", line).len(), count, "of {line:?}");
    check(concat!("// TO", "DO: later"), 1);
    check(concat!("FIX", "ME"), 1);
    check(concat!("    todo", "!()"), 1);
    check(concat!("TO", "DOS and a todo list"), 0);
    check(concat!("cd /ho", "me/someone"), 1);
    check(concat!("\"/wo", "rk/main\""), 1);
    check(concat!("frame", "/wo", "rk/here and ./ho", "me/there"), 0);
}
