//! Will it come in time? How likely an answer is within some working time, from the past checks of a responder.
//!
//! Not every past check was answered: some still wait, some were redirected or closed. Leaving them out would promise too much, taking them
//! for unanswered too little. They are *censored*: all that is known is that no answer came in the working time that they waited. The estimate
//! is that of Kaplan and Meier: at each waiting time at which answers came, those that came then, of those that had waited so long. It takes
//! for granted that checks that end otherwise would have been answered like the others.
//!
//! Checks of the same time of the week count first ([`TimeOfWeek`]), if enough of them say something; else all of the responder; else those of
//! other responders too; else nobody can say.

use crate::time::{Calendar, Timestamp, WorkingHours, to_london};
use core::borrow::Borrow;
use core::cmp::Reverse;
use std::collections::BTreeMap;

/// Past checks that must say something of the time asked about: with twenty, a share of 80 % is still uncertain by about nine points either
/// way (one standard error); with fewer it would be a guess.
pub const KNOWN_MIN: usize = 20;

/// A check left so long says something of any time beyond, in milliseconds of working time: a working day of eight hours. Without this, who
/// never answers would be judged by those who do, as soon as more time is left than anybody has waited.
pub const TELLING_WAIT_MS: i64 = 8 * 3_600 * 1_000;

/// How long one past check waited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// Working time, in milliseconds, to the first answer, or to where it is known that none had come.
    pub worked_ms: i64,
    /// Whether the answer came then.
    pub answered: bool,
}

impl Wait {
    fn order(&self) -> (i64, Reverse<bool>) {
        (self.worked_ms, Reverse(self.answered))
    }
}

/// Half a working day by the clock on the wall, or time off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Working time before noon.
    Morning,
    /// Working time from noon on.
    Afternoon,
    /// Nobody works.
    Off,
}

/// When in a responder's week a check was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfWeek {
    /// From 0 for Monday to 6 for Sunday.
    pub weekday: i8,
    /// Which part of the day.
    pub part: Part,
}

impl TimeOfWeek {
    /// Where `opened` lies in the week of who keeps `hours`, in London's time.
    pub fn of(opened: Timestamp, hours: &WorkingHours, calendar: &Calendar) -> Self {
        let local = to_london(opened);
        let part = match (hours.is_open(opened, calendar), local.hour() < 12) {
            (false, _) => Part::Off,
            (true, true) => Part::Morning,
            (true, false) => Part::Afternoon,
        };
        Self {
            weekday: local.weekday().to_monday_zero_offset(),
            part,
        }
    }
}

/// One past check of a responder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PastCheck {
    /// When in the week it was opened.
    pub opened: TimeOfWeek,
    /// How long it waited.
    pub wait: Wait,
}

/// Whose past checks an estimate rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// The responder's, opened on the same weekday, in the same half of the day, or alike outside its hours.
    Weekday,
    /// The responder's, opened in the same half of any day, or alike outside its hours.
    TimeOfDay,
    /// The responder's, whenever they were opened.
    Responder,
    /// Those of all responders of its kind, about as many from each.
    Pooled,
    /// Too few: there is no estimate.
    Unknown,
}

/// How likely an answer is, and what that rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// From 0 to 1, in steps of 0.0001; `None` where [`Self::basis`] is unknown.
    pub probability: Option<f64>,
    /// Whose past checks it rests on.
    pub basis: Basis,
    /// How many past checks, answered or censored. Where nothing can be said: all that there are of the responder.
    pub checks: usize,
    /// How many of these were answered, whenever.
    pub answered: usize,
}

/// The estimate of Kaplan and Meier over some past checks, for any time: made once, read often.
#[derive(Clone, Debug, Default)]
pub struct Curve {
    /// Each time of an answer, in milliseconds of working time and in order, and the share that is answered by then.
    steps: Vec<(i64, f64)>,
    /// How long those that were not answered waited, in order.
    unanswered_ms: Vec<i64>,
    answered: usize,
}

