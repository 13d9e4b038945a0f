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
