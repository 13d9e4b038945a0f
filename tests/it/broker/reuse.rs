//! Earlier answers: found by whom they are about, for what they were asked, and how old they are; and by nobody who may not see them.

use crate::support::*;
use usher::broker::BrokerError;
use usher::broker::case::EarlierAnswers;
use usher_domain::actor::{Actor, Courts, Role};
use usher_domain::code::{ClientId, CourtCode};
use usher_domain::enquiry::Purpose;
use usher_domain::id::CaseId;
use usher_domain::personal::Handling;
use usher_domain::rejection::Rejection;
use usher_proto::v1;

/// The same enquiry about somebody with this case reference number.
fn about(crn: &str, request: v1::SubmitRequest) -> v1::SubmitRequest {
    let mut request = request;
    let subject = request.personal.as_mut().unwrap().subject.as_mut().unwrap();
    subject.crn = crn.into();
    request
}

fn sam() -> v1::SubmitRequest {
    about("X320741", enquiry(&[IN_HACKNEY]))
}

/// Submits it, and Hackney answers at once, saying `content`; the check.
async fn answered(kit: &Kit, request: v1::SubmitRequest, content: v1::AnswerContent) -> String {
    kit.submit(request).await;
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap().id;
    let given = v1::AnswerRequest {
        disposition: v1::Disposition::KnownRelevant.into(),
        content: Some(content),
        ..answer(&check, &leased.lease_id)
    };
    kit.adapter(HACKNEY).answer(given).await.unwrap();
    check
}

/// Registers the case of whom `request` is about; its id.
async fn case_of(kit: &Kit, request: v1::SubmitRequest) -> CaseId {
    let row = v1::CaseRow {
        line: 2,
        case_name: "01AB1234526/1".into(),
        hearing: heard("2026-11-24T10:00"),
        stage: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Fast.into(),
        indicators: vec![v1::Indicator::LivesWithChildren.into()],
        personal: request.personal,
        ..v1::CaseRow::default()
    };
    let list = v1::RegisterCasesRequest {
        person: person("Olive Officer"),
        rows: vec![row],
        complete_days: Vec::new(),
    };
    let sent = futures_util::stream::iter([list]);
    let answers = kit.court(OFFICER).register_cases(sent).await.unwrap();
    let told = answers.into_inner().message().await.unwrap().unwrap();
    assert_eq!(told.outcomes[0].faults, []);
    told.outcomes[0].case_id.parse().unwrap()
}

fn heard(local: &str) -> Option<v1::Hearing> {
    match hearing(COURT, local)?.kind? {
        v1::deadline::Kind::Hearing(hearing) => Some(hearing),
        v1::deadline::Kind::ReplyBy(_) => None,
    }
}

fn officer(court: &str) -> Actor {
    Actor {
        role: Role::Officer,
        client: ClientId::parse("spiffe://usher.example/court/test").unwrap(),
        courts: Courts::Only(vec![CourtCode::parse(court).unwrap()]),
        responders: Vec::new(),
        person: None,
    }
}

async fn offered(kit: &Kit, case: CaseId) -> EarlierAnswers {
    let found = kit.broker().earlier_answers(case, 1, &officer(COURT)).await;
    found.unwrap()
}

fn checks(found: &EarlierAnswers) -> Vec<String> {
    let checks = found.answers.iter().map(|answer| answer.check.to_string());
    checks.collect()
}

fn remark(handling: &[v1::Handling]) -> v1::Remark {
    v1::Remark {
        topic: v1::Topic::AdultConcerns.into(),
        text: "Ring first.".into(),
        handling: handling.iter().map(|code| (*code).into()).collect(),
    }
}