impl Curve {
    /// Of `waits` in any order. Of a wait that ends when an answer to another came, the answer counts first.
    pub fn of(mut waits: Vec<Wait>) -> Self {
        waits.sort_unstable_by_key(Wait::order);
        Self::in_order(waits.iter().copied())
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts are at most a few thousand"
    )]
    fn in_order(waits: impl Iterator<Item = Wait> + Clone) -> Self {
        let (mut curve, mut unanswered) = (Self::default(), 1.0);
        let mut at_risk = waits.clone().count() as f64;
        // One answer after another comes to the same as all of a moment at once, because answers come first in the order.
        for wait in waits {
            if wait.answered {
                unanswered *= (at_risk - 1.0) / at_risk;
                curve.answered += 1;
                curve.steps.push((wait.worked_ms, 1.0 - unanswered));
            } else {
                curve.unanswered_ms.push(wait.worked_ms);
            }
            at_risk -= 1.0;
        }
        curve
    }

    /// How likely an answer is within `within_ms`, from 0 to 1 in steps of 0.0001. Beyond the last answer it stays what it was there: where
    /// what waited longest is censored, that is a lower bound. 0 of nothing.
    pub fn answered_within(&self, within_ms: i64) -> f64 {
        let in_time = self.steps.partition_point(|(at, _)| *at <= within_ms);
        let share = in_time.checked_sub(1).and_then(|last| self.steps.get(last));
        // More digits would be the rounding errors of the product.
        share.map_or(0.0, |(_, share)| (share * 10_000.0).round() / 10_000.0)
    }

    /// How many past checks, answered or censored.
    pub fn checks(&self) -> usize {
        self.answered + self.unanswered_ms.len()
    }

    /// Whether enough of them say something of `within_ms`: those answered, and those that nobody answered in so long, or in a whole
    /// working day.
    fn tells_of(&self, within_ms: i64) -> bool {
        let telling_ms = within_ms.min(TELLING_WAIT_MS);
        let shorter = self.unanswered_ms.partition_point(|ms| *ms < telling_ms);
        self.checks() - shorter >= KNOWN_MIN
    }

    fn estimate(&self, within_ms: i64, basis: Basis) -> Estimate {
        let probability = (basis != Basis::Unknown).then(|| self.answered_within(within_ms));
        Estimate {
            probability,
            basis,
            checks: self.checks(),
            answered: self.answered,
        }
    }
}

/// The curves of one responder, for each time of its week.
#[derive(Clone, Debug, Default)]
pub struct Curves {
    weekdays: BTreeMap<TimeOfWeek, Curve>,
    parts: BTreeMap<Part, Curve>,
    all: Curve,
}

impl Curves {
    /// Of its past checks in any order.
    pub fn of(mut past: Vec<PastCheck>) -> Self {
        past.sort_unstable_by_key(|check| check.wait.order());
        let curve = |counts: &dyn Fn(&PastCheck) -> bool| {
            let waits: Vec<_> = past.iter().filter(|check| counts(check)).collect();
            Curve::in_order(waits.iter().map(|check| check.wait))
        };
        let mut curves = Self {
            all: curve(&|_| true),
            ..Self::default()
        };
        for PastCheck { opened, .. } in &past {
            let weekdays = curves.weekdays.entry(*opened);
            weekdays.or_insert_with(|| curve(&|check| check.opened == *opened));
            let parts = curves.parts.entry(opened.part);
            parts.or_insert_with(|| curve(&|check| check.opened.part == opened.part));
        }
        curves
    }

    /// How many past checks.
    pub fn checks(&self) -> usize {
        self.all.checks()
    }

