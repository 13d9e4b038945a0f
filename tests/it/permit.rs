//! The permission matrix, printed and held: a change of who may do what shows in review as a change of `permit.golden`.

use usher_domain::permit;

const GOLDEN: &str = include_str!("permit.golden");

/// The lines in which the two differ, `-` held and `+` printed now.
fn difference(held: &str, printed: &str) -> String {
    let missing = |line: &&str, text: &str| !text.lines().any(|other| other == *line);
    let gone = held.lines().filter(|line| missing(line, printed));
    let new = printed.lines().filter(|line| missing(line, held));
    let mut lines: Vec<String> = gone.map(|line| format!("- {line}")).collect();
    lines.extend(new.map(|line| format!("+ {line}")));
    lines.join("\n")
}

#[test]
fn nobody_gains_or_loses_a_verb_unnoticed() {
    let printed = permit::matrix();
    assert!(
        printed == GOLDEN,
        "the permission matrix changed:\n{}\nIf that is meant, make tests/it/permit.golden read:\n{printed}",
        difference(GOLDEN, &printed)
    );
}

#[test]
fn a_difference_names_the_verbs_that_changed() {
    let (held, printed) = (
        "verb officer\nsubmit yes\nlease -\n",
        "verb officer\nsubmit -\nlease -\n",
    );
    assert_eq!(difference(held, printed), "- submit yes\n+ submit -");
}
