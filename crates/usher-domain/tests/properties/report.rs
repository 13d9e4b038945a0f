//! Reports over what random stories leave behind: every figure is what a naive recount of the records finds, the figures add up, and
//! what is hidden for publication cannot be worked out.

mod recount;
mod worked_out;

use crate::cases;
use crate::props::config;
use crate::story::{start, stories};
use crate::world;
use jiff::{SignedDuration, ToSpan as _, civil};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use usher_domain::actor::{Actor, By};
use usher_domain::case::{Case, RequirementState};
use usher_domain::enquiry::{Enquiry, Sentence, SentenceOutcome};
use usher_domain::id::EnquiryId;
use usher_domain::policy::Policy;
use usher_domain::report::facts::{Facts, Of, SentenceFacts, Standing};
use usher_domain::report::{Cell, Grouping, Question, ReportKind, Row, Shape, Table, Tally, Terms};
use usher_domain::time::{Timestamp, to_london};
use uuid::Uuid;

/// Records, and what is asked of them.
#[derive(Debug)]
struct Asked {
    cases: Vec<Case>,
    enquiries: Vec<Enquiry>,
    policy: Policy,
    question: Question,
    now: Timestamp,
    /// Which record is counted first.
    first: usize,
}

const OFFICES: [&str; 3] = ["", "North", "South"];

/// What a story of a case leaves behind, held by one office or another.
fn case(story: cases::Story, office: usize) -> Option<Case> {
    let mut last = None;
    cases::play(story, |turn| {
        let after = turn.result.as_ref().map(|transition| &transition.case);
        last = Some(after.unwrap_or(turn.before).clone());
        Ok(())
    })
    .unwrap();
    let mut case = last?;
    case.holder.unit.office = OFFICES[office].into();
    Some(case)
}

/// So many days after the hearing, where somebody records a sentence.
fn sentenced_after() -> impl Strategy<Value = Option<i8>> {
    prop::option::of(-2_i8..3)
}

/// What a story of an enquiry leaves behind.
fn enquiry(story: crate::story::Story, office: usize, sentenced: Option<i8>) -> Enquiry {
    let mut enquiry = world::play(story, |_, _| Ok(())).unwrap().enquiry;
    enquiry.requester.unit.office = OFFICES[office].into();
    if let Some(days) = sentenced {
        let hearing = to_london(enquiry.deadline.at()).date();
        enquiry.sentence = Some(Box::new(Sentence {
            outcome: SentenceOutcome::Custody,
            date: hearing.saturating_add(days.days()),
            outstanding: Vec::new(),
            by: By::from(&Actor::clock()),
            at: enquiry.deadline.at(),
        }));
    }
    enquiry
}

/// Numbers the enquiries, and lets cases be covered by some of them, and by one that is not there.
fn link(cases: &mut [Case], enquiries: &mut [Enquiry], mut luck: usize) {
    let id = |number: usize| EnquiryId::from_uuid(Uuid::from_u128(number as u128));
    for (number, enquiry) in enquiries.iter_mut().enumerate() {
        enquiry.id = id(number);
    }
    let needs = cases.iter_mut().flat_map(|case| &mut case.requirements);
    for need in needs {
        if let RequirementState::Met { enquiries: by, .. } = &mut need.state {
            for one in by {
                one.enquiry = id(luck % (enquiries.len() + 1));
                luck /= 3;
            }
        }
    }
}

fn question() -> impl Strategy<Value = Question> {
    let days = prop_oneof![1 => Just((0, 2_000)), 3 => (-10_i64..30, 0_i64..30)];
    (select(ReportKind::ALL), select(Grouping::ALL), days).prop_map(|(kind, by, (from, length))| {
        let first = civil::date(2026, 10, 20);
        let from = first.saturating_add(from.days());
        Question {
            kind,
            from,
            to: from.saturating_add(length.days()),
            by,
        }
    })
}

fn asked() -> impl Strategy<Value = Asked> {
    let cases = vec((cases::stories(), 0..OFFICES.len()), 0..4);
    let enquiries = vec((stories(), 0..OFFICES.len(), sentenced_after()), 0..4);
    let now = -100_i64..2_000;
    let terms = (question(), now, crate::policy::policies(), 0..10_000_usize);
    (cases, enquiries, terms).prop_map(|(cases, enquiries, terms)| {
        let (question, hours, policy, luck) = terms;
        let cases = cases.into_iter();
        let mut cases: Vec<_> = cases
            .filter_map(|(story, office)| case(story, office))
            .collect();
        let enquiries = enquiries.into_iter();
        let mut enquiries: Vec<_> = enquiries
            .map(|(story, office, sentenced)| enquiry(story, office, sentenced))
            .collect();
        link(&mut cases, &mut enquiries, luck);
        Asked {
            cases,
            enquiries,
            policy,
            question,
            now: start() + SignedDuration::from_hours(hours),
            first: luck,
        }
    })
}

fn report(asked: &Asked) -> Table {
    let terms = Terms {
        policy: &asked.policy,
        now: asked.now,
    };
    let mut tally = Tally::new(asked.question, terms);
    let cases = asked.cases.iter().map(Facts::from);
    let enquiries = asked.enquiries.iter().map(Facts::from);
    let mut all: Vec<Facts> = cases.chain(enquiries).collect();
    let first = asked.first % all.len().max(1);
    all.rotate_left(first);
    for facts in &all {
        tally.add(facts);
    }
    tally.finish()
}

