//! What was measured: every figure, the ratios, and what they were to be.

mod table;

use super::load::{self, Sample};
use hdrhistogram::Histogram;
use serde::Serialize;
use std::time::Duration;

/// All figures of one run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Where it ran.
    pub machine: Machine,
    /// The first part: each load at each concurrency.
    pub loads: Vec<Load>,
    /// Its ratios, each the median of the rounds' own.
    pub ratios: Vec<Ratio>,
    /// Over PostgreSQL: brokers of one database.
    pub shared: Option<Shared>,
    /// The second part, unless it was left out.
    pub open: Option<Open>,
    /// What was to be reached, as far as it was measured.
    pub targets: Vec<Target>,
}

/// Where it ran.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Machine {
    /// Processors.
    pub cores: usize,
    /// Worker threads of each process.
    pub workers: usize,
    /// The store's engine.
    pub engine: &'static str,
    /// An encoded enquiry, in bytes.
    pub payload_bytes: usize,
    /// Time to append 4 KiB and sync, in milliseconds, when nothing else was measured.
    pub disk_sync_p50_ms: f64,
}

/// The loads, in the order of their turns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A bare echo.
    Echo,
    /// A durable submit.
    Submit,
    /// Submit, lease, answer, and the officer's watch sees it.
    RoundTrip,
}

impl Kind {
    pub(super) const ALL: [Self; 3] = [Self::Echo, Self::Submit, Self::RoundTrip];
}

/// One load at one concurrency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Load {
    /// Which.
    pub kind: Kind,
    /// Calls at once.
    pub concurrency: usize,
    /// Calls a second: the median of the rounds.
    pub per_second: f64,
    /// Latencies of all rounds.
    pub latency: Percentiles,
}

/// Times in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Percentiles {
    /// How many.
    pub count: u64,
    /// The median.
    pub p50_ms: f64,
    /// Nine of ten are at most this.
    pub p90_ms: f64,
    /// 99 of 100.
    pub p99_ms: f64,
    /// 999 of 1,000.
    pub p999_ms: f64,
    /// The worst.
    pub max_ms: f64,
}

/// usher against the echo at one concurrency.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ratio {
    /// Calls at once.
    pub concurrency: usize,
    /// Submits a second by echoes a second.
    pub submit_rate: f64,
    /// The median submit by the median echo.
    pub submit_p50: f64,
    /// Round trips a second by echoes a second.
    pub round_trip_rate: f64,
    /// The median round trip by the median echo.
    pub round_trip_p50: f64,
}

/// One broker against a bare client of the same database, and two brokers against one; each figure the median of the rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shared {
    /// Calls at once, over one broker or over both.
    pub concurrency: usize,
    /// Enquiries in one transaction of the broker's, and of the bare client's.
    pub batch: f64,
    /// Durable submits a second through one broker.
    pub one_per_second: f64,
    /// Enquiries a second whose rows a bare client inserts, and nothing else.
    pub ceiling_per_second: f64,
    /// The broker's by the bare client's.
    pub of_ceiling: f64,
    /// Durable submits a second through two brokers of one database, on the same machine.
    pub two_per_second: f64,
    /// The two brokers' by the one's.
    pub two_by_one: f64,
}

/// What many open enquiries change.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Open {
    /// How many were open.
    pub enquiries: usize,
    /// A submit against an empty store.
    pub cost_empty: Cost,
    /// A submit against them.
    pub cost_open: Cost,
    /// The one by the other, in time.
    pub cost_ratio: f64,
    /// And in the broker's processor time.
    pub processor_ratio: f64,
    /// From a killed broker's new start to its first answer, with an empty store.
    pub restart_empty: Restart,
    /// The same with all of them open.
    pub restart_open: Restart,
    /// The broker's memory with an empty store, in MiB.
    pub memory_empty_mib: f64,
    /// After they were submitted.
    pub memory_open_mib: f64,
    /// At the end, after a restart and the deadlines.
    pub memory_end_mib: f64,
    /// How late alerts were, unless it was left out.
    pub lateness: Option<Lateness>,
}

