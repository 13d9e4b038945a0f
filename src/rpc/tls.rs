//! Mutual TLS from files: TLS 1.3 only, client certificates required, revocation lists where given.
//!
//! What is loaded has been checked: keys that others can read, certificates out of date, a key of another certificate, an
//! empty authority file or an expired revocation list are refused with the file and the remedy. A [`Reloader`] keeps
//! the last good state when a new file is bad. Sessions are never resumed: every connection proves its certificate
//! against the authorities and the revocation list of that moment.
//!
//! Certificates live in real time, whatever clock the rest of the process runs on.

use crate::auth::certificate;
use crate::clock::{Clock, SystemClock};
use crate::pki::files::{self, FileError};
use arc_swap::ArcSwap;
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::server::danger::ClientCertVerifier;
use rustls::server::{NoServerSessionStorage, ServerConfig, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use serde::Deserialize;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::watch;
use usher_domain::time::Timestamp;
use x509_parser::prelude::{CertificateRevocationList, FromDer};

/// The server's certificate, its key, and whom it trusts: `[tls]` in the configuration. All files are PEM.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The server's certificate, followed by the intermediate ones.
    pub certificate: PathBuf,
    /// Its private key, which nobody but the owner of the file may read.
    pub key: PathBuf,
    /// The authorities whose client certificates are taken.
    pub client_ca: PathBuf,
    /// The console's own certificate, where browsers trust other authorities than clients do; else the server's.
    #[serde(default)]
    pub console_certificate: Option<PathBuf>,
    /// The private key of that.
    #[serde(default)]
    pub console_key: Option<PathBuf>,
    /// Revocation lists of those authorities. When given, a client is taken only if a list that has not expired covers
    /// every certificate of its chain.
    #[serde(default)]
    pub crl: Option<PathBuf>,
}

/// Why the files cannot be used. Every message names the file and the remedy.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, is open to others or too large.
    #[error(transparent)]
    File(#[from] FileError),
    /// A file holds something else than it should.
    #[error("{} holds no {what} in PEM; check that it is the right file", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A file's content cannot be read as what it claims to be.
    #[error("{} holds a {what} that cannot be read; write the file again from its source", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// A certificate or list has ended.
    #[error("the {what} in {} ended at {at}; put a new one in its place", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// What has ended.
        what: &'static str,
        /// When.
        at: Timestamp,
    },
    /// A certificate has not begun.
    #[error("the {what} in {} begins at {at}; check this machine's clock, or wait", path.display())]
    NotYet {
        /// The file.
        path: PathBuf,
        /// What has not begun.
        what: &'static str,
        /// When it does.
        at: Timestamp,
    },
    /// The certificate is a client's.
    #[error("the certificate in {} is not made for a server: it needs a DNS name or an address among its alternative names and, where it limits its purposes, serverAuth; issue one with `usher pki issue --server --host NAME`", path.display())]
    Purpose {
        /// The file.
        path: PathBuf,
    },
    /// The key is another certificate's.
    #[error("{} is not the key of {}; give the pair that was issued together", key.display(), certificate.display())]
    Mismatch {
        /// The key's file.
        key: PathBuf,
        /// The certificate's file.
        certificate: PathBuf,
    },
    /// The TLS library refuses what passed our own checks.
    #[error("the TLS library refuses {}; write the file again from its source", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// One loaded state: what the handshake of a new connection uses.
#[derive(Debug)]
pub struct ServerTls {
    config: Arc<ServerConfig>,
    console: Arc<ServerConfig>,
    verifier: Arc<dyn ClientCertVerifier>,
    not_after: Timestamp,
}

