//! Moving a hearing: a named person, a reason, and every step computed anew.

use super::*;

fn to(enquiry_id: &str, local: &str) -> v1::MoveHearingRequest {
    v1::MoveHearingRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        enquiry_id: enquiry_id.into(),
        deadline: hearing(COURT, local),
        reason: "Put back to the afternoon.".into(),
    }
}

fn due(check: &v1::Check, step: &str) -> usher_domain::time::Timestamp {
    let found = check.steps.iter().find(|known| known.name == step);
    instant(found.unwrap().due_time)
}

#[tokio::test]
async fn a_moved_hearing_moves_every_step_and_keeps_history() {
    let lent = Lent::start().await;
    assert_eq!(due(&lent.seen().await, "hearing"), at("2026-11-23T14:00"));
    let request = to(&lent.enquiry, "2026-11-23T16:00");
    let other = to(&lent.enquiry, "2026-11-23T17:00");
    let other = v1::MoveHearingRequest {
        request_id: request.request_id.clone(),
        ..other
    };
    let moved = check_replay(request, other, async |request| {
        lent.kit.court(OFFICER).move_hearing(request).await
    })
    .await;
    let enquiry = moved.enquiry.unwrap();
    assert_eq!(due(&enquiry.checks[0], "hearing"), at("2026-11-23T16:00"));
    assert_eq!(due(&enquiry.checks[0], "chase"), at("2026-11-23T10:15"));
    assert_eq!(enquiry.checks[0].ladder_generation, 2);
    let [before] = &enquiry.moves[..] else {
        panic!("one move");
    };
    assert_eq!(before.reason, "Put back to the afternoon.");
    assert_eq!(before.by.as_ref().unwrap().person, person("Olive Officer"));
    let moves = lent.kit.history(&lent.enquiry).await;
    let event = moves
        .iter()
        .find(|event| event.r#type() == v1::EventType::HearingMoved)
        .unwrap();
    assert_eq!(instant(event.from_time), at("2026-11-23T14:00"));
    assert_eq!(instant(event.to_time), at("2026-11-23T16:00"));
}

#[tokio::test]
async fn a_hearing_brought_forward_raises_at_once_what_is_due_by_then() {
    let lent = Lent::start().await;
    lent.kit
        .court(OFFICER)
        .move_hearing(to(&lent.enquiry, "2026-11-23T10:20"))
        .await
        .unwrap();
    lent.kit.settle().await;
    let alerts = lent.kit.alerts().await;
    let causes: Vec<&str> = alerts.iter().map(|alert| alert.cause.as_str()).collect();
    assert_eq!(causes, ["decision_point"]);
}

#[tokio::test]
async fn a_doubtful_new_date_is_accepted_with_a_warning() {
    use v1::WarningCode::{DoubledHour, HearingPassed, NotAWorkingDay};
    let lent = Lent::start().await;
    let check = async |local: &str, wanted: &[v1::WarningCode]| {
        let request = to(&lent.enquiry, local);
        let moved = lent.kit.court(OFFICER).move_hearing(request).await.unwrap();
        let warnings = moved.into_inner().warnings;
        let codes: Vec<_> = warnings.iter().map(v1::Warning::code).collect();
        assert_eq!(codes, wanted, "{local}");
        let said = |warning: &v1::Warning| warning.field == "deadline" && !warning.text.is_empty();
        assert!(warnings.iter().all(said), "{warnings:?}");
    };
    check("2026-11-23T16:00", &[]).await;
    check("2026-11-28T10:00", &[NotAWorkingDay]).await;
    check("2026-12-25T10:00", &[NotAWorkingDay]).await;
    check("2027-10-31T01:30", &[DoubledHour, NotAWorkingDay]).await;
    check("2026-11-23T09:30", &[HearingPassed]).await;
    let elsewhere = v1::MoveHearingRequest {
        deadline: hearing("B99ZZ", "2026-11-24T14:00"),
        ..to(&lent.enquiry, "2026-11-24T14:00")
    };
    let moved = lent.kit.court(OFFICER).move_hearing(elsewhere).await;
    let warning = moved.unwrap().into_inner().warnings[0].code();
    assert_eq!(warning, v1::WarningCode::UnknownCourt);
}

#[tokio::test]
async fn a_case_that_goes_to_another_court_is_that_courts() {
    let lent = Lent::start().await;
    let request = v1::MoveHearingRequest {
        deadline: hearing(OTHER_COURT, "2026-11-24T14:00"),
        ..to(&lent.enquiry, "2026-11-24T14:00")
    };
    lent.kit
        .court(OFFICER)
        .move_hearing(request.clone())
        .await
        .unwrap();
    // The enquiry has left the caller's sight: not even a repeated request shows what the other court makes of it.
    let again = lent.kit.court(OFFICER).move_hearing(request).await;
    check_refused(again, Code::NotFound, "NOT_FOUND");
    let get = v1::GetRequest {
        enquiry_id: lent.enquiry.clone(),
    };
    let gone = lent.kit.court(OFFICER).get(get.clone()).await;
    check_refused(gone, Code::NotFound, "NOT_FOUND");
    let theirs = lent
        .kit
        .court(STRANGER)
        .get(get)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(theirs.enquiry.unwrap().moves.len(), 1);
}

#[tokio::test]
async fn a_deadline_lies_where_it_can() {
    let lent = Lent::start().await;
    for local in ["2026-11-22T14:00", "2028-11-23T14:00"] {
        let refused = lent
            .kit
            .court(OFFICER)
            .move_hearing(to(&lent.enquiry, local))
            .await;
        check_refused(refused, Code::InvalidArgument, "BAD_DEADLINE");
    }
    let silent = v1::MoveHearingRequest {
        reason: String::new(),
        deadline: None,
        ..to(&lent.enquiry, "2026-11-23T16:00")
    };
    check_fields(
        lent.kit.court(OFFICER).move_hearing(silent).await,
        &["deadline", "reason"],
    );
    assert!(lent.kit.get(&lent.enquiry).await.moves.is_empty());
}

#[tokio::test]
async fn moving_is_for_the_court_and_operators() {
    let lent = Lent::start().await;
    check_court_verb(
        &lent,
        &[HACKNEY, INSPECTOR],
        async |who, enquiry, person| {
            let request = v1::MoveHearingRequest {
                person,
                ..to(&enquiry, "2026-11-23T16:00")
            };
            lent.kit.court(who).move_hearing(request).await.map(drop)
        },
    )
    .await;
    for (who, local) in [
        (MANAGER, "2026-11-23T15:00"),
        (OPERATOR, "2026-11-23T16:00"),
    ] {
        lent.kit
            .court(who)
            .move_hearing(to(&lent.enquiry, local))
            .await
            .unwrap();
    }
}
