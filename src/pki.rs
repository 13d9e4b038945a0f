//! A certificate authority for development, tests and the demo.
//!
//! It makes one root and short certificates under it, ECDSA P-256, in memory or as files whose keys only their owner can
//! read. It keeps no list of what it issued, has no passphrase and no hardware: a service in use takes its
//! certificates from its organisation's own authority.

pub mod files;

#[cfg(test)]
mod tests;

use crate::auth::certificate;
use files::FileError;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName,
    DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose,
    PublicKeyData, RevokedCertParams, SanType, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use usher_domain::time::Timestamp;

/// How long the authority itself holds, in days: five years.
pub const AUTHORITY_DAYS: u32 = 1_826;
/// How long a certificate may hold, in days.
pub const CERTIFICATE_DAYS_MAX: u32 = 398;
/// Names and addresses of one server.
const HOSTS_MAX: usize = 32;
/// A certificate's name, in characters.
const NAME_CHARS_MAX: usize = 64;
/// How far a certificate reaches into the past, in seconds: clocks differ.
const BACKDATED_SECONDS: u64 = 300;
const DAY_SECONDS: u64 = 86_400;

const AUTHORITY_CERTIFICATE: &str = "ca.pem";
const AUTHORITY_KEY: &str = "ca.key";

/// What a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Usage {
    /// To call the broker.
    Client,
    /// To be the broker.
    Server,
}

/// A certificate to be issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueRequest {
    /// The name of its files and of its subject: lower-case letters, digits, `-`, `_` and `.`, at most 64.
    pub name: String,
    /// Its URIs. The broker takes a client with exactly one; a server needs none.
    pub uris: Vec<String>,
    /// The DNS names and addresses under which a server is reached; none for a client.
    pub hosts: Vec<String>,
    /// What it is for.
    pub usage: Usage,
    /// How many days it holds, 1 to [`CERTIFICATE_DAYS_MAX`], and no longer than the authority.
    pub days: u32,
}

impl IssueRequest {
    /// A client with one URI.
    pub fn client(name: &str, uri: &str, days: u32) -> Self {
        let uris = vec![uri.into()];
        Self {
            name: name.into(),
            uris,
            hosts: Vec::new(),
            usage: Usage::Client,
            days,
        }
    }

    /// A server reached under `hosts`.
    pub fn server(name: &str, hosts: &[&str], days: u32) -> Self {
        let hosts = hosts.iter().map(ToString::to_string).collect();
        Self {
            name: name.into(),
            uris: Vec::new(),
            hosts,
            usage: Usage::Server,
            days,
        }
    }
}

/// A certificate and its key, both PEM. No `Debug` that prints the key.
#[derive(Clone, PartialEq, Eq)]
pub struct Issued {
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key.
    pub key_pem: String,
    /// Its serial number, for a revocation list.
    pub serial: Vec<u8>,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issued")
            .field("serial", &self.serial)
            .finish_non_exhaustive()
    }
}

/// Where an issued certificate and its key were written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedFiles {
    /// `<name>.pem`.
    pub certificate: PathBuf,
    /// `<name>.key`, readable by its owner only.
    pub key: PathBuf,
}

