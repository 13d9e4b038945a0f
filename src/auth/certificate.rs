//! What a client certificate says about its holder. The chain has been verified before (`rpc::tls`); this reads the leaf:
//! exactly one URI, not a certificate authority, made for clients. It does not decide what the client may do.

use usher_domain::code::{ClientId, ParseCodeError};
use usher_domain::time::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::FromDer;

/// What a client's certificate proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// The client.
    pub client: ClientId,
    /// The certificate's serial number, hexadecimal with colons: what a log may say of a refused client.
    pub serial: String,
    /// When the certificate ends, in real time.
    pub not_after: Timestamp,
}

/// Why a certificate identifies nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// Not a certificate, or one that contradicts itself.
    #[error("the certificate cannot be read")]
    Unreadable,
    /// No URI, or several of them.
    #[error("the certificate has {count} URIs among its alternative names; it needs exactly one")]
    Uris {
        /// How many there are.
        count: usize,
    },
    /// The URI is not a client's.
    #[error("the URI in the certificate is not a client's: {0}")]
    Uri(ParseCodeError),
    /// A certificate authority does not call.
    #[error("the certificate is a certificate authority's, not a client's")]
    Authority,
    /// The certificate is made for something else.
    #[error("the certificate does not allow client authentication")]
    Purpose,
}

/// Reads the identity out of a verified leaf certificate.
///
/// # Errors
/// When the certificate does not name exactly one client.
pub fn identify(der: &[u8]) -> Result<Credential, CredentialError> {
    let certificate = read(der)?;
    let basic = certificate
        .basic_constraints()
        .map_err(|_| CredentialError::Unreadable)?;
    if basic.is_some_and(|basic| basic.value.ca) {
        return Err(CredentialError::Authority);
    }
    let usage = certificate
        .extended_key_usage()
        .map_err(|_| CredentialError::Unreadable)?;
    if !usage.is_some_and(|usage| usage.value.client_auth) {
        return Err(CredentialError::Purpose);
    }
    let uris = uris(&certificate)?;
    let [uri] = uris.as_slice() else {
        return Err(CredentialError::Uris { count: uris.len() });
    };
    Ok(Credential {
        client: parse_uri(uri).map_err(CredentialError::Uri)?,
        serial: certificate.raw_serial_as_string(),
        not_after: validity(&certificate).1,
    })
}

/// Whether a server may show this certificate: clients look for a DNS name or an address in it, and refuse one that is made for another
/// purpose only.
pub(crate) fn serves(der: &[u8]) -> bool {
    let Ok(certificate) = read(der) else {
        return false;
    };
    let is_named = certificate.subject_alternative_name().is_ok_and(|names| {
        names.is_some_and(|names| {
            let mut names = names.value.general_names.iter();
            names.any(|name| matches!(name, GeneralName::DNSName(_) | GeneralName::IPAddress(_)))
        })
    });
    let may = certificate
        .extended_key_usage()
        .is_ok_and(|usage| usage.is_none_or(|usage| usage.value.server_auth || usage.value.any));
    is_named && may
}

/// Reads a client's URI: `spiffe://trust-domain/path` in the one way it can be written, so that equal identities are equal
/// texts. The trust domain is lower case; path segments are letters, digits, `.`, `-`, `_`, none of them empty, `.` or
/// `..`; there is no query, fragment, port or escape.
///
/// # Errors
/// When the text is anything else, or longer than [`usher_domain::limits::CLIENT_ID_CHARS_MAX`].
pub fn parse_uri(text: &str) -> Result<ClientId, ParseCodeError> {
    let bad = ParseCodeError {
        expected: "a client URI such as spiffe://usher.example/court/B01IX/gateway",
    };
    let (domain, path) = text
        .strip_prefix("spiffe://")
        .and_then(|rest| rest.split_once('/'))
        .ok_or(bad)?;
    let segment = |segment: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
        !matches!(segment, "" | "." | "..") && segment.bytes().all(plain)
    };
    if !is_trust_domain(domain) || !path.split('/').all(segment) {
        return Err(bad);
    }
    ClientId::parse(text).map_err(|_| bad)
}

/// Whether `text` can be a trust domain: lower-case letters, digits, `.`, `-`, `_`.
pub fn is_trust_domain(text: &str) -> bool {
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-_".contains(&byte);
    !text.is_empty() && text.bytes().all(plain)
}

/// The trust domain that a certificate authority of ours names in its own certificate.
pub(crate) fn trust_domain(certificate: &X509Certificate<'_>) -> Option<String> {
    let uris = uris(certificate).ok()?;
    let [uri] = uris.as_slice() else { return None };
    let domain = uri.strip_prefix("spiffe://")?;
    is_trust_domain(domain).then(|| domain.to_string())
}

/// Reads a certificate, whole: nothing may follow it.
pub(crate) fn read(der: &[u8]) -> Result<X509Certificate<'_>, CredentialError> {
    match X509Certificate::from_der(der) {
        Ok(([], certificate)) => Ok(certificate),
        _ => Err(CredentialError::Unreadable),
    }
}

