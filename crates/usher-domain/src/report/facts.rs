//! What reports need of a record, and no more: a store can read it without the rest.

use crate::case::{Case, RequirementState};
use crate::code::{CourtCode, ResponderId, ResponderKind};
use crate::enquiry::{
    Answer, Check, CheckState, CourtDecisionKind, Enquiry, LateEffect, Purpose, Receipt,
    ReportType, Sentence, SentenceOutcome, Timeliness,
};
use crate::event::DecisionName;
use crate::id::{CheckNumber, EnquiryId, RecordId};
use crate::time::{Timestamp, to_london};
use core::cmp::Ordering;
use jiff::civil::Date;

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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedStanding {
    /// Nobody has asked.
    Needed,
    /// An enquiry covers it.
    Met {
        /// Which.
        enquiries: Vec<EnquiryId>,
        /// Since when.
        at: Timestamp,
    },
    /// A named person set it aside.
    SetAside,
}

/// What was asked, and decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnquiryFacts {
    /// Whether it asks nothing: it tells of somebody at risk.
    pub is_referral: bool,
    /// The hearing, or after sentence the moment to reply by.
    pub deadline: Timestamp,
    /// Its checks, by number.
    pub checks: Vec<CheckFacts>,
    /// What was decided at court, oldest first.
    pub decisions: Vec<DecisionFacts>,
    /// What the court did.
    pub sentence: SentenceFacts,
}

/// What the court did, as far as somebody recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SentenceFacts {
    /// Nobody has recorded it.
    NotRecorded,
    /// It passed no sentence.
    NotPassed,
    /// It passed one on this day, in London.
    Passed(Date),
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFacts {
    /// What kind of service it asks.
    pub kind: ResponderKind,
    /// Who must answer; none until somebody routes it.
    pub responder: Option<ResponderId>,
    /// When it was asked.
    pub opened_at: Timestamp,
    /// Where it stands.
    pub standing: Standing,
    /// Whether its record has stood as sentenced outstanding; [`EnquiryFacts::is_sentenced_outstanding`] says whether it counts as that.
    pub stood_sentenced: bool,
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

impl Facts {
    /// The enquiries that cover what a case needs; none of an enquiry.
    pub fn covered_by(&self) -> impl Iterator<Item = EnquiryId> {
        let needs = match &self.of {
            Of::Case(needs) => needs.as_slice(),
            Of::Enquiry(_) => &[],
        };
        let covering = needs.iter().map(|need| match &need.standing {
            NeedStanding::Met { enquiries, .. } => enquiries.as_slice(),
            NeedStanding::Needed | NeedStanding::SetAside => &[],
        });
        covering.flatten().copied()
    }
}

impl From<&Case> for Facts {
    fn from(case: &Case) -> Self {
        let need = |requirement: &crate::case::Requirement| NeedFacts {
            kind: requirement.kind,
            due: requirement.due,
            standing: match &requirement.state {
                RequirementState::Needed => NeedStanding::Needed,
                RequirementState::Met { enquiries, at, .. } => NeedStanding::Met {
                    enquiries: enquiries.iter().map(|one| one.enquiry).collect(),
                    at: *at,
                },
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
                is_referral: enquiry.purpose == Purpose::Referral,
                deadline: enquiry.deadline.at(),
                checks: enquiry.checks.iter().map(CheckFacts::from).collect(),
                decisions: decisions.collect(),
                sentence: SentenceFacts::from(enquiry.sentence.as_deref()),
            }),
        }
    }
}

impl From<Option<&Sentence>> for SentenceFacts {
    fn from(sentence: Option<&Sentence>) -> Self {
        match sentence {
            None => Self::NotRecorded,
            Some(sentence) => Self::of(sentence.outcome, sentence.date),
        }
    }
}

impl SentenceFacts {
    /// What was recorded.
    pub fn of(outcome: SentenceOutcome, date: Date) -> Self {
        match outcome {
            SentenceOutcome::NoSentence => Self::NotPassed,
            _ => Self::Passed(date),
        }
    }
}

impl EnquiryFacts {
    /// Whether what first answered a check, when and in time or not, came before sentence: on an earlier day than that on which one was
    /// passed, or on that day in time for the hearing. Until somebody records that one was, the hearing says. The one rule, for all figures.
    pub fn is_before_sentence(&self, (at, in_time): (Timestamp, Timeliness)) -> bool {
        let in_time = in_time == Timeliness::InTime;
        match self.sentence {
            SentenceFacts::Passed(day) => match to_london(at).date().cmp(&day) {
                Ordering::Less => true,
                Ordering::Equal => in_time,
                Ordering::Greater => false,
            },
            SentenceFacts::NotRecorded | SentenceFacts::NotPassed => in_time,
        }
    }

    /// Whether the case was sentenced while nobody had answered `check`, whatever was decided about it. Until somebody records what the
    /// court did, a hearing that began with nothing answered and nothing decided counts as a sentence. The one rule, for all figures.
    pub fn is_sentenced_outstanding(&self, check: &CheckFacts) -> bool {
        match (self.sentence, &check.standing) {
            (SentenceFacts::NotPassed, _) | (_, Standing::Redirected) => false,
            (_, Standing::Answered(answer)) if self.is_before_sentence(answer.first) => false,
            (SentenceFacts::Passed(_), Standing::Answered(_) | Standing::Outstanding) => true,
            (SentenceFacts::Passed(_), Standing::Closed) | (SentenceFacts::NotRecorded, _) => {
                check.stood_sentenced
            }
        }
    }
}

