//! A store in a folder, of any embedded engine. Opening it keeps everybody else out of it.

use super::{Filling, Part, Source, Target, TransferError, missing, opened, told_of};
use crate::store::embedded::{
    ENDED_NOTED, META, Shelf, closed_key, ended_key, entry_key, feed_from, number_of, open_key,
    open_of, shelf_after,
};
use crate::store::kv::{KeyValue, Order, Write};
use crate::store::record::encode_meta;
use async_trait::async_trait;
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use usher_domain::id::RecordId;

/// A store in a folder, to be read.
pub struct FromFolder {
    kv: Arc<dyn KeyValue>,
    /// Under which feed entry each open record stands.
    open: HashMap<RecordId, u64>,
}

impl FromFolder {
    /// Reads where everything stands.
    ///
    /// # Errors
    /// When the engine refuses, or the store is only half filled.
    pub fn new(kv: Box<dyn KeyValue>) -> Result<Self, TransferError> {
        if kv.read(META)?.is_none() {
            return Err(TransferError::Unfinished);
        }
        Self::over(kv.into())
    }

    fn over(kv: Arc<dyn KeyValue>) -> Result<Self, TransferError> {
        let open = open_ones(kv.as_ref())?;
        Ok(Self { kv, open })
    }

    fn record(&self, id: RecordId) -> Result<Option<Vec<u8>>, TransferError> {
        let key = match self.open.get(&id) {
            Some(since) => open_key(*since, id),
            None => closed_key(id),
        };
        Ok(self.kv.read(&key)?)
    }
}

#[async_trait]
impl Source for FromFolder {
    async fn end(&mut self) -> Result<u64, TransferError> {
        Ok(last(self.kv.as_ref())?.map_or(0, |(number, _)| number))
    }

    async fn part(&mut self, after: u64) -> Result<Option<Part>, TransferError> {
        let mut filling = Filling::default();
        self.kv.scan(
            feed_from(after + 1).bounds(),
            Order::Ascending,
            &mut |key, value| {
                if let Some(number) = number_of(key) {
                    filling.push(number, value.to_vec());
                }
                if filling.is_full() {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        )?;
        let Some((end, _)) = filling.entries.last() else {
            return Ok(None);
        };
        let end = *end;
        let mut records = Vec::new();
        for id in told_of(&filling.entries)? {
            let envelope = self.record(id)?.ok_or_else(|| missing(id))?;
            let (its, _) = opened(id, &envelope)?;
            if its.entries.last().is_none_or(|last| *last <= end) {
                records.push((id, envelope));
            }
        }
        Ok(Some(Part {
            entries: filling.entries,
            records,
        }))
    }

    async fn records(&mut self) -> Result<Option<u64>, TransferError> {
        let mut records = self.open.len() as u64;
        self.kv.scan(
            shelf_after(Shelf::Closed, None).bounds(),
            Order::Ascending,
            &mut |_, _| {
                records += 1;
                ControlFlow::Continue(())
            },
        )?;
        Ok(Some(records))
    }
}

/// A store in a folder, to be filled. It is a store again when it is finished.
pub struct IntoFolder {
    kv: Arc<dyn KeyValue>,
    /// Under which feed entry each open record stands that has arrived.
    open: HashMap<RecordId, u64>,
}

impl IntoFolder {
    /// Fills the store in `kv`.
    pub fn new(kv: Box<dyn KeyValue>) -> Self {
        Self {
            kv: kv.into(),
            open: HashMap::new(),
        }
    }
}

#[async_trait]
impl Target for IntoFolder {
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
        self.open = open_ones(self.kv.as_ref())?;
        last(self.kv.as_ref())
    }

    async fn put(&mut self, part: Part) -> Result<(), TransferError> {
        let mut writes = vec![Write::delete(META)];
        for (number, bytes) in part.entries {
            writes.push(Write::put(entry_key(number), bytes));
        }
        for (id, envelope) in part.records {
            let (its, record) = opened(id, &envelope)?;
            // Since when it has been open is a matter of place alone: the first entry serves.
            let since = its.entries.first().copied().unwrap_or_default();
            // It may stand elsewhere from an earlier try, also under an entry that it no longer names.
            if let Some(earlier) = self.open.remove(&id) {
                writes.push(Write::delete(open_key(earlier, id)));
            }
            let keys = record.keys();
            let key = match Shelf::of(keys.open) {
                Shelf::Open => {
                    writes.push(Write::delete(closed_key(id)));
                    self.open.insert(id, since);
                    open_key(since, id)
                }
                Shelf::Closed => {
                    writes.push(Write::put(ended_key(keys.deadline, id), Vec::new()));
                    closed_key(id)
                }
            };
            writes.push(Write::put(key, envelope));
        }
        Ok(self.kv.commit(&writes)?)
    }

    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError> {
        Ok(Box::new(FromFolder::over(Arc::clone(&self.kv))?))
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        self.kv.commit(&[
            Write::put(META, encode_meta()),
            Write::put(ENDED_NOTED, Vec::new()),
        ])?;
        Ok(self.kv.settle()?)
    }
}

/// Under which feed entry each open record stands.
fn open_ones(kv: &dyn KeyValue) -> Result<HashMap<RecordId, u64>, TransferError> {
    let mut open = HashMap::new();
    kv.scan(
        shelf_after(Shelf::Open, None).bounds(),
        Order::Ascending,
        &mut |key, _| {
            open.extend(open_of(key).map(|(since, id)| (id, since)));
            ControlFlow::Continue(())
        },
    )?;
    Ok(open)
}

fn last(kv: &dyn KeyValue) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
    let mut last = None;
    kv.scan(
        feed_from(0).bounds(),
        Order::Descending,
        &mut |key, value| {
            last = number_of(key).map(|number| (number, value.to_vec()));
            ControlFlow::Break(())
        },
    )?;
    Ok(last)
}
