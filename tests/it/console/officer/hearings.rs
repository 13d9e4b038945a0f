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