fn figure(row: &Row, kind: ReportKind, name: &str) -> u64 {
    let place = kind
        .measures()
        .iter()
        .position(|measure| measure.name == name);
    row.cells[place.unwrap()].count().unwrap()
}

fn adds_up(table: &Table) -> Result<(), TestCaseError> {
    let measures = table.kind.measures();
    for (place, measure) in measures.iter().enumerate() {
        if matches!(measure.shape, Shape::Time(..)) {
            continue;
        }
        let sum: u64 = table
            .rows
            .iter()
            .filter_map(|row| row.cells[place].count())
            .sum();
        prop_assert_eq!(
            Some(sum),
            table.total.cells[place].count(),
            "{}",
            measure.name
        );
    }
    for row in table.rows.iter().chain([&table.total]) {
        let number = |name| figure(row, table.kind, name);
        match table.kind {
            ReportKind::Coverage => {
                let sum = number("made")
                    + number("set_aside")
                    + number("overdue")
                    + number("not_yet_due");
                prop_assert_eq!(number("needed"), sum);
                prop_assert_eq!(
                    number("made"),
                    number("made_before_hearing") + number("made_later")
                );
            }
            ReportKind::LateAnswers => {
                prop_assert_eq!(number("delivered"), number("read") + number("not_read"));
            }
            ReportKind::Timeliness | ReportKind::Outstanding => {}
        }
        for (place, measure) in measures.iter().enumerate() {
            if measure.shape == Shape::Whole {
                let parts = measures
                    .iter()
                    .zip(&row.cells)
                    .filter(|(one, _)| one.shape == Shape::Part(place));
                let sum: u64 = parts.filter_map(|(_, cell)| cell.count()).sum();
                prop_assert_eq!(Some(sum), row.cells[place].count(), "{}", measure.name);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    /// Also where a sentence was recorded for another day than the hearing's.
    #[test]
    fn no_check_is_answered_before_sentence_and_outstanding_at_it(story in stories(), days in sentenced_after()) {
        let enquiry = enquiry(story, 0, days);
        let Of::Enquiry(facts) = Facts::from(&enquiry).of else { unreachable!("an enquiry") };
        for check in &facts.checks {
            let Standing::Answered(answer) = &check.standing else { continue };
            let (before, outstanding) = (facts.is_before_sentence(answer.first), facts.is_sentenced_outstanding(check));
            prop_assert!(!(before && outstanding), "{check:?}, {:?}", facts.sentence);
            prop_assert!(before || outstanding || !matches!(facts.sentence, SentenceFacts::Passed(_)));
        }
    }

    /// Needed is met, set aside, overdue and not yet due, and every other figure is what a naive recount finds.
    #[test]
    fn a_report_is_what_a_recount_finds(asked in asked()) {
        let table = report(&asked);
        adds_up(&table)?;
        recount::agrees(&asked, &table)?;
    }
}

/// Tables of every kind with figures at random, many of them small.
fn tables() -> impl Strategy<Value = Table> {
    let number = prop_oneof![3 => Just(0_u64), 4 => 1_u64..5, 3 => 5_u64..40];
    let rows = vec(vec(number, 14), 0..7);
    (select(ReportKind::ALL), rows).prop_map(|(kind, numbers)| table(kind, &numbers))
}

/// A table with these numbers as its parts; wholes, sums and totals as they then are.
fn table(kind: ReportKind, numbers: &[Vec<u64>]) -> Table {
    let measures = kind.measures();
    let counts = |numbers: &[u64]| -> Vec<u64> {
        let sum = |wanted: &dyn Fn(usize) -> bool| {
            let places = 0..measures.len();
            places
                .filter(|place| wanted(*place))
                .map(|place| numbers[place])
                .sum()
        };
        let count = |place: usize| match measures[place].shape {
            Shape::Whole => sum(&|part| measures[part].shape == Shape::Part(place)),
            Shape::Sum(first, last) => sum(&|part| (first..=last).contains(&part)),
            _ => numbers[place],
        };
        (0..measures.len()).map(count).collect()
    };
    let rows: Vec<Vec<u64>> = numbers.iter().map(|numbers| counts(numbers)).collect();
    let total = (0..measures.len()).map(|place| rows.iter().map(|row| row[place]).sum());
    let row = |key: String, counts: Vec<u64>| {
        let cell = |(place, count): (usize, u64)| match measures[place].shape {
            Shape::Time(_, of) if counts[of] > 0 => Cell::Minutes(90),
            Shape::Time(..) => Cell::Nothing,
            _ => Cell::Count(count),
        };
        Row {
            key: key.into(),
            cells: counts.iter().copied().enumerate().map(cell).collect(),
        }
    };
    Table {
        kind,
        total: row("total".into(), total.collect()),
        rows: rows
            .iter()
            .enumerate()
            .map(|(place, counts)| row(format!("row {place}"), counts.clone()))
            .collect(),
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn nothing_hidden_can_be_worked_out(table in tables()) {
        let published = table.clone().for_publication();
        worked_out::nothing_can_be(&table, &published)?;
    }
}
