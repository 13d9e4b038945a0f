//! PostgreSQL: a bounded pool, TLS unless the server is on this machine, every statement of a reading sent at once.

use super::database::{
    CONNECT_LIMIT, Database, Reading, Rows, away, busy, by_sqlstate, over, reading_limit,
};
use super::settings::{Settings, SettingsError};
use super::statement::Statement;
use crate::adapter::connector::Trouble;
use async_trait::async_trait;
use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
};
use futures_util::TryStreamExt as _;
use futures_util::future::{join_all, try_join_all};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

/// After so long without a sign of life, a connection is given up.
const SILENCE_LIMIT: Duration = Duration::from_secs(10);

/// A replica in PostgreSQL.
pub(super) struct Postgres {
    pool: Pool,
    limit: Duration,
}

impl Postgres {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let mut config: tokio_postgres::Config = settings.connect.parse().map_err(|error| {
            let error: tokio_postgres::Error = error;
            fault(
                "write host=HOST port=5432 dbname=DATABASE",
                Some(error.into()),
            )
        })?;
        if config.get_password().is_some() || config.get_user().is_some() {
            return Err(fault("put the login into user and password_file", None));
        }
        if config.get_dbname().is_none() || config.get_hosts().is_empty() {
            return Err(fault("name host and database (host=… dbname=…)", None));
        }
        config.user(settings.user.as_deref().unwrap_or_default());
        if let Some(password) = settings.password()? {
            config.password(password);
        }
        // The preset's statements have one good plan each, which need not be made anew; a borough's own may depend on the values.
        let plans = match settings.preset {
            Some(_) => "force_generic_plan",
            None => "auto",
        };
        // Read-only and bounded even outside a transaction of ours; births at midnight in London, whatever the column.
        config
            .application_name("usher-adapter")
            .connect_timeout(CONNECT_LIMIT)
            .keepalives_idle(SILENCE_LIMIT)
            .tcp_user_timeout(SILENCE_LIMIT)
            .options(format!(
                "-c plan_cache_mode={plans} -c random_page_cost=1.1 -c default_transaction_read_only=on -c statement_timeout={0}s -c lock_timeout={0}s \
                 -c idle_in_transaction_session_timeout={0}s -c datestyle=ISO,YMD -c timezone=Europe/London -c jit=off",
                settings.statement_seconds_max
            ));
        let tls = encryption(settings, &mut config)?;
        let recycling = ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        };
        let manager = Manager::from_config(config, MakeRustlsConnect::new(tls), recycling);
        let pool = Pool::builder(manager)
            .max_size(settings.connections_max)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(CONNECT_LIMIT))
            .create_timeout(Some(CONNECT_LIMIT))
            .recycle_timeout(Some(CONNECT_LIMIT))
            .build()
            .map_err(|error| fault("the pool cannot be made", Some(error.into())))?;
        Ok(Self {
            pool,
            limit: reading_limit(settings.statement_seconds_max),
        })
    }
}

#[async_trait]
impl Database for Postgres {
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble> {
        let client = self.pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) => trouble(&error),
            other => away(other),
        })?;
        Ok(Box::new(Transaction {
            client: Some(client),
            begun: false,
            limit: self.limit,
        }))
    }
}

struct Transaction {
    client: Option<Object>,
    begun: bool,
    limit: Duration,
}

#[async_trait]
impl Reading for Transaction {
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble> {
        let client = self.client.as_ref().ok_or_else(over)?;
        let begun = std::mem::replace(&mut self.begun, true);
        let answered = match tokio::time::timeout(self.limit, run(client, begun, &statements)).await
        {
            Ok(answered) => answered.map_err(|error| trouble(&error)),
            Err(_) => Err(busy("nothing in time")),
        };
        if answered.is_err() {
            self.give_up();
        }
        answered
    }

    async fn end(mut self: Box<Self>) {
        let Some(client) = &self.client else { return };
        let ended = tokio::time::timeout(self.limit, client.batch_execute("ROLLBACK")).await;
        if let Ok(Ok(())) = ended {
            drop(self.client.take());
        }
    }
}

impl Transaction {
    /// What its connection was in the middle of is nobody's to go on with.
    fn give_up(&mut self) {
        drop(self.client.take().map(Object::take));
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        self.give_up();
    }
}

/// Prepares what is not yet, then sends the statements in one go, after BEGIN where it has not begun; they are answered in that order.
async fn run(
    client: &Object,
    begun: bool,
    statements: &[Statement],
) -> Result<Vec<Rows>, tokio_postgres::Error> {
    let prepared = try_join_all(
        statements
            .iter()
            .map(|statement| client.prepare_cached(&statement.sql)),
    )
    .await?;
    let begin = async {
        if begun {
            return Ok(());
        }
        let words = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
        client.batch_execute(words).await
    };
    let answers = join_all(statements.iter().zip(&prepared).map(
        async |(statement, prepared)| -> Result<Rows, tokio_postgres::Error> {
            let values = statement.values.iter().map(super::statement::Value::text);
            let rows = client.query_raw(prepared, values).await?;
            let mut rows = std::pin::pin!(rows);
            let mut answered = Rows::default();
            while let Some(row) = rows.try_next().await? {
                let columns = 0..row.len();
                let texts = columns.map(|column| row.try_get::<_, Option<String>>(column));
                if !answered.take(texts.collect::<Result<_, _>>()?, statement.rows_max) {
                    break;
                }
            }
            Ok(answered)
        },
    ));
    let (begun, answers) = tokio::join!(biased; begin, answers);
    begun?;
    answers.into_iter().collect()
}

fn trouble(error: &tokio_postgres::Error) -> Trouble {
    match error.code() {
        Some(state) => by_sqlstate(state.code()),
        // Without a code it never came to data: the words are about sockets and types.
        None => busy(if error.is_closed() {
            "a closed connection"
        } else {
            "a failed connection"
        }),
    }
}

type Cause = Box<dyn std::error::Error + Send + Sync>;

fn fault(remedy: &'static str, source: Option<Cause>) -> SettingsError {
    SettingsError::Connect { remedy, source }
}

/// TLS to a server whose certificate leads to the given ones; none within this machine alone.
fn encryption(
    settings: &Settings,
    config: &mut tokio_postgres::Config,
) -> Result<ClientConfig, SettingsError> {
    let roots = if let Some(ca) = &settings.ca {
        config.ssl_mode(SslMode::Require);
        roots(ca).map_err(|error| {
            fault(
                "ca: no certificate can be read from it; it must be PEM",
                Some(error),
            )
        })?
    } else if is_local(config) {
        config.ssl_mode(SslMode::Disable);
        RootCertStore::empty()
    } else {
        return Err(fault(
            "the connection would not be encrypted: give the server's CA certificates (ca)",
            None,
        ));
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| fault("TLS cannot be set up", Some(error.into())))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn is_local(config: &tokio_postgres::Config) -> bool {
    let addresses = config.get_hostaddrs().iter();
    let hosts = config.get_hosts().iter().all(|host| match host {
        Host::Unix(_) => true,
        Host::Tcp(host) => host
            .parse::<std::net::IpAddr>()
            .map_or(host == "localhost", |address| address.is_loopback()),
    });
    hosts && addresses.clone().all(std::net::IpAddr::is_loopback)
}

fn roots(ca: &Path) -> Result<RootCertStore, Cause> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() {
        return Err("it holds none".into());
    }
    Ok(roots)
}
