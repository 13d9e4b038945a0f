//! A proxy in front of a PostgreSQL of a test's own, which cuts a connection around the COMMIT that it carries.

use super::postgres::Postgres;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::watch;
use usher::store::postgres::Settings;

/// What happens to the next COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The connection ends, and the server never sees it.
    BeforeCommit,
    /// The server does it, and the connection ends before its answer.
    AfterCommit,
    /// The server does it, and nothing more comes; the connection stays.
    Silence,
}

const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";
const COMMITTED: &[u8] = b"C\0\0\0\x0bCOMMIT\0";
const BYTES_READ: usize = 64 * 1_024;

/// The proxy; once it has cut, it takes no connection until it is opened again.
pub(crate) struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    socket: PathBuf,
    next: Mutex<Option<Cut>>,
    open: watch::Sender<bool>,
}

impl Proxy {
    pub(crate) async fn start(server: &Postgres) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            socket: server.socket(),
            next: Mutex::default(),
            open: watch::Sender::new(true),
        });
        let theirs = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&theirs);
                tokio::spawn(async move { drop(shared.carry(client).await) });
            }
        });
        Self { address, shared }
    }

    /// The server behind it.
    pub(crate) fn settings(&self, options: &str) -> Settings {
        let (host, port) = (self.address.ip(), self.address.port());
        Settings {
            url: format!("host={host} port={port} user=postgres dbname=postgres {options}"),
            password: None,
            ca: None,
            connections_max: 4,
        }
    }

    /// Cuts around the next COMMIT.
    pub(crate) fn cut(&self, cut: Cut) {
        *self.shared.next.lock().unwrap() = Some(cut);
    }

    /// Returns when it has cut.
    pub(crate) async fn has_cut(&self) {
        let mut open = self.shared.open.subscribe();
        drop(open.wait_for(|open| !open).await.unwrap());
    }

    /// Takes connections again.
    pub(crate) fn open(&self) {
        self.shared.open.send_replace(true);
    }
}

impl Shared {
    /// Carries one connection until it ends.
    async fn carry(&self, mut client: TcpStream) -> std::io::Result<()> {
        drop(self.open.subscribe().wait_for(|open| *open).await);
        let mut server = UnixStream::connect(&self.socket).await?;
        let (mut up, mut down) = (vec![0; BYTES_READ], vec![0; BYTES_READ]);
        let mut cut = None;
        let mut swallowed = Vec::new();
        loop {
            tokio::select! {
                read = client.read(&mut up) => {
                    let bytes = &up[..read?];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    // The engine sends COMMIT in one piece, the last of its exchange.
                    if bytes.ends_with(COMMIT) {
                        cut = cut.or(self.next.lock().unwrap().take());
                    }
                    if cut == Some(Cut::BeforeCommit) {
                        self.open.send_replace(false);
                        return Ok(());
                    }
                    server.write_all(bytes).await?;
                }
                read = server.read(&mut down) => {
                    let bytes = &down[..read?];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    if cut.is_none() {
                        client.write_all(bytes).await?;
                        continue;
                    }
                    swallowed.extend_from_slice(bytes);
                    if swallowed.windows(COMMITTED.len()).any(|part| part == COMMITTED) {
                        self.open.send_replace(false);
                        if cut == Some(Cut::AfterCommit) {
                            return Ok(());
                        }
                    }
                }
            }
        }
    }
}
