//! The open connections: how many there may be, whose they are, and the means to end them.
//!
//! Every accepted socket takes a seat and gives it back when it closes, however it closes. Seats are counted in all, by
//! network address until the client is known, and by client from then on. When authorities, revocation lists or the
//! table of identities change, [`Connections::review`] ends those whose clients would not be let in again.

use crate::auth::Identities;
use crate::telemetry::Throttle;
use rustls::pki_types::{CertificateDer, UnixTime};
use rustls::server::danger::ClientCertVerifier;
use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use usher_domain::code::ClientId;

/// Refused connections that the log names one by one, and the time in which more are only counted.
const REFUSALS_TOLD_MAX: u32 = 20;
const REFUSALS_TOLD_PER: Duration = Duration::from_secs(60);

/// How many connections there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// In all.
    pub total: usize,
    /// From one IPv4 address, or one /64 network of IPv6, before their clients are known.
    pub per_peer: usize,
    /// Of one client.
    pub per_client: usize,
}

/// What has happened at the edge since the start; for metrics.
#[derive(Debug, Default)]
pub struct Counters {
    /// Sockets accepted.
    pub accepted: AtomicU64,
    /// Closed at once because a cap was reached.
    pub over_cap: AtomicU64,
    /// TLS handshakes that failed: no certificate, a wrong one, plain text.
    pub handshake_failed: AtomicU64,
    /// Closed because they said nothing in time, or not what HTTP/2 says first.
    pub silent: AtomicU64,
    /// Closed because the certificate identifies nobody, or nobody in the table.
    pub unknown: AtomicU64,
    /// Ended because their client would no longer be let in.
    pub revoked: AtomicU64,
    /// Failures to accept, such as running out of file descriptors.
    pub accept_failed: AtomicU64,
}

impl Counters {
    pub(super) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Connections refused or cut, by the name that the metric gives the cause.
    pub fn refusals(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let all = self.snapshot().into_iter();
        all.filter(|(name, _)| *name != "accepted")
    }

    /// Every counter by its name.
    pub fn snapshot(&self) -> [(&'static str, u64); 7] {
        [
            ("accepted", &self.accepted),
            ("over_cap", &self.over_cap),
            ("handshake_failed", &self.handshake_failed),
            ("silent", &self.silent),
            ("unknown", &self.unknown),
            ("revoked", &self.revoked),
            ("accept_failed", &self.accept_failed),
        ]
        .map(|(name, counter)| (name, counter.load(Ordering::Relaxed)))
    }
}

/// The open connections of one listener.
#[derive(Debug)]
pub struct Connections {
    caps: Caps,
    open: Mutex<Open>,
    /// What has happened since the start.
    pub counters: Counters,
    /// How often refusals are written to the log.
    pub(super) told: Throttle,
}

#[derive(Debug, Default)]
struct Open {
    next: u64,
    seats: HashMap<u64, Taken>,
    per_peer: HashMap<IpAddr, usize>,
    per_client: HashMap<ClientId, usize>,
}

#[derive(Debug)]
struct Taken {
    holder: Holder,
    cut: CancellationToken,
}

#[derive(Debug)]
enum Holder {
    /// Somebody at this address.
    Unknown(IpAddr),
    /// This client, by this chain of certificates, leaf first.
    Known(ClientId, Vec<CertificateDer<'static>>),
}

/// One connection's place. Dropping it gives the place back.
#[derive(Debug)]
pub(super) struct Seat {
    number: u64,
    cut: CancellationToken,
    connections: Arc<Connections>,
}

impl Connections {
    /// No connections yet.
    pub fn new(caps: Caps) -> Arc<Self> {
        Arc::new(Self {
            caps,
            open: Mutex::default(),
            counters: Counters::default(),
            told: Throttle::new(REFUSALS_TOLD_MAX, REFUSALS_TOLD_PER),
        })
    }

    /// How many are open.
    pub fn count(&self) -> usize {
        self.open().seats.len()
    }

    /// Ends them all.
    pub fn cut_all(&self) -> usize {
        let cuts: Vec<_> = self
            .open()
            .seats
            .values()
            .map(|seat| seat.cut.clone())
            .collect();
        for cut in &cuts {
            cut.cancel();
        }
        cuts.len()
    }

    /// Ends those whose certificate `verifier` does not take, or whose client `identities` do not know. Returns how many.
    pub fn review(
        &self,
        verifier: &dyn ClientCertVerifier,
        identities: &Identities,
        now: UnixTime,
    ) -> usize {
        let known: Vec<_> = {
            let open = self.open();
            let seats = open.seats.values();
            seats
                .filter_map(|seat| match &seat.holder {
                    Holder::Known(client, chain) => {
                        Some((client.clone(), chain.clone(), seat.cut.clone()))
                    }
                    Holder::Unknown(_) => None,
                })
                .collect()
        };
        let mut ended = 0;
        for (client, chain, cut) in known {
            let stays = identities.know(&client)
                && chain.split_first().is_some_and(|(leaf, rest)| {
                    verifier.verify_client_cert(leaf, rest, now).is_ok()
                });
            if !stays {
                cut.cancel();
                Counters::count(&self.counters.revoked);
                ended += 1;
            }
        }
        ended
    }

