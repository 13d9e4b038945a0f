//! A whole broker: the same `App` as `serve`, on redb in a folder of its own, behind real TLS on loopback. It can be stopped
//! and started again over the same store.

use super::browser::Browser;
use super::gate::{Gate, Gated};
use super::{EVERYBODY, OFFICER, OPERATOR, PATIENCE, TestClock, at, identity, lease, until};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::ops::{Bound, ControlFlow};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tonic::transport::Channel;
use usher::app::{self, App, AppParts};
use usher::auth::{Identities, IdentityTable};
use usher::broker::Broker;
use usher::clock::{Clock, SystemClock};
use usher::config::check::Parts;
use usher::config::policy::Rules;
use usher::config::settings::{Engine, PostgresSettings, StoreSettings};
use usher::config::{agreements, calendar};
use usher::directory::Directory;
use usher::ids::RandomIds;
use usher::lifecycle::{Ending, Lifecycle, Signal, Signals};
use usher::pki::{self, Authority, IssueRequest};
use usher::rpc::client::{ClientTls, endpoint};
use usher::rpc::server::Settings;
use usher::rpc::tls::{Reloader, TlsFiles};
use usher::scheduler;
use usher::store::Store;
use usher::store::embedded::EmbeddedStore;
use usher::store::kv::{KeyValue, Order, Write};
use usher::store::verify::{Report, verify};
use usher::telemetry::metrics::Metrics;
use usher_domain::agreement::Agreements;
use usher_domain::time::Timestamp;
use usher_proto::v1;
use usher_proto::v1::adapter_service_client::AdapterServiceClient;
use usher_proto::v1::court_service_client::CourtServiceClient;
use usher_proto::v1::operations_service_client::OperationsServiceClient;
use uuid::Uuid;

/// How a broker of a test differs from the usual one.
pub(crate) struct Shape {
    /// What the clock shows at first, in London: `2026-11-23T10:00`, a Monday in winter.
    pub(crate) now: &'static str,
    /// How long a responder may have work waiting and no adapter: for ever, unless a test is about it.
    pub(crate) absent_after: Duration,
    /// How long running calls may go on at a stop.
    pub(crate) drain_seconds: u64,
    /// What commits have to pass.
    pub(crate) gate: Option<Arc<Gate>>,
    /// The store, in place of one of its own.
    pub(crate) store: Option<Arc<dyn Store>>,
    /// The agreements, in place of one that permits everything to everybody.
    pub(crate) agreements: Option<Agreements>,
    /// Whether there is a console, on which a browser chooses whom to be: after how many minutes without a click it is signed out.
    pub(crate) console: Option<u64>,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            now: "2026-11-23T10:00",
            absent_after: Duration::from_secs(30 * 24 * 3_600),
            drain_seconds: 5,
            gate: None,
            store: None,
            agreements: None,
            console: None,
        }
    }
}

pub(crate) struct Kit {
    pub(crate) clock: Arc<TestClock>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) identities: Arc<Identities>,
    shape: Shape,
    authority: Authority,
    directory: Arc<Directory>,
    folder: TempDir,
    running: Option<Running>,
}

struct Running {
    engine: Arc<dyn KeyValue>,
    channels: Mutex<HashMap<String, Channel>>,
    store: Arc<EmbeddedStore>,
    broker: Weak<Broker>,
    address: SocketAddr,
    console: Option<SocketAddr>,
    signals: mpsc::Sender<Signal>,
    stopping: bool,
    ended: JoinHandle<Ending>,
}

impl Kit {
    pub(crate) async fn start() -> Self {
        Self::shaped(Shape::default()).await
    }

