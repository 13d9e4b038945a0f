//! A file of `SQLite`, read by usher itself.

use super::population::Person;
use super::{keys, open, settings, trouble};
use rusqlite::Connection;
use std::path::Path;
use std::time::Duration;
use usher::adapter::sql::{Settings, SettingsError, source};
use usher::adapter::{Identity, Source};
use usher::clock::Stopwatch;
use usher_proto::v1::{AbuseCategory, EpisodeKind};

/// The tables of the preset that [`made`] makes; the others are left out.
const WITHOUT: &str = r#"without = ["ssd_contacts", "ssd_cin_episodes", "ssd_cin_assessments", "ssd_cin_plans", "ssd_s47_enquiry",
    "ssd_cla_episodes", "ssd_legal_status", "ssd_care_leavers", "ssd_early_help_episodes", "ssd_involvements", "ssd_professionals",
    "ssd_department"]"#;

/// A replica with one child, who has a plan.
fn made(file: &Path, family: &str) {
    let connection = Connection::open(file).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE ssd_person (pers_person_id TEXT, pers_surname TEXT, pers_forename TEXT, pers_dob DATE, pers_expected_dob DATE,
                 pers_sex TEXT);
             CREATE TABLE ssd_address (addr_person_id TEXT, addr_address_postcode TEXT, addr_address_json TEXT);
             CREATE TABLE ssd_cp_plans (cppl_person_id TEXT, cppl_cp_plan_start_date DATE, cppl_cp_plan_end_date DATE,
                 cppl_cp_plan_ola TEXT, cppl_cp_plan_initial_category TEXT, cppl_cp_plan_latest_category TEXT);
             INSERT INTO ssd_address VALUES ('P1', 'E8 1EA', NULL);
             INSERT INTO ssd_cp_plans VALUES ('P1', '2026-01-01 00:00:00', NULL, 'N', 'SAB', NULL);",
        )
        .unwrap();
    let person = "INSERT INTO ssd_person VALUES ('P1', ?1, 'Zoë', '2015-05-06', NULL, 'F')";
    connection.execute(person, [family]).unwrap();
}

fn over(file: &Path, more: &str) -> Settings {
    let age = if more.contains("[age]") {
        ""
    } else {
        "[age]\nassumed_hours = 0\n"
    };
    settings(&format!(
        "engine = \"sqlite\"\nconnect = \"{}\"\npreset = \"ssd\"\n{WITHOUT}\n{more}\n{age}",
        file.display()
    ))
}

fn wanted(family: &str) -> Identity {
    let mut wanted = Person::new(1, 1).identity();
    wanted.names[0].family = family.into();
    wanted.names[0].given = "Zoë".into();
    wanted.born.as_mut().unwrap().date = "2015-05-06".parse().unwrap();
    wanted.places[0].postcode = "E8 1EA".into();
    wanted
}

