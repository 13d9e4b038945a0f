//! The counting: one record after the other, in any order.

use super::borough::{Boroughs, Covered};
use super::facts::{CheckFacts, EnquiryFacts, Facts, NeedFacts, NeedStanding, Of, Standing};
use super::measures::{MEASURES_MAX, coverage, late_answers, outstanding, timeliness};
use super::times::Times;
use super::{
    Cell, Grouping, NONE, NOT_ASKED, OTHERS, Question, ReportKind, Row, SET_ASIDE, Shape, Table,
};
use crate::code::{ResponderId, ResponderKind};
use crate::enquiry::{LateEffect, Timeliness};
use crate::event::DecisionName;
use crate::id::EnquiryId;
use crate::limits;
use crate::policy::Policy;
use crate::time::{Timestamp, to_london};
use alloc::collections::BTreeMap;

/// What counting needs to know besides the records.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'a> {
    /// Working hours and holidays.
    pub policy: &'a Policy,
    /// What time it is.
    pub now: Timestamp,
}

/// A report that is being counted. It holds at most [`limits::REPORT_ROWS_MAX`] rows and one more, each with a number for every measure and
/// the lengths of times; that on coverage by borough, besides, whom every enquiry asked.
#[derive(Debug)]
pub struct Tally<'a> {
    question: Question,
    terms: Terms<'a>,
    groups: BTreeMap<Box<str>, Sums>,
    all: Sums,
    boroughs: Boroughs,
}

/// The figures of one group.
#[derive(Clone, Debug, Default)]
struct Sums {
    counts: [u64; MEASURES_MAX],
    times: Times,
}

/// What one check or need comes to: the place of the measure that it counts in, if any, and the time that it took.
type Counted = (usize, Option<jiff::SignedDuration>);

impl<'a> Tally<'a> {
    /// Nothing counted yet.
    pub fn new(question: Question, terms: Terms<'a>) -> Self {
        Self {
            question,
            terms,
            groups: BTreeMap::new(),
            all: Sums::default(),
            boroughs: Boroughs::default(),
        }
    }

    /// Counts one record. Referrals ask nothing, and count nowhere.
    pub fn add(&mut self, facts: &Facts) {
        match &facts.of {
            Of::Case(needs) => {
                for need in needs {
                    self.add_need(facts, need);
                }
            }
            Of::Enquiry(enquiry) if enquiry.is_referral => {}
            Of::Enquiry(enquiry) => {
                self.know(facts);
                for check in &enquiry.checks {
                    self.add_check(facts, enquiry, check);
                }
                if self.question.kind == ReportKind::Outstanding && self.within(enquiry.deadline) {
                    self.add_decisions(facts, enquiry);
                }
            }
        }
    }

    /// Notes whom an enquiry asks without counting it: what it covers of a case counts there.
    pub fn know(&mut self, facts: &Facts) {
        if let (Of::Enquiry(enquiry), true) = (&facts.of, self.question.asks_whom()) {
            let id = EnquiryId::from_uuid(facts.id.uuid());
            self.boroughs.note(id, enquiry);
        }
    }

    fn add_need(&mut self, facts: &Facts, need: &NeedFacts) {
        let place = match (self.question.kind, need_place(need, self.terms.now)) {
            (ReportKind::Coverage, place) => place,
            (ReportKind::Outstanding, coverage::OVERDUE) => outstanding::OVERDUE,
            _ => return,
        };
        if !self.within(need.due) {
            return;
        }
        let by_borough = match &need.standing {
            NeedStanding::Met { enquiries, .. } if self.question.asks_whom() => {
                self.boroughs.leave(Covered {
                    kind: need.kind,
                    enquiries: enquiries.clone(),
                    place,
                });
                return;
            }
            NeedStanding::Met { .. } => NONE,
            NeedStanding::Needed => NOT_ASKED,
            NeedStanding::SetAside => SET_ASIDE,
        };
        let key = self.key(facts, by_borough, need.kind);
        self.count(key, (place, None));
    }

