//! Releasing: the check is in the queue again, at once.

use super::*;

fn release(check_id: &str, lease_id: &str) -> v1::ReleaseRequest {
    v1::ReleaseRequest {
        request_id: fresh(),
        person: None,
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        for_people: v1::PeopleReason::Unspecified.into(),
    }
}

#[tokio::test]
async fn a_released_check_waits_for_the_next_adapter() {
    let lent = Lent::start().await;
    let request = release(&lent.check, &lent.lease);
    let other = v1::ReleaseRequest {
        person: person("Dan Desk"),
        ..request.clone()
    };
    let released = check_replay(request, other, async |request| {
        lent.kit.adapter(HACKNEY).release(request).await
    })
    .await;
    assert_eq!(released.check.unwrap().state(), v1::CheckState::Waiting);
    let again = lent.kit.lease(HACKNEY_DESK).await;
    assert_eq!(again.check.unwrap().id, lent.check);
    assert_ne!(again.lease_id, lent.lease);
    // It was given back, not lost.
    assert_eq!(lent.seen().await.leases_lost, 0);
}

#[tokio::test]
async fn what_is_left_to_people_is_lent_to_nobody_and_answered_by_them() {
    let lent = Lent::start().await;
    let request = v1::ReleaseRequest {
        for_people: v1::PeopleReason::PossibleMatch.into(),
        ..release(&lent.check, &lent.lease)
    };
    let left = lent.kit.adapter(HACKNEY).release(request).await.unwrap();
    let left = left.into_inner().check.unwrap();
    assert_eq!(
        (left.state(), left.for_people()),
        (v1::CheckState::Waiting, v1::PeopleReason::PossibleMatch)
    );
    let call = v1::LeaseChecksRequest {
        request_id: fresh(),
        wait: Some(prost_types::Duration::default()),
        ..v1::LeaseChecksRequest::default()
    };
    let lent_again = lent.kit.adapter(HACKNEY_DESK).lease_checks(call).await;
    assert_eq!(lent_again.unwrap().into_inner().checks, []);
    let seen = lent.seen().await;
    assert_eq!(seen.for_people(), v1::PeopleReason::PossibleMatch);
    let request = v1::AcceptRequest {
        request_id: fresh(),
        person: person("Dan Desk"),
        check_id: lent.check.clone(),
        ..v1::AcceptRequest::default()
    };
    let accepted = lent.kit.adapter(HACKNEY_DESK).accept(request).await;
    let accepted = accepted.unwrap().into_inner().check.unwrap();
    assert_eq!(accepted.state(), v1::CheckState::Accepted);
    assert_eq!(accepted.for_people(), v1::PeopleReason::Unspecified);
}

#[tokio::test]
async fn releasing_is_for_whoever_holds_the_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .release(release(&check, &lease))
            .await
            .map(drop)
    })
    .await;
}
