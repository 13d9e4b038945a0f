//! Closing: a named person ends a check, with a reason.

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
