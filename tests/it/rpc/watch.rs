//! Watching: a snapshot, then every event once and in order, across a restart of the broker; and an end that says why.

use super::*;
use std::time::Duration;
use tokio_stream::StreamExt as _;
use tonic::Streaming;
use usher::clock::Stopwatch;
use usher_domain::limits;
use v1::EventType as E;
use v1::watch_response::Payload;

async fn watch(kit: &Kit, request: v1::WatchRequest) -> Streaming<v1::WatchResponse> {
    kit.court(OFFICER)
        .watch(request)
        .await
        .unwrap()
        .into_inner()
}

fn resume(cursor: &str) -> v1::WatchRequest {
    v1::WatchRequest {
        resume_cursor: cursor.into(),
        ..v1::WatchRequest::default()
    }
}

async fn next(stream: &mut Streaming<v1::WatchResponse>) -> Payload {
    let message = tokio::time::timeout(PATIENCE, stream.next())
        .await
        .expect("a message in time");
    message.unwrap().unwrap().payload.unwrap()
}

async fn event(stream: &mut Streaming<v1::WatchResponse>) -> v1::Event {
    match next(stream).await {
        Payload::Event(event) => event,
        other => panic!("an event was expected: {other:?}"),
    }
}

/// The references of the snapshot, and the cursor at its end.
async fn snapshot(stream: &mut Streaming<v1::WatchResponse>) -> (Vec<String>, String) {
    let mut references = Vec::new();
    loop {
        match next(stream).await {
            Payload::Snapshot(enquiry) => references.push(enquiry.reference),
            Payload::SnapshotEnd(end) => return (references, end.cursor),
            other => panic!("a snapshot was expected: {other:?}"),
        }
    }
}

