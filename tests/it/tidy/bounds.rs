//! That every bound in `limits.rs` says why, and that something obeys it: a bound that nobody reads is a lie.

use super::holds;
use super::source::{Source, is_word, sources};
use std::io;

const LIMITS: &str = "crates/usher-domain/src/limits.rs";

/// The names of the constants, each with whether a `///` stands above it.
fn bounds(text: &str) -> Vec<(&str, bool)> {
    let mut documented = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("pub const ") {
            let name = rest.split(':').next().unwrap_or(rest);
            found.push((name, documented));
        }
        documented = line.starts_with("///") || (documented && line.starts_with("#["));
    }
    found
}

/// Whether the shipped code of a file names the bound.
fn obeys(source: &Source, bound: &str) -> bool {
    source
        .shipped
        .split(|letter: char| !letter.is_ascii() || !is_word(letter as u8))
        .any(|word| word == bound)
}

fn complaints(limits: &str, others: &[Source]) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, documented) in bounds(limits) {
        if !documented {
            complaints.push(format!("{name}: no reason given"));
        }
        if !others.iter().any(|source| obeys(source, name)) {
            complaints.push(format!("{name}: nothing obeys it"));
        }
    }
    complaints
}

#[test]
fn every_bound_has_a_reason_and_is_obeyed() -> io::Result<()> {
    let (limits, others): (Vec<Source>, Vec<Source>) = sources()?
        .into_iter()
        .partition(|source| source.path == LIMITS);
    let text = limits
        .first()
        .map(|source| source.text.as_str())
        .unwrap_or_default();
    assert!(
        bounds(text).len() > 20,
        "{LIMITS} holds too few bounds to be true"
    );
    holds(
        &complaints(text, &others),
        "obey the bound where what it bounds grows, or delete it from limits.rs",
    );
    Ok(())
}

#[test]
fn finds_a_bound_that_nothing_obeys() {
    let limits = "/// Why.\npub const A_MAX: usize = 1;\npub const B_MAX: usize = 2;\n";
    let check = |code: &str, expected: &[&str]| {
        assert_eq!(
            complaints(limits, &[Source::new("src/a.rs", code)]),
            expected,
            "of {code:?}"
        );
    };
    check("f(A_MAX, limits::B_MAX)", &["B_MAX: no reason given"]);
    check(
        "f(A_MAX) // B_MAX",
        &["B_MAX: no reason given", "B_MAX: nothing obeys it"],
    );
    check(
        "f(NOT_A_MAX, B_MAX)",
        &["A_MAX: nothing obeys it", "B_MAX: no reason given"],
    );
    check(
        "#[cfg(test)] mod tests { const X: usize = A_MAX + B_MAX; }",
        &[
            "A_MAX: nothing obeys it",
            "B_MAX: no reason given",
            "B_MAX: nothing obeys it",
        ],
    );
}
