//! A PostgreSQL of the test's own with the tables of the Standard Safeguarding Dataset, as far as they are read here, and a column that is
//! not: the guide's login has no right to it.

use super::population::rows;
use crate::support::postgres::Postgres;
use std::time::Duration;
use tokio_postgres::Client;
use usher::clock::Stopwatch;

const SCHEMA: &str = "CREATE SCHEMA ssd;
SET search_path TO ssd;
CREATE TABLE ssd_person (pers_person_id varchar(48) PRIMARY KEY, pers_forename varchar(100), pers_surname varchar(255),
    pers_sex varchar(20), pers_ethnicity varchar(48), pers_dob timestamp, pers_expected_dob timestamp);
CREATE TABLE ssd_address (addr_table_id varchar(48) PRIMARY KEY, addr_person_id varchar(48), addr_address_postcode varchar(15),
    addr_address_json varchar(1000));
CREATE TABLE ssd_contacts (cont_contact_id varchar(48) PRIMARY KEY, cont_person_id varchar(48), cont_contact_date timestamp);
CREATE TABLE ssd_cin_episodes (cine_referral_id varchar(48) PRIMARY KEY, cine_person_id varchar(48), cine_referral_date timestamp,
    cine_close_date timestamp);
CREATE TABLE ssd_cin_plans (cinp_cin_plan_id varchar(48) PRIMARY KEY, cinp_person_id varchar(48), cinp_cin_plan_start_date timestamp,
    cinp_cin_plan_end_date timestamp);
CREATE TABLE ssd_cp_plans (cppl_cp_plan_id varchar(48) PRIMARY KEY, cppl_person_id varchar(48), cppl_cp_plan_start_date timestamp,
    cppl_cp_plan_end_date timestamp, cppl_cp_plan_ola char(1), cppl_cp_plan_initial_category varchar(100),
    cppl_cp_plan_latest_category varchar(100));
CREATE TABLE ssd_s47_enquiry (s47e_s47_enquiry_id varchar(48) PRIMARY KEY, s47e_person_id varchar(48), s47e_s47_start_date timestamp,
    s47e_s47_end_date timestamp);
CREATE TABLE ssd_involvements (invo_involvements_id varchar(48) PRIMARY KEY, invo_professional_id varchar(48),
    invo_professional_team varchar(48), invo_person_id varchar(48), invo_involvement_start_date timestamp,
    invo_involvement_end_date timestamp);
CREATE TABLE ssd_professionals (prof_professional_id varchar(48) PRIMARY KEY, prof_professional_name varchar(300));
CREATE TABLE ssd_department (dept_team_id varchar(48) PRIMARY KEY, dept_team_name varchar(255));
CREATE TABLE ssd_cla_episodes (clae_cla_episode_id varchar(48) PRIMARY KEY, clae_person_id varchar(48),
    clae_cla_episode_start_date timestamp, clae_cla_episode_ceased_date timestamp);
CREATE TABLE ssd_legal_status (lega_legal_status_id varchar(48) PRIMARY KEY, lega_person_id varchar(48), lega_legal_status varchar(100),
    lega_legal_status_start_date timestamp, lega_legal_status_end_date timestamp);
CREATE TABLE ssd_care_leavers (clea_table_id varchar(48) PRIMARY KEY, clea_person_id varchar(48),
    clea_care_leaver_eligibility varchar(100));
CREATE TABLE ssd_early_help_episodes (earl_episode_id varchar(48) PRIMARY KEY, earl_person_id varchar(48),
    earl_episode_start_date timestamp, earl_episode_end_date timestamp);
CREATE TABLE ssd_cin_assessments (cina_assessment_id varchar(48) PRIMARY KEY, cina_person_id varchar(48),
    cina_assessment_start_date timestamp, cina_assessment_auth_date timestamp);
CREATE TABLE batch (finished_at timestamp);";

/// The tables, filled.
pub(super) struct Tables {
    pub(super) server: Postgres,
    pub(super) client: Client,
}

impl Tables {
    /// With so many people; `None`, said aloud, where PostgreSQL is not installed.
    pub(super) async fn with(people: u32) -> Option<Self> {
        Self::shaped(people, &[]).await
    }

    /// With settings of the server besides.
    pub(super) async fn shaped(people: u32, settings: &[&str]) -> Option<Self> {
        let mut files = Vec::new();
        let server = Postgres::shaped(|home| {
            for (table, text) in rows(1, people) {
                files.push((table, home.write(table, &text)));
            }
            settings.iter().map(|&setting| setting.to_owned()).collect()
        })?;
        let client = connected(&server).await;
        client.batch_execute(SCHEMA).await.unwrap();
        for (table, file) in files {
            let copy = format!("COPY ssd.{table} FROM '{file}'");
            client.batch_execute(&copy).await.unwrap();
        }
        for heading in ["### PostgreSQL: the login", "### PostgreSQL: the indexes"] {
            let script = super::guide::block(heading, "sql");
            client
                .batch_execute(&script)
                .await
                .unwrap_or_else(|error| panic!("{heading}: {error:?}"));
        }
        client
            .batch_execute("GRANT SELECT ON ssd.batch TO usher_reader; ANALYZE")
            .await
            .unwrap();
        Some(Self { server, client })
    }

    /// Where they are, as `connect` has it.
    pub(super) fn connect(&self) -> String {
        let socket = self.server.socket();
        format!(
            "host={} dbname=postgres",
            socket.parent().unwrap().display()
        )
    }

    /// Does something as the owner.
    pub(super) async fn run(&self, sql: &str) {
        self.client.batch_execute(sql).await.unwrap();
    }
}

/// Connected to as soon as it serves.
pub(super) async fn connected(server: &Postgres) -> Client {
    let waited = Stopwatch::start();
    loop {
        let url = server.settings().url;
        match tokio_postgres::connect(&url, tokio_postgres::NoTls).await {
            Ok((client, connection)) => {
                tokio::spawn(connection);
                return client;
            }
            Err(error) if waited.elapsed() > Duration::from_secs(30) => panic!("{error:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}
