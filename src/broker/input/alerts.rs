//! Which alerts callers want.

use super::{Position, Resume};
use core::fmt;
use usher_domain::actor::Person;
use usher_domain::alert::{Alert, AlertState};
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::command::Request;
use usher_domain::id::AlertId;
use usher_domain::ladder::Audience;

/// Where an alert stands, without the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AlertStanding {
    /// Nobody looks after it.
    Open,
    /// Somebody does, for a time.
    Acknowledged,
    /// The check has moved on.
    Resolved,
}

impl From<&AlertState> for AlertStanding {
    fn from(state: &AlertState) -> Self {
        match state {
            AlertState::Open { .. } => Self::Open,
            AlertState::Acknowledged { .. } => Self::Acknowledged,
            AlertState::Resolved { .. } => Self::Resolved,
        }
    }
}

/// Which alerts are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertFilter {
    /// In these states; empty means all that have not ended.
    pub states: Vec<AlertStanding>,
    /// For one of these audiences; empty means any.
    pub audiences: Vec<Audience>,
    /// Of these courts.
    pub courts: Option<Vec<CourtCode>>,
    /// About checks of these responders.
    pub responders: Option<Vec<ResponderId>>,
}

impl AlertFilter {
    /// All, those that have ended too.
    pub fn every() -> Self {
        use AlertStanding::{Acknowledged, Open, Resolved};
        Self {
            states: vec![Open, Acknowledged, Resolved],
            ..Self::default()
        }
    }

    /// Whether an alert about a check of `responder` at `court` is wanted.
    pub fn matches(
        &self,
        alert: &Alert,
        court: CourtCode,
        responder: Option<&ResponderId>,
    ) -> bool {
        let state = if self.states.is_empty() {
            alert.is_live()
        } else {
            self.states.contains(&AlertStanding::from(&alert.state))
        };
        let audience = self.audiences.is_empty()
            || alert
                .audience
                .iter()
                .any(|audience| self.audiences.contains(audience));
        let here = self
            .courts
            .as_ref()
            .is_none_or(|courts| courts.contains(&court));
        let theirs = self
            .responders
            .as_ref()
            .is_none_or(|wanted| responder.is_some_and(|responder| wanted.contains(responder)));
        state && audience && here && theirs
    }
}

/// Which alerts to list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListAlertsInput {
    /// Which are wanted.
    pub filter: AlertFilter,
    /// Where to go on.
    pub position: Position,
    /// At most so many.
    pub size: usize,
}

/// An alert to be looked after.
#[derive(Clone, PartialEq, Eq)]
pub struct AcknowledgeInput {
    /// Which.
    pub alert: AlertId,
    /// The caller's id and the digest of what was asked.
    pub request: Request,
    /// The person behind the program, where one was named.
    pub person: Option<Person>,
    /// In words; may be empty.
    pub note: String,
}

impl fmt::Debug for AcknowledgeInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcknowledgeInput({})", self.alert)
    }
}

/// Which alerts to watch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WatchAlertsInput {
    /// Which are wanted.
    pub filter: AlertFilter,
    /// Go on after this place, without a snapshot.
    pub resume: Option<Resume>,
}
