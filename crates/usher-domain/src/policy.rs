//! The policy: ladders, leases, acknowledgements, closing, working hours, bank holidays and agreements as data. `config/policy.toml`,
//! `config/responders/*.toml` and `config/agreements/*.toml` fill it; the rules only read it.

mod requirement;
mod validate;

pub use requirement::{CaseRules, RequirementRule};
pub use validate::PolicyError;

use crate::agreement::Agreements;
use crate::code::ResponderId;
use crate::codes::codes;
use crate::enquiry::{CloseReason, Curfew, Enquiry, Track};
use crate::ladder::{Audience, Ladder, Step, StepKind, StepState, Unless};
use crate::time::{Calendar, Timestamp, WorkingHours};
use alloc::collections::{BTreeMap, BTreeSet};
use core::fmt;
use core::str::FromStr;
use jiff::SignedDuration;

/// What the rules go by.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Bank holidays.
    pub calendar: Calendar,
    /// The hours that count where a check has no responder.
    pub default_hours: WorkingHours,
    /// The ladder of each track; every track has one.
    pub tracks: BTreeMap<Track, TrackRule>,
    /// What goes on after an answer until it is read; offsets count from `answered`.
    pub unread: Vec<StepRule>,
    /// What each responder has of its own.
    pub responders: BTreeMap<ResponderId, Terms>,
    /// How long adapters may keep checks.
    pub lease: LeaseRule,
    /// The reasons for which a check is closed by two persons.
    pub second_person: BTreeSet<CloseReason>,
    /// Who may be asked for what.
    pub agreements: Agreements,
    /// What cases need.
    pub cases: CaseRules,
}

/// What one responder has of its own.
#[derive(Clone, Debug)]
pub struct Terms {
    /// Its working hours.
    pub hours: WorkingHours,
    /// Its own ladders, in place of the general ones.
    pub tracks: BTreeMap<Track, TrackRule>,
}

/// The ladder of one track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRule {
    /// How long an acknowledgement lasts.
    pub acknowledgement: Span,
    /// The time to answer, for enquiries that have no hearing: from submission.
    pub reply_within: Span,
    /// The steps, in any order.
    pub steps: Vec<StepRule>,
}

/// One step as the policy has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRule {
    /// Its name: lower-case letters, digits and underscores.
    pub name: Box<str>,
    /// What raising it means.
    pub kind: StepKind,
    /// The moments of which the earliest counts.
    pub at: Vec<Offset>,
    /// What makes it moot.
    pub unless: Unless,
    /// Who is told.
    pub audience: Vec<Audience>,
}

/// How long adapters may keep checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseRule {
    /// When the adapter says nothing.
    pub default: SignedDuration,
    /// At least.
    pub min: SignedDuration,
    /// At most, from now; a renewal starts anew.
    pub max: SignedDuration,
    /// Lost leases of one check after which operators are told.
    pub lost_before_alert: u32,
}

impl LeaseRule {
    /// The end of a lease taken `now`, wanted until `until`, within the bounds.
    pub fn bound(&self, now: Timestamp, until: Timestamp) -> Timestamp {
        let at = |span| now.saturating_add(span).unwrap_or(Timestamp::MAX);
        until.max(at(self.min)).min(at(self.max))
    }
}

/// A length of time in the units that ladders are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

codes! {
    /// Units of time.
    Unit {
        /// Minutes by the clock.
        Minute = "min",
        /// Hours by the clock.
        Hour = "h",
        /// Hours of the responder's working time.
        WorkingHour = "wh",
        /// The responder's working days.
        WorkingDay = "wd",
    }
}

/// A moment as ladders write it: `hearing - 30 min`, `submitted + 4 wh`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// From where.
    pub base: Base,
    /// Whether `span` is taken off instead of added.
    pub before: bool,
    /// How far.
    pub span: Span,
}

codes! {
    /// What offsets count from.
    Base {
        /// The opening of the check.
        Submitted = "submitted",
        /// The deadline.
        Hearing = "hearing",
        /// The newest answer.
        Answered = "answered",
    }
}

/// A ladder's text that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}")]
pub struct ParsePolicyError {
    /// What a correct value looks like.
    pub expected: &'static str,
}

impl FromStr for Span {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let bad = ParsePolicyError {
            expected: "a length such as 30 min, 2 h, 4 wh (working hours) or 3 wd (working days)",
        };
        let mut words = text.split_whitespace();
        let (Some(amount), Some(unit), None) = (words.next(), words.next(), words.next()) else {
            return Err(bad);
        };
        if amount.starts_with('+') {
            return Err(bad);
        }
        Ok(Self {
            amount: amount.parse().map_err(|_| bad)?,
            unit: Unit::parse(unit).ok_or(bad)?,
        })
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.name())
    }
}

