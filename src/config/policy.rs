//! `policy.toml`: ladders, leases, acknowledgements and closing as text, made into the core's [`Policy`]. A file that would leave a
//! check unwatched is refused with the line of the ladder or step that is at fault.

mod cases;
mod words;

use super::document;
use super::fault::{Fault, Place, Source};
use cases::Requirement;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;
use toml::Spanned;
use usher_domain::agreement::Agreements;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::{CloseReason, Track};
use usher_domain::ladder::{Audience, StepKind, Unless};
use usher_domain::policy::{
    CaseRules, LeaseRule, Policy, PolicyError, Span, StepRule, Terms, TrackRule,
};
use usher_domain::time::{Calendar, WorkingHours};
pub(super) use words::Code;
use words::{Length, Moments, Parsed};

/// The built-in `config/policy.toml`.
pub const DEFAULTS: &str = include_str!("../../config/policy.toml");
/// What a fault calls the built-in policy.
const BUILT_IN: &str = "config/policy.toml (built in)";

/// The policy apart from responders and calendar.
#[derive(Clone, Debug)]
pub struct Rules {
    general: BTreeMap<Track, TrackRule>,
    unread: Vec<StepRule>,
    lease: LeaseRule,
    cases: CaseRules,
    second_person: BTreeSet<CloseReason>,
    /// Operators are told when work has waited for so much of a responder's working time with no adapter connected.
    pub absent_after: Duration,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lease: Spanned<Lease>,
    absent: Absent,
    close: Spanned<Close>,
    ladder: Spanned<BTreeMap<Code<Track>, Spanned<PlacedLadder>>>,
    unread: Vec<Spanned<UnreadStep>>,
    asking: Spanned<BTreeMap<Code<Track>, Spanned<PlacedLadder>>>,
    requirement: Vec<Spanned<Requirement>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lease {
    default: Length,
    min: Length,
    max: Length,
    lost_before_alert: NonZeroU32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Absent {
    after: Length,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Close {
    second_person: BTreeSet<Code<CloseReason>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ladder<S> {
    acknowledgement: Option<Parsed<Span>>,
    reply_within: Option<Parsed<Span>>,
    #[serde(default = "Vec::new")]
    step: Vec<S>,
}

/// A ladder of a policy file, whose steps know where they stand; a responder's table does not.
type PlacedLadder = Ladder<Spanned<LadderStep>>;

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct LadderStep {
    name: String,
    #[serde(default = "escalate")]
    kind: Code<StepKind>,
    at: Moments,
    #[serde(default = "answered")]
    unless: Code<Unless>,
    audience: Vec<Code<Audience>>,
}

#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnreadStep {
    name: String,
    at: Moments,
    audience: Vec<Code<Audience>>,
}

fn escalate() -> Code<StepKind> {
    Code(StepKind::Escalate)
}

fn answered() -> Code<Unless> {
    Code(Unless::Answered)
}

/// A ladder, a step of one, or another part of a policy, and where it stands: for faults that are found only in the whole.
struct Part {
    place: String,
    step: Option<String>,
    span: Range<usize>,
}

impl Part {
    fn new(place: &str, step: Option<&str>, span: Range<usize>) -> Self {
        Self {
            place: place.into(),
            step: step.map(Into::into),
            span,
        }
    }
}

impl Rules {
    /// The built-in policy.
    ///
    /// # Errors
    /// Never, as a test proves.
    pub fn built_in() -> Result<Self, Vec<Fault>> {
        Self::read(&Source {
            path: BUILT_IN.into(),
            text: DEFAULTS.into(),
        })
    }

    /// Reads an operator's policy.
    ///
    /// # Errors
    /// Everything that is wrong with the text, or the first ladder that would leave a check unwatched.
    pub fn load(file: &Path) -> Result<Self, Vec<Fault>> {
        let source = Source::read(file).map_err(|fault| vec![fault])?;
        Self::read(&source)
    }

    fn read(source: &Source) -> Result<Self, Vec<Fault>> {
        let file: File = document::read(source)?;
        let mut spans = Vec::new();
        let general = ladders(source, "ladder", &file.ladder, &mut spans)?;
        let asking = ladders(source, "asking", &file.asking, &mut spans)?;
        for step in &file.unread {
            let name = Some(step.get_ref().name.as_str());
            spans.push(Part::new("unread", name, step.span()));
        }
        for rule in &file.requirement {
            let name = Some(rule.get_ref().name.as_str());
            spans.push(Part::new("requirement", name, rule.span()));
        }
        spans.push(Part::new("lease", None, file.lease.span()));
        spans.push(Part::new("close", None, file.close.span()));
        let second_person = &file.close.get_ref().second_person;
        let requirements = file.requirement.iter();
        let rules = Self {
            general,
            unread: file
                .unread
                .iter()
                .map(|step| unread(step.get_ref()))
                .collect(),
            lease: lease(file.lease.get_ref()),
            cases: CaseRules {
                requirements: requirements.map(|rule| rule.get_ref().rule()).collect(),
                asking,
            },
            second_person: second_person.iter().map(|reason| reason.0).collect(),
            absent_after: file.absent.after.0,
        };
        let nothing = Calendar::new([], jiff::civil::Date::MAX);
        match rules.policy(nothing, BTreeMap::new()) {
            Ok(_) => Ok(rules),
            Err(error) => Err(vec![placed(source, &spans, &error)]),
        }
    }

    /// What a responder has of its own: its hours, and the `[ladder]` table of its file. What a ladder leaves out, all steps
    /// or a length, is the general policy's.
    ///
    /// # Errors
    /// When the table is not such ladders; the message names the part of it, and what is wrong.
    pub fn terms(&self, hours: WorkingHours, ladders: &toml::Table) -> Result<Terms, TermsError> {
        let value = toml::Value::Table(ladders.clone());
        let ladders: BTreeMap<Code<Track>, Ladder<LadderStep>> =
            serde_path_to_error::deserialize(value).map_err(|error| {
                let part = format!("ladder.{}", error.path());
                let (what, remedy) = document::explain(error.inner().message());
                TermsError {
                    part,
                    what: join(&what, &remedy),
                }
            })?;
        let mut tracks = BTreeMap::new();
        for (Code(track), ladder) in ladders {
            let Some(general) = self.general.get(&track) else {
                continue;
            };
            let own: Vec<StepRule> = ladder.step.iter().map(step).collect();
            let rule = TrackRule {
                acknowledgement: ladder
                    .acknowledgement
                    .map_or(general.acknowledgement, |own| own.0),
                reply_within: ladder
                    .reply_within
                    .map_or(general.reply_within, |own| own.0),
                steps: if own.is_empty() {
                    general.steps.clone()
                } else {
                    own
                },
            };
            tracks.insert(track, rule);
        }
        Ok(Terms { hours, tracks })
    }

    /// The whole policy, but for agreements.
    ///
    /// # Errors
    /// When a ladder, general or of a responder, could leave a check unwatched.
    pub fn policy(
        &self,
        calendar: Calendar,
        responders: BTreeMap<ResponderId, Terms>,
    ) -> Result<Policy, PolicyError> {
        let policy = Policy {
            calendar,
            default_hours: WorkingHours::office(),
            tracks: self.general.clone(),
            unread: self.unread.clone(),
            responders,
            lease: self.lease,
            second_person: self.second_person.clone(),
            agreements: Agreements::default(),
            cases: self.cases.clone(),
        };
        policy.validate().map(|()| policy)
    }
}

/// A responder's own ladders that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {what}")]
pub struct TermsError {
    /// Which part, such as `ladder.oral.step[2].at`.
    pub part: String,
    /// What is wrong, and the remedy.
    pub what: String,
}

fn join(what: &str, remedy: &str) -> String {
    if remedy.is_empty() {
        return what.into();
    }
    format!("{what}; {remedy}")
}

/// The ladders of one table, each where it stands.
fn ladders(
    source: &Source,
    table: &str,
    ladders: &Spanned<BTreeMap<Code<Track>, Spanned<PlacedLadder>>>,
    spans: &mut Vec<Part>,
) -> Result<BTreeMap<Track, TrackRule>, Vec<Fault>> {
    spans.push(Part::new(table, None, ladders.span()));
    let mut rules = BTreeMap::new();
    for (Code(track), ladder) in ladders.get_ref() {
        let place = format!("{table}.{}", track.name());
        spans.push(Part::new(&place, None, ladder.span()));
        for step in &ladder.get_ref().step {
            let name = Some(step.get_ref().name.as_str());
            spans.push(Part::new(&place, name, step.span()));
        }
        let rule = whole(*track, ladder.get_ref()).map_err(|(what, remedy)| {
            let place = source.place(Some(ladder.span()));
            vec![Fault::error(place, what, remedy)]
        })?;
        rules.insert(*track, rule);
    }
    Ok(rules)
}

fn whole(track: Track, ladder: &PlacedLadder) -> Result<TrackRule, (&'static str, &'static str)> {
    let acknowledgement = ladder.acknowledgement.map(|given| given.0).ok_or((
        "acknowledgement is missing",
        "say how long an acknowledged alert stays closed, such as acknowledgement = \"4 wh\"",
    ))?;
    let reply_within = match (ladder.reply_within, track) {
        (Some(given), _) => given.0,
        // Before sentence the hearing is the deadline, and this is never asked for.
        (None, Track::Oral | Track::Fast | Track::Standard | Track::StandardCustody) => {
            acknowledgement
        }
        (None, Track::PostSentence | Track::Referral) => {
            let remedy = "say by when a reply is due, such as reply_within = \"10 wd\"";
            return Err(("reply_within is missing", remedy));
        }
    };
    Ok(TrackRule {
        acknowledgement,
        reply_within,
        steps: ladder.step.iter().map(|own| step(own.get_ref())).collect(),
    })
}

fn step(step: &LadderStep) -> StepRule {
    StepRule {
        name: step.name.as_str().into(),
        kind: step.kind.0,
        at: step.at.0.clone(),
        unless: step.unless.0,
        audience: step.audience.iter().map(|code| code.0).collect(),
    }
}

fn unread(step: &UnreadStep) -> StepRule {
    StepRule {
        name: step.name.as_str().into(),
        kind: StepKind::Unread,
        at: step.at.0.clone(),
        unless: Unless::Answered,
        audience: step.audience.iter().map(|code| code.0).collect(),
    }
}

fn lease(lease: &Lease) -> LeaseRule {
    let signed = |length: &Length| length.0.try_into().unwrap_or(jiff::SignedDuration::MAX);
    LeaseRule {
        default: signed(&lease.default),
        min: signed(&lease.min),
        max: signed(&lease.max),
        lost_before_alert: lease.lost_before_alert.get(),
    }
}

/// A fault of the whole, where its part stands in the text.
fn placed(source: &Source, spans: &[Part], error: &PolicyError) -> Fault {
    let find = |place: &str, step: Option<&str>| -> Place {
        let exact = spans
            .iter()
            .find(|part| part.place == place && step.is_some() && part.step.as_deref() == step);
        let near = spans.iter().find(|part| part.place == place);
        source.place(exact.or(near).map(|part| part.span.clone()))
    };
    let place = match error {
        PolicyError::MissingTrack { .. } => find("ladder", None),
        PolicyError::NoLastStep { place }
        | PolicyError::NoHearingStep { place }
        | PolicyError::NoDecisionPoint { place }
        | PolicyError::NoAcceptance { place } => find(place, None),
        PolicyError::BadStep { place, step, .. } => find(place, Some(step)),
        PolicyError::BadRequirement { rule, .. } => find("requirement", Some(rule)),
        PolicyError::BadLease => find("lease", None),
        PolicyError::WithdrawnByTwo => find("close", None),
    };
    Fault::error(
        place,
        error.to_string(),
        "config/policy.toml shows every ladder and the form of a step",
    )
}

#[cfg(test)]
mod tests;
