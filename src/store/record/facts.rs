//! What reports need of a record, read past everything else: the messages here name only those fields, and skip the rest of what is kept.
//! It is several times as quick as reading the record.

use super::envelope::Envelope;
use super::field::{
    malformed, needed, read_code, read_code_if, read_codes, read_court, read_ordinal,
    read_responder_if, read_time, read_uuid,
};
use super::sentence::read_date;
use super::{Listed, RecordError};
use crate::store::Filter;
use prost::Message;
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{Purpose, Timeliness};
use usher_domain::id::{EnquiryId, RecordId};
use usher_domain::index::RecordKind;
use usher_domain::report::facts::{
    AnswerFacts, CheckFacts, DecisionFacts, EnquiryFacts, Facts, NeedFacts, NeedStanding, Of,
    SentenceFacts, Standing,
};
use usher_domain::time::Timestamp;

#[derive(Clone, PartialEq, Message)]
struct Case {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    hearing: Option<Deadline>,
    #[prost(int32, tag = "5")]
    report: i32,
    #[prost(message, optional, tag = "9")]
    unit: Option<Unit>,
    #[prost(message, repeated, tag = "14")]
    requirements: Vec<Requirement>,
}

#[derive(Clone, PartialEq, Message)]
struct Enquiry {
    #[prost(bytes = "vec", tag = "1")]
    id: Vec<u8>,
    #[prost(message, optional, tag = "2")]
    requester: Option<Requester>,
    #[prost(int32, tag = "3")]
    purpose: i32,
    #[prost(int32, tag = "4")]
    report: i32,
    #[prost(message, optional, tag = "10")]
    deadline: Option<Deadline>,
    #[prost(message, repeated, tag = "14")]
    checks: Vec<Check>,
    #[prost(message, repeated, tag = "16")]
    decisions: Vec<Decision>,
    #[prost(message, optional, tag = "38")]
    sentence: Option<Sentence>,
}

#[derive(Clone, PartialEq, Message)]
struct Sentence {
    #[prost(int32, tag = "1")]
    outcome: i32,
    #[prost(string, tag = "2")]
    date: String,
}

#[derive(Clone, PartialEq, Message)]
struct Deadline {
    #[prost(string, tag = "1")]
    court: String,
    #[prost(int64, tag = "2")]
    at_ms: i64,
}

#[derive(Clone, PartialEq, Message)]
struct Requester {
    #[prost(message, optional, tag = "3")]
    unit: Option<Unit>,
}

#[derive(Clone, PartialEq, Message)]
struct Unit {
    #[prost(string, tag = "2")]
    office: String,
}

#[derive(Clone, PartialEq, Message)]
struct Requirement {
    #[prost(int32, tag = "3")]
    responder_kind: i32,
    #[prost(int64, tag = "7")]
    due_ms: i64,
    #[prost(message, optional, tag = "20")]
    met: Option<Met>,
    #[prost(message, optional, tag = "21")]
    set_aside: Option<Something>,
}

#[derive(Clone, PartialEq, Message)]
struct Met {
    #[prost(bytes = "vec", repeated, tag = "1")]
    enquiries: Vec<Vec<u8>>,
    #[prost(int64, tag = "2")]
    at_ms: i64,
}

/// A message that says by being there.
#[derive(Clone, PartialEq, Message)]
struct Something {}

#[derive(Clone, PartialEq, Message)]
struct Check {
    #[prost(string, tag = "1")]
    responder: String,
    #[prost(int64, tag = "4")]
    opened_at_ms: i64,
    #[prost(int64, optional, tag = "8")]
    sentenced_outstanding_at_ms: Option<i64>,
    #[prost(int32, tag = "19")]
    responder_kind: i32,
    #[prost(message, optional, tag = "25")]
    answered: Option<Answered>,
    #[prost(message, optional, tag = "26")]
    redirected: Option<Something>,
    #[prost(message, optional, tag = "27")]
    closed: Option<Something>,
}

#[derive(Clone, PartialEq, Message)]
struct Answered {
    #[prost(message, repeated, tag = "1")]
    answers: Vec<Answer>,
    #[prost(message, optional, tag = "2")]
    received: Option<Receipt>,
}

#[derive(Clone, PartialEq, Message)]
struct Answer {
    #[prost(int64, tag = "3")]
    at_ms: i64,
    #[prost(int32, tag = "4")]
    timeliness: i32,
}

#[derive(Clone, PartialEq, Message)]
struct Receipt {
    #[prost(int32, repeated, tag = "3")]
    effects: Vec<i32>,
}

#[derive(Clone, PartialEq, Message)]
struct Decision {
    #[prost(int32, tag = "1")]
    kind: i32,
    #[prost(uint32, repeated, tag = "3")]
    outstanding: Vec<u32>,
}

impl Listed for Facts {
    fn read(id: RecordId, envelope: &Envelope) -> Result<Self, RecordError> {
        let body = envelope.body.as_slice();
        let facts = match envelope.kind {
            RecordKind::Case => of_case(Case::decode(body).map_err(malformed)?),
            RecordKind::Enquiry => of_enquiry(Enquiry::decode(body).map_err(malformed)?),
        }?;
        if facts.id == id {
            Ok(facts)
        } else {
            Err(RecordError::Misplaced)
        }
    }

