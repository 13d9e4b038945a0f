//! That the maps are true: every path that `README.md` and `ARCHITECTURE.md` name is there, and the map of the code
//! leaves no file out.

use super::holds;
use super::source::{quoted, read, sources, table};
use crate::support::root;
use std::io;

/// In `README.md`: question → where the answer is.
const WHERE: &str = "## Where is what";
/// In `ARCHITECTURE.md`: path → what it is.
const MAP: &str = "## Map";
/// A map that grows longer than this is not read.
const ARCHITECTURE_LINES_MAX: usize = 250;

/// The paths in backticks of one column of a table.
fn paths(markdown: &str, heading: &str, column: usize) -> Vec<String> {
    let rows = table(markdown, heading);
    let cells = rows.iter().filter_map(|row| row.get(column));
    let named = cells.flat_map(|cell| quoted(cell));
    named
        .filter(|word| is_path(word))
        .map(str::to_owned)
        .collect()
}

/// Whether a quoted word names a file or folder of ours.
fn is_path(word: &str) -> bool {
    let last = word.rsplit('/').next().unwrap_or(word);
    let plain = word
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte));
    plain && (word.contains('/') || last.contains('.'))
}

fn missing(document: &str, paths: &[String]) -> Vec<String> {
    let absent = paths.iter().filter(|path| !root().join(path).exists());
    absent
        .map(|path| format!("{document}: {path} is not there"))
        .collect()
}

/// Files that neither a row of their own nor a row of a folder covers.
fn unmapped<'a>(map: &[String], files: impl Iterator<Item = &'a str>) -> Vec<String> {
    let covered = |file: &str| {
        map.iter()
            .any(|path| path == file || (path.ends_with('/') && file.starts_with(path.as_str())))
    };
    files
        .filter(|file| !covered(file))
        .map(|file| format!("{file} is not on the map"))
        .collect()
}

#[test]
fn the_readme_points_at_what_is_there() -> io::Result<()> {
    let named = paths(&read("README.md")?, WHERE, 1);
    assert!(
        named.len() > 8,
        "the table under `{WHERE}` in README.md is missing or short"
    );
    holds(
        &missing("README.md", &named),
        "correct the path in README.md",
    );
    Ok(())
}

#[test]
fn the_map_points_at_what_is_there() -> io::Result<()> {
    let map = paths(&read("ARCHITECTURE.md")?, MAP, 0);
    assert!(
        map.len() > 30,
        "the table under `{MAP}` in ARCHITECTURE.md is missing or short"
    );
    holds(
        &missing("ARCHITECTURE.md", &map),
        "correct the path in ARCHITECTURE.md",
    );
    Ok(())
}

#[test]
fn the_map_leaves_no_source_out() -> io::Result<()> {
    let map = paths(&read("ARCHITECTURE.md")?, MAP, 0);
    // A root file's row would cover all of its folder; the two largest folders list theirs one by one.
    let map: Vec<String> = map
        .into_iter()
        .filter(|path| path != "src/" && path != "crates/usher-domain/src/")
        .collect();
    let sources = sources()?;
    let files = sources
        .iter()
        .map(|source| source.path.as_str())
        .filter(|path| path.starts_with("src/") || path.contains("-domain/src/"));
    holds(
        &unmapped(&map, files),
        "give it, or its folder, one line in the table \"Map\" of ARCHITECTURE.md",
    );
    Ok(())
}

#[test]
fn the_map_is_short() -> io::Result<()> {
    let lines = read("ARCHITECTURE.md")?.lines().count();
    assert!(
        lines <= ARCHITECTURE_LINES_MAX,
        "ARCHITECTURE.md has {lines} lines, more than {ARCHITECTURE_LINES_MAX}: nobody reads a long map"
    );
    Ok(())
}

#[test]
fn every_named_proof_is_there() -> io::Result<()> {
    let mut complaints = Vec::new();
    let architecture = read("ARCHITECTURE.md")?;
    let invariants = table(&architecture, "## Invariants");
    assert!(
        invariants.len() >= 12,
        "the table under `## Invariants` in ARCHITECTURE.md is missing or short"
    );
    for row in &invariants {
        let proofs: Vec<String> = row
            .last()
            .into_iter()
            .flat_map(|cell| quoted(cell))
            .filter(|word| is_path(word))
            .map(str::to_owned)
            .collect();
        if proofs.is_empty() {
            complaints.push(format!("ARCHITECTURE.md: no test proves \"{}\"", row[0]));
        }
        complaints.extend(missing("ARCHITECTURE.md", &proofs));
    }
    holds(
        &complaints,
        "name the test that proves the invariant; an unproved one is a hope",
    );
    Ok(())
}

#[test]
fn finds_a_path_that_is_not_there() {
    let readme = "## Where is what\n| question | where |\n|---|---|\n| a `Lease`? | `src/lib.rs`, `src/nowhere.rs` |\n";
    let named = paths(readme, WHERE, 1);
    assert_eq!(
        named,
        ["src/lib.rs", "src/nowhere.rs"],
        "words that are no paths are left alone"
    );
    assert_eq!(
        missing("README.md", &named),
        ["README.md: src/nowhere.rs is not there"]
    );
    let map = ["src/a.rs".to_owned(), "src/b/".to_owned()];
    assert_eq!(
        unmapped(&map, ["src/a.rs", "src/b/c.rs", "src/bc.rs"].into_iter()),
        ["src/bc.rs is not on the map"]
    );
}
