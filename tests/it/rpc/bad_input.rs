//! Bad input above TLS: each is refused as documented, and honest clients do not notice.

use super::*;
use usher_domain::limits;

#[tokio::test]
async fn an_oversized_message_is_refused_and_the_connection_goes_on() {
    let kit = Kit::start().await;
    let mut huge = enquiry(&[IN_HACKNEY]);
    huge.personal.as_mut().unwrap().note = "x".repeat(limits::REQUEST_BYTES_MAX);
    let refused = kit.court(OFFICER).submit(huge).await;
    check_refused(refused, Code::InvalidArgument, "TOO_LARGE");
    // Within the message's bound and beyond the field's.
    let mut long = enquiry(&[IN_HACKNEY]);
    long.personal.as_mut().unwrap().note = "x".repeat(limits::NOTE_CHARS_MAX + 1);
    check_fields(kit.court(OFFICER).submit(long).await, &["personal.note"]);
    // Every field within its bound, and the whole beyond the record's.
    let mut full = enquiry(&[IN_HACKNEY]);
    let line = || "\u{1F642}".repeat(limits::LINE_CHARS_MAX);
    let other = || v1::Other {
        name: Some(v1::PersonName {
            family: line(),
            given: line(),
        }),
        relationship: line(),
        ..v1::Other::default()
    };
    let personal = full.personal.as_mut().unwrap();
    personal.others = (0..limits::OTHERS_PER_ENQUIRY_MAX)
        .map(|_| other())
        .collect();
    personal.addresses[0].lines = "\u{1F642}".repeat(800);
    personal.note = "\u{1F642}".repeat(limits::NOTE_CHARS_MAX);
    let refused = kit.court(OFFICER).submit(full).await.unwrap_err();
    assert!(
        matches!(
            refused.code(),
            Code::InvalidArgument | Code::FailedPrecondition
        ),
        "{refused}"
    );
    assert_eq!(kit.store_end().await, 0);
    kit.submit(enquiry(&[IN_HACKNEY])).await;
}

#[tokio::test]
async fn malformed_ids_and_tokens_are_named() {
    let kit = Kit::start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let nulls = "\0".repeat(36);
    let long = "0".repeat(100_000);
    for wrong in [
        "",
        "no id",
        "00000000-0000-0000-0000-00000000000g",
        &nulls,
        &long,
    ] {
        let get = v1::GetRequest {
            enquiry_id: wrong.into(),
        };
        check_fields(kit.court(OFFICER).get(get).await, &["enquiry_id"]);
        let check = v1::GetCheckRequest {
            check_id: wrong.into(),
        };
        check_fields(kit.adapter(HACKNEY).get_check(check).await, &["check_id"]);
    }
    for number in ["0", "-1", "256", "", "1/1", " 1"] {
        let check = v1::GetCheckRequest {
            check_id: format!("{NO_ENQUIRY}/{number}"),
        };
        check_fields(kit.adapter(HACKNEY).get_check(check).await, &["check_id"]);
    }
    let first = v1::ListRequest {
        page_size: 1,
        ..v1::ListRequest::default()
    };
    let page = kit
        .court(OFFICER)
        .list(first.clone())
        .await
        .unwrap()
        .into_inner();
    let of_another_filter = v1::ListRequest {
        page_token: page.next_page_token,
        open: Some(true),
        ..first.clone()
    };
    let nonsense = v1::ListRequest {
        page_token: long.clone(),
        ..first
    };
    for request in [of_another_filter, nonsense] {
        check_refused(
            kit.court(OFFICER).list(request).await,
            Code::InvalidArgument,
            "BAD_PAGE_TOKEN",
        );
    }
    let negative = v1::ListRequest {
        page_size: -1,
        court_codes: vec!["no court".into()],
        reference: "no reference".into(),
        ..v1::ListRequest::default()
    };
    let fields = ["page_size", "court_codes[0]", "reference"];
    check_fields(kit.court(OFFICER).list(negative).await, &fields);
}

#[tokio::test]
async fn pages_show_everything_once() {
    let kit = Kit::start().await;
    let mut expected = Vec::new();
    for _ in 0..7 {
        expected.push(
            kit.submit(enquiry(&[IN_HACKNEY, "not a postcode"]))
                .await
                .enquiry_id,
        );
    }
    let mut found = Vec::new();
    let mut alerts = Vec::new();
    let (mut token, mut alert_token) = (String::new(), String::new());
    loop {
        let request = v1::ListRequest {
            page_size: 3,
            page_token: token,
            ..v1::ListRequest::default()
        };
        let page = kit.court(OFFICER).list(request).await.unwrap().into_inner();
        assert!(page.enquiries.len() <= 3);
        found.extend(page.enquiries.into_iter().map(|enquiry| enquiry.id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    loop {
        let request = v1::ListAlertsRequest {
            page_size: 2,
            page_token: alert_token,
            ..v1::ListAlertsRequest::default()
        };
        let page = kit
            .operations(OPERATOR)
            .list_alerts(request)
            .await
            .unwrap()
            .into_inner();
        alerts.extend(page.alerts.into_iter().map(|alert| alert.id));
        alert_token = page.next_page_token;
        if alert_token.is_empty() {
            break;
        }
    }
    alerts.sort();
    alerts.dedup();
    assert_eq!(alerts.len(), 7);
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}
