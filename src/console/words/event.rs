//! What happened, as lines of a timeline.

use super::record as words;
use super::{step, trouble_words};
use crate::console::when;
use usher_domain::case::event::CaseEventKind;
use usher_domain::enquiry::Timeliness;
use usher_domain::event::{DecisionName, EventKind};

/// A line for what happened; `whom` names the responder of the check that it is about, empty where it is about none.
pub(in crate::console) fn title(kind: &EventKind, whom: &str) -> String {
    let whom = if whom.is_empty() { "nobody yet" } else { whom };
    match kind {
        EventKind::Submitted => "Enquiry sent".into(),
        EventKind::Opened { .. } => format!("Asked: {whom}"),
        EventKind::Leased { .. } => format!("{whom}: their system took it"),
        EventKind::LeaseLost => format!("{whom}: their system took it and brought nothing"),
        EventKind::Reconsidered { .. } => format!("{whom}: sharing was looked at again"),
        EventKind::Released { for_people: None } => format!("{whom}: given back to the queue"),
        EventKind::Released { .. } => format!("{whom}: given to their people"),
        EventKind::Accepted { expected_by: None } => format!("{whom}: people took it on"),
        EventKind::Accepted {
            expected_by: Some(at),
        } => format!(
            "{whom}: people took it on and promise an answer by {}",
            when::moment(*at)
        ),
        EventKind::Asked => format!("{whom} asked a question"),
        EventKind::Supplied => format!("Question of {whom} answered"),
        EventKind::Redirected { .. } => format!("{whom} passed it on"),
        EventKind::Rerouted { .. } => format!("{whom}: sent to somebody else"),
        EventKind::Answered {
            version,
            timeliness,
            by_phone,
            ..
        } => answered(whom, *version, *timeliness, by_phone.is_some()),
        EventKind::Received { .. } => format!("Answer of {whom} read"),
        EventKind::Withdrawn => "Enquiry taken back".into(),
        EventKind::Linked => "Named as about a case".into(),
        EventKind::Reassigned => "Handed over to another practitioner".into(),
        EventKind::HearingMoved { to, .. } => format!("Hearing moved to {}", when::moment(*to)),
        EventKind::StepRaised { step: name, .. } => format!("{whom}: {}", step(name)),
        EventKind::StepMoot { step: name, .. } => {
            format!("{whom}: “{}” no longer needed", step(name))
        }
        EventKind::TroubleRaised { trouble, .. } => format!("{whom}: {}", trouble_words(*trouble)),
        EventKind::Acknowledged { expires, .. } => {
            format!("Alert looked after until {}", when::moment(*expires))
        }
        EventKind::Reopened { .. } => "Alert open again: nothing moved on".into(),
        EventKind::Resolved { .. } => "Alert over".into(),
        EventKind::Decided { decision } => decided(*decision).into(),
        EventKind::SentencedOutstanding => format!("Sentenced without an answer of {whom}"),
        EventKind::SentenceRecorded { outcome, date } => format!(
            "Sentence recorded: {}, {}",
            words::sentence(*outcome).to_lowercase(),
            when::date(*date)
        ),
        EventKind::CloseProposed { reason } => format!(
            "{whom}: closing proposed, another person must confirm it. {}",
            words::close_reason(*reason)
        ),
        EventKind::Closed { reason } => {
            format!("{whom}: closed. {}", words::close_reason(*reason))
        }
        EventKind::Viewed => "Seen".into(),
        EventKind::Case(kind) => of_case(kind),
    }
}

fn answered(whom: &str, version: u8, timeliness: Timeliness, by_phone: bool) -> String {
    let again = if version > 1 {
        format!(" again (version {version})")
    } else {
        String::new()
    };
    let phone = if by_phone { " by telephone" } else { "" };
    let late = match timeliness {
        Timeliness::InTime => "",
        Timeliness::AfterHearing => ", late",
    };
    format!("{whom} answered{again}{phone}{late}")
}

/// What was decided at court without an answer.
pub(in crate::console) const fn decided(decision: DecisionName) -> &'static str {
    match decision {
        DecisionName::SeekAdjournment => "Adjournment sought",
        DecisionName::ProceedWithout => "Went on without the answer",
        DecisionName::WithdrawCurfew => "Curfew proposal withdrawn",
    }
}

fn of_case(kind: &CaseEventKind) -> String {
    match kind {
        CaseEventKind::Registered => "On the court’s list".into(),
        CaseEventKind::Changed => "Changed on the court’s list".into(),
        CaseEventKind::HearingMoved { to, .. } => format!("Hearing moved to {}", when::moment(*to)),
        CaseEventKind::TakenOff => "Taken off the court’s list".into(),
        CaseEventKind::PutBack => "On the court’s list again".into(),
        CaseEventKind::StageEntered { purpose } => {
            format!("Now at: {}", words::purpose(*purpose).to_lowercase())
        }
        CaseEventKind::Needed { kind, due, .. } => format!(
            "{} must be asked by {}",
            words::kind(*kind),
            when::moment(*due)
        ),
        CaseEventKind::Covered { enquiry } => {
            format!("Asked by enquiry {}", enquiry.reference())
        }
        CaseEventKind::Uncovered { enquiry } => {
            format!("Enquiry {} counts no more", enquiry.reference())
        }
        CaseEventKind::SetAside { reason } => {
            format!("Set aside: {}", words::set_aside(*reason).to_lowercase())
        }
        CaseEventKind::Overdue => "Overdue: nobody has asked".into(),
        CaseEventKind::Reassigned => "Handed over to another practitioner".into(),
        CaseEventKind::StepRaised { step: name, .. } => step(name),
        CaseEventKind::Acknowledged { expires, .. } => {
            format!("Alert looked after until {}", when::moment(*expires))
        }
        CaseEventKind::Reopened { .. } => "Alert open again: nothing moved on".into(),
        CaseEventKind::Resolved { .. } => "Alert over".into(),
        CaseEventKind::Viewed => "Seen".into(),
    }
}
