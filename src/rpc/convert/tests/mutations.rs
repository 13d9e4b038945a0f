//! Every other mutation.

use usher_domain::code::ClientId;
use usher_domain::command::VerbName;
use usher_domain::enquiry::{CloseReason, Disposition, ReferralOutcome};
use usher_proto::v1;

use super::super::*;
use super::*;
use crate::broker::input::{Act, Input, Target};

type Row = (VerbName, Result<Input, Unreadable>);

fn check_id() -> String {
    format!("{ENQUIRY}/2")
}

fn words() -> String {
    format!("{CANARY} said so")
}

/// Every mutation but submit and lease, complete.
fn mutations() -> Vec<Row> {
    let mut rows = of_adapters();
    rows.extend(of_boroughs());
    rows.extend(of_officers());
    rows.extend(of_courts());
    rows.extend(of_operators());
    rows
}

fn of_adapters() -> Vec<Row> {
    let renewal = v1::RenewRequest {
        request_id: REQUEST.into(),
        check_id: check_id(),
        lease_id: LEASE.into(),
        lease: None,
    };
    let told = v1::AnswerRequest {
        request_id: REQUEST.into(),
        person: None,
        check_id: check_id(),
        lease_id: LEASE.into(),
        disposition: v1::Disposition::KnownRelevant.into(),
        data_as_of_time: Some(prost_types::Timestamp {
            seconds: 1,
            nanos: 2_500_000,
        }),
        content: Some(full_content()),
        referral_outcome: v1::ReferralOutcome::AlreadyOpen.into(),
    };
    let returned = v1::ReleaseRequest {
        request_id: REQUEST.into(),
        person: None,
        check_id: check_id(),
        lease_id: LEASE.into(),
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates: Vec::new(),
    };
    vec![
        (VerbName::Renew, renew(renewal, &actor())),
        (VerbName::Answer, answer(told, &actor())),
        (VerbName::Release, release(returned, &actor())),
    ]
}

fn of_boroughs() -> Vec<Row> {
    let taken = v1::AcceptRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        lease_id: LEASE.into(),
        expected_by_time: None,
    };
    let asked = v1::AskRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        lease_id: LEASE.into(),
        question: words(),
    };
    let elsewhere = v1::RedirectRequest {
        request_id: REQUEST.into(),
        person: None,
        check_id: check_id(),
        lease_id: LEASE.into(),
        to: Some(v1::redirect_request::To::AuthorityCode("E09000012".into())),
    };
    vec![
        (VerbName::Accept, accept(taken, &actor())),
        (VerbName::Ask, ask(asked, &actor())),
        (VerbName::Redirect, redirect(elsewhere, &actor())),
    ]
}

fn of_officers() -> Vec<Row> {
    let supplied = v1::SupplyRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        reply: words(),
    };
    let withdrawn = v1::WithdrawRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        enquiry_id: ENQUIRY.into(),
        note: words(),
    };
    let read = v1::ReceiveRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        answer_version: 1,
        would_have_changed: vec![v1::LateEffect::Plan.into()],
    };
    vec![
        (VerbName::Supply, supply(supplied, &actor())),
        (VerbName::Withdraw, withdraw(withdrawn, &actor())),
        (VerbName::Receive, receive(read, &actor())),
    ]
}

fn of_courts() -> Vec<Row> {
    let moved = v1::MoveHearingRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        enquiry_id: ENQUIRY.into(),
        deadline: Some(hearing("2026-12-01T10:00")),
        reason: words(),
    };
    let decided = v1::DecideWithoutRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        enquiry_id: ENQUIRY.into(),
        decision: v1::DecisionKind::ProceedWithout.into(),
        authorised_by: Some(person()),
        note: words(),
        deadline: None,
    };
    let sentenced = v1::RecordSentenceRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        enquiry_id: ENQUIRY.into(),
        outcome: v1::SentenceOutcome::Custody.into(),
        sentence_date: "2026-11-23".into(),
    };
    vec![
        (
            VerbName::RecordSentence,
            record_sentence(sentenced, &actor()),
        ),
        (VerbName::MoveHearing, move_hearing(moved, &actor())),
        (VerbName::DecideWithout, decide_without(decided, &actor())),
    ]
}

