//! Queues: nearest deadline first, each responder its own.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, at, changed, id, leased, responder};
use usher_domain::enquiry::CheckState;

stamp! {
    nearest_deadline_first,
    leased_is_not_offered,
    other_responder_is_not_offered,
    limit_is_honoured,
    queues_lists_each_once,
    moved_deadline_moves_in_the_queue,
}

async fn queue(home: &Home, name: &str, limit: usize) -> Vec<(u8, i64)> {
    let queued = home.store().queued(&responder(name), limit).await.unwrap();
    let minutes =
        |queued: &usher::store::Queued| (queued.deadline.as_second() - at(0).as_second()) / 60;
    queued
        .iter()
        .map(|queued| (queued.check.number, minutes(queued)))
        .collect()
}

fn waiting() -> CheckState {
    CheckState::Waiting {
        since: at(0),
        for_people: None,
    }
}

async fn nearest_deadline_first(home: Home) {
    for (number, deadline) in [(1, 300), (2, 100), (3, 200), (4, 50), (5, 400)] {
        home.commit(Sample::new(number).deadline(deadline).submitted())
            .await;
    }
    let deadlines: Vec<i64> = queue(&home, "hackney", 9)
        .await
        .iter()
        .map(|q| q.1)
        .collect();
    assert_eq!(deadlines, [50, 100, 200, 300, 400]);
}

async fn leased_is_not_offered(home: Home) {
    home.commit(Sample::new(1).check("hackney", leased(20)).submitted())
        .await;
    assert_eq!(queue(&home, "hackney", 9).await, [(1, 300)]);
    let stored = home.load(id(1)).await;
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].state = leased(20);
    }))
    .await;
    assert_eq!(queue(&home, "hackney", 9).await, []);
    assert_eq!(home.store().queues().await.unwrap(), []);
    let stored = home.load(id(1)).await;
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[1].state = waiting();
    }))
    .await;
    assert_eq!(queue(&home, "hackney", 9).await, [(2, 300)]);
}

async fn other_responder_is_not_offered(home: Home) {
    home.commit(Sample::new(1).check("newham", waiting()).submitted())
        .await;
    assert_eq!(queue(&home, "hackney", 9).await, [(1, 300)]);
    assert_eq!(queue(&home, "newham", 9).await, [(2, 300)]);
    assert_eq!(queue(&home, "barnet", 9).await, []);
}

async fn limit_is_honoured(home: Home) {
    for number in 1..=5 {
        home.commit(Sample::new(number).submitted()).await;
    }
    for (limit, length) in [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5)] {
        assert_eq!(
            queue(&home, "hackney", limit).await.len(),
            length,
            "{limit}"
        );
    }
}

async fn queues_lists_each_once(home: Home) {
    home.commit(Sample::new(1).check("newham", waiting()).submitted())
        .await;
    home.commit(
        Sample::new(2)
            .deadline(100)
            .check("barnet", leased(9))
            .submitted(),
    )
    .await;
    let queues = home.store().queues().await.unwrap();
    let seen: Vec<_> = queues
        .iter()
        .map(|(responder, first, length)| (responder.as_str(), first.check.enquiry.into(), *length))
        .collect();
    assert_eq!(seen, [("hackney", id(2), 2), ("newham", id(1), 1)]);
}

async fn moved_deadline_moves_in_the_queue(home: Home) {
    home.commit(Sample::new(1).deadline(100).submitted()).await;
    home.commit(Sample::new(2).deadline(200).submitted()).await;
    let stored = home.load(id(1)).await;
    let later = Sample::new(1).deadline(900).build().deadline;
    home.commit(changed(&stored, |enquiry| enquiry.deadline = later))
        .await;
    assert_eq!(queue(&home, "hackney", 9).await, [(1, 200), (1, 900)]);
}
