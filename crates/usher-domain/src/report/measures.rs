//! What reports count, in the inspectors' own words. The order is that of the columns.

use super::ReportKind;

/// One figure of a report, and exactly what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Its name for programs.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What is counted.
    pub meaning: &'static str,
    /// How it hangs together with others.
    pub shape: Shape,
}

/// How a measure hangs together with others of its report; these are told by their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// The sum of its parts.
    Whole,
    /// A part of the whole at this place: every thing counted there is in exactly one part.
    Part(usize),
    /// The sum of some parts of one whole: those from the first place to the last.
    Sum(usize, usize),
    /// A number by itself.
    Alone,
    /// A time that so many in a hundred did not exceed, of what the measure at this place counts.
    Time(u64, usize),
}

const fn measure(
    name: &'static str,
    title: &'static str,
    shape: Shape,
    meaning: &'static str,
) -> Measure {
    Measure {
        name,
        title,
        meaning,
        shape,
    }
}

use Shape::{Alone, Part, Sum, Time, Whole};

#[rustfmt::skip] // a row a line
static COVERAGE: [Measure; 14] = [
    measure("needed", "needed", Whole, "checks that the policy wants of a case at its stage"),
    measure("made", "made", Sum(2, 3), "of these, covered by an enquiry about the same person to the right kind of responder; by borough, in the row of the first that it asked"),
    measure("made_before_hearing", "made before the hearing", Part(0), "of these made, before the hearing; after sentence, before they had to be"),
    measure("made_later", "made later", Part(0), "of these made, at the hearing or after"),
    measure("set_aside", "set aside", Part(0), "of these needed, set aside by a named person with a reason"),
    measure("overdue", "overdue", Part(0), "of these needed, neither made nor set aside, and their moment has passed"),
    measure("not_yet_due", "not yet due", Part(0), "of these needed, neither made nor set aside, and there is time"),
    measure("asked", "asked", Whole, "checks asked of responders, needed or not; one that was redirected counts where it went, and a referral, which asks nothing, nowhere"),
    measure("answered_before_sentence", "answered before sentence", Part(7), "of these asked, first answered before the day on which sentence was passed, or on it before the hearing; until somebody records one, before the hearing as it then stood, or asked after sentence, before the moment to reply by"),
    measure("answered_after", "answered after", Part(7), "of these asked, first answered after that"),
    measure("never_answered", "never answered", Part(7), "of these asked, not answered to this day, and that moment has passed"),
    measure("not_answered_yet", "not answered yet", Part(7), "of these asked, not answered, and there is time"),
    measure("closed", "closed", Part(7), "of these asked, closed unanswered by a named person with a reason"),
    measure("sentenced_outstanding", "sentenced outstanding", Alone, "of these asked, those that nobody had answered when the case was sentenced, whatever was decided; until somebody records what the court did, those with which the hearing began, nothing answered and nothing decided"),
];

#[rustfmt::skip] // a row a line
static TIMELINESS: [Measure; 8] = [
    measure("asked", "asked", Whole, "checks asked of responders; one that was redirected counts where it went, and a referral, which asks nothing, nowhere"),
    measure("answered", "answered", Sum(2, 3), "of these, answered"),
    measure("answered_before_sentence", "answered before sentence", Part(0), "of these asked, first answered before the day on which sentence was passed, or on it before the hearing; until somebody records one, before the hearing as it then stood, or asked after sentence, before the moment to reply by"),
    measure("answered_after", "answered after", Part(0), "of these asked, first answered after that"),
    measure("not_answered", "not answered", Part(0), "of these asked, not answered to this day; no time below counts them"),
    measure("closed", "closed", Part(0), "of these asked, closed unanswered by a named person with a reason"),
    measure("median_hours", "median hours", Time(50, 1), "half of those answered were first answered within so many working hours of the responder"),
    measure("p90_hours", "90th percentile", Time(90, 1), "nine in ten of those answered were first answered within so many working hours of the responder"),
];

