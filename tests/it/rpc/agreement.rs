//! What agreements allow and deny, over the wire: the bytes of every answer to an adapter, checks that nobody may be asked, and who then
//! hears of them.

use super::*;
use prost::Message as _;
use tower::{Service as _, ServiceExt as _};
use usher_domain::actor::Person;
use usher_domain::agreement::{Agreement, Agreements, Contact, DataCategory, Term};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Purpose;

fn responder(id: &str) -> ResponderId {
    ResponderId::parse(id).unwrap()
}

/// One that permits everything to `parties`, and names somebody to speak to.
fn of(parties: &[&str]) -> Agreement {
    let all = Agreements::permitting(parties.iter().map(|id| responder(id)));
    let mut agreement = all.iter().next().cloned().unwrap();
    agreement.contacts = vec![Contact {
        party: None,
        person: Person {
            name: "Gwen Governance".into(),
            post: "Information governance".into(),
            contact: "020 7946 0900".into(),
        },
    }];
    agreement
}

async fn under(own: &[Agreement]) -> Kit {
    let agreements = Agreements::new(own.to_vec()).unwrap();
    Kit::shaped(Shape {
        agreements: Some(agreements),
        ..Shape::default()
    })
    .await
}

/// The word that stands in fields of `category`; each is found in no other field.
fn canary(category: DataCategory) -> String {
    let letters = category.name().replace('_', "");
    format!("Zq{letters}xx")
}

fn name(category: DataCategory) -> v1::PersonName {
    v1::PersonName {
        family: canary(category),
        given: canary(category),
    }
}

/// A submission in which every field of every category holds its canary, and what cannot hold one a value found nowhere else.
fn planted() -> v1::SubmitRequest {
    use DataCategory as C;
    let mut request = enquiry(&[IN_HACKNEY]);
    let personal = request.personal.as_mut().unwrap();
    let subject = personal.subject.as_mut().unwrap();
    subject.name = Some(name(C::Identity));
    subject.born = Some(v1::Birth {
        date: "1987-12-31".into(),
        accuracy: 1,
    });
    subject.aliases = vec![name(C::Aliases)];
    subject.sex = v1::Sex::Female.into();
    subject.crn = "X987654".into();
    subject.pnc = "2000/0002697F".into();
    personal.addresses[0].lines = canary(C::Addresses);
    personal.addresses[0].uprn = "100099887766".into();
    personal.children = vec![v1::Child {
        name: Some(name(C::Children)),
        born: Some(v1::Birth {
            date: "2019-08-07".into(),
            accuracy: 1,
        }),
        relationship: canary(C::Children),
        lives_with_subject: true,
        address: Some(0),
        school: canary(C::Schools),
    }];
    personal.others = vec![v1::Other {
        name: Some(name(C::OtherAdults)),
        born: None,
        relationship: canary(C::OtherAdults),
    }];
    personal.urn = "01ZQ1234526".into();
    personal.hearing_ref = canary(C::Court);
    personal.court_room = canary(C::Court);
    personal.list_number = canary(C::Court);
    personal.next_hearing = "2027-02-03".into();
    personal.report_requested = "2026-11-02".into();
    personal.report_due = "2026-12-05".into();
    personal.offence_code = canary(C::Offence);
    personal.note = canary(C::Note);
    personal.prior_answer = Some(v1::PriorAnswer {
        reference: canary(C::OtherEnquiries),
        answered: "2025-06-04".into(),
        reason: canary(C::OtherEnquiries),
    });
    personal.asked_besides = vec![v1::OtherResponder::PoliceDomesticAbuse.into()];
    request.concerns = vec![v1::Concern::Exploitation.into()];
    request.in_custody = true;
    request
}

