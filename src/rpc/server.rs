//! The gRPC server behind the listener: every HTTP/2 limit set, certificates reloaded, and a stop that ends.
//!
//! The defaults of the libraries below are not relied upon: tonic passes "no limit" for streams and for resets unless it is
//! told otherwise. When asked to stop, the server closes the port, lets running calls finish for the length of the
//! drain, and then cuts what is left: a connection that says nothing cannot hold it up.

use super::connections::{Caps, Connections};
use super::listener::{Connection, Door, Times, accept};
use super::tls::Reloader;
use crate::auth::Identities;
use rustls::pki_types::UnixTime;
use serde::Deserialize;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use usher_domain::limits;

/// Connections of one client. A client needs one; a gateway of a few processes has a few each.
const CONNECTIONS_PER_CLIENT_MAX: usize = 64;
/// Clients let in and not yet taken by the server: it takes them at once.
const ADMITTED_QUEUE_MAX: usize = 64;
/// One HTTP/2 frame, in bytes: the smallest that the protocol allows to set.
const FRAME_BYTES_MAX: u32 = 16 * 1_024;
/// What one call may send before the server has read it, in bytes.
const STREAM_WINDOW_BYTES: u32 = 128 * 1_024;
/// What one connection may send before the server has read it, in bytes.
const CONNECTION_WINDOW_BYTES: u32 = 512 * 1_024;
/// The most that a limit of resets may be set to: beyond it there is none.
const RESETS_MAX: u64 = 10_000;
/// How long cut connections may take to go, after which they are left to the runtime.
const CUT_LIMIT: Duration = Duration::from_secs(1);
/// A call may take as long as the longest poll for work, and this much on either side of it.
const REQUEST_MARGIN_SECONDS: u64 = 15;

/// The listener and its limits: `[rpc]` in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Connections in all, 1 to [`limits::CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// Connections from one IPv4 address or one /64 network of IPv6 before their clients are known, 1 to
    /// [`limits::CONNECTIONS_PER_PEER_MAX`].
    pub connections_per_peer_max: usize,
    /// Connections of one client, at least 1.
    pub connections_per_client_max: usize,
    /// How long a TLS handshake may take, in milliseconds, 1 to 60,000.
    pub handshake_ms: u64,
    /// How long a client may say nothing after its handshake, in milliseconds, 1 to 60,000.
    pub first_bytes_ms: u64,
    /// How often an open connection is tried, in seconds, at least 1.
    pub keepalive_seconds: u64,
    /// How long a client may take to answer a try, in seconds, at least 1.
    pub keepalive_limit_seconds: u64,
    /// The age at which a connection is asked to end, in seconds, at least 1: the client opens a new one, and shows its
    /// certificate again.
    pub connection_age_seconds: u64,
    /// How long running calls may then go on, in seconds. A watch resumes by its cursor.
    pub connection_grace_seconds: u64,
    /// How long one call may take until it answers, in seconds; at least the longest poll for work and a margin.
    pub request_seconds: u64,
    /// How long running calls may go on when the broker stops, in seconds.
    pub drain_seconds: u64,
    /// How often certificate files are looked at, in seconds, at least 1.
    pub reload_seconds: u64,
    /// Calls of one connection at once, 1 to [`limits::STREAMS_PER_CONNECTION_MAX`].
    pub streams_max: u32,
    /// Calls that a client opens and resets before the server has seen them, after which its connection ends.
    pub pending_resets_max: usize,
    /// Errors of a client that made the server reset a call, after which its connection ends.
    pub local_resets_max: usize,
    /// The headers of one call, in bytes, 1,024 to [`limits::HEADER_LIST_BYTES_MAX`].
    pub header_list_bytes_max: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 7443)),
            connections_max: limits::CONNECTIONS_MAX,
            connections_per_peer_max: limits::CONNECTIONS_PER_PEER_MAX,
            connections_per_client_max: CONNECTIONS_PER_CLIENT_MAX,
            handshake_ms: 5_000,
            first_bytes_ms: 5_000,
            keepalive_seconds: 30,
            keepalive_limit_seconds: 10,
            connection_age_seconds: 15 * 60,
            connection_grace_seconds: 2 * 60,
            request_seconds: limits::LEASE_WAIT_SECONDS_MAX + REQUEST_MARGIN_SECONDS,
            drain_seconds: 20,
            reload_seconds: 10,
            streams_max: limits::STREAMS_PER_CONNECTION_MAX,
            pending_resets_max: limits::PENDING_RESETS_MAX,
            local_resets_max: limits::LOCAL_RESETS_MAX,
            header_list_bytes_max: limits::HEADER_LIST_BYTES_MAX,
        }
    }
}