impl FromStr for Offset {
    type Err = ParsePolicyError;

    fn from_str(text: &str) -> Result<Self, ParsePolicyError> {
        let bad = ParsePolicyError {
            expected: "a moment such as submitted + 15 min, hearing - 1 wd, hearing + 0 min or answered + 4 wh",
        };
        let text = text.trim();
        let sign = text.find(['+', '-']).ok_or(bad)?;
        let (base, rest) = text.split_at(sign);
        Ok(Self {
            base: Base::parse(base.trim()).ok_or(bad)?,
            before: rest.starts_with('-'),
            span: rest[1..].parse().map_err(|_| bad)?,
        })
    }
}

impl Policy {
    /// The working hours that count for `responder`.
    pub fn hours(&self, responder: Option<&ResponderId>) -> &WorkingHours {
        responder
            .and_then(|responder| self.responders.get(responder))
            .map_or(&self.default_hours, |terms| &terms.hours)
    }

    /// The ladder of `track` for `responder`: its own, or the general one.
    pub fn track(&self, track: Track, responder: Option<&ResponderId>) -> Option<&TrackRule> {
        responder
            .and_then(|responder| self.responders.get(responder)?.tracks.get(&track))
            .or_else(|| self.tracks.get(&track))
    }

    /// `from` plus or minus `span`, in the working time of `hours`.
    pub fn shift(
        &self,
        from: Timestamp,
        before: bool,
        span: Span,
        hours: &WorkingHours,
    ) -> Timestamp {
        let amount = i64::from(span.amount);
        let clock = |length: SignedDuration| {
            let moved = if before {
                from.saturating_sub(length)
            } else {
                from.saturating_add(length)
            };
            moved.unwrap_or(if before {
                Timestamp::MIN
            } else {
                Timestamp::MAX
            })
        };
        match (span.unit, before) {
            (Unit::Minute, _) => clock(SignedDuration::from_mins(amount)),
            (Unit::Hour, _) => clock(SignedDuration::from_hours(amount)),
            (Unit::WorkingHour, false) => {
                hours.after(from, SignedDuration::from_hours(amount), &self.calendar)
            }
            (Unit::WorkingHour, true) => {
                hours.before(from, SignedDuration::from_hours(amount), &self.calendar)
            }
            (Unit::WorkingDay, false) => hours.days_after(from, span.amount, &self.calendar),
            (Unit::WorkingDay, true) => hours.days_before(from, span.amount, &self.calendar),
        }
    }

    /// The deadline of an enquiry that has no hearing: in the working time of `responder`, where one alone is asked.
    pub fn reply_by(
        &self,
        track: Track,
        responder: Option<&ResponderId>,
        submitted: Timestamp,
    ) -> Timestamp {
        match self.track(track, responder) {
            Some(rule) => self.shift(submitted, false, rule.reply_within, self.hours(responder)),
            None => submitted,
        }
    }

    /// When an acknowledgement given `now` on a check of `responder` expires.
    pub fn acknowledged_until(
        &self,
        now: Timestamp,
        track: Track,
        responder: Option<&ResponderId>,
    ) -> Timestamp {
        match self.track(track, responder) {
            Some(rule) => self.shift(now, false, rule.acknowledgement, self.hours(responder)),
            None => now,
        }
    }

    /// The steps of a check opened at `opened`, all pending, soonest first; none is due before that.
    pub fn steps(
        &self,
        track: Track,
        responder: Option<&ResponderId>,
        opened: Timestamp,
        deadline: Timestamp,
    ) -> Vec<Step> {
        let rules = self
            .track(track, responder)
            .map_or(&[][..], |rule| &rule.steps);
        self.for_responder(rules, responder, opened, deadline)
    }

    /// The steps that follow an answer until it is read.
    pub fn unread_steps(
        &self,
        responder: Option<&ResponderId>,
        answered: Timestamp,
        deadline: Timestamp,
    ) -> Vec<Step> {
        self.for_responder(&self.unread, responder, answered, deadline)
    }

    fn for_responder(
        &self,
        rules: &[StepRule],
        responder: Option<&ResponderId>,
        start: Timestamp,
        deadline: Timestamp,
    ) -> Vec<Step> {
        let mut steps = self.instantiate(rules, self.hours(responder), start, deadline);
        for step in &mut steps {
            step.audience = audience(&step.audience, responder);
        }
        steps
    }

