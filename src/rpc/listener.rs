//! The accept loop: from a TCP socket to a connection whose client is known.
//!
//! Each socket passes, in a task of its own: the caps, the TLS handshake within its limit, the client's certificate and the table
//! of identities, and the first bytes of HTTP/2 within their limit. Only then does the HTTP/2 implementation, which has
//! no such limits, see it. A failure to accept never ends the loop. A connection ends at its greatest age, when its
//! certificate does, or when it is cut ([`Connections`]).

use super::connections::{Connections, Counters, Seat};
use super::tls::Reloader;
use crate::auth::Identities;
use crate::auth::certificate::{Credential, CredentialError, identify};
use crate::clock::{Clock, SystemClock};
use futures_util::{Stream, StreamExt};
use rustls::pki_types::UnixTime;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;
use tokio::time::{Sleep, sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;
use usher_domain::code::ClientId;
use usher_domain::time::Timestamp;

/// What every HTTP/2 client says first.
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Sockets that the kernel keeps until they are accepted.
const BACKLOG: u32 = 1_024;
/// How long the loop rests after a failure to accept: time for descriptors to come free.
const ACCEPT_REST: Duration = Duration::from_millis(50);
/// How long a refused peer has to hang up by itself, and what is read of it meanwhile, in bytes: its own side of a handshake.
const LINGER_LIMIT: Duration = Duration::from_millis(500);
const LINGER_BYTES_MAX: u64 = 64 * 1_024;

/// Who is at the other end, as every request carries it in its extensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The client that its certificate proves.
    pub client: ClientId,
    /// Where it calls from.
    pub addr: SocketAddr,
    /// When its certificate ends, in real time; the connection ends then too.
    pub not_after: Timestamp,
    /// The serial number of its certificate.
    pub serial: Arc<str>,
}

impl Peer {
    /// The peer that sent `request`; `None` when it did not come through this listener.
    pub fn of<T>(request: &tonic::Request<T>) -> Option<&Self> {
        request.extensions().get()
    }
}

/// How long each step of a connection may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Times {
    /// The TLS handshake.
    pub(super) handshake: Duration,
    /// From the handshake to the first bytes of HTTP/2.
    pub(super) first_bytes: Duration,
    /// The whole connection.
    pub(super) life: Duration,
}

/// What the loop needs to let a client in.
#[derive(Debug)]
pub(super) struct Door {
    pub(super) tls: Arc<Reloader>,
    pub(super) identities: Arc<Identities>,
    pub(super) connections: Arc<Connections>,
    pub(super) times: Times,
}

/// Why a socket got no further. It is counted, and written to the log as often as a flood of them does no harm.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("the TLS handshake failed")]
    Handshake(#[source] io::Error),
    #[error("the TLS handshake took too long")]
    HandshakeSlow,
    #[error("the client's certificate identifies nobody")]
    Credential(#[source] CredentialError),
    #[error("no identity in the configuration has the URI of certificate {serial}")]
    Unknown { serial: String },
    #[error("the certificate is no longer taken")]
    Revoked,
    #[error("the client has as many connections as it may")]
    OverCap,
    #[error("there are as many connections as there may be, in all or from this address")]
    Full,
    #[error("nothing was said within the limit")]
    Silent,
    #[error("what was said first is not HTTP/2")]
    NotHttp2,
}

/// Opens the port.
///
/// # Errors
/// When the address cannot be had, such as when another process has it.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Accepts sockets until `soft` is cancelled, and hands each client that is let in to `admitted`.
pub(super) async fn accept(
    sockets: impl Stream<Item = io::Result<TcpStream>>,
    door: Arc<Door>,
    admitted: mpsc::Sender<Connection>,
    soft: CancellationToken,
) {
    let mut sockets = pin!(sockets);
    let counters = &door.connections.counters;
    let mut failing = false;
    loop {
        let next = tokio::select! {
            () = soft.cancelled() => break,
            next = sockets.next() => next,
        };
        let socket = match next {
            Some(Ok(socket)) => socket,
            Some(Err(error)) => {
                Counters::count(&counters.accept_failed);
                if !failing {
                    tracing::warn!(reason = %error, "Accepting connections fails");
                }
                failing = true;
                sleep(ACCEPT_REST).await;
                continue;
            }
            None => break,
        };
        failing = false;
        Counters::count(&counters.accepted);
        // A peer that has gone already has no address.
        let Ok(addr) = socket.peer_addr() else {
            continue;
        };
        let Some(seat) = door.connections.seat(addr.ip()) else {
            note(&Refusal::Full, addr, &door.connections);
            continue;
        };
        let (door, admitted, soft) = (Arc::clone(&door), admitted.clone(), soft.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = soft.cancelled() => {}
                () = admit(socket, addr, seat, &door, admitted) => {}
            }
        });
    }
}

