//! The words of files, and what they mean on the wire: a value `EPISODE_KIND_CP_PLAN` is the word `cp-plan`, as on usher's command line.

use serde::Deserialize;
use usher_proto::v1;

/// Kinds of codes that a system has its own words for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// What an answer comes to.
    Disposition,
    /// How sure a match is.
    Confidence,
    /// Kinds of involvement.
    Episode,
    /// Categories of abuse.
    Category,
    /// How a piece of an answer may be used.
    Handling,
    /// What a remark is about.
    Topic,
}

/// Says that the check is another authority's; no disposition on the wire.
pub(super) const REDIRECT: &str = "redirect";

impl Code {
    /// As in the configuration.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Disposition => "disposition",
            Self::Confidence => "confidence",
            Self::Episode => "episode",
            Self::Category => "category",
            Self::Handling => "handling",
            Self::Topic => "topic",
        }
    }

    /// Whether a word of usher.
    pub(super) fn knows(self, word: &str) -> bool {
        match self {
            Self::Disposition => word == REDIRECT || disposition(word).is_some(),
            Self::Confidence => confidence(word).is_some(),
            Self::Episode => episode(word).is_some(),
            Self::Category => category(word).is_some(),
            Self::Handling => handling(word).is_some(),
            Self::Topic => topic(word).is_some(),
        }
    }
}

pub(super) fn disposition(word: &str) -> Option<v1::Disposition> {
    v1::Disposition::from_str_name(&constant("DISPOSITION", word)?)
}

pub(super) fn confidence(word: &str) -> Option<v1::Confidence> {
    v1::Confidence::from_str_name(&constant("CONFIDENCE", word)?)
}

pub(super) fn episode(word: &str) -> Option<v1::EpisodeKind> {
    v1::EpisodeKind::from_str_name(&constant("EPISODE_KIND", word)?)
}

pub(super) fn category(word: &str) -> Option<v1::AbuseCategory> {
    v1::AbuseCategory::from_str_name(&constant("ABUSE_CATEGORY", word)?)
}

pub(super) fn handling(word: &str) -> Option<v1::Handling> {
    v1::Handling::from_str_name(&constant("HANDLING", word)?)
}

pub(super) fn topic(word: &str) -> Option<v1::Topic> {
    v1::Topic::from_str_name(&constant("TOPIC", word)?)
}

/// The word of a constant of the wire; empty where nothing is said.
pub(super) fn of(constant: &str, prefix: &str) -> String {
    let rest = constant.strip_prefix(prefix).unwrap_or(constant);
    match rest.trim_start_matches('_') {
        "UNSPECIFIED" => String::new(),
        rest => rest.to_ascii_lowercase().replace('_', "-"),
    }
}

fn constant(prefix: &str, word: &str) -> Option<String> {
    let plain =
        |letter: u8| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == b'-';
    let known = !word.is_empty() && word != "unspecified" && word.bytes().all(plain);
    known.then(|| format!("{prefix}_{}", word.to_ascii_uppercase().replace('-', "_")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_wire_and_nothing_near_them() {
        let check = |word: &str, expected| assert_eq!(disposition(word), expected, "{word}");
        check("not-known", Some(v1::Disposition::NotKnown));
        check(
            "held-cannot-disclose",
            Some(v1::Disposition::HeldCannotDisclose),
        );
        check("unspecified", None);
        check("Not-Known", None);
        check("not_known", None);
        check("", None);
        assert_eq!(episode("section47"), Some(v1::EpisodeKind::Section47));
        assert_eq!(
            of("CURFEW_STATE_NOT_PROPOSED", "CURFEW_STATE"),
            "not-proposed"
        );
        assert_eq!(of("SEX_UNSPECIFIED", "SEX"), "");
    }
}
