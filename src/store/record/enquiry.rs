//! The enquiry as a whole, with its alerts and decisions; its checks are in `state.rs`.

use super::RecordError;
use super::code::Code as _;
use super::field::{
    Kept, keep_all, keep_codes, keep_sealed, keep_time, keep_uuid, needed, read_all, read_client,
    read_code, read_code_if, read_codes, read_needed, read_ordinal, read_sealed, read_small,
    read_time, read_uuid,
};
use usher_domain::actor::{By, Person, Unit};
use usher_domain::alert::{Alert, AlertState, Cause};
use usher_domain::case::Holder;
use usher_domain::enquiry::{
    Applied, Check, CourtDecision, CourtDecisionKind, Curfew, Enquiry, Requester, Sentence,
};
use usher_domain::event::DecisionName;
use usher_domain::hearing::HearingMove;
use usher_domain::id::{CaseId, EnquiryId, RequestId};
use usher_proto::storage_v1 as kept;
use uuid::Uuid;

const UUID_BYTES: usize = 16;

impl Kept for Enquiry {
    type Message = kept::Enquiry;

    fn keep(&self) -> kept::Enquiry {
        let Self {
            id,
            requester,
            case,
            holder,
            purpose,
            report,
            in_custody,
            curfew,
            imminent_harm,
            concerns,
            deadline,
            moves,
            submitted_at,
            personal,
            checks,
            alerts,
            decisions,
            sentence,
            applied,
        } = self;
        let (curfew_proposed, curfew_withdrawn) = keep_curfew(curfew);
        kept::Enquiry {
            id: keep_uuid(id.uuid()),
            requester: Some(requester.keep()),
            case: case.map(|case| keep_uuid(case.uuid())).unwrap_or_default(),
            holder: holder.as_ref().map(Holder::keep),
            purpose: purpose.number(),
            report: report.map_or(0, super::code::Code::number),
            in_custody: *in_custody,
            curfew_proposed,
            curfew_withdrawn,
            imminent_harm: *imminent_harm,
            concerns: keep_codes(concerns),
            deadline: Some(deadline.keep()),
            moves: keep_all(moves),
            submitted_at_ms: keep_time(*submitted_at),
            personal: keep_sealed(personal),
            checks: keep_all(checks),
            alerts: keep_all(alerts),
            decisions: keep_all(decisions),
            applied: Some(keep_applied(applied)),
            sentence: sentence.as_deref().map(Sentence::keep),
        }
    }

    fn read(message: kept::Enquiry) -> Result<Self, RecordError> {
        let kept::Enquiry {
            id,
            requester,
            case,
            holder,
            purpose,
            report,
            in_custody,
            curfew_proposed,
            curfew_withdrawn,
            imminent_harm,
            concerns,
            deadline,
            moves,
            submitted_at_ms,
            personal,
            checks,
            alerts,
            decisions,
            applied,
            sentence,
        } = message;
        let mut checks: Vec<Check> = read_all(checks)?;
        number(&mut checks, "checks", |check, number| check.number = number)?;
        let alerts: Vec<Alert> = read_all(alerts)?;
        Ok(Self {
            id: EnquiryId::from_uuid(read_uuid(&id, "id")?),
            requester: read_needed(requester, "requester")?,
            case: read_case_if(&case)?,
            holder: holder.map(Holder::read).transpose()?,
            purpose: read_code(purpose, "purpose")?,
            report: read_code_if(report, "report")?,
            in_custody,
            curfew: read_curfew(curfew_proposed, curfew_withdrawn)?,
            imminent_harm,
            concerns: read_codes(&concerns, "concerns")?,
            deadline: read_needed(deadline, "deadline")?,
            moves: read_all(moves)?,
            submitted_at: read_time(submitted_at_ms, "submitted_at_ms")?,
            personal: read_sealed(personal),
            checks,
            alerts,
            decisions: read_all(decisions)?,
            sentence: sentence.map(Sentence::read).transpose()?.map(Box::new),
            applied: read_applied(applied)?,
        })
    }
}

fn read_case_if(id: &[u8]) -> Result<Option<CaseId>, RecordError> {
    let id = (!id.is_empty()).then(|| read_uuid(id, "case"));
    Ok(id.transpose()?.map(CaseId::from_uuid))
}

impl Kept for Holder {
    type Message = kept::Holder;

    fn keep(&self) -> kept::Holder {
        let Self { person, unit } = self;
        kept::Holder {
            person: person.as_ref().map(Person::keep),
            unit: (*unit != Unit::default()).then(|| unit.keep()),
        }
    }

    fn read(message: kept::Holder) -> Result<Self, RecordError> {
        let kept::Holder { person, unit } = message;
        Ok(Self {
            person: person.map(Person::read).transpose()?,
            unit: Unit::read(unit.unwrap_or_default())?,
        })
    }
}

