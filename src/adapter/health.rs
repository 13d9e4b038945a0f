//! How an adapter and its connectors do, for whoever asks: its own health port, and the broker, which shows it to operators.

use super::connector::Trouble;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use usher_proto::v1;

/// What the contract takes of a trouble, in characters.
const TROUBLE_MAX: usize = 200;

/// The state of one adapter.
pub struct Health {
    connectors: Vec<Seen>,
    in_hand: AtomicUsize,
    most_in_hand: usize,
}

struct Seen {
    name: String,
    trouble: Mutex<Option<String>>,
    set_aside: AtomicUsize,
}

impl Health {
    pub(super) fn new(names: impl Iterator<Item = String>, most_in_hand: usize) -> Self {
        let seen = |name| Seen {
            name,
            trouble: Mutex::new(None),
            set_aside: AtomicUsize::new(0),
        };
        Self {
            connectors: names.map(seen).collect(),
            in_hand: AtomicUsize::new(0),
            most_in_hand,
        }
    }

    /// A connector was asked, with this trouble or none.
    pub(super) fn note(&self, number: usize, trouble: Option<&Trouble>) {
        if let Some(seen) = self.connectors.get(number) {
            let mut known = seen.trouble.lock().unwrap_or_else(PoisonError::into_inner);
            *known = trouble.map(|trouble| trouble.to_string().chars().take(TROUBLE_MAX).collect());
        }
    }

    /// So many files of a connector's lie aside for people.
    pub(super) fn note_set_aside(&self, number: usize, count: usize) {
        if let Some(seen) = self.connectors.get(number) {
            seen.set_aside.store(count, Ordering::Relaxed);
        }
    }

    pub(super) fn taken(&self, more: usize) {
        self.in_hand.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn ended(&self) {
        self.in_hand.fetch_sub(1, Ordering::Relaxed);
    }

    /// Whether every connector could be asked when it was last asked.
    pub fn is_well(&self) -> bool {
        self.report()
            .connectors
            .iter()
            .all(|seen| seen.trouble.is_empty())
    }

    /// How many files of the borough's lie aside for people, since they could not be used.
    pub fn set_aside(&self) -> usize {
        let all = self.connectors.iter();
        all.map(|seen| seen.set_aside.load(Ordering::Relaxed)).sum()
    }

    /// In the words of the wire contract.
    pub fn report(&self) -> v1::AdapterReport {
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        let connectors = self.connectors.iter().map(|seen| v1::ConnectorReport {
            name: seen.name.clone(),
            trouble: seen
                .trouble
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone()
                .unwrap_or_default(),
            set_aside_count: count(seen.set_aside.load(Ordering::Relaxed)),
        });
        v1::AdapterReport {
            version: env!("CARGO_PKG_VERSION").into(),
            connectors: connectors.collect(),
            in_hand: count(self.in_hand.load(Ordering::Relaxed)),
            most_in_hand: count(self.most_in_hand),
        }
    }
}
