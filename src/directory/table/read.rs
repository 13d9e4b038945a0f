//! From bytes to a table, believing nothing.

use super::layout::{Block, CHECKED_FROM, FLAG_TERMINATIONS, HEADER_BYTES, MAGIC};
use super::{About, FORMAT, Place, TABLE_BYTES_MAX, Table, TableError};
use std::borrow::Cow;
use usher_domain::code::AuthorityCode;

impl Table {
    /// Reads a table from its bytes and verifies all of it: format, checksum, structure and counts.
    ///
    /// # Errors
    /// When the bytes are no table, one of another format, or not as they were written.
    pub fn from_bytes(bytes: Cow<'static, [u8]>) -> Result<Self, TableError> {
        if bytes.len() as u64 > TABLE_BYTES_MAX {
            return Err(TableError::TooLarge);
        }
        let header = Header::read(&bytes)?;
        let text_end = HEADER_BYTES + header.text;
        let body_start = text_end + header.sectors * 8;
        if bytes.len() != body_start + header.body {
            return Err(damaged("its length"));
        }
        let text = bytes
            .get(HEADER_BYTES..text_end)
            .and_then(|text| std::str::from_utf8(text).ok());
        let mut lines = text.ok_or(damaged("its text"))?.lines();
        let mut line = || lines.next().ok_or(damaged("its text"));
        let release = line()?.to_owned();
        let built = line()?.parse().map_err(|_| damaged("its build date"))?;
        let elsewhere: Vec<Box<str>> = line()?
            .split(',')
            .filter(|area| !area.is_empty())
            .map(Into::into)
            .collect();
        let places = lines
            .map(read_place)
            .collect::<Option<Vec<_>>>()
            .ok_or(damaged("its places"))?;
        if places.len() != header.places || !elsewhere.is_sorted() {
            return Err(damaged("its places"));
        }
        let (mut sectors, mut offsets) = (
            Vec::with_capacity(header.sectors),
            Vec::with_capacity(header.sectors),
        );
        for pair in bytes
            .get(text_end..body_start)
            .unwrap_or_default()
            .chunks_exact(8)
        {
            sectors.push(u32_at(pair, 0)?);
            offsets.push(u32_at(pair, 4)?);
        }
        let about = About {
            release,
            built,
            ..header.about
        };
        let table = Self {
            about,
            elsewhere,
            places,
            sectors,
            offsets,
            body_start,
            bytes,
        };
        table.check_blocks()?;
        Ok(table)
    }

    /// Sectors ascend, blocks follow each other without gaps, and every place number is one.
    fn check_blocks(&self) -> Result<(), TableError> {
        if !self.sectors.is_sorted_by(|one, next| one < next) {
            return Err(damaged("the order of its sectors"));
        }
        let (mut at, mut count) = (0, 0);
        for offset in &self.offsets {
            let rest = self.bytes.get(self.body_start + at..).unwrap_or_default();
            let (block, length) = Block::read(rest).ok_or(damaged("a sector"))?;
            if usize::try_from(*offset) != Ok(at)
                || usize::from(block.place_max()) >= self.places.len()
            {
                return Err(damaged("a sector"));
            }
            at += length;
            count += block.count();
        }
        let whole = self.body_start + at == self.bytes.len();
        if whole && Ok(count) == usize::try_from(self.about.postcodes) {
            Ok(())
        } else {
            Err(damaged("its counts"))
        }
    }
}

/// The fixed part at the start of a file.
struct Header {
    about: About,
    text: usize,
    places: usize,
    sectors: usize,
    body: usize,
}

impl Header {
    fn read(bytes: &[u8]) -> Result<Self, TableError> {
        if !bytes.starts_with(MAGIC) {
            return Err(TableError::Foreign);
        }
        if bytes.len() < HEADER_BYTES {
            return Err(damaged("its length"));
        }
        let half = |at: usize| u32_at(bytes, at).map(|value| (value & 0xffff, value >> 16));
        let (format, flags) = half(CHECKED_FROM)?;
        if format != u32::from(FORMAT) {
            return Err(TableError::Format {
                found: u16::try_from(format).unwrap_or(u16::MAX),
            });
        }
        if crc32fast::hash(&bytes[CHECKED_FROM..]) != u32_at(bytes, MAGIC.len())? {
            return Err(damaged("its checksum"));
        }
        let size = |at| {
            let value = usize::try_from(u32_at(bytes, at)?).unwrap_or(usize::MAX);
            if value <= bytes.len() {
                Ok(value)
            } else {
                Err(damaged("its length"))
            }
        };
        Ok(Self {
            about: About {
                release: String::new(),
                built: jiff::civil::Date::MIN,
                postcodes: u32_at(bytes, 16)?,
                terminated: u32_at(bytes, 20)?,
                nowhere: u32_at(bytes, 24)?,
                elsewhere: u32_at(bytes, 28)?,
                knows_terminations: flags & u32::from(FLAG_TERMINATIONS) != 0,
            },
            text: size(32)?,
            places: size(36)?,
            sectors: size(40)?,
            body: size(44)?,
        })
    }
}

fn read_place(line: &str) -> Option<Place> {
    let code = |text| AuthorityCode::parse(text).ok();
    match line {
        "-" => Some(Place::Nowhere),
        "*" => Some(Place::Elsewhere),
        _ => match line.split_once(',') {
            None => Some(Place::District {
                district: code(line)?,
                county: None,
            }),
            Some((district, county)) => Some(Place::District {
                district: code(district)?,
                county: Some(code(county)?),
            }),
        },
    }
}

fn u32_at(bytes: &[u8], at: usize) -> Result<u32, TableError> {
    let four = bytes.get(at..).and_then(|rest| rest.first_chunk::<4>());
    four.map(|four| u32::from_le_bytes(*four))
        .ok_or(damaged("its length"))
}

fn damaged(what: &'static str) -> TableError {
    TableError::Damaged { what }
}
