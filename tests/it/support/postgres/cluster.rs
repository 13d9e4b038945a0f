//! Three PostgreSQL servers of a test's own: one that writes, one that has every commit before it is acknowledged, one that follows.

use super::folder::Folder;
use super::network::{Network, address_of};
use super::processes::{family, signal};
use super::{as_user, binaries, own, template, unprivileged};
use std::fs::{self, File};
use std::io::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::sleep;
use usher::clock::{Clock as _, Stopwatch, SystemClock};
use usher::pki::{Authority, IssueRequest};
use usher::store::postgres::{PostgresStore, Settings, migrate};

/// How long a server may take to start, or to follow.
const LIMIT: Duration = Duration::from_secs(30);

/// How the server that writes is lost.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Loss {
    /// It and all its processes are killed.
    Killed,
    /// It stands still, and comes back after another has taken over.
    Frozen,
    /// Nobody reaches it, and it comes back after another has taken over.
    CutOff,
}

/// The servers. `primary` writes, `next` takes over from it.
pub(crate) struct Cluster {
    folder: Folder,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    members: Vec<Member>,
    network: Option<Network>,
    primary: usize,
    next: usize,
}

struct Member {
    port: u16,
    server: Option<Child>,
    /// How often its data was made anew.
    made: usize,
}

