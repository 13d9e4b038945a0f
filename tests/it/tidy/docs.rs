//! That contracts are documented: every module says what it is, every part of the wire says what it means.
//!
//! Public items in Rust are held by the lint `missing_docs`; this is about what the compiler does not read. A `tests.rs`
//! beside a module says by its name what it is. The codes of `proto/usher/storage` are explained in the core.

use super::holds;
use super::source::{files, read, sources};
use std::io;

/// What the wire is written in.
const WIRE: &str = "proto/usher/v1";

fn without_module_doc(text: &str) -> bool {
    !text.trim_start().starts_with("//!")
}

/// Lines of a `.proto` that declare something and say nothing.
fn undocumented<'a>(path: &'a str, proto: &'a str) -> impl Iterator<Item = String> + 'a {
    let mut before = "";
    proto.lines().enumerate().filter_map(move |(at, line)| {
        let (code, comment) = line
            .split_once("//")
            .map_or((line, None), |(code, comment)| (code, Some(comment)));
        let documented = before.trim_start().starts_with("//")
            || comment.is_some_and(|comment| !comment.trim().is_empty());
        before = line;
        (declares(code) && !documented).then(|| format!("{path}:{}: {}", at + 1, line.trim()))
    })
}

/// Whether a line of a `.proto` opens a declaration: a service, an rpc, a message, an enum, a field, a value.
fn declares(code: &str) -> bool {
    let first = code.split_whitespace().next().unwrap_or_default();
    match first {
        "service" | "rpc" | "message" | "enum" | "oneof" => true,
        "syntax" | "package" | "import" | "option" | "reserved" | "extensions" => false,
        _ => code.split_once('=').is_some_and(|(_, number)| {
            number
                .trim_start()
                .starts_with(|digit: char| digit.is_ascii_digit())
        }),
    }
}

#[test]
fn every_file_says_what_it_is() -> io::Result<()> {
    let silent = sources()?
        .into_iter()
        .filter(|source| without_module_doc(&source.text) && !source.path.ends_with("/tests.rs"));
    let complaints: Vec<String> = silent.map(|source| source.path).collect();
    holds(
        &complaints,
        "start the file with `//!`: what it is, what it guarantees, what it does not do",
    );
    Ok(())
}

#[test]
fn the_wire_is_documented_item_by_item() -> io::Result<()> {
    let protos = files(WIRE, "proto")?;
    assert!(
        !protos.is_empty(),
        "no .proto under {WIRE}: the rule would hold of nothing"
    );
    let mut complaints = Vec::new();
    for path in &protos {
        complaints.extend(undocumented(path, &read(path)?));
    }
    holds(
        &complaints,
        "put a `//` sentence above it: meaning, unit, bound, who sets it",
    );
    Ok(())
}

#[test]
fn finds_what_is_undocumented() {
    assert!(
        without_module_doc("use std::io;\n//! late"),
        "a doc that comes after code is none"
    );
    assert!(
        !without_module_doc("//! What it is.\n"),
        "a doc that comes first is one"
    );
    let check = |proto: &str, lines: &[&str]| {
        assert_eq!(
            undocumented("a.proto", proto).collect::<Vec<_>>(),
            lines,
            "of {proto:?}"
        );
    };
    check(
        "syntax = \"proto3\";\npackage a;\noption x = 1;\n// M.\nmessage M {\n  // F.\n  string f = 1;\n  reserved 2;\n}\n",
        &[],
    );
    check(
        "// M.\nmessage M {\n  string f = 1;\n}\n",
        &["a.proto:3: string f = 1;"],
    );
    check("// M.\n\nmessage M {}\n", &["a.proto:3: message M {}"]);
    check(
        "// S.\nservice S {\n  rpc A(B) returns (C);\n}\n",
        &["a.proto:3: rpc A(B) returns (C);"],
    );
    check(
        "// E.\nenum E {\n  E_A = 0; // Never sent.\n  E_B = 1; //\n}\n",
        &["a.proto:4: E_B = 1; //"],
    );
}
