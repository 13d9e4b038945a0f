//! Asking: the borough needs more, the officer is told at once, the deadline stands.

use super::*;

pub(super) fn ask(check_id: &str, lease_id: &str) -> v1::AskRequest {
    v1::AskRequest {
        request_id: fresh(),
        person: person("Sam Social"),
        check_id: check_id.into(),
        lease_id: lease_id.into(),
        question: "Which school?".into(),
    }
}

#[tokio::test]
async fn a_question_reaches_the_officer_and_the_deadline_stands() {
    let lent = Lent::start().await;
    let request = ask(&lent.check, &lent.lease);
    let other = v1::AskRequest {
        question: "Which street?".into(),
        ..request.clone()
    };
    let asked = check_replay(request, other, async |request| {
        lent.kit.adapter(HACKNEY).ask(request).await
    })
    .await;
    assert_eq!(asked.check.unwrap().state(), v1::CheckState::Asked);
    let seen = lent.seen().await;
    let [exchange] = &seen.exchanges[..] else {
        panic!("one question");
    };
    assert_eq!(
        (exchange.question.as_str(), exchange.reply.as_str()),
        ("Which school?", "")
    );
    let alerts = lent.kit.alerts().await;
    assert_eq!(alerts[0].trouble(), v1::Trouble::Question);
    assert_eq!(
        alerts[0].audiences().collect::<Vec<_>>(),
        [v1::Audience::Officer]
    );
    assert_eq!(instant(alerts[0].deadline_time), at("2026-11-23T14:00"));
    // The ladder goes on: the borough's duty manager hears of it all the same.
    lent.kit.move_to("2026-11-23T10:45").await;
    assert!(
        lent.kit
            .alerts()
            .await
            .iter()
            .any(|alert| alert.cause == "duty_manager")
    );
}

#[tokio::test]
async fn asking_is_for_the_responder_and_needs_a_question_and_a_person() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who).ask(ask(&check, &lease)).await.map(drop)
    })
    .await;
    let lent = Lent::start().await;
    let empty = v1::AskRequest {
        person: None,
        question: " ".into(),
        ..ask(&lent.check, &lent.lease)
    };
    check_fields(
        lent.kit.adapter(HACKNEY).ask(empty).await,
        &["person", "question"],
    );
    let long = v1::AskRequest {
        question: "?".repeat(4_001),
        ..ask(&lent.check, &lent.lease)
    };
    check_fields(lent.kit.adapter(HACKNEY).ask(long).await, &["question"]);
}
