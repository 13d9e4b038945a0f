//! Who may import whom: the table "Arrows" of `ARCHITECTURE.md` against the code.
//!
//! A module belongs to the most specific row that names it or a parent of it. What belongs to one row may import itself
//! and what that row lists.

use super::holds;
use super::imports::{Path, module, named};
use super::source::{Source, quoted, read, sources, table};
use std::collections::BTreeMap;
use std::io;

const HEADING: &str = "## Arrows";
/// The embedded engines: none may know another.
const ENGINES: [&str; 2] = ["store::redb", "store::sled"];

/// Module → what it may import.
struct Arrows(BTreeMap<String, Allowed>);

enum Allowed {
    All,
    Only(Vec<String>),
}

impl Arrows {
    fn parse(markdown: &str) -> Self {
        let rows = table(markdown, HEADING).into_iter().filter_map(|row| {
            let [module, allowed, ..] = row.as_slice() else {
                return None;
            };
            let allowed = if allowed == "all" {
                Allowed::All
            } else {
                Allowed::Only(quoted(allowed).map(str::to_owned).collect())
            };
            Some((quoted(module).next()?.to_owned(), allowed))
        });
        Self(rows.collect())
    }

    /// The most specific row of a path.
    fn row(&self, path: &[String]) -> Option<&str> {
        let prefixes = (1..=path.len())
            .rev()
            .map(|length| path[..length].join("::"));
        prefixes
            .into_iter()
            .find_map(|prefix| self.0.get_key_value(&prefix).map(|(row, _)| row.as_str()))
    }

    fn complaints(&self, sources: &[Source]) -> Vec<String> {
        let ours: Vec<(&Source, Path)> = sources
            .iter()
            .filter(|source| source.path.starts_with("src/") && source.path != "src/lib.rs")
            .map(|source| (source, module(&source.path)))
            .collect();
        let mut complaints = Vec::new();
        for (source, module) in &ours {
            let Some(own) = self.row(module) else {
                complaints.push(format!(
                    "{}: the table has no row for `{}`",
                    source.path, module[0]
                ));
                continue;
            };
            for target in named(source) {
                let known = target.first().is_some_and(|first| {
                    first.starts_with("usher-") || ours.iter().any(|(_, path)| path[0] == *first)
                });
                let Some(row) = self.row(&target).filter(|_| known) else {
                    continue;
                };
                let allowed = match self.0.get(own) {
                    Some(Allowed::All) => true,
                    Some(Allowed::Only(allowed)) => {
                        row == own || allowed.iter().any(|allowed| allowed == row)
                    }
                    None => false,
                };
                if !allowed {
                    complaints.push(format!(
                        "{}: `{own}` may not import `{row}` (names `{}`)",
                        source.path,
                        target.join("::")
                    ));
                }
            }
        }
        let stands = |row: &str| {
            row.starts_with("usher-") || ours.iter().any(|(_, path)| path.join("::") == row)
        };
        complaints.extend(
            self.0
                .keys()
                .filter(|row| !stands(row))
                .map(|row| format!("ARCHITECTURE.md: `{row}` has a row and no file")),
        );
        complaints
    }
}

#[test]
fn imports_follow_the_arrows() -> io::Result<()> {
    let arrows = Arrows::parse(&read("ARCHITECTURE.md")?);
    assert!(
        arrows.0.len() > 10,
        "the table under `{HEADING}` in ARCHITECTURE.md is missing or short"
    );
    holds(
        &arrows.complaints(&sources()?),
        "import less, or change the table \"Arrows\" in ARCHITECTURE.md and say why",
    );
    Ok(())
}

#[test]
fn engines_do_not_know_each_other() -> io::Result<()> {
    let arrows = Arrows::parse(&read("ARCHITECTURE.md")?);
    for engine in ENGINES {
        let Some(Allowed::Only(allowed)) = arrows.0.get(engine) else {
            assert!(
                arrows.0.contains_key(engine),
                "`{engine}` has no row in the table \"Arrows\""
            );
            continue;
        };
        assert!(
            !allowed
                .iter()
                .any(|other| ENGINES.contains(&other.as_str())),
            "the table lets `{engine}` import another engine"
        );
    }
    Ok(())
}

#[test]
fn finds_a_forbidden_import() {
    let table = "## Arrows\n| module | may import |\n|---|---|\n| `a` | `b` `usher-domain` |\n| `b` | nothing |\n| `b::c` | `b` |\n| `main` | all |\n| `usher-domain` | nothing |\n| `usher-proto` | nothing |\n";
    let check = |path: &str, text: &str, expected: &[&str]| {
        let all = [
            ("src/a.rs", ""),
            ("src/b.rs", ""),
            ("src/b/c.rs", ""),
            ("src/main.rs", ""),
        ];
        let others = all
            .iter()
            .filter(|(other, _)| *other != path)
            .map(|(path, text)| Source::new(path, text));
        let sources: Vec<Source> = others.chain([Source::new(path, text)]).collect();
        assert_eq!(
            Arrows::parse(table).complaints(&sources),
            expected,
            "of {text:?} in {path}"
        );
    };
    check("src/a.rs", "use crate::b::X; use usher_domain::Y;", &[]);
    check(
        "src/a.rs",
        "use usher_proto::Y;",
        &["src/a.rs: `a` may not import `usher-proto` (names `usher-proto::Y`)"],
    );
    check(
        "src/a.rs",
        "use crate::b::c::X;",
        &["src/a.rs: `a` may not import `b::c` (names `b::c::X`)"],
    );
    check(
        "src/b.rs",
        "use crate::a::X;",
        &["src/b.rs: `b` may not import `a` (names `a::X`)"],
    );
    check("src/b/c.rs", "use super::X;", &[]);
    check("src/main.rs", "use usher::a::X;", &[]);
    check("src/d.rs", "", &["src/d.rs: the table has no row for `d`"]);
}
