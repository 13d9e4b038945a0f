//! Whether two records speak of the same defendant, as far as identifiers say.

use super::{Name, Subject};

/// Whether `one` and `other` can be the same person. Numbers decide where both have one: case reference number first, then Police
/// National Computer number. Without them nothing may differ that both have: family name (former ones count), first given name, date of
/// birth. Whoever has none of these differs from nobody.
pub fn same_person(one: &Subject, other: &Subject) -> bool {
    if let (Some(one), Some(other)) = (&one.crn, &other.crn) {
        return one == other;
    }
    if let (Some(one), Some(other)) = (&one.pnc, &other.pnc) {
        return one == other;
    }
    let births_differ =
        matches!((one.born, other.born), (Some(one), Some(other)) if one.date != other.date);
    !births_differ && (is_nameless(one) || is_nameless(other) || share_a_name(one, other))
}

/// Whether `one` and `other` are known to be the same person, and do not only not differ: by a number that both have, or by name and date
/// of birth.
pub fn known_same_person(one: &Subject, other: &Subject) -> bool {
    let numbered =
        (one.crn.is_some() && other.crn.is_some()) || (one.pnc.is_some() && other.pnc.is_some());
    let described = |subject: &Subject| {
        let is_named = !is_nameless(subject) && !subject.name.given.trim().is_empty();
        is_named && subject.born.is_some()
    };
    same_person(one, other) && (numbered || (described(one) && described(other)))
}

fn is_nameless(subject: &Subject) -> bool {
    subject.name.family.trim().is_empty()
}

fn share_a_name(one: &Subject, other: &Subject) -> bool {
    let names = |subject: &Subject| {
        let own = core::iter::once(&subject.name).chain(&subject.aliases);
        own.map(folded).collect::<Vec<_>>()
    };
    let others = names(other);
    names(one).iter().any(|(family, given)| {
        others.iter().any(|(other_family, other_given)| {
            let agree = given.is_empty() || other_given.is_empty() || given == other_given;
            family == other_family && agree
        })
    })
}

/// The family name and the first given name, as they are compared.
fn folded(name: &Name) -> (String, String) {
    let first = name.given.split_whitespace().next().unwrap_or_default();
    (name.family.trim().to_lowercase(), first.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::{known_same_person, same_person};
    use crate::code::{Crn, Pnc};
    use crate::personal::{Birth, BirthAccuracy, Name, Subject};
    use jiff::civil::date;

    fn name(family: &str, given: &str) -> Name {
        Name {
            family: family.into(),
            given: given.into(),
        }
    }

    fn named(family: &str, given: &str) -> Subject {
        Subject {
            name: name(family, given),
            ..Subject::default()
        }
    }

    fn born(year: i16, subject: Subject) -> Subject {
        let accuracy = BirthAccuracy::Known;
        Subject {
            born: Some(Birth {
                date: date(year, 4, 30),
                accuracy,
            }),
            ..subject
        }
    }

    fn crn(text: &str, subject: Subject) -> Subject {
        Subject {
            crn: Crn::parse(text).ok(),
            ..subject
        }
    }

    fn pnc(text: &str, subject: Subject) -> Subject {
        Subject {
            pnc: Pnc::parse(text, 2026).ok(),
            ..subject
        }
    }

    #[test]
    fn numbers_decide_and_without_them_nothing_may_differ() {
        let sam = || named("Example", "Sam Lee");
        let known_as = Subject {
            aliases: vec![name("EXAMPLE", "sam")],
            ..named("Other", "Kim")
        };
        let (one, two) = ("2000/0002697F", "2001/0002697X");
        let rows = [
            ("one name", sam(), sam(), true),
            ("case and blanks", sam(), named(" EXAMPLE ", "SAM"), true),
            ("no given name", sam(), named("Example", ""), true),
            ("another given name", sam(), named("Example", "Kim"), false),
            ("another family name", sam(), named("Sample", "Sam"), false),
            ("a former name", sam(), known_as, true),
            ("nobody knows who", sam(), Subject::default(), true),
            ("births differ", born(1990, sam()), born(1991, sam()), false),
            (
                "births of the nameless differ",
                born(1990, sam()),
                born(1991, Subject::default()),
                false,
            ),
            ("one birth", born(1990, sam()), sam(), true),
            (
                "one number, two names",
                crn("X320741", sam()),
                crn("X320741", named("Sample", "Kim")),
                true,
            ),
            (
                "two numbers, one name",
                crn("X320741", sam()),
                crn("X320742", sam()),
                false,
            ),
            (
                "one of two numbers decides",
                pnc(one, sam()),
                pnc(one, named("Sample", "Kim")),
                true,
            ),
            (
                "the other number differs",
                pnc(one, sam()),
                pnc(two, sam()),
                false,
            ),
            (
                "numbers of different kinds",
                crn("X320741", sam()),
                pnc(one, sam()),
                true,
            ),
        ];
        for (what, one, other, expected) in rows {
            assert_eq!(same_person(&one, &other), expected, "{what}");
            assert_eq!(same_person(&other, &one), expected, "{what}, turned round");
        }
    }

    #[test]
    fn who_does_not_differ_is_not_yet_known() {
        let sam = || born(1990, named("Example", "Sam"));
        let rows = [
            ("name and birth", sam(), sam(), true),
            ("a name alone", named("Example", "Sam"), sam(), false),
            (
                "a birth alone",
                born(1990, Subject::default()),
                sam(),
                false,
            ),
            (
                "no given name",
                born(1990, named("Example", "")),
                sam(),
                false,
            ),
            ("nobody knows who", Subject::default(), sam(), false),
            (
                "one number",
                crn("X320741", Subject::default()),
                crn("X320741", sam()),
                true,
            ),
            (
                "one other number",
                pnc("2000/0002697F", Subject::default()),
                pnc("2000/0002697F", sam()),
                true,
            ),
            (
                "a number that only one has",
                crn("X320741", named("Example", "Sam")),
                sam(),
                false,
            ),
            (
                "two numbers",
                crn("X320741", sam()),
                crn("X320742", sam()),
                false,
            ),
        ];
        for (what, one, other, expected) in rows {
            assert_eq!(known_same_person(&one, &other), expected, "{what}");
            assert_eq!(
                known_same_person(&other, &one),
                expected,
                "{what}, turned round"
            );
        }
    }
}