async fn admit(
    socket: TcpStream,
    addr: SocketAddr,
    seat: Seat,
    door: &Door,
    admitted: mpsc::Sender<Connection>,
) {
    match enter(socket, addr, seat, door).await {
        // The server has gone when nobody takes it.
        Ok(connection) => drop(admitted.send(connection).await),
        Err(refusal) => note(&refusal, addr, &door.connections),
    }
}

/// Counts a refusal, and writes it to the log unless a flood of them is there already.
fn note(refusal: &Refusal, addr: SocketAddr, connections: &Connections) {
    let counters = &connections.counters;
    let counter = match refusal {
        Refusal::Handshake(_) => &counters.handshake_failed,
        Refusal::HandshakeSlow | Refusal::Silent | Refusal::NotHttp2 => &counters.silent,
        Refusal::Credential(_) | Refusal::Unknown { .. } => &counters.unknown,
        Refusal::OverCap | Refusal::Full => &counters.over_cap,
        Refusal::Revoked => &counters.revoked,
    };
    Counters::count(counter);
    let Some(untold) = connections.told.pass() else {
        return;
    };
    let cause = std::error::Error::source(refusal)
        .map(ToString::to_string)
        .unwrap_or_default();
    let peer = addr.ip();
    match refusal {
        // Only holders of a certificate of a trusted authority get this far.
        Refusal::Credential(_) | Refusal::Unknown { .. } => {
            tracing::warn!(%peer, cause, untold, "A connection was refused: {refusal}");
        }
        _ => tracing::info!(%peer, cause, untold, "A connection was refused: {refusal}"),
    }
}

/// Closes a refused socket so that the peer reads the alert that says why: with words of the peer unread, the system would reset the
/// connection and take the alert back.
async fn linger(mut socket: TcpStream) {
    let goodbye = async {
        socket.shutdown().await?;
        let mut rest = socket.take(LINGER_BYTES_MAX);
        tokio::io::copy(&mut rest, &mut tokio::io::sink()).await
    };
    // Whoever does not hang up has been told.
    drop(timeout(LINGER_LIMIT, goodbye).await);
}

async fn enter(
    socket: TcpStream,
    addr: SocketAddr,
    seat: Seat,
    door: &Door,
) -> Result<Connection, Refusal> {
    let times = door.times;
    socket.set_nodelay(true).map_err(Refusal::Handshake)?;
    let tls = door.tls.current();
    let handshake = TlsAcceptor::from(tls.config()).accept(socket);
    let handshake = timeout(times.handshake, handshake.into_fallible()).await;
    let mut stream = match handshake.map_err(|_| Refusal::HandshakeSlow)? {
        Ok(stream) => stream,
        Err((error, socket)) => {
            linger(socket).await;
            return Err(Refusal::Handshake(error));
        }
    };
    let chain = stream
        .get_ref()
        .1
        .peer_certificates()
        .unwrap_or_default()
        .to_vec();
    let leaf = chain
        .first()
        .ok_or(Refusal::Credential(CredentialError::Unreadable))?;
    let Credential {
        client,
        serial,
        not_after,
    } = identify(leaf).map_err(Refusal::Credential)?;
    if !seat.identify(client.clone(), chain.clone()) {
        return Err(Refusal::OverCap);
    }
    // From here on a review sees this connection; what was replaced during the handshake is looked at now.
    let latest = door.tls.current();
    if !Arc::ptr_eq(&tls, &latest) {
        let verified = latest
            .verifier()
            .verify_client_cert(leaf, &chain[1..], UnixTime::now());
        verified.map_err(|_| Refusal::Revoked)?;
    }
    if !door.identities.know(&client) {
        return Err(Refusal::Unknown { serial });
    }
    let mut first = [0; PREFACE.len()];
    timeout(times.first_bytes, stream.read_exact(&mut first))
        .await
        .map_err(|_| Refusal::Silent)?
        .map_err(|_| Refusal::Silent)?;
    if first != *PREFACE {
        return Err(Refusal::NotHttp2);
    }
    let certificate_life = not_after
        .duration_since(SystemClock.now())
        .try_into()
        .unwrap_or_default();
    Ok(Connection {
        stream,
        preface_given: 0,
        end: Box::pin(sleep(times.life.min(certificate_life))),
        cut: Box::pin(seat.cut().cancelled_owned()),
        peer: Peer {
            client,
            addr,
            not_after,
            serial: serial.into(),
        },
        _seat: seat,
    })
}

