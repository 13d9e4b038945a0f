//! Cases and what happened to them. What enquiries have too, alerts, ladders, moves, is in their files.

use super::RecordError;
use super::code::Code as _;
use super::enquiry::{keep_applied, keep_step_cause, number, read_applied, read_step_cause};
use super::field::{
    Kept, keep_all, keep_code_if, keep_codes, keep_sealed, keep_time, keep_uuid, needed, read_all,
    read_code, read_code_if, read_codes, read_needed, read_ordinal, read_sealed, read_time,
    read_time_if, read_uuid,
};
use usher_domain::actor::{Person, Unit};
use usher_domain::case::event::CaseEventKind;
use usher_domain::case::{Case, Covering, Holder, OffList, Requirement, RequirementState, Stage};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{CaseId, CheckId, EnquiryId};
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::case_event::Kind;
use usher_proto::storage_v1::requirement::State;

impl Kept for Case {
    type Message = kept::Case;

    fn keep(&self) -> kept::Case {
        let Self {
            id,
            name,
            hearing,
            moves,
            off_list,
            report,
            in_custody,
            indicators,
            holder: Holder { person, unit },
            personal,
            registered_by,
            registered_at,
            stages,
            requirements,
            alerts,
            applied,
        } = self;
        kept::Case {
            id: keep_uuid(id.uuid()),
            name: keep_sealed(name),
            hearing: Some(Deadline::Hearing(hearing.clone()).keep()),
            moves: keep_all(moves),
            off_list: off_list.as_ref().map(OffList::keep),
            report: keep_code_if(*report),
            in_custody: *in_custody,
            indicators: keep_codes(indicators),
            holder: person.as_ref().map(Person::keep),
            unit: (*unit != Unit::default()).then(|| unit.keep()),
            personal: keep_sealed(personal),
            registered_by: Some(registered_by.keep()),
            registered_at_ms: keep_time(*registered_at),
            stages: keep_all(stages),
            requirements: keep_all(requirements),
            alerts: keep_all(alerts),
            applied: Some(keep_applied(applied)),
        }
    }

    fn read(message: kept::Case) -> Result<Self, RecordError> {
        let kept::Case {
            id,
            name,
            hearing,
            moves,
            off_list,
            report,
            in_custody,
            indicators,
            holder,
            unit,
            personal,
            registered_by,
            registered_at_ms,
            stages,
            requirements,
            alerts,
            applied,
        } = message;
        let mut requirements: Vec<Requirement> = read_all(requirements)?;
        number(&mut requirements, "requirements", |one, number| {
            one.number = number;
        })?;
        Ok(Self {
            id: CaseId::from_uuid(read_uuid(&id, "id")?),
            name: read_sealed(name),
            hearing: read_hearing(hearing)?,
            moves: read_all(moves)?,
            off_list: off_list.map(OffList::read).transpose()?,
            report: read_code_if(report, "report")?,
            in_custody,
            indicators: read_codes(&indicators, "indicators")?,
            holder: Holder {
                person: holder.map(Person::read).transpose()?,
                unit: Unit::read(unit.unwrap_or_default())?,
            },
            personal: read_sealed(personal),
            registered_by: read_needed(registered_by, "registered_by")?,
            registered_at: read_time(registered_at_ms, "registered_at_ms")?,
            stages: read_all(stages)?,
            requirements,
            alerts: read_all(alerts)?,
            applied: read_applied(applied)?,
        })
    }
}

fn read_hearing(message: Option<kept::Deadline>) -> Result<Hearing, RecordError> {
    match read_needed(message, "hearing")? {
        Deadline::Hearing(hearing) => Ok(hearing),
        Deadline::ReplyBy { .. } => Err(RecordError::Field { field: "hearing" }),
    }
}

impl Kept for OffList {
    type Message = kept::OffList;

    fn keep(&self) -> kept::OffList {
        let Self { by, at } = self;
        kept::OffList {
            by: Some(by.keep()),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::OffList) -> Result<Self, RecordError> {
        let kept::OffList { by, at_ms } = message;
        Ok(Self {
            by: read_needed(by, "off_list.by")?,
            at: read_time(at_ms, "off_list.at_ms")?,
        })
    }
}

impl Kept for Stage {
    type Message = kept::Stage;

    fn keep(&self) -> kept::Stage {
        let Self {
            purpose,
            at,
            due,
            by,
        } = self;
        kept::Stage {
            purpose: purpose.number(),
            at_ms: keep_time(*at),
            due_ms: keep_time(*due),
            by: Some(by.keep()),
        }
    }

    fn read(message: kept::Stage) -> Result<Self, RecordError> {
        let kept::Stage {
            purpose,
            at_ms,
            due_ms,
            by,
        } = message;
        Ok(Self {
            purpose: read_code(purpose, "stages.purpose")?,
            at: read_time(at_ms, "stages.at_ms")?,
            due: read_time(due_ms, "stages.due_ms")?,
            by: read_needed(by, "stages.by")?,
        })
    }
}

impl Kept for Requirement {
    type Message = kept::Requirement;

