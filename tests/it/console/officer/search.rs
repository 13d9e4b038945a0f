//! Finding what is not on the first page.

use super::*;
use std::time::Duration;
use usher_domain::limits;

#[tokio::test]
async fn an_enquiry_is_found_by_reference_number_or_court_and_day() {
    let kit = start().await;
    let mut browser = kit.signed_in("officer").await;
    let mut request = enquiry(&[IN_HACKNEY]);
    request
        .personal
        .as_mut()
        .unwrap()
        .subject
        .as_mut()
        .unwrap()
        .crn = "X320741".into();
    let submitted = kit.submit(request).await;
    let other = kit
        .submit(enquiry_at("2026-11-24T10:00", &[IN_HACKNEY]))
        .await;
    let case = listed(&kit, "01AB1234526/1", "X320741").await;
    let id = &submitted.enquiry_id;
    let day = [
        ("court", COURT),
        ("day-day", "23"),
        ("day-month", "11"),
        ("day-year", "2026"),
    ];
    let reference = [("reference", submitted.reference.as_str())];
    for (nth, fields) in [&reference[..], &[("crn", "x320741")], &day]
        .into_iter()
        .enumerate()
    {
        // What is found again at once is the same viewing.
        let lasts = limits::VIEWING_SECONDS.unsigned_abs();
        kit.clock.forward(Duration::from_secs(lasts));
        let found = browser.fill("/search", fields).await;
        assert_eq!(found.path, "/search", "nothing of it in the address");
        assert!(
            found.html.contains(&format!("href=\"/enquiries/{id}\"")),
            "{}",
            found.text()
        );
        assert!(found.says("Monday 23 November 2026"), "{}", found.text());
        assert!(!found.html.contains(&other.enquiry_id));
        assert_eq!(seen(&kit, id, "officer").await, nth + 1);
        assert_eq!(
            found.html.contains(&case),
            fields[0].0 != "reference",
            "{}",
            found.text()
        );
    }
    assert_eq!(seen(&kit, &other.enquiry_id, "officer").await, 0);
    let mut elsewhere = kit.signed_in("officer-elsewhere").await;
    let nothing = elsewhere.fill("/search", &reference).await;
    assert!(
        nothing.says("Nothing was found in what you may see."),
        "{}",
        nothing.text()
    );
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_told() {
    let kit = start().await;
    let mut browser = kit.signed_in("inspector").await;
    for (fields, field) in [
        (&[][..], "reference"),
        (&[("reference", "7K3M-9QXA-B")][..], "reference"),
        (&[("crn", "12345")][..], "crn"),
        (&[("court", COURT)][..], "day-day"),
    ] {
        let shown = browser.fill("/search", fields).await;
        assert_eq!(shown.status, StatusCode::UNPROCESSABLE_ENTITY, "{field}");
        assert!(
            shown.html.contains(&format!("href=\"#{field}\"")),
            "{}",
            shown.text()
        );
        for (_, value) in fields {
            assert!(shown.html.contains(value), "{value} is kept");
        }
    }
}
