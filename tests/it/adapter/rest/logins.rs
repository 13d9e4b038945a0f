//! Tokens, keys and certificates.

use super::*;

fn login(received: &Received) -> &str {
    received.headers["authorization"].to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_fetched_once_and_again_shortly_before_it_ends() {
    let care = Care::start().await;
    care.token_seconds(300);
    let joined = join(&care, &one_search()).ok().unwrap();
    for (forward, tokens) in [(0, 1), (269, 1), (1, 2), (0, 2)] {
        joined.clock.forward(Duration::from_secs(forward));
        care.answers([json(&page(&[1], None))]);
        assert!(joined.trouble().await.is_none());
        assert_eq!(care.tokens(), tokens, "after {forward} s more");
    }
    let logins: Vec<String> = care
        .received()
        .iter()
        .map(|one| login(one).to_owned())
        .collect();
    assert_eq!(
        logins,
        [
            "Bearer token-1",
            "Bearer token-1",
            "Bearer token-2",
            "Bearer token-2"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_replaced_once() {
    let care = Care::start().await;
    let joined = join(&care, &one_search()).ok().unwrap();
    care.answers([json(&page(&[1], None))]);
    assert!(joined.trouble().await.is_none());
    care.refuse_tokens();
    care.answers([json(&page(&[1], None))]);
    assert!(joined.trouble().await.is_none());
    assert_eq!(care.tokens(), 2);
    // A system that refuses the new one too is not asked a third time.
    care.received();
    care.answers([status(401), status(401), json(&page(&[1], None))]);
    let trouble = joined.trouble().await.unwrap();
    assert!(
        matches!(&trouble, Trouble::Lasting { what, .. } if what.contains("(401)")),
        "{trouble}"
    );
    assert_eq!((care.tokens(), care.received().len()), (3, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_is_lasting_trouble() {
    let care = Care::start().await;
    std::fs::write(care.folder.path().join("secret"), format!("{CANARY}\n")).unwrap();
    let joined = join(&care, &one_search()).ok().unwrap();
    let trouble = joined.trouble().await.unwrap();
    assert!(
        matches!(&trouble, Trouble::Lasting { what, .. } if what.contains("token (401)")),
        "{trouble}"
    );
    assert!(care.received().is_empty());
    // The file is read anew: no restart is needed.
    std::fs::write(
        care.folder.path().join("secret"),
        super::super::care::SECRET,
    )
    .unwrap();
    care.answers([json(&page(&[1], None))]);
    assert!(joined.trouble().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_may_read_is_refused_at_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let care = Care::start().await;
    let path = care.folder.path().join("secret");
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
    let fault = join(&care, &one_search()).err().unwrap().remove(0);
    assert!(fault.to_string().contains("chmod 600"), "{fault}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_goes_in_its_header_and_is_read_anew_when_it_is_refused() {
    let care = Care::start().await;
    let text = one_search();
    let (head, tail) = text.split_once("[connector.oauth2]").unwrap();
    let (_, tail) = tail.split_once("[connector.limits]").unwrap();
    let key =
        "[connector.api_key]\nheader = \"X-Api-Key\"\nkey_file = \"secret\"\n[connector.limits]";
    let joined = join(&care, &format!("{head}{key}{tail}")).ok().unwrap();
    care.answers([json(&page(&[1], None))]);
    assert!(joined.trouble().await.is_none());
    let file = care.folder.path().join("secret");
    std::fs::write(file, "another").unwrap();
    care.answers([status(401), json(&page(&[1], None))]);
    assert!(joined.trouble().await.is_none());
    let received = care.received();
    let keys: Vec<&str> = received
        .iter()
        .map(|one| one.headers["x-api-key"].to_str().unwrap())
        .collect();
    assert_eq!(
        keys,
        [
            super::super::care::SECRET,
            super::super::care::SECRET,
            "another"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_lets_in_and_without_one_nobody_is() {
    let care = Care::with_clients(true).await;
    let without = one_search();
    let joined = join(&care, &without).ok().unwrap();
    // The server's refusal comes after the handshake: a connection that ends before it is read is only away, and asked again.
    let trouble = loop {
        match joined.trouble().await.unwrap() {
            Trouble::Passing { .. } => {}
            other => break other,
        }
    };
    assert!(
        matches!(&trouble, Trouble::Lasting { what, .. } if what.contains("refuses the TLS connection")),
        "{trouble:?}"
    );
    let with = without.replace(
        "ca = \"tls/care-ca.pem\"",
        "ca = \"tls/care-ca.pem\"\ncertificate = \"client.pem\"\nkey = \"client.key\"",
    );
    care.answers([json(&page(&[1], None))]);
    assert!(join(&care, &with).ok().unwrap().trouble().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_with_another_authority_is_not_spoken_to() {
    let (care, other) = (Care::start().await, Care::start().await);
    std::fs::copy(
        other.folder.path().join("ca.pem"),
        care.folder.path().join("ca.pem"),
    )
    .unwrap();
    let trouble = join(&care, &one_search())
        .ok()
        .unwrap()
        .trouble()
        .await
        .unwrap();
    assert!(
        matches!(&trouble, Trouble::Lasting { what, .. } if what.contains("not trusted")),
        "{trouble:?}"
    );
    assert!(care.received().is_empty() && care.tokens() == 0);
}
