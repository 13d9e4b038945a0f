//! The way that a court's list takes in `usher case import --list`: streamed to a whole broker over TLS, decided and made durable there.

use super::{CASES, heard};
use crate::support::sample::at;
use crate::support::{COURT, IN_HACKNEY, Kit, OFFICER, Shape, enquiry, person};
use futures_util::stream;
use std::sync::Arc;
use usher::clock::Stopwatch;
use usher_domain::limits::BATCH_CHANGES_MAX;
use usher_domain::time::to_london;
use usher_proto::v1;
use v1::RegisterOutcome::{Registered, Unchanged};

/// The year's list, in the messages that the command sends.
fn list(cases: u32) -> Vec<v1::RegisterCasesRequest> {
    let personal = enquiry(&[IN_HACKNEY]).personal;
    let row = |line: u32| v1::CaseRow {
        line,
        case_name: format!("REGION{line:06}/1"),
        hearing: Some(v1::Hearing {
            court_code: COURT.into(),
            local_time: to_london(at(heard(line)))
                .strftime("%Y-%m-%dT%H:%M")
                .to_string(),
            ..v1::Hearing::default()
        }),
        stage: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Fast.into(),
        indicators: vec![v1::Indicator::LivesWithChildren.into()],
        personal: personal.clone(),
        ..v1::CaseRow::default()
    };
    let rows: Vec<v1::CaseRow> = (1..=cases).map(row).collect();
    let messages = rows.chunks(BATCH_CHANGES_MAX);
    messages
        .map(|rows| v1::RegisterCasesRequest {
            person: person("Olive Officer"),
            rows: rows.to_vec(),
            complete_days: Vec::new(),
        })
        .collect()
}

/// Imports the list, and once more unchanged, and tells how quick that is.
async fn import(cases: u32, shape: Shape) {
    let kit = Kit::shaped(Shape {
        now: "2025-11-22T10:00", // before the first hearing
        ..shape
    })
    .await;
    for expected in [Registered, Unchanged] {
        let messages = list(cases);
        let watch = Stopwatch::start();
        let mut client = kit.court(OFFICER);
        let called = client.register_cases(stream::iter(messages)).await;
        let mut answers = called.unwrap().into_inner();
        let mut taken = 0;
        while let Some(answer) = answers.message().await.unwrap() {
            for outcome in answer.outcomes {
                assert_eq!(outcome.outcome(), expected, "{:?}", outcome.faults);
                taken += 1;
            }
        }
        let took = watch.elapsed();
        assert_eq!(taken, cases);
        let each = f64::from(cases) / took.as_secs_f64();
        println!("imported {cases} cases, {expected:?}, in {took:?}: {each:.0} cases/s");
    }
}

async fn import_over_postgres(cases: u32) {
    let Some(server) = super::server() else {
        return;
    };
    server.migrated().await;
    let shape = Shape {
        store: Some(Arc::new(server.store().await)),
        ..Shape::default()
    };
    import(cases, shape).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn some_of_the_year_are_imported_over_the_wire() {
    import(700, Shape::default()).await;
    import_over_postgres(700).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a year of one region takes minutes; for a quiet machine"]
async fn a_year_of_one_region_imported_over_the_wire_on_redb() {
    import(CASES, Shape::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a year of one region takes minutes; for a quiet machine"]
async fn a_year_of_one_region_imported_over_the_wire_on_postgres() {
    import_over_postgres(CASES).await;
}
