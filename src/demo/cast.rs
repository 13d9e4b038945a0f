//! Who plays: each borough's way of answering, seeded, and how it treats one check. People take working time, whatever the hearing is: what
//! past checks took then tells something of the next ([`super::calibration`]). A borough that is absent all day never has much of the
//! day's work, so that the day shows more than its absence.

use super::connectors::Kind;
use super::seed::{dice, happens};
use jiff::SignedDuration;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use usher_domain::code::ResponderId;
use usher_domain::time::{Calendar, Timestamp, WorkingHours};

/// How a borough answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Its system is searched at once.
    Prompt,
    /// People look, and take their time: often too long.
    Slow,
    /// People look, and promise when they will answer; mostly they do.
    Promising,
    /// Much of what reaches it is another borough's.
    Redirecting,
    /// It wants to know more before it looks.
    AskingBack,
    /// Prompt for those it can match; people answer the others, many after the hearing.
    Late,
    /// Its adapter dies with checks in its hands, and comes back or not.
    Dying {
        /// Whether it comes back.
        restarts: bool,
    },
    /// Its adapter never connects.
    Absent,
    /// A real adapter asks its system; its people take what the adapter leaves to them.
    Connected(Kind),
}

impl Behaviour {
    /// In a word, for the live display.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Prompt => "prompt",
            Self::Slow => "slow",
            Self::Promising => "promises",
            Self::Redirecting => "redirects",
            Self::AskingBack => "asks back",
            Self::Late => "late",
            Self::Dying { .. } => "crashes",
            Self::Absent => "absent",
            Self::Connected(kind) => kind.word(),
        }
    }
}

/// How many boroughs of each kind there are among 33; one besides is on each connector, and every other one is prompt.
const KINDS: [(Behaviour, usize); 7] = [
    (Behaviour::Dying { restarts: true }, 1),
    (Behaviour::Dying { restarts: false }, 1),
    (Behaviour::Slow, 3),
    (Behaviour::Promising, 4),
    (Behaviour::Redirecting, 2),
    (Behaviour::AskingBack, 3),
    (Behaviour::Late, 3),
];
/// Boroughs absent all day.
const ABSENT: usize = 2;
/// A borough is absent, or dies for good, only when it has at most this share of the day's work.
const SMALL_SHARE_PERCENT: usize = 6;

/// Of a hundred enquiries, about so many are late or lost in part by the behaviours alone: seen on the built-in list.
const LATE_ANYWAY_PERCENT: u32 = 18;
/// Of a hundred tardy ones, about so many are not answered in time, on that list: where there are days, some are.
const TARDY_MISS_PERCENT: u32 = 82;
/// Of a hundred tardy ones, so many are never answered.
const NEVER_PERCENT: u32 = 40;
/// The others take at least so many minutes of working time, and up to twice as many, so often doubled: to eight working days.
const TARDY_MINUTES: i64 = 120;
const TARDY_DOUBLED_MAX: u32 = 4;

/// Gives each of `responders` its behaviour; `work` says how much of the day is likely to reach it.
pub(super) fn behaviours(
    seed: u64,
    responders: &[ResponderId],
    work: &BTreeMap<ResponderId, usize>,
) -> BTreeMap<ResponderId, Behaviour> {
    let mut dice = dice(seed, &["cast"]);
    let mut all = responders.to_vec();
    all.sort_unstable();
    dice.shuffle(&mut all);
    let total: usize = work.values().sum();
    let has = |responder: &ResponderId| work.get(responder).copied().unwrap_or_default();
    let is_small = |responder: &ResponderId| has(responder) * 100 <= total * SMALL_SHARE_PERCENT;
    // Those with a little work first: an absent borough without any would show nothing.
    let mut small: Vec<ResponderId> = all.iter().filter(|id| is_small(id)).cloned().collect();
    small.sort_by_key(|responder| has(responder) == 0);
    let mut cast = BTreeMap::new();
    for responder in small.into_iter().take(ABSENT) {
        cast.insert(responder, Behaviour::Absent);
    }
    let kinds = KINDS
        .iter()
        .flat_map(|(kind, count)| std::iter::repeat_n(*kind, *count));
    for kind in kinds {
        let lasting = kind == Behaviour::Dying { restarts: false };
        let fits = |id: &&ResponderId| !cast.contains_key(*id) && (!lasting || is_small(id));
        if let Some(responder) = all.iter().find(fits) {
            cast.insert(responder.clone(), kind);
        }
    }
    // Those with the most work: there a connector shows most.
    all.sort_by_key(|responder| std::cmp::Reverse(has(responder)));
    let others: Vec<ResponderId> = all
        .into_iter()
        .filter(|id| !cast.contains_key(id))
        .collect();
    let kinds = Kind::ALL.map(Behaviour::Connected).into_iter();
    let rest = kinds.chain(std::iter::repeat(Behaviour::Prompt));
    cast.extend(others.into_iter().zip(rest));
    cast
}

