//! What the connector does not do: write, wait, fetch a whole borough, rely on old or half-filled tables.

use super::population::Person;
use super::tables::{Tables, connected};
use super::{keys, over, trouble};
use std::time::Duration;
use usher::adapter::{Accuracy, Trouble};
use usher::clock::Stopwatch;

#[tokio::test]
async fn nothing_can_be_written_even_by_a_query_that_tries() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    tables
        .run(
            "CREATE TABLE ssd.written (at timestamp); GRANT ALL ON ssd.written TO usher_reader;
             CREATE FUNCTION ssd.write() RETURNS timestamp LANGUAGE sql AS
                 'INSERT INTO ssd.written VALUES (now()) RETURNING at'",
        )
        .await;
    let writing = over(&tables, "[age]\nquery = \"SELECT ssd.write()\"\n");
    let wanted = Person::new(1, 1).identity();
    let refused = trouble(writing.candidates(&wanted).await);
    assert!(
        refused.starts_with("lasting") && refused.contains("25006"),
        "{refused}"
    );
    let row = tables
        .client
        .query_one("SELECT count(*) FROM ssd.written", &[])
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0);
    // Without the connector's own transaction the same login could.
    tables
        .run("SET ROLE usher_reader; SELECT ssd.write(); RESET ROLE")
        .await;
    let source = over(&tables, "");
    let Err(Trouble::Lasting { what, .. }) = source.probe().await else {
        panic!("a login that may write goes for a read-only one");
    };
    assert!(what.contains("may write"), "{what}");
    tables
        .run("REVOKE ALL ON ssd.written FROM usher_reader")
        .await;
    source.probe().await.unwrap();
}

#[tokio::test]
async fn columns_that_are_not_needed_cannot_be_read_by_the_guides_login() {
    let Some(tables) = Tables::with(10).await else {
        return;
    };
    for (columns, allowed) in [
        ("pers_surname", true),
        ("pers_ethnicity", false),
        ("*", false),
    ] {
        let sql = format!("SET ROLE usher_reader; SELECT {columns} FROM ssd.ssd_person");
        let read = tables.client.batch_execute(&sql).await;
        assert_eq!(read.is_ok(), allowed, "{columns}");
        tables.run("RESET ROLE").await;
    }
}

#[tokio::test]
async fn a_statement_has_its_time_and_no_more() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    let slow = "statement_seconds_max = 1\n[age]\nquery = \"SELECT now() FROM pg_sleep(30)\"\n";
    let slow = over(&tables, slow);
    let waited = Stopwatch::start();
    let said = trouble(slow.candidates(&Person::new(1, 1).identity()).await);
    assert!(
        said.starts_with("passing") && said.contains("57014"),
        "{said}"
    );
    assert!(
        waited.elapsed() < Duration::from_secs(5),
        "{:?}",
        waited.elapsed()
    );
}

#[tokio::test]
async fn more_people_than_may_be_fetched_are_said_to_be_more() {
    let Some(tables) = Tables::with(20_000).await else {
        return;
    };
    let wanted = Person::new(1, 1).identity();
    let all = over(&tables, "").candidates(&wanted).await.unwrap();
    assert!(!all.cut && all.people.len() > 5, "{}", all.people.len());
    let few = over(&tables, "rows_max = 3\n")
        .candidates(&wanted)
        .await
        .unwrap();
    assert!(few.cut && few.people.len() <= 3, "{}", few.people.len());
    let just = format!("rows_max = {}\n", all.people.len());
    let just = over(&tables, &just).candidates(&wanted).await.unwrap();
    assert!(!just.cut && keys(&just).len() == all.people.len());
}

#[tokio::test]
async fn no_look_up_reads_everybody() {
    let explained = "session_preload_libraries=auto_explain";
    let shape = [explained, "auto_explain.log_min_duration=0"];
    let Some(tables) = Tables::shaped(100_000, &shape).await else {
        return;
    };
    tables.run("VACUUM ANALYZE").await;
    let source = over(&tables, "");
    let mut wanted = Person::new(1, 1).identity();
    // The last two are searched for by two letters, which no index has.
    for given in ["Amelia", "Zoë", "Jo"] {
        wanted.names[0].given = given.into();
        source.candidates(&wanted).await.unwrap();
        let log = tables.server.log();
        assert!(log.contains("Scan using ssd_person"), "{given}");
        assert!(!log.contains("Seq Scan on ssd_person p"), "{given}");
    }
}

#[tokio::test]
async fn absence_of_an_adult_from_childrens_tables_is_not_certain() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    let mut wanted = Person::new(1, 1).identity();
    let (children, all) = (over(&tables, ""), over(&tables, "holds_adults = true\n"));
    for (date, accuracy, certain) in [
        ("2015-05-05", Accuracy::Known, true),
        ("2001-03-03", Accuracy::Known, true),
        ("2001-03-02", Accuracy::Known, false),
        ("2015-05-05", Accuracy::Estimated, false),
    ] {
        let born = wanted.born.as_mut().unwrap();
        (born.date, born.accuracy) = (date.parse().unwrap(), accuracy);
        assert_eq!(
            !children.candidates(&wanted).await.unwrap().cut,
            certain,
            "{date}"
        );
        assert!(!all.candidates(&wanted).await.unwrap().cut, "{date}");
    }
    wanted.born = None;
    assert!(children.candidates(&wanted).await.unwrap().cut);
}