#[rustfmt::skip] // a row a line
static OUTSTANDING: [Measure; 11] = [
    measure("outstanding", "outstanding", Whole, "checks asked that nobody has answered or closed, without referrals, which ask nothing"),
    measure("hearing_to_come", "hearing to come", Part(0), "of these, the hearing, or after sentence the moment to reply by, is to come"),
    measure("sentenced_outstanding", "sentenced outstanding", Part(0), "of these, the case was sentenced, whatever was decided; until somebody records what the court did, the hearing began with nothing answered and nothing decided"),
    measure("hearing_passed", "past otherwise", Part(0), "of these, that moment has passed: the sentence is not recorded and people at court had decided how to go on, the court passed none, or it was asked after sentence"),
    measure("median_hours", "median hours", Time(50, 0), "half of them have waited for no more than so many working hours of the responder"),
    measure("p90_hours", "90th percentile", Time(90, 0), "nine in ten of them have waited for no more than so many working hours of the responder"),
    measure("overdue", "needed, never asked", Alone, "checks that a case needs and that nobody has asked or set aside, whose moment has passed"),
    measure("decisions", "decisions", Whole, "decisions at court, each once for every check that was outstanding"),
    measure("adjournment_sought", "adjournment sought", Part(7), "of these, the court was asked to adjourn"),
    measure("proceeded_without", "proceeded without", Part(7), "of these, it went on without, authorised by a named person"),
    measure("curfew_withdrawn", "curfew withdrawn", Part(7), "of these, the curfew proposal was withdrawn"),
];

#[rustfmt::skip] // a row a line
static LATE_ANSWERS: [Measure; 9] = [
    measure("delivered", "delivered", Whole, "checks, without referrals, whose newest answer came at the hearing or after, after sentence at the moment to reply by or later; it is in front of whoever holds the case"),
    measure("read", "read", Sum(2, 4), "of these, read by a named person"),
    measure("changed_something", "would have changed", Part(0), "of these read, the reader said that it would have changed sentence, allocation or plan"),
    measure("changed_nothing", "changed nothing", Part(0), "of these read, the reader said that it would have changed nothing"),
    measure("not_said", "not said", Part(0), "of these read, the reader was not asked"),
    measure("not_read", "not read", Part(0), "of these delivered, nobody has read it"),
    measure("changed_sentence", "sentence", Alone, "of these, it would have changed the sentence; one answer may have changed several things"),
    measure("changed_allocation", "allocation", Alone, "of these, it would have changed to whom the case was allocated"),
    measure("changed_plan", "plan", Alone, "of these, it would have changed the plan"),
];

/// Where things count in the report on coverage.
pub(super) mod coverage {
    pub(in crate::report) const MADE_BEFORE_HEARING: usize = 2;
    pub(in crate::report) const MADE_LATER: usize = 3;
    pub(in crate::report) const SET_ASIDE: usize = 4;
    pub(in crate::report) const OVERDUE: usize = 5;
    pub(in crate::report) const NOT_YET_DUE: usize = 6;
    pub(in crate::report) const ANSWERED_BEFORE_SENTENCE: usize = 8;
    pub(in crate::report) const ANSWERED_AFTER: usize = 9;
    pub(in crate::report) const NEVER_ANSWERED: usize = 10;
    pub(in crate::report) const NOT_ANSWERED_YET: usize = 11;
    pub(in crate::report) const CLOSED: usize = 12;
    pub(in crate::report) const SENTENCED_OUTSTANDING: usize = 13;
}

/// In that on timeliness.
pub(super) mod timeliness {
    pub(in crate::report) const ANSWERED_BEFORE_SENTENCE: usize = 2;
    pub(in crate::report) const ANSWERED_AFTER: usize = 3;
    pub(in crate::report) const NOT_ANSWERED: usize = 4;
    pub(in crate::report) const CLOSED: usize = 5;
}

