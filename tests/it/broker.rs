//! Load, decide, commit, announce, in this order: nobody hears of what is not committed, and everybody of what is, whatever becomes of
//! the call.

mod reuse;
mod view;

use crate::support::*;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use tokio_stream::StreamExt as _;
use tonic::{Code, Streaming};
use usher_proto::v1;
use v1::watch_response::Payload;

const SILENCE: Duration = Duration::from_millis(300);

async fn gated() -> (Arc<Kit>, Arc<Gate>) {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        gate: Some(Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    (Arc::new(kit), gate)
}

/// A watch after its snapshot of nothing.
async fn watch(kit: &Kit) -> Streaming<v1::WatchResponse> {
    let watch = kit.court(OFFICER).watch(v1::WatchRequest::default()).await;
    let mut watch = watch.unwrap().into_inner();
    let first = watch.next().await.unwrap().unwrap().payload.unwrap();
    assert!(matches!(first, Payload::SnapshotEnd(_)));
    watch
}

type Poll = tokio::task::JoinHandle<Vec<v1::LeasedCheck>>;

/// An adapter's call that waits.
async fn poll(kit: &Arc<Kit>) -> Poll {
    let kit = Arc::clone(kit);
    let call = v1::LeaseChecksRequest {
        wait: Some(seconds(60)),
        ..lease()
    };
    let poll = tokio::spawn(async move { kit.leased(HACKNEY, call).await });
    tokio::time::sleep(SILENCE).await;
    poll
}

async fn check_heard(watch: &mut Streaming<v1::WatchResponse>, poll: Poll) {
    let event = timeout(PATIENCE, watch.next())
        .await
        .expect("the watch hears of it");
    let event = event.unwrap().unwrap().payload.unwrap();
    assert!(matches!(event, Payload::Event(event) if event.r#type() == v1::EventType::Submitted));
    let leased = timeout(PATIENCE, poll)
        .await
        .expect("the adapter hears of it");
    assert_eq!(leased.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_is_announced_before_it_is_committed() {
    let (kit, gate) = gated().await;
    let mut watch = watch(&kit).await;
    let poll = poll(&kit).await;
    gate.set_open(false);
    let submitter = Arc::clone(&kit);
    let submitting = tokio::spawn(async move { submitter.submit(enquiry(&[IN_HACKNEY])).await });
    until("the commit is held", || gate.held() == 1).await;
    assert!(
        timeout(SILENCE, watch.next()).await.is_err(),
        "the watch heard of it"
    );
    assert!(!poll.is_finished(), "the adapter heard of it");
    assert!(
        !submitting.is_finished(),
        "the officer has a receipt for nothing"
    );
    let list = kit.court(OFFICER).list(v1::ListRequest::default()).await;
    assert!(list.unwrap().into_inner().enquiries.is_empty());
    gate.set_open(true);
    submitting.await.unwrap();
    check_heard(&mut watch, poll).await;
}

#[tokio::test]
async fn what_could_not_be_committed_is_nobodys_news() {
    let (kit, gate) = gated().await;
    let mut watch = watch(&kit).await;
    let poll = poll(&kit).await;
    gate.fail();
    let refused = kit.court(OFFICER).submit(enquiry(&[IN_HACKNEY])).await;
    check_refused(refused, Code::Unavailable, "STORE_UNAVAILABLE");
    assert!(
        timeout(SILENCE, watch.next()).await.is_err(),
        "the watch heard of it"
    );
    assert!(!poll.is_finished(), "the adapter heard of it");
}

#[tokio::test]
async fn a_caller_that_goes_away_keeps_nobody_from_hearing_what_was_committed() {
    let (kit, gate) = gated().await;
    let mut watch = watch(&kit).await;
    let poll = poll(&kit).await;
    gate.set_open(false);
    let request = enquiry(&[IN_HACKNEY]);
    let (submitter, sent) = (Arc::clone(&kit), request.clone());
    let submitting = tokio::spawn(async move { submitter.submit(sent).await });
    until("the commit is held", || gate.held() == 1).await;
    submitting.abort();
    // Long enough for the server to see that the stream was reset.
    tokio::time::sleep(SILENCE).await;
    gate.set_open(true);
    check_heard(&mut watch, poll).await;
    // The officer asks again and gets the receipt of the same enquiry.
    let receipt = kit.submit(request).await;
    assert_eq!(
        kit.history(&receipt.enquiry_id).await[0].r#type(),
        v1::EventType::Submitted
    );
}

#[tokio::test]
async fn a_lease_call_whose_caller_goes_away_is_remembered_for_its_repeat() {
    let (kit, gate) = gated().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    gate.set_open(false);
    let call = lease();
    let (caller, sent) = (Arc::clone(&kit), call.clone());
    let calling = tokio::spawn(async move { caller.leased(HACKNEY, sent).await });
    until("the commit is held", || gate.held() == 1).await;
    calling.abort();
    tokio::time::sleep(SILENCE).await;
    gate.set_open(true);
    until("the commit is through", || gate.held() == 0).await;
    tokio::time::sleep(SILENCE).await;
    assert_eq!(kit.leased(HACKNEY, call).await.len(), 1);
}

#[tokio::test]
async fn writers_of_one_enquiry_do_not_lose_each_others_changes() {
    let kit = Kit::start().await;
    let boroughs = [IN_HACKNEY, IN_CAMDEN, IN_LAMBETH];
    let receipt = kit.submit(enquiry(&boroughs)).await;
    let mut acts = Vec::new();
    for who in [HACKNEY, CAMDEN, LAMBETH] {
        let leased = kit.lease(who).await;
        let check = leased.check.unwrap().id;
        for _ in 0..4 {
            let request = answer(&check, &leased.lease_id);
            let mut adapter = kit.adapter(who);
            acts.push(tokio::spawn(async move {
                adapter.answer(request).await.map(drop)
            }));
        }
    }
    for act in acts {
        act.await.unwrap().unwrap();
    }
    let seen = kit.get(&receipt.enquiry_id).await;
    let versions: Vec<usize> = seen
        .checks
        .iter()
        .map(|check| check.answers.len())
        .collect();
    assert_eq!(versions, [4, 4, 4]);
}

/// A call of Hackney's adapter for `max_checks` that does not wait.
fn call(kit: &Arc<Kit>, max_checks: u32) -> Poll {
    let kit = Arc::clone(kit);
    let call = v1::LeaseChecksRequest {
        max_checks,
        ..lease()
    };
    tokio::spawn(async move { kit.leased(HACKNEY, call).await })
}

#[tokio::test]
async fn calls_at_one_time_are_not_lent_more_than_may_be_held() {
    let (kit, gate) = gated().await;
    for _ in 0..12 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    // Who has lost leases is lent eight.
    assert_eq!(call(&kit, 12).await.unwrap().len(), 12);
    kit.move_to("2026-11-23T10:02:00.001").await;
    kit.until_lost(1).await;
    assert_eq!(kit.lending().await.most_held_count, 8);
    gate.set_telling(false);
    let one = call(&kit, 6);
    until("the first are committed", || gate.untold() == 1).await;
    let other = call(&kit, 6);
    until("so are the others", || gate.untold() == 2).await;
    gate.set_telling(true);
    let (one, other) = (one.await.unwrap(), other.await.unwrap());
    assert_eq!((one.len(), other.len()), (6, 2));
    assert_eq!(kit.lending().await.held_count, 8);
    assert_eq!(call(&kit, 6).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_lease_that_was_committed_too_late_is_given_back_at_once_and_nobodys_loss() {
    let (kit, gate) = gated().await;
    // It lasts two minutes: after the first half nobody is told of it.
    for (committed_at, told) in [
        ("2026-11-23T10:00:59.999", vec!["leased"]),
        (
            "2026-11-23T10:01:59.999",
            vec!["leased", "released", "leased"],
        ),
    ] {
        let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
        gate.set_open(false);
        let call = poll(&kit).await;
        until("the commit is held", || gate.held() == 1).await;
        kit.clock.set(at(committed_at));
        gate.set_open(true);
        let leased = timeout(PATIENCE, call).await.expect("it is lent again");
        assert_eq!(leased.unwrap().len(), 1);
        let history = kit.history(&receipt.enquiry_id).await;
        let events = history[2..].iter().map(v1::Event::r#type);
        let names: Vec<_> = events.map(|name| name.as_str_name()).collect();
        let expected = told
            .iter()
            .map(|name| format!("EVENT_TYPE_{}", name.to_uppercase()));
        assert_eq!(names, expected.collect::<Vec<_>>(), "{committed_at}");
    }
    let lending = kit.lending().await;
    assert_eq!((lending.held_count, lending.loss_count), (2, 0));
}
