//! Where the demo plays: a fresh folder with a store and certificates, and in it the same app as `serve`, on loopback, with mutual TLS.

use super::client::Client;
use super::console::Pages;
use crate::app::{self, App, AppParts, Opened, open_store};
use crate::auth::{Identities, IdentityEntry, IdentityTable};
use crate::clock::{Clock, ScaledClock, Stopwatch, SystemClock};
use crate::config::check::Parts;
use crate::config::policy::Rules;
use crate::config::settings::{Engine, PostgresSettings, StoreSettings};
use crate::config::{agreements, calendar};
use crate::directory::Directory;
use crate::ids::{Ids, RandomIds};
use crate::lifecycle::{Ending, Lifecycle, Signal, Signals};
use crate::pki::{self, Authority, IssueRequest};
use crate::rpc::client::ClientTls;
use crate::rpc::server::Settings;
use crate::rpc::tls::{Reloader, TlsFiles};
use crate::scheduler;
use crate::telemetry::metrics::Metrics;
use anyhow::{Context as _, anyhow};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use usher_domain::code::{CourtCode, ResponderId, ResponderKind};
use usher_domain::policy::Policy;

/// The trust domain of the demo's certificates.
const TRUST_DOMAIN: &str = "usher.example";
/// How long they hold.
const CERTIFICATE_DAYS: u32 = 7;
/// Programs of court offices: with more courts than this, several share one.
pub(super) const OFFICES_MAX: usize = 48;
/// Memory for the store's cache.
const CACHE_MIB: usize = 64;
/// How long running calls may go on when the app stops.
const DRAIN_SECONDS: u64 = 5;
/// How long tasks of a stopped app may take to let go of the store, and how often that is looked at.
const LET_GO_LIMIT: Duration = Duration::from_secs(5);
const LOOKED_EVERY: Duration = Duration::from_millis(5);
/// In the demo's time: at its fastest these are some tens of real milliseconds.
const SWEEP_EVERY: Duration = Duration::from_hours(6);
const ABSENCE_EVERY: Duration = Duration::from_mins(15);

/// Who a client program is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Who {
    /// The court office with this number.
    Office(usize),
    /// A borough's adapter.
    Borough(ResponderId),
    /// The operators.
    Operators,
    /// Whoever watches the live display.
    Inspector,
}

impl Who {
    /// The name of its files.
    fn name(&self) -> String {
        match self {
            Self::Office(number) => format!("office-{number}"),
            Self::Borough(id) => format!("borough-{id}"),
            Self::Operators => "operators".into(),
            Self::Inspector => "inspector".into(),
        }
    }

    /// What its certificate says it is.
    pub(super) fn uri(&self) -> String {
        format!("spiffe://{TRUST_DOMAIN}/demo/{}", self.name())
    }

    fn identity(&self, offices: &[Vec<CourtCode>]) -> IdentityEntry {
        let (role, courts, responders) = match self {
            Self::Office(number) => {
                let courts = offices.get(*number).into_iter().flatten();
                (
                    "officer",
                    courts.map(ToString::to_string).collect(),
                    Vec::new(),
                )
            }
            Self::Borough(id) => ("adapter", Vec::new(), vec![id.to_string()]),
            Self::Operators => ("operator", vec!["*".into()], Vec::new()),
            Self::Inspector => ("inspector", vec!["*".into()], Vec::new()),
        };
        IdentityEntry {
            uri: self.uri(),
            role: role.into(),
            courts,
            responders,
            person: None,
        }
    }
}

/// The folder of one run. It is removed when it is dropped, unless it is kept.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    kept: bool,
}

