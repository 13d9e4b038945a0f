//! Parts of pages that are counted over many records: counted once for all who ask at about the same time, and for a small share of the
//! time only, however many ask. Each says when it was counted.

use super::problem::Problem;
use crate::clock::Stopwatch;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex as Turn;

/// What is counted sooner than this is counted for everybody anew.
const KEPT_FROM: Duration = Duration::from_millis(10);
/// So many times as long as it took to count, a part is shown as it is: counting takes a twentieth of a processor.
const FRESH_TIMES: u32 = 20;
/// And so many times as long while it is counted again: nobody waits for that.
const STALE_TIMES: u32 = 60;
/// No part is shown longer than this.
const AGE_MAX: Duration = Duration::from_mins(1);
/// Parts that are kept: of every scope and question.
const PARTS_MAX: usize = 1_000;

/// All parts that were counted lately.
#[derive(Default)]
pub(super) struct Recent(Mutex<HashMap<String, Arc<Slot>>>);

/// One part.
#[derive(Default)]
struct Slot {
    last: Mutex<Option<Last>>,
    turn: Arc<Turn<()>>,
}

/// A part as it was last counted.
struct Last {
    html: Arc<str>,
    took: Duration,
    since: Stopwatch,
}

/// Whether a part may be shown as it is.
enum Standing {
    Fresh(Arc<str>),
    Stale(Arc<str>),
    Gone,
}

impl Recent {
    /// The part `key`, which `count` counts. Who has the same key sees the same.
    ///
    /// # Errors
    /// Those of `count`.
    pub(super) async fn part<F>(
        &self,
        key: String,
        count: impl FnOnce() -> F,
    ) -> Result<Arc<str>, Problem>
    where
        F: Future<Output = Result<String, Problem>> + Send + 'static,
    {
        let slot = self.slot(key);
        match slot.standing() {
            Standing::Fresh(html) => Ok(html),
            Standing::Stale(html) => {
                if let Ok(turn) = Arc::clone(&slot.turn).try_lock_owned() {
                    let counting = count();
                    tokio::spawn(async move {
                        if let Err(problem) = slot.count(counting).await {
                            tracing::warn!(?problem, "a part of the console cannot be counted");
                        }
                        drop(turn);
                    });
                }
                Ok(html)
            }
            Standing::Gone => {
                let _turn = slot.turn.lock().await;
                // Whoever had the turn before may have counted it.
                match slot.standing() {
                    Standing::Fresh(html) => Ok(html),
                    Standing::Stale(_) | Standing::Gone => slot.count(count()).await,
                }
            }
        }
    }

    fn slot(&self, key: String) -> Arc<Slot> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if slots.len() >= PARTS_MAX && !slots.contains_key(&key) {
            slots.retain(|_, slot| !matches!(slot.standing(), Standing::Gone));
            if slots.len() >= PARTS_MAX {
                return Arc::default();
            }
        }
        Arc::clone(slots.entry(key).or_default())
    }
}

impl Slot {
    fn standing(&self) -> Standing {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Last { html, took, since }) = &*last else {
            return Standing::Gone;
        };
        let age = since.elapsed();
        let within = |times: u32| age < took.saturating_mul(times).min(AGE_MAX);
        if within(FRESH_TIMES) {
            Standing::Fresh(Arc::clone(html))
        } else if within(STALE_TIMES) {
            Standing::Stale(Arc::clone(html))
        } else {
            Standing::Gone
        }
    }

    async fn count(
        &self,
        counting: impl Future<Output = Result<String, Problem>>,
    ) -> Result<Arc<str>, Problem> {
        let watch = Stopwatch::start();
        let html: Arc<str> = counting.await?.into();
        let took = watch.elapsed();
        let last = (took >= KEPT_FROM).then(|| Last {
            html: Arc::clone(&html),
            took,
            since: Stopwatch::start(),
        });
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = last;
        Ok(html)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};
    use tokio::time::sleep;

    /// Long enough to be kept, and for a test to look again while it is.
    const LONG: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn what_takes_long_is_counted_once_for_all_who_ask_meanwhile() {
        let (recent, counted) = (Recent::default(), Arc::new(AtomicU32::new(0)));
        let ask = |key: &str| {
            let counted = Arc::clone(&counted);
            recent.part(key.into(), move || async move {
                sleep(LONG).await;
                let number = counted.fetch_add(1, Ordering::Relaxed);
                Ok(format!("{number}"))
            })
        };
        let (first, second) = tokio::join!(ask("a"), ask("a"));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!((&*first, &*second), ("0", "0"));
        assert_eq!(&*ask("a").await.unwrap(), "0");
        assert_eq!(&*ask("b").await.unwrap(), "1");
    }

    #[tokio::test]
    async fn what_failed_is_counted_again() {
        let recent = Recent::default();
        let failing = || async {
            sleep(LONG).await;
            Err(Problem::Busy)
        };
        assert!(recent.part("a".into(), failing).await.is_err());
        let counted = recent.part("a".into(), || async { Ok("1".into()) });
        assert_eq!(&*counted.await.unwrap(), "1");
    }
}
