//! `usher demo --calibration`: whether what receipts say of an answer in time comes true. The list is played week after week by the demo's
//! boroughs, in arithmetic alone, without a broker; a forecast learns from the first weeks, and the weeks that were held back show how often
//! it was right. The same seeds make the same figures.
//!
//! Left out are officers who forget, hearings that move and programs that die. What is sent on elsewhere counts as ended there.

use super::cast::{Behaviour, Fate, Matter, behaviours, office, treat};
use super::day::{boroughs, reached, work};
use super::list::{Case, ListError};
use super::officer::{REPLY_MINUTES, UNANSWERED_QUESTIONS_PERCENT};
use super::seed::{dice, happens};
use super::table::table;
use super::{Options, read_list};
use crate::directory::Directory;
use jiff::civil::DateTime;
use jiff::{SignedDuration, ToSpan as _};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use usher_domain::code::ResponderId;
use usher_domain::forecast::{Curve, Curves, PastCheck, TimeOfWeek, Wait};
use usher_domain::time::{Calendar, Timestamp, WorkingHours, from_london};

/// Weeks that the forecast learns from.
const WEEKS_LEARNT: i64 = 8;
/// Weeks that show how often it was right.
const WEEKS_HELD_BACK: i64 = 4;
/// Simulated worlds, by seeds in a row, whose checks are counted together.
const SEEDS: u64 = 4;
/// Where the bins of probabilities end: the middle one of the last but one is 80 %.
const BINS: [f64; 6] = [0.1, 0.3, 0.5, 0.7, 0.9, 1.0];

/// What was said of the checks of the weeks held back, and what came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calibration {
    /// Weeks that the forecast learnt from.
    pub weeks_learnt: i64,
    /// Weeks held back.
    pub weeks_held_back: i64,
    /// What chance was made from.
    pub seeds: Vec<u64>,
    /// Checks by what was said of them.
    pub bins: Vec<Bin>,
    /// All of them.
    pub all: Bin,
}

/// Checks of which something alike was said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Bin {
    /// They were said to come in time with at least this probability,
    pub from: f64,
    /// and less than this one; 1 is in the last bin.
    pub to: f64,
    /// How many.
    pub checks: u32,
    /// What was said, in the mean.
    pub said: f64,
    /// The share that was answered before its hearing.
    pub came: f64,
}

/// Plays the weeks.
///
/// # Errors
/// As for a day: what keeps the list from being read, or [`ListError::NothingToPlay`].
pub fn calibrate(options: &Options) -> anyhow::Result<Calibration> {
    let cases = read_list(options)?.cases;
    let directory = Directory::built_in()?;
    let last = cases.iter().map(|case| case.hearing_at).max();
    let last = last.ok_or(ListError::NothingToPlay)?;
    let until = last.checked_add((WEEKS_LEARNT - 1).weeks())?;
    let until = from_london(until.date().tomorrow()?.to_datetime(jiff::civil::Time::MIN))?;
    let work = work(&directory, cases.iter());
    let rows: Vec<_> = cases
        .iter()
        .map(|case| (case, reached(&directory, case)))
        .collect();
    let seeds: Vec<u64> = (0..SEEDS).map(|n| options.seed.wrapping_add(n)).collect();
    let (mut bins, mut all): (Vec<Bin>, Bin) = (
        bins(),
        Bin {
            to: 1.0,
            ..Bin::default()
        },
    );
    for seed in &seeds {
        let (hours, calendar) = office();
        let world = World {
            seed: *seed,
            not_in_time: options.not_in_time,
            hours,
            calendar,
            cast: behaviours(*seed, &boroughs(&directory), &work),
        };
        for (said, came) in world.held_back(&rows, until) {
            let found = bins.iter_mut().rev().find(|bin| bin.from <= said);
            for bin in found.into_iter().chain([&mut all]) {
                bin.add(said, came);
            }
        }
    }
    Ok(Calibration {
        weeks_learnt: WEEKS_LEARNT,
        weeks_held_back: WEEKS_HELD_BACK,
        seeds,
        bins: bins.into_iter().map(Bin::mean).collect(),
        all: all.mean(),
    })
}

