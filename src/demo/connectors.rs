//! Boroughs of the day whose system a real adapter asks: one on each connector, by the runtime and the configuration file of
//! `usher adapter run`. What the program cannot settle the borough's people take from its list.

mod batch;
mod care;
mod families;
mod replica;

pub(super) use families::{Held, held};

use crate::adapter::{Adapter, Connector, Outcome, Trouble};
use crate::app::connector;
use crate::clock::{Clock, ScaledClock};
use crate::config::adapter::load;
use crate::config::settings::PostgresSettings;
use anyhow::{Context as _, anyhow};
use async_trait::async_trait;
use serde::Serialize;
use std::net::SocketAddr;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use usher_domain::code::ResponderId;
use usher_proto::v1;

/// For how long an adapter asks for a check, in simulated seconds: the policy's longest, because a fast clock makes it short.
const LEASE_SECONDS: u64 = 15 * 60;

/// Through what a borough's system is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A reporting replica.
    Sql,
    /// An HTTP interface.
    Rest,
    /// Files out and in.
    Drop,
    /// Nothing: people answer.
    Desk,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Sql, Self::Rest, Self::Drop, Self::Desk];

    /// As configurations name it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Sql => "sql",
            Self::Rest => "rest",
            Self::Drop => "drop",
            Self::Desk => "desk",
        }
    }
}

/// How the boroughs on one connector did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConnectorFigures {
    /// Their ids.
    pub boroughs: Vec<String>,
    /// What holds the data, where the connector may ask several things.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<&'static str>,
    /// Checks that the program answered by itself.
    pub settled: u64,
    /// Checks that it left to people.
    pub people: u64,
}

/// The engine under the SQL connector.
pub(super) const fn engine(replica: Option<&PostgresSettings>) -> &'static str {
    match replica {
        Some(_) => "postgresql",
        None => "sqlite",
    }
}

/// Where an adapter works, and against which broker.
pub(super) struct Place<'a> {
    /// The run's folder.
    pub(super) folder: &'a Path,
    /// Where the certificates are.
    pub(super) certificates: PathBuf,
    pub(super) broker: SocketAddr,
    pub(super) clock: Arc<ScaledClock>,
    pub(super) stop: CancellationToken,
    /// The database for the SQL connector; when there is none, a file.
    pub(super) replica: Option<&'a PostgresSettings>,
}

/// A borough's system as the demo plays it: runs until it is dropped.
pub(super) type System = Pin<Box<dyn Future<Output = ()> + Send>>;

/// An adapter, ready to run, and what it asks.
pub(super) struct Joined {
    pub(super) adapter: Arc<Adapter>,
    pub(super) system: System,
    /// Told when the program is about to leave a check to people.
    pub(super) left: Arc<Notify>,
}

/// A connector whose people hear of what it cannot settle.
struct Heard {
    connector: Box<dyn Connector>,
    left: Arc<Notify>,
}

#[async_trait]
impl Connector for Heard {
    fn name(&self) -> &str {
        self.connector.name()
    }

    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        let outcome = self.connector.look_up(check).await;
        if matches!(
            outcome,
            Ok(Outcome::Unsettled(_) | Outcome::Possible(_)) | Err(_)
        ) {
            self.left.notify_one();
        }
        outcome
    }

    async fn probe(&self) -> Result<(), Trouble> {
        self.connector.probe().await
    }
}

/// Fills the system of `borough` with `people`, writes the adapter's configuration and opens it.
///
/// # Errors
/// When a file, a port or the database cannot be used.
pub(super) async fn join(
    kind: Kind,
    borough: &ResponderId,
    people: Vec<Held>,
    place: &Place<'_>,
) -> anyhow::Result<Joined> {
    let folder = place.folder.join(format!("adapter-{borough}"));
    let mut made = std::fs::DirBuilder::new();
    made.mode(0o700)
        .create(&folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let nothing: System = Box::pin(std::future::ready(()));
    let (settings, system) = match kind {
        Kind::Sql => (
            replica::fill(people, &folder, place.replica).await?,
            nothing,
        ),
        Kind::Rest => care::open(people).await?,
        Kind::Drop => batch::open(people, &folder, Arc::clone(&place.clock))?,
        Kind::Desk => (String::new(), nothing),
    };
    let file = folder.join("adapter.toml");
    let certificate = |ending: &str| quoted(&place.certificates.join(ending));
    let text = format!(
        "[broker]\nserver = \"https://{}\"\ncertificate = {}\nkey = {}\nca = {}\n\n\
         [adapter]\nlease_seconds = {LEASE_SECONDS}\n\n[[connector]]\nkind = \"{}\"\n{settings}",
        place.broker,
        certificate(&format!("borough-{borough}.pem")),
        certificate(&format!("borough-{borough}.key")),
        certificate("ca.pem"),
        kind.word(),
    );
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let config = load(&file).map_err(|faults| anyhow!("{faults}"))?;
    let clock: Arc<dyn Clock> = Arc::clone(&place.clock) as Arc<dyn Clock>;
    let left = Arc::new(Notify::new());
    let mut connectors: Vec<Box<dyn Connector>> = Vec::new();
    for config in config.connectors {
        connectors.push(Box::new(Heard {
            connector: connector(config, Arc::clone(&clock))?,
            left: Arc::clone(&left),
        }));
    }
    let stop = place.stop.clone();
    let adapter = Adapter::open(&config.broker, config.pace, connectors, clock, stop)?;
    Ok(Joined {
        adapter,
        system,
        left,
    })
}

/// A path as TOML writes texts.
fn quoted(path: &Path) -> String {
    toml::Value::from(path.display().to_string()).to_string()
}
