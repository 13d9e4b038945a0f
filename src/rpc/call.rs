//! What every call shares: who calls, by the certificate of the connection and the table of identities as it stands now; the way into
//! the broker; the end of long calls when the broker stops.

use super::convert::Unreadable;
use super::listener::Peer;
use super::{convert, status};
use crate::auth::Identities;
use crate::broker::Broker;
use crate::broker::case::input::CaseInput;
use crate::broker::input::{Input, Resume};
use crate::broker::opened::OpenEnquiry;
use crate::store::Cursor;
use crate::telemetry::metrics::Metrics;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;
use tonic::{Request, Status};
use usher_domain::actor::Actor;
use usher_domain::code::ClientId;
use usher_domain::limits;
use usher_domain::permit::{self, Read};
use usher_proto::v1;

/// What the services stand on.
#[derive(Clone)]
pub struct Calls {
    /// The broker.
    pub broker: Arc<Broker>,
    identities: Arc<Identities>,
    watches: Arc<Watches>,
    stopping: CancellationToken,
}

/// How many watches each client has. A client without any is not in it.
#[derive(Default)]
struct Watches(Mutex<HashMap<ClientId, usize>>);

impl Watches {
    fn lock(&self) -> MutexGuard<'_, HashMap<ClientId, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts one more of `client`.
    fn take(&self, client: &ClientId) -> Result<(), Status> {
        let mut open = self.lock();
        if open.values().sum::<usize>() >= limits::WATCHES_MAX {
            return Err(status::busy("watches"));
        }
        let own = open.entry(client.clone()).or_default();
        if *own >= limits::WATCHES_PER_CLIENT_MAX {
            return Err(status::busy("watches of this client"));
        }
        *own += 1;
        Ok(())
    }

    /// Counts one less of `client`.
    fn give_back(&self, client: &ClientId) {
        let mut open = self.lock();
        if let Some(own) = open.get_mut(client) {
            *own -= 1;
            if *own == 0 {
                open.remove(client);
            }
        }
    }
}

/// A place among the watches, free again when it is dropped.
pub struct WatchPlace {
    metrics: Arc<Metrics>,
    watches: Arc<Watches>,
    client: ClientId,
}

impl Drop for WatchPlace {
    fn drop(&mut self) {
        self.watches.give_back(&self.client);
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
            watches: Arc::default(),
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

    /// Who calls to read `what`, and the question.
    ///
    /// # Errors
    /// As [`Calls::enter`], and `PERMISSION_DENIED` for a role that has no such reading.
    pub fn enter_to_read<T>(&self, what: Read, request: Request<T>) -> Result<(Actor, T), Status> {
        let (actor, message) = self.enter(request)?;
        Ok((readable(actor, what)?, message))
    }

    /// The client as the table has it now: a connection may outlive its place there.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is no longer there.
    pub fn caller(&self, client: &ClientId) -> Result<Actor, Status> {
        self.identities
            .actor(client)
            .ok_or_else(status::no_identity)
    }

    /// The client that reads `what` as the table has it now: a connection may outlive its place there.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is no longer there, `PERMISSION_DENIED` when its role is another one now.
    pub fn reader(&self, client: &ClientId, what: Read) -> Result<Actor, Status> {
        readable(self.caller(client)?, what)
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

    /// Does to a case what was read from the wire.
    ///
    /// # Errors
    /// As the status table says.
    pub async fn act_on_case(
        &self,
        input: Result<CaseInput, Unreadable>,
        actor: &Actor,
    ) -> Result<v1::Case, Status> {
        let input = input.map_err(status::unreadable)?;
        let open = self.broker.act_on_case(input, actor).await;
        Ok(convert::case_view(&open.map_err(status::broker)?))
    }

    /// A place among the watches for `client`.
    ///
    /// # Errors
    /// `RESOURCE_EXHAUSTED` when there is none, or none for this client.
    pub fn watch_place(&self, client: &ClientId) -> Result<WatchPlace, Status> {
        self.watches.take(client)?;
        let metrics = Arc::clone(self.broker.metrics());
        metrics.watches_open.inc();
        Ok(WatchPlace {
            metrics,
            watches: Arc::clone(&self.watches),
            client: client.clone(),
        })
    }

    /// A place in the feed as callers are given it.
    ///
    /// # Errors
    /// As the status table says.
    pub async fn place(&self, after: Cursor) -> Result<Resume, Status> {
        let mark = self.broker.mark(after).await.map_err(status::broker)?;
        Ok(Resume { after, mark })
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

fn readable(actor: Actor, what: Read) -> Result<Actor, Status> {
    if permit::reads(actor.role, what) {
        Ok(actor)
    } else {
        Err(status::wrong_role(what.name()))
    }
}
