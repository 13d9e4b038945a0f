//! The scheduler over a whole broker, with a clock that the tests move: every step once, at its moment, whatever was lost meanwhile.

use crate::support::*;
use std::collections::BTreeMap;
use std::time::Duration;
use usher::store::Store as _;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use v1::{AlertState, EventType};

/// When each step of an oral report's ladder is due that is asked for at ten and heard at two, on a Monday.
const LADDER: [(&str, &str); 7] = [
    ("chase", "2026-11-23T10:15"),
    ("duty_manager", "2026-11-23T10:45"),
    ("decision_point", "2026-11-23T12:00"),
    ("hearing", "2026-11-23T14:00"),
    ("after_1", "2026-11-24T14:00"),
    ("after_3", "2026-11-26T14:00"),
    ("after_10", "2026-12-07T14:00"),
];

/// The steps that were raised, in order, each with the moments when it was due and raised.
async fn raised(kit: &Kit, enquiry_id: &str) -> Vec<(String, Timestamp, Timestamp)> {
    let events = kit.history(enquiry_id).await;
    let raised = |event: &&v1::Event| event.r#type() == EventType::StepRaised;
    let step = |event: &v1::Event| {
        let (due, at) = (instant(event.due_time), instant(event.event_time));
        (event.step.clone(), due, at)
    };
    events.iter().filter(raised).map(step).collect()
}

async fn live(kit: &Kit) -> Vec<String> {
    let alerts = kit.alerts().await.into_iter();
    alerts
        .filter(|alert| alert.state() != AlertState::Resolved)
        .map(|alert| alert.cause)
        .collect()
}

#[tokio::test]
async fn every_step_of_a_ladder_is_raised_once_at_its_moment() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let mut expected = Vec::new();
    for (step, due) in LADDER {
        let due = at(due);
        kit.move_to_instant(due - jiff::SignedDuration::from_millis(1))
            .await;
        assert_eq!(
            raised(&kit, &receipt.enquiry_id).await,
            expected,
            "{step} came early"
        );
        kit.move_to_instant(due).await;
        expected.push((step.to_owned(), due, due));
        assert_eq!(raised(&kit, &receipt.enquiry_id).await, expected, "{step}");
    }
    // Nothing comes again, whatever the clock does; the check is still there and still watched.
    for moment in ["2026-11-23T09:00", "2027-02-01T10:00"] {
        kit.move_to(moment).await;
        assert_eq!(raised(&kit, &receipt.enquiry_id).await, expected);
    }
    let seen = kit.get(&receipt.enquiry_id).await;
    assert!(seen.open && seen.checks[0].state() == v1::CheckState::Waiting);
    let report = kit.verified().await;
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn what_fell_due_while_the_broker_was_down_is_raised_at_the_start() {
    let mut kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    kit.stop().await;
    kit.clock.set(at("2026-11-23T13:45"));
    kit.serve().await;
    kit.settle().await;
    let steps = raised(&kit, &receipt.enquiry_id).await;
    let names: Vec<&str> = steps.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(names, ["chase", "duty_manager", "decision_point"]);
    assert_eq!(steps[2].1, at("2026-11-23T12:00"), "the due moment is kept");
    assert_eq!(steps[2].2, at("2026-11-23T13:45"), "and when it was raised");
    // Another start raises nothing again.
    kit.restart().await;
    kit.settle().await;
    assert_eq!(raised(&kit, &receipt.enquiry_id).await, steps);
}

#[tokio::test]
async fn a_step_that_has_become_needless_is_not_raised() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let leased = kit.lease(HACKNEY).await;
    let accept = v1::AcceptRequest {
        request_id: fresh(),
        person: person("Dan Desk"),
        check_id: leased.check.unwrap().id,
        lease_id: leased.lease_id,
        expected_by_time: None,
    };
    kit.adapter(HACKNEY).accept(accept).await.unwrap();
    kit.move_to("2026-11-23T10:45").await;
    let steps = raised(&kit, &receipt.enquiry_id).await;
    let names: Vec<&str> = steps.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["duty_manager"],
        "somebody has it, so nobody is chased to take it"
    );
}