/// The texts that only fields of `category` hold; none for a code.
fn words(category: DataCategory) -> Vec<String> {
    use DataCategory as C;
    let own = |texts: &[&str]| texts.iter().map(ToString::to_string).collect();
    let more: Vec<String> = match category {
        C::Sex | C::Concerns => return Vec::new(),
        C::Identifiers => return own(&["X987654", "2000/0002697F"]),
        C::Identity => own(&["1987-12-31"]),
        C::Addresses => own(&["100099887766", IN_HACKNEY]),
        C::Children => own(&["2019-08-07"]),
        C::Court => own(&["01ZQ1234526", "2027-02-03", "2026-11-02", "2026-12-05"]),
        C::OtherEnquiries => own(&["2025-06-04"]),
        C::Aliases | C::Schools | C::OtherAdults | C::Offence | C::Note => Vec::new(),
    };
    more.into_iter().chain([canary(category)]).collect()
}

/// Every byte that the broker sends for a call of Hackney's adapter, and the message in them.
async fn raw<R: prost::Message, T: prost::Message + Default>(
    kit: &Kit,
    method: &str,
    request: R,
) -> (Vec<u8>, T) {
    let bytes = request.encode_to_vec();
    let length = u32::try_from(bytes.len()).unwrap().to_be_bytes();
    let framed = [&[0][..], &length, &bytes].concat();
    let request = http::Request::post(format!(
        "https://localhost/usher.v1.AdapterService/{method}"
    ))
    .header("content-type", "application/grpc")
    .header("te", "trailers")
    .body(tonic::body::Body::new(axum::body::Body::from(framed)))
    .unwrap();
    let mut channel = kit.channel(HACKNEY);
    let response = channel.ready().await.unwrap().call(request).await.unwrap();
    let body = axum::body::Body::new(response.into_body());
    let sent = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let message = T::decode(&sent[5..]).unwrap();
    (sent.to_vec(), message)
}

fn holds(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|window| window == word.as_bytes())
}

/// Fails unless what was sent holds every field of `allowed` and none of the others.
fn check_sent(call: &str, bytes: &[u8], check: &v1::AssignedCheck, allowed: &[DataCategory]) {
    for category in DataCategory::ALL {
        let sent = allowed.contains(category);
        for word in words(*category) {
            assert_eq!(holds(bytes, &word), sent, "{call} {category:?}: {word}");
        }
    }
    let sent = |category| allowed.contains(&category);
    let personal = check.personal.clone().unwrap_or_default();
    let sex = personal.subject.map_or(0, |subject| subject.sex);
    assert_eq!(sex != 0, sent(DataCategory::Sex), "{call}");
    assert_eq!(
        !check.concerns.is_empty(),
        sent(DataCategory::Concerns),
        "{call}"
    );
    assert_eq!(check.in_custody, sent(DataCategory::Court), "{call}");
    assert_eq!(
        !personal.asked_besides.is_empty(),
        sent(DataCategory::OtherEnquiries),
        "{call}"
    );
    let by_address = check.reasons.iter().any(|reason| reason.kind == 1);
    assert_eq!(by_address, sent(DataCategory::Addresses), "{call}");
}

/// Takes the planted check to Hackney and back under an agreement that allows `allowed`.
async fn check_minimised(allowed: &[DataCategory]) {
    let mut agreement = of(&["hackney"]);
    agreement.categories = allowed.to_vec();
    let kit = under(&[agreement]).await;
    let submitted = kit.submit(planted()).await;
    let list = || v1::ListChecksRequest::default();
    let (bytes, waiting): (_, v1::ListChecksResponse) = raw(&kit, "ListChecks", list()).await;
    check_sent("waiting", &bytes, &waiting.checks[0], allowed);
    let (bytes, leased): (_, v1::LeaseChecksResponse) = raw(&kit, "LeaseChecks", lease()).await;
    let lent = leased.checks[0].clone();
    let check = lent.check.unwrap();
    check_sent("leased", &bytes, &check, allowed);
    let sharing = check.sharing.clone().unwrap();
    assert_eq!(sharing.decision(), v1::SharingDecision::Permit);
    assert_eq!(
        (&*sharing.agreement_id, &*sharing.agreement_version),
        ("everything", "1")
    );
    assert!(sharing.automatic_answers);
    let get = v1::GetCheckRequest {
        check_id: check.id.clone(),
    };
    let (bytes, got): (_, v1::GetCheckResponse) = raw(&kit, "GetCheck", get).await;
    check_sent("got", &bytes, &got.check.unwrap(), allowed);
    let done: (_, v1::AnswerResponse) =
        raw(&kit, "Answer", answer(&check.id, &lent.lease_id)).await;
    check_sent("answered", &done.0, &done.1.check.unwrap(), allowed);
    // Its own court sees all of it.
    let seen = kit.get(&submitted.enquiry_id).await;
    let bytes = seen.encode_to_vec();
    for word in DataCategory::ALL.iter().flat_map(|one| words(*one)) {
        assert!(holds(&bytes, &word), "{word}");
    }
    assert_eq!(
        seen.checks[0].sharing.as_ref().unwrap().responder_id,
        "hackney"
    );
}

