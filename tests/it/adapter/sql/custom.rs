//! Tables of a borough's own shape, read by its own queries.

use super::population::Person;
use super::tables::Tables;
use super::{keys, open, over, settings, trouble};
use usher::adapter::sql::{Settings, source};
use usher::adapter::{Accuracy, Source};
use usher_proto::v1::EpisodeKind;

const QUERIES: &str = r#"
[queries]
born = "SELECT * FROM own.people WHERE born >= :born_from AND born < :born_until"
names = "SELECT * FROM own.people WHERE lower(family) LIKE :family || '%' AND lower(given) LIKE :given || '%'"
name_and_born = "SELECT * FROM own.people WHERE lower(family) LIKE :family || '%' AND lower(given) LIKE :given || '%' AND born >= :born_from AND born < :born_until"
postcode = "SELECT * FROM own.people WHERE replace(lower(postcode), ' ', '') = :postcode"
episodes = "SELECT person, kind, start_date::date, NULL AS end_date, NULL AS category, NULL AS legal_status, 'no :person' AS other_authority FROM own.plans WHERE person = :person::int"
contacts = "SELECT :person AS person, count(*) AS contacts, max(at) AS last_contact FROM own.calls WHERE person = :person::int AND at >= :since"
[codes]
kind = { "CPP" = "cp-plan" }
"#;

#[tokio::test]
async fn a_borough_reads_its_own_tables_by_its_own_queries() {
    let Some(tables) = Tables::with(300).await else {
        return;
    };
    tables
        .run(
            "CREATE SCHEMA own; CREATE TABLE own.people AS SELECT substr(pers_person_id, 2)::int AS person, pers_surname AS family,
                 pers_forename AS given, pers_dob::date AS born, NULL::date AS expected, false AS estimated, pers_sex AS sex,
                 'somewhere' AS lines, addr_address_postcode AS postcode
                 FROM ssd.ssd_person JOIN ssd.ssd_address ON addr_person_id = pers_person_id;
             CREATE TABLE own.plans (person int, kind text, start_date timestamp);
             CREATE TABLE own.calls (person int, at date);
             INSERT INTO own.plans VALUES (7, 'CPP', '2026-01-05'); INSERT INTO own.calls VALUES (7, '2026-01-04');
             GRANT USAGE ON SCHEMA own TO usher_reader; GRANT SELECT ON ALL TABLES IN SCHEMA own TO usher_reader",
        )
        .await;
    let mine = |queries: &str| {
        let text = format!(
            "engine = \"postgresql\"\nconnect = \"{}\"\nuser = \"usher_reader\"\nage = {{ assumed_hours = 1 }}\n{queries}",
            tables.connect()
        );
        open(settings(&text))
    };
    let wanted = Person::new(1, 7).identity();
    let odd = mine(QUERIES).candidates(&wanted).await.unwrap();
    let found = odd.people.iter().find(|found| found.key == "7").unwrap();
    assert!(found.partial, "a flag that is neither yes nor no");
    let right = QUERIES.replace("'no :person'", "'n'");
    let source = mine(&right);
    source.probe().await.unwrap();
    let candidates = source.candidates(&wanted).await.unwrap();
    assert!(
        candidates.narrow,
        "a postcode is not searched for every mistake"
    );
    let answered_for = mine(&format!("absent_is_certain = true\n{right}"));
    let certain = answered_for.candidates(&wanted).await.unwrap();
    assert!(!certain.narrow && keys(&certain) == keys(&candidates));
    let mut nowhere = wanted.clone();
    nowhere.places.clear();
    let most = source.candidates(&nowhere).await.unwrap();
    assert!(most.narrow, "a birth is not searched for every slip");
    nowhere.born.as_mut().unwrap().accuracy = Accuracy::Estimated;
    let all = source.candidates(&nowhere).await.unwrap();
    assert!(!all.narrow, "without both every way is searched");
    let found = candidates
        .people
        .iter()
        .find(|found| found.key == "7")
        .unwrap();
    assert!(!found.partial && found.episodes[0].kind() == EpisodeKind::CpPlan);
    assert!(found.recent_contacts == Some(1) && found.identity.places[0].lines == "somewhere");
    // A name is a value, whatever it says.
    let mut wanted = wanted;
    wanted.names[0].family = "'; DROP TABLE own.people; --".into();
    wanted.names[0].given = "' OR true --".into();
    wanted.places[0].postcode = "' OR '1'='1".into();
    let few = source.candidates(&wanted).await.unwrap();
    assert!(keys(&few).len() < 5);
    let writing = right.replace(
        "FROM own.calls",
        "FROM (DELETE FROM own.calls RETURNING *) d",
    );
    let said = trouble(
        mine(&writing)
            .candidates(&Person::new(1, 7).identity())
            .await,
    );
    assert!(said.starts_with("lasting"), "{said}");
    half_filled(&tables, &right, mine).await;
    drop(over(&tables, ""));
}

