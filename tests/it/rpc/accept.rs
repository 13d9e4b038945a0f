//! Accepting: people of the borough take a check on.

use super::*;

fn accept(check_id: &str, lease_id: &str) -> v1::AcceptRequest {
    v1::AcceptRequest {
        request_id: fresh(),
        person: person("Dan Desk"),
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        expected_by_time: Some(wire(at("2026-11-23T12:00"))),
    }
}

#[tokio::test]
async fn an_accepted_check_is_the_peoples_and_no_lease_runs() {
    let lent = Lent::start().await;
    let request = accept(&lent.check, &lent.lease);
    let other = v1::AcceptRequest {
        expected_by_time: None,
        ..request.clone()
    };
    let accepted = check_replay(request, other, async |request| {
        lent.kit.adapter(HACKNEY).accept(request).await
    })
    .await;
    let check = accepted.check.unwrap();
    assert_eq!(check.state(), v1::CheckState::Accepted);
    assert_eq!(instant(check.expected_by_time), at("2026-11-23T12:00"));
    assert_eq!(check.accepted_by.unwrap().person, person("Dan Desk"));
    // Long after the lease would have ended it is still theirs, and the desk answers without a lease.
    lent.kit.move_to("2026-11-23T11:00").await;
    assert_eq!(lent.seen().await.state(), v1::CheckState::Accepted);
    lent.kit
        .adapter(HACKNEY_DESK)
        .answer(answer(&lent.check, ""))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_promise_that_is_missed_is_an_alert() {
    let lent = Lent::start().await;
    lent.kit
        .adapter(HACKNEY)
        .accept(accept(&lent.check, &lent.lease))
        .await
        .unwrap();
    let missed = async || {
        let alerts = lent.kit.alerts().await;
        alerts
            .iter()
            .filter(|alert| alert.trouble() == v1::Trouble::PromiseMissed)
            .count()
    };
    lent.kit.move_to("2026-11-23T11:59:59.999").await;
    assert_eq!(missed().await, 0);
    lent.kit.move_to("2026-11-23T12:00").await;
    assert_eq!(missed().await, 1);
}

#[tokio::test]
async fn a_promise_lies_in_the_future() {
    let lent = Lent::start().await;
    let request = v1::AcceptRequest {
        expected_by_time: Some(wire(at("2026-11-23T10:00"))),
        ..accept(&lent.check, &lent.lease)
    };
    check_fields(
        lent.kit.adapter(HACKNEY).accept(request).await,
        &["expected_by_time"],
    );
}

#[tokio::test]
async fn accepting_is_for_the_responder_and_a_named_person() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .accept(accept(&check, &lease))
            .await
            .map(drop)
    })
    .await;
    let lent = Lent::start().await;
    let nobody = v1::AcceptRequest {
        person: None,
        ..accept(&lent.check, &lent.lease)
    };
    check_fields(lent.kit.adapter(HACKNEY).accept(nobody).await, &["person"]);
}
