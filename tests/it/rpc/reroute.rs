//! Rerouting: an operator sends a check where it belongs.

use super::*;
use usher_proto::v1::reroute_request::To;

fn reroute(check_id: &str, to: To) -> v1::RerouteRequest {
    v1::RerouteRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: check_id.into(),
        to: Some(to),
    }
}

fn camden() -> To {
    To::ResponderId("camden".into())
}

#[tokio::test]
async fn an_unroutable_check_goes_to_whom_the_operator_names() {
    let kit = Kit::start().await;
    let lost = kit.submit(enquiry(&["not a postcode"])).await;
    let request = reroute(
        &lost.checks[0].check_id,
        To::AuthorityCode("E09000007".into()),
    );
    let other = v1::RerouteRequest {
        to: Some(To::ResponderId("lambeth".into())),
        ..request.clone()
    };
    let rerouted = check_replay(request, other, async |request| {
        kit.operations(OPERATOR).reroute(request).await
    })
    .await;
    let enquiry = rerouted.enquiry.unwrap();
    assert_eq!(enquiry.checks[0].state(), v1::CheckState::Redirected);
    assert_eq!(enquiry.checks[1].responder_id, "camden");
    assert_eq!(
        enquiry.checks[1].reasons[0].kind(),
        v1::RouteReasonKind::Operator
    );
    assert_eq!(kit.alerts().await[0].state(), v1::AlertState::Resolved);
    assert_eq!(
        kit.lease(CAMDEN).await.check.unwrap().reference,
        lost.reference
    );
}

#[tokio::test]
async fn a_check_with_the_wrong_borough_is_taken_from_it_even_while_it_is_lent() {
    let lent = Lent::start().await;
    lent.kit
        .operations(OPERATOR)
        .reroute(reroute(&lent.check, camden()))
        .await
        .unwrap();
    let refused = lent
        .kit
        .adapter(HACKNEY)
        .answer(answer(&lent.check, &lent.lease))
        .await;
    check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
}

#[tokio::test]
async fn a_wrong_name_is_told_at_once() {
    let lent = Lent::start().await;
    for to in [
        To::ResponderId("atlantis".into()),
        To::AuthorityCode("E10000016".into()),
    ] {
        let refused = lent
            .kit
            .operations(OPERATOR)
            .reroute(reroute(&lent.check, to))
            .await;
        check_refused(refused, Code::NotFound, "NOT_FOUND");
    }
    let same = reroute(&lent.check, To::ResponderId("hackney".into()));
    check_fields(lent.kit.operations(OPERATOR).reroute(same).await, &["to"]);
    let nothing = lent
        .kit
        .operations(OPERATOR)
        .reroute(reroute(NO_CHECK, camden()))
        .await;
    check_refused(nothing, Code::NotFound, "NOT_FOUND");
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}

#[tokio::test]
async fn only_operators_reroute() {
    let lent = Lent::start().await;
    for to in [camden(), To::ResponderId("atlantis".into())] {
        check_roles(
            &[OFFICER, MANAGER, HACKNEY, STRANGER, INSPECTOR],
            async |who| {
                lent.kit
                    .operations(who)
                    .reroute(reroute(&lent.check, to.clone()))
                    .await
            },
        )
        .await;
    }
    let nobody = v1::RerouteRequest {
        person: None,
        ..reroute(&lent.check, camden())
    };
    check_fields(
        lent.kit.operations(OPERATOR).reroute(nobody).await,
        &["person"],
    );
}
