//! What happens to each case of the list besides its enquiry: hearings that move, cases that end, officers who forget. All of it seeded, so
//! that a run can be repeated.

use super::list::{Case, Rejected};
use super::seed::{dice, happens};
use jiff::SignedDuration;
use jiff::civil::DateTime;
use usher_domain::limits;
use usher_domain::time::{Timestamp, from_london};

/// Of a hundred cases, so many hearings are put back later the same day.
const PUT_BACK_PERCENT: u32 = 7;
/// And so many are brought forward.
const BROUGHT_FORWARD_PERCENT: u32 = 3;
/// So many cases end without sentence: the officer withdraws.
const WITHDRAWN_PERCENT: u32 = 2;
/// For so many a check is closed, because the officer had the answer by telephone.
const CLOSED_PERCENT: u32 = 2;
/// So many officers record no decision at the decision point.
const FORGETTING_PERCENT: u32 = 12;
/// So many submissions are sent twice with the same request id, as after a line that broke.
const REPEATED_PERCENT: u32 = 4;
/// Courts sit until about then: nothing is put back beyond it.
const LAST_HOUR: i8 = 17;

/// One case and what will happen to it.
#[derive(Clone)]
pub(super) struct Script {
    /// The row.
    pub(super) case: Case,
    /// When the officer submits.
    pub(super) request_at: Timestamp,
    /// When, and to what local time, the hearing moves.
    pub(super) moved: Option<(Timestamp, DateTime)>,
    /// When the officer withdraws the enquiry.
    pub(super) withdrawn_at: Option<Timestamp>,
    /// When the officer closes one of its checks.
    pub(super) closed_at: Option<Timestamp>,
    /// Whether the officer forgets to ask until reminded.
    pub(super) forgets_to_ask: bool,
    /// Whether the officer forgets to record a decision.
    pub(super) forgets: bool,
    /// Whether the submission is sent twice.
    pub(super) repeated: bool,
}

impl Script {
    /// Writes the script of `case`; of a hundred officers `forget` forget to ask.
    ///
    /// # Errors
    /// When the case is requested in an hour that the clocks skip.
    pub(super) fn write(case: Case, seed: u64, forget: u32) -> Result<Self, Rejected> {
        let request_at = from_london(case.requested_at).map_err(|error| Rejected {
            line: case.line,
            reason: format!("requested_at: {error}"),
        })?;
        let line = case.line.to_string();
        let mut asking = dice(seed, &["ask", &line]);
        let mut dice = dice(seed, &["case", &line]);
        let hearing = from_london(case.hearing_at).ok();
        let between =
            |dice: &mut fastrand::Rng| Some(request_at + part(request_at, hearing?, dice));
        let luck = dice.u32(0..100);
        let (mut moved, mut withdrawn_at, mut closed_at) = (None, None, None);
        if luck < PUT_BACK_PERCENT {
            moved = put_back(&case, &mut dice);
        } else if luck < PUT_BACK_PERCENT + BROUGHT_FORWARD_PERCENT {
            moved = bring_forward(&case, request_at, &mut dice);
        } else if luck < PUT_BACK_PERCENT + BROUGHT_FORWARD_PERCENT + WITHDRAWN_PERCENT {
            withdrawn_at = between(&mut dice);
        } else if luck
            < PUT_BACK_PERCENT + BROUGHT_FORWARD_PERCENT + WITHDRAWN_PERCENT + CLOSED_PERCENT
        {
            closed_at = between(&mut dice);
        }
        Ok(Self {
            request_at,
            moved: moved.filter(|(at, _)| *at > request_at),
            withdrawn_at,
            closed_at,
            forgets_to_ask: happens(&mut asking, forget),
            forgets: happens(&mut dice, FORGETTING_PERCENT),
            repeated: happens(&mut dice, REPEATED_PERCENT),
            case,
        })
    }

