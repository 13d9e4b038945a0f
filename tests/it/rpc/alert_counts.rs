//! Alerts by responder and cause: one line for a borough's trouble, however many checks it holds up, and told again when its counts change.

use super::*;
use std::time::Duration;
use tonic::Streaming;
use usher::clock::Stopwatch;
use usher_domain::limits;
use v1::watch_alert_counts_response::Payload;

type Watch = Streaming<v1::WatchAlertCountsResponse>;

/// What is told of one responder: its id, and how many alerts are open, looked after, and checks in its queue.
type Line = (String, [u32; 3]);

fn line(count: &v1::AlertCount) -> Line {
    let numbers = [
        count.open_count,
        count.acknowledged_count,
        count.waiting_count,
    ];
    (count.responder_id.clone(), numbers)
}

/// The next message that is no sign of life.
async fn next(watch: &mut Watch) -> Payload {
    loop {
        let message = tokio::time::timeout(PATIENCE, watch.message()).await;
        let message = message.expect("a message in time").unwrap().unwrap();
        assert!(!message.is_cut);
        match message.payload.unwrap() {
            Payload::Heartbeat(_) => {}
            other => return other,
        }
    }
}

async fn change(watch: &mut Watch) -> v1::AlertCount {
    match next(watch).await {
        Payload::Count(count) => count,
        other => panic!("a count was expected: {other:?}"),
    }
}

/// A watch of `who`, and what it tells at its start.
async fn watched(kit: &Kit, who: &str) -> (Watch, Vec<v1::AlertCount>) {
    let request = v1::WatchAlertCountsRequest::default();
    let watch = kit.operations(who).watch_alert_counts(request).await;
    let mut watch = watch.unwrap().into_inner();
    let mut counts = Vec::new();
    loop {
        match next(&mut watch).await {
            Payload::Count(count) => counts.push(count),
            Payload::SnapshotEnd(_) => return (watch, counts),
            Payload::Heartbeat(_) => unreachable!("they are passed over"),
        }
    }
}

async fn acknowledge(kit: &Kit, alert_id: &str) {
    let request = v1::AcknowledgeRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        alert_id: alert_id.into(),
        note: String::new(),
    };
    kit.operations(OPERATOR).acknowledge(request).await.unwrap();
}

/// So many checks of Hackney that nobody took for 15 minutes, and one of Camden.
async fn late(many: u32) -> Kit {
    let kit = Kit::start().await;
    for _ in 0..many {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    kit.submit(enquiry_at("2026-11-23T16:00", &[IN_CAMDEN]))
        .await;
    kit.move_to("2026-11-23T10:15").await;
    kit
}

#[tokio::test]
async fn a_boroughs_trouble_is_one_line_and_no_other_boroughs_comes_again() {
    let kit = late(50).await;
    let (mut watch, counts) = watched(&kit, OPERATOR).await;
    let lines: Vec<Line> = counts.iter().map(line).collect();
    let [hackney, camden] = ["hackney", "camden"].map(String::from);
    let wanted = [(hackney.clone(), [50, 0, 50]), (camden.clone(), [1, 0, 1])];
    assert_eq!(lines, wanted, "nearest deadline first");
    assert!(counts.iter().all(|count| count.cause == "chase"));
    let request = v1::CountAlertsRequest::default();
    let counted = kit.operations(OPERATOR).count_alerts(request).await;
    assert_eq!(counted.unwrap().into_inner().counts, counts, "one rule");
    let first = &counts[0];
    assert!(kit.alerts().await.iter().any(|alert| {
        (&alert.id, &alert.reference) == (&first.first_alert_id, &first.first_reference)
    }));
    let (_, of_camden) = watched(&kit, CAMDEN).await;
    assert_eq!(of_camden, counts[1..], "nobody else's");

    acknowledge(&kit, &first.first_alert_id).await;
    let changed = change(&mut watch).await;
    assert_eq!(line(&changed), (hackney, [49, 1, 50]));
    assert_ne!(
        changed.first_alert_id, first.first_alert_id,
        "one to be taken on"
    );

    let leased = kit.lease(CAMDEN).await;
    let request = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(CAMDEN).answer(request).await.unwrap();
    loop {
        let changed = change(&mut watch).await;
        assert_eq!(changed.responder_id, camden, "{changed:?}");
        if changed.open_count == 0 {
            let ended = v1::AlertCount {
                responder_id: camden,
                responder_name: counts[1].responder_name.clone(),
                cause: "chase".into(),
                ..v1::AlertCount::default()
            };
            assert_eq!(changed, ended);
            return;
        }
    }
}

#[tokio::test]
async fn changes_that_come_close_together_are_told_together() {
    const MANY: u32 = 40;
    let kit = late(MANY).await;
    let (mut watch, _) = watched(&kit, OPERATOR).await;
    let alerts = kit.alerts().await;
    let hackneys = alerts
        .iter()
        .filter(|alert| alert.responder_id == "hackney");
    let passed = Stopwatch::start();
    for alert in hackneys {
        acknowledge(&kit, &alert.id).await;
    }
    let mut told = 1;
    while line(&change(&mut watch).await).1 != [0, MANY, MANY] {
        told += 1;
    }
    // The first at once, the others apart; and one that was under way.
    let apart = Duration::from_secs(limits::ALERT_COUNTS_APART_SECONDS_MIN);
    let most = passed.elapsed().as_secs() / apart.as_secs() + 2;
    assert!(told <= most, "told {told} times in {:?}", passed.elapsed());
}

#[tokio::test]
async fn a_watch_shows_signs_of_life_while_all_that_happens_is_others() {
    let kit = late(1).await;
    let (mut watch, counts) = watched(&kit, STRANGER).await;
    assert!(counts.is_empty(), "{counts:?}");
    acknowledge(&kit, &kit.alerts().await[0].id).await;
    let alive = tokio::time::timeout(Duration::from_secs(60), watch.message()).await;
    let alive = alive.expect("a sign of life").unwrap().unwrap();
    let Some(Payload::Heartbeat(heartbeat)) = alive.payload else {
        panic!("the stranger heard something: {alive:?}");
    };
    assert!(usher::rpc::token::read_cursor(&heartbeat.cursor).is_some());
}