    fn instantiate(
        &self,
        rules: &[StepRule],
        hours: &WorkingHours,
        start: Timestamp,
        deadline: Timestamp,
    ) -> Vec<Step> {
        let base = |base| match base {
            Base::Submitted | Base::Answered => start,
            Base::Hearing => deadline,
        };
        let due = |rule: &StepRule| {
            rule.at
                .iter()
                .map(|at| self.shift(base(at.base), at.before, at.span, hours))
                .min()
                .map_or(start, |due| due.max(start))
        };
        let step = |rule: &StepRule| Step {
            name: rule.name.clone(),
            kind: rule.kind,
            due: due(rule),
            audience: rule.audience.clone(),
            unless: rule.unless,
            state: StepState::Pending,
        };
        let mut steps: Vec<Step> = rules.iter().map(step).collect();
        steps.sort_by_key(|step| step.due);
        steps
    }

    /// A new ladder for a check of `enquiry` opened at `opened`.
    pub(crate) fn ladder(
        &self,
        enquiry: &Enquiry,
        responder: Option<&ResponderId>,
        opened: Timestamp,
    ) -> Ladder {
        let deadline = enquiry.deadline.at();
        Ladder {
            generation: 1,
            steps: self.steps(enquiry.track(), responder, opened, deadline),
        }
    }

    /// Whether the emergency duty team of `responder` may be rung at `now`: harm is imminent, and nobody of its own works.
    pub fn may_ring_emergency_team(
        &self,
        imminent_harm: bool,
        responder: &ResponderId,
        now: Timestamp,
    ) -> bool {
        imminent_harm && !self.hours(Some(responder)).is_open(now, &self.calendar)
    }

    /// Whether the deadline lies within the known bank holidays; beyond them working time is computed as if there were none, and the receipt says so.
    pub fn knows(&self, deadline: Timestamp) -> bool {
        self.calendar.knows(crate::time::to_london(deadline).date())
    }
}

impl Policy {
    /// Lets operators stand in for the borough's people in the pending steps of a check that has lost its responder.
    pub(crate) fn stand_in(steps: &mut [Step]) {
        let pending = steps
            .iter_mut()
            .filter(|step| step.state == StepState::Pending);
        for step in pending {
            step.audience = audience(&step.audience, None);
        }
    }
}

/// Who is told of a step: where no borough is found yet, operators stand in for its people.
fn audience(told: &[Audience], responder: Option<&ResponderId>) -> Vec<Audience> {
    let mut told = told.to_vec();
    if responder.is_none() {
        told.retain(|audience| !audience.is_borough());
        told.push(Audience::Operator);
        told.sort_unstable();
        told.dedup();
    }
    told
}

/// Whether a curfew proposal stands, so that a missing answer blocks rather than warns.
pub fn curfew_blocks(enquiry: &Enquiry) -> bool {
    enquiry.curfew == Curfew::Proposed
}

#[cfg(test)]
mod tests {
    use super::Terms;
    use crate::rules::cases::{policy, responder};
    use crate::time::{Calendar, WorkingHours, from_london};
    use jiff::civil::{DateTime, date, time};

    #[test]
    fn the_emergency_team_is_for_imminent_harm_while_the_responder_is_closed() {
        let mut policy = policy();
        policy.calendar = Calendar::new([date(2026, 12, 25)], date(2026, 12, 31));
        let mut week = [Some((time(8, 0, 0, 0), time(20, 0, 0, 0))); 7];
        week[0] = None;
        let terms = Terms {
            hours: WorkingHours::new(week).unwrap(),
            tracks: [].into(),
        };
        policy.responders.insert(responder("own"), terms);
        let check = |local: &str, of: &str, closed: bool| {
            let now = from_london(local.parse::<DateTime>().unwrap()).unwrap();
            let may = |harm| policy.may_ring_emergency_team(harm, &responder(of), now);
            assert!(!may(false), "{local}: no harm is imminent");
            assert_eq!(may(true), closed, "{local}");
        };
        check("2026-11-24T08:59:59", "a", true);
        check("2026-11-24T09:00", "a", false);
        check("2026-11-24T16:59:59", "a", false);
        check("2026-11-24T17:00", "a", true);
        check("2026-11-28T12:00", "a", true);
        check("2026-12-25T12:00", "a", true);
        check("2026-11-24T17:00", "own", false);
        check("2026-11-28T12:00", "own", false);
        check("2026-11-23T12:00", "own", true);
    }
}
