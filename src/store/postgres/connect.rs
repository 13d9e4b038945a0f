//! Connections: to read-write servers only, over TLS unless the server is on this machine, with a bound on every wait.

use super::fence::Fence;
use super::servers::{Line, Servers};
use deadpool_postgres::{
    BuildError, Connect, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use futures_util::future::BoxFuture;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long waiting for a free connection may take, or connecting to whichever server writes.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long connecting to one server may take: the next one may be the one that writes.
const SERVER_LIMIT: Duration = Duration::from_secs(2);
/// What the server itself bounds. A broker that goes silent while it holds the feed's head loses its transaction after the last one:
/// even two of them, one after the other, let no step be raised more than 5 s late.
const SERVER_LIMITS: &str = "-c statement_timeout=8s -c lock_timeout=8s \
    -c idle_in_transaction_session_timeout=1s -c default_transaction_isolation=read\\ committed";
/// After so long without a sign of life, a connection is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// Where the database is.
#[derive(Clone)]
pub struct Settings {
    /// `postgres://user:password@host1,host2/database?...`, or the same as `key=value` words.
    pub url: String,
    /// The user's password, where it is not in the URL.
    pub password: Option<String>,
    /// Certificates that the server's must lead to, in PEM; needed unless the server is on this machine.
    pub ca: Option<PathBuf>,
    /// Connections of this broker for reading, at most; it has one more for commits, one for beats and one for news of other brokers.
    pub connections_max: usize,
}

impl std::fmt::Debug for Settings {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("ca", &self.ca)
            .field("connections_max", &self.connections_max)
            .finish_non_exhaustive()
    }
}

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URL is none.
    #[error("the database's URL cannot be read: write postgres://USER@HOST/DATABASE")]
    Url(#[source] tokio_postgres::Error),
    /// The URL lacks a part.
    #[error("the database's URL names no {part}: write postgres://USER@HOST/DATABASE")]
    Lacks {
        /// `user`, `host` or `database`.
        part: &'static str,
    },
    /// A configuration may be printed.
    #[error("the database's URL holds a password: put it into a file of its own (password_file)")]
    PasswordInUrl,
    /// Plain text to another machine.
    #[error(
        "the connection to {host} would not be encrypted: give the server's CA certificates (store.postgres.ca)"
    )]
    PlainText {
        /// The server.
        host: String,
    },
    /// The CA file is not one.
    #[error("no certificate can be read from {path}: it must hold the CA of the database in PEM")]
    Ca {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The TLS library refuses its own defaults.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The pool refuses its settings.
    #[error("the pool of connections cannot be made")]
    Pool(#[from] BuildError),
    /// The role is none that a grant could name.
    #[error("{name:?} is no name of a role: use lower-case letters, digits and _, 1 to 63")]
    Role {
        /// The name.
        name: String,
    },
    /// No server answers.
    #[error("no server of the database can be reached that accepts writes")]
    Unreachable(#[from] PoolError),
    /// A question at the start failed.
    #[error("the database does not answer as it should")]
    Question(#[from] tokio_postgres::Error),
    /// No thread can be had for the writer.
    #[error("no thread can be started")]
    Thread(#[source] std::io::Error),
    /// It has taken a connection and says nothing.
    #[error("the database has taken a connection and does not answer")]
    Silent,
    /// The schema is another.
    #[error("the schema is at version {found}, and this usher knows {known}: {remedy}")]
    Schema {
        /// What is there.
        found: i32,
        /// What is known.
        known: i32,
        /// What to do.
        remedy: &'static str,
    },
    /// A migration into the database was not ended.
    #[error(
        "the database was being filled by `usher store migrate` or `restore`, which has not ended: run it again, it goes on where it was"
    )]
    Unfinished,
    /// A power cut could take back what was acknowledged.
    #[error(
        "{setting} is {value} on the server: it must not be, or a crash loses what was acknowledged"
    )]
    NotDurable {
        /// The server's setting.
        setting: &'static str,
        /// Its value.
        value: String,
    },
}

/// Proves settings as far as that can be done without connecting, and answers with the user that they name.
///
/// # Errors
/// [`ConnectError`] with what to do.
pub fn examine(settings: &Settings) -> Result<String, ConnectError> {
    let config: tokio_postgres::Config = settings.url.parse().map_err(ConnectError::Url)?;
    if config.get_password().is_some() {
        return Err(ConnectError::PasswordInUrl);
    }
    let lacks = |part| ConnectError::Lacks { part };
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        return Err(lacks("host"));
    }
    config.get_dbname().ok_or_else(|| lacks("database"))?;
    let user = user_of(&config)?;
    Connector::new(settings)?;
    Ok(user)
}

