//! What became of the checks that cases needed: as the store has it, and beside it what would have become of them without requirements and
//! ladders, from the same dice.

use super::records::Receipt;
use super::summary::{Class, class};
use serde::Serialize;
use std::collections::{BTreeSet, HashMap};
use usher_domain::alert::Alert;
use usher_domain::case::index::is_watched;
use usher_domain::case::{Case, Covering, RequirementState};
use usher_domain::enquiry::{CheckState, Enquiry};
use usher_domain::id::{CheckNumber, EnquiryId};
use usher_domain::report::facts::{EnquiryFacts, Facts, Of, Standing};

/// The checks that cases needed, each in exactly one of `made`, `set_aside`, `overdue`, `not_yet_due`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Checks that cases needed.
    pub needed: u64,
    /// An enquiry covers it.
    pub made: u64,
    /// A named person said, with a reason, that it need not be asked.
    pub set_aside: u64,
    /// Its moment passed with nothing asked, and it still is not.
    pub overdue: u64,
    /// Nobody has asked yet, and there is time.
    pub not_yet_due: u64,
    /// Every answer to it came before sentence.
    pub answered_before_sentence: u64,
    /// Checks that nobody had answered at sentence, as the reports count them: nobody records sentences here, so these are the ones with which
    /// the hearing began, nothing answered and nothing decided.
    pub sentenced_outstanding: u64,
    /// Late answers that an officer has read.
    pub late_answers_delivered: u64,
    /// The same day as the store has it.
    pub with_usher: Ends,
    /// And without requirements and ladders, as the dice fell: who forgets is not reminded, and silence is in front of nobody.
    pub without_usher: Ends,
}

/// Where needed checks end: each in exactly one of the last five.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ends {
    /// Asked.
    pub made: u64,
    /// Answered before sentence.
    pub answered_before_sentence: u64,
    /// Not answered by then, and decided by a named person: at court, or because it need not be asked.
    pub decided: u64,
    /// Neither, and in front of a named person: an alert that was raised, or a late answer that was delivered.
    pub in_front_of_a_person: u64,
    /// None of these, and there is time: the step that will tell a named person is still to come.
    pub not_yet_due: u64,
    /// Nobody knows.
    pub dropped: u64,
}

/// What one enquiry came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    InTime,
    Decided,
    InFront,
    ToCome,
    Dropped,
}

/// Counts cases against the enquiries about them.
#[derive(Debug, Default)]
pub(super) struct Counting {
    came: HashMap<EnquiryId, Came>,
    prompted: BTreeSet<String>,
    pub(super) asked: Asked,
}

impl Counting {
    /// Counting beside what clients noted.
    pub(super) fn new(receipts: &[Receipt]) -> Self {
        let prompted = receipts.iter().filter(|receipt| receipt.prompted);
        Self {
            prompted: prompted.map(|receipt| receipt.enquiry.clone()).collect(),
            ..Self::default()
        }
    }

    /// Takes in an enquiry; all of them come before the cases.
    pub(super) fn enquiry(&mut self, enquiry: &Enquiry) {
        let late_and_read = enquiry.checks.iter().filter(|check| {
            class(enquiry, check) == Class::AnsweredLate
                && matches!(
                    &check.state,
                    CheckState::Answered {
                        received: Some(_),
                        ..
                    }
                )
        });
        self.asked.late_answers_delivered += late_and_read.count() as u64;
        let Of::Enquiry(facts) = Facts::from(enquiry).of else {
            return;
        };
        let checks = facts.checks.iter();
        let outstanding = checks.filter(|check| facts.is_sentenced_outstanding(check));
        self.asked.sentenced_outstanding += outstanding.count() as u64;
        if enquiry.case.is_some() {
            self.came.insert(enquiry.id, came(enquiry, &facts));
        }
    }

    /// Takes in a case.
    pub(super) fn case(&mut self, case: &Case) {
        for requirement in &case.requirements {
            self.asked.needed += 1;
            let with = &mut self.asked.with_usher;
            match &requirement.state {
                RequirementState::Met { enquiries, .. } => {
                    self.asked.made += 1;
                    with.made += 1;
                    let best = enquiries.iter();
                    let best = best.filter_map(|one| self.came.get(&one.enquiry));
                    let best = best.copied().min_by_key(|came| *came as u8);
                    let best = best.unwrap_or(Came::Dropped);
                    *match best {
                        Came::InTime => &mut with.answered_before_sentence,
                        Came::Decided => &mut with.decided,
                        Came::InFront => &mut with.in_front_of_a_person,
                        Came::ToCome => &mut with.not_yet_due,
                        Came::Dropped => &mut with.dropped,
                    } += 1;
                    let without = &mut self.asked.without_usher;
                    let is_own = |one: &Covering| !self.prompted.contains(&one.enquiry.to_string());
                    if enquiries.iter().any(is_own) {
                        without.made += 1;
                        without.answered_before_sentence += u64::from(best == Came::InTime);
                    }
                }
                RequirementState::SetAside { .. } => {
                    self.asked.set_aside += 1;
                    with.decided += 1;
                }
                RequirementState::Needed => {
                    if requirement.overdue_at.is_some() {
                        self.asked.overdue += 1;
                    } else {
                        self.asked.not_yet_due += 1;
                    }
                    *if is_told(&case.alerts, requirement.number) {
                        &mut with.in_front_of_a_person
                    } else if is_watched(case, requirement) {
                        &mut with.not_yet_due
                    } else {
                        &mut with.dropped
                    } += 1;
                }
            }
        }
    }

    /// The figures.
    pub(super) fn finish(mut self) -> Asked {
        let asked = &mut self.asked;
        asked.answered_before_sentence = asked.with_usher.answered_before_sentence;
        let without = &mut asked.without_usher;
        without.dropped = asked.needed - without.answered_before_sentence;
        self.asked
    }
}

impl Asked {
    /// Whether nothing that was needed was lost.
    pub fn is_kept(&self) -> bool {
        let sum = self.made + self.set_aside + self.overdue + self.not_yet_due;
        sum == self.needed && self.with_usher.sum() == self.needed && self.with_usher.dropped == 0
    }
}

impl Ends {
    /// All of the checks, each once.
    fn sum(&self) -> u64 {
        self.answered_before_sentence
            + self.decided
            + self.in_front_of_a_person
            + self.not_yet_due
            + self.dropped
    }
}

/// Whether an alert about the check was raised, and is open or looked after.
fn is_told(alerts: &[Alert], check: CheckNumber) -> bool {
    let mut alerts = alerts.iter();
    alerts.any(|alert| alert.check == check && alert.is_live())
}

/// The worst of an enquiry's checks, but for those that others carry on or that need no answer.
fn came(enquiry: &Enquiry, facts: &EnquiryFacts) -> Came {
    let all = enquiry.checks.iter().zip(&facts.checks);
    let all = all.map(|(check, known)| {
        let is_in_time = match &known.standing {
            Standing::Answered(answer) => facts.is_before_sentence(answer.first),
            _ => false,
        };
        match class(enquiry, check) {
            Class::Dropped => Came::Dropped,
            Class::Redirected => Came::InTime,
            _ if is_in_time => Came::InTime,
            Class::DecidedWithout | Class::ClosedByPerson => Came::Decided,
            _ if enquiry.is_decided(check.number) => Came::Decided,
            Class::OpenWithAlert if !is_told(&enquiry.alerts, check.number) => Came::ToCome,
            _ => Came::InFront,
        }
    });
    all.max_by_key(|came| *came as u8).unwrap_or(Came::Dropped)
}
