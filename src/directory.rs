//! The directory: postcode → authority → responder.
//!
//! Guarantees: every postcode has one explicit outcome on every day, and none is guessed. Only the whole postcode decides:
//! in the release of November 2025, the majority of the outward code would send 9.6 % of the 364,079 postcodes that touch
//! London to the wrong district (9.0 % to the wrong authority), that of the sector 5.8 % (5.7 %). Authorities and responders are effective-dated, and a
//! replaced code leads to its successor.
//!
//! It does not know enquiries and stores nothing: the broker turns outcomes into checks, and what leads nowhere into a
//! check in the operators' queue.

pub mod authorities;
pub mod build;
pub mod courts;
mod diff;
pub mod responders;
mod rows;
pub mod table;

pub use authorities::{Authorities, AuthoritiesError, Authority, Period};
pub use courts::Courts;
pub use diff::{Change, Diff, diff};
pub use responders::{Responder, ResponderError, Responders};
pub use table::{Table, TableError};

use jiff::civil;
use table::{Entry, Place};
use usher_domain::code::{AuthorityCode, Postcode, ResponderKind};

/// Where a postcode leads on a given day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostcodeOutcome {
    /// To the authority that holds social care there.
    Authority {
        /// Its code, in force on the day.
        code: AuthorityCode,
        /// Whether the postcode is no longer in use: it routes, and people should know. Always false with a table that
        /// knows no terminations.
        terminated: bool,
    },
    /// To nobody: the postcode is real, but lies in no district, or in one that leads to no authority on the day.
    NoAuthority {
        /// Whether it is no longer in use.
        terminated: bool,
    },
    /// To Scotland, Northern Ireland, the Channel Islands or the Isle of Man.
    OutsideEnglandAndWales,
    /// Nowhere: the table does not have the postcode. It may be mistyped, or newer than the release.
    Unknown,
}

/// A part of the directory that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// The postcode table.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Authorities or districts.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    /// A responder.
    #[error(transparent)]
    Responder(#[from] ResponderError),
}

/// The directory. It never changes; a new one takes its place.
#[derive(Clone, Debug)]
pub struct Directory {
    table: Table,
    authorities: Authorities,
    responders: Responders,
}

impl Directory {
    /// Puts a directory together.
    pub fn new(table: Table, authorities: Authorities, responders: Responders) -> Self {
        Self {
            table,
            authorities,
            responders,
        }
    }

    /// What ships with usher: every postcode of England and Wales, every authority, the responders of London.
    ///
    /// # Errors
    /// When a shipped file was damaged before usher was built.
    pub fn built_in() -> Result<Self, DirectoryError> {
        let authorities = Authorities::built_in()?;
        let responders = Responders::built_in(&authorities)?;
        Ok(Self::new(Table::built_in()?, authorities, responders))
    }

    /// Where `postcode` leads on the day `on`.
    pub fn lookup(&self, postcode: &Postcode, on: civil::Date) -> PostcodeOutcome {
        let Some(Entry { place, terminated }) = self.table.find(postcode) else {
            return PostcodeOutcome::Unknown;
        };
        match place {
            Place::Nowhere => PostcodeOutcome::NoAuthority { terminated },
            Place::Elsewhere => PostcodeOutcome::OutsideEnglandAndWales,
            Place::District { district, county } => {
                match self.authorities.resolve(district, county, on) {
                    Some(code) => PostcodeOutcome::Authority { code, terminated },
                    None => PostcodeOutcome::NoAuthority { terminated },
                }
            }
        }
    }

    /// The children's social care responder that serves `authority` on the day `on`. For other kinds,
    /// [`Responders::find`].
    pub fn responder_for(&self, authority: AuthorityCode, on: civil::Date) -> Option<&Responder> {
        self.responders
            .find(ResponderKind::ChildrenSocialCare, authority, on)
    }

    /// The postcode table in use.
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Every authority.
    pub fn authorities(&self) -> &Authorities {
        &self.authorities
    }

    /// Every responder.
    pub fn responders(&self) -> &Responders {
        &self.responders
    }
}
