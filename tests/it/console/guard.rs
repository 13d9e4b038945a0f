//! Who gets in, and what a browser is told to do with what it is shown.

use super::*;
use usher_proto::v1;

#[tokio::test]
async fn nobody_gets_in_without_signing_in_and_then_goes_on_to_where_they_wanted() {
    let kit = start().await;
    let mut browser = kit.browser();
    let asked = browser.get("/board").await;
    assert_eq!(asked.path, "/sign-in?return=%2Fboard");
    assert!(asked.says("Who are you today?"));
    let fields = [("persona", "operator"), ("return", "/board")];
    let shown = browser.post("/sign-in", &fields).await;
    assert_eq!(shown.path, "/board");
    let fields = [("persona", "operator"), ("return", "//evil.example/")];
    assert_eq!(browser.post("/sign-in", &fields).await.path, "/board");
    let out = browser.post("/sign-out", &[]).await;
    assert!(out.says("You have signed out"));
    assert!(browser.get("/board").await.path.starts_with("/sign-in"));
}

#[tokio::test]
async fn a_session_that_was_there_before_signing_in_is_worth_nothing_after() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let before = browser.cookie().unwrap().to_owned();
    browser.sign_in("operator").await;
    assert_ne!(browser.cookie().unwrap(), before);
    let mut old = browser.with_cookie(Some(before));
    assert!(old.get("/board").await.path.starts_with("/sign-in"));
}

#[tokio::test]
async fn what_was_typed_when_a_session_ended_is_there_after_signing_in_and_for_nobody_else() {
    let mut kit = start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.move_to("2026-11-23T10:15").await;
    let path = format!("/alerts/{}/acknowledge", kit.alerts().await[0].id);
    let mut browser = kit.signed_in("operator").await;
    browser.get(&path).await;
    for (next, is_there) in [("operator", true), ("officer", false)] {
        kit.restart_with_idle(0).await;
        browser.go_on_at(&kit.browser());
        let typed = [("note", "Half a sentence"), ("request_id", "")];
        let out = browser.post(&path, &typed).await;
        assert!(out.path.starts_with("/sign-in?return="), "{}", out.path);
        assert!(out.says("what you typed is kept"));
        kit.restart_with_idle(30).await;
        browser.go_on_at(&kit.browser());
        let fields = [("persona", next), ("return", path.as_str())];
        let back = browser.post("/sign-in", &fields).await;
        assert_eq!(back.path, path);
        assert_eq!(back.html.contains("Half a sentence"), is_there, "{next}");
        browser.sign_in("operator").await;
    }
    assert_eq!(kit.alerts().await[0].state(), v1::AlertState::Open);
}

/// The address that the page of sign-in goes on to.
fn wanted(page: &Shown) -> String {
    let mut fields = page.hidden().into_iter();
    fields.find(|(name, _)| name == "return").unwrap().1
}

#[tokio::test]
async fn signing_in_again_goes_on_at_the_same_address_with_its_query() {
    let kit = start().await;
    let path = "/reports/coverage?from-day=3&from-month=11&from-year=2026&to-day=4&to-month=11&to-year=2026&by=office";
    let mut browser = kit.browser();
    let out = browser.get(path).await;
    assert_eq!(wanted(&out), path);
    let back = browser.send("/sign-in", &out, &[("persona", "manager")]);
    let back = back.await;
    assert_eq!(back.path, path);
    assert!(back.says("Coverage by office, 3 to 4 November 2026"));
    let elsewhere = [("persona", "manager"), ("return", "//evil.example/?a=b")];
    let home = browser.post("/sign-in", &elsewhere).await;
    assert_eq!(home.path, "/outstanding");
    let long = format!("/reports/coverage?by={}", "x".repeat(5_000));
    assert_eq!(wanted(&kit.browser().get(&long).await), "/reports/coverage");
}

