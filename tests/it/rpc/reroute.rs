//! Rerouting: an operator sends a check where it belongs.

use super::*;

fn reroute(check_id: &str, authorities: &[&str], responders: &[&str]) -> v1::RerouteRequest {
    let owned = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    v1::RerouteRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: check_id.into(),
        authority_codes: owned(authorities),
        responder_ids: owned(responders),
    }
}

fn to_camden(check_id: &str) -> v1::RerouteRequest {
    reroute(check_id, &[], &["camden"])
}

#[tokio::test]
async fn an_unroutable_check_goes_to_whom_the_operator_names() {
    let kit = Kit::start().await;
    let lost = kit.submit(enquiry(&["not a postcode"])).await;
    let request = reroute(&lost.checks[0].check_id, &["E09000007"], &[]);
    let other = v1::RerouteRequest {
        responder_ids: vec!["lambeth".into()],
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
async fn a_check_that_stands_for_several_addresses_goes_to_several_boroughs() {
    use v1::UnroutableReason::{Malformed, Unknown};
    let kit = Kit::start().await;
    let lost = kit
        .submit(enquiry(&["nonsense", IN_HACKNEY, "ZZ99 3WZ"]))
        .await;
    let check = &lost.checks[1];
    let stands_for: Vec<_> = check
        .reasons
        .iter()
        .map(|reason| (reason.address_index, reason.unroutable_reason()))
        .collect();
    assert_eq!(stands_for, [(0, Malformed), (2, Unknown)]);
    let request = reroute(&check.check_id, &["E09000012", "E09000007"], &["lambeth"]);
    let rerouted = kit.operations(OPERATOR).reroute(request).await.unwrap();
    let checks = rerouted.into_inner().enquiry.unwrap().checks;
    let asked: Vec<_> = checks.iter().map(|check| &*check.responder_id).collect();
    assert_eq!(asked, ["hackney", "", "camden", "lambeth"]);
    assert_eq!(checks[1].state(), v1::CheckState::Redirected);
    for place in [0, 2, 3] {
        let by_operator = |reason: &v1::RouteReason| reason.kind() == v1::RouteReasonKind::Operator;
        assert!(checks[place].reasons.iter().any(by_operator), "{place}");
    }
}

#[tokio::test]
async fn a_check_with_the_wrong_borough_is_taken_from_it_even_while_it_is_lent() {
    let lent = Lent::start().await;
    lent.kit
        .operations(OPERATOR)
        .reroute(to_camden(&lent.check))
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
    let give = async |authorities: &[&str], responders: &[&str]| {
        let request = reroute(&lent.check, authorities, responders);
        lent.kit.operations(OPERATOR).reroute(request).await
    };
    for (authorities, responders) in [
        (&[][..], &["atlantis"][..]),
        (&["E09000007"], &["atlantis"]),
    ] {
        let refused = give(authorities, responders).await;
        check_refused(refused, Code::NotFound, "NOT_FOUND");
    }
    // Scotland; a district that nobody knows; Kent, for whom nobody answers here; no code at all.
    for code in ["S12000033", "E07000999", "E10000016", "E0900"] {
        let refused = give(&["E09000007", code], &[]).await;
        let field = if code.len() == 9 {
            "authority_codes"
        } else {
            "authority_codes[1]"
        };
        check_fields(refused, &[field]);
    }
    check_fields(give(&[], &["hackney"]).await, &["to"]);
    check_fields(give(&[], &[]).await, &["authority_codes"]);
    check_fields(
        give(&["E09000007"; 9], &["camden"; 8]).await,
        &["responder_ids"],
    );
    let nothing = lent
        .kit
        .operations(OPERATOR)
        .reroute(to_camden(NO_CHECK))
        .await;
    check_refused(nothing, Code::NotFound, "NOT_FOUND");
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}

#[tokio::test]
async fn only_operators_reroute() {
    let lent = Lent::start().await;
    for to in ["camden", "atlantis"] {
        check_roles(
            &[OFFICER, MANAGER, HACKNEY, STRANGER, INSPECTOR],
            async |who| {
                lent.kit
                    .operations(who)
                    .reroute(reroute(&lent.check, &[], &[to]))
                    .await
            },
        )
        .await;
    }
    let nobody = v1::RerouteRequest {
        person: None,
        ..to_camden(&lent.check)
    };
    check_fields(
        lent.kit.operations(OPERATOR).reroute(nobody).await,
        &["person"],
    );
}

#[tokio::test]
async fn a_check_goes_on_with_its_own_kind_alone() {
    let kit = Kit::start().await;
    let request = v1::SubmitRequest {
        responder_kinds: vec![v1::ResponderKind::PoliceDomesticAbuse.into()],
        ..enquiry(&["not a postcode"])
    };
    let lost = kit.submit(request).await;
    let check_id = &lost.checks[0].check_id;
    let to_care = kit.operations(OPERATOR).reroute(to_camden(check_id)).await;
    let refused = to_care.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    assert!(refused.message().contains("something else"), "{refused}");
    let by_place = reroute(check_id, &["E09000007"], &[]);
    let rerouted = kit.operations(OPERATOR).reroute(by_place).await.unwrap();
    let checks = rerouted.into_inner().enquiry.unwrap().checks;
    assert_eq!(checks[1].responder_id, "metropolitan-police");
    let kinds: Vec<_> = checks.iter().map(v1::Check::responder_kind).collect();
    assert_eq!(kinds, [v1::ResponderKind::PoliceDomesticAbuse; 2]);
}