impl ServerTls {
    /// Reads and checks the files.
    ///
    /// # Errors
    /// When a file cannot be used ([`TlsError`]).
    pub fn load(files: &TlsFiles, now: Timestamp) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = (&files.certificate, &files.key);
        let (own, mut not_after) = identity(pair, &provider, now)?;
        let verifier = verifier(files, &provider, now)?;
        let refused = |source: rustls::Error| TlsError::Refused {
            path: files.certificate.clone(),
            source: source.into(),
        };
        let console = match (&files.console_certificate, &files.console_key) {
            (Some(certificate), Some(key)) => {
                let (identity, ends) = identity((certificate, key), &provider, now)?;
                not_after = not_after.min(ends);
                identity
            }
            _ => own.clone(),
        };
        let mut config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .with_client_cert_verifier(Arc::clone(&verifier))
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(own)));
        config.alpn_protocols = vec![b"h2".to_vec()];
        // A resumed session would skip the client's certificate, and with it a revocation since.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.max_early_data_size = 0;
        let mut console = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&rustls::version::TLS13])
            .map_err(refused)?
            .with_no_client_auth()
            .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(console)));
        console.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        console.max_early_data_size = 0;
        Ok(Self {
            config: Arc::new(config),
            console: Arc::new(console),
            verifier,
            not_after,
        })
    }

    /// What a handshake uses.
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config)
    }

    /// What a handshake of the console uses: browsers have no certificate.
    pub fn console(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.console)
    }

    /// What a client's certificate is held against.
    pub fn verifier(&self) -> &dyn ClientCertVerifier {
        self.verifier.as_ref()
    }

    /// When the first certificate of the server's own chain ends.
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }
}

/// The state in force, replaced without a restart when the files change.
#[derive(Debug)]
pub struct Reloader {
    files: TlsFiles,
    current: ArcSwap<ServerTls>,
    seen: Mutex<Seen>,
    replaced: watch::Sender<u64>,
}

#[derive(Debug)]
struct Seen {
    marks: Vec<Option<Mark>>,
    good: bool,
}

/// What of a file changes when somebody writes it: device, inode, length, and both times in nanoseconds.
type Mark = (u64, u64, u64, (i64, i64), (i64, i64));

impl Reloader {
    /// Reads and checks the files for the first time.
    ///
    /// # Errors
    /// When a file cannot be used ([`TlsError`]).
    pub fn open(files: TlsFiles) -> Result<Self, TlsError> {
        let seen = Seen {
            marks: marks(&files),
            good: true,
        };
        let current = ServerTls::load(&files, SystemClock.now())?;
        Ok(Self {
            files,
            current: ArcSwap::from_pointee(current),
            seen: Mutex::new(seen),
            replaced: watch::Sender::new(0),
        })
    }

    /// The state in force.
    pub fn current(&self) -> Arc<ServerTls> {
        self.current.load_full()
    }

    /// When the server's certificate ends, for a metric and an alarm.
    pub fn not_after(&self) -> Timestamp {
        self.current.load().not_after
    }

    /// Reads the files again if one of them has changed, or the last reading failed. Blocks on the disk. Returns whether a new
    /// state is in force.
    ///
    /// # Errors
    /// When a file cannot be used; the state in force stays.
    pub fn poll(&self) -> Result<bool, TlsError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken before the files are read: whatever is written in between is seen by the next poll.
        let marks = marks(&self.files);
        if seen.good && seen.marks == marks {
            return Ok(false);
        }
        *seen = Seen { marks, good: false };
        let loaded = ServerTls::load(&self.files, SystemClock.now())?;
        seen.good = true;
        self.current.store(Arc::new(loaded));
        self.replaced.send_modify(|count| *count += 1);
        Ok(true)
    }

    /// Tells of every new state from now on.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.replaced.subscribe()
    }
}

fn marks(files: &TlsFiles) -> Vec<Option<Mark>> {
    let paths = [&files.certificate, &files.key, &files.client_ca];
    let given = [&files.console_certificate, &files.console_key, &files.crl];
    paths
        .into_iter()
        .chain(given.into_iter().flatten())
        .map(|path| mark(path))
        .collect()
}

fn mark(path: &Path) -> Option<Mark> {
    let data = std::fs::metadata(path).ok()?;
    let changed = (data.ctime(), data.ctime_nsec());
    Some((
        data.dev(),
        data.ino(),
        data.len(),
        (data.mtime(), data.mtime_nsec()),
        changed,
    ))
}

