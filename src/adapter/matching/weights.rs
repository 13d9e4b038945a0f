//! All weights and thresholds of matching, in one place.
//!
//! Each likeness adds points, the more the rarer it is between records of two people; what differs takes some away, the fewer the oftener it
//! differs between records of one person (people move, marry, and are written down wrongly). They were set by hand, so that each of these
//! reaches [`POSSIBLE`]: family name and date of birth without given name (a twin, or one known by another name), given name and date of
//! birth (somebody married), the house and any one name, a whole name with nothing against it. `tests/it/matching.rs` holds what they come
//! to against the goals. Whether somebody is certain is no matter of points: `is_certain` in `matching.rs` has the rules for that.

use super::address::Place;
use super::birth::Birth;
use super::names::Part;

/// From so many points on, two records may be of one person.
pub(super) const POSSIBLE: i32 = 10;

/// Two words are alike with so many mistakes (a letter more, less, other, or two exchanged), by the length of the longer.
pub(super) fn mistakes(letters: usize) -> usize {
    match letters {
        0..=3 => 0,
        4 | 5 => 1,
        6..=9 => 2,
        _ => 3,
    }
}

/// Two words are alike from this Jaro-Winkler similarity on.
pub(super) const SIMILARITY: f64 = 0.9;

/// Words that sound alike count from so many letters on: shorter ones sound like too many.
pub(super) const SOUND_LETTERS: usize = 4;

/// One word is the short form of another, where it begins it, from so many letters on.
pub(super) const SHORT_LETTERS: usize = 3;

/// An estimated date of birth fits one that is so many days away at most.
pub(super) const ESTIMATED_DAYS: i32 = 3 * 366;

/// A child may be born so many days before the expected date.
pub(super) const EARLY_DAYS: i32 = 120;

/// A child may be born so many days after the expected date.
pub(super) const LATE_DAYS: i32 = 45;

/// A date of birth whose year differs by so many is no slip that may be certain: it is how father and son differ.
pub(super) const GENERATION_YEARS: i16 = 10;

/// Two dates of birth so many years apart are of no two people alive at one time.
pub(super) const LIFE_YEARS: i16 = 110;

/// Two addresses share their street where the longer has so many of the pairs of letters of the shorter.
pub(super) const STREET: f64 = 0.55;

/// Two addresses with the same number and postcode are of other streets where they share less: postcodes of other countries are wide.
pub(super) const NO_OTHER_STREET: f64 = 0.3;

/// Points for the family name.
pub(super) fn family(part: Part) -> i32 {
    match part {
        Part::Same => 6,
        Part::Near => 5,
        Part::Initial => 1,
        Part::Unknown => 0,
        Part::Other => -2,
    }
}

/// Points for the given names.
pub(super) fn given(part: Part) -> i32 {
    match part {
        Part::Same => 6,
        Part::Near => 3,
        Part::Initial => 1,
        Part::Unknown => 0,
        Part::Other => -2,
    }
}

/// Points for the date of birth. One that is not known speaks against nobody: a little for, so that a name written otherwise is enough.
pub(super) fn birth(birth: Birth) -> i32 {
    match birth {
        Birth::Same => 10,
        Birth::Round => 7,
        Birth::Slip => 6,
        Birth::Close => 3,
        Birth::Unknown => 1,
        Birth::Other => -4,
    }
}

/// Points for where somebody lives or lived.
pub(super) fn place(place: Place) -> i32 {
    match place {
        Place::House => 14,
        Place::Area => 6,
        Place::Unknown => 0,
        Place::Other => -2,
    }
}

/// Points for recorded sexes that differ: recorded wrongly more often than one thinks, so they hardly tell.
pub(super) const OTHER_SEX: i32 = -1;

/// Points for family and given names exchanged: some names are both.
pub(super) const EXCHANGED: i32 = -1;
