//! Entering a stage: what the stage needs is raised.

use super::cases::*;
use super::*;

fn enter(case_id: &str, stage: v1::Purpose) -> v1::EnterStageRequest {
    v1::EnterStageRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        case_id: case_id.into(),
        stage: stage.into(),
        due_time: None,
    }
}

#[tokio::test]
async fn the_next_stage_needs_its_own_checks() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let request = enter(&case_id, v1::Purpose::StartOfSentence);
    let other = enter(&case_id, v1::Purpose::Review);
    let other = v1::EnterStageRequest {
        request_id: request.request_id.clone(),
        ..other
    };
    let entered = check_replay(request, other, async |request| {
        kit.court(OFFICER).enter_stage(request).await
    })
    .await;
    let case = entered.case.unwrap();
    let rules: Vec<_> = case
        .requirements
        .iter()
        .map(|one| one.rule.as_str())
        .collect();
    assert_eq!(rules, ["children_report", "children_later"]);
    assert_eq!(case.stages.len(), 2);
    // Five working days of the policy, from a Monday on.
    let due = instant(case.requirements[1].due_time);
    assert_eq!(
        usher_domain::time::to_london(due).date().to_string(),
        "2026-11-30"
    );
}

#[tokio::test]
async fn a_moment_may_be_named_after_sentence_only() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let by = |stage, local| v1::EnterStageRequest {
        due_time: Some(wire(at(local))),
        ..enter(&case_id, stage)
    };
    let call = async |request| kit.court(OFFICER).enter_stage(request).await;
    let review = v1::Purpose::Review;
    let past = call(by(review, "2026-11-20T10:00")).await;
    check_refused(past, Code::InvalidArgument, "BAD_DEADLINE");
    let before = call(by(v1::Purpose::Curfew, "2026-11-24T10:00")).await;
    check_refused(before, Code::InvalidArgument, "BAD_DEADLINE");
    let unsaid = v1::EnterStageRequest {
        stage: 0,
        ..enter(&case_id, review)
    };
    check_fields(call(unsaid).await, &["stage"]);
    let case = call(by(review, "2026-12-01T10:00")).await.unwrap();
    let case = case.into_inner().case.unwrap();
    assert_eq!(
        instant(case.requirements[1].due_time),
        at("2026-12-01T10:00")
    );
}

#[tokio::test]
async fn entering_a_stage_is_for_the_court() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let denied = [HACKNEY, OPERATOR, INSPECTOR];
    check_case_verb(&kit, &case_id, &denied, async |who, case_id, person| {
        let request = v1::EnterStageRequest {
            person,
            ..enter(&case_id, v1::Purpose::Review)
        };
        kit.court(who).enter_stage(request).await.map(drop)
    })
    .await;
}
