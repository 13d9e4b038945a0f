//! What the demo's clock really did, for measuring lateness in real time.

use crate::clock::{Clock as _, ScaledClock, Stopwatch};
use jiff::SignedDuration;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use usher_domain::time::Timestamp;

/// What the clock really did: from each moment on, how fast it ran.
#[derive(Debug, Default)]
pub(super) struct Track(Mutex<Vec<Set>>);

/// One setting of the clock.
#[derive(Debug)]
struct Set {
    since: Timestamp,
    speed: u32,
    /// How long the clock had stood still there, in real time.
    stood: Duration,
    watch: Stopwatch,
}

impl Track {
    /// Sets the clock and notes it.
    pub(super) fn set(&self, clock: &ScaledClock, speed: u32, until: Timestamp) {
        let mut track = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        clock.run_until(speed, until);
        let since = clock.now();
        let stood = track.last().map_or(Duration::ZERO, |last| {
            let ran = length(since.duration_since(last.since)) / last.speed.max(1);
            last.watch.elapsed().saturating_sub(ran)
        });
        track.push(Set {
            since,
            speed,
            stood,
            watch: Stopwatch::start(),
        });
    }

    /// The real time between two moments that the clock showed. Before the first note the clock ran at real speed.
    pub(super) fn real_between(&self, from: Timestamp, until: Timestamp) -> Duration {
        let track = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut real = Duration::ZERO;
        let (mut at, mut speed) = (from, 1);
        for set in track.iter().filter(|set| set.since < until) {
            if set.since > at {
                real += length(set.since.duration_since(at)) / speed + set.stood;
                at = set.since;
            }
            speed = set.speed.max(1);
        }
        real + length(until.duration_since(at)) / speed
    }
}

/// A span that is not negative.
fn length(span: SignedDuration) -> Duration {
    span.try_into().unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::time::from_london;

    fn at(local: &str) -> Timestamp {
        from_london(local.parse().unwrap()).unwrap()
    }

    #[test]
    fn the_track_tells_real_time_across_changes_of_speed() {
        let start = at("2026-11-23T10:00");
        let later = |seconds: i64| start + SignedDuration::from_secs(seconds);
        let set = |since, speed, stood| Set {
            since,
            speed,
            stood: Duration::from_millis(stood),
            watch: Stopwatch::start(),
        };
        let track = Track(Mutex::new(vec![
            set(start, 100, 0),
            set(later(100), 10, 0),
            set(later(200), 10, 7),
        ]));
        assert_eq!(track.real_between(later(50), later(50)), Duration::ZERO);
        assert_eq!(
            track.real_between(later(0), later(50)),
            Duration::from_millis(500)
        );
        assert_eq!(
            track.real_between(later(50), later(110)),
            Duration::from_millis(1_500)
        );
        assert_eq!(
            track.real_between(later(120), later(130)),
            Duration::from_secs(1)
        );
        assert_eq!(track.real_between(later(130), later(120)), Duration::ZERO);
        assert_eq!(
            track.real_between(later(190), later(210)),
            Duration::from_millis(2_007),
            "standing still is time too"
        );
    }
}
