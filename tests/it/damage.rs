//! Damage under a whole broker: what cannot be read or written is in front of operators, and in nobody's way.

use crate::support::*;
use std::time::Duration;
use tokio_stream::StreamExt as _;
use tonic::{Code, Streaming};
use usher::broker::input::Resume;
use usher::store::Cursor;
use v1::watch_alerts_response::Payload as P;

use usher_proto::v1;

const UNREADABLE: &str = "record_unreadable";

/// What `who` lists with this request: each alert's id and cause.
async fn listed(
    kit: &Kit,
    who: &'static str,
    request: v1::ListAlertsRequest,
) -> Vec<(String, String)> {
    let listed = kit.operations(who).list_alerts(request).await.unwrap();
    let alerts = listed.into_inner().alerts.into_iter();
    alerts.map(|alert| (alert.id, alert.cause)).collect()
}

async fn watch(kit: &Kit, resume_cursor: String) -> Streaming<v1::WatchAlertsResponse> {
    let request = v1::WatchAlertsRequest {
        resume_cursor,
        ..v1::WatchAlertsRequest::default()
    };
    let watched = kit.operations(OPERATOR).watch_alerts(request).await;
    watched.unwrap().into_inner()
}

async fn next(stream: &mut Streaming<v1::WatchAlertsResponse>) -> P {
    let message = tokio::time::timeout(PATIENCE, stream.next()).await;
    let message = message.expect("a message in time").unwrap();
    message.unwrap().payload.unwrap()
}

async fn gauge(kit: &Kit, line: &str) {
    let is_told = || kit.metrics.encode().unwrap().lines().any(|l| l == line);
    until(line, is_told).await;
}

/// A broker with an alert of an ordinary enquiry, and the enquiry whose record is then damaged.
async fn damaged() -> (Kit, String) {
    let mut kit = Kit::start().await;
    let bad = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    kit.submit(enquiry(&["not a postcode"])).await;
    kit.stop().await;
    kit.damage(&bad);
    kit.serve().await;
    (kit, bad)
}

/// The cursor before everything.
fn beginning() -> String {
    usher::rpc::token::cursor(Resume {
        after: Cursor::default(),
        mark: 0,
    })
}

#[tokio::test]
async fn a_damaged_record_is_in_front_of_operators_and_of_nobody_else() {
    let (kit, bad) = damaged().await;
    let all = v1::ListAlertsRequest::default();
    let found = listed(&kit, OPERATOR, all.clone()).await;
    assert_eq!(found[0], (format!("{bad}/0"), UNREADABLE.to_owned()));
    assert_eq!(found[1].1, "unroutable");
    for who in [OFFICER, MANAGER, HACKNEY, INSPECTOR] {
        let found = listed(&kit, who, all.clone()).await;
        assert!(found.iter().all(|(_, cause)| cause != UNREADABLE), "{who}");
    }
    gauge(&kit, "usher_records_unreadable 1").await;
    gauge(&kit, "usher_alerts_open 2").await;
    let mut stream = watch(&kit, String::new()).await;
    let P::Snapshot(alert) = next(&mut stream).await else {
        panic!("the snapshot has it");
    };
    assert_eq!(
        (alert.cause.as_str(), alert.check_id.as_str()),
        (UNREADABLE, "")
    );
    assert_eq!(alert.state(), v1::AlertState::Open);
    assert_eq!(alert.audiences, [i32::from(v1::Audience::Operator)]);
    // Nobody can take it on: the record cannot be written either.
    let acknowledge = v1::AcknowledgeRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        alert_id: alert.id,
        note: String::new(),
    };
    let refused = kit.operations(OPERATOR).acknowledge(acknowledge).await;
    check_refused(refused, Code::InvalidArgument, "INVALID_FIELDS");
}

#[tokio::test]
async fn damaged_records_keep_to_filters() {
    let (kit, _) = damaged().await;
    let check = async |request: v1::ListAlertsRequest, wanted: bool| {
        let found = listed(&kit, OPERATOR, request.clone()).await;
        let has = found.iter().any(|(_, cause)| cause == UNREADABLE);
        assert_eq!(has, wanted, "{request:?}");
    };
    let any = v1::ListAlertsRequest::default;
    let (open, ended) = (v1::AlertState::Open.into(), v1::AlertState::Resolved.into());
    check(
        v1::ListAlertsRequest {
            states: vec![open],
            ..any()
        },
        true,
    )
    .await;
    check(
        v1::ListAlertsRequest {
            states: vec![ended],
            ..any()
        },
        false,
    )
    .await;
    let (operator, officer) = (v1::Audience::Operator.into(), v1::Audience::Officer.into());
    check(
        v1::ListAlertsRequest {
            audiences: vec![operator],
            ..any()
        },
        true,
    )
    .await;
    check(
        v1::ListAlertsRequest {
            audiences: vec![officer],
            ..any()
        },
        false,
    )
    .await;
    check(
        v1::ListAlertsRequest {
            court_codes: vec![COURT.into()],
            ..any()
        },
        false,
    )
    .await;
    let theirs = vec!["hackney".to_owned()];
    check(
        v1::ListAlertsRequest {
            responder_ids: theirs,
            ..any()
        },
        false,
    )
    .await;
}

