//! How a postcode becomes a sector and a unit, and how the units of one sector lie in bytes.
//!
//! ```text
//! file     magic(8) crc32(4) format(2) flags(2) postcodes(4) terminated(4) nowhere(4) elsewhere(4)
//!          text length(4) places(4) sectors(4) body length(4) | text | sector index | body
//! text     release, build date, areas elsewhere (commas), then one place a line: `-`, `*`, `E07…` or `E07…,E10…`
//! index    sector(4) offset(4), ascending
//! block    present(50) head(2) [terminated(50)] places(2 each) [place number of each present unit, packed]
//! head     bits 0-8: places of the block minus one; bit 15: a terminated map follows
//! ```
//!
//! Numbers are little-endian. The checksum covers everything after itself.

use usher_domain::code::Postcode;

pub(super) const MAGIC: &[u8; 8] = b"usherpc\n";
pub(super) const HEADER_BYTES: usize = 48;
/// The first byte that the checksum covers.
pub(super) const CHECKED_FROM: usize = 12;
pub(super) const FLAG_TERMINATIONS: u16 = 1;

/// Units of a sector: two letters, each one of twenty.
pub(super) const SECTOR_UNITS: usize = 400;
/// A bit for each unit.
pub(super) const MAP_BYTES: usize = SECTOR_UNITS / 8;

/// The letters that end a postcode: never C, I, K, M, O or V.
const UNIT_LETTERS: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";
const OUTWARD_CHARS: usize = 4;
const HEAD_TERMINATED: u16 = 1 << 15;
const HEAD_PLACES: u16 = 0x1ff;

/// The position of a postcode in a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The outward code and the digit after it, as a number that sorts as they do.
    pub sector: u32,
    /// The last two letters, 0 to 399.
    pub unit: u16,
}

impl Slot {
    /// The position of `postcode`, or `None` when no postcode can end in its letters.
    pub fn of(postcode: &Postcode) -> Option<Self> {
        let (outward, inward) = postcode.as_str().split_once(' ')?;
        let &[digit, first, second] = inward.as_bytes() else {
            return None;
        };
        if outward.len() > OUTWARD_CHARS {
            return None;
        }
        let mut sector = 0;
        for place in 0..OUTWARD_CHARS {
            let value = match outward.as_bytes().get(place) {
                None => 0,
                Some(byte @ b'0'..=b'9') => u32::from(byte - b'0') + 1,
                Some(byte @ b'A'..=b'Z') => u32::from(byte - b'A') + 11,
                Some(_) => return None,
            };
            sector = sector * 37 + value;
        }
        let sector = sector * 10 + u32::from(digit.checked_sub(b'0')?);
        Some(Self {
            sector,
            unit: letter(first)? * 20 + letter(second)?,
        })
    }
}

fn letter(byte: u8) -> Option<u16> {
    let place = UNIT_LETTERS.iter().position(|one| *one == byte)?;
    u16::try_from(place).ok()
}

/// The letters that a postcode begins with.
pub(super) fn area(postcode: &Postcode) -> &str {
    let text = postcode.as_str();
    let end = text
        .bytes()
        .position(|byte| !byte.is_ascii_uppercase())
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// Bits that tell `places` places apart: none for one, one for two, two for three and four.
fn width(places: usize) -> u32 {
    places.max(1).next_power_of_two().ilog2()
}

/// The units of one sector, in the bytes of a table.
pub(super) struct Block<'a> {
    present: &'a [u8],
    terminated: Option<&'a [u8]>,
    places: &'a [u8],
    width: u32,
    packed: &'a [u8],
}

impl<'a> Block<'a> {
    /// Reads the block at the start of `bytes` and says how long it is; `None` when it does not fit.
    pub(super) fn read(bytes: &'a [u8]) -> Option<(Self, usize)> {
        let (present, rest) = bytes.split_at_checked(MAP_BYTES)?;
        let (head, rest) = rest.split_first_chunk::<2>()?;
        let head = u16::from_le_bytes(*head);
        let (terminated, rest) = match head & HEAD_TERMINATED {
            0 => (None, rest),
            _ => rest
                .split_at_checked(MAP_BYTES)
                .map(|(map, rest)| (Some(map), rest))?,
        };
        let count = usize::from(head & HEAD_PLACES) + 1;
        let (places, rest) = rest.split_at_checked(count * 2)?;
        let width = width(count);
        let packed = match width {
            0 => &rest[..0],
            bits => rest.get(..packed_bytes(ones(present), bits))?,
        };
        let length = bytes.len() - rest.len() + packed.len();
        Some((
            Self {
                present,
                terminated,
                places,
                width,
                packed,
            },
            length,
        ))
    }

    /// The place number of a unit and whether it is terminated; `None` when it is no postcode.
    pub(super) fn entry(&self, unit: u16) -> Option<(u16, bool)> {
        let unit = usize::from(unit);
        if !bit(self.present, unit) {
            return None;
        }
        let local = match self.width {
            0 => 0,
            bits => unpack(self.packed, rank(self.present, unit), bits)?,
        };
        let place = self.places.get(local * 2..)?.first_chunk::<2>()?;
        let terminated = self.terminated.is_some_and(|map| bit(map, unit));
        Some((u16::from_le_bytes(*place), terminated))
    }

    /// The largest place number that the block uses.
    pub(super) fn place_max(&self) -> u16 {
        self.places
            .chunks_exact(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]))
            .max()
            .unwrap_or(0)
    }

    /// The number of postcodes.
    pub(super) fn count(&self) -> usize {
        ones(self.present)
    }
}

