//! What codes mean: the standard ones, and those that the borough has mapped to them. What is neither is not guessed.

use super::settings::{Codes, SettingsError};
use std::collections::BTreeMap;
use usher_proto::v1::{AbuseCategory, EpisodeKind, Sex};

/// A code that is neither standard nor mapped.
pub(super) struct UnknownCode;

/// What a row of involvement is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Involvement of a kind that answers can name.
    Episode(EpisodeKind),
    /// A legal status, said with the time of being looked after.
    LegalStatus,
    /// A referral, for which answers have no kind: whether anything came of it is told by the others.
    Referral,
}

const KINDS: [(&str, Kind); 22] = [
    ("early-help", Kind::Episode(EpisodeKind::EarlyHelp)),
    ("ehcp", Kind::Episode(EpisodeKind::Ehcp)),
    (
        "family-court-order",
        Kind::Episode(EpisodeKind::FamilyCourtOrder),
    ),
    ("cin-plan", Kind::Episode(EpisodeKind::CinPlan)),
    ("cp-plan", Kind::Episode(EpisodeKind::CpPlan)),
    ("camhs-plan", Kind::Episode(EpisodeKind::CamhsPlan)),
    ("section-47", Kind::Episode(EpisodeKind::Section47)),
    ("care-leaver", Kind::Episode(EpisodeKind::CareLeaver)),
    (
        "child-looked-after",
        Kind::Episode(EpisodeKind::LookedAfter),
    ),
    (
        "adult-safeguarding",
        Kind::Episode(EpisodeKind::AdultSafeguarding),
    ),
    ("assessment", Kind::Episode(EpisodeKind::Assessment)),
    ("pre-birth", Kind::Episode(EpisodeKind::PreBirth)),
    (
        "private-fostering",
        Kind::Episode(EpisodeKind::PrivateFostering),
    ),
    (
        "care-and-support",
        Kind::Episode(EpisodeKind::CareAndSupport),
    ),
    ("section-42", Kind::Episode(EpisodeKind::Section42)),
    (
        "domestic-abuse-incident",
        Kind::Episode(EpisodeKind::DomesticAbuseIncident),
    ),
    (
        "domestic-abuse-marker",
        Kind::Episode(EpisodeKind::DomesticAbuseMarker),
    ),
    (
        "non-molestation-order",
        Kind::Episode(EpisodeKind::NonMolestationOrder),
    ),
    (
        "protective-order",
        Kind::Episode(EpisodeKind::ProtectiveOrder),
    ),
    ("marac", Kind::Episode(EpisodeKind::Marac)),
    ("legal-status", Kind::LegalStatus),
    ("referral", Kind::Referral),
];

const SEXES: [(&str, Sex); 10] = [
    ("f", Sex::Female),
    ("female", Sex::Female),
    ("2", Sex::Female),
    ("m", Sex::Male),
    ("male", Sex::Male),
    ("1", Sex::Male),
    ("u", Sex::NotSpecified),
    ("unknown", Sex::NotSpecified),
    ("not known", Sex::NotSpecified),
    ("not specified", Sex::NotSpecified),
];

const CATEGORIES: [(&str, AbuseCategory); 14] = [
    ("neg", AbuseCategory::Neglect),
    ("neglect", AbuseCategory::Neglect),
    ("phy", AbuseCategory::Physical),
    ("physical", AbuseCategory::Physical),
    ("physical abuse", AbuseCategory::Physical),
    ("sab", AbuseCategory::Sexual),
    ("sexual", AbuseCategory::Sexual),
    ("sexual abuse", AbuseCategory::Sexual),
    ("emo", AbuseCategory::Emotional),
    ("emotional", AbuseCategory::Emotional),
    ("emotional abuse", AbuseCategory::Emotional),
    ("mul", AbuseCategory::Multiple),
    ("multiple", AbuseCategory::Multiple),
    ("multiple abuse", AbuseCategory::Multiple),
];

/// Legal statuses of children who are looked after (SSDA903).
const LEGAL_STATUSES: [&str; 13] = [
    "C1", "C2", "D1", "E1", "V2", "V3", "V4", "L1", "L2", "L3", "J1", "J2", "J3",
];

