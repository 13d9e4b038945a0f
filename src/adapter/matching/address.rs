//! Addresses: by postcode, house number and street, in whatever order the lines come.

use super::{text, weights};
use crate::adapter::people;
use std::cmp::Ordering;
use strsim::{hamming, osa_distance};

/// How alike the places of two people are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The same house.
    House,
    /// The same postcode or street.
    Area,
    /// One of them has no address.
    Unknown,
    /// Others: people move.
    Other,
}

/// Words that stand in too many addresses to tell any apart.
const COMMON: &[&str] = &[
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "close",
    "cl",
    "court",
    "ct",
    "drive",
    "dr",
    "place",
    "pl",
    "crescent",
    "cres",
    "way",
    "gardens",
    "gdns",
    "square",
    "sq",
    "terrace",
    "house",
    "flat",
    "apartment",
    "apt",
    "unit",
    "floor",
    "room",
    "the",
    "london",
    "circuit",
    "estate",
];

/// The places of one person, made ready to compare.
pub(super) struct Places(Vec<Ready>);

struct Ready {
    numbers: Vec<String>,
    /// The pairs of neighbouring letters of all words, sorted: what is left of them when words are split, joined, mistyped or moved.
    pairs: Vec<[u8; 2]>,
    postcode: String,
}

impl Places {
    pub(super) fn of(places: &[people::Place]) -> Self {
        Self(places.iter().map(Ready::of).collect())
    }

    /// The best likeness of any place of the one to any place of the other.
    pub(super) fn compare(&self, other: &Self) -> Place {
        let pairs = self
            .0
            .iter()
            .flat_map(|a| other.0.iter().map(move |b| a.compare(b)));
        pairs
            .max_by_key(|place| weights::place(*place))
            .unwrap_or(Place::Unknown)
    }
}

impl Ready {
    fn of(place: &people::Place) -> Self {
        let (numbers, words): (Vec<_>, Vec<_>) = text::words(&place.lines)
            .into_iter()
            .filter(|word| !COMMON.contains(&word.as_str()))
            .partition(|word| word.starts_with(|c: char| c.is_ascii_digit()));
        let letters = words.concat().into_bytes();
        let mut pairs: Vec<[u8; 2]> = letters.windows(2).map(|pair| [pair[0], pair[1]]).collect();
        pairs.sort_unstable();
        Self {
            numbers,
            pairs,
            postcode: text::words(&place.postcode).concat(),
        }
    }

    fn compare(&self, other: &Self) -> Place {
        let known = !self.postcode.is_empty() && !other.postcode.is_empty();
        let postcode = known && self.postcode == other.postcode;
        let share = self.share(other);
        let street = share.is_some_and(|share| share >= weights::STREET);
        let not_another = share.is_none_or(|share| share >= weights::NO_OTHER_STREET);
        match self.same_numbers(other) {
            Numbers::Same if street || postcode && not_another => Place::House,
            Numbers::Slip | Numbers::Unknown if street && postcode => Place::House,
            Numbers::Same if known && osa_distance(&self.postcode, &other.postcode) == 1 => {
                Place::Area
            }
            _ if postcode || street => Place::Area,
            _ if share.is_none() && !known => Place::Unknown,
            _ => Place::Other,
        }
    }

    /// The part of the pairs of letters of the shorter that the other has too; `None` where one of them has none.
    fn share(&self, other: &Self) -> Option<f64> {
        let shorter = self.pairs.len().min(other.pairs.len());
        if shorter == 0 {
            return None;
        }
        let (mut a, mut b) = (self.pairs.iter().peekable(), other.pairs.iter().peekable());
        let mut shared = 0;
        while let (Some(first), Some(second)) = (a.peek(), b.peek()) {
            match first.cmp(second) {
                Ordering::Less => drop(a.next()),
                Ordering::Greater => drop(b.next()),
                Ordering::Equal => {
                    shared += 1;
                    a.next();
                    b.next();
                }
            }
        }
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        Some(count(shared) / count(shorter))
    }

    fn same_numbers(&self, other: &Self) -> Numbers {
        if self.numbers.is_empty() || other.numbers.is_empty() {
            return Numbers::Unknown;
        }
        let within = |a: &[String], b: &[String]| a.iter().all(|number| b.contains(number));
        if within(&self.numbers, &other.numbers) || within(&other.numbers, &self.numbers) {
            return Numbers::Same;
        }
        let slip = match (&self.numbers[..], &other.numbers[..]) {
            ([a], [b]) => a.len() == b.len() && osa_distance(a, b) == 1 && hamming(a, b) == Ok(2),
            _ => false,
        };
        if slip { Numbers::Slip } else { Numbers::Other }
    }
}

/// How alike the house and flat numbers of two addresses are.
enum Numbers {
    /// Those of the one are among those of the other.
    Same,
    /// Two digits exchanged.
    Slip,
    /// One of them has none.
    Unknown,
    /// Others.
    Other,
}
