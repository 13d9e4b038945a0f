//! A year of one region, put in and reported on: figures by hand and figures by report, and how long each takes. For a quiet machine, in
//! the release profile; see `CONTRIBUTING.md`.

mod import;

use crate::support::postgres::Postgres;
use crate::support::sample::{Sample, at, by, case, closed, enquiry_id, event, registered, step};
use crate::support::{INSPECTOR, TestClock, identity};
use jiff::civil::date;
use std::path::Path;
use std::sync::Arc;
use usher::app;
use usher::auth::{Identities, IdentityTable};
use usher::broker::{Broker, Parts, ReportInput};
use usher::clock::Stopwatch;
use usher::config::policy::Rules;
use usher::config::{agreements, calendar, check};
use usher::directory::{Courts, Directory};
use usher::ids::RandomIds;
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::Settings;
use usher::store::redb::Redb;
use usher::store::{Change, Store};
use usher::telemetry::metrics::Metrics;
use usher_domain::actor::Role;
use usher_domain::case::{Case, RequirementState, SetAsideReason};
use usher_domain::code::{ClientId, CourtCode, ResponderId};
use usher_domain::enquiry::{Answer, CheckState, Disposition, LateEffect, Receipt, Timeliness};
use usher_domain::event::EventKind;
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::ladder::StepState;
use usher_domain::limits::BATCH_CHANGES_MAX;
use usher_domain::report::{Cell, Grouping, Question, ReportKind};
use usher_domain::sealed::Sealed;
use usher_domain::time::to_london;

/// Cases of a year. Each has an enquiry; every other enquiry has two checks.
const CASES: u32 = 100_000;
/// Of these, every so-manieth is still to be heard.
const OPEN_EACH: u32 = 50;
/// Minutes of a year; hearings are spread over the one before the sample day.
const YEAR: i64 = 365 * 24 * 60;

/// When the case with this number is heard, in minutes.
fn heard(number: u32) -> i64 {
    match number % OPEN_EACH {
        0 => 60 + i64::from(number % 7_000),
        _ => -1 - i64::from(number) * 7_919 % (YEAR - 10),
    }
}

/// A server with the room that the one of `deploy/SCALE.md` has.
fn server() -> Option<Postgres> {
    Postgres::shaped(|_| vec!["shared_buffers=512MB".into()])
}

/// One of `many`, by number.
fn place(number: u32, many: usize) -> usize {
    usize::try_from(number).unwrap() * 31 % many
}

fn hearing(number: u32, courts: &[CourtCode]) -> Hearing {
    let instant = at(heard(number));
    Hearing {
        court: courts[place(number, courts.len())],
        local: to_london(instant),
        at: instant,
    }
}

fn office(number: u32) -> String {
    format!("Office {:02}", number % 40)
}

/// A case that has needed two checks since before its hearing: one was made, the other is needed or was set aside.
fn a_case(number: u32, hearing: Hearing) -> Case {
    let minutes = heard(number);
    let mut case = case(number.into());
    case.holder.unit.office = office(number);
    for stage in &mut case.stages {
        (stage.at, stage.due) = (at(minutes - 2_000), hearing.at);
    }
    case.requirements
        .remove(if number.is_multiple_of(3) { 2 } else { 0 });
    for (place, need) in case.requirements.iter_mut().enumerate() {
        need.number = u8::try_from(place + 1).unwrap();
        (need.raised_at, need.due) = (at(minutes - 2_000), hearing.at);
        match &mut need.state {
            RequirementState::Met {
                enquiries,
                at: met,
                recent_until,
            } => {
                enquiries.truncate(1);
                enquiries[0].enquiry = enquiry_id(number.into());
                (*met, *recent_until) = (at(minutes - 1_000), Some(hearing.at));
            }
            RequirementState::Needed if !number.is_multiple_of(OPEN_EACH) => {
                need.state = RequirementState::SetAside {
                    reason: SetAsideReason::NotIndicated,
                    answer: None,
                    by: by(Role::Manager),
                    note: Sealed::default(),
                    at: at(minutes - 500),
                };
            }
            RequirementState::Needed | RequirementState::SetAside { .. } => {}
        }
    }
    case.hearing = hearing;
    case.alerts.clear();
    case
}

/// An enquiry about it.
fn an_enquiry(number: u32, hearing: Hearing, boroughs: &[ResponderId]) -> Change {
    let minutes = heard(number);
    let mut sample = Sample::bare(number.into());
    for check in 0..=number % 2 {
        let state = if number.is_multiple_of(OPEN_EACH) {
            CheckState::Accepted {
                at: at(minutes - 600),
                by: by(Role::Adapter),
                expected_by: None,
            }
        } else if number.is_multiple_of(11) {
            closed()
        } else {
            answered(minutes, (number + check).is_multiple_of(3))
        };
        let borough = &boroughs[place(number + check, boroughs.len())];
        sample = sample.check(borough.as_str(), state);
    }
    let mut enquiry = sample.build();
    enquiry.deadline = Deadline::Hearing(hearing);
    enquiry.requester.unit.office = office(number);
    for check in &mut enquiry.checks {
        check.opened_at = at(minutes - 1_440);
        let rungs = ["desk", "manager", "officer", "decide", "operator", "after"];
        let moot = StepState::Moot { at: at(minutes) };
        let rung =
            |(name, place): (&&str, i64)| step(name, minutes - 700 + 100 * place, moot.clone());
        check.ladder.steps = rungs.iter().zip(1..).map(rung).collect();
    }
    Change::new(enquiry, None, vec![event(0, EventKind::Submitted)])
}

