//! Who gets in.

use super::raw::{
    GOAWAY, PING, SETTINGS, client_config, connect, ends, frame, hello, open, read_frame,
};
use super::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

fn quick() -> Settings {
    Settings {
        handshake_ms: 300,
        first_bytes_ms: 300,
        ..Settings::default()
    }
}

#[tokio::test]
async fn a_known_client_gets_in_and_handlers_see_who_it_is() {
    let edge = Edge::start(Settings::default());
    let issued = edge.issue(GATEWAY);
    call(&edge.channel(&edge.client(&issued))).await.unwrap();
    let peer = edge.last_peer.lock().unwrap().clone().unwrap();
    assert_eq!(peer.client.as_str(), GATEWAY);
    assert!(peer.addr.ip().is_loopback());
    assert!(peer.not_after > SystemClock.now());
    assert!(edge.identities.actor(&peer.client).is_some());
    assert_eq!(edge.stop().await, Drain::Clean);
}

#[tokio::test]
async fn no_certificate_no_entry() {
    let edge = Edge::start(quick());
    let config = client_config(&edge, None);
    let mut stream = connect(edge.addr, config).await.unwrap();
    assert!(ends(&mut stream).await);
    edge.until_counted("handshake_failed", 1).await;
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused() {
    let edge = Edge::start(quick());
    let other = Authority::create("usher.example", days_ago(1)).unwrap();
    let issued = other
        .issue(&IssueRequest::client("a", GATEWAY, 7), SystemClock.now())
        .unwrap();
    check_refused(&edge, &edge.client(&issued), "handshake_failed").await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let edge = Edge::start(quick());
    let request = IssueRequest::client("a", GATEWAY, 7);
    let issued = edge.authority.issue(&request, days_ago(8)).unwrap();
    check_refused(&edge, &edge.client(&issued), "handshake_failed").await;
}

#[tokio::test]
async fn a_server_certificate_is_no_clients() {
    let edge = Edge::start(quick());
    let mut request = IssueRequest::server("a", &["localhost"], 7);
    request.uris = vec![GATEWAY.into()];
    let issued = edge.authority.issue(&request, SystemClock.now()).unwrap();
    check_refused(&edge, &edge.client(&issued), "handshake_failed").await;
}

#[tokio::test]
async fn two_uris_identify_nobody() {
    let edge = Edge::start(quick());
    let mut request = IssueRequest::client("a", GATEWAY, 7);
    request.uris.push("spiffe://usher.example/operator".into());
    let issued = edge.authority.issue(&request, SystemClock.now()).unwrap();
    check_refused(&edge, &edge.client(&issued), "unknown").await;
}

#[tokio::test]
async fn a_uri_that_the_table_does_not_name_is_refused() {
    let edge = Edge::start(quick());
    check_refused(&edge, &edge.client(&edge.issue(STRANGER)), "unknown").await;
    edge.identities.replace(table(&[GATEWAY, STRANGER]));
    call(&edge.channel(&edge.client(&edge.issue(STRANGER))))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_client_that_the_table_no_longer_names_loses_its_connection() {
    let edge = Edge::start(Settings::default());
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    edge.identities.replace(table(&[STRANGER]));
    assert!(ends(&mut stream).await);
    edge.until_counted("revoked", 1).await;
    until("the seat is free", || edge.connections.count() == 0).await;
}

#[tokio::test]
async fn plain_text_on_the_tls_port_is_refused() {
    let edge = Edge::start(quick());
    for text in [&b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..], &hello()] {
        let mut socket = TcpStream::connect(edge.addr).await.unwrap();
        socket.write_all(text).await.unwrap();
        assert!(ends(&mut socket).await);
    }
    edge.until_counted("handshake_failed", 2).await;
    call(&edge.honest()).await.unwrap();
}

#[tokio::test]
async fn a_socket_that_says_nothing_is_closed() {
    let edge = Edge::start(quick());
    let mut socket = TcpStream::connect(edge.addr).await.unwrap();
    assert!(ends(&mut socket).await);
    edge.until_counted("silent", 1).await;
    assert_eq!(edge.connections.count(), 0);
}

#[tokio::test]
async fn a_client_that_says_nothing_after_its_handshake_is_closed() {
    let edge = Edge::start(quick());
    let mut stream = open(&edge).await;
    assert!(ends(&mut stream).await);
    edge.until_counted("silent", 1).await;
    assert_eq!(edge.connections.count(), 0);
}

#[tokio::test]
async fn a_preface_that_drips_is_closed() {
    let edge = Edge::start(quick());
    let (mut read, mut write) = tokio::io::split(open(&edge).await);
    let dripping = tokio::spawn(async move {
        for byte in raw::PREFACE {
            if write.write_all(&[*byte]).await.is_err() || write.flush().await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    });
    assert!(ends(&mut read).await);
    edge.until_counted("silent", 1).await;
    dripping.abort();
}

#[tokio::test]
async fn what_is_not_http2_is_closed_at_once() {
    let edge = Edge::start(Settings::default());
    let mut stream = open(&edge).await;
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .await
        .unwrap();
    assert!(ends(&mut stream).await);
    edge.until_counted("silent", 1).await;
}

#[tokio::test]
async fn the_cap_of_connections_is_honoured_and_recovers() {
    let settings = Settings {
        connections_max: 2,
        ..Settings::default()
    };
    check_cap(settings).await;
}

#[tokio::test]
async fn the_cap_of_one_address_holds_until_clients_are_known() {
    let edge = Edge::start(Settings {
        connections_per_peer_max: 1,
        ..quick()
    });
    let mut silent = TcpStream::connect(edge.addr).await.unwrap();
    edge.until_counted("accepted", 1).await;
    assert!(call(&edge.honest()).await.is_err(), "a second got in");
    assert!(edge.counter("over_cap") >= 1);
    assert!(ends(&mut silent).await);
    until("the seat is free", || edge.connections.count() == 0).await;
    let (first, second) = (edge.honest(), edge.honest());
    call(&first).await.unwrap();
    call(&second).await.unwrap();
    assert_eq!(edge.connections.count(), 2);
}

#[tokio::test]
async fn the_cap_of_one_client_is_honoured_and_recovers() {
    let settings = Settings {
        connections_per_client_max: 2,
        ..Settings::default()
    };
    check_cap(settings).await;
}

async fn check_cap(settings: Settings) {
    let edge = Edge::start(settings);
    let mut held = Vec::new();
    for _ in 0..2 {
        let mut stream = open(&edge).await;
        stream.write_all(&hello()).await.unwrap();
        assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
        held.push(stream);
    }
    assert!(call(&edge.honest()).await.is_err(), "a third got in");
    assert!(edge.counter("over_cap") >= 1);
    for stream in &mut held {
        stream
            .write_all(&frame(PING, 0, 0, b"12345678"))
            .await
            .unwrap();
    }
    held.pop();
    until("the seat is free", || edge.connections.count() == 1).await;
    call(&edge.honest()).await.unwrap();
}

#[tokio::test]
async fn a_session_is_never_resumed() {
    let edge = Edge::start(Settings::default());
    let config = client_config(&edge, Some(&edge.issue(GATEWAY)));
    for _ in 0..2 {
        let mut stream = connect(edge.addr, config.clone()).await.unwrap();
        stream.write_all(&hello()).await.unwrap();
        // A ticket would come before the first frame.
        assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
        let kind = stream.get_ref().1.handshake_kind().unwrap();
        assert_eq!(kind, rustls::HandshakeKind::Full);
    }
}

#[tokio::test]
async fn an_old_connection_is_asked_to_go_and_then_ended() {
    let settings = Settings {
        connection_age_seconds: 1,
        connection_grace_seconds: 1,
        ..Settings::default()
    };
    let edge = Edge::start(settings);
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    let honest = edge.honest();
    call(&honest).await.unwrap();
    let mut goodbye = None;
    while let Some(frame) = read_frame(&mut stream).await {
        if frame.kind == GOAWAY {
            goodbye = Some(frame.code());
        }
    }
    assert_eq!(goodbye, Some(0), "it was not asked, or with an error");
    until("both seats are free", || edge.connections.count() == 0).await;
    call(&honest).await.unwrap();
}

#[tokio::test]
async fn a_connection_ends_with_its_certificate() {
    let edge = Edge::start(Settings::default());
    let request = IssueRequest::client("a", GATEWAY, 1);
    let ends_soon = days_ago(1) + jiff::SignedDuration::from_secs(2);
    let issued = edge.authority.issue(&request, ends_soon).unwrap();
    let config = client_config(&edge, Some(&issued));
    let mut stream = connect(edge.addr, config).await.unwrap();
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    assert!(ends(&mut stream).await);
}

#[tokio::test]
async fn a_client_that_answers_no_keepalive_is_closed() {
    let settings = Settings {
        keepalive_seconds: 1,
        keepalive_limit_seconds: 1,
        ..Settings::default()
    };
    let edge = Edge::start(settings);
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    let honest = edge.honest();
    call(&honest).await.unwrap();
    assert!(ends(&mut stream).await);
    until("only the honest one is left", || {
        edge.connections.count() == 1
    })
    .await;
    call(&honest).await.unwrap();
}
