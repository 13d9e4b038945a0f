//! What a borough's desk sees and does: Hackney's, where nothing else is said.

mod queue;

use super::*;

const DESK: &str = "desk";

/// A broker with one enquiry in Hackney, its id, and the path of its check at the desk.
async fn asked() -> (Kit, String, String) {
    let kit = start().await;
    let submitted = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let path = format!("/desk/checks/{}/1", submitted.enquiry_id);
    (kit, submitted.enquiry_id, path)
}

/// As [`asked`], taken on by the desk.
async fn taken() -> (Kit, String, String, Browser) {
    let (kit, enquiry, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    let after = browser.fill(&format!("{path}/accept"), &[]).await;
    assert_eq!(after.path, path, "{}", after.text());
    (kit, enquiry, path, browser)
}

/// How often somebody was shown the enquiry, or its check.
async fn views(kit: &Kit, enquiry: &str) -> usize {
    let events = kit.history(enquiry).await;
    let viewed = |event: &&v1::Event| event.r#type() == v1::EventType::Viewed;
    events.iter().filter(viewed).count()
}

async fn state(kit: &Kit, enquiry: &str) -> v1::CheckState {
    kit.get(enquiry).await.checks[0].state()
}

#[tokio::test]
async fn the_queue_names_people_to_their_borough_alone_and_says_who_saw_them() {
    let (kit, enquiry, path) = asked().await;
    // Whoever signs in is shown the queue.
    let mut browser = kit.signed_in(DESK).await;
    assert_eq!(views(&kit, &enquiry).await, 1);
    let queue = browser.get("/desk").await;
    assert!(queue.says("Ada Example"), "{}", queue.text());
    assert!(queue.says("today at 2pm, in 4 hours"), "{}", queue.text());
    assert!(queue.says("4 hours left"));
    assert!(queue.says("1 to answer, 1 of them not taken on."));
    assert!(queue.html.contains(&path));
    // The same viewing.
    assert_eq!(views(&kit, &enquiry).await, 1);
    let mut elsewhere = kit.signed_in("desk-elsewhere").await;
    let queue = elsewhere.get("/desk").await;
    assert!(queue.says("Nothing waits for your answer."));
    assert!(!queue.says("Ada Example"));
    for verb in ["", "/accept", "/answer", "/ask", "/redirect", "/release"] {
        let shown = elsewhere.get(&format!("{path}{verb}")).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{verb}");
    }
    assert_eq!(views(&kit, &enquiry).await, 1);
}

#[tokio::test]
async fn people_at_a_desk_are_no_program_that_is_connected() {
    let (kit, _, _, _) = taken().await;
    let shown = kit
        .signed_in("operator")
        .await
        .get("/responders/hackney")
        .await;
    assert_eq!(shown.status, StatusCode::OK);
    assert!(!shown.says("usher:console"), "{}", shown.text());
}

#[tokio::test]
async fn a_check_is_cut_to_the_agreement_and_its_view_is_kept() {
    use usher_domain::agreement::{Agreements, DataCategory};
    let hackney = usher_domain::code::ResponderId::parse("hackney").unwrap();
    let all = Agreements::permitting([hackney]);
    let mut agreement = all.iter().next().cloned().unwrap();
    agreement.categories = vec![DataCategory::Identity];
    let kit = Kit::shaped(Shape {
        console: Some(30),
        agreements: Some(Agreements::new(vec![agreement]).unwrap()),
        ..Shape::default()
    })
    .await;
    let mut request = enquiry(&[IN_HACKNEY]);
    let personal = request.personal.as_mut().unwrap();
    personal.note = "Ring the bell twice.".into();
    personal.urn = "01AB1234526".into();
    personal.subject.as_mut().unwrap().sex = v1::Sex::Female.into();
    personal.others = vec![v1::Other {
        name: personal.subject.as_ref().unwrap().name.clone(),
        relationship: "A sister".into(),
        ..v1::Other::default()
    }];
    personal.addresses[0].lines = "1 Example Street".into();
    personal.addresses[0].uprn = "100023336956".into();
    let submitted = kit.submit(request).await;
    let mut browser = kit.signed_in(DESK).await;
    let path = format!("/desk/checks/{}/1", submitted.enquiry_id);
    let check = browser.get(&path).await;
    assert!(check.says("Defendant: Ada Example"), "{}", check.text());
    assert!(check.says("Olive Officer"));
    for hidden in [
        "Ring the bell",
        "Example Street",
        IN_HACKNEY,
        "01AB1234526",
        "Female",
        "A sister",
        "100023336956",
    ] {
        assert!(!check.says(hidden), "{hidden}");
    }
    assert!(!check.html.contains("<title>Ada"));
    // Of the queue, and of the check.
    assert_eq!(views(&kit, &submitted.enquiry_id).await, 2);
}

#[tokio::test]
async fn a_promise_lies_ahead_and_what_was_typed_is_kept() {
    let (kit, enquiry, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    let accept = format!("{path}/accept");
    let at = |day, time| {
        [
            ("by-day", day),
            ("by-month", "11"),
            ("by-year", "2026"),
            ("time", time),
        ]
    };
    for (day, time, said) in [
        ("23", "09:00", "Promise a time that is still to come"),
        ("31", "12:00", "Enter a real date"),
        ("23", "noonish", "Enter a time, such as 14:30"),
        ("23", "", "Enter both a day and a time, or neither"),
    ] {
        let refused = browser.fill(&accept, &at(day, time)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.says(said), "{}", refused.text());
        assert!(refused.html.contains(&format!("value=\"{day}\"")));
        assert_eq!(state(&kit, &enquiry).await, v1::CheckState::Waiting);
    }
    let after = browser.fill(&accept, &at("23", "13:30")).await;
    assert_eq!(after.path, path);
    assert!(after.says("You have taken this check on."));
    assert!(after.says("Petra desk"));
    assert!(after.says("Promised by Monday 23 November 2026 at 1:30pm"));
    let check = kit.get(&enquiry).await.checks.swap_remove(0);
    assert_eq!(check.state(), v1::CheckState::Accepted);
    assert_eq!(check.state_by.unwrap().person.unwrap().name, "Petra desk");
}

#[tokio::test]
async fn what_a_program_has_just_now_no_desk_takes() {
    let (kit, _, path) = asked().await;
    kit.lease(HACKNEY).await;
    let mut browser = kit.signed_in(DESK).await;
    let check = browser.get(&path).await;
    assert!(check.says("A program of yours has it just now."));
    assert!(!check.html.contains(&format!("{path}/accept")));
    let refused = browser.fill(&format!("{path}/accept"), &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("There is a problem"));
}

/// An answer with involvement and a remark that the defendant must not see.
const ANSWER: [(&str, &str); 13] = [
    ("disposition", "known_relevant"),
    ("match-1", "possible"),
    ("basis-1", "Name and street"),
    ("episode-1-kind", "cp-plan"),
    ("episode-1-who", "subject"),
    ("episode-1-open", "open"),
    ("episode-1-start-day", "3"),
    ("episode-1-start-month", "2"),
    ("episode-1-start-year", "2026"),
    ("remark-1-kind", "adult_concerns"),
    ("remark-1-text", "Was seen at the school gate."),
    ("remark-1-handling", "not_to_defendant"),
    ("worker-name", "Wanda Worker"),
];

#[tokio::test]
async fn an_answer_is_looked_at_before_it_is_sent() {
    let (kit, enquiry, path, mut browser) = taken().await;
    let answer = format!("{path}/answer");
    let check = browser
        .fill(&answer, &[&ANSWER[..], &[("do", "check")]].concat())
        .await;
    assert_eq!(check.status, StatusCode::OK, "{}", check.text());
    assert!(check.says("Check your answer"), "{}", check.text());
    assert!(check.html.contains("class=\"usher-handling\""));
    assert!(check.says("Do not disclose to the defendant"));
    assert!(check.says("Child protection plan, subject Open, since 3 February 2026"));
    assert_eq!(state(&kit, &enquiry).await, v1::CheckState::Accepted);
    let changed = browser.send(&answer, &check, &[("do", "change")]).await;
    assert!(changed.html.contains("Was seen at the school gate."));
    let sent = browser.send(&answer, &check, &[("do", "send")]).await;
    assert_eq!(sent.path, path, "{}", sent.text());
    assert!(sent.says("Your answer has been sent."));
    assert!(
        sent.says("Possibly the same person Name and street"),
        "{}",
        sent.text()
    );
    let again = browser.send(&answer, &check, &[("do", "send")]).await;
    assert_eq!(again.path, path);
    let given = kit.get(&enquiry).await.checks.swap_remove(0).answers;
    assert_eq!(given.len(), 1);
    let content = given[0].content.clone().unwrap();
    assert_eq!(content.episodes[0].kind(), v1::EpisodeKind::CpPlan);
    assert_eq!(content.episodes[0].start, "2026-02-03");
    let hidden = i32::from(v1::Handling::NotToDefendant);
    assert_eq!(content.remarks[0].handling, [hidden]);
    assert_eq!(content.source(), v1::DataSource::People);
    assert_eq!(content.worker.unwrap().name, "Wanda Worker");
}

#[tokio::test]
async fn another_row_keeps_what_was_typed() {
    let (_kit, _, path, mut browser) = taken().await;
    let answer = format!("{path}/answer");
    let more = browser
        .fill(&answer, &[&ANSWER[..], &[("do", "add-episode")]].concat())
        .await;
    assert_eq!(more.status, StatusCode::OK);
    assert!(more.says("Involvement 6"));
    assert!(more.html.contains("value=\"Wanda Worker\""));
    let more = browser.fill(&answer, &[("do", "add-remark")]).await;
    assert!(more.says("Remark 3"));
}

/// What is typed, and the field that it is told at.
#[rustfmt::skip] // a row a line
const CONTRADICTIONS: [(&[(&str, &str)], &str); 9] = [
    (&[("do", "check")], "disposition"),
    (&[("disposition", "not_known"), ("episode-2-kind", "cp-plan"), ("episode-2-open", "open")], "disposition"),
    (&[("disposition", "known_relevant"), ("episode-2-kind", "cp-plan")], "episode-2-open"),
    (&[("disposition", "known_relevant"), ("episode-2-open", "open")], "episode-2-kind"),
    (&[
        ("disposition", "known_relevant"), ("episode-2-kind", "cp-plan"), ("episode-2-open", "open"),
        ("episode-2-start-day", "1"), ("episode-2-start-month", "2"), ("episode-2-start-year", "2026"),
        ("episode-2-end-day", "1"), ("episode-2-end-month", "1"), ("episode-2-end-year", "2026"),
    ], "episode-2-end-day"),
    (&[("disposition", "not_known"), ("remark-1-kind", "narrative")], "remark-1-text"),
    (&[("disposition", "not_known"), ("recent_contacts", "few")], "recent_contacts"),
    (&[("disposition", "not_known"), ("last_contact-day", "40")], "last_contact-day"),
    (&[("disposition", "not_known"), ("basis-1", "Name")], "match-1"),
];

#[tokio::test]
async fn an_answer_that_contradicts_itself_is_told_field_by_field() {
    let (kit, enquiry, path, mut browser) = taken().await;
    let answer = format!("{path}/answer");
    for (fields, field) in CONTRADICTIONS {
        let refused = browser.fill(&answer, fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        let link = format!("href=\"#{field}\"");
        assert!(refused.html.contains(&link), "{field}: {}", refused.text());
        assert!(refused.html.contains(&format!("id=\"{field}\"")), "{field}");
        assert!(refused.html.contains("<title>Error: "));
    }
    assert_eq!(state(&kit, &enquiry).await, v1::CheckState::Accepted);
}

#[tokio::test]
async fn a_referral_is_answered_with_what_comes_of_it() {
    let kit = start().await;
    let mut request = enquiry(&[IN_HACKNEY]);
    request.purpose = v1::Purpose::Referral.into();
    request.report = 0;
    request.concerns = vec![v1::Concern::Neglect.into()];
    request.deadline = Some(v1::Deadline {
        kind: Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
            court_code: COURT.into(),
            ..v1::ReplyBy::default()
        })),
    });
    let submitted = kit.submit(request).await;
    let path = format!("/desk/checks/{}/1", submitted.enquiry_id);
    let mut browser = kit.signed_in(DESK).await;
    browser.fill(&format!("{path}/accept"), &[]).await;
    let answer = format!("{path}/answer");
    let fields = [("disposition", "not_known"), ("do", "send")];
    let refused = browser.fill(&answer, &fields).await;
    assert!(
        refused.html.contains("href=\"#outcome\""),
        "{}",
        refused.text()
    );
    let fields = [&fields[..], &[("outcome", "assessment")]].concat();
    let sent = browser.fill(&answer, &fields).await;
    assert!(sent.says("An assessment begins"), "{}", sent.text());
}