/// A setting's name, its value and what it may be.
type Bounded = (&'static str, u64, RangeInclusive<u64>);

/// A setting outside its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("rpc.{name} is {value}; it must be {least} to {most}")]
pub struct SettingsError {
    /// The setting.
    pub name: &'static str,
    /// What it is.
    pub value: u64,
    /// The least it may be.
    pub least: u64,
    /// The most it may be.
    pub most: u64,
}

impl Settings {
    /// Holds every setting against its bounds.
    ///
    /// # Errors
    /// The first setting outside of them.
    pub fn check(&self) -> Result<(), SettingsError> {
        self.faults().next().map_or(Ok(()), Err)
    }

    /// Every setting outside its bounds.
    pub fn faults(&self) -> impl Iterator<Item = SettingsError> {
        let bounded = self.counts().into_iter().chain(self.times_and_bounds());
        bounded.filter_map(|(name, value, bounds)| {
            let (least, most) = (*bounds.start(), *bounds.end());
            (!bounds.contains(&value)).then_some(SettingsError {
                name,
                value,
                least,
                most,
            })
        })
    }

    fn counts(&self) -> [Bounded; 7] {
        let whole = |value: usize| u64::try_from(value).unwrap_or(u64::MAX);
        let connections = 1..=whole(limits::CONNECTIONS_MAX);
        let per_peer = 1..=whole(limits::CONNECTIONS_PER_PEER_MAX);
        let per_client = whole(self.connections_per_client_max);
        let streams = 1..=limits::STREAMS_PER_CONNECTION_MAX.into();
        let resets = 1..=RESETS_MAX;
        let headers = 1_024..=limits::HEADER_LIST_BYTES_MAX.into();
        [
            (
                "connections_max",
                whole(self.connections_max),
                connections.clone(),
            ),
            (
                "connections_per_peer_max",
                whole(self.connections_per_peer_max),
                per_peer,
            ),
            ("connections_per_client_max", per_client, connections),
            ("streams_max", self.streams_max.into(), streams),
            (
                "pending_resets_max",
                whole(self.pending_resets_max),
                resets.clone(),
            ),
            ("local_resets_max", whole(self.local_resets_max), resets),
            (
                "header_list_bytes_max",
                self.header_list_bytes_max.into(),
                headers,
            ),
        ]
    }

    fn times_and_bounds(&self) -> [Bounded; 9] {
        const MINUTE_MS: u64 = 60_000;
        const DAY_SECONDS: u64 = 86_400;
        let request_least = limits::LEASE_WAIT_SECONDS_MAX + REQUEST_MARGIN_SECONDS;
        [
            ("handshake_ms", self.handshake_ms, 1..=MINUTE_MS),
            ("first_bytes_ms", self.first_bytes_ms, 1..=MINUTE_MS),
            ("keepalive_seconds", self.keepalive_seconds, 1..=DAY_SECONDS),
            (
                "keepalive_limit_seconds",
                self.keepalive_limit_seconds,
                1..=DAY_SECONDS,
            ),
            (
                "connection_age_seconds",
                self.connection_age_seconds,
                1..=DAY_SECONDS,
            ),
            (
                "connection_grace_seconds",
                self.connection_grace_seconds,
                0..=DAY_SECONDS,
            ),
            (
                "request_seconds",
                self.request_seconds,
                request_least..=DAY_SECONDS,
            ),
            ("drain_seconds", self.drain_seconds, 0..=DAY_SECONDS),
            ("reload_seconds", self.reload_seconds, 1..=DAY_SECONDS),
        ]
    }

    fn caps(&self) -> Caps {
        Caps {
            total: self.connections_max,
            per_peer: self.connections_per_peer_max,
            per_client: self.connections_per_client_max,
        }
    }

    fn times(&self) -> Times {
        let life = self
            .connection_age_seconds
            .saturating_add(self.connection_grace_seconds);
        Times {
            handshake: Duration::from_millis(self.handshake_ms),
            first_bytes: Duration::from_millis(self.first_bytes_ms),
            life: Duration::from_secs(life),
        }
    }

    /// tonic's server with every limit set. Its own grace for old connections stays unset: with one it would cut them without
    /// asking first; the listener's connections see to their end.
    fn builder(&self) -> tonic::transport::Server {
        tonic::transport::Server::builder()
            .timeout(Duration::from_secs(self.request_seconds))
            .max_concurrent_streams(self.streams_max)
            .http2_max_pending_accept_reset_streams(Some(self.pending_resets_max))
            .http2_max_local_error_reset_streams(Some(self.local_resets_max))
            .http2_max_header_list_size(self.header_list_bytes_max)
            .max_frame_size(FRAME_BYTES_MAX)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
            .http2_adaptive_window(Some(false))
            .http2_keepalive_interval(Some(Duration::from_secs(self.keepalive_seconds)))
            .http2_keepalive_timeout(Some(Duration::from_secs(self.keepalive_limit_seconds)))
            .max_connection_age(Duration::from_secs(self.connection_age_seconds))
            .accept_http1(false)
    }
}

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drain {
    /// Every call finished.
    Clean,
    /// This many connections were cut.
    Cut(usize),
}

/// The server, not yet serving.
#[derive(Debug)]
pub struct Server {
    settings: Settings,
    tls: Arc<Reloader>,
    identities: Arc<Identities>,
    connections: Arc<Connections>,
}

impl Server {
    /// A server with these limits, certificates and clients.
    ///
    /// # Errors
    /// When a setting is outside its bounds.
    pub fn new(
        settings: Settings,
        tls: Arc<Reloader>,
        identities: Arc<Identities>,
    ) -> Result<Self, SettingsError> {
        settings.check()?;
        let connections = Connections::new(settings.caps());
        Ok(Self {
            settings,
            tls,
            identities,
            connections,
        })
    }

    /// The open connections and their counters, for metrics.
    pub fn connections(&self) -> Arc<Connections> {
        Arc::clone(&self.connections)
    }

    /// Serves `routes` on `listener` until `soft` is cancelled, then drains; `hard` ends the drain early.
    ///
    /// # Errors
    /// When the server ends though nobody asked it to.
    pub async fn serve(
        self,
        listener: TcpListener,
        routes: Routes,
        soft: CancellationToken,
        hard: CancellationToken,
    ) -> Result<Drain, tonic::transport::Error> {
        let door = Arc::new(Door {
            tls: Arc::clone(&self.tls),
            identities: Arc::clone(&self.identities),
            connections: Arc::clone(&self.connections),
            times: self.settings.times(),
        });
        let (admit, admitted) = mpsc::channel(ADMITTED_QUEUE_MAX);
        let accepting = soft.child_token();
        let _stop_accepting = accepting.clone().drop_guard();
        tokio::spawn(accept(
            TcpListenerStream::new(listener),
            door,
            admit,
            accepting.clone(),
        ));
        tokio::spawn(keep(
            Arc::clone(&self.tls),
            Arc::clone(&self.identities),
            Arc::clone(&self.connections),
            Duration::from_secs(self.settings.reload_seconds),
            accepting,
        ));
        let admitted = ReceiverStream::new(admitted).map(Ok::<Connection, Infallible>);
        let service = self.settings.builder().add_routes(routes);
        let stopped = soft.clone().cancelled_owned();
        let serving = service.serve_with_incoming_shutdown(admitted, stopped);
        let drain = Duration::from_secs(self.settings.drain_seconds);
        drained(serving, drain, &self.connections, &soft, &hard).await
    }
}

/// Waits for `serving` to end; from `soft` on for at most `drain` and until `hard`, after which the connections are cut.
async fn drained(
    serving: impl Future<Output = Result<(), tonic::transport::Error>>,
    drain: Duration,
    connections: &Connections,
    soft: &CancellationToken,
    hard: &CancellationToken,
) -> Result<Drain, tonic::transport::Error> {
    let mut serving = pin!(serving);
    let time_is_up = async {
        soft.cancelled().await;
        tokio::select! {
            () = sleep(drain) => {}
            () = hard.cancelled() => {}
        }
    };
    tokio::select! {
        ended = &mut serving => return ended.map(|()| Drain::Clean),
        () = time_is_up => {}
    }
    let cut = connections.cut_all();
    tracing::warn!(
        connections = cut,
        "Connections were cut because the drain is over"
    );
    // What does not even notice that it was cut is left behind.
    let _ = timeout(CUT_LIMIT, serving).await;
    Ok(Drain::Cut(cut))
}

/// Looks at the certificate files every `period`, and ends connections whose clients would not be let in any more whenever
/// certificates or identities have been replaced, by this or by anybody else.
async fn keep(
    tls: Arc<Reloader>,
    identities: Arc<Identities>,
    connections: Arc<Connections>,
    period: Duration,
    stop: CancellationToken,
) {
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut tls_changes = tls.changes();
    let mut identity_changes = identities.changes();
    let mut last_problem = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => poll(&tls, &mut last_problem).await,
            Ok(()) = tls_changes.changed() => review(&tls, &identities, &connections),
            Ok(()) = identity_changes.changed() => review(&tls, &identities, &connections),
        }
    }
}