#[tokio::test]
async fn unanswered_and_undecided_at_the_hearing_is_sentenced_outstanding() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T14:00").await;
    let seen = kit.get(&receipt.enquiry_id).await;
    assert_eq!(
        instant(seen.checks[0].sentenced_outstanding_time),
        at("2026-11-23T14:00")
    );
    assert!(
        live(&kit)
            .await
            .contains(&"sentenced_outstanding".to_owned())
    );
    // The answer is wanted still; it comes, is marked late, and what was open ends.
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap();
    assert!(
        check.sentenced_outstanding_time.is_some(),
        "the borough is told"
    );
    let request = answer(&check.id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(request).await.unwrap();
    kit.settle().await;
    let seen = kit.get(&receipt.enquiry_id).await;
    let answered = &seen.checks[0].answers[0];
    assert_eq!(answered.timeliness(), v1::Timeliness::AfterHearing);
    assert_eq!(live(&kit).await, ["unread"], "the officer must read it");
}

#[tokio::test]
async fn an_acknowledgement_expires_even_while_the_broker_is_down() {
    let mut kit = Kit::start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    let alert = kit.alerts().await.swap_remove(0);
    let acknowledge = v1::AcknowledgeRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        alert_id: alert.id,
        note: String::new(),
    };
    kit.operations(OPERATOR)
        .acknowledge(acknowledge)
        .await
        .unwrap();
    kit.stop().await;
    kit.clock.set(at("2026-11-23T10:31"));
    kit.serve().await;
    kit.settle().await;
    assert_eq!(kit.alerts().await[0].state(), AlertState::Open);
}

