//! TLS to the database: a certificate that leads to the given CA and bears the server's name, or no connection.

use crate::support::postgres::Postgres;
use std::net::TcpListener;
use std::path::Path;
use usher::clock::{Clock as _, SystemClock};
use usher::pki::{Authority, IssueRequest};
use usher::store::postgres::{ConnectError, PostgresStore, Settings};

#[tokio::test]
async fn only_the_right_server_is_connected_to() {
    let authority = Authority::create("database.example", SystemClock.now()).unwrap();
    let other = Authority::create("database.example", SystemClock.now()).unwrap();
    let request = IssueRequest::server("database", &["localhost"], 7);
    let issued = authority.issue(&request, SystemClock.now()).unwrap();
    // Free a moment ago; nobody else asks for ports by number.
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let server = Postgres::shaped(|home| {
        let certificate = home.write("server.pem", &issued.certificate_pem);
        let key = home.write("server.key", &issued.key_pem);
        vec![
            "listen_addresses=127.0.0.1".into(),
            format!("port={port}"),
            "ssl=on".into(),
            format!("ssl_cert_file={certificate}"),
            format!("ssl_key_file={key}"),
        ]
    });
    let Some(server) = server else { return };
    server.migrated().await;
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let right = write("right.pem", authority.certificate_pem());
    let wrong = write("wrong.pem", other.certificate_pem());
    let none = write("none.pem", "nothing");
    let open = async |host: &str, ca: Option<&Path>| {
        PostgresStore::open(&Settings {
            url: format!(
                "host={host} hostaddr=127.0.0.1 port={port} user=postgres dbname=postgres"
            ),
            password: None,
            ca: ca.map(Path::to_owned),
            connections_max: 2,
        })
        .await
        .map(drop)
    };
    open("localhost", Some(&right)).await.unwrap();
    let refused = open("localhost", Some(&wrong)).await;
    assert!(
        matches!(refused, Err(ConnectError::Unreachable(_))),
        "another CA"
    );
    let refused = open("database.example", Some(&right)).await;
    assert!(
        matches!(refused, Err(ConnectError::Unreachable(_))),
        "another name"
    );
    let refused = open("localhost", Some(&none)).await;
    assert!(
        matches!(refused, Err(ConnectError::Ca { .. })),
        "no CA at all"
    );
    let encrypted = server.client().await;
    let ours = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'usher' AND ssl AND version = 'TLSv1.3'";
    let settings = Settings {
        url: format!("postgres://postgres@localhost:{port}/postgres"),
        password: None,
        ca: Some(right),
        connections_max: 2,
    };
    let _store = PostgresStore::open(&settings).await.unwrap();
    let count: i64 = encrypted.query_one(ours, &[]).await.unwrap().get(0);
    assert!(count >= 1, "{count} encrypted connections");
}

#[tokio::test]
async fn a_server_without_tls_is_refused_where_a_ca_is_given() {
    let Some(server) = Postgres::migrated_one().await else {
        return;
    };
    let proxy = crate::support::proxy::Proxy::start(&server).await;
    let authority = Authority::create("database.example", SystemClock.now()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, authority.certificate_pem()).unwrap();
    let settings = Settings {
        password: None,
        ca: Some(ca),
        ..proxy.settings("")
    };
    let refused = PostgresStore::open(&settings).await.map(drop);
    assert!(matches!(refused, Err(ConnectError::Unreachable(_))));
    PostgresStore::open(&proxy.settings("")).await.unwrap();
}

#[tokio::test]
async fn nothing_leaves_this_machine_unencrypted() {
    for url in [
        "postgres://usher@db.example/usher",
        "postgres://usher@127.0.0.1,db.example/usher",
        "host=10.0.0.7 user=usher",
        "host=localhost hostaddr=10.0.0.7 user=usher",
        "postgres://usher@db.example/usher?sslmode=disable",
    ] {
        let settings = Settings {
            url: url.into(),
            password: None,
            ca: None,
            connections_max: 1,
        };
        let refused = PostgresStore::open(&settings).await.map(drop);
        assert!(
            matches!(refused, Err(ConnectError::PlainText { .. })),
            "{url}"
        );
    }
}
