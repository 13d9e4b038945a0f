//! Redirecting: the borough says whose a check is; it goes there at once with the same deadline.

use super::*;
use usher_proto::v1::redirect_request::To;

fn redirect(check_id: &str, lease_id: &str, to: To) -> v1::RedirectRequest {
    v1::RedirectRequest {
        request_id: fresh(),
        person: None,
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        to: Some(to),
    }
}

fn camden() -> To {
    To::ResponderId("camden".into())
}

#[tokio::test]
async fn a_redirected_check_is_the_others_with_the_same_deadline() {
    let lent = Lent::start().await;
    let request = redirect(
        &lent.check,
        &lent.lease,
        To::AuthorityCode("E09000007".into()),
    );
    let other = redirect(
        &lent.check,
        &lent.lease,
        To::AuthorityCode("E09000022".into()),
    );
    let other = v1::RedirectRequest {
        request_id: request.request_id.clone(),
        ..other
    };
    let redirected = check_replay(request, other, async |request| {
        lent.kit.adapter(HACKNEY).redirect(request).await
    })
    .await;
    assert_eq!(
        redirected.check.unwrap().state(),
        v1::CheckState::Redirected
    );
    let seen = lent.kit.get(&lent.enquiry).await;
    let [old, new] = &seen.checks[..] else {
        panic!("two checks");
    };
    assert_eq!(old.successor_check_id, new.id);
    assert_eq!(
        (new.responder_id.as_str(), new.state()),
        ("camden", v1::CheckState::Waiting)
    );
    let theirs = kit_lease(&lent).await;
    assert_eq!(instant(deadline(&theirs)), at("2026-11-23T14:00"));
    // Camden needs not know who had it before.
    assert_eq!(theirs.reasons[0].kind(), v1::RouteReasonKind::Redirected);
    assert_eq!(theirs.reasons[0].from_check_id, "");
}

async fn kit_lease(lent: &Lent) -> v1::AssignedCheck {
    lent.kit.lease(CAMDEN).await.check.unwrap()
}

fn deadline(check: &v1::AssignedCheck) -> Option<prost_types::Timestamp> {
    match check.deadline.as_ref()?.kind.as_ref()? {
        v1::deadline::Kind::Hearing(hearing) => hearing.hearing_time,
        v1::deadline::Kind::ReplyBy(_) => None,
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_the_operators_with_an_alert() {
    use v1::UnroutableReason as Why;
    for (to, why) in [
        (To::UnknownOwner(v1::UnknownOwner {}), Why::NotOurs),
        (To::ResponderId("atlantis".into()), Why::NoResponder),
        (To::AuthorityCode("E10000016".into()), Why::NoResponder),
    ] {
        let lent = Lent::start().await;
        let request = redirect(&lent.check, &lent.lease, to);
        lent.kit.adapter(HACKNEY).redirect(request).await.unwrap();
        let new = lent.kit.get(&lent.enquiry).await.checks.swap_remove(1);
        assert_eq!(new.state(), v1::CheckState::Unroutable);
        assert_eq!(new.unroutable_reasons().collect::<Vec<_>>(), [why]);
        let alerts = lent.kit.alerts().await;
        assert_eq!(
            (alerts[0].trouble(), &alerts[0].check_id),
            (v1::Trouble::Unroutable, &new.id)
        );
    }
}

#[tokio::test]
async fn a_check_that_comes_back_is_settled_by_an_operator() {
    let lent = Lent::start().await;
    let there = redirect(&lent.check, &lent.lease, camden());
    lent.kit.adapter(HACKNEY).redirect(there).await.unwrap();
    let leased = lent.kit.lease(CAMDEN).await;
    let back = redirect(
        &leased.check.unwrap().id,
        &leased.lease_id,
        To::ResponderId("hackney".into()),
    );
    lent.kit.adapter(CAMDEN).redirect(back).await.unwrap();
    let last = lent.kit.get(&lent.enquiry).await.checks.pop().unwrap();
    let why: Vec<_> = last.unroutable_reasons().collect();
    assert_eq!(why, [v1::UnroutableReason::Disputed]);
}

#[tokio::test]
async fn nobody_redirects_to_themselves_or_to_nowhere_said() {
    let lent = Lent::start().await;
    let own = redirect(&lent.check, &lent.lease, To::ResponderId("hackney".into()));
    check_fields(lent.kit.adapter(HACKNEY).redirect(own).await, &["to"]);
    let nowhere = v1::RedirectRequest {
        to: None,
        ..redirect(&lent.check, &lent.lease, camden())
    };
    check_fields(lent.kit.adapter(HACKNEY).redirect(nowhere).await, &["to"]);
}

#[tokio::test]
async fn redirecting_is_for_the_responder_under_its_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .redirect(redirect(&check, &lease, camden()))
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_no_authority_is_refused() {
    let lent = Lent::start().await;
    let to = To::AuthorityCode("S12000033".into());
    let request = redirect(&lent.check, &lent.lease, to);
    let refused = lent.kit.adapter(HACKNEY).redirect(request).await;
    check_fields(refused, &["authority_code"]);
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}
