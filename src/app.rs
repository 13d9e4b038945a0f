//! The composition root: the one place that names concrete engines, clocks and services. `serve`, the demo and the benchmarks start the
//! same [`App`].

mod connector;
mod console;
mod database;
mod gauges;
mod load;
mod open;
mod serve;

pub use connector::{UnfitConnector, connector};
pub use console::{ConsoleError, ConsoleParts};
pub use database::{DatabaseError, database};
pub use load::{Loaded, load, policy, tell};
pub use open::{
    OpenError, Opened, open_engine, open_engine_to_read, open_made_engine, open_store, verify_store,
};
pub use serve::{ServeError, methods, serve};

use crate::auth::Identities;
use crate::broker::{Broker, Parts};
use crate::clock::Clock;
use crate::directory::Directory;
use crate::ids::Ids;
use crate::lifecycle::Lifecycle;
use crate::rpc::adapter::Adapter;
use crate::rpc::call::Calls;
use crate::rpc::court::Court;
use crate::rpc::operations::Operations;
use crate::rpc::reason::reasoned;
use crate::rpc::server::{Server, Settings};
use crate::rpc::tls::Reloader;
use crate::scheduler::{self, Scheduler};
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use console::Console;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_proto::v1::adapter_service_server::AdapterServiceServer;
use usher_proto::v1::court_service_server::CourtServiceServer;
use usher_proto::v1::operations_service_server::OperationsServiceServer;

/// Everything that an [`App`] is made of.
pub struct AppParts {
    /// The durable home of enquiries.
    pub store: Arc<dyn Store>,
    /// Postcodes, authorities and responders.
    pub directory: Arc<Directory>,
    /// Ladders, leases, hours and holidays.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// Who may connect, and as what.
    pub identities: Arc<Identities>,
    /// The server's certificate and whom it trusts.
    pub tls: Arc<Reloader>,
    /// The gRPC port and its limits; port 0 takes any free one.
    pub rpc: Settings,
    /// When the scheduler looks.
    pub scheduler: scheduler::Settings,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// The pages for people, where there are any.
    pub console: Option<ConsoleParts>,
}

/// A broker that has its port and does not serve yet.
pub struct App {
    broker: Arc<Broker>,
    identities: Arc<Identities>,
    tls: Arc<Reloader>,
    server: Server,
    scheduler: Scheduler,
    listener: TcpListener,
    address: SocketAddr,
    console: Option<Console>,
    /// Adds one more service to the same port: the benchmarks' echo.
    extra: Option<Extra>,
}

type Extra = Box<dyn FnOnce(Routes) -> Routes + Send>;

