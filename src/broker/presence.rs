//! Which adapters are there. Memory only: after a restart every responder has the benefit of the doubt for a while.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use usher_domain::code::ResponderId;
use usher_domain::time::Timestamp;

/// When adapters of each responder were last heard of.
#[derive(Debug)]
pub struct Presence {
    since: Timestamp,
    seen: Mutex<HashMap<ResponderId, Seen>>,
}

/// What is known of one responder's adapters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Lease calls that wait just now.
    pub waiting_calls: u32,
    /// When one last called; `None` since the broker started.
    pub last_call: Option<Timestamp>,
}

/// How long after its last call an adapter counts as connected: it may be busy with what it leased.
const CONNECTED_FOR: jiff::SignedDuration = jiff::SignedDuration::from_secs(120);

impl Presence {
    /// Starts with nobody seen.
    pub fn new(now: Timestamp) -> Self {
        Self { since: now, seen: Mutex::default() }
    }

    /// An adapter calls for `responders`; while the guard lives its call is waiting.
    pub(super) fn call<'a>(&'a self, responders: &'a [ResponderId], now: Timestamp) -> Call<'a> {
        let mut seen = self.lock();
        for responder in responders {
            let entry = seen.entry(responder.clone()).or_default();
            entry.waiting_calls += 1;
            entry.last_call = Some(now);
        }
        Call { presence: self, responders }
    }

    /// An adapter of `responders` gave a sign of life.
    pub(super) fn sign_of_life(&self, responders: &[ResponderId], now: Timestamp) {
        let mut seen = self.lock();
        for responder in responders {
            seen.entry(responder.clone()).or_default().last_call = Some(now);
        }
    }

    /// What is known of `responder`.
    pub fn of(&self, responder: &ResponderId) -> Seen {
        self.lock().get(responder).copied().unwrap_or_default()
    }

    /// Whether an adapter of `responder` is connected: it waits for work, or called a moment ago.
    pub fn is_connected(&self, responder: &ResponderId, now: Timestamp) -> bool {
        let seen = self.of(responder);
        seen.waiting_calls > 0
            || seen.last_call.is_some_and(|last| now.duration_since(last) < CONNECTED_FOR)
    }

    /// Since when no adapter of `responder` is connected; `None` while one is.
    pub fn absent_since(&self, responder: &ResponderId, now: Timestamp) -> Option<Timestamp> {
        if self.is_connected(responder, now) {
            return None;
        }
        Some(self.of(responder).last_call.unwrap_or(self.since))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ResponderId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lease call that waits.
pub(super) struct Call<'a> {
    presence: &'a Presence,
    responders: &'a [ResponderId],
}

impl Drop for Call<'_> {
    fn drop(&mut self) {
        let mut seen = self.presence.lock();
        for responder in self.responders {
            if let Some(entry) = seen.get_mut(responder) {
                entry.waiting_calls = entry.waiting_calls.saturating_sub(1);
            }
        }
    }
}