/// Care leavers' eligibility: whether there is any now.
const ELIGIBILITIES: [(&str, bool); 8] = [
    ("relevant", true),
    ("former relevant", true),
    ("eligible", true),
    ("qualifying", true),
    ("current", true),
    ("no current eligibility", false),
    ("none", false),
    ("not eligible", false),
];

/// The tables, the borough's own first.
pub(super) struct Book {
    sex: BTreeMap<String, Sex>,
    category: BTreeMap<String, AbuseCategory>,
    legal_status: BTreeMap<String, String>,
    eligibility: BTreeMap<String, bool>,
    kind: BTreeMap<String, Kind>,
}

impl Book {
    /// # Errors
    /// When something is mapped to what is no standard code.
    pub(super) fn new(codes: &Codes) -> Result<Self, SettingsError> {
        let legal = codes.legal_status.iter().map(|(own, standard)| {
            let known = standard.is_empty() || LEGAL_STATUSES.contains(&standard.as_str());
            known
                .then(|| (folded(own), standard.clone()))
                .ok_or(mapped_to_nothing("codes.legal_status"))
        });
        Ok(Self {
            sex: table("codes.sex", &codes.sex, &SEXES)?,
            category: table("codes.category", &codes.category, &CATEGORIES)?,
            legal_status: legal.collect::<Result<_, _>>()?,
            eligibility: table("codes.eligibility", &codes.eligibility, &ELIGIBILITIES)?,
            kind: table("codes.kind", &codes.kind, &KINDS)?,
        })
    }

    pub(super) fn sex(&self, code: &str) -> Result<Sex, UnknownCode> {
        self.sex.get(&folded(code)).copied().ok_or(UnknownCode)
    }

    /// `Multiple: …` names its parts, which an answer has no room for.
    pub(super) fn category(&self, code: &str) -> Result<AbuseCategory, UnknownCode> {
        let code = folded(code);
        let multiple = code
            .starts_with("multiple:")
            .then_some(AbuseCategory::Multiple);
        self.category
            .get(&code)
            .copied()
            .or(multiple)
            .ok_or(UnknownCode)
    }

    /// An SSDA903 code; `None` for a status without bearing on being looked after. A code may be followed by its words (`C2 Full care order`).
    pub(super) fn legal_status(&self, code: &str) -> Result<Option<String>, UnknownCode> {
        if let Some(standard) = self.legal_status.get(&folded(code)) {
            return Ok((!standard.is_empty()).then(|| standard.clone()));
        }
        let first = code
            .trim()
            .split(|letter: char| !letter.is_ascii_alphanumeric())
            .next()
            .unwrap_or_default()
            .to_ascii_uppercase();
        if LEGAL_STATUSES.contains(&first.as_str()) {
            Ok(Some(first))
        } else {
            Err(UnknownCode)
        }
    }

    pub(super) fn eligible(&self, code: &str) -> Result<bool, UnknownCode> {
        self.eligibility
            .get(&folded(code))
            .copied()
            .ok_or(UnknownCode)
    }

    pub(super) fn kind(&self, code: &str) -> Result<Kind, UnknownCode> {
        self.kind.get(&folded(code)).copied().ok_or(UnknownCode)
    }
}

/// Yes, no, or neither.
pub(super) fn flag(code: &str) -> Result<bool, UnknownCode> {
    match folded(code).as_str() {
        "y" | "yes" | "1" | "t" | "true" => Ok(true),
        "n" | "no" | "0" | "f" | "false" => Ok(false),
        _ => Err(UnknownCode),
    }
}

fn table<T: Copy>(
    setting: &'static str,
    own: &BTreeMap<String, String>,
    standard: &[(&str, T)],
) -> Result<BTreeMap<String, T>, SettingsError> {
    let mut table: BTreeMap<String, T> = standard
        .iter()
        .map(|(code, meaning)| ((*code).to_owned(), *meaning))
        .collect();
    for (code, to) in own {
        let meaning = standard
            .iter()
            .find(|(known, _)| *known == folded(to))
            .ok_or(mapped_to_nothing(setting))?;
        table.insert(folded(code), meaning.1);
    }
    Ok(table)
}

fn mapped_to_nothing(setting: &'static str) -> SettingsError {
    SettingsError::Unusable {
        setting,
        remedy: "map to standard codes, as deploy/adapters/sql.md lists them",
    }
}

/// Lower case, single spaces.
fn folded(code: &str) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