fn of_operators() -> Vec<Row> {
    let told = v1::AnswerByPhoneRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        by_phone: Some(v1::ByPhone {
            given_by: Some(person()),
            number: CANARY.into(),
        }),
        disposition: v1::Disposition::KnownRelevant.into(),
        content: Some(full_content()),
        referral_outcome: v1::ReferralOutcome::AlreadyOpen.into(),
    };
    let handed_over = v1::ReassignRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        target: Some(v1::reassign_request::Target::EnquiryId(ENQUIRY.into())),
        holder: Some(person()),
        unit: None,
    };
    let handed_over = reassign(handed_over, &actor()).map(|input| match input {
        Err(input) => input,
        Ok(input) => panic!("{input:?}"),
    });
    let routed = v1::RerouteRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        authority_codes: vec!["E09000007".into()],
        responder_ids: vec!["hackney".into()],
    };
    let ended = v1::CloseRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        check_id: check_id(),
        reason: v1::CloseReason::Other.into(),
        note: words(),
    };
    vec![
        (VerbName::AnswerByPhone, answer_by_phone(told, &actor())),
        (VerbName::Reassign, handed_over),
        (VerbName::Reroute, reroute(routed, &actor())),
        (VerbName::Close, close(ended, &actor())),
    ]
}

#[test]
fn every_mutation_becomes_its_verb_and_prints_nothing() {
    let mut digests = Vec::new();
    for (verb, read) in mutations() {
        let input = read.unwrap_or_else(|refused| panic!("{verb:?}: {refused:?}"));
        assert_eq!(input.act.verb(), verb);
        assert_eq!(input.enquiry.to_string(), ENQUIRY);
        assert_eq!(input.request.id.to_string(), REQUEST);
        let printed = format!("{input:?} {:?} {:?}", input.act, input.person);
        assert!(!printed.contains(CANARY), "{printed}");
        digests.push(input.request.digest);
    }
    assert_eq!(digests.len(), 16);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 16, "different bodies have different digests");
}

#[test]
fn whoever_looks_after_an_alert_is_read_and_not_printed() {
    let looked_after = v1::AcknowledgeRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        alert_id: check_id(),
        note: words(),
    };
    let read = acknowledge(looked_after, &actor()).unwrap();
    assert_eq!(read.alert.to_string(), check_id());
    assert_eq!(read.person.as_ref().unwrap().name, CANARY);
    assert!(read.note.contains(CANARY));
    assert!(!format!("{read:?}").contains(CANARY));
}

#[test]
fn answers_and_targets_keep_their_facts() {
    for (_, read) in mutations() {
        match read.unwrap().act {
            Act::Answer { check, lease, said } => {
                assert_eq!(said.outcome, Some(ReferralOutcome::AlreadyOpen));
                assert_eq!((check, said.disposition), (2, Disposition::KnownRelevant));
                assert_eq!(lease.unwrap().to_string(), LEASE);
                assert_eq!(said.data_as_of.unwrap().as_nanosecond(), 1_002_000_000);
                assert!(answer::content_view(&said.content) == full_content());
            }
            Act::AnswerByPhone {
                check,
                said,
                by_phone,
            } => {
                assert_eq!(said.outcome, Some(ReferralOutcome::AlreadyOpen));
                assert_eq!((check, said.disposition), (2, Disposition::KnownRelevant));
                assert!(answer::content_view(&said.content) == full_content());
                let shown = answer::by_phone_view(&by_phone);
                assert_eq!(
                    (shown.given_by, shown.number.as_str()),
                    (Some(person()), CANARY)
                );
            }
            Act::Redirect { to, .. } => {
                assert!(
                    matches!(to, Some(Target::Authority(code)) if code.as_str() == "E09000012")
                );
            }
            Act::Reroute { to, .. } => {
                let [Target::Authority(code), Target::Responder(id)] = &to[..] else {
                    panic!("{to:?}");
                };
                assert_eq!((code.as_str(), id.as_str()), ("E09000007", "hackney"));
            }
            Act::Close { reason, .. } => assert_eq!(reason, CloseReason::Other),
            _ => {}
        }
    }
}

#[test]
fn empty_mutations_of_operators_name_their_fields() {
    let c = &actor();
    assert_eq!(
        fields(answer_by_phone(v1::AnswerByPhoneRequest::default(), c)),
        [
            "request_id",
            "person",
            "check_id",
            "by_phone",
            "disposition"
        ]
    );
    assert_eq!(
        fields(acknowledge(v1::AcknowledgeRequest::default(), c)),
        ["request_id", "person", "alert_id"]
    );
    assert_eq!(
        fields(close(v1::CloseRequest::default(), c)),
        ["request_id", "person", "check_id", "reason"]
    );
}

