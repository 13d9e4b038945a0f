//! Whom to fetch for a comparison: a system with a million people cannot be compared with each of them. What is not fetched is taken for
//! absent, so these are wide: a person is fetched although any one of name, date of birth and address is quite another, and although
//! another of them has a mistake.

use super::matching::{birth, names, text};
use super::people::{Accuracy, Born, Identity};
use jiff::ToSpan as _;
use jiff::civil::Date;

/// One way to find candidates: whoever fits all of its parts. Text is compared in lower case, postcodes without spaces.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Block {
    /// Born on one of these days; empty for any.
    pub born_on: Vec<Date>,
    /// Born between these days, both included. Beside `born_on` it is what a system may be asked that knows no lists of days.
    pub born_within: Option<(Date, Date)>,
    /// Their family name begins so.
    pub family_starts: Option<String>,
    /// Their given names begin so.
    pub given_starts: Option<String>,
    /// They live or lived at one of these postcodes; empty for any.
    pub postcodes: Vec<String>,
    /// Whoever it alone finds is recorded with several mistakes. A system that cannot be searched so makes nobody absent, unless its
    /// borough says so: `tests/it/matching.rs` says how many more are missed.
    pub is_further: bool,
}

impl Block {
    /// Whether only a list of days asks all of it: a year around one of them holds few of the others that a mistake makes of it.
    pub fn needs_days(&self) -> bool {
        !self.born_on.is_empty() && self.born_within.is_some()
    }
}

/// Letters of a name that a search relies on: mistakes in them are rarer than behind them, and other alphabets differ less.
pub(in crate::adapter) const PREFIX: usize = 3;

/// Blocks of one search. Who has more names and addresses than that is not searched for by a program.
const BLOCKS_MAX: usize = 128;

/// The ways to find candidates for `wanted`; whoever fits any of them is one. None where too little is known to search by: no name, or no
/// date of birth and not both of a whole name and a postcode. Then nobody is certainly absent.
pub fn blocks(wanted: &Identity) -> Vec<Block> {
    let names: Vec<(Vec<String>, Vec<String>)> = wanted
        .names
        .iter()
        .map(|name| (prefixes(&name.family), prefixes(&name.given)))
        .collect();
    let postcodes: Vec<String> = wanted
        .places
        .iter()
        .map(|place| text::words(&place.postcode).concat())
        .filter(|postcode| !postcode.is_empty())
        .collect();
    if !is_enough(wanted, &names, &postcodes) {
        return Vec::new();
    }
    let mut blocks: Vec<Block> = Vec::new();
    let mut add = |block: Block| {
        if !blocks.contains(&block) {
            blocks.push(block);
        }
    };
    if let Some(born) = wanted.born.filter(|born| born.accuracy == Accuracy::Known) {
        add(Block {
            born_on: vec![born.date],
            ..Block::default()
        });
    }
    let near = wanted.born.map(near);
    for (families, givens) in &names {
        by_both_names(families, givens, &mut add);
        if let Some(near) = &near {
            by_one_name(families, givens, near, &mut add);
        }
    }
    for postcode in &postcodes {
        add(at(std::iter::once(postcode.clone())
            .chain(mistyped(postcode))
            .collect()));
    }
    for (place, (families, givens)) in postcodes
        .iter()
        .flat_map(|postcode| names.iter().map(move |name| (misread(postcode), name)))
    {
        by_one_name(families, givens, &further(at(place)), &mut add);
    }
    if blocks.len() > BLOCKS_MAX {
        return Vec::new();
    }
    blocks
}

/// Whether enough is known of `wanted` to search for them.
fn is_enough(
    wanted: &Identity,
    names: &[(Vec<String>, Vec<String>)],
    postcodes: &[String],
) -> bool {
    let parts = |(family, given): &(Vec<String>, Vec<String>)| {
        usize::from(!family.is_empty()) + usize::from(!given.is_empty())
    };
    let parts = names.iter().map(parts).max().unwrap_or_default();
    parts > 0 && wanted.born.is_some() || parts > 1 && !postcodes.is_empty()
}

/// By what both names begin with, also exchanged.
fn by_both_names(families: &[String], givens: &[String], add: &mut impl FnMut(Block)) {
    for family in families {
        for given in givens {
            for (family, given) in [(family, given), (given, family)] {
                add(Block {
                    family_starts: Some(family.clone()),
                    given_starts: Some(given.clone()),
                    ..Block::default()
                });
            }
        }
    }
}

