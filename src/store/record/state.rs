//! Checks: where each stands, its ladder, its questions and answers.

use super::RecordError;
use super::code::Code;
use super::field::{
    Kept, keep_all, keep_code_if, keep_codes, keep_responder_if, keep_sealed, keep_time, keep_uuid,
    needed, read_all, read_client, read_code, read_code_if, read_codes, read_needed, read_ordinal,
    read_responder_if, read_sealed, read_small, read_time, read_time_if, read_uuid,
};
use super::sharing::{keep_sharing, read_sharing};
use usher_domain::code::{AuthorityCode, ResponderKind};
use usher_domain::enquiry::{
    Answer, ByPhone, Check, CheckState, Closing, Exchange, Lease, Receipt, Reply, RouteReason,
};
use usher_domain::id::LeaseId;
use usher_domain::ladder::{Ladder, Step, StepState};
use usher_proto::storage_v1 as kept;
use usher_proto::storage_v1::check::State;
use usher_proto::storage_v1::route_reason::Reason;

impl Kept for Check {
    type Message = kept::Check;

    fn keep(&self) -> kept::Check {
        let Self {
            number: _,
            kind,
            responder,
            authorities,
            reasons,
            sharing,
            opened_at,
            state,
            ladder,
            leases_lost,
            exchanges,
            sentenced_outstanding_at,
            closing,
            candidates,
        } = self;
        kept::Check {
            responder: keep_responder_if(responder.as_ref()),
            authorities: authorities
                .iter()
                .map(|code| code.as_str().to_owned())
                .collect(),
            reasons: keep_all(reasons),
            opened_at_ms: keep_time(*opened_at),
            ladder: Some(ladder.keep()),
            leases_lost: *leases_lost,
            exchanges: keep_all(exchanges),
            sentenced_outstanding_at_ms: sentenced_outstanding_at.map(keep_time),
            sharing: sharing
                .as_ref()
                .map(|sharing| keep_sharing(sharing, responder.as_ref())),
            closing: closing.as_ref().map(Closing::keep),
            responder_kind: kind.number(),
            candidates: keep_sealed(candidates),
            state: Some(state.keep()),
        }
    }

    /// The number is the place in the list, which the enquiry knows.
    fn read(message: kept::Check) -> Result<Self, RecordError> {
        let kept::Check {
            responder,
            authorities,
            reasons,
            opened_at_ms,
            ladder,
            leases_lost,
            exchanges,
            sentenced_outstanding_at_ms,
            sharing,
            closing,
            responder_kind,
            candidates,
            state,
        } = message;
        let responder = read_responder_if(&responder, "checks.responder")?;
        let sharing = sharing.map(|sharing| read_sharing(sharing, responder.as_ref()));
        Ok(Self {
            number: 0,
            kind: read_code_if(responder_kind, "checks.responder_kind")?
                .unwrap_or(ResponderKind::ChildrenSocialCare),
            responder,
            authorities: authorities
                .iter()
                .map(|code| needed(AuthorityCode::parse(code).ok(), "checks.authorities"))
                .collect::<Result<_, _>>()?,
            reasons: read_all(reasons)?,
            sharing: sharing.transpose()?,
            opened_at: read_time(opened_at_ms, "checks.opened_at_ms")?,
            state: read_needed(state, "checks.state")?,
            ladder: read_needed(ladder, "checks.ladder")?,
            leases_lost,
            exchanges: read_all(exchanges)?,
            sentenced_outstanding_at: read_time_if(
                sentenced_outstanding_at_ms,
                "checks.sentenced_outstanding_at_ms",
            )?,
            closing: closing.map(Closing::read).transpose()?,
            candidates: read_sealed(candidates),
        })
    }
}

impl Kept for CheckState {
    type Message = State;

    fn keep(&self) -> State {
        match self {
            Self::Waiting {
                since,
                for_people: None,
            } => State::WaitingSinceMs(keep_time(*since)),
            Self::Waiting {
                since,
                for_people: Some(reason),
            } => State::WaitingForPeople(kept::WaitingForPeople {
                since_ms: keep_time(*since),
                reason: reason.number(),
            }),
            Self::Leased { lease } => State::Leased(lease.keep()),
            Self::Accepted {
                at,
                by,
                expected_by,
            } => State::Accepted(kept::Accepted {
                at_ms: keep_time(*at),
                by: Some(by.keep()),
                expected_by_ms: expected_by.map(keep_time),
            }),
            Self::Asked { at, by } => State::Asked(kept::Asked {
                at_ms: keep_time(*at),
                by: Some(by.keep()),
            }),
            Self::Unroutable { why, since } => State::Unroutable(kept::Unroutable {
                why: keep_codes(why),
                since_ms: keep_time(*since),
            }),
            Self::Answered { answers, received } => State::Answered(kept::Answered {
                answers: keep_all(answers),
                received: received.as_ref().map(Receipt::keep),
            }),
            Self::Redirected { to, at, by } => State::Redirected(kept::Redirected {
                to: u32::from(*to),
                at_ms: keep_time(*at),
                by: Some(by.keep()),
            }),
            Self::Closed {
                by,
                reason,
                note,
                at,
            } => State::Closed(kept::Closed {
                by: Some(by.keep()),
                reason: reason.number(),
                note: keep_sealed(note),
                at_ms: keep_time(*at),
            }),
        }
    }

