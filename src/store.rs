//! The store contract. An engine remembers; it never decides: it knows records, revisions, keys and order, and no verb.
//!
//! Promises of every engine, proved by one conformance suite (`tests/it/store`):
//! - `commit` is all or nothing and **durable, a power cut included, before it returns**; compare-and-set on revisions.
//! - Queue, due and listing keys come from [`usher_domain::index`] and agree with the records at every moment.
//! - Events keep the order of commits, per enquiry and in the feed.
//! - A record that cannot be read is reported by id ([`StoreError::Corrupt`]), never served and never in the way of others.

pub mod embedded;
mod kept;
pub mod kv;
pub mod postgres;
pub mod record;
pub mod redb;
mod session;
#[cfg(feature = "sled")]
pub mod sled;
pub mod transfer;
pub mod verify;

pub use kept::{Change, Record, Stored};
pub use session::{SessionKey, SessionRow, Sessions};

use async_trait::async_trait;
use jiff::SignedDuration;
use std::num::NonZeroU64;
use std::ops::Range;
use std::time::Duration;
use tokio::sync::watch;
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::event::{Event, EventKind};
use usher_domain::id::{CheckId, EnquiryId, RecordId, Reference};
use usher_domain::index::{Keys, RecordKind};
use usher_domain::report::facts::Facts;
use usher_domain::time::Timestamp;

/// Counts the commits of one record, from 1.
pub type Revision = NonZeroU64;

/// What a commit left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The new revision of each change, in the order of the batch.
    pub revisions: Vec<Revision>,
    /// The feed position of the commit's last event.
    pub cursor: Cursor,
}

/// A place in the feed: everything at or before it has been seen. Opaque to callers of the service; ordered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor {
    /// The feed entry (a group commit), from 1; 0 is before everything.
    pub entry: u64,
    /// How many events of that entry have been seen.
    pub events: u32,
}

impl Cursor {
    /// After every event of feed entry `entry`.
    pub fn end_of(entry: u64) -> Self {
        Self {
            entry,
            events: u32::MAX,
        }
    }
}

/// One event as the feed keeps it, with what is needed to decide who may see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    /// Its place: resume after it with this cursor.
    pub cursor: Cursor,
    /// The enquiry or case.
    pub record: RecordId,
    /// The record's revision that the event belongs to.
    pub revision: Revision,
    /// The court whose officers may see it.
    pub court: CourtCode,
    /// The responder of the event's check, whose adapters may see it.
    pub responder: Option<ResponderId>,
    /// The event.
    pub event: Event,
}

impl Recorded {
    /// The enquiry that it happened to, where it did not happen to a case.
    pub fn enquiry(&self) -> Option<EnquiryId> {
        let of_case = matches!(self.event.kind, EventKind::Case(_));
        (!of_case).then(|| EnquiryId::from_uuid(self.record.uuid()))
    }

    /// What another event at the same place would hardly have: tells a cursor of this feed from one of another feed, or of this one before
    /// it was restored from an older copy.
    pub fn mark(&self) -> u32 {
        let mut hash = crc32fast::Hasher::new();
        hash.update(self.record.uuid().as_bytes());
        hash.update(&self.revision.get().to_be_bytes());
        hash.update(&self.event.at.as_nanosecond().to_be_bytes());
        hash.finalize()
    }
}

/// A check in a responder's queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Queued {
    /// The deadline: the queue is in this order.
    pub deadline: Timestamp,
    /// The check.
    pub check: CheckId,
}

/// Which records a listing wants; every `None` means any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Of this kind.
    pub kind: RecordKind,
    /// Of one of these courts.
    pub courts: Option<Vec<CourtCode>>,
    /// With a check of one of these responders.
    pub responders: Option<Vec<ResponderId>>,
    /// Open or closed ones.
    pub open: Option<bool>,
    /// With a live alert (`true`) or without (`false`).
    pub alerting: Option<bool>,
    /// With a deadline from the first of these moments until before the second: a day, or a few.
    pub deadline: Option<Range<Timestamp>>,
}

