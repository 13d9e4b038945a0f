//! The one place that reads time. Everything else is given a [`Clock`], so that tests and the demo can move it.

use async_trait::async_trait;
use jiff::SignedDuration;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use usher_domain::time::Timestamp;

/// Now, and a way to wait for a moment. Both move together, whatever the clock's speed.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present, in whole milliseconds.
    fn now(&self) -> Timestamp;

    /// Returns when `until` has come, at once if it has passed. May return early; the caller looks again.
    async fn sleep_until(&self, until: Timestamp);

    /// The real time that `span` of this clock's time takes.
    fn real(&self, span: Duration) -> Duration;

    /// Goes by `shared`, which another clock showed at some moment since this one showed `asked`, where it is a clock that goes by another,
    /// and answers how far the machine's own is ahead.
    fn set_by(&self, shared: Timestamp, asked: Timestamp) -> SignedDuration {
        let (_, _) = (shared, asked);
        SignedDuration::ZERO
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// The longest single sleep: a clock that is set forward is noticed within it.
const SLEEP_MAX: Duration = Duration::from_secs(1);

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real reading of the wall clock"
    )]
    fn now(&self) -> Timestamp {
        whole_milliseconds(Timestamp::now())
    }

    async fn sleep_until(&self, until: Timestamp) {
        tokio::time::sleep(time_until(self.now(), until).min(SLEEP_MAX)).await;
    }

    fn real(&self, span: Duration) -> Duration {
        span
    }
}

/// The machine's clock, set by that of a store which several brokers share: they all decide by the same time, whatever their machines
/// show.
///
/// Between two hearings it runs by itself: a machine whose clock is set meanwhile changes nothing.
pub struct SharedClock {
    machine: Arc<dyn Clock>,
    /// What it showed when it was set, and what has run since; none before it has heard of another.
    set: Mutex<Option<(Timestamp, Stopwatch)>>,
}

impl Default for SharedClock {
    fn default() -> Self {
        Self::over(Arc::new(SystemClock))
    }
}

impl SharedClock {
    /// Goes by `machine` until it hears of another.
    pub fn over(machine: Arc<dyn Clock>) -> Self {
        Self {
            machine,
            set: Mutex::default(),
        }
    }

    fn set(&self) -> MutexGuard<'_, Option<(Timestamp, Stopwatch)>> {
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        match *self.set() {
            Some((then, since)) => whole_milliseconds(then + since.elapsed()),
            None => self.machine.now(),
        }
    }

    async fn sleep_until(&self, until: Timestamp) {
        tokio::time::sleep(time_until(self.now(), until).min(SLEEP_MAX)).await;
    }

    fn real(&self, span: Duration) -> Duration {
        span
    }

    fn set_by(&self, shared: Timestamp, asked: Timestamp) -> SignedDuration {
        // The answer was given at some moment between asking and now. Unless it contradicts this clock it tells nothing new.
        let now = self.now();
        let half = now.duration_since(asked) / 2;
        let wrong = earlier(now, half).duration_since(shared);
        let mut set = self.set();
        if set.is_none() || wrong.abs() > half {
            let right = if wrong.abs() > half {
                earlier(now, wrong)
            } else {
                now
            };
            *set = Some((right, Stopwatch::start()));
        }
        drop(set);
        self.machine.now().duration_since(self.now())
    }
}

/// A clock that starts at a chosen moment and runs faster than the real one, for the demo. Its speed may change while it runs.
#[derive(Debug)]
pub struct ScaledClock {
    pace: watch::Sender<Pace>,
}

/// From a pair of moments on, so many times as fast as real time.
#[derive(Clone, Copy, Debug)]
struct Pace {
    shown: Timestamp,
    since: Instant,
    speed: u32,
    until: Timestamp,
}

impl Pace {
    fn now(&self) -> Timestamp {
        let passed = self.since.elapsed().saturating_mul(self.speed);
        self.shown
            .checked_add(passed)
            .map_or(Timestamp::MAX, whole_milliseconds)
            .min(self.until)
    }
}

