//! The postcode table: every postcode of England and Wales and the district that it lies in.
//!
//! One bit for each of the 400 units that a sector (`SW1A 1`) can have, and the districts of the units behind it: once
//! when the whole sector lies in one, packed to as few bits as needed when it does not. A look-up is a
//! binary search over the sectors and a population count over at most 50 bytes, in the bytes as they lie in the file.
//!
//! Measured on the 2,423,855 postcodes that ship (release build, random order, 2 shared cores):
//!
//! | form | bytes | look-up |
//! |---|---|---|
//! | this one | 827,407 | 158 ns |
//! | `fst` map, postcode → district | 2,020,818 | 810 ns |
//! | sorted array, 5 + 2 bytes each, binary search | 16,966,985 | 960 ns |
//!
//! Loading and verifying takes about a millisecond.
//!
//! Guarantees: what loads is whole (format version, checksum, structure); a damaged or foreign file is refused with what to
//! do. The table says what its release said, no more: places are kept as the district and county of the release, so that
//! a later succession of authorities needs no new table.
//!
//! It does not route: [`super::Directory`] turns a place into an authority. Northern Ireland is never in a table (its
//! postcodes have other licence terms). Scottish postcodes are in it only in areas that the border crosses;
//! areas wholly elsewhere are a list of area letters.
//!
//! The table that ships was made from the ONSPD of November 2025 by
//! `usher directory build --onspd FILE --out config/directory/postcodes.bin`. Its source had no termination dates, so
//! it knows none ([`Table::knows_terminations`]), and no postcodes of the forms `GIR 0AA` and `NPT …`; a table built from a
//! full release has both.

mod layout;
mod read;
mod write;

pub use layout::Slot;
pub use write::{Builder, Refused};

use jiff::civil;
use layout::{Block, SECTOR_UNITS};
use std::borrow::Cow;
use std::io;
use std::path::Path;
use usher_domain::code::{AuthorityCode, Postcode};

/// The version of the file format that this usher writes and reads.
pub const FORMAT: u16 = 1;
/// A table file, in bytes. Every postcode of the United Kingdom with terminations takes under 2 MiB.
pub const TABLE_BYTES_MAX: u64 = 32 * 1_024 * 1_024;
/// The name of a release, in characters.
pub const RELEASE_CHARS_MAX: usize = 100;

/// Where a postcode lies, as its release says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// In this local authority district and, where the release had the column, this county.
    District {
        /// The local authority district.
        district: AuthorityCode,
        /// The county column of the release; often a pseudo code.
        county: Option<AuthorityCode>,
    },
    /// In no district: terminated before it had a grid reference, or live without one.
    Nowhere,
    /// In Scotland, Northern Ireland, the Channel Islands or the Isle of Man.
    Elsewhere,
}

/// What the table knows of one postcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Where it lies.
    pub place: Place,
    /// Whether it is no longer in use. Never set in a table that does not know terminations.
    pub terminated: bool,
}

/// What a table contains, for people and logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The release it was made from, such as `ONSPD November 2025`.
    pub release: String,
    /// The day it was made.
    pub built: civil::Date,
    /// Postcodes in it.
    pub postcodes: u32,
    /// Of these, terminated ones.
    pub terminated: u32,
    /// Of these, in no district.
    pub nowhere: u32,
    /// Of these, in Scotland: only in areas that the border crosses.
    pub elsewhere: u32,
    /// Whether the release had a column of termination dates.
    pub knows_terminations: bool,
}

/// A postcode table.
#[derive(Clone)]
pub struct Table {
    about: About,
    /// Area letters wholly outside England and Wales, sorted.
    elsewhere: Vec<Box<str>>,
    places: Vec<Place>,
    /// Sectors in order; `offsets` has the block of each.
    sectors: Vec<u32>,
    offsets: Vec<u32>,
    body_start: usize,
    bytes: Cow<'static, [u8]>,
}