/// Answered two hours after it was asked, or an hour after the hearing.
fn answered(minutes: i64, late: bool) -> CheckState {
    let (at_minute, timeliness) = if late {
        (minutes + 60, Timeliness::AfterHearing)
    } else {
        (minutes - 1_320, Timeliness::InTime)
    };
    CheckState::Answered {
        answers: vec![Answer {
            disposition: Disposition::NotKnown,
            by: by(Role::Adapter),
            at: at(at_minute),
            timeliness,
            data_as_of: None,
            content: usher::store::record::seal_answer(&crate::support::sample::content()),
            by_phone: None,
            outcome: None,
        }],
        received: Some(Receipt {
            by: by(Role::Officer),
            at: at(at_minute + 10),
            effects: late.then_some(LateEffect::Plan).into_iter().collect(),
        }),
    }
}

/// Puts the year in, in full batches.
async fn put_in(store: &dyn Store) {
    let courts = Courts::built_in().unwrap();
    let courts: Vec<CourtCode> = courts.iter().map(|court| court.code).collect();
    let directory = Directory::built_in().unwrap();
    let boroughs: Vec<_> = directory
        .responders()
        .iter()
        .map(|one| one.id.clone())
        .collect();
    let watch = Stopwatch::start();
    let mut batch = Vec::new();
    for number in 1..=CASES {
        let hearing = hearing(number, &courts);
        let case = a_case(number, hearing.clone());
        batch.extend([registered(case), an_enquiry(number, hearing, &boroughs)]);
        if batch.len() + 2 > BATCH_CHANGES_MAX || number == CASES {
            store.commit(&batch).await.unwrap();
            batch.clear();
        }
    }
    let took = watch.elapsed();
    let open = store.counts().await.unwrap().open;
    // What has no answer, and of these cases every third needs one more check.
    assert_eq!(open, u64::from(CASES / OPEN_EACH + CASES / OPEN_EACH / 3));
    let each = f64::from(CASES) / took.as_secs_f64();
    println!("put in {CASES} cases and as many enquiries in {took:?}: {each:.0} cases/s");
}

async fn broker(store: Arc<dyn Store>) -> Broker {
    let parts = check::Parts {
        rules: Rules::built_in().unwrap(),
        calendar: calendar::built_in(),
        agreements: agreements::Files::default(),
    };
    let directory = Arc::new(Directory::built_in().unwrap());
    let policy = app::policy(&parts, &directory, Path::new("config/responders")).unwrap();
    let parts = Parts {
        store,
        directory,
        policy,
        clock: Arc::new(TestClock::at(at(0))),
        ids: Arc::new(RandomIds),
        metrics: Arc::new(Metrics::new(app::methods())),
    };
    Broker::new(parts).await.unwrap()
}

/// Reports on the year, three times each.
async fn report(store: Arc<dyn Store>) {
    let broker = broker(store).await;
    let identities = Identities::new(IdentityTable::new(&[identity(INSPECTOR)]).unwrap());
    let inspector = identities
        .actor(&ClientId::parse(INSPECTOR).unwrap())
        .unwrap();
    for (kind, by) in [
        (ReportKind::Coverage, Grouping::Court),
        (ReportKind::Coverage, Grouping::Office),
        (ReportKind::Coverage, Grouping::Borough),
        (ReportKind::Timeliness, Grouping::Borough),
        (ReportKind::Outstanding, Grouping::Court),
        (ReportKind::LateAnswers, Grouping::Borough),
    ] {
        let input = ReportInput {
            question: Question {
                kind,
                from: date(2025, 11, 1),
                to: date(2026, 12, 31),
                by,
            },
            courts: None,
            for_publication: false,
        };
        let mut times = Vec::new();
        for _ in 0..3 {
            let watch = Stopwatch::start();
            let view = broker.report(&input, &inspector).await.unwrap();
            times.push(watch.elapsed());
            let first = view.table.total.cells[0].count().unwrap();
            match kind {
                ReportKind::Coverage => assert_eq!(first, u64::from(CASES) * 2),
                ReportKind::Timeliness => assert_eq!(first, u64::from(CASES) * 3 / 2),
                ReportKind::Outstanding => assert_eq!(first, u64::from(CASES / OPEN_EACH)),
                ReportKind::LateAnswers => assert!(first > 0),
            }
            let watch = Stopwatch::start();
            let rows = view.table.rows.len();
            let published = view.table.for_publication();
            let hidden = published.rows.iter().flat_map(|row| &row.cells);
            let hidden = hidden.filter(|cell| **cell == Cell::Hidden).count();
            println!(
                "  for publication: {rows} rows, {hidden} figures hidden, {:?}",
                watch.elapsed()
            );
        }
        println!("{} by {}: {times:?}", kind.name(), by.name());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a year of one region takes minutes; for a quiet machine"]
async fn a_year_of_one_region_on_redb() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Redb::open(folder.path(), Settings::default()).unwrap();
    let store = Arc::new(EmbeddedStore::open(Arc::new(engine), "redb").unwrap());
    put_in(store.as_ref()).await;
    report(store).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a year of one region takes minutes; for a quiet machine"]
async fn a_year_of_one_region_on_postgres() {
    let Some(server) = server() else {
        return;
    };
    server.migrated().await;
    let store = Arc::new(server.store().await);
    put_in(store.as_ref()).await;
    server
        .client()
        .await
        .batch_execute("VACUUM ANALYZE")
        .await
        .unwrap();
    report(store).await;
}
