//! Whether two descriptions are of the same person. Pure.
//!
//! Certain is only what two records of different people practically never share: twins share everything but their given name, father and
//! son everything but their date of birth. So a certain match has the same given name, the same family name or one spelled alike, and the
//! same date of birth or a slip in it; and what is not the same must be outweighed by the same place. All the rest that chance does not
//! explain is possible, and for people to decide. Weights and thresholds are in `matching/weights.rs`; `tests/it/matching.rs` measures
//! what they come to.

mod address;
pub(in crate::adapter) mod birth;
pub(in crate::adapter) mod names;
pub(in crate::adapter) mod text;
mod weights;

use super::people::{Born, Identity};
use address::{Place, Places};
use birth::Birth;
use names::{Likeness, Names, Part};
use usher_proto::v1::{Confidence, MatchFeature, Sex};

/// An identity made ready to be compared with many.
pub struct Profile {
    names: Names,
    born: Option<Born>,
    sex: Option<Sex>,
    places: Places,
}

/// What a comparison comes to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Verdict {
    /// How sure.
    pub confidence: Confidence,
    /// By what.
    pub basis: Basis,
    /// How likely it is the same person, beside others that may be: the more the likelier.
    pub points: i32,
}

/// What two descriptions have in common, without saying its value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Basis {
    name: Likeness,
    birth: Birth,
    place: Place,
    other_sex: bool,
}

impl Profile {
    /// Makes `identity` ready.
    pub fn of(identity: &Identity) -> Self {
        Self {
            names: Names::of(&identity.names),
            born: identity.born,
            sex: identity.sex,
            places: Places::of(&identity.places),
        }
    }

    /// Whether the two are of the same person.
    pub fn compare(&self, other: &Self) -> Verdict {
        self.compare_at(self.places.compare(&other.places), other)
    }

    /// Whether the two may be of the same person, should they live in the same house: if not, where they live need not be known.
    pub fn compares_by_place(&self, other: &Self) -> bool {
        self.compare_at(Place::House, other).confidence != Confidence::None
    }

    fn compare_at(&self, place: Place, other: &Self) -> Verdict {
        let birth = birth::compare(self.born, other.born);
        let other_sex = matches!((self.sex, other.sex), (Some(a), Some(b)) if a != b);
        let besides = weights::birth(birth)
            + weights::place(place)
            + if other_sex { weights::OTHER_SEX } else { 0 };
        // Names cost the most to compare, and of most people even the same name would not make them possible.
        let name = if besides + Likeness::SAME.points() < weights::POSSIBLE {
            Likeness::UNKNOWN
        } else {
            self.names.compare(&other.names)
        };
        let points = name.points() + besides;
        let confidence = if is_certain(name, birth, place) && !other_sex {
            Confidence::Certain
        } else if points >= weights::POSSIBLE || is_unnamed(name, birth) {
            Confidence::Possible
        } else {
            Confidence::None
        };
        Verdict {
            confidence,
            basis: Basis {
                name,
                birth,
                place,
                other_sex,
            },
            points,
        }
    }
}

/// The given name is the same, and so is all else, but for one thing that the same place outweighs.
fn is_certain(name: Likeness, birth: Birth, place: Place) -> bool {
    let given = name.given == Part::Same;
    match birth {
        Birth::Same if name.is_same() => true,
        Birth::Same => {
            given && name.family == Part::Near && matches!(place, Place::House | Place::Area)
        }
        Birth::Round | Birth::Slip => name.is_same() && place == Place::House,
        Birth::Close | Birth::Unknown | Birth::Other => false,
    }
}

/// A child of that family who was recorded, or is wanted, before it had a name: wherever it lives by now.
fn is_unnamed(name: Likeness, birth: Birth) -> bool {
    name.given == Part::Unknown
        && matches!(name.family, Part::Same | Part::Near)
        && matches!(birth, Birth::Close)
}

impl Basis {
    /// What agrees, as the contract codes it.
    pub fn agrees(self) -> Vec<MatchFeature> {
        let is_like = |part| matches!(part, Part::Same | Part::Near);
        let name = match (self.name.family, self.name.given) {
            (Part::Same, Part::Same) => Some(MatchFeature::Name),
            (family, given) if is_like(family) && is_like(given) => Some(MatchFeature::SimilarName),
            (family, _) if is_like(family) => Some(MatchFeature::FamilyName),
            (_, given) if is_like(given) => Some(MatchFeature::GivenName),
            _ => None,
        };
        let birth = match self.birth {
            Birth::Same | Birth::Round => Some(MatchFeature::BirthDate),
            Birth::Slip | Birth::Close => Some(MatchFeature::SimilarBirthDate),
            Birth::Unknown | Birth::Other => None,
        };
        let place = match self.place {
            Place::House => Some(MatchFeature::Address),
            Place::Area => Some(MatchFeature::Neighbourhood),
            Place::Unknown | Place::Other => None,
        };
        [name, birth, place].into_iter().flatten().collect()
    }

    /// What differs, as the contract codes it. What is not known on one side does not.
    pub fn differs(self) -> Vec<MatchFeature> {
        let name = match (self.name.family, self.name.given) {
            (Part::Other, Part::Other) => Some(MatchFeature::Name),
            (Part::Other, _) => Some(MatchFeature::FamilyName),
            (_, Part::Other) => Some(MatchFeature::GivenName),
            _ => None,
        };
        let birth = (self.birth == Birth::Other).then_some(MatchFeature::BirthDate);
        let place = (self.place == Place::Other).then_some(MatchFeature::Address);
        let sex = self.other_sex.then_some(MatchFeature::Sex);
        [name, birth, place, sex].into_iter().flatten().collect()
    }
}

impl std::fmt::Display for Basis {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let said: Vec<&str> = self.agrees().into_iter().map(words).collect();
        match &said[..] {
            [] => out.write_str("nothing"),
            [only] => out.write_str(only),
            [first @ .., last] => write!(out, "{} and {last}", first.join(", ")),
        }
    }
}

const fn words(feature: MatchFeature) -> &'static str {
    match feature {
        MatchFeature::Unspecified => "",
        MatchFeature::Name => "name",
        MatchFeature::SimilarName => "similar name",
        MatchFeature::FamilyName => "family name",
        MatchFeature::GivenName => "given name",
        MatchFeature::BirthDate => "date of birth",
        MatchFeature::SimilarBirthDate => "similar date of birth",
        MatchFeature::Address => "address",
        MatchFeature::Neighbourhood => "neighbourhood",
        MatchFeature::Sex => "sex",
    }
}

/// Whether `wanted` and `found` are of the same person. For many comparisons with one, make a [`Profile`] of each once.
pub fn compare(wanted: &Identity, found: &Identity) -> Verdict {
    Profile::of(wanted).compare(&Profile::of(found))
}

#[cfg(test)]
mod tests;