/// Why an app cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The port cannot be taken.
    #[error("cannot listen on {address}: is another usher running there?")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// A limit of the port is outside its bounds.
    #[error(transparent)]
    Settings(#[from] crate::rpc::server::SettingsError),
    /// The store cannot be read.
    #[error("the store cannot be read")]
    Store(#[from] crate::store::StoreError),
}

impl App {
    /// Puts the parts together and takes the port; nothing is served yet.
    ///
    /// # Errors
    /// When the port cannot be taken, a setting is out of bounds, or the store cannot be read.
    pub async fn build(parts: AppParts) -> Result<Self, AppError> {
        let AppParts {
            store,
            directory,
            policy,
            clock,
            ids,
            identities,
            tls,
            rpc,
            scheduler,
            metrics,
            console,
        } = parts;
        let listen = rpc.listen;
        let failed = |source| AppError::Listen {
            address: listen,
            source,
        };
        let listener = crate::rpc::listener::bind(listen).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let server = Server::new(rpc, Arc::clone(&tls), Arc::clone(&identities))?;
        let broker = Broker::new(Parts {
            store,
            directory,
            policy,
            clock,
            ids,
            metrics,
        })
        .await?;
        let broker = Arc::new(broker);
        let console = match console {
            Some(parts) => Some(Console::open(parts, &tls).await?),
            None => None,
        };
        let scheduler = Scheduler::new(Arc::clone(&broker), scheduler);
        Ok(Self {
            broker,
            identities,
            tls,
            server,
            scheduler,
            listener,
            address,
            console,
            extra: None,
        })
    }

    /// Serves what `add` adds beside the product's own services: not measured, on the same port.
    #[must_use]
    pub fn with_service(mut self, add: impl FnOnce(Routes) -> Routes + Send + 'static) -> Self {
        self.extra = Some(Box::new(add));
        self
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address that the console listens on, where there is one.
    pub fn console_address(&self) -> Option<SocketAddr> {
        self.console.as_ref().map(Console::address)
    }

    /// The broker, for whoever runs in the same process.
    pub fn broker(&self) -> Arc<Broker> {
        Arc::clone(&self.broker)
    }

    /// Serves as tasks of `lifecycle` until it stops.
    pub fn start(self, lifecycle: &Lifecycle) {
        let Self {
            broker,
            identities,
            tls,
            server,
            scheduler,
            listener,
            console,
            extra,
            ..
        } = self;
        let (soft, hard) = (lifecycle.soft(), lifecycle.hard());
        let routes = routes(&broker, &identities, soft.clone(), extra);
        let connections = server.connections();
        lifecycle.spawn("server", async move {
            server.serve(listener, routes, soft, hard).await.map(|_| ())
        });
        if let Some(console) = console {
            console.start(&broker, lifecycle);
        }
        let stop = lifecycle.soft();
        lifecycle.spawn("scheduler", async move {
            scheduler.run(stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
        let (stop, beating) = (lifecycle.soft(), Arc::clone(&broker));
        lifecycle.spawn("beats", async move {
            beating.keep_beating(stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
        let (stop, following) = (lifecycle.soft(), Arc::clone(&broker));
        lifecycle.spawn("follower", async move {
            // Where there are no other brokers it ends at once.
            let _ = stop.run_until_cancelled(following.follow()).await;
            stop.cancelled().await;
            Ok::<(), std::convert::Infallible>(())
        });
        let stop = lifecycle.soft();
        lifecycle.spawn("gauges", async move {
            gauges::keep(broker, connections, tls, stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
    }
}

/// The services of the gRPC port, with health and reflection.
fn routes(
    broker: &Arc<Broker>,
    identities: &Arc<Identities>,
    stop: CancellationToken,
    extra: Option<Extra>,
) -> Routes {
    let calls = Calls::new(Arc::clone(broker), Arc::clone(identities), stop.clone());
    let court = CourtServiceServer::new(Court::new(calls.clone()))
        .max_decoding_message_size(limits::REQUEST_BYTES_MAX)
        .max_encoding_message_size(limits::RESPONSE_BYTES_MAX);
    let adapter = AdapterServiceServer::new(Adapter::new(calls.clone()))
        .max_decoding_message_size(limits::REQUEST_BYTES_MAX)
        .max_encoding_message_size(limits::RESPONSE_BYTES_MAX);
    let operations = OperationsServiceServer::new(Operations::new(calls))
        .max_decoding_message_size(limits::REQUEST_BYTES_MAX)
        .max_encoding_message_size(limits::RESPONSE_BYTES_MAX);
    let (reporter, health) = tonic_health::server::health_reporter();
    let serving = Arc::clone(broker);
    tokio::spawn(async move {
        tell_health(&reporter, ServingStatus::Serving).await;
        let mut reached = true;
        while stop
            .run_until_cancelled(sleep(HEALTH_EVERY))
            .await
            .is_some()
        {
            let reaches = serving.peers().reaches_store();
            if reaches != reached {
                reached = reaches;
                let status = if reaches {
                    tracing::info!("the store is reached again");
                    ServingStatus::Serving
                } else {
                    tracing::error!("the store cannot be reached: calls are refused until it can");
                    ServingStatus::NotServing
                };
                tell_health(&reporter, status).await;
            }
        }
        tell_health(&reporter, ServingStatus::NotServing).await;
    });
    let mut routes = Routes::default()
        .add_service(court)
        .add_service(adapter)
        .add_service(operations)
        .add_service(health);
    let reflection = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(usher_proto::FILE_DESCRIPTOR_SET)
        .build_v1();
    match reflection {
        Ok(reflection) => routes = routes.add_service(reflection),
        Err(error) => tracing::error!(
            error = &error as &dyn std::error::Error,
            "reflection is off: the built-in descriptors cannot be read"
        ),
    }
    let routes = measured(routes, Arc::clone(broker.metrics()));
    match extra {
        Some(add) => add(routes),
        None => routes,
    }
}

/// How often it is looked whether the store can be reached.
const HEALTH_EVERY: Duration = Duration::from_secs(1);

/// Sets the health of the whole and of every service.
async fn tell_health(reporter: &HealthReporter, status: ServingStatus) {
    let services = [
        "",
        <CourtServiceServer<Court> as NamedService>::NAME,
        <AdapterServiceServer<Adapter> as NamedService>::NAME,
        <OperationsServiceServer<Operations> as NamedService>::NAME,
    ];
    for service in services {
        reporter.set_service_status(service, status).await;
    }
}

/// Counts and times every call by method and status; one layer for that and for reasons, since each costs every call.
fn measured(routes: Routes, metrics: Arc<Metrics>) -> Routes {
    use axum::extract::Request;
    use axum::middleware::{Next, from_fn};
    let layer = from_fn(move |request: Request, next: Next| {
        let metrics = Arc::clone(&metrics);
        async move {
            let method = request.uri().path().to_owned();
            let watch = crate::clock::Stopwatch::start();
            let response = reasoned(next.run(request).await);
            let status = tonic::Status::from_header_map(response.headers());
            metrics.called(
                &method,
                status.map_or(tonic::Code::Ok, |status| status.code()),
                watch.elapsed(),
            );
            response
        }
    });
    Routes::from(routes.into_axum_router().layer(layer))
}
