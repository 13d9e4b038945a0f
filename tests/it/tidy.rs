//! The house rules, held by tests: what `ARCHITECTURE.md`, `README.md` and `CONTRIBUTING.md` say of the code is so.
//!
//! Every rule is a function from text to complaints, and has a test on a sample that it must complain of: a rule that
//! cannot fail guards nothing. The rules read the sources as text, so they see what the author wrote, on every
//! platform and under every feature. They are no parser: macros that make items are not looked into. That every
//! configuration key is documented is held beside the settings, in `src/config`.

mod arrows;
mod bounds;
mod dependencies;
mod docs;
mod imports;
mod naming;
mod paths;
mod purity;
mod sizes;
mod source;
mod words;

/// Fails with every complaint and the remedy.
fn holds(complaints: &[String], remedy: &str) {
    assert!(
        complaints.is_empty(),
        "\n  {}\n\nRemedy: {remedy}\n",
        complaints.join("\n  ")
    );
}
