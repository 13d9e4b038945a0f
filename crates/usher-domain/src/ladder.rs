//! The ladder of one check: its escalations, each with its due moment and audience. The steps stand in the record, so
//! that what is due follows from the record alone.

use crate::codes::codes;
use crate::id::AlertNumber;
use crate::time::Timestamp;

/// The escalations of one check, soonest first.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Ladder {
    /// Counts the computations: 1 at opening, one more whenever the deadline moves.
    pub generation: u16,
    /// The steps, by due moment.
    pub steps: Vec<Step>,
}

/// One escalation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its name in the policy.
    pub name: Box<str>,
    /// What raising it means.
    pub kind: StepKind,
    /// From this moment on it is due.
    pub due: Timestamp,
    /// Who is told.
    pub audience: Vec<Audience>,
    /// What makes it moot.
    pub unless: Unless,
    /// Whether it was raised.
    pub state: StepState,
}

codes! {
    /// What raising a step means.
    StepKind {
        /// Somebody must chase.
        Escalate = "escalate",
        /// The officer must record a decision.
        DecisionPoint = "decision_point",
        /// The hearing itself: unanswered and undecided means sentenced outstanding.
        Hearing = "hearing",
        /// The officer has not read an answer.
        Unread = "unread",
    }
}

codes! {
    /// Who is told.
    Audience {
        /// The responder's adapter.
        Adapter = "adapter",
        /// The borough's desk.
        BoroughDesk = "borough_desk",
        /// The borough's manager.
        BoroughManager = "borough_manager",
        /// The officer who asked.
        Officer = "officer",
        /// The officer's manager.
        OfficerManager = "officer_manager",
        /// Whoever watches the whole service.
        Operator = "operator",
    }
}

impl Audience {
    /// Whether these are people or programs of the responder.
    pub const fn is_borough(self) -> bool {
        matches!(
            self,
            Self::Adapter | Self::BoroughDesk | Self::BoroughManager
        )
    }
}

codes! {
    /// What makes a step moot before it is raised.
    Unless {
        /// Nothing but the check's end.
        Answered = "answered",
        /// The borough's people have taken it on, asked back, or answered.
        Accepted = "accepted",
        /// How to go on without was decided at court.
        Decided = "decided",
    }
}

/// Whether a step was raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// Not yet.
    Pending,
    /// Raised, as this alert.
    Raised {
        /// When.
        at: Timestamp,
        /// The alert.
        alert: AlertNumber,
    },
    /// It had become moot when it was due.
    Moot {
        /// When.
        at: Timestamp,
    },
}

impl Ladder {
    /// The steps that want raising at `now`, each with its place.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<(usize, Step)> {
        self.steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.state == StepState::Pending && step.due <= now)
            .map(|(place, step)| (place, step.clone()))
            .collect()
    }

    /// The soonest moment at which a step wants raising.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.steps
            .iter()
            .filter(|step| step.state == StepState::Pending)
            .map(|step| step.due)
            .min()
    }
}
