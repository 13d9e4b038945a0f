//! Earlier answers that may do instead of asking again: about the same person, of the kind and for a purpose that the rule accepts, and
//! recent enough. Here they are found; using one is a named person's decision, and what that names is looked at before it counts.
//!
//! Who somebody is, is sealed in each record, and no index has it. So the enquiries of the case's own court are looked through, open ones
//! first, and only those are opened whose answers fit otherwise. Whoever asks is told when there were too many to look at.

use crate::broker::{Broker, BrokerError};
use crate::store::{Filter, Page, Stored, record};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use usher_domain::actor::Actor;
use usher_domain::case::Requirement;
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::enquiry::{Answer, Check, Disposition, Enquiry, Purpose};
use usher_domain::id::{CaseId, CheckId, RequirementNumber};
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::permit;
use usher_domain::personal::{AnswerContent, Handling, Subject, known_same_person};
use usher_domain::rejection::Rejection;
use usher_domain::time::{Timestamp, to_london};

/// Enquiries of a court that one look goes through: about two years of a busy court, a second's work.
const EXAMINED_MAX: usize = 10_000;
/// Answers that are offered, the newest.
const OFFERED_MAX: usize = 20;

/// An earlier answer, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EarlierAnswer {
    /// The check.
    pub check: CheckId,
    /// What the enquiry was for.
    pub purpose: Purpose,
    /// Who answered.
    pub responder: ResponderId,
    /// The version, from 1: the newest.
    pub version: u8,
    /// What it comes to.
    pub disposition: Disposition,
    /// When it came.
    pub answered_at: Timestamp,
    /// Until when the rule lets it be relied on.
    pub good_until: Timestamp,
    /// How its pieces may be used, each code once.
    pub handling: Vec<Handling>,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EarlierAnswers {
    /// The newest first, at most 20.
    pub answers: Vec<EarlierAnswer>,
    /// Whether every enquiry of the court was looked at.
    pub complete: bool,
}

/// What is looked for.
struct Sought {
    court: CourtCode,
    requirement: Requirement,
    /// `None` where nothing is known of the defendant: then nobody is known to be the same.
    subject: Option<Subject>,
    now: Timestamp,
}

impl Broker {
    /// Earlier answers that may do for what a case needs, among those that the actor may see of the case's court.
    ///
    /// # Errors
    /// `NotFound` when there is no such case or requirement or it is not the actor's; store errors.
    pub async fn earlier_answers(
        &self,
        case: CaseId,
        requirement: RequirementNumber,
        actor: &Actor,
    ) -> Result<EarlierAnswers, BrokerError> {
        let sought = self.sought(case, requirement, actor).await?;
        let filter = Filter {
            kind: RecordKind::Enquiry,
            courts: Some(vec![sought.court]),
            ..Filter::default()
        };
        let (mut found, mut after, mut examined) = (Vec::new(), None, 0);
        let complete = loop {
            let size = limits::PAGE_SIZE_MAX;
            let listing = self.store.list(&filter, &Page { after, size }).await?;
            let enquiries = listing.records.into_iter().filter_map(Stored::enquiry);
            for stored in enquiries {
                match self.fitting(&sought, &stored.record, actor) {
                    Ok(fitting) => found.extend(fitting),
                    // An alert tells of it; the others can still do.
                    Err(BrokerError::Unreadable { .. }) => {}
                    Err(error) => return Err(error),
                }
            }
            examined += size;
            match listing.next {
                None => break true,
                Some(_) if examined >= EXAMINED_MAX => break false,
                next => after = next,
            }
        };
        found.sort_by_key(|answer: &EarlierAnswer| (Reverse(answer.answered_at), answer.check));
        found.truncate(OFFERED_MAX);
        Ok(EarlierAnswers {
            answers: found,
            complete,
        })
    }