/// Minutes that people take for a check that needs only a look.
const PEOPLE_SOON: RangeInclusive<i64> = 5..=90;

/// What a borough does with one check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The adapter answers by itself, after so long.
    Soon(SignedDuration),
    /// People take it on, perhaps promise, and answer.
    People {
        /// When they promise an answer.
        promise: Option<Timestamp>,
        /// When they answer.
        answer: Timestamp,
    },
    /// They ask the officer first.
    Ask,
    /// It is another borough's, and they know whose.
    Redirect,
    /// It is not theirs, and they do not know whose.
    NotOurs,
}

/// The check as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matter {
    /// When it was leased.
    pub(super) now: Timestamp,
    /// Whether it has been through somebody's hands: asked about, or sent on from elsewhere.
    pub(super) handled: bool,
}

/// Decides what becomes of one check, where `not_in_time` of a hundred enquiries are not answered in time. The dice are the check's own, the
/// luck is its enquiry's: all checks of one fare alike.
pub(super) fn treat(
    behaviour: Behaviour,
    matter: Matter,
    not_in_time: u32,
    luck: &mut fastrand::Rng,
    dice: &mut fastrand::Rng,
) -> Fate {
    tardy(matter, not_in_time, luck).unwrap_or_else(|| fate(behaviour, matter, dice))
}

fn fate(behaviour: Behaviour, matter: Matter, dice: &mut fastrand::Rng) -> Fate {
    let soon = Fate::Soon(SignedDuration::from_secs(dice.i64(5..=90)));
    let people = |dice: &mut fastrand::Rng, minutes: RangeInclusive<i64>| {
        worked(matter.now, dice.i64(minutes))
    };
    match behaviour {
        Behaviour::Slow => Fate::People {
            promise: None,
            answer: people(dice, 45..=300),
        },
        Behaviour::Promising => {
            let promise = people(dice, 20..=150);
            let late = happens(dice, 15);
            let slip = SignedDuration::from_mins(if late {
                dice.i64(30..=240)
            } else {
                -dice.i64(1..=20)
            });
            let answer = moved(promise, slip).max(moved(matter.now, SignedDuration::from_mins(1)));
            Fate::People {
                promise: Some(promise),
                answer,
            }
        }
        Behaviour::Late if happens(dice, 45) => Fate::People {
            promise: None,
            answer: people(dice, 180..=480),
        },
        Behaviour::Redirecting if !matter.handled && happens(dice, 35) => {
            if happens(dice, 20) {
                Fate::NotOurs
            } else {
                Fate::Redirect
            }
        }
        Behaviour::Connected(_) => Fate::People {
            promise: None,
            answer: people(dice, PEOPLE_SOON),
        },
        Behaviour::AskingBack if !matter.handled && happens(dice, 50) => Fate::Ask,
        _ if happens(dice, 8) => Fate::People {
            promise: None,
            answer: people(dice, PEOPLE_SOON),
        },
        _ => soon,
    }
}

/// What becomes of a check whose enquiry is tardy: it takes hours or days, or is never answered. A check that was handled before has had its
/// luck.
fn tardy(matter: Matter, not_in_time: u32, dice: &mut fastrand::Rng) -> Option<Fate> {
    let besides = not_in_time.saturating_sub(LATE_ANYWAY_PERCENT) * 100 * 100;
    let percent = besides / (100 - LATE_ANYWAY_PERCENT) / TARDY_MISS_PERCENT;
    if matter.handled || !happens(dice, percent) {
        return None;
    }
    let answer = if happens(dice, NEVER_PERCENT) {
        Timestamp::MAX
    } else {
        let least = TARDY_MINUTES << dice.u32(0..=TARDY_DOUBLED_MAX);
        worked(matter.now, dice.i64(least..=2 * least))
    };
    Some(Fate::People {
        promise: None,
        answer,
    })
}

/// After so many minutes of working time, and never at the very moment at which people go home.
fn worked(now: Timestamp, minutes: i64) -> Timestamp {
    let (hours, calendar) = office();
    let at = hours.after(now, SignedDuration::from_mins(minutes), &calendar);
    if hours.is_open(at, &calendar) {
        at
    } else {
        hours.after(now, SignedDuration::from_mins(minutes + 1), &calendar)
    }
}

/// Children's services answer on weekdays; the demo's clients know no bank holidays.
pub(super) fn office() -> (WorkingHours, Calendar) {
    let calendar = Calendar::new([], jiff::civil::Date::MAX);
    (WorkingHours::office(), calendar)
}