/// Why nothing was issued. Every message says what to change.
#[derive(Debug, thiserror::Error)]
pub enum PkiError {
    /// A file could not be read or written, or exists.
    #[error(transparent)]
    File(#[from] FileError),
    /// The request asks for something that no certificate of ours may say.
    #[error("{0}")]
    Request(String),
    /// The authority's files are not an authority of ours.
    #[error("{} does not hold an authority made by `usher pki init`: {problem}", dir.display())]
    Authority {
        /// The folder.
        dir: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The cryptographic library refused.
    #[error("the certificate could not be made")]
    Make(#[from] rcgen::Error),
}

/// A certificate authority, in memory.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate_pem: String,
    trust_domain: String,
    not_after: Timestamp,
}

impl std::fmt::Debug for Authority {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Authority")
            .field("trust_domain", &self.trust_domain)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes a new authority for `trust_domain`, such as `usher.example`.
    ///
    /// # Errors
    /// When `trust_domain` is not lower-case letters, digits, `.`, `-` and `_`, or `now` is before 1970.
    pub fn create(trust_domain: &str, now: Timestamp) -> Result<Self, PkiError> {
        if !certificate::is_trust_domain(trust_domain) {
            let message = "a trust domain is lower-case letters, digits, '.', '-' and '_', such as usher.example";
            return Err(PkiError::Request(message.into()));
        }
        let mut params = authority_params(trust_domain);
        let end = seconds(now)? + u64::from(AUTHORITY_DAYS) * DAY_SECONDS;
        set_validity(&mut params, seconds(now)?, end)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.subject_alt_names = vec![uri(&format!("spiffe://{trust_domain}"))?];
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let certificate_pem = params.self_signed(&key)?.pem();
        let not_after = timestamp(end)?;
        Ok(Self {
            issuer: Issuer::new(params, key),
            certificate_pem,
            trust_domain: trust_domain.into(),
            not_after,
        })
    }

    /// Reads the authority that [`init`] wrote into `dir`.
    ///
    /// # Errors
    /// When its files cannot be read, are open to others, or do not belong together.
    pub fn load(dir: &Path) -> Result<Self, PkiError> {
        let broken = |problem| PkiError::Authority {
            dir: dir.into(),
            problem,
        };
        let certificate_pem = String::from_utf8(files::read(&dir.join(AUTHORITY_CERTIFICATE))?)
            .map_err(|_| broken("ca.pem is not text"))?;
        let key_pem = String::from_utf8(files::read_private(&dir.join(AUTHORITY_KEY))?)
            .map_err(|_| broken("ca.key is not text"))?;
        let key = KeyPair::from_pem(&key_pem).map_err(|_| broken("ca.key is not a private key"))?;
        let der = CertificateDer::from_pem_slice(certificate_pem.as_bytes())
            .map_err(|_| broken("ca.pem is not a certificate"))?;
        let parsed = certificate::read(&der).map_err(|_| broken("ca.pem is not a certificate"))?;
        if parsed.public_key().raw != key.subject_public_key_info() {
            return Err(broken("ca.key is not the key of ca.pem"));
        }
        let trust_domain = certificate::trust_domain(&parsed)
            .ok_or_else(|| broken("ca.pem names no trust domain"))?;
        let not_after = certificate::validity(&parsed).1;
        Ok(Self {
            issuer: Issuer::new(authority_params(&trust_domain), key),
            certificate_pem,
            trust_domain,
            not_after,
        })
    }

    /// The authority's own certificate, to be trusted by clients and servers.
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Issues a certificate with a new key.
    ///
    /// # Errors
    /// When the request names nobody, a URI of another trust domain, a host that is none, or a time that is too long.
    pub fn issue(&self, request: &IssueRequest, now: Timestamp) -> Result<Issued, PkiError> {
        check_name(&request.name)?;
        let end = seconds(now)? + u64::from(request.days) * DAY_SECONDS;
        if !(1..=CERTIFICATE_DAYS_MAX).contains(&request.days) {
            let message = format!("days must be 1 to {CERTIFICATE_DAYS_MAX}");
            return Err(PkiError::Request(message));
        }
        if timestamp(end)? > self.not_after {
            let message = format!(
                "the authority itself ends at {}; ask for fewer days",
                self.not_after
            );
            return Err(PkiError::Request(message));
        }
        let mut params = CertificateParams::default();
        set_validity(&mut params, seconds(now)?, end)?;
        params.distinguished_name = common_name(&request.name);
        params.subject_alt_names = self.alternative_names(request)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![match request.usage {
            Usage::Client => ExtendedKeyUsagePurpose::ClientAuth,
            Usage::Server => ExtendedKeyUsagePurpose::ServerAuth,
        }];
        params.use_authority_key_identifier_extension = true;
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let signed = params.signed_by(&key, &self.issuer)?;
        let parsed =
            certificate::read(signed.der()).map_err(|_| rcgen::Error::CouldNotParseCertificate)?;
        Ok(Issued {
            certificate_pem: signed.pem(),
            key_pem: key.serialize_pem(),
            serial: parsed.raw_serial().to_vec(),
        })
    }

    /// Signs a list of revoked serial numbers that holds for `days`, as PEM.
    ///
    /// # Errors
    /// When `days` is 0, or `now` is before 1970.
    pub fn revocation_list(
        &self,
        serials: &[Vec<u8>],
        now: Timestamp,
        days: u32,
    ) -> Result<String, PkiError> {
        let start = seconds(now)?;
        let end = start + u64::from(days) * DAY_SECONDS;
        timestamp(end)?;
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        let revoked = serials.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from_slice(serial),
            revocation_time: epoch + Duration::from_secs(start),
            reason_code: None,
            invalidity_date: None,
        });
        let params = CertificateRevocationListParams {
            this_update: epoch + Duration::from_secs(start.saturating_sub(BACKDATED_SECONDS)),
            next_update: epoch + Duration::from_secs(end),
            crl_number: SerialNumber::from_slice(&start.to_be_bytes()),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.pem()?)
    }

    fn alternative_names(&self, request: &IssueRequest) -> Result<Vec<SanType>, PkiError> {
        let nobody = match request.usage {
            Usage::Client => request.uris.is_empty() || !request.hosts.is_empty(),
            Usage::Server => request.hosts.is_empty() || request.hosts.len() > HOSTS_MAX,
        };
        if nobody {
            let message =
                format!("a client needs a URI and no hosts, a server 1 to {HOSTS_MAX} hosts");
            return Err(PkiError::Request(message));
        }
        let mut names = Vec::new();
        for text in &request.uris {
            let client = certificate::parse_uri(text)
                .map_err(|error| PkiError::Request(error.to_string()))?;
            let ours = format!("spiffe://{}/", self.trust_domain);
            if !client.as_str().starts_with(&ours) {
                let message = format!(
                    "{text} is of another trust domain; this authority's begin with {ours}"
                );
                return Err(PkiError::Request(message));
            }
            names.push(uri(text)?);
        }
        for host in &request.hosts {
            names.push(match host.parse::<IpAddr>() {
                Ok(address) => SanType::IpAddress(address),
                Err(_) => SanType::DnsName(dns_name(host)?.try_into()?),
            });
        }
        Ok(names)
    }
}

