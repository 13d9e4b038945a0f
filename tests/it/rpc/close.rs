//! Closing: a named person ends a check, with a reason; two where the reason is none of those that have a code.

use super::*;

fn close(check_id: &str, reason: v1::CloseReason, note: &str) -> v1::CloseRequest {
    v1::CloseRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: check_id.into(),
        reason: reason.into(),
        note: note.into(),
    }
}

#[tokio::test]
async fn a_closed_check_keeps_who_and_why() {
    let lent = Lent::start().await;
    let request = close(&lent.check, v1::CloseReason::Duplicate, "See the other.");
    let other = v1::CloseRequest {
        reason: v1::CloseReason::Mistake.into(),
        ..request.clone()
    };
    let closed = check_replay(request, other, async |request| {
        lent.kit.operations(OPERATOR).close(request).await
    })
    .await;
    let enquiry = closed.enquiry.unwrap();
    let check = &enquiry.checks[0];
    assert_eq!(
        (check.state(), check.close_reason()),
        (v1::CheckState::Closed, v1::CloseReason::Duplicate)
    );
    assert_eq!(check.close_note, "See the other.");
    assert_eq!(
        check.state_by.as_ref().unwrap().person,
        person("Oscar Operator")
    );
    assert!(!enquiry.open);
}

#[tokio::test]
async fn what_a_case_needs_of_a_kind_is_needed_again_when_its_check_is_closed() {
    use v1::RequirementState::{Met, Needed};
    let kit = Kit::start().await;
    let abuse = v1::CaseRow {
        indicators: vec![v1::Indicator::DomesticAbuse.into()],
        ..cases::row(cases::CASE)
    };
    let case_id = cases::register(&kit, abuse).await;
    let kinds = [
        v1::ResponderKind::ChildrenSocialCare,
        v1::ResponderKind::PoliceDomesticAbuse,
    ];
    let both = || v1::SubmitRequest {
        case_id: case_id.clone(),
        responder_kinds: kinds.map(i32::from).to_vec(),
        ..enquiry(&[IN_HACKNEY])
    };
    let states = async || cases::states(&cases::case(&kit, &case_id).await);
    let ask = async || {
        let checks = kit.submit(both()).await.checks;
        let police = |check: &&v1::CheckReceipt| check.responder_kind() == kinds[1];
        checks.iter().find(police).unwrap().check_id.clone()
    };
    let end = async |check: &str, reason| {
        let request = close(check, reason, "");
        kit.operations(OPERATOR).close(request).await.unwrap();
    };
    let (first, second) = (ask().await, ask().await);
    assert_eq!(states().await, [Met, Met]);
    end(&first, v1::CloseReason::Duplicate).await;
    assert_eq!(states().await, [Met, Met], "the second asks the police too");
    end(&second, v1::CloseReason::Mistake).await;
    assert_eq!(states().await, [Met, Needed]);
    let third = ask().await;
    end(&third, v1::CloseReason::AnsweredElsewhere).await;
    assert_eq!(states().await, [Met, Met], "the answer is had otherwise");
}

#[tokio::test]
async fn an_answer_is_read_and_not_closed_away() {
    let lent = Lent::start().await;
    lent.answered().await;
    let request = close(&lent.check, v1::CloseReason::Mistake, "");
    let refused = lent.kit.operations(OPERATOR).close(request).await;
    check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
}

#[tokio::test]
async fn a_reason_is_needed_in_words_where_the_code_says_nothing() {
    let lent = Lent::start().await;
    let call = async |request| lent.kit.operations(OPERATOR).close(request).await;
    check_fields(
        call(close(&lent.check, v1::CloseReason::Unspecified, "")).await,
        &["reason"],
    );
    check_fields(
        call(close(&lent.check, v1::CloseReason::Other, " ")).await,
        &["note"],
    );
    call(close(&lent.check, v1::CloseReason::Other, "In words."))
        .await
        .unwrap();
}

#[tokio::test]
async fn closing_is_for_the_court_and_operators() {
    let lent = Lent::start().await;
    check_court_verb(
        &lent,
        &[HACKNEY, INSPECTOR],
        async |who, enquiry, person| {
            let request = v1::CloseRequest {
                person,
                ..close(&format!("{enquiry}/1"), v1::CloseReason::Mistake, "")
            };
            lent.kit.operations(who).close(request).await.map(drop)
        },
    )
    .await;
    let request = close(&lent.check, v1::CloseReason::CaseEnded, "");
    lent.kit.operations(MANAGER).close(request).await.unwrap();
}

fn other(check: &str, who: &str, note: &str) -> v1::CloseRequest {
    v1::CloseRequest {
        person: person(who),
        ..close(check, v1::CloseReason::Other, note)
    }
}

#[tokio::test]
async fn another_reason_is_proposed_and_ends_the_check_when_a_second_person_gives_it() {
    let lent = Lent::start().await;
    let request = other(&lent.check, "Oscar Operator", "Moved abroad.");
    let reused = other(&lent.check, "Olga Operator", "Moved abroad.");
    let reused = v1::CloseRequest {
        request_id: request.request_id.clone(),
        ..reused
    };
    let proposed = check_replay(request, reused, async |request| {
        lent.kit.operations(OPERATOR).close(request).await
    })
    .await;
    let proposed = proposed.enquiry.unwrap();
    let check = &proposed.checks[0];
    let closing = check.closing.as_ref().unwrap();
    assert_eq!(check.state(), v1::CheckState::Leased);
    assert!(proposed.open && check.close_note.is_empty());
    assert_eq!(closing.note, "Moved abroad.");
    assert_eq!(closing.reason(), v1::CloseReason::Other);
    assert_eq!(
        closing.by.as_ref().unwrap().person,
        person("Oscar Operator")
    );
    let alone = other(&lent.check, "oscar OPERATOR", "");
    let refused = lent.kit.operations(MANAGER).close(alone).await;
    check_refused(refused, Code::FailedPrecondition, "SECOND_PERSON_REQUIRED");
    let second = other(&lent.check, "Mary Manager", "");
    let confirmed = lent.kit.operations(MANAGER).close(second).await.unwrap();
    let enquiry = confirmed.into_inner().enquiry.unwrap();
    let check = &enquiry.checks[0];
    assert_eq!(check.state(), v1::CheckState::Closed);
    assert_eq!(
        check.state_by.as_ref().unwrap().person,
        person("Mary Manager")
    );
    assert_eq!(check.closing.as_ref(), Some(closing));
    assert!(!enquiry.open);
    let told: Vec<_> = lent.kit.history(&lent.enquiry).await.into_iter().collect();
    let told = told.into_iter().filter_map(|event| match event.r#type() {
        kind @ (v1::EventType::CloseProposed | v1::EventType::Closed) => {
            Some((kind, event.close_reason(), event.by?.person?.name))
        }
        _ => None,
    });
    let reason = v1::CloseReason::Other;
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (
                v1::EventType::CloseProposed,
                reason,
                "Oscar Operator".to_owned()
            ),
            (v1::EventType::Closed, reason, "Mary Manager".to_owned()),
        ]
    );
}

#[tokio::test]
async fn what_is_proposed_keeps_nobody_from_answering() {
    let lent = Lent::start().await;
    let request = other(&lent.check, "Oscar Operator", "Moved abroad.");
    lent.kit.operations(OPERATOR).close(request).await.unwrap();
    lent.answered().await;
    let seen = lent.seen().await;
    assert_eq!(seen.state(), v1::CheckState::Answered);
    assert_eq!(seen.closing, None);
}
