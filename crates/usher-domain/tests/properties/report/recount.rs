//! The naive recount: each figure by itself, from the whole records, as its meaning says.

use super::Asked;
use proptest::prelude::*;
use usher_domain::case::{Case, Covering, Requirement, RequirementState};
use usher_domain::enquiry::{
    Answer, Check, CheckState, CourtDecisionKind, Enquiry, LateEffect, Purpose, ReportType,
    Sentence, SentenceOutcome, Timeliness,
};
use usher_domain::report::{Cell, Grouping, ReportKind, Shape, Table};
use usher_domain::time::{Timestamp, to_london};

/// Every figure of every row is that of the recount, and no row is missing.
pub(super) fn agrees(asked: &Asked, table: &Table) -> Result<(), TestCaseError> {
    for (place, measure) in table.kind.measures().iter().enumerate() {
        if let Shape::Time(percent, _) = measure.shape {
            for row in &table.rows {
                time_agrees(&minutes(asked, Some(&row.key)), percent, row.cells[place])?;
            }
            time_agrees(&minutes(asked, None), percent, table.total.cells[place])?;
            continue;
        }
        let found = keys(asked, measure.name);
        for row in &table.rows {
            let counted = found.iter().filter(|key| **key == *row.key).count() as u64;
            prop_assert_eq!(
                row.cells[place],
                Cell::Count(counted),
                "{} of {:?}",
                measure.name,
                row.key
            );
        }
        prop_assert_eq!(
            table.total.cells[place],
            Cell::Count(found.len() as u64),
            "{}",
            measure.name
        );
    }
    Ok(())
}

/// The row of each thing that `measure` counts.
fn keys(asked: &Asked, measure: &str) -> Vec<String> {
    let mut keys = Vec::new();
    for case in &asked.cases {
        let needs = case
            .requirements
            .iter()
            .filter(|need| counts_need(asked, case, need, measure));
        keys.extend(needs.map(|need| key_of_need(asked, case, need)));
    }
    for enquiry in questions(asked) {
        for check in &enquiry.checks {
            if counts_check(asked, enquiry, check, measure) {
                keys.push(key_of_check(asked, enquiry, Some(check)));
            }
        }
        for decision in &enquiry.decisions {
            let is_one = match measure {
                "decisions" => true,
                "adjournment_sought" => decision.kind == CourtDecisionKind::SeekAdjournment,
                "proceeded_without" => {
                    matches!(decision.kind, CourtDecisionKind::ProceedWithout { .. })
                }
                "curfew_withdrawn" => decision.kind == CourtDecisionKind::WithdrawCurfew,
                _ => false,
            };
            if is_one && within(asked, enquiry.deadline.at()) {
                let checks = decision
                    .outstanding
                    .iter()
                    .map(|number| enquiry.check(*number));
                keys.extend(checks.map(|check| key_of_check(asked, enquiry, check)));
            }
        }
    }
    keys
}

/// By when it had to be asked: by the hearing before sentence, and after it by when the stage says, as they now are. What an earlier stage
/// needed kept its moment when the case went on; and where the clock went back, nobody can tell what is of which stage.
fn due(case: &Case, need: &Requirement) -> Timestamp {
    let stage = case.stages.last().unwrap();
    let is_of_it = need.raised_at >= stage.at && case.stages.is_sorted_by_key(|stage| stage.at);
    let is_needed = matches!(need.state, RequirementState::Needed);
    match need.purpose.before_sentence() {
        true if is_of_it || is_needed => case.hearing.at.max(need.raised_at),
        false if is_of_it => stage.due.max(need.raised_at),
        _ => need.due,
    }
}

fn counts_need(asked: &Asked, case: &Case, need: &Requirement, measure: &str) -> bool {
    let is_open = matches!(need.state, RequirementState::Needed);
    let due = due(case, need);
    let passed = due <= asked.now;
    let made = match need.state {
        RequirementState::Met { at, .. } => Some(at < due),
        _ => None,
    };
    let counts = match (asked.question.kind, measure) {
        (ReportKind::Coverage, "needed") => true,
        (ReportKind::Coverage, "made") => made.is_some(),
        (ReportKind::Coverage, "made_before_hearing") => made == Some(true),
        (ReportKind::Coverage, "made_later") => made == Some(false),
        (ReportKind::Coverage, "set_aside") => {
            matches!(need.state, RequirementState::SetAside { .. })
        }
        (ReportKind::Coverage | ReportKind::Outstanding, "overdue") => is_open && passed,
        (ReportKind::Coverage, "not_yet_due") => is_open && !passed,
        _ => false,
    };
    counts && within(asked, due)
}

