//! A client below HTTP/2: frames by hand, so that it can say what a proper client would not.

use super::{Edge, PATIENCE};
use rustls::RootCertStore;
use rustls::client::ClientConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use usher::pki::Issued;

pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(super) const HEADERS: u8 = 1;
pub(super) const RST_STREAM: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
pub(super) const GOAWAY: u8 = 7;
pub(super) const WINDOW_UPDATE: u8 = 8;
pub(super) const CONTINUATION: u8 = 9;
pub(super) const END_STREAM: u8 = 1;
pub(super) const ACK: u8 = 1;
pub(super) const END_HEADERS: u8 = 4;

pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const ENHANCE_YOUR_CALM: u32 = 11;

/// `POST https://localhost/`, in HPACK: three entries of the static table and a literal authority.
pub(super) const REQUEST: &[u8] = b"\x83\x87\x84\x41\x09localhost";

pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    /// The error code of a reset or a goodbye.
    pub(super) fn code(&self) -> u32 {
        let at = if self.kind == GOAWAY { 4 } else { 0 };
        u32::from_be_bytes(self.payload[at..at + 4].try_into().unwrap())
    }
}

pub(super) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut bytes = vec![length[1], length[2], length[3], kind, flags];
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
    bytes
}

/// The preface and empty settings: how every client begins.
pub(super) fn hello() -> Vec<u8> {
    [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat()
}

/// The TLS side of a client; without a certificate if there is none.
pub(super) fn client_config(edge: &Edge, issued: Option<&Issued>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    let ca = CertificateDer::from_pem_slice(edge.authority.certificate_pem().as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match issued {
        Some(issued) => {
            let chain = CertificateDer::pem_slice_iter(issued.certificate_pem.as_bytes());
            let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
            builder
                .with_client_auth_cert(chain.map(Result::unwrap).collect(), key)
                .unwrap()
        }
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"h2".to_vec()];
    config
}

pub(super) async fn connect(
    addr: SocketAddr,
    config: ClientConfig,
) -> io::Result<TlsStream<TcpStream>> {
    let socket = TcpStream::connect(addr).await?;
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config))
        .connect(name, socket)
        .await
}

/// A connection of the client that the table knows, before it has said anything.
pub(super) async fn open(edge: &Edge) -> TlsStream<TcpStream> {
    let issued = edge.issue(super::GATEWAY);
    connect(edge.addr, client_config(edge, Some(&issued)))
        .await
        .unwrap()
}

/// Reads one frame; `None` when the connection has ended.
pub(super) async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<Frame> {
    let reading = async {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        stream.read_exact(&mut payload).await.ok()?;
        let stream = u32::from_be_bytes(head[5..9].try_into().unwrap());
        Some(Frame {
            kind: head[3],
            flags: head[4],
            stream,
            payload,
        })
    };
    timeout(PATIENCE, reading)
        .await
        .expect("a frame, or the end")
}

/// Whether the other side ends the connection, in whatever way, before patience ends.
pub(super) async fn ends(stream: &mut (impl AsyncRead + Unpin)) -> bool {
    let reading = async {
        let mut buffer = [0; 1_024];
        while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {}
    };
    timeout(PATIENCE, reading).await.is_ok()
}

/// Sends `attack` after a proper beginning, and returns the code of the goodbye, if there is one. A ping follows the attack: its
/// answer means that the server has read it all and lives with it.
pub(super) async fn goodbye_after(edge: &Edge, attack: Vec<u8>) -> Option<u32> {
    let (mut read, mut write) = tokio::io::split(open(edge).await);
    let sending = tokio::spawn(async move {
        let bytes = [hello(), attack, frame(PING, 0, 0, b"survived")].concat();
        // The server stops reading when it has had enough.
        let _ = write.write_all(&bytes).await;
        let _ = write.flush().await;
        write
    });
    let mut code = None;
    while let Some(frame) = read_frame(&mut read).await {
        match frame.kind {
            GOAWAY => code = Some(frame.code()),
            PING if frame.flags == ACK && frame.payload == b"survived" => break,
            _ => {}
        }
    }
    sending.abort();
    code
}
