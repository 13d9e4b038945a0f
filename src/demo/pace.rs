//! How fast the demo's clock runs when: slow enough where something happens for real programs to keep up, fast through nights and days with
//! nothing. The plan follows from the list alone; what the clock really did is kept in a [`Track`].

use super::client::Common;
use super::track::Track;
use crate::clock::{Clock as _, Stopwatch};
use jiff::civil::{Time, Weekday, time};
use jiff::{SignedDuration, ToSpan as _};
use std::time::Duration;
use usher_domain::time::{Timestamp, from_london, to_london};

/// Events closer than this belong to one busy stretch.
const STRETCH_GAP: SignedDuration = SignedDuration::from_hours(2);
/// A busy stretch starts so long before its first event: the clock cannot be slowed to the millisecond.
const LEAD: SignedDuration = SignedDuration::from_mins(15);
/// And ends so long after its last one; the run itself ends somewhat later, so that late answers are seen to come.
const TAIL: SignedDuration = SignedDuration::from_mins(20);
const LAST_TAIL: SignedDuration = SignedDuration::from_mins(60);
/// The last part of a quiet stretch, in which the clock slows down.
const APPROACH: SignedDuration = SignedDuration::from_hours(2);
/// Offices are open between these: there, even quiet stretches have answers and chases.
const OPENS: Time = time(8, 0, 0, 0);
const CLOSES: Time = time(18, 0, 0, 0);
/// Quiet days beyond which a quiet stretch is not divided by working hours.
const DIVIDED_DAYS_MAX: i64 = 120;

/// Real time for the busy stretches together: so much for each event, within bounds, and never less than programs need.
const BUSY_PER_EVENT: Duration = Duration::from_millis(60);
const BUSY_LEAST: Duration = Duration::from_secs(2);
const BUSY_MOST: Duration = Duration::from_secs(22);
const NEEDED_PER_EVENT: Duration = Duration::from_millis(6);
/// A busy hour counts as much as so many events.
const EVENTS_PER_HOUR: u32 = 2;
/// Above this speed a lease would end before its answer is on the wire.
const BUSY_SPEED_MAX: u32 = 6_000;
/// Real time for quiet office hours, and for nights and weekends.
const OFFICE_REAL: Duration = Duration::from_millis(4_500);
const CLOSED_REAL: Duration = Duration::from_secs(4);
/// Speeds below which no quiet stretch needs to be.
const APPROACH_SPEED: u32 = 20_000;
const CLOSED_SPEED_LEAST: u32 = 200_000;

/// When actors are later than this, in real time, the clock gives way and runs slower, within limits: the whole run may grow by so much for a
/// slow machine, and no stretch runs slower than a fraction of its planned speed.
const GIVES_WAY_AT: Duration = Duration::from_millis(80);
const GIVES_WAY_TIME: Duration = Duration::from_secs(12);
const SLOWEST_PART: u32 = 6;
/// While a check passes from hand to hand, and so long after, the clock runs no faster than this.
const HANDED_SPEED: u32 = 3_000;
const HANDED_FOR: Duration = Duration::from_millis(100);
/// How often the pace looks.
const LOOKED_EVERY: Duration = Duration::from_millis(50);

/// A part of the run with one speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Its end; it starts where the one before ends.
    pub(super) until: Timestamp,
    /// How many times faster than real time the clock runs.
    pub(super) speed: u32,
}

/// The whole run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// What the clock shows at the start.
    pub(super) start: Timestamp,
    /// The parts, in order.
    pub(super) segments: Vec<Segment>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Busy { events: u32 },
    Office,
    Approach,
    Closed,
}

struct Part {
    kind: Kind,
    from: Timestamp,
    until: Timestamp,
}

impl Part {
    fn span(&self) -> Duration {
        length(self.until.duration_since(self.from))
    }
}