/// Makes a new authority in `dir`: `ca.pem`, and `ca.key` that only its owner can read. The folder is made if needed.
///
/// # Errors
/// When an authority is there already and `force` is not set, or the folder cannot be written.
pub fn init(
    dir: &Path,
    trust_domain: &str,
    now: Timestamp,
    force: bool,
) -> Result<Authority, PkiError> {
    let authority = Authority::create(trust_domain, now)?;
    make_dir(dir)?;
    files::write_private(
        &dir.join(AUTHORITY_KEY),
        authority.issuer.key().serialize_pem().as_bytes(),
        force,
    )?;
    files::write(
        &dir.join(AUTHORITY_CERTIFICATE),
        authority.certificate_pem.as_bytes(),
        force,
    )?;
    Ok(authority)
}

/// Issues a certificate by the authority in `dir` into the folder `out`: `<name>.pem` and `<name>.key`.
///
/// # Errors
/// When the authority cannot be read, the request is refused ([`Authority::issue`]), or a file is there already and
/// `force` is not set.
pub fn issue(
    dir: &Path,
    request: &IssueRequest,
    out: &Path,
    now: Timestamp,
    force: bool,
) -> Result<IssuedFiles, PkiError> {
    let authority = Authority::load(dir)?;
    let issued = authority.issue(request, now)?;
    write_issued(&issued, &request.name, out, force)
}

/// Writes a certificate and its key into the folder `out`, which is made if needed.
///
/// # Errors
/// When a file is there already and `force` is not set, or the folder cannot be written.
pub fn write_issued(
    issued: &Issued,
    name: &str,
    out: &Path,
    force: bool,
) -> Result<IssuedFiles, PkiError> {
    check_name(name)?;
    make_dir(out)?;
    let paths = IssuedFiles {
        certificate: out.join(format!("{name}.pem")),
        key: out.join(format!("{name}.key")),
    };
    if !force && paths.certificate.exists() {
        return Err(FileError::Exists {
            path: paths.certificate,
        }
        .into());
    }
    files::write_private(&paths.key, issued.key_pem.as_bytes(), force)?;
    files::write(&paths.certificate, issued.certificate_pem.as_bytes(), force)?;
    Ok(paths)
}

fn make_dir(dir: &Path) -> Result<(), FileError> {
    std::fs::create_dir_all(dir).map_err(|source| FileError::Unwritable {
        path: dir.into(),
        source,
    })
}

/// What of an authority follows from its trust domain alone, so that its files need not hold it.
fn authority_params(trust_domain: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = common_name(&format!("usher development authority {trust_domain}"));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

fn check_name(name: &str) -> Result<(), PkiError> {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte);
    let taken = name == "ca";
    let fits = (1..=NAME_CHARS_MAX).contains(&name.len()) && !name.starts_with('.');
    if fits && !taken && name.bytes().all(plain) {
        return Ok(());
    }
    let message = "a certificate's name is 1 to 64 lower-case letters, digits, '-', '_' and '.', and not 'ca'";
    Err(PkiError::Request(message.into()))
}

fn dns_name(text: &str) -> Result<&str, PkiError> {
    match rustls::pki_types::DnsName::try_from(text) {
        Ok(_) => Ok(text),
        Err(_) => Err(PkiError::Request(format!(
            "{text:?} is neither a DNS name nor an address"
        ))),
    }
}

fn uri(text: &str) -> Result<SanType, PkiError> {
    Ok(SanType::URI(text.try_into()?))
}

fn common_name(text: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, text);
    name
}

fn seconds(now: Timestamp) -> Result<u64, PkiError> {
    let refused = |_| PkiError::Request("the clock is before 1970; set it".into());
    u64::try_from(now.as_second()).map_err(refused)
}

fn timestamp(seconds: u64) -> Result<Timestamp, PkiError> {
    let whole = i64::try_from(seconds)
        .ok()
        .and_then(|seconds| Timestamp::from_second(seconds).ok());
    whole.ok_or_else(|| PkiError::Request("the certificate would end after year 9999".into()))
}

/// From a little before `start` to `end`, both in seconds since 1970.
fn set_validity(params: &mut CertificateParams, start: u64, end: u64) -> Result<(), PkiError> {
    timestamp(end)?;
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_secs(start.saturating_sub(BACKDATED_SECONDS));
    params.not_after = epoch + Duration::from_secs(end);
    Ok(())
}
