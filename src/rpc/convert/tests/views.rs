//! What callers are shown, over an enquiry with a check in every state.

use usher_domain::actor::{By, Person, Role};
use usher_domain::alert::{Alert, AlertState, Cause, Trouble};
use usher_domain::code::{AuthorityCode, ClientId, CourtCode, ResponderId, ResponderKind};
use usher_domain::enquiry::{
    AddressRole, Answer, Check, CheckState, CloseReason, Concern, CourtDecision, CourtDecisionKind,
    Curfew, Disposition, Enquiry, Exchange, LateEffect, Lease, Purpose, Receipt, ReferralOutcome,
    Reply, ReportType, Requester, RouteReason, Timeliness, UnroutableWhy,
};
use usher_domain::hearing::{Deadline, Hearing, HearingMove};
use usher_domain::id::{CaseId, CheckNumber, EnquiryId, LeaseId};
use usher_domain::ladder::{Audience, Ladder, Step, StepKind, StepState, Unless};
use usher_domain::personal::Validator;
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use uuid::Uuid;

use super::super::*;
use super::opened::{EMERGENCY, cards, held, opened, opened_from, people};
use super::{CANARY, closing, full_content, full_personal, full_submit, unit};
use crate::broker::opened::Part;

pub(super) fn at(minute: i64) -> Timestamp {
    Timestamp::from_second(1_795_440_000 + minute * 60).unwrap()
}

pub(super) fn by() -> By {
    By {
        role: Role::Adapter,
        client: ClientId::parse("spiffe://usher.example/adapter/hackney").unwrap(),
        person: Some(Person {
            name: CANARY.into(),
            ..Person::default()
        }),
    }
}

pub(super) fn words(text: &str) -> Sealed {
    Sealed::from_bytes(text.as_bytes().to_vec())
}

fn lease() -> Lease {
    Lease {
        id: LeaseId::from_uuid(Uuid::from_u128(77)),
        client: by().client,
        since: at(1),
        expires: at(6),
    }
}

/// One check in each state, in the order of the wire's list.
fn states() -> Vec<CheckState> {
    let answer = |disposition| Answer {
        disposition,
        outcome: Some(ReferralOutcome::Assessment),
        by: by(),
        at: at(5),
        timeliness: Timeliness::InTime,
        data_as_of: Some(at(-60)),
        content: words("content"),
        by_phone: None,
    };
    vec![
        CheckState::Waiting {
            since: at(0),
            for_people: None,
        },
        CheckState::Leased { lease: lease() },
        CheckState::Accepted {
            at: at(2),
            by: by(),
            expected_by: Some(at(30)),
        },
        CheckState::Asked {
            at: at(3),
            by: by(),
        },
        CheckState::Unroutable {
            why: vec![UnroutableWhy::Unknown],
            since: at(0),
        },
        CheckState::Answered {
            answers: vec![
                answer(Disposition::NotKnown),
                answer(Disposition::KnownRelevant),
            ],
            received: Some(Receipt {
                by: by(),
                at: at(9),
                effects: vec![LateEffect::Sentence, LateEffect::Plan],
            }),
        },
        CheckState::Redirected {
            to: 1,
            at: at(4),
            by: by(),
        },
        CheckState::Closed {
            by: by(),
            reason: CloseReason::Duplicate,
            note: words("closed, said Quillfeather"),
            at: at(8),
        },
    ]
}

fn check(number: CheckNumber, state: CheckState) -> Check {
    let routed = !matches!(state, CheckState::Unroutable { .. });
    Check {
        number,
        kind: ResponderKind::PoliceDomesticAbuse,
        responder: routed.then(|| ResponderId::parse(&format!("borough-{number}")).unwrap()),
        authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
        reasons: vec![
            RouteReason::Address {
                index: 0,
                role: AddressRole::Home,
                terminated: true,
                why: None,
            },
            RouteReason::Redirected { from: 7 },
        ],
        sharing: None,
        opened_at: at(0),
        state,
        ladder: Ladder {
            generation: 2,
            steps: vec![Step {
                name: "chase".into(),
                kind: StepKind::Escalate,
                due: at(15),
                audience: vec![Audience::BoroughDesk],
                unless: Unless::Accepted,
                state: StepState::Raised {
                    at: at(15),
                    alert: 1,
                },
            }],
        },
        leases_lost: 1,
        exchanges: vec![Exchange {
            question: words(&format!("question {number}")),
            asked_by: by(),
            asked_at: at(3),
            reply: Some(Reply {
                text: words(&format!("reply {number}")),
                by: by(),
                at: at(4),
            }),
        }],
        sentenced_outstanding_at: Some(at(60)),
        closing: Some(closing::proposed(number)),
        candidates: words(&format!("candidate {number}")),
    }
}