    fn add_check(&mut self, facts: &Facts, enquiry: &EnquiryFacts, check: &CheckFacts) {
        let counted = match self.question.kind {
            ReportKind::Coverage if self.within(enquiry.deadline) => {
                coverage_place(enquiry, check, self.terms.now).map(|place| (place, None))
            }
            ReportKind::Timeliness if self.within(check.opened_at) => {
                self.timeliness(enquiry, check)
            }
            ReportKind::Outstanding if self.within(enquiry.deadline) => {
                self.outstanding(enquiry, check)
            }
            ReportKind::LateAnswers => self.late_place(check).map(|place| (place, None)),
            _ => None,
        };
        let Some(counted) = counted else { return };
        let key = self.key_of(facts, check);
        self.count(key, counted);
        match self.question.kind {
            ReportKind::Coverage if enquiry.is_sentenced_outstanding(check) => {
                self.count(key, (coverage::SENTENCED_OUTSTANDING, None));
            }
            ReportKind::LateAnswers => {
                for place in effects_of(check) {
                    self.count(key, (place, None));
                }
            }
            _ => {}
        }
    }

    fn timeliness(&self, enquiry: &EnquiryFacts, check: &CheckFacts) -> Option<Counted> {
        Some(match &check.standing {
            Standing::Answered(answer) => {
                let place = if enquiry.is_before_sentence(answer.first) {
                    timeliness::ANSWERED_BEFORE_SENTENCE
                } else {
                    timeliness::ANSWERED_AFTER
                };
                (place, Some(self.worked(check, answer.first.0)))
            }
            Standing::Outstanding => (timeliness::NOT_ANSWERED, None),
            Standing::Closed => (timeliness::CLOSED, None),
            Standing::Redirected => return None,
        })
    }

    fn outstanding(&self, enquiry: &EnquiryFacts, check: &CheckFacts) -> Option<Counted> {
        let now = self.terms.now;
        let place = match &check.standing {
            Standing::Outstanding if now < enquiry.deadline => outstanding::HEARING_TO_COME,
            Standing::Outstanding if enquiry.is_sentenced_outstanding(check) => {
                outstanding::SENTENCED_OUTSTANDING
            }
            Standing::Outstanding => outstanding::HEARING_PASSED,
            Standing::Answered(_) | Standing::Redirected | Standing::Closed => return None,
        };
        Some((place, Some(self.worked(check, now))))
    }

    fn late_place(&self, check: &CheckFacts) -> Option<usize> {
        let Standing::Answered(answer) = &check.standing else {
            return None;
        };
        let (at, in_time) = answer.newest;
        if in_time == Timeliness::InTime || !self.within(at) {
            return None;
        }
        Some(match answer.read.as_deref() {
            None => late_answers::NOT_READ,
            Some([]) => late_answers::NOT_SAID,
            Some([LateEffect::Nothing]) => late_answers::CHANGED_NOTHING,
            Some(_) => late_answers::CHANGED_SOMETHING,
        })
    }

    fn add_decisions(&mut self, facts: &Facts, enquiry: &EnquiryFacts) {
        for decision in &enquiry.decisions {
            let place = match decision.kind {
                DecisionName::SeekAdjournment => outstanding::ADJOURNMENT_SOUGHT,
                DecisionName::ProceedWithout => outstanding::PROCEEDED_WITHOUT,
                DecisionName::WithdrawCurfew => outstanding::CURFEW_WITHDRAWN,
            };
            for number in &decision.outstanding {
                let check = usize::from(*number).checked_sub(1);
                let check = check.and_then(|place| enquiry.checks.get(place));
                let key = check.map_or(NONE, |check| self.key_of(facts, check));
                self.count(key, (place, None));
            }
        }
    }

    /// Whether the moment is on a day of the period.
    fn within(&self, at: Timestamp) -> bool {
        let day = to_london(at).date();
        self.question.from <= day && day <= self.question.to
    }

    /// Working time of the check's responder from when it was asked.
    fn worked(&self, check: &CheckFacts, until: Timestamp) -> jiff::SignedDuration {
        let policy = self.terms.policy;
        let hours = policy.hours(check.responder.as_ref());
        hours.between(check.opened_at, until, &policy.calendar)
    }

    /// The group of a check.
    fn key_of<'f>(&self, facts: &'f Facts, check: &'f CheckFacts) -> &'f str {
        let borough = check.responder.as_ref().map_or(NONE, ResponderId::as_str);
        self.key(facts, borough, check.kind)
    }

