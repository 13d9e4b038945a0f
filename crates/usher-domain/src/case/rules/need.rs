//! Raises what the policy says that a case needs at its stage, looks anew at what covers it, and gives what is needed its steps anew when
//! its moment moves.

use super::{cover, uncover};
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::case::{Case, Indicator, Requirement, RequirementState, SetAsideReason, Stage};
use crate::code::ResponderKind;
use crate::id::{AlertNumber, RequirementNumber};
use crate::ladder::Ladder;
use crate::limits;
use crate::policy::RequirementRule;
use crate::rejection::Rejection;
use crate::rules::move_hearing::carry_over;
use crate::time::to_london;

/// Raises every check that is needed at the present stage and was not raised since the case came to it. What was set aside because the
/// list was wrong is needed again when the list says so anew: by one of `fresh`. So is what is covered by nothing recent enough any more.
pub(super) fn raise(work: &mut Work<'_>, fresh: &[Indicator]) -> Result<(), Rejection> {
    let Some(stage) = work.case.stage().cloned() else {
        return Ok(());
    };
    uncover::outdated(work);
    let today = to_london(work.now).date();
    let policy = work.policy;
    let indicators = work.case.indicators.clone();
    let holds =
        |rule: &&RequirementRule| rule.is_in_force(today) && rule.wants(stage.purpose, &indicators);
    for rule in policy.cases.requirements.iter().filter(holds) {
        for kind in &rule.ask {
            if !is_raised(&work.case, &stage, rule, *kind, fresh) {
                add(work, &stage, rule, *kind)?;
            }
        }
    }
    Ok(())
}

fn is_raised(
    case: &Case,
    stage: &Stage,
    rule: &RequirementRule,
    kind: ResponderKind,
    fresh: &[Indicator],
) -> bool {
    let said_anew = rule
        .any_of
        .iter()
        .any(|indicator| fresh.contains(indicator));
    let stands = |state: &RequirementState| {
        let not_indicated = matches!(
            state,
            RequirementState::SetAside {
                reason: SetAsideReason::NotIndicated,
                ..
            }
        );
        !(not_indicated && said_anew)
    };
    case.requirements.iter().any(|known| {
        known.rule == rule.name
            && known.kind == kind
            && (known.raised_at >= stage.at || !known.state.is_exit())
            && stands(&known.state)
    })
}

fn add(
    work: &mut Work<'_>,
    stage: &Stage,
    rule: &RequirementRule,
    kind: ResponderKind,
) -> Result<(), Rejection> {
    let too_many = Rejection::TooMany {
        what: "checks needed in one case",
        max: limits::REQUIREMENTS_PER_CASE_MAX,
    };
    let place = work.case.requirements.len() + 1;
    if place > limits::REQUIREMENTS_PER_CASE_MAX {
        return Err(too_many);
    }
    let number = RequirementNumber::try_from(place).map_err(|_| too_many)?;
    let (now, due) = (work.now, stage.due.max(work.now));
    let steps = work
        .policy
        .asking_steps(work.case.track(rule.purpose), now, due);
    work.case.requirements.push(Requirement {
        number,
        rule: rule.name.clone(),
        purpose: rule.purpose,
        kind,
        covered_by: rule.covered_by.clone(),
        max_age: rule.max_age,
        raised_at: now,
        due,
        state: RequirementState::Needed,
        ladder: Ladder {
            generation: 1,
            steps,
        },
        overdue_at: None,
    });
    work.record(
        number,
        CaseEventKind::Needed {
            rule: rule.name.clone(),
            kind,
            due,
        },
    );
    Ok(())
}

/// Gives every needed check its steps for the present hearing and report, and what was made or set aside at the present stage its moment:
/// the hearing that is in force says whether it was in time.
pub(super) fn recompute(work: &mut Work<'_>) {
    if let Some(stage) = work.case.stages.last_mut()
        && stage.purpose.before_sentence()
    {
        stage.due = work.case.hearing.at;
    }
    let numbers: Vec<RequirementNumber> = work
        .case
        .requirements
        .iter()
        .filter(|one| !one.state.is_exit() || work.case.is_of_its_stage(one))
        .map(|requirement| requirement.number)
        .collect();
    for number in numbers {
        renew(work, number);
    }
}

/// Gives one check its moment anew, and while it is needed a new computation of its ladder: a step whose alert is live stays raised when
/// its new moment has passed too.
pub(super) fn renew(work: &mut Work<'_>, number: RequirementNumber) {
    let now = work.now;
    let live: Vec<AlertNumber> = work
        .case
        .alerts
        .iter()
        .filter(|alert| alert.is_live())
        .map(|alert| alert.number)
        .collect();
    let policy = work.policy;
    let Some(requirement) = work.case.requirement(number) else {
        return;
    };
    let due = work.case.moment(requirement);
    let track = work.case.track(requirement.purpose);
    let Some(requirement) = work.case.requirement_mut(number) else {
        return;
    };
    requirement.due = due;
    if requirement.due > now {
        requirement.overdue_at = None;
    }
    cover::reckon(policy, requirement);
    if requirement.state.is_exit() {
        return;
    }
    let fresh = policy.asking_steps(track, requirement.raised_at, requirement.due);
    let old = core::mem::take(&mut requirement.ladder.steps);
    requirement.ladder.generation = requirement.ladder.generation.saturating_add(1);
    requirement.ladder.steps = fresh
        .into_iter()
        .map(|step| carry_over(step, &old, &live, now))
        .collect();
}
