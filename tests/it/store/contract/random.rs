//! Random histories: the embedded store beside the model, every read compared after every step, reopened now and then.

use super::list::walk;
use super::{Engine, Home};
use crate::support::memory::Memory;
use crate::support::sample::{
    Sample, all_case_events, all_events, answered, at, by, case, case_record, closed, court,
    hearing, id, leased, responder, step,
};
use fastrand::Rng;
use usher::store::{Change, Cursor, Filter, Revision, Store, StoreError};
use usher_domain::actor::Role;
use usher_domain::alert::AlertState;
use usher_domain::case::RequirementState;
use usher_domain::enquiry::{CheckState, Enquiry};
use usher_domain::index::RecordKind;
use usher_domain::ladder::StepState;

const SEEDS: u64 = 12;
/// The same where each has a server to start.
const SERVERS: u64 = 4;
const STEPS: usize = 60;
const ENQUIRIES: u128 = 10;
const CASES: u128 = 4;
const RESPONDERS: [&str; 3] = ["hackney", "newham", "barnet"];
const COURTS: [&str; 2] = ["B01IX", "B01DU"];

#[tokio::test]
async fn redb_agrees_with_the_model() {
    agrees(Engine::Redb).await;
}

#[cfg(feature = "sled")]
#[tokio::test]
async fn sled_agrees_with_the_model() {
    agrees(Engine::Sled).await;
}

#[tokio::test]
async fn postgres_agrees_with_the_model() {
    let first = fastrand::u64(..);
    for seed in first..first.saturating_add(SERVERS) {
        println!("seed {seed}");
        if let Some(home) = Home::postgres().await {
            history(home, seed).await;
        }
    }
}

async fn agrees(engine: Engine) {
    let first = fastrand::u64(..);
    for seed in first..first.saturating_add(SEEDS) {
        println!("seed {seed}");
        history(Home::new(engine), seed).await;
    }
}

async fn history(mut home: Home, seed: u64) {
    let mut rng = Rng::with_seed(seed);
    let model = Memory::default();
    for number in 0..STEPS {
        if rng.u8(..) < 16 {
            home.reopen().await;
        } else {
            let batch = batch(&mut rng, &model).await;
            let expected = model.commit(&batch).await;
            let found = home.store().commit(&batch).await;
            match (&expected, &found) {
                (Ok(expected), Ok(found)) => assert_eq!(expected, found, "step {number}"),
                (Err(StoreError::Conflict { .. }), Err(StoreError::Conflict { .. })) => {}
                _ => panic!("step {number}: expected {expected:?}, found {found:?}"),
            }
        }
        compare(&mut rng, home.store(), &model, number).await;
    }
    assert_eq!(home.store().sweep().await.unwrap(), []);
    let Some(report) = home.with_files(usher::store::verify::verify) else {
        return;
    };
    let broken: Vec<_> = report
        .faults
        .iter()
        .filter(|fault| !fault.what.starts_with("check") && !fault.what.starts_with("requirement"))
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
    assert_eq!(report.enquiries + report.cases.all, model.len() as u64);
}

/// One to three changes, of which some are stale.
async fn batch(rng: &mut Rng, model: &Memory) -> Vec<Change> {
    let mut batch = Vec::new();
    for _ in 0..rng.usize(1..=3) {
        if rng.u8(..) < 50 {
            batch.push(of_case(rng, model).await);
            continue;
        }
        let number = rng.u128(0..ENQUIRIES);
        let stored = model.load(id(number)).await.unwrap();
        let mut expected = stored.as_ref().map(|stored| stored.revision);
        if rng.u8(..) < 20 {
            expected = Revision::new(rng.u64(0..4));
        }
        let mut enquiry = stored.map_or_else(
            || Sample::new(number).build(),
            |s| s.record.enquiry().unwrap().clone(),
        );
        edit(rng, &mut enquiry);
        let mut events = all_events();
        rng.shuffle(&mut events);
        events.truncate(rng.usize(1..=4));
        batch.push(Change::new(enquiry, expected, events));
    }
    batch
}

