//! Where the bench runs: a fresh folder with certificates, known to both processes, and a folder in it for each store.

use super::message;
use crate::auth::{IdentityEntry, IdentityTable};
use crate::clock::{Clock as _, SystemClock};
use crate::directory::Directory;
use crate::ids::{Ids as _, RandomIds};
use crate::pki::{self, Authority, IssueRequest};
use crate::rpc::client::ClientTls;
use crate::rpc::tls::TlsFiles;
use anyhow::Context as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The trust domain of the bench's certificates.
const TRUST_DOMAIN: &str = "usher.example";
/// How long they hold.
const CERTIFICATE_DAYS: u32 = 2;

/// Who calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    /// A court's gateway: submits and watches.
    Officer,
    /// The boroughs' adapters, one program.
    Adapter,
    /// Asks how the broker stands.
    Operator,
}

impl Who {
    const ALL: [Self; 3] = [Self::Officer, Self::Adapter, Self::Operator];

    /// The role, and the name of the certificate.
    fn name(self) -> &'static str {
        match self {
            Self::Officer => "officer",
            Self::Adapter => "adapter",
            Self::Operator => "operator",
        }
    }

    fn uri(self) -> String {
        format!("spiffe://{TRUST_DOMAIN}/bench/{}", self.name())
    }
}

/// The table of identities, as the broker of the bench has it.
///
/// # Errors
/// Never: the identities are constants.
pub(super) fn identities(directory: &Directory) -> anyhow::Result<IdentityTable> {
    let responders = directory.responders().iter();
    let responders: Vec<String> = responders.map(|known| known.id.to_string()).collect();
    let entry = |who: Who| IdentityEntry {
        uri: who.uri(),
        role: who.name().into(),
        courts: if who == Who::Adapter {
            Vec::new()
        } else {
            vec!["*".into()]
        },
        responders: if who == Who::Adapter {
            responders.clone()
        } else {
            Vec::new()
        },
        person: None,
    };
    Ok(IdentityTable::new(&Who::ALL.map(entry))?)
}

/// The server's files in the folder of a bench.
pub(super) fn tls_files(folder: &Path) -> TlsFiles {
    TlsFiles {
        certificate: folder.join("server.pem"),
        key: folder.join("server.key"),
        client_ca: folder.join("ca.pem"),
        crl: None,
        ..TlsFiles::default()
    }
}

/// The folder of one run, removed when it is dropped, and the certificates of its clients.
pub(super) struct Stage {
    folder: PathBuf,
    clients: [ClientTls; 3],
    pub(super) enquiries: Arc<message::Enquiries>,
}

impl Stage {
    /// Makes the folder in `parent`, and certificates.
    pub(super) fn set(parent: &Path) -> anyhow::Result<Self> {
        let folder = parent.join(format!("usher-bench-{}", RandomIds.next()));
        let made = std::fs::DirBuilder::new().mode(0o700).create(&folder);
        made.with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let now = SystemClock.now();
        let authority = Authority::create(TRUST_DOMAIN, now)?;
        pki::files::write(
            &folder.join("ca.pem"),
            authority.certificate_pem().as_bytes(),
            false,
        )?;
        let request = IssueRequest::server("server", &["127.0.0.1", "localhost"], CERTIFICATE_DAYS);
        pki::write_issued(&authority.issue(&request, now)?, "server", &folder, false)?;
        let client = |who: Who| -> anyhow::Result<ClientTls> {
            let request = IssueRequest::client(who.name(), &who.uri(), CERTIFICATE_DAYS);
            let issued = authority.issue(&request, now)?;
            Ok(ClientTls {
                certificate_pem: issued.certificate_pem,
                key_pem: issued.key_pem,
                ca_pem: authority.certificate_pem().to_owned(),
                server_name: None,
            })
        };
        let [officer, adapter, operator] = Who::ALL.map(client);
        Ok(Self {
            folder,
            clients: [officer?, adapter?, operator?],
            enquiries: Arc::new(message::Enquiries::new()),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn tls(&self, who: Who) -> &ClientTls {
        let [officer, adapter, operator] = &self.clients;
        match who {
            Who::Officer => officer,
            Who::Adapter => adapter,
            Who::Operator => operator,
        }
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            tracing::warn!(reason = %error, "the bench's folder could not be removed");
        }
    }
}
