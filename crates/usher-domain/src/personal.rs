//! The personal part of enquiries and answers: people, addresses, what a borough knows. Routing needs only the postcodes, at
//! submission; deadlines and escalation need none of it. No type here has a `Debug` that prints a value.

use crate::code::{Crn, Pnc, Urn};
use crate::codes::codes;
use crate::enquiry::AddressRole;
use crate::limits;
use core::fmt;
use jiff::civil::Date;

macro_rules! hidden {
    ($($name:ident),* $(,)?) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    )*};
}
hidden!(
    Personal,
    Subject,
    Name,
    Birth,
    Address,
    Child,
    Other,
    AnswerContent,
    Match,
    Episode,
    Worker,
    Remark
);

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

/// What a borough says about the people of an enquiry.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AnswerContent {
    /// Whom the borough found in its records.
    pub matches: Vec<Match>,
    /// Involvement, open and closed.
    pub episodes: Vec<Episode>,
    /// The worker to speak to.
    pub worker: Option<Worker>,
    /// Contacts or referrals in the last year.
    pub recent_contacts: Option<u32>,
    /// The latest of them.
    pub last_contact: Option<Date>,
    /// Concerns, restrictions, advice and narrative, each with its handling.
    pub remarks: Vec<Remark>,
    /// Until when the answer may be relied on.
    pub valid_until: Option<Date>,
}

/// One person found.
#[derive(Clone, PartialEq, Eq)]
pub struct Match {
    /// Who: `subject`, `child 1`, `other 2`, in the order of the enquiry.
    pub who: String,
    /// How sure.
    pub confidence: Confidence,
    /// By what, in words.
    pub basis: String,
}

codes! {
    /// How sure a match is.
    Confidence {
        /// The same person.
        Certain = "certain",
        /// Perhaps the same.
        Possible = "possible",
        /// Nobody found.
        None = "none",
    }
}

/// One involvement.
#[derive(Clone, PartialEq, Eq)]
pub struct Episode {
    /// What kind.
    pub kind: EpisodeKind,
    /// Whom it concerns, as in [`Match::who`].
    pub who: String,
    /// Whether it is open.
    pub open: bool,
    /// Since when.
    pub start: Option<Date>,
    /// Until when.
    pub end: Option<Date>,
    /// Category of abuse, for protection plans.
    pub category: Option<AbuseCategory>,
    /// Legal status code (SSDA903), such as `C2`; may be empty.
    pub legal_status: String,
    /// Whether the plan is another authority's.
    pub other_authority: bool,
    /// How it may be used.
    pub handling: Vec<Handling>,
}

codes! {
    /// Kinds of involvement: the MAIS service episodes, and what enquiry forms ask besides.
    EpisodeKind {
        /// Early help.
        EarlyHelp = "early-help",
        /// Education, health and care plan.
        Ehcp = "ehcp",
        /// Family court order or proceedings.
        FamilyCourtOrder = "family-court-order",
        /// Child in need plan.
        CinPlan = "cin-plan",
        /// Child protection plan.
        CpPlan = "cp-plan",
        /// Mental health plan.
        CamhsPlan = "CAMHS-plan",
        /// Section 47 enquiry.
        Section47 = "section-47",
        /// Care leaver.
        CareLeaver = "care-leaver",
        /// Looked after.
        LookedAfter = "child-looked-after",
        /// Adult safeguarding.
        AdultSafeguarding = "adult-safeguarding",
        /// An assessment under way.
        Assessment = "assessment",
        /// Pre-birth assessment.
        PreBirth = "pre-birth",
        /// Private fostering.
        PrivateFostering = "private-fostering",
    }
}

codes! {
    /// Category of abuse (children in need census).
    AbuseCategory {
        /// Neglect.
        Neglect = "NEG",
        /// Physical.
        Physical = "PHY",
        /// Sexual.
        Sexual = "SAB",
        /// Emotional.
        Emotional = "EMO",
        /// Multiple.
        Multiple = "MUL",
    }
}

