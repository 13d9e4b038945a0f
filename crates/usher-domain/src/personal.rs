//! The personal part of enquiries and answers: people, addresses, what a borough knows. Routing needs only the postcodes, at
//! submission; deadlines and escalation need none of it. No type here has a `Debug` that prints a value.

use crate::code::{Crn, Pnc, Urn};
use crate::codes::codes;
use crate::enquiry::AddressRole;
use crate::limits;
use core::fmt;
use jiff::civil::Date;

mod answer;
mod candidate;
mod context;
mod disclosure;
mod same_person;
mod violation;

pub use answer::{
    AbuseCategory, AnswerContent, Confidence, DataSource, Episode, EpisodeKind, Handling, Match,
    Remark, Topic, Worker,
};
pub use candidate::{Candidate, MatchFeature};
pub use context::{Basis, CourtSession, Marking, OtherResponder, PriorAnswer, Regime};
pub use disclosure::{Disclosure, DisclosureDecision, RefusalReason};
pub use same_person::{known_same_person, same_person};
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
    /// The session of the court.
    pub court_session: Option<CourtSession>,
    /// When the case comes up again after this hearing.
    pub next_hearing: Option<Date>,
    /// When the court asked for the report.
    pub report_requested: Option<Date>,
    /// By when the report is due.
    pub report_due: Option<Date>,
    /// Addresses, of which the postcodes route.
    pub addresses: Vec<Address>,
    /// Children concerned.
    pub children: Vec<Child>,
    /// Partners and other adults of the household.
    pub others: Vec<Other>,
    /// Code of the current offence; never its story.
    pub offence_code: String,
    /// By which right the information may be shared.
    pub basis: Basis,
    /// What is asked for; empty means what the agreement allows.
    pub information: Vec<Information>,
    /// Others who were asked about the same people, outside this enquiry.
    pub asked_besides: Vec<OtherResponder>,
    /// An earlier answer that was considered and does not do.
    pub prior_answer: Option<PriorAnswer>,
    /// The handling marking.
    pub marking: Marking,
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
    /// Notes that the defendant has no family name, under `path`: nobody can be asked about somebody unnamed.
    pub fn validate_named(&self, path: &str, into: &mut Validator) {
        if self.subject.name.family.trim().is_empty() {
            into.fail(
                format_args!("{path}.subject.name.family"),
                "the defendant's family name is needed",
            );
        }
    }

    /// Notes every field that is wrong, under `path`.
    pub fn validate(&self, path: &str, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
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
        if matches!((self.report_requested, self.report_due), (Some(asked), Some(due)) if asked > due)
        {
            into.fail(
                format_args!("{path}.report_due"),
                "must not be before report_requested",
            );
        }
        self.basis.validate(format_args!("{path}.basis"), into);
        into.list(
            format_args!("{path}.information"),
            &self.information,
            limits::CODES_PER_LIST_MAX,
        );
        into.list(
            format_args!("{path}.asked_besides"),
            &self.asked_besides,
            limits::CODES_PER_LIST_MAX,
        );
        if let Some(prior) = &self.prior_answer {
            prior.validate(format_args!("{path}.prior_answer"), into);
        }
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
            into.text(
                format_args!("{at}.uprn"),
                &address.uprn,
                limits::UPRN_CHARS_MAX,
            );
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
mod tests;
