//! Time as courts and councils keep it: instants in UTC, hearings and office hours in Europe/London, bank holidays as data.
//! Nothing here reads a clock; `now` is always an argument.

use crate::limits;
use alloc::collections::BTreeSet;
use core::fmt;
use jiff::civil;
use jiff::tz::{Offset, TimeZone, TimeZoneTransition};
use jiff::{SignedDuration, ToSpan};

pub use jiff::Timestamp;

/// The zone of every court and council in England and Wales.
pub const ZONE_NAME: &str = "Europe/London";

const LONDON: TimeZone = jiff::tz::get!("Europe/London");

/// Europe/London, compiled in: the same answer on every machine.
pub fn london() -> TimeZone {
    LONDON
}

/// The civil date and time in London at `instant`.
pub fn to_london(instant: Timestamp) -> civil::DateTime {
    london().to_datetime(instant)
}

/// A local time that the clocks skip when they go forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the clocks go forward over {local}: that time does not exist in {ZONE_NAME}")]
pub struct NoSuchLocalTime {
    /// The time that was asked for.
    pub local: civil::DateTime,
}

/// The instant of a civil time in London. A time that occurs twice, when the clocks go back, means the earlier: a
/// deadline read too early is harmless, one read too late is not.
///
/// # Errors
/// [`NoSuchLocalTime`] for the hour that is skipped when the clocks go forward.
pub fn from_london(local: civil::DateTime) -> Result<Timestamp, NoSuchLocalTime> {
    let zone = london();
    let ambiguous = zone.to_ambiguous_timestamp(local);
    match ambiguous.offset() {
        jiff::tz::AmbiguousOffset::Gap { .. } => Err(NoSuchLocalTime { local }),
        _ => ambiguous.earlier().map_err(|_| NoSuchLocalTime { local }),
    }
}

/// Whether a civil time occurs twice, when the clocks go back.
pub fn is_doubled(local: civil::DateTime) -> bool {
    let offset = london().to_ambiguous_timestamp(local).offset();
    matches!(offset, jiff::tz::AmbiguousOffset::Fold { .. })
}

/// As [`from_london`], moving a skipped time forward by the gap: for office hours, which must never fail.
fn from_london_lenient(local: civil::DateTime) -> Timestamp {
    london()
        .to_ambiguous_timestamp(local)
        .compatible()
        .unwrap_or(Timestamp::MAX)
}

/// London's offset while it holds. A walk over days asks the zone twice a season instead of twice a day: that was a large part of the
/// cost of taking an enquiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Season {
    offset: Offset,
    /// Local times within these are neither skipped nor doubled.
    from: civil::DateTime,
    until: civil::DateTime,
}

impl Season {
    /// Longer than any change of the clocks.
    const MARGIN: SignedDuration = SignedDuration::from_hours(3);

    fn around(instant: Timestamp) -> Self {
        let zone = london();
        let offset = zone.to_offset(instant);
        let change = |change: Option<TimeZoneTransition<'_>>| change.map(|at| at.timestamp());
        // A change at `instant` itself has happened.
        let just_after = instant.saturating_add(SignedDuration::from_nanos(1));
        let before = change(zone.preceding(just_after.unwrap_or(instant)).next());
        let after = change(zone.following(instant).next());
        let from = before.and_then(|at| at.checked_add(Self::MARGIN).ok());
        let until = after.and_then(|at| at.checked_sub(Self::MARGIN).ok());
        Self {
            offset,
            from: from.map_or(civil::DateTime::MIN, |from| offset.to_datetime(from)),
            until: until.map_or(civil::DateTime::MAX, |until| offset.to_datetime(until)),
        }
    }

    fn covers(&self, local: civil::DateTime) -> bool {
        self.from <= local && local <= self.until
    }

    /// As [`to_london`]. An instant outside the season comes out beyond its margin, whatever the true offset.
    fn local(&self, instant: Timestamp) -> civil::DateTime {
        let local = self.offset.to_datetime(instant);
        if self.covers(local) {
            local
        } else {
            to_london(instant)
        }
    }

    /// As [`from_london_lenient`].
    fn instant(&mut self, local: civil::DateTime) -> Timestamp {
        if self.covers(local)
            && let Ok(instant) = self.offset.to_timestamp(local)
        {
            return instant;
        }
        let instant = from_london_lenient(local);
        *self = Self::around(instant);
        instant
    }
}

/// Bank holidays of England and Wales, up to a last day that the data covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    holidays: BTreeSet<civil::Date>,
    known_until: civil::Date,
    /// Those from the first holiday to a year after the last day, in order.
    seasons: Vec<Season>,
}

impl Calendar {
    /// Makes a calendar from `holidays`; days after `known_until` count as unknown, see [`Calendar::knows`].
    pub fn new(holidays: impl IntoIterator<Item = civil::Date>, known_until: civil::Date) -> Self {
        let holidays: BTreeSet<_> = holidays.into_iter().collect();
        let first = holidays.first().copied().unwrap_or(known_until);
        Self {
            seasons: seasons(first, known_until.saturating_add(1.year())),
            holidays,
            known_until,
        }
    }

