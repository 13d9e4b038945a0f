//! Events, as the feed keeps them.

use super::RecordError;
use super::code::Code as _;
use super::enquiry::{keep_step_cause, read_step_cause};
use super::field::{
    Kept, keep_responder_if, keep_time, needed, read_code, read_needed, read_ordinal,
    read_responder, read_responder_if, read_time, read_time_if,
};
use super::reading::{keep_received, read_received, read_received_late};
use super::sentence::{keep_recorded, read_recorded};
use usher_domain::agreement::SharingDecision;
use usher_domain::alert::Trouble;
use usher_domain::case::event::CaseEventKind;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::ByPhone;
use usher_domain::event::{Event, EventKind};
use usher_domain::id::AlertNumber;
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::event::Kind;

impl Kept for Event {
    type Message = kept::Event;

    fn keep(&self) -> kept::Event {
        let Self {
            at,
            by,
            check,
            kind,
        } = self;
        kept::Event {
            at_ms: keep_time(*at),
            by: Some(by.keep()),
            check: check.map(u32::from),
            kind: Some(kind.keep()),
        }
    }

    fn read(message: kept::Event) -> Result<Self, RecordError> {
        let kept::Event {
            at_ms,
            by,
            check,
            kind,
        } = message;
        Ok(Self {
            at: read_time(at_ms, "event.at_ms")?,
            by: read_needed(by, "event.by")?,
            check: check
                .map(|check| read_ordinal(check, "event.check"))
                .transpose()?,
            kind: read_needed(kind, "event.kind")?,
        })
    }
}

const NOTHING: kept::Nothing = kept::Nothing {};

impl Kept for EventKind {
    type Message = Kind;

    fn keep(&self) -> Kind {
        match self {
            Self::Submitted => Kind::Submitted(NOTHING),
            Self::Opened { responder } => Kind::Opened(keep_responder_if(responder.as_ref())),
            Self::Leased { expires } => Kind::LeasedUntilMs(keep_time(*expires)),
            Self::LeaseLost => Kind::LeaseLost(NOTHING),
            Self::Reconsidered {
                responder,
                decision,
            } => keep_reconsidered(responder, *decision),
            Self::Released { for_people: None } => Kind::Released(NOTHING),
            Self::Released {
                for_people: Some(reason),
            } => Kind::ReleasedForPeople(reason.number()),
            Self::Accepted { expected_by } => Kind::Accepted(kept::EventAccepted {
                expected_by_ms: expected_by.map(keep_time),
            }),
            Self::Asked => Kind::Asked(NOTHING),
            Self::Supplied => Kind::Supplied(NOTHING),
            Self::Redirected { to } => Kind::RedirectedTo(u32::from(*to)),
            Self::Rerouted { to } => Kind::ReroutedTo(u32::from(*to)),
            Self::Answered {
                responder,
                opened_at,
                version,
                timeliness,
                by_phone,
            } => Kind::Answered(kept::EventAnswered {
                responder: responder.as_str().to_owned(),
                opened_at_ms: keep_time(*opened_at),
                version: u32::from(*version),
                timeliness: timeliness.number(),
                by_phone: by_phone.as_ref().map(ByPhone::keep),
            }),
            Self::Received { version, effects } => keep_received(*version, effects),
            Self::Withdrawn => Kind::Withdrawn(NOTHING),
            Self::Linked => Kind::Linked(NOTHING),
            Self::Reassigned => Kind::Reassigned(NOTHING),
            Self::HearingMoved { from, to } => Kind::HearingMoved(kept::EventHearingMoved {
                from_ms: keep_time(*from),
                to_ms: keep_time(*to),
            }),
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
            Self::StepMoot { step, generation } => {
                Kind::StepMoot(keep_step_cause(step, *generation))
            }
            Self::TroubleRaised { alert, trouble } => keep_trouble(*alert, *trouble),
            Self::Acknowledged { alert, expires } => Kind::Acknowledged(kept::EventAcknowledged {
                alert: u32::from(*alert),
                expires_ms: keep_time(*expires),
            }),
            Self::Reopened { alert } => Kind::Reopened(u32::from(*alert)),
            Self::Resolved { alert } => Kind::Resolved(u32::from(*alert)),
            Self::Decided { decision } => Kind::Decided(decision.number()),
            Self::SentencedOutstanding => Kind::SentencedOutstanding(NOTHING),
            Self::SentenceRecorded { outcome, date } => keep_recorded(*outcome, *date),
            Self::CloseProposed { reason } => Kind::CloseProposed(reason.number()),
            Self::Closed { reason } => Kind::Closed(reason.number()),
            Self::Viewed => Kind::Viewed(NOTHING),
            Self::Case(kind) => Kind::Case(kind.keep()),
        }
    }

