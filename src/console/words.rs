//! The words of the pages for what the core has codes for: plain English, and the colour of its tag. Colour never stands alone.

pub(super) mod event;
pub(super) mod record;

use super::when;
use crate::broker::output::AdapterHealth;
use jiff::SignedDuration;
use usher_domain::actor::Role;
use usher_domain::alert::{Cause, Trouble};
use usher_domain::enquiry::{Check, CheckState, Disposition, PeopleReason};
use usher_domain::ladder::Audience;
use usher_domain::personal::{Confidence, Information};
use usher_domain::report::{Grouping, ReportKind};
use usher_domain::time::Timestamp;

/// A word in a coloured box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    /// The word.
    pub(super) text: String,
    /// The modifier of `govuk-tag`: `red`, `orange`, `yellow`, `green`, `blue`, `grey` and so on.
    pub(super) colour: &'static str,
}

/// A tag.
pub(super) fn tag(text: impl Into<String>, colour: &'static str) -> Tag {
    Tag {
        text: text.into(),
        colour,
    }
}

/// What somebody is.
pub(super) const fn role(role: Role) -> &'static str {
    match role {
        Role::Officer => "Court officer",
        Role::Manager => "Manager",
        Role::Adapter => "Borough desk",
        Role::Operator => "Operator",
        Role::Inspector => "Inspector",
        Role::Clock => "usher itself",
    }
}

/// Who is told.
pub(super) const fn audience(audience: Audience) -> &'static str {
    match audience {
        Audience::Adapter => "the borough's system",
        Audience::BoroughDesk => "the borough's desk",
        Audience::BoroughManager => "the borough's manager",
        Audience::Officer => "the court officer",
        Audience::OfficerManager => "the officer's manager",
        Audience::Operator => "the operators",
    }
}

/// Who is told, in one sentence's list: `the court officer, the operators`.
pub(super) fn audiences(told: &[Audience]) -> String {
    let told: Vec<_> = told.iter().map(|one| audience(*one)).collect();
    told.join(", ")
}

/// What is wrong.
pub(super) fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Step { name, .. } => step(name),
        Cause::Trouble(trouble) => trouble_words(*trouble).into(),
    }
}

/// What has come to pass with a step, by its name.
fn step(name: &str) -> String {
    shipped_step(name).map_or_else(|| capital(&name.replace(['_', '-'], " ")), Into::into)
}

/// The same of the policy that ships; a policy of one's own has its own names.
fn shipped_step(name: &str) -> Option<&'static str> {
    Some(match name {
        "chase" | "acknowledge" => "The borough has not taken it on",
        "referred" => "A referral waits to be taken on",
        "reminder" => "No answer yet",
        "duty_manager" => "No answer yet: the duty manager is told",
        "team_manager" => "No answer yet: the team manager is told",
        "head_of_service" => "No answer yet: the head of service is told",
        "manager" => "Nothing has been done yet: the manager is told",
        "operator" => "Nothing has been done yet: the operators are told",
        "decision_point" => "No answer yet: decide how to go on",
        "hearing" => "The hearing has begun without an answer",
        "after_1" => "No answer one working day after the hearing",
        "after_3" => "No answer three working days after the hearing",
        "after_10" => "No answer ten working days after the hearing",
        "overdue" => "The time to reply has passed",
        "outcome" => "Nobody has said what comes of the referral",
        "outcome_late" => "Nobody has said for days what comes of the referral",
        "unread" => "Nobody has read the answer",
        "unread_manager" => "Nobody has read the answer: the manager is told",
        "unread_operator" => "Nobody has read the answer: the operators are told",
        "ask" => "Nobody has asked yet",
        "never_asked" => "The hearing has begun, and nobody has asked",
        _ => return None,
    })
}

const fn trouble_words(trouble: Trouble) -> &'static str {
    match trouble {
        Trouble::Unroutable => "No borough found",
        Trouble::Question => "The borough asks a question",
        Trouble::PromiseMissed => "The promised answer has not come",
        Trouble::LeasesLost => "The borough's system takes it and brings nothing",
        Trouble::NoAdapter => "The borough's system is away",
        Trouble::SentencedOutstanding => "Sentenced without an answer",
    }
}

/// Where a check stands.
pub(super) fn check_state(check: &Check) -> Tag {
    match &check.state {
        CheckState::Waiting {
            for_people: None, ..
        } => tag("Sent, not yet taken", "yellow"),
        CheckState::Waiting { .. } => tag("Waiting for the desk", "yellow"),
        CheckState::Leased { .. } => tag("Being looked up", "light-blue"),
        CheckState::Accepted { .. } => tag("Desk is working on it", "blue"),
        CheckState::Asked { .. } => tag("Question for you", "orange"),
        CheckState::Unroutable { .. } => tag("No borough found", "red"),
        CheckState::Answered { received: None, .. } => tag("Answered, not read", "purple"),
        CheckState::Answered { .. } => tag("Answered and read", "green"),
        CheckState::Redirected { .. } => tag("Passed on", "grey"),
        CheckState::Closed { .. } => tag("Closed", "grey"),
    }
}

