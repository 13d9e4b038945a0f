//! One verb, one name, every layer: who looks for `answer` by file name finds the rule, the method and the tests.

use super::holds;
use super::source::{files, read};
use crate::support::root;
use std::io;
use usher_domain::actor::Role;
use usher_domain::command::VerbName;
use usher_domain::permit::permits;

/// Verbs of cases alone.
const OF_CASES: [VerbName; 5] = [
    VerbName::Register,
    VerbName::TakeOff,
    VerbName::EnterStage,
    VerbName::Uncover,
    VerbName::SetAside,
];
/// Verbs of enquiries and cases.
const OF_BOTH: [VerbName; 5] = [
    VerbName::Cover,
    VerbName::Reassign,
    VerbName::Acknowledge,
    VerbName::View,
    VerbName::Advance,
];
/// What follows when an enquiry is taken back; and what goes before a page.
const INSIDE: [VerbName; 2] = [VerbName::Uncover, VerbName::View];

/// The verbs that come over the wire: all but the clock's own and those that follow from others.
fn wire_verbs() -> impl Iterator<Item = &'static str> {
    let given = |verb: VerbName| {
        Role::ALL
            .iter()
            .any(|role| *role != Role::Clock && permits(*role, verb))
    };
    VerbName::ALL
        .iter()
        .filter(move |verb| given(**verb) && !INSIDE.contains(verb))
        .map(|verb| verb.name())
}

/// `move_hearing` → `MoveHearing`.
fn camel(verb: &str) -> String {
    let parts = verb
        .split('_')
        .map(|part| part[..1].to_uppercase() + &part[1..]);
    parts.collect()
}

fn without_file(folder: &str, verbs: impl Iterator<Item = &'static str>) -> Vec<String> {
    let paths = verbs.map(|verb| format!("{folder}/{verb}.rs"));
    paths
        .filter(|path| !root().join(path).is_file())
        .map(|path| format!("{path} is not there"))
        .collect()
}

#[test]
fn every_verb_has_its_rule() {
    let (of_cases, others): (Vec<VerbName>, Vec<VerbName>) = VerbName::ALL
        .iter()
        .partition(|verb| OF_CASES.contains(verb));
    let folder = "crates/usher-domain/src";
    let mut missing = without_file(
        &format!("{folder}/rules"),
        others.into_iter().map(VerbName::name),
    );
    missing.extend(without_file(
        &format!("{folder}/case/rules"),
        of_cases.into_iter().chain(OF_BOTH).map(VerbName::name),
    ));
    holds(
        &missing,
        "one verb, one file: the rule, then its table of cases",
    );
}

#[test]
fn every_verb_of_the_wire_has_its_method() -> io::Result<()> {
    let mut protos = String::new();
    for path in files("proto", "proto")? {
        protos += &read(&path)?;
    }
    let complaints: Vec<String> = wire_verbs()
        .filter(|verb| !protos.contains(&format!("rpc {}", camel(verb))))
        .map(|verb| format!("no `rpc {}` under proto/", camel(verb)))
        .collect();
    holds(&complaints, "give the verb a method of its own name");
    Ok(())
}

#[test]
fn every_verb_of_the_wire_has_its_test() {
    if !root().join("tests/it/rpc").is_dir() {
        println!("skipped: there is no tests/it/rpc yet");
        return;
    }
    holds(
        &without_file("tests/it/rpc", wire_verbs()),
        "one verb, one test file: what it does over the wire, and what it refuses",
    );
}

#[test]
fn finds_a_verb_without_file() {
    assert_eq!(
        without_file("src", ["lib", "no_such_verb"].into_iter()),
        ["src/no_such_verb.rs is not there"]
    );
    assert_eq!(camel("move_hearing"), "MoveHearing");
    assert!(
        wire_verbs().any(|verb| verb == "submit") && wire_verbs().all(|verb| verb != "advance"),
        "the clock's verbs stay inside"
    );
}