impl Plan {
    /// The plan for a run in which something happens at `events`; with `speed`, busy stretches run at that speed. `None` without events.
    pub(super) fn new(events: &[Timestamp], speed: Option<u32>) -> Option<Self> {
        let mut events = events.to_vec();
        events.sort_unstable();
        let parts = parts(&stretches(&events)?);
        let total = |kind: Kind| {
            let of_kind = parts.iter().filter(|part| part.kind == kind);
            of_kind.map(Part::span).sum::<Duration>()
        };
        let office = ratio(total(Kind::Office), OFFICE_REAL).max(APPROACH_SPEED);
        let closed = ratio(total(Kind::Closed), CLOSED_REAL).max(CLOSED_SPEED_LEAST);
        let busy = Busy::new(&parts);
        let segments = parts.iter().map(|part| Segment {
            until: part.until,
            speed: match part.kind {
                Kind::Busy { events } => speed.unwrap_or_else(|| busy.speed(part.span(), events)),
                Kind::Office => office.max(speed.unwrap_or_default()),
                Kind::Approach => APPROACH_SPEED.max(speed.unwrap_or_default()),
                Kind::Closed => closed.max(speed.unwrap_or_default()),
            },
        });
        Some(Self {
            start: parts.first()?.from,
            segments: segments.collect(),
        })
    }

    /// How long the run takes in real time.
    pub(super) fn real(&self) -> Duration {
        let starts = std::iter::once(self.start).chain(self.segments.iter().map(|part| part.until));
        let parts = starts.zip(&self.segments);
        let real =
            parts.map(|(from, part)| length(part.until.duration_since(from)) / part.speed.max(1));
        real.sum()
    }

    /// Sets the clock's speed as planned until the end or the run's stop, slower for a while where the actors fall behind, and notes in `track`
    /// what it did. The clock stands still at the end of a part until the next one begins, so that none is passed over. At the end of all
    /// it runs at real speed.
    pub(super) async fn lead(&self, common: &Common, track: &Track) {
        let Common {
            clock, stop, lag, ..
        } = common;
        let mut spare = GIVES_WAY_TIME;
        let mut handed: Option<Stopwatch> = None;
        let mut looked = Stopwatch::start();
        for segment in &self.segments {
            if clock.now() >= segment.until {
                continue;
            }
            track.set(clock, segment.speed, segment.until);
            let mut planned = segment.speed;
            while clock.now() < segment.until {
                let watch = Stopwatch::start();
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = clock.sleep_until(segment.until) => {}
                    () = lag.handed_over() => handed = Some(Stopwatch::start()),
                    () = tokio::time::sleep(LOOKED_EVERY) => {}
                }
                let speed = clock.speed();
                spare = spare.saturating_sub(cost(watch.elapsed(), speed, segment.speed));
                let is_handed = handed.is_some_and(|since| since.elapsed() < HANDED_FOR);
                let wanted = if is_handed && !spare.is_zero() {
                    segment.speed.min(HANDED_SPEED)
                } else {
                    segment.speed
                };
                let next = if wanted != planned {
                    wanted
                } else if looked.elapsed() >= LOOKED_EVERY {
                    looked = Stopwatch::start();
                    adjusted(speed, wanted, lag.take(), spare)
                } else {
                    speed
                };
                planned = wanted;
                if next != speed {
                    track.set(clock, next, segment.until);
                }
            }
        }
        track.set(clock, 1, Timestamp::MAX);
    }
}

/// What it has cost against the plan to run so long at `speed`.
fn cost(real: Duration, speed: u32, planned: u32) -> Duration {
    let part = f64::from(speed) / f64::from(planned.max(1));
    real.mul_f64((1.0 - part).clamp(0.0, 1.0))
}

/// The speed to run at from here: slower when the actors are late and there is time to spare, else by steps as planned.
fn adjusted(speed: u32, planned: u32, late: Duration, spare: Duration) -> u32 {
    if spare.is_zero() {
        return planned;
    }
    let wanted = if late > GIVES_WAY_AT {
        speed / 4 * 3
    } else {
        speed.saturating_add(speed / 4 + 1)
    };
    wanted.clamp((planned / SLOWEST_PART).max(1), planned)
}

/// A busy stretch: from, until, and how many events.
type Stretch = (Timestamp, Timestamp, u32);

