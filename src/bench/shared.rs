//! The third part, over PostgreSQL only: one broker against the ceiling, and two brokers of one database against one.

use super::ceiling::{Bare, Feed};
use super::databases::Databases;
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
    /// Enquiries in a transaction of the one broker's.
    batch: f64,
}

/// What is measured, and how.
struct Turns<'a> {
    ground: &'a Ground,
    options: &'a Options,
    databases: &'a Databases,
    concurrency: usize,
    say: &'a (dyn Fn(&str) + Sync),
}

/// Measures by turns: submits through one broker, the bare client in transactions of the size that the broker's had, and as many
/// submits spread over two brokers of another database.
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
    let rounds = turns.rounds().await?;
    Ok(Some(Shared::of(turns.concurrency, &rounds)))
}

impl Turns<'_> {
    async fn rounds(&self) -> anyhow::Result<Vec<Round>> {
        let (store, bare, shared) = ("alone", "ceiling", "shared");
        let source = database(&self.databases.store(store).await?)?;
        let mut client = Bare::connect(&database(&self.databases.store(bare).await?)?).await?;
        let alone = self.ground.broker(store).await?;
        let both = [
            self.ground.broker(shared).await?,
            self.ground.broker(shared).await?,
        ];
        let of_one = alone.clients.gateway(self.concurrency)?;
        let mut of_two = Vec::new();
        for broker in &both {
            of_two.extend(broker.clients.gateway(self.concurrency.div_ceil(2))?);
        }
        self.warm_up(&of_one).await?;
        self.warm_up(&of_two).await?;
        let mut rounds = Vec::new();
        let count = self.options.rounds.max(1);
        for round in 1..=count {
            (self.say)(&format!(
                "one broker, bare client, two brokers: round {round} of {count}"
            ));
            // What one turn leaves to be done falls into the next: none always comes first.
            let early = match round % 2 {
                0 => Some(self.submits(&of_two).await?),
                _ => None,
            };
            let before = Feed::of(&source).await?;
            let one = self.submits(&of_one).await?;
            let written = Feed::of(&source).await?.since(before);
            let entries = usize::try_from(written.entries)?.max(1);
            let made = usize::try_from(one.latencies.len())?;
            let entry_bytes = usize::try_from(written.bytes)? / entries;
            let batch = made.div_ceil(entries);
            let ceiling = client.round(&source, batch, entry_bytes, self.options.round);
            let ceiling = ceiling.await.context("the bare client failed")?;
            let two = match early {
                Some(two) => two,
                None => self.submits(&of_two).await?,
            };
            rounds.push(Round {
                one: one.per_second(),
                ceiling,
                two: two.per_second(),
                batch: load::number(made) / load::number(entries),
            });
        }
        for broker in both.into_iter().chain([alone]) {
            broker.kill().await?;
        }
        Ok(rounds)
    }

    async fn warm_up(&self, channels: &[Channel]) -> anyhow::Result<()> {
        let time = self.options.round / WARM_UP_DIVISOR;
        self.submits_for(channels, time).await.map(drop)
    }

    /// A round of submits over `channels`.
    async fn submits(&self, channels: &[Channel]) -> anyhow::Result<Sample> {
        self.submits_for(channels, self.options.round).await
    }

    async fn submits_for(&self, channels: &[Channel], time: Duration) -> anyhow::Result<Sample> {
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
    fn of(concurrency: usize, rounds: &[Round]) -> Self {
        let middle = |figure: fn(&Round) -> f64| median(rounds.iter().map(figure));
        Self {
            concurrency,
            batch: middle(|round| round.batch),
            one_per_second: middle(|round| round.one),
            ceiling_per_second: middle(|round| round.ceiling),
            of_ceiling: middle(|round| round.one / round.ceiling),
            two_per_second: middle(|round| round.two),
            two_by_one: middle(|round| round.two / round.one),
        }
    }
}