    fn read(message: Kind) -> Result<Self, RecordError> {
        let alert = |number| read_ordinal(number, "event.alert");
        Ok(match message {
            Kind::Submitted(kept::Nothing {}) => Self::Submitted,
            Kind::Opened(responder) => Self::Opened {
                responder: read_responder_if(&responder, "event.opened")?,
            },
            Kind::LeasedUntilMs(expires) => Self::Leased {
                expires: read_time(expires, "event.leased_until_ms")?,
            },
            Kind::LeaseLost(kept::Nothing {}) => Self::LeaseLost,
            Kind::Reconsidered(reconsidered) => read_reconsidered(reconsidered)?,
            Kind::Released(kept::Nothing {}) => Self::Released { for_people: None },
            Kind::ReleasedForPeople(reason) => Self::Released {
                for_people: Some(read_code(reason, "event.released_for_people")?),
            },
            Kind::Accepted(kept::EventAccepted { expected_by_ms }) => Self::Accepted {
                expected_by: read_time_if(expected_by_ms, "event.expected_by_ms")?,
            },
            Kind::Asked(kept::Nothing {}) => Self::Asked,
            Kind::Supplied(kept::Nothing {}) => Self::Supplied,
            Kind::RedirectedTo(to) => Self::Redirected {
                to: read_ordinal(to, "event.redirected_to")?,
            },
            Kind::ReroutedTo(to) => Self::Rerouted {
                to: read_ordinal(to, "event.rerouted_to")?,
            },
            Kind::Answered(answered) => read_answered(answered)?,
            Kind::Received(version) => read_received(version)?,
            Kind::ReceivedLate(received) => read_received_late(received)?,
            Kind::Withdrawn(kept::Nothing {}) => Self::Withdrawn,
            Kind::Linked(kept::Nothing {}) => Self::Linked,
            Kind::Reassigned(kept::Nothing {}) => Self::Reassigned,
            Kind::HearingMoved(moved) => read_hearing_moved(moved)?,
            Kind::StepRaised(raised) => read_step_raised(raised)?,
            Kind::StepMoot(step) => {
                let (step, generation) = read_step_cause(step)?;
                Self::StepMoot { step, generation }
            }
            Kind::TroubleRaised(raised) => read_trouble(raised)?,
            Kind::Acknowledged(kept::EventAcknowledged {
                alert: number,
                expires_ms,
            }) => Self::Acknowledged {
                alert: alert(number)?,
                expires: read_time(expires_ms, "event.expires_ms")?,
            },
            Kind::Reopened(number) => Self::Reopened {
                alert: alert(number)?,
            },
            Kind::Resolved(number) => Self::Resolved {
                alert: alert(number)?,
            },
            Kind::Decided(decision) => Self::Decided {
                decision: read_code(decision, "event.decided")?,
            },
            Kind::SentencedOutstanding(kept::Nothing {}) => Self::SentencedOutstanding,
            Kind::SentenceRecorded(recorded) => read_recorded(recorded)?,
            Kind::CloseProposed(reason) => Self::CloseProposed {
                reason: read_code(reason, "event.close_proposed")?,
            },
            Kind::Closed(reason) => Self::Closed {
                reason: read_code(reason, "event.closed")?,
            },
            Kind::Viewed(kept::Nothing {}) => Self::Viewed,
            Kind::Case(kind) => Self::Case(CaseEventKind::read(kind)?),
        })
    }
}

fn read_trouble(raised: kept::EventTroubleRaised) -> Result<EventKind, RecordError> {
    let kept::EventTroubleRaised { alert, trouble } = raised;
    Ok(EventKind::TroubleRaised {
        alert: read_ordinal(alert, "event.alert")?,
        trouble: read_code(trouble, "event.trouble")?,
    })
}

fn keep_trouble(alert: AlertNumber, trouble: Trouble) -> Kind {
    Kind::TroubleRaised(kept::EventTroubleRaised {
        alert: u32::from(alert),
        trouble: trouble.number(),
    })
}

fn keep_reconsidered(responder: &ResponderId, decision: SharingDecision) -> Kind {
    Kind::Reconsidered(kept::EventReconsidered {
        responder: responder.as_str().to_owned(),
        decision: decision.number(),
    })
}

fn read_reconsidered(reconsidered: kept::EventReconsidered) -> Result<EventKind, RecordError> {
    let kept::EventReconsidered {
        responder,
        decision,
    } = reconsidered;
    Ok(EventKind::Reconsidered {
        responder: read_responder(&responder, "event.responder")?,
        decision: read_code(decision, "event.decision")?,
    })
}

fn read_hearing_moved(moved: kept::EventHearingMoved) -> Result<EventKind, RecordError> {
    let kept::EventHearingMoved { from_ms, to_ms } = moved;
    Ok(EventKind::HearingMoved {
        from: read_time(from_ms, "event.from_ms")?,
        to: read_time(to_ms, "event.to_ms")?,
    })
}

fn read_step_raised(raised: kept::EventStepRaised) -> Result<EventKind, RecordError> {
    let kept::EventStepRaised {
        step,
        due_ms,
        alert,
    } = raised;
    let (step, generation) = read_step_cause(needed(step, "event.step")?)?;
    Ok(EventKind::StepRaised {
        step,
        generation,
        due: read_time(due_ms, "event.due_ms")?,
        alert: read_ordinal(alert, "event.alert")?,
    })
}

fn read_answered(answered: kept::EventAnswered) -> Result<EventKind, RecordError> {
    let kept::EventAnswered {
        responder,
        opened_at_ms,
        version,
        timeliness,
        by_phone,
    } = answered;
    Ok(EventKind::Answered {
        responder: read_responder(&responder, "event.responder")?,
        opened_at: read_time(opened_at_ms, "event.opened_at_ms")?,
        version: read_ordinal(version, "event.version")?,
        timeliness: read_code(timeliness, "event.timeliness")?,
        by_phone: by_phone.map(ByPhone::read).transpose()?,
    })
}
