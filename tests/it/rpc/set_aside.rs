//! Setting aside: a named person says, with a reason, that a check need not be asked.

use super::cases::*;
use super::*;

fn set_aside(case_id: &str, reason: v1::SetAsideReason) -> v1::SetAsideRequest {
    v1::SetAsideRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        case_id: case_id.into(),
        requirement_number: 1,
        reason: reason.into(),
        answer_check_id: String::new(),
        note: "The children are grown up".into(),
    }
}

#[tokio::test]
async fn what_is_set_aside_says_who_and_why() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let request = set_aside(&case_id, v1::SetAsideReason::NotIndicated);
    let other = v1::SetAsideRequest {
        note: String::new(),
        ..request.clone()
    };
    let done = check_replay(request, other, async |request| {
        kit.court(OFFICER).set_aside(request).await
    })
    .await;
    let case = done.case.unwrap();
    assert!(!case.open);
    let requirement = &case.requirements[0];
    assert_eq!(requirement.state(), v1::RequirementState::SetAside);
    assert_eq!(
        requirement.set_aside_reason(),
        v1::SetAsideReason::NotIndicated
    );
    assert_eq!(requirement.set_aside_note, "The children are grown up");
    let who = requirement.set_aside_by.as_ref().unwrap();
    assert_eq!(who.person, person("Olive Officer"));
    let twice = set_aside(&case_id, v1::SetAsideReason::CaseEnded);
    let twice = kit.court(OFFICER).set_aside(twice).await;
    check_refused(twice, Code::FailedPrecondition, "REQUIREMENT_ENDED");
}

#[tokio::test]
async fn an_earlier_answer_that_is_enough_is_named() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let reason = v1::SetAsideReason::UpToDateAlready;
    let call = async |request| kit.court(OFFICER).set_aside(request).await;
    let unnamed = call(set_aside(&case_id, reason)).await;
    check_fields(unnamed, &["reason"]);
    let superfluous = v1::SetAsideRequest {
        answer_check_id: NO_CHECK.into(),
        ..set_aside(&case_id, v1::SetAsideReason::CaseEnded)
    };
    check_fields(call(superfluous).await, &["reason"]);
    let wrong = v1::SetAsideRequest {
        requirement_number: 0,
        reason: 0,
        answer_check_id: "no id".into(),
        ..set_aside(&case_id, reason)
    };
    let fields = ["requirement_number", "reason", "answer_check_id"];
    check_fields(call(wrong).await, &fields);
    let missing = v1::SetAsideRequest {
        requirement_number: 9,
        ..set_aside(&case_id, v1::SetAsideReason::CaseEnded)
    };
    check_refused(call(missing).await, Code::NotFound, "NOT_FOUND");
}

#[tokio::test]
async fn only_an_answer_that_the_rule_accepts_is_enough() {
    let kit = Kit::start().await;
    let numbered = |crn: &str| {
        let mut request = enquiry(&[IN_HACKNEY]);
        let subject = request.personal.as_mut().unwrap().subject.as_mut();
        subject.unwrap().crn = crn.into();
        request
    };
    let row = v1::CaseRow {
        personal: numbered("X320741").personal,
        ..row(CASE)
    };
    let case_id = register(&kit, row).await;
    let named = |check: &str| v1::SetAsideRequest {
        answer_check_id: check.into(),
        ..set_aside(&case_id, v1::SetAsideReason::UpToDateAlready)
    };
    let call = async |request| kit.court(OFFICER).set_aside(request).await;
    let nowhere = call(named(NO_CHECK)).await;
    check_refused(nowhere, Code::NotFound, "NOT_FOUND");
    let mut checks = Vec::new();
    for crn in ["X320742", "X320741"] {
        let asked = kit.submit(numbered(crn)).await;
        let check = format!("{}/1", asked.enquiry_id);
        check_fields(call(named(&check)).await, &["answer_check_id"]);
        let leased = kit.lease(HACKNEY).await;
        assert_eq!(leased.check.unwrap().id, check);
        let given = answer(&check, &leased.lease_id);
        kit.adapter(HACKNEY).answer(given).await.unwrap();
        checks.push(check);
    }
    check_fields(call(named(&checks[0])).await, &["answer_check_id"]);
    let query = v1::ListEarlierAnswersRequest {
        case_id: case_id.clone(),
        requirement_number: 1,
    };
    let offered = async |who: &str| kit.court(who).list_earlier_answers(query.clone()).await;
    let listed = offered(OFFICER).await.unwrap().into_inner();
    let ids: Vec<_> = listed.answers.iter().map(|one| &one.check_id).collect();
    assert_eq!((ids, listed.is_cut), (vec![&checks[1]], false));
    check_refused(offered(STRANGER).await, Code::NotFound, "NOT_FOUND");
    check_refused(
        offered(HACKNEY).await,
        Code::PermissionDenied,
        "NOT_PERMITTED",
    );
    let request = named(&checks[1]);
    let done = call(request.clone()).await.unwrap().into_inner();
    let requirement = &done.case.as_ref().unwrap().requirements[0];
    assert_eq!(requirement.state(), v1::RequirementState::SetAside);
    // The same again is the same, however old the answer is by then.
    kit.move_to("2027-01-20T10:00").await;
    let again = call(request).await.unwrap().into_inner();
    let states = |case: &Option<v1::Case>| case.as_ref().unwrap().requirements[0].state();
    assert_eq!(states(&again.case), states(&done.case));
}

#[tokio::test]
async fn an_answer_that_is_too_old_is_not_enough() {
    let kit = Kit::start().await;
    let mut request = enquiry(&[IN_HACKNEY]);
    let subject = request.personal.as_mut().unwrap().subject.as_mut();
    subject.unwrap().crn = "X320741".into();
    let check = format!("{}/1", kit.submit(request.clone()).await.enquiry_id);
    let leased = kit.lease(HACKNEY).await;
    let given = answer(&check, &leased.lease_id);
    kit.adapter(HACKNEY).answer(given).await.unwrap();
    kit.move_to("2027-01-20T10:00").await;
    let row = v1::CaseRow {
        hearing: heard("2027-01-25T10:00"),
        personal: request.personal,
        ..row(CASE)
    };
    let case_id = register(&kit, row).await;
    let named = v1::SetAsideRequest {
        answer_check_id: check,
        ..set_aside(&case_id, v1::SetAsideReason::UpToDateAlready)
    };
    check_fields(
        kit.court(OFFICER).set_aside(named).await,
        &["answer_check_id"],
    );
}

#[tokio::test]
async fn setting_aside_is_for_the_court_and_its_managers() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let denied = [HACKNEY, OPERATOR, INSPECTOR];
    let call = async |who: &'static str, case_id: String, person| {
        let request = v1::SetAsideRequest {
            person,
            ..set_aside(&case_id, v1::SetAsideReason::CaseEnded)
        };
        kit.court(who).set_aside(request).await.map(drop)
    };
    check_case_verb(&kit, &case_id, &denied, call).await;
    call(MANAGER, case_id, person("Mia Manager")).await.unwrap();
}