impl Default for Filter {
    fn default() -> Self {
        Self::every(RecordKind::Enquiry)
    }
}

impl Filter {
    /// Every record of `kind`.
    pub fn every(kind: RecordKind) -> Self {
        Self {
            kind,
            courts: None,
            responders: None,
            open: None,
            alerting: None,
            deadline: None,
        }
    }

    /// Whether a record with these keys is wanted.
    pub fn matches(&self, keys: &Keys) -> bool {
        let court = self
            .courts
            .as_ref()
            .is_none_or(|courts| courts.contains(&keys.court));
        let responder = self.responders.as_ref().is_none_or(|wanted| {
            keys.responders
                .iter()
                .any(|responder| wanted.contains(responder))
        });
        self.kind == keys.kind
            && court
            && responder
            && self.open.is_none_or(|open| open == keys.open)
            && self
                .alerting
                .is_none_or(|alerting| alerting == (keys.live_alerts > 0))
            && self
                .deadline
                .as_ref()
                .is_none_or(|within| within.contains(&keys.deadline))
    }
}

/// Which part of a listing is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Continue after this place; `None` starts.
    pub after: Option<Place>,
    /// At most so many, 1 to [`usher_domain::limits::PAGE_SIZE_MAX`].
    pub size: usize,
}

/// A place in a listing. Open records come first, nearest deadline first; then closed ones by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Among the open ones.
    Open {
        /// The deadline of the last one seen.
        deadline: Timestamp,
        /// Its id.
        id: RecordId,
    },
    /// Among the closed ones.
    Closed {
        /// The id of the last one seen.
        id: RecordId,
    },
}

/// One page of a listing. It may be short, even empty, and still continue: a page looks at a bounded number of records.
#[derive(Clone, Debug)]
pub struct Listing<T = Stored> {
    /// The records, or what was asked of them.
    pub records: Vec<T>,
    /// Where the next page starts; `None` at the end.
    pub next: Option<Place>,
}

/// How many of what a store holds; for verification, gauges and tests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Open enquiries and cases.
    pub open: u64,
    /// Checks in queues.
    pub queued: u64,
    /// Alerts that nobody looks after.
    pub open_alerts: u64,
    /// The last feed entry.
    pub feed: u64,
    /// Records that could not be read.
    pub unreadable: u64,
}

/// A broker, among those that share a store: made anew whenever one starts.
pub type BrokerId = uuid::Uuid;

/// What one broker tells the others over the store that they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Which broker.
    pub broker: BrokerId,
    /// How far the clock of its machine was ahead of the store's when it last heard that; negative when behind.
    pub clock_ahead: SignedDuration,
    /// When adapters of each responder last gave it a sign of life.
    pub adapters: Vec<(ResponderId, Timestamp)>,
}

/// What a broker hears when it tells its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// The time by the store's own clock; `None` where one machine is all there is.
    pub time: Option<Timestamp>,
    /// The newest beat of every other broker that is still to be counted on.
    pub others: Vec<Beat>,
}

/// Is told how many commits one group had, and how long it took until they were durable. Called by the writer, so it must be quick.
pub type Observer = Box<dyn Fn(usize, Duration) + Send + Sync>;

