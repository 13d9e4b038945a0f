//! Who in a borough's system may be one of the people of an enquiry: for the borough's own desk alone. No `Debug` that prints a value.

use super::{Validator, hidden};
use crate::codes::codes;
use crate::limits;
use core::fmt;

hidden!(Candidate);

/// Somebody in a borough's system who may be one of the people.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Whom it may be: `subject`, `child 1`, `other 2`, in the order of the enquiry.
    pub who: String,
    /// The system's own reference of that person, never empty.
    pub system_reference: String,
    /// The names as the system has them, the present one first.
    pub names: Vec<String>,
    /// The date of birth as the system has it; may be empty.
    pub born: String,
    /// Addresses, or postcodes alone.
    pub addresses: Vec<String>,
    /// What agrees with the enquiry.
    pub agrees: Vec<MatchFeature>,
    /// What differs from it.
    pub differs: Vec<MatchFeature>,
}

codes! {
    /// What may agree or differ between two descriptions of a person.
    MatchFeature {
        /// Family and given name.
        Name = "name",
        /// Family and given name, spelled or sounding alike.
        SimilarName = "similar_name",
        /// The family name alone.
        FamilyName = "family_name",
        /// The given name alone.
        GivenName = "given_name",
        /// Date of birth.
        BirthDate = "birth_date",
        /// Date of birth, but for a slip, or as far as it is known.
        SimilarBirthDate = "similar_birth_date",
        /// Address.
        Address = "address",
        /// Street or postcode.
        Neighbourhood = "neighbourhood",
        /// Sex as recorded.
        Sex = "sex",
    }
}

impl Candidate {
    /// Notes every field of `all` that is wrong, under `path`.
    pub fn validate(all: &[Self], path: &str, into: &mut Validator) {
        into.list(path, all, limits::CANDIDATES_MAX);
        let (line, lines) = (limits::LINE_CHARS_MAX, limits::ALIASES_PER_PERSON_MAX + 1);
        for (place, one) in all.iter().enumerate() {
            let at = format_args!("{path}[{place}]");
            if !is_somebody(&one.who) {
                into.fail(
                    format_args!("{at}.who"),
                    "write subject, or child or other and a number from 1",
                );
            }
            if one.system_reference.trim().is_empty() {
                into.fail(
                    format_args!("{at}.system_reference"),
                    "say who it is in the system",
                );
            }
            into.text(
                format_args!("{at}.system_reference"),
                &one.system_reference,
                line,
            );
            into.text(format_args!("{at}.born"), &one.born, line);
            for (field, texts) in [("names", &one.names), ("addresses", &one.addresses)] {
                into.list(format_args!("{at}.{field}"), texts, lines);
                for text in texts {
                    into.text(format_args!("{at}.{field}"), text, line);
                }
            }
            for (field, codes) in [("agrees", &one.agrees), ("differs", &one.differs)] {
                into.list(
                    format_args!("{at}.{field}"),
                    codes,
                    limits::CODES_PER_LIST_MAX,
                );
            }
        }
        if all.iter().map(Self::weight).sum::<usize>() > limits::CANDIDATES_BYTES_MAX {
            let most = limits::CANDIDATES_BYTES_MAX;
            into.fail(path, format!("at most {most} bytes of text: give fewer"));
        }
    }

    /// What its texts weigh, in bytes; all of one check at most [`limits::CANDIDATES_BYTES_MAX`].
    pub fn weight(&self) -> usize {
        let texts = self.names.iter().chain(&self.addresses);
        let own = [&self.who, &self.system_reference, &self.born];
        texts.chain(own).map(String::len).sum()
    }
}

/// Whether `who` is somebody of an enquiry, as answers name them.
fn is_somebody(who: &str) -> bool {
    let numbered = |stem: &str, most: usize| {
        let number = who.strip_prefix(stem).and_then(|rest| rest.parse().ok());
        number.is_some_and(|number| (1..=most).contains(&number))
    };
    who == "subject"
        || numbered("child ", limits::CHILDREN_PER_ENQUIRY_MAX)
        || numbered("other ", limits::OTHERS_PER_ENQUIRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::{Candidate, MatchFeature};
    use crate::limits;
    use crate::personal::{CANARY, fields, silent};

    fn full() -> Candidate {
        let canary = || CANARY.to_owned();
        Candidate {
            who: "subject".into(),
            system_reference: canary(),
            names: vec![canary()],
            born: canary(),
            addresses: vec![canary()],
            agrees: vec![MatchFeature::Name],
            differs: vec![MatchFeature::Address],
        }
    }

    fn wrong(all: &[Candidate]) -> Vec<String> {
        fields(|into| Candidate::validate(all, "candidates", into))
    }

    #[test]
    fn no_debug_prints_a_candidate() {
        silent(&full());
    }

    type Edit = fn(&mut Candidate, String);

    #[test]
    fn every_part_is_bounded_and_so_is_the_whole() {
        assert!(wrong(&vec![full(); limits::CANDIDATES_MAX]).is_empty());
        assert_eq!(
            wrong(&vec![full(); limits::CANDIDATES_MAX + 1]),
            ["candidates"]
        );
        let long = "x".repeat(limits::LINE_CHARS_MAX + 1);
        let edits: [(Edit, &str); 7] = [
            (|one, _| one.who = "child 0".into(), "who"),
            (|one, _| one.who = "other 25".into(), "who"),
            (
                |one, _| one.system_reference = " ".into(),
                "system_reference",
            ),
            (|one, long| one.system_reference = long, "system_reference"),
            (|one, long| one.born = long, "born"),
            (|one, long| one.names = vec![long], "names"),
            (
                |one, _| one.addresses = vec![String::new(); 10],
                "addresses",
            ),
        ];
        for (edit, field) in edits {
            let mut one = full();
            edit(&mut one, long.clone());
            assert_eq!(wrong(&[one]), [format!("candidates[0].{field}")]);
        }
        let mut heavy = full();
        heavy.addresses = vec!["x".repeat(limits::LINE_CHARS_MAX); 9];
        assert!(wrong(&vec![heavy.clone(); 4]).is_empty());
        assert_eq!(wrong(&vec![heavy; 5]), ["candidates"]);
    }
}
