//! The third part, over PostgreSQL only: one broker against the ceiling, and two brokers of one database against one.

use super::ceiling::{Bare, Feed};
use super::databases::Databases;
use super::load::{self, Sample, Until};
use super::message::To;
use super::process::processors;
use super::report::{Shared, median};
use super::rounds::{WARM_UP_DIVISOR, channel};
use super::{Ground, Options};
use crate::app::database;
use anyhow::Context as _;
use std::sync::Arc;
use std::time::Duration;
use tonic::transport::Channel;
use usher_proto::v1::court_service_client::CourtServiceClient;

/// What one broker gave in one round, in enquiries a second.
struct Alone {
    broker: f64,
    ceiling: f64,
    /// Enquiries in a transaction.
    batch: f64,
}

/// What brokers of one size gave in one round, in enquiries a second.
struct Together {
    one: f64,
    two: f64,
}

/// What is measured, and how.
struct Turns<'a> {
    ground: &'a Ground,
    options: &'a Options,
    databases: &'a Databases,
    concurrency: usize,
    say: &'a (dyn Fn(&str) + Sync),
}

/// Measures by turns: submits through one broker, and the bare client in transactions of the size that the broker's had; then, over
/// another database, submits through one of two brokers, and as many callers spread over both.
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
    let concurrency = options.concurrency.iter().copied().max();
    let turns = Turns {
        ground,
        options,
        databases,
        concurrency: concurrency.unwrap_or(1).max(1),
        say,
    };
    let (alone, together) = (turns.alone().await?, turns.together().await?);
    Ok(Some(Shared::of(turns.concurrency, &alone, &together)))
}

impl Turns<'_> {
    fn rounds<'a>(&'a self, who: &'a str) -> impl Iterator<Item = usize> + 'a {
        let rounds = self.options.rounds.max(1);
        let told = move |round: &usize| (self.say)(&format!("{who}: round {round} of {rounds}"));
        (1..=rounds).inspect(told)
    }

    /// One broker with all worker threads, and the bare client.
    async fn alone(&self) -> anyhow::Result<Vec<Alone>> {
        let (store, bare) = ("alone", "ceiling");
        let source = database(&self.databases.store(store).await?)?;
        let mut client = Bare::connect(&database(&self.databases.store(bare).await?)?).await?;
        let broker = self.ground.broker(store).await?;
        let channels = broker.clients.gateway(self.concurrency)?;
        self.warm_up(&channels).await?;
        let mut rounds = Vec::new();
        for _ in self.rounds("one broker, bare client") {
            let before = Feed::of(&source).await?;
            let sample = self.submits(&channels, self.options.round).await?;
            let written = Feed::of(&source).await?.since(before);
            let entries = usize::try_from(written.entries)?.max(1);
            let made = usize::try_from(sample.latencies.len())?;
            let entry_bytes = usize::try_from(written.bytes)? / entries;
            let batch = made.div_ceil(entries);
            let ceiling = client.round(&source, batch, entry_bytes, self.options.round);
            rounds.push(Alone {
                broker: sample.per_second(),
                ceiling: ceiling.await.context("the bare client failed")?,
                batch: load::number(made) / load::number(entries),
            });
        }
        broker.kill().await?;
        Ok(rounds)
    }

    /// Two brokers on one machine do not have twice its processors: each has its own half of them, as two machines of one size would.
    async fn together(&self) -> anyhow::Result<Vec<Together>> {
        let store = "shared";
        let all = processors()?;
        let halves = match all.split_at(all.len() / 2) {
            ([], only) => [only, only],
            (one, other) => [one, other],
        };
        let brokers = [
            self.ground.broker_on(store, halves[0]).await?,
            self.ground.broker_on(store, halves[1]).await?,
        ];
        let of_one = brokers[0].clients.gateway(self.concurrency)?;
        let mut of_two = Vec::new();
        for broker in &brokers {
            of_two.extend(broker.clients.gateway(self.concurrency.div_ceil(2))?);
        }
        self.warm_up(&of_two).await?;
        let mut rounds = Vec::new();
        for round in self.rounds("one of two brokers, both") {
            // The store grows on the way: whoever always came last would always find it larger.
            let turns = match round % 2 {
                0 => [&of_two, &of_one],
                _ => [&of_one, &of_two],
            };
            let first = self.submits(turns[0], self.options.round).await?;
            let second = self.submits(turns[1], self.options.round).await?;
            let (one, two) = match round % 2 {
                0 => (second, first),
                _ => (first, second),
            };
            rounds.push(Together {
                one: one.per_second(),
                two: two.per_second(),
            });
        }
        for broker in brokers {
            broker.kill().await?;
        }
        Ok(rounds)
    }

    async fn warm_up(&self, channels: &[Channel]) -> anyhow::Result<()> {
        let time = self.options.round / WARM_UP_DIVISOR;
        self.submits(channels, time).await.map(drop)
    }

    /// A round of submits over `channels`.
    async fn submits(&self, channels: &[Channel], time: Duration) -> anyhow::Result<Sample> {
        let enquiries = Arc::clone(&self.ground.stage.enquiries);
        let channels = channels.to_vec();
        let call = move |number: usize| {
            let mut court = CourtServiceClient::new(channel(&channels, number));
            let message = enquiries.next(To::Waiting);
            async move { court.submit(message).await.map(drop) }
        };
        load::run(self.concurrency, Until::Time(time), call).await
    }
}

impl Shared {
    fn of(concurrency: usize, alone: &[Alone], together: &[Together]) -> Self {
        let of_alone = |figure: fn(&Alone) -> f64| median(alone.iter().map(figure));
        let of_together = |figure: fn(&Together) -> f64| median(together.iter().map(figure));
        Self {
            concurrency,
            batch: of_alone(|round| round.batch),
            one_per_second: of_alone(|round| round.broker),
            ceiling_per_second: of_alone(|round| round.ceiling),
            of_ceiling: of_alone(|round| round.broker / round.ceiling),
            half_per_second: of_together(|round| round.one),
            two_per_second: of_together(|round| round.two),
            two_by_one: of_together(|round| round.two / round.one),
        }
    }
}
