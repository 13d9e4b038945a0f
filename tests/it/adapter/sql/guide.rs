//! The guide that boroughs follow: its scripts are run by these tests, and its examples are taken.

use super::open;
use crate::support::root;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use usher::adapter::sql::{Engine, Settings, source};
use usher::clock::{Clock as _, SystemClock};
use usher::pki::Authority;

/// The blocks of one language under a heading, one after the other.
pub(super) fn block(heading: &str, language: &str) -> String {
    let guide = fs::read_to_string(root().join("deploy/adapters/sql.md")).unwrap();
    let (_, after) = guide
        .split_once(&format!("\n{heading}\n"))
        .unwrap_or_else(|| panic!("the guide has no heading {heading:?}"));
    let part = after.split("\n##").next().unwrap();
    let blocks: Vec<&str> = part
        .split(&format!("```{language}\n"))
        .skip(1)
        .map(|block| block.split("```").next().unwrap())
        .collect();
    assert!(!blocks.is_empty(), "{heading:?} holds no {language}");
    blocks.concat()
}

#[test]
fn the_examples_of_the_guide_are_taken_as_they_stand() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("secrets")).unwrap();
    fs::create_dir_all(folder.path().join("tls")).unwrap();
    let password = folder.path().join("secrets/replica");
    fs::write(&password, "long and random\n").unwrap();
    fs::set_permissions(&password, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.path().join("replica.db"), "").unwrap();
    let authority = Authority::create("replica.example", SystemClock.now()).unwrap();
    fs::write(
        folder.path().join("tls/replica-ca.pem"),
        authority.certificate_pem(),
    )
    .unwrap();
    for (heading, engine) in [
        ("### PostgreSQL: the configuration", Engine::Postgresql),
        ("### SQL Server: the configuration", Engine::Sqlserver),
        (
            "### Oracle and others by ODBC: the configuration",
            Engine::Odbc,
        ),
        ("### A file of SQLite: the configuration", Engine::Sqlite),
        ("## Tables of another shape", Engine::Sqlserver),
    ] {
        let mut settings = example(heading);
        settings.resolve(folder.path());
        assert_eq!(settings.engine, engine, "{heading}");
        match source(settings, Arc::new(SystemClock)) {
            Ok(source) => assert!(!source.name().is_empty()),
            Err(error) => panic!("{heading}: {error}"),
        }
    }
}

/// The first connector of an example.
fn example(heading: &str) -> Settings {
    let text = block(heading, "toml");
    let mut file: toml::Table =
        toml::from_str(&text).unwrap_or_else(|error| panic!("{heading}: {error}"));
    let Some(toml::Value::Array(connectors)) = file.remove("connector") else {
        panic!("{heading}: no [[connector]]");
    };
    let mut connector = connectors.into_iter().next().unwrap();
    let kind = connector.as_table_mut().unwrap().remove("kind").unwrap();
    assert_eq!(kind.as_str(), Some("sql"), "{heading}");
    connector
        .try_into()
        .unwrap_or_else(|error| panic!("{heading}: {error}"))
}

#[test]
fn an_example_with_a_misspelt_key_is_refused() {
    let text = block("### PostgreSQL: the configuration", "toml").replace("rows_max", "row_max");
    let file: toml::Table = toml::from_str(&text).unwrap();
    let connector = file["connector"][0].clone();
    assert!(connector.try_into::<Settings>().is_err());
    let local = "engine = \"postgresql\"\nconnect = \"host=/tmp dbname=a\"\nuser = \"b\"\npreset = \"ssd\"\nage = { assumed_hours = 1 }";
    assert_eq!(open(toml::from_str(local).unwrap()).name(), "sql");
}
