//! The real program as a process of its own: killed, stopped, told to reload, and started with what it must refuse.

mod broker_loss;
mod brokers;
mod config;
mod kill;
mod shutdown;
mod signs;

use crate::support::*;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tonic::transport::Channel;
use usher::clock::{Clock as _, Stopwatch, SystemClock};
use usher::pki::{Authority, IssueRequest};
use usher::rpc::client::{ClientTls, endpoint};
use usher_domain::time::to_london;
use usher_proto::v1;
use v1::adapter_service_client::AdapterServiceClient;
use v1::court_service_client::CourtServiceClient;
use v1::operations_service_client::OperationsServiceClient;

/// Where a broker lives: its configuration, certificates and store.
struct Home {
    folder: TempDir,
    authority: Authority,
}

impl Home {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::create("usher.example", SystemClock.now()).unwrap();
        write_tls(&authority, folder.path());
        let home = Self { folder, authority };
        home.write("usher.toml", &Self::config(&EVERYBODY, ""));
        home
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// A configuration with these clients; `rpc` are more lines of its first section.
    fn config(clients: &[&str], rpc: &str) -> String {
        let responders = root().join("config/responders");
        let agreements = root().join("config/agreements");
        let mut text = format!(
            "[rpc]\nlisten = \"127.0.0.1:0\"\n{rpc}\n\
             [tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\nclient_ca = \"ca.pem\"\n\
             [store]\npath = \"store\"\ncache_mib = 4\n\
             [agreements]\nfolder = {agreements:?}\n\
             [directory]\nresponders = {responders:?}\n\
             [metrics]\nlisten = \"127.0.0.1:0\"\n\
             [log]\nformat = \"json\"\n"
        );
        for who in clients {
            let entry = identity(who);
            let written = writeln!(
                text,
                "[[identities]]\nuri = {:?}\nrole = {:?}\ncourts = {:?}\nresponders = {:?}",
                entry.uri, entry.role, entry.courts, entry.responders
            );
            written.unwrap();
        }
        text
    }

    fn usher(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_usher"));
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_clear()
            .stdin(Stdio::null());
        command
    }

    /// Starts the broker and waits until it serves.
    fn serve(&self) -> Serving {
        let mut child = self
            .usher(&["serve", "--config", "usher.toml"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap());
        let mut log = String::new();
        let address = loop {
            let mut line = String::new();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended:\n{log}");
            let entry: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
            log += &line;
            if entry["message"] == "usher is serving" {
                break entry["address"].as_str().unwrap().parse().unwrap();
            }
        };
        let log = Arc::new(Mutex::new(log));
        let kept = Arc::clone(&log);
        std::thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                *kept.lock().unwrap() += &(line + "\n");
            }
        });
        Serving {
            child,
            address,
            log,
        }
    }

    /// Runs a command to its end: exit code, standard output, standard error.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let mut command = self.usher(arguments);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let Some(status) = ended(&mut child, PATIENCE) else {
            let _ = child.kill();
            panic!("{arguments:?} does not end");
        };
        let (mut out, mut err) = (String::new(), String::new());
        child.stdout.unwrap().read_to_string(&mut out).unwrap();
        child.stderr.unwrap().read_to_string(&mut err).unwrap();
        (status.code(), out, err)
    }

    fn tls(&self, who: &str) -> ClientTls {
        let request = IssueRequest::client("client", who, 7);
        let issued = self.authority.issue(&request, SystemClock.now()).unwrap();
        ClientTls {
            certificate_pem: issued.certificate_pem,
            key_pem: issued.key_pem,
            ca_pem: self.authority.certificate_pem().into(),
            server_name: Some("localhost".into()),
        }
    }

    fn channel(&self, serving: &Serving, who: &str) -> Channel {
        endpoint(&format!("https://{}", serving.address), &self.tls(who))
            .unwrap()
            .connect_lazy()
    }

    fn court(&self, serving: &Serving, who: &str) -> CourtServiceClient<Channel> {
        CourtServiceClient::new(self.channel(serving, who))
    }
}

/// A running broker; killed when it is dropped.
struct Serving {
    child: Child,
    address: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Serving {
    /// Sends a signal by its name, such as `TERM`.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.child.id().to_string())
            .status();
        assert!(sent.unwrap().success());
    }

    /// As the kernel or a power cut would: no handler runs.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end, which must come within `limit`.
    fn end(&mut self, limit: Duration) -> ExitStatus {
        ended(&mut self.child, limit)
            .unwrap_or_else(|| panic!("it does not end:\n{}", self.log.lock().unwrap()))
    }

    async fn logged(&self, words: &str) {
        until(words, || self.log.lock().unwrap().contains(words)).await;
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ended(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let stopwatch = Stopwatch::start();
    while stopwatch.elapsed() < limit {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    None
}

/// An enquiry for a hearing at noon in two days of the real clock.
fn enquiry_for_real() -> v1::SubmitRequest {
    let day = to_london(SystemClock.now()).date().tomorrow().unwrap();
    let day = day.tomorrow().unwrap();
    enquiry_at(&format!("{day}T12:00"), &[IN_HACKNEY])
}
