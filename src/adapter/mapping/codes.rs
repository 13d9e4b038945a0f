//! Code sets: the words of a borough's system and the standard ones. A code that no table holds is a fault, never a guess.

use super::expression::refused;
use super::fault::{Fault, Page};
use minijinja::value::{Value, ValueKind};
use minijinja::{Error, ErrorKind, State};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;
use usher_proto::v1;

/// The code tables of one connector, by the name under which the filter `code` finds them.
pub type Settings = BTreeMap<String, Table>;

/// One table: a system's codes and the standard words for them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Which words the right side holds.
    pub standard: Standard,
    /// The system's code on the left, exactly as the system writes it (spaces around it aside); the standard word on the right. An
    /// empty code stands for none at all.
    pub codes: BTreeMap<String, Spanned<String>>,
}

/// The standard sets. Their words are those of the wire, in kebab case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standard {
    /// Kinds of involvement; `ignore` leaves the involvement out.
    EpisodeKind,
    /// Categories of abuse; `none` where a plan has none.
    AbuseCategory,
    /// Sex as recorded; `none` where nothing is.
    Sex,
    /// How a piece of an answer may be used.
    Handling,
}

/// What leaves an involvement out.
pub(super) const IGNORE: &str = "ignore";
/// What stands for nothing recorded.
pub(super) const NONE: &str = "none";

const EPISODE_KINDS: [(&str, v1::EpisodeKind); 21] = [
    (IGNORE, v1::EpisodeKind::Unspecified),
    ("early-help", v1::EpisodeKind::EarlyHelp),
    ("ehcp", v1::EpisodeKind::Ehcp),
    ("family-court-order", v1::EpisodeKind::FamilyCourtOrder),
    ("cin-plan", v1::EpisodeKind::CinPlan),
    ("cp-plan", v1::EpisodeKind::CpPlan),
    ("camhs-plan", v1::EpisodeKind::CamhsPlan),
    ("section-47", v1::EpisodeKind::Section47),
    ("care-leaver", v1::EpisodeKind::CareLeaver),
    ("looked-after", v1::EpisodeKind::LookedAfter),
    ("adult-safeguarding", v1::EpisodeKind::AdultSafeguarding),
    ("assessment", v1::EpisodeKind::Assessment),
    ("pre-birth", v1::EpisodeKind::PreBirth),
    ("private-fostering", v1::EpisodeKind::PrivateFostering),
    ("care-and-support", v1::EpisodeKind::CareAndSupport),
    ("section-42", v1::EpisodeKind::Section42),
    (
        "domestic-abuse-incident",
        v1::EpisodeKind::DomesticAbuseIncident,
    ),
    (
        "domestic-abuse-marker",
        v1::EpisodeKind::DomesticAbuseMarker,
    ),
    (
        "non-molestation-order",
        v1::EpisodeKind::NonMolestationOrder,
    ),
    ("protective-order", v1::EpisodeKind::ProtectiveOrder),
    ("marac", v1::EpisodeKind::Marac),
];

const ABUSE_CATEGORIES: [(&str, v1::AbuseCategory); 6] = [
    (NONE, v1::AbuseCategory::Unspecified),
    ("neglect", v1::AbuseCategory::Neglect),
    ("physical", v1::AbuseCategory::Physical),
    ("sexual", v1::AbuseCategory::Sexual),
    ("emotional", v1::AbuseCategory::Emotional),
    ("multiple", v1::AbuseCategory::Multiple),
];

const SEXES: [(&str, v1::Sex); 4] = [
    (NONE, v1::Sex::Unspecified),
    ("female", v1::Sex::Female),
    ("male", v1::Sex::Male),
    ("not-specified", v1::Sex::NotSpecified),
];

const HANDLINGS: [(&str, v1::Handling); 4] = [
    ("may-cite", v1::Handling::MayCite),
    ("probation-only", v1::Handling::ProbationOnly),
    ("not-to-defendant", v1::Handling::NotToDefendant),
    ("ring-first", v1::Handling::RingFirst),
];

/// A standard set that words are read from.
pub(super) trait Words: Copy + 'static {
    /// Each word and what it means.
    const WORDS: &'static [(&'static str, Self)];

    /// What `word` means, where it is one of the set.
    fn read(word: &str) -> Option<Self> {
        let found = Self::WORDS.iter().find(|(known, _)| *known == word);
        found.map(|(_, meaning)| *meaning)
    }

    /// The word for a meaning.
    fn word(self) -> Option<&'static str>
    where
        Self: PartialEq,
    {
        let found = Self::WORDS.iter().find(|(_, meaning)| *meaning == self);
        found.map(|(word, _)| *word)
    }
}

impl Words for v1::EpisodeKind {
    const WORDS: &'static [(&'static str, Self)] = &EPISODE_KINDS;
}

impl Words for v1::AbuseCategory {
    const WORDS: &'static [(&'static str, Self)] = &ABUSE_CATEGORIES;
}

impl Words for v1::Sex {
    const WORDS: &'static [(&'static str, Self)] = &SEXES;
}

impl Words for v1::Handling {
    const WORDS: &'static [(&'static str, Self)] = &HANDLINGS;
}

impl Standard {
    /// Its words.
    pub fn words(self) -> Vec<&'static str> {
        fn of<T: Words>() -> Vec<&'static str> {
            T::WORDS.iter().map(|(word, _)| *word).collect()
        }
        match self {
            Self::EpisodeKind => of::<v1::EpisodeKind>(),
            Self::AbuseCategory => of::<v1::AbuseCategory>(),
            Self::Sex => of::<v1::Sex>(),
            Self::Handling => of::<v1::Handling>(),
        }
    }
}

/// The tables as expressions see them.
///
/// # Errors
/// A fault for each word that is not one of its standard set.
pub(super) fn compile(settings: &Settings, page: &Page) -> Result<Value, Vec<Fault>> {
    let mut faults = Vec::new();
    for table in settings.values() {
        let words = table.standard.words();
        for word in table.codes.values() {
            if !words.contains(&word.get_ref().as_str()) {
                faults.push(page.fault(
                    word.span().start,
                    "not a word of this standard set",
                    format!("write one of: {}", words.join(", ")),
                ));
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Value::from_pairs(settings.iter().map(|(name, table)| {
        let codes = table.codes.iter();
        let pairs = codes.map(|(code, word)| (code.trim(), word.get_ref().as_str()));
        (name.as_str(), Value::from_pairs(pairs))
    })))
}

const CODE_REMEDY: &str = "ask whoever runs the system what it means, and add it to the table";

/// The filter `code(set)`: the standard word for a system's code.
pub(super) fn code(state: &State<'_, '_>, value: &Value, set: &str) -> Result<Value, Error> {
    let written = match value.kind() {
        ValueKind::Undefined => return Err(ErrorKind::UndefinedError.into()),
        ValueKind::None => String::new(),
        ValueKind::String | ValueKind::Number | ValueKind::Bool => value.to_string(),
        _ => {
            return Err(refused(
                "a code that is neither text nor a number",
                CODE_REMEDY,
            ));
        }
    };
    let table = state.lookup("codes").unwrap_or_default().get_attr(set)?;
    if table.is_undefined() {
        return Err(refused(
            "no code table of this name",
            "name one of the code tables",
        ));
    }
    let word = table.get_item(&Value::from(written.trim()))?;
    if word.is_undefined() {
        return Err(refused(
            "a code that the code table does not hold",
            CODE_REMEDY,
        ));
    }
    Ok(word)
}