    fn read(message: State) -> Result<Self, RecordError> {
        Ok(match message {
            State::WaitingSinceMs(since) => Self::Waiting {
                since: read_time(since, "waiting_since_ms")?,
                for_people: None,
            },
            State::WaitingForPeople(kept::WaitingForPeople { since_ms, reason }) => Self::Waiting {
                since: read_time(since_ms, "waiting_for_people.since_ms")?,
                for_people: Some(read_code(reason, "waiting_for_people.reason")?),
            },
            State::Leased(lease) => Self::Leased {
                lease: Lease::read(lease)?,
            },
            State::Accepted(kept::Accepted {
                at_ms,
                by,
                expected_by_ms,
            }) => Self::Accepted {
                at: read_time(at_ms, "accepted.at_ms")?,
                by: read_needed(by, "accepted.by")?,
                expected_by: read_time_if(expected_by_ms, "accepted.expected_by_ms")?,
            },
            State::Asked(kept::Asked { at_ms, by }) => Self::Asked {
                at: read_time(at_ms, "asked.at_ms")?,
                by: read_needed(by, "asked.by")?,
            },
            State::Unroutable(kept::Unroutable { why, since_ms }) => Self::Unroutable {
                why: read_codes(&why, "unroutable.why")?,
                since: read_time(since_ms, "unroutable.since_ms")?,
            },
            State::Answered(kept::Answered { answers, received }) => {
                needed(answers.first(), "answered.answers")?;
                Self::Answered {
                    answers: read_all(answers)?,
                    received: received.map(Receipt::read).transpose()?,
                }
            }
            State::Redirected(kept::Redirected { to, at_ms, by }) => Self::Redirected {
                to: read_ordinal(to, "redirected.to")?,
                at: read_time(at_ms, "redirected.at_ms")?,
                by: read_needed(by, "redirected.by")?,
            },
            State::Closed(kept::Closed {
                by,
                reason,
                note,
                at_ms,
            }) => Self::Closed {
                by: read_needed(by, "closed.by")?,
                reason: read_code(reason, "closed.reason")?,
                note: read_sealed(note),
                at: read_time(at_ms, "closed.at_ms")?,
            },
        })
    }
}

impl Kept for Lease {
    type Message = kept::Leased;

    fn keep(&self) -> kept::Leased {
        let Self {
            id,
            client,
            since,
            expires,
        } = self;
        kept::Leased {
            id: keep_uuid(id.uuid()),
            client: client.as_str().to_owned(),
            since_ms: keep_time(*since),
            expires_ms: keep_time(*expires),
        }
    }

    fn read(message: kept::Leased) -> Result<Self, RecordError> {
        let kept::Leased {
            id,
            client,
            since_ms,
            expires_ms,
        } = message;
        Ok(Self {
            id: LeaseId::from_uuid(read_uuid(&id, "leased.id")?),
            client: read_client(&client, "leased.client")?,
            since: read_time(since_ms, "leased.since_ms")?,
            expires: read_time(expires_ms, "leased.expires_ms")?,
        })
    }
}

impl Kept for RouteReason {
    type Message = kept::RouteReason;

    fn keep(&self) -> kept::RouteReason {
        kept::RouteReason {
            reason: Some(match self {
                Self::Address {
                    index,
                    role,
                    terminated,
                    why,
                } => Reason::Address(kept::RouteAddress {
                    index: u32::from(*index),
                    role: role.number(),
                    terminated: *terminated,
                    why: why.map(Code::number),
                }),
                Self::Named => Reason::Named(kept::Nothing {}),
                Self::Unserved { authority } => Reason::Unserved(authority.to_string()),
                Self::Redirected { from } => Reason::RedirectedFrom(u32::from(*from)),
                Self::Operator => Reason::Operator(kept::Nothing {}),
            }),
        }
    }

    fn read(message: kept::RouteReason) -> Result<Self, RecordError> {
        let kept::RouteReason { reason } = message;
        Ok(match needed(reason, "reasons.reason")? {
            Reason::Address(kept::RouteAddress {
                index,
                role,
                terminated,
                why,
            }) => Self::Address {
                index: read_small(index, "reasons.index")?,
                role: read_code(role, "reasons.role")?,
                terminated,
                why: why.map(|why| read_code(why, "reasons.why")).transpose()?,
            },
            Reason::Named(kept::Nothing {}) => Self::Named,
            Reason::Unserved(code) => Self::Unserved {
                authority: needed(AuthorityCode::parse(&code).ok(), "reasons.unserved")?,
            },
            Reason::RedirectedFrom(from) => Self::Redirected {
                from: read_ordinal(from, "reasons.redirected_from")?,
            },
            Reason::Operator(kept::Nothing {}) => Self::Operator,
        })
    }
}

impl Kept for Answer {
    type Message = kept::Answer;

