//! The store's contract as a model: everything in one map, every answer worked out from it anew. Nothing survives the process.

use async_trait::async_trait;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
use usher::clock::Stopwatch;
use usher::store::{
    Beat, BrokerId, Change, Committed, Counts, Cursor, Filter, Heard, Listing, Observer, Page,
    Place, Queued, Record, Recorded, Revision, SessionKey, SessionRow, Sessions, Store, StoreError,
    Stored,
};
use usher_domain::code::ResponderId;
use usher_domain::id::{CheckId, EnquiryId, RecordId, Reference};
use usher_domain::index::Keys;
use usher_domain::limits::{
    BATCH_CHANGES_MAX, RECORD_BYTES_MAX, REFERENCE_RECORDS_MAX, SESSION_BYTES_MAX, SESSIONS_MAX,
};
use usher_domain::time::Timestamp;

/// The model.
#[derive(Default)]
pub(crate) struct Memory(Mutex<State>, Mutex<BTreeMap<SessionKey, SessionRow>>);

#[derive(Clone, Default)]
struct State {
    records: BTreeMap<RecordId, Stored>,
    feed: Vec<Recorded>,
    end: Cursor,
    beats: BTreeMap<BrokerId, (Stopwatch, Duration, Beat)>,
    time: Option<Timestamp>,
}

impl Memory {
    /// Has a clock of its own from now on, which shows this.
    pub(crate) fn set_time(&self, time: Timestamp) {
        self.0.lock().unwrap().time = Some(time);
    }

    /// How many records there are.
    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap().records.len()
    }
}

impl State {
    fn apply(&mut self, change: Change) -> Result<Revision, StoreError> {
        let id = change.record.id();
        let revision = self.records.get(&id).map(|stored| stored.revision);
        if revision != change.expected {
            return Err(StoreError::Conflict { id });
        }
        let revision = revision.map_or(Revision::MIN, |revision| revision.saturating_add(1));
        for event in change.events {
            self.end.events += 1;
            self.feed.push(Recorded {
                cursor: self.end,
                record: id,
                revision,
                court: change.record.keys().court,
                responder: change.record.responder_of(&event).cloned(),
                event,
            });
        }
        let record = change.record;
        self.records.insert(id, Stored { record, revision });
        Ok(revision)
    }

    fn open(&self) -> impl Iterator<Item = (RecordId, Keys)> {
        let all = self.records.iter();
        all.map(|(id, stored)| (*id, stored.record.keys()))
            .filter(|(_, keys)| keys.open)
    }

    /// Every waiting check, in the order of the queues.
    fn queues(&self) -> BTreeMap<ResponderId, Vec<Queued>> {
        let mut queues: BTreeMap<ResponderId, Vec<Queued>> = BTreeMap::new();
        for (id, keys) in self.open() {
            let enquiry = EnquiryId::from_uuid(id.uuid());
            for (responder, number) in keys.waiting {
                queues.entry(responder).or_default().push(Queued {
                    deadline: keys.deadline,
                    check: CheckId { enquiry, number },
                });
            }
        }
        for queue in queues.values_mut() {
            queue.sort();
        }
        queues
    }

    fn due(&self) -> Vec<(Timestamp, RecordId)> {
        let mut due: Vec<_> = self
            .open()
            .filter_map(|(id, keys)| Some((keys.next_due?, id)))
            .collect();
        due.sort();
        due
    }

    fn after(&self, after: Cursor) -> impl Iterator<Item = Recorded> {
        let new = self.feed.iter().filter(move |event| event.cursor > after);
        new.cloned()
    }
}

fn personal(record: &Record) -> usize {
    let sealed = match record {
        Record::Enquiry(enquiry) => &enquiry.personal,
        Record::Case(case) => &case.personal,
    };
    sealed.bytes().len()
}

fn place(id: RecordId, keys: &Keys) -> Place {
    let deadline = keys.deadline;
    if keys.open {
        Place::Open { deadline, id }
    } else {
        Place::Closed { id }
    }
}

#[async_trait]
impl Store for Memory {
    async fn beat(&self, mine: &Beat, lasts: Duration) -> Result<Heard, StoreError> {
        let mut state = self.0.lock().unwrap();
        let since = Stopwatch::start();
        state
            .beats
            .insert(mine.broker, (since, lasts, mine.clone()));
        let lives = |since: &Stopwatch, lasts: &Duration| since.elapsed() < *lasts;
        state
            .beats
            .retain(|_, (since, lasts, _)| lives(since, lasts));
        let others = state.beats.values().map(|(_, _, beat)| beat);
        let others = others.filter(|beat| beat.broker != mine.broker);
        Ok(Heard {
            time: state.time,
            others: others.cloned().collect(),
        })
    }

    fn observe(&self, observer: Observer) {
        // Nothing takes time here.
        drop(observer);
    }

