//! The secure edge on real sockets: who gets in, what ends a connection, and that honest clients never notice. The health
//! service stands in for usher's own.

mod admission;
mod http2;
mod raw;
mod reload;
mod stop;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::service::Routes;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::Channel;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use usher::auth::{Identities, IdentityEntry, IdentityTable};
use usher::clock::{Clock, SystemClock};
use usher::pki::{self, Authority, IssueRequest, Issued};
use usher::rpc::client::{ClientTls, endpoint};
use usher::rpc::connections::Connections;
use usher::rpc::listener::{Peer, bind};
use usher::rpc::server::{Drain, Server, Settings};
use usher::rpc::tls::{Reloader, TlsFiles};
use usher_domain::time::Timestamp;

/// The client that every table of these tests knows.
pub(crate) const GATEWAY: &str = "spiffe://usher.example/court/B01IX/gateway";
/// A client with a good certificate that no table knows.
pub(crate) const STRANGER: &str = "spiffe://usher.example/court/B01IX/stranger";

/// Longer than anything here takes, so that a hang is a failure.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) fn days_ago(days: i64) -> Timestamp {
    SystemClock.now() - jiff::SignedDuration::from_hours(24 * days)
}

pub(crate) fn table(uris: &[&str]) -> IdentityTable {
    let entry = |uri: &&str| IdentityEntry {
        uri: (*uri).into(),
        role: "officer".into(),
        courts: vec!["B01IX".into()],
        responders: vec![],
        person: None,
    };
    IdentityTable::new(&uris.iter().map(entry).collect::<Vec<_>>()).unwrap()
}

/// A running server, its authority and the files it reads.
pub(crate) struct Edge {
    pub(crate) authority: Authority,
    pub(crate) files: TlsFiles,
    pub(crate) addr: SocketAddr,
    pub(crate) tls: Arc<Reloader>,
    pub(crate) identities: Arc<Identities>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) soft: CancellationToken,
    pub(crate) hard: CancellationToken,
    pub(crate) last_peer: Arc<Mutex<Option<Peer>>>,
    serving: JoinHandle<Drain>,
    _dir: tempfile::TempDir,
}

impl Edge {
    pub(crate) fn start(settings: Settings) -> Self {
        Self::start_with_revoked(settings, None)
    }

    /// Starts with a revocation list of these serial numbers.
    pub(crate) fn start_with_revoked(settings: Settings, revoked: Option<&[Vec<u8>]>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let authority = Authority::create("usher.example", days_ago(100)).unwrap();
        let files = TlsFiles {
            certificate: dir.path().join("broker.pem"),
            key: dir.path().join("broker.key"),
            client_ca: dir.path().join("ca.pem"),
            crl: revoked.map(|_| dir.path().join("crl.pem")),
            ..TlsFiles::default()
        };
        std::fs::write(&files.client_ca, authority.certificate_pem()).unwrap();
        if let (Some(serials), Some(path)) = (revoked, &files.crl) {
            let list = authority
                .revocation_list(serials, SystemClock.now(), 1)
                .unwrap();
            std::fs::write(path, list).unwrap();
        }
        write_server(&authority, &files, "broker", SystemClock.now());
        let tls = Arc::new(Reloader::open(files.clone()).unwrap());
        let identities = Arc::new(Identities::new(table(&[GATEWAY])));
        let (soft, hard) = (CancellationToken::new(), CancellationToken::new());
        let server = Server::new(settings, Arc::clone(&tls), Arc::clone(&identities)).unwrap();
        let connections = server.connections();
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let addr = listener.local_addr().unwrap();
        let last_peer = Arc::default();
        let serving = server.serve(listener, routes(&last_peer), soft.clone(), hard.clone());
        let serving = tokio::spawn(async move { serving.await.unwrap() });
        Self {
            authority,
            files,
            addr,
            tls,
            identities,
            connections,
            soft,
            hard,
            last_peer,
            serving,
            _dir: dir,
        }
    }

    /// Issues a client certificate that holds now.
    pub(crate) fn issue(&self, uri: &str) -> Issued {
        self.authority
            .issue(&IssueRequest::client("client", uri, 7), SystemClock.now())
            .unwrap()
    }

    /// What a client with this certificate needs.
    pub(crate) fn client(&self, issued: &Issued) -> ClientTls {
        ClientTls {
            certificate_pem: issued.certificate_pem.clone(),
            key_pem: issued.key_pem.clone(),
            ca_pem: self.authority.certificate_pem().into(),
            server_name: Some("localhost".into()),
        }
    }

    /// A channel of the client that the table knows.
    pub(crate) fn honest(&self) -> Channel {
        self.channel(&self.client(&self.issue(GATEWAY)))
    }

    pub(crate) fn channel(&self, tls: &ClientTls) -> Channel {
        endpoint(&format!("https://{}", self.addr), tls)
            .unwrap()
            .connect_lazy()
    }

    pub(crate) fn counter(&self, name: &str) -> u64 {
        let counters = self.connections.counters.snapshot();
        counters
            .into_iter()
            .find(|(key, _)| *key == name)
            .unwrap()
            .1
    }

    /// Waits until `counter` is `count`.
    pub(crate) async fn until_counted(&self, counter: &str, count: u64) {
        until(&format!("{counter} is {count}"), || {
            self.counter(counter) == count
        })
        .await;
    }

    /// Ends the server as a signal would, and returns how it ended.
    pub(crate) async fn stop(self) -> Drain {
        self.soft.cancel();
        timeout(PATIENCE, self.serving)
            .await
            .expect("the server ends")
            .unwrap()
    }
}

/// Waits until `holds`.
pub(crate) async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never: {what}"));
}

/// Gives the server a new certificate, whose subject is `name`.
pub(crate) fn write_server(authority: &Authority, files: &TlsFiles, name: &str, now: Timestamp) {
    let request = IssueRequest::server(name, &["localhost", "127.0.0.1"], 30);
    let issued = authority.issue(&request, now).unwrap();
    pki::files::write_private(&files.key, issued.key_pem.as_bytes(), true).unwrap();
    pki::files::write(&files.certificate, issued.certificate_pem.as_bytes(), true).unwrap();
}

fn routes(last_peer: &Arc<Mutex<Option<Peer>>>) -> Routes {
    let (_, health) = tonic_health::server::health_reporter();
    let last_peer = Arc::clone(last_peer);
    let seen = move |request: tonic::Request<()>| {
        *last_peer.lock().unwrap() = Peer::of(&request).cloned();
        Ok(request)
    };
    Routes::new(InterceptedService::new(health, seen))
}

/// One call, as an honest client makes it.
pub(crate) async fn call(channel: &Channel) -> Result<(), tonic::Status> {
    let request = HealthCheckRequest::default();
    let mut client = HealthClient::new(channel.clone());
    let answer = timeout(PATIENCE, client.check(request)).await;
    answer.expect("an answer or a refusal").map(drop)
}

/// Calls, and watches that the call is refused and `counter` counts it.
pub(crate) async fn check_refused(edge: &Edge, tls: &ClientTls, counter: &str) {
    let before = edge.counter(counter);
    assert!(
        call(&edge.channel(tls)).await.is_err(),
        "the call got through"
    );
    until(counter, || edge.counter(counter) > before).await;
    assert_eq!(
        *edge.last_peer.lock().unwrap(),
        None,
        "a handler saw the call"
    );
    assert_eq!(edge.connections.counters.revoked.load(Ordering::Relaxed), 0);
}

/// The path of a file beside the server's own.
pub(crate) fn beside(files: &TlsFiles, name: &str) -> PathBuf {
    files.certificate.with_file_name(name)
}
