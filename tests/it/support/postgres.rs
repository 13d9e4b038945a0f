//! A PostgreSQL of the test's own, from the binaries on this machine; where there is none, the test says so and is over.

pub(crate) mod cluster;
mod folder;
mod network;
mod processes;

use folder::Folder;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use usher::clock::Stopwatch;
use usher::store::postgres::{PostgresStore, Settings, Snapshot, migrate};
use usher::store::verify::verify_database;

/// How long a server may take to start.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running server with an empty database, ended when it is dropped.
pub(crate) struct Postgres {
    folder: Folder,
    server: Child,
    binaries: PathBuf,
    user: Option<(u32, u32)>,
    settings: Vec<String>,
}

impl Postgres {
    /// Starts one; `None`, said aloud, where PostgreSQL is not installed.
    pub(crate) fn start() -> Option<Self> {
        Self::shaped(|_| Vec::new())
    }

    /// Starts one with more settings, such as `ssl=on`, which may be about files that are first put into its folder.
    pub(crate) fn shaped(shape: impl FnOnce(&Home<'_>) -> Vec<String>) -> Option<Self> {
        let Some(binaries) = binaries() else {
            skip();
            return None;
        };
        let user = unprivileged();
        let folder = Folder::make(user);
        let data = folder.path().join("data");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(template(&binaries, user))
            .arg(&data)
            .status();
        assert!(copied.unwrap().success());
        let settings = shape(&Home {
            path: folder.path(),
            user,
        });
        let server = serve(&binaries, user, folder.path(), &settings);
        Some(Self {
            folder,
            server,
            binaries,
            user,
            settings,
        })
    }

    /// Starts one with an empty schema of ours, once it serves.
    pub(crate) async fn migrated_one() -> Option<Self> {
        let server = Self::start()?;
        server.migrated().await;
        Some(server)
    }

    /// Ends it as a crash would.
    pub(crate) fn stop(&mut self) {
        let stopped = as_user(&self.binaries.join("pg_ctl"), self.user)
            .args(["stop", "-m", "immediate", "-s", "-D"])
            .arg(self.folder.path().join("data"))
            .status();
        if !stopped.is_ok_and(|status| status.success()) {
            drop(self.server.kill());
        }
        drop(self.server.wait());
    }

    /// Starts it again over what it left.
    pub(crate) fn start_again(&mut self) {
        self.server = serve(
            &self.binaries,
            self.user,
            self.folder.path(),
            &self.settings,
        );
    }

    /// Its socket.
    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.path().join(format!(".s.PGSQL.{}", self.port()))
    }

    fn port(&self) -> &str {
        let mut settings = self.settings.iter();
        settings
            .find_map(|setting| setting.strip_prefix("port="))
            .unwrap_or("5432")
    }

    /// What it has logged.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    /// Where it is.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            url: format!(
                "host={} port={} user=postgres dbname=postgres",
                self.folder.path().display(),
                self.port()
            ),
            password: None,
            ca: None,
            connections_max: 8,
        }
    }

    /// Waits until it serves, and makes the schema.
    pub(crate) async fn migrated(&self) {
        let waited = Stopwatch::start();
        loop {
            match migrate(&self.settings(), None).await {
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
        self.stop();
    }
}

/// Proves the whole of a database as `usher store verify` does; brokers may go on meanwhile.
pub(crate) async fn prove(settings: &Settings) {
    let snapshot = Snapshot::open(settings).await.unwrap();
    let report = verify_database(&snapshot).await.unwrap();
    assert!(report.is_sound(), "{:#?}", report.faults);
}

/// The folder of a server that is being made.
pub(crate) struct Home<'a> {
    path: &'a Path,
    user: Option<(u32, u32)>,
}

impl Home<'_> {
    /// Writes a file that only the server may read, and says where it is.
    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.path.join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        own(&path, self.user);
        path.display().to_string()
    }
}

fn serve(binaries: &Path, user: Option<(u32, u32)>, folder: &Path, settings: &[String]) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join("log"));
    let usual = [
        "listen_addresses=",
        "max_connections=60",
        "shared_buffers=32MB",
    ];
    let settings = settings.iter().map(String::as_str);
    as_user(&binaries.join("postgres"), user)
        .arg("-D")
        .arg(folder.join("data"))
        .arg("-k")
        .arg(folder)
        .args(
            usual
                .into_iter()
                .chain(settings)
                .flat_map(|setting| ["-c", setting]),
        )
        .stderr(log.unwrap())
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where PostgreSQL's programs are: on the path, or where Debian keeps them.
fn binaries() -> Option<PathBuf> {
    let found = Command::new("sh")
        .args(["-c", "command -v initdb"])
        .output();
    let on_path = PathBuf::from(String::from_utf8(found.unwrap().stdout).unwrap().trim());
    let debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut debian: Vec<_> = debian
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .collect();
    debian.sort();
    debian
        .into_iter()
        .rev()
        .chain(on_path.parent().map(Path::to_owned))
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
    let home = tempfile::env::temp_dir().join(format!("usher-tests-postgres{name}"));
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

/// Says that there is no PostgreSQL; fails where there must be.
fn skip() {
    #[expect(clippy::disallowed_methods, reason = "says what a run must not skip")]
    let required = std::env::var_os("USHER_TEST_POSTGRES_REQUIRED").is_some();
    assert!(!required, "no PostgreSQL, and it is required");
    println!("skipped: no PostgreSQL");
}
