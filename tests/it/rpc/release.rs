//! Releasing: the check is in the queue again, at once.

use super::*;

fn release(check_id: &str, lease_id: &str) -> v1::ReleaseRequest {
    v1::ReleaseRequest {
        request_id: fresh(),
        person: None,
        check_id: check_id.into(),
        lease_id: lease_id.into(),
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
async fn releasing_is_for_whoever_holds_the_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .release(release(&check, &lease))
            .await
            .map(drop)
    })
    .await;
}
