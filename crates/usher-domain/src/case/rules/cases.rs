//! What the tables of cases are built from: two rules in plain minutes, a row of a list, and one `check` that gives a verb and compares the
//! picture of what comes out.

use crate::actor::{Actor, Unit};
use crate::alert::AlertState;
use crate::case::command::{CaseCommand, CaseVerb, Cover, Register};
use crate::case::decide::{CaseTransition, decide};
use crate::case::{Case, Indicator, SetAsideReason, index};
use crate::code::ResponderKind;
use crate::command::Request;
use crate::enquiry::{Purpose, ReportType, Track};
use crate::hearing::Deadline;
use crate::hearing::Hearing;
use crate::id::{AlertNumber, CaseId, CheckId, EnquiryId, RequestId, RequirementNumber};
use crate::ladder::{Audience, StepKind, Unless};
use crate::policy::{CaseRules, Policy, RequirementRule, StepRule, TrackRule};
use crate::rejection::Rejection;
pub(crate) use crate::rules::cases::{
    HEARING, adapter, at, clock, court, hidden, just_before, manager, nameless, officer, operator,
    person, stranger, text,
};
use crate::rules::cases::{hearing_at, policy as enquiries};
use crate::sealed::Sealed;
use crate::time::Timestamp;
use core::fmt::Write as _;
use jiff::civil::date;
use uuid::Uuid;

fn rule(
    name: &str,
    stages: &[Purpose],
    any_of: &[Indicator],
    ask: &[ResponderKind],
) -> RequirementRule {
    RequirementRule {
        name: name.into(),
        stages: stages.to_vec(),
        any_of: any_of.to_vec(),
        purpose: stages[0],
        ask: ask.to_vec(),
        covered_by: stages.to_vec(),
        max_age: "28 wd".parse().unwrap(),
        from: date(2022, 4, 4),
        to: None,
        source: "the tables of cases".into(),
    }
}

fn step(name: &str, kind: StepKind, moment: &str, to: Audience) -> StepRule {
    StepRule {
        name: name.into(),
        kind,
        at: vec![moment.parse().unwrap()],
        unless: Unless::Answered,
        audience: vec![to],
    }
}

/// Children where the list tells of them, the police where it tells of abuse, both at the start of a sentence where either. Every track:
/// remind 15, manager 60 before the hearing, hearing, after 180; an acknowledgement lasts 20.
#[rustfmt::skip] // a row a line
pub(crate) fn policy() -> Policy {
    use Indicator as I;
    use ResponderKind as S;
    let ladder = TrackRule {
        acknowledgement: "20 min".parse().unwrap(),
        reply_within: "240 min".parse().unwrap(),
        steps: vec![
            step("remind", StepKind::Escalate, "submitted + 15 min", Audience::Officer),
            step("manager", StepKind::Escalate, "hearing - 60 min", Audience::OfficerManager),
            step("hearing", StepKind::Hearing, "hearing + 0 min", Audience::Officer),
            step("after", StepKind::Escalate, "hearing + 60 min", Audience::Operator),
        ],
    };
    let mut ended = rule("children", &[Purpose::CourtReport], &[], &[S::AdultSocialCare]);
    (ended.from, ended.to) = (date(2020, 1, 1), Some(date(2022, 4, 3)));
    let policy = Policy {
        cases: CaseRules {
            requirements: vec![
                ended,
                rule("children", &[Purpose::CourtReport], &[I::LivesWithChildren, I::CaresForChildren], &[S::ChildrenSocialCare]),
                rule("abuse", &[Purpose::CourtReport], &[I::DomesticAbuse], &[S::PoliceDomesticAbuse]),
                rule("start", &[Purpose::StartOfSentence, Purpose::Review], &[I::LivesWithChildren, I::DomesticAbuse], &[S::ChildrenSocialCare, S::PoliceDomesticAbuse]),
            ],
            asking: Track::ALL.iter().map(|track| (*track, ladder.clone())).collect(),
        },
        ..enquiries()
    };
    policy.validate().unwrap();
    policy
}

pub(crate) fn hearing(code: &str, minutes: i64) -> Hearing {
    match hearing_at(code, minutes) {
        Deadline::Hearing(hearing) => hearing,
        Deadline::ReplyBy { .. } => unreachable!("a hearing"),
    }
}

/// A row of the list of B01IX: heard in [`HEARING`] minutes.
pub(crate) fn row(indicators: &[Indicator]) -> Register {
    Register {
        id: CaseId::derive("01AB1234526/1"),
        name: text(13),
        hearing: hearing("B01IX", HEARING),
        reason: text(8),
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: false,
        indicators: indicators.to_vec(),
        holder: None,
        personal: text(64),
    }
}

pub(crate) fn register(row: Register) -> CaseVerb {
    CaseVerb::Register(Box::new(row))
}

