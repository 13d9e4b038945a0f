//! Cases as callers see them.

use usher_domain::alert::Alert;
use usher_domain::case::event::CaseEventKind;
use usher_domain::case::{Case, Requirement, RequirementState, Stage};
use usher_domain::event::EventKind;
use usher_domain::id::{AlertId, CaseId};
use usher_domain::personal::Violation;
use usher_domain::rejection::Rejection;
use usher_proto::v1;

use crate::broker::case::{EarlierAnswer, EarlierAnswers, OpenCase, RowOutcome};
use crate::rpc::convert::codes::{Code as _, option_to_wire, to_wire};
use crate::rpc::convert::enquiry::plain_alert_view;
use crate::rpc::convert::personal::personal_view;
use crate::rpc::convert::show;
use crate::store::Recorded;

/// Faults that one row is told of.
const FAULTS_MAX: usize = 32;

/// A case as its officers see it: everything that is open.
pub fn case_view(open: &OpenCase) -> v1::Case {
    let mut view = case_line_view(open);
    for (moved, reason) in view.moves.iter_mut().zip(&open.reasons) {
        moved.reason.clone_from(reason);
    }
    for (requirement, note) in view.requirements.iter_mut().zip(&open.set_aside) {
        requirement.set_aside_note.clone_from(note);
    }
    for (alert, note) in view.alerts.iter_mut().zip(&open.acknowledged) {
        alert.acknowledgement_note.clone_from(note);
    }
    view
}

/// A case in a list: without notes of people.
pub fn case_line_view(open: &OpenCase) -> v1::Case {
    let case = &open.case;
    let Case {
        id,
        name: _,
        hearing,
        moves,
        off_list,
        report,
        in_custody,
        indicators,
        holder,
        personal: _,
        registered_by,
        registered_at,
        stages,
        requirements,
        alerts,
        applied: _,
    } = case;
    let moves = moves.iter().map(|moved| v1::HearingMove {
        from: Some(show::deadline(&moved.from)),
        by: Some(show::by(&moved.by)),
        reason: String::new(),
        move_time: Some(show::instant(moved.at)),
    });
    v1::Case {
        id: id.to_string(),
        reference: id.reference().to_string(),
        revision: open.revision.to_string(),
        name: open.name.clone(),
        hearing: Some(show::hearing(hearing)),
        moves: moves.collect(),
        off_list_time: off_list.as_ref().map(|off| show::instant(off.at)),
        report: option_to_wire(*report),
        in_custody: *in_custody,
        indicators: to_wire(indicators),
        holder: holder.person.as_ref().map(show::person),
        unit: show::unit_if(&holder.unit),
        personal: open.personal.as_ref().map(personal_view),
        registered_by: Some(show::by(registered_by)),
        register_time: Some(show::instant(*registered_at)),
        stages: stages.iter().map(stage_view).collect(),
        requirements: requirements.iter().map(requirement_view).collect(),
        alerts: alerts
            .iter()
            .map(|alert| needed_view(case, alert))
            .collect(),
        open: case.is_open(),
    }
}

fn stage_view(stage: &Stage) -> v1::CaseStage {
    let Stage {
        purpose,
        at,
        due,
        by,
    } = stage;
    v1::CaseStage {
        purpose: purpose.to_wire(),
        enter_time: Some(show::instant(*at)),
        due_time: Some(show::instant(*due)),
        by: Some(show::by(by)),
    }
}

fn requirement_view(requirement: &Requirement) -> v1::Requirement {
    let Requirement {
        number,
        rule,
        purpose,
        kind,
        covered_by: _,
        max_age: _,
        raised_at,
        due,
        state,
        ladder: _,
        overdue_at,
    } = requirement;
    let view = v1::Requirement {
        number: (*number).into(),
        rule: rule.to_string(),
        purpose: purpose.to_wire(),
        responder_kind: kind.to_wire(),
        raise_time: Some(show::instant(*raised_at)),
        due_time: Some(show::instant(*due)),
        overdue_time: overdue_at.map(show::instant),
        ..v1::Requirement::default()
    };
    match state {
        RequirementState::Needed => v1::Requirement {
            state: v1::RequirementState::Needed.into(),
            ..view
        },
        RequirementState::Met { enquiries, at, .. } => v1::Requirement {
            state: v1::RequirementState::Met.into(),
            state_time: Some(show::instant(*at)),
            enquiry_ids: enquiries
                .iter()
                .map(|one| one.enquiry.to_string())
                .collect(),
            ..view
        },
        RequirementState::SetAside {
            reason,
            answer,
            by,
            note: _,
            at,
        } => v1::Requirement {
            state: v1::RequirementState::SetAside.into(),
            state_time: Some(show::instant(*at)),
            set_aside_reason: reason.to_wire(),
            answer_check_id: answer.map(|check| check.to_string()).unwrap_or_default(),
            set_aside_by: Some(show::by(by)),
            ..view
        },
    }
}

/// An alert about a check that `case` needs and nobody has asked for.
pub(in crate::rpc::convert) fn needed_view(case: &Case, alert: &Alert) -> v1::Alert {
    let requirement = case.requirement(alert.check);
    let due = requirement.map_or(case.hearing.at, |requirement| requirement.due);
    v1::Alert {
        court_code: case.court().to_string(),
        deadline_time: Some(show::instant(due)),
        case_id: case.id.to_string(),
        requirement_number: alert.check.into(),
        needed_of: option_to_wire(requirement.map(|requirement| requirement.kind)),
        holder: case.holder.person.as_ref().map(show::person),
        ..plain_alert_view(case.id.into(), alert)
    }
}

