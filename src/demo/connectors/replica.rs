//! A reporting replica in the form of the Standard Safeguarding Dataset: in the database that is given, or a file.

use super::families::Held;
use super::quoted;
use crate::config::settings::PostgresSettings;
use crate::store::postgres::client;
use anyhow::Context as _;
use rusqlite::{Connection, params_from_iter};
use std::fmt::Write as _;
use std::path::Path;
use tokio_postgres::config::Host;

/// The schema in a database that is given; made anew with each run.
const SCHEMA: &str = "usher_demo_ssd";

/// What is the same with both engines. The replica is as of last night; the tables that are not there are named.
const SETTINGS: &str = r#"preset = "ssd"
holds_adults = true
age = { assumed_hours = 8 }
without = [
    "ssd_cin_episodes", "ssd_early_help_episodes", "ssd_cin_assessments", "ssd_cin_plans", "ssd_s47_enquiry", "ssd_cla_episodes",
    "ssd_legal_status", "ssd_care_leavers", "ssd_contacts", "ssd_department",
]
"#;

/// A table: its name, and columns with their types.
type Table = (&'static str, &'static [(&'static str, &'static str)]);

const TABLES: [Table; 5] = [
    (
        "ssd_person",
        &[
            ("pers_person_id", "text"),
            ("pers_surname", "text"),
            ("pers_forename", "text"),
            ("pers_dob", "date"),
            ("pers_expected_dob", "date"),
            ("pers_sex", "text"),
        ],
    ),
    (
        "ssd_address",
        &[
            ("addr_person_id", "text"),
            ("addr_address_postcode", "text"),
            ("addr_address_json", "text"),
        ],
    ),
    (
        "ssd_cp_plans",
        &[
            ("cppl_person_id", "text"),
            ("cppl_cp_plan_start_date", "date"),
            ("cppl_cp_plan_end_date", "date"),
            ("cppl_cp_plan_ola", "text"),
            ("cppl_cp_plan_initial_category", "text"),
            ("cppl_cp_plan_latest_category", "text"),
        ],
    ),
    (
        "ssd_involvements",
        &[
            ("invo_person_id", "text"),
            ("invo_professional_id", "text"),
            ("invo_professional_team", "text"),
            ("invo_involvement_start_date", "date"),
            ("invo_involvement_end_date", "date"),
        ],
    ),
    (
        "ssd_professionals",
        &[
            ("prof_professional_id", "text"),
            ("prof_professional_name", "text"),
        ],
    ),
];

/// One row of each table, in their order.
type Rows = [Vec<Option<String>>; TABLES.len()];

fn rows(held: Held) -> Rows {
    let (id, plan) = (Some(held.id), Some(held.plan));
    let text = |text: &str| Some(text.to_owned());
    [
        vec![
            id.clone(),
            Some(held.family),
            Some(held.given),
            Some(held.born),
            None,
            None,
        ],
        vec![id.clone(), Some(held.postcode), None],
        vec![id.clone(), plan.clone(), None, text("N"), text("NEG"), None],
        vec![id.clone(), id.clone(), text("Assessment team"), plan, None],
        vec![id, Some(held.worker)],
    ]
}

/// Makes and fills the tables, and answers with the connector's settings.
///
/// # Errors
/// When the file or the database cannot be used.
pub(super) async fn fill(
    people: Vec<Held>,
    folder: &Path,
    given: Option<&PostgresSettings>,
) -> anyhow::Result<String> {
    match given {
        Some(given) => in_database(people, given)
            .await
            .context("the replica for the SQL connector cannot be made; check --replica"),
        None => {
            in_file(people, &folder.join("replica.db")).context("the replica's file cannot be made")
        }
    }
}

fn in_file(people: Vec<Held>, file: &Path) -> anyhow::Result<String> {
    let mut connection = Connection::open(file)?;
    let filling = connection.transaction()?;
    for (table, columns) in TABLES {
        filling.execute_batch(&create(table, columns))?;
    }
    for held in people {
        for ((table, _), row) in TABLES.iter().zip(rows(held)) {
            let places: Vec<String> = (1..=row.len()).map(|place| format!("?{place}")).collect();
            let insert = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
            filling.execute(&insert, params_from_iter(row))?;
        }
    }
    filling.commit()?;
    Ok(format!(
        "engine = \"sqlite\"\nconnect = {}\n{SETTINGS}",
        quoted(file)
    ))
}

async fn in_database(people: Vec<Held>, given: &PostgresSettings) -> anyhow::Result<String> {
    let mut client = client(&crate::app::database(given)?).await?;
    let filling = client.transaction().await?;
    filling
        .batch_execute(&format!(
            "DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}; SET LOCAL search_path = {SCHEMA}"
        ))
        .await?;
    let mut inserts = Vec::new();
    for (table, columns) in TABLES {
        filling.batch_execute(&create(table, columns)).await?;
        let places = (1..).zip(columns);
        let places: Vec<String> = places
            .map(|(place, (_, kind))| format!("${place}::text::{kind}"))
            .collect();
        let insert = format!("INSERT INTO {table} VALUES ({})", places.join(", "));
        inserts.push(filling.prepare(&insert).await?);
    }
    for held in people {
        for (insert, row) in inserts.iter().zip(rows(held)) {
            filling.execute_raw(insert, row).await?;
        }
    }
    // The connector says so of a login that may write; a superuser always may.
    filling
        .batch_execute(&format!(
            "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA {SCHEMA} FROM CURRENT_USER"
        ))
        .await?;
    filling.commit().await?;
    let mut settings = format!("engine = \"postgresql\"\nschema = \"{SCHEMA}\"\n{SETTINGS}");
    settings.push_str(&connection(given)?);
    Ok(settings)
}

fn create(table: &str, columns: &[(&str, &str)]) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|(name, kind)| format!("{name} {kind}"))
        .collect();
    format!("CREATE TABLE {table} ({})", columns.join(", "))
}

/// Where the database is, as the connector's settings say it.
fn connection(given: &PostgresSettings) -> anyhow::Result<String> {
    let config: tokio_postgres::Config = given.url.as_deref().unwrap_or_default().parse()?;
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(path) => path.display().to_string(),
    });
    let ports = config.get_ports().iter().map(ToString::to_string);
    let list = |parts: Vec<String>| parts.join(",").replace('\\', "\\\\").replace('\'', "\\'");
    let mut connect = format!("host='{}'", list(hosts.collect()));
    let ports = list(ports.collect());
    if !ports.is_empty() {
        let _ = write!(connect, " port='{ports}'");
    }
    let database = config.get_dbname().unwrap_or_default().to_owned();
    let _ = write!(connect, " dbname='{}'", list(vec![database]));
    let text = |text: &str| toml::Value::from(text).to_string();
    let user = config.get_user().unwrap_or_default();
    let mut settings = format!("connect = {}\nuser = {}\n", text(&connect), text(user));
    let files = [("password_file", &given.password_file), ("ca", &given.ca)];
    for (key, file) in files {
        if let Some(file) = file {
            let _ = writeln!(settings, "{key} = {}", quoted(&std::path::absolute(file)?));
        }
    }
    Ok(settings)
}