/// One submit of many at once, in microseconds: medians of the rounds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Cost {
    /// The time of a round by its submits.
    pub time_us: f64,
    /// The broker's processor time of a round by its submits.
    pub processor_us: f64,
}

/// Restarts, in milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Restart {
    /// How many.
    pub count: usize,
    /// The median.
    pub p50_ms: f64,
    /// The worst.
    pub max_ms: f64,
}

/// Alerts of deadlines that fell close together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lateness {
    /// Deadlines that fell.
    pub deadlines: usize,
    /// Over so many seconds.
    pub within_s: f64,
    /// Alerts that were seen.
    pub alerts: usize,
    /// From the due moment to the moment that the alert bears.
    pub raised: Percentiles,
    /// From the due moment until a watching client had it.
    pub seen: Percentiles,
}

/// One thing that was to be reached.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What, with the unit.
    pub name: &'static str,
    /// The bound.
    pub bound: f64,
    /// What was found.
    pub found: f64,
    /// Whether it was reached.
    pub reached: bool,
}

impl Report {
    pub(super) fn new(
        machine: Machine,
        loads: Vec<Load>,
        ratios: Vec<Ratio>,
        shared: Option<Shared>,
        open: Option<Open>,
    ) -> Self {
        let targets = targets(&ratios, shared.as_ref(), open.as_ref());
        Self {
            machine,
            loads,
            ratios,
            shared,
            open,
            targets,
        }
    }

    /// The report for people, several lines without a line end.
    pub fn table(&self) -> String {
        table::render(self)
    }

    /// Every figure as one JSON object on one line.
    ///
    /// # Errors
    /// Never: numbers and names can be written.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }
}