/// Numbers what counts from 1 in the order of its list.
pub(super) fn number<T, N: TryFrom<usize>>(
    list: &mut [T],
    field: &'static str,
    set: impl Fn(&mut T, N),
) -> Result<(), RecordError> {
    for (place, item) in list.iter_mut().enumerate() {
        set(item, needed(N::try_from(place + 1).ok(), field)?);
    }
    Ok(())
}

fn keep_curfew(curfew: &Curfew) -> (bool, Option<kept::CurfewWithdrawn>) {
    match curfew {
        Curfew::NotProposed => (false, None),
        Curfew::Proposed => (true, None),
        Curfew::Withdrawn { by, at } => {
            let withdrawn = kept::CurfewWithdrawn {
                by: Some(by.keep()),
                at_ms: keep_time(*at),
            };
            (false, Some(withdrawn))
        }
    }
}

fn read_curfew(
    proposed: bool,
    withdrawn: Option<kept::CurfewWithdrawn>,
) -> Result<Curfew, RecordError> {
    match (proposed, withdrawn) {
        (false, None) => Ok(Curfew::NotProposed),
        (true, None) => Ok(Curfew::Proposed),
        (false, Some(kept::CurfewWithdrawn { by, at_ms })) => Ok(Curfew::Withdrawn {
            by: read_needed(by, "curfew_withdrawn.by")?,
            at: read_time(at_ms, "curfew_withdrawn.at_ms")?,
        }),
        (true, Some(_)) => Err(RecordError::Field {
            field: "curfew_proposed",
        }),
    }
}

pub(super) fn keep_applied(applied: &[Applied]) -> kept::Applied {
    let mut requests = Vec::with_capacity(applied.len() * UUID_BYTES);
    let mut digests = Vec::with_capacity(applied.len());
    for Applied { request, digest } in applied {
        requests.extend_from_slice(request.uuid().as_bytes());
        digests.push(*digest);
    }
    kept::Applied { requests, digests }
}

pub(super) fn read_applied(applied: Option<kept::Applied>) -> Result<Vec<Applied>, RecordError> {
    let kept::Applied { requests, digests } = applied.unwrap_or_default();
    let (ids, rest) = requests.as_chunks::<UUID_BYTES>();
    if !rest.is_empty() || ids.len() != digests.len() {
        return Err(RecordError::Field { field: "applied" });
    }
    Ok(ids
        .iter()
        .zip(digests)
        .map(|(id, digest)| Applied {
            request: RequestId::from_uuid(Uuid::from_bytes(*id)),
            digest,
        })
        .collect())
}

impl Kept for Requester {
    type Message = kept::Requester;

    fn keep(&self) -> kept::Requester {
        let Self {
            client,
            person,
            unit,
            on_behalf_of,
        } = self;
        kept::Requester {
            client: client.as_str().to_owned(),
            person: Some(person.keep()),
            unit: (*unit != Unit::default()).then(|| unit.keep()),
            on_behalf_of: on_behalf_of.as_ref().map(Person::keep),
        }
    }

    fn read(message: kept::Requester) -> Result<Self, RecordError> {
        let kept::Requester {
            client,
            person,
            unit,
            on_behalf_of,
        } = message;
        Ok(Self {
            client: read_client(&client, "requester.client")?,
            person: read_needed(person, "requester.person")?,
            unit: Unit::read(unit.unwrap_or_default())?,
            on_behalf_of: on_behalf_of.map(Person::read).transpose()?,
        })
    }
}

impl Kept for Unit {
    type Message = kept::Unit;

    fn keep(&self) -> kept::Unit {
        let Self {
            region,
            office,
            team,
            mailbox,
        } = self.clone();
        kept::Unit {
            region,
            office,
            team,
            mailbox,
        }
    }

    fn read(message: kept::Unit) -> Result<Self, RecordError> {
        let kept::Unit {
            region,
            office,
            team,
            mailbox,
        } = message;
        Ok(Self {
            region,
            office,
            team,
            mailbox,
        })
    }
}

impl Kept for HearingMove {
    type Message = kept::HearingMove;

    fn keep(&self) -> kept::HearingMove {
        let Self {
            from,
            by,
            reason,
            at,
        } = self;
        kept::HearingMove {
            from: Some(from.keep()),
            by: Some(by.keep()),
            reason: keep_sealed(reason),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::HearingMove) -> Result<Self, RecordError> {
        let kept::HearingMove {
            from,
            by,
            reason,
            at_ms,
        } = message;
        Ok(Self {
            from: read_needed(from, "moves.from")?,
            by: read_needed(by, "moves.by")?,
            reason: read_sealed(reason),
            at: read_time(at_ms, "moves.at_ms")?,
        })
    }
}

impl Kept for Alert {
    type Message = kept::Alert;

