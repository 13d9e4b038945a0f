//! Reassigning: a case, with its open enquiries, or one enquiry goes to another practitioner.

use super::cases::*;
use super::*;
use v1::reassign_request::Target;

fn to_kim(target: Option<Target>) -> v1::ReassignRequest {
    v1::ReassignRequest {
        request_id: fresh(),
        person: person("Mia Manager"),
        target,
        holder: person("Kim Practitioner"),
        unit: Some(v1::Unit {
            office: "North London".into(),
            ..v1::Unit::default()
        }),
    }
}

#[tokio::test]
async fn a_case_goes_with_its_open_enquiries_and_their_answers() {
    let kit = Kit::start().await;
    let held = v1::CaseRow {
        holder: person("Pat Practitioner"),
        ..row(CASE)
    };
    let case_id = register(&kit, held).await;
    let about = v1::SubmitRequest {
        case_id: case_id.clone(),
        ..enquiry(&[IN_HACKNEY])
    };
    let enquiry_id = kit.submit(about).await.enquiry_id;
    let holder = async || kit.get(&enquiry_id).await.holder.unwrap().person;
    assert_eq!(holder().await, person("Pat Practitioner"));
    let request = to_kim(Some(Target::CaseId(case_id.clone())));
    let other = v1::ReassignRequest {
        holder: person("Lee Practitioner"),
        ..request.clone()
    };
    let moved = check_replay(request, other, async |request| {
        kit.court(MANAGER).reassign(request).await
    })
    .await;
    assert_eq!(moved.case.unwrap().holder, person("Kim Practitioner"));
    assert_eq!(holder().await, person("Kim Practitioner"));
    let told = kit.history(&enquiry_id).await;
    let told: Vec<_> = told.iter().map(v1::Event::r#type).collect();
    assert_eq!(told.last(), Some(&v1::EventType::Reassigned));
    // Whoever is told of it later is told who has it.
    let leased = kit.lease(HACKNEY).await;
    let answer = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(answer).await.unwrap();
    kit.move_to("2026-11-23T13:30").await;
    let alerts = kit.alerts().await;
    let unread = alerts.iter().find(|alert| alert.cause == "unread").unwrap();
    assert_eq!(unread.holder, person("Kim Practitioner"));
    // What was read goes along: a later answer is for whoever has the case then.
    let read = v1::ReceiveRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        check_id: format!("{enquiry_id}/1"),
        answer_version: 1,
        would_have_changed: Vec::new(),
    };
    kit.court(OFFICER).receive(read).await.unwrap();
    let request = v1::ReassignRequest {
        holder: person("Lee Practitioner"),
        ..to_kim(Some(Target::CaseId(case_id)))
    };
    kit.court(MANAGER).reassign(request).await.unwrap();
    assert_eq!(holder().await, person("Lee Practitioner"));
}

#[tokio::test]
async fn one_enquiry_goes_alone() {
    let kit = Kit::start().await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    assert_eq!(kit.get(&enquiry_id).await.holder, None);
    let request = to_kim(Some(Target::EnquiryId(enquiry_id.clone())));
    let moved = kit.court(OFFICER).reassign(request).await.unwrap();
    let holder = moved.into_inner().enquiry.unwrap().holder.unwrap();
    assert_eq!(holder.person, person("Kim Practitioner"));
    assert_eq!(holder.unit.unwrap().office, "North London");
    let nobody = v1::ReassignRequest {
        holder: None,
        unit: None,
        ..to_kim(Some(Target::EnquiryId(enquiry_id)))
    };
    check_fields(kit.court(OFFICER).reassign(nobody).await, &["holder"]);
    let nothing = kit.court(OFFICER).reassign(to_kim(None)).await;
    check_fields(nothing, &["case_id"]);
}

#[tokio::test]
async fn reassigning_is_for_the_court_its_managers_and_operators() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let call = async |who: &'static str, case_id, person| {
        let request = v1::ReassignRequest {
            person,
            ..to_kim(Some(Target::CaseId(case_id)))
        };
        kit.court(who).reassign(request).await.map(drop)
    };
    check_case_verb(&kit, &case_id, &[HACKNEY, INSPECTOR], call).await;
    call(OPERATOR, case_id, person("Oscar Operator"))
        .await
        .unwrap();
}
