//! The program of an adapter: takes checks as far as it has hands, works on each, stops without leaving any behind.

use super::connector::{Connector, Trouble};
use super::health::Health;
use super::journal::{Journal, JournalError};
use super::link::{Client, Link, Pause, Refused, Verdict, judge};
use super::settings::{BrokerSettings, PaceSettings};
use super::work::silent;
use crate::clock::{Clock, Stopwatch};
use crate::ids::{Ids as _, RandomIds};
use crate::rpc::client::ClientError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::Request;
use usher_proto::v1;

/// How long one call for work waits for some.
const WAIT: Duration = Duration::from_secs(60);
/// The broker needs so much longer to say that there was none.
const WAIT_MARGIN: Duration = Duration::from_secs(15);
/// Between two calls that brought nothing: a broker whose wait is over at once is not overrun.
const EMPTY_CALL_LEAST: Duration = Duration::from_millis(50);
/// Checks that one call takes at most; the wire contract says so.
const TAKEN_AT_ONCE: usize = 64;
/// Between two looks for entries of the journal that nobody needs any more, by the adapter's clock.
const TIDY_EVERY: Duration = Duration::from_hours(1);
/// Between two probes of every connector.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// A probe may take so long: one system that hangs is not to keep the others from being looked at.
const PROBE_MOST: Duration = Duration::from_secs(60);

/// One adapter of one broker.
pub struct Adapter {
    pub(super) link: Link,
    pub(super) journal: Journal,
    pub(super) connectors: Vec<Box<dyn Connector>>,
    pub(super) pace: PaceSettings,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) health: Health,
    /// Turns to look something up.
    pub(super) turns: Semaphore,
    pub(super) stopping: CancellationToken,
    hands: Arc<Semaphore>,
    responders: Vec<String>,
}

