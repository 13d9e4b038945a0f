//! What the store finds records by, in memory: derived from the open records and nothing else, so that losing it loses nothing.

use crate::store::{Counts, Cursor, Filter, Queued, Record, Revision};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use usher_domain::code::ResponderId;
use usher_domain::id::{CheckId, EnquiryId, RecordId, Reference};
use usher_domain::index::{Keys, RecordKind};
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// What is known of one open record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The feed entry with which it came to its shelf: part of its record's key.
    pub(super) since: u64,
    /// The revision that the keys are of.
    pub(super) revision: Revision,
    /// By what it is found.
    pub(super) keys: Keys,
}

/// The keys as they will be read back: records keep whole milliseconds.
pub(super) fn kept_keys(record: &Record) -> Keys {
    let mut keys = record.keys();
    keys.deadline = whole(keys.deadline);
    keys.next_due = keys.next_due.map(whole);
    keys
}

fn whole(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Where a record stands among those of its kind: nearest deadline first.
type Standing = (RecordKind, Timestamp, RecordId);

/// The indexes over all open records.
#[derive(Debug, Default)]
pub(super) struct Index {
    open: BTreeMap<RecordId, Entry>,
    queues: BTreeMap<ResponderId, BTreeSet<Queued>>,
    due: BTreeSet<(Timestamp, RecordId)>,
    by_deadline: BTreeSet<Standing>,
    /// Of those, the ones with a live alert: few, and looked at often.
    alerting: BTreeSet<Standing>,
    /// Records that could not be read: found by nothing, touched by nothing. With the feed entry in their key when they are open.
    unreadable: BTreeMap<RecordId, Option<u64>>,
    /// Closed enquiries that the commit under way opens again, with the feed entry that their key will have.
    reopening: HashMap<RecordId, u64>,
    /// Keys among the records that hold no id.
    nameless: u64,
    end: Cursor,
}

impl Index {
    /// Builds the index in one go.
    pub(super) fn build(
        entries: Vec<(RecordId, Entry)>,
        unreadable: BTreeMap<RecordId, Option<u64>>,
        nameless: u64,
        end: Cursor,
    ) -> Self {
        let mut queues: BTreeMap<ResponderId, Vec<Queued>> = BTreeMap::new();
        for (id, entry) in &entries {
            for (responder, queued) in waiting(*id, &entry.keys) {
                match queues.get_mut(responder) {
                    Some(queue) => queue.push(queued),
                    None => drop(queues.insert(responder.clone(), vec![queued])),
                }
            }
        }
        let due = |(id, entry): &(RecordId, Entry)| Some((entry.keys.next_due?, *id));
        Self {
            queues: queues
                .into_iter()
                .map(|(responder, queue)| (responder, queue.into_iter().collect()))
                .collect(),
            due: entries.iter().filter_map(due).collect(),
            by_deadline: entries
                .iter()
                .map(|(id, entry)| standing(*id, &entry.keys))
                .collect(),
            alerting: entries
                .iter()
                .filter(|(_, entry)| entry.keys.live_alerts > 0)
                .map(|(id, entry)| standing(*id, &entry.keys))
                .collect(),
            open: entries.into_iter().collect(),
            unreadable,
            reopening: HashMap::new(),
            nameless,
            end,
        }
    }

    /// Notes the new state of an enquiry: `None` once it is closed.
    pub(super) fn put(&mut self, id: RecordId, entry: Option<Entry>) {
        self.remove(id);
        self.unreadable.remove(&id);
        let Some(entry) = entry else { return };
        for (responder, queued) in waiting(id, &entry.keys) {
            match self.queues.get_mut(responder) {
                Some(queue) => drop(queue.insert(queued)),
                None => drop(self.queues.insert(responder.clone(), [queued].into())),
            }
        }
        self.due.extend(entry.keys.next_due.map(|due| (due, id)));
        let standing = standing(id, &entry.keys);
        self.by_deadline.insert(standing);
        if entry.keys.live_alerts > 0 {
            self.alerting.insert(standing);
        }
        self.open.insert(id, entry);
    }

    fn remove(&mut self, id: RecordId) {
        let Some(entry) = self.open.remove(&id) else {
            return;
        };
        for (responder, queued) in waiting(id, &entry.keys) {
            if let Some(queue) = self.queues.get_mut(responder) {
                queue.remove(&queued);
                if queue.is_empty() {
                    self.queues.remove(responder);
                }
            }
        }
        if let Some(due) = entry.keys.next_due {
            self.due.remove(&(due, id));
        }
        let standing = standing(id, &entry.keys);
        self.by_deadline.remove(&standing);
        self.alerting.remove(&standing);
    }

    /// Sets a record apart that cannot be read.
    pub(super) fn quarantine(&mut self, id: RecordId) -> bool {
        let since = self.since(id);
        self.remove(id);
        self.quarantine_at(id, since)
    }

    /// The same for a record whose place is known.
    pub(super) fn quarantine_at(&mut self, id: RecordId, since: Option<u64>) -> bool {
        self.remove(id);
        self.unreadable.insert(id, since).is_none()
    }

    /// Tells where records will be that a commit is about to open again: between that commit and its place here they are found nowhere
    /// else.
    pub(super) fn reopen(&mut self, reopened: &[(RecordId, u64)]) {
        self.reopening.extend(reopened.iter().copied());
    }

    /// Where the record is, if it is or may be open: the feed entry in its key.
    pub(super) fn since(&self, id: RecordId) -> Option<u64> {
        let open = self.open.get(&id).map(|entry| entry.since);
        let apart = || self.unreadable.get(&id).copied().flatten();
        open.or_else(apart)
            .or_else(|| self.reopening.get(&id).copied())
    }

    /// Ends what a commit changed.
    pub(super) fn advance(&mut self, end: Cursor) {
        self.end = end;
        self.reopening.clear();
    }

    pub(super) fn get(&self, id: RecordId) -> Option<&Entry> {
        self.open.get(&id)
    }

    pub(super) fn is_unreadable(&self, id: RecordId) -> bool {
        self.unreadable.contains_key(&id)
    }

    /// Every open enquiry, with the feed entry in its record's key.
    pub(super) fn open_places(&self) -> Vec<(u64, RecordId)> {
        let place = |(id, entry): (&RecordId, &Entry)| (entry.since, *id);
        self.open.iter().map(place).collect()
    }

    pub(super) fn unreadable(&self) -> Vec<RecordId> {
        self.unreadable.keys().copied().collect()
    }

    /// Open records with this reference.
    pub(super) fn named(&self, reference: Reference) -> impl Iterator<Item = RecordId> {
        let (first, last) = reference.ids();
        self.open.range(first..=last).map(|(id, _)| *id)
    }

    pub(super) fn end(&self) -> Cursor {
        self.end
    }

    pub(super) fn queued(&self, responder: &ResponderId, limit: usize) -> Vec<Queued> {
        let queue = self.queues.get(responder);
        queue.map_or_else(Vec::new, |queue| {
            queue.iter().copied().take(limit).collect()
        })
    }

    pub(super) fn queues(&self) -> Vec<(ResponderId, Queued, usize)> {
        let first = |(responder, queue): (&ResponderId, &BTreeSet<Queued>)| {
            Some((responder.clone(), *queue.first()?, queue.len()))
        };
        self.queues.iter().filter_map(first).collect()
    }

    pub(super) fn due(&self, until: Timestamp, limit: usize) -> Vec<(Timestamp, RecordId)> {
        let due = self.due.iter().copied();
        due.take_while(|(at, _)| *at <= until).take(limit).collect()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.first().map(|(at, _)| *at)
    }

    /// Walks the open records of the wanted kind after a place, nearest deadline first, past at most `examine` of them, until `size` match. Says
    /// which match, and where it stopped unless it came to the end.
    pub(super) fn matching(
        &self,
        filter: &Filter,
        after: Option<(Timestamp, RecordId)>,
        size: usize,
        examine: usize,
    ) -> (Vec<RecordId>, Option<(Timestamp, RecordId)>) {
        let kind = filter.kind;
        let within = filter.deadline.as_ref();
        let soonest = within.map_or(Timestamp::MIN, |within| within.start);
        let first = (kind, soonest, RecordId::from_uuid(Uuid::nil()));
        let start = after.map_or(Bound::Included(first), |(deadline, id)| {
            Bound::Excluded((kind, deadline, id))
        });
        let mut found = Vec::new();
        let standings = if filter.alerting == Some(true) {
            &self.alerting
        } else {
            &self.by_deadline
        };
        let rest = standings.range((start, Bound::Unbounded));
        let is_over = |at: &Timestamp| within.is_some_and(|within| *at >= within.end);
        let rest = rest.take_while(|(of, at, _)| *of == kind && !is_over(at));
        for (examined, (_, deadline, id)) in rest.enumerate() {
            if self
                .open
                .get(id)
                .is_some_and(|entry| filter.matches(&entry.keys))
            {
                found.push(*id);
            }
            if found.len() == size || examined + 1 == examine {
                return (found, Some((*deadline, *id)));
            }
        }
        (found, None)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            open: self.open.len() as u64,
            queued: self.queues.values().map(|queue| queue.len() as u64).sum(),
            open_alerts: self
                .open
                .values()
                .map(|entry| u64::from(entry.keys.open_alerts))
                .sum(),
            feed: self.end.entry,
            unreadable: self.unreadable.len() as u64 + self.nameless,
        }
    }
}

fn standing(id: RecordId, keys: &Keys) -> Standing {
    (keys.kind, keys.deadline, id)
}

/// The checks of an enquiry that wait, each with whose queue it waits in.
fn waiting(id: RecordId, keys: &Keys) -> impl Iterator<Item = (&ResponderId, Queued)> {
    keys.waiting.iter().map(move |(responder, number)| {
        let check = CheckId {
            enquiry: EnquiryId::from_uuid(id.uuid()),
            number: *number,
        };
        let deadline = keys.deadline;
        (responder, Queued { deadline, check })
    })
}