fn moved(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(count: usize) -> Vec<ResponderId> {
        (0..count)
            .map(|n| ResponderId::parse(&format!("borough-{n}")).unwrap())
            .collect()
    }

    fn absent(cast: &BTreeMap<ResponderId, Behaviour>) -> Vec<&ResponderId> {
        cast.iter()
            .filter(|(_, kind)| **kind == Behaviour::Absent)
            .map(|(id, _)| id)
            .collect()
    }

    #[test]
    fn every_behaviour_is_played_on_an_even_day_and_most_boroughs_are_prompt() {
        let responders = ids(33);
        let work = responders.iter().map(|id| (id.clone(), 10)).collect();
        let cast = behaviours(1, &responders, &work);
        assert_eq!(cast.len(), 33);
        let count = |wanted| cast.values().filter(|kind| **kind == wanted).count();
        assert_eq!(count(Behaviour::Absent), ABSENT);
        for (kind, wanted) in KINDS {
            assert_eq!(count(kind), wanted, "{kind:?}");
        }
        for kind in Kind::ALL {
            assert_eq!(count(Behaviour::Connected(kind)), 1, "{kind:?}");
        }
        assert!(count(Behaviour::Prompt) >= 33 / 4);
        assert_eq!(
            cast,
            behaviours(1, &responders, &work),
            "the same seed, the same cast"
        );
        assert_ne!(cast, behaviours(2, &responders, &work));
    }

    #[test]
    fn connectors_are_where_the_work_is() {
        let responders = ids(33);
        let work = responders.iter().map(|id| (id.clone(), 10));
        let work: BTreeMap<_, _> = work.chain([(responders[7].clone(), 90)]).collect();
        for seed in 0..50 {
            let busiest = behaviours(seed, &responders, &work)[&responders[7]];
            let prompt = matches!(busiest, Behaviour::Connected(Kind::Sql));
            let other = KINDS.iter().any(|(kind, _)| *kind == busiest);
            assert!(prompt || other, "seed {seed}: {busiest:?}");
        }
    }

    #[test]
    fn who_has_most_of_the_day_is_there() {
        let responders = ids(33);
        let work = responders
            .iter()
            .take(3)
            .map(|id| (id.clone(), 40))
            .collect();
        for seed in 0..50 {
            let cast = behaviours(seed, &responders, &work);
            for busy in &responders[..3] {
                assert!(!absent(&cast).contains(&busy), "seed {seed}");
                assert_ne!(
                    cast[busy],
                    Behaviour::Dying { restarts: false },
                    "seed {seed}"
                );
            }
        }
    }

    #[test]
    fn an_empty_day_has_a_cast_too() {
        assert_eq!(behaviours(1, &ids(33), &BTreeMap::new()).len(), 33);
        assert_eq!(behaviours(1, &ids(1), &BTreeMap::new()).len(), 1);
    }

    /// The share of checks, of two thousand, whose fate is as `wanted` says.
    fn share(behaviour: Behaviour, handled: bool, wanted: impl Fn(Fate) -> bool) -> usize {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let matter = Matter { now, handled };
        let all = (0..2_000).map(|n| fate(behaviour, matter, &mut dice(n, &["check"])));
        all.filter(|fate| wanted(*fate)).count() / 20
    }

    #[test]
    fn each_behaviour_shows() {
        let hearing: Timestamp = "2026-11-23T14:00:00Z".parse().unwrap();
        let late = |fate| matches!(fate, Fate::People { answer, .. } if answer >= hearing);
        let soon = |fate| matches!(fate, Fate::Soon(_));
        assert!(share(Behaviour::Prompt, false, soon) > 80);
        assert!((5..60).contains(&share(Behaviour::Slow, false, late)));
        assert!((30..60).contains(&share(Behaviour::Late, false, late)));
        assert!(share(Behaviour::Promising, false, late) < 20);
        assert!(share(Behaviour::AskingBack, false, |fate| fate == Fate::Ask) > 40);
        assert_eq!(
            share(Behaviour::AskingBack, true, |fate| fate == Fate::Ask),
            0
        );
        assert!(share(Behaviour::Redirecting, false, |fate| fate == Fate::Redirect) > 20);
        assert_eq!(
            share(Behaviour::Redirecting, true, |fate| fate == Fate::Redirect),
            0
        );
    }

    #[test]
    fn nobody_answers_before_the_check_is_there_and_people_answer_in_office_hours() {
        let (hours, calendar) = office();
        for now in [
            "2026-11-20T16:50:00Z",
            "2026-11-21T12:00:00Z",
            "2026-11-23T13:59:00Z",
            "2026-11-23T15:00:00Z",
        ] {
            let matter = Matter {
                now: now.parse().unwrap(),
                handled: false,
            };
            for n in 0..500 {
                if let Fate::People { answer, .. } =
                    fate(Behaviour::Slow, matter, &mut dice(n, &["check"]))
                {
                    assert!(answer > matter.now);
                    assert!(hours.is_open(answer, &calendar), "{answer}");
                }
            }
        }
    }
}
