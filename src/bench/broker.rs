//! The other process: the same app as `serve`, and the echo beside it, until its standard input ends.

use super::echo::Echo;
use super::{CACHE_MIB, pages, stage};
use crate::app::{self, App, AppParts, open_store};
use crate::auth::Identities;
use crate::clock::SystemClock;
use crate::config::check::Parts;
use crate::config::policy::Rules;
use crate::config::settings::{Engine, PostgresSettings, StoreSettings};
use crate::config::{agreements, calendar};
use crate::directory::Directory;
use crate::ids::RandomIds;
use crate::lifecycle::{Lifecycle, Signals};
use crate::rpc::server::Settings;
use crate::rpc::tls::Reloader;
use crate::scheduler;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
use anyhow::{Context as _, anyhow, bail};
use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

const DRAIN_SECONDS: u64 = 5;
/// As `serve` does.
const SWEEP_EVERY: Duration = Duration::from_secs(300);
const ABSENCE_EVERY: Duration = Duration::from_secs(30);

/// What the process is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Orders {
    /// The bench's folder.
    pub(super) folder: PathBuf,
    /// No URL of a database has a password in it.
    pub(super) store: StoreSettings,
    /// Worker threads of the runtime.
    pub(super) workers: usize,
}

impl Orders {
    /// As arguments of the hidden command; what there is none of is empty.
    pub(super) fn arguments(&self) -> [OsString; 7] {
        let database = self.store.postgres.clone();
        let path = |path: Option<PathBuf>| path.unwrap_or_default().into();
        [
            self.folder.clone().into(),
            self.store.engine.name().into(),
            self.store.path.clone().into(),
            self.workers.to_string().into(),
            database.url.unwrap_or_default().into(),
            path(database.password_file),
            path(database.ca),
        ]
    }

    fn read(arguments: &[OsString]) -> anyhow::Result<Self> {
        let [folder, engine, store, workers, url, password_file, ca] = arguments else {
            bail!("this command is `usher bench`'s own, which gives it seven arguments");
        };
        let text = |argument: &OsString| argument.to_str().map(str::to_owned);
        let path = |path: &OsString| (!path.is_empty()).then(|| PathBuf::from(path));
        let engine = match engine.to_str() {
            Some("redb") => Engine::Redb,
            Some("sled") => Engine::Sled,
            Some("postgres") => Engine::Postgres,
            _ => bail!("the engine is redb, sled or postgres"),
        };
        let workers = text(workers).and_then(|number| number.parse().ok());
        Ok(Self {
            folder: PathBuf::from(folder),
            store: StoreSettings {
                engine,
                path: PathBuf::from(store),
                cache_mib: CACHE_MIB,
                postgres: PostgresSettings {
                    url: text(url).filter(|url| !url.is_empty()),
                    password_file: path(password_file),
                    ca: path(ca),
                    ..PostgresSettings::default()
                },
            },
            workers: workers.context("the workers are a number")?,
        })
    }
}

/// Runs the broker of a bench, as `arguments` say. Its first line on standard output is its address and the console's.
///
/// # Errors
/// When the arguments are not a bench's, or the broker cannot start.
pub fn serve(arguments: &[OsString]) -> anyhow::Result<()> {
    let orders = Orders::read(arguments)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(orders.workers.max(1))
        .enable_all()
        .build()?;
    runtime.block_on(run(&orders))
}

async fn run(orders: &Orders) -> anyhow::Result<()> {
    let store = open_store(&orders.store).await?;
    let app = App::build(parts(orders, store.store())?).await?;
    let app = app.with_service(|routes| routes.add_service(Echo));
    let address = app.address();
    let console = app.console_address().context("the console has no port")?;
    let lifecycle = Lifecycle::new(Duration::from_secs(DRAIN_SECONDS));
    let stop = lifecycle.soft();
    app.start(&lifecycle);
    let mut stdout = std::io::stdout();
    writeln!(stdout, "{address} {console}")?;
    stdout.flush()?;
    // A thread of its own: it reads nothing until the bench ends, however that comes.
    std::thread::spawn(move || {
        let _ = std::io::stdin().read(&mut [0]);
        stop.cancel();
    });
    let (_signals, none) = mpsc::channel(1);
    lifecycle
        .run(Signals::from_channel(none), || std::future::ready(()))
        .await;
    store.close().await;
    Ok(())
}

fn parts(orders: &Orders, store: Arc<dyn Store>) -> anyhow::Result<AppParts> {
    let directory = Directory::built_in()?;
    let rules = Parts {
        rules: Rules::built_in().map_err(|_| anyhow!("the built-in policy cannot be read"))?,
        calendar: calendar::built_in(),
        agreements: agreements::built_in()
            .map_err(|_| anyhow!("the built-in agreement cannot be read"))?,
    };
    let policy = app::policy(&rules, &directory, Path::new("config/responders"))?;
    let identities = stage::identities(&directory)?;
    let responders = directory.responders().iter();
    let responders: Vec<_> = responders.map(|one| one.id.to_string()).collect();
    Ok(AppParts {
        store,
        directory: Arc::new(directory),
        policy,
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
        identities: Arc::new(Identities::new(identities)),
        tls: Arc::new(Reloader::open(stage::tls_files(&orders.folder))?),
        rpc: Settings {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            drain_seconds: DRAIN_SECONDS,
            ..Settings::default()
        },
        scheduler: scheduler::Settings {
            sweep_every: SWEEP_EVERY,
            absence_every: ABSENCE_EVERY,
            absent_after: rules.rules.absent_after,
        },
        metrics: Arc::new(Metrics::new(app::methods())),
        console: Some(pages::console(&responders)?),
    })
}