fn alert(number: u16, cause: Cause, state: AlertState) -> Alert {
    Alert {
        number,
        check: 1,
        cause,
        audience: vec![Audience::Operator],
        due_at: at(15),
        raised_at: at(16),
        state,
    }
}

fn alerts() -> Vec<Alert> {
    vec![
        alert(
            1,
            Cause::Step {
                name: "chase".into(),
                generation: 2,
            },
            AlertState::Acknowledged {
                by: by(),
                at: at(17),
                expires: at(27),
                note: words("on it"),
            },
        ),
        alert(
            2,
            Cause::Trouble(Trouble::NoAdapter),
            AlertState::Open { since: at(16) },
        ),
        alert(
            3,
            Cause::Trouble(Trouble::Question),
            AlertState::Resolved { at: at(18) },
        ),
    ]
}

pub(super) fn enquiry() -> Enquiry {
    let court = CourtCode::parse("B01IX").unwrap();
    let hearing = Hearing::new(court, "2026-11-23T14:00:00".parse().unwrap()).unwrap();
    Enquiry {
        id: EnquiryId::from_uuid(Uuid::from_u128(0x0198_c0de_0000_7000_8000_0000_0000_0001)),
        requester: Requester {
            client: by().client,
            person: by().person.unwrap(),
            unit: read::unit(&mut Validator::default(), unit()),
            on_behalf_of: by().person,
        },
        case: Some(CaseId::derive("01AB1234526/1")),
        holder: Some(held()),
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: true,
        curfew: Curfew::Withdrawn {
            by: by(),
            at: at(20),
        },
        imminent_harm: true,
        concerns: vec![Concern::Violence],
        deadline: Deadline::Hearing(hearing),
        moves: vec![HearingMove {
            from: Deadline::ReplyBy { court, at: at(40) },
            by: by(),
            reason: words("moved for a reason"),
            at: at(10),
        }],
        submitted_at: at(0),
        personal: words("people"),
        checks: (1..)
            .zip(states())
            .map(|(number, state)| check(number, state))
            .collect(),
        alerts: alerts(),
        decisions: vec![CourtDecision {
            kind: CourtDecisionKind::ProceedWithout {
                authorised_by: by().person.unwrap(),
            },
            outstanding: vec![1, 3],
            by: by(),
            note: words("decided for a reason"),
            at: at(50),
        }],
        sentence: None,
        applied: Vec::new(),
    }
}

#[test]
fn officers_see_the_whole_enquiry() {
    let view = enquiry_view(&opened(Part::Whole));
    assert_eq!(view.revision, "12");
    assert!(view.open);
    assert!(view.personal.as_ref() == Some(&full_personal()));
    assert_eq!(view.moves[0].reason, "moved for a reason");
    assert_eq!(view.decisions[0].note, "decided for a reason");
    assert_eq!(
        view.decisions[0].outstanding_check_ids[1],
        format!("{}/3", view.id)
    );
    assert!(view.decisions[0].authorised_by.is_some());
    assert_eq!(view.curfew.unwrap().state(), v1::CurfewState::Withdrawn);
    let counts = view.counts.unwrap();
    let sum = [
        counts.outstanding,
        counts.asked,
        counts.unroutable,
        counts.answered,
        counts.redirected,
        counts.closed,
    ];
    assert_eq!(sum, [3, 1, 1, 1, 1, 1]);
    let states: Vec<i32> = view.checks.iter().map(|check| check.state).collect();
    assert_eq!(states, [1, 2, 3, 4, 5, 6, 7, 8]);
    let police = v1::ResponderKind::PoliceDomesticAbuse;
    assert!({ view.checks.iter() }.all(|check| check.responder_kind() == police));
}

