//! That every dependency is used and has its reason in `ARCHITECTURE.md`, and that the core's are pure.

use super::holds;
use super::source::{files, quoted, read, table};
use std::collections::BTreeSet;
use std::io;

const HEADING: &str = "## Dependencies";
/// The packages of the workspace: the folder of each, and where its code lies.
const PACKAGES: [(&str, &[&str]); 3] = [
    ("", &["src", "tests"]),
    ("crates/usher-domain/", &["crates/usher-domain"]),
    ("crates/usher-proto/", &["crates/usher-proto"]),
];
/// What the core may depend on: nothing that can reach a clock, a disk, a socket or a random source.
const CORE: [&str; 3] = ["jiff", "thiserror", "uuid"];

/// The crates that a section of a manifest names; our own are left out.
fn named<'a>(manifest: &'a str, section: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = manifest
        .lines()
        .skip_while(move |line| *line != section)
        .skip(1)
        .take_while(|line| !line.starts_with('['));
    lines
        .filter_map(|line| line.split(['.', '=', ' ']).next())
        .filter(|name| !name.is_empty() && !name.starts_with('#') && !name.starts_with("usher"))
}

fn all(manifest: &str) -> BTreeSet<&str> {
    named(manifest, "[dependencies]")
        .chain(named(manifest, "[dev-dependencies]"))
        .collect()
}

/// Whether a text names the crate as a word.
fn uses(text: &str, name: &str) -> bool {
    let name = name.replace('-', "_");
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|word| word == name)
}

fn unexplained(manifest: &str, architecture: &str) -> Vec<String> {
    let rows = table(architecture, HEADING);
    let explained: BTreeSet<&str> = rows
        .iter()
        .filter_map(|row| row.first())
        .flat_map(|cell| quoted(cell))
        .collect();
    let named: BTreeSet<&str> = named(manifest, "[workspace.dependencies]").collect();
    let silent = named
        .difference(&explained)
        .map(|name| format!("{name}: ARCHITECTURE.md gives no reason"));
    let gone = explained
        .difference(&named)
        .map(|name| format!("{name}: ARCHITECTURE.md explains what Cargo.toml does not name"));
    silent.chain(gone).collect()
}

#[test]
fn every_dependency_has_its_reason() -> io::Result<()> {
    let complaints = unexplained(&read("Cargo.toml")?, &read("ARCHITECTURE.md")?);
    holds(
        &complaints,
        "one line each in the table \"Dependencies\" of ARCHITECTURE.md: why this one",
    );
    Ok(())
}

#[test]
fn every_dependency_is_used() -> io::Result<()> {
    let mut complaints = Vec::new();
    let mut used = BTreeSet::new();
    for (folder, sources) in PACKAGES {
        let manifest_path = format!("{folder}Cargo.toml");
        let manifest = read(&manifest_path)?;
        let mut code = String::new();
        for source in sources {
            for path in files(source, "rs")? {
                code += &read(&path)?;
            }
        }
        let idle = all(&manifest).into_iter().filter(|name| !uses(&code, name));
        complaints.extend(idle.map(|name| format!("{manifest_path}: {name}")));
        used.extend(all(&manifest).into_iter().map(str::to_owned));
    }
    let workspace = read("Cargo.toml")?;
    let idle = named(&workspace, "[workspace.dependencies]").filter(|name| !used.contains(*name));
    complaints.extend(idle.map(|name| format!("Cargo.toml, [workspace.dependencies]: {name}")));
    holds(
        &complaints,
        "remove it from the manifest: what is not there cannot break, and need not be reviewed",
    );
    Ok(())
}

#[test]
fn the_core_depends_on_nothing_impure() -> io::Result<()> {
    let manifest = read("crates/usher-domain/Cargo.toml")?;
    let impure = named(&manifest, "[dependencies]").filter(|name| !CORE.contains(name));
    let complaints: Vec<String> = impure
        .map(|name| format!("crates/usher-domain/Cargo.toml: {name}"))
        .collect();
    holds(
        &complaints,
        "the core is pure: move what needs this crate to the root package",
    );
    Ok(())
}

#[test]
fn finds_a_dependency_without_reason_or_use() {
    let manifest = "[workspace.dependencies]\n# why\nusher-domain = { path = \"x\" }\ntokio = \"1\"\nuuid = \"1\"\n\n[dependencies]\nuuid.workspace = true\n";
    assert_eq!(
        named(manifest, "[dependencies]").collect::<Vec<_>>(),
        ["uuid"]
    );
    let architecture = "## Dependencies\n| crate | why |\n|---|---|\n| `uuid` `csv` | ids |\n";
    let complaints = [
        "tokio: ARCHITECTURE.md gives no reason",
        "csv: ARCHITECTURE.md explains what Cargo.toml does not name",
    ];
    assert_eq!(unexplained(manifest, architecture), complaints);
    assert!(
        uses("use tonic_types::X;", "tonic-types") && !uses("use tonic_types::X;", "tonic"),
        "a crate is a whole word"
    );
}