    /// Whether the data covers `day`. Working time beyond it is computed as if there were no holidays, and whoever computes says so.
    pub fn knows(&self, day: civil::Date) -> bool {
        day <= self.known_until
    }

    /// The last day that the data covers.
    pub fn known_until(&self) -> civil::Date {
        self.known_until
    }

    /// Whether `day` is a known bank holiday.
    pub fn is_holiday(&self, day: civil::Date) -> bool {
        self.holidays.contains(&day)
    }

    /// The season that `instant` lies in.
    fn season(&self, instant: Timestamp) -> Season {
        let begun = |season: &Season| season.from <= season.offset.to_datetime(instant);
        let place = self.seasons.partition_point(begun);
        let last = place.checked_sub(1).and_then(|last| self.seasons.get(last));
        last.copied()
            .filter(|season| season.covers(season.offset.to_datetime(instant)))
            .unwrap_or_else(|| Season::around(instant))
    }
}

/// The seasons from `first` to `last`, at most the first [`SEASONS_MAX`].
fn seasons(first: civil::Date, last: civil::Date) -> Vec<Season> {
    let start = from_london_lenient(first.to_datetime(civil::Time::midnight()));
    let end = from_london_lenient(last.to_datetime(civil::Time::midnight()));
    let zone = london();
    let changes = zone.following(start).map(|change| change.timestamp());
    let within = core::iter::once(start).chain(changes.take_while(|change| *change <= end));
    within.take(SEASONS_MAX).map(Season::around).collect()
}

/// Two a year, for fifty years.
const SEASONS_MAX: usize = 100;

/// When people of a responder work: one interval per weekday, Monday first, none on days off and bank holidays.
#[derive(Clone, PartialEq, Eq)]
pub struct WorkingHours {
    week: [Option<(civil::Time, civil::Time)>; 7],
}

/// Working hours that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WorkingHoursError {
    /// Every day is off.
    #[error("at least one weekday must have working hours")]
    NeverOpen,
    /// A day ends before it starts.
    #[error("the day must end after it starts")]
    EndsBeforeStart,
}

impl WorkingHours {
    /// Makes working hours from an interval per weekday, Monday first.
    ///
    /// # Errors
    /// When no day is worked, or a day ends before it starts.
    pub fn new(week: [Option<(civil::Time, civil::Time)>; 7]) -> Result<Self, WorkingHoursError> {
        if week.iter().all(Option::is_none) {
            return Err(WorkingHoursError::NeverOpen);
        }
        if week.iter().flatten().any(|(start, end)| start >= end) {
            return Err(WorkingHoursError::EndsBeforeStart);
        }
        Ok(Self { week })
    }

    /// Monday to Friday, 09:00 to 17:00: what most front doors keep.
    pub fn office() -> Self {
        let day = Some((civil::time(9, 0, 0, 0), civil::time(17, 0, 0, 0)));
        Self {
            week: [day, day, day, day, day, None, None],
        }
    }

    /// The intervals, Monday first.
    pub fn week(&self) -> &[Option<(civil::Time, civil::Time)>; 7] {
        &self.week
    }

    /// The working interval of `day`, or `None` on days off and bank holidays.
    pub fn of_day(&self, day: civil::Date, calendar: &Calendar) -> Option<(Timestamp, Timestamp)> {
        self.of_day_by(day, calendar, from_london_lenient)
    }

    fn of_day_by(
        &self,
        day: civil::Date,
        calendar: &Calendar,
        mut instant: impl FnMut(civil::DateTime) -> Timestamp,
    ) -> Option<(Timestamp, Timestamp)> {
        let (start, end) = self.by_the_clock(day, calendar)?;
        let (opens, closes) = (instant(start), instant(end));
        // A night shift that starts in the skipped hour of spring can end before it starts: nothing is worked then.
        (opens < closes).then_some((opens, closes))
    }

    /// The working interval of `day` as a clock on the wall shows it.
    fn by_the_clock(
        &self,
        day: civil::Date,
        calendar: &Calendar,
    ) -> Option<(civil::DateTime, civil::DateTime)> {
        let place = usize::try_from(day.weekday().to_monday_zero_offset()).ok()?;
        let (start, end) = (*self.week.get(place)?)?;
        let worked = !calendar.is_holiday(day);
        worked.then(|| (day.to_datetime(start), day.to_datetime(end)))
    }

    /// Whether somebody works at `instant`. The first moment of a day counts, the last does not.
    pub fn is_open(&self, instant: Timestamp, calendar: &Calendar) -> bool {
        self.of_day(to_london(instant).date(), calendar)
            .is_some_and(|(start, end)| start <= instant && instant < end)
    }

