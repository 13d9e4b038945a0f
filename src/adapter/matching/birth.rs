//! Dates of birth: mistyped, exchanged, estimated, known by the year alone, expected.

use super::weights;
use crate::adapter::people::{Accuracy, Born};
use jiff::civil::Date;

/// How alike two dates of birth are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Birth {
    /// The same, and both recorded.
    Same,
    /// The same first of January: what is written where only the year is known.
    Round,
    /// Day and month exchanged, or one digit wrong, or two neighbours exchanged.
    Slip,
    /// They fit: one is estimated, expected, or says the year alone. Or a slip as wide as a generation.
    Close,
    /// One of them is not known.
    Unknown,
    /// Another.
    Other,
}

pub(super) fn compare(a: Option<Born>, b: Option<Born>) -> Birth {
    let (Some(a), Some(b)) = (a, b) else {
        return Birth::Unknown;
    };
    match (a.accuracy, b.accuracy) {
        (Accuracy::Known, Accuracy::Known) => recorded(a.date, b.date),
        (Accuracy::Expected, Accuracy::Expected) => {
            close(days(a.date, b.date).abs() <= weights::LATE_DAYS)
        }
        (Accuracy::Expected, _) => expected(a.date, b.date),
        (_, Accuracy::Expected) => expected(b.date, a.date),
        (Accuracy::Estimated, _) | (_, Accuracy::Estimated) => {
            close(days(a.date, b.date).abs() <= weights::ESTIMATED_DAYS)
        }
    }
}

fn recorded(a: Date, b: Date) -> Birth {
    let first_of_january = |date: Date| date.month() == 1 && date.day() == 1;
    if a == b {
        return if first_of_january(a) {
            Birth::Round
        } else {
            Birth::Same
        };
    }
    if is_slip(a, b) {
        let apart = (a.year() - b.year()).abs();
        return if apart < weights::GENERATION_YEARS {
            Birth::Slip
        } else {
            Birth::Close
        };
    }
    close(a.year() == b.year() && (first_of_january(a) || first_of_january(b)))
}

fn expected(expected: Date, born: Date) -> Birth {
    close((-weights::EARLY_DAYS..=weights::LATE_DAYS).contains(&days(expected, born)))
}

fn close(fits: bool) -> Birth {
    if fits { Birth::Close } else { Birth::Other }
}

/// From `a` to `b`.
fn days(a: Date, b: Date) -> i32 {
    (b - a).get_days()
}

/// Whether one mistake makes the one of the other.
pub(in crate::adapter) fn is_slip(a: Date, b: Date) -> bool {
    if a.year() == b.year() && a.month() == b.day() && a.day() == b.month() {
        return true;
    }
    let (a, b) = (digits(a), digits(b));
    let wrong: Vec<usize> = (0..a.len()).filter(|&at| a[at] != b[at]).collect();
    match wrong[..] {
        [_] => true,
        [at, next] => next == at + 1 && a[at] == b[next] && a[next] == b[at],
        _ => false,
    }
}

fn digits(date: Date) -> [u8; 8] {
    let mut digits = [0; 8];
    let mut number = i32::from(date.year()).unsigned_abs() * 10_000
        + u32::from(date.month().unsigned_abs()) * 100
        + u32::from(date.day().unsigned_abs());
    for digit in digits.iter_mut().rev() {
        *digit = u8::try_from(number % 10).unwrap_or_default();
        number /= 10;
    }
    digits
}

/// The dates that one mistake makes of `date`, itself first.
pub(in crate::adapter) fn slips(date: Date) -> Vec<Date> {
    let digits = digits(date);
    let mut dates = vec![date];
    let mut add = |digits: [u8; 8]| {
        let number = |range: std::ops::Range<usize>| {
            digits[range]
                .iter()
                .fold(0_i16, |sum, digit| sum * 10 + i16::from(*digit))
        };
        let (month, day) = (i8::try_from(number(4..6)), i8::try_from(number(6..8)));
        if let (Ok(month), Ok(day)) = (month, day)
            && let Ok(other) = Date::new(number(0..4), month, day)
            && !dates.contains(&other)
            && (date.year() - other.year()).abs() <= weights::LIFE_YEARS
        {
            dates.push(other);
        }
    };
    for at in 0..digits.len() {
        for digit in 0..=9 {
            let mut other = digits;
            other[at] = digit;
            add(other);
        }
        let mut other = digits;
        other.swap(at, (at + 1).min(digits.len() - 1));
        add(other);
    }
    let [.., a, b, c, d] = digits;
    let mut other = digits;
    other[4..].copy_from_slice(&[c, d, a, b]);
    add(other);
    dates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_all_the_dates_that_one_mistake_makes() {
        let date: Date = "1990-03-14".parse().unwrap();
        let dates = slips(date);
        assert!(dates[0] == date && dates.len() < 64);
        assert!(dates[1..].iter().all(|other| is_slip(date, *other)));
        for (other, is_one) in [
            ("1990-03-41", false),
            ("1990-03-15", true),
            ("1909-03-14", true),
            ("1980-03-14", true),
            ("1990-08-14", true),
            ("1991-03-15", false),
        ] {
            let found = other.parse().is_ok_and(|other| dates.contains(&other));
            assert_eq!(found, is_one, "{other}");
        }
        let swapped: Date = "1990-03-04".parse().unwrap();
        assert!(slips(swapped).contains(&"1990-04-03".parse().unwrap()));
        assert!(
            !slips(date).contains(&"1190-03-14".parse().unwrap()),
            "longer than a life"
        );
    }
}
