//! By a real SFTP server, which the tests start from Debian's `openssh-server` on loopback.

use super::{HEADER, check, names, not_known, reply, word};
use crate::support::TestClock;
use std::fs;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use usher::adapter::drop::{Settings, connector};
use usher::adapter::{Connector, Trouble};
use usher_proto::v1;

const SSHD: &str = "/usr/sbin/sshd";
const ROUND: Duration = Duration::from_secs(31);

/// Makes a key without a passphrase, and says whether it could.
pub(super) fn make_key(path: &Path) -> bool {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status();
    made.is_ok_and(|status| status.success())
}

/// A server, with keys for itself, for who comes in, and of somebody else.
struct Server {
    dir: TempDir,
    port: u16,
    options: &'static str,
    running: Option<Child>,
}

impl Server {
    /// None, and says so, where there is no `sshd`.
    fn start(options: &'static str) -> Option<Self> {
        if !Path::new(SSHD).exists() {
            println!("skipped: no sshd (Debian: apt-get install openssh-server)");
            return None;
        }
        let dir = tempfile::tempdir().unwrap();
        for key in ["host", "own", "other"] {
            assert!(make_key(&dir.path().join(key)));
        }
        fs::copy(dir.path().join("own.pub"), dir.path().join("authorized")).unwrap();
        fs::create_dir(dir.path().join("drop")).unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self {
            dir,
            port,
            options,
            running: None,
        };
        server.run();
        Some(server)
    }