/// Each target whose figure was measured: those of the echo are the embedded store's.
fn targets(ratios: &[Ratio], shared: Option<&Shared>, open: Option<&Open>) -> Vec<Target> {
    let at = |concurrency| {
        let of_echo = ratios.iter().find(|ratio| ratio.concurrency == concurrency);
        of_echo.filter(|_| shared.is_none())
    };
    let shared = shared.filter(|shared| shared.concurrency == 256);
    let late = open.and_then(|open| open.lateness.as_ref());
    let missing = |late: &Lateness| load::number(late.deadlines.abs_diff(late.alerts));
    let (echoes, trips) = (
        "submits a second at 256, of the echo's",
        "round trip at 1, times the echo's",
    );
    let (inserts, two) = (
        "submits a second at 256, of a bare client's inserts",
        "submits a second through two brokers, of one's",
    );
    let (cost, restart) = (
        "submit with all open, times an empty store's",
        "restart with all open, ms",
    );
    let (lateness, lost) = ("worst alert lateness, ms", "alerts missing or doubled");
    [
        at(256).map(|ratio| Target::least(echoes, 0.35, ratio.submit_rate)),
        at(1).map(|ratio| Target::most(trips, 12.0, ratio.round_trip_p50)),
        shared.map(|shared| Target::least(inserts, 0.5, shared.of_ceiling)),
        shared.map(|shared| Target::least(two, 1.0, shared.two_by_one)),
        open.map(|open| Target::most(cost, 1.3, open.cost_ratio)),
        late.map(|late| Target::most(lateness, 1_000.0, late.seen.max_ms)),
        late.map(|late| Target::most(lost, 0.0, missing(late))),
        open.map(|open| Target::most(restart, 3_000.0, open.restart_open.max_ms)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

impl Target {
    fn least(name: &'static str, bound: f64, found: f64) -> Self {
        Self {
            name,
            bound,
            found,
            reached: found >= bound,
        }
    }

    fn most(name: &'static str, bound: f64, found: f64) -> Self {
        Self {
            name,
            bound,
            found,
            reached: found <= bound,
        }
    }
}

impl Load {
    pub(super) fn of(kind: Kind, concurrency: usize, samples: &[Sample]) -> anyhow::Result<Self> {
        let mut all = load::histogram()?;
        for sample in samples {
            all.add(&sample.latencies)?;
        }
        Ok(Self {
            kind,
            concurrency,
            per_second: median(samples.iter().map(Sample::per_second)),
            latency: Percentiles::of(&all),
        })
    }
}

impl Percentiles {
    pub(super) fn of(times: &Histogram<u64>) -> Self {
        let at = |quantile| milliseconds(times.value_at_quantile(quantile));
        Self {
            count: times.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: milliseconds(times.max()),
        }
    }
}

impl Ratio {
    pub(super) fn of(
        concurrency: usize,
        echo: &[Sample],
        submit: &[Sample],
        round_trip: &[Sample],
    ) -> Self {
        let rate = |load: &[Sample]| {
            let pairs = load.iter().zip(echo);
            median(pairs.map(|(own, echo)| own.per_second() / echo.per_second()))
        };
        let p50 = |sample: &Sample| milliseconds(sample.latencies.value_at_quantile(0.5));
        let middle = |load: &[Sample]| {
            let pairs = load.iter().zip(echo);
            median(pairs.map(|(own, echo)| p50(own) / p50(echo)))
        };
        Self {
            concurrency,
            submit_rate: rate(submit),
            submit_p50: middle(submit),
            round_trip_rate: rate(round_trip),
            round_trip_p50: middle(round_trip),
        }
    }
}

impl Restart {
    pub(super) fn of(times: &[Duration]) -> Self {
        let ms = || times.iter().map(|time| time.as_secs_f64() * 1e3);
        Self {
            count: times.len(),
            p50_ms: median(ms()),
            max_ms: ms().fold(0.0, f64::max),
        }
    }
}

/// The middle one, or between the two middle ones; 0 of none.
pub(super) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => 0.0,
        Some(upper) if values.len() % 2 == 1 => *upper,
        Some(upper) => f64::midpoint(values[middle - 1], *upper),
    }
}

#[expect(clippy::cast_precision_loss, reason = "less than 2^52 microseconds")]
pub(super) fn milliseconds(microseconds: u64) -> f64 {
    microseconds as f64 / 1e3
}

#[expect(clippy::cast_precision_loss, reason = "less than 2^52 bytes")]
pub(super) fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(latencies_us: &[u64], seconds: u64) -> Sample {
        let mut latencies = load::histogram().unwrap();
        for latency in latencies_us {
            latencies.record(*latency).unwrap();
        }
        Sample {
            latencies,
            took: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn the_median_is_the_middle_one_or_between_two() {
        for (values, expected) in [
            (vec![], 0.0),
            (vec![3.0], 3.0),
            (vec![9.0, 1.0, 4.0], 4.0),
            (vec![8.0, 1.0, 4.0, 2.0], 3.0),
        ] {
            assert!((median(values.iter().copied()) - expected).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn ratios_are_of_one_round_and_their_median_counts() {
        // The second round ran on a machine twice as slow: the ratio is the same.
        let echo = [sample(&[100; 40], 1), sample(&[200; 40], 2)];
        let submit = [sample(&[300; 10], 1), sample(&[600; 10], 2)];
        let trip = [sample(&[900; 4], 1), sample(&[1_800; 4], 2)];
        let ratio = Ratio::of(256, &echo, &submit, &trip);
        let close = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.01;
        assert!(close(ratio.submit_rate, 0.25), "{ratio:?}");
        assert!(close(ratio.submit_p50, 3.0), "{ratio:?}");
        assert!(close(ratio.round_trip_rate, 0.1), "{ratio:?}");
        assert!(close(ratio.round_trip_p50, 9.0), "{ratio:?}");
        let targets = targets(&[ratio], None, None);
        assert_eq!(targets.len(), 1);
        assert!(!targets[0].reached, "0.25 is below 0.35");
    }
}
