//! Submitting: the receipt, the routing, and what is stored or not.

use super::*;
use std::collections::BTreeSet;
use v1::RouteReasonKind::{Address, Named};

#[tokio::test]
async fn the_receipt_says_what_to_expect() {
    let kit = Kit::start().await;
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let [check] = &receipt.checks[..] else {
        panic!("one check: {receipt:?}");
    };
    assert_eq!(check.check_id, format!("{}/1", receipt.enquiry_id));
    assert_eq!(check.responder_id, "hackney");
    assert_eq!(check.authority_codes, ["E09000012"]);
    assert_eq!(check.duty_phone, "020 7946 0012");
    assert_eq!(check.working_time_left, Some(seconds(4 * 3_600)));
    assert_eq!(
        (check.answered_within_share, check.answered_within_count),
        (None, 0)
    );
    let basis = check.answered_within_basis();
    assert_eq!(basis, v1::ForecastBasis::Unknown);
    assert_eq!(check.advice(), v1::Advice::Unknown);
    assert!(check.advice_text.contains("telephone the duty line"));
    assert!(!check.adapter_connected, "no adapter has ever called");
    assert_eq!(instant(receipt.deadline_time), at("2026-11-23T14:00"));
    assert!(receipt.warnings.is_empty() && !receipt.validate_only);

    kit.leased(HACKNEY, lease()).await;
    let second = kit.submit(enquiry(&[IN_HACKNEY])).await;
    assert!(
        second.checks[0].adapter_connected,
        "the adapter called a moment ago"
    );

    let stored = kit.get(&receipt.enquiry_id).await;
    assert_eq!(stored.reference, receipt.reference);
    assert_eq!(stored.requester.unwrap().client_id, OFFICER);
    assert_eq!(stored.personal.unwrap().addresses[0].postcode, IN_HACKNEY);
    assert!(stored.open);
}

#[tokio::test]
async fn a_family_over_several_boroughs_makes_one_check_per_responder() {
    let kit = Kit::start().await;
    let mut request = enquiry(&[IN_HACKNEY, IN_CAMDEN, IN_HACKNEY]);
    request.authority_codes = vec!["E09000022".into(), "E09000007".into()];
    let receipt = kit.submit(request).await;
    let to: Vec<_> = receipt
        .checks
        .iter()
        .map(|check| check.responder_id.as_str())
        .collect();
    assert_eq!(to, ["camden", "hackney", "lambeth"]);
    let reasons = |place: usize| -> Vec<(v1::RouteReasonKind, u32)> {
        let reasons = &receipt.checks[place].reasons;
        reasons
            .iter()
            .map(|reason| (reason.kind(), reason.address_index))
            .collect()
    };
    assert_eq!(reasons(0), [(Named, 0), (Address, 1)]);
    assert_eq!(reasons(1), [(Address, 0), (Address, 2)]);
    assert_eq!(reasons(2), [(Named, 0)]);
    // One borough's trouble is nobody else's: each has its own queue.
    for who in [HACKNEY, CAMDEN, LAMBETH] {
        assert_eq!(
            kit.lease(who).await.check.unwrap().reference,
            receipt.reference
        );
    }
}

