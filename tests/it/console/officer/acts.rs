//! What an officer does with an enquiry, from the form to the record.

use super::*;

/// The names of what happened, with who did it.
async fn did(kit: &Kit, id: &str, wanted: v1::EventType) -> Vec<String> {
    let events = kit.history(id).await.into_iter();
    events
        .filter(|event| event.r#type() == wanted)
        .map(|event| event.by.unwrap().person.unwrap_or_default().name)
        .collect()
}

#[tokio::test]
async fn a_question_is_answered() {
    let kit = start().await;
    let id = asked(&kit).await;
    hackney_asks(&kit, "Which school?").await;
    let mut browser = kit.signed_in("officer").await;
    let path = format!("/checks/{id}/1/supply");
    assert!(browser.get(&path).await.says("Which school?"));
    let empty = browser.fill(&path, &[("reply", " ")]).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(empty.html.contains("href=\"#reply\""));
    let done = browser.fill(&path, &[("reply", "Gayhurst.")]).await;
    assert_eq!(done.path, format!("/enquiries/{id}"));
    assert!(done.says("Your answer has gone to the borough."));
    assert!(done.says("The reply Gayhurst."), "{}", done.text());
    assert_eq!(
        did(&kit, &id, v1::EventType::Supplied).await,
        [named("officer")]
    );
    let again = browser.fill(&path, &[("reply", "Again")]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.html.contains("Again"), "what was typed is kept");
}

#[tokio::test]
async fn an_answer_is_read_and_a_late_one_says_what_it_would_have_changed() {
    let kit = start().await;
    let id = asked(&kit).await;
    kit.move_to("2026-11-23T15:00").await;
    hackney_says(
        &kit,
        v1::Disposition::NotKnown,
        v1::AnswerContent::default(),
    )
    .await;
    let mut browser = kit.signed_in("officer").await;
    let path = format!("/checks/{id}/1/receive?version=1");
    let unsaid = browser.fill(&path, &[]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.html.contains("href=\"#effect\""));
    let both = [("effect", "nothing"), ("effect", "plan")];
    let both = browser.fill(&path, &both).await;
    assert_eq!(both.status, StatusCode::UNPROCESSABLE_ENTITY);
    let done = browser
        .fill(&path, &[("effect", "plan"), ("effect", "sentence")])
        .await;
    assert!(
        done.says("The answer is marked as read."),
        "{}",
        done.text()
    );
    assert!(done.says("Answered and read"));
    assert!(done.says("It would have changed:"), "{}", done.text());
    assert_eq!(
        did(&kit, &id, v1::EventType::Received).await,
        [named("officer")]
    );
}

#[tokio::test]
async fn nobody_answers_a_question_that_was_not_asked() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get(&format!("/checks/{id}/1/supply")).await;
    assert_eq!(shown.path, format!("/enquiries/{id}#check-1"));
}

