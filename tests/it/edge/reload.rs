//! Certificates, authorities and revocation lists change without a restart, and bad files change nothing.

use super::raw::{SETTINGS, client_config, connect, ends, hello, open, read_frame};
use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tokio::io::AsyncWriteExt;
use usher::rpc::tls::{ServerTls, TlsError};

fn every_second() -> Settings {
    Settings {
        reload_seconds: 1,
        ..Settings::default()
    }
}

/// The certificate that a new connection is shown.
async fn shown(edge: &Edge) -> Vec<u8> {
    let stream = open(edge).await;
    stream.get_ref().1.peer_certificates().unwrap()[0].to_vec()
}

#[tokio::test]
async fn a_new_certificate_is_shown_without_a_restart() {
    let edge = Edge::start(every_second());
    let honest = edge.honest();
    call(&honest).await.unwrap();
    let (before, ends_before) = (shown(&edge).await, edge.tls.not_after());
    let mut changes = edge.tls.changes();
    let now = SystemClock.now() + jiff::SignedDuration::from_secs(60);
    write_server(&edge.authority, &edge.files, "renewed", now);
    timeout(PATIENCE, changes.changed())
        .await
        .expect("the files are noticed")
        .unwrap();
    assert_ne!(shown(&edge).await, before);
    assert!(edge.tls.not_after() > ends_before);
    call(&honest)
        .await
        .expect("the old connection is still good");
    assert_eq!(edge.counter("revoked"), 0);
}

#[tokio::test]
async fn a_bad_new_file_keeps_the_old_until_it_is_mended() {
    let edge = Edge::start(Settings::default());
    assert!(!edge.tls.poll().unwrap(), "nothing has changed");
    let before = shown(&edge).await;
    let good = fs::read(&edge.files.certificate).unwrap();
    let bad: [&[u8]; 3] = [b"", b"not a certificate", &good[..good.len() / 2]];
    for bytes in bad {
        fs::write(&edge.files.certificate, bytes).unwrap();
        for _ in 0..2 {
            let error = edge.tls.poll().unwrap_err().to_string();
            assert!(error.contains("broker.pem"), "{error}");
        }
        assert_eq!(shown(&edge).await, before);
    }
    fs::remove_file(&edge.files.certificate).unwrap();
    assert!(edge.tls.poll().is_err());
    call(&edge.honest()).await.unwrap();
    write_server(&edge.authority, &edge.files, "mended", SystemClock.now());
    assert!(edge.tls.poll().unwrap());
    assert_ne!(shown(&edge).await, before);
    assert!(!edge.tls.poll().unwrap(), "once");
}

#[tokio::test]
async fn a_revoked_certificate_is_refused_and_loses_its_connection() {
    let edge = Edge::start_with_revoked(every_second(), Some(&[]));
    let (revoked, other) = (edge.issue(GATEWAY), edge.issue(GATEWAY));
    let mut stream = connect(edge.addr, client_config(&edge, Some(&revoked)))
        .await
        .unwrap();
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    let honest = edge.channel(&edge.client(&other));
    call(&honest).await.unwrap();
    let list =
        edge.authority
            .revocation_list(std::slice::from_ref(&revoked.serial), SystemClock.now(), 1);
    pki::files::write(
        edge.files.crl.as_ref().unwrap(),
        list.unwrap().as_bytes(),
        true,
    )
    .unwrap();
    assert!(ends(&mut stream).await, "the open connection stays");
    edge.until_counted("revoked", 1).await;
    assert!(
        call(&edge.channel(&edge.client(&revoked))).await.is_err(),
        "a new one gets in"
    );
    edge.until_counted("handshake_failed", 1).await;
    call(&honest).await.unwrap();
    call(&edge.channel(&edge.client(&other))).await.unwrap();
}

#[tokio::test]
async fn a_client_of_an_authority_no_longer_trusted_loses_its_connection() {
    let edge = Edge::start(every_second());
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    let other = Authority::create("usher.example", SystemClock.now()).unwrap();
    pki::files::write(
        &edge.files.client_ca,
        other.certificate_pem().as_bytes(),
        true,
    )
    .unwrap();
    assert!(ends(&mut stream).await);
    assert!(call(&edge.honest()).await.is_err());
}

#[tokio::test]
async fn a_revocation_list_covers_its_own_authority_only() {
    let edge = Edge::start_with_revoked(Settings::default(), Some(&[]));
    call(&edge.honest()).await.unwrap();
    let other = Authority::create("usher.example", days_ago(1)).unwrap();
    let list = other.revocation_list(&[], SystemClock.now(), 1).unwrap();
    fs::write(edge.files.crl.as_ref().unwrap(), list).unwrap();
    edge.tls.poll().unwrap();
    assert!(
        call(&edge.honest()).await.is_err(),
        "unknown is not the same as good"
    );
}

