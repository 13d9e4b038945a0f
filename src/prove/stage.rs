//! Where an adapter is proved: a fresh folder with certificates and a store, a broker over it, the same app as `serve`, with short leases and
//! the machine's clock, and the door in front of it.

use super::front::{Client, Front, Traps};
use super::tape::Tape;
use crate::app::{self, App, AppParts, Opened, open_store};
use crate::auth::{Identities, IdentityEntry, IdentityTable};
use crate::clock::{Clock, Stopwatch, SystemClock};
use crate::config::check::Parts;
use crate::config::policy::Rules;
use crate::config::settings::{Engine, PostgresSettings, StoreSettings};
use crate::config::{agreements, calendar};
use crate::directory::Directory;
use crate::ids::{Ids as _, RandomIds};
use crate::lifecycle::{Ending, Lifecycle, Signal, Signals};
use crate::pki::{self, Authority, IssueRequest, Issued};
use crate::rpc::client::{ClientTls, endpoint};
use crate::rpc::listener::bind;
use crate::rpc::server::{Server, Settings};
use crate::rpc::tls::{Reloader, TlsFiles};
use crate::scheduler;
use crate::telemetry::metrics::Metrics;
use anyhow::{Context as _, anyhow};
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::transport::Channel;
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::adapter_service_server::AdapterServiceServer;
use usher_proto::v1::court_service_client::CourtServiceClient;

/// The responder whose adapter is proved, its authority, and another one.
pub(super) const RESPONDER: &str = "hackney";
pub(super) const AUTHORITY: &str = "E09000012";
pub(super) const NEIGHBOUR: &str = "islington";
pub(super) const NEIGHBOUR_AUTHORITY: &str = "E09000019";
/// The court whose officer asks.
pub(super) const COURT: &str = "B01IX";

/// The programs that call the broker.
pub(super) const OFFICER: &str = "spiffe://usher.example/prove/officer";
const ADAPTER: &str = "spiffe://usher.example/prove/adapter";
const DESK: &str = "spiffe://usher.example/prove/desk";
const NEIGHBOUR_DESK: &str = "spiffe://usher.example/prove/neighbour";

const TRUST_DOMAIN: &str = "usher.example";
const CERTIFICATE_DAYS: u32 = 2;
const CACHE_MIB: usize = 16;
/// How long running calls may go on when the broker stops, in seconds.
const DRAIN_SECONDS: u64 = 1;
/// How long tasks of a stopped broker may take to let go of the store, and how often that is looked at.
const LET_GO_LIMIT: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(5);
/// What a broker does besides, far apart: nothing here is about it.
const SWEEP_EVERY: Duration = Duration::from_hours(1);

/// Folder, certificates, and what a broker is made of.
pub(super) struct Stage {
    folder: Folder,
    authority: Authority,
    directory: Arc<Directory>,
    policy: Policy,
    identities: Arc<Identities>,
}

/// A folder that goes with the run.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(reason = %error, "the folder of the run could not be removed");
        }
    }
}