/// Earlier answers that may do.
pub fn earlier_answers_view(found: &EarlierAnswers) -> v1::ListEarlierAnswersResponse {
    v1::ListEarlierAnswersResponse {
        answers: found.answers.iter().map(earlier_answer_view).collect(),
        is_cut: !found.complete,
    }
}

fn earlier_answer_view(answer: &EarlierAnswer) -> v1::EarlierAnswer {
    let EarlierAnswer {
        check,
        purpose,
        responder,
        version,
        disposition,
        answered_at,
        good_until,
        handling,
    } = answer;
    v1::EarlierAnswer {
        check_id: check.to_string(),
        reference: check.enquiry.reference().to_string(),
        purpose: purpose.to_wire(),
        responder_id: responder.to_string(),
        answer_version: (*version).into(),
        disposition: disposition.to_wire(),
        answer_time: Some(show::instant(*answered_at)),
        expire_time: Some(show::instant(*good_until)),
        handling: to_wire(handling),
    }
}

/// What became of a row that could be read.
pub fn outcome_view(
    line: u32,
    case: CaseId,
    outcome: Result<RowOutcome, Rejection>,
) -> v1::CaseOutcome {
    use v1::RegisterOutcome as Outcome;
    let (outcome, faults) = match outcome {
        Ok(RowOutcome::Registered) => (Outcome::Registered, Vec::new()),
        Ok(RowOutcome::Changed) => (Outcome::Changed, Vec::new()),
        Ok(RowOutcome::Unchanged) => (Outcome::Unchanged, Vec::new()),
        Err(rejection) => (Outcome::Refused, vec![fault(&rejection)]),
    };
    v1::CaseOutcome {
        line,
        case_id: case.to_string(),
        outcome: outcome.into(),
        faults,
    }
}

fn fault(rejection: &Rejection) -> v1::RowFault {
    let (field, why) = match rejection {
        Rejection::Invalid {
            field: "reason",
            why,
        } => ("move_reason", Some(*why)),
        Rejection::Invalid { field, why } => (*field, Some(*why)),
        Rejection::BadDeadline { why } => ("hearing", Some(*why)),
        Rejection::OtherCourt { .. } => ("hearing.court_code", None),
        _ => ("", None),
    };
    v1::RowFault {
        field: field.into(),
        description: why.map_or_else(|| rejection.to_string(), Into::into),
    }
}

/// What is wrong with a row that could not be read.
pub fn refused_view(line: u32, violations: Vec<Violation>) -> v1::CaseOutcome {
    let faults = violations.into_iter().take(FAULTS_MAX);
    v1::CaseOutcome {
        line,
        outcome: v1::RegisterOutcome::Refused.into(),
        faults: faults
            .map(|Violation { field, why }| v1::RowFault {
                field,
                description: why,
            })
            .collect(),
        ..v1::CaseOutcome::default()
    }
}

/// Something that happened to a case; nothing for what happened to an enquiry.
pub fn case_event_view(recorded: &Recorded) -> Option<v1::CaseEvent> {
    let EventKind::Case(kind) = &recorded.event.kind else {
        return None;
    };
    let mut view = v1::CaseEvent {
        event_time: Some(show::instant(recorded.event.at)),
        by: Some(show::by(&recorded.event.by)),
        requirement_number: recorded.event.check.unwrap_or_default().into(),
        kind: kind.name().into(),
        ..v1::CaseEvent::default()
    };
    let record = recorded.record;
    let alert_id = |number| AlertId { record, number }.to_string();
    match kind {
        CaseEventKind::HearingMoved { from, to } => {
            view.from_time = Some(show::instant(*from));
            view.due_time = Some(show::instant(*to));
        }
        CaseEventKind::StageEntered { purpose } => view.stage = purpose.to_wire(),
        CaseEventKind::Needed { rule, kind, due } => {
            view.name = rule.to_string();
            view.responder_kind = kind.to_wire();
            view.due_time = Some(show::instant(*due));
        }
        CaseEventKind::Covered { enquiry } | CaseEventKind::Uncovered { enquiry } => {
            view.enquiry_id = enquiry.to_string();
        }
        CaseEventKind::SetAside { reason } => view.set_aside_reason = reason.to_wire(),
        CaseEventKind::StepRaised {
            step,
            generation: _,
            due,
            alert,
        } => {
            view.name = step.to_string();
            view.due_time = Some(show::instant(*due));
            view.alert_id = alert_id(*alert);
        }
        CaseEventKind::Acknowledged { alert, expires } => {
            view.alert_id = alert_id(*alert);
            view.due_time = Some(show::instant(*expires));
        }
        CaseEventKind::Reopened { alert } | CaseEventKind::Resolved { alert } => {
            view.alert_id = alert_id(*alert);
        }
        CaseEventKind::Registered
        | CaseEventKind::Changed
        | CaseEventKind::TakenOff
        | CaseEventKind::PutBack
        | CaseEventKind::Overdue
        | CaseEventKind::Reassigned
        | CaseEventKind::Viewed => {}
    }
    Some(view)
}
