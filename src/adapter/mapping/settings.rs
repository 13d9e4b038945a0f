//! How a row becomes somebody, as it is written in a configuration: every value is an expression over `row`.

use serde::Deserialize;
use toml::Spanned;

/// What is written in a configuration: an expression, and where it stands.
pub type Written = Spanned<String>;

/// How a row becomes somebody. Every value is an expression over `row`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The system's own key of the person. Never empty.
    pub key: Written,
    /// The present family name.
    pub family: Written,
    /// The present given names.
    pub given: Written,
    /// Former names and aliases.
    #[serde(default)]
    pub former: Vec<Former>,
    /// Date of birth, `YYYY-MM-DD`.
    pub born: Option<Written>,
    /// How sure it is: `known`, `estimated` or `expected`. Without this every date is known.
    pub accuracy: Option<Written>,
    /// Sex, a word of the standard set.
    pub sex: Option<Written>,
    /// Where the person lives or has lived.
    #[serde(default)]
    pub addresses: Vec<Address>,
    /// Involvements.
    #[serde(default)]
    pub episodes: Vec<Episode>,
    /// The worker to speak to.
    pub worker: Option<Worker>,
    /// How many contacts there were in the last year; `none` where not counted.
    pub recent_contacts: Option<Written>,
    /// The latest of them, `YYYY-MM-DD`.
    pub last_contact: Option<Written>,
}

/// Former names: one, or one for each item of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Former {
    /// The list; each of its items is `item`. Without this the row is read once.
    pub each: Option<Written>,
    /// Whether it counts; without this it always does.
    pub when: Option<Written>,
    /// The family name.
    pub family: Written,
    /// The given names.
    pub given: Written,
}

/// Addresses: one, or one for each item of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// As [`Former::each`].
    pub each: Option<Written>,
    /// As [`Former::when`].
    pub when: Option<Written>,
    /// Lines without the postcode.
    pub lines: Option<Written>,
    /// The postcode.
    pub postcode: Written,
}

/// Involvements: one, or one for each item of a list.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Episode {
    /// As [`Former::each`].
    pub each: Option<Written>,
    /// As [`Former::when`].
    pub when: Option<Written>,
    /// What kind: a word of the standard set.
    pub kind: Written,
    /// Whether it is open. Without this it is while it has no end.
    pub open: Option<Written>,
    /// Since when, `YYYY-MM-DD`.
    pub start: Option<Written>,
    /// Until when, `YYYY-MM-DD`. Without this, `open` must be said.
    pub end: Option<Written>,
    /// Category of abuse: a word of the standard set.
    pub category: Option<Written>,
    /// Legal status code (SSDA903).
    pub legal_status: Option<Written>,
    /// Whether the plan is another authority's.
    pub other_authority: Option<Written>,
    /// How it may be used: a list of words of the standard set, or one.
    pub handling: Option<Written>,
}

/// The worker to speak to. One of whom nothing is known is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// The name.
    pub name: Written,
    /// The team.
    pub team: Option<Written>,
    /// Telephone.
    pub phone: Option<Written>,
    /// Mailbox.
    pub email: Option<Written>,
}
