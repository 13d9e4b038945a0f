//! Cases and the checks that they need.

use super::*;

/// Who was shown a case.
async fn case_seen(kit: &Kit, case_id: &str) -> usize {
    let request = v1::CaseHistoryRequest {
        case_id: case_id.into(),
        ..v1::CaseHistoryRequest::default()
    };
    let page = kit.court(OFFICER).case_history(request).await.unwrap();
    let events = page.into_inner().events.into_iter();
    events.filter(|event| event.kind == "viewed").count()
}

#[tokio::test]
async fn a_case_shows_what_it_needs_until_that_is_asked() {
    let kit = start().await;
    let id = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("officer").await;
    let list = browser.get("/cases").await;
    assert!(list.says("Ada Example"), "{}", list.text());
    assert!(
        list.says("Children’s social care, pre-sentence report To be asked"),
        "{}",
        list.text()
    );
    assert_eq!(case_seen(&kit, &id).await, 1);
    let case = browser.get(&format!("/cases/{id}")).await;
    assert!(
        case.says("On the court’s list as 01AB1234526/1"),
        "{}",
        case.text()
    );
    assert!(case.says("To be asked by"));
    assert_eq!(case_seen(&kit, &id).await, 2);
    let ask = browser.get(&format!("/ask?case={id}")).await;
    for begun in [
        "value=\"Ada\"",
        "value=\"E8 1EA\"",
        "value=\"14:00\"",
        "value=\"female\" selected",
        "value=\"01AB1234526\"",
        "value=\"100023336956\"",
        "value=\"grandmother\"",
    ] {
        assert!(ask.html.contains(begun), "{begun}");
    }
    let request = v1::SubmitRequest {
        case_id: id.clone(),
        ..enquiry(&[IN_HACKNEY])
    };
    let enquiry = kit.submit(request).await.enquiry_id;
    let case = browser.get(&format!("/cases/{id}")).await;
    assert!(
        case.html
            .contains(&format!("href=\"/enquiries/{enquiry}\""))
    );
    assert!(!case.says("Ask now"), "{}", case.text());
    let shown = browser.get(&format!("/enquiries/{enquiry}")).await;
    assert!(shown.html.contains(&format!("href=\"/cases/{id}\"")));
}

#[tokio::test]
async fn a_check_is_set_aside_with_a_reason() {
    let kit = start().await;
    let id = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("manager").await;
    let path = format!("/cases/{id}/set-aside");
    let elsewhere = [("requirement", "1"), ("reason", "asked_elsewhere")];
    let unsaid = browser.fill(&path, &elsewhere).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.html.contains("href=\"#note\""));
    let unnamed = [("requirement", "1"), ("reason", "up_to_date_already")];
    let unnamed = browser.fill(&path, &unnamed).await;
    assert!(unnamed.html.contains("href=\"#answer\"") && unnamed.html.contains("id=\"answer\""));
    let done = [
        ("requirement", "1"),
        ("reason", "not_indicated"),
        ("note", "Grown up"),
    ];
    let done = browser.fill(&path, &done).await;
    assert_eq!(done.path, format!("/cases/{id}"), "{}", done.text());
    assert!(
        done.says("Set aside Nothing in the case calls for it Grown up Petra manager"),
        "{}",
        done.text()
    );
}

#[tokio::test]
async fn an_earlier_answer_about_the_same_person_is_offered_and_named() {
    let kit = start().await;
    // Whoever signs in is shown the hearings of today.
    let mut browser = kit.signed_in("officer").await;
    let mut request = enquiry(&[IN_HACKNEY]);
    request
        .personal
        .as_mut()
        .unwrap()
        .subject
        .as_mut()
        .unwrap()
        .crn = "X320741".into();
    let earlier = kit.submit(request).await;
    hackney_says(
        &kit,
        v1::Disposition::NotKnown,
        v1::AnswerContent::default(),
    )
    .await;
    let id = listed(&kit, "01AB1234526/1", "X320741").await;
    let path = format!("/cases/{id}/set-aside");
    let shown = browser.get(&path).await;
    assert!(
        shown.says(&format!(
            "Social Care ({}): not known to them",
            earlier.reference
        )),
        "{}",
        shown.text()
    );
    // What others answered is shown: that is on record, of the case and of the enquiry.
    assert_eq!(case_seen(&kit, &id).await, 1);
    assert_eq!(seen(&kit, &earlier.enquiry_id, "officer").await, 1);
    let answer = format!("{}/1", earlier.enquiry_id);
    let chosen = [
        ("requirement", "1"),
        ("reason", "up_to_date_already"),
        ("answer", answer.as_str()),
    ];
    let done = browser.fill(&path, &chosen).await;
    assert!(
        done.says("An earlier answer is recent enough"),
        "{}",
        done.text()
    );
    assert!(
        done.html
            .contains(&format!("/enquiries/{}#check-1", earlier.enquiry_id))
    );
}

#[tokio::test]
async fn a_case_is_handed_over_and_is_nobody_elses_to_see() {
    let kit = start().await;
    let id = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("officer").await;
    let path = format!("/cases/{id}/reassign");
    let done = browser.fill(&path, &[("name", "Pat Practitioner")]).await;
    assert_eq!(done.path, format!("/cases/{id}"));
    assert!(done.says("Held by Pat Practitioner"), "{}", done.text());
    let mut elsewhere = kit.signed_in("officer-elsewhere").await;
    for path in ["", "/set-aside", "/reassign"] {
        let shown = elsewhere.get(&format!("/cases/{id}{path}")).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{path}");
    }
    let shown = elsewhere.get(&format!("/ask?case={id}")).await;
    assert_eq!(shown.status, StatusCode::NOT_FOUND);
}