/// Registered at minute 0.
pub(crate) fn listed(indicators: &[Indicator]) -> Case {
    let command = plain(&register(row(indicators)));
    decide(None, &command, &officer(), at(0), &policy())
        .unwrap()
        .case
}

/// With children, and abuse.
pub(crate) fn both() -> Case {
    listed(&[Indicator::LivesWithChildren, Indicator::DomesticAbuse])
}

/// With children.
pub(crate) fn children() -> Case {
    listed(&[Indicator::LivesWithChildren])
}

pub(crate) fn enquiry(number: u128) -> EnquiryId {
    EnquiryId::from_uuid(Uuid::from_u128(number))
}

/// Enquiry 1, submitted at minute 0, for a court report.
pub(crate) fn cover(kinds: &[ResponderKind]) -> Cover {
    Cover {
        enquiry: enquiry(1),
        purpose: Purpose::CourtReport,
        kinds: kinds.to_vec(),
        submitted_at: at(0),
        same_person: true,
    }
}

pub(crate) fn asks_children() -> CaseVerb {
    CaseVerb::Cover(cover(&[ResponderKind::ChildrenSocialCare]))
}

pub(crate) fn uncover(number: u128) -> CaseVerb {
    CaseVerb::Uncover {
        enquiry: enquiry(number),
        kinds: ResponderKind::ALL.to_vec(),
    }
}

pub(crate) fn set_aside(requirement: RequirementNumber, reason: SetAsideReason) -> CaseVerb {
    let answer = (reason == SetAsideReason::UpToDateAlready).then_some(CheckId {
        enquiry: enquiry(9),
        number: 1,
    });
    CaseVerb::SetAside {
        requirement,
        reason,
        answer,
        note: text(8),
    }
}

pub(crate) fn enter(purpose: Purpose) -> CaseVerb {
    CaseVerb::EnterStage { purpose, due: None }
}

pub(crate) fn acknowledge(alert: AlertNumber) -> CaseVerb {
    let note = Sealed::default();
    CaseVerb::Acknowledge { alert, note }
}

pub(crate) fn unit() -> Unit {
    Unit {
        office: "Thames".into(),
        ..Unit::default()
    }
}

fn plain(verb: &CaseVerb) -> CaseCommand {
    CaseCommand {
        request: None,
        verb: verb.clone(),
    }
}

pub(crate) fn request(id: u128, digest: u64, verb: CaseVerb) -> CaseCommand {
    let id = RequestId::from_uuid(Uuid::from_u128(id));
    CaseCommand {
        request: Some(Request { id, digest }),
        verb,
    }
}

pub(crate) fn give(
    before: &Case,
    who: &Actor,
    now: Timestamp,
    verb: &CaseVerb,
) -> Result<CaseTransition, Rejection> {
    decide(Some(before), &plain(verb), who, now, &policy())
}

/// The case after verbs that must be taken, each with who gives it and when.
pub(crate) fn after(before: Case, acts: &[(Actor, i64, CaseVerb)]) -> Case {
    acts.iter().fold(before, |case, (who, minutes, verb)| {
        give(&case, who, at(*minutes), verb).unwrap().case
    })
}

/// Requirements in order: the rule, a colon, the state; then live alerts by number: `!name` open, `~name` looked after; `+` once overdue.
pub(crate) fn picture(case: &Case) -> String {
    let mut text = String::new();
    for requirement in &case.requirements {
        if !text.is_empty() {
            text.push_str(", ");
        }
        write!(text, "{}:{}", requirement.rule, requirement.state.name()).unwrap();
        let covering = requirement.state.covering().iter();
        let numbers: Vec<u128> = covering.map(|one| one.enquiry.uuid().as_u128()).collect();
        if !numbers.is_empty() {
            write!(text, "{numbers:?}").unwrap();
        }
        if requirement.overdue_at.is_some() {
            text.push('+');
        }
        for alert in case
            .alerts
            .iter()
            .filter(|alert| alert.check == requirement.number)
        {
            let mark = match &alert.state {
                AlertState::Open { .. } => '!',
                AlertState::Acknowledged { .. } => '~',
                AlertState::Resolved { .. } => continue,
            };
            write!(text, " {mark}{}", alert.cause.name()).unwrap();
        }
    }
    text
}

/// Gives `verb` and compares the picture, or the refusal.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a row writes its refusal in place"
)]
pub(crate) fn check(
    before: &Case,
    who: &Actor,
    now: Timestamp,
    verb: &CaseVerb,
    expected: Result<&str, Rejection>,
) {
    let got = give(before, who, now, verb);
    let context = format!("{} {verb:?} on: {}", who.role.name(), picture(before));
    if let Ok(transition) = &got {
        let after = &transition.case;
        for requirement in &after.requirements {
            assert!(index::is_watched(after, requirement), "{context}");
        }
    }
    let got = got.map(|transition| picture(&transition.case));
    assert_eq!(got.as_deref().map_err(Clone::clone), expected, "{context}");
}
