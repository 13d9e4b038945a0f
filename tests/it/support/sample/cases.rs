//! Sample cases: one with every field filled, and every kind of event.

use super::{at, by, court, enquiry_id, event, person, step};
use usher::store::Change;
use usher_domain::actor::{Role, Unit};
use usher_domain::alert::{Alert, AlertState, Cause};
use usher_domain::case::event::CaseEventKind;
use usher_domain::case::{
    Case, Covering, Holder, Indicator, OffList, Requirement, RequirementState, SetAsideReason,
    Stage,
};
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{Applied, Purpose, ReportType};
use usher_domain::event::{Event, EventKind};
use usher_domain::hearing::{Deadline, Hearing, HearingMove};
use usher_domain::id::{CaseId, CheckId, RecordId, RequestId};
use usher_domain::ladder::{Audience, Ladder, StepState};
use usher_domain::sealed::Sealed;
use usher_domain::time::to_london;
use uuid::Uuid;

/// The record of the case with this number: none that an enquiry has.
pub(crate) fn case_record(number: u128) -> RecordId {
    case_id(number).into()
}

fn case_id(number: u128) -> CaseId {
    CaseId::derive(&format!("case {number}"))
}

fn heard(code: &str, minutes: i64) -> Hearing {
    Hearing {
        court: court(code),
        local: to_london(at(minutes)),
        at: at(minutes),
    }
}

fn requirement(number: u8, state: RequirementState) -> Requirement {
    Requirement {
        number,
        rule: "children".into(),
        purpose: Purpose::CourtReport,
        kind: ResponderKind::ALL[usize::from(number) % ResponderKind::ALL.len()],
        covered_by: vec![Purpose::CourtReport, Purpose::Curfew],
        max_age: "20 wd".parse().unwrap(),
        raised_at: at(0),
        due: at(120),
        state,
        ladder: Ladder {
            generation: 2,
            steps: vec![
                step(
                    "remind",
                    15,
                    StepState::Raised {
                        at: at(15),
                        alert: 1,
                    },
                ),
                step("hearing", 120, StepState::Pending),
            ],
        },
        overdue_at: None,
    }
}

fn covering(number: u128) -> Covering {
    Covering {
        enquiry: enquiry_id(number),
        submitted_at: at(2),
    }
}

/// A case that needs one check, with one met and one set aside; every field says something.
pub(crate) fn case(number: u128) -> Case {
    let met = RequirementState::Met {
        enquiries: [1, 2].map(covering).to_vec(),
        at: at(3),
        recent_until: Some(at(120)),
    };
    let set_aside = RequirementState::SetAside {
        reason: SetAsideReason::UpToDateAlready,
        answer: Some(CheckId {
            enquiry: enquiry_id(3),
            number: 2,
        }),
        by: by(Role::Manager),
        note: Sealed::from_bytes(vec![9; 40]),
        at: at(4),
    };
    let mut late = requirement(1, RequirementState::Needed);
    late.overdue_at = Some(at(121));
    Case {
        id: case_id(number),
        name: Sealed::from_bytes(vec![6; 13]),
        hearing: heard("B01IX", 120),
        moves: vec![HearingMove {
            from: Deadline::Hearing(heard("B01DU", 60)),
            by: by(Role::Officer),
            reason: Sealed::from_bytes(vec![8; 20]),
            at: at(2),
        }],
        off_list: Some(OffList {
            by: by(Role::Officer),
            at: at(5),
        }),
        report: Some(ReportType::Fast),
        in_custody: true,
        indicators: Indicator::ALL.to_vec(),
        holder: Holder {
            person: Some(person("Pat Practitioner")),
            unit: Unit {
                office: "Thames".into(),
                ..Unit::default()
            },
        },
        personal: Sealed::from_bytes(vec![7; 80]),
        registered_by: by(Role::Officer),
        registered_at: at(0),
        stages: vec![Stage {
            purpose: Purpose::CourtReport,
            at: at(0),
            due: at(120),
            by: by(Role::Officer),
        }],
        requirements: vec![late, requirement(2, met), requirement(3, set_aside)],
        alerts: vec![Alert {
            number: 1,
            check: 1,
            cause: Cause::Step {
                name: "remind".into(),
                generation: 2,
            },
            audience: vec![Audience::Officer],
            due_at: at(15),
            raised_at: at(15),
            state: AlertState::Open { since: at(15) },
        }],
        applied: vec![Applied {
            request: RequestId::from_uuid(Uuid::from_u128(5)),
            digest: 6,
        }],
    }
}

/// The case as one that is nowhere yet.
pub(crate) fn registered(case: Case) -> Change {
    Change::new(case, None, vec![of_case(CaseEventKind::Registered)])
}

fn of_case(kind: CaseEventKind) -> Event {
    event(1, EventKind::Case(kind))
}

/// Every kind of event of a case.
pub(crate) fn all_case_events() -> Vec<Event> {
    use CaseEventKind as K;
    let kinds = [
        K::Registered,
        K::Changed,
        K::HearingMoved {
            from: at(1),
            to: at(2),
        },
        K::TakenOff,
        K::PutBack,
        K::StageEntered {
            purpose: Purpose::Review,
        },
        K::Needed {
            rule: "children".into(),
            kind: ResponderKind::PoliceDomesticAbuse,
            due: at(3),
        },
        K::Covered {
            enquiry: enquiry_id(1),
        },
        K::Uncovered {
            enquiry: enquiry_id(2),
        },
        K::SetAside {
            reason: SetAsideReason::AskedElsewhere,
        },
        K::Overdue,
        K::Reassigned,
        K::StepRaised {
            step: "remind".into(),
            generation: 3,
            due: at(4),
            alert: 5,
        },
        K::Acknowledged {
            alert: 6,
            expires: at(7),
        },
        K::Reopened { alert: 8 },
        K::Resolved { alert: 9 },
        K::Viewed,
    ];
    kinds.into_iter().map(of_case).collect()
}