/// By what either name begins with, and `besides`. That the family name is another is for the further blocks: then all else is seldom mistaken.
fn by_one_name(
    families: &[String],
    givens: &[String],
    besides: &Block,
    add: &mut impl FnMut(Block),
) {
    for family in families {
        add(Block {
            family_starts: Some(family.clone()),
            ..besides.clone()
        });
    }
    for given in givens {
        add(Block {
            given_starts: Some(given.clone()),
            ..further(besides.clone())
        });
    }
}

fn further(block: Block) -> Block {
    Block {
        is_further: true,
        ..block
    }
}

/// Dates of birth that may be the same: those that one mistake makes of it; where it is estimated, those around it.
fn near(born: Born) -> Block {
    let (years, born_on) = match born.accuracy {
        Accuracy::Known => (1.year(), birth::slips(born.date)),
        Accuracy::Estimated | Accuracy::Expected => (3.years(), Vec::new()),
    };
    Block {
        born_on,
        born_within: Some((
            born.date.saturating_sub(years),
            born.date.saturating_add(years),
        )),
        ..Block::default()
    }
}

/// Whoever lives or lived at one of these postcodes.
fn at(postcodes: Vec<String>) -> Block {
    Block {
        postcodes,
        ..Block::default()
    }
}

/// The postcode with two neighbouring letters or two neighbouring digits exchanged, as people mistype them.
fn mistyped(postcode: &str) -> Vec<String> {
    let letters: Vec<char> = postcode.chars().collect();
    let alike = |a: char, b: char| a != b && a.is_ascii_digit() == b.is_ascii_digit();
    let places = (1..letters.len()).filter(|&at| alike(letters[at - 1], letters[at]));
    places
        .map(|at| {
            let mut letters = letters.clone();
            letters.swap(at - 1, at);
            letters.into_iter().collect()
        })
        .collect()
}

/// The postcode with another digit in place of one.
fn misread(postcode: &str) -> Vec<String> {
    let letters: Vec<char> = postcode.chars().collect();
    let digits = (0..letters.len()).filter(|&at| letters[at].is_ascii_digit());
    digits
        .flat_map(|at| ('0'..='9').map(move |digit| (at, digit)))
        .filter(|&(at, digit)| letters[at] != digit)
        .map(|(at, digit)| {
            let mut letters = letters.clone();
            letters[at] = digit;
            letters.into_iter().collect()
        })
        .collect()
}

