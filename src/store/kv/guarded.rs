//! What every engine is wrapped in: bounds, stopping after a failed commit, and a wall against panics.

use super::{Condition, KeyRange, KeyValue, KvError, Order, Visit, Write, holds_nothing};
use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// An engine behind the wall.
///
/// A panic inside it (both engines panic on some damaged pages) becomes [`KvError::Corrupt`], and a
/// commit that fails stops it. A panic of the caller's own visitor goes through unchanged.
pub struct Guarded<E: KeyValue> {
    engine: Option<E>,
    stopped: AtomicBool,
}

impl<E: KeyValue> Guarded<E> {
    /// Puts `engine` behind the wall.
    pub fn new(engine: E) -> Self {
        Self {
            engine: Some(engine),
            stopped: AtomicBool::new(false),
        }
    }

    fn running(&self) -> Result<&E, KvError> {
        if self.stopped.load(Ordering::Acquire) {
            return Err(KvError::Stopped);
        }
        self.engine.as_ref().ok_or(KvError::Stopped)
    }

    fn stop(&self, error: &KvError) {
        self.stopped.store(true, Ordering::Release);
        tracing::error!(%error, "Store stopped: a commit failed, and it is never retried");
    }
}

impl<E: KeyValue> KeyValue for Guarded<E> {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, KvError> {
        let engine = self.running()?;
        caught("reading a record", || engine.read(key))
    }

    fn scan(
        &self,
        range: KeyRange<'_>,
        order: Order,
        visit: &mut Visit<'_>,
    ) -> Result<(), KvError> {
        let engine = self.running()?;
        if holds_nothing(range) {
            return Ok(());
        }
        let mut visitor_panic = None;
        let outcome = caught("reading records in order", || {
            engine.scan(range, order, &mut |key, value| {
                catch_unwind(AssertUnwindSafe(|| visit(key, value))).unwrap_or_else(|panic| {
                    visitor_panic = Some(panic);
                    ControlFlow::Break(())
                })
            })
        });
        visitor_panic.map_or(outcome, |panic| resume_unwind(panic))
    }

    fn commit(&self, writes: &[Write]) -> Result<(), KvError> {
        let engine = self.running()?;
        writes.iter().try_for_each(Write::fits)?;
        caught("committing", || engine.commit(writes)).inspect_err(|error| self.stop(error))
    }

    fn settle(&self) -> Result<(), KvError> {
        let engine = self.running()?;
        caught("settling", || engine.settle()).inspect_err(|error| self.stop(error))
    }

    fn check(&mut self) -> Result<Condition, KvError> {
        self.running()?;
        let engine = self.engine.as_mut().ok_or(KvError::Stopped)?;
        let condition = caught("checking the store", || engine.check());
        if let Err(error) = &condition {
            self.stop(error);
        }
        condition
    }
}

impl<E: KeyValue> Drop for Guarded<E> {
    fn drop(&mut self) {
        let engine = self.engine.take();
        if let Err(error) = caught("closing the store", || {
            drop(engine);
            Ok(())
        }) {
            tracing::error!(%error, "Store was not closed in order; opening it again mends that");
        }
    }
}

/// Runs `work`; a panic in it is [`KvError::Corrupt`].
pub(in crate::store) fn caught<T>(
    doing: &'static str,
    work: impl FnOnce() -> Result<T, KvError>,
) -> Result<T, KvError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        Err(KvError::Corrupt {
            doing,
            source: said_by(panic.as_ref()).into(),
        })
    })
}

fn said_by(panic: &(dyn Any + Send)) -> String {
    let said = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the engine panicked: {}", said.unwrap_or("no reason given"))
}