codes! {
    /// How a piece of an answer may be used. A report is read by the defendant and the prosecutor.
    Handling {
        /// May be cited in the report.
        MayCite = "may_cite",
        /// For probation's eyes only.
        ProbationOnly = "probation_only",
        /// Must not be disclosed to the defendant.
        NotToDefendant = "not_to_defendant",
        /// Ring the borough before use.
        RingFirst = "ring_first",
    }
}

/// A social worker to speak to.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Worker {
    /// The name.
    pub name: String,
    /// The team.
    pub team: String,
    /// Telephone.
    pub phone: String,
    /// Mailbox.
    pub email: String,
}

/// Something said in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Remark {
    /// About what.
    pub topic: Topic,
    /// The words.
    pub text: String,
    /// How they may be used; empty means as `probation_only`.
    pub handling: Vec<Handling>,
}

codes! {
    /// What a remark is about.
    Topic {
        /// Concerns about the adult.
        AdultConcerns = "adult_concerns",
        /// Contact restrictions.
        ContactRestrictions = "contact_restrictions",
        /// Whether a curfew at the address is safe.
        CurfewAdvice = "curfew_advice",
        /// Anything else.
        Narrative = "narrative",
    }
}

/// A field that cannot stay as it is. The value itself is never repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Path of the field, such as `personal.children[2].name.family`.
    pub field: String,
    /// What is wrong and what to do.
    pub why: String,
}

/// Collects violations along a path of fields.
#[derive(Debug, Default)]
pub struct Validator {
    found: Vec<Violation>,
}

impl Validator {
    /// Notes that `field` is wrong.
    pub fn fail(&mut self, field: impl Into<String>, why: impl Into<String>) {
        self.found.push(Violation {
            field: field.into(),
            why: why.into(),
        });
    }

    /// Notes `field` when `text` is longer than `max` characters or holds control characters other than line breaks.
    pub fn text(&mut self, field: impl Into<String>, text: &str, max: usize) {
        if text.chars().count() > max {
            self.fail(field, format!("at most {max} characters"));
        } else if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        {
            self.fail(field, "no control characters");
        }
    }

    /// Notes `field` when a list is longer than `max`.
    pub fn list<T>(&mut self, field: impl Into<String>, list: &[T], max: usize) {
        if list.len() > max {
            self.fail(field, format!("at most {max} entries"));
        }
    }

    /// What was found, in the order of the fields.
    ///
    /// # Errors
    /// The violations, when there are any.
    pub fn finish(self) -> Result<(), Vec<Violation>> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.found)
        }
    }
}

impl Personal {
    /// Notes every field that is wrong, under `path`.
    pub fn validate(&self, path: &str, into: &mut Validator) {
        let line = limits::LINE_CHARS_MAX;
        if self.subject.name.family.trim().is_empty() {
            into.fail(
                format!("{path}.subject.name.family"),
                "the defendant's family name is needed",
            );
        }
        self.subject
            .name
            .validate(&format!("{path}.subject.name"), into);
        into.list(
            format!("{path}.subject.aliases"),
            &self.subject.aliases,
            limits::ALIASES_PER_PERSON_MAX,
        );
        for (place, alias) in self.subject.aliases.iter().enumerate() {
            alias.validate(&format!("{path}.subject.aliases[{place}]"), into);
        }
        for (field, text) in [
            ("hearing_ref", &self.hearing_ref),
            ("court_room", &self.court_room),
            ("list_number", &self.list_number),
            ("offence_code", &self.offence_code),
        ] {
            into.text(format!("{path}.{field}"), text, line);
        }
        into.list(
            format!("{path}.legal_bases"),
            &self.legal_bases,
            limits::CODES_PER_LIST_MAX,
        );
        for (place, basis) in self.legal_bases.iter().enumerate() {
            into.text(format!("{path}.legal_bases[{place}]"), basis, line);
        }
        into.list(
            format!("{path}.information"),
            &self.information,
            limits::CODES_PER_LIST_MAX,
        );
        into.text(format!("{path}.note"), &self.note, limits::NOTE_CHARS_MAX);
        self.validate_addresses(path, into);
        self.validate_people(path, into);
    }

