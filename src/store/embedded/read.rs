//! Reading: records, listings, and the feed as a whole or of one enquiry.

use super::keys::{self, Shelf};
use super::{Shared, corrupt, failed};
use crate::store::kv::Order;
use crate::store::record::{
    Envelope, Listed, RecordError, decode_entry, decode_envelope, kind_in_envelope,
};
use crate::store::{Cursor, Filter, Listing, Page, Place, Recorded, StoreError};
use std::collections::BTreeSet;
use std::ops::{ControlFlow, Range};
use usher_domain::id::{RecordId, Reference};
use usher_domain::limits::{PAGE_RECORDS_EXAMINED_MAX, PAGE_SIZE_MAX, REFERENCE_RECORDS_MAX};
use usher_domain::time::Timestamp;

impl Shared {
    /// The envelope of an enquiry, wherever it stands.
    pub(super) fn find(&self, id: RecordId) -> Result<Option<Envelope>, StoreError> {
        // The record may move between two looks, once unseen by four. Where one will be that is being opened again is known before it is
        // there.
        let mut since = self.index().since(id);
        for _ in 0..4 {
            let key = since.map_or_else(|| keys::closed(id), |since| keys::open(since, id));
            if let Some(value) = self.read(&key)? {
                let envelope = decode_envelope(&value);
                return match envelope {
                    Ok(envelope) => Ok(Some(envelope)),
                    Err(error) => Err(self.unreadable(id, error)),
                };
            }
            since = match since {
                Some(_) => None,
                None => match self.index().since(id) {
                    None => break,
                    opened => opened,
                },
            };
        }
        Ok(None)
    }

    pub(super) fn load<T: Listed>(&self, id: RecordId) -> Result<Option<T>, StoreError> {
        let Some(envelope) = self.find(id)? else {
            return Ok(None);
        };
        match T::read(id, &envelope) {
            Ok(read) => Ok(Some(read)),
            Err(error) => Err(self.unreadable(id, error)),
        }
    }

    /// Sets a record apart that cannot be read, and says so.
    fn unreadable(&self, id: RecordId, error: RecordError) -> StoreError {
        if self.index_mut().quarantine(id) {
            tracing::error!(record.id = %id, %error, "Record {id} cannot be read: set apart");
        }
        corrupt("the record", Some(id))(error)
    }

    pub(super) fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        let mut found: BTreeSet<RecordId> = self.index().named(reference).collect();
        let mut closed = |key: &[u8], _: &[u8]| {
            found.extend(keys::id_of(key));
            next_if(found.len() < REFERENCE_RECORDS_MAX)
        };
        let scanned = self.kv.scan(
            keys::closed_of(reference).bounds(),
            Order::Ascending,
            &mut closed,
        );
        scanned.map_err(failed("looking for a reference"))?;
        Ok(found.into_iter().take(REFERENCE_RECORDS_MAX).collect())
    }

    pub(super) fn list<T: Listed>(
        &self,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing<T>, StoreError> {
        let mut walk = Walk {
            shared: self,
            filter,
            size: page.size.clamp(1, PAGE_SIZE_MAX),
            found: Vec::new(),
        };
        let next = walk.walk(page.after)?;
        Ok(Listing {
            records: walk.found,
            next,
        })
    }

    /// At most `limit` events after `after`. An entry that cannot be read ends the answer, and is the answer when it comes first.
    pub(super) fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        let end = self.index().end();
        let mut found = Vec::new();
        let mut outcome = Ok(());
        if after >= end || limit == 0 {
            return Ok(found);
        }
        self.kv
            .scan(
                keys::feed_from(after.entry).bounds(),
                Order::Ascending,
                &mut |key, value| {
                    let Some(number) = keys::number_of(key) else {
                        return ControlFlow::Continue(());
                    };
                    if number > end.entry || number == after.entry && after.events == u32::MAX {
                        return next_if(number <= end.entry);
                    }
                    match decode_entry(value, number) {
                        Ok(events) => {
                            let new = events.into_iter().filter(|event| event.cursor > after);
                            found.extend(new.take(limit - found.len()));
                        }
                        Err(error) => outcome = Err(error),
                    }
                    next_if(outcome.is_ok() && found.len() < limit)
                },
            )
            .map_err(failed("reading the feed"))?;
        match outcome {
            Err(error) if found.is_empty() => Err(corrupt("an entry of the feed", None)(error)),
            _ => Ok(found),
        }
    }

    pub(super) fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let entries = self
            .find(id)?
            .map_or_else(Vec::new, |envelope| envelope.entries);
        let start = entries.partition_point(|entry| *entry < after.entry);
        let mut found = Vec::new();
        for &entry in &entries[start..] {
            if found.len() >= limit {
                break;
            }
            let value = self.read(&keys::entry(entry))?;
            let missing = || RecordError::Field {
                field: "feed_entries",
            };
            let events = value
                .ok_or_else(missing)
                .and_then(|value| decode_entry(&value, entry))
                .map_err(corrupt("an entry of the feed", Some(id)))?;
            let own = events
                .into_iter()
                .filter(|event| event.record == id && event.cursor > after);
            found.extend(own.take(limit - found.len()));
        }
        Ok(found)
    }
}