impl From<&Check> for CheckFacts {
    fn from(check: &Check) -> Self {
        Self {
            kind: check.kind,
            responder: check.responder.clone(),
            opened_at: check.opened_at,
            standing: Standing::from(&check.state),
            stood_sentenced: check.sentenced_outstanding_at.is_some(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Verb;
    use crate::rules::cases::{
        HEARING, accept, adapter, after, answer, at, clock, hearing, move_to, officer, proceed,
        submitted, withdraw,
    };
    use SentenceOutcome::{Custody, NoSentence};

    const DAY: i64 = 24 * 60;

    fn sentenced(outcome: SentenceOutcome, days: i64) -> Verb {
        Verb::RecordSentence {
            outcome,
            date: to_london(at(HEARING + days * DAY)).date(),
        }
    }

    /// Which checks count after these acts, given by whom and in which minute.
    fn check(acts: &[(crate::actor::Actor, i64, Verb)], expected: &[CheckNumber]) {
        let enquiry = after(submitted(&["a", "b"]), acts);
        let Of::Enquiry(facts) = Facts::from(&enquiry).of else {
            panic!("an enquiry was expected");
        };
        let checks = (1..).zip(&facts.checks);
        let counts = checks.filter(|(_, check)| facts.is_sentenced_outstanding(check));
        let found: Vec<CheckNumber> = counts.map(|(number, _)| number).collect();
        assert_eq!(found, expected, "{acts:?}");
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_answer_is_before_sentence_by_its_day_and_on_that_day_by_the_hearing() {
        use Timeliness::{AfterHearing, InTime};
        let passed = |days: i64| SentenceFacts::Passed(to_london(at(HEARING + days * DAY)).date());
        for (sentence, minutes, in_time, expected) in [
            (SentenceFacts::NotRecorded, 0, InTime, true),
            (SentenceFacts::NotRecorded, HEARING, AfterHearing, false),
            (SentenceFacts::NotPassed, 0, InTime, true),
            (SentenceFacts::NotPassed, HEARING, AfterHearing, false),
            (passed(0), 0, InTime, true),
            (passed(0), HEARING, AfterHearing, false),
            // Sentence was passed on a later day than the hearing's, or on an earlier one.
            (passed(1), HEARING + 1, AfterHearing, true),
            (passed(1), HEARING + DAY, AfterHearing, false),
            (passed(-1), 0, InTime, false),
        ] {
            let facts = EnquiryFacts {
                is_referral: false,
                deadline: at(HEARING),
                checks: Vec::new(),
                decisions: Vec::new(),
                sentence,
            };
            assert_eq!(facts.is_before_sentence((at(minutes), in_time)), expected, "{sentence:?} {minutes}");
        }
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn sentenced_outstanding_is_what_nobody_had_answered_at_sentence() {
        let taken = (adapter("a"), 1, accept(None, None));
        let begun = (clock(), HEARING, Verb::Advance);
        let passed = |minute| (officer(), minute, sentenced(Custody, 0));
        let dismissed = |minute| (officer(), minute, sentenced(NoSentence, 0));
        let answered = |minute| (adapter("a"), minute, answer(None));
        let decided = || (officer(), 100, proceed());
        // Nobody has recorded what the court did: a hearing that began with neither counts.
        check(&[], &[]);
        check(&[taken.clone(), begun.clone()], &[1, 2]);
        check(&[taken.clone(), answered(2), begun.clone()], &[2]);
        check(&[taken.clone(), begun.clone(), answered(HEARING + 1)], &[1, 2]);
        check(&[taken.clone(), decided(), begun.clone()], &[]);
        check(&[begun.clone(), (officer(), HEARING + 1, move_to(hearing(HEARING + 60)))], &[]);
        // It was sentenced: a decision answers nothing.
        check(&[taken.clone(), decided(), begun.clone(), passed(HEARING + 1)], &[1, 2]);
        check(&[taken.clone(), answered(2), decided(), passed(HEARING)], &[2]);
        // Recorded when an answer had come: later on that day is after, and so is a later day; an earlier day is before.
        check(&[taken.clone(), decided(), answered(HEARING + 1), passed(HEARING + 2)], &[1, 2]);
        check(&[taken.clone(), decided(), answered(HEARING + DAY), passed(HEARING + 2 * DAY)], &[1, 2]);
        let later = (officer(), HEARING + 2 * DAY, sentenced(Custody, 1));
        check(&[taken.clone(), begun.clone(), answered(HEARING + 1), later], &[2]);
        // Closed while it stood so, or before.
        check(&[taken.clone(), begun.clone(), (officer(), HEARING + 1, withdraw()), passed(HEARING + 2)], &[1, 2]);
        check(&[taken.clone(), (officer(), 2, withdraw()), passed(HEARING + 2)], &[]);
        // The court passed no sentence.
        check(&[taken, begun, answered(HEARING + 1), dismissed(HEARING + 2)], &[]);
    }
}
