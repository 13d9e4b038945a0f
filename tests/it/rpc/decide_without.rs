//! Deciding without: what was decided at court with a check outstanding, and who answers for it. The check stays open.

use super::*;

fn decide(enquiry_id: &str, decision: v1::DecisionKind) -> v1::DecideWithoutRequest {
    v1::DecideWithoutRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        enquiry_id: enquiry_id.into(),
        decision: decision.into(),
        authorised_by: None,
        note: "Read out in court.".into(),
        deadline: None,
    }
}

fn proceed(enquiry_id: &str) -> v1::DecideWithoutRequest {
    v1::DecideWithoutRequest {
        authorised_by: person("Sue Senior"),
        ..decide(enquiry_id, v1::DecisionKind::ProceedWithout)
    }
}

#[tokio::test]
async fn a_decision_names_who_authorised_it_and_the_check_stays_open() {
    let lent = Lent::start().await;
    let request = proceed(&lent.enquiry);
    let other = v1::DecideWithoutRequest {
        authorised_by: person("Somebody Else"),
        ..request.clone()
    };
    let decided = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).decide_without(request).await
    })
    .await;
    let enquiry = decided.enquiry.unwrap();
    let [decision] = &enquiry.decisions[..] else {
        panic!("one decision");
    };
    assert_eq!(decision.kind(), v1::DecisionKind::ProceedWithout);
    assert_eq!(decision.authorised_by, person("Sue Senior"));
    assert_eq!(
        decision.outstanding_check_ids,
        std::slice::from_ref(&lent.check)
    );
    assert_eq!(
        decision.by.as_ref().unwrap().person,
        person("Olive Officer")
    );
    assert!(enquiry.open && enquiry.checks[0].state() == v1::CheckState::Leased);
    // At the hearing it is not sentenced outstanding: it was decided.
    lent.kit.move_to("2026-11-23T14:00").await;
    let seen = lent.seen().await;
    assert!(seen.sentenced_outstanding_time.is_none());
    assert!(
        !lent
            .kit
            .alerts()
            .await
            .iter()
            .any(|alert| alert.cause == "decision_point")
    );
}

#[tokio::test]
async fn a_proposed_curfew_blocks_until_it_is_withdrawn() {
    let kit = Kit::start().await;
    let curfew = v1::SubmitRequest {
        curfew_proposed: true,
        ..enquiry(&[IN_HACKNEY])
    };
    let receipt = kit.submit(curfew).await;
    assert!(
        receipt.checks[0]
            .advice_text
            .contains("the curfew cannot be proposed")
    );
    let call = async |request| kit.court(OFFICER).decide_without(request).await;
    let blocked = call(proceed(&receipt.enquiry_id)).await;
    check_refused(blocked, Code::FailedPrecondition, "CURFEW_BLOCKED");
    call(decide(
        &receipt.enquiry_id,
        v1::DecisionKind::WithdrawCurfew,
    ))
    .await
    .unwrap();
    let seen = kit.get(&receipt.enquiry_id).await;
    assert_eq!(seen.curfew.unwrap().state(), v1::CurfewState::Withdrawn);
    let twice = call(decide(
        &receipt.enquiry_id,
        v1::DecisionKind::WithdrawCurfew,
    ))
    .await;
    check_refused(twice, Code::FailedPrecondition, "NO_CURFEW");
    call(proceed(&receipt.enquiry_id)).await.unwrap();
}

#[tokio::test]
async fn an_adjournment_to_a_given_day_moves_the_hearing() {
    let lent = Lent::start().await;
    let to = |local: &str| v1::DecideWithoutRequest {
        deadline: hearing(COURT, local),
        ..decide(&lent.enquiry, v1::DecisionKind::SeekAdjournment)
    };
    let call = async |request| lent.kit.court(OFFICER).decide_without(request).await;
    let decided = call(to("2026-12-07T10:00")).await.unwrap().into_inner();
    let enquiry = decided.enquiry.unwrap();
    assert_eq!(enquiry.decisions.len(), 1);
    let [moved] = &enquiry.moves[..] else {
        panic!("one move");
    };
    assert_eq!(moved.reason, "Read out in court.");
    let Some(v1::deadline::Kind::Hearing(next)) = enquiry.deadline.unwrap().kind else {
        panic!("a hearing");
    };
    assert_eq!(next.local_time, "2026-12-07T10:00");
    assert_eq!(enquiry.checks[0].ladder_generation, 2);
    let earlier = call(to("2026-12-01T10:00")).await;
    check_refused(earlier, Code::InvalidArgument, "BAD_DEADLINE");
    let silent = v1::DecideWithoutRequest {
        note: String::new(),
        ..to("2026-12-08T10:00")
    };
    check_fields(call(silent).await, &["note"]);
    let other = v1::DecideWithoutRequest {
        decision: v1::DecisionKind::WithdrawCurfew.into(),
        ..to("2026-12-08T10:00")
    };
    check_fields(call(other).await, &["deadline"]);
}

#[tokio::test]
async fn there_is_nothing_to_decide_without_when_all_is_answered() {
    let lent = Lent::start().await;
    lent.answered().await;
    let refused = lent
        .kit
        .court(OFFICER)
        .decide_without(proceed(&lent.enquiry))
        .await;
    check_refused(refused, Code::FailedPrecondition, "NOTHING_OUTSTANDING");
}

#[tokio::test]
async fn deciding_is_for_the_court_and_going_on_needs_an_authority() {
    let lent = Lent::start().await;
    check_court_verb(
        &lent,
        &[HACKNEY, OPERATOR, INSPECTOR],
        async |who, enquiry, person| {
            let request = v1::DecideWithoutRequest {
                person,
                ..proceed(&enquiry)
            };
            lent.kit.court(who).decide_without(request).await.map(drop)
        },
    )
    .await;
    let call = async |request| lent.kit.court(OFFICER).decide_without(request).await;
    let alone = decide(&lent.enquiry, v1::DecisionKind::ProceedWithout);
    check_fields(call(alone).await, &["authorised_by"]);
    let adjourn = v1::DecideWithoutRequest {
        decision: v1::DecisionKind::SeekAdjournment.into(),
        ..proceed(&lent.enquiry)
    };
    check_fields(call(adjourn).await, &["authorised_by"]);
    check_fields(
        call(decide(&lent.enquiry, v1::DecisionKind::Unspecified)).await,
        &["decision"],
    );
}
