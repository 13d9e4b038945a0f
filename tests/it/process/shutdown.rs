//! Stopping and reloading by signals: what runs is finished, nothing can hold the process up, and clients come and go without a restart.

use super::*;
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::Code;

/// A client that has begun to speak and answers nothing from then on.
async fn half_open(home: &Home, serving: &Serving) -> TlsStream<TcpStream> {
    let tls = home.tls(OFFICER);
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(tls.ca_pem.as_bytes()).unwrap())
        .unwrap();
    let chain = vec![CertificateDer::from_pem_slice(tls.certificate_pem.as_bytes()).unwrap()];
    let key = PrivateKeyDer::from_pem_slice(tls.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_client_auth_cert(chain, key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let stream = TcpStream::connect(serving.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let mut stream = connector.connect(name, stream).await.unwrap();
    let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(hello).await.unwrap();
    let mut header = [0; 9];
    stream.read_exact(&mut header).await.unwrap();
    stream
}

#[tokio::test]
async fn a_stop_drains_and_ends_well() {
    let home = Home::new();
    let mut serving = home.serve();
    let receipt = home
        .court(&serving, OFFICER)
        .submit(enquiry_for_real())
        .await;
    let id = receipt.unwrap().into_inner().enquiry_id;
    let mut adapter = AdapterServiceClient::new(home.channel(&serving, CAMDEN));
    let poll = tokio::spawn(async move {
        let call = v1::LeaseChecksRequest {
            wait: Some(seconds(60)),
            ..lease()
        };
        adapter.lease_checks(call).await
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    serving.signal("TERM");
    check_refused(poll.await.unwrap(), Code::Unavailable, "DRAINING");
    assert_eq!(serving.end(Duration::from_secs(8)).code(), Some(0));
    let serving = home.serve();
    let get = v1::GetRequest { enquiry_id: id };
    home.court(&serving, OFFICER).get(get).await.unwrap();
}

#[tokio::test]
async fn a_half_open_connection_does_not_hold_the_stop_beyond_the_drain() {
    let home = Home::new();
    home.write("usher.toml", &Home::config(&EVERYBODY, "drain_seconds = 1"));
    let mut serving = home.serve();
    let _silent = half_open(&home, &serving).await;
    serving.signal("INT");
    assert_eq!(serving.end(Duration::from_secs(6)).code(), Some(0));
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let home = Home::new();
    home.write(
        "usher.toml",
        &Home::config(&EVERYBODY, "drain_seconds = 60"),
    );
    let mut serving = home.serve();
    let _silent = half_open(&home, &serving).await;
    serving.signal("TERM");
    serving.logged("Stopping: running work is finished").await;
    assert!(ended(&mut serving.child, Duration::from_millis(500)).is_none());
    serving.signal("TERM");
    assert_eq!(serving.end(Duration::from_secs(8)).code(), Some(1));
}

#[tokio::test]
async fn a_reload_lets_clients_in_and_others_out_without_a_restart() {
    let home = Home::new();
    home.write("usher.toml", &Home::config(&[OFFICER], ""));
    let serving = home.serve();
    let submit = async |who: &str| {
        let mut court = home.court(&serving, who);
        court.submit(enquiry_for_real()).await
    };
    submit(OFFICER).await.unwrap();
    assert!(
        submit(COLLEAGUE).await.is_err(),
        "nobody knows the colleague yet"
    );
    home.write("usher.toml", &Home::config(&[COLLEAGUE], ""));
    serving.signal("HUP");
    serving
        .logged("identities and groups were loaded again")
        .await;
    submit(COLLEAGUE).await.unwrap();
    assert!(
        submit(OFFICER).await.is_err(),
        "the officer has left the table"
    );
    // What cannot be used changes nothing.
    home.write("usher.toml", "[rpc]\nnonsense = 1\n");
    serving.signal("HUP");
    serving.logged("the new configuration cannot be used").await;
    submit(COLLEAGUE).await.unwrap();
}

#[tokio::test]
async fn a_reload_takes_a_new_duty_phone_and_names_what_waits_for_a_restart() {
    let home = Home::new();
    let shipped = root().join("config/responders/hackney.toml");
    let hackney = fs::read_to_string(shipped).unwrap();
    let old = "020 7946 0012";
    assert!(hackney.contains(old));
    fs::create_dir(home.path("responders")).unwrap();
    home.write("responders/hackney.toml", &hackney);
    let mut config: toml::Table = Home::config(&[OFFICER], "").parse().unwrap();
    config["directory"]["responders"] = "responders".into();
    home.write("usher.toml", &config.to_string());
    let serving = home.serve();
    let phone = async || {
        let mut court = home.court(&serving, OFFICER);
        let receipt = court.submit(enquiry_for_real()).await.unwrap();
        receipt.into_inner().checks[0].duty_phone.clone()
    };
    assert_eq!(phone().await, old);
    home.write(
        "responders/hackney.toml",
        &hackney.replace(old, "020 8356 5500"),
    );
    let more = "[scheduler]\nsweep_seconds = 60\n[policy]\nfile = \"policy.toml\"\n";
    home.write("usher.toml", &format!("{config}\n{more}"));
    let policy =
        usher::config::policy::DEFAULTS.replacen("after = \"5 min\"", "after = \"9 min\"", 1);
    home.write("policy.toml", &policy);
    serving.signal("HUP");
    serving
        .logged("\"waiting\":\"scheduler.sweep_seconds, absent.after of the policy\"")
        .await;
    assert_eq!(phone().await, "020 8356 5500");
}

#[tokio::test]
async fn two_brokers_never_share_a_store() {
    let home = Home::new();
    let serving = home.serve();
    let (code, _, err) = home.run(&["serve", "--config", "usher.toml"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("store"), "{err}");
    home.court(&serving, OFFICER)
        .submit(enquiry_for_real())
        .await
        .unwrap();
}