    fn keep(&self) -> kept::Alert {
        let Self {
            number,
            check,
            cause,
            audience,
            due_at,
            raised_at,
            state,
        } = self;
        kept::Alert {
            number: u32::from(*number),
            check: u32::from(*check),
            audience: keep_codes(audience),
            due_at_ms: keep_time(*due_at),
            raised_at_ms: keep_time(*raised_at),
            cause: Some(match cause {
                Cause::Step { name, generation } => {
                    kept::alert::Cause::Step(keep_step_cause(name, *generation))
                }
                Cause::Trouble(trouble) => kept::alert::Cause::Trouble(trouble.number()),
            }),
            state: Some(match state {
                AlertState::Open { since } => kept::alert::State::OpenSinceMs(keep_time(*since)),
                AlertState::Acknowledged {
                    by,
                    at,
                    expires,
                    note,
                } => kept::alert::State::Acknowledged(kept::Acknowledged {
                    by: Some(by.keep()),
                    at_ms: keep_time(*at),
                    expires_ms: keep_time(*expires),
                    note: keep_sealed(note),
                }),
                AlertState::Resolved { at } => kept::alert::State::ResolvedAtMs(keep_time(*at)),
            }),
        }
    }

    fn read(message: kept::Alert) -> Result<Self, RecordError> {
        let kept::Alert {
            number,
            check,
            audience,
            due_at_ms,
            raised_at_ms,
            cause,
            state,
        } = message;
        Ok(Self {
            number: read_ordinal(number, "alerts.number")?,
            check: read_ordinal(check, "alerts.check")?,
            cause: match needed(cause, "alerts.cause")? {
                kept::alert::Cause::Step(step) => {
                    let (name, generation) = read_step_cause(step)?;
                    Cause::Step { name, generation }
                }
                kept::alert::Cause::Trouble(trouble) => {
                    Cause::Trouble(read_code(trouble, "alerts.trouble")?)
                }
            },
            audience: read_codes(&audience, "alerts.audience")?,
            due_at: read_time(due_at_ms, "alerts.due_at_ms")?,
            raised_at: read_time(raised_at_ms, "alerts.raised_at_ms")?,
            state: match needed(state, "alerts.state")? {
                kept::alert::State::OpenSinceMs(since) => AlertState::Open {
                    since: read_time(since, "alerts.open_since_ms")?,
                },
                kept::alert::State::Acknowledged(kept::Acknowledged {
                    by,
                    at_ms,
                    expires_ms,
                    note,
                }) => AlertState::Acknowledged {
                    by: read_needed(by, "alerts.acknowledged.by")?,
                    at: read_time(at_ms, "alerts.acknowledged.at_ms")?,
                    expires: read_time(expires_ms, "alerts.acknowledged.expires_ms")?,
                    note: read_sealed(note),
                },
                kept::alert::State::ResolvedAtMs(at) => AlertState::Resolved {
                    at: read_time(at, "alerts.resolved_at_ms")?,
                },
            },
        })
    }
}

pub(super) fn keep_step_cause(name: &str, generation: u16) -> kept::StepCause {
    kept::StepCause {
        name: name.to_owned(),
        generation: u32::from(generation),
    }
}

pub(super) fn read_step_cause(step: kept::StepCause) -> Result<(Box<str>, u16), RecordError> {
    let kept::StepCause { name, generation } = step;
    Ok((name.into(), read_small(generation, "step.generation")?))
}

impl Kept for CourtDecision {
    type Message = kept::CourtDecision;

    fn keep(&self) -> kept::CourtDecision {
        let Self {
            kind,
            outstanding,
            by,
            note,
            at,
        } = self;
        let (kind, authorised_by) = match kind {
            CourtDecisionKind::SeekAdjournment => (DecisionName::SeekAdjournment, None),
            CourtDecisionKind::ProceedWithout { authorised_by } => {
                (DecisionName::ProceedWithout, Some(authorised_by.keep()))
            }
            CourtDecisionKind::WithdrawCurfew => (DecisionName::WithdrawCurfew, None),
        };
        kept::CourtDecision {
            kind: kind.number(),
            authorised_by,
            outstanding: outstanding.iter().copied().map(u32::from).collect(),
            by: Some(by.keep()),
            note: keep_sealed(note),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::CourtDecision) -> Result<Self, RecordError> {
        let kept::CourtDecision {
            kind,
            authorised_by,
            outstanding,
            by,
            note,
            at_ms,
        } = message;
        let kind = match (read_code(kind, "decisions.kind")?, authorised_by) {
            (DecisionName::SeekAdjournment, None) => CourtDecisionKind::SeekAdjournment,
            (DecisionName::WithdrawCurfew, None) => CourtDecisionKind::WithdrawCurfew,
            (DecisionName::ProceedWithout, Some(person)) => CourtDecisionKind::ProceedWithout {
                authorised_by: Person::read(person)?,
            },
            _ => {
                return Err(RecordError::Field {
                    field: "decisions.authorised_by",
                });
            }
        };
        Ok(Self {
            kind,
            outstanding: outstanding
                .into_iter()
                .map(|check| read_ordinal(check, "decisions.outstanding"))
                .collect::<Result<_, _>>()?,
            by: By::read(needed(by, "decisions.by")?)?,
            note: read_sealed(note),
            at: read_time(at_ms, "decisions.at_ms")?,
        })
    }
}
