//! The way to a broker for our own programs: mutual TLS with time limits and keepalive. The size limits of messages belong
//! to the generated clients.

use crate::pki::files::{self, FileError};
use serde::Deserialize;
use std::path::PathBuf;
use std::time::Duration;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

/// How long connecting may take, name look-up included.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// How long the TLS handshake may take.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(5);
/// How often an open connection is tried. The broker's own keepalive is as often.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long the broker may take to answer a try.
const KEEPALIVE_LIMIT: Duration = Duration::from_secs(10);

/// A client's certificate, its key, and the authority of the broker. All files are PEM.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientFiles {
    /// The client's certificate, followed by the intermediate ones.
    pub certificate: PathBuf,
    /// Its private key, which nobody but the owner of the file may read.
    pub key: PathBuf,
    /// The authority whose certificate the broker has.
    pub ca: PathBuf,
    /// The name in the broker's certificate, where it is not the host of the address.
    #[serde(default)]
    pub server_name: Option<String>,
}

/// A client's certificate, key and authority, in memory. No `Debug` that prints the key.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientTls {
    /// The client's certificate, followed by the intermediate ones, PEM.
    pub certificate_pem: String,
    /// Its private key, PEM.
    pub key_pem: String,
    /// The authority whose certificate the broker has, PEM.
    pub ca_pem: String,
    /// The name in the broker's certificate, where it is not the host of the address.
    pub server_name: Option<String>,
}

impl std::fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ClientTls")
            .field("server_name", &self.server_name)
            .finish_non_exhaustive()
    }
}

/// Why no channel can be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// A file cannot be read, or the key is open to others.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file is not PEM text.
    #[error("{} is not PEM text; check that it is the right file", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
    },
    /// The address is not one.
    #[error("{address:?} is not an address such as https://broker.example:7443")]
    Address {
        /// As given.
        address: String,
    },
    /// The certificate, the key or the authority is refused by the TLS library.
    #[error(
        "the client's certificate, key or authority cannot be used; check that they belong together"
    )]
    Tls(#[source] tonic::transport::Error),
}

impl ClientTls {
    /// Reads the files.
    ///
    /// # Errors
    /// When a file cannot be read, is not text, or the key is open to others.
    pub fn load(files: &ClientFiles) -> Result<Self, ClientError> {
        let text = |path: &PathBuf, bytes| {
            String::from_utf8(bytes).map_err(|_| ClientError::NotText { path: path.clone() })
        };
        Ok(Self {
            certificate_pem: text(&files.certificate, files::read(&files.certificate)?)?,
            key_pem: text(&files.key, files::read_private(&files.key)?)?,
            ca_pem: text(&files.ca, files::read(&files.ca)?)?,
            server_name: files.server_name.clone(),
        })
    }
}

/// The way to the broker at `address`, such as `https://broker.example:7443`, every limit set.
///
/// # Errors
/// When the address is not one with `https`, or certificate, key and authority cannot be used.
pub fn endpoint(address: &str, tls: &ClientTls) -> Result<Endpoint, ClientError> {
    let wrong = || ClientError::Address {
        address: address.into(),
    };
    let endpoint = Endpoint::from_shared(address.to_string()).map_err(|_| wrong())?;
    if endpoint.uri().scheme_str() != Some("https") || endpoint.uri().host().is_none() {
        return Err(wrong());
    }
    let mut config = ClientTlsConfig::new()
        .identity(Identity::from_pem(&tls.certificate_pem, &tls.key_pem))
        .ca_certificate(Certificate::from_pem(&tls.ca_pem))
        .timeout(HANDSHAKE_LIMIT);
    if let Some(name) = &tls.server_name {
        config = config.domain_name(name);
    }
    let endpoint = endpoint
        .connect_timeout(CONNECT_LIMIT)
        .http2_keep_alive_interval(KEEPALIVE_INTERVAL)
        .keep_alive_timeout(KEEPALIVE_LIMIT)
        .keep_alive_while_idle(true)
        .tcp_nodelay(true);
    endpoint.tls_config(config).map_err(ClientError::Tls)
}

/// A channel to the broker at `address` that connects when it is first used, and again whenever it must.
///
/// # Errors
/// As [`ClientTls::load`] and [`endpoint`].
pub fn channel(address: &str, files: &ClientFiles) -> Result<Channel, ClientError> {
    Ok(endpoint(address, &ClientTls::load(files)?)?.connect_lazy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, SystemClock};
    use crate::pki::{Authority, IssueRequest, write_issued};
    use std::os::unix::fs::PermissionsExt;

    fn files(dir: &std::path::Path) -> ClientFiles {
        let now = SystemClock.now();
        let authority = Authority::create("usher.example", now).unwrap();
        let request = IssueRequest::client("client", "spiffe://usher.example/a", 1);
        let issued = authority.issue(&request, now).unwrap();
        let paths = write_issued(&issued, "client", dir, false).unwrap();
        let ca = dir.join("ca.pem");
        std::fs::write(&ca, authority.certificate_pem()).unwrap();
        let (certificate, key) = (paths.certificate, paths.key);
        ClientFiles {
            certificate,
            key,
            ca,
            server_name: None,
        }
    }

    #[tokio::test]
    async fn only_an_https_address_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(dir.path());
        channel("https://localhost:7443", &files).unwrap();
        for address in [
            "http://localhost:7443",
            "localhost:7443",
            "",
            "https://",
            "not one",
        ] {
            let error = channel(address, &files).unwrap_err().to_string();
            assert!(error.contains("such as https://"), "{address}: {error}");
        }
    }

    #[tokio::test]
    async fn files_that_cannot_be_used_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(dir.path());
        std::fs::set_permissions(&files.key, PermissionsExt::from_mode(0o644)).unwrap();
        let error = channel("https://localhost:7443", &files)
            .unwrap_err()
            .to_string();
        assert!(error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&files.key, PermissionsExt::from_mode(0o600)).unwrap();
        std::fs::write(&files.key, "nothing").unwrap();
        let error = channel("https://localhost:7443", &files)
            .unwrap_err()
            .to_string();
        assert!(error.contains("belong together"), "{error}");
        std::fs::remove_file(&files.ca).unwrap();
        let error = channel("https://localhost:7443", &files)
            .unwrap_err()
            .to_string();
        assert!(error.contains("cannot read"), "{error}");
    }
}
