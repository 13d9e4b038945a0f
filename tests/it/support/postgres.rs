//! A PostgreSQL of the test's own, from the binaries on this machine; where there is none, the test says so and is over.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use usher::clock::Stopwatch;
use usher::store::postgres::{PostgresStore, Settings, migrate};

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server with an empty database, ended when it is dropped.
pub(crate) struct Postgres {
    folder: TempDir,
    server: Child,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
}

impl Postgres {
    /// Starts one; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(binaries) = binaries() else {
            println!("skipped: no PostgreSQL");
            return None;
        };
        let user = unprivileged();
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        own(folder.path(), user);
        let data = folder.path().join("data");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(template(&binaries, user))
            .arg(&data)
            .status();
        assert!(copied.unwrap().success());
        let server = as_user(&binaries.join("postgres"), user)
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-c", "listen_addresses="])
            .args(["-c", "max_connections=60", "-c", "shared_buffers=32MB"])
            .stderr(File::create(folder.path().join("log")).unwrap())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        Some(Self {
            folder,
            server,
            binaries,
            user,
        })
    }

    /// Where it is.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            url: format!(
                "host={} user=postgres dbname=postgres",
                self.folder.path().display()
            ),
            ca: None,
            connections_max: 8,
        }
    }

    /// Waits until it serves, and makes the schema.
    pub(crate) async fn migrated(&self) {
        let waited = Stopwatch::start();
        loop {
            match migrate(&self.settings()).await {
                Ok(_) => return,
                Err(error) if waited.elapsed() > START_LIMIT => {
                    let log = fs::read_to_string(self.folder.path().join("log"));
                    panic!("{error:?}\n{}", log.unwrap_or_default());
                }
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// A store over it, as one broker has it.
    pub(crate) async fn store(&self) -> PostgresStore {
        PostgresStore::open(&self.settings()).await.unwrap()
    }

    /// A connection of the test's own.
    pub(crate) async fn client(&self) -> tokio_postgres::Client {
        let url = self.settings().url;
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls)
            .await
            .unwrap();
        tokio::spawn(connection);
        client
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let stopped = as_user(&self.binaries.join("pg_ctl"), self.user)
            .args(["stop", "-m", "immediate", "-s", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            drop(self.server.kill());
        }
        drop(self.server.wait());
    }
}

/// Where PostgreSQL's programs are: on the path, or where Debian keeps them.
fn binaries() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut debian: Vec<_> = debian
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    debian.sort();
    debian
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&on_path))
        .find(|folder| {
            ["initdb", "postgres", "pg_ctl"]
                .iter()
                .all(|name| folder.join(name).is_file())
        })
}

/// PostgreSQL refuses to run as root: then it runs as its own user, or as nobody.
fn unprivileged() -> Option<(u32, u32)> {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let ids = |name: &str| {
        let line = users
            .lines()
            .find(|line| line.starts_with(&format!("{name}:")))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    root.then(|| ids("postgres").or_else(|| ids("nobody")))?
}

fn as_user(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/");
    if let Some((user, group)) = user {
        command.uid(user).gid(group);
    }
    command
}

fn own(path: &Path, user: Option<(u32, u32)>) {
    if let Some((user, group)) = user {
        chown(path, Some(user), Some(group)).unwrap();
    }
}

/// A fresh data folder, made once for all tests of this machine's temporary folder and copied by each.
fn template(binaries: &Path, user: Option<(u32, u32)>) -> PathBuf {
    let name = binaries.to_string_lossy().replace('/', "-");
    let home = std::env::temp_dir().join(format!("usher-tests-postgres{name}"));
    fs::create_dir_all(&home).unwrap();
    own(&home, user);
    let lock = File::create(home.join("lock")).unwrap();
    lock.lock().unwrap();
    let made = home.join("data");
    if !made.exists() {
        let unfinished = home.join("unfinished");
        drop(fs::remove_dir_all(&unfinished));
        let output = as_user(&binaries.join("initdb"), user)
            .args([
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
                "-N",
                "-D",
            ])
            .arg(&unfinished)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        fs::rename(&unfinished, &made).unwrap();
    }
    made
}