    /// By kind and court, which is all that reports ask.
    fn is_wanted(&self, filter: &Filter) -> bool {
        let kind = match self.of {
            Of::Case(_) => RecordKind::Case,
            Of::Enquiry(_) => RecordKind::Enquiry,
        };
        let courts = filter.courts.as_ref();
        kind == filter.kind && courts.is_none_or(|courts| courts.contains(&self.court))
    }
}

fn of_case(case: Case) -> Result<Facts, RecordError> {
    let hearing = needed(case.hearing, "hearing")?;
    let needs = case.requirements.into_iter().map(need);
    Ok(Facts {
        id: RecordId::from_uuid(read_uuid(&case.id, "id")?),
        court: read_court(&hearing.court, "hearing.court")?,
        office: office(case.unit),
        report: read_code_if(case.report, "report")?,
        of: Of::Case(needs.collect::<Result<_, _>>()?),
    })
}

fn need(requirement: Requirement) -> Result<NeedFacts, RecordError> {
    let standing = match (requirement.met, requirement.set_aside) {
        (Some(met), _) => {
            let enquiries = met.enquiries.iter().map(|bytes| enquiry_id(bytes));
            NeedStanding::Met {
                enquiries: enquiries.collect::<Result<_, _>>()?,
                at: read_time(met.at_ms, "met.at_ms")?,
            }
        }
        (None, Some(_)) => NeedStanding::SetAside,
        (None, None) => NeedStanding::Needed,
    };
    Ok(NeedFacts {
        kind: read_code(requirement.responder_kind, "requirements.responder_kind")?,
        due: read_time(requirement.due_ms, "requirements.due_ms")?,
        standing,
    })
}

fn of_enquiry(enquiry: Enquiry) -> Result<Facts, RecordError> {
    let deadline = needed(enquiry.deadline, "deadline")?;
    let checks = enquiry.checks.into_iter().map(check);
    let decisions = enquiry.decisions.into_iter().map(decision);
    let purpose: Purpose = read_code(enquiry.purpose, "purpose")?;
    Ok(Facts {
        id: RecordId::from_uuid(read_uuid(&enquiry.id, "id")?),
        court: read_court(&deadline.court, "deadline.court")?,
        office: office(needed(enquiry.requester, "requester")?.unit),
        report: read_code_if(enquiry.report, "report")?,
        of: Of::Enquiry(EnquiryFacts {
            is_referral: purpose == Purpose::Referral,
            deadline: read_time(deadline.at_ms, "deadline.at_ms")?,
            checks: checks.collect::<Result<_, _>>()?,
            decisions: decisions.collect::<Result<_, _>>()?,
            sentence: sentence(enquiry.sentence)?,
        }),
    })
}

fn sentence(sentence: Option<Sentence>) -> Result<SentenceFacts, RecordError> {
    let Some(Sentence { outcome, date }) = sentence else {
        return Ok(SentenceFacts::NotRecorded);
    };
    let outcome = read_code(outcome, "sentence.outcome")?;
    Ok(SentenceFacts::of(
        outcome,
        read_date(&date, "sentence.date")?,
    ))
}

fn enquiry_id(bytes: &[u8]) -> Result<EnquiryId, RecordError> {
    Ok(EnquiryId::from_uuid(read_uuid(bytes, "met.enquiries")?))
}

fn check(check: Check) -> Result<CheckFacts, RecordError> {
    let standing = match (check.answered, check.redirected, check.closed) {
        (Some(answered), ..) => Standing::Answered(answers(&answered)?),
        (None, Some(_), _) => Standing::Redirected,
        (None, None, Some(_)) => Standing::Closed,
        (None, None, None) => Standing::Outstanding,
    };
    let kind = read_code_if(check.responder_kind, "checks.responder_kind")?;
    Ok(CheckFacts {
        kind: kind.unwrap_or(ResponderKind::ChildrenSocialCare),
        responder: read_responder_if(&check.responder, "checks.responder")?,
        opened_at: read_time(check.opened_at_ms, "checks.opened_at_ms")?,
        standing,
        stood_sentenced: check.sentenced_outstanding_at_ms.is_some(),
    })
}

fn answers(answered: &Answered) -> Result<AnswerFacts, RecordError> {
    let read = |answer: Option<&Answer>| -> Result<(Timestamp, Timeliness), RecordError> {
        let answer = needed(answer, "answers")?;
        Ok((
            read_time(answer.at_ms, "answers.at_ms")?,
            read_code(answer.timeliness, "answers.timeliness")?,
        ))
    };
    let effects = answered.received.as_ref().map(|receipt| {
        let effects = receipt.effects.as_slice();
        read_codes(effects, "received.effects")
    });
    Ok(AnswerFacts {
        first: read(answered.answers.first())?,
        newest: read(answered.answers.last())?,
        read: effects.transpose()?,
    })
}

fn decision(decision: Decision) -> Result<DecisionFacts, RecordError> {
    let outstanding = decision.outstanding.into_iter();
    let numbers = outstanding.map(|number| read_ordinal(number, "decisions.outstanding"));
    Ok(DecisionFacts {
        kind: read_code(decision.kind, "decisions.kind")?,
        outstanding: numbers.collect::<Result<_, _>>()?,
    })
}

fn office(unit: Option<Unit>) -> Box<str> {
    unit.unwrap_or_default().office.into()
}