fn bins() -> Vec<Bin> {
    let starts = [0.0].into_iter().chain(BINS);
    let bin = |(from, to)| Bin {
        from,
        to,
        ..Bin::default()
    };
    starts.zip(BINS).map(bin).collect()
}

impl Bin {
    /// Until all are in, `said` and `came` are sums.
    fn add(&mut self, said: f64, came: bool) {
        self.checks += 1;
        self.said += said;
        self.came += f64::from(u8::from(came));
    }

    fn mean(self) -> Self {
        let share = |sum: f64| (sum / f64::from(self.checks.max(1)) * 1_000.0).round() / 1_000.0;
        Self {
            said: share(self.said),
            came: share(self.came),
            ..self
        }
    }
}

/// One seed's boroughs.
struct World {
    seed: u64,
    not_in_time: u32,
    hours: WorkingHours,
    calendar: Calendar,
    cast: BTreeMap<ResponderId, Behaviour>,
}

/// One check.
struct Check<'r> {
    responder: &'r ResponderId,
    opened: Timestamp,
    hearing: Timestamp,
    /// When it ended, and whether by an answer; `None` where nobody ever answers it.
    ended: Option<(Timestamp, bool)>,
}

impl World {
    /// What was said of each check opened from `until` on, and whether it came.
    fn held_back(
        &self,
        rows: &[(&Case, BTreeSet<ResponderId>)],
        until: Timestamp,
    ) -> Vec<(f64, bool)> {
        let weeks = 0..WEEKS_LEARNT + WEEKS_HELD_BACK;
        let checks: Vec<Check<'_>> = weeks.flat_map(|week| self.week(rows, week)).collect();
        let (learnt, held_back): (Vec<_>, Vec<_>) =
            checks.iter().partition(|check| check.opened < until);
        let mut past: BTreeMap<&ResponderId, Vec<PastCheck>> = BTreeMap::new();
        for check in learnt {
            let known = past.entry(check.responder).or_default();
            known.push(self.past(check, until));
        }
        let pool = Curve::of(past.values().flatten().map(|check| check.wait).collect());
        let curves: BTreeMap<_, _> = past
            .into_iter()
            .map(|(responder, checks)| (responder, Curves::of(checks)))
            .collect();
        let nobody = Curves::default();
        // Of what was sent on nobody can tell whether it would have been answered in time.
        let stayed = held_back.into_iter();
        let stayed = stayed.filter(|check| check.ended.is_none_or(|(_, answered)| answered));
        let told = stayed.filter_map(|check| {
            let curves = curves.get(check.responder).unwrap_or(&nobody);
            let within_ms = self.worked_ms(check.opened, check.hearing);
            let said = curves.estimate(self.time_of_week(check.opened), within_ms, || &pool);
            let came = check.ended.is_some_and(|(at, _)| at < check.hearing);
            Some((said.probability?, came))
        });
        told.collect()
    }

