//! What operators see and do.

use super::*;

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
