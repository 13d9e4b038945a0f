//! What waits at a desk, page by page, and finding again what waits no longer.

use super::*;

#[tokio::test]
async fn imminent_harm_stands_before_a_nearer_deadline() {
    let kit = start().await;
    kit.submit(enquiry_at("2026-11-23T14:00", &[IN_HACKNEY]))
        .await;
    let mut urgent = enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]);
    urgent.imminent_harm = true;
    kit.submit(urgent).await;
    let queue = kit.signed_in(DESK).await.get("/desk").await;
    let place = |text: &str| queue.text().find(text).unwrap();
    assert!(place("today at 4pm, in 6 hours") < place("in 4 hours 4 hours left"));
    assert!(queue.says("1 with imminent harm"));
}

#[tokio::test]
async fn imminent_harm_is_told_where_the_list_has_no_room_for_it() {
    let kit = start().await;
    for _ in 0..50 {
        kit.submit(enquiry_at("2026-11-23T14:00", &[IN_HACKNEY]))
            .await;
    }
    let mut urgent = enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]);
    urgent.imminent_harm = true;
    let urgent = kit.submit(urgent).await;
    let queue = kit.signed_in(DESK).await.get("/desk").await;
    assert!(queue.says("Only the 50 with the nearest deadlines"));
    let path = format!("href=\"/desk/checks/{}/1\"", urgent.enquiry_id);
    assert_eq!(queue.html.matches(&path).count(), 1, "{}", queue.text());
}

#[tokio::test]
async fn the_queue_goes_on_and_each_page_is_on_record_when_it_is_shown() {
    let kit = start().await;
    for _ in 0..50 {
        kit.submit(enquiry_at("2026-11-23T14:00", &[IN_HACKNEY]))
            .await;
    }
    let later = enquiry_at("2026-11-23T16:00", &[IN_HACKNEY]);
    let later = kit.submit(later).await.enquiry_id;
    let mut browser = kit.signed_in(DESK).await;
    let first = browser.get("/desk").await;
    let path = format!("href=\"/desk/checks/{later}/1\"");
    assert!(!first.html.contains(&path));
    assert_eq!(views(&kit, &later).await, 0);
    let second = browser.get(&first.next().unwrap()).await;
    assert_eq!(second.html.matches(&path).count(), 1, "{}", second.text());
    assert_eq!(views(&kit, &later).await, 1);
    assert!(second.says("Go to the start of the queue"));
    assert_eq!(second.next(), None);
}

#[tokio::test]
async fn a_desk_finds_an_answered_check_again_by_reference_and_corrects_it() {
    let (kit, enquiry, path, mut browser) = taken().await;
    let fields = [("disposition", "not_known"), ("do", "send")];
    browser.fill(&format!("{path}/answer"), &fields).await;
    let reference = kit.get(&enquiry).await.reference;
    let queue = browser.get("/desk").await;
    assert!(queue.says("Nothing waits for your answer."));
    assert!(queue.html.contains("action=\"/desk/search\""));
    let fields = [("reference", reference.as_str())];
    let found = browser.fill("/desk/search", &fields).await;
    assert_eq!(found.path, "/desk/search", "not in an address");
    assert!(found.says("1 check."), "{}", found.text());
    assert!(found.says("Ada Example") && found.says("Answered, not read yet"));
    assert!(found.html.contains(&format!("href=\"{path}\"")));
    let check = browser.get(&path).await;
    assert!(check.html.contains(&format!("href=\"{path}/answer\"")));
    let mut elsewhere = kit.signed_in("desk-elsewhere").await;
    let found = elsewhere.fill("/desk/search", &fields).await;
    assert!(found.says("Nothing was found in what you may see."));
    assert!(!found.says("Ada Example"));
    let fields = [("reference", "soon")];
    let refused = browser.fill("/desk/search", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.html.contains("href=\"#reference\""));
    assert!(refused.html.contains("value=\"soon\""));
}

#[tokio::test]
async fn whoever_finds_a_check_by_reference_is_on_record_before_it_is_shown() {
    let (kit, enquiry, _) = asked().await;
    // Past the queue, which shows it too.
    let reference = kit.get(&enquiry).await.reference;
    let mut browser = kit.browser();
    let fields = [("persona", DESK), ("return", "/desk/search")];
    let form = browser.post("/sign-in", &fields).await;
    assert_eq!(views(&kit, &enquiry).await, 0);
    let fields = [("reference", reference.as_str())];
    let found = browser.send("/desk/search", &form, &fields).await;
    assert!(found.says("Ada Example"), "{}", found.text());
    assert_eq!(views(&kit, &enquiry).await, 1);
}
