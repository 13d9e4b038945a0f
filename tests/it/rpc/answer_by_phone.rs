//! Answers by telephone: an operator records what a borough's worker said, with both names and the number.

use super::*;
use std::collections::BTreeSet;

const NUMBER: &str = "020 7946 0123";

fn worker() -> v1::Person {
    v1::Person {
        post: "MASH duty desk".into(),
        ..person("Dana Desk").unwrap()
    }
}

fn told(check_id: &str) -> v1::AnswerByPhoneRequest {
    let remark = v1::Remark {
        topic: v1::Topic::AdultConcerns.into(),
        text: "An open plan since May.".into(),
        handling: vec![v1::Handling::RingFirst.into()],
    };
    v1::AnswerByPhoneRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: check_id.into(),
        by_phone: Some(v1::ByPhone {
            given_by: Some(worker()),
            number: NUMBER.into(),
        }),
        disposition: v1::Disposition::KnownRelevant.into(),
        content: Some(v1::AnswerContent {
            remarks: vec![remark],
            ..v1::AnswerContent::default()
        }),
        ..v1::AnswerByPhoneRequest::default()
    }
}

async fn tell(
    kit: &Kit,
    who: &'static str,
    request: v1::AnswerByPhoneRequest,
) -> Reply<v1::AnswerByPhoneResponse> {
    kit.operations(who).answer_by_phone(request).await
}

#[tokio::test]
async fn the_officer_reads_who_gave_it_who_took_it_and_over_which_number() {
    let mut lent = Lent::start().await;
    let request = told(&lent.check);
    let mut other = request.clone();
    other.by_phone.as_mut().unwrap().number = "020 7946 0999".into();
    let answered = check_replay(request.clone(), other, async |request| {
        tell(&lent.kit, OPERATOR, request).await
    })
    .await;
    assert_eq!(
        answered.enquiry.unwrap().checks[0].state(),
        v1::CheckState::Answered
    );
    // What is in memory is lost: the record and the feed have it.
    lent.kit.restart().await;
    let seen = lent.seen().await;
    let [only] = &seen.answers[..] else {
        panic!("one version: {}", seen.answers.len());
    };
    assert_eq!(only.disposition(), v1::Disposition::KnownRelevant);
    assert_eq!(only.timeliness(), v1::Timeliness::InTime);
    assert_eq!(only.content, request.content);
    assert_eq!(only.by_phone, request.by_phone);
    let by = only.by.as_ref().unwrap();
    assert_eq!(by.role(), v1::Role::Operator);
    assert_eq!(
        (by.client_id.as_str(), &by.person),
        (OPERATOR, &request.person)
    );
    assert!(seen.receipt.is_none(), "nobody has read it");
    let history = lent.kit.history(&lent.enquiry).await;
    let told: Vec<_> = history
        .iter()
        .filter(|event| event.r#type() == v1::EventType::Answered)
        .collect();
    let [event] = &told[..] else {
        panic!("answered once: {told:?}");
    };
    assert_eq!(event.by_phone, request.by_phone);
    assert_eq!(event.by.as_ref().unwrap().person, request.person);
    assert_eq!(event.responder_id, "hackney");
}

#[tokio::test]
async fn an_answer_of_the_borough_itself_came_by_no_telephone() {
    let lent = Lent::start().await;
    lent.answered().await;
    assert_eq!(lent.seen().await.answers[0].by_phone, None);
    let history = lent.kit.history(&lent.enquiry).await;
    assert!(history.iter().all(|event| event.by_phone.is_none()));
}

#[tokio::test]
async fn the_program_that_had_the_check_has_lost_it() {
    let lent = Lent::start().await;
    tell(&lent.kit, OPERATOR, told(&lent.check)).await.unwrap();
    let machine = answer(&lent.check, &lent.lease);
    let refused = lent.kit.adapter(HACKNEY).answer(machine).await;
    check_refused(refused, Code::FailedPrecondition, "LEASE_LOST");
    let seen = lent.seen().await;
    assert_eq!(seen.answers.len(), 1, "the program's answer is not there");
    // The borough sees what was recorded in its name, and corrects it.
    let request = v1::GetCheckRequest {
        check_id: lent.check.clone(),
    };
    let shown = lent.kit.adapter(HACKNEY_DESK).get_check(request).await;
    let shown = shown.unwrap().into_inner().check.unwrap();
    assert_eq!(shown.answers, seen.answers);
    let desk = v1::AnswerRequest {
        person: Some(worker()),
        ..answer(&lent.check, "")
    };
    lent.kit.adapter(HACKNEY_DESK).answer(desk).await.unwrap();
    let seen = lent.seen().await;
    assert_eq!(seen.answers.len(), 2);
    assert!(seen.answers[0].by_phone.is_some() && seen.answers[1].by_phone.is_none());
}

#[tokio::test]
async fn a_check_that_waits_is_answered_from_the_queue_and_not_lent_any_more() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T14:30").await;
    let open = async || {
        let mut alerts = kit.alerts().await;
        alerts.retain(|alert| alert.state() == v1::AlertState::Open);
        alerts.into_iter().map(|alert| alert.id)
    };
    let overdue: BTreeSet<_> = open().await.collect();
    assert!(!overdue.is_empty());
    let id = &receipt.checks[0].check_id;
    tell(&kit, OPERATOR, told(id)).await.unwrap();
    // An answer after the hearing may have an alert of its own at once, for it is not read.
    let left = open().await.find(|alert| overdue.contains(alert));
    assert_eq!(left, None, "the way to the answer is over");
    assert_eq!(kit.leased(HACKNEY, lease()).await, []);
    let seen = kit.get(&receipt.enquiry_id).await;
    let [only] = &seen.checks[0].answers[..] else {
        panic!("one version");
    };
    assert_eq!(only.timeliness(), v1::Timeliness::AfterHearing);
    assert!(seen.open, "it must be read like any other");
}

