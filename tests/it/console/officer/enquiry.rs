//! One enquiry, with what each borough says.

use super::*;

fn content() -> v1::AnswerContent {
    let remark = |text: &str, handling: &[v1::Handling]| v1::Remark {
        topic: v1::Topic::Narrative.into(),
        text: text.into(),
        handling: handling.iter().map(|code| (*code).into()).collect(),
    };
    v1::AnswerContent {
        episodes: vec![v1::Episode {
            kind: v1::EpisodeKind::CpPlan.into(),
            who: "The younger child".into(),
            open: true,
            handling: vec![v1::Handling::MayCite.into()],
            ..v1::Episode::default()
        }],
        remarks: vec![
            remark("The mother has moved.", &[v1::Handling::NotToDefendant]),
            remark("See the file.", &[]),
        ],
        ..v1::AnswerContent::default()
    }
}

#[tokio::test]
async fn an_answer_stands_under_what_must_not_be_done_with_it() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let id = asked(&kit).await;
    hackney_says(&kit, v1::Disposition::KnownRelevant, content()).await;
    let shown = browser.get(&format!("/enquiries/{id}")).await;
    assert_eq!(shown.status, StatusCode::OK);
    let text = shown.text();
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part}: {text}"));
    let boxed = |code: &str| format!("<p class=\"usher-handling\">{code}</p>");
    assert!(
        shown
            .html
            .contains(&boxed("Do not disclose to the defendant"))
    );
    assert!(
        shown
            .html
            .contains(&boxed("For probation only: do not cite it in court"))
    );
    assert!(place("Do not disclose to the defendant") < place("Known, relevant information held"));
    assert!(place("Child protection plan") < place("The mother has moved."));
    assert!(
        text.contains("May be cited in the report The younger child"),
        "{text}"
    );
    assert!(text.contains("Mark as read"));
    assert!(
        text.contains("Enquiry sent by Olive Officer, Court duty"),
        "{text}"
    );
    assert!(text.contains("Who has seen this (1)"), "{text}");
    assert!(!shown.html.contains("<title>Ada"));
    assert_eq!(seen(&kit, &id, "officer").await, 1);
}

#[tokio::test]
async fn not_known_never_reads_as_no_risk() {
    let kit = start().await;
    let id = asked(&kit).await;
    hackney_says(
        &kit,
        v1::Disposition::NotKnown,
        v1::AnswerContent::default(),
    )
    .await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get(&format!("/enquiries/{id}")).await;
    assert!(shown.says("Not known to them This does not mean that there is no risk."));
}

#[tokio::test]
async fn a_later_version_stands_above_the_one_that_it_replaces() {
    let kit = start().await;
    let id = asked(&kit).await;
    hackney_says(
        &kit,
        v1::Disposition::NotKnown,
        v1::AnswerContent::default(),
    )
    .await;
    kit.move_to("2026-11-23T15:00").await;
    let again = v1::AnswerRequest {
        disposition: v1::Disposition::KnownNothingRelevant.into(),
        ..answer(&format!("{id}/1"), "")
    };
    kit.adapter(HACKNEY).answer(again).await.unwrap();
    let mut browser = kit.signed_in("manager").await;
    let text = browser.get(&format!("/enquiries/{id}")).await.text();
    let newer = text.find("Answer, Version 2 Came late").expect("the newer");
    let older = text
        .find("Answer, Version 1 Replaced by a later version")
        .expect("the older");
    assert!(newer < older, "{text}");
    assert!(
        text.contains("Social Care answered again (version 2), late"),
        "{text}"
    );
}

#[tokio::test]
async fn what_is_not_yours_is_not_there() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut elsewhere = kit.signed_in("officer-elsewhere").await;
    let mut desk = kit.signed_in("desk").await;
    for path in [
        "",
        "/decide-without",
        "/withdraw",
        "/reassign",
        "/move-hearing",
        "/record-sentence",
        "/sent",
    ] {
        let path = format!("/enquiries/{id}{path}");
        assert_eq!(
            elsewhere.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert_eq!(
            desk.get(&path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    for path in ["receive", "supply", "close"] {
        let path = format!("/checks/{id}/1/{path}");
        assert_eq!(
            elsewhere.get(&path).await.status,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert_eq!(
            desk.get(&path).await.status,
            StatusCode::FORBIDDEN,
            "{path}"
        );
    }
    assert_eq!(seen(&kit, &id, "officer-elsewhere").await, 0);
    let mut inspector = kit.signed_in("inspector").await;
    let shown = inspector.get(&format!("/enquiries/{id}")).await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.says("What you can do"), "{}", shown.text());
    assert_eq!(seen(&kit, &id, "inspector").await, 1);
}
