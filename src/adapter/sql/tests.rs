use super::database::busy;
use super::statement::Row;
use super::*;
use crate::adapter::people::{Born, Name, Place};
use crate::clock::SystemClock;
use std::sync::Mutex;

/// A database that answers each statement as the test says.
struct Scripted<F>(Mutex<F>);

#[async_trait]
impl<F: FnMut(&str) -> Vec<Row> + Send + 'static> Database for Scripted<F> {
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble> {
        Ok(Box::new(self))
    }
}

#[async_trait]
impl<F: FnMut(&str) -> Vec<Row> + Send> Reading for &Scripted<F> {
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble> {
        let mut script = self.0.lock().map_err(|_| busy("a test that is over"))?;
        let answers = statements.iter().map(|statement| Rows {
            rows: script(&statement.sql),
            cut: false,
        });
        Ok(answers.collect())
    }

    async fn end(self: Box<Self>) {}
}

/// The preset on SQL Server, with a moment of the last filling.
fn over(script: impl FnMut(&str) -> Vec<Row> + Send + 'static) -> Sql {
    let settings = "engine = \"sqlserver\"\nconnect = \"server=a\"\nuser = \"reader\"\npreset = \"ssd\"\n\
                    age = { query = \"SELECT at FROM batch\", hours_max = 8784 }\n";
    let settings: Settings = toml::from_str(settings).unwrap();
    Sql {
        book: Book::new(&settings.codes).unwrap(),
        settings,
        database: Box::new(Scripted(Mutex::new(script))),
        clock: Arc::new(SystemClock),
    }
}

fn row(columns: &[&str]) -> Row {
    let text = |column: &&str| (!column.is_empty()).then(|| (*column).to_owned());
    columns.iter().map(text).collect()
}

/// A child of five years.
fn wanted() -> Identity {
    let today = today(SystemClock.now());
    Identity {
        names: vec![Name {
            family: "Okafor".into(),
            given: "Zoë".into(),
        }],
        born: Some(Born {
            date: today.saturating_sub(5.years()),
            accuracy: Accuracy::Known,
        }),
        sex: None,
        places: vec![Place {
            lines: String::new(),
            postcode: "E8 1EA".into(),
        }],
    }
}

#[tokio::test]
async fn tables_that_are_filled_in_the_middle_of_a_look_up_make_nobody_absent() {
    let now = SystemClock.now();
    let before = (now - SignedDuration::from_hours(9)).to_string();
    let after = now.to_string();
    let check = async |told: [(&str, &str); 2], said: Option<&str>| {
        let mut told = told
            .map(|(filled, at)| [filled.to_owned(), at.to_owned()])
            .into_iter();
        let mut current = [String::new(), String::new()];
        let sql = over(move |asked| {
            if asked.contains("NOT EXISTS") {
                current = told.next().unwrap_or_default();
                return vec![row(&[&current[0]])];
            }
            let is_age = asked.contains("FROM batch");
            is_age.then(|| row(&[&current[1]])).into_iter().collect()
        });
        match (sql.candidates(&wanted()).await, said) {
            (Ok(found), None) => assert!(!found.cut && !found.narrow && found.people.is_empty()),
            (Err(trouble @ Trouble::Unready { .. }), Some(said)) => {
                assert!(trouble.to_string().starts_with(said), "{trouble}");
            }
            (Ok(_), Some(said)) => panic!("not seen: {said}"),
            (Err(trouble), _) => panic!("{trouble}"),
        }
    };
    check([(FILLED, &before), (FILLED, &before)], None).await;
    let moved = "the data was brought up to date";
    check([(FILLED, &before), (FILLED, &after)], Some(moved)).await;
    let empty = "ssd_address holds no rows";
    check([(FILLED, &before), ("ssd_address", &before)], Some(empty)).await;
    check([("ssd_address", &before), (FILLED, &before)], Some(empty)).await;
    let few = "the replica holds fewer people than people_min";
    check([(FEW, &before), (FILLED, &before)], Some(few)).await;
}

#[tokio::test]
async fn a_row_about_nobody_who_was_asked_for_is_not_dropped() {
    let check = async |table: &str, key: &str, unreadable: bool| {
        let at = format!("{table}: {key:?}");
        let (table, key) = (format!("FROM {table} "), key.to_owned());
        let born = wanted().born.unwrap().date.to_string();
        let filled = SystemClock.now().to_string();
        let sql = over(move |asked| {
            if asked.contains("NOT EXISTS") {
                return vec![row(&[FILLED])];
            }
            if asked.contains("FROM batch") {
                return vec![row(&[&filled])];
            }
            if asked.contains("FROM ssd_person p") {
                return vec![
                    row(&["ab1", "Okafor", "Zoë", &born, "", "", "F"]),
                    row(&["AB1", "Quite", "Another", "1950-02-03", "", "", "F"]),
                ];
            }
            let about = asked.contains(&table);
            let said = row(&[&key, "cp-plan", "2026-01-01", "", "NEG", "", "N"]);
            about.then_some(said).into_iter().collect()
        });
        let found = sql.candidates(&wanted()).await.unwrap();
        assert_eq!(found.people.len(), 2);
        assert_eq!(found.unreadable, unreadable, "{at}");
    };
    for (key, unreadable) in [("ab1", false), ("Ab1", true), ("AB1", true), ("", true)] {
        check("ssd_cp_plans", key, unreadable).await;
        check("ssd_involvements", key, unreadable).await;
    }
    check("ssd_address", "AB1", false).await;
    check("ssd_address", "Ab1", true).await;
    check("ssd_contacts", "Ab1", true).await;
}