    pub(crate) async fn shaped(shape: Shape) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create("usher.example", SystemClock.now()).unwrap();
        write_tls(&authority, folder.path());
        let entries: Vec<_> = EVERYBODY.iter().map(|who| identity(who)).collect();
        let mut kit = Self {
            clock: Arc::new(TestClock::at(at(shape.now))),
            metrics: Arc::new(Metrics::new(app::methods())),
            identities: Arc::new(Identities::new(IdentityTable::new(&entries).unwrap())),
            shape,
            authority,
            directory: Arc::new(Directory::built_in().unwrap()),
            folder,
            running: None,
        };
        kit.serve().await;
        kit
    }

    /// Starts a broker over what the folder holds: every structure in memory is new.
    pub(crate) async fn serve(&mut self) {
        assert!(self.running.is_none(), "it is running");
        let engine = app::open_engine(&store_settings(self.folder.path())).unwrap();
        let engine: Arc<dyn KeyValue> = Arc::from(engine);
        let store = Arc::new(EmbeddedStore::open(Arc::clone(&engine), "redb").unwrap());
        let parts = Parts {
            rules: Rules::built_in().unwrap(),
            calendar: calendar::built_in(),
            agreements: agreements::Files::default(),
        };
        let mut policy =
            app::policy(&parts, &self.directory, Path::new("config/responders")).unwrap();
        let everybody = self.directory.responders().iter().map(|one| one.id.clone());
        policy.agreements = match &self.shape.agreements {
            Some(agreements) => agreements.clone(),
            None => Agreements::permitting(everybody),
        };
        let app = App::build(AppParts {
            store: self.gated(&store),
            directory: Arc::clone(&self.directory),
            policy,
            clock: Arc::clone(&self.clock) as Arc<dyn Clock>,
            ids: Arc::new(RandomIds),
            identities: Arc::clone(&self.identities),
            tls: Arc::new(Reloader::open(self.tls_files()).unwrap()),
            rpc: Settings {
                listen: SocketAddr::from(([127, 0, 0, 1], 0)),
                drain_seconds: self.shape.drain_seconds,
                ..Settings::default()
            },
            scheduler: scheduler::Settings {
                sweep_every: Duration::from_secs(300),
                absence_every: Duration::from_secs(30),
                absent_after: self.shape.absent_after,
            },
            metrics: Arc::clone(&self.metrics),
            console: self.shape.console.map(super::browser::personas),
        });
        let app = app.await.unwrap();
        let address = app.address();
        let console = app.console_address();
        let broker = Arc::downgrade(&app.broker());
        let lifecycle = Lifecycle::new(Duration::from_secs(self.shape.drain_seconds + 5));
        app.start(&lifecycle);
        let (signals, received) = mpsc::channel(2);
        let ended = tokio::spawn(async move {
            lifecycle
                .run(Signals::from_channel(received), || std::future::ready(()))
                .await
        });
        self.running = Some(Running {
            engine,
            channels: Mutex::default(),
            store,
            broker,
            address,
            console,
            signals,
            stopping: false,
            ended,
        });
    }

    fn gated(&self, store: &Arc<EmbeddedStore>) -> Arc<dyn Store> {
        if let Some(store) = &self.shape.store {
            return Arc::clone(store);
        }
        let store = Arc::clone(store);
        match &self.shape.gate {
            Some(gate) => Arc::new(Gated {
                gate: Arc::clone(gate),
                store,
            }),
            None => store,
        }
    }

    /// Asks the broker to stop; what runs is drained.
    pub(crate) async fn begin_stop(&mut self) {
        let running = self.running.as_mut().unwrap();
        assert!(!running.stopping, "a second signal would force it");
        running.stopping = true;
        running.signals.send(Signal::Stop).await.unwrap();
    }

    /// Stops the broker, and waits until its store is let go.
    pub(crate) async fn stop(&mut self) -> Ending {
        if !self.running.as_ref().unwrap().stopping {
            self.begin_stop().await;
        }
        let Running {
            engine,
            store,
            ended,
            signals,
            ..
        } = self.running.take().unwrap();
        let ending = ended.await.unwrap();
        drop(signals);
        store.close().await;
        let gone = Arc::downgrade(&engine);
        drop((store, engine));
        until("the store is let go", || gone.strong_count() == 0).await;
        ending
    }

    /// Stops the broker and starts another one over the same store.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.serve().await;
    }

    /// Stops the broker and proves its store.
    pub(crate) async fn verified(mut self) -> Report {
        self.stop().await;
        let mut engine = app::open_engine(&store_settings(self.folder.path())).unwrap();
        verify(engine.as_mut())
    }

    /// Flips a bit of an enquiry's record. The broker must not be running.
    pub(crate) fn damage(&self, enquiry_id: &str) {
        assert!(self.running.is_none(), "it is running");
        let engine = app::open_engine(&store_settings(self.folder.path())).unwrap();
        damage(engine.as_ref(), enquiry_id);
    }

    /// Flips a bit of an enquiry's record under the running broker.
    pub(crate) fn damage_while_running(&self, enquiry_id: &str) {
        damage(self.running.as_ref().unwrap().engine.as_ref(), enquiry_id);
    }

    /// Flips a bit of an entry of the feed under the running broker.
    pub(crate) fn damage_feed(&self, entry: u64) {
        let engine = self.running.as_ref().unwrap().engine.as_ref();
        flip(engine, &[&b"f"[..], &entry.to_be_bytes()].concat());
    }

    pub(crate) fn store(&self) -> &EmbeddedStore {
        &self.running.as_ref().unwrap().store
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A browser at the console, where nobody has signed in.
    pub(crate) fn browser(&self) -> Browser {
        let console = self.running.as_ref().unwrap().console;
        let console = console.expect("the kit's shape has a console");
        Browser::new(console, self.authority.certificate_pem())
    }

    /// Starts again with a console that signs people out after so many minutes without a click; 0 is at once.
    pub(crate) async fn restart_with_idle(&mut self, minutes: u64) {
        self.shape.console = Some(minutes);
        self.restart().await;
    }

    /// The broker itself, for what has no service.
    pub(crate) fn broker(&self) -> Arc<Broker> {
        let broker = self.running.as_ref().unwrap().broker.upgrade();
        broker.expect("it is running")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.running.as_ref().unwrap().address
    }

    fn tls_files(&self) -> TlsFiles {
        let path = |name: &str| self.folder.path().join(name);
        TlsFiles {
            certificate: path("server.pem"),
            key: path("server.key"),
            client_ca: path("ca.pem"),
            crl: None,
            ..TlsFiles::default()
        }
    }

    /// Certificate and key of `who`.
    pub(crate) fn tls(&self, who: &str) -> ClientTls {
        let request = IssueRequest::client("client", who, 7);
        let issued = self.authority.issue(&request, SystemClock.now()).unwrap();
        ClientTls {
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
            ca_pem: self.authority.certificate_pem().into(),
            server_name: Some("localhost".into()),
        }
    }

    /// Writes the files of a client program of another language, and returns certificate and key.
    pub(crate) fn client_files(&self, who: &str, name: &str) -> (PathBuf, PathBuf) {
        let tls = self.tls(who);
        let path = |end: &str| self.folder.path().join(format!("{name}.{end}"));
        pki::files::write(&path("pem"), tls.certificate_pem.as_bytes(), true).unwrap();
        pki::files::write_private(&path("key"), tls.key_pem.as_bytes(), true).unwrap();
        (path("pem"), path("key"))
    }

    /// The connection that the clients of `who` share.
    pub(crate) fn channel(&self, who: &str) -> Channel {
        let mut channels = self.running.as_ref().unwrap().channels.lock().unwrap();
        let channel = channels.entry(who.into());
        channel.or_insert_with(|| self.connection(who)).clone()
    }

    /// A connection of its own of `who`.
    pub(crate) fn connection(&self, who: &str) -> Channel {
        endpoint(&format!("https://{}", self.address()), &self.tls(who))
            .unwrap()
            .connect_lazy()
    }

    pub(crate) fn court(&self, who: &str) -> CourtServiceClient<Channel> {
        CourtServiceClient::new(self.channel(who))
    }

    pub(crate) fn adapter(&self, who: &str) -> AdapterServiceClient<Channel> {
        AdapterServiceClient::new(self.channel(who))
    }

    pub(crate) fn operations(&self, who: &str) -> OperationsServiceClient<Channel> {
        OperationsServiceClient::new(self.channel(who))
    }

    /// Submits as the officer.
    pub(crate) async fn submit(&self, request: v1::SubmitRequest) -> v1::SubmitResponse {
        let submitted = self.court(OFFICER).submit(request).await;
        submitted.unwrap().into_inner()
    }

    /// The enquiry as the officer sees it.
    pub(crate) async fn get(&self, enquiry_id: &str) -> v1::Enquiry {
        let request = v1::GetRequest {
            enquiry_id: enquiry_id.into(),
        };
        let got = self.court(OFFICER).get(request).await.unwrap();
        got.into_inner().enquiry.unwrap()
    }

    /// Leases one check as `who`.
    pub(crate) async fn lease(&self, who: &str) -> v1::LeasedCheck {
        self.leased(who, lease())
            .await
            .pop()
            .expect("a check waits")
    }

    /// What a lease call of `who` gives.
    pub(crate) async fn leased(
        &self,
        who: &str,
        call: v1::LeaseChecksRequest,
    ) -> Vec<v1::LeasedCheck> {
        let leased = self.adapter(who).lease_checks(call).await;
        leased.unwrap().into_inner().checks
    }

    /// Every alert that the operator lists, ended ones too.
    pub(crate) async fn alerts(&self) -> Vec<v1::Alert> {
        let request = v1::ListAlertsRequest {
            page_size: 1_000,
            states: vec![1, 2, 3],
            ..v1::ListAlertsRequest::default()
        };
        let listed = self
            .operations(OPERATOR)
            .list_alerts(request)
            .await
            .unwrap();
        listed.into_inner().alerts
    }

    /// How lending to Hackney stands.
    pub(crate) async fn lending(&self) -> v1::Lending {
        let request = v1::ListRespondersRequest::default();
        let listed = self.operations(OPERATOR).list_responders(request).await;
        let mut all = listed.unwrap().into_inner().responders.into_iter();
        let hackney = all.find(|responder| responder.id == "hackney").unwrap();
        hackney.lending.unwrap()
    }

    /// Waits until the broker has noticed that Hackney's programs lost what they held, so many times in a row.
    pub(crate) async fn until_lost(&self, losses: u32) {
        let noticed = tokio::time::timeout(PATIENCE, async {
            while self.lending().await.loss_count != losses {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        noticed.await.expect("the loss is noticed");
    }

    /// Everything that happened to an enquiry.
    pub(crate) async fn history(&self, enquiry_id: &str) -> Vec<v1::Event> {
        let request = v1::HistoryRequest {
            enquiry_id: enquiry_id.into(),
            page_size: 1_000,
            ..v1::HistoryRequest::default()
        };
        let history = self.court(OFFICER).history(request).await.unwrap();
        history.into_inner().events
    }

    /// The number of the feed's last entry.
    pub(crate) async fn store_end(&self) -> u64 {
        self.store().feed_end().await.unwrap().entry
    }

    /// Moves the clock and waits until everything that was due has been done.
    pub(crate) async fn move_to(&self, moment: &str) {
        self.move_to_instant(at(moment)).await;
    }

    pub(crate) async fn move_to_instant(&self, moment: Timestamp) {
        self.clock.set(moment);
        self.settle().await;
    }

    pub(crate) async fn settle(&self) {
        let settled = tokio::time::timeout(PATIENCE, async {
            while self
                .store()
                .next_due()
                .await
                .unwrap()
                .is_some_and(|due| due <= self.clock.now())
            {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        settled.await.expect("what is due is done");
    }
}

/// Makes the server's certificate and key, and the authority's certificate.
pub(crate) fn write_tls(authority: &Authority, folder: &Path) {
    let request = IssueRequest::server("server", &["localhost", "127.0.0.1"], 30);
    let issued = authority.issue(&request, SystemClock.now()).unwrap();
    pki::write_issued(&issued, "server", folder, true).unwrap();
    let ca = authority.certificate_pem().as_bytes();
    pki::files::write(&folder.join("ca.pem"), ca, true).unwrap();
}

fn store_settings(folder: &Path) -> StoreSettings {
    StoreSettings {
        engine: Engine::Redb,
        path: folder.join("store"),
        cache_mib: 4,
        postgres: PostgresSettings::default(),
    }
}

fn damage(engine: &dyn KeyValue, enquiry_id: &str) {
    let id: Uuid = enquiry_id.parse().unwrap();
    flip(engine, id.as_bytes());
}

/// Flips a bit in the middle of what has a key with this end.
fn flip(engine: &dyn KeyValue, end: &[u8]) {
    let mut record = None;
    let everything = (Bound::Unbounded, Bound::Unbounded);
    let scanned = engine.scan(everything, Order::Ascending, &mut |key, value| {
        if key.ends_with(end) {
            record = Some((key.to_vec(), value.to_vec()));
        }
        ControlFlow::Continue(())
    });
    scanned.unwrap();
    let (key, mut value) = record.expect("the record is there");
    let middle = value.len() / 2;
    value[middle] ^= 1;
    engine.commit(&[Write::put(key, value)]).unwrap();
}
