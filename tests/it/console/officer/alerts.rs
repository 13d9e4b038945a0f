//! What the officer is told of.

use super::*;

#[tokio::test]
async fn an_officer_sees_the_alerts_that_are_addressed_to_them() {
    let kit = start().await;
    let id = asked(&kit).await;
    let mut browser = kit.signed_in("officer").await;
    assert!(
        browser
            .get("/alerts")
            .await
            .says("Nothing waits for you here.")
    );
    hackney_asks(&kit, "Which school?").await;
    let shown = browser.get("/alerts").await;
    assert!(
        shown.says("The borough asks a question London Borough of Hackney"),
        "{}",
        shown.text()
    );
    assert!(!shown.says("Ada") && !shown.says("Which school?"));
    let path = format!("/alerts/{id}/1/acknowledge");
    assert!(shown.html.contains(&path), "{}", shown.html);
    browser.fill(&path, &[("note", "")]).await;
    let shown = browser.get("/alerts").await;
    assert!(shown.says("Looked after Petra officer"), "{}", shown.text());
    let mut elsewhere = kit.signed_in("officer-elsewhere").await;
    assert!(
        elsewhere
            .get("/alerts")
            .await
            .says("Nothing waits for you here.")
    );
}

#[tokio::test]
async fn nobody_takes_over_what_a_case_needs_without_seeing_who_looks_after_it() {
    let kit = start().await;
    let case = listed(&kit, "01AB1234526/1", "").await;
    kit.move_to("2026-11-23T13:30").await;
    let alerts = kit.alerts().await.into_iter();
    let alert = alerts
        .map(|alert| alert.id)
        .find(|id| id.starts_with(&case));
    let path = format!("/alerts/{}/acknowledge", alert.expect("an alert"));
    let done = kit.signed_in("officer").await.fill(&path, &[]).await;
    assert_eq!(done.path, "/hearings", "{}", done.text());
    let shown = kit.signed_in("manager").await.get(&path).await;
    assert!(
        shown.says("Petra officer looks after it until"),
        "{}",
        shown.text()
    );
}