    fn engine(&self) -> &'static str {
        "memory"
    }

    async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError> {
        Ok(self.0.lock().unwrap().records.get(&id).cloned())
    }

    async fn commit(&self, batch: &[Change]) -> Result<Committed, StoreError> {
        let too_large = |what, max| Err(StoreError::TooLarge { what, max });
        if batch.len() > BATCH_CHANGES_MAX {
            return too_large("batch", BATCH_CHANGES_MAX);
        }
        if batch
            .iter()
            .any(|change| personal(&change.record) > RECORD_BYTES_MAX)
        {
            return too_large("record", RECORD_BYTES_MAX);
        }
        let mut state = self.0.lock().unwrap();
        let mut next = state.clone();
        next.end = Cursor {
            entry: state.end.entry + 1,
            events: 0,
        };
        let revisions = batch
            .iter()
            .map(|change| next.apply(change.clone()))
            .collect::<Result<_, _>>()?;
        *state = next;
        let cursor = state.end;
        Ok(Committed { revisions, cursor })
    }

    async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let queue = self.0.lock().unwrap().queues().remove(responder);
        let mut queue = queue.unwrap_or_default();
        queue.truncate(limit);
        Ok(queue)
    }

    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        let queues = self.0.lock().unwrap().queues().into_iter();
        Ok(queues
            .map(|(responder, queue)| (responder, queue[0], queue.len()))
            .collect())
    }

    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
        let due = self.0.lock().unwrap().due().into_iter();
        Ok(due.filter(|(at, _)| *at <= until).take(limit).collect())
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.0.lock().unwrap().due().first().map(|(at, _)| *at))
    }

    async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        let records = &self.0.lock().unwrap().records;
        let mut found: Vec<RecordId> = records.keys().copied().collect();
        found.retain(|id| id.reference() == reference);
        found.sort_unstable();
        found.truncate(REFERENCE_RECORDS_MAX);
        Ok(found)
    }

    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError> {
        let state = self.0.lock().unwrap();
        let mut all: Vec<(Place, Stored)> = state
            .records
            .iter()
            .map(|(id, stored)| (*id, stored.record.keys(), stored))
            .filter(|(_, keys, _)| filter.matches(keys))
            .map(|(id, keys, stored)| (place(id, &keys), stored.clone()))
            .filter(|(place, _)| page.after.is_none_or(|after| *place > after))
            .collect();
        all.sort_by_key(|(place, _)| *place);
        let next = all.get(page.size - 1).map(|(place, _)| *place);
        all.truncate(page.size);
        let records = all.into_iter().map(|(_, stored)| stored).collect();
        Ok(Listing { records, next })
    }

    async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let state = self.0.lock().unwrap();
        let own = state.after(after).filter(|event| event.record == id);
        Ok(own.take(limit).collect())
    }

    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError> {
        Ok(self.0.lock().unwrap().after(after).take(limit).collect())
    }

    async fn feed_end(&self) -> Result<Cursor, StoreError> {
        Ok(self.0.lock().unwrap().end)
    }

    async fn sweep(&self) -> Result<Vec<RecordId>, StoreError> {
        Ok(Vec::new())
    }

    async fn unreadable(&self) -> Result<Vec<RecordId>, StoreError> {
        Ok(Vec::new())
    }

    async fn counts(&self) -> Result<Counts, StoreError> {
        let state = self.0.lock().unwrap();
        Ok(Counts {
            open: state.open().count() as u64,
            queued: state
                .queues()
                .values()
                .map(|queue| queue.len() as u64)
                .sum(),
            open_alerts: state
                .open()
                .map(|(_, keys)| u64::from(keys.open_alerts))
                .sum(),
            feed: state.end.entry,
            unreadable: 0,
        })
    }
}

fn fits(row: &SessionRow) -> Result<(), StoreError> {
    if row.value.len() > SESSION_BYTES_MAX {
        let (what, max) = ("session", SESSION_BYTES_MAX);
        return Err(StoreError::TooLarge { what, max });
    }
    Ok(())
}

#[async_trait]
impl Sessions for Memory {
    async fn put_session(&self, key: SessionKey, row: &SessionRow) -> Result<(), StoreError> {
        fits(row)?;
        let mut sessions = self.1.lock().unwrap();
        if sessions.len() >= SESSIONS_MAX && !sessions.contains_key(&key) {
            let (what, max) = ("sessions", SESSIONS_MAX);
            return Err(StoreError::TooLarge { what, max });
        }
        sessions.insert(key, row.clone());
        Ok(())
    }

    async fn replace_session(&self, key: SessionKey, row: &SessionRow) -> Result<bool, StoreError> {
        fits(row)?;
        let mut sessions = self.1.lock().unwrap();
        let kept = sessions.get_mut(&key).map(|kept| *kept = row.clone());
        Ok(kept.is_some())
    }

    async fn load_session(
        &self,
        key: SessionKey,
        now: Timestamp,
    ) -> Result<Option<SessionRow>, StoreError> {
        let row = self.1.lock().unwrap().get(&key).cloned();
        Ok(row.filter(|row| row.expires > now))
    }

    async fn remove_session(&self, key: SessionKey) -> Result<(), StoreError> {
        self.1.lock().unwrap().remove(&key);
        Ok(())
    }

    async fn remove_sessions_of(&self, subject: [u8; 32]) -> Result<usize, StoreError> {
        let mut sessions = self.1.lock().unwrap();
        let before = sessions.len();
        sessions.retain(|_, row| row.subject != subject);
        Ok(before - sessions.len())
    }

    async fn drop_expired_sessions(
        &self,
        now: Timestamp,
        limit: usize,
    ) -> Result<usize, StoreError> {
        let mut sessions = self.1.lock().unwrap();
        let expired = sessions.iter().filter(|(_, row)| row.expires <= now);
        let expired: Vec<SessionKey> = expired.map(|(key, _)| *key).take(limit).collect();
        for key in &expired {
            sessions.remove(key);
        }
        Ok(expired.len())
    }
}
