//! SQL Server. It knows no transaction that cannot write, so each of ours is rolled back, whatever it did.

use super::database::{CONNECT_LIMIT, Database, Reading, Rows, busy, over, reading_limit, refused};
use super::settings::{Settings, SettingsError};
use super::slots::Slots;
use super::statement::{Statement, Value};
use crate::adapter::connector::Trouble;
use async_trait::async_trait;
use futures_util::TryStreamExt as _;
use std::time::Duration;
use tiberius::{AuthMethod, Client, Config, EncryptionLevel, Query};
use tokio::net::TcpStream;
use tokio::sync::SemaphorePermit;
use tokio_util::compat::{Compat, TokioAsyncWriteCompatExt as _};

type Connection = Client<Compat<TcpStream>>;

/// A replica in SQL Server.
pub(super) struct SqlServer {
    config: Config,
    statement_seconds_max: u16,
    limit: Duration,
    slots: Slots<Connection>,
}

impl SqlServer {
    pub(super) fn new(settings: &Settings) -> Result<Self, SettingsError> {
        let fault = |remedy, source: Option<Box<dyn std::error::Error + Send + Sync>>| {
            SettingsError::Connect { remedy, source }
        };
        let lowered = settings.connect.to_lowercase();
        if [
            "password",
            "pwd",
            "user",
            "uid",
            "trustservercertificate",
            "encrypt",
        ]
        .iter()
        .any(|word| {
            lowered
                .split(';')
                .any(|part| part.trim_start().starts_with(word))
        }) {
            return Err(fault(
                "give server and database only: the login has user and password_file, and the connection is always encrypted",
                None,
            ));
        }
        let mut config = Config::from_ado_string(&settings.connect).map_err(|error| {
            fault(
                "write server=tcp:HOST,1433;database=DATABASE",
                Some(error.into()),
            )
        })?;
        let password = settings.password()?.unwrap_or_default();
        config.authentication(AuthMethod::sql_server(
            settings.user.as_deref().unwrap_or_default(),
            password,
        ));
        config.encryption(EncryptionLevel::Required);
        if let Some(ca) = &settings.ca {
            config.trust_cert_ca(ca.display());
        }
        // A replica of an availability group is read only with this said.
        config.readonly(true);
        config.application_name("usher-adapter");
        Ok(Self {
            config,
            statement_seconds_max: settings.statement_seconds_max,
            limit: reading_limit(settings.statement_seconds_max),
            slots: Slots::new(settings.connections_max),
        })
    }

    async fn connect(&self) -> Result<Connection, Trouble> {
        let connecting = async {
            let stream = TcpStream::connect(self.config.get_addr())
                .await
                .map_err(super::database::away)?;
            stream.set_nodelay(true).map_err(super::database::away)?;
            let connecting = Client::connect(self.config.clone(), stream.compat_write());
            let mut connection = Box::pin(connecting)
                .await
                .map_err(|error| trouble(&error))?;
            let milliseconds = u64::from(self.statement_seconds_max) * 1_000;
            let settings = format!("SET LOCK_TIMEOUT {milliseconds}; SET DEADLOCK_PRIORITY LOW");
            let done = connection.simple_query(settings).await;
            let done = done.map_err(|error| trouble(&error))?.into_results().await;
            done.map_err(|error| trouble(&error))?;
            Ok(connection)
        };
        match tokio::time::timeout(CONNECT_LIMIT, Box::pin(connecting)).await {
            Ok(connected) => connected,
            Err(_) => Err(busy("nothing in time")),
        }
    }

    async fn run(
        &self,
        connection: &mut Connection,
        statements: &[Statement],
    ) -> Result<Vec<Rows>, Trouble> {
        let mut answers = Vec::with_capacity(statements.len());
        for statement in statements {
            let limit = Duration::from_secs(u64::from(self.statement_seconds_max));
            let answered = tokio::time::timeout(limit, one(connection, statement)).await;
            answers.push(
                answered
                    .map_err(|_| busy("nothing in time"))?
                    .map_err(|error| trouble(&error))?,
            );
        }
        Ok(answers)
    }
}

#[async_trait]
impl Database for SqlServer {
    async fn begin(&self) -> Result<Box<dyn Reading + '_>, Trouble> {
        let turn = self.slots.turn().await?;
        let mut connection = match self.slots.take() {
            Some(connection) => connection,
            None => self.connect().await?,
        };
        match tokio::time::timeout(self.limit, connection.begin_transaction()).await {
            Ok(begun) => begun.map_err(|error| trouble(&error))?,
            Err(_) => return Err(busy("nothing in time")),
        }
        Ok(Box::new(Transaction {
            connection: Some(connection),
            server: self,
            _turn: turn,
        }))
    }
}

/// Dropping its connection ends whatever the server still does for it: only one in good order is used again.
struct Transaction<'a> {
    connection: Option<Connection>,
    server: &'a SqlServer,
    _turn: SemaphorePermit<'a>,
}

#[async_trait]
impl Reading for Transaction<'_> {
    async fn ask(&mut self, statements: Vec<Statement>) -> Result<Vec<Rows>, Trouble> {
        let mut connection = self.connection.take().ok_or_else(over)?;
        let asked = self.server.run(&mut connection, &statements);
        let answered = tokio::time::timeout(self.server.limit, asked).await;
        let answers = answered.unwrap_or_else(|_| Err(busy("nothing in time")))?;
        self.connection = Some(connection);
        Ok(answers)
    }

    async fn end(mut self: Box<Self>) {
        let Some(mut connection) = self.connection.take() else {
            return;
        };
        let ended =
            tokio::time::timeout(self.server.limit, connection.rollback_transaction()).await;
        if let Ok(Ok(())) = ended {
            self.server.slots.keep(connection);
        }
    }
}

async fn one(
    connection: &mut Connection,
    statement: &Statement,
) -> Result<Rows, tiberius::error::Error> {
    let mut query = Query::new(statement.sql.as_str());
    for value in &statement.values {
        query.bind(Value::text(value));
    }
    let mut stream = query.query(connection).await?.into_row_stream();
    let mut answered = Rows::default();
    while let Some(row) = stream.try_next().await? {
        let columns = 0..row.len();
        let texts = columns.map(|column| Ok(row.try_get::<&str, _>(column)?.map(str::to_owned)));
        // What is beyond the limit must be read all the same, or the next statement would meet it.
        answered.take(
            texts.collect::<Result<_, tiberius::error::Error>>()?,
            statement.rows_max,
        );
    }
    Ok(answered)
}

fn trouble(error: &tiberius::error::Error) -> Trouble {
    let Some(code) = error.code() else {
        return busy("a failed connection");
    };
    let remedy = match code {
        18_452 | 18_456 | 18_486..=18_488 | 4_060 => {
            "check user, password_file and database, and that the login may connect"
        }
        229 | 230 | 297 | 300 | 916 => {
            "grant SELECT on the tables of the guide to the login, and nothing else"
        }
        208 | 2_760 => {
            "a table is missing: check schema, and name under `without` the tables that the borough does not have"
        }
        207 => "a column is missing: name under `columns` what it is called here",
        241 | 242 | 245 | 295 | 206 | 402 => {
            "a column has another type than the guide says: dates must be dates, keys text; a view can make them so"
        }
        102 | 156 | 8_180 => "check the queries: the server cannot read one of them",
        _ => return busy(format!("error {code}")),
    };
    refused(&format!("error {code}"), remedy)
}