#[tokio::test]
async fn damaged_records_come_once_in_pages() {
    let (kit, bad) = damaged().await;
    let mut pages = Vec::new();
    let mut request = v1::ListAlertsRequest {
        page_size: 1,
        ..v1::ListAlertsRequest::default()
    };
    loop {
        let page = kit.operations(OPERATOR).list_alerts(request.clone()).await;
        let page = page.unwrap().into_inner();
        assert!(page.alerts.len() <= 1, "{page:?}");
        pages.extend(page.alerts.into_iter().map(|alert| alert.id));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(pages.len(), 2, "each once: {pages:?}");
    assert_eq!(pages[0], format!("{bad}/0"));
}

#[tokio::test]
async fn whoever_watches_is_told_of_a_record_that_goes_bad() {
    let kit = Kit::start().await;
    let bad = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let mut stream = watch(&kit, String::new()).await;
    let P::SnapshotEnd(end) = next(&mut stream).await else {
        panic!("there is no alert yet");
    };
    kit.damage_while_running(&bad);
    kit.clock.set(at("2026-11-23T10:15"));
    let resumed = watch(&kit, end.cursor).await;
    for mut stream in [stream, resumed] {
        let P::Change(change) = next(&mut stream).await else {
            panic!("a change");
        };
        let alert = change.alert.unwrap();
        assert_eq!(
            (alert.id, alert.cause),
            (format!("{bad}/0"), UNREADABLE.into())
        );
    }
}

#[tokio::test]
async fn a_record_that_is_too_large_is_tried_once_and_told_until_it_is_written() {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        gate: Some(std::sync::Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    let bad = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let good = kit.submit(enquiry(&[IN_CAMDEN])).await.enquiry_id;
    gate.refuse(Some(bad.parse().unwrap()));
    kit.clock.set(at("2026-11-23T10:15"));
    until("it was tried", || gate.refused() > 0).await;
    gauge(&kit, "usher_records_unreadable 1").await;
    assert_eq!(gate.refused(), 1, "the scheduler turns in a circle");
    let found = kit.alerts().await;
    assert_eq!(found[0].id, format!("{bad}/0"));
    assert_eq!(found[0].cause, "record_too_large");
    let chased = |alert: &v1::Alert| alert.id.starts_with(&good) && alert.cause == "chase";
    assert!(found.iter().any(chased), "the other one is chased");
    // It can be read, and what a person does makes it fit again.
    gate.refuse(None);
    let leased = kit.lease(HACKNEY).await;
    assert!(leased.check.unwrap().id.starts_with(&bad));
    let found = kit.alerts().await;
    assert!(found.iter().all(|alert| alert.cause != "record_too_large"));
    kit.move_to("2026-11-23T10:45").await;
    let found = kit.alerts().await;
    let raised = |alert: &v1::Alert| alert.id.starts_with(&bad) && alert.cause == "duty_manager";
    assert!(found.iter().any(raised), "{found:?}");
}

#[tokio::test]
async fn a_damaged_record_does_not_hold_up_a_resumed_watch() {
    let kit = Kit::start().await;
    let start = beginning();
    let bad = kit.submit(enquiry(&["not a postcode"])).await.enquiry_id;
    let good = kit.submit(enquiry(&["nor is this"])).await.enquiry_id;
    kit.damage_while_running(&bad);
    let mut stream = watch(&kit, start).await;
    let mut told = Vec::new();
    while told.len() < 2 {
        let P::Change(change) = next(&mut stream).await else {
            panic!("a change");
        };
        let alert = change.alert.unwrap();
        told.push((alert.id, alert.cause));
    }
    told.sort_by_key(|(id, _)| !id.starts_with(&good));
    assert_eq!(told[0].1, "unroutable");
    assert_eq!(told[1], (format!("{bad}/0"), UNREADABLE.to_owned()));
}

#[tokio::test]
async fn an_entry_of_the_feed_that_cannot_be_read_brings_the_snapshot_again() {
    let kit = Kit::start().await;
    let start = beginning();
    let passed = kit.submit(enquiry(&["not a postcode"])).await.enquiry_id;
    let entry = kit.store_end().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.damage_feed(entry);
    let mut stream = watch(&kit, start).await;
    let P::Snapshot(alert) = next(&mut stream).await else {
        panic!("the snapshot comes instead of what cannot be read");
    };
    assert!(alert.id.starts_with(&passed), "{alert:?}");
    assert!(matches!(next(&mut stream).await, P::SnapshotEnd(_)));
    kit.clock.forward(Duration::from_secs(1));
    let after = kit.submit(enquiry(&["nor is this"])).await.enquiry_id;
    let P::Change(change) = next(&mut stream).await else {
        panic!("it goes on");
    };
    assert!(change.alert.unwrap().id.starts_with(&after));
    // The watch of enquiries does the same.
    let request = v1::WatchRequest {
        resume_cursor: beginning(),
        ..v1::WatchRequest::default()
    };
    let watched = kit.court(OFFICER).watch(request).await.unwrap();
    let first = watched.into_inner().next().await.unwrap().unwrap().payload;
    assert!(matches!(
        first.unwrap(),
        v1::watch_response::Payload::Snapshot(_)
    ));
}