fn counts_check(asked: &Asked, enquiry: &Enquiry, check: &Check, measure: &str) -> bool {
    let deadline = enquiry.deadline.at();
    let answers = check.state.answers();
    let first = answers
        .first()
        .map(|answer| is_before_sentence(enquiry, answer));
    let is_closed = matches!(check.state, CheckState::Closed { .. });
    let is_redirected = matches!(check.state, CheckState::Redirected { .. });
    let is_open = !is_closed && !is_redirected && answers.is_empty();
    let passed = deadline <= asked.now;
    let sentenced = is_sentenced(enquiry, check);
    match asked.question.kind {
        ReportKind::Coverage => {
            !is_redirected
                && within(asked, deadline)
                && match measure {
                    "asked" => true,
                    "answered_before_sentence" => first == Some(true),
                    "answered_after" => first == Some(false),
                    "never_answered" => is_open && passed,
                    "not_answered_yet" => is_open && !passed,
                    "closed" => is_closed,
                    "sentenced_outstanding" => sentenced,
                    _ => false,
                }
        }
        ReportKind::Timeliness => {
            !is_redirected
                && within(asked, check.opened_at)
                && match measure {
                    "asked" => true,
                    "answered" => first.is_some(),
                    "answered_before_sentence" => first == Some(true),
                    "answered_after" => first == Some(false),
                    "not_answered" => is_open,
                    "closed" => is_closed,
                    _ => false,
                }
        }
        ReportKind::Outstanding => {
            is_open
                && within(asked, deadline)
                && match measure {
                    "outstanding" => true,
                    "hearing_to_come" => !passed,
                    "sentenced_outstanding" => passed && sentenced,
                    "hearing_passed" => passed && !sentenced,
                    _ => false,
                }
        }
        ReportKind::LateAnswers => counts_late(asked, check, measure),
    }
}

/// Referrals ask nothing.
fn questions(asked: &Asked) -> impl Iterator<Item = &Enquiry> {
    let all = asked.enquiries.iter();
    all.filter(|enquiry| enquiry.purpose != Purpose::Referral)
}

/// Whether the answer came on an earlier day than the sentence, or on its day and in time. Where none is known, whether it came in time.
fn is_before_sentence(enquiry: &Enquiry, answer: &Answer) -> bool {
    let passed = |sentence: &&Sentence| sentence.outcome != SentenceOutcome::NoSentence;
    let came = to_london(answer.at).date();
    let in_time = answer.timeliness == Timeliness::InTime;
    match enquiry.sentence.as_deref().filter(passed) {
        Some(sentence) => came < sentence.date || (came == sentence.date && in_time),
        None => in_time,
    }
}

/// Whether nobody had answered when the case was sentenced; until that is recorded, whether the hearing began with nothing answered and
/// nothing decided, as its record says.
fn is_sentenced(enquiry: &Enquiry, check: &Check) -> bool {
    let stood = check.sentenced_outstanding_at.is_some();
    let first = check.state.answers().first();
    let had_been_answered = first.map(|answer| is_before_sentence(enquiry, answer));
    let is_closed = matches!(check.state, CheckState::Closed { .. });
    match (&enquiry.sentence, had_been_answered) {
        (_, Some(true)) => false,
        (Some(sentence), _) if sentence.outcome == SentenceOutcome::NoSentence => false,
        (Some(_), Some(false)) => true,
        (Some(_), None) => stood || !is_closed,
        (None, _) => stood,
    }
}