impl Stage {
    /// Makes a fresh folder in `parent` and the certificates of everybody. Leases last for `lease`.
    pub(super) fn set(parent: &Path, lease: Duration) -> anyhow::Result<Self> {
        let path = parent.join(format!("usher-prove-{}", RandomIds.next()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make the folder {}", path.display()))?;
        let folder = Folder(path);
        let now = SystemClock.now();
        let authority = pki::init(&folder.0, TRUST_DOMAIN, now, false)?;
        let server = IssueRequest::server("server", &["127.0.0.1", "localhost"], CERTIFICATE_DAYS);
        pki::write_issued(&authority.issue(&server, now)?, "server", &folder.0, false)?;
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(folder.0.join("adapter"))?;
        let directory = Arc::new(Directory::built_in()?);
        let entries = [
            identity(OFFICER, "officer", &[COURT], &[]),
            identity(ADAPTER, "adapter", &[], &[RESPONDER]),
            identity(DESK, "adapter", &[], &[RESPONDER]),
            identity(NEIGHBOUR_DESK, "adapter", &[], &[NEIGHBOUR]),
        ];
        let stage = Self {
            policy: policy(&directory, lease)?,
            identities: Arc::new(Identities::new(IdentityTable::new(&entries)?)),
            directory,
            authority,
            folder,
        };
        let ca = stage.authority.certificate_pem().as_bytes();
        pki::files::write(&stage.files().join("ca.pem"), ca, false)?;
        stage.renew_certificate()?;
        Ok(stage)
    }

    /// The folder of the adapter under test: `adapter.pem`, `adapter.key`, `ca.pem`.
    pub(super) fn files(&self) -> PathBuf {
        self.folder.0.join("adapter")
    }

    /// Puts a new certificate and key of the adapter in place of the old ones.
    pub(super) fn renew_certificate(&self) -> anyhow::Result<()> {
        pki::write_issued(&self.issued(ADAPTER)?, "adapter", &self.files(), true)?;
        Ok(())
    }

    fn issued(&self, who: &str) -> anyhow::Result<Issued> {
        let request = IssueRequest::client("prove", who, CERTIFICATE_DAYS);
        Ok(self.authority.issue(&request, SystemClock.now())?)
    }

    /// Opens the store and starts a broker.
    pub(super) async fn start(&self) -> anyhow::Result<Broker> {
        let settings = StoreSettings {
            engine: Engine::Redb,
            path: self.folder.0.join("store"),
            cache_mib: CACHE_MIB,
            postgres: PostgresSettings::default(),
        };
        let store = open_store(&settings).await?;
        let app = App::build(AppParts {
            store: store.store(),
            directory: Arc::clone(&self.directory),
            policy: self.policy.clone(),
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            identities: Arc::clone(&self.identities),
            tls: self.tls()?,
            rpc: listening(SocketAddr::from(([127, 0, 0, 1], 0))),
            scheduler: scheduler::Settings {
                sweep_every: SWEEP_EVERY,
                absence_every: SWEEP_EVERY,
                absent_after: SWEEP_EVERY,
            },
            metrics: Arc::new(Metrics::new(app::methods())),
            console: None,
        })
        .await?;
        let address = app.address();
        let lifecycle = Lifecycle::new(Duration::from_secs(DRAIN_SECONDS + 2));
        app.start(&lifecycle);
        let (stop, signals) = mpsc::channel(1);
        let ended =
            tokio::spawn(lifecycle.run(Signals::from_channel(signals), || std::future::ready(())));
        Ok(Broker {
            officer: CourtServiceClient::new(self.channel(OFFICER, address)?),
            adapter: self.adapter(ADAPTER, address)?,
            desk: self.adapter(DESK, address)?,
            neighbour: self.adapter(NEIGHBOUR_DESK, address)?,
            store,
            stop,
            ended,
        })
    }

    fn channel(&self, who: &str, address: SocketAddr) -> anyhow::Result<Channel> {
        let issued = self.issued(who)?;
        let tls = ClientTls {
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
            ca_pem: self.authority.certificate_pem().to_owned(),
            server_name: None,
        };
        Ok(endpoint(&format!("https://{address}"), &tls)?.connect_lazy())
    }

    fn adapter(&self, who: &str, address: SocketAddr) -> anyhow::Result<Client> {
        let client = AdapterServiceClient::new(self.channel(who, address)?);
        Ok(client.max_decoding_message_size(2 * limits::RESPONSE_BYTES_MAX))
    }

    fn tls(&self) -> anyhow::Result<Arc<Reloader>> {
        let path = |name: &str| self.folder.0.join(name);
        Ok(Arc::new(Reloader::open(TlsFiles {
            certificate: path("server.pem"),
            key: path("server.key"),
            client_ca: path("ca.pem"),
            crl: None,
            ..TlsFiles::default()
        })?))
    }

    /// Opens the door at `address` in front of `broker`.
    pub(super) async fn open_door(
        &self,
        address: SocketAddr,
        broker: &Broker,
        tape: &Arc<Tape>,
        traps: &Arc<Traps>,
    ) -> anyhow::Result<Door> {
        let server = Server::new(
            listening(address),
            self.tls()?,
            Arc::clone(&self.identities),
        )?;
        let listener = listen(address).await?;
        let front = Front {
            tape: Arc::clone(tape),
            traps: Arc::clone(traps),
            client: broker.adapter.clone(),
        };
        let routes = Routes::new(
            AdapterServiceServer::new(front)
                .max_encoding_message_size(2 * limits::RESPONSE_BYTES_MAX),
        );
        let (stop, address) = (CancellationToken::new(), listener.local_addr()?);
        let (soft, hard) = (stop.clone(), stop.clone());
        let ended = tokio::spawn(async move {
            if let Err(error) = server.serve(listener, routes, soft, hard).await {
                tracing::error!(reason = %error, "the door of the test broker failed");
            }
        });
        Ok(Door {
            address,
            stop,
            ended,
        })
    }
}

/// A broker that serves, and its clients.
pub(super) struct Broker {
    pub(super) officer: CourtServiceClient<Channel>,
    /// As the adapter under test.
    pub(super) adapter: Client,
    /// People of the same responder.
    pub(super) desk: Client,
    /// People of another one.
    pub(super) neighbour: Client,
    store: Opened,
    stop: mpsc::Sender<Signal>,
    ended: JoinHandle<Ending>,
}

impl Broker {
    /// Stops it and closes its store.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // An error means that it has stopped by itself, which its ending tells.
        let _ = self.stop.send(Signal::Stop).await;
        let ending = self.ended.await?;
        self.store.close().await;
        let watch = Stopwatch::start();
        while self.store.holders() > 1 && watch.elapsed() < LET_GO_LIMIT {
            tokio::time::sleep(LOOKED_EVERY).await;
        }
        match ending {
            Ending::Failed(task) => Err(anyhow!("the test broker's task {task} died")),
            Ending::Stopped | Ending::Forced => Ok(()),
        }
    }
}

/// The door, open.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    stop: CancellationToken,
    ended: JoinHandle<()>,
}