#[test]
fn each_state_shows_its_own_facts() {
    let view = enquiry_view(&opened(Part::Whole));
    let [
        waiting,
        leased,
        accepted,
        asked,
        unroutable,
        answered,
        redirected,
        closed,
    ] = &view.checks[..]
    else {
        panic!("eight checks");
    };
    assert_eq!(waiting.responder_name, "Borough 1");
    assert!(waiting.lease.is_none() && waiting.state_by.is_none());
    assert!(leased.lease.is_some());
    assert!(accepted.expected_by_time.is_some() && accepted.state_by.is_some());
    assert_eq!(asked.exchanges[0].question, "question 4");
    assert_eq!(asked.exchanges[0].reply, "reply 4");
    assert_eq!(
        unroutable.unroutable_reasons,
        [v1::UnroutableReason::Unknown as i32]
    );
    assert_eq!(unroutable.responder_id, "");
    assert_eq!(answered.answers.len(), 2);
    assert_eq!(answered.answers[1].version, 2);
    assert!(answered.answers[1].content.as_ref() == Some(&full_content()));
    assert_eq!(
        answered.receipt.as_ref().unwrap().would_have_changed,
        [v1::LateEffect::Sentence as i32, v1::LateEffect::Plan as i32]
    );
    assert_eq!(redirected.successor_check_id, waiting.id);
    assert_eq!(closed.close_reason(), v1::CloseReason::Duplicate);
    assert_eq!(closed.close_note, "closed, said Quillfeather");
    for (minute, check) in [0, 1, 2, 3, 0, 5, 4, 8].into_iter().zip(&view.checks) {
        assert_eq!(check.state_time.unwrap().seconds, at(minute).as_second());
        assert_eq!(check.reasons[1].from_check_id, redirected.id);
        assert_eq!(check.steps[0].alert_id, view.alerts[0].id);
        assert_eq!(check.ladder_generation, 2);
    }
}

#[test]
fn nothing_is_next_for_a_check_that_has_ended() {
    let mut open = opened(Part::Whole);
    for check in &mut open.enquiry.checks {
        check.ladder.steps[0].state = StepState::Pending;
    }
    for (check, known) in enquiry_view(&open).checks.iter().zip(&open.enquiry.checks) {
        let step = &check.steps[0];
        let expected = if known.state.is_exit() {
            v1::StepState::Moot
        } else {
            v1::StepState::Pending
        };
        assert_eq!(step.state(), expected, "{:?}", check.state());
        assert_eq!(
            step.state_time.is_some(),
            known.state.is_exit(),
            "{:?}",
            check.state()
        );
    }
}

#[test]
fn alerts_show_where_they_stand_and_nobody_concerned() {
    let view = enquiry_view(&opened(Part::Whole));
    let rows: Vec<(v1::AlertState, v1::Trouble, &str, bool)> = view
        .alerts
        .iter()
        .map(|alert| {
            let acknowledged = alert.acknowledged_by.is_some();
            (
                alert.state(),
                alert.trouble(),
                alert.cause.as_str(),
                acknowledged,
            )
        })
        .collect();
    let expected = [
        (
            v1::AlertState::Acknowledged,
            v1::Trouble::Unspecified,
            "chase",
            true,
        ),
        (
            v1::AlertState::Open,
            v1::Trouble::NoAdapter,
            "no_adapter",
            false,
        ),
        (
            v1::AlertState::Resolved,
            v1::Trouble::Question,
            "question",
            false,
        ),
    ];
    assert_eq!(rows, expected);
    assert_eq!(view.alerts[0].duty_phone, "020 7946 0012");
    assert_eq!(view.alerts[0].acknowledgement_note, "on it");
    let alone = enquiry::alert_view(&enquiry(), &enquiry().alerts[0], &cards());
    assert_eq!(alone.acknowledgement_note, "");
    assert_eq!(view.alerts[0].check_state(), v1::CheckState::Waiting);
}

#[test]
fn the_emergency_team_is_told_of_where_there_is_one_and_harm_is_imminent() {
    let shown = |imminent_harm: bool| {
        let mut enquiry = enquiry();
        enquiry.imminent_harm = imminent_harm;
        let view = enquiry_view(&opened_from(enquiry, Part::Whole));
        let alert = view.alerts[0].clone();
        let checks = view.checks.into_iter().take(2);
        (checks.map(|check| check.emergency_phone).collect(), alert)
    };
    let (checks, alert): (Vec<String>, v1::Alert) = shown(true);
    assert_eq!(checks, ["", EMERGENCY]);
    assert!(alert.check_id.ends_with("/1") && alert.emergency_phone.is_empty());
    assert_eq!(shown(false).0, ["", ""]);
}