fn next_if(more: bool) -> ControlFlow<()> {
    if more {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

/// One page's way through the listing.
struct Walk<'a, T> {
    shared: &'a Shared,
    filter: &'a Filter,
    size: usize,
    found: Vec<T>,
}

impl<T: Listed> Walk<'_, T> {
    /// Fills the page and says where the next one starts.
    fn walk(&mut self, after: Option<Place>) -> Result<Option<Place>, StoreError> {
        let wants = |open| self.filter.open.is_none_or(|wanted| wanted == open);
        let (open, closed) = (wants(true), wants(false));
        let after_open = match after {
            None => None,
            Some(Place::Open { deadline, id }) => Some((deadline, id)),
            Some(Place::Closed { id }) => return self.closed(Some(id)),
        };
        if open {
            let (ids, stopped) = self.shared.index().matching(
                self.filter,
                after_open,
                self.size,
                PAGE_RECORDS_EXAMINED_MAX,
            );
            for id in ids {
                self.take(id, self.filter)?;
            }
            if let Some((deadline, id)) = stopped {
                return Ok(Some(Place::Open { deadline, id }));
            }
        }
        if closed { self.closed(None) } else { Ok(None) }
    }

    /// Takes a record into the page, unless `filter` does not want it, or no longer, or it cannot be read.
    fn take(&mut self, id: RecordId, filter: &Filter) -> Result<(), StoreError> {
        match self.shared.load::<T>(id) {
            Ok(Some(read)) if read.is_wanted(filter) => {
                self.found.push(read);
                Ok(())
            }
            Ok(_) | Err(StoreError::Corrupt { id: Some(_), .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn closed(&mut self, after: Option<RecordId>) -> Result<Option<Place>, StoreError> {
        if let Some(within) = &self.filter.deadline {
            return self.ended(within, after);
        }
        let after = after.map(keys::closed);
        let mut examined = 0;
        let mut stopped = None;
        self.shared
            .kv
            .scan(
                keys::shelf_after(Shelf::Closed, after.as_deref()).bounds(),
                Order::Ascending,
                &mut |key, value| {
                    let Some(id) = keys::id_of(key) else {
                        return ControlFlow::Continue(());
                    };
                    match self.wanted(id, value) {
                        Ok(Some(read)) => self.found.push(read),
                        Ok(None) => {}
                        Err(error) => drop(self.shared.unreadable(id, error)),
                    }
                    examined += 1;
                    if self.found.len() < self.size && examined < PAGE_RECORDS_EXAMINED_MAX {
                        return ControlFlow::Continue(());
                    }
                    stopped = Some(Place::Closed { id });
                    ControlFlow::Break(())
                },
            )
            .map_err(failed("listing"))?;
        Ok(stopped)
    }

    /// As [`Self::closed`], of those with a deadline `within`.
    fn ended(
        &mut self,
        within: &Range<Timestamp>,
        after: Option<RecordId>,
    ) -> Result<Option<Place>, StoreError> {
        let mut ids = BTreeSet::new();
        let mut see = |key: &[u8], _: &[u8]| {
            ids.extend(keys::ended_of(key).filter(|id| after.is_none_or(|after| *id > after)));
            ControlFlow::Continue(())
        };
        let keys = keys::ended_within(within);
        let scanned = self
            .shared
            .kv
            .scan(keys.bounds(), Order::Ascending, &mut see);
        scanned.map_err(failed("listing"))?;
        let filter = Filter {
            open: Some(false),
            ..self.filter.clone()
        };
        for (examined, id) in ids.into_iter().enumerate() {
            self.take(id, &filter)?;
            if self.found.len() >= self.size || examined + 1 >= PAGE_RECORDS_EXAMINED_MAX {
                return Ok(Some(Place::Closed { id }));
            }
        }
        Ok(None)
    }

    /// What is made of a value, unless nobody wants it.
    fn wanted(&self, id: RecordId, value: &[u8]) -> Result<Option<T>, RecordError> {
        // Half of what is closed is of the other kind.
        if kind_in_envelope(value).is_some_and(|kind| kind != self.filter.kind) {
            return Ok(None);
        }
        let envelope = decode_envelope(value)?;
        let read = T::read(id, &envelope)?;
        Ok(Some(read).filter(|read| read.is_wanted(self.filter)))
    }
}