fn counts_late(asked: &Asked, check: &Check, measure: &str) -> bool {
    let CheckState::Answered { answers, received } = &check.state else {
        return false;
    };
    let newest = answers.last().unwrap();
    let effects = received.as_ref().map(|receipt| receipt.effects.as_slice());
    let says = |effect| effects.is_some_and(|effects| effects.contains(&effect));
    let changed = received
        .as_ref()
        .is_some_and(usher_domain::enquiry::Receipt::would_have_changed_something);
    newest.timeliness == Timeliness::AfterHearing
        && within(asked, newest.at)
        && match measure {
            "delivered" => true,
            "read" => effects.is_some(),
            "not_read" => effects.is_none(),
            "not_said" => effects == Some(&[]),
            "changed_nothing" => says(LateEffect::Nothing),
            "changed_something" => changed,
            "changed_sentence" => says(LateEffect::Sentence),
            "changed_allocation" => says(LateEffect::Allocation),
            "changed_plan" => says(LateEffect::Plan),
            _ => false,
        }
}

fn within(asked: &Asked, at: Timestamp) -> bool {
    (asked.question.from..=asked.question.to).contains(&to_london(at).date())
}

fn report_name(report: Option<ReportType>) -> String {
    report.map(ReportType::name).unwrap_or_default().into()
}

fn key_of_need(asked: &Asked, case: &Case, need: &Requirement) -> String {
    match asked.question.by {
        Grouping::Court => case.hearing.court.to_string(),
        Grouping::Office => case.holder.unit.office.clone(),
        Grouping::Borough => match &need.state {
            RequirementState::Needed => "*not_asked".into(),
            RequirementState::SetAside { .. } => "*set_aside".into(),
            RequirementState::Met { enquiries, .. } => {
                let by_id = |by: &Covering| questions(asked).find(|one| one.id == by.enquiry);
                let checks = enquiries
                    .iter()
                    .filter_map(by_id)
                    .flat_map(|one| &one.checks);
                let mut boroughs = checks
                    .filter(|check| !matches!(check.state, CheckState::Redirected { .. }))
                    .filter(|check| check.kind == need.kind)
                    .filter_map(|check| check.responder.as_ref());
                boroughs.next().map(ToString::to_string).unwrap_or_default()
            }
        },
        Grouping::ResponderKind => need.kind.name().into(),
        Grouping::ReportType => report_name(case.report),
    }
}

fn key_of_check(asked: &Asked, enquiry: &Enquiry, check: Option<&Check>) -> String {
    let Some(check) = check else {
        return String::new();
    };
    let responder = check.responder.clone();
    match asked.question.by {
        Grouping::Court => enquiry.deadline.court().to_string(),
        Grouping::Office => enquiry.requester.unit.office.clone(),
        Grouping::Borough => responder.map(|id| id.to_string()).unwrap_or_default(),
        Grouping::ResponderKind => check.kind.name().into(),
        Grouping::ReportType => report_name(enquiry.report),
    }
}

/// The working minutes of each check that times are told of, in order.
fn minutes(asked: &Asked, row: Option<&str>) -> Vec<i64> {
    let mut all = Vec::new();
    for enquiry in questions(asked) {
        for check in &enquiry.checks {
            let (measure, until) = match asked.question.kind {
                ReportKind::Timeliness => (
                    "answered",
                    check.state.answers().first().map(|answer| answer.at),
                ),
                _ => ("outstanding", Some(asked.now)),
            };
            let counts = counts_check(asked, enquiry, check, measure);
            let is_of_row = row.is_none_or(|row| key_of_check(asked, enquiry, Some(check)) == row);
            if let Some(until) = until.filter(|_| counts && is_of_row) {
                let hours = asked.policy.hours(check.responder.as_ref());
                all.push(
                    hours
                        .between(check.opened_at, until, &asked.policy.calendar)
                        .as_mins(),
                );
            }
        }
    }
    all.sort_unstable();
    all
}

/// Times are kept to a quarter of an hour at worst, up to a bound.
fn time_agrees(minutes: &[i64], percent: u64, cell: Cell) -> Result<(), TestCaseError> {
    let rank = usize::try_from(percent).unwrap() * minutes.len();
    let expected = minutes.get(rank.div_ceil(100).max(1) - 1);
    match (expected, cell) {
        (None, Cell::Nothing) => {}
        (Some(exact), Cell::Minutes(found)) => {
            let found = i64::from(found);
            prop_assert!(
                (found..found + 15).contains(exact) || *exact >= 60_000,
                "{exact} is not {found}"
            );
        }
        (expected, cell) => prop_assert!(false, "{expected:?} is not {cell:?}"),
    }
    Ok(())
}
