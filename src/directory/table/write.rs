//! From rows to a table.

use super::layout::{
    self, CHECKED_FROM, FLAG_TERMINATIONS, HEADER_BYTES, MAGIC, SECTOR_UNITS, Slot,
};
use super::{About, FORMAT, Place, RELEASE_CHARS_MAX, Table, TableError};
use jiff::civil;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use usher_domain::code::Postcode;

/// Northern Ireland: its postcodes may not ship, and need not, as the letters say enough.
const NORTHERN_IRELAND: &str = "BT";

/// Different places of one table. Real releases have some 350 districts.
const PLACES_MAX: usize = 4_096;

/// Why a row is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No postcode can end in its letters.
    Unit,
    /// The postcode came before.
    Twice,
    /// More different places than a release can have.
    Places,
}

/// Collects rows in any order. Memory grows with the sectors (some 12,500, under 3 KiB each), not with the rows.
#[derive(Default)]
pub struct Builder {
    areas: BTreeMap<Box<str>, Area>,
    places: Vec<Place>,
    numbers: HashMap<Place, u16>,
}

type Units = [Option<(u16, bool)>; SECTOR_UNITS];

/// The postcodes that begin with the same letters, and on which side of the border they were seen.
#[derive(Default)]
struct Area {
    sectors: BTreeMap<u32, Box<Units>>,
    here: bool,
    elsewhere: bool,
}

impl Builder {
    /// Takes one row. Rows of Northern Ireland count as taken and are left out.
    ///
    /// # Errors
    /// When the postcode cannot be one, or came before.
    pub fn add(
        &mut self,
        postcode: &Postcode,
        place: Place,
        terminated: bool,
    ) -> Result<(), Refused> {
        let slot = Slot::of(postcode).ok_or(Refused::Unit)?;
        let letters = layout::area(postcode);
        if letters == NORTHERN_IRELAND {
            return Ok(());
        }
        let number = self.number(place)?;
        if !self.areas.contains_key(letters) {
            self.areas.insert(letters.into(), Area::default());
        }
        let Some(area) = self.areas.get_mut(letters) else {
            return Ok(());
        };
        let sector = area
            .sectors
            .entry(slot.sector)
            .or_insert_with(|| Box::new([None; SECTOR_UNITS]));
        let unit = sector
            .get_mut(usize::from(slot.unit))
            .ok_or(Refused::Unit)?;
        if unit.is_some() {
            return Err(Refused::Twice);
        }
        *unit = Some((number, terminated));
        area.elsewhere |= place == Place::Elsewhere;
        area.here |= matches!(place, Place::District { .. });
        Ok(())
    }

    /// Makes the table. The same rows give the same bytes, whatever their order.
    ///
    /// # Errors
    /// When the release has no usable name, or the table would be larger than one can be.
    pub fn finish(
        mut self,
        release: &str,
        built: civil::Date,
        knows_terminations: bool,
    ) -> Result<Table, TableError> {
        let length = release.chars().count();
        if length == 0 || length > RELEASE_CHARS_MAX || release.contains(['\n', '\r']) {
            return Err(TableError::Release);
        }
        let mut about = About {
            release: release.to_owned(),
            built,
            postcodes: 0,
            terminated: 0,
            nowhere: 0,
            elsewhere: 0,
            knows_terminations,
        };
        let mut elsewhere = vec![NORTHERN_IRELAND.to_owned()];
        elsewhere.extend(
            self.areas
                .iter()
                .filter(|(_, area)| area.elsewhere && !area.here)
                .map(|(name, _)| name.to_string()),
        );
        elsewhere.sort_unstable();
        self.areas.retain(|_, area| area.here || !area.elsewhere);

        let (places, renumbered) = self.sorted_places();
        // The order of areas is not the order of sectors: "E1" lies between "DY9" and "EC1", not before "DA".
        let mut sectors: Vec<(u32, Box<Units>)> = self
            .areas
            .into_values()
            .flat_map(|area| area.sectors)
            .collect();
        sectors.sort_unstable_by_key(|(sector, _)| *sector);
        let (mut index, mut body) = (Vec::new(), Vec::new());
        for (sector, units) in &mut sectors {
            for (number, terminated) in units.iter_mut().flatten() {
                about.count(self.places.get(usize::from(*number)), *terminated);
                *number = renumbered
                    .get(usize::from(*number))
                    .copied()
                    .unwrap_or_default();
            }
            index.extend_from_slice(&sector.to_le_bytes());
            index.extend_from_slice(&length_of(&body)?.to_le_bytes());
            layout::append(&mut body, units);
        }
        let mut text = format!("{release}\n{built}\n{}\n", elsewhere.join(","));
        text.extend(
            places
                .iter()
                .map(|place| format!("{}\n", write_place(*place))),
        );
        Table::from_bytes(Cow::Owned(assemble(
            &about,
            &text,
            places.len(),
            &index,
            &body,
        )?))
    }

