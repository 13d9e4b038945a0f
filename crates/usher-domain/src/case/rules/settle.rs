//! After every command: ends the alerts of requirements that have ended, and of steps that are no more. The one place that says when an
//! alert about a case is over.

use crate::alert::{Alert, AlertState};
use crate::case::Case;
use crate::case::decide::Work;
use crate::case::event::CaseEventKind;
use crate::ladder::StepState;

pub(in crate::case) fn settle(work: &mut Work<'_>) {
    let case = &work.case;
    let over: Vec<(u8, u16)> = case
        .alerts
        .iter()
        .filter(|alert| alert.is_live() && is_over(case, alert))
        .map(|alert| (alert.check, alert.number))
        .collect();
    let at = work.now;
    for (requirement, number) in over {
        if let Some(alert) = work
            .case
            .alerts
            .iter_mut()
            .find(|alert| alert.number == number)
        {
            alert.state = AlertState::Resolved { at };
        }
        work.record(requirement, CaseEventKind::Resolved { alert: number });
    }
}

fn is_over(case: &Case, alert: &Alert) -> bool {
    case.requirement(alert.check).is_none_or(|requirement| {
        let is_raised_by = |state: &StepState| matches!(state, StepState::Raised { alert: raised, .. } if *raised == alert.number);
        requirement.state.is_exit()
            || !requirement
                .ladder
                .steps
                .iter()
                .any(|step| is_raised_by(&step.state))
    })
}