/// A table that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// Another kind of file.
    #[error("not a postcode table of usher; make one with `usher directory build --onspd FILE`")]
    Foreign,
    /// A table of another version of usher.
    #[error(
        "a postcode table of format {found}, and this usher reads format {FORMAT}; make it again with `usher directory \
         build --onspd FILE`"
    )]
    Format {
        /// The format of the file.
        found: u16,
    },
    /// A table with wrong bytes in it.
    #[error(
        "the postcode table is damaged ({what}); restore the file or make it again with `usher directory build --onspd \
         FILE`"
    )]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
    /// More than a table can be.
    #[error(
        "the postcode table would be larger than {TABLE_BYTES_MAX} bytes; is this a postcode release?"
    )]
    TooLarge,
    /// A release name that is empty, too long or of several lines.
    #[error("the name of the release must be one line of 1 to {RELEASE_CHARS_MAX} characters")]
    Release,
    /// The file cannot be read or written.
    #[error("cannot {doing} the postcode table {path}")]
    File {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: String,
        /// Why not.
        source: io::Error,
    },
}

impl Table {
    /// The table that ships with usher, without copying it.
    ///
    /// # Errors
    /// When the shipped file was damaged before usher was built.
    pub fn built_in() -> Result<Self, TableError> {
        Self::from_bytes(Cow::Borrowed(include_bytes!(
            "../../config/directory/postcodes.bin"
        )))
    }

    /// Reads a table from a file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a whole table.
    pub fn load(path: &Path) -> Result<Self, TableError> {
        use std::io::Read;
        let fail = |source| TableError::File {
            doing: "read",
            path: path.display().to_string(),
            source,
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).map_err(fail)?;
        file.take(TABLE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)
            .map_err(fail)?;
        Self::from_bytes(Cow::Owned(bytes))
    }

    /// Writes the table to a file: under another name, synced, then renamed over `path`, so that a crash leaves the
    /// old table or the new one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), TableError> {
        let fail = |source| TableError::File {
            doing: "write",
            path: path.display().to_string(),
            source,
        };
        let mut scratch = path.as_os_str().to_owned();
        scratch.push(".new");
        let write = || {
            let mut file = std::fs::File::create(&scratch)?;
            io::Write::write_all(&mut file, &self.bytes)?;
            file.sync_all()?;
            std::fs::rename(&scratch, path)
        };
        write().map_err(fail)
    }

    /// What the table contains.
    pub fn about(&self) -> &About {
        &self.about
    }

    /// Whether [`Entry::terminated`] means anything in this table.
    pub fn knows_terminations(&self) -> bool {
        self.about.knows_terminations
    }

    /// The bytes as they lie in a file.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The area letters that lie wholly outside England and Wales, sorted.
    pub fn elsewhere(&self) -> impl Iterator<Item = &str> {
        self.elsewhere.iter().map(AsRef::as_ref)
    }

    /// What the table knows of `postcode`; `None` when it has never heard of it. Every postcode of an area wholly outside
    /// England and Wales, real or not, is [`Place::Elsewhere`].
    pub fn find(&self, postcode: &Postcode) -> Option<Entry> {
        let slot = Slot::of(postcode)?;
        let Ok(index) = self.sectors.binary_search(&slot.sector) else {
            let area = layout::area(postcode);
            let elsewhere = self
                .elsewhere
                .binary_search_by(|one| one.as_ref().cmp(area))
                .is_ok();
            return elsewhere.then_some(Entry {
                place: Place::Elsewhere,
                terminated: false,
            });
        };
        let (place, terminated) = self.block(index)?.entry(slot.unit)?;
        Some(Entry {
            place: *self.places.get(usize::from(place))?,
            terminated,
        })
    }

    /// The sectors in order, each with an entry for every one of its units that is a postcode.
    pub fn sectors(&self) -> impl Iterator<Item = (u32, Vec<Option<Entry>>)> {
        self.sectors.iter().enumerate().map(|(index, sector)| {
            let block = self.block(index);
            let units = 0..u16::try_from(SECTOR_UNITS).unwrap_or(u16::MAX);
            let entry = |unit| {
                let (place, terminated) = block.as_ref()?.entry(unit)?;
                Some(Entry {
                    place: *self.places.get(usize::from(place))?,
                    terminated,
                })
            };
            (*sector, units.map(entry).collect())
        })
    }

    fn block(&self, index: usize) -> Option<Block<'_>> {
        let offset = usize::try_from(*self.offsets.get(index)?).ok()?;
        Block::read(self.bytes.get(self.body_start.checked_add(offset)?..)?).map(|(block, _)| block)
    }
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Table").field(&self.about).finish()
    }
}

#[cfg(test)]
mod tests;