async fn found(source: &dyn Source, wanted: &Identity) -> usize {
    source.candidates(wanted).await.unwrap().people.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preset_is_read_from_a_file_and_from_the_one_that_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replica.db");
    made(&file, "Okafor");
    let mut relative = over(Path::new("replica.db"), "");
    relative.resolve(folder.path());
    let source = open(relative);
    source.probe().await.unwrap();
    let candidates = source.candidates(&wanted("Okafor")).await.unwrap();
    assert_eq!(keys(&candidates), ["P1"]);
    let child = &candidates.people[0];
    assert!(child.identity.names[0].given == "Zoë" && !child.partial && !candidates.unreadable);
    assert_eq!(child.episodes[0].kind(), EpisodeKind::CpPlan);
    assert_eq!(child.episodes[0].category(), AbuseCategory::Sexual);
    // The nightly job makes another file and renames it.
    let next = folder.path().join("next.db");
    made(&next, "Éluard");
    std::fs::rename(&next, &file).unwrap();
    let mut by_name = wanted("Éluard");
    by_name.born = None;
    by_name.places[0].postcode = "N1 1AA".into();
    assert_eq!(found(&*source, &by_name).await, 1, "capitals beyond ASCII");
    by_name.names[0].family = "Okafor".into();
    assert_eq!(found(&*source, &by_name).await, 0, "nobody reads on");
    std::fs::remove_file(&file).unwrap();
    let said = trouble(source.candidates(&by_name).await);
    assert!(said.starts_with("passing"), "{said}");
    assert!(!file.exists(), "reading makes no file");
    std::fs::write(&file, "no database at all, but longer than its header of a hundred bytes would be, so that it is looked at in full")
        .unwrap();
    let said = trouble(source.candidates(&by_name).await);
    assert!(said.starts_with("lasting"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_statement_writes_or_takes_longer_than_it_may_or_fetches_more() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replica.db");
    made(&file, "Okafor");
    let writing =
        "INSERT INTO ssd_address VALUES ('P2', 'E8 1EA', NULL) RETURNING '2026-03-02 09:00:00'";
    let queries = format!(
        r#"engine = "sqlite"
connect = "{}"
age = {{ assumed_hours = 0 }}
[queries]
born = "{writing}"
names = "{writing}"
name_and_born = "{writing}"
postcode = "{writing}"
episodes = "{writing}"
"#,
        file.display()
    );
    match source(
        settings(&queries),
        std::sync::Arc::new(usher::clock::SystemClock),
    ) {
        Ok(source) => {
            let said = trouble(source.candidates(&wanted("Okafor")).await);
            assert!(said.starts_with("lasting"), "{said}");
        }
        Err(error) => assert!(matches!(error, SettingsError::Query { .. }), "{error}"),
    }
    let endless = "statement_seconds_max = 1\n[age]\nquery = \"WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) \
                   SELECT max(x) FROM n\"\n";
    let waited = Stopwatch::start();
    let said = trouble(
        open(over(&file, endless))
            .candidates(&wanted("Okafor"))
            .await,
    );
    assert!(said.starts_with("passing"), "{said}");
    assert!(
        waited.elapsed() < Duration::from_secs(4),
        "interrupted, not only given up"
    );
    let connection = Connection::open(&file).unwrap();
    for number in 0..5 {
        let twin = "INSERT INTO ssd_person VALUES (?1, 'Okafor', 'Ada', '2015-05-06', NULL, 'F')";
        connection.execute(twin, [format!("T{number}")]).unwrap();
    }
    let few = open(over(&file, "rows_max = 3"));
    assert!(few.candidates(&wanted("Okafor")).await.unwrap().cut);
    let missing = open(over(&file, "schema = \"elsewhere\""));
    let said = trouble(missing.candidates(&wanted("Okafor")).await);
    assert!(
        said.starts_with("lasting") && !said.contains("elsewhere"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_not_there_and_a_login_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("replica.db");
    let refused = |settings: Settings| settings.examine().err().map(|error| error.to_string());
    let said = refused(over(&file, "")).unwrap();
    assert!(
        said.starts_with("connect: name the database's file"),
        "{said}"
    );
    made(&file, "Okafor");
    assert_eq!(refused(over(&file, "")), None);
    for login in [
        "user = \"reader\"",
        "password_file = \"secret\"",
        "ca = \"ca.pem\"",
    ] {
        let said = refused(over(&file, login)).unwrap();
        assert!(said.contains("a file has no logins"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_be_one_of_the_people_is_shown_to_the_desk() {
    use crate::adapter::{left, shown, started};
    use crate::support::{IN_HACKNEY, Kit, enquiry};
    use usher::adapter::{PaceSettings, Searched};
    use usher_proto::v1;
    let kit = Kit::start().await;
    let file = kit.folder().join("replica.db");
    made(&file, "Okafor");
    let connector = Searched::new(open(over(&file, "")));
    let mut pace = PaceSettings::default();
    pace.resolve(kit.folder());
    let (_, stop, task) = started(&kit.clock, &kit, vec![Box::new(connector)], pace);
    // The other twin.
    let mut request = enquiry(&[IN_HACKNEY]);
    request.personal.as_mut().unwrap().subject = Some(v1::Subject {
        name: Some(v1::PersonName {
            family: "Okafor".into(),
            given: "Joy".into(),
        }),
        born: Some(v1::Birth {
            date: "2015-05-06".into(),
            ..v1::Birth::default()
        }),
        ..v1::Subject::default()
    });
    let asked = kit.submit(request).await;
    left(&kit, &asked.enquiry_id, v1::PeopleReason::PossibleMatch).await;
    let expected = v1::Candidate {
        who: "subject".into(),
        system_reference: "P1".into(),
        names: vec!["Zoë Okafor".into()],
        born: "2015-05-06".into(),
        addresses: vec!["E8 1EA".into()],
        agrees: vec![
            v1::MatchFeature::FamilyName.into(),
            v1::MatchFeature::BirthDate.into(),
            v1::MatchFeature::Neighbourhood.into(),
        ],
        differs: vec![v1::MatchFeature::GivenName.into()],
    };
    assert_eq!(shown(&kit, &asked.enquiry_id).await, [expected]);
    stop.cancel();
    task.await.unwrap();
}