#[test]
fn a_responder_sees_its_own_check_and_nothing_of_the_others() {
    use prost::Message as _;
    for number in [2_u8, 4, 6] {
        let view = assigned_check(&opened(Part::Check(number)), number).unwrap();
        assert_eq!(view.responder_id, format!("borough-{number}"));
        assert_eq!(view.exchanges[0].question, format!("question {number}"));
        assert!(view.personal.as_ref() == Some(&full_personal()));
        assert_eq!(view.answers.len(), if number == 6 { 2 } else { 0 });
        assert_eq!(view.reasons[1].from_check_id, "");
        let perhaps = format!("candidate {number}");
        assert_eq!(view.candidates[0].system_reference, perhaps);
        let bytes = view.encode_to_vec();
        let text = String::from_utf8_lossy(&bytes);
        for other in (1..=8).filter(|other| *other != number) {
            for foreign in [
                format!("borough-{other}"),
                format!("Borough {other}"),
                format!("question {other}"),
                format!("candidate {other}"),
                format!("{}/{other}", enquiry().id),
            ] {
                assert!(!text.contains(&foreign), "check {number} shows {foreign}");
            }
        }
    }
    assert!(
        assigned_check(&opened(Part::Check(5)), 5).is_none(),
        "nobody has it"
    );
    assert!(
        assigned_check(&opened(Part::Check(9)), 9).is_none(),
        "there is none"
    );
}

#[test]
fn a_lease_is_shown_to_its_holder_only() {
    use prost::Message as _;
    let open = opened(Part::Check(2));
    let id = |number| open.enquiry.check_id(number);
    let mine = leased_check(&open, id(2), lease().id).unwrap();
    assert_eq!(mine.lease_id, lease().id.to_string());
    assert_eq!(mine.expire_time.unwrap().seconds, at(6).as_second());
    let another = LeaseId::from_uuid(Uuid::from_u128(78));
    assert!(leased_check(&open, id(2), another).is_none());
    assert!(leased_check(&open, id(1), lease().id).is_none());
    let officers = enquiry_view(&opened(Part::Whole)).encode_to_vec();
    assert!(!String::from_utf8_lossy(&officers).contains(&mine.lease_id));
}

#[test]
fn a_closed_view_has_no_word_of_anybody() {
    let open = opened(Part::Closed);
    let view = enquiry_view(&open);
    assert!(view.personal.is_none());
    assert!(
        view.checks[5]
            .answers
            .iter()
            .all(|answer| answer.content.is_none())
    );
    assert_eq!(view.checks[7].close_note, "");
    assert_eq!(view.alerts[0].acknowledgement_note, "");
    let summary = summary_view(&open.enquiry, open.revision, None);
    assert!(summary.subject.is_none());
    assert_eq!((summary.open_alerts, summary.live_alerts), (1, 2));
    let summary = summary_view(&open.enquiry, open.revision, Some(&people()));
    assert_eq!(summary.subject.unwrap().family, CANARY);
}

#[test]
fn no_message_prints_a_value() {
    let submit = full_submit();
    let open = opened(Part::Whole);
    let view = enquiry_view(&open);
    let assigned = assigned_check(&open, 2).unwrap();
    let input = super::super::submit(submit.clone(), &super::actor(), super::TODAY).unwrap();
    let watch = v1::WatchResponse {
        payload: Some(v1::watch_response::Payload::Snapshot(view.clone())),
    };
    let printed = [
        format!("{submit:?} {:#?}", tonic::Request::new(submit.clone())),
        format!("{:?} {:?}", submit.personal, submit.person),
        format!("{:?} {:?}", view.checks, view.alerts),
        format!("{view:?} {assigned:?} {watch:?} {:?}", watch.payload),
        format!("{:?} {:?}", full_content(), full_content().remarks),
        format!("{input:?} {open:?}"),
    ];
    for text in printed {
        assert!(!text.contains(CANARY) && !text.contains("E8 1EA"), "{text}");
    }
}
