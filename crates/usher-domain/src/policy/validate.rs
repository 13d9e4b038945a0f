//! What a policy must be: no ladder that could leave a check unwatched, no length that cannot be found.

use super::{Base, Offset, Policy, Span, StepRule, TrackRule, Unit};
use crate::enquiry::{CloseReason, Track};
use crate::ladder::{StepKind, Unless};
use crate::limits;
use jiff::SignedDuration;

/// A policy that would leave a check unwatched or cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// A track has no ladder.
    #[error("track {} has no ladder", track.name())]
    MissingTrack {
        /// Which.
        track: Track,
    },
    /// No step of a ladder is certain to be raised and to stay until an answer comes.
    #[error(
        "{place}: one step after the hearing must have unless = \"answered\", or a check could be forgotten"
    )]
    NoLastStep {
        /// Where.
        place: String,
    },
    /// Steps before a hearing need one at the hearing.
    #[error("{place}: one step must have kind = \"hearing\" at = \"hearing + 0 min\"")]
    NoHearingStep {
        /// Where.
        place: String,
    },
    /// Steps before a hearing need one where the officer must decide, while the court can still be told.
    #[error(
        "{place}: one step must have kind = \"decision_point\" and a moment before the hearing, such as at = \"hearing - 30 min\""
    )]
    NoDecisionPoint {
        /// Where.
        place: String,
    },
    /// Nobody would be told that nobody has taken a referral on.
    #[error(
        "{place}: one step must have unless = \"accepted\", or a referral that nobody takes on could lie unseen"
    )]
    NoAcceptance {
        /// Where.
        place: String,
    },
    /// A step is wrong in itself.
    #[error("{place}: step {step}: {why}")]
    BadStep {
        /// Where.
        place: String,
        /// Which.
        step: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A rule about what cases need is wrong in itself.
    #[error("requirement {rule}: {why}")]
    BadRequirement {
        /// Which.
        rule: String,
        /// What is wrong.
        why: &'static str,
    },
    /// Lease lengths are out of order.
    #[error("lease: min <= default <= max must hold, and min be at least 1 second")]
    BadLease,
    /// Whoever withdraws an enquiry closes its checks alone.
    #[error(
        "close: withdrawn cannot take two persons: whoever withdraws an enquiry closes its checks alone"
    )]
    WithdrawnByTwo,
}

impl Policy {
    /// Checks that no ladder can leave a check unwatched.
    ///
    /// # Errors
    /// The first fault found.
    pub fn validate(&self) -> Result<(), PolicyError> {
        for track in Track::ALL {
            let rule = self
                .tracks
                .get(track)
                .ok_or(PolicyError::MissingTrack { track: *track })?;
            validate_track(&format!("ladder.{}", track.name()), *track, rule)?;
        }
        for (responder, terms) in &self.responders {
            for (track, rule) in &terms.tracks {
                validate_track(
                    &format!("responder {responder}, ladder.{}", track.name()),
                    *track,
                    rule,
                )?;
            }
        }
        validate_steps("unread", &self.unread)?;
        let answered = self
            .unread
            .iter()
            .any(|step| step.at.iter().any(|at| at.base == Base::Answered));
        if !answered || self.unread.iter().any(|step| step.kind != StepKind::Unread) {
            let why = "every step has kind unread, and at least one counts from answered";
            return Err(bad_step("unread", "*", why));
        }
        if self.second_person.contains(&CloseReason::Withdrawn) {
            return Err(PolicyError::WithdrawnByTwo);
        }
        self.cases.validate()?;
        let lease = &self.lease;
        let ordered = lease.min <= lease.default && lease.default <= lease.max;
        if ordered && lease.min >= SignedDuration::from_secs(1) {
            Ok(())
        } else {
            Err(PolicyError::BadLease)
        }
    }
}

impl Span {
    /// Whether it is short enough to be found, see [`limits::SPAN_DAYS_MAX`].
    pub(super) fn is_bounded(self) -> bool {
        let a_day = match self.unit {
            Unit::Minute => 24 * 60,
            Unit::Hour => 24,
            Unit::WorkingHour | Unit::WorkingDay => 1,
        };
        self.amount <= limits::SPAN_DAYS_MAX * a_day
    }
}

