//! The layout of keys: the one place that knows it.
//!
//! `m` the store's mark; `o` + number + id an open enquiry; `c` + id a closed one; `f` + number an entry of the feed;
//! `d` + deadline + id a closed one by its deadline; `s` + 32 bytes a session. Numbers are those of the feed, big-endian. A record moves between the shelves `o` and `c` in the commit that opens or closes it, so that opening the
//! store reads the open ones only. An open one's number is the feed entry of that commit: what is opened together lies together and at
//! the end, where an engine writes few pages, while keys that begin with an id, which is random, cost a page each.

use crate::store::SessionKey;
use std::ops::Bound;
use usher_domain::id::{RecordId, Reference};
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// Under which prefix a record stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Shelf {
    /// Some check still wants something from somebody.
    Open,
    /// Every check has its exit.
    Closed,
}

impl Shelf {
    /// Where an enquiry belongs.
    pub(in crate::store) fn of(is_open: bool) -> Self {
        if is_open { Self::Open } else { Self::Closed }
    }

    fn prefix(self) -> u8 {
        match self {
            Self::Open => OPEN,
            Self::Closed => CLOSED,
        }
    }
}

/// The store's own mark.
pub(in crate::store) const META: &[u8] = b"m";

const OPEN: u8 = b'o';
const CLOSED: u8 = b'c';
const FEED: u8 = b'f';
const SESSION: u8 = b's';
const ENDED: u8 = b'd';
/// Says that every closed record stands by its deadline, too.
pub(in crate::store) const ENDED_NOTED: &[u8] = &[ENDED];

/// The start and the end of a range, to be borrowed by a scan.
pub(in crate::store) struct Range {
    start: Bound<Vec<u8>>,
    end: Bound<Vec<u8>>,
}

impl Range {
    pub(in crate::store) fn bounds(&self) -> (Bound<&[u8]>, Bound<&[u8]>) {
        (
            self.start.as_ref().map(Vec::as_slice),
            self.end.as_ref().map(Vec::as_slice),
        )
    }
}

/// The key of an open enquiry that came to its shelf with feed entry `since`.
pub(in crate::store) fn open(since: u64, id: RecordId) -> Vec<u8> {
    let mut key = Vec::with_capacity(25);
    key.push(Shelf::Open.prefix());
    key.extend_from_slice(&since.to_be_bytes());
    key.extend_from_slice(id.uuid().as_bytes());
    key
}

/// The key of a closed enquiry.
pub(in crate::store) fn closed(id: RecordId) -> Vec<u8> {
    let mut key = Vec::with_capacity(17);
    key.push(Shelf::Closed.prefix());
    key.extend_from_slice(id.uuid().as_bytes());
    key
}

/// The key by which a closed record is found by its deadline. Nothing takes it away where the record is opened again or its deadline moves:
/// whoever follows it looks at the record.
pub(in crate::store) fn ended(deadline: Timestamp, id: RecordId) -> Vec<u8> {
    let mut key = ended_from(deadline);
    key.extend_from_slice(id.uuid().as_bytes());
    key
}

fn ended_from(deadline: Timestamp) -> Vec<u8> {
    // With the sign's bit turned, bytes are in the order of numbers.
    let ms = deadline.as_millisecond().cast_unsigned() ^ (1 << 63);
    let mut key = Vec::with_capacity(25);
    key.push(ENDED);
    key.extend_from_slice(&ms.to_be_bytes());
    key
}

/// Closed records with a deadline from the first moment until before the second.
pub(super) fn ended_within(within: &core::ops::Range<Timestamp>) -> Range {
    Range {
        start: Bound::Included(ended_from(within.start)),
        end: Bound::Excluded(ended_from(within.end)),
    }
}

/// The id in such a key.
pub(super) fn ended_of(key: &[u8]) -> Option<RecordId> {
    Some(RecordId::from_uuid(Uuid::from_slice(key.get(9..)?).ok()?))
}

/// The id in the key of a record.
pub(in crate::store) fn id_of(key: &[u8]) -> Option<RecordId> {
    let id = match *key.first()? {
        OPEN => key.get(9..)?,
        _ => key.get(1..)?,
    };
    Some(RecordId::from_uuid(Uuid::from_slice(id).ok()?))
}

/// Since which feed entry the record has been open, and its id, in the key of an open one.
pub(in crate::store) fn open_of(key: &[u8]) -> Option<(u64, RecordId)> {
    let since = key.get(1..9)?.try_into().ok()?;
    Some((u64::from_be_bytes(since), id_of(key)?))
}

/// Every key of a shelf after `key`, or all.
pub(in crate::store) fn shelf_after(shelf: Shelf, key: Option<&[u8]>) -> Range {
    Range {
        start: key.map_or(Bound::Included(vec![shelf.prefix()]), |key| {
            Bound::Excluded(key.to_vec())
        }),
        end: Bound::Excluded(vec![shelf.prefix() + 1]),
    }
}

/// The closed records with this reference.
pub(super) fn closed_of(reference: Reference) -> Range {
    let (first, last) = reference.ids();
    Range {
        start: Bound::Included(closed(first)),
        end: Bound::Included(closed(last)),
    }
}

pub(in crate::store) fn entry(number: u64) -> Vec<u8> {
    let mut key = Vec::with_capacity(9);
    key.push(FEED);
    key.extend_from_slice(&number.to_be_bytes());
    key
}

/// The number in the key of a feed entry.
pub(in crate::store) fn number_of(key: &[u8]) -> Option<u64> {
    Some(u64::from_be_bytes(key.get(1..)?.try_into().ok()?))
}

/// The feed from entry `number` on.
pub(in crate::store) fn feed_from(number: u64) -> Range {
    Range {
        start: Bound::Included(entry(number)),
        end: Bound::Excluded(vec![FEED + 1]),
    }
}

/// The key of a session.
pub(super) fn session(key: SessionKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(33);
    bytes.push(SESSION);
    bytes.extend_from_slice(&key.0);
    bytes
}

/// The session that stands under a key.
pub(super) fn session_of(key: &[u8]) -> Option<SessionKey> {
    Some(SessionKey(key.get(1..)?.try_into().ok()?))
}

/// Every session.
pub(super) fn sessions() -> Range {
    Range {
        start: Bound::Included(vec![SESSION]),
        end: Bound::Excluded(vec![SESSION + 1]),
    }
}
