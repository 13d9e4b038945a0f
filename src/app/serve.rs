//! `usher serve`: from a loaded configuration to a running broker, and what a reload replaces.

use super::load::{Loaded, load_again, tell};
use super::open::{OpenError, Opened, open_store};
use super::{App, AppError, AppParts, ConsoleError, ConsoleParts};
use crate::auth::{Groups, Identities};
use crate::broker::{Broker, CLOCK_AHEAD_MAX};
use crate::clock::SharedClock;
use crate::config::environment::Environment;
use crate::config::fault::Faults;
use crate::config::{Flag, Setting};
use crate::directory::Directory;
use crate::ids::RandomIds;
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::rpc::tls::{Reloader, TlsError};
use crate::telemetry::endpoint::{self, Readiness};
use crate::telemetry::metrics::Metrics;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Why a broker does not start. All but the last two mean that the configuration must be mended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Settings, or what they name.
    #[error("{0}")]
    Config(Faults),
    /// Certificate, key or client CA.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The port or its limits.
    #[error(transparent)]
    App(#[from] AppError),
    /// The console's provider and its files.
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// The metrics port or the signals.
    #[error("{doing}")]
    System {
        /// What was being done, and what to look at.
        doing: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// Serves until a signal, or until a part of it dies.
///
/// # Errors
/// When it cannot start.
pub async fn serve(
    loaded: Loaded,
    file: Option<PathBuf>,
    environment: Environment,
    flags: Vec<Flag>,
) -> Result<Ending, ServeError> {
    let Loaded {
        config,
        directory,
        policy,
        identities,
        groups,
        absent_after,
        settings,
        warnings: _,
    } = loaded;
    announce(&directory);
    let signals = Signals::listen();
    let signals = signals.map_err(|source| system("cannot listen for signals", source))?;
    let tls = Arc::new(Reloader::open(config.tls.clone())?);
    let identities = Arc::new(Identities::new(identities));
    let groups = Arc::new(Groups::new(groups));
    let console = ConsoleParts::of(&config, &groups)?;
    let store = open_store(&config.store).await?;
    let metrics = Arc::new(Metrics::new(methods()));
    let address = config.metrics.listen;
    let (metrics_listener, address) = bind_metrics(address).await?;
    let app = App::build(AppParts {
        store: store.store(),
        directory: Arc::new(directory),
        policy,
        clock: Arc::new(SharedClock::default()),
        ids: Arc::new(RandomIds),
        identities: Arc::clone(&identities),
        tls: Arc::clone(&tls),
        rpc: config.rpc.clone(),
        scheduler: crate::scheduler::Settings {
            sweep_every: config.scheduler.sweep_every(),
            absence_every: ABSENCE_EVERY,
            absent_after,
        },
        metrics: Arc::clone(&metrics),
        console,
    })
    .await?;
    let lifecycle = Lifecycle::new(Duration::from_secs(
        config.rpc.drain_seconds.saturating_add(STOP_MARGIN_SECONDS),
    ));
    let ready = Arc::new(AtomicBool::new(true));
    let (broker, listening) = (app.broker(), app.address());
    if let Some(address) = app.console_address() {
        tracing::info!(%address, "the console is open");
    }
    app.start(&lifecycle);
    watch_store(&lifecycle, &store);
    show(&lifecycle, metrics_listener, metrics, &ready, &broker);
    tracing::info!(address = %listening, metrics = %address, "usher is serving");
    lifecycle.ready();
    let running = Running {
        broker,
        identities,
        groups,
        tls,
        settings,
        absent_after,
    };
    let reload = || {
        running.replace(load_again(file.as_deref(), &environment, &flags));
        std::future::ready(())
    };
    tokio::spawn(unready(lifecycle.soft(), ready));
    let ending = lifecycle.run(signals, reload).await;
    store.close().await;
    Ok(ending)
}

/// From the moment at which it is to stop, no more work should be sent here.
async fn unready(stopping: CancellationToken, ready: Arc<AtomicBool>) {
    stopping.cancelled().await;
    ready.store(false, Ordering::Relaxed);
}

/// Between looks for responders with work waiting and no adapter.
const ABSENCE_EVERY: Duration = Duration::from_secs(30);
/// Beyond the drain of the port, for the other tasks.
const STOP_MARGIN_SECONDS: u64 = 5;

/// Listens, and says on which address: a port may have been left to the system.
async fn bind_metrics(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let refused = |source| {
        system(
            format!("cannot listen for metrics on {address}: set metrics.listen"),
            source,
        )
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    Ok((listener, address))
}

/// Serves the metrics port.
fn show(
    lifecycle: &Lifecycle,
    listener: TcpListener,
    metrics: Arc<Metrics>,
    ready: &Arc<AtomicBool>,
    broker: &Arc<Broker>,
) {
    let (ready, broker) = (Arc::clone(ready), Arc::clone(broker));
    let readiness = move || readiness(&ready, &broker);
    let stop = lifecycle.soft();
    lifecycle.spawn(
        "metrics",
        endpoint::serve(listener, metrics, readiness, stop),
    );
}

/// A store that has failed must be opened anew: the process ends and its supervisor starts it again.
fn watch_store(lifecycle: &Lifecycle, store: &Opened) {
    let (store, stop) = (store.clone(), lifecycle.soft());
    lifecycle.spawn("store", async move {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            () = store.failed() => Err("the store has failed: see the log, look at the disk, start usher again"),
        }
    });
}

fn readiness(ready: &AtomicBool, broker: &Broker) -> Readiness {
    let (serving, peers) = (ready.load(Ordering::Relaxed), broker.peers());
    readiness_of(serving, peers.reaches_store(), peers.clock_ahead())
}

/// Of a broker that takes calls, or no longer; that reaches its store, or not; whose machine's clock is `ahead` of the store's.
fn readiness_of(serving: bool, reaches_store: bool, ahead: SignedDuration) -> Readiness {
    if !serving {
        Readiness::NotReady("draining")
    } else if !reaches_store {
        Readiness::NotReady("the store cannot be reached")
    } else if ahead.abs() > CLOCK_AHEAD_MAX {
        Readiness::ReadyBut(format!(
            "the clock of this broker's machine is {:.1} s off that of the store",
            ahead.as_secs_f64()
        ))
    } else {
        Readiness::Ready
    }
}

/// Says what routing goes by, and what it cannot know.
fn announce(directory: &Directory) {
    let table = directory.table();
    let release = &table.about().release;
    if table.knows_terminations() {
        tracing::info!(release, "postcodes");
    } else {
        tracing::info!(
            release,
            "postcodes; which are no longer in use is not known: `usher directory build` makes a table that knows, from a full release"
        );
    }
}

/// What a reload replaces, and what it was started with.
struct Running {
    broker: Arc<Broker>,
    identities: Arc<Identities>,
    groups: Arc<Groups>,
    tls: Arc<Reloader>,
    settings: Vec<Setting>,
    absent_after: Duration,
}

/// Sections that a reload puts in force; other settings wait for a restart.
const RELOADED: [&str; 5] = [
    "identities",
    "directory.",
    "agreements.",
    "policy.",
    "console.groups",
];

impl Running {
    /// Puts directory, policy and identities in force anew, and looks at the certificates. What cannot be used leaves the
    /// old in force.
    fn replace(&self, reloaded: Result<Loaded, Faults>) {
        match reloaded {
            Ok(loaded) => {
                tell(&loaded.warnings);
                let waiting = self.waiting(&loaded);
                announce(&loaded.directory);
                self.broker.replace_directory(loaded.directory);
                self.broker.replace_policy(loaded.policy);
                self.identities.replace(loaded.identities);
                self.groups.replace(loaded.groups);
                tracing::info!(
                    "directory, responders, agreements, policy, identities and groups were loaded again"
                );
                if !waiting.is_empty() {
                    tracing::warn!(waiting, "settings that have changed wait for a restart");
                }
            }
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the new configuration cannot be used; the old one stays in force"
            ),
        }
        if let Err(error) = self.tls.poll() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the new certificates cannot be used; the old ones stay in force"
            );
        }
    }

    /// The keys whose new values are not in force.
    fn waiting(&self, loaded: &Loaded) -> String {
        let old = |new: &Setting| self.settings.iter().find(|old| old.key == new.key);
        let changed = |new: &&Setting| old(new).is_none_or(|old| old.value != new.value);
        let waits = |new: &&Setting| !RELOADED.iter().any(|section| new.key.starts_with(section));
        let settings = loaded.settings.iter().filter(waits).filter(changed);
        let absent = self.absent_after != loaded.absent_after;
        let keys = settings.map(|setting| setting.key.as_str());
        let keys = keys.chain(absent.then_some("absent.after of the policy"));
        keys.collect::<Vec<_>>().join(", ")
    }
}