/// In that on what is outstanding.
pub(super) mod outstanding {
    pub(in crate::report) const HEARING_TO_COME: usize = 1;
    pub(in crate::report) const SENTENCED_OUTSTANDING: usize = 2;
    pub(in crate::report) const HEARING_PASSED: usize = 3;
    pub(in crate::report) const OVERDUE: usize = 6;
    pub(in crate::report) const ADJOURNMENT_SOUGHT: usize = 8;
    pub(in crate::report) const PROCEEDED_WITHOUT: usize = 9;
    pub(in crate::report) const CURFEW_WITHDRAWN: usize = 10;
}

/// In that on late answers.
pub(super) mod late_answers {
    pub(in crate::report) const CHANGED_SOMETHING: usize = 2;
    pub(in crate::report) const CHANGED_NOTHING: usize = 3;
    pub(in crate::report) const NOT_SAID: usize = 4;
    pub(in crate::report) const NOT_READ: usize = 5;
    pub(in crate::report) const CHANGED_SENTENCE: usize = 6;
    pub(in crate::report) const CHANGED_ALLOCATION: usize = 7;
    pub(in crate::report) const CHANGED_PLAN: usize = 8;
}

/// More than any report has.
pub(super) const MEASURES_MAX: usize = 14;

impl ReportKind {
    /// What it counts, in the order of its columns.
    pub fn measures(self) -> &'static [Measure] {
        match self {
            Self::Coverage => &COVERAGE,
            Self::Timeliness => &TIMELINESS,
            Self::Outstanding => &OUTSTANDING,
            Self::LateAnswers => &LATE_ANSWERS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_count_where_their_names_stand() {
        let check = |kind: ReportKind, places: &[(usize, &str)]| {
            for (place, name) in places {
                assert_eq!(kind.measures()[*place].name, *name);
            }
        };
        macro_rules! places {
            ($module:ident: $($place:ident)*) => {
                [$(($module::$place, stringify!($place).to_lowercase())),*]
                    .each_ref()
                    .map(|(place, name)| (*place, name.as_str()))
            };
        }
        check(
            ReportKind::Coverage,
            &places!(coverage: MADE_BEFORE_HEARING MADE_LATER SET_ASIDE OVERDUE NOT_YET_DUE
            ANSWERED_BEFORE_SENTENCE ANSWERED_AFTER NEVER_ANSWERED NOT_ANSWERED_YET CLOSED SENTENCED_OUTSTANDING),
        );
        check(
            ReportKind::Timeliness,
            &places!(timeliness: ANSWERED_BEFORE_SENTENCE ANSWERED_AFTER NOT_ANSWERED CLOSED),
        );
        check(
            ReportKind::Outstanding,
            &places!(outstanding: HEARING_TO_COME SENTENCED_OUTSTANDING HEARING_PASSED OVERDUE
            ADJOURNMENT_SOUGHT PROCEEDED_WITHOUT CURFEW_WITHDRAWN),
        );
        check(
            ReportKind::LateAnswers,
            &places!(late_answers: CHANGED_SOMETHING CHANGED_NOTHING NOT_SAID NOT_READ
            CHANGED_SENTENCE CHANGED_ALLOCATION CHANGED_PLAN),
        );
    }

    #[test]
    fn every_part_belongs_to_a_whole_and_every_name_is_said_once() {
        for kind in ReportKind::ALL {
            let measures = kind.measures();
            assert!(measures.len() <= MEASURES_MAX);
            for (place, measure) in measures.iter().enumerate() {
                let named = measures.iter().filter(|other| other.name == measure.name);
                assert_eq!(named.count(), 1, "{}", measure.name);
                match measure.shape {
                    Part(whole) => assert_eq!(measures[whole].shape, Whole, "{}", measure.name),
                    Sum(first, last) => {
                        assert!(place < first && first < last);
                        let parts = &measures[first..=last];
                        let whole = |one: &Measure| matches!(one.shape, Part(_));
                        assert!(parts.iter().all(whole), "{}", measure.name);
                        assert!(parts.iter().all(|one| one.shape == parts[0].shape));
                    }
                    Time(_, of) => assert!(!matches!(measures[of].shape, Time(..))),
                    Whole => assert!(measures.iter().any(|one| one.shape == Part(place))),
                    Alone => {}
                }
            }
        }
    }
}
