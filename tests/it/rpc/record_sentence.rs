//! Recording a sentence: what is outstanding then says so at once, ends by nothing, and is chased on.

use super::*;

fn sentence(enquiry_id: &str, outcome: v1::SentenceOutcome) -> v1::RecordSentenceRequest {
    v1::RecordSentenceRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        enquiry_id: enquiry_id.into(),
        outcome: outcome.into(),
        sentence_date: "2026-11-23".into(),
    }
}

#[tokio::test]
async fn what_is_outstanding_at_sentence_says_so_and_is_still_wanted() {
    let lent = Lent::start().await;
    lent.kit.move_to("2026-11-23T14:30").await;
    let request = sentence(&lent.enquiry, v1::SentenceOutcome::Custody);
    let other = v1::RecordSentenceRequest {
        outcome: v1::SentenceOutcome::Other.into(),
        ..request.clone()
    };
    let recorded = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).record_sentence(request).await
    })
    .await;
    let enquiry = recorded.enquiry.unwrap();
    let sentence = enquiry.sentence.clone().unwrap();
    assert_eq!(sentence.outcome(), v1::SentenceOutcome::Custody);
    assert_eq!(sentence.sentence_date, "2026-11-23");
    assert_eq!(
        sentence.outstanding_check_ids,
        std::slice::from_ref(&lent.check)
    );
    let by = sentence.by.as_ref().unwrap();
    assert_eq!(by.person, person("Olive Officer"));
    assert_eq!(instant(sentence.record_time), at("2026-11-23T14:30"));
    assert!(enquiry.open);
    assert!(enquiry.checks[0].sentenced_outstanding_time.is_some());
    // It is in the record, and in the history.
    assert_eq!(lent.kit.get(&lent.enquiry).await.sentence, Some(sentence));
    let history = lent.kit.history(&lent.enquiry).await;
    let told: Vec<_> = history
        .iter()
        .filter(|event| event.r#type() == v1::EventType::SentenceRecorded)
        .map(|event| (event.sentence_outcome(), &event.sentence_date[..]))
        .collect();
    assert_eq!(told, [(v1::SentenceOutcome::Custody, "2026-11-23")]);
    let outstanding = v1::EventType::SentencedOutstanding;
    let marked = history.iter().filter(|event| event.r#type() == outstanding);
    assert_eq!(marked.count(), 1, "by the hearing or by the sentence, once");
}

#[tokio::test]
async fn a_sentence_brings_its_case_to_the_start_of_it() {
    use v1::Purpose::{CourtReport, StartOfSentence};
    use v1::RequirementState::{Met, Needed};
    use v1::SentenceOutcome as Outcome;
    let kit = Kit::start().await;
    let mut asked = Vec::new();
    for (outcome, who) in [
        (Outcome::CommunityOrder, OFFICER),
        (Outcome::Custody, MANAGER),
        (Outcome::NoSentence, OFFICER),
        (Outcome::FineOrDischarge, OFFICER),
    ] {
        let row = cases::row(&format!("{outcome:?}/1"));
        let case_id = cases::register(&kit, row).await;
        let about = || v1::SubmitRequest {
            case_id: case_id.clone(),
            ..enquiry(&[IN_HACKNEY])
        };
        let enquiries = [kit.submit(about()).await, kit.submit(about()).await];
        asked.push((outcome, who, case_id, enquiries));
    }
    kit.move_to("2026-11-23T14:30").await;
    for (outcome, who, case_id, enquiries) in asked {
        for receipt in enquiries {
            let request = sentence(&receipt.enquiry_id, outcome);
            kit.court(who).record_sentence(request).await.unwrap();
        }
        let case = cases::case(&kit, &case_id).await;
        let stages: Vec<_> = case.stages.iter().map(v1::CaseStage::purpose).collect();
        let expected = match outcome {
            Outcome::CommunityOrder | Outcome::Custody => {
                (vec![CourtReport, StartOfSentence], vec![Met, Needed])
            }
            _ => (vec![CourtReport], vec![Met]),
        };
        assert_eq!((stages, cases::states(&case)), expected, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_sentence_is_passed_at_a_hearing_that_has_begun() {
    let lent = Lent::start().await;
    let call = async |request| lent.kit.court(OFFICER).record_sentence(request).await;
    let early = call(sentence(&lent.enquiry, v1::SentenceOutcome::Custody)).await;
    let refused = check_refused(early, Code::InvalidArgument, "BAD_DEADLINE");
    assert!(refused.message().contains("move the hearing"), "{refused}");
    lent.kit.move_to("2026-11-23T14:30").await;
    let on = |date: &str| v1::RecordSentenceRequest {
        sentence_date: date.into(),
        ..sentence(&lent.enquiry, v1::SentenceOutcome::Custody)
    };
    for date in ["2026-11-22", "2026-11-24", "yesterday", ""] {
        check_fields(call(on(date)).await, &["sentence_date"]);
    }
    let none = sentence(&lent.enquiry, v1::SentenceOutcome::Unspecified);
    check_fields(call(none).await, &["outcome"]);
}

#[tokio::test]
async fn recording_a_sentence_is_for_the_court() {
    let lent = Lent::start().await;
    lent.kit.move_to("2026-11-23T14:30").await;
    check_court_verb(
        &lent,
        &[HACKNEY, OPERATOR, INSPECTOR],
        async |who, enquiry, person| {
            let request = v1::RecordSentenceRequest {
                person,
                ..sentence(&enquiry, v1::SentenceOutcome::Custody)
            };
            lent.kit.court(who).record_sentence(request).await.map(drop)
        },
    )
    .await;
    let request = sentence(&lent.enquiry, v1::SentenceOutcome::NoSentence);
    lent.kit
        .court(MANAGER)
        .record_sentence(request)
        .await
        .unwrap();
    assert!(lent.seen().await.sentenced_outstanding_time.is_none());
}
