//! What operators see and do.

use super::*;
use std::sync::Arc;

/// An enquiry whose check nobody took for 15 minutes: the desk is chased.
async fn chased() -> Kit {
    let kit = start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    kit
}

#[tokio::test]
async fn an_alert_is_on_the_board_until_somebody_looks_after_it_by_name() {
    let kit = chased().await;
    let alert = kit.alerts().await.swap_remove(0);
    let mut browser = kit.signed_in("operator").await;
    let board = browser.get("/board").await;
    assert!(
        board.says("1 alert that nobody looks after"),
        "{}",
        board.text()
    );
    assert!(board.says("Hackney"));
    assert!(board.says("today at 2pm"), "{}", board.text());
    let path = format!("/alerts/{}/acknowledge", alert.id);
    assert!(board.html.contains(&path));
    let after = browser.fill(&path, &[("note", "Ringing them.")]).await;
    assert_eq!(after.path, "/board");
    assert!(after.says("You are looking after this alert."));
    assert!(
        after.says("0 alerts that nobody looks after, 1 looked after"),
        "{}",
        after.text()
    );
    assert!(after.says("Petra operator, until today at 10:30am"));
    assert!(
        !browser
            .get("/board")
            .await
            .says("You are looking after this alert.")
    );
}

#[tokio::test]
async fn nobody_takes_an_alert_over_from_somebody_else_without_seeing_it() {
    let kit = chased().await;
    let alert = kit.alerts().await.swap_remove(0);
    let path = format!("/alerts/{}/acknowledge", alert.id);
    let mut one = kit.signed_in("operator").await;
    let mut other = kit.signed_in("operator-too").await;
    let form = other.get(&path).await;
    let note = [("note", "I ring them")];
    assert_eq!(one.fill(&path, &[("note", "")]).await.path, "/board");
    let told = other.send(&path, &form, &note).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        told.says("Petra operator looks after it until"),
        "{}",
        told.text()
    );
    assert!(told.html.contains("I ring them"));
    let taken = other.send(&path, &told, &note).await;
    assert_eq!(taken.path, "/board");
    assert!(taken.says("Petra operator-too, until"), "{}", taken.text());
}

#[tokio::test]
async fn a_note_that_is_too_long_is_kept_and_told() {
    let kit = chased().await;
    let alert = kit.alerts().await.swap_remove(0);
    let mut browser = kit.signed_in("operator").await;
    let path = format!("/alerts/{}/acknowledge", alert.id);
    let note = "x".repeat(4_001);
    let refused = browser.fill(&path, &[("note", &note)]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("<title>Error: "));
    assert!(refused.html.contains("href=\"#note\""));
    assert!(refused.html.contains(&note));
}

/// An enquiry whose address leads nowhere, and the path of its check.
async fn nowhere() -> (Kit, String, String) {
    let kit = start().await;
    let mut request = enquiry(&["ZZ99 9ZZ"]);
    request.personal.as_mut().unwrap().addresses[0].lines = "1 Example Street".into();
    let submitted = kit.submit(request).await;
    let path = format!("/checks/{}/1", submitted.enquiry_id);
    (kit, submitted.enquiry_id, path)
}

