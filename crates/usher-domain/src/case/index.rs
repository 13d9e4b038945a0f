//! Index keys of cases, in the form of those of enquiries: what stores find them by. Derived from the record alone.

use super::{Case, Requirement};
use crate::alert::Alert;
use crate::index::{Keys, RecordKind};
use crate::time::Timestamp;

/// Derives the keys of `case`.
pub fn keys(case: &Case) -> Keys {
    let count = |wanted: fn(&Alert) -> bool| {
        u16::try_from(case.alerts.iter().filter(|alert| wanted(alert)).count()).unwrap_or(u16::MAX)
    };
    Keys {
        kind: RecordKind::Case,
        open: case.is_open(),
        court: case.court(),
        deadline: case.deadline(),
        next_due: case
            .requirements
            .iter()
            .filter_map(|requirement| next_due(case, requirement))
            .min(),
        waiting: Vec::new(),
        responders: Vec::new(),
        open_alerts: count(Alert::is_open),
        live_alerts: count(Alert::is_live),
    }
}

/// The soonest moment at which the clock has something to do about `requirement`; of an exit, when what covers it is too old.
pub fn next_due(case: &Case, requirement: &Requirement) -> Option<Timestamp> {
    if requirement.state.is_exit() {
        return case.outdated_at(requirement);
    }
    let acknowledged = case
        .alerts
        .iter()
        .filter(|alert| alert.check == requirement.number)
        .filter_map(Alert::next_due)
        .min();
    [acknowledged, requirement.ladder.next_due()]
        .into_iter()
        .flatten()
        .min()
}

/// Whether `requirement` is watched over: it has an exit, or a moment at which the clock looks again, or an open alert. Invariant 3 of
/// the design.
pub fn is_watched(case: &Case, requirement: &Requirement) -> bool {
    requirement.state.is_exit()
        || next_due(case, requirement).is_some()
        || case
            .alerts
            .iter()
            .any(|alert| alert.check == requirement.number && alert.is_open())
}