impl Folder {
    fn fresh(parent: &Path) -> anyhow::Result<Self> {
        let path = parent.join(format!("usher-demo-{}", RandomIds.next()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&path);
        made.with_context(|| format!("cannot make the folder {}", path.display()))?;
        Ok(Self { path, kept: false })
    }

    /// Leaves the folder where it is.
    pub(super) fn keep(&mut self) {
        self.kept = true;
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the store is.
    pub(super) fn store(&self) -> PathBuf {
        self.path.join("store")
    }

    /// Where certificates and keys are.
    pub(super) fn certificates(&self) -> PathBuf {
        self.path.join("certificates")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.kept
            && let Err(error) = std::fs::remove_dir_all(&self.path)
        {
            tracing::warn!(reason = %error, "the demo's folder could not be removed");
        }
    }
}

/// Folder, certificates and everything that an app is made of.
pub(super) struct Stage {
    pub(super) folder: Folder,
    pub(super) store: StoreSettings,
    pub(super) directory: Arc<Directory>,
    clock: Arc<ScaledClock>,
    policy: Policy,
    absent_after: Duration,
    identities: Arc<Identities>,
    clients: BTreeMap<Who, ClientTls>,
    /// The console, where a person may take part.
    pub(super) console: Option<Pages>,
}

impl Stage {
    /// Makes a fresh folder in `parent` and certificates for every office, every responder of `directory`, the operators and an inspector.
    pub(super) fn set(
        parent: &Path,
        directory: Arc<Directory>,
        clock: Arc<ScaledClock>,
        offices: &[Vec<CourtCode>],
        database: Option<PostgresSettings>,
    ) -> anyhow::Result<Self> {
        let folder = Folder::fresh(parent)?;
        let boroughs = directory
            .responders()
            .of_kind(ResponderKind::ChildrenSocialCare)
            .map(|responder| Who::Borough(responder.id.clone()));
        let everybody: BTreeSet<Who> = (0..offices.len())
            .map(Who::Office)
            .chain(boroughs)
            .chain([Who::Operators, Who::Inspector])
            .collect();
        let clients = certificates(&folder, &everybody)?;
        let (policy, absent_after) = policy(&directory)?;
        let entries: Vec<IdentityEntry> =
            everybody.iter().map(|who| who.identity(offices)).collect();
        Ok(Self {
            policy,
            absent_after,
            identities: Arc::new(Identities::new(IdentityTable::new(&entries)?)),
            store: store_settings(&folder, database),
            folder,
            directory,
            clock,
            clients,
            console: None,
        })
    }

    /// Opens the store and starts the app.
    pub(super) async fn start(&self) -> anyhow::Result<Running> {
        let store = open_store(&self.store).await?;
        let certificates = self.folder.certificates();
        let tls = TlsFiles {
            certificate: certificates.join("server.pem"),
            key: certificates.join("server.key"),
            client_ca: certificates.join("ca.pem"),
            crl: None,
            ..TlsFiles::default()
        };
        let app = App::build(AppParts {
            store: store.store(),
            directory: Arc::clone(&self.directory),
            policy: self.policy.clone(),
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ids: Arc::new(RandomIds),
            identities: Arc::clone(&self.identities),
            tls: Arc::new(Reloader::open(tls)?),
            rpc: Settings {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                drain_seconds: DRAIN_SECONDS,
                ..Settings::default()
            },
            scheduler: scheduler::Settings {
                sweep_every: SWEEP_EVERY,
                absence_every: ABSENCE_EVERY,
                absent_after: self.absent_after,
            },
            metrics: Arc::new(Metrics::new(app::methods())),
            console: self.console.as_ref().map(Pages::parts),
        })
        .await?;
        let address = app.address();
        let lifecycle = Lifecycle::new(Duration::from_secs(DRAIN_SECONDS));
        app.start(&lifecycle);
        let (stop, signals) = mpsc::channel(1);
        let ended =
            tokio::spawn(lifecycle.run(Signals::from_channel(signals), || std::future::ready(())));
        Ok(Running {
            store,
            address,
            stop,
            ended,
        })
    }

    /// A client program of `who` to the broker at `address`.
    pub(super) fn client(&self, who: &Who, address: SocketAddr) -> anyhow::Result<Client> {
        Ok(Client::new(&format!("https://{address}"), &self.tls(who)?)?)
    }

    /// The certificate of `who`.
    pub(super) fn tls(&self, who: &Who) -> anyhow::Result<ClientTls> {
        self.clients
            .get(who)
            .cloned()
            .ok_or_else(|| anyhow!("no certificate for {}", who.name()))
    }

    /// The authorities that responders answer for.
    pub(super) fn authorities(&self, but: Option<&ResponderId>) -> Arc<[String]> {
        let others = self
            .directory
            .responders()
            .of_kind(ResponderKind::ChildrenSocialCare)
            .filter(|responder| Some(&responder.id) != but);
        others
            .flat_map(|responder| &responder.authorities)
            .map(ToString::to_string)
            .collect()
    }
}

/// An app that serves.
pub(super) struct Running {
    store: Opened,
    pub(super) address: SocketAddr,
    stop: mpsc::Sender<Signal>,
    ended: JoinHandle<Ending>,
}

impl Running {
    /// Stops it: what runs is finished, then the store is closed and free for others.
    pub(super) async fn stop(self) -> anyhow::Result<()> {
        // An error means that it has stopped by itself, which its ending tells.
        let _ = self.stop.send(Signal::Stop).await;
        let ending = self.ended.await?;
        self.store.close().await;
        // Calls that were cut off let go of the store when their tasks have ended.
        let watch = Stopwatch::start();
        while self.store.holders() > 1 && watch.elapsed() < LET_GO_LIMIT {
            tokio::time::sleep(LOOKED_EVERY).await;
        }
        if let Ending::Failed(task) = ending {
            return Err(anyhow!("the broker's task {task} died; the log says why"));
        }
        Ok(())
    }

    /// Whether it has stopped although nobody asked.
    pub(super) fn is_over(&self) -> bool {
        self.ended.is_finished()
    }
}

/// The settings of the store: the default engine in `folder`, or a database.
fn store_settings(folder: &Folder, database: Option<PostgresSettings>) -> StoreSettings {
    StoreSettings {
        engine: database.as_ref().map_or(Engine::Redb, |_| Engine::Postgres),
        path: folder.store(),
        cache_mib: CACHE_MIB,
        postgres: database.unwrap_or_default(),
    }
}

fn certificates(
    folder: &Folder,
    everybody: &BTreeSet<Who>,
) -> anyhow::Result<BTreeMap<Who, ClientTls>> {
    let (dir, now) = (folder.certificates(), SystemClock.now());
    let authority: Authority = pki::init(&dir, TRUST_DOMAIN, now, false)?;
    let request = IssueRequest::server("server", &["127.0.0.1", "localhost"], CERTIFICATE_DAYS);
    pki::write_issued(&authority.issue(&request, now)?, "server", &dir, false)?;
    let mut clients = BTreeMap::new();
    for who in everybody {
        let name = who.name();
        let issued = authority.issue(
            &IssueRequest::client(&name, &who.uri(), CERTIFICATE_DAYS),
            now,
        )?;
        pki::write_issued(&issued, &name, &dir, false)?;
        let tls = ClientTls {
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
            ca_pem: authority.certificate_pem().to_owned(),
            server_name: None,
        };
        clients.insert(who.clone(), tls);
    }
    Ok(clients)
}

/// The built-in policy with the hours and ladders of the directory's responders, and how long a responder may be away with work waiting.
fn policy(directory: &Directory) -> anyhow::Result<(Policy, Duration)> {
    let parts = Parts {
        rules: Rules::built_in().map_err(|_| anyhow!("the built-in policy cannot be read"))?,
        calendar: calendar::built_in(),
        agreements: agreements::built_in()
            .map_err(|_| anyhow!("the built-in agreement cannot be read"))?,
    };
    let absent_after = parts.rules.absent_after;
    let policy = app::policy(&parts, directory, Path::new("config/responders"))?;
    Ok((policy, absent_after))
}
