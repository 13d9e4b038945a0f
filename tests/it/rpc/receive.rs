//! Receiving: the officer has read the answer, which is the check's end.

use super::*;

fn receive(check_id: &str, answer_version: u32) -> v1::ReceiveRequest {
    v1::ReceiveRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        check_id: check_id.into(),
        answer_version,
        would_have_changed: Vec::new(),
    }
}

#[tokio::test]
async fn an_answer_that_was_read_ends_the_check() {
    let lent = Lent::start().await;
    lent.answered().await;
    let waiting = lent.kit.get(&lent.enquiry).await;
    assert!(waiting.open, "nobody has read it");
    assert_eq!(waiting.counts.unwrap().unread, 1);
    let request = receive(&lent.check, 1);
    let other = v1::ReceiveRequest {
        person: person("Another Officer"),
        ..request.clone()
    };
    let received = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).receive(request).await
    })
    .await;
    let enquiry = received.enquiry.unwrap();
    assert!(!enquiry.open);
    let counts = enquiry.counts.unwrap();
    assert_eq!((counts.answered, counts.unread), (1, 0));
    let receipt = enquiry.checks[0].receipt.as_ref().unwrap();
    assert_eq!(receipt.by.as_ref().unwrap().person, person("Olive Officer"));
}

#[tokio::test]
async fn a_newer_answer_must_be_read_instead() {
    let lent = Lent::start().await;
    lent.answered().await;
    lent.kit
        .adapter(HACKNEY)
        .answer(answer(&lent.check, ""))
        .await
        .unwrap();
    let call = async |version| {
        lent.kit
            .court(OFFICER)
            .receive(receive(&lent.check, version))
            .await
    };
    let old = check_refused(call(1).await, Code::FailedPrecondition, "NEWER_ANSWER");
    assert!(old.message().contains("version 2"));
    check_fields(call(3).await, &["answer_version"]);
    check_fields(call(0).await, &["answer_version"]);
    check_fields(call(257).await, &["answer_version"]);
    call(2).await.unwrap();
    // An answer that supersedes one that was read must be read again.
    lent.kit
        .adapter(HACKNEY)
        .answer(answer(&lent.check, ""))
        .await
        .unwrap();
    assert!(lent.kit.get(&lent.enquiry).await.open);
    call(3).await.unwrap();
}

#[tokio::test]
async fn an_unread_answer_is_chased() {
    let lent = Lent::start().await;
    lent.answered().await;
    lent.kit.move_to("2026-11-23T11:00").await;
    let alerts = lent.kit.alerts().await;
    let unread = alerts.iter().find(|alert| alert.cause == "unread").unwrap();
    assert_eq!(
        unread.audiences().collect::<Vec<_>>(),
        [v1::Audience::Officer]
    );
    lent.kit
        .court(OFFICER)
        .receive(receive(&lent.check, 1))
        .await
        .unwrap();
    assert!(
        lent.kit
            .alerts()
            .await
            .iter()
            .all(|alert| alert.state() == v1::AlertState::Resolved)
    );
}

#[tokio::test]
async fn receiving_is_for_the_court() {
    let lent = Lent::start().await;
    let early = lent
        .kit
        .court(OFFICER)
        .receive(receive(&lent.check, 1))
        .await;
    check_refused(early, Code::FailedPrecondition, "WRONG_STATE");
    lent.answered().await;
    check_court_verb(
        &lent,
        &[HACKNEY, OPERATOR, INSPECTOR],
        async |who, enquiry, person| {
            let request = v1::ReceiveRequest {
                person,
                ..receive(&format!("{enquiry}/1"), 1)
            };
            lent.kit.court(who).receive(request).await.map(drop)
        },
    )
    .await;
    lent.kit
        .court(MANAGER)
        .receive(receive(&lent.check, 1))
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_reads_a_late_answer_says_what_it_would_have_changed() {
    use v1::LateEffect::{Nothing, Plan, Sentence, Unspecified};
    let lent = Lent::start().await;
    lent.answered().await;
    let call = async |version, effects: &[v1::LateEffect]| {
        let request = v1::ReceiveRequest {
            would_have_changed: effects.iter().map(|effect| (*effect).into()).collect(),
            ..receive(&lent.check, version)
        };
        lent.kit.court(OFFICER).receive(request).await
    };
    check_fields(call(1, &[Nothing]).await, &["would_have_changed"]);
    call(1, &[]).await.unwrap();
    lent.kit.move_to("2026-11-23T14:00").await;
    let late = answer(&lent.check, "");
    lent.kit.adapter(HACKNEY).answer(late).await.unwrap();
    check_fields(call(2, &[]).await, &["would_have_changed"]);
    check_fields(call(2, &[Nothing, Plan]).await, &["would_have_changed"]);
    check_fields(call(2, &[Plan, Plan]).await, &["would_have_changed"]);
    check_fields(call(2, &[Unspecified]).await, &["would_have_changed[0]"]);
    let said = [i32::from(Plan), i32::from(Sentence)];
    let read = call(2, &[Plan, Sentence]).await.unwrap().into_inner();
    let receipt = read.enquiry.unwrap().checks.swap_remove(0).receipt.unwrap();
    assert_eq!(receipt.would_have_changed, said);
    // The first receipt stands.
    call(2, &[Nothing]).await.unwrap();
    assert_eq!(lent.seen().await.receipt, Some(receipt));
    let history = lent.kit.history(&lent.enquiry).await;
    let told: Vec<_> = history
        .iter()
        .filter(|event| event.r#type() == v1::EventType::Received)
        .map(|event| (event.answer_version, &event.would_have_changed[..]))
        .collect();
    assert_eq!(told, [(1, &[][..]), (2, &said[..])]);
}
