//! Due moments: soonest first, from the records alone.

use super::{Engine, Home, stamp};
use crate::support::sample::{
    Sample, at, case, case_record, changed, closed, id, registered, step,
};
use usher_domain::case::RequirementState;
use usher_domain::ladder::StepState;
use usher_domain::time::Timestamp;

stamp! {
    soonest_first,
    boundary_is_inclusive,
    closed_is_never_due,
    a_case_is_due_when_what_covers_it_is_too_old,
    next_due_matches_due,
    moved_due_is_seen_once,
    due_limit_is_honoured,
}

async fn soonest_first(home: Home) {
    for (number, due) in [(1, 30), (2, 10), (3, 20)] {
        home.commit(Sample::new(number).due(due).submitted()).await;
    }
    assert_eq!(home.due(99).await, [id(2), id(3), id(1)]);
    let due = home.store().due(at(99), 9).await.unwrap();
    assert_eq!(due[0], (at(10), id(2)));
}

async fn boundary_is_inclusive(home: Home) {
    home.commit(Sample::new(1).due(10).submitted()).await;
    let millisecond = jiff::SignedDuration::from_millis(1);
    for (until, count) in [
        (at(10) - millisecond, 0),
        (at(10), 1),
        (at(10) + millisecond, 1),
    ] {
        assert_eq!(
            home.store().due(until, 9).await.unwrap().len(),
            count,
            "{until}"
        );
    }
}

async fn closed_is_never_due(home: Home) {
    home.commit(Sample::new(1).due(10).submitted()).await;
    let stored = home.load(id(1)).await;
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].state = closed();
    }))
    .await;
    assert_eq!(home.due(9_999).await, []);
    assert_eq!(home.store().next_due().await.unwrap(), None);
}

async fn a_case_is_due_when_what_covers_it_is_too_old(mut home: Home) {
    // Heard in the 120th minute.
    for (number, minutes) in [(1, Some(30)), (2, Some(120)), (3, None)] {
        let mut met = case(number);
        met.requirements.remove(0);
        met.alerts.clear();
        for (number, requirement) in (1..).zip(&mut met.requirements) {
            requirement.number = number;
            if let RequirementState::Met { recent_until, .. } = &mut requirement.state {
                *recent_until = minutes.map(at);
            }
        }
        home.commit(registered(met)).await;
    }
    home.reopen().await;
    assert_eq!(home.due(30).await, []);
    assert_eq!(home.due(31).await, [case_record(1)]);
    assert_eq!(home.due(9_999).await, [case_record(1)]);
}

async fn next_due_matches_due(home: Home) {
    assert_eq!(home.store().next_due().await.unwrap(), None);
    for (number, due, next) in [(1, 30, 30), (2, 40, 30), (3, 20, 20)] {
        home.commit(Sample::new(number).due(due).submitted()).await;
        assert_eq!(home.store().next_due().await.unwrap(), Some(at(next)));
        let first = home.store().due(Timestamp::MAX, 1).await.unwrap()[0].0;
        assert_eq!(first, at(next));
    }
}

async fn moved_due_is_seen_once(home: Home) {
    home.commit(Sample::new(1).due(10).submitted()).await;
    home.commit(Sample::new(2).due(20).submitted()).await;
    let stored = home.load(id(1)).await;
    let moved = step("desk", 30, StepState::Pending);
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].ladder.steps = vec![moved];
    }))
    .await;
    assert_eq!(home.due(29).await, [id(2)]);
    assert_eq!(home.due(30).await, [id(2), id(1)]);
    let stored = home.load(id(2)).await;
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].ladder.steps.clear();
    }))
    .await;
    assert_eq!(home.due(99).await, [id(1)]);
}

async fn due_limit_is_honoured(home: Home) {
    for number in 1..=4 {
        home.commit(Sample::new(number).due(10).submitted()).await;
    }
    for (limit, length) in [(0, 0), (3, 3), (9, 4)] {
        let due = home.store().due(at(10), limit).await.unwrap();
        assert_eq!(due.len(), length, "{limit}");
    }
}
