//! Names: written in another order or another alphabet, in part, with initials, former names, and mistakes.

use super::{text, weights};
use crate::adapter::people::Name;
use rphonetic::DoubleMetaphone;
use strsim::{jaro_winkler, osa_distance};

/// How alike one part of a name is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Part {
    /// The same, apart from accents, case, hyphens, and known ways to write it.
    Same,
    /// Spelled alike, sounding alike, or the same in part.
    Near,
    /// One of them says an initial, and it fits.
    Initial,
    /// One of them says nothing.
    Unknown,
    /// Another.
    Other,
}

/// How alike two names are, part by part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Likeness {
    pub(super) family: Part,
    pub(super) given: Part,
}

impl Likeness {
    pub(super) const SAME: Self = Self {
        family: Part::Same,
        given: Part::Same,
    };
    pub(super) const UNKNOWN: Self = Self {
        family: Part::Unknown,
        given: Part::Unknown,
    };

    pub(super) fn points(self) -> i32 {
        weights::family(self.family) + weights::given(self.given)
    }

    /// Both parts are the same.
    pub(super) fn is_same(self) -> bool {
        self == Self::SAME
    }
}

/// Ways to write one name in Latin letters; the first stands for all. Closed and short on purpose: what stands here can be certain.
const SPELLINGS: &[&[&str]] = &[
    &[
        "muhammad", "mohammed", "mohamed", "mohammad", "mohamad", "muhammed", "muhamed", "mohamet",
        "mohd", "maxamed",
    ],
    &["ahmad", "ahmed", "axmed"],
    &[
        "husayn", "hussein", "hussain", "husain", "hossain", "hossein",
    ],
    &["hasan", "hassan"],
    &["yusuf", "yousuf", "yusef", "yousef", "youssef"],
    &["abdullah", "abdulla", "abdallah", "abdullahi"],
    &["fatima", "fatimah", "fatema"],
    &["aisha", "ayesha", "aysha", "aishah"],
    &["khadija", "khadijah", "khadeeja"],
    &["ibrahim", "ebrahim"],
    &["umar", "omar"],
    &["uthman", "usman", "osman", "othman"],
];

/// Given names that brothers and sisters share: alone they tell nobody apart.
const SHARED: &[&str] = &[
    "muhammad", "thi", "van", "bibi", "begum", "kaur", "singh", "md", "abdul",
];

/// What stands where no name is known.
const PLACEHOLDERS: &[&str] = &[
    "unborn", "baby", "infant", "newborn", "unknown", "unnamed", "not", "known", "nk", "tbc",
    "boy", "girl", "child", "male", "female", "twin", "of",
];

/// The names of one person, made ready to compare.
pub(super) struct Names(Vec<Ready>);

struct Ready {
    family: Words,
    given: Words,
    /// All words, sorted: the same however they are dealt out to family and given names.
    bag: Vec<String>,
}

struct Words {
    words: Vec<String>,
    joined: String,
}

impl Names {
    pub(super) fn of(names: &[Name]) -> Self {
        Self(names.iter().map(Ready::of).collect())
    }

    /// The best likeness of any name of the one to any name of the other.
    pub(super) fn compare(&self, other: &Self) -> Likeness {
        let pairs = self
            .0
            .iter()
            .flat_map(|a| other.0.iter().map(move |b| a.compare(b)));
        pairs
            .max_by_key(|likeness| likeness.points())
            .unwrap_or(Likeness::UNKNOWN)
    }
}

impl Ready {
    fn of(name: &Name) -> Self {
        let (family, given) = (Words::of(&name.family), Words::of(&name.given));
        let mut bag = [&family.words[..], &given.words].concat();
        bag.sort_unstable();
        Self { family, given, bag }
    }

    fn compare(&self, other: &Self) -> Likeness {
        let straight = Likeness {
            family: family(&self.family, &other.family),
            given: given(&self.given, &other.given),
        };
        if straight.is_same() {
            return straight;
        }
        if self.bag.len() > 1 && self.bag == other.bag {
            return Likeness::SAME;
        }
        let exchanged = Likeness {
            family: family(&self.family, &other.given),
            given: given(&self.given, &other.family),
        };
        if exchanged.points() + weights::EXCHANGED > straight.points() {
            exchanged
        } else {
            straight
        }
    }
}

