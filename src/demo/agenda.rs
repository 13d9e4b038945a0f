//! What an actor has planned, and doing it when the clock says so: at most [`AT_ONCE`] acts at a time, everything else waits its turn.

use super::client::Common;
use crate::clock::{Clock as _, Stopwatch};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use usher_domain::time::Timestamp;

/// Acts of one actor under way at the same time.
const AT_ONCE: usize = 16;
/// What a watch has told an actor to do and the actor has not yet taken in.
pub(super) const TOLD_MAX: usize = 256;

/// An act and when to do it.
#[derive(Debug)]
pub(super) struct Planned<A> {
    pub(super) at: Timestamp,
    pub(super) act: A,
}

/// What the pace needs to know of the actors: how far behind they are, in real time, and when a check passes from hand to hand, so that a
/// fast clock does not end its lease before it has arrived.
#[derive(Debug, Default)]
pub(super) struct Lag {
    latest: AtomicU64,
    handed: Notify,
}

impl Lag {
    /// An act came or took this much too long.
    pub(super) fn note(&self, late: Duration) {
        let late = u64::try_from(late.as_micros()).unwrap_or(u64::MAX);
        self.latest.fetch_max(late, Ordering::Relaxed);
    }

    /// A check is about to return to a queue, or has just been taken from one.
    pub(super) fn hands_over(&self) {
        self.handed.notify_one();
    }

    /// Returns when a check passes from hand to hand, or has since it was last asked.
    pub(super) async fn handed_over(&self) {
        self.handed.notified().await;
    }

    /// The longest since it was last asked.
    pub(super) fn take(&self) -> Duration {
        Duration::from_micros(self.latest.swap(0, Ordering::Relaxed))
    }
}

/// Does what is planned, what comes in through `told`, and what follows from what was done, until `stop`.
pub(super) async fn play<A, F, P>(
    common: Common,
    planned: Vec<Planned<A>>,
    mut told: mpsc::Receiver<Planned<A>>,
    perform: P,
) where
    P: Fn(A) -> F,
    F: Future<Output = Vec<Planned<A>>> + Send + 'static,
    A: Send + 'static,
{
    let Common {
        clock, stop, lag, ..
    } = common;
    let mut agenda = Agenda::default();
    agenda.extend(planned);
    let mut under_way = JoinSet::new();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((late, act)) = agenda.take_due(clock.now())
        {
            let (doing, lag) = (perform(act), Arc::clone(&lag));
            let waited = clock.real(late);
            under_way.spawn(async move {
                let watch = Stopwatch::start();
                let next = doing.await;
                lag.note(waited + watch.elapsed());
                next
            });
        }
        let next = agenda.next().filter(|_| under_way.len() < AT_ONCE);
        tokio::select! {
            () = stop.cancelled() => {
                tracing::debug!(under_way = under_way.len(), planned = agenda.acts.len(), "an actor leaves");
                return;
            }
            Some(done) = under_way.join_next(), if !under_way.is_empty() => {
                agenda.extend(done.unwrap_or_default());
            }
            Some(more) = told.recv() => agenda.extend([more]),
            () = clock.sleep_until(next.unwrap_or(Timestamp::MAX)) => {}
        }
    }
}

struct Agenda<A> {
    acts: BTreeMap<(Timestamp, u64), A>,
    count: u64,
}

impl<A> Default for Agenda<A> {
    fn default() -> Self {
        Self {
            acts: BTreeMap::new(),
            count: 0,
        }
    }
}

impl<A> Agenda<A> {
    fn extend(&mut self, planned: impl IntoIterator<Item = Planned<A>>) {
        for Planned { at, act } in planned {
            self.acts.insert((at, self.count), act);
            self.count += 1;
        }
    }

    fn next(&self) -> Option<Timestamp> {
        self.acts.keys().next().map(|(at, _)| *at)
    }

    /// The first act that is due, and how long it has been.
    fn take_due(&mut self, now: Timestamp) -> Option<(Duration, A)> {
        let first = self.acts.first_entry()?;
        let late = now.duration_since(first.key().0);
        Some((late.try_into().ok()?, first.remove()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::ScaledClock;
    use std::sync::Mutex;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn acts_happen_in_order_and_lead_to_others() {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let later = move |minutes: i64| start + jiff::SignedDuration::from_mins(minutes);
        let stop = CancellationToken::new();
        let common = Common {
            clock: Arc::new(ScaledClock::new(start, 6_000)),
            seed: 1,
            stop: stop.clone(),
            lag: Arc::default(),
        };
        let (tell, told) = mpsc::channel(4);
        tell.send(Planned {
            at: later(4),
            act: 4,
        })
        .await
        .unwrap();
        let done = Arc::new(Mutex::new(Vec::new()));
        let planned = vec![
            Planned {
                at: later(6),
                act: 6,
            },
            Planned {
                at: later(1),
                act: 1,
            },
        ];
        let perform = |act: i64| {
            let (done, stop) = (Arc::clone(&done), stop.clone());
            async move {
                done.lock().unwrap().push(act);
                match act {
                    1 => vec![Planned {
                        at: later(2),
                        act: 2,
                    }],
                    6 => {
                        stop.cancel();
                        Vec::new()
                    }
                    _ => Vec::new(),
                }
            }
        };
        play(common, planned, told, perform).await;
        assert_eq!(*done.lock().unwrap(), [1, 2, 4, 6]);
    }
}
