//! Which cases need which checks, as dated data: `[[requirement]]` and `[asking]` of `config/policy.toml`.

use super::{Policy, PolicyError, Span, TrackRule};
use crate::case::Indicator;
use crate::code::ResponderKind;
use crate::enquiry::{Purpose, Track};
use crate::ladder::{Step, StepKind, Unless};
use crate::limits;
use crate::time::Timestamp;
use alloc::collections::{BTreeMap, BTreeSet};
use jiff::civil::Date;

/// What cases need, and who is told while nobody asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaseRules {
    /// What is needed; empty where no case is looked after.
    pub requirements: Vec<RequirementRule>,
    /// The ladder of what is needed, by track; every track has one where anything is needed. Offsets count from `submitted`, the moment
    /// that it was needed from, and from `hearing`, the moment by which it must be asked.
    pub asking: BTreeMap<Track, TrackRule>,
}

/// One rule: cases with these indicators need these checks at these stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequirementRule {
    /// Its name: lower-case letters, digits and underscores; one rule may have several versions with the same name, one after the other.
    pub name: Box<str>,
    /// The stages of a case at which it holds.
    pub stages: Vec<Purpose>,
    /// It holds where any of these is indicated; empty for every case.
    pub any_of: Vec<Indicator>,
    /// What the answer is for.
    pub purpose: Purpose,
    /// Whom to ask: each is a check of its own.
    pub ask: Vec<ResponderKind>,
    /// Purposes of enquiries that cover it.
    pub covered_by: Vec<Purpose>,
    /// How old an enquiry may be that covers it.
    pub max_age: Span,
    /// From this day on.
    pub from: Date,
    /// Up to and with this day, where it has an end.
    pub to: Option<Date>,
    /// Where it stands written.
    pub source: Box<str>,
}

impl RequirementRule {
    /// Whether it holds on `day`.
    pub fn is_in_force(&self, day: Date) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }

    /// Whether it holds for a case at `stage` with these indicators.
    pub fn wants(&self, stage: Purpose, indicators: &[Indicator]) -> bool {
        let indicated = self.any_of.iter().any(|wanted| indicators.contains(wanted));
        self.stages.contains(&stage) && (self.any_of.is_empty() || indicated)
    }

    fn overlaps(&self, other: &Self) -> bool {
        let ends_before = |one: &Self, other: &Self| one.to.is_some_and(|to| to < other.from);
        self.name == other.name && !ends_before(self, other) && !ends_before(other, self)
    }
}

impl Policy {
    /// The steps of a check that is needed from `raised` on and must be asked by `due`, all pending, soonest first.
    pub fn asking_steps(&self, track: Track, raised: Timestamp, due: Timestamp) -> Vec<Step> {
        let rules = self
            .cases
            .asking
            .get(&track)
            .map_or(&[][..], |rule| &rule.steps);
        self.instantiate(rules, &self.default_hours, raised, due)
    }

    /// By when what a stage without a hearing needs must be asked.
    pub fn asked_by(&self, track: Track, entered: Timestamp) -> Timestamp {
        match self.cases.asking.get(&track) {
            Some(rule) => self.shift(entered, false, rule.reply_within, &self.default_hours),
            None => entered,
        }
    }

    /// When an acknowledgement of an alert about a case ends.
    pub fn asking_acknowledged_until(&self, now: Timestamp, track: Track) -> Timestamp {
        match self.cases.asking.get(&track) {
            Some(rule) => self.shift(now, false, rule.acknowledgement, &self.default_hours),
            None => now,
        }
    }
}

impl CaseRules {
    /// Whether a rule of `day` asks anything at `stage`.
    pub fn asks_at(&self, stage: Purpose, day: Date) -> bool {
        let mut rules = self.requirements.iter();
        rules.any(|rule| rule.is_in_force(day) && rule.stages.contains(&stage))
    }

    /// Checks that nothing that is needed can be forgotten.
    pub(super) fn validate(&self) -> Result<(), PolicyError> {
        for (place, rule) in self.requirements.iter().enumerate() {
            if let Some(why) = self.fault(place, rule) {
                return Err(PolicyError::BadRequirement {
                    rule: rule.name.as_ref().into(),
                    why,
                });
            }
        }
        if self.requirements.is_empty() && self.asking.is_empty() {
            return Ok(());
        }
        for track in Track::ALL.iter().filter(|track| **track != Track::Referral) {
            let rule = self
                .asking
                .get(track)
                .ok_or(PolicyError::MissingTrack { track: *track })?;
            validate_asking(&format!("asking.{}", track.name()), rule)?;
        }
        Ok(())
    }

    fn fault(&self, place: usize, rule: &RequirementRule) -> Option<&'static str> {
        let twice = self.requirements[..place]
            .iter()
            .any(|earlier| earlier.overlaps(rule));
        let same_side =
            |purpose: &Purpose| purpose.before_sentence() == rule.purpose.before_sentence();
        let purposes = || {
            { rule.stages.iter() }
                .chain([&rule.purpose])
                .chain(&rule.covered_by)
        };
        if self.requirements.len() > limits::REQUIREMENT_RULES_MAX {
            Some("there are too many rules: at most 64")
        } else if !super::validate::is_plain(&rule.name) {
            Some("the name must be lower-case letters, digits and underscores")
        } else if twice {
            Some("two rules of this name hold on the same day")
        } else if rule.stages.is_empty() || rule.ask.is_empty() || rule.covered_by.is_empty() {
            Some("stages, ask and covered_by must each name at least one")
        } else if !purposes().all(|purpose| purpose.is_stage()) {
            Some("a referral asks nothing: it is no stage, and covers nothing")
        } else if !rule.stages.iter().chain(&rule.covered_by).all(same_side) {
            Some("stages, purpose and covered_by must all be before sentence, or all after it")
        } else if rule.ask.iter().collect::<BTreeSet<_>>().len() != rule.ask.len() {
            Some("a kind of responder is named twice")
        } else if rule.max_age.amount == 0 || !rule.max_age.is_bounded() {
            Some("max_age must be longer than nothing and at most 120 days")
        } else if rule.to.is_some_and(|to| to < rule.from) {
            Some("it ends before it begins")
        } else if rule.source.trim().is_empty() {
            Some("say in source where the rule stands written")
        } else {
            None
        }
    }
}

/// Nothing but the asking ends a step, one is at the moment itself, and one comes after it.
fn validate_asking(place: &str, rule: &TrackRule) -> Result<(), PolicyError> {
    use super::validate::{bad_step, is_sound, validate_steps};
    validate_steps(place, &rule.steps)?;
    let wrong = |step: &&super::StepRule| {
        step.unless != Unless::Answered
            || !matches!(step.kind, StepKind::Escalate | StepKind::Hearing)
            || step.audience.iter().any(|audience| audience.is_borough())
    };
    if let Some(step) = rule.steps.iter().find(wrong) {
        let why = "a step of [asking] has kind escalate or hearing, no unless, and is for officers, their managers and operators";
        return Err(bad_step(place, &step.name, why));
    }
    let is_hearing = |step: &super::StepRule| step.kind == StepKind::Hearing;
    if !rule.steps.iter().any(is_hearing) {
        return Err(PolicyError::NoHearingStep {
            place: place.into(),
        });
    }
    if is_sound(rule.acknowledgement) && is_sound(rule.reply_within) {
        Ok(())
    } else {
        let why =
            "acknowledgement and reply_within must be longer than nothing and at most 120 days";
        Err(bad_step(place, "*", why))
    }
}