#[tokio::test]
async fn a_recent_answer_about_the_same_person_is_offered_with_its_date_and_handling() {
    let kit = Kit::start().await;
    let content = v1::AnswerContent {
        remarks: vec![
            remark(&[v1::Handling::RingFirst, v1::Handling::NotToDefendant]),
            remark(&[v1::Handling::RingFirst]),
            remark(&[]),
        ],
        ..v1::AnswerContent::default()
    };
    let first = answered(&kit, sam(), content).await;
    kit.move_to("2026-11-23T11:00").await;
    let second = answered(&kit, sam(), v1::AnswerContent::default()).await;
    let case = case_of(&kit, sam()).await;
    let found = offered(&kit, case).await;
    assert!(found.complete);
    assert_eq!(checks(&found), [second.clone(), first.clone()]);
    let [_, oldest] = &found.answers[..] else {
        panic!("two");
    };
    assert_eq!(oldest.answered_at, at("2026-11-23T10:00"));
    // Twenty working days.
    assert_eq!(oldest.good_until, at("2026-12-21T10:00"));
    assert_eq!((oldest.version, oldest.purpose), (1, Purpose::CourtReport));
    let codes = [
        Handling::ProbationOnly,
        Handling::NotToDefendant,
        Handling::RingFirst,
    ];
    assert_eq!(oldest.handling, codes);
    // Read and closed, it is offered all the same.
    let read = v1::ReceiveRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        check_id: first.clone(),
        answer_version: 1,
        would_have_changed: Vec::new(),
    };
    kit.court(OFFICER).receive(read).await.unwrap();
    assert_eq!(checks(&offered(&kit, case).await), [second.clone(), first]);
    kit.move_to("2026-12-21T10:30").await;
    assert_eq!(checks(&offered(&kit, case).await), [second]);
    kit.move_to("2026-12-21T11:30").await;
    assert_eq!(checks(&offered(&kit, case).await), [""; 0]);
}

#[tokio::test]
async fn what_says_nothing_of_the_person_for_this_purpose_is_not_offered() {
    let kit = Kit::start().await;
    let nothing = v1::AnswerContent::default;
    answered(&kit, about("X320742", sam()), nothing()).await;
    // A name alone can be anybody's.
    answered(&kit, about("", sam()), nothing()).await;
    let release = v1::SubmitRequest {
        purpose: v1::Purpose::Release.into(),
        report: v1::ReportType::Unspecified.into(),
        ..sam()
    };
    answered(&kit, release, nothing()).await;
    let over = v1::AnswerContent {
        valid_until: "2026-11-22".into(),
        ..nothing()
    };
    answered(&kit, sam(), over).await;
    kit.submit(sam()).await;
    let case = case_of(&kit, sam()).await;
    assert_eq!(checks(&offered(&kit, case).await), [""; 0]);
    let today = v1::AnswerContent {
        valid_until: "2026-11-23".into(),
        ..nothing()
    };
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap().id;
    let given = v1::AnswerRequest {
        content: Some(today),
        ..answer(&check, &leased.lease_id)
    };
    kit.adapter(HACKNEY).answer(given).await.unwrap();
    assert_eq!(checks(&offered(&kit, case).await), [check]);
}

#[tokio::test]
async fn earlier_answers_are_for_the_cases_own_court() {
    let kit = Kit::start().await;
    answered(&kit, sam(), v1::AnswerContent::default()).await;
    let case = case_of(&kit, sam()).await;
    let broker = kit.broker();
    let hidden = broker.earlier_answers(case, 1, &officer(OTHER_COURT)).await;
    let not_found = |what| Err(Rejection::NotFound { what });
    let rejected = |result: Result<EarlierAnswers, BrokerError>| match result {
        Err(BrokerError::Rejected(rejection)) => Err::<(), _>(rejection),
        _ => Ok(()),
    };
    assert_eq!(rejected(hidden), not_found("case"));
    let missing = broker.earlier_answers(case, 9, &officer(COURT)).await;
    assert_eq!(rejected(missing), not_found("requirement"));
    // Another court's answers are another court's.
    let elsewhere = v1::SubmitRequest {
        deadline: hearing(OTHER_COURT, "2026-11-23T14:00"),
        ..sam()
    };
    let submitted = kit.court(STRANGER).submit(elsewhere).await.unwrap();
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap().id;
    assert!(check.starts_with(&submitted.into_inner().enquiry_id));
    let given = answer(&check, &leased.lease_id);
    kit.adapter(HACKNEY).answer(given).await.unwrap();
    assert_eq!(offered(&kit, case).await.answers.len(), 1);
}
