//! The weeks or months of a period, to see where figures go.

use crate::console::when;
use jiff::ToSpan as _;
use jiff::civil::Date;

/// Up to so many days the parts are weeks.
const DAYS_IN_WEEKS_MAX: i32 = 92;
/// More parts than this are no line that anybody reads.
const PARTS_MAX: usize = 36;

/// The parts of a period.
pub(super) struct Periods {
    /// `week` or `month`.
    pub(super) unit: &'static str,
    /// First and last day of each, in order.
    pub(super) parts: Vec<(Date, Date)>,
}

impl Periods {
    /// The calendar's weeks or months from `from` to `to`, cut where these fall; none where they would be fewer than two or too many.
    pub(super) fn of(from: Date, to: Date) -> Self {
        let days = from.until(to).map_or(i32::MAX, |span| span.get_days());
        let unit = if days < DAYS_IN_WEEKS_MAX {
            "week"
        } else {
            "month"
        };
        let mut parts = Vec::new();
        let mut first = Some(from);
        while let Some(day) = first.filter(|day| *day <= to && parts.len() <= PARTS_MAX) {
            let last = if unit == "week" {
                let left = 6 - day.weekday().to_monday_zero_offset();
                day.saturating_add(left.days())
            } else {
                day.last_of_month()
            };
            let last = last.min(to);
            parts.push((day, last));
            first = last.tomorrow().ok();
        }
        if parts.len() < 2 || parts.len() > PARTS_MAX {
            parts.clear();
        }
        Self { unit, parts }
    }

    /// What people call each.
    pub(super) fn labels(&self) -> Vec<String> {
        let label = |(first, last): &(Date, Date)| {
            let is_whole = *first == first.first_of_month() && *last == first.last_of_month();
            if self.unit == "month" && is_whole {
                first.strftime("%B %Y").to_string()
            } else {
                when::days(*first, *last)
            }
        };
        self.parts.iter().map(label).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn parts_are_those_of_the_calendar_and_leave_no_day_out() {
        let november = Periods::of(date(2026, 11, 1), date(2026, 11, 30));
        assert_eq!(november.unit, "week");
        let labels = november.labels();
        assert_eq!(labels[0], "1 November 2026", "a Sunday");
        assert_eq!(labels[1], "2 to 8 November 2026");
        assert_eq!(labels.last().unwrap(), "30 November 2026");
        let year = Periods::of(date(2026, 1, 15), date(2026, 12, 31));
        assert_eq!((year.unit, year.parts.len()), ("month", 12));
        assert_eq!(year.labels()[0], "15 to 31 January 2026");
        assert_eq!(year.labels()[1], "February 2026");
        for periods in [november, year] {
            for pair in periods.parts.windows(2) {
                assert_eq!(pair[0].1.tomorrow().unwrap(), pair[1].0);
            }
        }
    }

    #[test]
    fn one_part_or_too_many_are_none() {
        let periods = |from, to| Periods::of(from, to).parts.len();
        assert_eq!(periods(date(2026, 11, 23), date(2026, 11, 23)), 0);
        assert_eq!(periods(date(2026, 11, 23), date(2026, 11, 30)), 2);
        assert_eq!(periods(date(2024, 1, 1), date(2026, 12, 31)), 36);
        assert_eq!(periods(date(2024, 1, 1), date(2027, 1, 1)), 0);
        assert_eq!(periods(Date::MIN, Date::MAX), 0);
    }
}