fn validate_track(place: &str, track: Track, rule: &TrackRule) -> Result<(), PolicyError> {
    validate_steps(place, &rule.steps)?;
    // A decision at court ends the step at the hearing, whatever its `unless` says.
    let ends_early = |step: &StepRule| matches!(step.kind, StepKind::Hearing | StepKind::Unread);
    let lasting = |step: &&StepRule| step.unless == Unless::Answered && !ends_early(step);
    let after = |at: &Offset| !at.before && (!track.has_hearing() || at.base == Base::Hearing);
    let last = |step: &StepRule| step.at.iter().all(after);
    if !rule.steps.iter().filter(lasting).any(last) {
        return Err(PolicyError::NoLastStep {
            place: place.into(),
        });
    }
    let at_hearing = rule.steps.iter().any(|step| step.kind == StepKind::Hearing);
    if track.has_hearing() && !at_hearing {
        return Err(PolicyError::NoHearingStep {
            place: place.into(),
        });
    }
    if track.has_hearing() && !rule.steps.iter().any(is_before_the_hearing) {
        return Err(PolicyError::NoDecisionPoint {
            place: place.into(),
        });
    }
    let acceptance = |step: &StepRule| step.unless == Unless::Accepted;
    if track == Track::Referral && !rule.steps.iter().any(acceptance) {
        return Err(PolicyError::NoAcceptance {
            place: place.into(),
        });
    }
    let spans = [rule.acknowledgement, rule.reply_within];
    let why = if rule.steps.iter().any(|step| step.kind == StepKind::Unread) {
        "kind unread belongs in [[unread]]"
    } else if !spans.into_iter().all(is_sound) {
        "acknowledgement and reply_within must be longer than nothing and at most 120 days"
    } else {
        return Ok(());
    };
    Err(bad_step(place, "*", why))
}

/// Whether it is a length at all, and short enough to be found.
pub(super) fn is_sound(span: Span) -> bool {
    span.amount > 0 && span.is_bounded()
}

/// Whether `name` is one for a step or a rule.
pub(super) fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    !name.is_empty() && name.len() <= limits::STEP_NAME_CHARS_MAX && name.bytes().all(plain)
}

pub(super) fn validate_steps(place: &str, steps: &[StepRule]) -> Result<(), PolicyError> {
    let mut names = alloc::collections::BTreeSet::new();
    for step in steps {
        let why = if !is_plain(&step.name) {
            "the name must be lower-case letters, digits and underscores"
        } else if !names.insert(&step.name) {
            "the name is used twice"
        } else if step.at.is_empty() || step.at.len() > limits::OFFSETS_PER_STEP_MAX {
            "at must give one to four moments"
        } else if !step.at.iter().all(|at| at.span.is_bounded()) {
            "a moment lies more than 120 days, working days or working hours away"
        } else if step.audience.is_empty() {
            "the audience is empty"
        } else if step.kind == StepKind::Hearing && !is_the_hearing(step) {
            "kind hearing means at = \"hearing + 0 min\""
        } else {
            continue;
        };
        return Err(bad_step(place, &step.name, why));
    }
    if steps.is_empty() || steps.len() > limits::STEPS_PER_LADDER_MAX {
        return Err(bad_step(place, "*", "a ladder has 1 to 24 steps"));
    }
    Ok(())
}

pub(super) fn bad_step(place: &str, step: &str, why: &'static str) -> PolicyError {
    PolicyError::BadStep {
        place: place.into(),
        step: step.into(),
        why,
    }
}

/// Whether the officer must decide at `step`, and surely before the hearing.
fn is_before_the_hearing(step: &StepRule) -> bool {
    let before = |at: &Offset| at.base == Base::Hearing && at.before && at.span.amount > 0;
    step.kind == StepKind::DecisionPoint && step.at.iter().any(before)
}

fn is_the_hearing(step: &StepRule) -> bool {
    matches!(
        step.at[..],
        [Offset {
            base: Base::Hearing,
            span: Span {
                amount: 0,
                unit: Unit::Minute | Unit::Hour,
            },
            ..
        }]
    )
}

#[cfg(test)]
mod tests {
    use crate::enquiry::{CloseReason, Track};
    use crate::ladder::Unless;
    use crate::policy::PolicyError;
    use crate::rules::cases::policy;

    #[test]
    fn somebody_is_told_that_nobody_has_taken_a_referral_on() {
        let without = |track: Track| {
            let mut policy = policy();
            let ladder = policy.tracks.get_mut(&track).unwrap();
            ladder.steps.retain(|step| step.unless != Unless::Accepted);
            policy.validate()
        };
        assert_eq!(without(Track::PostSentence), Ok(()));
        let place = "ladder.referral".into();
        let refused = Err(PolicyError::NoAcceptance { place });
        assert_eq!(without(Track::Referral), refused);
    }

    #[test]
    fn whoever_withdraws_closes_alone() {
        let mut policy = policy();
        policy.second_person = CloseReason::ALL.iter().copied().collect();
        assert_eq!(policy.validate(), Err(PolicyError::WithdrawnByTwo));
        policy.second_person.remove(&CloseReason::Withdrawn);
        assert_eq!(policy.validate(), Ok(()));
    }
}
