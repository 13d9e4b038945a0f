//! `[console]` in the configuration.

use crate::auth::GroupEntry;
use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The longest time without a click after which a person signs in again, in minutes: a day.
pub const IDLE_MINUTES_MAX: u64 = 24 * 60;
/// The longest time after which a person signs in again whatever they do, in hours: a day.
pub const ABSOLUTE_HOURS_MAX: u64 = 24;
/// The most browsers at once.
pub const CONNECTIONS_MAX: usize = 10_000;

/// The console's port and who signs in there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// How people sign in.
    pub sign_in: SignInBy,
    /// The address that people type, `https://host[:port]`, without a path; needed to sign in by a provider.
    #[serde(default)]
    pub public_url: Option<String>,
    /// After so many minutes without a click people sign in again, 1 to [`IDLE_MINUTES_MAX`].
    pub idle_minutes: u64,
    /// After so many hours they do, whatever they did, 1 to [`ABSOLUTE_HOURS_MAX`].
    pub absolute_hours: u64,
    /// Connections at once, 1 to [`CONNECTIONS_MAX`].
    pub connections_max: usize,
    /// The identity provider.
    pub oidc: OidcSettings,
    /// Which groups are what.
    #[serde(default)]
    pub groups: Vec<GroupEntry>,
}

/// How people sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignInBy {
    /// Nobody does: there is no console.
    Off,
    /// By an identity provider that speaks `OpenID` Connect.
    Oidc,
    /// By choosing one of the groups, without any proof: to try things out, on loopback only.
    Personas,
}

/// The identity provider: `[console.oidc]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcSettings {
    /// Its issuer URL, as its discovery document has it.
    #[serde(default)]
    pub issuer: Option<String>,
    /// How it knows usher.
    #[serde(default)]
    pub client_id: Option<String>,
    /// The file of the secret that it gave usher; nobody but its owner may read it.
    #[serde(default)]
    pub client_secret_file: Option<PathBuf>,
    /// The authorities that its own certificate leads to, in PEM; those of the machine when there is none.
    #[serde(default)]
    pub ca: Option<PathBuf>,
    /// The claim of its tokens that lists a person's groups.
    pub groups_claim: String,
}

impl Settings {
    /// How long a session lasts without a click.
    pub fn idle(&self) -> Duration {
        Duration::from_secs(self.idle_minutes.saturating_mul(60))
    }

    /// How long it lasts at most.
    pub fn absolute(&self) -> Duration {
        Duration::from_secs(self.absolute_hours.saturating_mul(60 * 60))
    }
}
