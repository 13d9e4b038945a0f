//! The personal part of enquiries and answers: people, addresses, what a borough knows. Routing needs only the postcodes, at
//! submission; deadlines and escalation need none of it. No type here has a `Debug` that prints a value.

use crate::code::{Crn, Pnc, Urn};
use crate::codes::codes;
use crate::enquiry::AddressRole;
use crate::limits;
use core::fmt;
use jiff::civil::Date;

mod answer;
mod violation;

pub use answer::{
    AbuseCategory, AnswerContent, Confidence, Episode, EpisodeKind, Handling, Match, Remark, Topic,
    Worker,
};
pub use violation::{Validator, Violation};

macro_rules! hidden {
    ($($name:ident),* $(,)?) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
use hidden;
hidden!(Personal, Subject, Name, Birth, Address, Child, Other);

/// The people and addresses of one enquiry.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Personal {
    /// The defendant.
    pub subject: Subject,
    /// Prosecution case reference.
    pub urn: Option<Urn>,
    /// The court's own id of the hearing.
    pub hearing_ref: String,
    /// Court room.
    pub court_room: String,
    /// Number on the list.
    pub list_number: String,
    /// Addresses, of which the postcodes route.
    pub addresses: Vec<Address>,
    /// Children concerned.
    pub children: Vec<Child>,
    /// Partners and other adults of the household.
    pub others: Vec<Other>,
    /// Code of the current offence; never its story.
    pub offence_code: String,
    /// By which power or duty the information may be shared, as codes of the agreement.
    pub legal_bases: Vec<String>,
    /// What is asked for; empty means what the agreement allows.
    pub information: Vec<Information>,
    /// Anything else the borough needs to know.
    pub note: String,
}

/// The defendant.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Subject {
    /// The name.
    pub name: Name,
    /// Former names and aliases.
    pub aliases: Vec<Name>,
    /// Date of birth.
    pub born: Option<Birth>,
    /// Sex as recorded.
    pub sex: Option<Sex>,
    /// Case reference number, where there is one.
    pub crn: Option<Crn>,
    /// Police National Computer number, where there is one.
    pub pnc: Option<Pnc>,
    /// Limited access: only named staff may see the case.
    pub limited_access: bool,
}

/// A person's name.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Name {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
}

/// A date of birth and how sure it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Birth {
    /// The date.
    pub date: Date,
    /// How sure it is.
    pub accuracy: BirthAccuracy,
}

codes! {
    /// How sure a date of birth is.
    BirthAccuracy {
        /// Recorded.
        Known = "known",
        /// Estimated.
        Estimated = "estimated",
        /// Expected: not born yet.
        Expected = "expected",
    }
}

codes! {
    /// Sex as recorded.
    Sex {
        /// Female.
        Female = "female",
        /// Male.
        Male = "male",
        /// Not specified or not known.
        NotSpecified = "not_specified",
    }
}

/// One address.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// What part it plays.
    pub role: AddressRole,
    /// Whether it is an address at all.
    pub kind: AddressKind,
    /// Lines without the postcode.
    pub lines: String,
    /// The postcode as given, readable or not.
    pub postcode: String,
    /// Unique property reference number; may be empty.
    pub uprn: String,
    /// Since when.
    pub from: Option<Date>,
    /// Until when.
    pub to: Option<Date>,
}

codes! {
    /// Whether an address is one.
    AddressKind {
        /// A real one.
        Given = "given",
        /// No fixed abode.
        NoFixedAbode = "no_fixed_abode",
        /// Withheld: a refuge, a protected address.
        Withheld = "withheld",
    }
}

/// A child concerned.
#[derive(Clone, PartialEq, Eq)]
pub struct Child {
    /// The name; may be empty for the unborn.
    pub name: Name,
    /// Date of birth, or the expected one.
    pub born: Option<Birth>,
    /// To the defendant, in words.
    pub relationship: String,
    /// Whether the child lives with the defendant.
    pub lives_with_subject: bool,
    /// The place of the child's address in the list, from 0.
    pub address: Option<u8>,
    /// School or nursery; may be empty.
    pub school: String,
}

/// A partner or other adult of the household.
#[derive(Clone, PartialEq, Eq)]
pub struct Other {
    /// The name.
    pub name: Name,
    /// Date of birth.
    pub born: Option<Birth>,
    /// To the defendant, in words.
    pub relationship: String,
}

codes! {
    /// What may be asked for.
    Information {
        /// Whether the people are known.
        Known = "known",
        /// Plans and orders in force.
        Plans = "plans",
        /// Earlier involvement.
        History = "history",
        /// The worker to speak to.
        Worker = "worker",
        /// Concerns about the adult.
        AdultConcerns = "adult_concerns",
        /// Contact restrictions.
        ContactRestrictions = "contact_restrictions",
        /// Whether a curfew at the address is safe.
        CurfewAdvice = "curfew_advice",
    }
}

