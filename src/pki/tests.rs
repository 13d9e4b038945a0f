use super::*;
use crate::auth::certificate::identify;
use std::os::unix::fs::PermissionsExt;

const URI: &str = "spiffe://usher.example/court/B01IX/gateway";

fn now() -> Timestamp {
    "2026-11-23T09:00:00Z".parse().unwrap()
}

#[test]
fn a_client_is_identified_by_what_was_issued() {
    let authority = Authority::create("usher.example", now()).unwrap();
    let issued = authority
        .issue(&IssueRequest::client("gateway", URI, 30), now())
        .unwrap();
    let der = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
    let credential = identify(&der).unwrap();
    assert_eq!(credential.client.as_str(), URI);
    assert_eq!(
        credential.not_after,
        "2026-12-23T09:00:00Z".parse().unwrap()
    );
    let ca = CertificateDer::from_pem_slice(authority.certificate_pem().as_bytes()).unwrap();
    assert!(identify(&ca).is_err());
}

#[test]
fn an_authority_on_disk_is_the_one_that_was_made() {
    let dir = tempfile::tempdir().unwrap();
    let made = init(dir.path(), "usher.example", now(), false).unwrap();
    let loaded = Authority::load(dir.path()).unwrap();
    assert_eq!(made.certificate_pem(), loaded.certificate_pem());
    let params = |authority: &Authority| authority.issuer.key_usages().to_vec();
    assert_eq!(params(&made), params(&loaded));
    let key = std::fs::metadata(dir.path().join("ca.key")).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let again = init(dir.path(), "usher.example", now(), false)
        .unwrap_err()
        .to_string();
    assert!(again.contains("exists"), "{again}");
    init(dir.path(), "usher.example", now(), true).unwrap();
    assert_ne!(
        Authority::load(dir.path()).unwrap().certificate_pem(),
        made.certificate_pem()
    );
}

#[test]
fn a_broken_authority_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let load = || Authority::load(dir.path()).unwrap_err().to_string();
    assert!(load().contains("cannot read"));
    init(dir.path(), "usher.example", now(), false).unwrap();
    let other = Authority::create("usher.example", now()).unwrap();
    std::fs::write(dir.path().join("ca.pem"), other.certificate_pem()).unwrap();
    assert!(load().contains("ca.key is not the key of ca.pem"));
    std::fs::write(dir.path().join("ca.pem"), "nothing").unwrap();
    assert!(load().contains("ca.pem is not a certificate"));
}

#[test]
fn what_may_not_be_issued_is_refused() {
    let authority = Authority::create("usher.example", now()).unwrap();
    let client = |name, uri, days| IssueRequest::client(name, uri, days);
    let server = |hosts: &[&str]| IssueRequest::server("broker", hosts, 30);
    let mut both = client("a", URI, 30);
    both.hosts = vec!["localhost".into()];
    let rows = [
        (client("", URI, 30), "name is"),
        (client("../a", URI, 30), "name is"),
        (client("ca", URI, 30), "name is"),
        (
            client("a", "https://usher.example/a", 30),
            "a client URI such as",
        ),
        (
            client("a", "spiffe://other.example/a", 30),
            "another trust domain",
        ),
        (
            client("a", "spiffe://usher.example.org/a", 30),
            "another trust domain",
        ),
        (client("a", URI, 0), "days must be"),
        (client("a", URI, CERTIFICATE_DAYS_MAX + 1), "days must be"),
        (both, "no hosts"),
        (server(&[]), "1 to 32 hosts"),
        (server(&["not a host"]), "neither a DNS name"),
    ];
    for (request, words) in rows {
        let error = authority.issue(&request, now()).unwrap_err().to_string();
        assert!(error.contains(words), "{error:?} does not say {words:?}");
    }
    let late: Timestamp = "2031-11-20T09:00:00Z".parse().unwrap();
    let error = authority
        .issue(&client("a", URI, 30), late)
        .unwrap_err()
        .to_string();
    assert!(error.contains("ask for fewer days"), "{error}");
    assert!(Authority::create("Usher Example", now()).is_err());
}

#[test]
fn files_are_written_once_and_the_key_is_private() {
    let dir = tempfile::tempdir().unwrap();
    init(dir.path(), "usher.example", now(), false).unwrap();
    let out = dir.path().join("out");
    let request = IssueRequest::server("broker", &["localhost", "127.0.0.1", "::1"], 30);
    let paths = issue(dir.path(), &request, &out, now(), false).unwrap();
    let key = std::fs::metadata(&paths.key).unwrap();
    assert_eq!(key.permissions().mode() & 0o777, 0o600);
    let before = std::fs::read(&paths.certificate).unwrap();
    assert!(issue(dir.path(), &request, &out, now(), false).is_err());
    assert_eq!(std::fs::read(&paths.certificate).unwrap(), before);
    issue(dir.path(), &request, &out, now(), true).unwrap();
    assert_ne!(std::fs::read(&paths.certificate).unwrap(), before);
}