#[tokio::test]
async fn a_check_that_leads_nowhere_is_routed_with_the_directory_at_hand() {
    let (kit, enquiry, path) = nowhere().await;
    let mut browser = kit.signed_in("operator").await;
    let page = browser.get("/unroutable").await;
    assert!(
        page.html.contains(&format!("{path}/reroute")),
        "{}",
        page.text()
    );
    assert!(page.says("today at 2pm"));
    assert!(!page.says("Example Street"));
    let found = browser.fill("/unroutable", &[("postcode", "e8 1ea")]).await;
    assert_eq!(found.path, "/unroutable");
    assert!(found.says("Hackney (E09000012)"), "{}", found.text());
    let found = browser
        .fill("/unroutable", &[("postcode", "nonsense")])
        .await;
    assert!(found.says("That is not a postcode"));
    let refused = browser.fill("/unroutable", &[("postcode", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let reroute = format!("{path}/reroute");
    assert!(browser.get(&reroute).await.says("1 Example Street"));
    let viewed = kit.history(&enquiry).await;
    let is_view = |event: &v1::Event| event.r#type() == v1::EventType::Viewed;
    assert!(viewed.iter().any(is_view));
    let refused = browser.fill(&reroute, &[("authority", "")]).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Choose an authority, or somebody who answers"));
    // Camden, and Hackney by name.
    let fields = [("authority", "E09000007"), ("responder", "hackney")];
    let after = browser.fill(&reroute, &fields).await;
    assert_eq!(after.path, "/unroutable", "{}", after.text());
    assert!(after.says("Somebody was found for every check."));
    let checks = kit.get(&enquiry).await.checks;
    let responders: Vec<_> = checks[1..]
        .iter()
        .map(|one| one.responder_id.as_str())
        .collect();
    assert_eq!(responders, ["camden", "hackney"]);
}

#[tokio::test]
async fn an_answer_by_telephone_says_who_gave_it_over_which_number() {
    let kit = start().await;
    let enquiry = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let path = format!("/checks/{enquiry}/1/answer-by-phone");
    let mut browser = kit.signed_in("operator").await;
    let said = [
        ("disposition", "known_nothing_relevant"),
        ("remark-1-kind", "narrative"),
        ("remark-1-text", "Closed last year."),
    ];
    let refused = browser.fill(&path, &said).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["given-name", "number"] {
        assert!(
            refused.html.contains(&format!("href=\"#{field}\"")),
            "{field}"
        );
    }
    assert!(refused.html.contains("Closed last year."));
    let given = [("given-name", "Wanda Worker"), ("number", "020 7946 0123")];
    let check = browser.fill(&path, &[&said[..], &given].concat()).await;
    assert!(
        check.says("Given by Wanda Worker, over 020 7946 0123."),
        "{}",
        check.text()
    );
    assert!(kit.get(&enquiry).await.checks[0].answers.is_empty());
    let after = browser.send(&path, &check, &[("do", "send")]).await;
    assert_eq!(after.path, "/board", "{}", after.text());
    let answer = kit
        .get(&enquiry)
        .await
        .checks
        .swap_remove(0)
        .answers
        .swap_remove(0);
    let by_phone = answer.by_phone.unwrap();
    assert_eq!(by_phone.number, "020 7946 0123");
    assert_eq!(by_phone.given_by.unwrap().name, "Wanda Worker");
    let content = answer.content.unwrap();
    assert_eq!(content.remarks[0].text, "Closed last year.");
}

#[tokio::test]
async fn responders_show_how_their_programs_do_and_whose_agreement_ends() {
    use usher_domain::agreement::Agreements;
    let lambeth = usher_domain::code::ResponderId::parse("lambeth").unwrap();
    let hackney = usher_domain::code::ResponderId::parse("hackney").unwrap();
    let kit = Kit::shaped(Shape {
        console: Some(30),
        agreements: Some(Agreements::permitting([lambeth, hackney])),
        ..Shape::default()
    })
    .await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.lease(HACKNEY).await;
    let mut browser = kit.signed_in("inspector").await;
    let all = browser.get("/responders").await;
    assert!(all.html.contains("href=\"/responders/camden\""));
    assert!(all.says("No agreement"), "{}", all.text());
    let one = browser.get("/responders/hackney").await;
    assert!(
        one.says("spiffe://usher.example/borough/hackney/adapter"),
        "{}",
        one.text()
    );
    assert!(
        one.says("Waiting 1 Nearest deadline today at 2pm, in 4 hours"),
        "{}",
        one.text()
    );
    assert!(one.says("Agreement In force"));
    assert!(one.says("Mon 9am to 5pm"));
    let camden = browser.get("/responders/camden").await;
    assert!(camden.says("Agreement No agreement"));
    for id in ["nowhere", "No%20id"] {
        let missing = browser.get(&format!("/responders/{id}")).await;
        assert_eq!(missing.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn what_was_said_of_an_alert_is_shown_beside_it_and_not_on_the_wall() {
    let kit = chased().await;
    let alert = kit.alerts().await.swap_remove(0);
    let mut browser = kit.signed_in("operator").await;
    let path = format!("/alerts/{}/acknowledge", alert.id);
    let after = browser.fill(&path, &[("note", "Ringing them.")]).await;
    assert!(!after.says("Ringing them."));
    let page = browser.get(&path).await;
    assert!(
        page.says("Petra operator looks after it until"),
        "{}",
        page.text()
    );
    assert!(page.says("Ringing them."));
    let history = kit.history(alert.id.split('/').next().unwrap()).await;
    let is_view = |event: &v1::Event| event.r#type() == v1::EventType::Viewed;
    assert_eq!(history.iter().filter(|event| is_view(event)).count(), 1);
    let mut desk = kit.signed_in("desk").await;
    assert!(!desk.get(&path).await.says("Ringing them."));
}

#[tokio::test]
async fn the_board_tells_the_step_the_hours_and_what_can_be_done() {
    let kit = chased().await;
    let enquiry = kit.alerts().await[0].id.clone();
    let (enquiry, _) = enquiry.split_once('/').unwrap();
    let mut browser = kit.signed_in("operator").await;
    let board = browser.get("/board").await;
    assert!(board.says("step 1 of"), "{}", board.text());
    assert!(board.says("Open until 5pm"));
    for verb in ["answer-by-phone", "reroute"] {
        assert!(board.html.contains(&format!("/checks/{enquiry}/1/{verb}")));
    }
    let mut inspector = kit.signed_in("inspector").await;
    let board = inspector.get("/board").await;
    assert!(board.says("step 1 of"));
    assert!(!board.html.contains("/reroute"));
    kit.move_to("2026-11-23T18:00").await;
    assert!(browser.get("/board").await.says("Closed for today"));
}

#[tokio::test]
async fn the_board_shows_the_courts_that_are_asked_for() {
    let kit = chased().await;
    let mut browser = kit.signed_in("operator").await;
    let board = browser.get("/board?court=b01ix").await;
    let court = "Westminster Magistrates' Court";
    assert!(board.says(court), "{}", board.text());
    assert!(board.html.contains("/board/live?court=B01IX"));
    let board = browser.get("/board?court=B01DU").await;
    assert!(board.says("Nothing is late and nobody waits."));
    let board = browser.get("/board?court=everything").await;
    assert_eq!(board.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(board.says("There is a problem Enter codes of courts, such as B01IX"));
    assert!(board.html.contains("value=\"everything\""));
    assert!(!board.says(court), "every court is not what was meant");
}

/// Reads what a live line sends until it says `wanted`.
async fn follow(line: &mut reqwest::Response, wanted: &str) {
    let mut sent = String::new();
    let waited = tokio::time::timeout(PATIENCE, async {
        while !sent.contains(wanted) {
            let chunk = line.chunk().await.unwrap().expect("the line stays open");
            sent.push_str(&String::from_utf8_lossy(&chunk));
        }
    });
    waited
        .await
        .unwrap_or_else(|_| panic!("no {wanted}: {sent}"));
}

/// A board that cannot be written says so, and is written again as soon as it can be.
#[tokio::test]
async fn a_board_that_stands_still_says_so() {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        console: Some(30),
        gate: Some(Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    kit.submit(enquiry(&["ZZ99 9ZZ"])).await;
    let browser = kit.signed_in("operator").await;
    let mut line = browser.request("GET", "/board/live").send().await.unwrap();
    follow(&mut line, "event: html").await;
    gate.set_blind(true);
    kit.submit(enquiry(&["ZZ99 9ZZ"])).await;
    follow(&mut line, "event: lost").await;
    gate.set_blind(false);
    follow(&mut line, "event: html").await;
}

#[tokio::test]
async fn an_alert_that_a_colleague_looks_after_is_not_taken_over_by_a_desk_unseen() {
    let kit = chased().await;
    let path = format!("/alerts/{}/acknowledge", kit.alerts().await[0].id);
    let mut desk = kit.signed_in("desk").await;
    let form = desk.get(&path).await;
    let mut operator = kit.signed_in("operator").await;
    operator.fill(&path, &[("note", "Ringing them.")]).await;
    let told = desk.send(&path, &form, &[("note", "We do it")]).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        told.says("Petra operator looks after it until"),
        "{}",
        told.text()
    );
    assert!(
        !told.says("Ringing them."),
        "what others wrote is not theirs to read"
    );
    let taken = desk.send(&path, &told, &[("note", "We do it")]).await;
    assert_eq!(taken.path, "/desk", "{}", taken.text());
}

#[tokio::test]
async fn an_alert_that_is_not_there_is_not_looked_after() {
    let kit = chased().await;
    let alert = kit.alerts().await.swap_remove(0).id;
    let other = alert.replace("/1", "/9");
    let mut operator = kit.signed_in("operator").await;
    let none = operator.get(&format!("/alerts/{other}/acknowledge")).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_board_that_is_too_long_says_how_much_more_there_is() {
    let kit = start().await;
    for _ in 0..41 {
        kit.submit(enquiry(&["ZZ99 9ZZ"])).await;
    }
    let mut browser = kit.signed_in("operator").await;
    let board = browser.get("/board").await;
    assert!(
        board.says("41 alerts that nobody looks after"),
        "{}",
        board.text()
    );
    assert!(board.says("And 1 more."));
    let all = browser.get("/board?all=yes").await;
    assert!(!all.says("more."));
}

#[tokio::test]
async fn the_board_shows_what_nobody_has_asked_beside_what_nobody_has_answered() {
    let kit = chased().await;
    let case = officer::listed(&kit, "01AB1234526/1", "X320741").await;
    kit.move_to("2026-11-23T14:00").await;
    let mut operator = kit.signed_in("operator").await;
    let board = operator.get("/board").await;
    for path in ["/enquiries/", &format!("/cases/{case}")] {
        assert!(board.html.contains(path), "{}", board.text());
    }
    assert!(!board.says("more than can be counted"));
}

#[tokio::test]
async fn a_check_is_closed_by_two_operators_where_the_reason_takes_two() {
    let kit = chased().await;
    let check = kit.alerts().await.swap_remove(0).check_id;
    let (id, close) = (
        check.trim_end_matches("/1"),
        format!("/checks/{check}/close"),
    );
    let mut one = kit.signed_in("operator").await;
    let mut two = kit.signed_in("operator-too").await;
    assert!(one.get("/board").await.html.contains(&close));
    let form = one.get(&close).await;
    // An enquiry is withdrawn as a whole.
    assert!(!form.html.contains("value=\"withdrawn\""));
    assert!(form.says("Another person must confirm it where you choose: another reason."));
    let unsaid = one.fill(&close, &[("reason", "other")]).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.html.contains("href=\"#note\""));
    let why = [("reason", "other"), ("note", "Moved abroad")];
    let proposed = one.fill(&close, &why).await;
    assert!(
        proposed.says("You have proposed to close the check. Another person must confirm it"),
        "{}",
        proposed.text()
    );
    assert!(proposed.says("Closing proposed by Petra operator"));
    let board = two.get("/board").await;
    assert!(
        board.says("Closing proposed by Petra operator"),
        "{}",
        board.text()
    );
    assert!(!board.says("Moved abroad"));

    let own = one.get(&close).await;
    assert!(
        own.says("You proposed this: another person must confirm it."),
        "{}",
        own.text()
    );
    let alone = one
        .fill(&close, &[("reason", "other"), ("note", "Once more")])
        .await;
    assert_eq!(alone.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        alone.says("another named person must close it too"),
        "{}",
        alone.text()
    );
    assert!(alone.html.contains("Once more"), "what was typed is kept");

    let shown = two.get(&close).await;
    assert!(
        shown.says("Another reason Moved abroad"),
        "{}",
        shown.text()
    );
    assert!(shown.says("Confirm and close this check"));
    assert!(shown.html.contains("value=\"other\" checked"));
    let seen = kit.history(id).await.into_iter();
    let seen = seen.filter(|event| event.r#type() == v1::EventType::Viewed);
    let mut seen = seen.filter_map(|event| event.by?.person);
    assert!(seen.any(|person| person.name == "Petra operator-too"));
    let done = two.fill(&close, &[("reason", "other")]).await;
    assert!(done.says("The check is closed."), "{}", done.text());
    assert!(done.says("Closing proposed by Petra operator"));
    let check = kit.get(id).await.checks.swap_remove(0);
    assert_eq!(check.state(), v1::CheckState::Closed);
    let by = check.state_by.unwrap().person.unwrap();
    assert_eq!(by.name, "Petra operator-too");
}

#[tokio::test]
async fn a_form_to_confirm_that_is_old_is_refused_with_what_was_typed() {
    let kit = chased().await;
    let check = kit.alerts().await.swap_remove(0).check_id;
    let close = format!("/checks/{check}/close");
    let mut one = kit.signed_in("operator").await;
    let mut two = kit.signed_in("operator-too").await;
    let why = [("reason", "other"), ("note", "Moved abroad")];
    one.fill(&close, &why).await;
    let form = two.get(&close).await;
    let agreed = [("reason", "other"), ("note", "Agreed")];
    // Meanwhile somebody closes it for a reason that one person may give: nothing is left to confirm.
    one.fill(&close, &[("reason", "duplicate")]).await;
    let refused = two.send(&close, &form, &agreed).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("The check is closed"), "{}", refused.text());
    assert!(refused.html.contains("value=\"other\" checked") && refused.html.contains("Agreed"));
}

#[tokio::test]
async fn nobody_confirms_a_proposal_that_they_were_not_shown() {
    let kit = chased().await;
    let check = kit.alerts().await.swap_remove(0).check_id;
    let close = format!("/checks/{check}/close");
    let mut one = kit.signed_in("operator").await;
    let mut two = kit.signed_in("operator-too").await;
    let why = [("reason", "other"), ("note", "Moved abroad")];
    let form = two.get(&close).await;
    one.fill(&close, &why).await;
    let told = two.send(&close, &form, &why).await;
    assert_eq!(told.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        told.says("Somebody has proposed this meanwhile."),
        "{}",
        told.text()
    );
    let state = async || kit.get(check.trim_end_matches("/1")).await.checks[0].state();
    assert_ne!(state().await, v1::CheckState::Closed);
    let done = two.send(&close, &told, &why).await;
    assert!(done.says("The check is closed."), "{}", done.text());
    assert_eq!(state().await, v1::CheckState::Closed);
}