impl Cluster {
    /// Starts one with our schema; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) async fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            super::skip();
            return None;
        };
        let user = unprivileged();
        let folder = Folder::make(user);
        let ports = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
        let member = |listener: &TcpListener| Member {
            port: listener.local_addr().unwrap().port(),
            server: None,
            made: 0,
        };
        let network = user.and_then(|_| Network::lay(ports.len()));
        let mut cluster = Self {
            members: ports.iter().map(member).collect(),
            folder,
            binaries,
            user,
            network,
            primary: 0,
            next: 1,
        };
        drop(ports);
        cluster.write_certificate();
        let copied = Command::new("cp")
            .arg("-a")
            .arg(template(&cluster.binaries, user))
            .arg(cluster.data(0))
            .status();
        assert!(copied.unwrap().success());
        let rules = File::options()
            .append(true)
            .open(cluster.data(0).join("pg_hba.conf"));
        let rule = "host all all 10.203.0.0/16 trust\nhost replication all 10.203.0.0/16 trust\n";
        rules.unwrap().write_all(rule.as_bytes()).unwrap();
        cluster.serve(0);
        cluster.answers(0).await;
        migrate(&cluster.settings(), None).await.unwrap();
        cluster.follow(1).await;
        cluster.wait_for(1).await;
        cluster.follow(2).await;
        Some(cluster)
    }

    /// Where brokers find whichever of them writes.
    pub(crate) fn settings(&self) -> Settings {
        let ports: Vec<String> = self
            .members
            .iter()
            .map(|one| one.port.to_string())
            .collect();
        Settings {
            url: format!(
                "host={} port={} user=postgres dbname=postgres load_balance_hosts=random",
                [0, 1, 2].map(|member| self.host(member)).join(","),
                ports.join(",")
            ),
            password: None,
            ca: Some(self.folder.path().join("ca.pem")),
            connections_max: 8,
        }
    }

    /// A store over them, as one broker has it.
    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.settings()).await.unwrap()
    }

    /// Takes away the server that writes.
    pub(crate) fn lose(&mut self, how: Loss) {
        let lost = self.processes(self.primary);
        match how {
            Loss::Killed => {
                signal("KILL", &lost);
                self.reap(self.primary);
            }
            Loss::Frozen => signal("STOP", &lost),
            Loss::CutOff => self.set_joined(self.primary, false),
        }
    }

    /// The ways in which a server can be lost here.
    pub(crate) fn losses(&self) -> Vec<Loss> {
        let cut_off = self.network.as_ref().map(|_| Loss::CutOff);
        [Loss::Killed, Loss::Frozen]
            .into_iter()
            .chain(cut_off)
            .collect()
    }

    fn set_joined(&self, member: usize, joined: bool) {
        if self.network.is_some() {
            Network::set_joined(member, joined);
        }
    }

    fn host(&self, member: usize) -> String {
        match self.network {
            Some(_) => address_of(member),
            None => "127.0.0.1".into(),
        }
    }

    /// One certificate for all: they are told apart by their addresses.
    fn write_certificate(&self) {
        let authority = Authority::create("database.example", SystemClock.now()).unwrap();
        let hosts = [0, 1, 2].map(|member| self.host(member));
        let mut hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        hosts.dedup();
        let request = IssueRequest::server("database", &hosts, 7);
        let issued = authority.issue(&request, SystemClock.now()).unwrap();
        let files = [
            ("ca.pem", authority.certificate_pem()),
            ("server.pem", issued.certificate_pem.as_str()),
            ("server.key", issued.key_pem.as_str()),
        ];
        for (name, text) in files {
            let path = self.folder.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            own(&path, self.user);
        }
    }

    /// Lets the one that has every acknowledged commit take over, and the third have every commit from now on. Returns when it writes;
    /// it acknowledges once the third follows.
    pub(crate) async fn promote(&mut self) {
        let (old, new) = (self.primary, self.next);
        let third = 3 - old - new;
        let client = self.client(new).await;
        let promoted = client.query_one("SELECT pg_promote(true, 30)", &[]).await;
        assert!(promoted.unwrap().get::<_, bool>(0), "it does not take over");
        (self.primary, self.next) = (new, third);
        self.stop(third);
        self.follow(third).await;
        self.wait_for(third).await;
    }

    /// Brings the lost server back: a frozen one as it was, for a while in which it believes that it writes; then, in any case, as one that
    /// follows.
    pub(crate) async fn bring_back(&mut self, how: Loss) {
        let old = 3 - self.primary - self.next;
        match how {
            Loss::Killed => {}
            Loss::Frozen => signal("CONT", &self.processes(old)),
            Loss::CutOff => self.set_joined(old, true),
        }
        if !matches!(how, Loss::Killed) {
            sleep(Duration::from_secs(2)).await;
            self.stop(old);
        }
        self.follow(old).await;
    }

    /// Copies the writing server into `member` and lets it follow.
    async fn follow(&mut self, member: usize) {
        self.members[member].made += 1;
        let (data, from) = (self.data(member), self.members[self.primary].port);
        let host = self.host(self.primary);
        let (program, user) = (self.binaries.join("pg_basebackup"), self.user);
        let copied = tokio::task::spawn_blocking(move || {
            as_user(&program, user)
                .args(["-h", &host, "-U", "postgres", "-R", "--checkpoint=fast"])
                .args(["-X", "stream", "-p"])
                .arg(from.to_string())
                .arg("-D")
                .arg(data)
                .output()
        });
        let copied = copied.await.unwrap().unwrap();
        let told = String::from_utf8_lossy(&copied.stderr);
        assert!(copied.status.success(), "{told}");
        self.serve(member);
        self.answers(member).await;
    }

    /// Demands that `member` has every commit before it is acknowledged, and waits until it follows.
    async fn wait_for(&self, member: usize) {
        let client = self.client(self.primary).await;
        let demand = format!("ALTER SYSTEM SET synchronous_standby_names = 'FIRST 1 (m{member})'");
        client.batch_execute(&demand).await.unwrap();
        client
            .batch_execute("SELECT pg_reload_conf()")
            .await
            .unwrap();
        let follows = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
        let waited = Stopwatch::start();
        while client
            .query_one(follows, &[])
            .await
            .unwrap()
            .get::<_, i64>(0)
            == 0
        {
            assert!(waited.elapsed() < LIMIT, "m{member} does not follow");
            sleep(Duration::from_millis(50)).await;
        }
    }

    fn data(&self, member: usize) -> PathBuf {
        let made = self.members[member].made;
        self.folder.path().join(format!("m{member}-{made}"))
    }

    fn serve(&mut self, member: usize) {
        let log = self.folder.path().join(format!("m{member}.log"));
        let log = File::options().create(true).append(true).open(log);
        let data = self.data(member);
        let settings = [
            format!("listen_addresses={}", self.host(member)),
            "ssl=on".into(),
            format!(
                "ssl_cert_file={}",
                self.folder.path().join("server.pem").display()
            ),
            format!(
                "ssl_key_file={}",
                self.folder.path().join("server.key").display()
            ),
            format!("port={}", self.members[member].port),
            format!("cluster_name=m{member}"),
            "max_connections=60".into(),
            "shared_buffers=32MB".into(),
            "wal_sender_timeout=3s".into(),
            "wal_receiver_timeout=3s".into(),
            "wal_retrieve_retry_interval=200ms".into(),
        ];
        let program = self.binaries.join("postgres");
        let mut server = match (&self.network, self.user) {
            (Some(_), Some(user)) => {
                let mut inside = Network::inside(member, user);
                inside.arg(program).current_dir("/");
                inside
            }
            _ => as_user(&program, self.user),
        };
        let server = server
            .arg("-D")
            .arg(data)
            .arg("-k")
            .arg(self.folder.path())
            .args(settings.iter().flat_map(|setting| ["-c", setting]))
            .stderr(log.unwrap())
            .stdout(Stdio::null())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        self.members[member].server = Some(server);
    }

    async fn answers(&self, member: usize) {
        let waited = Stopwatch::start();
        while self.connect(member).await.is_none() {
            let log = self.folder.path().join(format!("m{member}.log"));
            assert!(
                waited.elapsed() < LIMIT,
                "{}",
                fs::read_to_string(log).unwrap_or_default()
            );
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn client(&self, member: usize) -> tokio_postgres::Client {
        self.connect(member).await.unwrap()
    }

    async fn connect(&self, member: usize) -> Option<tokio_postgres::Client> {
        let port = self.members[member].port;
        // Through its socket: whoever is cut off hears us still.
        let folder = self.folder.path().display();
        let url = format!("host={folder} port={port} user=postgres dbname=postgres");
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .ok()?;
        tokio::spawn(connection);
        Some(client)
    }

    fn stop(&mut self, member: usize) {
        let processes = self.processes(member);
        signal("KILL", &processes);
        self.reap(member);
    }

    fn reap(&mut self, member: usize) {
        if let Some(mut server) = self.members[member].server.take() {
            drop(server.wait());
        }
        drop(fs::remove_dir_all(self.data(member)));
    }

    fn processes(&self, member: usize) -> Vec<u32> {
        let server = self.members[member].server.as_ref();
        server.map_or_else(Vec::new, |server| family(server.id()))
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for member in 0..self.members.len() {
            signal("KILL", &self.processes(member));
            self.reap(member);
        }
    }
}