    fn keep(&self) -> kept::Requirement {
        let Self {
            number: _,
            rule,
            purpose,
            kind,
            covered_by,
            max_age,
            raised_at,
            due,
            state,
            ladder,
            overdue_at,
        } = self;
        kept::Requirement {
            rule: rule.to_string(),
            purpose: purpose.number(),
            responder_kind: kind.number(),
            covered_by: keep_codes(covered_by),
            max_age: max_age.to_string(),
            raised_at_ms: keep_time(*raised_at),
            due_ms: keep_time(*due),
            ladder: Some(ladder.keep()),
            overdue_at_ms: overdue_at.map(keep_time),
            state: keep_state(state),
        }
    }

    /// The number is the place in the list, which the case knows.
    fn read(message: kept::Requirement) -> Result<Self, RecordError> {
        let kept::Requirement {
            rule,
            purpose,
            responder_kind,
            covered_by,
            max_age,
            raised_at_ms,
            due_ms,
            ladder,
            overdue_at_ms,
            state,
        } = message;
        Ok(Self {
            number: 0,
            rule: rule.into(),
            purpose: read_code(purpose, "requirements.purpose")?,
            kind: read_code(responder_kind, "requirements.responder_kind")?,
            covered_by: read_codes(&covered_by, "requirements.covered_by")?,
            max_age: needed(max_age.parse().ok(), "requirements.max_age")?,
            raised_at: read_time(raised_at_ms, "requirements.raised_at_ms")?,
            due: read_time(due_ms, "requirements.due_ms")?,
            state: read_state(state)?,
            ladder: read_needed(ladder, "requirements.ladder")?,
            overdue_at: read_time_if(overdue_at_ms, "requirements.overdue_at_ms")?,
        })
    }
}

fn keep_state(state: &RequirementState) -> Option<State> {
    match state {
        RequirementState::Needed => None,
        RequirementState::Met {
            enquiries,
            at,
            recent_until,
        } => {
            let keep =
                |one: &Covering| (keep_uuid(one.enquiry.uuid()), keep_time(one.submitted_at));
            let (enquiries, submitted_at_ms) = enquiries.iter().map(keep).unzip();
            Some(State::Met(kept::Met {
                enquiries,
                at_ms: keep_time(*at),
                submitted_at_ms,
                recent_until_ms: recent_until.map(keep_time),
            }))
        }
        RequirementState::SetAside {
            reason,
            answer,
            by,
            note,
            at,
        } => Some(State::SetAside(kept::SetAside {
            reason: reason.number(),
            enquiry: answer.map_or_else(Vec::new, |check| keep_uuid(check.enquiry.uuid())),
            check: answer.map_or(0, |check| u32::from(check.number)),
            by: Some(by.keep()),
            note: keep_sealed(note),
            at_ms: keep_time(*at),
        })),
    }
}

fn read_state(state: Option<State>) -> Result<RequirementState, RecordError> {
    match state {
        None => Ok(RequirementState::Needed),
        Some(State::Met(kept::Met {
            enquiries,
            at_ms,
            submitted_at_ms,
            recent_until_ms,
        })) => {
            let submitted = submitted_at_ms.into_iter().chain(std::iter::repeat(at_ms));
            let read = |(bytes, submitted): (&Vec<u8>, i64)| {
                Ok(Covering {
                    enquiry: read_enquiry(bytes, "met.enquiries")?,
                    submitted_at: read_time(submitted, "met.submitted_at_ms")?,
                })
            };
            let enquiries = enquiries.iter().zip(submitted).map(read);
            let enquiries = enquiries.collect::<Result<Vec<_>, RecordError>>()?;
            needed(enquiries.first(), "met.enquiries")?;
            Ok(RequirementState::Met {
                enquiries,
                at: read_time(at_ms, "met.at_ms")?,
                recent_until: read_time_if(recent_until_ms, "met.recent_until_ms")?,
            })
        }
        Some(State::SetAside(kept::SetAside {
            reason,
            enquiry,
            check,
            by,
            note,
            at_ms,
        })) => Ok(RequirementState::SetAside {
            reason: read_code(reason, "set_aside.reason")?,
            answer: read_answer(&enquiry, check)?,
            by: read_needed(by, "set_aside.by")?,
            note: read_sealed(note),
            at: read_time(at_ms, "set_aside.at_ms")?,
        }),
    }
}

fn read_answer(enquiry: &[u8], check: u32) -> Result<Option<CheckId>, RecordError> {
    if enquiry.is_empty() {
        return Ok(None);
    }
    Ok(Some(CheckId {
        enquiry: read_enquiry(enquiry, "set_aside.enquiry")?,
        number: read_ordinal(check, "set_aside.check")?,
    }))
}

fn read_enquiry(bytes: &[u8], field: &'static str) -> Result<EnquiryId, RecordError> {
    read_uuid(bytes, field).map(EnquiryId::from_uuid)
}

const NOTHING: kept::Nothing = kept::Nothing {};

impl Kept for CaseEventKind {
    type Message = kept::CaseEvent;

