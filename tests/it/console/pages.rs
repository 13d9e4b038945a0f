//! Pages that every role has, and what is said when there is none.

use super::*;
use std::sync::Arc;

#[tokio::test]
async fn help_tells_each_role_what_it_does_and_what_the_words_mean() {
    let kit = start().await;
    let rows = [
        ("officer", "Read the answer, and say that you have."),
        ("manager", "Begin with “Outstanding”."),
        ("desk", "Take a check on,"),
        ("operator", "Keep “Overdue” in sight."),
        ("inspector", "You can change nothing."),
    ];
    for (group, own) in rows {
        let mut browser = kit.signed_in(group).await;
        let help = browser.get("/help").await;
        assert!(help.says(own), "{group}: {}", help.text());
        let others = rows.iter().filter(|(other, _)| *other != group);
        for (_, theirs) in others {
            assert!(!help.says(theirs), "{group}: {theirs}");
        }
        for wanted in [
            "Being looked up",
            "It does not mean that there is no risk.",
            "Do not disclose to the defendant",
            "After 30 minutes without a click, and after 10 hours",
            "ring 999",
        ] {
            assert!(help.says(wanted), "{group}: {wanted}: {}", help.text());
        }
    }
    let statement = kit.browser().get("/accessibility").await;
    assert_eq!(statement.status, StatusCode::OK, "nobody needs to sign in");
    assert!(statement.says("Web Content Accessibility Guidelines"));
}

/// Sends `body` to the form that looks after an alert.
async fn sent(kit: &Kit, kind: &str, body: String) -> Shown {
    let path = format!("/alerts/{NO_ENQUIRY}/1/acknowledge");
    let mut browser = kit.signed_in("operator").await;
    let request = browser
        .request("POST", &path)
        .header("origin", browser.base());
    let request = request.header("content-type", kind).body(body);
    browser.follow(request, &path).await
}

#[tokio::test]
async fn whatever_goes_wrong_is_told_in_words_and_leads_back() {
    let kit = start().await;
    let form = "application/x-www-form-urlencoded";
    let mut officer = kit.signed_in("officer").await;
    let long = format!("note={}", "x".repeat(128 * 1_024));
    let rows = [
        (404, "Page not found", officer.get("/nowhere").await),
        (403, "You cannot use this page", officer.get("/board").await),
        (413, "The form is too long", sent(&kit, form, long).await),
        (
            400,
            "The form could not be read",
            sent(&kit, "text/plain", "note=x".into()).await,
        ),
        (
            404,
            "Page not found",
            sent(&kit, form, "note=x".into()).await,
        ),
    ];
    for (status, words, shown) in rows {
        assert_eq!(shown.status.as_u16(), status, "{}", shown.text());
        assert!(shown.html.contains(&format!("<title>{words}")), "{words}");
        assert!(shown.says(words) && shown.says("Go to your first page"));
        assert_eq!(shown.headers["cache-control"], "no-store");
    }
}

/// A broker with one enquiry in Hackney and its id, whose store a test can let fail.
async fn failing() -> (Kit, Arc<Gate>, String) {
    let gate = Gate::open();
    let kit = Kit::shaped(Shape {
        console: Some(30),
        gate: Some(Arc::clone(&gate)),
        ..Shape::default()
    })
    .await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    (kit, gate, enquiry_id)
}

#[tokio::test]
async fn a_store_that_is_away_is_no_loss_and_the_page_says_so() {
    let (kit, gate, enquiry_id) = failing().await;
    let mut browser = kit.browser();
    // Past the list of hearings, which puts the same viewing on record.
    let fields = [("persona", "officer"), ("return", "/help")];
    browser.post("/sign-in", &fields).await;
    gate.fail();
    let busy = browser.get(&format!("/enquiries/{enquiry_id}")).await;
    assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(busy.headers["retry-after"], "2");
    assert!(busy.says("Sorry, the service is busy"), "{}", busy.text());
    assert!(!busy.says("the test says so"), "causes are for the log");
}

/// The value of a hidden field.
fn carried(page: &Shown, field: &str) -> String {
    let found = page.hidden().into_iter().find(|(name, _)| name == field);
    found
        .unwrap_or_else(|| panic!("no {field}: {}", page.html))
        .1
}

#[tokio::test]
async fn a_form_that_could_not_be_served_keeps_what_was_typed_and_is_sent_again() {
    let (kit, gate, enquiry_id) = failing().await;
    kit.move_to("2026-11-23T10:15").await;
    let alert = kit.alerts().await.swap_remove(0);
    let rows = [
        ("operator", format!("/alerts/{}/acknowledge", alert.id)),
        ("officer", format!("/enquiries/{enquiry_id}/withdraw")),
        ("desk", format!("/desk/checks/{enquiry_id}/1/ask")),
    ];
    for (group, path) in rows {
        let mut browser = kit.signed_in(group).await;
        if group == "desk" {
            let accept = format!("/desk/checks/{enquiry_id}/1/accept");
            browser.fill(&accept, &[]).await;
        }
        let form = browser.get(&path).await;
        gate.fail();
        let typed = [("note", "Ringing \"them\"."), ("question", "Which school?")];
        let busy = browser.send(&path, &form, &typed).await;
        gate.mend();
        assert_eq!(busy.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(busy.headers["retry-after"], "2");
        assert!(busy.says("What you typed is kept on this page"));
        assert!(busy.says("It will not be done twice."));
        assert!(busy.html.contains(&format!("action=\"{path}\"")), "{path}");
        assert_eq!(carried(&busy, "note"), "Ringing &#34;them&#34;.");
        assert_eq!(carried(&busy, "question"), "Which school?");
        let request = carried(&form, "request_id");
        assert_eq!(carried(&busy, "request_id"), request);
        assert!(!busy.says("the test says so"), "causes are for the log");
    }
}
