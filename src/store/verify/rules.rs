//! What must hold of every record: no silent exit, and nobody unwatched.

use super::Report;
use usher_domain::actor::{By, Role};
use usher_domain::case::{self, Case, RequirementState};
use usher_domain::enquiry::{Check, CheckState, Enquiry};
use usher_domain::id::RecordId;
use usher_domain::index::is_watched;

pub(super) fn prove(enquiry: &Enquiry, report: &mut Report) {
    if enquiry.checks.is_empty() {
        report.fault(
            "record",
            Some(enquiry.id.into()),
            "it has no check, so nobody answers it",
        );
    }
    for check in &enquiry.checks {
        let what = format!("check {}", check.number);
        if let Some(why) = bad_exit(enquiry, check) {
            report.fault(&*what, Some(enquiry.id.into()), why);
        }
        if !is_watched(enquiry, check) {
            report.checks.unwatched += 1;
            let why = "it has neither an exit nor a due moment nor an open alert";
            report.fault(what, Some(enquiry.id.into()), why);
        }
    }
    for alert in &enquiry.alerts {
        if enquiry.check(alert.check).is_none() {
            let what = format!("alert {}", alert.number);
            report.fault(
                what,
                Some(enquiry.id.into()),
                "it is about a check that is not there",
            );
        }
    }
}

pub(super) fn prove_case(case: &Case, report: &mut Report) {
    let id = Some(RecordId::from(case.id));
    for requirement in &case.requirements {
        let what = format!("requirement {}", requirement.number);
        if let RequirementState::SetAside { by, .. } = &requirement.state
            && !is_named(by)
        {
            report.fault(&*what, id, "it is set aside by nobody named");
        }
        if !case::index::is_watched(case, requirement) {
            report.cases.unwatched += 1;
            let why = "it has neither an exit nor a due moment nor an open alert";
            report.fault(what, id, why);
        }
    }
    for alert in &case.alerts {
        if case.requirement(alert.check).is_none() {
            let what = format!("alert {}", alert.number);
            report.fault(what, id, "it is about a requirement that is not there");
        }
    }
}

/// What is wrong with the exit of `check`, if it has one.
fn bad_exit(enquiry: &Enquiry, check: &Check) -> Option<&'static str> {
    match &check.state {
        CheckState::Waiting { .. }
        | CheckState::Leased { .. }
        | CheckState::Accepted { .. }
        | CheckState::Asked { .. } => check
            .responder
            .is_none()
            .then_some("it waits for a responder and names none"),
        CheckState::Unroutable { .. } => None,
        CheckState::Answered { answers, received } => {
            if answers.is_empty() {
                return Some("it is answered and has no answer");
            }
            let by = &received.as_ref()?.by;
            (!is_named(by)).then_some("its answer was received by nobody named")
        }
        CheckState::Redirected { to, .. } => (*to == check.number || enquiry.check(*to).is_none())
            .then_some("it is redirected to a check that is not there"),
        CheckState::Closed { by, .. } => (!is_named(by)).then_some("it is closed by nobody named"),
    }
}

fn is_named(by: &By) -> bool {
    by.role != Role::Clock
        && by
            .person
            .as_ref()
            .is_some_and(|person| !person.name.trim().is_empty())
}
