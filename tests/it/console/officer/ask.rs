//! Asking, from the empty form to the reference.

use super::*;
use std::sync::Arc;

/// Somebody in Hackney and Camden, for this afternoon.
const FIELDS: [(&str, &str); 19] = [
    ("given", "Ada"),
    ("family", "Example"),
    ("address-1-role", "home"),
    ("address-1-postcode", IN_HACKNEY),
    ("address-2-role", "partner"),
    ("address-2-postcode", IN_CAMDEN),
    ("child-1-given", "Bea"),
    ("child-1-born-day", "1"),
    ("child-1-born-month", "2"),
    ("child-1-born-year", "2020"),
    ("child-1-lives", "yes"),
    ("purpose", "court_report"),
    ("report", "oral"),
    ("court", COURT),
    ("hearing-day", "23"),
    ("hearing-month", "11"),
    ("hearing-year", "2026"),
    ("hearing-time", "2pm"),
    ("kind", "children_social_care"),
];

async fn step(browser: &mut Browser, step: &str, fields: &[(&str, &str)]) -> Shown {
    let fields = [fields, &[("step", step)]].concat();
    browser.fill("/ask", &fields).await
}

#[tokio::test]
async fn an_enquiry_is_checked_changed_and_sent() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let end = kit.store_end().await;
    let check = step(&mut browser, "check", &FIELDS).await;
    assert_eq!(check.status, StatusCode::OK, "{}", check.text());
    assert_eq!(check.path, "/ask", "nothing of people in the address");
    for told in [
        "Check your answers",
        "Home: E8 1EA",
        "Bea, born 1 February 2020, lives with the defendant",
        "Duty line:",
    ] {
        assert!(check.says(told), "{told}: {}", check.text());
    }
    assert!(
        check.says("Care and London Borough of Hackney Children's Social Care"),
        "{}",
        check.text()
    );
    assert_eq!(kit.store_end().await, end, "nothing is sent yet");
    let change = browser.send("/ask", &check, &[("step", "change")]).await;
    for kept in [
        "value=\"Ada\"",
        "value=\"E8 1EA\"",
        "value=\"Bea\"",
        "value=\"2pm\"",
    ] {
        assert!(change.html.contains(kept), "{kept}");
    }
    let sent = browser.send("/ask", &check, &[("step", "send")]).await;
    assert!(
        sent.path.ends_with("/sent"),
        "{}: {}",
        sent.path,
        sent.text()
    );
    assert!(
        sent.says("Enquiry sent Its reference is"),
        "{}",
        sent.text()
    );
    assert!(sent.says("Duty line:") && sent.says("What happens next"));
    let twice = browser.send("/ask", &check, &[("step", "send")]).await;
    assert_eq!(twice.path, sent.path, "the same form is one enquiry");
    let id = sent.path.split('/').nth(2).unwrap();
    let enquiry = kit.get(id).await;
    assert_eq!(enquiry.checks.len(), 2);
    let who = enquiry.requester.unwrap().person.unwrap();
    assert_eq!(who.name, named("officer"));
    assert_eq!(enquiry.personal.unwrap().children.len(), 1);
}

