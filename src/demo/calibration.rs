//! Whether what receipts say comes true, in simulated weeks: the demo's boroughs answer in the demo's ways, a forecast learns from the first
//! weeks, and the weeks that were held back show how often it was right.
//!
//! The demo's people pace themselves by the hearing, which no past working time can foretell; here they pace themselves by a working day. Some
//! checks are forgotten for good, and what comes in the afternoon is often left lying, so that the time of day matters.

use super::cast::{Behaviour, Fate, Matter, behaviours, fate};
use super::seed::{dice, happens};
use jiff::{SignedDuration, ToSpan};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use usher_domain::code::ResponderId;
use usher_domain::forecast::{Basis, Part, PastCheck, TimeOfWeek, Wait, estimate};
use usher_domain::time::{Calendar, Timestamp, WorkingHours, from_london};

const BOROUGHS: usize = 33;
const CHECKS_A_DAY: usize = 12;
const WEEKS_LEARNT: usize = 6;
const WEEKS_HELD_BACK: usize = 4;
/// Of a hundred checks, those that nobody ever answers.
const FORGOTTEN_PERCENT: u32 = 8;
/// Of a hundred checks of the afternoon, those that are left lying.
const LEFT_LYING_PERCENT: u32 = 40;
/// Where the bins of probabilities end. The fifth is that of the checks said to be 80 % likely.
const BINS: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.9, 1.01];
/// Checks of a bin below which a share says too little.
const ENOUGH: u32 = 150;

struct World {
    hours: WorkingHours,
    calendar: Calendar,
    cast: BTreeMap<ResponderId, Behaviour>,
}

/// One check of a borough.
struct Case {
    opened: Timestamp,
    /// When it ended, and whether by an answer; `None` where nobody ever looks at it.
    ended: Option<(Timestamp, bool)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let id = |number| ResponderId::parse(&format!("borough-{number}")).unwrap();
        let responders: Vec<_> = (0..BOROUGHS).map(id).collect();
        let work = responders.iter().map(|id| (id.clone(), CHECKS_A_DAY));
        Self {
            hours: WorkingHours::office(),
            calendar: Calendar::new([], jiff::civil::Date::MAX),
            cast: behaviours(seed, &responders, &work.collect()),
        }
    }

    /// The checks of a borough in so many weeks from the one of `monday`, oldest first.
    fn cases(
        &self,
        id: &ResponderId,
        monday: jiff::civil::Date,
        weeks: usize,
        dice: &mut fastrand::Rng,
    ) -> Vec<Case> {
        let days = (0..weeks * 7).map(|day| monday + i64::try_from(day).unwrap().days());
        let mut opened: Vec<_> = days
            .filter(|day| day.weekday().to_monday_zero_offset() < 5)
            .flat_map(|day| (0..CHECKS_A_DAY).map(move |_| day))
            .map(|day| {
                let minute = dice.i64(8 * 60..18 * 60);
                from_london(day.at(0, 0, 0, 0) + minute.minutes()).unwrap()
            })
            .collect();
        opened.sort_unstable();
        let case = |opened| Case {
            opened,
            ended: self.end(self.cast[id], opened, false, dice),
        };
        opened.into_iter().map(case).collect()
    }

    fn end(
        &self,
        behaviour: Behaviour,
        opened: Timestamp,
        handled: bool,
        dice: &mut fastrand::Rng,
    ) -> Option<(Timestamp, bool)> {
        let after = |from, span| self.hours.after(from, span, &self.calendar);
        if behaviour == Behaviour::Absent || happens(dice, FORGOTTEN_PERCENT) {
            return None;
        }
        let matter = Matter {
            now: opened,
            deadline: after(opened, SignedDuration::from_hours(8)),
            handled,
        };
        let at = match fate(behaviour, matter, dice) {
            Fate::Soon(span) => opened + span,
            Fate::People { answer, .. } => answer,
            Fate::Ask => {
                let reply = after(opened, SignedDuration::from_mins(dice.i64(30..=180)));
                return self.end(behaviour, reply, true, dice);
            }
            Fate::Redirect | Fate::NotOurs => return Some((opened + 1.minute(), false)),
        };
        let lies =
            self.time_of_week(opened).part == Part::Afternoon && happens(dice, LEFT_LYING_PERCENT);
        let later = SignedDuration::from_mins(if lies { dice.i64(60..=720) } else { 0 });
        Some((if lies { after(at, later) } else { at }, true))
    }

    fn time_of_week(&self, opened: Timestamp) -> TimeOfWeek {
        TimeOfWeek::of(opened, &self.hours, &self.calendar)
    }

    fn worked(&self, from: Timestamp, until: Timestamp) -> i64 {
        let worked = self.hours.between(from, until, &self.calendar);
        i64::try_from(worked.as_millis()).unwrap()
    }

    /// The case as it was known at `now`.
    fn past(&self, case: &Case, now: Timestamp) -> PastCheck {
        let known = case.ended.filter(|(at, _)| *at <= now);
        let (until, answered) = known.unwrap_or((now, false));
        PastCheck {
            opened: self.time_of_week(case.opened),
            wait: Wait {
                worked_ms: self.worked(case.opened, until),
                answered,
            },
        }
    }
}