    fn keep(&self) -> kept::CaseEvent {
        let kind = match self {
            Self::Registered => Kind::Registered(NOTHING),
            Self::Changed => Kind::Changed(NOTHING),
            Self::HearingMoved { from, to } => Kind::HearingMoved(kept::EventHearingMoved {
                from_ms: keep_time(*from),
                to_ms: keep_time(*to),
            }),
            Self::TakenOff => Kind::TakenOff(NOTHING),
            Self::PutBack => Kind::PutBack(NOTHING),
            Self::StageEntered { purpose } => Kind::StageEntered(purpose.number()),
            Self::Needed { rule, kind, due } => Kind::Needed(kept::CaseEventNeeded {
                rule: rule.to_string(),
                responder_kind: kind.number(),
                due_ms: keep_time(*due),
            }),
            Self::Covered { enquiry } => Kind::Covered(keep_uuid(enquiry.uuid())),
            Self::Uncovered { enquiry } => Kind::Uncovered(keep_uuid(enquiry.uuid())),
            Self::SetAside { reason } => Kind::SetAside(reason.number()),
            Self::Overdue => Kind::Overdue(NOTHING),
            Self::Reassigned => Kind::Reassigned(NOTHING),
            Self::StepRaised {
                step,
                generation,
                due,
                alert,
            } => Kind::StepRaised(kept::EventStepRaised {
                step: Some(keep_step_cause(step, *generation)),
                due_ms: keep_time(*due),
                alert: u32::from(*alert),
            }),
            Self::Acknowledged { alert, expires } => Kind::Acknowledged(kept::EventAcknowledged {
                alert: u32::from(*alert),
                expires_ms: keep_time(*expires),
            }),
            Self::Reopened { alert } => Kind::Reopened(u32::from(*alert)),
            Self::Resolved { alert } => Kind::Resolved(u32::from(*alert)),
            Self::Viewed => Kind::Viewed(NOTHING),
        };
        kept::CaseEvent { kind: Some(kind) }
    }

    fn read(message: kept::CaseEvent) -> Result<Self, RecordError> {
        let alert = |number| read_ordinal(number, "case.alert");
        Ok(match needed(message.kind, "case.kind")? {
            Kind::Registered(kept::Nothing {}) => Self::Registered,
            Kind::Changed(kept::Nothing {}) => Self::Changed,
            Kind::HearingMoved(kept::EventHearingMoved { from_ms, to_ms }) => Self::HearingMoved {
                from: read_time(from_ms, "case.from_ms")?,
                to: read_time(to_ms, "case.to_ms")?,
            },
            Kind::TakenOff(kept::Nothing {}) => Self::TakenOff,
            Kind::PutBack(kept::Nothing {}) => Self::PutBack,
            Kind::StageEntered(purpose) => Self::StageEntered {
                purpose: read_code(purpose, "case.stage_entered")?,
            },
            Kind::Needed(kept::CaseEventNeeded {
                rule,
                responder_kind,
                due_ms,
            }) => Self::Needed {
                rule: rule.into(),
                kind: read_code(responder_kind, "case.responder_kind")?,
                due: read_time(due_ms, "case.due_ms")?,
            },
            Kind::Covered(enquiry) => Self::Covered {
                enquiry: read_enquiry(&enquiry, "case.covered")?,
            },
            Kind::Uncovered(enquiry) => Self::Uncovered {
                enquiry: read_enquiry(&enquiry, "case.uncovered")?,
            },
            Kind::SetAside(reason) => Self::SetAside {
                reason: read_code(reason, "case.set_aside")?,
            },
            Kind::Overdue(kept::Nothing {}) => Self::Overdue,
            Kind::Reassigned(kept::Nothing {}) => Self::Reassigned,
            Kind::StepRaised(raised) => read_step_raised(raised)?,
            Kind::Acknowledged(kept::EventAcknowledged {
                alert: number,
                expires_ms,
            }) => Self::Acknowledged {
                alert: alert(number)?,
                expires: read_time(expires_ms, "case.expires_ms")?,
            },
            Kind::Reopened(number) => Self::Reopened {
                alert: alert(number)?,
            },
            Kind::Resolved(number) => Self::Resolved {
                alert: alert(number)?,
            },
            Kind::Viewed(kept::Nothing {}) => Self::Viewed,
        })
    }
}

fn read_step_raised(raised: kept::EventStepRaised) -> Result<CaseEventKind, RecordError> {
    let kept::EventStepRaised {
        step,
        due_ms,
        alert,
    } = raised;
    let (step, generation) = read_step_cause(needed(step, "case.step")?)?;
    Ok(CaseEventKind::StepRaised {
        step,
        generation,
        due: read_time(due_ms, "case.due_ms")?,
        alert: read_ordinal(alert, "case.alert")?,
    })
}