#[test]
fn empty_mutations_name_their_fields() {
    let c = &actor();
    let lease = |message| fields(lease_checks(message, c));
    assert_eq!(
        fields(supply(v1::SupplyRequest::default(), c)),
        ["request_id", "person", "check_id", "reply"]
    );
    assert_eq!(
        fields(withdraw(v1::WithdrawRequest::default(), c)),
        ["request_id", "person", "enquiry_id", "note"]
    );
    assert_eq!(
        fields(decide_without(v1::DecideWithoutRequest::default(), c)),
        ["request_id", "person", "enquiry_id", "decision"]
    );
    assert_eq!(
        fields(record_sentence(v1::RecordSentenceRequest::default(), c)),
        [
            "request_id",
            "person",
            "enquiry_id",
            "outcome",
            "sentence_date"
        ]
    );
    assert_eq!(
        fields(receive(v1::ReceiveRequest::default(), c)),
        ["request_id", "person", "check_id", "answer_version"]
    );
    assert_eq!(
        fields(renew(v1::RenewRequest::default(), c)),
        ["request_id", "check_id", "lease_id"]
    );
    assert_eq!(
        fields(answer(v1::AnswerRequest::default(), c)),
        ["request_id", "check_id", "disposition"]
    );
    assert_eq!(
        fields(redirect(v1::RedirectRequest::default(), c)),
        ["request_id", "check_id", "to"]
    );
    assert_eq!(lease(v1::LeaseChecksRequest::default()), ["request_id"]);
    let greedy = v1::LeaseChecksRequest {
        request_id: REQUEST.into(),
        responder_ids: vec!["Not An Id".into()],
        max_checks: 65,
        wait: Some(prost_types::Duration {
            seconds: 121,
            nanos: 0,
        }),
        lease: Some(prost_types::Duration {
            seconds: -1,
            nanos: 0,
        }),
        report: Some(v1::AdapterReport {
            version: "v".repeat(201),
            ..v1::AdapterReport::default()
        }),
    };
    assert_eq!(
        lease(greedy),
        [
            "report.version",
            "responder_ids[0]",
            "max_checks",
            "wait",
            "lease"
        ]
    );
}

#[test]
fn the_digest_is_of_client_verb_and_body_but_not_of_the_id() {
    let body = v1::WithdrawRequest {
        enquiry_id: ENQUIRY.into(),
        note: "a".into(),
        ..v1::WithdrawRequest::default()
    };
    let other = ClientId::parse("spiffe://usher.example/court/B01DU/gateway").unwrap();
    let digest =
        |client: &ClientId, verb, body: &v1::WithdrawRequest| read::digest(client, verb, body);
    let first = digest(&actor().client, VerbName::Withdraw, &body);
    assert_eq!(
        first,
        digest(&actor().client, VerbName::Withdraw, &body.clone())
    );
    assert_ne!(first, digest(&other, VerbName::Withdraw, &body));
    assert_ne!(first, digest(&actor().client, VerbName::Supply, &body));
    let changed = v1::WithdrawRequest {
        note: "b".into(),
        ..body
    };
    assert_ne!(first, digest(&actor().client, VerbName::Withdraw, &changed));
    let with_id = |request_id: &str| v1::SubmitRequest {
        request_id: request_id.into(),
        ..full_submit()
    };
    let one = submit(with_id(REQUEST), &actor(), TODAY).unwrap();
    let two = submit(with_id(LEASE), &actor(), TODAY).unwrap();
    assert_eq!(one.request.digest, two.request.digest);
    assert_eq!(
        fields(submit(
            with_id("00000000-0000-0000-0000-000000000000"),
            &actor(),
            TODAY
        )),
        ["request_id"]
    );
}

#[test]
fn whom_the_table_names_acts_and_nobody_else() {
    let own = usher_domain::actor::Person {
        name: CANARY.into(),
        post: "Probation officer".into(),
        contact: String::new(),
    };
    let said = |name: &str, post: &str, contact: &str| v1::Person {
        name: name.into(),
        post: post.into(),
        contact: contact.into(),
    };
    let known = Actor {
        person: Some(own.clone()),
        ..actor()
    };
    let check = |who: &Actor, person, expected: Result<Option<&str>, &[&str]>| {
        let message = v1::WithdrawRequest {
            request_id: REQUEST.into(),
            person,
            enquiry_id: ENQUIRY.into(),
            note: words(),
        };
        let read = withdraw(message, who);
        match expected {
            Ok(name) => {
                let person = read.unwrap().person;
                assert_eq!(person.map(|person| person.name).as_deref(), name);
            }
            Err(wrong) => assert_eq!(fields(read), wrong),
        }
    };
    check(&known, None, Ok(Some(CANARY)));
    check(&known, Some(said("", "", "")), Ok(Some(CANARY)));
    check(
        &known,
        Some(said(CANARY, "Probation officer", "")),
        Ok(Some(CANARY)),
    );
    check(&known, Some(said("Bob", "", "")), Err(&["person.name"]));
    check(
        &known,
        Some(said(CANARY, "Judge", "1")),
        Err(&["person.post", "person.contact"]),
    );
    check(&actor(), None, Err(&["person"]));
    check(&actor(), Some(said("Bob", "", "")), Ok(Some("Bob")));
    let taken = v1::ReleaseRequest {
        request_id: REQUEST.into(),
        person: None,
        check_id: check_id(),
        lease_id: LEASE.into(),
        for_people: v1::PeopleReason::PossibleMatch.into(),
        candidates: Vec::new(),
    };
    assert_eq!(release(taken, &known).unwrap().person, Some(own));
}