#[tokio::test]
async fn a_question_goes_to_the_officer() {
    let (kit, enquiry, path, mut browser) = taken().await;
    let ask = format!("{path}/ask");
    let refused = browser.fill(&ask, &[("question", " ")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let after = browser.fill(&ask, &[("question", "Which school?")]).await;
    assert_eq!(after.path, path);
    assert!(
        after.says("Which school? Asked by Petra desk"),
        "{}",
        after.text()
    );
    assert!(after.says("No reply yet."));
    assert_eq!(state(&kit, &enquiry).await, v1::CheckState::Asked);
    let refused = browser
        .fill(&ask, &[("question", "And which class?")])
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("And which class?"));
}

#[tokio::test]
async fn a_check_of_another_borough_is_passed_on() {
    let (kit, enquiry, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    let redirect = format!("{path}/redirect");
    let refused = browser.fill(&redirect, &[("whose", "known")]).await;
    assert!(refused.says("Choose the authority"));
    // Camden.
    let fields = [("whose", "known"), ("authority", "E09000007")];
    let after = browser.fill(&redirect, &fields).await;
    assert_eq!(after.path, "/desk", "{}", after.text());
    assert!(after.says("You have passed the check on."));
    let checks = kit.get(&enquiry).await.checks;
    assert_eq!(checks[0].state(), v1::CheckState::Redirected);
    assert_eq!(checks[1].responder_id, "camden");
}

#[tokio::test]
async fn a_check_that_is_nobodys_goes_to_the_operators() {
    let (kit, enquiry, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    let fields = [("whose", "unknown"), ("authority", "")];
    browser.fill(&format!("{path}/redirect"), &fields).await;
    let checks = kit.get(&enquiry).await.checks;
    assert_eq!(checks[1].state(), v1::CheckState::Unroutable);
}

#[tokio::test]
async fn a_check_is_given_back_to_people_or_to_anybody() {
    let (kit, enquiry, path, mut browser) = taken().await;
    let release = format!("{path}/release");
    let refused = browser.fill(&release, &[]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let after = browser
        .fill(&release, &[("reason", "possible_match")])
        .await;
    assert_eq!(after.path, "/desk");
    assert!(after.says("Somebody in the records may be one of the people"));
    let check = kit.get(&enquiry).await.checks.swap_remove(0);
    assert_eq!(check.for_people(), v1::PeopleReason::PossibleMatch);
    browser.fill(&format!("{path}/accept"), &[]).await;
    browser.fill(&release, &[("reason", "anybody")]).await;
    let check = kit.get(&enquiry).await.checks.swap_remove(0);
    assert_eq!(check.for_people(), v1::PeopleReason::Unspecified);
    assert_eq!(check.state(), v1::CheckState::Waiting);
}

#[tokio::test]
async fn the_desk_has_its_alerts_and_its_figures() {
    let (kit, enquiry, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    assert!(browser.get("/desk/alerts").await.says("Nothing is late"));
    kit.move_to("2026-11-23T10:15").await;
    let alerts = browser.get("/desk/alerts").await;
    assert!(alerts.html.contains(&path), "{}", alerts.text());
    assert!(
        alerts
            .html
            .contains(&format!("/alerts/{enquiry}/1/acknowledge"))
    );
    let after = browser
        .fill(&format!("/alerts/{enquiry}/1/acknowledge"), &[])
        .await;
    assert_eq!(after.path, "/desk");
    assert!(after.says("Looked after"));
    let figures = browser.get("/desk/figures").await;
    assert!(
        figures.says("1 to answer 0 of them past their deadline"),
        "{}",
        figures.text()
    );
    browser.fill(&format!("{path}/accept"), &[]).await;
    let fields = [("disposition", "not_known"), ("do", "send")];
    browser.fill(&format!("{path}/answer"), &fields).await;
    let figures = browser.get("/desk/figures").await;
    assert!(figures.says("7 days 1 0 15 minutes"), "{}", figures.text());
    assert!(figures.says("Counted over 1 check that"));
    let mut elsewhere = kit.signed_in("desk-elsewhere").await;
    assert!(
        elsewhere
            .get("/desk/figures")
            .await
            .says("Counted over 0 checks")
    );
}

#[tokio::test]
async fn the_live_part_counts_and_names_nobody() {
    let (kit, enquiry, _) = asked().await;
    let browser = kit.signed_in(DESK).await;
    let mut line = browser.request("GET", "/desk/live").send().await.unwrap();
    let mut sent = String::new();
    let waited = tokio::time::timeout(PATIENCE, async {
        while !sent.contains("to answer") {
            let chunk = line.chunk().await.unwrap().expect("the line stays open");
            sent.push_str(&String::from_utf8_lossy(&chunk));
        }
    });
    waited.await.expect("the part is sent");
    assert!(sent.contains("<strong>1</strong> to answer"), "{sent}");
    assert!(!sent.contains("Ada") && !sent.contains("Example"), "{sent}");
    assert_eq!(views(&kit, &enquiry).await, 1);
}

#[tokio::test]
async fn one_section_of_the_menu_is_the_current_one() {
    let (kit, _, path) = asked().await;
    let mut browser = kit.signed_in(DESK).await;
    for page in ["/desk", &path, "/desk/alerts", "/desk/figures"] {
        let shown = browser.get(page).await;
        assert_eq!(
            shown.html.matches("aria-current=\"true\"").count(),
            1,
            "{page}"
        );
    }
}
