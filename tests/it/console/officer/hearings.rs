//! The first page of the day.

use super::*;

#[tokio::test]
async fn todays_come_first_then_past_ones_then_the_days_to_come() {
    let kit = start().await;
    for local in ["2026-11-25T10:00", "2026-11-23T14:00", "2026-11-24T09:30"] {
        kit.submit(enquiry_at(local, &[IN_HACKNEY])).await;
    }
    kit.move_to("2026-11-24T08:00").await;
    let mut browser = kit.signed_in("officer").await;
    let text = browser.get("/hearings").await.text();
    let places = [
        "Today Tuesday 24 November 2026",
        "9:30am Westminster Magistrates",
        "Past, still open Monday 23 November 2026",
        "2pm Westminster Magistrates",
        "Coming Wednesday 25 November 2026",
    ];
    let places = places.map(|place| {
        text.find(place)
            .unwrap_or_else(|| panic!("{place}: {text}"))
    });
    assert!(places.is_sorted(), "{text}");
}

/// Hackney answers the oldest check that waits, and the officer reads that.
async fn answered_and_read(kit: &Kit) {
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap();
    let answer = answer(&check.id, &leased.lease_id);
    kit.adapter(HACKNEY).answer(answer).await.unwrap();
    let read = v1::ReceiveRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        check_id: check.id,
        answer_version: 1,
        ..v1::ReceiveRequest::default()
    };
    kit.court(OFFICER).receive(read).await.unwrap();
}

/// What is heard today stays on the page until midnight, whoever closed it and when.
#[tokio::test]
async fn a_hearing_of_today_stays_when_every_answer_has_been_read() {
    let kit = start().await;
    let (today, tomorrow) = ("2026-11-23T14:00", "2026-11-24T10:00");
    let read = kit.submit(enquiry_at(today, &[IN_HACKNEY])).await;
    answered_and_read(&kit).await;
    let other_day = kit.submit(enquiry_at(tomorrow, &[IN_HACKNEY])).await;
    answered_and_read(&kit).await;
    let open = kit.submit(enquiry_at(today, &[IN_HACKNEY])).await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get("/hearings").await;
    let place = |id: &str| shown.html.find(&format!("href=\"/enquiries/{id}\""));
    let ended = shown.html.find("Today, every answer read");
    assert!(place(&open.enquiry_id) < ended, "{}", shown.text());
    assert!(ended.is_some() && ended < place(&read.enquiry_id));
    assert_eq!(place(&other_day.enquiry_id), None);
    assert_eq!(seen(&kit, &read.enquiry_id, "officer").await, 1);
    kit.move_to("2026-11-24T08:00").await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get("/hearings").await;
    assert!(shown.html.contains(&other_day.enquiry_id));
    assert!(!shown.html.contains(&read.enquiry_id), "{}", shown.text());
}

#[tokio::test]
async fn a_case_of_today_that_nobody_asked_about_comes_first() {
    let kit = start().await;
    kit.submit(enquiry_at("2026-11-23T09:30", &[IN_HACKNEY]))
        .await;
    let case = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get("/hearings").await;
    let text = shown.text();
    assert!(
        text.find("Today, to be asked") < text.find("9:30am"),
        "{text}"
    );
    assert!(shown.says("Children’s social care, pre-sentence report To be asked"));
    let ask = format!("href=\"/ask?case={case}\"");
    assert!(shown.html.contains(&ask), "{text}");
    assert!(shown.html.contains(&format!("href=\"/cases/{case}\"")));
    let request = v1::SubmitRequest {
        case_id: case.clone(),
        ..enquiry(&[IN_HACKNEY])
    };
    kit.submit(request).await;
    let shown = browser.get("/hearings").await;
    assert!(!shown.says("Today, to be asked"), "{}", shown.text());
}

/// It is open so that the clock looks at it again, and not to be asked about until it does.
#[tokio::test]
async fn a_case_is_to_be_asked_again_once_what_covers_it_is_too_old() {
    let kit = start().await;
    let far = "2026-12-21T14:00";
    let case = listed_at(&kit, far, "01AB1234526/1", "").await;
    let request = v1::SubmitRequest {
        case_id: case.clone(),
        ..enquiry_at(far, &[IN_HACKNEY])
    };
    kit.submit(request).await;
    // Good for twenty working days.
    kit.move_to("2026-12-21T10:00").await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get("/hearings").await;
    assert!(shown.says("Today Monday 21 December"), "{}", shown.text());
    assert!(!shown.says("to be asked"), "{}", shown.text());
    kit.move_to("2026-12-21T10:01").await;
    let shown = browser.get("/hearings").await;
    assert!(shown.says("Today, to be asked"), "{}", shown.text());
}