impl ScaledClock {
    /// A clock that shows `start` now and runs `speed` times as fast as the real one; a speed of 0 means 1.
    pub fn new(start: Timestamp, speed: u32) -> Self {
        Self {
            pace: watch::Sender::new(pace(whole_milliseconds(start), speed, Timestamp::MAX)),
        }
    }

    /// How many times faster than real time it runs.
    pub fn speed(&self) -> u32 {
        self.pace.borrow().speed
    }

    /// Runs at another speed from now on; sleepers notice at once.
    pub fn set_speed(&self, speed: u32) {
        self.run_until(speed, Timestamp::MAX);
    }

    /// Runs at another speed from now on, and stands still at `until` until it is set again: however fast it runs and however late
    /// the next setting comes, nothing behind `until` is passed over. It never runs backwards: an `until` that has passed is now. `until` is in whole milliseconds.
    pub fn run_until(&self, speed: u32, until: Timestamp) {
        self.pace.send_modify(|current| {
            let now = current.now();
            *current = pace(now, speed, until.max(now));
        });
    }
}

#[expect(clippy::disallowed_methods, reason = "the origin of the scaled clock")]
fn pace(shown: Timestamp, speed: u32, until: Timestamp) -> Pace {
    Pace {
        shown,
        since: Instant::now(),
        speed: speed.max(1),
        until,
    }
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.pace.borrow().now()
    }

    async fn sleep_until(&self, until: Timestamp) {
        let mut changes = self.pace.subscribe();
        let left = self.real(time_until(self.now(), until)).min(SLEEP_MAX);
        tokio::select! {
            () = tokio::time::sleep(left) => {}
            _ = changes.changed() => {}
        }
    }

    fn real(&self, span: Duration) -> Duration {
        span / self.speed()
    }
}

/// A monotonic stopwatch in real time, for measuring and for time limits on sockets.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts one.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one real reading of the monotonic clock"
    )]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has run.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

fn earlier(time: Timestamp, by: SignedDuration) -> Timestamp {
    time.checked_sub(by).unwrap_or(time)
}

fn whole_milliseconds(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}

fn time_until(now: Timestamp, until: Timestamp) -> Duration {
    until
        .duration_since(now)
        .try_into()
        .unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_clock_goes_by_the_other_wherever_its_machine_is_off() {
        for off_ms in [-3_600_000, -2_001, -1, 0, 1, 2_001, 3_600_000] {
            let clock = SharedClock::default();
            let off = SignedDuration::from_millis(off_ms);
            let asked = clock.now();
            let ahead = clock.set_by(earlier(asked, off), asked);
            let is_about = |found: SignedDuration, wanted: SignedDuration| {
                (found - wanted).abs() < SignedDuration::from_millis(50)
            };
            assert!(is_about(ahead, off), "{off_ms} {ahead}");
            assert!(is_about(
                clock.now().duration_since(earlier(SystemClock.now(), off)),
                SignedDuration::ZERO
            ));
            // An answer that took long tells nothing unless it contradicts.
            let asked = earlier(clock.now(), SignedDuration::from_secs(2));
            let shared = earlier(clock.now(), SignedDuration::from_millis(1_500));
            assert!(is_about(clock.set_by(shared, asked), off));
        }
    }

    #[test]
    fn a_fast_clock_stands_still_where_it_is_told_and_goes_on_from_there() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let clock = ScaledClock::new(at("2016-11-23T10:00:00Z"), 1);
        let edge = at("2026-11-23T10:00:00Z");
        clock.run_until(u32::MAX, edge);
        std::thread::sleep(Duration::from_millis(200));
        assert_eq!(clock.now(), edge, "ten years in less than 200 ms");
        clock.run_until(u32::MAX, at("2020-01-01T00:00:00Z"));
        std::thread::sleep(Duration::from_millis(2));
        assert_eq!(clock.now(), edge, "never backwards");
        clock.set_speed(1_000);
        std::thread::sleep(Duration::from_millis(2));
        assert!(clock.now() > edge);
    }
}