#[tokio::test]
async fn two_forms_that_were_open_when_a_session_ended_are_both_kept() {
    let mut kit = start().await;
    let enquiry_id = kit.submit(enquiry(&[IN_HACKNEY])).await.enquiry_id;
    let forms =
        ["withdraw", "record-sentence"].map(|verb| format!("/enquiries/{enquiry_id}/{verb}"));
    let mut browser = kit.signed_in("officer").await;
    kit.restart_with_idle(0).await;
    browser.go_on_at(&kit.browser());
    for path in &forms {
        let typed = [("note", "Half a sentence"), ("date-day", "19")];
        let out = browser.post(path, &typed).await;
        assert!(out.says("what you typed is kept"), "{}", out.text());
    }
    kit.restart_with_idle(30).await;
    browser.go_on_at(&kit.browser());
    browser.sign_in("officer").await;
    for (path, typed) in forms.iter().zip(["Half a sentence", "value=\"19\""]) {
        let back = browser.get(path).await;
        assert!(back.html.contains(typed), "{path}: {}", back.text());
    }
    let again = browser.get(&forms[0]).await;
    assert!(!again.html.contains("Half a sentence"), "once");
}

#[tokio::test]
async fn a_form_of_another_site_is_refused() {
    let kit = start().await;
    let browser = kit.signed_in("operator").await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        let request = browser.request("POST", "/sign-out").header(name, value);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_piece_of_a_page_is_no_place_to_sign_in() {
    let kit = start().await;
    let browser = kit.browser();
    let asks = [("accept", "text/event-stream"), ("sec-fetch-dest", "empty")];
    for ((name, value), path) in asks.into_iter().zip(["/board/live", "/ask/where"]) {
        let method = if path == "/ask/where" { "POST" } else { "GET" };
        let request = browser.request(method, path).header(name, value);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test]
async fn every_answer_says_that_it_is_kept_nowhere_and_runs_nothing() {
    let kit = start().await;
    let mut browser = kit.signed_in("operator").await;
    for path in ["/board", "/nowhere", "/sign-in"] {
        let shown = browser.get(path).await;
        let header = |name: &str| shown.headers[name].to_str().unwrap();
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"));
        assert!(!header("content-security-policy").contains("unsafe"));
        assert_eq!(header("referrer-policy"), "no-referrer");
        assert!(!shown.html.contains("<script>"), "{path}");
        assert!(!shown.html.contains(" style="), "{path}");
    }
    let cookie = kit.browser().request("POST", "/sign-in");
    let cookie = cookie
        .form(&[("persona", "operator")])
        .send()
        .await
        .unwrap();
    let cookie = cookie.headers()["set-cookie"].to_str().unwrap();
    for part in [
        "__Host-usher=",
        "HttpOnly",
        "Secure",
        "SameSite=Lax",
        "Path=/",
    ] {
        assert!(cookie.contains(part), "{cookie}");
    }
}

#[test]
fn no_page_is_opened_to_another_role_unnoticed() {
    let mut lines = usher::console::matrix()
        .into_iter()
        .map(|(path, roles)| format!("{path:<44} {}\n", roles.join(" ")))
        .collect::<Vec<_>>();
    lines.sort();
    let printed = lines.concat();
    let held = include_str!("../console.golden");
    assert!(
        printed == held,
        "who may open which page changed. If that is meant, make tests/it/console.golden read:\n{printed}"
    );
}

#[tokio::test]
async fn each_role_gets_its_own_pages_and_no_others() {
    let kit = start().await;
    let matrix = usher::console::matrix();
    for group in ["officer", "manager", "desk", "operator", "inspector"] {
        let role = if group == "desk" { "adapter" } else { group };
        let mut browser = kit.signed_in(group).await;
        for (path, roles) in &matrix {
            if path.contains("/live") {
                continue;
            }
            let record = "0190a000-0000-7000-8000-000000000001";
            let path = path
                .replace("{number}", "1")
                .replace("{responder}", "hackney");
            let path: Vec<_> = path
                .split('/')
                .map(|part| if part.starts_with('{') { record } else { part })
                .collect();
            let path = path.join("/");
            let shown = browser.get(&path).await;
            let is_in = shown.status != StatusCode::FORBIDDEN;
            assert_eq!(
                is_in,
                roles.contains(&role),
                "{group} at {path}: {}",
                shown.status
            );
            assert!(shown.status.as_u16() < 500, "{group} at {path}");
        }
    }
}
