//! The brokers that share a store. Each tells the others, every second, that it is there and which adapters it hears of; so they share out
//! what falls due, and an adapter that is connected to one of them is absent for none. Memory only: without it everything goes on, less
//! promptly.

use super::Broker;
use crate::clock::{Clock, Stopwatch};
use crate::store::{Beat, BrokerId, Heard, Store, StoreError};
use arc_swap::ArcSwap;
use jiff::SignedDuration;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use usher_domain::id::RecordId;

/// Between beats, in real time.
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// How long others count on a broker that tells nothing more: a few beats may be late.
const BEAT_LASTS: Duration = Duration::from_secs(4);
/// A store that has answered no beat for so long cannot be reached: a few beats.
const REACHED_WITHIN: Duration = Duration::from_secs(3);
/// How far the clock of a broker's machine may be off before operators are told.
pub const CLOCK_AHEAD_MAX: SignedDuration = SignedDuration::from_secs(2);

/// The brokers that share this one's store.
#[derive(Debug)]
pub struct Peers {
    me: BrokerId,
    others: ArcSwap<Vec<Beat>>,
    clock_ahead_ms: AtomicI64,
    /// Runs since the store last answered a beat.
    answered: Mutex<Stopwatch>,
}

impl Peers {
    pub(super) fn new(me: BrokerId) -> Self {
        Self {
            me,
            others: ArcSwap::default(),
            clock_ahead_ms: AtomicI64::new(0),
            answered: Mutex::new(Stopwatch::start()),
        }
    }

    /// Sets `clock` by that of the store, where brokers share one, before anything is decided. Tells nobody of this broker yet.
    ///
    /// # Errors
    /// When the store does not tell.
    pub(super) async fn set_clock(
        &self,
        store: &dyn Store,
        clock: &dyn Clock,
    ) -> Result<(), StoreError> {
        let asked = clock.now();
        let silent = Beat {
            broker: self.me,
            clock_ahead: SignedDuration::ZERO,
            adapters: Vec::new(),
        };
        if let Some(time) = store.beat(&silent, Duration::ZERO).await?.time {
            clock.set_by(time, asked);
        }
        Ok(())
    }

    /// Whether the store can be reached, as far as beats tell: it has answered one within three seconds.
    pub fn reaches_store(&self) -> bool {
        self.answered().elapsed() < REACHED_WITHIN
    }

    fn answered(&self) -> MutexGuard<'_, Stopwatch> {
        self.answered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This broker, as the others know it.
    pub fn me(&self) -> BrokerId {
        self.me
    }

    /// How far the clock of this broker's machine is ahead of the shared one; negative when behind.
    pub fn clock_ahead(&self) -> SignedDuration {
        SignedDuration::from_millis(self.clock_ahead_ms.load(Ordering::Relaxed))
    }

    /// The brokers whose machines' clocks are off by more than [`CLOCK_AHEAD_MAX`], this one among them, each with how far it is ahead.
    pub fn clocks_off(&self) -> Vec<(BrokerId, SignedDuration)> {
        let others = self.others.load();
        let others = others.iter().map(|beat| (beat.broker, beat.clock_ahead));
        let all = std::iter::once((self.me, self.clock_ahead())).chain(others);
        all.filter(|(_, ahead)| ahead.abs() > CLOCK_AHEAD_MAX)
            .collect()
    }

    /// Whether what falls due of record `id` is this broker's to raise first. Whatever a broker that goes or comes does not hold stays
    /// with whom it is.
    pub fn is_first_for(&self, id: RecordId) -> bool {
        let mine = weight(self.me, id);
        let others = self.others.load();
        others
            .iter()
            .all(|beat| (mine, self.me) > (weight(beat.broker, id), beat.broker))
    }
}