/// What a name may begin with in a system: it is cut at the first letter that systems write differently (accents, apostrophes, hyphens),
/// each part of a double name may stand first, and some names are written in several ways.
fn prefixes(name: &str) -> Vec<String> {
    let words = text::words(name);
    if names::says_nothing(&words) {
        return Vec::new();
    }
    let name = name.trim().to_lowercase();
    let mut found: Vec<String> = Vec::new();
    let mut add = |letters: String| {
        if !letters.is_empty() && !found.contains(&letters) {
            found.push(letters);
        }
    };
    let plain = name.chars().take_while(char::is_ascii_alphanumeric);
    add(plain.take(PREFIX).collect());
    if !name.starts_with(|first: char| first.is_ascii_alphanumeric()) {
        add(name.chars().take(PREFIX).collect());
    }
    let parts = words.iter().filter(|word| word.len() >= PREFIX);
    for part in parts.chain(words.first()) {
        for spelling in std::iter::once(&part.as_str()).chain(names::spellings(part)) {
            add(spelling.chars().take(PREFIX).collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapter::people::{Name, Place};

    fn person(family: &str, given: &str, born: Option<&str>, postcode: &str) -> Identity {
        Identity {
            names: vec![Name {
                family: family.into(),
                given: given.into(),
            }],
            born: born.map(|born| Born {
                date: born.parse().unwrap(),
                accuracy: Accuracy::Known,
            }),
            sex: None,
            places: vec![Place {
                lines: String::new(),
                postcode: postcode.into(),
            }],
        }
    }

    /// Whether a system that searches as [`Block`] says it would fetch `found`.
    fn fetches(block: &Block, found: &Identity) -> bool {
        let starts = |text: &str, starts: &Option<String>| {
            starts
                .as_ref()
                .is_none_or(|starts| text.to_lowercase().starts_with(starts.as_str()))
        };
        let (name, place) = (&found.names[0], &found.places[0]);
        let born = found.born.map(|born| born.date);
        starts(&name.family, &block.family_starts)
            && starts(&name.given, &block.given_starts)
            && (block.postcodes.is_empty()
                || block
                    .postcodes
                    .contains(&place.postcode.replace(' ', "").to_lowercase()))
            && match block.born_within {
                Some((from, to)) if block.born_on.is_empty() => {
                    born.is_some_and(|born| from <= born && born <= to)
                }
                _ => {
                    block.born_on.is_empty()
                        || born.is_some_and(|born| block.born_on.contains(&born))
                }
            }
    }

    #[test]
    fn a_person_is_fetched_with_one_part_quite_another_and_a_mistake_in_the_next() {
        let wanted = person("O'Brien-Żak", "Zoë", Some("1990-03-04"), "E8 1EA");
        let blocks = blocks(&wanted);
        for (found, is_fetched) in [
            (person("Nobody", "Else", Some("1990-03-04"), ""), true),
            (person("Nobody", "Else", Some("1990-04-03"), ""), false),
            (person("O'Brien", "Else", Some("1990-04-03"), ""), true),
            (person("Nobody", "Else", None, "E8 1EA"), true),
            (person("Nobody", "Else", None, "E81AE"), true),
            (person("OBrien", "Else", Some("1960-03-04"), ""), true),
            (person("O'Brien", "Else", Some("1990-11-20"), ""), false),
            (person("Zak", "Else", Some("1990-03-05"), ""), true),
            (person("Nobody", "Zoë", Some("1990-03-05"), ""), true),
            (person("Żak", "Zoe", None, ""), false),
            (person("OBrien", "Zoe", None, ""), true),
            (person("Zoe", "OBrien", None, ""), true),
            (person("OBrien", "Else", None, "E8 7EA"), true),
            (person("Nobody", "Else", None, "E8 7EA"), false),
            (
                person("Nobody", "Else", Some("1991-03-04"), "SW3 4RP"),
                false,
            ),
            (person("OBrien", "Else", None, "SW3 4RP"), false),
        ] {
            let (name, born) = (&found.names[0], found.born.map(|born| born.date));
            assert_eq!(
                blocks.iter().any(|block| fetches(block, &found)),
                is_fetched,
                "{} {} {born:?} {}",
                name.given,
                name.family,
                found.places[0].postcode
            );
        }
    }

    #[test]
    fn a_name_that_is_written_in_several_ways_is_fetched_in_each() {
        let wanted = person("Muhammad", "Omar", Some("1990-03-04"), "");
        let blocks = blocks(&wanted);
        for (found, is_fetched) in [
            (person("Mohamed", "Umar", None, ""), true),
            (person("Uthman", "Maxamed", Some("1980-03-04"), ""), false),
            (person("Maxamed", "Uthman", Some("1980-03-04"), ""), true),
        ] {
            let (name, born) = (&found.names[0], found.born.map(|born| born.date));
            assert_eq!(
                blocks.iter().any(|block| fetches(block, &found)),
                is_fetched,
                "{} {} {born:?} {}",
                name.given,
                name.family,
                found.places[0].postcode
            );
        }
    }

    #[test]
    fn a_name_needs_a_date_of_birth_or_both_its_parts_and_a_postcode() {
        let born = Some("1990-03-04");
        for (wanted, is_enough) in [
            (person("Green", "Anna", born, ""), true),
            (person("Green", "", born, ""), true),
            (person("Green", "Anna", None, "E8 1EA"), true),
            (person("Green", "", None, "E8 1EA"), false),
            (person("Green", "Anna", None, ""), false),
            (person("Green", "Unborn", None, "E8 1EA"), false),
            (person("", "", born, "E8 1EA"), false),
            (Identity::default(), false),
        ] {
            assert_eq!(!blocks(&wanted).is_empty(), is_enough);
        }
    }

    #[test]
    fn no_search_is_longer_than_it_may_be_and_none_is_cut_silently() {
        let mut wanted = person("Green", "Anna", Some("1990-03-04"), "E8 1EA");
        for number in 0..40 {
            wanted.places.push(Place {
                lines: String::new(),
                postcode: format!("E{number} 2AB"),
            });
        }
        let some = blocks(&wanted);
        assert_eq!(some.len(), BLOCKS_MAX);
        wanted.places.push(Place {
            lines: String::new(),
            postcode: "E40 2AB".into(),
        });
        assert!(blocks(&wanted).is_empty());
        wanted.places.truncate(1);
        for first in ["Ab", "Ef", "Ij", "Mn", "Qr"] {
            for letter in 'a'..='h' {
                let name = format!("{first}{letter}");
                wanted.names.push(Name {
                    family: name.clone(),
                    given: name,
                });
            }
        }
        assert!(blocks(&wanted).is_empty());
    }
}