#[tokio::test]
async fn fields_outside_the_agreement_are_not_sent() {
    use DataCategory as C;
    Box::pin(check_minimised(C::ALL)).await;
    Box::pin(check_minimised(&[C::Identity])).await;
    Box::pin(check_minimised(&[
        C::Identity,
        C::Children,
        C::Sex,
        C::Offence,
        C::Note,
    ]))
    .await;
    Box::pin(check_minimised(&[
        C::Identity,
        C::Addresses,
        C::Children,
        C::Schools,
        C::Court,
    ]))
    .await;
    Box::pin(check_minimised(&[
        C::Identity,
        C::Identifiers,
        C::Aliases,
        C::OtherAdults,
        C::OtherEnquiries,
        C::Concerns,
    ]))
    .await;
}

/// The only check of an enquiry to Hackney, as its officer sees it.
async fn seen(kit: &Kit, enquiry: &str) -> v1::Check {
    kit.get(enquiry).await.checks.swap_remove(0)
}

#[tokio::test]
async fn without_an_agreement_operators_hear_of_it_at_once_and_the_borough_of_nothing() {
    let kit = under(&[of(&["camden"])]).await;
    let submitted = kit.submit(planted()).await;
    let receipt = &submitted.checks[0];
    assert_eq!(
        receipt.unroutable_reasons,
        [v1::UnroutableReason::NoAgreement as i32]
    );
    assert!(!receipt.duty_phone.is_empty());
    let check = seen(&kit, &submitted.enquiry_id).await;
    assert_eq!(check.state(), v1::CheckState::Unroutable);
    let sharing = check.sharing.unwrap();
    assert_eq!(sharing.decision(), v1::SharingDecision::Deny);
    assert_eq!(
        (&*sharing.responder_id, &*sharing.agreement_id),
        ("hackney", "")
    );
    let alerts = kit.alerts().await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(
        (alerts[0].cause.as_str(), alerts[0].responder_id.as_str()),
        ("unroutable", "hackney")
    );
    assert!(alerts[0].responder_name.contains("Hackney") && !alerts[0].duty_phone.is_empty());
    let list = v1::ListChecksRequest::default();
    let (bytes, listed): (_, v1::ListChecksResponse) = raw(&kit, "ListChecks", list).await;
    assert_eq!(listed.checks, []);
    assert!(!holds(&bytes, "Zq"));
    assert_eq!(kit.leased(HACKNEY, lease()).await, []);
}