#[tokio::test]
async fn an_enquiry_that_could_not_be_sent_is_sent_again_as_it_was_and_once() {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        console: Some(30),
        gate: Some(Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    let mut browser = kit.signed_in("officer").await;
    let check = step(&mut browser, "check", &FIELDS).await;
    gate.fail();
    let mut busy = browser.send("/ask", &check, &[("step", "send")]).await;
    for _ in 0..2 {
        assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(busy.says("It was not possible just now."));
        assert!(busy.html.contains("name=\"given\" value=\"Ada\""));
        let id = |page: &Shown| {
            let mut fields = page.hidden().into_iter();
            fields.find(|(name, _)| name == "request_id").unwrap()
        };
        assert_eq!(id(&busy), id(&check));
        busy = browser.send("/ask", &busy, &[]).await;
    }
    gate.mend();
    let sent = browser.send("/ask", &busy, &[]).await;
    assert!(sent.path.ends_with("/sent"), "{}", sent.text());
    let twice = browser.send("/ask", &busy, &[]).await;
    assert_eq!(twice.path, sent.path, "the same form is one enquiry");
}

#[tokio::test]
async fn what_is_seldom_known_is_asked_for_shown_and_sent() {
    const SELDOM: [(&str, &str); 9] = [
        ("sex", "female"),
        ("urn", "01 ab 12345 26"),
        ("address-1-uprn", "100023336956"),
        ("other-1-given", "Cy"),
        ("other-1-family", "Sample"),
        ("other-1-relationship", "partner"),
        ("other-1-born-day", "5"),
        ("other-1-born-month", "6"),
        ("other-1-born-year", "1988"),
    ];
    const OPEN: &str = "<details class=\"govuk-details\" open>";
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    assert!(!browser.get("/ask").await.html.contains(OPEN));
    let fields = [&FIELDS[..], &SELDOM[..]].concat();
    let more = step(&mut browser, "add-other", &fields).await;
    assert_eq!(more.html.matches(OPEN).count(), 3, "of what is filled in");
    assert!(more.html.contains("other-2-given"));
    let check = step(&mut browser, "check", &fields).await;
    let sent = browser.send("/ask", &check, &[("step", "send")]).await;
    let id = sent.path.split('/').nth(2).unwrap();
    let enquiry = browser.get(&format!("/enquiries/{id}")).await;
    for shown in [check, enquiry] {
        for told in [
            "Sex Female",
            "URN 01AB1234526",
            "Home: E8 1EA, UPRN 100023336956",
            "Cy Sample, born 5 June 1988, partner",
        ] {
            assert!(shown.says(told), "{told}: {}", shown.text());
        }
    }
    let mut desk = kit.signed_in("desk").await;
    let check = desk.get(&format!("/desk/checks/{id}/2")).await;
    for told in ["Female", "01AB1234526", "UPRN 100023336956", "Cy Sample"] {
        assert!(check.says(told), "{told}: {}", check.text());
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field_and_what_was_typed_stays() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let wrong = [
        ("given", "Ada"),
        ("crn", "12"),
        ("urn", "12"),
        ("address-1-uprn", "1234567890123"),
        ("other-1-born-day", "40"),
        ("born-day", "40"),
        ("address-1-postcode", IN_HACKNEY),
    ];
    let shown = step(&mut browser, "check", &wrong).await;
    assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in [
        "family",
        "crn",
        "urn",
        "born-day",
        "address-1-role",
        "address-1-uprn",
        "other-1-born-day",
        "purpose",
        "court",
        "hearing-day",
        "kind",
    ] {
        assert!(
            shown.html.contains(&format!("href=\"#{field}\"")),
            "{field}: {}",
            shown.text()
        );
        assert!(
            shown.html.contains(&format!("id=\"{field}\"")),
            "{field} is nowhere"
        );
    }
    assert!(shown.html.contains("value=\"Ada\"") && shown.html.contains("value=\"E8 1EA\""));
}

#[tokio::test]
async fn rows_are_added_and_postcodes_led_without_scripts() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let more = step(&mut browser, "add-child", &FIELDS).await;
    assert!(more.html.contains("child-4-given") && more.html.contains("value=\"Bea\""));
    let more = step(&mut browser, "add-address", &FIELDS).await;
    assert!(more.html.contains("address-3-postcode"));
    let told = step(&mut browser, "where", &FIELDS).await;
    assert_eq!(told.status, StatusCode::OK);
    assert!(
        told.says("Children’s social care: London Borough of Hackney"),
        "{}",
        told.text()
    );
    assert!(told.says("Who will be asked"), "{}", told.text());
    let piece = browser
        .post("/ask/where", &[("address-1-postcode", IN_CAMDEN)])
        .await;
    assert!(
        piece.says("Camden") && !piece.html.contains("<html"),
        "{}",
        piece.html
    );
    assert!(
        !piece.html.contains(IN_CAMDEN),
        "a postcode is not said again"
    );
    let nowhere = browser
        .post("/ask/where", &[("address-1-postcode", "<b>")])
        .await;
    assert!(nowhere.says("No council found."), "{}", nowhere.html);
}

#[tokio::test]
async fn the_forecast_is_told_as_soon_as_the_hearing_is_known() {
    const FORECAST: &str = "London Borough of Camden Children's Social Care Too early to say Too few past enquiries to say";
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let end = kit.store_end().await;
    let address = [("addresses", "2"), ("address-2-postcode", IN_CAMDEN)];
    let of_hearing = |name: &str| ["court", "kind"].contains(&name) || name.starts_with("hearing");
    let hearing = FIELDS.into_iter().filter(|(name, _)| of_hearing(name));
    let known: Vec<_> = address.into_iter().chain(hearing).collect();
    let piece = browser.post("/ask/where", &known).await;
    assert!(piece.says(FORECAST), "{}", piece.text());
    assert!(!piece.says("For a forecast"), "{}", piece.text());
    for (unknown, needed) in [
        ("kind", "whom to ask"),
        ("court", "the court"),
        ("hearing-day", "the day of the hearing"),
        ("hearing-time", "its time"),
    ] {
        let fields = known.iter().copied().filter(|(name, _)| *name != unknown);
        let piece = browser
            .post("/ask/where", &fields.collect::<Vec<_>>())
            .await;
        assert!(piece.says("Camden"), "{}", piece.text());
        let needed = format!("For a forecast, enter {needed}.");
        assert!(piece.says(&needed), "{needed}: {}", piece.text());
    }
    let nothing = browser.post("/ask/where", &address).await;
    let needed = "enter whom to ask, the court, the day of the hearing and its time.";
    assert!(nothing.says(needed), "{}", nothing.text());
    let past = [&known[..], &[("purpose", "court_report")]].concat();
    let past: Vec<_> = past
        .into_iter()
        .map(|(name, value)| {
            (
                name,
                if name == "hearing-year" {
                    "2020"
                } else {
                    value
                },
            )
        })
        .collect();
    let refused = browser.post("/ask/where", &past).await;
    assert_eq!(refused.status, StatusCode::OK);
    assert!(!refused.says("Too early"), "{}", refused.text());
    // Without scripts, and before anybody is named.
    let told = step(&mut browser, "where", &known).await;
    for told_of in ["Who will be asked", "Too early to say"] {
        assert!(told.says(told_of), "{}", told.text());
    }
    let told = step(&mut browser, "where", &address).await;
    assert!(
        told.says("For a forecast, enter whom to ask"),
        "{}",
        told.text()
    );
    assert_eq!(kit.store_end().await, end, "nothing is sent");
}

/// Signing in leads to the plain address; a link to ask about another case is not answered with what was typed before.
#[tokio::test]
async fn what_was_typed_about_one_case_is_not_shown_for_another() {
    let mut kit = start().await;
    let case = listed(&kit, "01AB1234526/1", "").await;
    let mut browser = kit.signed_in("officer").await;
    browser.get("/ask").await;
    kit.restart_with_idle(0).await;
    browser.go_on_at(&kit.browser());
    browser.post("/ask", &[("given", "Half a name")]).await;
    kit.restart_with_idle(30).await;
    browser.go_on_at(&kit.browser());
    browser.sign_in("officer").await;
    let other = browser.get(&format!("/ask?case={case}")).await;
    assert!(other.html.contains("value=\"Ada\""), "{}", other.text());
    assert!(!other.html.contains("Half a name"));
    assert!(browser.get("/ask").await.html.contains("Half a name"));
}

#[tokio::test]
async fn only_officers_ask() {
    let kit = start().await;
    let mut manager = kit.signed_in("manager").await;
    assert_eq!(manager.get("/ask").await.status, StatusCode::FORBIDDEN);
    let piece = manager
        .post("/ask/where", &[("address-1-postcode", IN_CAMDEN)])
        .await;
    assert_eq!(piece.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn an_enquiry_is_asked_one_page_at_a_time() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let whole = browser.get("/ask").await;
    assert!(whole.html.contains("href=\"/ask?page=defendant\""));
    let mut shown = browser.get("/ask?page=defendant").await;
    assert!(shown.says("Step 1 of 6 The defendant"), "{}", shown.text());
    assert!(!shown.says("Address 1") && shown.says("Family name"));
    let mut go = async |browser: &mut Browser, fields: &[(&str, &str)], step: &str| {
        let fields = [fields, &[("step", step)]].concat();
        shown = browser.send("/ask", &shown, &fields).await;
        shown.clone()
    };
    let refused = go(&mut browser, &[("given", "Ada")], "next").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.says("Step 1 of 6") && refused.html.contains("value=\"Ada\""));
    assert!(
        !refused.html.contains("href=\"#court\""),
        "of this page only"
    );
    let of = |page: usize| -> &[(&str, &str)] {
        [
            &FIELDS[..2],
            &FIELDS[2..6],
            &FIELDS[6..11],
            &[],
            &FIELDS[11..18],
            &FIELDS[18..],
        ][page]
    };
    for page in 0..5 {
        let next = go(&mut browser, of(page), "next").await;
        let told = format!("Step {} of 6", page + 2);
        assert!(next.says(&told), "{told}: {}", next.text());
    }
    let back = go(&mut browser, of(5), "back").await;
    assert!(back.says("Step 5 of 6") && back.html.contains("value=\"2pm\""));
    go(&mut browser, of(4), "next").await;
    let check = go(&mut browser, of(5), "next").await;
    assert!(check.says("Check your answers"), "{}", check.text());
    let whole = browser.send("/ask", &check, &[("step", "whole")]).await;
    for kept in ["value=\"Ada\"", "value=\"E8 1EA\"", "value=\"Bea\""] {
        assert!(whole.html.contains(kept), "{kept}");
    }
    let sent = browser.send("/ask", &check, &[("step", "send")]).await;
    assert!(sent.path.ends_with("/sent"), "{}", sent.text());
}
