//! A referral: an officer tells a borough of a child at risk. People take it on, and what comes of it comes back.

use super::*;

pub(super) fn referral(kinds: &[v1::ResponderKind]) -> v1::SubmitRequest {
    v1::SubmitRequest {
        purpose: v1::Purpose::Referral.into(),
        report: v1::ReportType::Unspecified.into(),
        concerns: vec![v1::Concern::Neglect.into()],
        deadline: Some(v1::Deadline {
            kind: Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
                court_code: COURT.into(),
                reply_by_time: None,
            })),
        }),
        responder_kinds: kinds.iter().map(|kind| (*kind).into()).collect(),
        ..enquiry(&[IN_HACKNEY])
    }
}

fn accept(check_id: &str, person: Option<v1::Person>) -> v1::AcceptRequest {
    v1::AcceptRequest {
        request_id: fresh(),
        person,
        check_id: check_id.into(),
        ..v1::AcceptRequest::default()
    }
}

/// An answer to a referral, by this person, which comes to this.
fn outcome(
    check_id: &str,
    person: Option<v1::Person>,
    outcome: v1::ReferralOutcome,
) -> v1::AnswerRequest {
    v1::AnswerRequest {
        person,
        referral_outcome: outcome.into(),
        ..answer(check_id, "")
    }
}

/// Who is told that nobody has taken it on, or said what comes of it.
async fn told(kit: &Kit) -> Vec<String> {
    let open = |alert: &v1::Alert| alert.state() == v1::AlertState::Open;
    let alerts = kit.alerts().await;
    let steps = alerts.iter().filter(|alert| open(alert));
    steps.map(|alert| alert.cause.clone()).collect()
}

#[tokio::test]
async fn a_named_person_takes_it_on_and_the_officer_reads_what_came_of_it() {
    let kit = Kit::start().await;
    let receipt = kit.submit(referral(&[])).await;
    assert_eq!(instant(receipt.deadline_time), at("2026-11-24T10:00"));
    let check = &receipt.checks[0].check_id;
    let leased = kit.leased(HACKNEY, lease()).await;
    assert!(leased.is_empty(), "no program is lent a referral");
    let adapter = || kit.adapter(HACKNEY_DESK);
    let alone = adapter().accept(accept(check, None)).await;
    check_fields(alone, &["person"]);
    let dan = || person("Dan Desk");
    adapter().accept(accept(check, dan())).await.unwrap();
    let help = v1::ReferralOutcome::EarlyHelp;
    let program = adapter().answer(outcome(check, None, help)).await;
    check_refused(program, Code::PermissionDenied, "AUTOMATIC_ANSWER");
    let silent = outcome(check, dan(), v1::ReferralOutcome::Unspecified);
    check_fields(adapter().answer(silent).await, &["referral_outcome"]);
    adapter().answer(outcome(check, dan(), help)).await.unwrap();
    let answers = kit
        .get(&receipt.enquiry_id)
        .await
        .checks
        .swap_remove(0)
        .answers;
    assert_eq!(answers[0].referral_outcome(), help);
    let read = v1::ReceiveRequest {
        request_id: fresh(),
        person: person("Olive Officer"),
        check_id: check.clone(),
        answer_version: 1,
        would_have_changed: Vec::new(),
    };
    let read = kit.court(OFFICER).receive(read).await.unwrap();
    assert!(!read.into_inner().enquiry.unwrap().open);
}

#[tokio::test]
async fn it_climbs_until_a_named_person_takes_it_on() {
    let kit = Kit::start().await;
    let receipt = kit.submit(referral(&[])).await;
    kit.settle().await;
    assert_eq!(told(&kit).await, ["referred"]);
    kit.move_to("2026-11-24T10:00").await;
    assert_eq!(told(&kit).await, ["referred", "manager"]);
    kit.move_to("2026-11-25T10:00").await;
    let all = ["referred", "manager", "operator", "outcome"];
    assert_eq!(told(&kit).await, all);
    let check = &receipt.checks[0].check_id;
    let taken = accept(check, person("Dan Desk"));
    kit.adapter(HACKNEY_DESK).accept(taken).await.unwrap();
    assert_eq!(told(&kit).await, ["outcome"]);
}

#[tokio::test]
async fn only_social_care_is_told_and_only_a_referral_has_an_outcome() {
    use v1::ResponderKind::{AdultSocialCare, PoliceDomesticAbuse};
    let kit = Kit::start().await;
    let submit = async |request| kit.court(OFFICER).submit(request).await;
    let police = submit(referral(&[PoliceDomesticAbuse])).await;
    check_fields(police, &["responder_kinds"]);
    let silent = v1::SubmitRequest {
        concerns: Vec::new(),
        ..referral(&[])
    };
    check_fields(submit(silent).await, &["concerns"]);
    let adults = kit.submit(referral(&[AdultSocialCare])).await;
    assert_eq!(adults.checks[0].responder_id, "hackney-adults");
    let lent = Lent::start().await;
    let with = v1::AnswerRequest {
        referral_outcome: v1::ReferralOutcome::Assessment.into(),
        ..answer(&lent.check, &lent.lease)
    };
    let refused = lent.kit.adapter(HACKNEY).answer(with).await;
    check_fields(refused, &["referral_outcome"]);
}
