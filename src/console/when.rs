//! Moments as people in England read them: London time, with the day's name.

use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, Time};
use usher_domain::time::{Timestamp, to_london};

/// `Monday 23 November 2026`.
pub(super) fn date(day: Date) -> String {
    day.strftime("%A %-d %B %Y").to_string()
}

/// `1 to 30 November 2026`, `28 November 2026 to 3 January 2027`, `23 November 2026`.
pub(super) fn days(first: Date, last: Date) -> String {
    let pattern = match (first, last) {
        _ if first == last => return last.strftime("%-d %B %Y").to_string(),
        _ if (first.year(), first.month()) == (last.year(), last.month()) => "%-d",
        _ if first.year() == last.year() => "%-d %B",
        _ => "%-d %B %Y",
    };
    format!(
        "{} to {}",
        first.strftime(pattern),
        last.strftime("%-d %B %Y")
    )
}

/// `9:32am`, `5pm`, `midday`, `midnight`.
pub(super) fn clock(time: Time) -> String {
    let (hour, minute) = (time.hour(), time.minute());
    if minute == 0 && hour % 12 == 0 {
        return if hour == 0 { "midnight" } else { "midday" }.into();
    }
    let half = if hour < 12 { "am" } else { "pm" };
    let hour = if hour % 12 == 0 { 12 } else { hour % 12 };
    if minute == 0 {
        format!("{hour}{half}")
    } else {
        format!("{hour}:{minute:02}{half}")
    }
}

/// `Monday 23 November 2026 at 9:32am`.
pub(super) fn civil(local: DateTime) -> String {
    format!("{} at {}", date(local.date()), clock(local.time()))
}

/// `Monday 23 November 2026 at 9:32am`, in London.
pub(super) fn moment(at: Timestamp) -> String {
    civil(to_london(at))
}

/// `9:32am` where `at` is today, else `Monday 23 November at 9:32am`: for tables.
pub(super) fn short(at: Timestamp, now: Timestamp) -> String {
    let (local, today) = (to_london(at), to_london(now).date());
    let time = clock(local.time());
    if local.date() == today {
        return format!("today at {time}");
    }
    let pattern = if local.year() == today.year() {
        "%a %-d %B"
    } else {
        "%a %-d %B %Y"
    };
    format!("{} at {time}", local.strftime(pattern))
}

/// `2 hours 5 minutes`, `3 days 4 hours`, `less than a minute`: two units at most, never a sign.
pub(super) fn span(span: SignedDuration) -> String {
    let minutes = span.abs().as_secs() / 60;
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let units = if days > 0 {
        [(days, "day"), (hours, "hour")]
    } else {
        [(hours, "hour"), (rest, "minute")]
    };
    let told: Vec<String> = units
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, unit)| format!("{count} {unit}{}", if count == 1 { "" } else { "s" }))
        .collect();
    if told.is_empty() {
        "less than a minute".into()
    } else {
        told.join(" ")
    }
}

/// `in 2 hours 5 minutes`, or `2 hours 5 minutes ago`.
pub(super) fn from_now(at: Timestamp, now: Timestamp) -> String {
    let away = at.duration_since(now);
    if away.is_negative() {
        format!("{} ago", span(away))
    } else {
        format!("in {}", span(away))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_write_them() {
        let rows = [
            ("2026-11-23T09:32:00Z", "Monday 23 November 2026 at 9:32am"),
            ("2026-07-01T11:00:00Z", "Wednesday 1 July 2026 at midday"),
            (
                "2026-11-23T00:00:00Z",
                "Monday 23 November 2026 at midnight",
            ),
            ("2026-11-23T12:05:00Z", "Monday 23 November 2026 at 12:05pm"),
            ("2026-11-23T17:00:00Z", "Monday 23 November 2026 at 5pm"),
            ("2026-11-23T00:01:00Z", "Monday 23 November 2026 at 12:01am"),
        ];
        for (at, told) in rows {
            assert_eq!(moment(at.parse().unwrap()), told);
        }
    }

    #[test]
    fn days_are_told_without_saying_anything_twice() {
        use jiff::civil::date;
        let first = date(2026, 11, 1);
        let rows = [
            (first, "1 November 2026"),
            (date(2026, 11, 30), "1 to 30 November 2026"),
            (date(2026, 12, 2), "1 November to 2 December 2026"),
            (date(2027, 1, 2), "1 November 2026 to 2 January 2027"),
        ];
        for (last, told) in rows {
            assert_eq!(days(first, last), told);
        }
    }

    #[test]
    fn spans_have_two_units_and_no_sign() {
        let rows = [
            (0, "less than a minute"),
            (59, "less than a minute"),
            (60, "1 minute"),
            (7_500, "2 hours 5 minutes"),
            (-3_600, "1 hour"),
            (90_000, "1 day 1 hour"),
            (172_800, "2 days"),
        ];
        for (seconds, told) in rows {
            assert_eq!(span(SignedDuration::from_secs(seconds)), told);
        }
        let now: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        let later: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        assert_eq!(from_now(later, now), "in 1 hour");
        assert_eq!(from_now(now, later), "1 hour ago");
        assert_eq!(short(later, now), "today at 10am");
        let next: Timestamp = "2027-01-04T10:30:00Z".parse().unwrap();
        assert_eq!(short(next, now), "Mon 4 January 2027 at 10:30am");
    }
}
