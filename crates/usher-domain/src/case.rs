//! The case on the court's list, and its requirements: "this case needs this check by then". A requirement that nobody meets is an
//! overdue item of its own, and climbs its own ladder.
//!
//! A requirement ends only as met by an enquiry that covers it, or set aside by a named person with a reason. The clock ends nothing, and
//! an enquiry that was taken back, or is too old before the moment when it is wanted, meets nothing any more.

pub mod command;
pub mod decide;
pub mod event;
pub mod index;
mod rules;

use crate::actor::{By, Person, Unit};
use crate::alert::Alert;
use crate::code::{CourtCode, ResponderKind};
use crate::codes::codes;
use crate::enquiry::{Applied, Purpose, ReportType, Track, track};
use crate::hearing::{Hearing, HearingMove};
use crate::id::{AlertNumber, CaseId, CheckId, EnquiryId, RequirementNumber};
use crate::ladder::Ladder;
use crate::policy::Span;
use crate::sealed::Sealed;
use crate::time::Timestamp;
use jiff::SignedDuration;

/// One defendant's case, as the court's list has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its id, derived from the court's own name for it.
    pub id: CaseId,
    /// The court's own name for it, as the list writes it: at most [`crate::limits::LINE_CHARS_MAX`] characters of text.
    pub name: Sealed,
    /// Where and when it is heard next, or was heard last.
    pub hearing: Hearing,
    /// Earlier hearings, oldest first, at most [`crate::limits::HEARING_MOVES_KEPT_MAX`].
    pub moves: Vec<HearingMove>,
    /// Since when it is on no list any more, where it is not.
    pub off_list: Option<OffList>,
    /// The kind of report, where one is known.
    pub report: Option<ReportType>,
    /// Whether the defendant is remanded in custody.
    pub in_custody: bool,
    /// What the list says that makes checks needed, each once, in order.
    pub indicators: Vec<Indicator>,
    /// The practitioner who holds it.
    pub holder: Holder,
    /// The defendant as far as known, and the addresses; may be empty.
    pub personal: Sealed,
    /// Who brought it, and when.
    pub registered_by: By,
    /// When it was first on a list.
    pub registered_at: Timestamp,
    /// The stages that it has come to, oldest first, at most [`crate::limits::STAGES_PER_CASE_MAX`].
    pub stages: Vec<Stage>,
    /// Numbered from 1 in this order.
    pub requirements: Vec<Requirement>,
    /// Alerts by number; ended ones beyond [`crate::limits::ALERTS_KEPT_MAX`] stay in the history only.
    pub alerts: Vec<Alert>,
    /// The latest mutations, for idempotency.
    pub applied: Vec<Applied>,
}

/// Who holds a case: answers and alerts go there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The practitioner; none while nobody is allocated, and the court's duty officer looks after it.
    pub person: Option<Person>,
    /// The practitioner's part of the asked.
    pub unit: Unit,
}

/// A stage that a case has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Which.
    pub purpose: Purpose,
    /// When it was entered.
    pub at: Timestamp,
    /// By when its checks must be asked: for stages before sentence the hearing counts instead.
    pub due: Timestamp,
    /// Who said so.
    pub by: By,
}

/// A case that the list has no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OffList {
    /// Who took it off.
    pub by: By,
    /// When.
    pub at: Timestamp,
}

codes! {
    /// What a court list says of a case that makes checks needed.
    Indicator {
        /// The defendant lives with children.
        LivesWithChildren = "lives_with_children",
        /// The defendant cares for children.
        CaresForChildren = "cares_for_children",
        /// The defendant has, or seeks, contact with children.
        ContactWithChildren = "contact_with_children",
        /// Domestic abuse.
        DomesticAbuse = "domestic_abuse",
        /// A sexual offence.
        SexualOffence = "sexual_offence",
        /// A violent offence.
        ViolentOffence = "violent_offence",
        /// A curfew is proposed.
        CurfewProposed = "curfew_proposed",
        /// An adult with care and support needs is concerned.
        AdultAtRisk = "adult_at_risk",
        /// There is an address to release to.
        ReleaseAddress = "release_address",
    }
}

/// "This case needs this check by then."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its number within the case, from 1.
    pub number: RequirementNumber,
    /// The rule of the policy that wants it.
    pub rule: Box<str>,
    /// What the answer is for.
    pub purpose: Purpose,
    /// Whom to ask.
    pub kind: ResponderKind,
    /// Purposes of enquiries that cover it.
    pub covered_by: Vec<Purpose>,
    /// How old an enquiry may be that covers it.
    pub max_age: Span,
    /// When it was raised; its ladder starts here.
    pub raised_at: Timestamp,
    /// By when the question must have been asked.
    pub due: Timestamp,
    /// Where it stands.
    pub state: RequirementState,
    /// Its escalations.
    pub ladder: Ladder,
    /// Since when its moment has passed with nothing asked.
    pub overdue_at: Option<Timestamp>,
}

