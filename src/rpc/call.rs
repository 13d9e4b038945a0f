//! What every call shares: who calls, by the certificate of the connection and the table of identities as it stands now; the way into
//! the broker; the end of long calls when the broker stops.

use super::convert::Unreadable;
use super::listener::Peer;
use super::status;
use crate::auth::Identities;
use crate::broker::Broker;
use crate::broker::input::Input;
use crate::broker::opened::OpenEnquiry;
use crate::telemetry::metrics::Metrics;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use usher_domain::actor::Actor;
use usher_domain::code::ClientId;
use usher_domain::limits;

/// What the services stand on.
#[derive(Clone)]
pub struct Calls {
    /// The broker.
    pub broker: Arc<Broker>,
    identities: Arc<Identities>,
    watches: Arc<Semaphore>,
    stopping: CancellationToken,
}

/// A place among the watches, free again when it is dropped.
pub struct WatchPlace {
    metrics: Arc<Metrics>,
    _permit: OwnedSemaphorePermit,
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        self.metrics.watches_open.dec();
    }
}

impl Calls {
    /// Calls into `broker` by clients of `identities`; long calls end when `stopping` is cancelled.
    pub fn new(
        broker: Arc<Broker>,
        identities: Arc<Identities>,
        stopping: CancellationToken,
    ) -> Self {
        Self {
            broker,
            identities,
            watches: Arc::new(Semaphore::new(limits::WATCHES_MAX)),
            stopping,
        }
    }

    /// Who calls, and what.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a connection whose client is no longer in the table.
    pub fn enter<T>(&self, request: Request<T>) -> Result<(Actor, T), Status> {
        let peer = Peer::of(&request).map(|peer| peer.client.clone());
        let actor = peer
            .and_then(|client| self.identities.actor(&client))
            .ok_or_else(status::no_identity)?;
        Ok((actor, request.into_inner()))
    }

    /// The client as the table has it now: a connection may outlive its place there.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is no longer there.
    pub fn actor(&self, client: &ClientId) -> Result<Actor, Status> {
        self.identities
            .actor(client)
            .ok_or_else(status::no_identity)
    }

    /// Does what was read from the wire.
    ///
    /// # Errors
    /// As the status table says.
    pub async fn act(
        &self,
        input: Result<Input, Unreadable>,
        actor: &Actor,
    ) -> Result<OpenEnquiry, Status> {
        let input = input.map_err(status::unreadable)?;
        self.broker.act(input, actor).await.map_err(status::broker)
    }

    /// A place among the watches.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when there is none.
    pub fn watch_place(&self) -> Result<WatchPlace, Status> {
        let permit = Arc::clone(&self.watches)
            .try_acquire_owned()
            .map_err(|_| status::busy("watches"))?;
        let metrics = Arc::clone(self.broker.metrics());
        metrics.watches_open.inc();
        Ok(WatchPlace {
            metrics,
            _permit: permit,
        })
    }

    /// Waits for `call`, or ends it with `UNAVAILABLE` when the broker stops.
    ///
    /// # Errors
    /// Those of `call`, and `UNAVAILABLE`.
    pub async fn until_stop<T>(
        &self,
        call: impl Future<Output = Result<T, Status>>,
    ) -> Result<T, Status> {
        tokio::select! {
            outcome = call => outcome,
            () = self.stopping.cancelled() => Err(status::draining()),
        }
    }
}
