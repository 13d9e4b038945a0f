//! The feed: contiguous, readable, and telling of each enquiry as many commits as its record counts.

use super::Report;
use crate::store::embedded::{feed_from, number_of};
use crate::store::kv::{KeyValue, Order};
use crate::store::record::decode_entry;
use crate::store::{Recorded, Revision};
use std::collections::HashMap;
use std::ops::ControlFlow;
use usher_domain::id::RecordId;

/// What the feed tells of each enquiry.
pub(super) struct Commits {
    told: HashMap<RecordId, Told>,
    /// An entry is missing or cannot be read: then a record may be further than the feed.
    has_gap: bool,
}

/// What the feed tells of one enquiry.
#[derive(Clone, Copy, Default)]
pub(super) struct Told {
    commits: u64,
    last_entry: u64,
    may_lack: bool,
}

impl Commits {
    /// What the feed tells of `id`, whose record is there.
    pub(super) fn claim(&mut self, id: RecordId) -> Told {
        Told {
            may_lack: self.has_gap,
            ..self.told.remove(&id).unwrap_or_default()
        }
    }

    /// Enquiries whose record nobody has claimed.
    pub(super) fn unclaimed(self) -> impl Iterator<Item = RecordId> {
        self.told.into_keys()
    }
}

impl Told {
    /// How a record with this revision and these feed entries differs from what the feed tells.
    pub(super) fn differs(self, revision: Revision, entries: &[u64]) -> Option<String> {
        let revision = revision.get();
        if revision < self.commits || (revision > self.commits && !self.may_lack) {
            let commits = self.commits;
            return Some(format!(
                "it is at revision {revision}, and the feed has {commits} commits of it"
            ));
        }
        let last = entries.last().copied().unwrap_or_default();
        let agrees = last == self.last_entry || (self.may_lack && last > self.last_entry);
        (!agrees || !entries.is_sorted()).then(|| "its list of feed entries is wrong".into())
    }
}

/// The feed as it is read, from its first entry on.
pub(super) struct Reading {
    commits: Commits,
    /// The number of the next entry.
    next: u64,
}

impl Reading {
    pub(super) fn new() -> Self {
        Self {
            commits: Commits {
                told: HashMap::new(),
                has_gap: false,
            },
            next: 1,
        }
    }

    /// Proves one entry and counts it.
    pub(super) fn entry(&mut self, number: u64, value: &[u8], report: &mut Report) {
        if number != self.next {
            self.commits.has_gap = true;
            let why = format!("entry {} is missing before it", self.next);
            report.fault(format!("feed entry {number}"), None, why);
        }
        self.next = number.saturating_add(1);
        report.feed_entries += 1;
        match decode_entry(value, number) {
            Ok(events) => {
                report.events += events.len() as u64;
                self.commits.hear(number, &events, report);
            }
            Err(error) => {
                self.commits.has_gap = true;
                report.broken(format!("feed entry {number}"), None, &error);
            }
        }
    }

    /// The number of the last entry.
    pub(super) fn last(&self) -> u64 {
        self.next - 1
    }

    pub(super) fn end(self) -> Commits {
        self.commits
    }
}

/// Reads the whole feed.
pub(super) fn read(kv: &dyn KeyValue, report: &mut Report) -> Commits {
    let mut reading = Reading::new();
    let scanned = kv.scan(
        feed_from(0).bounds(),
        Order::Ascending,
        &mut |key, value| {
            match number_of(key) {
                Some(number) => reading.entry(number, value, report),
                None => report.fault("feed", None, "an entry's key has no number"),
            }
            ControlFlow::Continue(())
        },
    );
    if let Err(error) = scanned {
        reading.commits.has_gap = true;
        report.broken("engine", None, &error);
    }
    reading.end()
}

impl Commits {
    /// Counts the commits that an entry tells of: each is a run of events with one enquiry and revision.
    fn hear(&mut self, entry: u64, events: &[Recorded], report: &mut Report) {
        let same = |one: &Recorded, next: &Recorded| {
            one.record == next.record && one.revision == next.revision
        };
        for commit in events.chunk_by(same) {
            let Some(first) = commit.first() else {
                continue;
            };
            let told = self.told.entry(first.record).or_default();
            let revision = first.revision.get();
            if revision != told.commits + 1 && !self.has_gap {
                let why = format!("revision {revision} follows {} commits", told.commits);
                report.fault(format!("feed entry {entry}"), Some(first.record), why);
            }
            *told = Told {
                commits: revision,
                last_entry: entry,
                may_lack: false,
            };
        }
    }
}