#[tokio::test]
async fn a_revocation_list_that_ends_lets_nobody_in() {
    let edge = Edge::start_with_revoked(Settings::default(), Some(&[]));
    let ends_soon = days_ago(1) + jiff::SignedDuration::from_secs(2);
    let list = edge.authority.revocation_list(&[], ends_soon, 1).unwrap();
    fs::write(edge.files.crl.as_ref().unwrap(), list).unwrap();
    assert!(edge.tls.poll().unwrap());
    call(&edge.honest()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(call(&edge.honest()).await.is_err());
}

/// Breaks one thing, and expects a refusal with these words.
fn check_refused(break_it: impl FnOnce(&TlsFiles, &Authority), words: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let file = |name| dir.path().join(name);
    let authority = Authority::create("usher.example", days_ago(100)).unwrap();
    let files = TlsFiles {
        certificate: file("broker.pem"),
        key: file("broker.key"),
        client_ca: file("ca.pem"),
        crl: Some(file("crl.pem")),
        ..TlsFiles::default()
    };
    fs::write(&files.client_ca, authority.certificate_pem()).unwrap();
    let list = authority
        .revocation_list(&[], SystemClock.now(), 1)
        .unwrap();
    fs::write(file("crl.pem"), list).unwrap();
    write_server(&authority, &files, "broker", SystemClock.now());
    let load = || ServerTls::load(&files, SystemClock.now());
    load().expect("good before it is broken");
    break_it(&files, &authority);
    let error: TlsError = load().unwrap_err();
    for word in words {
        assert!(
            error.to_string().contains(word),
            "{error} does not say {word:?}"
        );
    }
}

#[test]
fn files_that_cannot_be_used_are_refused_by_name_and_with_the_remedy() {
    let rewrite = |name: &'static str, text: &'static str| {
        move |files: &TlsFiles, _: &Authority| fs::write(beside(files, name), text).unwrap()
    };
    let open_to_all = |files: &TlsFiles, _: &Authority| {
        fs::set_permissions(&files.key, PermissionsExt::from_mode(0o640)).unwrap();
    };
    check_refused(open_to_all, &["broker.key", "chmod 600"]);
    check_refused(
        |files, _| fs::remove_file(&files.key).unwrap(),
        &["cannot read", "broker.key", "check that it exists"],
    );
    check_refused(
        |files, authority| write_server(authority, files, "old", days_ago(40)),
        &["broker.pem", "ended at", "put a new one"],
    );
    let tomorrow = days_ago(-1);
    check_refused(
        |files, authority| write_server(authority, files, "new", tomorrow),
        &["broker.pem", "begins at", "clock"],
    );
    let other_key = |files: &TlsFiles, authority: &Authority| {
        let certificate = fs::read(&files.certificate).unwrap();
        write_server(authority, files, "other", SystemClock.now());
        fs::write(&files.certificate, certificate).unwrap();
    };
    let clients = |files: &TlsFiles, authority: &Authority| {
        let request = IssueRequest::client("broker", "spiffe://usher.example/court/gateway", 30);
        let issued = authority.issue(&request, SystemClock.now()).unwrap();
        fs::write(&files.certificate, issued.certificate_pem).unwrap();
        fs::write(&files.key, issued.key_pem).unwrap();
    };
    check_refused(
        clients,
        &["broker.pem", "not made for a server", "--server"],
    );
    check_refused(other_key, &["broker.key is not the key of", "broker.pem"]);
    check_refused(
        rewrite("ca.pem", ""),
        &["ca.pem holds no certificate", "right file"],
    );
    check_refused(
        rewrite("broker.pem", ""),
        &["broker.pem holds no certificate"],
    );
    check_refused(
        rewrite("broker.key", ""),
        &["broker.key holds no private key"],
    );
    // An empty list of lists would mean that nothing is ever looked up.
    check_refused(
        rewrite("crl.pem", ""),
        &["crl.pem holds no revocation list"],
    );
    let old_list = |files: &TlsFiles, authority: &Authority| {
        let list = authority.revocation_list(&[], days_ago(3), 1).unwrap();
        fs::write(beside(files, "crl.pem"), list).unwrap();
    };
    check_refused(old_list, &["revocation list", "crl.pem", "ended at"]);
    let old_authority = |files: &TlsFiles, _: &Authority| {
        let old = Authority::create("usher.example", days_ago(1_900)).unwrap();
        fs::write(&files.client_ca, old.certificate_pem()).unwrap();
    };
    check_refused(
        old_authority,
        &["authority's certificate", "ca.pem", "ended at"],
    );
}