    fn keep(&self) -> kept::Answer {
        let Self {
            disposition,
            outcome,
            by,
            at,
            timeliness,
            data_as_of,
            content,
            by_phone,
        } = self;
        kept::Answer {
            disposition: disposition.number(),
            by: Some(by.keep()),
            at_ms: keep_time(*at),
            timeliness: timeliness.number(),
            data_as_of_ms: data_as_of.map(keep_time),
            content: keep_sealed(content),
            by_phone: by_phone.as_ref().map(ByPhone::keep),
            referral_outcome: keep_code_if(*outcome),
        }
    }

    fn read(message: kept::Answer) -> Result<Self, RecordError> {
        let kept::Answer {
            disposition,
            by,
            at_ms,
            timeliness,
            data_as_of_ms,
            content,
            by_phone,
            referral_outcome,
        } = message;
        Ok(Self {
            disposition: read_code(disposition, "answers.disposition")?,
            outcome: read_code_if(referral_outcome, "answers.referral_outcome")?,
            by: read_needed(by, "answers.by")?,
            at: read_time(at_ms, "answers.at_ms")?,
            timeliness: read_code(timeliness, "answers.timeliness")?,
            data_as_of: read_time_if(data_as_of_ms, "answers.data_as_of_ms")?,
            content: read_sealed(content),
            by_phone: by_phone.map(ByPhone::read).transpose()?,
        })
    }
}

impl Kept for Exchange {
    type Message = kept::Exchange;

    fn keep(&self) -> kept::Exchange {
        let Self {
            question,
            asked_by,
            asked_at,
            reply,
        } = self;
        kept::Exchange {
            question: keep_sealed(question),
            asked_by: Some(asked_by.keep()),
            asked_at_ms: keep_time(*asked_at),
            reply: reply.as_ref().map(Reply::keep),
        }
    }

    fn read(message: kept::Exchange) -> Result<Self, RecordError> {
        let kept::Exchange {
            question,
            asked_by,
            asked_at_ms,
            reply,
        } = message;
        Ok(Self {
            question: read_sealed(question),
            asked_by: read_needed(asked_by, "exchanges.asked_by")?,
            asked_at: read_time(asked_at_ms, "exchanges.asked_at_ms")?,
            reply: reply.map(Reply::read).transpose()?,
        })
    }
}

impl Kept for Reply {
    type Message = kept::Reply;

    fn keep(&self) -> kept::Reply {
        let Self { text, by, at } = self;
        kept::Reply {
            text: keep_sealed(text),
            by: Some(by.keep()),
            at_ms: keep_time(*at),
        }
    }

    fn read(message: kept::Reply) -> Result<Self, RecordError> {
        let kept::Reply { text, by, at_ms } = message;
        Ok(Self {
            text: read_sealed(text),
            by: read_needed(by, "reply.by")?,
            at: read_time(at_ms, "reply.at_ms")?,
        })
    }
}

impl Kept for Ladder {
    type Message = kept::Ladder;

    fn keep(&self) -> kept::Ladder {
        let Self { generation, steps } = self;
        kept::Ladder {
            generation: u32::from(*generation),
            steps: keep_all(steps),
        }
    }

    fn read(message: kept::Ladder) -> Result<Self, RecordError> {
        let kept::Ladder { generation, steps } = message;
        Ok(Self {
            generation: read_small(generation, "ladder.generation")?,
            steps: read_all(steps)?,
        })
    }
}

impl Kept for Step {
    type Message = kept::Step;

    fn keep(&self) -> kept::Step {
        let Self {
            name,
            kind,
            due,
            audience,
            unless,
            state,
        } = self;
        kept::Step {
            name: name.to_string(),
            kind: kind.number(),
            due_ms: keep_time(*due),
            audience: keep_codes(audience),
            unless: unless.number(),
            state: match state {
                StepState::Pending => None,
                StepState::Raised { at, alert } => {
                    Some(kept::step::State::Raised(kept::StepRaised {
                        at_ms: keep_time(*at),
                        alert: u32::from(*alert),
                    }))
                }
                StepState::Moot { at } => Some(kept::step::State::MootAtMs(keep_time(*at))),
            },
        }
    }

    fn read(message: kept::Step) -> Result<Self, RecordError> {
        let kept::Step {
            name,
            kind,
            due_ms,
            audience,
            unless,
            state,
        } = message;
        Ok(Self {
            name: name.into(),
            kind: read_code(kind, "steps.kind")?,
            due: read_time(due_ms, "steps.due_ms")?,
            audience: read_codes(&audience, "steps.audience")?,
            unless: read_code(unless, "steps.unless")?,
            state: match state {
                None => StepState::Pending,
                Some(kept::step::State::Raised(kept::StepRaised { at_ms, alert })) => {
                    StepState::Raised {
                        at: read_time(at_ms, "steps.raised.at_ms")?,
                        alert: read_ordinal(alert, "steps.raised.alert")?,
                    }
                }
                Some(kept::step::State::MootAtMs(at)) => StepState::Moot {
                    at: read_time(at, "steps.moot_at_ms")?,
                },
            },
        })
    }
}