    /// Refuses to rely on what is no earlier answer that may do. Says nothing of what is met or set aside already: the rule does.
    ///
    /// # Errors
    /// `Invalid`; `NotFound` when the case, the requirement or the enquiry is not there or not the actor's; store errors.
    pub(super) async fn check_earlier_answer(
        &self,
        case: CaseId,
        requirement: RequirementNumber,
        answer: CheckId,
        actor: &Actor,
    ) -> Result<(), BrokerError> {
        let sought = self.sought(case, requirement, actor).await?;
        if sought.requirement.state.is_exit() {
            return Ok(());
        }
        let stored = self.visible(answer.enquiry, actor).await?;
        let fitting = self.fitting(&sought, &stored.record, actor)?;
        if fitting.iter().any(|found| found.check == answer) {
            return Ok(());
        }
        Err(Rejection::Invalid {
            field: "answer_check_id",
            why: "is no answer about this person that the rule accepts: list the earlier answers and name one of them, or ask anew",
        }
        .into())
    }

    async fn sought(
        &self,
        case: CaseId,
        number: RequirementNumber,
        actor: &Actor,
    ) -> Result<Sought, BrokerError> {
        let case = self.visible_case(case, actor).await?.record;
        let requirement = case.requirement(number).cloned();
        Ok(Sought {
            court: case.court(),
            requirement: requirement.ok_or(Rejection::NotFound {
                what: "requirement",
            })?,
            subject: self.people_of(&case)?.map(|people| people.subject),
            now: self.clock.now(),
        })
    }

    /// The answers of one enquiry that may do.
    fn fitting(
        &self,
        sought: &Sought,
        enquiry: &Enquiry,
        actor: &Actor,
    ) -> Result<Vec<EarlierAnswer>, BrokerError> {
        let purpose = sought.requirement.covered_by.contains(&enquiry.purpose);
        let Some(subject) = sought.subject.as_ref().filter(|_| purpose) else {
            return Ok(Vec::new());
        };
        let usable = |check| self.usable(sought, check);
        let usable: Vec<_> = enquiry.checks.iter().filter_map(usable).collect();
        if usable.is_empty() || !permit::sees(actor, enquiry) {
            return Ok(Vec::new());
        }
        let unreadable = |source| self.unreadable(enquiry.id.into(), source);
        let people = record::open_personal(&enquiry.personal).map_err(unreadable)?;
        if !known_same_person(subject, &people.subject) {
            return Ok(Vec::new());
        }
        let today = to_london(sought.now).date();
        let mut fitting = Vec::new();
        for (check, responder, answer, good_until) in usable {
            let content = record::open_answer(&answer.content).map_err(unreadable)?;
            if content.valid_until.is_some_and(|last| last < today) {
                continue;
            }
            fitting.push(EarlierAnswer {
                check: enquiry.check_id(check.number),
                purpose: enquiry.purpose,
                responder: responder.clone(),
                version: u8::try_from(check.state.answers().len()).unwrap_or(u8::MAX),
                disposition: answer.disposition,
                answered_at: answer.at,
                good_until,
                handling: handling(&content),
            });
        }
        Ok(fitting)
    }

    /// The newest answer to `check`, where it is of the kind that is wanted and recent enough, with whose it is and how long it is good.
    fn usable<'a>(
        &self,
        sought: &Sought,
        check: &'a Check,
    ) -> Option<(&'a Check, &'a ResponderId, &'a Answer, Timestamp)> {
        let responder = check.responder.as_ref()?;
        let answer = check.answer()?;
        let (policy, age) = (self.policy(), sought.requirement.max_age);
        let good_until = policy.shift(answer.at, false, age, &policy.default_hours);
        let fits = check.kind == sought.requirement.kind && sought.now <= good_until;
        fits.then_some((check, responder, answer, good_until))
    }
}

/// How the pieces of an answer may be used; a piece without a code is for probation only.
fn handling(content: &AnswerContent) -> Vec<Handling> {
    let episodes = content.episodes.iter().map(|episode| &episode.handling);
    let remarks = content.remarks.iter().map(|remark| &remark.handling);
    let codes: BTreeSet<Handling> = episodes
        .chain(remarks)
        .flat_map(|codes| {
            let unsaid = codes.is_empty().then_some(Handling::ProbationOnly);
            codes.iter().copied().chain(unsaid)
        })
        .collect();
    codes.into_iter().collect()
}
