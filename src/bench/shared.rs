//! The third part, over PostgreSQL only: one broker against the ceiling, and two brokers of one database against one.

use super::ceiling::{Bare, Feed};
use super::load::{self, Sample, Until};
use super::message::To;
use super::report::{Shared, median};
use super::rounds::{WARM_UP_DIVISOR, channel};
use super::{Ground, Options};
use crate::app::database;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Channel;
use usher_proto::v1::court_service_client::CourtServiceClient;

/// What one round gave, in enquiries a second.
struct Round {
    one: f64,
    ceiling: f64,
    two: f64,
    batch: f64,
}

/// Measures by turns: submits through one broker, the bare client in transactions of the size that the broker's had, and as many callers
/// spread over both brokers.
///
/// # Errors
/// When a broker cannot be started, or a call or a statement fails.
pub(super) async fn run(
    ground: &Ground,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<Option<Shared>> {
    let Some(databases) = ground.databases() else {
        return Ok(None);
    };
    let concurrency = options
        .concurrency
        .iter()
        .copied()
        .max()
        .unwrap_or(1)
        .max(1);
    let (store, bare) = ("shared", "ceiling");
    let brokers = [ground.broker(store).await?, ground.broker(store).await?];
    let of_one = brokers[0].clients.gateway(concurrency)?;
    let mut of_two = Vec::new();
    for broker in &brokers {
        of_two.extend(broker.clients.gateway(concurrency.div_ceil(2))?);
    }
    let source = database(&databases.store(store).await?)?;
    let mut client = Bare::connect(&database(&databases.store(bare).await?)?).await?;
    let submit =
        async |channels: &[Channel], time| submits(ground, channels, concurrency, time).await;
    submit(&of_two, options.round / WARM_UP_DIVISOR).await?;
    let mut rounds = Vec::new();
    for round in 1..=options.rounds.max(1) {
        say(&format!(
            "one broker, bare client, two brokers: round {round} of {}",
            options.rounds.max(1)
        ));
        // The store grows on the way: whoever always came last would always find it larger.
        let two_first = round % 2 == 0;
        let two_before = if two_first {
            Some(submit(&of_two, options.round).await?)
        } else {
            None
        };
        let before = Feed::of(&source).await?;
        let one = submit(&of_one, options.round).await?;
        let written = Feed::of(&source).await?.since(before);
        let entries = usize::try_from(written.entries)?.max(1);
        let made = usize::try_from(one.latencies.len())?;
        let batch = made.div_ceil(entries);
        let entry_bytes = usize::try_from(written.bytes)? / entries;
        let ceiling = client.round(&source, batch, entry_bytes, options.round);
        let ceiling = ceiling.await.context("the bare client failed")?;
        let two = match two_before {
            Some(two) => two,
            None => submit(&of_two, options.round).await?,
        };
        rounds.push(Round {
            one: one.per_second(),
            ceiling,
            two: two.per_second(),
            batch: load::number(made) / load::number(entries),
        });
    }
    for broker in brokers {
        broker.kill().await?;
    }
    Ok(Some(Shared::of(concurrency, &rounds)))
}

/// A round of submits over `channels`.
async fn submits(
    ground: &Ground,
    channels: &[Channel],
    concurrency: usize,
    time: Duration,
) -> anyhow::Result<Sample> {
    let enquiries = Arc::clone(&ground.stage.enquiries);
    let channels = channels.to_vec();
    let call = move |number: usize| {
        let mut court = CourtServiceClient::new(channel(&channels, number));
        let message = enquiries.next(To::Waiting);
        async move { court.submit(message).await.map(drop) }
    };
    load::run(concurrency, Until::Time(time), call).await
}

impl Shared {
    fn of(concurrency: usize, rounds: &[Round]) -> Self {
        let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        Self {
            concurrency,
            batch: middle(|round| round.batch),
            one_per_second: middle(|round| round.one),
            ceiling_per_second: middle(|round| round.ceiling),
            two_per_second: middle(|round| round.two),
            of_ceiling: middle(|round| round.one / round.ceiling),
            two_by_one: middle(|round| round.two / round.one),
        }
    }
}
