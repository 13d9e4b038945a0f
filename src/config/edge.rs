//! The sections of the secure edge, as written in the file: `[rpc]`, `[tls]`, `[[identities]]`.

use serde::Deserialize;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The listener and its limits.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RpcSettings {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Connections in all.
    pub connections_max: usize,
    /// Connections from one IPv4 address or one /64 network of IPv6.
    pub connections_per_peer_max: usize,
    /// Connections of one client.
    pub connections_per_client_max: usize,
    /// How long a TLS handshake may take, in milliseconds.
    pub handshake_ms: u64,
    /// How long a client may say nothing after its handshake, in milliseconds.
    pub first_bytes_ms: u64,
    /// How often an open connection is tried, in seconds.
    pub keepalive_seconds: u64,
    /// How long a client may take to answer a try, in seconds.
    pub keepalive_limit_seconds: u64,
    /// The age at which a connection is asked to end, in seconds.
    pub connection_age_seconds: u64,
    /// How long running calls may then go on, in seconds.
    pub connection_grace_seconds: u64,
    /// How long one call may take until it answers, in seconds.
    pub request_seconds: u64,
    /// How long running calls may go on when the broker stops, in seconds.
    pub drain_seconds: u64,
    /// How often certificate files are looked at, in seconds.
    pub reload_seconds: u64,
    /// Calls of one connection at once.
    pub streams_max: u32,
    /// Calls that a client opens and resets unseen, after which its connection ends.
    pub pending_resets_max: usize,
    /// Errors of a client that made the server reset a call, after which its connection ends.
    pub local_resets_max: usize,
    /// The headers of one call, in bytes.
    pub header_list_bytes_max: u32,
}

/// The server's certificate, its key, and whom it trusts. All files are PEM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The server's certificate, followed by the intermediate ones.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authorities whose client certificates are taken.
    pub client_ca: PathBuf,
    /// Revocation lists of those authorities.
    #[serde(default)]
    pub crl: Option<PathBuf>,
}

/// One client.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityEntry {
    /// The one URI of the client's certificate.
    pub uri: String,
    /// `officer`, `manager`, `adapter`, `operator` or `inspector`.
    pub role: String,
    /// Court OU codes, or `["*"]`.
    #[serde(default)]
    pub courts: Vec<String>,
    /// The responders that an adapter answers for.
    #[serde(default)]
    pub responders: Vec<String>,
    /// The person behind the client, where one certificate is one person.
    #[serde(default)]
    pub person: Option<PersonEntry>,
}

/// A person in the configuration. Staff data: no `Debug` that prints it.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonEntry {
    /// The name.
    pub name: String,
    /// The post; may be empty.
    #[serde(default)]
    pub post: String,
    /// Telephone or monitored mailbox; may be empty.
    #[serde(default)]
    pub contact: String,
}

impl std::fmt::Debug for PersonEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PersonEntry(..)")
    }
}