impl Door {
    /// Cuts every connection and closes the port.
    pub(super) async fn close(self) {
        self.stop.cancel();
        // A panic of the server's is in the log.
        drop(self.ended.await);
    }
}

/// A port behind which nobody is: it takes connections, counts and drops them.
pub(super) struct Shut {
    tries: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Shut {
    pub(super) async fn at(address: SocketAddr) -> anyhow::Result<Self> {
        let listener = listen(address).await?;
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let task = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((socket, _)) => {
                        counted.fetch_add(1, Ordering::Relaxed);
                        drop(socket);
                    }
                    Err(_) => tokio::time::sleep(LOOKED_EVERY).await,
                }
            }
        });
        Ok(Self { tries, task })
    }

    /// Frees the port; how often somebody tried.
    pub(super) async fn end(self) -> usize {
        self.task.abort();
        drop(self.task.await);
        self.tries.load(Ordering::Relaxed)
    }
}

/// Opens a port; who had it may take a moment to let go of it.
async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    let watch = Stopwatch::start();
    loop {
        match bind(address) {
            Ok(listener) => return Ok(listener),
            Err(_) if watch.elapsed() < LET_GO_LIMIT => tokio::time::sleep(LOOKED_EVERY).await,
            Err(error) => return Err(error).context(format!("cannot listen on {address}")),
        }
    }
}

fn listening(address: SocketAddr) -> Settings {
    Settings {
        listen: address,
        drain_seconds: DRAIN_SECONDS,
        ..Settings::default()
    }
}

fn identity(uri: &str, role: &str, courts: &[&str], responders: &[&str]) -> IdentityEntry {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    IdentityEntry {
        uri: uri.into(),
        role: role.into(),
        courts: owned(courts),
        responders: owned(responders),
        person: None,
    }
}

/// The built-in policy with short leases.
fn policy(directory: &Directory, lease: Duration) -> anyhow::Result<Policy> {
    let parts = Parts {
        rules: Rules::built_in().map_err(|_| anyhow!("the built-in policy cannot be read"))?,
        calendar: calendar::built_in(),
        agreements: agreements::built_in()
            .map_err(|_| anyhow!("the built-in agreements cannot be read"))?,
    };
    let mut policy = app::policy(&parts, directory, Path::new("config/responders"))?;
    let lease = SignedDuration::try_from(lease)?;
    policy.lease.min = policy.lease.min.min(lease);
    policy.lease.default = lease;
    policy.lease.max = lease;
    policy.lease.lost_before_alert = u32::MAX;
    Ok(policy)
}