#[tokio::test]
async fn data_that_is_too_old_or_being_filled_is_not_relied_on() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    let aged = "[age]\nquery = \"SELECT max(finished_at) FROM ssd.batch\"\nhours_max = 30\n";
    let source = over(&tables, aged);
    let wanted = Person::new(1, 1).identity();
    for (finished, expected) in [
        ("2026-03-02 04:30:00", Ok("2026-03-02T04:30:00Z")),
        ("2026-03-01 04:00:00", Ok("2026-03-01T04:00:00Z")),
        ("2026-03-01 03:59:59", Err("older than 30 hours")),
        ("infinity", Err("it must answer with one moment")),
    ] {
        tables
            .run(&format!(
                "DELETE FROM ssd.batch; INSERT INTO ssd.batch VALUES ('{finished}')"
            ))
            .await;
        let answer = source.candidates(&wanted).await;
        match expected {
            Ok(as_of) => assert_eq!(
                answer.map_err(|_| ()).unwrap().as_of,
                Some(as_of.parse().unwrap())
            ),
            Err(said) => {
                let lasting = trouble(answer);
                assert!(
                    lasting.starts_with("lasting") && lasting.contains(said),
                    "{lasting}"
                );
                assert!(source.probe().await.is_err());
            }
        }
    }
    let source = over(&tables, "");
    source.candidates(&wanted).await.unwrap();
    tables.run("TRUNCATE ssd.ssd_cp_plans").await;
    let said = trouble(source.candidates(&wanted).await);
    assert!(
        said.starts_with("unready: ssd_cp_plans holds no rows"),
        "{said}"
    );
    let probed = source.probe().await.unwrap_err().to_string();
    assert!(probed.contains("ssd_cp_plans"), "{probed}");
    let without = over(&tables, "without = [\"ssd_cp_plans\"]\n");
    without.candidates(&wanted).await.unwrap();
}

#[tokio::test]
async fn tables_with_fewer_people_than_there_must_be_make_nobody_absent() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    let wanted = Person::new(1, 1).identity();
    let enough = over(&tables, "people_min = 200\n");
    enough.candidates(&wanted).await.unwrap();
    enough.probe().await.unwrap();
    // A nightly job is half through.
    tables
        .run("DELETE FROM ssd.ssd_person WHERE pers_person_id = 'P1'")
        .await;
    let said = trouble(enough.candidates(&wanted).await);
    let few = "the replica holds fewer people than people_min";
    assert!(said.starts_with("unready") && said.contains(few), "{said}");
    let probed = enough.probe().await.unwrap_err().to_string();
    assert!(probed.starts_with(few), "{probed}");
}

#[tokio::test]
async fn a_look_up_sees_one_state_of_the_data_however_long_it_takes() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    // The age is told when the owner of the lock lets go: by then the look-up has begun.
    let waits = "statement_seconds_max = 60\n[age]\n\
                 query = \"SELECT now() FROM (SELECT pg_advisory_xact_lock_shared(7) OFFSET 0) held\"\n";
    let source = over(&tables, waits);
    tables.run("SELECT pg_advisory_lock(7)").await;
    let looking = tokio::spawn(async move { super::preset::the_one(&*source, 9).await });
    let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
    while tables.client.query(waiting, &[]).await.unwrap().is_empty() {
        assert!(!looking.is_finished(), "it did not wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tables
        .run(
            "BEGIN; DELETE FROM ssd.ssd_person WHERE pers_person_id = 'P9';
             DELETE FROM ssd.ssd_cp_plans WHERE cppl_person_id = 'P9'; COMMIT; SELECT pg_advisory_unlock(7)",
        )
        .await;
    let found = looking.await.unwrap();
    assert_eq!(found.episodes.len(), 1, "not what came after it began");
}

#[tokio::test]
async fn dates_that_are_text_are_refused_and_columns_may_bear_other_names() {
    let Some(tables) = Tables::with(200).await else {
        return;
    };
    let wanted = Person::new(1, 3).identity();
    tables
        .run(
            "ALTER TABLE ssd.ssd_cla_episodes RENAME clae_cla_episode_ceased_date TO clae_cla_episode_ceased;
             ALTER TABLE ssd.ssd_professionals DROP prof_professional_name",
        )
        .await;
    let said = trouble(over(&tables, "").candidates(&wanted).await);
    assert!(
        said.starts_with("lasting") && said.contains("42703"),
        "{said}"
    );
    let renamed = "[columns]\nclae_cla_episode_ceased_date = \"clae_cla_episode_ceased\"\nprof_professional_name = \"\"\n";
    let found = super::preset::the_one(&*over(&tables, renamed), 3).await;
    assert!(!found.partial && found.worker.unwrap().name.is_empty());
    tables.run("ALTER TABLE ssd.ssd_person ALTER pers_dob TYPE text USING to_char(pers_dob, 'DD/MM/YYYY')").await;
    let said = trouble(over(&tables, renamed).candidates(&wanted).await);
    assert!(
        said.starts_with("lasting") && said.contains("another type"),
        "{said}"
    );
}

#[tokio::test]
async fn a_server_that_went_away_is_asked_again_when_it_is_back() {
    let Some(mut tables) = Tables::with(200).await else {
        return;
    };
    let source = over(&tables, "");
    let wanted = Person::new(1, 1).identity();
    let before = source.candidates(&wanted).await.unwrap().people.len();
    tables.server.stop();
    for _ in 0..2 {
        let said = trouble(source.candidates(&wanted).await);
        assert!(said.starts_with("passing"), "{said}");
    }
    tables.server.start_again();
    tables.client = connected(&tables.server).await;
    let waited = Stopwatch::start();
    let after = loop {
        match source.candidates(&wanted).await {
            Ok(candidates) => break candidates.people.len(),
            Err(trouble) => assert!(waited.elapsed() < Duration::from_secs(20), "{trouble}"),
        }
    };
    assert_eq!(before, after);
}