#[tokio::test]
async fn what_leads_nowhere_is_one_check_with_an_alert_at_once() {
    use v1::UnroutableReason as Why;
    let check = async |addresses: Vec<v1::Address>, routed: usize, why: &[Why]| {
        let kit = Kit::start().await;
        let mut request = enquiry(&[]);
        request.personal.as_mut().unwrap().addresses = addresses;
        let receipt = kit.submit(request).await;
        assert_eq!(receipt.checks.len(), routed + 1, "{why:?}");
        let lost = receipt.checks.last().unwrap();
        assert_eq!(lost.unroutable_reasons().collect::<Vec<_>>(), why);
        assert_eq!(
            (lost.responder_id.as_str(), lost.duty_phone.as_str()),
            ("", "")
        );
        let warned = |warning: &v1::Warning| warning.code() == v1::WarningCode::UnroutableAddress;
        assert!(receipt.warnings.iter().any(warned));
        let [alert] = &kit.alerts().await[..] else {
            panic!("one alert");
        };
        assert_eq!(alert.trouble(), v1::Trouble::Unroutable);
        assert_eq!(alert.check_id, lost.check_id);
        assert_eq!(alert.state(), v1::AlertState::Open);
        assert_eq!(instant(alert.raise_time), at("2026-11-23T10:00"));
    };
    let kind = |kind: v1::AddressKind| v1::Address {
        kind: kind.into(),
        ..address("")
    };
    check(vec![], 0, &[Why::NoAddress]).await;
    check(vec![address("ZZ99 3WZ")], 0, &[Why::Unknown]).await;
    check(vec![address("not a postcode")], 0, &[Why::Malformed]).await;
    check(
        vec![address("EH1 1YZ"), address(IN_HACKNEY)],
        1,
        &[Why::OutsideEnglandAndWales],
    )
    .await;
    let all = vec![
        kind(v1::AddressKind::NoFixedAbode),
        kind(v1::AddressKind::Withheld),
        kind(v1::AddressKind::NoFixedAbode),
        address(IN_CAMDEN),
    ];
    check(all, 1, &[Why::NoFixedAbode, Why::Withheld]).await;
}

#[tokio::test]
async fn an_unroutable_check_names_every_address_and_authority_that_it_stands_for() {
    use v1::UnroutableReason as Why;
    let kit = Kit::start().await;
    let mut request = enquiry(&[
        "no fixed address at present",
        IN_HACKNEY,
        "EH1 1YZ",
        "ZZ99 3WZ",
        "EH1 1YZ",
    ]);
    request.authority_codes = vec!["E10000016".into()];
    let id = kit.submit(request).await.enquiry_id;
    let [_, lost] = &kit.get(&id).await.checks[..] else {
        panic!("two checks");
    };
    let stands_for = lost.reasons.iter().map(|reason| {
        let why = reason.unroutable_reason();
        (
            reason.kind(),
            reason.address_index,
            &*reason.authority_code,
            why,
        )
    });
    assert_eq!(
        stands_for.collect::<Vec<_>>(),
        [
            (Named, 0, "E10000016", Why::NoResponder),
            (Address, 0, "", Why::Malformed),
            (Address, 2, "", Why::OutsideEnglandAndWales),
            (Address, 3, "", Why::Unknown),
            (Address, 4, "", Why::OutsideEnglandAndWales),
        ]
    );
}

#[tokio::test]
async fn a_code_that_is_no_authority_is_refused_by_its_field() {
    let kit = Kit::start().await;
    for code in ["S12000033", "E07000999", "E13000001"] {
        let mut request = enquiry(&[IN_HACKNEY]);
        request.authority_codes = vec!["E09000012".into(), code.into()];
        let refused = kit.court(OFFICER).submit(request).await;
        check_fields(refused, &["authority_codes"]);
    }
}

#[tokio::test]
async fn validating_only_gives_the_receipt_and_stores_nothing() {
    let kit = Kit::start().await;
    let before = kit.store_end().await;
    let request = v1::SubmitRequest {
        validate_only: true,
        ..enquiry(&[IN_HACKNEY, "not a postcode"])
    };
    let receipt = kit.submit(request.clone()).await;
    assert!(receipt.validate_only);
    assert_eq!(receipt.checks.len(), 2);
    let id = v1::GetRequest {
        enquiry_id: receipt.enquiry_id.clone(),
    };
    check_refused(
        kit.court(OFFICER).get(id).await,
        Code::NotFound,
        "NOT_FOUND",
    );
    assert!(kit.alerts().await.is_empty());
    assert!(kit.leased(HACKNEY, lease()).await.is_empty());
    assert_eq!(kit.store_end().await, before, "something was written");
    // Asking first does not use the id up.
    let real = v1::SubmitRequest {
        validate_only: false,
        ..request
    };
    assert_eq!(kit.submit(real).await.enquiry_id, receipt.enquiry_id);
}

