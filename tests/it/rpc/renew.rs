//! Renewing: a lease is kept longer, while it lives.

use super::*;

fn renew(check_id: &str, lease_id: &str) -> v1::RenewRequest {
    v1::RenewRequest {
        request_id: fresh(),
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        lease: None,
    }
}

#[tokio::test]
async fn a_renewed_lease_holds_longer() {
    let lent = Lent::start().await;
    lent.kit.move_to("2026-11-23T10:01:30").await;
    let request = renew(&lent.check, &lent.lease);
    for _ in 0..2 {
        let renewed = lent
            .kit
            .adapter(HACKNEY)
            .renew(request.clone())
            .await
            .unwrap();
        let until = instant(renewed.into_inner().expire_time);
        assert_eq!(until, at("2026-11-23T10:03:30"));
    }
    lent.kit.move_to("2026-11-23T10:03:29").await;
    lent.answered().await;
}

#[tokio::test]
async fn renewing_is_for_whoever_holds_the_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .renew(renew(&check, &lease))
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test]
async fn an_answered_check_is_not_lent_any_more() {
    let lent = Lent::start().await;
    lent.answered().await;
    let refused = lent
        .kit
        .adapter(HACKNEY)
        .renew(renew(&lent.check, &lent.lease))
        .await;
    check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
}
