//! Covering later: an enquiry that was submitted alone is about a case after all.

use super::cases::*;
use super::*;
use v1::RequirementState::{Met, Needed};

fn cover(case_id: &str, enquiry_id: &str) -> v1::CoverRequest {
    v1::CoverRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        case_id: case_id.into(),
        enquiry_id: enquiry_id.into(),
    }
}

#[tokio::test]
async fn an_enquiry_that_named_no_case_covers_what_it_would_have_covered() {
    let kit = Kit::start().await;
    let held = v1::CaseRow {
        indicators: vec![v1::Indicator::DomesticAbuse.into()],
        holder: person("Pat Practitioner"),
        ..row(CASE)
    };
    let case_id = register(&kit, held).await;
    let second = register(&kit, row("second/1")).await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let request = cover(&case_id, &enquiry_id);
    let other = v1::CoverRequest {
        case_id: second.clone(),
        ..request.clone()
    };
    let covered = check_replay(request, other, async |request| {
        kit.court(MANAGER).cover(request).await
    })
    .await;
    let covered = covered.case.unwrap();
    assert_eq!(states(&covered), [Met, Needed], "the police were not asked");
    assert_eq!(
        covered.requirements[0].enquiry_ids,
        std::slice::from_ref(&enquiry_id)
    );
    let linked = kit.get(&enquiry_id).await;
    assert_eq!(linked.case_id, case_id);
    assert_eq!(linked.holder.unwrap().person, person("Pat Practitioner"));
    let told = kit.history(&enquiry_id).await;
    assert_eq!(told.last().unwrap().r#type(), v1::EventType::Linked);
    assert_eq!(history(&kit, &case_id).await.last().unwrap(), "covered");
    let elsewhere = kit.court(OFFICER).cover(cover(&second, &enquiry_id)).await;
    check_fields(elsewhere, &["case_id"]);
    // It is the case's from now on: taken back, it covers nothing.
    let withdraw = v1::WithdrawRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        enquiry_id: enquiry_id.clone(),
        note: "Submitted twice".into(),
    };
    kit.court(OFFICER).withdraw(withdraw).await.unwrap();
    assert_eq!(states(&case(&kit, &case_id).await), [Needed, Needed]);
    let again = kit.court(OFFICER).cover(cover(&case_id, &enquiry_id)).await;
    let again = again.unwrap().into_inner().case.unwrap();
    assert_eq!(states(&again), [Needed, Needed]);
}

#[tokio::test]
async fn what_is_too_old_or_about_somebody_else_covers_nothing() {
    let kit = Kit::start().await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let mut other = row("other/1");
    let subject = other.personal.as_mut().unwrap().subject.as_mut().unwrap();
    subject.name.as_mut().unwrap().family = "Somebody".into();
    let other = register(&kit, other).await;
    let before = kit.store_end().await;
    let refused = kit.court(OFFICER).cover(cover(&other, &enquiry_id)).await;
    check_fields(refused, &["case_id"]);
    assert_eq!(kit.store_end().await, before, "a refusal changed something");
    // Twenty working days of the policy, and a day.
    kit.move_to("2026-12-22T12:00").await;
    let later = v1::CaseRow {
        hearing: heard("2027-01-18T10:00"),
        ..row(CASE)
    };
    let later = register(&kit, later).await;
    let late = kit.court(OFFICER).cover(cover(&later, &enquiry_id)).await;
    let late = late.unwrap().into_inner().case.unwrap();
    assert_eq!(states(&late), [Needed]);
}

#[tokio::test]
async fn the_clock_asks_again_for_what_is_too_old_before_the_hearing() {
    let mut kit = Kit::start().await;
    let far = v1::CaseRow {
        hearing: heard("2027-01-18T10:00"),
        ..row(CASE)
    };
    let case_id = register(&kit, far).await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let request = cover(&case_id, &enquiry_id);
    kit.court(OFFICER).cover(request).await.unwrap();
    let covered = case(&kit, &case_id).await;
    assert!(covered.open, "it will be needed again");
    // Twenty working days of the policy, and from then on nobody brings a list: a broker that was down finds it too.
    kit.move_to("2026-12-21T10:00").await;
    assert_eq!(states(&case(&kit, &case_id).await), [Met]);
    kit.restart().await;
    kit.move_to("2026-12-21T10:01").await;
    let again = case(&kit, &case_id).await;
    assert_eq!(states(&again), [Needed]);
    let causes: Vec<_> = again.alerts.iter().map(|alert| &*alert.cause).collect();
    assert_eq!(causes, ["ask", "manager"]);
    let told = history(&kit, &case_id).await;
    assert!(told.contains(&"uncovered".to_owned()), "{told:?}");
    let report = kit.verified().await;
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn covering_is_for_the_court_and_its_managers() {
    let kit = Kit::start().await;
    let case_id = register(&kit, row(CASE)).await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let denied = [HACKNEY, OPERATOR, INSPECTOR];
    check_case_verb(&kit, &case_id, &denied, async |who, case_id, person| {
        let request = v1::CoverRequest {
            person,
            ..cover(&case_id, &enquiry_id)
        };
        kit.court(who).cover(request).await.map(drop)
    })
    .await;
    let unnamed = kit.court(OFFICER).cover(cover(&case_id, "no id")).await;
    check_fields(unnamed, &["enquiry_id"]);
}
