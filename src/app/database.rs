//! From the settings of a database to what the engine is given: reads the password's file, and proves what can be proved without
//! connecting.

use crate::config::settings::PostgresSettings;
use crate::pki::files::{self, FileError};
use crate::store::postgres::{ConnectError, Settings, examine};
use std::path::PathBuf;

/// Why a database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// Nothing says where it is.
    #[error(
        "the engine postgres needs to know its database: set store.postgres.url to postgres://USER@HOST/DATABASE"
    )]
    NoUrl,
    /// The password's file.
    #[error("the password of the database cannot be read")]
    Password(#[source] FileError),
    /// The password's file holds none.
    #[error("{path} holds no password: it must be one line of text")]
    NoPassword {
        /// The file.
        path: PathBuf,
    },
    /// The settings, or the database itself.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

impl DatabaseError {
    /// Whether another try may do, because the database may come back by itself.
    pub fn passes(&self) -> bool {
        matches!(
            self,
            Self::Connect(
                ConnectError::Unreachable(_) | ConnectError::Question(_) | ConnectError::Silent
            )
        )
    }

    /// The key of `[store.postgres]` that it is about.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Password(_) | Self::NoPassword { .. } => "store.postgres.password_file",
            Self::Connect(ConnectError::PlainText { .. } | ConnectError::Ca { .. }) => {
                "store.postgres.ca"
            }
            Self::NoUrl | Self::Connect(_) => "store.postgres.url",
        }
    }
}

/// What the engine is given.
///
/// # Errors
/// When a part is missing, cannot be read, or is open to others. Nothing is connected to.
pub fn database(settings: &PostgresSettings) -> Result<Settings, DatabaseError> {
    let url = settings.url.clone().ok_or(DatabaseError::NoUrl)?;
    let password = settings.password_file.as_ref().map(|path| {
        let bytes = files::read_private(path).map_err(DatabaseError::Password)?;
        let text = String::from_utf8(bytes).unwrap_or_default();
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() || text.contains('\n') {
            return Err(DatabaseError::NoPassword { path: path.clone() });
        }
        Ok(text.to_owned())
    });
    let settings = Settings {
        url,
        password: password.transpose()?,
        ca: settings.ca.clone(),
        connections_max: settings.connections_max,
    };
    examine(&settings)?;
    Ok(settings)
}
