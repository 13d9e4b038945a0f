//! What reports need of a record, and no more: a store can read it without the rest.

use crate::case::{Case, RequirementState};
use crate::code::{CourtCode, ResponderId, ResponderKind};
use crate::enquiry::{
    Answer, Check, CheckState, CourtDecisionKind, Enquiry, LateEffect, Receipt, ReportType,
    Timeliness,
};
use crate::event::DecisionName;
use crate::id::{CheckNumber, RecordId};
use crate::time::Timestamp;

/// What reports need of one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The record.
    pub id: RecordId,
    /// Whose court.
    pub court: CourtCode,
    /// The office that asks, or holds the case; may be empty.
    pub office: Box<str>,
    /// The kind of report, where one is known.
    pub report: Option<ReportType>,
    /// What is needed or asked.
    pub of: Of,
}

/// What is needed, or what was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// A case, with every check that it needs.
    Case(Vec<NeedFacts>),
    /// An enquiry.
    Enquiry(EnquiryFacts),
}

/// A check that a case needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeedFacts {
    /// Whom to ask.
    pub kind: ResponderKind,
    /// By when it must have been asked: before sentence, the hearing.
    pub due: Timestamp,
    /// Where it stands.
    pub standing: NeedStanding,
}

/// Where a check that a case needs stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NeedStanding {
    /// Nobody has asked.
    Needed,
    /// An enquiry covers it.
    Met {
        /// Since when.
        at: Timestamp,
    },
    /// A named person set it aside.
    SetAside,
}

/// What was asked, and decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnquiryFacts {
    /// The hearing, or after sentence the moment to reply by.
    pub deadline: Timestamp,
    /// Its checks, by number.
    pub checks: Vec<CheckFacts>,
    /// What was decided at court, oldest first.
    pub decisions: Vec<DecisionFacts>,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFacts {
    /// Who must answer; none until somebody routes it.
    pub responder: Option<ResponderId>,
    /// When it was asked.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// Whether the hearing began with it unanswered and nothing decided.
    pub sentenced_outstanding: bool,
}

/// Where a check stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has answered.
    Outstanding,
    /// The responder has answered.
    Answered(AnswerFacts),
    /// Another check goes on in its place.
    Redirected,
    /// A named person closed it.
    Closed,
}

/// What the answers of a check come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerFacts {
    /// When the first version came, and whether in time.
    pub first: (Timestamp, Timeliness),
    /// When the newest version came, and whether in time.
    pub newest: (Timestamp, Timeliness),
    /// What the reader of the newest version says that it would have changed; `None` while nobody has read it.
    pub read: Option<Vec<LateEffect>>,
}

/// What was decided at court.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionFacts {
    /// What.
    pub kind: DecisionName,
    /// The checks that were outstanding.
    pub outstanding: Vec<CheckNumber>,
}

impl From<&Case> for Facts {
    fn from(case: &Case) -> Self {
        let need = |requirement: &crate::case::Requirement| NeedFacts {
            kind: requirement.kind,
            due: requirement.due,
            standing: match requirement.state {
                RequirementState::Needed => NeedStanding::Needed,
                RequirementState::Met { at, .. } => NeedStanding::Met { at },
                RequirementState::SetAside { .. } => NeedStanding::SetAside,
            },
        };
        Self {
            id: case.id.into(),
            court: case.court(),
            office: case.holder.unit.office.as_str().into(),
            report: case.report,
            of: Of::Case(case.requirements.iter().map(need).collect()),
        }
    }
}

impl From<&Enquiry> for Facts {
    fn from(enquiry: &Enquiry) -> Self {
        let decisions = enquiry.decisions.iter().map(|decision| DecisionFacts {
            kind: match decision.kind {
                CourtDecisionKind::SeekAdjournment => DecisionName::SeekAdjournment,
                CourtDecisionKind::ProceedWithout { .. } => DecisionName::ProceedWithout,
                CourtDecisionKind::WithdrawCurfew => DecisionName::WithdrawCurfew,
            },
            outstanding: decision.outstanding.clone(),
        });
        Self {
            id: enquiry.id.into(),
            court: enquiry.deadline.court(),
            office: enquiry.requester.unit.office.as_str().into(),
            report: enquiry.report,
            of: Of::Enquiry(EnquiryFacts {
                deadline: enquiry.deadline.at(),
                checks: enquiry.checks.iter().map(CheckFacts::from).collect(),
                decisions: decisions.collect(),
            }),
        }
    }
}

impl From<&Check> for CheckFacts {
    fn from(check: &Check) -> Self {
        Self {
            responder: check.responder.clone(),
            opened_at: check.opened_at,
            standing: Standing::from(&check.state),
            sentenced_outstanding: check.sentenced_outstanding_at.is_some(),
        }
    }
}

impl From<&CheckState> for Standing {
    fn from(state: &CheckState) -> Self {
        match state {
            CheckState::Answered { answers, received } => {
                answered(answers, received.as_ref()).map_or(Self::Outstanding, Self::Answered)
            }
            CheckState::Redirected { .. } => Self::Redirected,
            CheckState::Closed { .. } => Self::Closed,
            CheckState::Waiting { .. }
            | CheckState::Leased { .. }
            | CheckState::Accepted { .. }
            | CheckState::Asked { .. }
            | CheckState::Unroutable { .. } => Self::Outstanding,
        }
    }
}

fn answered(answers: &[Answer], received: Option<&Receipt>) -> Option<AnswerFacts> {
    let of = |answer: &Answer| (answer.at, answer.timeliness);
    Some(AnswerFacts {
        first: of(answers.first()?),
        newest: of(answers.last()?),
        read: received.map(|receipt| receipt.effects.clone()),
    })
}
