//! Records of either kind, as a store reads and changes them.

use super::Revision;
use usher_domain::case::{self, Case};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Enquiry;
use usher_domain::event::Event;
use usher_domain::id::RecordId;
use usher_domain::index::{self, Keys};
use usher_domain::report::facts::Facts;

/// What a store keeps under one id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// An enquiry.
    Enquiry(Enquiry),
    /// A case.
    Case(Case),
}

impl Record {
    /// Its id.
    pub fn id(&self) -> RecordId {
        match self {
            Self::Enquiry(enquiry) => enquiry.id.into(),
            Self::Case(case) => case.id.into(),
        }
    }

    /// By what it is found.
    pub fn keys(&self) -> Keys {
        match self {
            Self::Enquiry(enquiry) => index::keys(enquiry),
            Self::Case(case) => case::index::keys(case),
        }
    }

    /// What reports need of it.
    pub fn facts(&self) -> Facts {
        match self {
            Self::Enquiry(enquiry) => enquiry.into(),
            Self::Case(case) => case.into(),
        }
    }

    /// The enquiry, where it is one.
    pub fn enquiry(&self) -> Option<&Enquiry> {
        match self {
            Self::Enquiry(enquiry) => Some(enquiry),
            Self::Case(_) => None,
        }
    }

    /// The responder of the check that `event` is about.
    pub fn responder_of(&self, event: &Event) -> Option<&ResponderId> {
        self.enquiry()?.responder_of(event)
    }
}

impl From<Enquiry> for Record {
    fn from(enquiry: Enquiry) -> Self {
        Self::Enquiry(enquiry)
    }
}

impl From<Case> for Record {
    fn from(case: Case) -> Self {
        Self::Case(case)
    }
}

/// A record as it was read.
#[derive(Clone, Debug)]
pub struct Stored<T = Record> {
    /// The record.
    pub record: T,
    /// The revision that it was read at.
    pub revision: Revision,
}

impl Stored {
    /// The enquiry, where it is one.
    pub fn enquiry(self) -> Option<Stored<Enquiry>> {
        match self.record {
            Record::Enquiry(record) => Some(Stored {
                record,
                revision: self.revision,
            }),
            Record::Case(_) => None,
        }
    }

    /// The case, where it is one.
    pub fn case(self) -> Option<Stored<Case>> {
        match self.record {
            Record::Case(record) => Some(Stored {
                record,
                revision: self.revision,
            }),
            Record::Enquiry(_) => None,
        }
    }
}

impl From<Stored<Enquiry>> for Stored {
    fn from(Stored { record, revision }: Stored<Enquiry>) -> Self {
        Self {
            record: record.into(),
            revision,
        }
    }
}

/// One record's part of a batch.
#[derive(Clone, Debug)]
pub struct Change {
    /// The new state.
    pub record: Record,
    /// The revision that it was decided on; `None` for a new record.
    pub expected: Option<Revision>,
    /// What happened; never empty.
    pub events: Vec<Event>,
}

impl Change {
    /// A change of `record`, decided on `expected`.
    pub fn new(record: impl Into<Record>, expected: Option<Revision>, events: Vec<Event>) -> Self {
        Self {
            record: record.into(),
            expected,
            events,
        }
    }

    /// The enquiry and what happened to it, where it is one.
    pub fn enquiry(&self) -> Option<(&Enquiry, &[Event])> {
        Some((self.record.enquiry()?, &self.events))
    }
}
