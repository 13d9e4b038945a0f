//! Files on an SFTP server: one connection, opened when it is needed and again when it is lost. The server must show a key that the
//! configuration names.
//!
//! What OpenSSH has beyond the protocol is used where the server offers it: syncing a file, and a rename that replaces. Elsewhere a
//! replaced file is gone for a moment before the new one has its name; no server promises that a name outlives a power cut of its own.

mod keys;

use super::files::{ENTRIES_MAX, Entry, Files, FilesError, Look};
use super::settings::{SftpSettings, Unfit};
use crate::clock::Clock;
use async_trait::async_trait;
use jiff::Timestamp;
use keys::{Pin, key, password};
use russh::client::{self, AuthResult};
use russh::keys::{Algorithm, HashAlg, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate};
use russh_sftp::client::RawSftpSession;
use russh_sftp::client::error::Error as SftpError;
use russh_sftp::protocol::{FileAttributes, OpenFlags, Packet, StatusCode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;

const WHAT: &str = "the SFTP server";
const CHUNK_BYTES: u32 = 32 * 1_024;
const FSYNC: &str = "fsync@openssh.com";
const RENAME: &str = "posix-rename@openssh.com";
/// After so long without use a connection is tried before it is relied on.
const IDLE: Duration = Duration::from_secs(5);
const FILE_TYPE: u32 = 0o170_000;
const ORDINARY_FILE: u32 = 0o100_000;

pub(super) struct Sftp {
    settings: SftpSettings,
    pins: Vec<Pin>,
    limit: Duration,
    clock: Arc<dyn Clock>,
    open: Mutex<Option<Open>>,
}

struct Session {
    // Dropping it ends the connection.
    _ssh: client::Handle<Pinned>,
    raw: RawSftpSession,
    fsync: bool,
    rename: bool,
}

/// The connection, and when it last answered.
struct Open {
    session: Arc<Session>,
    used: Timestamp,
}

/// Trusts the pinned keys alone.
struct Pinned(Vec<Pin>);

impl client::Handler for Pinned {
    type Error = russh::Error;

    async fn check_server_key(
        &mut self,
        shown: &PublicKeyOrCertificate,
    ) -> Result<bool, Self::Error> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Ok(false);
        };
        Ok(self.0.iter().any(|pin| pin.allows(key)))
    }
}

impl Sftp {
    pub(super) fn new(settings: &SftpSettings, clock: Arc<dyn Clock>) -> Result<Self, Unfit> {
        let pins: Option<Vec<Pin>> = settings
            .host_keys
            .iter()
            .map(|line| Pin::read(line))
            .collect();
        let pins = pins.filter(|pins| !pins.is_empty()).ok_or_else(|| {
            Unfit::new(
                "`host_keys` is no list of keys of the SFTP server",
                "write each as `SHA256:…` or as a line that `ssh-keyscan` gives, and compare it with what the server's own people say",
            )
        })?;
        let sftp = Self {
            settings: settings.clone(),
            pins,
            limit: Duration::from_secs(settings.operation_seconds),
            clock,
            open: Mutex::new(None),
        };
        match (&sftp.settings.key_file, &sftp.settings.password_file) {
            (Some(path), None) => key(path).map(drop)?,
            (None, Some(path)) => password(path).map(drop)?,
            _ => {
                return Err(Unfit::new(
                    "an SFTP server is given either `key_file` or `password_file`",
                    "write one of the two",
                ));
            }
        }
        Ok(sftp)
    }

    /// The connection, a new one where there is none that answers.
    async fn session(&self) -> Result<(MutexGuard<'_, Option<Open>>, Arc<Session>), FilesError> {
        let mut open = self.open.lock().await;
        let now = self.clock.now();
        if let Some(Open { session, used }) = open.take() {
            let idle = now.duration_since(used).unsigned_abs() >= IDLE;
            if !idle
                || matches!(
                    timeout(self.limit, session.raw.realpath(".")).await,
                    Ok(Ok(_))
                )
            {
                let lent = Arc::clone(&session);
                *open = Some(Open { session, used: now });
                return Ok((open, lent));
            }
        }
        let connected = timeout(self.limit, self.connect()).await;
        let session = Arc::new(connected.map_err(|late| away(Some(Box::new(late))))??);
        let lent = Arc::clone(&session);
        *open = Some(Open { session, used: now });
        Ok((open, lent))
    }