    /// The checks of the list, so many weeks later.
    fn week<'r>(&self, rows: &'r [(&Case, BTreeSet<ResponderId>)], week: i64) -> Vec<Check<'r>> {
        let later = |local: DateTime| from_london(local.checked_add(week.weeks()).ok()?).ok();
        let mut checks = Vec::new();
        for (case, reached) in rows {
            let (Some(opened), Some(hearing)) = (later(case.requested_at), later(case.hearing_at))
            else {
                continue;
            };
            let name = format!("{week}/{}", case.line);
            checks.extend(reached.iter().map(|responder| Check {
                responder,
                opened,
                hearing,
                ended: self.end(responder, opened, &name),
            }));
        }
        checks
    }

    /// When and how the check of `enquiry` ends that was opened then.
    fn end(
        &self,
        responder: &ResponderId,
        opened: Timestamp,
        enquiry: &str,
    ) -> Option<(Timestamp, bool)> {
        let behaviour = self.cast.get(responder).copied()?;
        if behaviour == Behaviour::Absent {
            return None;
        }
        let mut luck = dice(self.seed, &["tardy", enquiry]);
        let mut dice = dice(self.seed, &["check", enquiry, responder.as_str()]);
        let mut matter = Matter {
            now: opened,
            handled: false,
        };
        loop {
            let fate = treat(behaviour, matter, self.not_in_time, &mut luck, &mut dice);
            let at = match fate {
                Fate::Soon(span) => matter.now.saturating_add(span).ok()?,
                Fate::People { answer, .. } => answer,
                Fate::Redirect | Fate::NotOurs => return Some((matter.now, false)),
                Fate::Ask if happens(&mut dice, UNANSWERED_QUESTIONS_PERCENT) => return None,
                Fate::Ask => {
                    let reply = SignedDuration::from_mins(dice.i64(REPLY_MINUTES));
                    matter = Matter {
                        now: matter.now.saturating_add(reply).ok()?,
                        handled: true,
                    };
                    continue;
                }
            };
            return (at < Timestamp::MAX).then_some((at, true));
        }
    }

    /// The check as it was known at `now`.
    fn past(&self, check: &Check<'_>, now: Timestamp) -> PastCheck {
        let known = check.ended.filter(|(at, _)| *at <= now);
        let (until, answered) = known.unwrap_or((now, false));
        PastCheck {
            opened: self.time_of_week(check.opened),
            wait: Wait {
                worked_ms: self.worked_ms(check.opened, until),
                answered,
            },
        }
    }

    fn time_of_week(&self, opened: Timestamp) -> TimeOfWeek {
        TimeOfWeek::of(opened, &self.hours, &self.calendar)
    }

    fn worked_ms(&self, from: Timestamp, until: Timestamp) -> i64 {
        let worked = self.hours.between(from, until, &self.calendar);
        i64::try_from(worked.as_millis()).unwrap_or(i64::MAX)
    }
}

impl Calibration {
    /// The figures for people.
    pub fn table(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let row = |name: String, bin: &Bin| {
            let (checks, said, came) =
                (bin.checks.to_string(), percent(bin.said), percent(bin.came));
            [name, checks, said, came]
        };
        let header = [
            "said to come in time",
            "checks",
            "said, in the mean",
            "came",
        ];
        let mut table = table(header, &[1, 2, 3]);
        for bin in self.bins.iter().filter(|bin| bin.checks > 0) {
            table.add_row(row(
                format!("{} to {}", percent(bin.from), percent(bin.to)),
                bin,
            ));
        }
        table.add_row(row("all".into(), &self.all));
        format!(
            "The list, played every week in {} simulated worlds. What receipts say was learnt from {} weeks; of the {} weeks\n\
             after them, which it has not seen, so much came true. A simulation: what boroughs do is invented.\n\n{table}",
            self.seeds.len(),
            self.weeks_learnt,
            self.weeks_held_back
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks of a bin below which a share says too little.
    const ENOUGH: u32 = 150;

    #[test]
    fn of_the_checks_said_to_be_likely_about_as_many_come() {
        let found = calibrate(&Options::default()).unwrap();
        let table = found.table();
        eprintln!("{table}");
        let off = |bin: &Bin| (bin.came - bin.said).abs();
        assert!(
            found.all.checks > 5_000 && off(&found.all) < 0.01,
            "{table}"
        );
        // Who never answers is told from who does: what all of them come to on average would be true of all of them as well.
        assert!(found.bins[0].checks >= ENOUGH, "{table}");
        for bin in found.bins.iter().filter(|bin| bin.checks >= ENOUGH) {
            assert!(off(bin) < 0.10, "{table}");
        }
        let likely = &found.bins[4];
        assert!(likely.checks >= ENOUGH && off(likely) < 0.05, "{table}");
        assert_eq!(found, calibrate(&Options::default()).unwrap());
        assert!(
            table.contains("A simulation") && table.contains("70 % to 90 %"),
            "{table}"
        );
    }

    #[test]
    fn every_probability_has_its_bin() {
        let bins = bins();
        let of = |said: f64| bins.iter().rposition(|bin| bin.from <= said);
        let found = [0.0, 0.0999, 0.1, 0.8, 0.9, 1.0].map(of);
        assert_eq!(found, [0, 0, 1, 4, 5, 5].map(Some));
    }
}
