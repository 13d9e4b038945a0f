//! What court officers see and do.

mod acts;
mod alerts;
mod ask;
mod cases;
mod enquiry;
mod hearings;
mod search;

use super::*;
use usher_proto::v1;

/// A person who has signed in with this group's role, as history names them.
fn named(group: &str) -> String {
    format!("Petra {group}")
}

/// How often `group` was shown the record.
async fn seen(kit: &Kit, enquiry_id: &str, group: &str) -> usize {
    let events = kit.history(enquiry_id).await.into_iter();
    let by = |event: &v1::Event| {
        event
            .by
            .as_ref()
            .and_then(|by| Some(by.person.as_ref()?.name.clone()))
    };
    events
        .filter(|event| event.r#type() == v1::EventType::Viewed)
        .filter(|event| by(event) == Some(named(group)))
        .count()
}

/// Hackney answers the oldest check that waits.
async fn hackney_says(kit: &Kit, disposition: v1::Disposition, content: v1::AnswerContent) {
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap();
    let request = v1::AnswerRequest {
        disposition: disposition.into(),
        content: Some(content),
        ..answer(&check.id, &leased.lease_id)
    };
    kit.adapter(HACKNEY).answer(request).await.unwrap();
}

/// Hackney asks about the oldest check that waits.
async fn hackney_asks(kit: &Kit, question: &str) {
    let leased = kit.lease(HACKNEY).await;
    let request = v1::AskRequest {
        request_id: fresh(),
        person: person("Dee Desk"),
        check_id: leased.check.unwrap().id,
        lease_id: leased.lease_id,
        question: question.into(),
    };
    kit.adapter(HACKNEY).ask(request).await.unwrap();
}

/// An enquiry of Hackney, submitted; its id.
async fn asked(kit: &Kit) -> String {
    kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id
}

/// A case on the court's list that needs a check of children's social care, of somebody with this CRN; its id.
pub(super) async fn listed(kit: &Kit, name: &str, crn: &str) -> String {
    listed_at(kit, "2026-11-23T14:00", name, crn).await
}

async fn listed_at(kit: &Kit, local: &str, name: &str, crn: &str) -> String {
    let mut personal = enquiry(&[IN_HACKNEY]).personal.unwrap();
    let subject = personal.subject.as_mut().unwrap();
    subject.crn = crn.into();
    subject.sex = v1::Sex::Female.into();
    personal.urn = "01AB1234526".into();
    personal.addresses[0].uprn = "100023336956".into();
    personal.others = vec![v1::Other {
        relationship: "grandmother".into(),
        ..v1::Other::default()
    }];
    let Some(v1::deadline::Kind::Hearing(hearing)) = hearing(COURT, local).unwrap().kind else {
        panic!("a hearing");
    };
    let row = v1::CaseRow {
        line: 2,
        case_name: name.into(),
        hearing: Some(hearing),
        stage: v1::Purpose::CourtReport.into(),
        report: v1::ReportType::Oral.into(),
        indicators: vec![v1::Indicator::LivesWithChildren.into()],
        personal: Some(personal),
        ..v1::CaseRow::default()
    };
    let list = v1::RegisterCasesRequest {
        person: person("Olive Officer"),
        rows: vec![row],
        complete_days: Vec::new(),
    };
    let sent = futures_util::stream::iter([list]);
    let answers = kit.court(OFFICER).register_cases(sent).await.unwrap();
    let answer = answers.into_inner().message().await.unwrap().unwrap();
    let outcome = answer.outcomes.into_iter().next().unwrap();
    assert_eq!(outcome.faults, []);
    outcome.case_id
}