/// Why an adapter cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The broker's address, or the certificate's files.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl Adapter {
    /// An adapter with its journal open, not yet connected. It stops when `stopping` is cancelled.
    ///
    /// # Errors
    /// [`StartError`].
    pub fn open(
        broker: &BrokerSettings,
        pace: PaceSettings,
        connectors: Vec<Box<dyn Connector>>,
        clock: Arc<dyn Clock>,
        stopping: CancellationToken,
    ) -> Result<Arc<Self>, StartError> {
        let names = connectors
            .iter()
            .map(|connector| connector.name().to_owned());
        Ok(Arc::new(Self {
            link: Link::open(broker)?,
            journal: Journal::open(&pace.journal)?,
            health: Health::new(names, pace.in_hand),
            turns: Semaphore::new(pace.lookups),
            hands: Arc::new(Semaphore::new(pace.in_hand)),
            responders: broker.responders.clone(),
            connectors,
            pace,
            clock,
            stopping,
        }))
    }

    /// How it does.
    pub fn health(&self) -> &Health {
        &self.health
    }

    /// Takes up new certificates now; they are looked for every ten seconds besides.
    pub fn reload(&self) {
        self.link.reload();
    }

    /// Works until it is told to stop, and gives back what it has in hand.
    pub async fn run(self: Arc<Self>) {
        let mut works = JoinSet::new();
        let mut pause = Pause::default();
        tokio::select! {
            () = self.link.follow_files() => {}
            () = self.probe() => {}
            () = self.clone().tidy_journal() => {}
            () = self.stopping.cancelled() => {}
            () = async {
                loop {
                    while works.try_join_next().is_some() {}
                    let hands = self.free_hands().await;
                    let watch = Stopwatch::start();
                    if let Ok(taken) = self.lease(hands.len()).await {
                        pause = Pause::default();
                        let is_empty = taken.is_empty();
                        self.begin(taken, hands, &mut works);
                        if is_empty {
                            let rest = EMPTY_CALL_LEAST.saturating_sub(watch.elapsed());
                            tokio::time::sleep(rest).await;
                        }
                    } else {
                        drop(hands);
                        pause.wait().await;
                    }
                }
            } => {}
        }
        tracing::info!(
            in_hand = works.len(),
            "Stopping: giving back what is in hand"
        );
        while works.join_next().await.is_some() {}
    }

    fn begin(
        self: &Arc<Self>,
        taken: Vec<v1::LeasedCheck>,
        mut hands: Vec<OwnedSemaphorePermit>,
        works: &mut JoinSet<()>,
    ) {
        self.health.taken(taken.len());
        for leased in taken {
            let (adapter, hand) = (Arc::clone(self), hands.pop());
            works.spawn(async move {
                adapter.work(leased).await;
                adapter.health.ended();
                drop(hand);
            });
        }
    }

    /// Waits for one free hand, and takes as many as there are.
    async fn free_hands(&self) -> Vec<OwnedSemaphorePermit> {
        let mut hands = Vec::new();
        hands.extend(Arc::clone(&self.hands).acquire_owned().await);
        while hands.len() < TAKEN_AT_ONCE
            && let Ok(hand) = Arc::clone(&self.hands).try_acquire_owned()
        {
            hands.push(hand);
        }
        hands
    }

    /// One call for work. A call whose reply was lost is made again as it was, so that no lease is lost with it.
    async fn lease(&self, most: usize) -> Result<Vec<v1::LeasedCheck>, ()> {
        let message = v1::LeaseChecksRequest {
            request_id: self.request_id(),
            responder_ids: self.responders.clone(),
            max_checks: u32::try_from(most).unwrap_or(1),
            wait: prost_types::Duration::try_from(WAIT).ok(),
            lease: self.pace.lease_seconds.and_then(|seconds| {
                prost_types::Duration::try_from(Duration::from_secs(seconds)).ok()
            }),
            report: Some(self.health.report()),
        };
        for _ in 0..2 {
            let mut request = Request::new(message.clone());
            request.set_timeout(WAIT + WAIT_MARGIN);
            match self.link.client().lease_checks(request).await {
                Ok(response) => return Ok(response.into_inner().checks),
                Err(status) => {
                    let lasting = judge(&status) != Verdict::Passing;
                    if lasting {
                        tracing::error!(code = ?status.code(), message = status.message(), "Broker lends nothing to this program");
                        return Err(());
                    }
                    tracing::warn!(code = ?status.code(), "Broker is away or busy");
                }
            }
        }
        Err(())
    }

    /// Looks from time to time whether the systems can be asked; for ever.
    async fn probe(&self) {
        loop {
            for (number, connector) in self.connectors.iter().enumerate() {
                let probed = probed(connector.as_ref()).await;
                if let Err(error) = &probed {
                    tracing::warn!(
                        connector = connector.name(),
                        error = error as &dyn std::error::Error,
                        "System cannot be asked"
                    );
                }
                self.health.note(number, probed.as_ref().err());
                self.health.note_set_aside(number, connector.set_aside());
            }
            tokio::time::sleep(PROBE_EVERY).await;
        }
    }

    /// Forgets decisions about checks that somebody else has ended, now and again from time to time: an entry outlives its check by an hour at
    /// most.
    async fn tidy_journal(self: Arc<Self>) {
        loop {
            let next = self.clock.now() + TIDY_EVERY;
            for (check, path) in self.journal.entries() {
                if !self.is_wanted(check).await {
                    Journal::forget_at(&path);
                }
            }
            while self.clock.now() < next {
                self.clock.sleep_until(next).await;
            }
        }
    }

    /// Whether `check` may still come to this adapter: one that the broker does not show is not its any more.
    async fn is_wanted(&self, check: String) -> bool {
        let request = v1::GetCheckRequest { check_id: check };
        let get = async |mut client: Client, request| client.get_check(request).await;
        match self.link.call(get, request).await {
            Ok(seen) => matches!(
                seen.check.unwrap_or_default().state(),
                v1::CheckState::Waiting | v1::CheckState::Leased
            ),
            Err(refused) => refused != Refused::Overtaken,
        }
    }

    #[expect(clippy::unused_self, reason = "whoever needs one has an adapter")]
    pub(super) fn request_id(&self) -> String {
        RandomIds.next().to_string()
    }
}

/// Whether the system of `connector` can be asked; one that hangs cannot.
async fn probed(connector: &dyn Connector) -> Result<(), Trouble> {
    let probed = timeout(PROBE_MOST, connector.probe()).await;
    probed.unwrap_or_else(|_| Err(silent()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::connector::Outcome;

    struct Hangs;

    #[async_trait::async_trait]
    impl Connector for Hangs {
        fn name(&self) -> &'static str {
            "hangs"
        }

        async fn look_up(&self, _: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
            std::future::pending().await
        }

        async fn probe(&self) -> Result<(), Trouble> {
            std::future::pending().await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_system_that_hangs_is_probed_for_a_minute_and_no_longer() {
        let probed = timeout(Duration::from_secs(61), probed(&Hangs)).await;
        let trouble = probed.expect("the others are looked at").unwrap_err();
        assert!(trouble.to_string().contains("did not answer in time"));
    }
}
