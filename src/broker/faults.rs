//! What a person must look at and no record can tell: records that the broker cannot go on with, and brokers whose clocks are off.
//! Shown to operators among the open alerts.
//!
//! Memory only, derived from the store: an alert of the ordinary kind is part of a record, and these records cannot be read or written.
//! Nothing but the record's id, or the broker's, is known of them. Each is told for as long as the trouble lasts; nobody can
//! acknowledge it.

use super::input::{AlertFilter, AlertStanding};
use super::{Broker, BrokerError};
use crate::store::{BrokerId, StoreError};
use jiff::SignedDuration;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use usher_domain::actor::{Actor, Role};
use usher_domain::id::RecordId;
use usher_domain::ladder::Audience;
use usher_domain::time::Timestamp;

/// What is wrong with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The store cannot read it: it is found by nothing and escalates nothing.
    Unreadable,
    /// A sealed part of it, or its history, cannot be read; it escalates as ever.
    PartUnreadable,
    /// It has grown beyond what the store takes: what falls due cannot be recorded.
    TooLarge,
    /// It is no record: the clock of a broker's machine is off by more than [`super::CLOCK_AHEAD_MAX`].
    BrokerClock,
}

impl FaultKind {
    /// In a word, as alerts name their cause.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "record_unreadable",
            Self::PartUnreadable => "record_part_unreadable",
            Self::TooLarge => "record_too_large",
            Self::BrokerClock => "broker_clock",
        }
    }
}

/// What a person must look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordFault {
    /// Which record; of [`FaultKind::BrokerClock`] the broker's own id, which is no record's.
    pub record: RecordId,
    /// What is wrong.
    pub kind: FaultKind,
    /// When this broker noticed.
    pub since: Timestamp,
    /// Counts the faults as they were noticed, from 1.
    number: u64,
}

/// The records that a person must look at, as far as noticed.
#[derive(Debug)]
pub struct Faults {
    known: Mutex<BTreeMap<RecordId, RecordFault>>,
    /// The number of the one noticed last.
    last: watch::Sender<u64>,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            known: Mutex::default(),
            last: watch::Sender::new(0),
        }
    }
}

impl Faults {
    /// Whether the clock can do nothing about the record of `id`.
    pub fn stops(&self, id: RecordId) -> bool {
        let known = self.known();
        known.get(&id).is_some_and(|fault| match fault.kind {
            FaultKind::Unreadable | FaultKind::TooLarge => true,
            FaultKind::PartUnreadable | FaultKind::BrokerClock => false,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.known().len()
    }

    /// How many records the store can read, and the broker cannot go on with all the same.
    pub fn count_readable(&self) -> usize {
        let known = self.known();
        known
            .values()
            .filter(|fault| match fault.kind {
                FaultKind::PartUnreadable | FaultKind::TooLarge => true,
                FaultKind::Unreadable | FaultKind::BrokerClock => false,
            })
            .count()
    }

    /// At most `limit` after `after`, by id.
    pub(super) fn list(&self, after: Option<RecordId>, limit: usize) -> Vec<RecordFault> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        let known = self.known();
        let rest = known.range((start, Bound::Unbounded));
        rest.take(limit).map(|(_, fault)| *fault).collect()
    }

    /// The number of the one noticed last, and its changes.
    pub(super) fn noticed(&self) -> watch::Receiver<u64> {
        self.last.subscribe()
    }

    /// Those noticed after the one with `number`, and the number of the last.
    pub(super) fn newer(&self, number: u64) -> (Vec<RecordFault>, u64) {
        let known = self.known();
        let newer = known.values().filter(|fault| fault.number > number);
        (newer.copied().collect(), *self.last.borrow())
    }

    fn note(&self, id: RecordId, kind: FaultKind, now: Timestamp) -> bool {
        self.note_in(&mut self.known(), id, kind, now)
    }

    fn note_in(
        &self,
        known: &mut BTreeMap<RecordId, RecordFault>,
        record: RecordId,
        kind: FaultKind,
        since: Timestamp,
    ) -> bool {
        if known.get(&record).is_some_and(|fault| fault.kind == kind) {
            return false;
        }
        let number = *self.last.borrow() + 1;
        let fault = RecordFault {
            record,
            kind,
            since,
            number,
        };
        known.insert(record, fault);
        self.last.send_replace(number);
        true
    }

    /// Takes the store's word for which records cannot be read.
    fn agree(&self, unreadable: Vec<RecordId>, now: Timestamp) {
        let unreadable: BTreeSet<_> = unreadable.into_iter().collect();
        let mut known = self.known();
        known.retain(|id, fault| fault.kind != FaultKind::Unreadable || unreadable.contains(id));
        for id in unreadable {
            self.note_in(&mut known, id, FaultKind::Unreadable, now);
        }
    }

    /// These brokers' clocks are off and no others', each with how far it is ahead.
    pub(super) fn agree_clocks(&self, off: &[(BrokerId, SignedDuration)], now: Timestamp) {
        let mut known = self.known();
        known.retain(|id, fault| {
            let stays = fault.kind != FaultKind::BrokerClock
                || off.iter().any(|(broker, _)| *broker == id.uuid());
            if !stays {
                tracing::info!(broker.id = %id, "the clock of a broker's machine is right again");
            }
            stays
        });
        for (broker, ahead) in off {
            let id = RecordId::from_uuid(*broker);
            if self.note_in(&mut known, id, FaultKind::BrokerClock, now) {
                let seconds = ahead.as_secs_f64();
                tracing::error!(
                    broker.id = %broker,
                    ahead_seconds = seconds,
                    "the clock of a broker's machine is off: look at its time synchronisation"
                );
            }
        }
    }

    /// The record of `id` has just been written.
    pub(super) fn written(&self, id: RecordId) {
        let mut known = self.known();
        if known
            .get(&id)
            .is_some_and(|fault| fault.kind == FaultKind::TooLarge)
        {
            known.remove(&id);
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<RecordId, RecordFault>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Broker {
    /// The records that a person must look at, as far as noticed.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// Asks the store anew which records cannot be read.
    ///
    /// # Errors
    /// Store errors.
    pub async fn look_for_faults(&self) -> Result<(), StoreError> {
        let unreadable = self.store.unreadable().await?;
        self.faults.agree(unreadable, self.clock.now());
        Ok(())
    }

    /// Notes what `error` says about the record of `id`: whether that record is in the way until a person has looked at it.
    pub(crate) fn note_fault(&self, id: RecordId, error: &BrokerError) -> bool {
        let kind = match error {
            BrokerError::Store(StoreError::Corrupt { id: Some(_), .. }) => FaultKind::Unreadable,
            BrokerError::Store(StoreError::TooLarge { .. }) => FaultKind::TooLarge,
            _ => return false,
        };
        self.faults.note(id, kind, self.clock.now());
        true
    }

    /// Notes that a part of a record that can be read cannot.
    pub(super) fn note_part(&self, id: RecordId) {
        if !self.faults.stops(id) {
            self.faults
                .note(id, FaultKind::PartUnreadable, self.clock.now());
        }
    }
}

/// Whether `actor` is told of records, by their ids alone: whoever runs the service, because the court of such a record is not known.
/// A filter by court or responder leaves them out.
pub(super) fn are_told(actor: &Actor, filter: &AlertFilter) -> bool {
    let state = filter.states.is_empty() || filter.states.contains(&AlertStanding::Open);
    let audience = filter.audiences.is_empty() || filter.audiences.contains(&Audience::Operator);
    let anywhere = filter.courts.is_none() && filter.responders.is_none();
    actor.role == Role::Operator && state && audience && anywhere
}
