//! What ends a connection that abuses HTTP/2, while an honest client calls on. Where the limit is a setting, the same attack
//! is made against a server whose limit is out of its reach, and must live: so that it is the limit that ends it.

use super::raw::*;
use super::*;
use tokio::io::AsyncWriteExt;

/// Streams of a client have odd numbers.
fn streams(count: u32) -> impl Iterator<Item = u32> {
    (0..count).map(|index| 2 * index + 1)
}

async fn check_ends_with_calm(settings: Settings, attack: &[u8]) {
    let edge = Edge::start(settings);
    let honest = edge.honest();
    call(&honest).await.unwrap();
    let (attacked, calls) = tokio::join!(goodbye_after(&edge, attack.to_vec()), async {
        for _ in 0..50 {
            call(&honest)
                .await
                .expect("an honest call during the attack");
        }
    });
    assert_eq!((attacked, calls), (Some(ENHANCE_YOUR_CALM), ()));
    call(&honest).await.unwrap();
    until("the attacker's seat is free", || {
        edge.connections.count() == 1
    })
    .await;
}

async fn check_lives(settings: Settings, attack: &[u8]) {
    let edge = Edge::start(settings);
    assert_eq!(goodbye_after(&edge, attack.to_vec()).await, None);
}

#[tokio::test]
async fn a_flood_of_resets_ends_the_connection() {
    let pair = |stream| {
        let headers = frame(HEADERS, END_HEADERS | END_STREAM, stream, REQUEST);
        [headers, frame(RST_STREAM, 0, stream, &8_u32.to_be_bytes())].concat()
    };
    let attack: Vec<u8> = streams(5_000).flat_map(pair).collect();
    check_ends_with_calm(Settings::default(), &attack).await;
    check_lives(
        Settings {
            pending_resets_max: 10_000,
            ..Settings::default()
        },
        &attack,
    )
    .await;
}

#[tokio::test]
async fn a_flood_of_errors_that_make_the_server_reset_ends_the_connection() {
    // A window that grows beyond what the protocol allows is an error of its stream.
    let pair = |stream| {
        let headers = frame(HEADERS, END_HEADERS, stream, REQUEST);
        [
            headers,
            frame(WINDOW_UPDATE, 0, stream, &0x7fff_ffff_u32.to_be_bytes()),
        ]
        .concat()
    };
    let attack: Vec<u8> = streams(2_000).flat_map(pair).collect();
    check_ends_with_calm(Settings::default(), &attack).await;
    check_lives(
        Settings {
            local_resets_max: 10_000,
            ..Settings::default()
        },
        &attack,
    )
    .await;
}

#[tokio::test]
async fn headers_without_end_end_the_connection() {
    let part = frame(CONTINUATION, 0, 1, &[0; 1_024]);
    let mut attack = frame(HEADERS, 0, 1, REQUEST);
    for _ in 0..4_000 {
        attack.extend(&part);
    }
    let edge = Edge::start(Settings::default());
    let honest = edge.honest();
    let (code, ()) = tokio::join!(goodbye_after(&edge, attack), async {
        call(&honest).await.unwrap();
    });
    assert!(code.is_some(), "the connection lived");
    call(&honest).await.unwrap();
}

#[tokio::test]
async fn a_header_list_over_its_limit_never_reaches_a_handler() {
    let settings = Settings {
        header_list_bytes_max: 2_048,
        ..Settings::default()
    };
    let edge = Edge::start(settings);
    assert!(!headers_arrive(&edge, 4_000).await);
    assert!(headers_arrive(&edge, 1_000).await);
    let edge = Edge::start(Settings::default());
    assert!(headers_arrive(&edge, 4_000).await);
}

/// Calls with a header of `length` bytes, and returns whether the interceptor saw it.
async fn headers_arrive(edge: &Edge, length: usize) -> bool {
    *edge.last_peer.lock().unwrap() = None;
    let path = "/grpc.health.v1.Health/Check";
    let mut block = b"\x83\x87\x41\x09localhost".to_vec();
    block.extend([0x04, u8::try_from(path.len()).unwrap()]);
    block.extend(path.as_bytes());
    // A literal header "x", its length in the prefixed form of HPACK.
    block.extend([0x00, 1, b'x', 0x7f]);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push(u8::try_from(rest % 128).unwrap() | 0x80);
        rest /= 128;
    }
    block.push(u8::try_from(rest).unwrap());
    block.extend(vec![b'a'; length]);
    let mut stream = open(edge).await;
    let headers = frame(HEADERS, END_HEADERS | END_STREAM, 1, &block);
    stream
        .write_all(&[hello(), headers].concat())
        .await
        .unwrap();
    while let Some(frame) = read_frame(&mut stream).await {
        if frame.stream == 1 || frame.kind == GOAWAY {
            break;
        }
    }
    edge.last_peer.lock().unwrap().is_some()
}

#[tokio::test]
async fn calls_beyond_the_limit_of_one_connection_are_refused() {
    let edge = Edge::start(Settings {
        streams_max: 4,
        ..Settings::default()
    });
    let mut stream = open(&edge).await;
    // Calls that have not been sent to their end stay open.
    let calls: Vec<u8> = streams(6)
        .flat_map(|id| frame(HEADERS, END_HEADERS, id, &watch()))
        .collect();
    stream.write_all(&[hello(), calls].concat()).await.unwrap();
    let mut refused = Vec::new();
    while refused.len() < 2 {
        let frame = read_frame(&mut stream).await.expect("two refusals");
        if frame.kind == RST_STREAM && frame.code() == REFUSED_STREAM {
            refused.push(frame.stream);
        }
    }
    assert_eq!(refused, [9, 11]);
    call(&edge.honest()).await.unwrap();
}

/// The headers of a call that waits for its message.
fn watch() -> Vec<u8> {
    let path = b"/grpc.health.v1.Health/Check";
    let kind = b"application/grpc";
    let mut block = b"\x83\x87\x41\x09localhost".to_vec();
    block.extend([0x04, u8::try_from(path.len()).unwrap()]);
    block.extend(path);
    // "content-type" is entry 31 of the static table.
    block.extend([0x0f, 16, u8::try_from(kind.len()).unwrap()]);
    block.extend(kind);
    block
}