fn stretches(events: &[Timestamp]) -> Option<Vec<Stretch>> {
    let mut stretches: Vec<Stretch> = vec![(*events.first()?, *events.first()?, 0)];
    for event in events {
        match stretches.last_mut() {
            Some((_, until, count)) if event.duration_since(*until) <= STRETCH_GAP => {
                *until = *event;
                *count += 1;
            }
            _ => stretches.push((*event, *event, 1)),
        }
    }
    let last = stretches.len() - 1;
    for (place, (from, until, _)) in stretches.iter_mut().enumerate() {
        let tail = if place == last { LAST_TAIL } else { TAIL };
        *from = from.saturating_sub(LEAD).unwrap_or(*from);
        *until = until.saturating_add(tail).unwrap_or(*until);
    }
    Some(stretches)
}

fn parts(stretches: &[Stretch]) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for (from, until, events) in stretches {
        if let Some(last) = parts.last().map(|part| part.until) {
            quiet(&mut parts, last, *from);
        }
        let from = parts.last().map_or(*from, |part| part.until);
        parts.push(Part {
            kind: Kind::Busy { events: *events },
            from,
            until: *until,
        });
    }
    parts
}

/// Divides a quiet stretch by office hours, its last part slowing down.
fn quiet(parts: &mut Vec<Part>, mut from: Timestamp, until: Timestamp) {
    if from >= until {
        return;
    }
    let gap = until.duration_since(from);
    let slowing = SignedDuration::from_secs(APPROACH.min(gap / 3).as_secs());
    let slow = until.saturating_sub(slowing).unwrap_or(until);
    let mut push = |kind, upto: Timestamp| {
        if upto > from {
            parts.push(Part {
                kind,
                from,
                until: upto,
            });
            from = upto;
        }
    };
    let days = gap.as_hours() / 24;
    let mut day = to_london(until.saturating_sub(gap).unwrap_or(until)).date();
    let last = to_london(until).date();
    while days <= DIVIDED_DAYS_MAX && day <= last {
        if !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
            for (kind, edge) in [(Kind::Closed, OPENS), (Kind::Office, CLOSES)] {
                if let Ok(edge) = from_london(day.to_datetime(edge)) {
                    push(kind, edge.min(slow));
                }
            }
        }
        let Ok(next) = day.checked_add(1.day()) else {
            break;
        };
        day = next;
    }
    push(Kind::Closed, slow);
    push(Kind::Approach, until);
}

/// How the busy stretches share their real time.
struct Busy {
    real: Duration,
    weight: u32,
}

impl Busy {
    fn new(parts: &[Part]) -> Self {
        let (mut all, mut weight) = (0, 0_u32);
        for part in parts {
            if let Kind::Busy { events } = part.kind {
                all += events;
                weight = weight.saturating_add(Self::weight(part.span(), events));
            }
        }
        let wanted = BUSY_PER_EVENT
            .saturating_mul(all)
            .clamp(BUSY_LEAST, BUSY_MOST);
        Self {
            real: wanted.max(NEEDED_PER_EVENT.saturating_mul(all)),
            weight: weight.max(1),
        }
    }

    fn weight(span: Duration, events: u32) -> u32 {
        let hours = u32::try_from(span.as_secs() / 3_600).unwrap_or(u32::MAX);
        events
            .saturating_add(hours.saturating_mul(EVENTS_PER_HOUR))
            .max(1)
    }

    fn speed(&self, span: Duration, events: u32) -> u32 {
        let share = self.real.saturating_mul(Self::weight(span, events)) / self.weight;
        ratio(span, share).clamp(1, BUSY_SPEED_MAX)
    }
}

/// How many times `real` goes into `span`, rounded up.
fn ratio(span: Duration, real: Duration) -> u32 {
    let times = span.as_millis().div_ceil(real.as_millis().max(1));
    u32::try_from(times).unwrap_or(u32::MAX)
}

