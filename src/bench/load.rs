//! A closed loop: so many callers, each with one call at a time, until the time is up or the calls are made.

use crate::clock::Stopwatch;
use anyhow::{Context as _, anyhow};
use hdrhistogram::Histogram;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::Status;

/// The longest time that a histogram holds, in microseconds: a minute. Longer ones count as this.
const LATENCY_US_MAX: u64 = 60_000_000;
/// Significant digits of a histogram.
const DIGITS: u8 = 3;

/// When a loop ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// After so long.
    Time(Duration),
    /// After so many calls.
    Calls(u64),
}

/// What one loop measured.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    /// Latencies in microseconds.
    pub(super) latencies: Histogram<u64>,
    /// From the first call to the last answer.
    pub(super) took: Duration,
}

impl Sample {
    /// Calls a second.
    #[expect(clippy::cast_precision_loss, reason = "far fewer calls than 2^52")]
    pub(super) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64().max(f64::MIN_POSITIVE)
    }
}

/// An empty histogram.
pub(super) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_max(LATENCY_US_MAX, DIGITS).context("the bounds of a histogram are wrong")
}

/// Calls in `concurrency` loops. `call` is given the number of its loop.
///
/// # Errors
/// The first call that fails: figures with failures in them say nothing.
pub(super) async fn run<F>(
    concurrency: usize,
    until: Until,
    call: impl Fn(usize) -> F + Send + Sync + 'static,
) -> anyhow::Result<Sample>
where
    F: Future<Output = Result<(), Status>> + Send,
{
    let (call, made) = (Arc::new(call), Arc::new(AtomicU64::new(0)));
    let watch = Stopwatch::start();
    let mut loops = JoinSet::new();
    for number in 0..concurrency {
        let (call, made, mut latencies) = (Arc::clone(&call), Arc::clone(&made), histogram()?);
        loops.spawn(async move {
            loop {
                let over = match until {
                    Until::Time(time) => watch.elapsed() >= time,
                    Until::Calls(calls) => made.fetch_add(1, Ordering::Relaxed) >= calls,
                };
                if over {
                    return Ok(latencies);
                }
                let one = Stopwatch::start();
                call(number).await?;
                latencies.saturating_record(microseconds(one.elapsed()));
            }
        });
    }
    let mut latencies = histogram()?;
    while let Some(ended) = loops.join_next().await {
        let own = ended
            .context("a caller panicked")?
            .map_err(|status: Status| anyhow!("a call failed: {status}"))?;
        latencies
            .add(own)
            .context("histograms cannot be put together")?;
    }
    Ok(Sample {
        latencies,
        took: watch.elapsed(),
    })
}

pub(super) fn microseconds(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "less than 2^52")]
pub(super) fn number(count: usize) -> f64 {
    count as f64
}
