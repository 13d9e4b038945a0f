//! The sections of the configuration. `config/usher.toml` has every key, its default and what it means; it is built in as
//! the lowest layer, so that a default stands in one place only.

use crate::auth::IdentityEntry;
use crate::console;
use crate::rpc::server;
use crate::rpc::tls::TlsFiles;
use crate::telemetry::{LogSettings, MetricsSettings};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Everything that can be configured. Holds no secret, so that it may be printed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The gRPC port.
    pub rpc: server::Settings,
    /// The server's certificate, and whom it trusts.
    pub tls: TlsFiles,
    /// Which clients may connect, and as what.
    #[serde(default)]
    pub identities: Vec<IdentityEntry>,
    /// Where enquiries are kept.
    pub store: StoreSettings,
    /// Postcode, authority, responder.
    pub directory: DirectorySettings,
    /// Who may be asked for what.
    pub agreements: AgreementSettings,
    /// Who is told, and when.
    pub policy: PolicySettings,
    /// What watches deadlines.
    pub scheduler: SchedulerSettings,
    /// Metrics and health.
    pub metrics: MetricsSettings,
    /// Log lines.
    pub log: LogSettings,
    /// The pages for people.
    pub console: console::Settings,
}

/// The store's engine and place.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreSettings {
    /// Which engine.
    pub engine: Engine,
    /// The store's folder.
    pub path: PathBuf,
    /// Memory for the engine's cache, in MiB, 1 to [`CACHE_MIB_MAX`].
    pub cache_mib: usize,
    /// Where the database is, for the engine [`Engine::Postgres`].
    #[serde(default)]
    pub postgres: PostgresSettings,
}

/// The database that several brokers share.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PostgresSettings {
    /// `postgres://USER@HOST/DATABASE`, without a password, with several hosts where there are several.
    pub url: Option<String>,
    /// The file of the user's password; none where the server asks for none.
    pub password_file: Option<PathBuf>,
    /// The authorities that the server's certificate must lead to, in PEM; needed unless the server is on this machine.
    pub ca: Option<PathBuf>,
    /// Connections of one broker for reading, 1 to [`CONNECTIONS_MAX`]; it has three more.
    pub connections_max: usize,
}

impl Default for PostgresSettings {
    fn default() -> Self {
        Self {
            url: None,
            password_file: None,
            ca: None,
            connections_max: 16,
        }
    }
}

/// The most connections of one broker: each is a process of the server's, and a few keep it busy.
pub const CONNECTIONS_MAX: usize = 256;

/// The largest cache, in MiB: 64 GiB.
pub const CACHE_MIB_MAX: usize = 65_536;

impl StoreSettings {
    /// The cache in bytes.
    pub fn cache_bytes(&self) -> usize {
        self.cache_mib.saturating_mul(1_024 * 1_024)
    }
}

/// The engines that keep enquiries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// The default.
    Redb,
    /// In builds with the feature `sled`.
    Sled,
    /// A database that several brokers share.
    Postgres,
}

impl Engine {
    /// Its name, as the configuration has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redb => "redb",
            Self::Sled => "sled",
            Self::Postgres => "postgres",
        }
    }
}

/// Where routing finds its data.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DirectorySettings {
    /// A table of postcodes; the built-in one when there is none.
    pub postcodes: Option<PathBuf>,
    /// The authorities, in the form of `config/directory/authorities.csv`; those when there is none.
    pub authorities: Option<PathBuf>,
    /// The districts of counties, in the form of `config/directory/districts.csv`; those when there is none.
    pub districts: Option<PathBuf>,
    /// The folder of the responders' files.
    pub responders: PathBuf,
}

/// Where information-sharing agreements come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgreementSettings {
    /// The folder of the agreements' files.
    pub folder: PathBuf,
}

/// Where ladders and bank holidays come from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySettings {
    /// The ladders; the built-in ones when there is none.
    pub file: Option<PathBuf>,
    /// Bank holidays in GOV.UK's form; the built-in ones when there is none.
    pub bank_holidays: Option<PathBuf>,
}

/// The scheduler.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchedulerSettings {
    /// How often every open enquiry is derived anew, in seconds, 1 to [`SWEEP_SECONDS_MAX`].
    pub sweep_seconds: u64,
}

/// The longest time between two sweeps, in seconds: an hour. A difference must not stay unseen for longer.
pub const SWEEP_SECONDS_MAX: u64 = 3_600;

impl SchedulerSettings {
    /// How often every open enquiry is derived anew.
    pub fn sweep_every(&self) -> Duration {
        Duration::from_secs(self.sweep_seconds)
    }
}

impl Config {
    /// Makes every relative path start at `folder`.
    pub(super) fn resolve(&mut self, folder: &Path) {
        let Self {
            tls,
            store,
            directory,
            agreements,
            policy,
            console,
            ..
        } = self;
        let given = [
            tls.crl.as_mut(),
            tls.console_certificate.as_mut(),
            tls.console_key.as_mut(),
            console.oidc.client_secret_file.as_mut(),
            console.oidc.ca.as_mut(),
            directory.postcodes.as_mut(),
            directory.authorities.as_mut(),
            directory.districts.as_mut(),
            policy.file.as_mut(),
            policy.bank_holidays.as_mut(),
            store.postgres.password_file.as_mut(),
            store.postgres.ca.as_mut(),
        ];
        let always = [
            &mut tls.certificate,
            &mut tls.key,
            &mut tls.client_ca,
            &mut store.path,
            &mut directory.responders,
            &mut agreements.folder,
        ];
        for path in given.into_iter().flatten().chain(always) {
            *path = folder.join(&*path);
        }
    }
}