/// A span that is not negative.
fn length(span: SignedDuration) -> Duration {
    span.try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(local: &str) -> Timestamp {
        from_london(local.parse().unwrap()).unwrap()
    }

    fn plan(events: &[&str], speed: Option<u32>) -> Plan {
        let events: Vec<_> = events.iter().map(|event| at(event)).collect();
        Plan::new(&events, speed).unwrap()
    }

    #[test]
    fn nothing_makes_no_plan() {
        assert_eq!(Plan::new(&[], None), None);
    }

    #[test]
    fn one_event_is_one_busy_stretch_with_its_margins() {
        let plan = plan(&["2026-11-23T10:00"], None);
        assert_eq!(plan.start, at("2026-11-23T09:45"));
        assert_eq!(plan.segments.len(), 1);
        assert_eq!(plan.segments[0].until, at("2026-11-23T11:00"));
        assert!(plan.segments[0].speed <= BUSY_SPEED_MAX);
    }

    #[test]
    fn a_night_is_fast_and_the_morning_before_an_event_is_not() {
        let plan = plan(&["2026-11-23T15:00", "2026-11-24T10:00"], None);
        let ends: Vec<_> = plan.segments.iter().map(|part| part.until).collect();
        assert_eq!(
            ends,
            [
                "2026-11-23T15:20",
                "2026-11-23T18:00",
                "2026-11-24T07:45",
                "2026-11-24T09:45",
                "2026-11-24T11:00"
            ]
            .map(at)
        );
        let speeds: Vec<_> = plan.segments.iter().map(|part| part.speed).collect();
        assert_eq!(
            speeds[1..4],
            [APPROACH_SPEED, CLOSED_SPEED_LEAST, APPROACH_SPEED]
        );
    }

    /// The bounds of a whole plan, whatever the list is.
    fn check(events: &[&str], seconds_max: u64) {
        let plan = plan(events, None);
        assert!(
            plan.real() <= Duration::from_secs(seconds_max),
            "{:?}",
            plan.real()
        );
        let mut last = plan.start;
        for segment in &plan.segments {
            assert!(segment.until > last, "every part goes forward");
            assert!(segment.speed > 0);
            last = segment.until;
        }
        assert!(
            last >= at(events[events.len() - 1]),
            "the last event is in it"
        );
    }

    #[test]
    fn every_list_has_a_bounded_plan() {
        check(&["2026-11-23T10:00", "2026-11-23T14:00"], 4);
        check(
            &[
                "2026-11-02T09:00",
                "2026-11-16T09:00",
                "2026-11-23T09:00",
                "2026-11-23T17:00",
            ],
            20,
        );
        check(&["2026-01-05T09:00", "2027-06-01T10:00"], 20);
        check(&["2026-03-28T23:30", "2026-03-29T03:00"], 6);
        check(&["2001-01-01T09:00", "2026-11-23T10:00"], 12);
    }

    #[test]
    fn many_events_get_the_time_that_programs_need() {
        let start = at("2026-11-23T09:00");
        let many: Vec<_> = (0..20_000)
            .map(|n| start + SignedDuration::from_secs(n))
            .collect();
        let plan = Plan::new(&many, None).unwrap();
        assert!(
            plan.real() >= NEEDED_PER_EVENT * 19_000,
            "{:?}",
            plan.real()
        );
    }

    #[test]
    fn a_chosen_speed_holds_where_something_happens() {
        let plan = plan(&["2026-11-23T10:00", "2026-11-23T11:00"], Some(300));
        assert_eq!(plan.segments[0].speed, 300);
    }

    #[test]
    fn the_clock_gives_way_to_late_actors_while_there_is_time() {
        let (late, fine, time) = (GIVES_WAY_AT * 2, Duration::ZERO, Duration::from_secs(1));
        for (speed, lag, spare, expected) in [
            (1_200, fine, time, 1_200),
            (1_200, late, time, 900),
            (1_200, late, Duration::ZERO, 1_200),
            (200, late, time, 200),
            (900, fine, time, 1_126),
            (900, fine, Duration::ZERO, 1_200),
        ] {
            assert_eq!(
                adjusted(speed, 1_200, lag, spare),
                expected,
                "{speed} {lag:?} {spare:?}"
            );
        }
        assert_eq!(adjusted(1, 1, late, time), 1);
    }
}