impl Personal {
    /// Notes every field that is wrong, under `path`.
    pub fn validate(&self, path: &str, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
        if self.subject.name.family.trim().is_empty() {
            into.fail(
                format_args!("{path}.subject.name.family"),
                "the defendant's family name is needed",
            );
        }
        self.subject
            .name
            .validate(format_args!("{path}.subject.name"), into);
        into.list(
            format_args!("{path}.subject.aliases"),
            &self.subject.aliases,
            limits::ALIASES_PER_PERSON_MAX,
        );
        for (place, alias) in self.subject.aliases.iter().enumerate() {
            alias.validate(format_args!("{path}.subject.aliases[{place}]"), into);
        }
        for (field, text) in [
            ("hearing_ref", &self.hearing_ref),
            ("court_room", &self.court_room),
            ("list_number", &self.list_number),
            ("offence_code", &self.offence_code),
        ] {
            into.text(format_args!("{path}.{field}"), text, line);
        }
        into.list(
            format_args!("{path}.legal_bases"),
            &self.legal_bases,
            limits::CODES_PER_LIST_MAX,
        );
        for (place, basis) in self.legal_bases.iter().enumerate() {
            into.text(format_args!("{path}.legal_bases[{place}]"), basis, line);
        }
        into.list(
            format_args!("{path}.information"),
            &self.information,
            limits::CODES_PER_LIST_MAX,
        );
        into.text(
            format_args!("{path}.note"),
            &self.note,
            limits::NOTE_CHARS_MAX,
        );
        self.validate_addresses(path, into);
        self.validate_people(path, into);
    }

    fn validate_addresses(&self, path: &str, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
        into.list(
            format_args!("{path}.addresses"),
            &self.addresses,
            limits::ADDRESSES_PER_ENQUIRY_MAX,
        );
        for (place, address) in self.addresses.iter().enumerate() {
            let at = format_args!("{path}.addresses[{place}]");
            into.text(format_args!("{at}.lines"), &address.lines, 4 * line);
            // Whatever was written instead of a postcode goes to the operators.
            into.text(format_args!("{at}.postcode"), &address.postcode, line);
            into.text(format_args!("{at}.uprn"), &address.uprn, 12);
            if matches!((address.from, address.to), (Some(from), Some(to)) if from > to) {
                into.fail(format_args!("{at}.to"), "must not be before from");
            }
        }
    }

    fn validate_people(&self, path: &str, into: &mut Validator) {
        into.list(
            format_args!("{path}.children"),
            &self.children,
            limits::CHILDREN_PER_ENQUIRY_MAX,
        );
        for (place, child) in self.children.iter().enumerate() {
            let at = format_args!("{path}.children[{place}]");
            child.name.validate(format_args!("{at}.name"), into);
            into.text(
                format_args!("{at}.relationship"),
                &child.relationship,
                limits::LINE_CHARS_MAX,
            );
            into.text(
                format_args!("{at}.school"),
                &child.school,
                limits::LINE_CHARS_MAX,
            );
            if child
                .address
                .is_some_and(|index| usize::from(index) >= self.addresses.len())
            {
                into.fail(
                    format_args!("{at}.address"),
                    "must be the place of an address in the list, from 0",
                );
            }
        }
        into.list(
            format_args!("{path}.others"),
            &self.others,
            limits::OTHERS_PER_ENQUIRY_MAX,
        );
        for (place, other) in self.others.iter().enumerate() {
            let at = format_args!("{path}.others[{place}]");
            other.name.validate(format_args!("{at}.name"), into);
            into.text(
                format_args!("{at}.relationship"),
                &other.relationship,
                limits::LINE_CHARS_MAX,
            );
        }
    }
}

impl Name {
    fn validate(&self, path: fmt::Arguments<'_>, into: &mut Validator) {
        into.text(
            format_args!("{path}.family"),
            &self.family,
            limits::LINE_CHARS_MAX,
        );
        into.text(
            format_args!("{path}.given"),
            &self.given,
            limits::LINE_CHARS_MAX,
        );
    }
}

/// What no `Debug` and no message may print.
#[cfg(test)]
pub(crate) const CANARY: &str = "Canary-Wren";

/// The fields that `validate` notes, none of whose messages repeats a value.
#[cfg(test)]
pub(crate) fn fields(validate: impl FnOnce(&mut Validator)) -> Vec<String> {
    let mut into = Validator::default();
    validate(&mut into);
    let found = into.finish().err().unwrap_or_default();
    for violation in &found {
        let told = format!("{violation:?}");
        assert!(!told.contains(CANARY) && !told.contains("xxx"), "{told}");
    }
    found.into_iter().map(|violation| violation.field).collect()
}