/// Tables that are being filled make nobody absent, whatever their shape.
async fn half_filled(tables: &Tables, queries: &str, mine: impl Fn(&str) -> Box<dyn Source>) {
    let wanted = Person::new(1, 7).identity();
    let few = mine(&format!("people_min = 100000\n{queries}"));
    let said = trouble(few.candidates(&wanted).await);
    assert!(said.contains("fewer people than people_min"), "{said}");
    let enough = mine(&format!("people_min = 300\n{queries}"));
    enough.candidates(&wanted).await.unwrap();
    tables.run("TRUNCATE own.people").await;
    let said = trouble(mine(queries).candidates(&wanted).await);
    assert!(
        said.starts_with("unready: the query born holds no rows"),
        "{said}"
    );
}

/// What is said against the settings; `taken` if nothing.
fn refused(settings: Settings) -> String {
    let clock = std::sync::Arc::new(usher::clock::SystemClock);
    match source(settings, clock) {
        Ok(_) => "taken".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn settings_that_cannot_work_are_refused_with_the_remedy() {
    let usual = "engine = \"postgresql\"\nconnect = \"host=/tmp dbname=a\"\nuser = \"reader\"\npreset = \"ssd\"\nage = { assumed_hours = 0 }\n";
    let check = |more: &str, said: &str| {
        let refused = refused(settings(&format!("{usual}{more}")));
        assert!(refused.contains(said), "{more}: {refused}");
    };
    check("", "taken");
    check("schema = \"ssd; DROP TABLE a\"", "is no name");
    check("columns = { pers_dob = \"a b\" }", "is no name");
    check(
        "columns = { pers_ethnicity = \"a\" }",
        "as the preset has them",
    );
    check("without = [\"ssd_person\"]", "as the preset has them");
    check(
        "columns = { addr_address_postcode = \"\" }",
        "queries instead",
    );
    check("dialect = \"oracle\"", "dialect");
    for (key, most) in [
        ("rows_max", 20_000),
        ("people_min", 1_000_000),
        ("connections_max", 32),
        ("statement_seconds_max", 60),
    ] {
        let remedy = format!("{key}: give 1 to {most}");
        check(&format!("{key} = 0"), &remedy);
        check(&format!("{key} = {}", most + 1), &remedy);
        check(&format!("{key} = {most}"), "taken");
    }
    check("absent_is_certain = true", "absent_is_certain");
    check("codes = { category = { A = \"B\" } }", "codes.category");
    check("password_file = \"/nowhere\"", "password_file");
    let instead = |from: &str, to: &str| refused(settings(&usual.replace(from, to)));
    assert!(instead("host=/tmp dbname=a", "host=db.example dbname=a").contains("not be encrypted"));
    assert!(
        instead("host=/tmp dbname=a", "host=/tmp dbname=a password=b").contains("password_file")
    );
    assert!(instead("host=/tmp dbname=a", "host=/tmp").contains("dbname"));
    assert!(instead("user = \"reader\"\n", "").contains("user"));
    assert!(instead("assumed_hours = 0", "hours_max = 3").contains("age"));
    for old in [
        "assumed_hours = 8785",
        "query = \"SELECT 1\", hours_max = 8785",
    ] {
        let said = instead("assumed_hours = 0", old);
        assert!(said.contains("age: give at most 8784 hours"), "{said}");
    }
    assert!(instead("preset = \"ssd\"\n", "").contains("preset"));
    let own = usual.replace("preset = \"ssd\"\n", "");
    for (query, said) in [
        ("DELETE FROM a", "one SELECT"),
        ("SELECT 1; SELECT 2", "semicolon"),
        ("SELECT :name", ":name"),
    ] {
        let queries = QUERIES.replacen(
            "SELECT * FROM own.people WHERE born >= :born_from AND born < :born_until",
            query,
            1,
        );
        let refused = refused(settings(&format!("{own}{queries}")));
        assert!(refused.contains(said), "{query}: {refused}");
    }
}

/// A value that another query has is no value of this one: it would never be asked, and whom it alone finds would be absent.
#[test]
fn a_query_names_no_value_but_its_own() {
    let own = "engine = \"postgresql\"\nconnect = \"host=/tmp dbname=a\"\nuser = \"reader\"\nage = { assumed_hours = 0 }\n";
    let values = [
        "born_from",
        "born_until",
        "family",
        "given",
        "postcode",
        "person",
        "since",
    ];
    for (query, own_values) in [
        ("born", &values[..2]),
        ("names", &values[2..4]),
        ("name_and_born", &values[..4]),
        ("postcode", &values[4..5]),
        ("episodes", &values[5..6]),
        ("contacts", &values[5..]),
    ] {
        for value in values {
            let start = format!("\n{query} = \"SELECT ");
            let queries = QUERIES.replacen(&start, &format!("{start}:{value}, "), 1);
            assert_ne!(queries, QUERIES);
            let said = refused(settings(&format!("{own}{queries}")));
            let taken = said == "taken";
            assert_eq!(
                taken,
                own_values.contains(&value),
                "{query} :{value}: {said}"
            );
        }
    }
}
