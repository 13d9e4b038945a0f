//! The paths that a file names, made absolute: what the arrows are checked against.

use super::source::{Source, is_word};
use std::collections::BTreeMap;

/// The members of the workspace, as code and as `ARCHITECTURE.md` call them.
const MEMBERS: [(&str, &str); 2] = [
    ("usher_domain", "usher-domain"),
    ("usher_proto", "usher-proto"),
];

/// A path as segments; the first is a module of the root package or a member of the workspace.
pub(super) type Path = Vec<String>;

/// The module that a file of the root package is, such as `store::kv`.
pub(super) fn module(path: &str) -> Path {
    let inner = path.trim_start_matches("src/").trim_end_matches(".rs");
    inner
        .split('/')
        .filter(|part| *part != "lib")
        .map(str::to_owned)
        .collect()
}

/// Every path into our own code that the file names outside its tests.
pub(super) fn named(source: &Source) -> Vec<Path> {
    let tokens = tokens(&source.shipped);
    let mut scope = Scope {
        module: module(&source.path),
        names: BTreeMap::new(),
    };
    let mut paths = Vec::new();
    for pair in tokens.windows(3) {
        if let [Token::Word("mod"), Token::Word(child), Token::End] = pair {
            let path = scope
                .module
                .iter()
                .cloned()
                .chain([(*child).to_owned()])
                .collect();
            scope.names.insert((*child).to_owned(), path);
        }
    }
    for import in imports(&tokens) {
        if let Some(path) = scope.absolute(&import.path) {
            scope.names.insert(import.name.to_owned(), path.clone());
            paths.push(path);
        }
    }
    paths.extend(
        plain(&tokens)
            .iter()
            .filter_map(|path| scope.absolute(path)),
    );
    paths.sort();
    paths.dedup();
    paths
}

/// What a file's names stand for.
struct Scope {
    module: Path,
    names: BTreeMap<String, Path>,
}

impl Scope {
    fn absolute(&self, path: &[&str]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        let (start, rest) = match *first {
            "crate" | "usher" => (Path::new(), rest),
            "self" => (self.module.clone(), rest),
            "super" => {
                let up = path.iter().take_while(|part| **part == "super").count();
                let kept = self.module.len().saturating_sub(up);
                (self.module[..kept].to_vec(), &path[up..])
            }
            name => match MEMBERS.iter().find(|(member, _)| *member == name) {
                Some((_, member)) => (vec![(*member).to_owned()], rest),
                None => (self.names.get(name)?.clone(), rest),
            },
        };
        Some(
            start
                .into_iter()
                .chain(rest.iter().map(|part| (*part).to_owned()))
                .collect(),
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Colons,
    Open,
    Close,
    Comma,
    End,
    Other,
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let bytes = code.as_bytes();
    let (mut tokens, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let length = bytes[at..]
            .iter()
            .take_while(|byte| is_word(**byte))
            .count();
        let token = match &bytes[at..] {
            _ if length > 0 => Token::Word(&code[at..at + length]),
            [b':', b':', ..] => Token::Colons,
            [b'{', ..] => Token::Open,
            [b'}', ..] => Token::Close,
            [b',', ..] => Token::Comma,
            [b';', ..] => Token::End,
            _ => Token::Other,
        };
        if !bytes[at].is_ascii_whitespace() {
            tokens.push(token);
        }
        at += if token == Token::Colons {
            2
        } else {
            length.max(1)
        };
    }
    tokens
}

struct Import<'a> {
    name: &'a str,
    path: Vec<&'a str>,
}

/// The leaves of every `use`.
fn imports<'a>(tokens: &[Token<'a>]) -> Vec<Import<'a>> {
    let mut imports = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if *token == Token::Word("use") {
            branch(tokens, &mut (at + 1), &[], &mut imports);
        }
    }
    imports
}

/// One branch of a `use` tree, from `at` to its comma or closing brace.
fn branch<'a>(
    tokens: &[Token<'a>],
    at: &mut usize,
    prefix: &[&'a str],
    imports: &mut Vec<Import<'a>>,
) {
    let (mut path, mut alias) = (prefix.to_vec(), None);
    while let Some(token) = tokens.get(*at) {
        match token {
            Token::Word("as") => {
                *at += 1;
                alias = tokens.get(*at).and_then(|token| {
                    if let Token::Word(name) = token {
                        Some(*name)
                    } else {
                        None
                    }
                });
            }
            Token::Word("self") if !path.is_empty() => {}
            Token::Word(word) => path.push(word),
            Token::Open => {
                let mut more = true;
                while more {
                    *at += 1;
                    branch(tokens, at, &path, imports);
                    more = tokens.get(*at) == Some(&Token::Comma);
                }
                *at += 1;
                return;
            }
            Token::Comma | Token::Close | Token::End => break,
            Token::Colons | Token::Other => {}
        }
        *at += 1;
    }
    if let Some(name) = alias.or(path.last().copied()) {
        imports.push(Import { name, path });
    }
}

/// Every path of at least two segments, wherever it stands.
fn plain<'a>(tokens: &[Token<'a>]) -> Vec<Vec<&'a str>> {
    let mut paths = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let scope = tokens[..at].ends_with(&[Token::Word("pub"), Token::Other, Token::Word("in")]);
        let starts = !scope && tokens[..at].last() != Some(&Token::Colons);
        if let (Token::Word(first), true) = (token, starts) {
            let mut path = vec![*first];
            let mut next = at + 1;
            while let [Token::Colons, Token::Word(word), ..] = tokens[next..] {
                path.push(word);
                next += 2;
            }
            if path.len() > 1 {
                paths.push(path);
            }
        }
    }
    paths
}

#[test]
fn every_way_to_name_a_module_is_found() {
    let check = |path: &str, text: &str, expected: &[&str]| {
        let found: Vec<String> = named(&Source::new(path, text))
            .iter()
            .map(|path| path.join("::"))
            .collect();
        assert_eq!(found, expected, "of {text:?} in {path}");
    };
    check("src/a.rs", "use crate::b::C;", &["b::C"]);
    check(
        "src/a.rs",
        "pub use crate::{b::{self, C as D}, e};",
        &["b", "b::C", "e"],
    );
    check(
        "src/a.rs",
        "fn f() -> crate::b::C { crate::d::e() }",
        &["b::C", "d::e"],
    );
    check(
        "src/a/b.rs",
        "use super::c::D; use super::super::e;",
        &["a::c::D", "e"],
    );
    check(
        "src/a.rs",
        "use crate::b; fn f() { b::c::d() }",
        &["b", "b::c::d"],
    );
    check("src/a.rs", "mod b; fn f() { b::c() }", &["a::b::c"]);
    check(
        "src/a.rs",
        "use usher_domain::id::EnquiryId; use std::io;",
        &["usher-domain::id::EnquiryId"],
    );
    check(
        "src/main.rs",
        "fn main() { usher::app::run() }",
        &["app::run"],
    );
    check(
        "src/a.rs",
        "#[cfg(test)] mod tests { use crate::b::C; } // crate::d::E",
        &[],
    );
    check("src/a.rs", "pub(in crate::b) fn f() {}", &[]);
    check(
        "src/a.rs",
        "pub(crate) fn f() { Self::g(); std::mem::swap(a, b) }",
        &[],
    );
}