/// Where a requirement stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RequirementState {
    /// Nobody has asked yet.
    Needed,
    /// An enquiry covers it.
    Met {
        /// Which; at least one, at most [`crate::limits::ENQUIRIES_PER_REQUIREMENT_MAX`].
        enquiries: Vec<Covering>,
        /// Since when.
        at: Timestamp,
        /// Until when the newest of them is recent enough by the rule; none where an older broker kept it.
        recent_until: Option<Timestamp>,
    },
    /// A named person said that it need not be asked.
    SetAside {
        /// Why.
        reason: SetAsideReason,
        /// The earlier answer that was found to be enough, where that is the reason.
        answer: Option<CheckId>,
        /// Who.
        by: By,
        /// In words; may hold personal data.
        note: Sealed,
        /// When.
        at: Timestamp,
    },
}

/// An enquiry that covers what is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Covering {
    /// Which.
    pub enquiry: EnquiryId,
    /// When it was submitted: its age counts from here.
    pub submitted_at: Timestamp,
}

codes! {
    /// Why a requirement was set aside.
    SetAsideReason {
        /// An earlier answer is recent enough (nDelius: "Request Not Sent - up to date information already").
        UpToDateAlready = "up_to_date_already",
        /// It was asked outside usher, by telephone or letter.
        AskedElsewhere = "asked_elsewhere",
        /// What the list said is not so: no child, no adult at risk, no abuse, no curfew.
        NotIndicated = "not_indicated",
        /// The case ended without a sentence.
        CaseEnded = "case_ended",
        /// Another area has the case.
        OtherArea = "other_area",
    }
}

impl RequirementState {
    /// The state in a word.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Met { .. } => "met",
            Self::SetAside { .. } => "set_aside",
        }
    }

    /// Whether nothing is left to do.
    pub const fn is_exit(&self) -> bool {
        !matches!(self, Self::Needed)
    }

    /// The enquiries that cover it; none where it is not met.
    pub fn covering(&self) -> &[Covering] {
        match self {
            Self::Met { enquiries, .. } => enquiries,
            Self::Needed | Self::SetAside { .. } => &[],
        }
    }

    /// Whether `enquiry` covers it.
    pub fn is_covered_by(&self, enquiry: EnquiryId) -> bool {
        self.covering().iter().any(|one| one.enquiry == enquiry)
    }
}

impl Case {
    /// The requirement with this number.
    pub fn requirement(&self, number: RequirementNumber) -> Option<&Requirement> {
        self.requirements.get(usize::from(number).checked_sub(1)?)
    }

    /// The requirement with this number, to change.
    fn requirement_mut(&mut self, number: RequirementNumber) -> Option<&mut Requirement> {
        self.requirements
            .get_mut(usize::from(number).checked_sub(1)?)
    }

    /// The alert with this number.
    pub fn alert(&self, number: AlertNumber) -> Option<&Alert> {
        self.alerts.iter().find(|alert| alert.number == number)
    }

    /// The court whose officers own it.
    pub fn court(&self) -> CourtCode {
        self.hearing.court
    }

    /// The stage that it is at.
    pub fn stage(&self) -> Option<&Stage> {
        self.stages.last()
    }

    /// Whether it is at no stage that comes after sentence.
    pub fn is_before_sentence(&self) -> bool {
        self.stage()
            .is_none_or(|stage| stage.purpose.before_sentence())
    }

    /// Whether any check is still needed.
    pub fn needs_a_check(&self) -> bool {
        self.requirements
            .iter()
            .any(|requirement| !requirement.state.is_exit())
    }

    /// Whether any check is still needed, or will be, because what covers it grows too old before its moment.
    pub fn is_open(&self) -> bool {
        let will_be = |one: &Requirement| self.outdated_at(one).is_some();
        self.needs_a_check() || self.requirements.iter().any(will_be)
    }

    /// Whether `requirement` was raised at the stage that the case is at.
    pub fn is_of_its_stage(&self, requirement: &Requirement) -> bool {
        self.stage()
            .is_some_and(|stage| requirement.raised_at >= stage.at)
    }

    /// By when `requirement` must be asked, as the case now is: by the hearing before sentence.
    pub fn moment(&self, requirement: &Requirement) -> Timestamp {
        if requirement.purpose.before_sentence() {
            self.hearing.at.max(requirement.raised_at)
        } else {
            requirement.due
        }
    }

    /// From when on all that covers `requirement` is older than its rule lets it be, where that is before its moment at the present stage:
    /// what was relied on at its moment stays so.
    pub fn outdated_at(&self, requirement: &Requirement) -> Option<Timestamp> {
        let RequirementState::Met { recent_until, .. } = requirement.state else {
            return None;
        };
        let tick = SignedDuration::from_millis(1);
        let at = recent_until?.saturating_add(tick).ok()?;
        (self.is_of_its_stage(requirement) && at < self.moment(requirement)).then_some(at)
    }

    /// Which ladder a requirement for `purpose` climbs.
    pub fn track(&self, purpose: Purpose) -> Track {
        track(purpose, self.report, self.in_custody)
    }

    /// The soonest moment by which something must be asked; the hearing, where nothing is left to ask.
    pub fn deadline(&self) -> Timestamp {
        self.requirements
            .iter()
            .filter(|requirement| !requirement.state.is_exit())
            .map(|requirement| requirement.due)
            .min()
            .unwrap_or(self.hearing.at)
    }
}