    fn validate_addresses(&self, path: &str, into: &mut Validator) {
        into.list(
            format!("{path}.addresses"),
            &self.addresses,
            limits::ADDRESSES_PER_ENQUIRY_MAX,
        );
        for (place, address) in self.addresses.iter().enumerate() {
            let at = format!("{path}.addresses[{place}]");
            into.text(
                format!("{at}.lines"),
                &address.lines,
                4 * limits::LINE_CHARS_MAX,
            );
            into.text(format!("{at}.postcode"), &address.postcode, 16);
            into.text(format!("{at}.uprn"), &address.uprn, 12);
            if matches!((address.from, address.to), (Some(from), Some(to)) if from > to) {
                into.fail(format!("{at}.to"), "must not be before from");
            }
        }
    }

    fn validate_people(&self, path: &str, into: &mut Validator) {
        into.list(
            format!("{path}.children"),
            &self.children,
            limits::CHILDREN_PER_ENQUIRY_MAX,
        );
        for (place, child) in self.children.iter().enumerate() {
            let at = format!("{path}.children[{place}]");
            child.name.validate(&format!("{at}.name"), into);
            into.text(
                format!("{at}.relationship"),
                &child.relationship,
                limits::LINE_CHARS_MAX,
            );
            into.text(
                format!("{at}.school"),
                &child.school,
                limits::LINE_CHARS_MAX,
            );
            if child
                .address
                .is_some_and(|index| usize::from(index) >= self.addresses.len())
            {
                into.fail(
                    format!("{at}.address"),
                    "must be the place of an address in the list, from 0",
                );
            }
        }
        into.list(
            format!("{path}.others"),
            &self.others,
            limits::OTHERS_PER_ENQUIRY_MAX,
        );
        for (place, other) in self.others.iter().enumerate() {
            let at = format!("{path}.others[{place}]");
            other.name.validate(&format!("{at}.name"), into);
            into.text(
                format!("{at}.relationship"),
                &other.relationship,
                limits::LINE_CHARS_MAX,
            );
        }
    }
}

impl Name {
    fn validate(&self, path: &str, into: &mut Validator) {
        into.text(
            format!("{path}.family"),
            &self.family,
            limits::LINE_CHARS_MAX,
        );
        into.text(format!("{path}.given"), &self.given, limits::LINE_CHARS_MAX);
    }
}

impl AnswerContent {
    /// Notes every field that is wrong, under `path`.
    pub fn validate(&self, path: &str, into: &mut Validator) {
        let (line, items) = (limits::LINE_CHARS_MAX, limits::ITEMS_PER_ANSWER_MAX);
        into.list(format!("{path}.matches"), &self.matches, items);
        for (place, found) in self.matches.iter().enumerate() {
            into.text(format!("{path}.matches[{place}].who"), &found.who, line);
            into.text(format!("{path}.matches[{place}].basis"), &found.basis, line);
        }
        into.list(format!("{path}.episodes"), &self.episodes, items);
        for (place, episode) in self.episodes.iter().enumerate() {
            let at = format!("{path}.episodes[{place}]");
            into.text(format!("{at}.who"), &episode.who, line);
            into.text(format!("{at}.legal_status"), &episode.legal_status, 8);
            if matches!((episode.start, episode.end), (Some(start), Some(end)) if start > end) {
                into.fail(format!("{at}.end"), "must not be before start");
            }
        }
        into.list(format!("{path}.remarks"), &self.remarks, items);
        for (place, remark) in self.remarks.iter().enumerate() {
            into.text(
                format!("{path}.remarks[{place}].text"),
                &remark.text,
                limits::NARRATIVE_CHARS_MAX,
            );
        }
        if let Some(worker) = &self.worker {
            for (field, text) in [
                ("name", &worker.name),
                ("team", &worker.team),
                ("phone", &worker.phone),
                ("email", &worker.email),
            ] {
                into.text(format!("{path}.worker.{field}"), text, line);
            }
        }
    }
}
