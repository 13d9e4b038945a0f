//! How long things took, in bounded memory: a count for each length of time, to the minute up to a working day of eight hours, to a quarter
//! of an hour beyond it, and everything from 1,000 hours on as one. At most 4,449 counts, however many times are noted.

use alloc::collections::BTreeMap;
use jiff::SignedDuration;

/// Up to here times are kept to the minute.
const FINE_MINUTES_MAX: u32 = 8 * 60;
/// Beyond, to so many minutes.
const COARSE_MINUTES: u32 = 15;
/// No time counts as longer, in minutes.
const MINUTES_MAX: u32 = 1_000 * 60;

/// Times, by length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Times {
    counts: BTreeMap<u32, u64>,
    noted: u64,
}

impl Times {
    /// Notes one more. What is negative counts as nothing.
    pub(super) fn add(&mut self, took: SignedDuration) {
        let minutes = u32::try_from(took.as_mins().max(0)).unwrap_or(MINUTES_MAX);
        *self.counts.entry(bucket(minutes)).or_default() += 1;
        self.noted += 1;
    }

    /// The time, in minutes, that `percent` in a hundred did not exceed, by nearest rank; `None` where none is noted.
    pub(super) fn percentile(&self, percent: u64) -> Option<u32> {
        let rank = (self.noted * percent).div_ceil(100).max(1);
        let mut passed = 0;
        self.counts.iter().find_map(|(minutes, count)| {
            passed += count;
            (passed >= rank).then_some(*minutes)
        })
    }
}

/// The length that `minutes` are kept as: not longer.
fn bucket(minutes: u32) -> u32 {
    match minutes.min(MINUTES_MAX) {
        fine @ ..FINE_MINUTES_MAX => fine,
        coarse => coarse - coarse % COARSE_MINUTES,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(minutes: &[i64], expected: [Option<u32>; 2]) {
        let mut times = Times::default();
        for minutes in minutes {
            times.add(SignedDuration::from_mins(*minutes));
        }
        let found = [50, 90].map(|percent| times.percentile(percent));
        assert_eq!(found, expected, "{minutes:?}");
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn half_and_nine_in_ten_by_nearest_rank() {
        check(&[], [None, None]);
        check(&[7], [Some(7), Some(7)]);
        check(&[9, 1], [Some(1), Some(9)]);
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [Some(5), Some(9)]);
        check(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], [Some(6), Some(10)]);
        check(&[-5, 3, 3], [Some(3), Some(3)]);
        check(&[479, 480, 494, 495], [Some(480), Some(495)]);
        check(&[100_000_000], [Some(60_000), Some(60_000)]);
    }

    #[test]
    fn there_are_as_many_lengths_as_is_said() {
        let mut lengths: Vec<u32> = (0..=MINUTES_MAX + 60).map(bucket).collect();
        lengths.dedup();
        assert_eq!(lengths.len(), 4_449);
    }
}