/// What an answer comes to. "Not known" never reads as "no risk".
pub(super) const fn disposition(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::NotKnown => "Not known to them",
        Disposition::KnownNothingRelevant => "Known, nothing relevant held",
        Disposition::KnownRelevant => "Known, relevant information held",
        Disposition::HeldCannotDisclose => "Information is held that cannot be disclosed here",
    }
}

/// With a capital letter in front.
pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}", first.unwrap_or_default(), letters.as_str())
}

/// What a report is called.
pub(super) const fn report(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Coverage => "Coverage",
        ReportKind::Timeliness => "Timeliness",
        ReportKind::Outstanding => "Outstanding",
        ReportKind::LateAnswers => "Late answers",
    }
}

/// What it tells, in a sentence.
pub(super) const fn report_about(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::Coverage => {
            "Which checks cases needed, which of them were made in time, and which were answered before sentence."
        }
        ReportKind::Timeliness => "How many working hours answers took.",
        ReportKind::Outstanding => {
            "What nobody has answered yet, what nobody has asked yet, and what was decided at court without an answer."
        }
        ReportKind::LateAnswers => {
            "Answers that came after the hearing, whether anybody has read them, and what they would have changed."
        }
    }
}

/// What the lines of a report are, in the middle of a sentence.
pub(super) const fn grouping(by: Grouping) -> &'static str {
    match by {
        Grouping::Court => "court",
        Grouping::Office => "office",
        Grouping::Borough => "borough",
        Grouping::ResponderKind => "kind of service",
        Grouping::ReportType => "kind of court report",
    }
}
/// What is asked for.
pub(super) const fn information(information: Information) -> &'static str {
    match information {
        Information::Known => "whether they are known",
        Information::Plans => "plans and orders in force",
        Information::History => "earlier involvement",
        Information::Worker => "the worker to speak to",
        Information::AdultConcerns => "concerns about the adult",
        Information::ContactRestrictions => "contact restrictions",
        Information::CurfewAdvice => "whether a curfew at the address is safe",
    }
}

/// Why people must look.
pub(super) const fn people_reason(reason: PeopleReason) -> &'static str {
    match reason {
        PeopleReason::PossibleMatch => "Somebody in the records may be one of the people",
        PeopleReason::TooLittle => "Too little is said to search by",
        PeopleReason::Agreement => "The agreement lets no program answer",
        PeopleReason::Unreadable => "The records cannot be read by a program",
        PeopleReason::SystemAway => "The records system cannot be asked",
        PeopleReason::Other => "Another reason",
        PeopleReason::UncertainAbsence => "Nobody was found, and that is not certain",
    }
}

/// How an adapter does.
pub(super) fn health(health: AdapterHealth) -> Tag {
    match health {
        AdapterHealth::Connected => tag("Connected", "green"),
        AdapterHealth::Busy => tag("Busy", "blue"),
        AdapterHealth::Absent => tag("Away", "red"),
        AdapterHealth::Failing => tag("Connected, system behind it fails", "orange"),
    }
}

/// What is left before a deadline; `None` while there is plenty.
pub(super) fn time_left(deadline: Timestamp, now: Timestamp) -> Option<Tag> {
    let left = deadline.duration_since(now);
    if left <= SignedDuration::ZERO {
        Some(tag(format!("Late by {}", when::span(left)), "red"))
    } else if left <= SHORT {
        Some(tag(format!("{} left", when::span(left)), "orange"))
    } else {
        None
    }
}

/// From here on, time is short.
const SHORT: SignedDuration = SignedDuration::from_hours(4);

/// How sure a match is, as a tag.
pub(super) fn confidence_tag(found: Confidence) -> Tag {
    let colour = match found {
        Confidence::Certain => "green",
        Confidence::Possible => "orange",
        Confidence::None => "grey",
    };
    tag(record::confidence(found), colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_of_the_policy_that_ships_is_told_in_words() {
        let policy = include_str!("../../config/policy.toml");
        let (steps, _) = policy.split_once("\n[[requirement]]").unwrap();
        let (_, asking) = policy.split_once("\n[asking").unwrap();
        let names = [steps, asking].into_iter().flat_map(str::lines);
        let names = names.filter_map(|line| line.strip_prefix("name = \""));
        let names: Vec<_> = names.map(|rest| rest.split('"').next().unwrap()).collect();
        assert!(names.contains(&"unread_manager") && names.contains(&"never_asked"));
        for name in names {
            assert!(shipped_step(name).is_some(), "{name}");
        }
        let (name, generation) = ("a_step_of_ours".into(), 0);
        let own = Cause::Step { name, generation };
        assert_eq!(cause(&own), "A step of ours");
    }
}