/// Appends a block to `body`. `units` has the place number of each unit and whether it is terminated.
pub(super) fn append(body: &mut Vec<u8>, units: &[Option<(u16, bool)>; SECTOR_UNITS]) {
    let mut present = [0_u8; MAP_BYTES];
    let mut terminated = [0_u8; MAP_BYTES];
    let mut places: Vec<u16> = units.iter().flatten().map(|(place, _)| *place).collect();
    places.sort_unstable();
    places.dedup();
    let bits = width(places.len());
    let mut packed = Vec::new();
    let postcodes = units
        .iter()
        .enumerate()
        .filter_map(|(unit, one)| Some((unit, (*one)?)));
    for (rank, (unit, (place, ended))) in postcodes.enumerate() {
        present[unit / 8] |= 1 << (unit % 8);
        terminated[unit / 8] |= u8::from(ended) << (unit % 8);
        pack(
            &mut packed,
            rank,
            bits,
            places.binary_search(&place).unwrap_or_default(),
        );
    }
    let some_terminated = terminated.iter().any(|byte| *byte != 0);
    let count = u16::try_from(places.len().saturating_sub(1)).unwrap_or(HEAD_PLACES);
    let head = count | if some_terminated { HEAD_TERMINATED } else { 0 };
    body.extend_from_slice(&present);
    body.extend_from_slice(&head.to_le_bytes());
    if some_terminated {
        body.extend_from_slice(&terminated);
    }
    body.extend(places.iter().flat_map(|place| place.to_le_bytes()));
    body.extend_from_slice(&packed);
}

fn bit(map: &[u8], unit: usize) -> bool {
    map.get(unit / 8)
        .is_some_and(|byte| byte >> (unit % 8) & 1 == 1)
}

fn ones(map: &[u8]) -> usize {
    map.iter().map(|byte| byte.count_ones() as usize).sum()
}

/// Units present before `unit`.
fn rank(map: &[u8], unit: usize) -> usize {
    let before = map.get(..unit / 8).map_or(0, ones);
    let rest = map
        .get(unit / 8)
        .map_or(0, |byte| u32::from(*byte) & ((1 << (unit % 8)) - 1));
    before + rest.count_ones() as usize
}

fn packed_bytes(count: usize, bits: u32) -> usize {
    (count * bits as usize).div_ceil(8)
}

fn pack(packed: &mut Vec<u8>, index: usize, bits: u32, value: usize) {
    packed.resize(packed_bytes(index + 1, bits), 0);
    for step in 0..bits as usize {
        let at = index * bits as usize + step;
        packed[at / 8] |= u8::from(value >> step & 1 == 1) << (at % 8);
    }
}

fn unpack(packed: &[u8], index: usize, bits: u32) -> Option<usize> {
    let mut value = 0;
    for step in 0..bits as usize {
        let at = index * bits as usize + step;
        value |= usize::from(packed.get(at / 8)? >> (at % 8) & 1) << step;
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slot(text: &str) -> Option<Slot> {
        Slot::of(&Postcode::parse(text).unwrap())
    }

    #[test]
    fn sectors_sort_as_their_text_does() {
        let mut texts = [
            "AB1 0AA", "SW1 1AA", "SW1A 1AA", "SW1A 2AA", "SW10 1AA", "E1 1AA", "EC1 1AA",
            "GIR 0AA", "NPT 1AA",
        ];
        texts.sort_unstable();
        for pair in texts.windows(2) {
            assert!(
                slot(pair[0]).unwrap().sector < slot(pair[1]).unwrap().sector,
                "{pair:?}"
            );
        }
    }

    #[test]
    fn units_are_numbered_and_others_have_none() {
        let rows = [
            ("E8 1AA", Some(0)),
            ("E8 1AZ", Some(19)),
            ("E8 1BA", Some(20)),
            ("E8 1ZZ", Some(399)),
            ("E8 1AC", None),
            ("E8 1VA", None),
        ];
        for (text, unit) in rows {
            assert_eq!(slot(text).map(|slot| slot.unit), unit, "{text}");
        }
    }

    #[test]
    fn areas() {
        for (text, expected) in [
            ("E8 1AA", "E"),
            ("BT1 1AA", "BT"),
            ("GIR 0AA", "GIR"),
            ("W1A 1AA", "W"),
        ] {
            assert_eq!(area(&Postcode::parse(text).unwrap()), expected);
        }
    }

    proptest! {
        /// Any sector, with any number of places and terminations, reads back as it was written, and says how long it is.
        #[test]
        fn a_block_reads_back_as_written(
            units in proptest::collection::vec(proptest::option::weighted(0.6, (0..400_u16, any::<bool>())), SECTOR_UNITS),
            spread in 1..400_u16,
        ) {
            let units: Vec<_> = units.into_iter().map(|one| one.map(|(place, ended)| (place % spread, ended))).collect();
            let units: [Option<(u16, bool)>; SECTOR_UNITS] = units.try_into().unwrap();
            let mut body = Vec::new();
            append(&mut body, &units);
            let written = body.len();
            body.extend_from_slice(&[0xff; 9]);
            let (block, length) = Block::read(&body).unwrap();
            prop_assert_eq!(length, written);
            prop_assert_eq!(block.count(), units.iter().flatten().count());
            for (unit, expected) in units.iter().enumerate() {
                prop_assert_eq!(block.entry(u16::try_from(unit).unwrap()), *expected);
            }
            prop_assert!(Block::read(&body[..written - 1]).is_none());
        }
    }
}
