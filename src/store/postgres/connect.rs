//! Connections: to read-write servers only, over TLS unless the server is on this machine, with a bound on every wait.

use deadpool_postgres::{
    BuildError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long connecting, and waiting for a free connection, may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// What the server itself bounds. A broker that goes silent while it holds the feed's head loses its transaction after the last one.
const SERVER_LIMITS: &str = "-c statement_timeout=8s -c lock_timeout=8s \
    -c idle_in_transaction_session_timeout=2s -c default_transaction_isolation=read\\ committed";
/// After so long without a sign of life, a connection is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// Where the database is.
#[derive(Clone)]
pub struct Settings {
    /// `postgres://user:password@host1,host2/database?...`, or the same as `key=value` words.
    pub url: String,
    /// Certificates that the server's must lead to, in PEM; needed unless the server is on this machine.
    pub ca: Option<PathBuf>,
    /// Connections of this broker, at most.
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
    /// The pool refuses its settings.
    #[error("the pool of connections cannot be made")]
    Pool(#[from] BuildError),
    /// No server answers.
    #[error("no server of the database can be reached that accepts writes")]
    Unreachable(#[from] PoolError),
    /// A question at the start failed.
    #[error("the database does not answer as it should")]
    Question(#[from] tokio_postgres::Error),
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

/// Makes the pool; connects to nothing yet.
pub(super) fn pool(settings: &Settings) -> Result<Pool, ConnectError> {
    let mut config: tokio_postgres::Config = settings.url.parse().map_err(ConnectError::Url)?;
    let options = match config.get_options() {
        Some(own) => format!("{SERVER_LIMITS} {own}"),
        None => SERVER_LIMITS.to_owned(),
    };
    config
        .options(options)
        .application_name("usher")
        .connect_timeout(CONNECT_LIMIT)
        .tcp_user_timeout(SILENCE_LIMIT)
        .keepalives_idle(SILENCE_LIMIT)
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let manager = match &settings.ca {
        Some(ca) => {
            config.ssl_mode(SslMode::Require);
            Manager::from_config(config, MakeRustlsConnect::new(tls(ca)?), manager)
        }
        None => {
            refuse_plain_text(&config)?;
            config.ssl_mode(SslMode::Disable);
            Manager::from_config(config, tokio_postgres::NoTls, manager)
        }
    };
    Ok(Pool::builder(manager)
        .max_size(settings.connections_max)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(CONNECT_LIMIT))
        .create_timeout(Some(CONNECT_LIMIT))
        .recycle_timeout(Some(CONNECT_LIMIT))
        .build()?)
}

/// Unencrypted are connections within this machine only.
fn refuse_plain_text(config: &tokio_postgres::Config) -> Result<(), ConnectError> {
    for host in config.get_hosts() {
        if let Host::Tcp(host) = host {
            let loopback = host
                .parse::<std::net::IpAddr>()
                .map_or(host == "localhost", |address| address.is_loopback());
            if !loopback {
                return Err(ConnectError::PlainText { host: host.clone() });
            }
        }
    }
    Ok(())
}

fn tls(ca: &PathBuf) -> Result<rustls::ClientConfig, ConnectError> {
    let failed = |source: Box<dyn std::error::Error + Send + Sync>| ConnectError::Ca {
        path: ca.clone(),
        source,
    };
    let mut roots = rustls::RootCertStore::empty();
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
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| failed(error.into()))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}