/// A connection of its own, for what no store does.
///
/// # Errors
/// [`ConnectError`] with what to do.
pub async fn client(settings: &Settings) -> Result<Object, ConnectError> {
    Ok(Connector::new(settings)?.pool(1)?.get().await?)
}

/// The user that a URL names; nothing else of it is looked at.
///
/// # Errors
/// When it is no URL, or names none.
pub fn user(url: &str) -> Result<String, ConnectError> {
    user_of(&url.parse().map_err(ConnectError::Url)?)
}

fn user_of(config: &tokio_postgres::Config) -> Result<String, ConnectError> {
    let user = config.get_user().map(str::to_owned);
    user.ok_or(ConnectError::Lacks { part: "user" })
}

/// How a connection is made.
#[derive(Clone)]
pub(super) struct Connector {
    config: tokio_postgres::Config,
    servers: Arc<Servers>,
    tls: MakeRustlsConnect,
    fence: Arc<Fence>,
}

impl Connector {
    /// Reads the settings; connects to nothing yet.
    pub(super) fn new(settings: &Settings) -> Result<Self, ConnectError> {
        let mut config: tokio_postgres::Config = settings.url.parse().map_err(ConnectError::Url)?;
        if let Some(password) = &settings.password {
            config.password(password);
        }
        let options = match config.get_options() {
            Some(own) => format!("{SERVER_LIMITS} {own}"),
            None => SERVER_LIMITS.to_owned(),
        };
        config
            .options(options)
            .application_name("usher")
            .connect_timeout(SERVER_LIMIT)
            .tcp_user_timeout(SILENCE_LIMIT)
            .keepalives_idle(SILENCE_LIMIT)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        let tls = if let Some(ca) = &settings.ca {
            config.ssl_mode(SslMode::Require);
            tls(ca)?
        } else {
            refuse_plain_text(&config)?;
            config.ssl_mode(SslMode::Disable);
            verifier(RootCertStore::empty()).map_err(ConnectError::Tls)?
        };
        Ok(Self {
            servers: Arc::new(Servers::of(&config)),
            config,
            tls: MakeRustlsConnect::new(tls),
            fence: Arc::default(),
        })
    }

    /// Makes the pool; connects to nothing yet.
    pub(super) fn pool(&self, connections_max: usize) -> Result<Pool, ConnectError> {
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_connect(self.config.clone(), self.clone(), recycling);
        Ok(Pool::builder(manager)
            .max_size(connections_max)
            .pre_recycle(self.fence.on_taking())
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_LIMIT))
            .create_timeout(Some(CONNECT_LIMIT))
            .recycle_timeout(Some(CONNECT_LIMIT))
            .build()?)
    }

    /// What keeps the connections off servers that another has taken over from.
    pub(super) fn fence(&self) -> Arc<Fence> {
        Arc::clone(&self.fence)
    }

    /// Connects outside the pool to whichever server writes; whoever calls bounds the time.
    pub(super) async fn connect(&self) -> Result<(Client, Line), tokio_postgres::Error> {
        self.servers.connect(&self.tls, &self.fence).await
    }
}

impl Connect for Connector {
    fn connect(
        &self,
        _config: &tokio_postgres::Config,
    ) -> BoxFuture<'_, Result<(Client, JoinHandle<()>), tokio_postgres::Error>> {
        Box::pin(async move {
            let (client, line) = self.connect().await?;
            let polled = tokio::spawn(async move {
                if let Err(error) = line.await {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "A connection to the database was lost"
                    );
                }
            });
            Ok((client, polled))
        })
    }
}

/// Unencrypted are connections within this machine only.
fn refuse_plain_text(config: &tokio_postgres::Config) -> Result<(), ConnectError> {
    let named = config.get_hosts().iter().filter_map(|host| match host {
        Host::Tcp(host) => Some(host.clone()),
        Host::Unix(_) => None,
    });
    // Where an address is given beside a name, the address is where it goes.
    let addresses = config.get_hostaddrs().iter().map(ToString::to_string);
    for host in named.chain(addresses) {
        let loopback = host
            .parse::<std::net::IpAddr>()
            .map_or(host == "localhost", |address| address.is_loopback());
        if !loopback {
            return Err(ConnectError::PlainText { host });
        }
    }
    Ok(())
}

fn tls(ca: &Path) -> Result<ClientConfig, ConnectError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ConnectError::Ca {
        path: ca.to_owned(),
        source,
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_file_iter(ca).map_err(|error| failed(error.into()))?;
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failed(error.into()))?;
        roots
            .add(certificate)
            .map_err(|error| failed(error.into()))?;
    }
    if roots.is_empty() {
        return Err(failed("the file holds no certificate".into()));
    }
    verifier(roots).map_err(|error| failed(error.into()))
}

/// Verifies a server's certificate and name against `roots`.
fn verifier(roots: RootCertStore) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