    fn run(&mut self) {
        // Where it runs as root it locks itself in there.
        drop(fs::create_dir_all("/run/sshd"));
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        let config = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nPidFile none\nPermitRootLogin prohibit-password\nSubsystem sftp internal-sftp {}\n",
            self.port,
            path("host"),
            path("authorized"),
            self.options
        );
        fs::write(path("config"), config).unwrap();
        let log = fs::File::create(path("log")).unwrap();
        let child = Command::new(SSHD)
            .args(["-D", "-e", "-f"])
            .arg(path("config"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        self.running = Some(child);
        for _ in 0..200 {
            if TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_ok() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{}", fs::read_to_string(path("log")).unwrap());
    }

    /// Ends it with all its connections, at once.
    fn kill(&mut self) {
        let Some(mut child) = self.running.take() else {
            return;
        };
        let ids: Vec<String> = descendants(child.id()).iter().map(u32::to_string).collect();
        drop(
            Command::new("kill")
                .arg("-KILL")
                .args(ids)
                .stderr(Stdio::null())
                .status(),
        );
        drop(child.wait());
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("drop").join(path)
    }

    fn fingerprint(&self, key: &str) -> String {
        let path = self.dir.path().join(format!("{key}.pub"));
        let shown = Command::new("ssh-keygen")
            .args(["-l", "-E", "sha256", "-f"])
            .arg(path)
            .output()
            .unwrap();
        String::from_utf8(shown.stdout)
            .unwrap()
            .split_whitespace()
            .nth(1)
            .unwrap()
            .to_owned()
    }

    /// An adapter that trusts these host keys and shows that key.
    fn adapter(
        &self,
        host_keys: &[String],
        key: &str,
        state: &str,
    ) -> (Box<dyn Connector>, Arc<TestClock>) {
        let user = Command::new("id").arg("-un").output().unwrap().stdout;
        let text = format!(
            "state = {state:?}\n[sftp]\nhost = \"127.0.0.1\"\nport = {}\nuser = {:?}\nkey_file = {key:?}\nhost_keys = {host_keys:?}\npath = {:?}\noperation_seconds = 10\n",
            self.port,
            String::from_utf8(user).unwrap().trim(),
            self.path("").display().to_string(),
        );
        let mut settings: Settings = toml::from_str(&text).unwrap();
        settings.resolve(self.dir.path());
        let clock = Arc::new(TestClock::at("2026-01-05T09:00:00Z".parse().unwrap()));
        let made = connector(settings, clock.clone())
            .map_err(|unfit| unfit.to_string())
            .unwrap();
        (made, clock)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process and all that it started.
fn descendants(id: u32) -> Vec<u32> {
    let listed = Command::new("ps")
        .args(["-e", "-o", "pid=,ppid="])
        .output()
        .unwrap()
        .stdout;
    let listed = String::from_utf8(listed).unwrap();
    let pairs: Vec<(u32, u32)> = listed
        .lines()
        .filter_map(|line| {
            let mut ids = line.split_whitespace().filter_map(|id| id.parse().ok());
            Some((ids.next()?, ids.next()?))
        })
        .collect();
    let mut all = vec![id];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        all.extend(
            pairs
                .iter()
                .filter(|(_, own)| *own == parent)
                .map(|(child, _)| *child),
        );
        at += 1;
    }
    all
}

/// A request out and its answer in, on a server with these options of its SFTP subsystem.
async fn there_and_back(options: &'static str) {
    let Some(server) = Server::start(options) else {
        return;
    };
    let line = fs::read_to_string(server.dir.path().join("host.pub")).unwrap();
    let (adapter, clock) = server.adapter(
        &[format!("[127.0.0.1]:{} {line}", server.port)],
        "own",
        "state",
    );
    adapter.probe().await.unwrap();
    assert_eq!(word(&adapter.look_up(&check(1)).await.unwrap()), "pending");
    let out = names(&server.path("out"));
    assert!(out.len() == 1 && !out[0].starts_with('.'), "{out:?}");
    // Larger than one packet.
    let others: String = (2..200).map(not_known).collect();
    fs::write(
        server.path("in/night.csv"),
        HEADER.to_owned() + &not_known(1) + &others.repeat(10),
    )
    .unwrap();
    fs::write(server.path("in/bad.csv"), "nothing\n").unwrap();
    for _ in 0..2 {
        clock.forward(ROUND);
        adapter.probe().await.unwrap();
    }
    let reply = reply(adapter.look_up(&check(1)).await.unwrap());
    assert_eq!(reply.disposition, v1::Disposition::NotKnown);
    assert!(names(&server.path("in")).is_empty() && names(&server.path("taken")).is_empty());
    assert_eq!(
        (
            names(&server.path("done")).len(),
            names(&server.path("bad")).len()
        ),
        (1, 2)
    );
    // The same bytes again: a rename over a file that is there.
    fs::write(server.path("in/bad.csv"), "nothing\n").unwrap();
    for _ in 0..2 {
        clock.forward(ROUND);
        adapter.probe().await.unwrap();
    }
    assert!(names(&server.path("in")).is_empty());
    assert_eq!(names(&server.path("bad")).len(), 2);
}

#[tokio::test]
async fn files_go_there_and_back_by_sftp() {
    there_and_back("").await;
}

#[tokio::test]
async fn a_server_that_knows_the_bare_protocol_alone_will_do() {
    there_and_back("-P posix-rename,fsync,limits").await;
}

#[tokio::test]
async fn a_server_with_another_key_is_refused() {
    let Some(server) = Server::start("") else {
        return;
    };
    let (adapter, _) = server.adapter(&[server.fingerprint("other")], "own", "one");
    match adapter.look_up(&check(1)).await {
        Err(Trouble::Lasting { what, .. }) => assert!(what.contains("`host_keys`"), "{what}"),
        other => panic!("{:?}", other.map(|outcome| word(&outcome))),
    }
    assert!(names(&server.path("")).is_empty(), "nothing was written");
    let (adapter, _) = server.adapter(
        &[server.fingerprint("other"), server.fingerprint("host")],
        "own",
        "two",
    );
    assert_eq!(
        word(&adapter.look_up(&check(1)).await.unwrap()),
        "pending",
        "any of the pinned ones will do"
    );
}

#[tokio::test]
async fn an_account_that_is_not_let_in_is_told_so() {
    let Some(server) = Server::start("") else {
        return;
    };
    let (adapter, _) = server.adapter(&[server.fingerprint("host")], "other", "state");
    match adapter.probe().await {
        Err(Trouble::Lasting { what, .. }) => {
            assert!(what.contains("does not let this account in"), "{what}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_was_killed_is_found_again() {
    let Some(mut server) = Server::start("") else {
        return;
    };
    let (adapter, clock) = server.adapter(&[server.fingerprint("host")], "own", "state");
    assert_eq!(word(&adapter.look_up(&check(1)).await.unwrap()), "pending");
    fs::write(
        server.path("in/night.csv"),
        HEADER.to_owned() + &not_known(1),
    )
    .unwrap();
    clock.forward(ROUND);
    adapter.probe().await.unwrap();
    server.kill();
    clock.forward(ROUND);
    match adapter.look_up(&check(1)).await {
        Err(Trouble::Passing { what, .. }) => assert_eq!(what, "the SFTP server"),
        other => panic!("{:?}", other.map(|outcome| word(&outcome))),
    }
    server.run();
    clock.forward(ROUND);
    assert_eq!(word(&adapter.look_up(&check(1)).await.unwrap()), "answer");
    server.kill();
    server.run();
    assert_eq!(
        word(&adapter.look_up(&check(1)).await.unwrap()),
        "answer",
        "what was taken needs no server"
    );
    clock.forward(ROUND);
    assert_eq!(word(&adapter.look_up(&check(2)).await.unwrap()), "pending");
}