fn system(doing: impl Into<String>, source: std::io::Error) -> ServeError {
    ServeError::System {
        doing: doing.into(),
        source,
    }
}

/// The methods of the contract, for the call metrics.
pub fn methods() -> Vec<String> {
    let descriptors =
        prost_reflect::DescriptorPool::decode(usher_proto::FILE_DESCRIPTOR_SET).unwrap_or_default();
    let services = descriptors.services().collect::<Vec<_>>();
    let name = |method: prost_reflect::MethodDescriptor| {
        format!("{}/{}", method.parent_service().full_name(), method.name())
    };
    services
        .iter()
        .flat_map(prost_reflect::ServiceDescriptor::methods)
        .map(name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_does_not_stop_a_broker_and_is_told() {
        let of = |serving, reaches, ahead_ms| {
            let ahead = SignedDuration::from_millis(ahead_ms);
            readiness_of(serving, reaches, ahead)
        };
        assert_eq!(of(true, true, 0), Readiness::Ready);
        assert_eq!(of(true, true, 2_000), Readiness::Ready);
        assert_eq!(of(true, true, -2_000), Readiness::Ready);
        for (ahead_ms, told) in [(2_001, " 2.0 s off"), (-61_500, " -61.5 s off")] {
            let Readiness::ReadyBut(what) = of(true, true, ahead_ms) else {
                panic!("{ahead_ms} ms are not told");
            };
            assert!(what.contains(told), "{what}");
        }
        let cut_off = Readiness::NotReady("the store cannot be reached");
        assert_eq!(of(true, false, 60_000), cut_off);
        assert_eq!(of(false, true, 60_000), Readiness::NotReady("draining"));
    }
}