#[tokio::test]
async fn an_agreement_that_ends_while_a_check_waits_lends_nothing() {
    let mut ends = of(&["hackney"]);
    ends.term.to = Some(jiff::civil::date(2026, 11, 23));
    let kit = under(&[ends]).await;
    let mut request = planted();
    request.deadline = hearing(COURT, "2026-12-01T14:00");
    let submitted = kit.submit(request).await;
    kit.clock.set(at("2026-11-24T00:00"));
    let list = v1::ListChecksRequest::default();
    let (bytes, listed): (_, v1::ListChecksResponse) = raw(&kit, "ListChecks", list).await;
    // The clock may have put it to the operators by now; until then it waits, and shows nobody.
    assert!(!holds(&bytes, "Zq"));
    assert!(listed.checks.iter().all(|check| check.personal.is_none()));
    assert_eq!(kit.leased(HACKNEY, lease()).await, []);
    let check = seen(&kit, &submitted.enquiry_id).await;
    assert_eq!(
        check.unroutable_reasons,
        [v1::UnroutableReason::AgreementEnded as i32]
    );
    let alerts = kit.alerts().await;
    let told = alerts
        .iter()
        .find(|alert| alert.cause == "unroutable")
        .unwrap();
    assert_eq!(
        (&*told.responder_id, &*told.contacts[0].name),
        ("hackney", "Gwen Governance")
    );
    let history = kit.history(&submitted.enquiry_id).await;
    let reconsidered = history
        .iter()
        .find(|event| event.r#type() == v1::EventType::Reconsidered);
    let reconsidered = reconsidered.unwrap();
    assert_eq!(reconsidered.sharing_decision(), v1::SharingDecision::Deny);
    assert_eq!(reconsidered.responder_id, "hackney");

    // An operator, by name, has its people asked all the same: under what the last agreement allowed, and by no program.
    let overrule = v1::RerouteRequest {
        request_id: fresh(),
        person: person("Oscar Operator"),
        check_id: check.id,
        responder_ids: vec!["hackney".into()],
        ..v1::RerouteRequest::default()
    };
    kit.operations(OPERATOR).reroute(overrule).await.unwrap();
    let list = v1::ListChecksRequest {
        states: vec![v1::CheckState::Waiting.into()],
        ..v1::ListChecksRequest::default()
    };
    let (_, listed): (_, v1::ListChecksResponse) = raw(&kit, "ListChecks", list).await;
    let asked = listed.checks[0].clone();
    assert_eq!(asked.for_people(), v1::PeopleReason::Agreement);
    let sharing = asked.sharing.clone().unwrap();
    assert!(sharing.overruled && !sharing.automatic_answers);
    assert!(asked.personal.is_some());
    let report = kit.verified().await;
    assert!(report.is_sound(), "{report:?}");
}

#[tokio::test]
async fn a_program_answers_only_where_the_agreement_lets_it() {
    let mut by_hand = of(&["hackney"]);
    by_hand.automatic_answers = false;
    let kit = under(&[by_hand]).await;
    kit.submit(planted()).await;
    let lent = kit.lease(HACKNEY).await;
    let check = lent.check.unwrap();
    assert!(!check.sharing.unwrap().automatic_answers);
    let program = v1::AnswerRequest {
        person: None,
        ..answer(&check.id, &lent.lease_id)
    };
    let refused = kit.adapter(HACKNEY).answer(program).await;
    let status = check_refused(refused, Code::PermissionDenied, "AUTOMATIC_ANSWER");
    assert!(
        status.message().contains("agreement everything 1"),
        "{}",
        status.message()
    );
    let named = v1::AnswerRequest {
        person: person("Sam Social"),
        ..answer(&check.id, &lent.lease_id)
    };
    kit.adapter(HACKNEY).answer(named).await.unwrap();
}

#[tokio::test]
async fn a_purpose_left_to_review_is_lent_to_no_program() {
    let mut review = of(&["hackney"]);
    review.review = vec![Purpose::CourtReport];
    let kit = under(&[review]).await;
    let submitted = kit.submit(planted()).await;
    assert_eq!(kit.leased(HACKNEY, lease()).await, []);
    let check = seen(&kit, &submitted.enquiry_id).await;
    assert_eq!(check.for_people(), v1::PeopleReason::Agreement);
    assert_eq!(
        check.sharing.unwrap().decision(),
        v1::SharingDecision::Review
    );
}

#[tokio::test]
async fn the_status_tells_operators_of_ends_and_gaps() {
    let mut ends = of(&["hackney"]);
    ends.term = Term {
        from: jiff::civil::date(2026, 1, 1),
        to: Some(jiff::civil::date(2026, 12, 23)),
    };
    let kit = under(&[ends]).await;
    let status = kit
        .operations(OPERATOR)
        .get_status(v1::GetStatusRequest {})
        .await;
    let told = status.unwrap().into_inner().agreement_ends;
    assert_eq!(told.len(), 2);
    assert_eq!(
        (told[0].last_day.as_str(), told[0].days_left),
        ("2026-12-23", 30)
    );
    assert_eq!(told[0].responder_ids, ["hackney"]);
    assert_eq!(
        (told[1].agreement_id.as_str(), told[1].responder_ids.len()),
        ("", 67)
    );
}