#[tokio::test]
async fn a_check_that_is_nobodys_is_not_answered() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&["ZZ99 3WZ"])).await;
    let refused = tell(&kit, OPERATOR, told(&receipt.checks[0].check_id)).await;
    let refused = check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
    assert!(
        refused.message().contains("with a responder"),
        "{refused:?}"
    );
}

#[tokio::test]
async fn recording_a_call_is_for_operators() {
    let lent = Lent::start().await;
    let before = lent.kit.store_end().await;
    let denied = [OFFICER, MANAGER, HACKNEY, HACKNEY_DESK, INSPECTOR];
    check_roles(&denied, async |who| {
        tell(&lent.kit, who, told(&lent.check)).await
    })
    .await;
    let elsewhere = tell(&lent.kit, OPERATOR, told(NO_CHECK)).await;
    check_refused(elsewhere, Code::NotFound, "NOT_FOUND");
    assert_eq!(
        lent.kit.store_end().await,
        before,
        "a refusal changed something"
    );
}

#[tokio::test]
async fn a_call_has_two_names_and_a_number() {
    let lent = Lent::start().await;
    let refused = async |change: fn(&mut v1::AnswerByPhoneRequest), fields: &[&str]| {
        let mut request = told(&lent.check);
        change(&mut request);
        check_fields(tell(&lent.kit, OPERATOR, request).await, fields);
    };
    refused(|it| it.person = None, &["person"]).await;
    refused(|it| it.by_phone = None, &["by_phone"]).await;
    refused(
        |it| it.by_phone = Some(v1::ByPhone::default()),
        &["by_phone.number", "by_phone.given_by.name"],
    )
    .await;
    refused(
        |it| {
            let phone = it.by_phone.as_mut().unwrap();
            phone.number = "0".repeat(201);
            phone.given_by.as_mut().unwrap().contact = "x".repeat(201);
        },
        &["by_phone.number", "by_phone.given_by.contact"],
    )
    .await;
    refused(|it| it.disposition = 0, &["disposition"]).await;
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}