    /// Takes a place for a socket from `peer`; `None` when a cap is reached.
    pub(super) fn seat(self: &Arc<Self>, peer: IpAddr) -> Option<Seat> {
        let peer = network(peer);
        let mut open = self.open();
        if open.seats.len() >= self.caps.total || held(&open.per_peer, &peer) >= self.caps.per_peer
        {
            return None;
        }
        let number = open.next;
        open.next += 1;
        *open.per_peer.entry(peer).or_default() += 1;
        let cut = CancellationToken::new();
        open.seats.insert(
            number,
            Taken {
                holder: Holder::Unknown(peer),
                cut: cut.clone(),
            },
        );
        drop(open);
        Some(Seat {
            number,
            cut,
            connections: Arc::clone(self),
        })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Says whose the connection is, with the verified chain, leaf first. Returns false when the client has as many as it may.
    pub(super) fn identify(&self, client: ClientId, chain: Vec<CertificateDer<'static>>) -> bool {
        let mut open = self.connections.open();
        if held(&open.per_client, &client) >= self.connections.caps.per_client {
            return false;
        }
        if let Some(seat) = open.seats.get_mut(&self.number) {
            let known = Holder::Known(client.clone(), chain);
            let before = std::mem::replace(&mut seat.holder, known);
            open.let_go(&before);
            *open.per_client.entry(client).or_default() += 1;
        }
        true
    }

    /// Ends when the connection must.
    pub(super) fn cut(&self) -> CancellationToken {
        self.cut.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(seat) = open.seats.remove(&self.number) {
            open.let_go(&seat.holder);
        }
    }
}

impl Open {
    /// Takes a connection off the count of its holder.
    fn let_go(&mut self, holder: &Holder) {
        match holder {
            Holder::Unknown(peer) => release(&mut self.per_peer, peer),
            Holder::Known(client, _) => release(&mut self.per_client, client),
        }
    }
}

fn held<K: Eq + Hash>(counts: &HashMap<K, usize>, key: &K) -> usize {
    counts.get(key).copied().unwrap_or_default()
}

fn release<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count -= 1;
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// What counts as one peer: an IPv4 address, or the /64 network that one IPv6 subscriber has to itself.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn client(name: &str) -> ClientId {
        ClientId::parse(&format!("spiffe://a/{name}")).unwrap()
    }

    #[test]
    fn a_cap_holds_until_a_seat_is_given_back() {
        let connections = Connections::new(Caps {
            total: 3,
            per_peer: 2,
            per_client: 9,
        });
        let first = connections.seat(ip("10.0.0.1")).unwrap();
        let _second = connections.seat(ip("::ffff:10.0.0.1")).unwrap();
        assert!(
            connections.seat(ip("10.0.0.1")).is_none(),
            "the cap of one peer"
        );
        let _other = connections.seat(ip("10.0.0.2")).unwrap();
        assert!(connections.seat(ip("10.0.0.3")).is_none(), "the cap in all");
        drop(first);
        assert!(connections.seat(ip("10.0.0.1")).is_some());
        assert_eq!(connections.count(), 2);
    }

    #[test]
    fn one_network_of_version_6_is_one_peer() {
        let connections = Connections::new(Caps {
            total: 9,
            per_peer: 1,
            per_client: 9,
        });
        let _one = connections.seat(ip("2001:db8:0:1::1")).unwrap();
        assert!(connections.seat(ip("2001:db8:0:1:ffff::2")).is_none());
        assert!(connections.seat(ip("2001:db8:0:2::1")).is_some());
    }

    #[test]
    fn a_client_has_its_own_cap() {
        let connections = Connections::new(Caps {
            total: 9,
            per_peer: 9,
            per_client: 1,
        });
        let seats: Vec<_> = (0..3)
            .map(|_| connections.seat(ip("10.0.0.1")).unwrap())
            .collect();
        assert!(seats[0].identify(client("a"), vec![]));
        assert!(!seats[1].identify(client("a"), vec![]));
        let peers = || connections.open().per_peer.values().sum::<usize>();
        assert_eq!(
            peers(),
            2,
            "a known client no longer counts against its address"
        );
        assert!(seats[2].identify(client("b"), vec![]));
        drop(seats);
        let open = connections.open();
        assert!(open.seats.is_empty() && open.per_peer.is_empty() && open.per_client.is_empty());
    }
}