/// From when to when a certificate holds, both ends included.
pub(crate) fn validity(certificate: &X509Certificate<'_>) -> (Timestamp, Timestamp) {
    let validity = certificate.validity();
    let start = Timestamp::from_second(validity.not_before.timestamp());
    let end = Timestamp::from_second(validity.not_after.timestamp());
    // A date beyond year 9999 counts against the certificate: it has not begun, or has ended.
    (
        start.unwrap_or(Timestamp::MAX),
        end.unwrap_or(Timestamp::MIN),
    )
}

fn uris<'a>(certificate: &X509Certificate<'a>) -> Result<Vec<&'a str>, CredentialError> {
    let names = certificate
        .subject_alternative_name()
        .map_err(|_| CredentialError::Unreadable)?;
    let names = names
        .map(|names| names.value.general_names.as_slice())
        .unwrap_or_default();
    Ok(names
        .iter()
        .filter_map(|name| match name {
            GeneralName::URI(uri) => Some(*uri),
            _ => None,
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, KeyPair, SanType,
    };

    #[test]
    fn a_client_uri_has_one_spelling() {
        let good = [
            "spiffe://usher.example/court/B01IX/gateway",
            "spiffe://a/b",
            "spiffe://a-1.b_c/x.y-z_0",
        ];
        for text in good {
            assert_eq!(parse_uri(text).unwrap().as_str(), text);
        }
        let long = format!("spiffe://a/{}", "b".repeat(255));
        let bad = [
            "",
            "spiffe://",
            "spiffe://a",
            "spiffe://a/",
            "spiffe:///a",
            "SPIFFE://a/b",
            "spiffe://A/b",
            "https://a/b",
            "spiffe://a/b/",
            "spiffe://a//b",
            "spiffe://a/./b",
            "spiffe://a/../b",
            "spiffe://a:1/b",
            "spiffe://u@a/b",
            "spiffe://a/b?c",
            "spiffe://a/b#c",
            "spiffe://a/%62",
            "spiffe://a/b c",
            " spiffe://a/b",
            "spiffe://a/ä",
            &long,
        ];
        for text in bad {
            assert!(parse_uri(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_server_shows_a_name_and_is_allowed_to_serve() {
        use ExtendedKeyUsagePurpose::{Any, ClientAuth, ServerAuth};
        let name = || SanType::DnsName("localhost".try_into().unwrap());
        let address = || SanType::IpAddress(std::net::Ipv4Addr::LOCALHOST.into());
        let uri = || SanType::URI("spiffe://usher.example/broker".try_into().unwrap());
        let rows = [
            (vec![name()], vec![ServerAuth], true),
            (vec![address()], vec![], true),
            (vec![name(), uri()], vec![ClientAuth, ServerAuth], true),
            (vec![name()], vec![Any], true),
            (vec![name()], vec![ClientAuth], false),
            (vec![uri()], vec![ServerAuth], false),
            (vec![], vec![ServerAuth], false),
        ];
        for (names, purposes, may) in rows {
            let mut request = CertificateParams::default();
            let told = format!("{names:?} {purposes:?}");
            request.subject_alt_names = names;
            request.extended_key_usages = purposes;
            let made = request.self_signed(&KeyPair::generate().unwrap()).unwrap();
            assert_eq!(serves(made.der()), may, "{told}");
        }
    }

    #[test]
    fn what_is_not_a_certificate_identifies_nobody() {
        for der in [&b""[..], b"\x30\x00", b"certificate"] {
            assert_eq!(identify(der), Err(CredentialError::Unreadable));
        }
    }

    fn check_refused(change: impl FnOnce(&mut CertificateParams), expected: CredentialError) {
        let mut params = CertificateParams::default();
        let name = "spiffe://usher.example/a".try_into().unwrap();
        params.subject_alt_names = vec![SanType::URI(name)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let key = KeyPair::generate().unwrap();
        assert!(identify(params.self_signed(&key).unwrap().der()).is_ok());
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap();
        assert_eq!(identify(certificate.der()), Err(expected));
        let followed = [certificate.der().as_ref(), b"more"].concat();
        assert_eq!(identify(&followed), Err(CredentialError::Unreadable));
    }

    #[test]
    fn a_certificate_that_is_not_exactly_one_clients_identifies_nobody() {
        let uri = |text: &str| SanType::URI(text.try_into().unwrap());
        check_refused(
            |params| params.subject_alt_names.clear(),
            CredentialError::Uris { count: 0 },
        );
        check_refused(
            |params| params.subject_alt_names.push(uri("spiffe://a/b")),
            CredentialError::Uris { count: 2 },
        );
        check_refused(
            |params| params.subject_alt_names = vec![uri("spiffe://usher.example/a/../b")],
            CredentialError::Uri(parse_uri("").unwrap_err()),
        );
        check_refused(
            |params| params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained),
            CredentialError::Authority,
        );
        check_refused(
            |params| params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth],
            CredentialError::Purpose,
        );
        check_refused(
            |params| params.extended_key_usages.clear(),
            CredentialError::Purpose,
        );
    }
}