/// Fails when the `Debug` of `value` tells anything of what is inside.
#[cfg(test)]
pub(crate) fn silent(value: &impl fmt::Debug) {
    let told = format!("{value:?} {value:#?}");
    for secret in [CANARY, "1987", "X320741", "2697", "01AB", "SW1A"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn name() -> Name {
        Name {
            family: CANARY.into(),
            given: CANARY.into(),
        }
    }

    const BORN: Option<Birth> = Some(Birth {
        date: date(1987, 6, 5),
        accuracy: BirthAccuracy::Known,
    });

    fn full() -> Personal {
        let canary = || CANARY.to_owned();
        Personal {
            subject: Subject {
                name: name(),
                aliases: vec![name()],
                born: BORN,
                sex: Some(Sex::Female),
                crn: Crn::parse("X320741").ok(),
                pnc: Pnc::parse("2000/0002697F", 2026).ok(),
                limited_access: true,
            },
            urn: Urn::parse("01AB1234526").ok(),
            hearing_ref: canary(),
            court_room: canary(),
            list_number: canary(),
            addresses: vec![Address {
                role: AddressRole::Home,
                kind: AddressKind::Given,
                lines: canary(),
                postcode: "SW1A 1AA".into(),
                uprn: "100023336956".into(),
                from: Some(date(1987, 6, 5)),
                to: Some(date(1987, 6, 5)),
            }],
            children: vec![Child {
                name: name(),
                born: BORN,
                relationship: canary(),
                lives_with_subject: true,
                address: Some(0),
                school: canary(),
            }],
            others: vec![Other {
                name: name(),
                born: BORN,
                relationship: canary(),
            }],
            offence_code: canary(),
            legal_bases: vec![canary()],
            information: vec![Information::Known],
            note: canary(),
        }
    }

    #[track_caller]
    fn check(change: impl FnOnce(&mut Personal), expected: &[&str]) {
        let mut personal = full();
        change(&mut personal);
        assert_eq!(fields(|into| personal.validate("p", into)), expected);
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_enquiry_is_validated_field_by_field() {
        let long = || "x".repeat(limits::LINE_CHARS_MAX + 1);
        let wide = || "é".repeat(limits::LINE_CHARS_MAX);
        check(|_| {}, &[]);
        check(|it| it.subject.name.family = wide(), &[]);
        check(|it| it.subject.name.family = " ".into(), &["p.subject.name.family"]);
        check(|it| it.subject.name.family = long(), &["p.subject.name.family"]);
        check(|it| it.subject.name.given = "a\u{7}".into(), &["p.subject.name.given"]);
        check(|it| it.subject.aliases[0].given = long(), &["p.subject.aliases[0].given"]);
        check(|it| it.subject.aliases = vec![name(); 9], &["p.subject.aliases"]);
        check(|it| it.hearing_ref = long(), &["p.hearing_ref"]);
        check(|it| it.court_room = long(), &["p.court_room"]);
        check(|it| it.list_number = long(), &["p.list_number"]);
        check(|it| it.offence_code = long(), &["p.offence_code"]);
        check(|it| it.legal_bases = vec![String::new(); 17], &["p.legal_bases"]);
        check(|it| it.legal_bases[0] = long(), &["p.legal_bases[0]"]);
        check(|it| it.information = vec![Information::Known; 17], &["p.information"]);
        check(|it| it.note = "x\n".repeat(limits::NOTE_CHARS_MAX / 2), &[]);
        check(|it| it.note = "x".repeat(limits::NOTE_CHARS_MAX + 1), &["p.note"]);
        check(|it| it.addresses[0].lines = "x".repeat(801), &["p.addresses[0].lines"]);
        check(|it| it.addresses[0].postcode = "no fixed address at present".into(), &[]);
        check(|it| it.addresses[0].postcode = long(), &["p.addresses[0].postcode"]);
        check(|it| it.addresses[0].uprn = "x".repeat(13), &["p.addresses[0].uprn"]);
        check(|it| it.addresses[0].to = Some(date(1987, 6, 4)), &["p.addresses[0].to"]);
        check(|it| it.addresses = vec![it.addresses[0].clone(); 25], &["p.addresses"]);
        check(|it| it.children[0].name.family = long(), &["p.children[0].name.family"]);
        check(|it| it.children[0].name.family = String::new(), &[]);
        check(|it| it.children[0].relationship = long(), &["p.children[0].relationship"]);
        check(|it| it.children[0].school = long(), &["p.children[0].school"]);
        check(|it| it.children[0].address = Some(1), &["p.children[0].address"]);
        check(|it| it.children[0].address = None, &[]);
        check(|it| it.children = vec![it.children[0].clone(); 25], &["p.children"]);
        check(|it| it.others[0].name.given = long(), &["p.others[0].name.given"]);
        check(|it| it.others[0].relationship = long(), &["p.others[0].relationship"]);
        check(|it| it.others = vec![it.others[0].clone(); 25], &["p.others"]);
    }

    #[test]
    fn every_fault_is_told_at_once() {
        let expected = [
            "p.subject.name.family",
            "p.court_room",
            "p.note",
            "p.children[0].address",
        ];
        let spoil = |it: &mut Personal| {
            it.subject.name.family.clear();
            it.court_room = "\0".into();
            it.note = "\0".into();
            it.addresses.clear();
        };
        check(spoil, &expected);
    }

    #[test]
    fn no_debug_prints_a_person() {
        let personal = full();
        silent(&personal);
        silent(&personal.subject);
        silent(&personal.subject.name);
        silent(&personal.subject.born);
        silent(&personal.addresses);
        silent(&personal.children);
        silent(&personal.others);
    }
}
