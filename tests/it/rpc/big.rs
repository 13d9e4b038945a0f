//! Pages and batches of great enquiries: they end by their bytes, go on where they ended, and lose nothing.

use super::*;
use prost::Message as _;
use std::collections::BTreeSet;
use usher_domain::limits;

/// Four bytes on the wire and one character.
const WIDE: &str = "\u{1F642}";

/// An enquiry about as great as one may be submitted: 12 KB.
fn great() -> v1::SubmitRequest {
    let mut request = enquiry(&[IN_HACKNEY]);
    let personal = request.personal.as_mut().unwrap();
    personal.note = WIDE.repeat(2_800);
    personal.offence_code = WIDE.repeat(limits::LINE_CHARS_MAX);
    request
}

async fn submit(kit: &Kit, count: usize) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for _ in 0..count {
        ids.insert(kit.submit(great()).await.enquiry_id);
    }
    ids
}

#[tokio::test]
async fn a_page_ends_by_its_bytes_and_the_next_one_goes_on() {
    let kit = Kit::start().await;
    let submitted = submit(&kit, 280).await;
    let mut found = Vec::new();
    let (mut pages, mut token) = (0, String::new());
    loop {
        let request = v1::ListChecksRequest {
            page_size: 1_000,
            page_token: token,
            ..v1::ListChecksRequest::default()
        };
        let page = kit.adapter(HACKNEY).list_checks(request).await.unwrap();
        let page = page.into_inner();
        assert!(page.encoded_len() <= limits::PAGE_BYTES_MAX + 4 * 1_024);
        pages += 1;
        let id = |check: v1::AssignedCheck| check.id.trim_end_matches("/1").to_owned();
        found.extend(page.checks.into_iter().map(id));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(pages, 2, "what two pages hold comes in two");
    assert_eq!(
        found.len(),
        submitted.len(),
        "something came twice or never"
    );
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), submitted);
}

#[tokio::test]
async fn a_whole_batch_of_great_enquiries_fits_its_reply() {
    let kit = Kit::start().await;
    let submitted = submit(&kit, limits::LEASE_BATCH_MAX).await;
    for enquiry_id in &submitted {
        let check_id = format!("{enquiry_id}/1");
        let ask = v1::AskRequest {
            request_id: fresh(),
            person: person("Wendy Worker"),
            check_id: check_id.clone(),
            question: WIDE.repeat(3_500),
            ..v1::AskRequest::default()
        };
        let accept = v1::AcceptRequest {
            request_id: fresh(),
            person: person("Wendy Worker"),
            check_id: check_id.clone(),
            ..v1::AcceptRequest::default()
        };
        let supply = v1::SupplyRequest {
            request_id: fresh(),
            person: person("Olive Officer"),
            check_id,
            reply: "yes".into(),
        };
        kit.adapter(HACKNEY).accept(accept).await.unwrap();
        kit.adapter(HACKNEY).ask(ask).await.unwrap();
        kit.court(OFFICER).supply(supply).await.unwrap();
    }
    let mut leased = BTreeSet::new();
    let mut batches = Vec::new();
    while leased.len() < submitted.len() {
        let call = v1::LeaseChecksRequest {
            max_checks: u32::try_from(limits::LEASE_BATCH_MAX).unwrap(),
            ..lease()
        };
        let reply = kit.adapter(HACKNEY).lease_checks(call).await.unwrap();
        let reply = reply.into_inner();
        assert!(reply.encoded_len() <= limits::PAGE_BYTES_MAX);
        assert!(!reply.checks.is_empty(), "the rest is lost");
        batches.push(reply.checks.len());
        leased.extend(reply.checks.into_iter().map(|lent| lent.check.unwrap().id));
    }
    assert_eq!(batches, [limits::LEASE_BATCH_MAX]);
}
