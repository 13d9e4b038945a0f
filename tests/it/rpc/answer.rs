//! Answering: the first answer wins, a later one supersedes visibly, a late one is taken and marked.

use super::*;

fn known(check_id: &str, lease_id: &str, text: &str) -> v1::AnswerRequest {
    let remark = v1::Remark {
        topic: v1::Topic::AdultConcerns.into(),
        text: text.into(),
        handling: vec![v1::Handling::RingFirst.into()],
    };
    v1::AnswerRequest {
        person: person("Sam Social"),
        disposition: v1::Disposition::KnownRelevant.into(),
        content: Some(v1::AnswerContent {
            remarks: vec![remark],
            ..v1::AnswerContent::default()
        }),
        ..answer(check_id, lease_id)
    }
}

#[tokio::test]
async fn the_officer_reads_what_the_borough_answered() {
    let lent = Lent::start().await;
    let request = known(&lent.check, &lent.lease, "An open plan since May.");
    let other = known(&lent.check, &lent.lease, "Nothing at all.");
    let other = v1::AnswerRequest {
        request_id: request.request_id.clone(),
        ..other
    };
    let answered = check_replay(request.clone(), other, async |request| {
        lent.kit.adapter(HACKNEY).answer(request).await
    })
    .await;
    assert_eq!(answered.check.unwrap().state(), v1::CheckState::Answered);
    let seen = lent.seen().await;
    let [only] = &seen.answers[..] else {
        panic!("one version: {}", seen.answers.len());
    };
    assert_eq!(
        (only.version, only.disposition()),
        (1, v1::Disposition::KnownRelevant)
    );
    assert_eq!(only.timeliness(), v1::Timeliness::InTime);
    assert_eq!(only.content, request.content);
    let by = only.by.as_ref().unwrap();
    assert_eq!(
        (by.client_id.as_str(), &by.person),
        (HACKNEY, &request.person)
    );
    assert!(seen.receipt.is_none(), "nobody has read it");
}

#[tokio::test]
async fn a_later_answer_supersedes_and_the_first_stays() {
    let lent = Lent::start().await;
    lent.answered().await;
    let second = known(&lent.check, "", "We looked again.");
    lent.kit.adapter(HACKNEY_DESK).answer(second).await.unwrap();
    let versions: Vec<_> = lent
        .seen()
        .await
        .answers
        .iter()
        .map(|answer| (answer.version, answer.disposition()))
        .collect();
    assert_eq!(
        versions,
        [
            (1, v1::Disposition::NotKnown),
            (2, v1::Disposition::KnownRelevant)
        ]
    );
}

#[tokio::test]
async fn an_answer_is_late_from_the_instant_of_the_hearing_on() {
    for (moment, timeliness) in [
        ("2026-11-23T13:59:59.999", v1::Timeliness::InTime),
        ("2026-11-23T14:00", v1::Timeliness::AfterHearing),
        ("2026-11-25T09:00", v1::Timeliness::AfterHearing),
    ] {
        let kit = Kit::start().await;
        let enquiry = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
        kit.move_to(moment).await;
        let leased = kit.lease(HACKNEY).await;
        let check = leased.check.unwrap();
        kit.adapter(HACKNEY)
            .answer(answer(&check.id, &leased.lease_id))
            .await
            .unwrap();
        let seen = kit.get(&enquiry).await;
        assert_eq!(
            seen.checks[0].answers[0].timeliness(),
            timeliness,
            "{moment}"
        );
        assert!(seen.open, "a late answer must be read like any other");
    }
}

#[tokio::test]
async fn answering_is_for_the_responder_under_its_lease() {
    check_adapter_verb(async |kit, who, check, lease| {
        kit.adapter(who)
            .answer(answer(&check, &lease))
            .await
            .map(drop)
    })
    .await;
}

#[tokio::test]
async fn an_answer_always_says_something() {
    let lent = Lent::start().await;
    let silent = v1::AnswerRequest {
        disposition: 0,
        ..answer(&lent.check, &lent.lease)
    };
    check_fields(
        lent.kit.adapter(HACKNEY).answer(silent).await,
        &["disposition"],
    );
    let mut odd = known(&lent.check, &lent.lease, "");
    odd.disposition = 99;
    odd.content.as_mut().unwrap().matches = vec![v1::Match::default()];
    let refused = lent.kit.adapter(HACKNEY).answer(odd).await;
    check_refused(refused, Code::InvalidArgument, "INVALID_FIELDS");
    assert_eq!(lent.seen().await.state(), v1::CheckState::Leased);
}

#[tokio::test]
async fn a_waiting_check_is_not_answered_by_whoever_never_took_it() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let refused = kit
        .adapter(HACKNEY)
        .answer(answer(&receipt.checks[0].check_id, ""))
        .await;
    check_refused(refused, Code::FailedPrecondition, "WRONG_STATE");
}