    fn number(&mut self, place: Place) -> Result<u16, Refused> {
        if let Some(number) = self.numbers.get(&place) {
            return Ok(*number);
        }
        let number = u16::try_from(self.places.len()).map_err(|_| Refused::Places)?;
        if self.places.len() >= PLACES_MAX {
            return Err(Refused::Places);
        }
        self.places.push(place);
        self.numbers.insert(place, number);
        Ok(number)
    }

    /// The places that are in use, sorted, and the new number of each old one.
    fn sorted_places(&self) -> (Vec<Place>, Vec<u16>) {
        let units = self
            .areas
            .values()
            .flat_map(|area| area.sectors.values())
            .flat_map(|units| units.iter());
        let mut used = vec![false; self.places.len()];
        for (number, _) in units.flatten() {
            if let Some(used) = used.get_mut(usize::from(*number)) {
                *used = true;
            }
        }
        let mut places: Vec<Place> = self
            .places
            .iter()
            .zip(used)
            .filter(|(_, used)| *used)
            .map(|(place, _)| *place)
            .collect();
        places.sort_unstable();
        let number = |place| {
            places
                .binary_search(place)
                .ok()
                .and_then(|number| u16::try_from(number).ok())
        };
        let renumbered = self
            .places
            .iter()
            .map(|place| number(place).unwrap_or_default())
            .collect();
        (places, renumbered)
    }
}

impl About {
    fn count(&mut self, place: Option<&Place>, terminated: bool) {
        self.postcodes += 1;
        self.terminated += u32::from(terminated);
        match place {
            Some(Place::Nowhere) => self.nowhere += 1,
            Some(Place::Elsewhere) => self.elsewhere += 1,
            Some(Place::District { .. }) | None => {}
        }
    }
}

fn write_place(place: Place) -> String {
    match place {
        Place::Nowhere => "-".to_owned(),
        Place::Elsewhere => "*".to_owned(),
        Place::District {
            district,
            county: None,
        } => district.to_string(),
        Place::District {
            district,
            county: Some(county),
        } => format!("{district},{county}"),
    }
}

fn assemble(
    about: &About,
    text: &str,
    places: usize,
    index: &[u8],
    body: &[u8],
) -> Result<Vec<u8>, TableError> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + text.len() + index.len() + body.len());
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&[0; 4]);
    bytes.extend_from_slice(&FORMAT.to_le_bytes());
    let flags = if about.knows_terminations {
        FLAG_TERMINATIONS
    } else {
        0
    };
    bytes.extend_from_slice(&flags.to_le_bytes());
    let sizes = [
        length_of(text.as_bytes())?,
        small(places)?,
        small(index.len() / 8)?,
        length_of(body)?,
    ];
    let counts = [
        about.postcodes,
        about.terminated,
        about.nowhere,
        about.elsewhere,
    ];
    bytes.extend(counts.into_iter().chain(sizes).flat_map(u32::to_le_bytes));
    bytes.extend_from_slice(text.as_bytes());
    bytes.extend_from_slice(index);
    bytes.extend_from_slice(body);
    let checksum = crc32fast::hash(&bytes[CHECKED_FROM..]);
    bytes[MAGIC.len()..CHECKED_FROM].copy_from_slice(&checksum.to_le_bytes());
    Ok(bytes)
}

fn length_of(bytes: &[u8]) -> Result<u32, TableError> {
    small(bytes.len())
}

fn small(size: usize) -> Result<u32, TableError> {
    u32::try_from(size).map_err(|_| TableError::TooLarge)
}
