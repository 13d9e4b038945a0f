//! Whether what receipts say comes true, in simulated weeks: the demo's boroughs answer in the demo's ways, a forecast learns from the first
//! weeks, and the weeks that were held back show how often it was right.
//!
//! The demo's people pace themselves by the hearing, which no past working time can foretell; here they pace themselves by a working day. Some
//! checks are forgotten for good, and what comes in the afternoon is often left lying, so that the time of day matters.

use super::cast::{Behaviour, Fate, Matter, behaviours, fate};
use super::seed::{dice, happens};
use jiff::{SignedDuration, ToSpan};
use std::collections::BTreeMap;
use usher_domain::code::ResponderId;
use usher_domain::forecast::{Basis, Curve, Curves, Estimate, Part, PastCheck, TimeOfWeek, Wait};
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
/// Simulated worlds, whose checks are counted together.
const SEEDS: std::ops::Range<u64> = 0..8;
/// Checks of a bin below which a share says too little.
const ENOUGH: u32 = 150;
/// How many standard errors chance is granted: it takes more once in 370 times.
const ERRORS_MAX: f64 = 3.0;
/// Of the checks said to be 80 % likely, 75 % to 85 % are about 80 %.
const ABOUT: f64 = 0.05;

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

/// Whose past an estimate rests on: of which world, and for what time of the week.
type Rests = (u64, ResponderId, TimeOfWeek);

/// What was said of the checks of a bin, and what came.
#[derive(Clone, Debug, Default)]
struct Bin {
    checks: u32,
    said: f64,
    came: u32,
    /// Of what came, by chance alone, if what was said were true.
    variance: f64,
    /// The standard errors of what was said, by whose past it was said by: what rests on the same past errs alike.
    errors: BTreeMap<Rests, f64>,
}

impl Bin {
    fn add(&mut self, said: Estimate, came: bool, past: Rests) {
        let probability = said.probability.unwrap();
        self.checks += 1;
        self.said += probability;
        self.came += u32::from(came);
        // As Agresti and Coull do: with two more answered and two more not, or 20 of 20 would leave no doubt.
        let checks = f64::from(u32::try_from(said.checks).unwrap());
        let share = (probability * checks + 2.0) / (checks + 4.0);
        let variance = share * (1.0 - share);
        self.variance += variance;
        *self.errors.entry(past).or_default() += (variance / (checks + 4.0)).sqrt();
    }

    /// The standard error of the share that came, less the one that was said.
    fn error(&self) -> f64 {
        let of_pasts: f64 = self.errors.values().map(|error| error * error).sum();
        (self.variance + of_pasts).sqrt() / f64::from(self.checks)
    }

    /// The standard error of one estimate, in the mean.
    fn error_of_one(&self) -> f64 {
        self.errors.values().sum::<f64>() / f64::from(self.checks)
    }

    /// How much more came than was said.
    fn off(&self) -> f64 {
        (f64::from(self.came) - self.said) / f64::from(self.checks)
    }

    fn row(&self) -> String {
        let checks = f64::from(self.checks);
        let (said, came) = (self.said / checks, f64::from(self.came) / checks);
        let (error, of_one) = (self.error(), self.error_of_one());
        format!("{checks:6}  {said:.3}  {came:.3}  {error:.4}  {of_one:.3}\n")
    }
}

/// Over all checks nothing but chance may part what was said from what came. In a bin more may: it takes in the estimates that err towards
/// it, so they err together, but hardly by more than one of them does by itself.
#[test]
fn of_the_checks_said_to_be_likely_about_as_many_come() {
    let (mut bins, mut all): ([Bin; BINS.len()], Bin) = Default::default();
    for seed in SEEDS {
        held_back(seed, |said, came, past| {
            let share = said.probability.unwrap();
            bins[BINS.iter().position(|end| share < *end).unwrap()].add(said, came, past.clone());
            all.add(said, came, past);
        });
    }
    let mut table = String::from("checks   said   came   error  of one\n");
    table.extend(bins.iter().chain([&all]).map(Bin::row));
    eprintln!("{table}");
    assert!(all.off().abs() < ERRORS_MAX * all.error(), "{table}");
    for bin in &bins {
        let bound = bin.error_of_one() + ERRORS_MAX * bin.error();
        assert!(bin.checks >= ENOUGH && bin.off().abs() < bound, "{table}");
    }
    assert!(bins[4].off().abs() < ABOUT, "{table}");
}

/// Each check of the weeks that were held back, by what was said of it.
fn held_back(seed: u64, mut tell: impl FnMut(Estimate, bool, Rests)) {
    let world = World::new(seed);
    let first = jiff::civil::date(2026, 9, 7);
    let then = first + i64::try_from(WEEKS_LEARNT).unwrap().weeks();
    let now = from_london(then.at(0, 0, 0, 0)).unwrap();
    for id in world.cast.keys() {
        let mut dice = dice(seed, &["calibration", id.as_str()]);
        let learnt = world.cases(id, first, WEEKS_LEARNT, &mut dice);
        let past = Curves::of(learnt.iter().map(|case| world.past(case, now)).collect());
        for case in world.cases(id, then, WEEKS_HELD_BACK, &mut dice) {
            let within_ms = dice.i64(10..=16 * 60) * 60_000;
            // Of what was sent on nobody can tell whether it would have been answered in time.
            if case.ended.is_some_and(|(_, answered)| !answered) {
                continue;
            }
            let opened = world.time_of_week(case.opened);
            let said = past.estimate(opened, within_ms, Curve::default);
            assert_ne!(said.basis, Basis::Unknown);
            let came = case
                .ended
                .is_some_and(|(at, _)| world.worked(case.opened, at) <= within_ms);
            tell(said, came, (seed, id.clone(), opened));
        }
    }
}