fn identity(
    (path, key_path): (&PathBuf, &PathBuf),
    provider: &CryptoProvider,
    now: Timestamp,
) -> Result<(CertifiedKey, Timestamp), TlsError> {
    let chain = certificates(path)?;
    let mut not_after = Timestamp::MAX;
    for der in &chain {
        not_after = not_after.min(check_validity(der, path, "certificate", now)?);
    }
    if !chain.first().is_some_and(|leaf| certificate::serves(leaf)) {
        return Err(TlsError::Purpose { path: path.clone() });
    }
    let what = "private key";
    let pem = files::read_private(key_path)?;
    let key = match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(key) => provider.key_provider.load_private_key(key),
        Err(rustls::pki_types::pem::Error::NoItemsFound) => {
            return Err(TlsError::Empty {
                path: key_path.clone(),
                what,
            });
        }
        Err(_) => {
            return Err(TlsError::Malformed {
                path: key_path.clone(),
                what,
            });
        }
    };
    let key = key.map_err(|_| TlsError::Malformed {
        path: key_path.clone(),
        what,
    })?;
    let identity = CertifiedKey::new(chain, key);
    identity.keys_match().map_err(|_| TlsError::Mismatch {
        key: key_path.clone(),
        certificate: path.clone(),
    })?;
    Ok((identity, not_after))
}

fn verifier(
    files: &TlsFiles,
    provider: &Arc<CryptoProvider>,
    now: Timestamp,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let path = &files.client_ca;
    let roots = Arc::new(roots(path, now)?);
    let mut builder = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(provider));
    if let Some(crl) = &files.crl {
        builder = builder
            .with_crls(revocation_lists(crl, now)?)
            .enforce_revocation_expiration();
    }
    builder.build().map_err(|source| TlsError::Refused {
        path: files.crl.as_ref().unwrap_or(path).clone(),
        source: source.into(),
    })
}

/// The authorities that hold at `now`. The TLS library does not look at the dates of a root, so that this does: one that has
/// ended is left out with a warning, and a file in which all have ended is refused.
fn roots(path: &Path, now: Timestamp) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let mut last = None;
    for der in certificates(path)? {
        match check_validity(&der, path, "authority's certificate", now) {
            Ok(_) => roots.add(der).map_err(|source| TlsError::Refused {
                path: path.into(),
                source: source.into(),
            })?,
            Err(error @ TlsError::Malformed { .. }) => return Err(error),
            Err(error) => {
                tracing::warn!(reason = %error, "An authority of clients is out of date and left out");
                last = Some(error);
            }
        }
    }
    match last {
        Some(error) if roots.is_empty() => Err(error),
        _ => Ok(roots),
    }
}

fn revocation_lists(
    path: &Path,
    now: Timestamp,
) -> Result<Vec<CertificateRevocationListDer<'static>>, TlsError> {
    let what = "revocation list";
    let lists: Vec<CertificateRevocationListDer<'static>> = pem(path, what)?;
    for der in &lists {
        let malformed = || TlsError::Malformed {
            path: path.into(),
            what,
        };
        let (_, list) = CertificateRevocationList::from_der(der).map_err(|_| malformed())?;
        let at = list
            .next_update()
            .and_then(|time| Timestamp::from_second(time.timestamp()).ok());
        let at = at.ok_or_else(malformed)?;
        if at < now {
            return Err(TlsError::Expired {
                path: path.into(),
                what,
                at,
            });
        }
    }
    Ok(lists)
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    pem(path, "certificate")
}

fn pem<T: PemObject>(path: &Path, what: &'static str) -> Result<Vec<T>, TlsError> {
    let bytes = files::read(path)?;
    let items = T::pem_slice_iter(&bytes).collect::<Result<Vec<T>, _>>();
    let items = items.map_err(|_| TlsError::Malformed {
        path: path.into(),
        what,
    })?;
    if items.is_empty() {
        return Err(TlsError::Empty {
            path: path.into(),
            what,
        });
    }
    Ok(items)
}

/// Refuses a certificate that does not hold at `now`; returns when it ends.
fn check_validity(
    der: &[u8],
    path: &Path,
    what: &'static str,
    now: Timestamp,
) -> Result<Timestamp, TlsError> {
    let malformed = |_| TlsError::Malformed {
        path: path.into(),
        what,
    };
    let (begin, end) = certificate::validity(&certificate::read(der).map_err(malformed)?);
    if now < begin {
        return Err(TlsError::NotYet {
            path: path.into(),
            what,
            at: begin,
        });
    }
    if now > end {
        return Err(TlsError::Expired {
            path: path.into(),
            what,
            at: end,
        });
    }
    Ok(end)
}
