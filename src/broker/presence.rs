//! Which adapters are there, connected to this broker or to another one of the same store. Memory only: after a restart every responder
//! has the benefit of the doubt for a while.

use super::input::AdapterReport;
use super::output::{AdapterHealth, AdapterView};
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use usher_domain::code::{ClientId, ResponderId};
use usher_domain::time::Timestamp;

/// When adapters of each responder were last heard of. Responders and clients come from the configuration, so it is bounded by that.
#[derive(Debug)]
pub struct Presence {
    since: Timestamp,
    seen: Mutex<HashMap<ResponderId, HashMap<ClientId, Seen>>>,
    /// When other brokers last heard of adapters.
    elsewhere: Mutex<HashMap<ResponderId, Timestamp>>,
}

#[derive(Clone, Debug)]
struct Seen {
    /// Lease calls that wait just now.
    waiting_calls: usize,
    /// When it last called.
    last_call: Timestamp,
    /// What it said of itself.
    report: Option<AdapterReport>,
}

impl Seen {
    fn last_sign(&self, now: Timestamp) -> Timestamp {
        if self.waiting_calls > 0 {
            now
        } else {
            self.last_call
        }
    }

    fn is_connected(&self, now: Timestamp) -> bool {
        now.duration_since(self.last_sign(now)) < CONNECTED_FOR
    }

    fn health(&self, now: Timestamp) -> AdapterHealth {
        let report = self.report.as_ref();
        let fails = |report: &AdapterReport| {
            report
                .connectors
                .iter()
                .any(|connector| !connector.trouble.is_empty())
        };
        let is_full = |report: &AdapterReport| {
            report.most_in_hand > 0 && report.in_hand >= report.most_in_hand
        };
        if !self.is_connected(now) {
            AdapterHealth::Absent
        } else if report.is_some_and(fails) {
            AdapterHealth::Failing
        } else if report.is_some_and(is_full) {
            AdapterHealth::Busy
        } else {
            AdapterHealth::Connected
        }
    }
}

/// How long after its last call an adapter counts as connected: it may be busy with what it leased.
const CONNECTED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

impl Presence {
    /// Starts with nobody seen.
    pub fn new(now: Timestamp) -> Self {
        Self {
            since: now,
            seen: Mutex::default(),
            elsewhere: Mutex::default(),
        }
    }

    /// An adapter calls for `responders`, and says of itself what it says; while the guard lives its call is waiting.
    pub(super) fn call<'a>(
        &'a self,
        responders: &'a [ResponderId],
        client: &'a ClientId,
        report: Option<&AdapterReport>,
        now: Timestamp,
    ) -> Call<'a> {
        self.note(responders, client, now, 1);
        let mut seen = self.lock();
        for responder in responders {
            if let Some(seen) = seen.get_mut(responder).and_then(|all| all.get_mut(client)) {
                seen.report = report.cloned();
            }
        }
        drop(seen);
        Call {
            presence: self,
            responders,
            client,
        }
    }

    /// An adapter of `responders` gave a sign of life.
    pub(super) fn sign_of_life(
        &self,
        responders: &[ResponderId],
        client: &ClientId,
        now: Timestamp,
    ) {
        self.note(responders, client, now, 0);
    }

    fn note(&self, responders: &[ResponderId], client: &ClientId, now: Timestamp, calls: usize) {
        let mut seen = self.lock();
        for responder in responders {
            let clients = seen.entry(responder.clone()).or_default();
            let entry = clients.entry(client.clone()).or_insert(Seen {
                waiting_calls: 0,
                last_call: now,
                report: None,
            });
            entry.waiting_calls += calls;
            entry.last_call = now;
        }
    }

    /// When adapters of each responder last gave this broker a sign of life.
    pub(super) fn heard_here(&self, now: Timestamp) -> Vec<(ResponderId, Timestamp)> {
        let seen = self.lock();
        let last = seen.iter().filter_map(|(responder, clients)| {
            let last = clients.values().map(|seen| seen.last_sign(now)).max();
            Some((responder.clone(), last?))
        });
        last.collect()
    }

    /// Takes in what the other brokers have heard.
    pub(super) fn hear(&self, elsewhere: impl Iterator<Item = (ResponderId, Timestamp)>) {
        let mut known = HashMap::new();
        for (responder, at) in elsewhere {
            let last = known.entry(responder).or_insert(at);
            *last = at.max(*last);
        }
        *self
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = known;
    }

    fn last_elsewhere(&self, responder: &ResponderId) -> Option<Timestamp> {
        let known = self
            .elsewhere
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        known.get(responder).copied()
    }

    /// Lease calls of `responder` that wait just now.
    pub fn waiting_calls(&self, responder: &ResponderId) -> usize {
        self.lock().get(responder).map_or(0, |clients| {
            clients.values().map(|seen| seen.waiting_calls).sum()
        })
    }

    /// How many adapters of `responder` wait for work or called a moment ago: those of this broker, or at least one where another broker
    /// hears of any.
    pub fn connected(&self, responder: &ResponderId, now: Timestamp) -> usize {
        let here = self.lock().get(responder).map_or(0, |clients| {
            clients
                .values()
                .filter(|seen| seen.is_connected(now))
                .count()
        });
        let elsewhere = self
            .last_elsewhere(responder)
            .is_some_and(|last| now.duration_since(last) < CONNECTED_FOR);
        here.max(usize::from(elsewhere))
    }

    /// The adapters of `responder` that have called this broker, by program.
    pub fn adapters(&self, responder: &ResponderId, now: Timestamp) -> Vec<AdapterView> {
        let seen = self.lock();
        let mut views: Vec<AdapterView> = seen
            .get(responder)
            .into_iter()
            .flatten()
            .map(|(client, seen)| AdapterView {
                client: client.clone(),
                health: seen.health(now),
                last_call: seen.last_call,
                report: seen.report.clone(),
            })
            .collect();
        views.sort_by(|one, other| one.client.as_str().cmp(other.client.as_str()));
        views
    }

    /// Whether an adapter of `responder` is connected.
    pub fn is_connected(&self, responder: &ResponderId, now: Timestamp) -> bool {
        self.connected(responder, now) > 0
    }

    /// Since when no adapter of `responder` is connected; `None` while one is.
    pub fn absent_since(&self, responder: &ResponderId, now: Timestamp) -> Option<Timestamp> {
        if self.is_connected(responder, now) {
            return None;
        }
        let here = self
            .lock()
            .get(responder)
            .and_then(|clients| clients.values().map(|seen| seen.last_call).max());
        Some(
            here.max(self.last_elsewhere(responder))
                .unwrap_or(self.since),
        )
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResponderId, HashMap<ClientId, Seen>>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease call that waits.
pub(super) struct Call<'a> {
    presence: &'a Presence,
    responders: &'a [ResponderId],
    client: &'a ClientId,
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut seen = self.presence.lock();
        for responder in self.responders {
            if let Some(entry) = seen
                .get_mut(responder)
                .and_then(|clients| clients.get_mut(self.client))
            {
                entry.waiting_calls = entry.waiting_calls.saturating_sub(1);
            }
        }
    }
}