#[tokio::test]
async fn the_same_request_gives_the_same_enquiry_and_another_body_is_refused() {
    let mut kit = Kit::start().await;
    let request = enquiry(&[IN_HACKNEY]);
    let other = v1::SubmitRequest {
        unit: Some(v1::Unit {
            office: "Another office".into(),
            ..v1::Unit::default()
        }),
        ..request.clone()
    };
    let receipt = check_replay(request.clone(), other.clone(), async |request| {
        kit.court(OFFICER).submit(request).await
    })
    .await;
    // Another client's ids are its own.
    let colleague = kit.court(COLLEAGUE).submit(request.clone()).await.unwrap();
    assert_ne!(colleague.into_inner().enquiry_id, receipt.enquiry_id);
    // Not even a restart forgets it.
    kit.restart().await;
    let again = kit.submit(request).await;
    assert_eq!(again.enquiry_id, receipt.enquiry_id);
    assert_eq!(
        kit.leased(
            HACKNEY,
            v1::LeaseChecksRequest {
                max_checks: 64,
                ..lease()
            }
        )
        .await
        .len(),
        2
    );
    let refused = kit.court(OFFICER).submit(other).await;
    check_refused(refused, Code::AlreadyExists, "REQUEST_REUSED");
}

#[tokio::test]
async fn asking_what_would_happen_gives_what_would_happen_to_a_used_id_too() {
    let kit = Kit::start().await;
    let request = enquiry(&[IN_HACKNEY]);
    let receipt = kit.submit(request.clone()).await;
    let other = v1::SubmitRequest {
        request_id: request.request_id.clone(),
        ..enquiry(&[IN_CAMDEN])
    };
    for validate_only in [true, false] {
        let other = v1::SubmitRequest {
            validate_only,
            ..other.clone()
        };
        let refused = kit.court(OFFICER).submit(other).await;
        check_refused(refused, Code::AlreadyExists, "REQUEST_REUSED");
    }
    let same = v1::SubmitRequest {
        validate_only: true,
        ..request
    };
    let again = kit.submit(same).await;
    assert_eq!(
        (again.enquiry_id, again.checks),
        (receipt.enquiry_id, receipt.checks)
    );
    assert_eq!(kit.store_end().await, 1, "asking stored something");
}

#[tokio::test]
async fn only_officers_of_the_court_submit() {
    let kit = Kit::start().await;
    check_roles(&[MANAGER, HACKNEY, OPERATOR, INSPECTOR], async |who| {
        kit.court(who).submit(enquiry(&[IN_HACKNEY])).await
    })
    .await;
    let refused = kit.court(STRANGER).submit(enquiry(&[IN_HACKNEY])).await;
    check_refused(refused, Code::PermissionDenied, "OTHER_COURT");
    assert_eq!(kit.store_end().await, 0, "something was written");
}

#[tokio::test]
async fn everything_wrong_is_named_at_once() {
    let kit = Kit::start().await;
    let submit = async |request| kit.court(OFFICER).submit(request).await;
    let nothing = ["request_id", "person", "purpose", "deadline", "personal"];
    check_fields(submit(v1::SubmitRequest::default()).await, &nothing);
    let yesterday = submit(enquiry_at("2026-11-22T14:00", &[])).await;
    check_refused(yesterday, Code::InvalidArgument, "BAD_DEADLINE");
    let far = submit(enquiry_at("2028-11-23T14:00", &[])).await;
    check_refused(far, Code::InvalidArgument, "BAD_DEADLINE");
}