#[tokio::test]
async fn work_without_an_adapter_is_an_alert_well_before_the_deadline() {
    let kit = Kit::shaped(Shape {
        absent_after: Duration::from_secs(300),
        ..Shape::default()
    })
    .await;
    kit.leased(CAMDEN, lease()).await;
    for _ in 0..5 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    kit.submit(enquiry(&[IN_CAMDEN])).await;
    kit.clock.set(at("2026-11-23T10:04:30"));
    kit.leased(CAMDEN, lease()).await;
    kit.clock.set(at("2026-11-23T10:05:30"));
    let told = async || {
        for _ in 0..500 {
            let alerts = kit.alerts().await;
            if !alerts.is_empty() {
                return alerts;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody was told");
    };
    let alerts = told().await;
    let [alert] = &alerts[..] else {
        panic!("Camden is there: {alerts:?}");
    };
    assert_eq!(alert.trouble(), v1::Trouble::NoAdapter);
    assert_eq!(alert.responder_id, "hackney");
    let request = v1::CountAlertsRequest::default();
    let counted = kit.operations(OPERATOR).count_alerts(request).await;
    let counts = counted.unwrap().into_inner().counts;
    let [count] = &counts[..] else {
        panic!("one line for one trouble: {counts:?}");
    };
    let numbers = [
        count.open_count,
        count.acknowledged_count,
        count.waiting_count,
    ];
    assert_eq!((numbers, count.cause.as_str()), ([1, 0, 5], "no_adapter"));
    assert_eq!(count.first_alert_id, alert.id);
    // It ends by itself as soon as an adapter takes the check.
    kit.lease(HACKNEY).await;
    assert_eq!(kit.alerts().await[0].state(), AlertState::Resolved);
}

#[tokio::test]
async fn losing_every_structure_in_memory_loses_nothing() {
    let mut kit = Kit::start().await;
    for hearing in ["2026-11-23T14:00", "2026-11-23T12:00", "2026-11-23T16:00"] {
        kit.submit(enquiry_at(hearing, &[IN_HACKNEY, IN_CAMDEN]))
            .await;
    }
    kit.submit(enquiry(&["not a postcode"])).await;
    let lent = kit.lease(HACKNEY).await;
    let check = lent.check.unwrap().id;
    let request = answer(&check, &lent.lease_id);
    kit.adapter(HACKNEY).answer(request).await.unwrap();
    let held = kit.lease(CAMDEN).await;
    kit.move_to("2026-11-23T10:01").await;
    let everything = async |kit: &Kit| {
        let mut enquiries = BTreeMap::new();
        let listed = kit
            .court(OFFICER)
            .list(v1::ListRequest::default())
            .await
            .unwrap();
        let order: Vec<String> = listed
            .into_inner()
            .enquiries
            .into_iter()
            .map(|one| one.id)
            .collect();
        for id in &order {
            enquiries.insert(id.clone(), (kit.get(id).await, kit.history(id).await));
        }
        let counts = kit.store().counts().await.unwrap();
        let due = kit.store().due(Timestamp::MAX, 100).await.unwrap();
        let queues = kit.store().queues().await.unwrap();
        (order, enquiries, kit.alerts().await, counts, due, queues)
    };
    let before = everything(&kit).await;
    kit.restart().await;
    assert!(
        everything(&kit).await == before,
        "the restart changed something"
    );
    // A lease outlives the broker that gave it.
    let check = held.check.unwrap().id;
    let request = answer(&check, &held.lease_id);
    kit.adapter(CAMDEN).answer(request).await.unwrap();
    kit.move_to("2026-11-23T10:15").await;
    let chased = kit
        .alerts()
        .await
        .iter()
        .filter(|alert| alert.cause == "chase")
        .count();
    assert_eq!(
        chased, 5,
        "four with boroughs, and the one that leads nowhere"
    );
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_nobody_else() {
    let mut kit = Kit::start().await;
    let bad = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let good = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.stop().await;
    kit.damage(&bad.enquiry_id);
    kit.serve().await;
    kit.move_to("2026-11-23T10:15").await;
    assert_eq!(raised(&kit, &good.enquiry_id).await.len(), 1);
    let get = v1::GetRequest {
        enquiry_id: bad.enquiry_id.clone(),
    };
    let refused = kit.court(OFFICER).get(get).await;
    check_refused(refused, tonic::Code::DataLoss, "RECORD_UNREADABLE");
    let mut operations = kit.operations(OPERATOR);
    let status = operations
        .get_status(v1::GetStatusRequest {})
        .await
        .unwrap();
    assert_eq!(status.into_inner().unreadable_records, 1);
    let report = kit.verified().await;
    assert!(!report.is_sound(), "verification tells of it");
    let told: Vec<_> = report
        .faults
        .iter()
        .filter_map(|fault| fault.enquiry.clone())
        .collect();
    assert!(told.contains(&bad.enquiry_id), "{told:?}");
}

#[tokio::test]
async fn a_record_that_goes_bad_under_a_running_broker_stops_nobody_else() {
    let kit = Kit::start().await;
    let bad = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let good = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.damage_while_running(&bad.enquiry_id);
    kit.clock.set(at("2026-11-23T10:15"));
    for _ in 0..500 {
        if raised(&kit, &good.enquiry_id).await.len() == 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(raised(&kit, &good.enquiry_id).await.len(), 1);
    // It goes on to raise what falls due later.
    kit.clock.set(at("2026-11-23T10:45"));
    for _ in 0..500 {
        if raised(&kit, &good.enquiry_id).await.len() == 2 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the scheduler stopped at the bad record");
}

#[tokio::test]
async fn a_scheduler_that_hangs_does_not_hide_what_is_overdue() {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        gate: Some(std::sync::Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    gate.set_open(false);
    kit.clock.set(at("2026-11-23T10:17"));
    until("the scheduler hangs", || gate.held() > 0).await;
    let told = "usher_oldest_unescalated_overdue_seconds 120.0";
    let is_told = || {
        kit.metrics
            .encode()
            .unwrap()
            .lines()
            .any(|line| line == told)
    };
    until(told, is_told).await;
    gate.set_open(true);
}