    fn key<'f>(&self, facts: &'f Facts, borough: &'f str, kind: ResponderKind) -> &'f str {
        match self.question.by {
            Grouping::Court => facts.court.as_str(),
            Grouping::Office => &facts.office,
            Grouping::Borough => borough,
            Grouping::ResponderKind => kind.name(),
            Grouping::ReportType => facts.report.map_or(NONE, crate::enquiry::ReportType::name),
        }
    }

    fn count(&mut self, key: &str, counted: Counted) {
        self.all.count(self.question.kind, &counted);
        if let Some(sums) = self.groups.get_mut(key) {
            sums.count(self.question.kind, &counted);
            return;
        }
        let key = if self.groups.len() < limits::REPORT_ROWS_MAX {
            key
        } else {
            OTHERS
        };
        let sums = self.groups.entry(key.into()).or_default();
        sums.count(self.question.kind, &counted);
    }

    /// The report.
    pub fn finish(mut self) -> Table {
        let mut boroughs = core::mem::take(&mut self.boroughs);
        for (borough, place) in boroughs.told() {
            self.count(borough.map_or(NONE, ResponderId::as_str), (place, None));
        }
        let kind = self.question.kind;
        let row = |(key, sums): (Box<str>, Sums)| Row {
            key,
            cells: sums.cells(kind),
        };
        Table {
            kind,
            total: row(("total".into(), self.all)),
            rows: self.groups.into_iter().map(row).collect(),
        }
    }
}

impl Sums {
    /// Counts one in the measure at `place`, and in every sum that it is part of.
    fn count(&mut self, kind: ReportKind, (place, took): &Counted) {
        let measures = kind.measures();
        let is_in = |shape: Shape| match shape {
            Shape::Sum(first, last) => (first..=last).contains(place),
            _ => false,
        };
        let whole = match measures.get(*place).map(|measure| measure.shape) {
            Some(Shape::Part(whole)) => Some(whole),
            _ => None,
        };
        for (here, (count, measure)) in self.counts.iter_mut().zip(measures).enumerate() {
            if here == *place || Some(here) == whole || is_in(measure.shape) {
                *count += 1;
            }
        }
        if let Some(took) = took {
            self.times.add(*took);
        }
    }

    fn cells(&self, kind: ReportKind) -> Vec<Cell> {
        let cell = |(measure, count): (&super::Measure, &u64)| match measure.shape {
            Shape::Time(percent, _) => {
                let minutes = self.times.percentile(percent);
                minutes.map_or(Cell::Nothing, Cell::Minutes)
            }
            _ => Cell::Count(*count),
        };
        kind.measures().iter().zip(&self.counts).map(cell).collect()
    }
}

/// Where in the coverage report a need counts.
fn need_place(need: &NeedFacts, now: Timestamp) -> usize {
    match &need.standing {
        NeedStanding::Met { at, .. } if *at < need.due => coverage::MADE_BEFORE_HEARING,
        NeedStanding::Met { .. } => coverage::MADE_LATER,
        NeedStanding::SetAside => coverage::SET_ASIDE,
        NeedStanding::Needed if need.due <= now => coverage::OVERDUE,
        NeedStanding::Needed => coverage::NOT_YET_DUE,
    }
}

/// Where in the coverage report a check counts.
fn coverage_place(enquiry: &EnquiryFacts, check: &CheckFacts, now: Timestamp) -> Option<usize> {
    Some(match &check.standing {
        Standing::Answered(answer) if enquiry.is_before_sentence(answer.first) => {
            coverage::ANSWERED_BEFORE_SENTENCE
        }
        Standing::Answered(_) => coverage::ANSWERED_AFTER,
        Standing::Outstanding if enquiry.deadline <= now => coverage::NEVER_ANSWERED,
        Standing::Outstanding => coverage::NOT_ANSWERED_YET,
        Standing::Closed => coverage::CLOSED,
        Standing::Redirected => return None,
    })
}

/// Where what a late answer would have changed counts.
fn effects_of(check: &CheckFacts) -> impl Iterator<Item = usize> {
    let effects = match &check.standing {
        Standing::Answered(answer) => answer.read.as_deref().unwrap_or_default(),
        _ => &[],
    };
    effects.iter().filter_map(|effect| match effect {
        LateEffect::Sentence => Some(late_answers::CHANGED_SENTENCE),
        LateEffect::Allocation => Some(late_answers::CHANGED_ALLOCATION),
        LateEffect::Plan => Some(late_answers::CHANGED_PLAN),
        LateEffect::Nothing => None,
    })
}