impl Words {
    fn of(name: &str) -> Self {
        let mut words = text::words(name);
        if says_nothing(&words) {
            words.clear();
        }
        for word in &mut words {
            if let [first, ..] = spellings(word) {
                (*first).clone_into(word);
            }
        }
        let joined = words.concat();
        Self { words, joined }
    }

    fn is_initials(&self) -> bool {
        self.words.iter().all(|word| word.len() == 1)
    }
}

fn family(a: &Words, b: &Words) -> Part {
    simple(a, b).unwrap_or_else(|| spelled(a, b))
}

fn given(a: &Words, b: &Words) -> Part {
    simple(a, b).unwrap_or_else(|| {
        if begins_the_other(a, b) {
            Part::Same
        } else {
            spelled(a, b)
        }
    })
}

/// Spelled or sounding alike, as a whole or in one of several words.
fn spelled(a: &Words, b: &Words) -> Part {
    let several = a.words.len() > 1 || b.words.len() > 1;
    if alike(&a.joined, &b.joined) || several && any_pair(a, b) {
        Part::Near
    } else {
        Part::Other
    }
}

/// Whether `words` only say that the name is not known.
pub(in crate::adapter) fn says_nothing(words: &[String]) -> bool {
    let placeholder = |word: &String| PLACEHOLDERS.contains(&word.as_str());
    words.iter().all(placeholder)
}

/// The ways to write `word`, where it is one of those names; the first stands for all.
pub(in crate::adapter) fn spellings(word: &str) -> &'static [&'static str] {
    let group = SPELLINGS.iter().find(|group| group.contains(&word));
    group.copied().unwrap_or_default()
}

/// What needs no look at spelling.
fn simple(a: &Words, b: &Words) -> Option<Part> {
    if a.words.is_empty() || b.words.is_empty() {
        return Some(Part::Unknown);
    }
    if a.joined == b.joined {
        return Some(if a.is_initials() && b.is_initials() {
            Part::Initial
        } else {
            Part::Same
        });
    }
    if a.is_initials() || b.is_initials() {
        let fits = a.joined.as_bytes()[0] == b.joined.as_bytes()[0];
        return Some(if fits { Part::Initial } else { Part::Other });
    }
    None
}

/// The first given name is the same, and no further one contradicts: they are left out, or said by initials.
fn begins_the_other(a: &Words, b: &Words) -> bool {
    let mut tells = false;
    for (a, b) in a.words.iter().zip(&b.words) {
        let initial = a.len() == 1 || b.len() == 1;
        if !(a == b || initial && a.as_bytes()[0] == b.as_bytes()[0]) {
            return false;
        }
        tells |= !initial && !SHARED.contains(&a.as_str());
    }
    tells && a.words[0] == b.words[0]
}

/// Whether some word of the one, no particle, is the same as some word of the other, or alike.
fn any_pair(a: &Words, b: &Words) -> bool {
    let tells = |word: &&String| word.len() >= weights::SHORT_LETTERS;
    let mut words = a.words.iter().filter(tells);
    words.any(|a| b.words.iter().filter(tells).any(|b| a == b || alike(a, b)))
}

/// Whether two different words are spelled or sound alike, or one is the beginning of the other.
fn alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < weights::SHORT_LETTERS {
        return false;
    }
    long.starts_with(short)
        || long.len() - short.len() <= weights::mistakes(long.len())
            && osa_distance(short, long) <= weights::mistakes(long.len())
        || jaro_winkler(short, long) >= weights::SIMILARITY
        || short.len() >= weights::SOUND_LETTERS && sound_alike(short, long)
}

fn sound_alike(a: &str, b: &str) -> bool {
    if a.as_bytes()[0] != b.as_bytes()[0] {
        return false;
    }
    let sounds = DoubleMetaphone::new(Some(8));
    let (a, b) = (sounds.double_metaphone(a), sounds.double_metaphone(b));
    let codes = [b.primary(), b.alternate()];
    codes.contains(&a.primary()) || codes.contains(&a.alternate())
}