/// A change of a case, which may be stale.
async fn of_case(rng: &mut Rng, model: &Memory) -> Change {
    let number = rng.u128(0..CASES);
    let stored = model.load(case_record(number)).await.unwrap();
    let mut case = case(number);
    case.hearing.at = at(rng.i64(0..100));
    case.hearing.court = court(COURTS[rng.usize(..2)]);
    case.requirements[0].due = case.hearing.at;
    case.requirements[0].ladder.steps[1].due = at(rng.i64(0..100));
    case.requirements.rotate_left(rng.usize(..2));
    case.requirements.truncate(rng.usize(1..=3));
    for (number, requirement) in (1..).zip(&mut case.requirements) {
        requirement.number = number;
        if let RequirementState::Met { recent_until, .. } = &mut requirement.state {
            *recent_until = Some(at(rng.i64(0..100)));
        }
    }
    let mut events = all_case_events();
    rng.shuffle(&mut events);
    events.truncate(rng.usize(1..=4));
    let mut expected = stored.map(|stored| stored.revision);
    if rng.u8(..) < 20 {
        expected = Revision::new(rng.u64(0..4));
    }
    Change::new(case, expected, events)
}

fn edit(rng: &mut Rng, enquiry: &mut Enquiry) {
    if enquiry.checks.len() < 4 && rng.bool() {
        let name = RESPONDERS[rng.usize(..RESPONDERS.len())];
        let more = Sample::bare(0).check(name, leased(1)).build().checks;
        enquiry.checks.extend(more);
    }
    for (place, check) in (1..).zip(&mut enquiry.checks) {
        check.number = place;
        let minutes = rng.i64(0..100);
        check.state = match rng.u8(0..8) {
            0..3 => CheckState::Waiting {
                since: at(0),
                for_people: None,
            },
            3 => leased(minutes),
            4 => answered(false),
            5 | 6 => answered(true),
            _ => closed(),
        };
        check.ladder.steps = (0..rng.usize(0..3))
            .map(|_| step("desk", rng.i64(0..100), StepState::Pending))
            .collect();
    }
    if rng.bool() {
        enquiry.deadline = hearing(COURTS[rng.usize(..2)], rng.i64(0..100));
    }
    let acknowledged = AlertState::Acknowledged {
        by: by(Role::Operator),
        at: at(0),
        expires: at(rng.i64(0..100)),
        note: usher_domain::sealed::Sealed::default(),
    };
    let resolved = AlertState::Resolved { at: at(0) };
    let state = if rng.bool() { acknowledged } else { resolved };
    enquiry.alerts = Sample::new(0).alert(state).build().alerts;
    enquiry.alerts.truncate(rng.usize(0..2));
}

fn cursor(rng: &mut Rng, end: Cursor) -> Cursor {
    Cursor {
        entry: rng.u64(0..=end.entry),
        events: rng.u32(0..6),
    }
}

/// Asks both the same random questions.
async fn compare(rng: &mut Rng, store: &dyn Store, model: &dyn Store, step: usize) {
    macro_rules! same {
        ($($question:tt)*) => {
            assert_eq!(
                store.$($question)*.await.unwrap(),
                model.$($question)*.await.unwrap(),
                "step {step}: {}", stringify!($($question)*),
            )
        };
    }
    let limit = rng.usize(0..8);
    let until = at(rng.i64(0..110));
    let end = model.feed_end().await.unwrap();
    let number = rng.u128(0..ENQUIRIES);
    for name in RESPONDERS {
        same!(queued(&responder(name), limit));
    }
    same!(queues());
    same!(due(until, limit));
    same!(next_due());
    same!(counts());
    same!(feed_end());
    same!(unreadable());
    let after = cursor(rng, end);
    same!(feed(after, limit));
    same!(history(id(number), after, limit));
    same!(history(case_record(number), after, limit));
    let filter = filter(rng);
    let size = rng.usize(1..6);
    let expected = walk(model, &filter, 100).await;
    assert_eq!(
        walk(store, &filter, size).await,
        expected,
        "step {step}: {filter:?}"
    );
    let number = if rng.bool() {
        id(number)
    } else {
        case_record(number)
    };
    let (found, expected) = (store.load(number).await, model.load(number).await);
    let plain = |stored: Option<usher::store::Stored>| stored.map(|s| (s.record, s.revision));
    assert_eq!(
        plain(found.unwrap()),
        plain(expected.unwrap()),
        "step {step}"
    );
}

fn filter(rng: &mut Rng) -> Filter {
    Filter {
        kind: RecordKind::ALL[rng.usize(..2)],
        courts: rng.bool().then(|| vec![court(COURTS[rng.usize(..2)])]),
        responders: rng
            .bool()
            .then(|| vec![responder(RESPONDERS[rng.usize(..3)])]),
        open: rng.bool().then(|| rng.bool()),
        alerting: rng.bool().then(|| rng.bool()),
        deadline: rng.bool().then(|| {
            let from = rng.i64(0..100);
            at(from)..at(from + rng.i64(1..50))
        }),
    }
}
