//! Stopping: running calls finish, and nothing can hold it up.

use super::raw::{SETTINGS, hello, open, read_frame};
use super::*;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use usher::clock::Stopwatch;

#[tokio::test]
async fn without_connections_the_stop_is_immediate() {
    let edge = Edge::start(Settings::default());
    let stopwatch = Stopwatch::start();
    assert_eq!(edge.stop().await, Drain::Clean);
    assert!(stopwatch.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn an_idle_client_is_asked_to_go_and_goes() {
    let edge = Edge::start(Settings::default());
    let honest = edge.honest();
    call(&honest).await.unwrap();
    assert_eq!(edge.stop().await, Drain::Clean);
    assert!(call(&honest).await.is_err());
}

#[tokio::test]
async fn a_connection_that_says_nothing_more_is_cut_when_the_drain_is_over() {
    let edge = Edge::start(Settings {
        drain_seconds: 1,
        ..Settings::default()
    });
    // Half open: it has begun to speak HTTP/2 and answers nothing from then on.
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    let stopwatch = Stopwatch::start();
    assert_eq!(edge.stop().await, Drain::Cut(1));
    let took = stopwatch.elapsed();
    assert!(
        took >= Duration::from_millis(900),
        "it was not given its time: {took:?}"
    );
    assert!(took < Duration::from_secs(3), "{took:?}");
    assert!(raw::ends(&mut stream).await, "the socket is still open");
}

#[tokio::test]
async fn a_hard_stop_does_not_wait_for_the_drain() {
    let edge = Edge::start(Settings::default());
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    let stopwatch = Stopwatch::start();
    edge.hard.cancel();
    assert_eq!(edge.stop().await, Drain::Cut(1));
    assert!(stopwatch.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn handshakes_in_progress_do_not_hold_up_the_stop() {
    let edge = Edge::start(Settings::default());
    let mut silent = TcpStream::connect(edge.addr).await.unwrap();
    let mut greeted = open(&edge).await;
    until("both are seen", || edge.counter("accepted") == 2).await;
    let stopwatch = Stopwatch::start();
    assert_eq!(edge.stop().await, Drain::Clean);
    assert!(raw::ends(&mut silent).await && raw::ends(&mut greeted).await);
    // Sooner than the limits of the handshake and of the first bytes would end them.
    assert!(stopwatch.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn the_port_is_closed_as_soon_as_the_stop_begins() {
    let edge = Edge::start(Settings {
        drain_seconds: 5,
        ..Settings::default()
    });
    let mut stream = open(&edge).await;
    stream.write_all(&hello()).await.unwrap();
    assert_eq!(read_frame(&mut stream).await.unwrap().kind, SETTINGS);
    edge.soft.cancel();
    let refused = timeout(PATIENCE, async {
        while TcpStream::connect(edge.addr).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    refused
        .await
        .expect("new connections are refused while the drain runs");
    edge.hard.cancel();
    edge.stop().await;
}