/// A connection whose client is known and that has begun to speak HTTP/2. It reads the preface again, then the stream, and
/// fails once it is cut or at its end.
pub(super) struct Connection {
    stream: TlsStream<TcpStream>,
    preface_given: usize,
    end: Pin<Box<Sleep>>,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
    peer: Peer,
    _seat: Seat,
}

impl Connection {
    /// Fails when the connection has to end, and wakes the task when it will have to.
    fn check_end(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.cut.as_mut().poll(cx).is_ready() || self.end.as_mut().poll(cx).is_ready() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(())
    }
}

impl Connected for Connection {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.check_end(cx)?;
        let rest = &PREFACE[self.preface_given..];
        if !rest.is_empty() && buf.remaining() > 0 {
            let count = rest.len().min(buf.remaining());
            buf.put_slice(&rest[..count]);
            self.preface_given += count;
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.check_end(cx)?;
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.check_end(cx)?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_end(cx)?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check_end(cx)?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::super::connections::Caps;
    use super::super::tls::TlsFiles;
    use super::*;
    use crate::auth::IdentityTable;
    use crate::pki::{Authority, IssueRequest, files};

    fn door(dir: &std::path::Path) -> Arc<Door> {
        let now = SystemClock.now();
        let authority = Authority::create("usher.example", now).unwrap();
        let issued = authority
            .issue(&IssueRequest::server("a", &["localhost"], 1), now)
            .unwrap();
        let file = |name, text: &str| {
            let path = dir.join(name);
            files::write_private(&path, text.as_bytes(), false).unwrap();
            path
        };
        let files = TlsFiles {
            certificate: file("a.pem", &issued.certificate_pem),
            key: file("a.key", &issued.key_pem),
            client_ca: file("ca.pem", authority.certificate_pem()),
            crl: None,
            ..TlsFiles::default()
        };
        let limit = Duration::from_secs(1);
        Arc::new(Door {
            tls: Arc::new(Reloader::open(files).unwrap()),
            identities: Arc::new(Identities::new(IdentityTable::default())),
            connections: Connections::new(Caps {
                total: 9,
                per_peer: 9,
                per_client: 9,
            }),
            times: Times {
                handshake: limit,
                first_bytes: limit,
                life: limit,
            },
        })
    }

    #[tokio::test]
    async fn failures_to_accept_never_end_the_loop_and_do_not_spin() {
        const FAILURES: usize = 5;
        const TOO_MANY_OPEN_FILES: i32 = 24;
        let dir = tempfile::tempdir().unwrap();
        let door = door(dir.path());
        let listener = bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (socket, _) = listener.accept().await.unwrap();
        let failures =
            (0..FAILURES).map(|_| Err(io::Error::from_raw_os_error(TOO_MANY_OPEN_FILES)));
        let sockets: Vec<_> = failures.chain([Ok(socket)]).collect();
        let (admitted, _queue) = mpsc::channel(1);
        let stopwatch = crate::clock::Stopwatch::start();
        let sockets = futures_util::stream::iter(sockets);
        accept(
            sockets,
            Arc::clone(&door),
            admitted,
            CancellationToken::new(),
        )
        .await;
        assert!(stopwatch.elapsed() >= ACCEPT_REST * u32::try_from(FAILURES).unwrap());
        let counted = |name| {
            door.connections
                .counters
                .snapshot()
                .into_iter()
                .find(|row| row.0 == name)
        };
        assert_eq!(counted("accept_failed"), Some(("accept_failed", 5)));
        assert_eq!(counted("accepted"), Some(("accepted", 1)));
    }
}
