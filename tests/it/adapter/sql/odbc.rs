//! The same through ODBC: Debian's drivers for PostgreSQL and `SQLite`.

#![cfg(feature = "odbc")]

use super::population::Person;
use super::preset::the_one;
use super::tables::Tables;
use super::{keys, open, over, settings, trouble};
use odbc_api::ConnectionOptions;
use std::time::Duration;
use usher::adapter::Trouble;
use usher::clock::Stopwatch;
use usher_proto::v1::{AbuseCategory, EpisodeKind};

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_by_odbc_finds_the_same_people_and_says_the_same_of_them() {
    let Some(mut tables) = Tables::with(5_000).await else {
        return;
    };
    if !is_installed("PostgreSQL Unicode") {
        return;
    }
    let plain = over(&tables, "");
    let by_odbc = open(settings(&through(&tables, "")));
    by_odbc.probe().await.unwrap();
    for number in (0..5_000).step_by(97) {
        let person = Person::new(1, number);
        let wanted = person.identity();
        let (one, other) = (
            plain.candidates(&wanted).await.unwrap(),
            by_odbc.candidates(&wanted).await.unwrap(),
        );
        let sorted = |mut keys: Vec<&str>| {
            keys.sort_unstable();
            keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(
            sorted(keys(&one)),
            sorted(keys(&other)),
            "for person {number}"
        );
        let (mut one, mut other) = (one.people, other.people);
        for people in [&mut one, &mut other] {
            people.sort_by(|a, b| a.key.cmp(&b.key));
            for found in people {
                let places = &mut found.identity.places;
                places.sort_by(|a, b| (&a.postcode, &a.lines).cmp(&(&b.postcode, &b.lines)));
            }
        }
        assert!(one == other, "other things are said for person {number}");
    }
    tables
        .run("GRANT INSERT ON ssd.ssd_person TO usher_reader")
        .await;
    assert!(matches!(
        by_odbc.probe().await,
        Err(Trouble::Lasting { .. })
    ));
    bounded_and_reading_only(&tables).await;
    tables.server.stop();
    let said = trouble(by_odbc.candidates(&Person::new(1, 1).identity()).await);
    assert!(said.starts_with("passing"), "{said}");
    tables.server.start_again();
    tables.client = super::tables::connected(&tables.server).await;
    assert_eq!(the_one(&*by_odbc, 1).await.key, "P1");
}

/// A slow statement ends in time, and none writes.
async fn bounded_and_reading_only(tables: &Tables) {
    let slow = through(
        tables,
        "statement_seconds_max = 1\n[age]\nquery = \"SELECT now() FROM pg_sleep(20)\"\n",
    );
    let waited = Stopwatch::start();
    let said = trouble(
        open(settings(&slow))
            .candidates(&Person::new(1, 1).identity())
            .await,
    );
    assert!(
        said.starts_with("passing") && waited.elapsed() < Duration::from_secs(9),
        "{said}"
    );
    let writing = through(tables, "[age]\nquery = \"SELECT ssd.write()\"\n");
    tables
        .run(
            "CREATE TABLE ssd.written (at timestamp); GRANT ALL ON ssd.written TO usher_reader;
             CREATE FUNCTION ssd.write() RETURNS timestamp LANGUAGE sql AS
                 'INSERT INTO ssd.written VALUES (now()) RETURNING at'",
        )
        .await;
    let said = trouble(
        open(settings(&writing))
            .candidates(&Person::new(1, 1).identity())
            .await,
    );
    assert!(
        said.starts_with("lasting") && said.contains("25006"),
        "{said}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_by_odbc_is_read_and_not_written() {
    if !is_installed("SQLite3") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replica.db");
    let connect = format!("Driver={{SQLite3}};Database={}", file.display());
    let made = connect.clone();
    tokio::task::spawn_blocking(move || {
        let environment = odbc_api::environment().unwrap();
        let options = ConnectionOptions::default();
        let connection = environment.connect_with_connection_string(&made, options).unwrap();
        for statement in [
            "CREATE TABLE people (person TEXT, family TEXT, given TEXT, born DATE, sex TEXT, postcode TEXT)",
            "INSERT INTO people VALUES ('1', 'Okafor', 'Zoë', '2015-05-06', 'F', 'E8 1EA')",
            "INSERT INTO people VALUES ('2', 'Okafor', 'Ada', '06/05/2015', 'F', 'N1 1AA')",
            "CREATE TABLE plans (person TEXT, began DATE)",
            "INSERT INTO plans VALUES ('1', '2026-01-01')",
        ] {
            drop(connection.execute(statement, (), None).unwrap());
        }
    })
    .await
    .unwrap();
    let columns = "person, family, given, born, NULL AS expected, NULL AS estimated, sex, NULL AS lines, postcode";
    let text = |age: &str| {
        format!(
            r#"engine = "odbc"
dialect = "sqlite"
connect = "{connect}"
age = {age}
[queries]
born = "SELECT {columns} FROM people WHERE born >= :born_from AND born < :born_until"
names = "SELECT {columns} FROM people WHERE lower(family) LIKE :family || '%' AND lower(given) LIKE :given || '%'"
name_and_born = "SELECT {columns} FROM people WHERE lower(family) LIKE :family || '%' AND lower(given) LIKE :given || '%' AND born >= :born_from AND born < :born_until"
postcode = "SELECT {columns} FROM people WHERE replace(lower(postcode), ' ', '') = :postcode"
episodes = "SELECT person, 'cp-plan' AS kind, began AS start_date, NULL AS end_date, 'SAB' AS category, NULL AS legal_status, NULL AS other_authority FROM plans WHERE person = :person"
"#
        )
    };
    let source = open(settings(&text("{ assumed_hours = 0 }")));
    source.probe().await.unwrap();
    let mut wanted = Person::new(1, 1).identity();
    wanted.names[0].family = "Okafor".into();
    wanted.names[0].given = "Zoë".into();
    wanted.born.as_mut().unwrap().date = "2015-05-06".parse().unwrap();
    wanted.places[0].postcode = "E8 1EA".into();
    let candidates = source.candidates(&wanted).await.unwrap();
    assert!(!candidates.unreadable);
    let found = &candidates.people[0];
    assert!(found.identity.names[0].given == "Zoë" && !found.partial);
    assert_eq!(found.episodes[0].kind(), EpisodeKind::CpPlan);
    assert_eq!(found.episodes[0].category(), AbuseCategory::Sexual);
    // A date that may be two days is none, and whoever bears it is not taken for absent.
    wanted.names[0].given = "Ada".into();
    let candidates = source.candidates(&wanted).await.unwrap();
    assert!(
        candidates.unreadable
            && candidates
                .people
                .iter()
                .any(|found| found.key == "2" && found.partial)
    );
}

/// The tables through the driver.
fn through(tables: &Tables, more: &str) -> String {
    let socket = tables.server.socket();
    let folder = socket.parent().unwrap().display().to_string();
    let age = if more.contains("[age]") {
        ""
    } else {
        "\n[age]\nassumed_hours = 0\n"
    };
    format!(
        "engine = \"odbc\"\ndialect = \"postgresql\"\nuser = \"usher_reader\"\npreset = \"ssd\"\nschema = \"ssd\"\n\
         connect = \"Driver={{PostgreSQL Unicode}};Servername={folder};Port=5432;Database=postgres\"\n{more}{age}"
    )
}

/// Whether unixODBC knows the driver; says so where it does not.
fn is_installed(driver: &str) -> bool {
    let drivers = odbc_api::environment().unwrap().drivers().unwrap();
    let known = drivers.iter().any(|known| known.description == driver);
    if !known {
        println!("skipped: no ODBC driver {driver}");
    }
    known
}
