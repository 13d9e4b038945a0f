//! The second part: what many open enquiries change. The cost of a submit against an empty store's, restart after a kill, memory, and how
//! late alerts are when many deadlines fall close together.

use super::load::{self, Sample, Until};
use super::message::To;
use super::process::Process;
use super::report::{Cost, Lateness, Open, Percentiles, Restart, mebibytes, median};
use super::round_trip::watch;
use super::rounds::channel;
use super::{Ground, Options};
use crate::clock::{Clock as _, SystemClock};
use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;
use tonic::Streaming;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use usher_proto::v1::court_service_client::CourtServiceClient;
use usher_proto::v1::watch_response::Payload;

/// Calls at once while the store is filled.
const FILLING: usize = 256;
/// Calls at once while the cost of a submit is measured.
const COSTING: usize = 64;
/// Submits of one round of it, against each store; fewer when the store is to be small.
const COSTED: usize = 5_000;
/// Rounds of it.
const COST_ROUNDS: usize = 5;
/// Kills and restarts of each store.
const RESTARTS: usize = 5;
/// Before the first of the deadlines that fall together: submitting them must be over by then.
const LEAD_LEAST: Duration = Duration::from_secs(2);
/// Submits a second that any machine makes; the lead is as long as they take.
const SUBMITS_PER_SECOND_LEAST: u32 = 400;
/// After the last of them: an alert that has not come by then is missing.
const ALERT_LIMIT: Duration = Duration::from_secs(60);

