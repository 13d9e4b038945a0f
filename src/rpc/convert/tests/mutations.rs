//! Every other mutation.

use usher_domain::code::ClientId;
use usher_domain::command::VerbName;
use usher_domain::enquiry::{CloseReason, Disposition};
use usher_proto::v1;

use super::super::*;
use super::*;
use crate::broker::input::{Act, Input, Target};

/// Every mutation but submit and lease, complete.
fn mutations() -> Vec<(VerbName, Result<Input, Unreadable>)> {
    let (request_id, check_id) = (REQUEST.to_owned(), format!("{ENQUIRY}/2"));
    let (lease_id, enquiry_id) = (LEASE.to_owned(), ENQUIRY.to_owned());
    let (who, words, c) = (Some(person()), format!("{CANARY} said so"), &client());
    macro_rules! message {
        ($name:ident { $($field:ident $(: $value:expr)?),* $(,)? }) => {
            v1::$name { request_id: request_id.clone(), $($field: message!(@ $field $($value)?)),* }
        };
        (@ $field:ident $value:expr) => { $value };
        (@ $field:ident) => { $field.clone() };
    }
    let proceed = v1::DecisionKind::ProceedWithout.into();
    vec![
        (
            VerbName::Renew,
            renew(
                message!(RenewRequest {
                    check_id,
                    lease_id,
                    lease: None
                }),
                c,
            ),
        ),
        (
            VerbName::Accept,
            accept(
                message!(AcceptRequest {
                    person: who.clone(),
                    check_id,
                    lease_id,
                    expected_by_time: None
                }),
                c,
            ),
        ),
        (
            VerbName::Answer,
            answer(
                message!(AnswerRequest {
                    person: None,
                    check_id,
                    lease_id,
                    disposition: v1::Disposition::KnownRelevant.into(),
                    data_as_of_time: Some(prost_types::Timestamp {
                        seconds: 1,
                        nanos: 2_500_000
                    }),
                    content: Some(full_content()),
                }),
                c,
            ),
        ),
        (
            VerbName::Release,
            release(
                message!(ReleaseRequest {
                    person: None,
                    check_id,
                    lease_id
                }),
                c,
            ),
        ),
        (
            VerbName::Ask,
            ask(
                message!(AskRequest {
                    person: who.clone(),
                    check_id,
                    lease_id,
                    question: words.clone()
                }),
                c,
            ),
        ),
        (
            VerbName::Redirect,
            redirect(
                message!(RedirectRequest {
                    person: None,
                    check_id,
                    lease_id,
                    to: Some(v1::redirect_request::To::AuthorityCode("E09000012".into())),
                }),
                c,
            ),
        ),
        (
            VerbName::Supply,
            supply(
                message!(SupplyRequest {
                    person: who.clone(),
                    check_id,
                    reply: words.clone()
                }),
                c,
            ),
        ),
        (
            VerbName::Withdraw,
            withdraw(
                message!(WithdrawRequest {
                    person: who.clone(),
                    enquiry_id,
                    note: words.clone()
                }),
                c,
            ),
        ),
        (
            VerbName::MoveHearing,
            move_hearing(
                message!(MoveHearingRequest {
                    person: who.clone(),
                    enquiry_id,
                    deadline: hearing("2026-12-01T10:00"),
                    reason: words.clone(),
                }),
                c,
            ),
        ),
        (
            VerbName::DecideWithout,
            decide_without(
                message!(DecideWithoutRequest {
                    person: who.clone(),
                    enquiry_id,
                    decision: proceed,
                    authorised_by: who.clone(),
                    note: words.clone(),
                }),
                c,
            ),
        ),
        (
            VerbName::Receive,
            receive(
                message!(ReceiveRequest {
                    person: who.clone(),
                    check_id,
                    answer_version: 1
                }),
                c,
            ),
        ),
        (
            VerbName::Acknowledge,
            acknowledge(
                message!(AcknowledgeRequest {
                    person: who.clone(),
                    alert_id: check_id.clone(),
                    note: words.clone()
                }),
                c,
            ),
        ),
        (
            VerbName::Reroute,
            reroute(
                message!(RerouteRequest {
                    person: who.clone(),
                    check_id,
                    to: Some(v1::reroute_request::To::ResponderId("hackney".into())),
                }),
                c,
            ),
        ),
        (
            VerbName::Close,
            close(
                message!(CloseRequest {
                    person: who,
                    check_id,
                    reason: v1::CloseReason::Other.into(),
                    note: words,
                }),
                c,
            ),
        ),
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
    assert_eq!(digests.len(), 14);
    digests.sort_unstable();
    digests.dedup();
    assert_eq!(digests.len(), 14, "different bodies have different digests");
}

#[test]
fn answers_and_targets_keep_their_facts() {
    for (_, read) in mutations() {
        match read.unwrap().act {
            Act::Answer {
                check,
                lease,
                disposition,
                data_as_of,
                content,
            } => {
                assert_eq!((check, disposition), (2, Disposition::KnownRelevant));
                assert_eq!(lease.unwrap().to_string(), LEASE);
                assert_eq!(data_as_of.unwrap().as_nanosecond(), 1_002_000_000);
                assert!(answer::content_view(&content) == full_content());
            }
            Act::Redirect { to, .. } => {
                assert!(
                    matches!(to, Some(Target::Authority(code)) if code.as_str() == "E09000012")
                );
            }
            Act::Reroute { to, .. } => {
                assert!(matches!(to, Target::Responder(id) if id.as_str() == "hackney"));
            }
            Act::Close { reason, .. } => assert_eq!(reason, CloseReason::Other),
            _ => {}
        }
    }
}

#[test]
fn empty_mutations_name_their_fields() {
    let c = &client();
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
    assert_eq!(
        fields(acknowledge(v1::AcknowledgeRequest::default(), c)),
        ["request_id", "person", "alert_id"]
    );
    assert_eq!(
        fields(close(v1::CloseRequest::default(), c)),
        ["request_id", "person", "check_id", "reason"]
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
    };
    assert_eq!(
        lease(greedy),
        ["responder_ids[0]", "max_checks", "wait", "lease"]
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
    let first = digest(&client(), VerbName::Withdraw, &body);
    assert_eq!(first, digest(&client(), VerbName::Withdraw, &body.clone()));
    assert_ne!(first, digest(&other, VerbName::Withdraw, &body));
    assert_ne!(first, digest(&client(), VerbName::Supply, &body));
    let changed = v1::WithdrawRequest {
        note: "b".into(),
        ..body
    };
    assert_ne!(first, digest(&client(), VerbName::Withdraw, &changed));
    let with_id = |request_id: &str| v1::SubmitRequest {
        request_id: request_id.into(),
        ..full_submit()
    };
    let one = submit(with_id(REQUEST), &client(), THIS_YEAR).unwrap();
    let two = submit(with_id(LEASE), &client(), THIS_YEAR).unwrap();
    assert_eq!(one.request.digest, two.request.digest);
    assert_eq!(
        fields(submit(
            with_id("00000000-0000-0000-0000-000000000000"),
            &client(),
            THIS_YEAR
        )),
        ["request_id"]
    );
}