/// Polls the files away from the runtime's own threads, and reports each problem once.
async fn poll(tls: &Arc<Reloader>, last_problem: &mut Option<String>) {
    let tls = Arc::clone(tls);
    let Ok(polled) = tokio::task::spawn_blocking(move || tls.poll()).await else {
        return;
    };
    match polled {
        Ok(false) => *last_problem = None,
        Ok(true) => {
            *last_problem = None;
            tracing::info!("Certificates were loaded again");
        }
        Err(error) => {
            let problem = error.to_string();
            if last_problem.as_ref() != Some(&problem) {
                tracing::error!(reason = %problem, "New certificate files cannot be used; the old ones stay in force");
            }
            *last_problem = Some(problem);
        }
    }
}

fn review(tls: &Reloader, identities: &Identities, connections: &Connections) {
    let ended = connections.review(tls.current().verifier(), identities, UnixTime::now());
    if ended > 0 {
        tracing::info!(
            connections = ended,
            "Connections were ended whose clients are no longer let in"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_within_their_bounds() {
        assert_eq!(Settings::default().check(), Ok(()));
    }

    #[test]
    fn a_setting_outside_its_bounds_is_refused_by_name() {
        let check = |text: &str, words: &str| {
            let settings: Settings = toml::from_str(text).unwrap();
            let error = settings.check().unwrap_err().to_string();
            assert!(error.contains(words), "{error:?} does not say {words:?}");
        };
        check(
            "connections_max = 0",
            "rpc.connections_max is 0; it must be 1 to 4096",
        );
        check("connections_max = 4097", "connections_max");
        check("request_seconds = 134", "must be 135 to");
        check("handshake_ms = 60001", "handshake_ms");
        check("streams_max = 257", "streams_max");
        check("header_list_bytes_max = 1023", "header_list_bytes_max");
        assert!(toml::from_str::<Settings>("conections_max = 1").is_err());
    }
}