/// After sentence a case is to be asked about on a day of its own, and is still found by the day of its hearing.
#[tokio::test]
async fn a_case_stands_where_it_is_to_be_asked_about_and_is_found_by_its_hearing() {
    let kit = start().await;
    let case = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("officer").await;
    let set_aside = [
        ("requirement", "1"),
        ("reason", "not_indicated"),
        ("note", "Grown up"),
    ];
    browser
        .fill(&format!("/cases/{case}/set-aside"), &set_aside)
        .await;
    let shown = browser.get("/hearings").await;
    assert!(shown.says("Today, set aside"), "{}", shown.text());
    let enter = v1::EnterStageRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        case_id: case.clone(),
        stage: v1::Purpose::Review.into(),
        due_time: Some(wire(at("2026-11-25T12:00"))),
    };
    kit.court(OFFICER).enter_stage(enter).await.unwrap();
    kit.move_to("2026-11-26T08:00").await;
    let mut browser = kit.signed_in("officer").await;
    let shown = browser.get("/hearings").await;
    let told = "Past, to be asked Wednesday 25 November 2026";
    assert!(shown.says(told), "{}", shown.text());
    assert!(shown.says("To be asked by midday"), "{}", shown.text());
    let heard = [
        ("court", COURT),
        ("day-day", "23"),
        ("day-month", "11"),
        ("day-year", "2026"),
    ];
    let found = browser.fill("/search", &heard).await;
    assert!(found.html.contains(&case), "{}", found.text());
}

#[tokio::test]
async fn what_needs_the_officer_is_told_and_whoever_looks_is_on_record() {
    let kit = start().await;
    // Whoever signs in is shown the page at once.
    let mut browser = kit.signed_in("officer").await;
    let id = asked(&kit).await;
    hackney_asks(&kit, "Which school?").await;
    let shown = browser.get("/hearings").await;
    assert!(shown.says("Ada Example"), "{}", shown.text());
    assert!(shown.says("Answer the question of London Borough of Hackney"));
    assert!(shown.says("Question for you"));
    assert!(
        shown
            .html
            .contains(&format!("href=\"/checks/{id}/1/supply\""))
    );
    assert_eq!(seen(&kit, &id, "officer").await, 1);
    let mut elsewhere = kit.signed_in("officer-elsewhere").await;
    assert!(!elsewhere.get("/hearings").await.says("Ada Example"));
    assert_eq!(seen(&kit, &id, "officer-elsewhere").await, 0);
}

/// The moment to decide comes before the hearing, by the ladder.
#[tokio::test]
async fn the_decision_at_court_is_wanted_before_the_hearing_and_after_it() {
    let kit = start().await;
    let id = asked(&kit).await;
    let wanted = async |at: &str, before: &str, after: &str| {
        kit.move_to(at).await;
        let mut browser = kit.signed_in("officer").await;
        let shown = browser.get("/hearings").await;
        let path = format!("href=\"/enquiries/{id}/decide-without\"");
        let words = format!("{before}{after}");
        assert_eq!(shown.html.contains(&path), !words.is_empty(), "{at}");
        assert!(shown.says(&words), "{at}: {}", shown.text());
    };
    wanted("2026-11-23T11:00", "", "").await;
    let before = "Decide how to go on without an answer";
    wanted("2026-11-23T13:50", before, "").await;
    let after = "Record what was decided at court";
    wanted("2026-11-23T14:01", "", after).await;
}

#[tokio::test]
async fn a_long_day_has_a_second_page_with_the_rest() {
    let kit = start().await;
    for minute in 0..30 {
        let local = format!("2026-11-23T14:{minute:02}");
        kit.submit(enquiry_at(&local, &[IN_HACKNEY])).await;
    }
    kit.submit(enquiry_at("2026-11-24T10:00", &[IN_HACKNEY]))
        .await;
    let mut browser = kit.signed_in("officer").await;
    let references = |shown: &Shown| shown.html.matches("/enquiries/").count();
    let first = browser.get("/hearings").await;
    assert_eq!(references(&first), 25);
    let (_, next) = first
        .html
        .split_once("href=\"/hearings?")
        .expect("a next page");
    let next = next.split_once('"').unwrap().0.to_owned();
    let second = browser.get(&format!("/hearings?{next}")).await;
    assert_eq!(references(&second), 6, "{}", second.text());
    assert!(second.says("Coming Tuesday 24 November 2026"));
    assert!(!second.html.contains("href=\"/hearings?"));
}