/// Measures all of it.
pub(super) async fn run(
    ground: &Ground,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Open> {
    let empty = ground.broker("empty").await?;
    let memory_empty = empty.resident_bytes()?;
    let (empty, restarts_empty) = restart(ground, "empty", empty).await?;
    empty.kill().await?;

    say(&format!("opening {} enquiries", options.open));
    let full = ground.broker("open").await?;
    fill(ground, &full, options.open).await?;
    let memory_open = full.resident_bytes()?;
    say("submitting to it and to an empty store by turns");
    let (cost_empty, cost_open) = costs(ground, &full, options.open).await?;
    say("killing and restarting it");
    let (full, restarts_open) = restart(ground, "open", full).await?;
    let lateness = if options.due == 0 {
        None
    } else {
        say(&format!("waiting for {} deadlines", options.due));
        Some(lateness(ground, &full, options).await?)
    };
    let memory_end = full.resident_bytes()?;
    full.kill().await?;
    let (cost_empty, cost_open) = (Cost::of(&cost_empty), Cost::of(&cost_open));
    Ok(Open {
        enquiries: options.open,
        cost_ratio: cost_open.time_us / cost_empty.time_us,
        processor_ratio: cost_open.processor_us / cost_empty.processor_us,
        cost_empty,
        cost_open,
        restart_empty: Restart::of(&restarts_empty),
        restart_open: Restart::of(&restarts_open),
        memory_empty_mib: mebibytes(memory_empty),
        memory_open_mib: mebibytes(memory_open),
        memory_end_mib: mebibytes(memory_end),
        lateness,
    })
}

/// Opens so many enquiries whose steps are weeks away.
pub(super) async fn fill(ground: &Ground, broker: &Process, count: usize) -> anyhow::Result<()> {
    submit(ground, broker, FILLING, count).await.map(drop)
}

/// Submits so many enquiries whose steps are weeks away.
async fn submit(
    ground: &Ground,
    broker: &Process,
    concurrency: usize,
    count: usize,
) -> anyhow::Result<Sample> {
    let enquiries = Arc::clone(&ground.stage.enquiries);
    let channels = broker.clients.gateway(concurrency)?;
    let call = move |number: usize| {
        let mut court = CourtServiceClient::new(channel(&channels, number));
        let message = enquiries.next(To::Waiting);
        async move { court.submit(message).await.map(drop) }
    };
    load::run(concurrency, Until::Calls(count as u64), call).await
}

/// One round's submit: time and the broker's processor time, each in microseconds.
pub(super) type Costed = (f64, f64);

/// What a submit costs, by turns against an empty store and the full one.
async fn costs(
    ground: &Ground,
    full: &Process,
    open: usize,
) -> anyhow::Result<(Vec<Costed>, Vec<Costed>)> {
    let (mut against_empty, mut against_full) = (Vec::new(), Vec::new());
    let count = COSTED.min(open);
    for round in 0..COST_ROUNDS {
        let empty = ground.broker(&format!("empty-{round}")).await?;
        // Connections and caches of both are warm before the first measured call.
        for broker in [&empty, full] {
            submit(ground, broker, COSTING, COSTING.min(open)).await?;
        }
        against_empty.push(cost(ground, &empty, count).await?);
        against_full.push(cost(ground, full, count).await?);
        empty.kill().await?;
    }
    Ok((against_empty, against_full))
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand calls")]
async fn cost(ground: &Ground, broker: &Process, count: usize) -> anyhow::Result<Costed> {
    let before = broker.processor_time()?;
    let sample = submit(ground, broker, COSTING, count).await?;
    let used = broker.processor_time()?.saturating_sub(before);
    let each = |time: Duration| time.as_secs_f64() * 1e6 / count as f64;
    Ok((each(sample.took), each(used)))
}

/// Kills the broker and starts it again, several times.
async fn restart(
    ground: &Ground,
    store: &str,
    mut broker: Process,
) -> anyhow::Result<(Process, Vec<Duration>)> {
    let mut times = Vec::new();
    for _ in 0..RESTARTS {
        broker.kill().await?;
        broker = ground.broker(store).await?;
        times.push(broker.started_in);
    }
    Ok((broker, times))
}

/// Submits enquiries whose deadlines are spread over a while that begins soon, and watches their alerts come.
async fn lateness(
    ground: &Ground,
    broker: &Process,
    options: &Options,
) -> anyhow::Result<Lateness> {
    let stream = watch(&broker.clients).await?;
    let count = u32::try_from(options.due).context("too many deadlines")?;
    let lead = LEAD_LEAST + Duration::from_secs(1) * count / SUBMITS_PER_SECOND_LEAST;
    let first = SystemClock.now() + lead;
    let last = first + options.due_within;
    let watched = tokio::spawn(collect(stream, options.due, first, last));
    let apart = options.due_within / count;
    let enquiries = Arc::clone(&ground.stage.enquiries);
    let channels = broker.clients.gateway(COSTING)?;
    let made = AtomicUsize::new(0);
    let call = move |number: usize| {
        let place = u32::try_from(made.fetch_add(1, Ordering::Relaxed)).unwrap_or(u32::MAX);
        let mut court = CourtServiceClient::new(channel(&channels, number));
        let message = enquiries.next_due(first + apart.saturating_mul(place));
        async move { court.submit(message).await.map(drop) }
    };
    load::run(COSTING, Until::Calls(u64::from(count)), call).await?;
    if SystemClock.now() > first {
        return Err(anyhow!(
            "this machine took too long to submit {count} enquiries: use fewer deadlines"
        ));
    }
    let (raised, seen) = watched.await??;
    Ok(Lateness {
        deadlines: options.due,
        within_s: options.due_within.as_secs_f64(),
        alerts: usize::try_from(raised.len()).unwrap_or(usize::MAX),
        raised: Percentiles::of(&raised),
        seen: Percentiles::of(&seen),
    })
}

/// How late each alert was, by its own time, and how late it was seen here.
async fn collect(
    mut stream: Streaming<v1::WatchResponse>,
    wanted: usize,
    first: Timestamp,
    last: Timestamp,
) -> anyhow::Result<(hdrhistogram::Histogram<u64>, hdrhistogram::Histogram<u64>)> {
    let (mut raised, mut seen) = (load::histogram()?, load::histogram()?);
    let until = |moment: Timestamp| -> Duration {
        let left = moment.duration_since(SystemClock.now());
        left.try_into().unwrap_or(Duration::ZERO)
    };
    while raised.len() < wanted as u64 {
        let Ok(message) = timeout(until(last) + ALERT_LIMIT, stream.message()).await else {
            break;
        };
        let message = message?.context("the watch has ended")?;
        let Some(Payload::Event(event)) = message.payload else {
            continue;
        };
        let moments = (moment(event.due_time), moment(event.event_time));
        let (v1::EventType::StepRaised, (Some(due), Some(at))) = (event.r#type(), moments) else {
            continue;
        };
        if due >= first && due <= last {
            raised.saturating_record(microseconds(at.duration_since(due)));
            seen.saturating_record(microseconds(SystemClock.now().duration_since(due)));
        }
    }
    Ok((raised, seen))
}

fn moment(time: Option<prost_types::Timestamp>) -> Option<Timestamp> {
    let time = time?;
    Timestamp::new(time.seconds, time.nanos).ok()
}

fn microseconds(late: SignedDuration) -> u64 {
    u64::try_from(late.as_micros()).unwrap_or(0)
}

impl Cost {
    fn of(rounds: &[Costed]) -> Self {
        Self {
            time_us: median(rounds.iter().map(|(time, _)| *time)),
            processor_us: median(rounds.iter().map(|(_, processor)| *processor)),
        }
    }
}