    /// The moments that the pace must slow down for. A hearing that no broker will believe is left out.
    pub(super) fn events(&self) -> Vec<Timestamp> {
        let far = SignedDuration::from_hours(24 * limits::HEARING_AHEAD_DAYS_MAX);
        let hearings = [Some(self.case.hearing_at), self.moved.map(|(_, to)| to)];
        let hearings = hearings
            .into_iter()
            .flatten()
            .filter_map(|local| from_london(local).ok());
        let believed = hearings.filter(|at| at.duration_since(self.request_at) <= far);
        std::iter::once(self.request_at).chain(believed).collect()
    }
}

/// Later the same day, said shortly before the hearing.
fn put_back(case: &Case, dice: &mut fastrand::Rng) -> Option<(Timestamp, DateTime)> {
    let by = SignedDuration::from_mins(dice.i64(1..=8) * 15);
    let to = case.hearing_at.checked_add(by).ok()?;
    let said = SignedDuration::from_mins(dice.i64(5..=60));
    let at = from_london(case.hearing_at).ok()?.checked_sub(said).ok()?;
    let same_day = to.date() == case.hearing_at.date() && to.hour() < LAST_HOUR;
    (same_day && from_london(to).is_ok()).then_some((at, to))
}

/// Earlier the same day, said while there is still time to ask.
fn bring_forward(
    case: &Case,
    request_at: Timestamp,
    dice: &mut fastrand::Rng,
) -> Option<(Timestamp, DateTime)> {
    let by = SignedDuration::from_mins(dice.i64(1..=4) * 15);
    let to = case.hearing_at.checked_sub(by).ok()?;
    let at = from_london(to).ok()?;
    let left = at.duration_since(request_at);
    let possible = to.date() == case.hearing_at.date() && left > SignedDuration::from_mins(60);
    possible.then(|| (request_at + left / 2, to))
}

/// Soon after the request, while there is something to end; or somewhere before the hearing.
fn part(from: Timestamp, until: Timestamp, dice: &mut fastrand::Rng) -> SignedDuration {
    let soon = SignedDuration::from_secs(dice.i64(30..=180));
    let later = until.duration_since(from) / 100 * dice.i32(10..90);
    if happens(dice, 70) { soon } else { later }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::list::List;

    fn built_in() -> Vec<Script> {
        let list = List::read(include_str!("../../config/demo/court-list.csv").as_bytes()).unwrap();
        let scripts = list
            .cases
            .into_iter()
            .map(|case| Script::write(case, 1, 45));
        scripts.collect::<Result<_, _>>().ok().unwrap()
    }

    #[test]
    fn everything_happens_to_somebody_and_most_days_are_plain() {
        let all = built_in();
        let count =
            |wanted: fn(&Script) -> bool| all.iter().filter(|script| wanted(script)).count();
        for (what, seen) in [
            ("moved", count(|script| script.moved.is_some())),
            ("withdrawn", count(|script| script.withdrawn_at.is_some())),
            ("closed", count(|script| script.closed_at.is_some())),
            ("forgotten", count(|script| script.forgets)),
            ("repeated", count(|script| script.repeated)),
        ] {
            assert!(
                (1..=all.len() / 4).contains(&seen),
                "{what}: {seen} of {}",
                all.len()
            );
        }
    }

    #[test]
    fn hearings_move_within_their_day_after_the_request_and_before_they_are_over() {
        for script in built_in() {
            let Some((at, to)) = script.moved else {
                continue;
            };
            assert_eq!(to.date(), script.case.hearing_at.date());
            assert!(at > script.request_at, "line {}", script.case.line);
            assert!(
                at < from_london(to)
                    .unwrap()
                    .max(from_london(script.case.hearing_at).unwrap())
            );
        }
    }

    #[test]
    fn a_request_in_a_skipped_hour_is_a_rejected_row() {
        let mut script = built_in().remove(0);
        script.case.requested_at = "2026-03-29T01:30".parse().unwrap();
        assert!(
            Script::write(script.case, 1, 45)
                .err()
                .unwrap()
                .reason
                .starts_with("requested_at")
        );
    }

    #[test]
    fn a_hearing_that_nobody_believes_does_not_slow_the_day() {
        let mut script = built_in().remove(0);
        script.moved = None;
        script.case.hearing_at = "2036-11-23T10:00".parse().unwrap();
        assert_eq!(script.events(), [script.request_at]);
    }
}