    async fn connect(&self) -> Result<Session, FilesError> {
        let mut config = client::Config {
            inactivity_timeout: None,
            keepalive_interval: Some(Duration::from_secs(30)),
            nodelay: true,
            ..client::Config::default()
        };
        // A server with several keys shows the first kind that both sides know: it must be one that is pinned.
        let kinds: Option<Vec<&PublicKey>> = self
            .pins
            .iter()
            .map(|pin| match pin {
                Pin::Key(key) => Some(key.as_ref()),
                Pin::Fingerprint(_) => None,
            })
            .collect();
        if let Some(kinds) = kinds {
            let wanted = |algorithm: &Algorithm| {
                kinds.iter().any(|key| match (key.algorithm(), algorithm) {
                    (Algorithm::Rsa { .. }, Algorithm::Rsa { .. }) => true,
                    (own, other) => own == *other,
                })
            };
            config.preferred.key = config
                .preferred
                .key
                .iter()
                .filter(|algorithm| wanted(algorithm))
                .cloned()
                .collect();
        }
        let at = (self.settings.host.as_str(), self.settings.port);
        let mut ssh = client::connect(Arc::new(config), at, Pinned(self.pins.clone())).await.map_err(|error| match error {
            russh::Error::UnknownKey => FilesError::Refused {
                what: "the SFTP server shows a key that `host_keys` does not name".into(),
                remedy: "ask the server's own people whether its key has changed, and only then change `host_keys`".into(),
            },
            error => away(Some(Box::new(error))),
        })?;
        if !self.authenticate(&mut ssh).await?.success() {
            return Err(FilesError::Refused {
                what: "the SFTP server does not let this account in".into(),
                remedy: "check `user` and the key or password, and the server's log".into(),
            });
        }
        let channel = ssh.channel_open_session().await.map_err(lost)?;
        channel
            .request_subsystem(true, "sftp")
            .await
            .map_err(lost)?;
        let limits = russh_sftp::client::Config {
            request_timeout_secs: self.settings.operation_seconds,
            ..russh_sftp::client::Config::default()
        };
        let raw = RawSftpSession::new_with_config(channel.into_stream(), limits);
        let version = raw.init().await.map_err(said)?;
        Ok(Session {
            _ssh: ssh,
            fsync: version.extensions.contains_key(FSYNC),
            rename: version.extensions.contains_key(RENAME),
            raw,
        })
    }

    async fn authenticate(
        &self,
        ssh: &mut client::Handle<Pinned>,
    ) -> Result<AuthResult, FilesError> {
        let unfit = |unfit: Unfit| FilesError::Refused {
            what: unfit.what,
            remedy: unfit.remedy,
        };
        let user = self.settings.user.as_str();
        let answer = match (&self.settings.key_file, &self.settings.password_file) {
            (Some(path), _) => {
                let key = key(path).map_err(unfit)?;
                let hash = match key.algorithm() {
                    Algorithm::Rsa { .. } => ssh
                        .best_supported_rsa_hash()
                        .await
                        .map_err(lost)?
                        .unwrap_or(Some(HashAlg::Sha256)),
                    _ => None,
                };
                ssh.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::new(key), hash))
                    .await
            }
            (None, Some(path)) => {
                ssh.authenticate_password(user, password(path).map_err(unfit)?)
                    .await
            }
            (None, None) => return Err(away(None)),
        };
        answer.map_err(lost)
    }

    /// What an operation came to; a connection that failed is not used again.
    async fn run<T>(
        &self,
        mut open: MutexGuard<'_, Option<Open>>,
        work: impl Future<Output = Result<T, SftpError>> + Send,
    ) -> Result<T, FilesError> {
        match timeout(self.limit, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error @ SftpError::Status(_))) => Err(said(error)),
            Ok(Err(error)) => {
                *open = None;
                Err(said(error))
            }
            Err(late) => {
                *open = None;
                Err(away(Some(Box::new(late))))
            }
        }
    }

    fn path(&self, path: &str) -> String {
        format!("{}/{path}", self.settings.path.trim_end_matches('/'))
    }
}

