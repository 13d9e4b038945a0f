//! The servers of one database, of which one writes. Each is asked in turn, and no silent one is waited for: a server that is frozen, or
//! cut off in the middle, still takes connections and says nothing on them.

use super::fence::Fence;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::sleep;
use tokio_postgres::config::Host;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Connection, Error, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

/// After so long without an answer the next server is asked besides.
const SILENCE_LIMIT: Duration = Duration::from_millis(500);

/// A connection that is not of the pool: whoever has it must poll it.
pub(super) type Line = Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// The servers, and which of them wrote last.
pub(super) struct Servers {
    each: Vec<Config>,
    writes: AtomicUsize,
}

impl Servers {
    /// Those that `config` names.
    pub(super) fn of(config: &Config) -> Self {
        let (hosts, addresses) = (config.get_hosts().len(), config.get_hostaddrs().len());
        let count = hosts.max(addresses);
        let agree = |number: usize| number == 0 || number == count;
        let ports = config.get_ports().len();
        // Where the lists differ in length the driver says so.
        let each = if agree(hosts) && agree(addresses) && (ports == 1 || agree(ports)) {
            (0..count).map(|place| only(config, place)).collect()
        } else {
            vec![config.clone()]
        };
        Self {
            each,
            writes: AtomicUsize::new(0),
        }
    }

    /// Connects to whichever writes. Where none is found and one is silent it does not return: whoever calls bounds the time.
    ///
    /// # Errors
    /// When every server refuses.
    pub(super) async fn connect(
        &self,
        tls: &MakeRustlsConnect,
        fence: &Fence,
    ) -> Result<(Client, Line), Error> {
        let (first, count) = (self.writes.load(Ordering::Relaxed), self.each.len());
        let mut left = (1..count).map(|step| (first + step) % count);
        let mut next = Some(first);
        let mut asked = FuturesUnordered::new();
        loop {
            asked.extend(next.map(|place| self.ask(place, tls, fence)));
            tokio::select! {
                Some((place, outcome)) = asked.next() => match outcome {
                    Ok(found) => {
                        self.writes.store(place, Ordering::Relaxed);
                        return Ok(found);
                    }
                    Err(error) if left.len() == 0 && asked.is_empty() => return Err(error),
                    Err(_) => {}
                },
                () = sleep(SILENCE_LIMIT), if left.len() > 0 => {}
            }
            next = left.next();
        }
    }

    async fn ask(
        &self,
        place: usize,
        tls: &MakeRustlsConnect,
        fence: &Fence,
    ) -> (usize, Result<(Client, Line), Error>) {
        (place, ask(&self.each[place], tls, fence).await)
    }
}

/// Connects to one server. One that another has taken over from is as good as silent: it may not know it.
async fn ask(
    server: &Config,
    tls: &MakeRustlsConnect,
    fence: &Fence,
) -> Result<(Client, Line), Error> {
    let (client, mut line) = server.connect(tls.clone()).await?;
    let is_behind = tokio::select! {
        is_behind = fence.is_behind_another(&client) => is_behind?,
        ended = &mut line => {
            ended?;
            true
        }
    };
    if is_behind {
        std::future::pending::<()>().await;
    }
    Ok((client, line))
}

/// `config` with the server at `place` alone.
fn only(config: &Config, place: usize) -> Config {
    let mut one = Config::new();
    match config.get_hosts().get(place) {
        Some(Host::Tcp(host)) => drop(one.host(host)),
        Some(Host::Unix(folder)) => drop(one.host_path(folder)),
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(place) {
        one.hostaddr(*address);
    }
    let ports = config.get_ports();
    if let Some(port) = ports.get(place).or_else(|| ports.first()) {
        one.port(*port);
    }
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(database) = config.get_dbname() {
        one.dbname(database);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    if let Some(name) = config.get_application_name() {
        one.application_name(name);
    }
    if let Some(limit) = config.get_connect_timeout() {
        one.connect_timeout(*limit);
    }
    if let Some(limit) = config.get_tcp_user_timeout() {
        one.tcp_user_timeout(*limit);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        one.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        one.keepalives_retries(retries);
    }
    one.keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle())
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .load_balance_hosts(config.get_load_balance_hosts());
    one
}