/// What a caller can do about it is the whole classification.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else wrote first: load and decide again.
    #[error("record {id} has changed meanwhile")]
    Conflict {
        /// Which record of the batch.
        id: RecordId,
    },
    /// The engine cannot serve now. After a failed sync it cannot until it is opened anew.
    #[error("the store cannot serve now: {doing}")]
    Unavailable {
        /// What it was doing.
        doing: &'static str,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record cannot be read: a person must look.
    #[error("cannot read {what}{}", id.map(|id| format!(" of record {id}")).unwrap_or_default())]
    Corrupt {
        /// What kind of record.
        what: &'static str,
        /// Whose.
        id: Option<RecordId>,
        /// The cause.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record or batch is larger than `limits.rs` allows.
    #[error("{what} is larger than the bound of {max}")]
    TooLarge {
        /// What.
        what: &'static str,
        /// The bound.
        max: usize,
    },
}

/// Durable home of enquiries and cases, and beside them of sessions.
#[async_trait]
pub trait Store: Sessions + Send + Sync + 'static {
    /// The record and the revision it was read at, or `None` when there is none.
    ///
    /// # Errors
    /// `Unavailable`, or `Corrupt` when the record cannot be read.
    async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError>;

    /// Applies every change of `batch` (new state, events, index keys), or none. On `Ok` it survives a power cut.
    ///
    /// # Errors
    /// `Conflict` when any change was made against a revision that is no longer current; `TooLarge`; `Unavailable`.
    async fn commit(&self, batch: &[Change]) -> Result<Committed, StoreError>;

    /// Checks waiting for `responder`, nearest deadline first.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError>;

    /// Responders that have checks waiting, each with its first, by id.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError>;

    /// Open records due at or before `until`, soonest first, each with its due moment.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError>;

    /// The soonest due moment, if any.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// Open and closed records of any kind that people call by `reference`, by id: one as a rule, at most
    /// [`usher_domain::limits::REFERENCE_RECORDS_MAX`].
    ///
    /// # Errors
    /// `Unavailable`.
    async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError>;

    /// One page of the records that match `filter`.
    ///
    /// # Errors
    /// `Unavailable`. A record that cannot be read is left out here and reported by [`Store::unreadable`].
    async fn list(&self, filter: &Filter, page: &Page) -> Result<Listing, StoreError>;

    /// As [`Store::list`] of every record of `kind`, of `courts` where given: of each what reports need. Pages may be read at different moments; a
    /// record that closes meanwhile may be in two.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn facts(
        &self,
        kind: RecordKind,
        courts: Option<Vec<CourtCode>>,
        page: &Page,
    ) -> Result<Listing<Facts>, StoreError> {
        let filter = Filter {
            courts,
            ..Filter::every(kind)
        };
        let Listing { records, next } = self.list(&filter, page).await?;
        let records = records.iter().map(|stored| stored.record.facts()).collect();
        Ok(Listing { records, next })
    }

    /// The events of one record after `after`, in the order they were committed.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError>;

    /// The events of all records after `after`, in the order they were committed.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn feed(&self, after: Cursor, limit: usize) -> Result<Vec<Recorded>, StoreError>;

    /// Those of them that were committed elsewhere, as [`elsewhere`](Self::elsewhere) has it. Only a commit that this broker gave up
    /// before it knew the outcome may be left out, or told as somebody else's.
    ///
    /// # Errors
    /// `Unavailable`, `Corrupt`.
    async fn feed_elsewhere(
        &self,
        _after: Cursor,
        _limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        Ok(Vec::new())
    }

    /// The feed's present end.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn feed_end(&self) -> Result<Cursor, StoreError>;

    /// Reads every open record anew, compares its keys with the index, repairs the index, and answers with those that differed.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn sweep(&self) -> Result<Vec<RecordId>, StoreError>;

    /// Open records that could not be read: quarantined, kept apart, to be looked at by a person.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn unreadable(&self) -> Result<Vec<RecordId>, StoreError>;

    /// Tells the other brokers that this one is there, until `lasts` has passed, and hears of them. Not durable: losing it costs promptness.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn beat(&self, mine: &Beat, lasts: Duration) -> Result<Heard, StoreError>;

    /// Tells `observer` of every group commit from now on. The first observer stays.
    fn observe(&self, observer: Observer);

    /// The last feed entry that is known to have been committed elsewhere: by another broker over the same database. It moves within
    /// 2 s of such a commit while the database can be reached, at once as a rule, and never for a commit of this broker. Where one
    /// process has the store there is nobody else, and it is closed.
    fn elsewhere(&self) -> watch::Receiver<u64> {
        watch::Sender::new(0).subscribe()
    }

    /// The engine's name as the configuration has it.
    fn engine(&self) -> &'static str;

    /// How many of what it holds.
    ///
    /// # Errors
    /// `Unavailable`.
    async fn counts(&self) -> Result<Counts, StoreError>;
}