    /// How likely an answer within `within_ms` of working time is to a check opened at `opened` in the week, by the responder's own past
    /// checks, or else by the `pool` of all of its kind, which is asked for only then.
    pub fn estimate<P: Borrow<Curve>>(
        &self,
        opened: TimeOfWeek,
        within_ms: i64,
        pool: impl FnOnce() -> P,
    ) -> Estimate {
        let own = [
            (self.weekdays.get(&opened), Basis::Weekday),
            (self.parts.get(&opened.part), Basis::TimeOfDay),
            (Some(&self.all), Basis::Responder),
        ];
        let mut own = own
            .into_iter()
            .filter_map(|(curve, basis)| Some((curve?, basis)));
        if let Some((curve, basis)) = own.find(|(curve, _)| curve.tells_of(within_ms)) {
            return curve.estimate(within_ms, basis);
        }
        let pool = pool();
        if pool.borrow().tells_of(within_ms) {
            return pool.borrow().estimate(within_ms, Basis::Pooled);
        }
        self.all.estimate(within_ms, Basis::Unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answered(worked_ms: i64) -> Wait {
        Wait {
            worked_ms,
            answered: true,
        }
    }

    fn censored(worked_ms: i64) -> Wait {
        Wait {
            worked_ms,
            answered: false,
        }
    }

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 0.000_1
    }

    #[test]
    fn the_estimate_is_what_a_pencil_says() {
        // Remission of leukaemia in weeks under 6-MP (Freireich and others, 1963): survival 0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448.
        let leukaemia = [
            &[6, 6, 6, 7, 10, 13, 16, 22, 23].map(answered)[..],
            &[6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35].map(censored)[..],
        ]
        .concat();
        let rows = [
            (vec![], 5, 0.0),
            (vec![answered(5)], 4, 0.0),
            (vec![answered(5)], 5, 1.0),
            (vec![censored(5)], 9, 0.0),
            // Censored at the moment of an answer: it was still at risk.
            (vec![censored(5), answered(5)], 5, 0.5),
            (vec![censored(4), answered(5)], 5, 1.0),
            (vec![answered(1), censored(2), answered(3)], 3, 1.0),
            (
                vec![answered(1), censored(2), answered(3), censored(9)],
                3,
                0.625,
            ),
            // Beyond the last answer: as it was there.
            (
                vec![answered(1), censored(2), answered(3), censored(9)],
                99,
                0.625,
            ),
            (leukaemia.clone(), 5, 0.0),
            (leukaemia.clone(), 6, 0.1429),
            (leukaemia.clone(), 7, 0.1933),
            (leukaemia.clone(), 12, 0.2471),
            (leukaemia.clone(), 13, 0.3098),
            (leukaemia.clone(), 16, 0.3725),
            (leukaemia.clone(), 22, 0.4622),
            (leukaemia, 23, 0.5518),
        ];
        for (waits, within_ms, wanted) in rows {
            let got = Curve::of(waits.clone()).answered_within(within_ms);
            assert!(
                close(got, wanted),
                "{waits:?} within {within_ms}: {got}, not {wanted}"
            );
        }
    }

    /// Morning checks of a Monday.
    fn mondays(waits: impl IntoIterator<Item = Wait>, part: Part, weekday: i8) -> Vec<PastCheck> {
        let opened = TimeOfWeek { weekday, part };
        let check = |wait| PastCheck { opened, wait };
        waits.into_iter().map(check).collect()
    }

    #[test]
    fn it_rests_on_the_nearest_past_that_says_enough() {
        const HOUR: i64 = 3_600 * 1_000;
        let monday = |waits: Vec<Wait>| mondays(waits, Part::Morning, 0);
        let tuesday = |waits: Vec<Wait>| mondays(waits, Part::Morning, 1);
        let afternoon = |waits: Vec<Wait>| mondays(waits, Part::Afternoon, 0);
        let soon = |count| vec![answered(HOUR); count];
        let late = |count| vec![answered(4 * HOUR); count];
        let new = |count| vec![censored(0); count];
        let rows = [
            (monday(soon(20)), vec![], Basis::Weekday, Some(1.0), 20),
            (
                [monday(soon(20)), tuesday(late(80))].concat(),
                vec![],
                Basis::Weekday,
                Some(1.0),
                20,
            ),
            (
                [monday(soon(19)), tuesday(late(1)), afternoon(late(9))].concat(),
                vec![],
                Basis::TimeOfDay,
                Some(0.95),
                20,
            ),
            (
                [monday(soon(10)), afternoon(late(10))].concat(),
                late(99),
                Basis::Responder,
                Some(0.5),
                20,
            ),
            // What has just been opened says nothing yet.
            (
                [monday(soon(19)), monday(new(50))].concat(),
                [late(10), soon(30)].concat(),
                Basis::Pooled,
                Some(0.75),
                40,
            ),
            (monday(soon(19)), soon(19), Basis::Unknown, None, 19),
            // Who has left everything for a working day is no riddle, and no matter for a pool.
            (
                monday(vec![censored(TELLING_WAIT_MS); 20]),
                soon(99),
                Basis::Weekday,
                Some(0.0),
                20,
            ),
            (
                monday(vec![censored(TELLING_WAIT_MS - 1); 20]),
                vec![],
                Basis::Unknown,
                None,
                20,
            ),
        ];
        let opened = TimeOfWeek {
            weekday: 0,
            part: Part::Morning,
        };
        for (row, (past, alike, basis, probability, checks)) in rows.into_iter().enumerate() {
            // More than a working day where nobody has ever answered.
            let within_ms = if past.iter().any(|check| check.wait.answered) {
                2 * HOUR
            } else {
                3 * TELLING_WAIT_MS
            };
            let got = Curves::of(past).estimate(opened, within_ms, || Curve::of(alike));
            assert_eq!(
                (got.basis, got.probability, got.checks),
                (basis, probability, checks),
                "row {row}"
            );
        }
    }

    #[test]
    fn the_time_of_the_week_is_the_responders() {
        let calendar = Calendar::new(
            [jiff::civil::date(2026, 12, 25)],
            jiff::civil::date(2026, 12, 31),
        );
        let rows = [
            // Summer time: a quarter to twelve in London.
            ("2026-07-06T10:45:00Z", 0, Part::Morning),
            ("2026-07-06T11:00:00Z", 0, Part::Afternoon),
            ("2026-11-23T11:59:59Z", 0, Part::Morning),
            ("2026-11-27T16:59:59Z", 4, Part::Afternoon),
            ("2026-11-27T17:00:00Z", 4, Part::Off),
            ("2026-11-28T10:00:00Z", 5, Part::Off),
            ("2026-12-25T10:00:00Z", 4, Part::Off),
        ];
        for (opened, weekday, part) in rows {
            let got = TimeOfWeek::of(opened.parse().unwrap(), &WorkingHours::office(), &calendar);
            assert_eq!(got, TimeOfWeek { weekday, part }, "{opened}");
        }
    }

    /// By the book: over the distinct times of answers, with all counted anew at each.
    fn by_the_book(waits: &[Wait], within_ms: i64) -> f64 {
        let times = waits.iter().filter(|wait| wait.answered);
        let times: std::collections::BTreeSet<i64> = times.map(|wait| wait.worked_ms).collect();
        let mut unanswered = 1.0;
        for time in times.into_iter().filter(|time| *time <= within_ms) {
            let count = |counts: &dyn Fn(&Wait) -> bool| {
                f64::from(u32::try_from(waits.iter().filter(|wait| counts(wait)).count()).unwrap())
            };
            let came = count(&|wait| wait.answered && wait.worked_ms == time);
            unanswered *= 1.0 - came / count(&|wait| wait.worked_ms >= time);
        }
        1.0 - unanswered
    }

    proptest! {
        #[test]
        fn it_is_what_the_book_says(
            waits in prop::collection::vec((0_i64..12, any::<bool>()), 0..40),
            within_ms in -1_i64..13,
        ) {
            let waits: Vec<Wait> = waits
                .into_iter()
                .map(|(worked_ms, answered)| Wait { worked_ms, answered })
                .collect();
            let wanted = by_the_book(&waits, within_ms);
            prop_assert!(close(Curve::of(waits).answered_within(within_ms), wanted));
        }

        #[test]
        fn with_every_answer_known_it_is_the_plain_share(
            times in prop::collection::vec(0_i64..12, 1..40),
            within_ms in -1_i64..13,
        ) {
            let came = u32::try_from(times.iter().filter(|time| **time <= within_ms).count()).unwrap();
            let share = f64::from(came) / f64::from(u32::try_from(times.len()).unwrap());
            let waits: Vec<Wait> = times.into_iter().map(answered).collect();
            prop_assert!(close(Curve::of(waits).answered_within(within_ms), share));
        }
    }
}