    /// The moment when `worked` of working time has passed since `start`; with none, the first moment from `start` on that
    /// belongs to working time, its end included. [`Timestamp::MAX`] when the search gives up, see
    /// [`limits::WORKING_SEARCH_DAYS_MAX`].
    pub fn after(
        &self,
        start: Timestamp,
        worked: SignedDuration,
        calendar: &Calendar,
    ) -> Timestamp {
        let mut left = worked.max(SignedDuration::ZERO);
        let mut season = calendar.season(start);
        let mut day = season.local(start).date();
        for _ in 0..limits::WORKING_SEARCH_DAYS_MAX {
            let hours = self.of_day_by(day, calendar, |local| season.instant(local));
            if let Some((opens, closes)) = hours {
                let from = opens.max(start);
                if from < closes || (left.is_zero() && from <= closes) {
                    let available = closes.duration_since(from);
                    if left <= available {
                        return from.saturating_add(left).unwrap_or(Timestamp::MAX);
                    }
                    left -= available;
                }
            }
            day = next_day(day);
        }
        Timestamp::MAX
    }

    /// The moment from which `worked` of working time is left until `end`; with none, the last moment up to `end` that
    /// belongs to working time, its end included. [`Timestamp::MIN`] when the search gives up.
    pub fn before(&self, end: Timestamp, worked: SignedDuration, calendar: &Calendar) -> Timestamp {
        let mut left = worked.max(SignedDuration::ZERO);
        let mut season = calendar.season(end);
        let mut day = season.local(end).date();
        for _ in 0..limits::WORKING_SEARCH_DAYS_MAX {
            let hours = self.of_day_by(day, calendar, |local| season.instant(local));
            if let Some((opens, closes)) = hours {
                let until = closes.min(end);
                if until > opens || (left.is_zero() && until >= opens) {
                    let available = until.duration_since(opens);
                    if left <= available {
                        return until.saturating_sub(left).unwrap_or(Timestamp::MIN);
                    }
                    left -= available;
                }
            }
            day = previous_day(day);
        }
        Timestamp::MIN
    }

    /// The same local time `days` working days later; from outside working time, counted from the next opening.
    pub fn days_after(&self, start: Timestamp, days: u32, calendar: &Calendar) -> Timestamp {
        let first = self.after(start, SignedDuration::ZERO, calendar);
        self.walk_days(first, days, calendar, next_day)
            .unwrap_or(Timestamp::MAX)
    }

    /// The same local time `days` working days earlier; from outside working time, counted from the last closing.
    pub fn days_before(&self, end: Timestamp, days: u32, calendar: &Calendar) -> Timestamp {
        let last = self.before(end, SignedDuration::ZERO, calendar);
        self.walk_days(last, days, calendar, previous_day)
            .unwrap_or(Timestamp::MIN)
    }

    fn walk_days(
        &self,
        from: Timestamp,
        days: u32,
        calendar: &Calendar,
        step: fn(civil::Date) -> civil::Date,
    ) -> Option<Timestamp> {
        let mut season = calendar.season(from);
        let local = season.local(from);
        let mut day = local.date();
        let mut left = days;
        for _ in 0..limits::WORKING_SEARCH_DAYS_MAX {
            if left == 0 {
                break;
            }
            day = step(day);
            let hours = self.by_the_clock(day, calendar);
            // Within a season a day that begins also ends later.
            let worked = hours.is_some_and(|(start, end)| {
                (season.covers(start) && season.covers(end)) || {
                    let hours = self.of_day_by(day, calendar, |local| season.instant(local));
                    hours.is_some()
                }
            });
            if worked {
                left -= 1;
            }
        }
        if left > 0 {
            return None;
        }
        let wanted = season.instant(day.to_datetime(local.time()));
        let hours = self.of_day_by(day, calendar, |local| season.instant(local));
        Some(match hours {
            Some((opens, closes)) => wanted.clamp(opens, closes),
            None => wanted,
        })
    }

    /// Working time between two instants; nothing when the second is not after the first.
    pub fn between(&self, start: Timestamp, end: Timestamp, calendar: &Calendar) -> SignedDuration {
        let mut sum = SignedDuration::ZERO;
        let mut season = calendar.season(start);
        let mut day = season.local(start).date();
        let last = season.local(end).date();
        for _ in 0..limits::WORKING_SEARCH_DAYS_MAX {
            if day > last {
                break;
            }
            let hours = self.of_day_by(day, calendar, |local| season.instant(local));
            if let Some((opens, closes)) = hours {
                let (from, until) = (opens.max(start), closes.min(end));
                if until > from {
                    sum += until.duration_since(from);
                }
            }
            day = next_day(day);
        }
        sum
    }
}

impl fmt::Debug for WorkingHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(
                self.week
                    .iter()
                    .map(|day| day.map(|(start, end)| format!("{start}-{end}"))),
            )
            .finish()
    }
}

fn next_day(day: civil::Date) -> civil::Date {
    day.tomorrow().unwrap_or(day)
}

fn previous_day(day: civil::Date) -> civil::Date {
    day.yesterday().unwrap_or(day)
}