/// The link to mark it as read is of the version that the page shows.
#[tokio::test]
async fn an_answer_that_nobody_saw_is_not_marked_as_read() {
    let kit = start().await;
    let id = asked(&kit).await;
    let leased = kit.lease(HACKNEY).await;
    let first = answer(&leased.check.unwrap().id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(first).await.unwrap();
    let mut browser = kit.signed_in("officer").await;
    let seen = browser.get(&format!("/enquiries/{id}")).await;
    let link = format!("/checks/{id}/1/receive?version=1");
    assert!(seen.html.contains(&format!("href=\"{link}\"")));
    let form = browser.get(&link).await;
    let again = answer(&format!("{id}/1"), "");
    kit.adapter(HACKNEY).answer(again).await.unwrap();
    let shown = browser.get(&link).await;
    assert_eq!(
        shown.path,
        format!("/enquiries/{id}#check-1"),
        "to the newer one"
    );
    let refused = browser.send(&link, &form, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(kit.get(&id).await.counts.unwrap().unread, 1);
}

#[tokio::test]
async fn what_was_decided_without_an_answer_is_recorded() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut browser = kit.signed_in("officer").await;
    let path = format!("/enquiries/{id}/decide-without");
    let nothing = browser.fill(&path, &[("note", "Kept")]).await;
    assert_eq!(nothing.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(nothing.html.contains("href=\"#decision\"") && nothing.html.contains("Kept"));
    let unnamed = browser
        .fill(&path, &[("decision", "proceed_without")])
        .await;
    assert!(unnamed.html.contains("href=\"#name\""));
    let to = [
        ("decision", "seek_adjournment"),
        ("to-day", "30"),
        ("to-month", "11"),
        ("to-year", "2026"),
        ("to-time", "2pm"),
        ("note", "Wait for Hackney"),
    ];
    let done = browser.fill(&path, &to).await;
    assert_eq!(done.path, format!("/enquiries/{id}"), "{}", done.text());
    assert!(done.says("Monday 30 November 2026 at 2pm"));
    assert!(done.says("Adjournment sought"), "{}", done.text());
    let proceeded = [
        ("decision", "proceed_without"),
        ("name", "Sam Senior"),
        ("post", "SPO"),
    ];
    let done = browser.fill(&path, &proceeded).await;
    assert!(
        done.says("Authorised by Sam Senior, SPO"),
        "{}",
        done.text()
    );
    assert_eq!(did(&kit, &id, v1::EventType::Decided).await.len(), 2);
}

#[tokio::test]
async fn the_hearing_moves_to_a_day_that_is_there() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut browser = kit.signed_in("manager").await;
    let path = format!("/enquiries/{id}/move-hearing");
    let day = |day: &'static str| {
        [
            ("to-day", day),
            ("to-month", "11"),
            ("to-year", "2026"),
            ("to-time", "11:15"),
            ("reason", "Put back"),
        ]
    };
    let wrong = browser.fill(&path, &day("31")).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.html.contains("href=\"#to-day\"") && wrong.html.contains("Put back"));
    let past = browser.fill(&path, &day("20")).await;
    assert!(past.says("lies on a past day"), "{}", past.text());
    let done = browser.fill(&path, &day("24")).await;
    assert!(
        done.says("Tuesday 24 November 2026 at 11:15am"),
        "{}",
        done.text()
    );
    assert!(
        done.says("It was Monday 23 November 2026 at 2pm Put back"),
        "{}",
        done.text()
    );
}

#[tokio::test]
async fn a_sentence_an_end_and_a_new_holder_are_recorded() {
    let kit = start().await;
    let id = kit
        .submit(enquiry(&[IN_HACKNEY, IN_CAMDEN]))
        .await
        .enquiry_id;
    kit.move_to("2026-11-23T15:00").await;
    let mut browser = kit.signed_in("officer").await;
    let page = |act: &str| format!("/enquiries/{id}/{act}");
    let sentence = [("outcome", "custody")];
    // The day is today's, as the form begins.
    let shown = browser.get(&page("record-sentence")).await;
    assert!(shown.html.contains("value=\"23\""));
    let day = [
        ("date-day", "23"),
        ("date-month", "11"),
        ("date-year", "2026"),
    ];
    let done = browser
        .fill(
            &page("record-sentence"),
            &[&sentence[..], &day[..]].concat(),
        )
        .await;
    assert!(
        done.says("Custody, Monday 23 November 2026"),
        "{}",
        done.text()
    );
    let handed = [("name", "Pat Practitioner"), ("team", "Thames")];
    let done = browser.fill(&page("reassign"), &handed).await;
    assert!(done.says("Pat Practitioner Thames"), "{}", done.text());
    let close = format!("/checks/{id}/1/close");
    let other = browser.fill(&close, &[("reason", "other")]).await;
    assert!(other.html.contains("href=\"#note\""));
    let done = browser.fill(&close, &[("reason", "duplicate")]).await;
    assert!(done.says("It was asked twice"), "{}", done.text());
    assert!(
        !browser
            .fill(&page("withdraw"), &[])
            .await
            .status
            .is_success()
    );
    let done = browser
        .fill(&page("withdraw"), &[("note", "Case dropped")])
        .await;
    assert!(
        done.says("The enquiry has been taken back."),
        "{}",
        done.text()
    );
    assert_eq!(did(&kit, &id, v1::EventType::Closed).await.len(), 2);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_one_act() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut browser = kit.signed_in("officer").await;
    let path = format!("/enquiries/{id}/reassign");
    let form = browser.get(&path).await;
    for _ in 0..2 {
        let sent = browser.send(&path, &form, &[("name", "Pat")]).await;
        assert_eq!(sent.path, format!("/enquiries/{id}"));
    }
    assert_eq!(did(&kit, &id, v1::EventType::Reassigned).await.len(), 1);
}