/// Who weighs most for a record is first for it. The bits of both ids are mixed as `SplitMix64` ends: a checksum would leave the shares
/// unequal.
fn weight(broker: BrokerId, id: RecordId) -> u64 {
    let (first, last) = (broker.as_u64_pair(), id.uuid().as_u64_pair());
    let mixed = first.0 ^ first.1.rotate_left(32) ^ last.0.rotate_left(16) ^ last.1;
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Broker {
    /// The brokers that share this one's store.
    pub fn peers(&self) -> &Peers {
        &self.peers
    }

    /// Tells the others of this broker, and hears of them, until `stop`; then tells them that it goes.
    pub async fn keep_beating(&self, stop: CancellationToken) {
        let mut beats = interval(BEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut failing = false;
        while stop.run_until_cancelled(beats.tick()).await.is_some() {
            let beaten = self.beat(BEAT_LASTS).await;
            if let Err(error) = &beaten
                && !failing
            {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "the other brokers are not heard of"
                );
            }
            failing = beaten.is_err();
        }
        let _ = self.beat(Duration::ZERO).await;
    }

    /// One beat, that lasts so long.
    ///
    /// # Errors
    /// When the store cannot pass it on.
    pub async fn beat(&self, lasts: Duration) -> Result<(), StoreError> {
        let asked = self.clock.now();
        let mine = Beat {
            broker: self.peers.me,
            clock_ahead: self.peers.clock_ahead(),
            adapters: self.presence.heard_here(asked),
        };
        let Heard { time, others } = self.store.beat(&mine, lasts).await?;
        *self.peers.answered() = Stopwatch::start();
        if let Some(time) = time {
            let ahead = self.clock.set_by(time, asked);
            let ahead_ms = i64::try_from(ahead.as_millis()).unwrap_or_default();
            self.peers.clock_ahead_ms.store(ahead_ms, Ordering::Relaxed);
        }
        self.presence
            .hear(others.iter().flat_map(|beat| beat.adapters.iter().cloned()));
        self.peers.others.store(others.into());
        let ahead = self.peers.clock_ahead();
        self.metrics.set_clock_ahead(ahead.as_secs_f64());
        let now = self.clock.now();
        self.faults.agree_clocks(&self.peers.clocks_off(), now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::code::ClientId;
    use usher_domain::id::{EnquiryId, RequestId};
    use uuid::Uuid;

    fn peers(me: u128, others: &[u128]) -> Peers {
        let beat = |broker: &u128| Beat {
            broker: Uuid::from_u128(*broker),
            clock_ahead: SignedDuration::from_millis(i64::try_from(*broker).unwrap()),
            adapters: Vec::new(),
        };
        let peers = Peers::new(Uuid::from_u128(me));
        peers
            .others
            .store(others.iter().map(beat).collect::<Vec<_>>().into());
        peers
    }

    fn id(number: u128) -> RecordId {
        let client = ClientId::parse("spiffe://usher.example/court").unwrap();
        EnquiryId::derive(&client, RequestId::from_uuid(Uuid::from_u128(number))).into()
    }

    #[test]
    fn each_enquiry_is_one_brokers_and_the_shares_are_about_equal() {
        let all = [peers(1, &[2, 3]), peers(2, &[3, 1]), peers(3, &[1, 2])];
        let mut shares = [0; 3];
        for number in 0..3_000 {
            let first: Vec<usize> = (0..3)
                .filter(|place| all[*place].is_first_for(id(number)))
                .collect();
            assert_eq!(first.len(), 1, "{number}: {first:?}");
            shares[first[0]] += 1;
        }
        assert!(shares.iter().all(|share| *share > 800), "{shares:?}");
    }

    #[test]
    fn what_a_lost_broker_held_goes_to_others_and_the_rest_stays() {
        let (before, after) = (peers(1, &[2, 3]), peers(1, &[2]));
        for number in 0..1_000 {
            let id = id(number);
            assert!(!before.is_first_for(id) || after.is_first_for(id));
            let other = peers(2, &[1]);
            assert_ne!(after.is_first_for(id), other.is_first_for(id));
        }
    }

    #[test]
    fn alone_it_is_first_for_everything() {
        assert!((0..100).all(|number| peers(7, &[]).is_first_for(id(number))));
    }

    #[test]
    fn a_clock_that_is_off_by_more_than_two_seconds_is_told_of() {
        let off = peers(2_001, &[2_000, 2_002]).clocks_off();
        let told: Vec<u128> = off.iter().map(|(broker, _)| broker.as_u128()).collect();
        assert_eq!(told, [2_002], "this one's own is not known to be off");
    }
}
