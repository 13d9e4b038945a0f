//! The port of the console: TLS to browsers, every wait and count bounded, and a stop that ends.

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use rustls::ServerConfig;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// How long a handshake, or the head of a request, may take.
const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Requests of one browser at once: a page, its assets and its live parts.
const STREAMS_MAX: u32 = 128;
/// The headers of one request, in bytes.
const HEADERS_BYTES_MAX: u32 = 16 * 1_024;
/// How often an open connection is tried, and how long it may take to answer that.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
const KEEP_ALIVE_LIMIT: Duration = Duration::from_secs(10);
/// Errors of a browser that reset a request, after which its connection ends.
const RESETS_MAX: usize = 256;
/// After a failure to accept the loop rests so long.
const REST: Duration = Duration::from_millis(50);
/// How long running requests may go on when usher stops.
const DRAIN_LIMIT: Duration = Duration::from_secs(5);

/// The TLS of a new connection, as it is in force then.
type Tls = Arc<dyn Fn() -> Arc<ServerConfig> + Send + Sync>;

/// A port that is open and not served yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    tls: Tls,
    seats: Arc<Semaphore>,
}

impl Server {
    /// Opens the port; 0 takes any free one.
    ///
    /// # Errors
    /// When it cannot be had.
    pub async fn bind(
        listen: SocketAddr,
        connections_max: usize,
        tls: impl Fn() -> Arc<ServerConfig> + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(listen).await?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            tls: Arc::new(tls),
            seats: Arc::new(Semaphore::new(connections_max)),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves `router` until `stop` is cancelled, and then lets running requests end for a moment.
    pub async fn serve(self, router: Router, stop: CancellationToken) {
        let ending = Arc::new(GracefulShutdown::new());
        loop {
            let accepted = tokio::select! {
                () = stop.cancelled() => break,
                accepted = self.accept() => accepted,
            };
            match accepted {
                Ok((seat, socket)) => {
                    let (tls, router) = ((self.tls)(), router.clone());
                    let watcher = ending.watcher();
                    tokio::spawn(async move {
                        let handshake = TlsAcceptor::from(tls).accept(socket);
                        if let Ok(Ok(stream)) = timeout(HEAD_LIMIT, handshake).await {
                            let connection = builder()
                                .serve_connection_with_upgrades(
                                    TokioIo::new(stream),
                                    TowerToHyperService::new(router),
                                )
                                .into_owned();
                            // A browser that goes away is no fault of ours.
                            let _ = watcher.watch(connection).await;
                        }
                        drop(seat);
                    });
                }
                Err(error) => {
                    tracing::warn!(reason = %error, "accepting browsers fails");
                    sleep(REST).await;
                }
            }
        }
        drop(self.listener);
        if let Some(ending) = Arc::into_inner(ending) {
            let _ = timeout(DRAIN_LIMIT, ending.shutdown()).await;
        }
    }

    /// The next browser, once there is a seat for it: until then it waits in the kernel's queue.
    async fn accept(&self) -> io::Result<(OwnedSemaphorePermit, TcpStream)> {
        let seat = Arc::clone(&self.seats).acquire_owned().await;
        let seat = seat.map_err(io::Error::other)?;
        let (socket, _) = self.listener.accept().await?;
        Ok((seat, socket))
    }
}

fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_buf_size(HEADERS_BYTES_MAX as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX)
        .max_local_error_reset_streams(RESETS_MAX)
        .keep_alive_interval(KEEP_ALIVE)
        .keep_alive_timeout(KEEP_ALIVE_LIMIT);
    builder
}