#[tokio::test]
async fn at_most_sixteen_responders_are_asked() {
    let kit = Kit::start().await;
    let boroughs: BTreeSet<String> = (1..=33)
        .map(|number| format!("E090000{number:02}"))
        .collect();
    let named = |count: usize| v1::SubmitRequest {
        authority_codes: boroughs.iter().take(count).cloned().collect(),
        ..enquiry(&[])
    };
    assert_eq!(kit.submit(named(16)).await.checks.len(), 16);
    let mut more = named(16);
    more.personal.as_mut().unwrap().addresses = vec![address("W1U 1JF")];
    let refused = kit.court(OFFICER).submit(more).await;
    check_refused(refused, Code::FailedPrecondition, "TOO_MANY");
}

#[tokio::test]
async fn the_receipt_learns_from_what_responders_have_answered() {
    let mut kit = Kit::start().await;
    let asked = async |kit: &Kit| {
        for _ in 0..5 {
            kit.submit(enquiry_at("2026-11-23T16:00", &[IN_CAMDEN]))
                .await;
        }
    };
    for minutes in [10, 20, 30, 40] {
        asked(&kit).await;
        kit.clock
            .forward(std::time::Duration::from_secs(60 * minutes));
        for _ in 0..5 {
            let leased = kit.lease(CAMDEN).await;
            let given = answer(&leased.check.unwrap().id, &leased.lease_id);
            kit.adapter(CAMDEN).answer(given).await.unwrap();
        }
    }
    // 11:40: five took ten minutes, five twenty, five thirty and five forty; another five have waited since.
    asked(&kit).await;
    kit.clock.set(at("2026-11-23T12:40"));
    let expect = async |kit: &Kit, postcode, hearing, wanted| {
        let request = v1::SubmitRequest {
            validate_only: true,
            ..enquiry_at(hearing, &[postcode])
        };
        let receipt = kit.submit(request).await;
        let check = &receipt.checks[0];
        let rests_on = (check.answered_within_count, check.answered_count);
        assert_eq!(rests_on, (25, 20), "{hearing}");
        let share = check.answered_within_share.unwrap();
        let told = (share, check.answered_within_basis(), check.advice());
        assert_eq!(told, wanted, "{hearing}");
    };
    let own = v1::ForecastBasis::Responder;
    let likely = (0.8, own, v1::Advice::Likely);
    expect(&kit, IN_CAMDEN, "2026-11-23T13:20", likely).await;
    let doubtful = (0.4, own, v1::Advice::Doubtful);
    expect(&kit, IN_CAMDEN, "2026-11-23T13:05", doubtful).await;
    let hopeless = (0.0, own, v1::Advice::NotBeforeHearing);
    expect(&kit, IN_CAMDEN, "2026-11-23T12:45", hopeless).await;
    // Hackney has no past: that of its like counts.
    let pooled = (0.8, v1::ForecastBasis::Pooled, v1::Advice::Likely);
    expect(&kit, IN_HACKNEY, "2026-11-23T13:20", pooled).await;
    // It is read from the store's own history, so a restart changes nothing.
    kit.restart().await;
    expect(&kit, IN_CAMDEN, "2026-11-23T13:20", likely).await;
    // On another morning, the mornings count.
    kit.clock.set(at("2026-11-24T10:00"));
    let morning = (0.8, v1::ForecastBasis::TimeOfDay, v1::Advice::Likely);
    expect(&kit, IN_CAMDEN, "2026-11-24T10:40", morning).await;
}

/// Who is asked about what, and where it stands.
fn asked(checks: &[v1::CheckReceipt]) -> Vec<(v1::ResponderKind, &str)> {
    let asked = |check: &'_ v1::CheckReceipt| check.responder_kind();
    let asked = checks
        .iter()
        .map(|check| (asked(check), &*check.responder_id));
    asked.collect()
}

