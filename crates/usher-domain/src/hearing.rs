//! Hearings: a court, a local civil date and time, and the instant they make. The hearing is the deadline.

use crate::actor::By;
use crate::code::CourtCode;
use crate::time::{NoSuchLocalTime, Timestamp, from_london};
use jiff::civil;

/// When and where a case is heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hearing {
    /// The court.
    pub court: CourtCode,
    /// Date and time as the list gives them, in Europe/London.
    pub local: civil::DateTime,
    /// The instant that they make.
    pub at: Timestamp,
}

impl Hearing {
    /// Makes a hearing from the court list's own words.
    ///
    /// # Errors
    /// [`NoSuchLocalTime`] for the hour that the clocks skip in spring. In autumn's doubled hour the earlier instant counts.
    pub fn new(court: CourtCode, local: civil::DateTime) -> Result<Self, NoSuchLocalTime> {
        Ok(Self { court, local, at: from_london(local)? })
    }
}

/// The moment by which checks must be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deadline {
    /// Before this hearing.
    Hearing(Hearing),
    /// By this instant: stages after sentence have no hearing.
    ReplyBy {
        /// The court that passed sentence, whose officers own the enquiry.
        court: CourtCode,
        /// The instant.
        at: Timestamp,
    },
}

impl Deadline {
    /// The instant.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Hearing(hearing) => hearing.at,
            Self::ReplyBy { at, .. } => *at,
        }
    }

    /// The court whose officers own the enquiry.
    pub fn court(&self) -> CourtCode {
        match self {
            Self::Hearing(hearing) => hearing.court,
            Self::ReplyBy { court, .. } => *court,
        }
    }
}

/// A deadline that was moved, by whom and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HearingMove {
    /// The deadline before.
    pub from: Deadline,
    /// Who moved it: always with a named person.
    pub by: By,
    /// Why, in words; may hold personal data.
    pub reason: crate::sealed::Sealed,
    /// When it was moved.
    pub at: Timestamp,
}
