//! Events and receipts.

use std::num::NonZeroU64;
use usher_domain::actor::Person;
use usher_domain::code::{AuthorityCode, CourtCode, ResponderId, ResponderKind};
use usher_domain::command::{Destination, Route};
use usher_domain::enquiry::{ByPhone, LateEffect, RouteReason, Timeliness, UnroutableWhy};
use usher_domain::event::{DecisionName, Event, EventKind};
use usher_domain::forecast::{Basis, Estimate};
use usher_domain::id::CheckId;
use usher_proto::v1;

use super::super::*;
use super::views::{at, by, enquiry};
use crate::broker::opened::ResponderCard;
use crate::broker::output::{Advice, CheckReceipt, SubmitReceipt, Warning, WarningCode};
use crate::store::{Cursor, Recorded};

fn event(kind: EventKind) -> v1::Event {
    let recorded = Recorded {
        cursor: Cursor {
            entry: 3,
            events: 1,
        },
        record: enquiry().id.into(),
        revision: NonZeroU64::new(2).unwrap(),
        court: CourtCode::parse("B01IX").unwrap(),
        responder: None,
        event: Event {
            at: at(1),
            by: by(),
            check: Some(2),
            kind,
        },
    };
    event_view(&recorded).unwrap()
}

#[test]
fn events_carry_their_facts() {
    let answered = event(EventKind::Answered {
        responder: ResponderId::parse("hackney").unwrap(),
        opened_at: at(0),
        version: 2,
        timeliness: Timeliness::AfterHearing,
        by_phone: Some(ByPhone {
            given_by: Person {
                name: "Dana Desk".into(),
                ..Person::default()
            },
            number: "020 7946 0123".into(),
        }),
    });
    let phone = answered.by_phone.clone().unwrap();
    assert_eq!(phone.number, "020 7946 0123");
    assert_eq!(phone.given_by.unwrap().name, "Dana Desk");
    assert_eq!(answered.r#type(), v1::EventType::Answered);
    assert_eq!(
        (answered.responder_id.as_str(), answered.answer_version),
        ("hackney", 2)
    );
    assert_eq!(answered.timeliness(), v1::Timeliness::AfterHearing);
    assert_eq!(answered.check_id, format!("{}/2", enquiry().id));
    let raised = event(EventKind::StepRaised {
        step: "chase".into(),
        generation: 1,
        due: at(15),
        alert: 4,
    });
    assert_eq!(raised.alert_id, format!("{}/4", enquiry().id));
    assert_eq!(
        (raised.step.as_str(), raised.ladder_generation),
        ("chase", 1)
    );
    let moved = event(EventKind::HearingMoved {
        from: at(0),
        to: at(60),
    });
    assert_eq!(
        moved.to_time.unwrap().seconds - moved.from_time.unwrap().seconds,
        3_600
    );
    let redirected = event(EventKind::Redirected { to: 3 });
    assert_eq!(redirected.successor_check_id, format!("{}/3", enquiry().id));
    let received = event(EventKind::Received {
        version: 2,
        effects: vec![LateEffect::Allocation],
    });
    assert_eq!(received.answer_version, 2);
    assert_eq!(
        received.would_have_changed,
        [v1::LateEffect::Allocation as i32]
    );
    let decided = event(EventKind::Decided {
        decision: DecisionName::WithdrawCurfew,
    });
    assert_eq!(decided.decision(), v1::DecisionKind::WithdrawCurfew);
}

#[test]
fn receipts_say_what_to_expect() {
    let check = |number, to| CheckReceipt {
        check: CheckId {
            enquiry: enquiry().id,
            number,
        },
        route: Route {
            kind: ResponderKind::PoliceDomesticAbuse,
            to,
            reasons: vec![RouteReason::Named],
        },
        card: ResponderCard::default(),
        adapter_connected: number == 1,
        working_time_left: jiff::SignedDuration::from_mins(90),
        forecast: (number == 1).then_some(Estimate {
            probability: Some(0.5),
            basis: Basis::Pooled,
            checks: 40,
            answered: 30,
        }),
        advice: Advice::Doubtful,
        advice_text: "Ring.".into(),
    };
    let hackney = Destination::Responder {
        id: ResponderId::parse("hackney").unwrap(),
        authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
    };
    let nowhere = Destination::Nowhere {
        why: vec![UnroutableWhy::NoFixedAbode],
    };
    let view = receipt_view(SubmitReceipt {
        enquiry: enquiry().id,
        deadline: at(60),
        checks: vec![check(1, hackney), check(2, nowhere)],
        warnings: vec![Warning {
            code: WarningCode::PncCheckLetter,
            field: "personal.subject.pnc".into(),
            text: "Look again.".into(),
        }],
        validate_only: true,
    });
    assert_eq!(view.reference, enquiry().id.reference().to_string());
    assert_eq!(view.checks[0].responder_id, "hackney");
    let forecast = |check: &v1::CheckReceipt| {
        (
            check.answered_within_share,
            check.answered_within_basis(),
            check.answered_within_count,
            check.answered_count,
        )
    };
    let pooled = v1::ForecastBasis::Pooled;
    assert_eq!(forecast(&view.checks[0]), (Some(0.5), pooled, 40, 30));
    let unknown = v1::ForecastBasis::Unknown;
    assert_eq!(forecast(&view.checks[1]), (None, unknown, 0, 0));
    assert_eq!(
        view.checks[0].responder_kind(),
        v1::ResponderKind::PoliceDomesticAbuse
    );
    assert_eq!(view.checks[0].working_time_left.unwrap().seconds, 5_400);
    assert_eq!(view.checks[0].advice(), v1::Advice::Doubtful);
    assert_eq!(view.checks[1].responder_id, "");
    assert_eq!(
        view.checks[1].unroutable_reasons,
        [v1::UnroutableReason::NoFixedAbode as i32]
    );
    assert_eq!(view.warnings[0].code(), v1::WarningCode::PncCheckLetter);
}