#[tokio::test]
async fn one_enquiry_asks_three_kinds_of_services() {
    use v1::ResponderKind::{AdultSocialCare, ChildrenSocialCare, PoliceDomesticAbuse};
    let kit = Kit::start().await;
    let request = |postcodes: &[&str], kinds: &[v1::ResponderKind]| v1::SubmitRequest {
        responder_kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
        ..enquiry(postcodes)
    };
    let all = [ChildrenSocialCare, PoliceDomesticAbuse, AdultSocialCare];
    let receipt = kit.submit(request(&[IN_HACKNEY, IN_CAMDEN], &all)).await;
    let met = (PoliceDomesticAbuse, "metropolitan-police");
    assert_eq!(
        asked(&receipt.checks),
        [
            (ChildrenSocialCare, "camden"),
            (ChildrenSocialCare, "hackney"),
            met,
            (AdultSocialCare, "camden-adults"),
            (AdultSocialCare, "hackney-adults"),
        ]
    );
    assert_eq!(
        receipt.checks[2].authority_codes,
        ["E09000012", "E09000007"]
    );
    let stored = kit.get(&receipt.enquiry_id).await.checks;
    let kinds: Vec<_> = stored.iter().map(v1::Check::responder_kind).collect();
    let told: Vec<_> = { receipt.checks.iter() }
        .map(v1::CheckReceipt::responder_kind)
        .collect();
    assert_eq!(kinds, told);

    let city = kit
        .submit(request(&["EC2V 7HH"], &[PoliceDomesticAbuse]))
        .await;
    assert_eq!(
        asked(&city.checks),
        [(PoliceDomesticAbuse, "city-of-london-police")]
    );
    let before = kit.submit(enquiry(&[IN_HACKNEY])).await;
    assert_eq!(asked(&before.checks), [(ChildrenSocialCare, "hackney")]);
}

#[tokio::test]
async fn what_leads_nowhere_says_for_which_kind() {
    let kit = Kit::start().await;
    let request = v1::SubmitRequest {
        responder_kinds: vec![
            v1::ResponderKind::ChildrenSocialCare.into(),
            v1::ResponderKind::PoliceDomesticAbuse.into(),
        ],
        // In Surrey, for which nobody answers here.
        ..enquiry(&["SM7 1AA", IN_HACKNEY])
    };
    let receipt = kit.submit(request).await;
    let lost: Vec<_> = { receipt.checks.iter() }
        .filter(|check| check.responder_id.is_empty())
        .map(|check| (check.responder_kind(), check.unroutable_reasons.clone()))
        .collect();
    let nobody = vec![v1::UnroutableReason::NoResponder.into()];
    assert_eq!(
        lost,
        [
            (v1::ResponderKind::ChildrenSocialCare, nobody.clone()),
            (v1::ResponderKind::PoliceDomesticAbuse, nobody),
        ]
    );
    assert_eq!((receipt.checks.len(), kit.alerts().await.len()), (4, 2));
}

#[tokio::test]
async fn a_postcode_leads_to_a_service_of_each_kind() {
    let kit = Kit::start().await;
    let lookup = async |postcode: &str| {
        let postcode = postcode.into();
        let request = v1::LookupPostcodeRequest { postcode };
        let found = kit.operations(OPERATOR).lookup_postcode(request).await;
        let found = found.unwrap().into_inner().responders;
        let ids = found.into_iter().map(|one| (one.kind(), one.id));
        ids.collect::<Vec<_>>()
    };
    let found = lookup(IN_HACKNEY).await;
    let wanted = [
        (v1::ResponderKind::ChildrenSocialCare, "hackney".to_owned()),
        (
            v1::ResponderKind::AdultSocialCare,
            "hackney-adults".to_owned(),
        ),
        (
            v1::ResponderKind::PoliceDomesticAbuse,
            "metropolitan-police".to_owned(),
        ),
    ];
    assert_eq!(found, wanted);
    assert!(lookup("SM7 1AA").await.is_empty());
}
