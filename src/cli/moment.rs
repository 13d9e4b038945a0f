//! Moments and spans as people read them: London civil time with the day's name.

use usher_domain::time::{Timestamp, to_london};

/// `Mon 23 Nov 2026 14:00`, or `-` for none.
pub(super) fn civil(time: Option<&prost_types::Timestamp>) -> String {
    format(time, "%a %-d %b %Y %H:%M")
}

/// `Mon 23 Nov 2026 14:00:05`, or `-` for none.
pub(super) fn exact(time: Option<&prost_types::Timestamp>) -> String {
    format(time, "%a %-d %b %Y %H:%M:%S")
}

fn format(time: Option<&prost_types::Timestamp>, pattern: &str) -> String {
    let instant = time.and_then(|time| Timestamp::new(time.seconds, time.nanos).ok());
    instant.map_or_else(
        || "-".into(),
        |instant| to_london(instant).strftime(pattern).to_string(),
    )
}

/// `6 h 30 min`, `12 min`, `none`.
pub(super) fn span(duration: Option<&prost_types::Duration>) -> String {
    let Some(duration) = duration else {
        return "-".into();
    };
    let minutes = duration.seconds / 60;
    match (minutes / 60, minutes % 60) {
        (..0, _) | (_, ..0) | (0, 0) => "none".into(),
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Seconds as a duration of the contract; beyond what it holds, the longest.
pub(super) fn seconds(count: u64) -> prost_types::Duration {
    prost_types::Duration {
        seconds: i64::try_from(count).unwrap_or(i64::MAX),
        nanos: 0,
    }
}

/// Reads an instant: RFC 3339, or London civil time such as `2026-11-23T14:00`.
pub(super) fn parse_instant(text: &str) -> Result<prost_types::Timestamp, String> {
    let instant = match text.parse::<Timestamp>() {
        Ok(instant) => instant,
        Err(_) => usher_domain::time::from_london(parse_local(text)?)
            .map_err(|error| error.to_string())?,
    };
    Ok(prost_types::Timestamp {
        seconds: instant.as_second(),
        nanos: instant.subsec_nanosecond(),
    })
}

/// Reads a London civil time such as `2026-11-23T14:00`.
pub(super) fn parse_local(text: &str) -> Result<jiff::civil::DateTime, String> {
    let wanted = "expected a London date and time such as 2026-11-23T14:00";
    if !text.contains(['T', ' ']) || text.contains(['Z', '+', '[']) {
        return Err(wanted.into());
    }
    text.parse().map_err(|_| wanted.into())
}

/// Reads a date such as `1990-04-30`.
pub(super) fn parse_day(text: &str) -> Result<jiff::civil::Date, String> {
    let wanted = "expected a date in the form 1990-04-30: year, month, day";
    text.parse().map_err(|_| wanted.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_told_in_london_with_the_day() {
        let check =
            |text: &str, shown| assert_eq!(civil(Some(&parse_instant(text).unwrap())), shown);
        check("2026-11-23T14:00:00Z", "Mon 23 Nov 2026 14:00");
        check("2026-07-01T13:00:00Z", "Wed 1 Jul 2026 14:00");
        check("2026-11-23T14:00", "Mon 23 Nov 2026 14:00");
        check("2026-07-01T14:00", "Wed 1 Jul 2026 14:00");
        assert_eq!(civil(None), "-");
        assert!(parse_instant("tomorrow").is_err());
        assert!(
            parse_instant("2026-03-29T01:30").is_err(),
            "the clocks skip it"
        );
    }

    #[test]
    fn local_times_have_a_time_and_no_offset() {
        let check = |text, good| assert_eq!(parse_local(text).is_ok(), good, "{text}");
        check("2026-11-23T14:00", true);
        check("2026-11-23 14:00", true);
        check("2026-11-23", false);
        let told = parse_day("1990-13-01").unwrap_err();
        assert!(told.contains("year, month, day"), "{told}");
        check("2026-11-23T14:00Z", false);
        check("2026-11-23T14:00+01:00", false);
        check("2026-13-23T14:00", false);
    }

    #[test]
    fn spans_read_in_hours_and_minutes() {
        let check = |seconds, shown| {
            assert_eq!(
                span(Some(&prost_types::Duration { seconds, nanos: 0 })),
                shown
            );
        };
        check(23_400, "6 h 30 min");
        check(7_200, "2 h");
        check(720, "12 min");
        check(59, "none");
        check(-5, "none");
        assert_eq!(span(None), "-");
    }
}
