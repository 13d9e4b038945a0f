//! `usher serve`: from a configuration to a running broker, and what a reload replaces.

use super::open::{OpenError, open_store};
use super::{App, AppError, AppParts};
use crate::auth::{Identities, IdentityError, IdentityTable};
use crate::clock::{Clock, SystemClock};
use crate::config::check;
use crate::config::environment::Environment;
use crate::config::fault::{Fault, Faults};
use crate::config::settings::Config;
use crate::config::{self, Flag};
use crate::directory::{Authorities, Directory, DirectoryError, Responders, Table};
use crate::ids::RandomIds;
use crate::lifecycle::{Ending, Lifecycle, Signals};
use crate::rpc::tls::{Reloader, TlsError};
use crate::telemetry::endpoint::{self, Readiness};
use crate::telemetry::metrics::Metrics;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use usher_domain::policy::Policy;
use usher_domain::time::to_london;

/// Why a broker does not start. All but the last two mean that the configuration must be mended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Settings, policy or bank holidays.
    #[error("{0}")]
    Config(Faults),
    /// The directory's files.
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    /// A responder's own ladder.
    #[error("{file}: {source}")]
    Ladder {
        /// The responder's file.
        file: PathBuf,
        /// What is wrong.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The table of identities.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// Certificate, key or client CA.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The store.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The port or its limits.
    #[error(transparent)]
    App(#[from] AppError),
    /// The metrics port or the signals.
    #[error("{doing}")]
    System {
        /// What was being done, and what to look at.
        doing: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// Everything that a configuration names, loaded and checked as a whole; nothing is running yet.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The directory.
    pub directory: Directory,
    /// The policy, with each responder's hours and ladders.
    pub policy: Policy,
    /// The table of identities.
    pub identities: IdentityTable,
    /// How long a responder may have work waiting and no adapter.
    pub absent_after: Duration,
    /// What is worth knowing and stops nothing.
    pub warnings: Vec<Fault>,
}

/// Loads everything that the configuration in `file` names.
///
/// # Errors
/// Everything that is wrong, with file, line and remedy.
pub fn load(
    file: Option<&Path>,
    environment: &Environment,
    flags: &[Flag],
) -> Result<Loaded, ServeError> {
    let config = config::load(file, environment, flags)
        .map_err(ServeError::Config)?
        .config;
    let directory = directory(&config)?;
    let today = to_london(SystemClock.now()).date();
    let known: BTreeSet<_> = directory
        .responders()
        .iter()
        .map(|responder| responder.id.clone())
        .collect();
    let faults = check::check(&config, &known, today);
    let ((), mut warnings) = Faults::or(Some(()), faults).map_err(ServeError::Config)?;
    let (parts, more) =
        check::parts(&config).map_err(|faults| ServeError::Config(Faults(faults)))?;
    warnings.extend(more);
    let policy = policy(&parts, &directory, &config.directory.responders)?;
    let identities = IdentityTable::new(&config.identities)?;
    let absent_after = parts.rules.absent_after;
    Ok(Loaded {
        config,
        directory,
        policy,
        identities,
        absent_after,
        warnings,
    })
}

fn directory(config: &Config) -> Result<Directory, DirectoryError> {
    let authorities = Authorities::built_in()?;
    let responders = Responders::load(&config.directory.responders, &authorities)?;
    let table = match &config.directory.postcodes {
        Some(file) => Table::load(file)?,
        None => Table::built_in()?,
    };
    Ok(Directory::new(table, authorities, responders))
}

/// The policy for the responders of `directory`, whose files lie in `folder`.
///
/// # Errors
/// When a responder's own ladder is wrong or would leave a check unwatched.
pub fn policy(
    parts: &check::Parts,
    directory: &Directory,
    folder: &Path,
) -> Result<Policy, ServeError> {
    let mut terms = BTreeMap::new();
    for responder in directory.responders().iter() {
        let own = parts
            .rules
            .terms(responder.hours.clone(), &responder.ladder)
            .map_err(|source| ServeError::Ladder {
                file: folder.join(format!("{}.toml", responder.id)),
                source: source.into(),
            })?;
        terms.insert(responder.id.clone(), own);
    }
    parts
        .rules
        .policy(parts.calendar.clone(), terms)
        .map_err(|source| ServeError::Ladder {
            file: folder.to_path_buf(),
            source: source.into(),
        })
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
        absent_after,
        warnings: _,
    } = loaded;
    let signals =
        Signals::listen().map_err(|source| system("cannot listen for signals", source))?;
    let tls = Arc::new(Reloader::open(config.tls.clone())?);
    let identities = Arc::new(Identities::new(identities));
    let store = Arc::new(open_store(&config.store)?);
    let metrics = Arc::new(Metrics::new(methods()));
    let address = config.metrics.listen;
    let refused = |source| {
        system(
            format!("cannot listen for metrics on {address}: set metrics.listen"),
            source,
        )
    };
    let metrics_listener = TcpListener::bind(address).await.map_err(refused)?;
    let address = metrics_listener.local_addr().map_err(refused)?;
    let app = App::build(AppParts {
        store: Arc::clone(&store) as Arc<dyn crate::store::Store>,
        directory: Arc::new(directory),
        policy,
        clock: Arc::new(SystemClock),
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
    })
    .await?;
    let lifecycle = Lifecycle::new(Duration::from_secs(
        config.rpc.drain_seconds.saturating_add(STOP_MARGIN_SECONDS),
    ));
    let ready = Arc::new(AtomicBool::new(true));
    let (broker, listening) = (app.broker(), app.address());
    app.start(&lifecycle);
    watch_store(&lifecycle, &store);
    let (shown, stop) = (Arc::clone(&ready), lifecycle.soft());
    lifecycle.spawn(
        "metrics",
        endpoint::serve(metrics_listener, metrics, move || readiness(&shown), stop),
    );
    tracing::info!(address = %listening, metrics = %address, "usher is serving");
    lifecycle.ready();
    let reload = || {
        let reloaded = load(file.as_deref(), &environment, &flags);
        replace(reloaded, &broker, &identities, &tls);
        std::future::ready(())
    };
    let stopping = lifecycle.soft();
    tokio::spawn(async move {
        stopping.cancelled().await;
        ready.store(false, Ordering::Relaxed);
    });
    let ending = lifecycle.run(signals, reload).await;
    store.close().await;
    Ok(ending)
}

/// Between looks for responders with work waiting and no adapter.
const ABSENCE_EVERY: Duration = Duration::from_secs(30);
/// Beyond the drain of the port, for the other tasks.
const STOP_MARGIN_SECONDS: u64 = 5;

/// A store that has failed must be opened anew: the process ends and its supervisor starts it again.
fn watch_store(lifecycle: &Lifecycle, store: &Arc<super::Opened>) {
    let (mut failed, stop) = (store.failed(), lifecycle.soft());
    lifecycle.spawn("store", async move {
        tokio::select! {
            () = stop.cancelled() => Ok(()),
            _ = failed.wait_for(|failed| *failed) => Err("the store has failed: see the log, look at the disk, start usher again"),
        }
    });
}

fn readiness(ready: &AtomicBool) -> Readiness {
    if ready.load(Ordering::Relaxed) {
        Readiness::Ready
    } else {
        Readiness::NotReady("draining")
    }
}

/// Puts identities and policy in force anew, and looks at the certificates. What cannot be used leaves the old in force.
fn replace(
    reloaded: Result<Loaded, ServeError>,
    broker: &crate::broker::Broker,
    identities: &Identities,
    tls: &Reloader,
) {
    match reloaded {
        Ok(Loaded {
            policy,
            identities: table,
            ..
        }) => {
            broker.replace_policy(policy);
            identities.replace(table);
            tracing::info!("policy and identities were loaded again");
        }
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "the new configuration cannot be used; the old one stays in force"
        ),
    }
    if let Err(error) = tls.poll() {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the new certificates cannot be used; the old ones stay in force"
        );
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
