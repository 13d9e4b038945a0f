//! The first part: echo, durable submit and whole round trip take turns at each concurrency.

use super::echo::EchoClient;
use super::load::{self, Sample, Until};
use super::message::To;
use super::report::{Kind, Load, Ratio};
use super::round_trip::RoundTrips;
use super::{Ground, Options};
use std::sync::Arc;
use tonic::transport::Channel;
use usher_proto::v1::court_service_client::CourtServiceClient;

/// The share of a round's length for warming up before the first round of a concurrency.
pub(super) const WARM_UP_DIVISOR: u32 = 4;

/// What one load gave, round by round.
type Samples = Vec<Sample>;

/// Runs every round.
pub(super) async fn run(
    ground: &Ground,
    options: &Options,
    say: &(dyn Fn(&str) + Sync),
) -> anyhow::Result<(Vec<Load>, Vec<Ratio>)> {
    let broker = ground.broker("rounds").await?;
    let trips = Arc::new(RoundTrips::start(&broker.clients).await?);
    let (mut loads, mut ratios) = (Vec::new(), Vec::new());
    for &concurrency in &options.concurrency {
        let concurrency = concurrency.max(1);
        let callers = Callers {
            ground,
            channels: broker.clients.gateway(concurrency)?,
            concurrency,
            trips: Arc::clone(&trips),
        };
        let mut samples: [Samples; 3] = Default::default();
        for kind in Kind::ALL {
            let until = Until::Time(options.round / WARM_UP_DIVISOR);
            callers.round(kind, until).await?;
        }
        for round in 1..=options.rounds.max(1) {
            say(&format!(
                "{concurrency} at once, round {round} of {}",
                options.rounds.max(1)
            ));
            for (kind, samples) in Kind::ALL.into_iter().zip(&mut samples) {
                samples.push(callers.round(kind, Until::Time(options.round)).await?);
            }
        }
        for (kind, samples) in Kind::ALL.into_iter().zip(&samples) {
            loads.push(Load::of(kind, concurrency, samples)?);
        }
        let [echo, submit, round_trip] = &samples;
        ratios.push(Ratio::of(concurrency, echo, submit, round_trip));
    }
    broker.kill().await?;
    Ok((loads, ratios))
}

/// Callers of one concurrency and their connections, the same for every load.
struct Callers<'a> {
    ground: &'a Ground,
    channels: Vec<Channel>,
    concurrency: usize,
    trips: Arc<RoundTrips>,
}

impl Callers<'_> {
    async fn round(&self, kind: Kind, until: Until) -> anyhow::Result<Sample> {
        let enquiries = Arc::clone(&self.ground.stage.enquiries);
        let channels = self.channels.clone();
        match kind {
            Kind::Echo => {
                let call = move |number: usize| {
                    let mut echo = EchoClient::new(channel(&channels, number));
                    let message = enquiries.next(To::Waiting);
                    async move { echo.echo(message).await.map(drop) }
                };
                load::run(self.concurrency, until, call).await
            }
            Kind::Submit => {
                let call = move |number: usize| {
                    let mut court = CourtServiceClient::new(channel(&channels, number));
                    let message = enquiries.next(To::Waiting);
                    async move { court.submit(message).await.map(drop) }
                };
                load::run(self.concurrency, until, call).await
            }
            Kind::RoundTrip => {
                let trips = Arc::clone(&self.trips);
                let call = move |number: usize| {
                    let court = CourtServiceClient::new(channel(&channels, number));
                    trips.call(court, enquiries.next(To::Answering))
                };
                load::run(self.concurrency, until, call).await
            }
        }
    }
}

/// The connection of a caller.
pub(super) fn channel(channels: &[Channel], number: usize) -> Channel {
    channels[number % channels.len()].clone()
}