async fn answer_one(kit: &Kit) {
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap();
    kit.adapter(HACKNEY)
        .answer(answer(&check.id, &leased.lease_id))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_snapshot_comes_first_then_what_happens() {
    let kit = Kit::start().await;
    let later = kit
        .submit(enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]))
        .await;
    let sooner = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let mut stream = watch(&kit, v1::WatchRequest::default()).await;
    let (references, _) = snapshot(&mut stream).await;
    assert_eq!(references, [sooner.reference.clone(), later.reference]);
    answer_one(&kit).await;
    let leased = event(&mut stream).await;
    assert_eq!(
        (leased.r#type(), leased.reference.as_str()),
        (E::Leased, sooner.reference.as_str())
    );
    let answered = event(&mut stream).await;
    assert_eq!(
        (answered.r#type(), answered.timeliness()),
        (E::Answered, v1::Timeliness::InTime)
    );
    assert_eq!(answered.by.unwrap().client_id, HACKNEY);
}

#[tokio::test]
async fn what_is_committed_is_seen_at_once() {
    let kit = Kit::start().await;
    let mut stream = watch(&kit, v1::WatchRequest::default()).await;
    snapshot(&mut stream).await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let committed = Stopwatch::start();
    assert_eq!(event(&mut stream).await.r#type(), E::Submitted);
    assert!(
        committed.elapsed() < Duration::from_millis(200),
        "{:?}",
        committed.elapsed()
    );
}

#[tokio::test]
async fn a_resumed_watch_neither_misses_nor_repeats_even_across_a_restart() {
    let mut kit = Kit::start().await;
    let mut stream = watch(&kit, v1::WatchRequest::default()).await;
    let (_, start) = snapshot(&mut stream).await;
    for _ in 0..4 {
        kit.submit(enquiry(&[IN_HACKNEY, IN_CAMDEN])).await;
        answer_one(&kit).await;
    }
    let mut seen: Vec<v1::Event> = Vec::new();
    // In the middle of what one commit made.
    for _ in 0..7 {
        seen.push(event(&mut stream).await);
    }
    drop(stream);
    kit.restart().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let mut stream = watch(&kit, resume(&seen.last().unwrap().cursor)).await;
    while seen.len() < 4 * 5 + 2 {
        seen.push(event(&mut stream).await);
    }
    let mut whole = Vec::new();
    let mut stream = watch(&kit, resume(&start)).await;
    while whole.len() < seen.len() {
        whole.push(event(&mut stream).await);
    }
    assert!(
        seen == whole,
        "{:#?}",
        seen.iter().zip(&whole).find(|(a, b)| a != b)
    );
    let mut cursors: Vec<_> = seen.iter().map(|event| &event.cursor).collect();
    let in_order = cursors.clone();
    cursors.dedup();
    assert_eq!(cursors, in_order, "an event came twice");
    assert!(
        tokio::time::timeout(Duration::from_millis(200), stream.next())
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_watch_of_one_enquiry_tells_of_no_other() {
    let kit = Kit::start().await;
    let mine = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let request = v1::WatchRequest {
        enquiry_id: mine.enquiry_id.clone(),
        ..v1::WatchRequest::default()
    };
    let mut stream = watch(&kit, request).await;
    assert_eq!(snapshot(&mut stream).await.0, [mine.reference]);
    kit.submit(enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]))
        .await;
    answer_one(&kit).await;
    for expected in [E::Leased, E::Answered] {
        let event = event(&mut stream).await;
        assert_eq!(
            (event.r#type(), &event.enquiry_id),
            (expected, &mine.enquiry_id)
        );
    }
}

#[tokio::test]
async fn a_watch_ends_with_unavailable_when_the_broker_stops() {
    let mut kit = Kit::start().await;
    let mut stream = watch(&kit, v1::WatchRequest::default()).await;
    snapshot(&mut stream).await;
    let adapter = kit.channel(HACKNEY);
    let poll = tokio::spawn(async move {
        let request = v1::LeaseChecksRequest {
            wait: Some(seconds(60)),
            ..lease()
        };
        let mut client = v1::adapter_service_client::AdapterServiceClient::new(adapter);
        client.lease_checks(request).await
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    let asked = Stopwatch::start();
    kit.begin_stop().await;
    let last = tokio::time::timeout(PATIENCE, stream.next())
        .await
        .unwrap()
        .unwrap();
    check_refused(last, Code::Unavailable, "DRAINING");
    check_refused(poll.await.unwrap(), Code::Unavailable, "DRAINING");
    assert_eq!(kit.stop().await, usher::lifecycle::Ending::Stopped);
    assert!(
        asked.elapsed() < Duration::from_secs(4),
        "{:?}",
        asked.elapsed()
    );
}

#[tokio::test]
async fn alerts_are_watched_from_their_raising_to_their_end() {
    use v1::watch_alerts_response::Payload as P;
    let kit = Kit::start().await;
    kit.submit(enquiry(&["not a postcode"])).await;
    let request = v1::WatchAlertsRequest::default();
    let mut stream = kit
        .operations(OPERATOR)
        .watch_alerts(request)
        .await
        .unwrap()
        .into_inner();
    let mut next = async || {
        let message = tokio::time::timeout(PATIENCE, stream.next())
            .await
            .expect("a message in time");
        message.unwrap().unwrap().payload.unwrap()
    };
    let P::Snapshot(first) = next().await else {
        panic!("the alert that is open");
    };
    assert_eq!(first.trouble(), v1::Trouble::Unroutable);
    assert!(matches!(next().await, P::SnapshotEnd(_)));
    kit.clock.forward(Duration::from_secs(60));
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    assert!(
        matches!(next().await, P::Change(_)),
        "nobody has routed the first one"
    );
    kit.move_to("2026-11-23T10:16").await;
    let P::Change(raised) = next().await else {
        panic!("an alert is raised");
    };
    assert_eq!(raised.alert.as_ref().unwrap().cause, "chase");
    answer_one(&kit).await;
    let P::Change(ended) = next().await else {
        panic!("the alert has ended");
    };
    assert_eq!(ended.alert.unwrap().state(), v1::AlertState::Resolved);
    let resumed = v1::WatchAlertsRequest {
        resume_cursor: raised.cursor,
        ..v1::WatchAlertsRequest::default()
    };
    let mut resumed = kit
        .operations(OPERATOR)
        .watch_alerts(resumed)
        .await
        .unwrap()
        .into_inner();
    let again = resumed.next().await.unwrap().unwrap().payload.unwrap();
    assert!(matches!(again, P::Change(change) if change.cursor == ended.cursor));
}

#[tokio::test]
async fn a_cursor_that_is_not_of_this_store_is_refused() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let cursor = kit.history(&receipt.enquiry_id).await.pop().unwrap().cursor;
    let mut damaged = cursor.clone();
    damaged.pop();
    // As after a restore from a backup: the place lies ahead of everything that this store holds, or something else stands there now.
    let mut ahead = usher::rpc::token::read_cursor(&cursor).unwrap();
    ahead.after.entry = kit.store_end().await + 1;
    let mut other = usher::rpc::token::read_cursor(&cursor).unwrap();
    other.mark ^= 1;
    let [ahead, other] = [ahead, other].map(usher::rpc::token::cursor);
    for wrong in [
        damaged.as_str(),
        "nonsense",
        &"x".repeat(10_000),
        &ahead,
        &other,
    ] {
        let refused = kit.court(OFFICER).watch(resume(wrong)).await;
        check_refused(refused, Code::InvalidArgument, "BAD_CURSOR");
        let alerts = v1::WatchAlertsRequest {
            resume_cursor: wrong.into(),
            ..v1::WatchAlertsRequest::default()
        };
        let refused = kit.operations(OPERATOR).watch_alerts(alerts).await;
        check_refused(refused, Code::InvalidArgument, "BAD_CURSOR");
    }
    watch(&kit, resume(&cursor)).await;
}

#[tokio::test]
async fn watches_are_counted_while_they_run() {
    let kit = Kit::start().await;
    let open = || kit.metrics.watches_open.get();
    let mut one = watch(&kit, v1::WatchRequest::default()).await;
    snapshot(&mut one).await;
    let two = watch(&kit, v1::WatchRequest::default()).await;
    until("two are open", || open() == 2).await;
    drop((one, two));
    until("none is open", || open() == 0).await;
}

#[tokio::test]
async fn a_watch_shows_signs_of_life_even_while_all_that_happens_is_others() {
    let kit = Kit::start().await;
    let request = v1::WatchRequest::default();
    let mut stream = kit
        .court(STRANGER)
        .watch(request)
        .await
        .unwrap()
        .into_inner();
    assert!(matches!(next(&mut stream).await, Payload::SnapshotEnd(_)));
    let quiet = Stopwatch::start();
    let noise = async {
        loop {
            kit.submit(enquiry(&[IN_HACKNEY])).await;
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
    };
    let alive = tokio::select! {
        () = noise => unreachable!(),
        alive = tokio::time::timeout(Duration::from_secs(30), stream.next()) => alive,
    };
    let alive = alive
        .expect("a sign of life")
        .unwrap()
        .unwrap()
        .payload
        .unwrap();
    let Payload::Heartbeat(heartbeat) = alive else {
        panic!("the stranger heard something: {alive:?}");
    };
    assert!(
        quiet.elapsed() >= Duration::from_secs(19),
        "{:?}",
        quiet.elapsed()
    );
    // Whoever goes on from there has passed what was not theirs.
    let passed = usher::rpc::token::read_cursor(&heartbeat.cursor).unwrap();
    assert!(passed.after.entry >= 8, "{passed:?}");
}

#[tokio::test]
async fn a_cursor_of_another_feed_that_has_grown_past_it_is_refused() {
    let (before, restored) = (Kit::start().await, Kit::start().await);
    let lost = before.submit(enquiry(&[IN_HACKNEY])).await;
    let cursor = before.history(&lost.enquiry_id).await.pop().unwrap().cursor;
    let mut stream = watch(&before, v1::WatchRequest::default()).await;
    let (_, end) = snapshot(&mut stream).await;
    let mut operations = before.operations(OPERATOR);
    let status = operations.get_status(v1::GetStatusRequest {}).await;
    let feed_cursor = status.unwrap().into_inner().feed_cursor;
    for _ in 0..3 {
        restored.submit(enquiry(&[IN_HACKNEY])).await;
    }
    for cursor in [cursor, end, feed_cursor] {
        watch(&before, resume(&cursor)).await;
        let refused = restored.court(OFFICER).watch(resume(&cursor)).await;
        check_refused(refused, Code::InvalidArgument, "BAD_CURSOR");
    }
}

#[tokio::test]
async fn one_client_leaves_places_among_the_watches_to_the_others() {
    let kit = Kit::start().await;
    let open = async |who: &str| {
        let opened = kit.court(who).watch(v1::WatchRequest::default()).await;
        opened.map(Response::into_inner)
    };
    let mut own = Vec::new();
    for _ in 0..limits::WATCHES_PER_CLIENT_MAX {
        own.push(open(OFFICER).await.unwrap());
    }
    let mut operations = kit.operations(OFFICER);
    let alerts = operations.watch_alerts(v1::WatchAlertsRequest::default());
    let alerts = alerts.await.map(drop);
    let counts = operations.watch_alert_counts(v1::WatchAlertCountsRequest::default());
    let counts = counts.await.map(drop);
    for refused in [open(OFFICER).await.map(drop), alerts, counts] {
        let refused = check_refused(refused, Code::ResourceExhausted, "BUSY");
        assert!(refused.message().contains("of this client"), "{refused}");
    }
    let colleague = open(COLLEAGUE).await.unwrap();
    own.pop();
    let again = tokio::time::timeout(PATIENCE, async {
        while open(OFFICER).await.is_err() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    again.await.expect("a place that was left is free again");
    drop((own, colleague));
}