/// What was said of the checks of a bin, and what came.
#[derive(Clone, Copy, Default)]
struct Bin {
    checks: u32,
    said: f64,
    came: u32,
}

#[test]
fn of_the_checks_said_to_be_likely_about_as_many_come() {
    for seed in [1, 1_989, 2_026] {
        let bins = held_back(seed);
        let mut table = format!("seed {seed}\nchecks   said   came\n");
        let rows = bins.iter().filter(|bin| bin.checks > 0).map(|bin| {
            let checks = f64::from(bin.checks);
            (bin.checks, bin.said / checks, f64::from(bin.came) / checks)
        });
        let rows: Vec<_> = rows.collect();
        for (checks, said, came) in &rows {
            let _ = writeln!(table, "{checks:6}  {said:.3}  {came:.3}");
        }
        eprintln!("{table}");
        for (checks, said, came) in rows {
            assert!(checks < ENOUGH || (said - came).abs() < 0.06, "{table}");
        }
        let likely = bins[4];
        let came = f64::from(likely.came) / f64::from(likely.checks);
        assert!(likely.checks >= ENOUGH, "{table}");
        assert!((0.7..=0.9).contains(&came), "{table}");
    }
}

/// Each check of the weeks that were held back, by what was said of it.
fn held_back(seed: u64) -> [Bin; BINS.len()] {
    let world = World::new(seed);
    let first = jiff::civil::date(2026, 9, 7);
    let then = first + i64::try_from(WEEKS_LEARNT).unwrap().weeks();
    let now = from_london(then.at(0, 0, 0, 0)).unwrap();
    let mut bins = [Bin::default(); BINS.len()];
    for id in world.cast.keys() {
        let mut dice = dice(seed, &["calibration", id.as_str()]);
        let learnt = world.cases(id, first, WEEKS_LEARNT, &mut dice);
        let past: Vec<_> = learnt.iter().map(|case| world.past(case, now)).collect();
        for case in world.cases(id, then, WEEKS_HELD_BACK, &mut dice) {
            let within_ms = dice.i64(10..=16 * 60) * 60_000;
            // Of what was sent on nobody can tell whether it would have been answered in time.
            if case.ended.is_some_and(|(_, answered)| !answered) {
                continue;
            }
            let opened = world.time_of_week(case.opened);
            let said = estimate(&past, opened, within_ms, Vec::new);
            assert_ne!(said.basis, Basis::Unknown);
            let said = said.probability.unwrap();
            let bin = &mut bins[BINS.iter().position(|end| said < *end).unwrap()];
            bin.checks += 1;
            bin.said += said;
            let came = case
                .ended
                .is_some_and(|(at, _)| world.worked(case.opened, at) <= within_ms);
            bin.came += u32::from(came);
        }
    }
    bins
}