#[async_trait]
impl Files for Sftp {
    async fn list(&self, folder: &str) -> Result<Vec<Entry>, FilesError> {
        let (open, session) = self.session().await?;
        let path = self.path(folder);
        self.run(open, async move {
            let handle = session.raw.opendir(path).await?.handle;
            let mut entries = Vec::new();
            while entries.len() < ENTRIES_MAX {
                match session.raw.readdir(handle.as_str()).await {
                    Ok(some) => entries.extend(
                        some.files
                            .into_iter()
                            .filter_map(|file| entry(file.filename, &file.attrs)),
                    ),
                    Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => {
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            session.raw.close(handle).await?;
            Ok(entries)
        })
        .await
    }

    async fn look(&self, path: &str) -> Result<Option<Look>, FilesError> {
        let (open, session) = self.session().await?;
        let path = self.path(path);
        let looked = self
            .run(open, async move { session.raw.lstat(path).await })
            .await;
        match looked {
            Ok(found) => Ok(Some(look(&found.attrs))),
            Err(FilesError::Gone) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read(&self, path: &str, most: u64) -> Result<Vec<u8>, FilesError> {
        let (open, session) = self.session().await?;
        let path = self.path(path);
        self.run(open, async move {
            let handle = session
                .raw
                .open(path, OpenFlags::READ, FileAttributes::empty())
                .await?
                .handle;
            let mut bytes = Vec::new();
            loop {
                let at = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                let chunk = u32::try_from(most.saturating_sub(at))
                    .unwrap_or(CHUNK_BYTES)
                    .min(CHUNK_BYTES);
                if chunk == 0 {
                    break;
                }
                match session.raw.read(handle.as_str(), at, chunk).await {
                    Ok(some) if some.data.is_empty() => break,
                    Ok(some) => bytes.extend(some.data),
                    Err(SftpError::Status(status)) if status.status_code == StatusCode::Eof => {
                        break;
                    }
                    Err(error) => return Err(error),
                }
            }
            session.raw.close(handle).await?;
            Ok(bytes)
        })
        .await
    }

    async fn write(&self, path: &str, bytes: Vec<u8>) -> Result<(), FilesError> {
        let (open, session) = self.session().await?;
        let path = self.path(path);
        self.run(open, async move {
            let flags = OpenFlags::CREATE | OpenFlags::TRUNCATE | OpenFlags::WRITE;
            let handle = session
                .raw
                .open(path, flags, FileAttributes::empty())
                .await?
                .handle;
            let mut at = 0;
            for chunk in bytes.chunks(CHUNK_BYTES as usize) {
                session
                    .raw
                    .write(handle.as_str(), at, chunk.to_vec())
                    .await?;
                at += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
            }
            if session.fsync {
                session.raw.fsync(handle.as_str()).await?;
            }
            session.raw.close(handle).await.map(drop)
        })
        .await
    }

    async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        let (open, session) = self.session().await?;
        let (from, to) = (self.path(from), self.path(to));
        self.run(open, async move {
            if session.rename {
                let names = [string(&from), string(&to)].concat();
                return match session.raw.extended(RENAME, names).await? {
                    Packet::Status(status) if status.status_code == StatusCode::Ok => Ok(()),
                    Packet::Status(status) => Err(SftpError::Status(status)),
                    _ => Err(SftpError::UnexpectedPacket),
                };
            }
            // The plain rename replaces nothing. Whatever is replaced here holds the same or an older form of the same.
            session.raw.lstat(from.as_str()).await?;
            match session.raw.remove(to.as_str()).await {
                Err(SftpError::Status(status)) if status.status_code == StatusCode::NoSuchFile => {}
                removed => removed.map(drop)?,
            }
            session.raw.rename(from, to).await.map(drop)
        })
        .await
    }

    async fn make_folder(&self, folder: &str) -> Result<(), FilesError> {
        if self.look(folder).await?.is_some() {
            return Ok(());
        }
        let (open, session) = self.session().await?;
        let path = self.path(folder);
        self.run(open, async move {
            session
                .raw
                .mkdir(path, FileAttributes::empty())
                .await
                .map(drop)
        })
        .await
    }
}

/// Ordinary files alone. Servers that do not tell kinds are taken at their word; a name that is not UTF-8 cannot be said back to them.
fn entry(name: String, attributes: &FileAttributes) -> Option<Entry> {
    let ordinary = attributes
        .permissions
        .is_none_or(|mode| mode & FILE_TYPE == ORDINARY_FILE);
    let sayable = !name.contains([char::REPLACEMENT_CHARACTER, '/']);
    (ordinary && sayable).then(|| Entry {
        name,
        look: look(attributes),
    })
}

fn look(attributes: &FileAttributes) -> Look {
    Look {
        size: attributes.size.unwrap_or_default(),
        modified: i128::from(attributes.mtime.unwrap_or_default()) * 1_000_000_000,
    }
}

/// A string as the protocol writes it.
fn string(text: &str) -> Vec<u8> {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), text.as_bytes()].concat()
}

fn away(source: Option<Box<dyn std::error::Error + Send + Sync>>) -> FilesError {
    FilesError::Away { what: WHAT, source }
}

fn lost(error: russh::Error) -> FilesError {
    away(Some(Box::new(error)))
}

/// What the server says, without its words: they may hold names of files.
fn said(error: SftpError) -> FilesError {
    let SftpError::Status(status) = error else {
        return away(Some(Box::new(error)));
    };
    match status.status_code {
        StatusCode::NoSuchFile => FilesError::Gone,
        StatusCode::PermissionDenied => FilesError::Refused {
            what: "the SFTP server does not let this account read or write in the drop folder"
                .into(),
            remedy: "let it create, rename and delete files in all five folders of it".into(),
        },
        StatusCode::Failure => FilesError::refused(),
        code => away(Some(Box::new(std::io::Error::other(code.to_string())))),
    }
}
