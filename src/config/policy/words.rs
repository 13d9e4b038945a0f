//! The words of a policy file: codes of the core, spans, moments, and lengths of real time.

use serde::de::{Deserializer, Error};
use serde::{Deserialize, de};
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time::Duration;
use usher_domain::agreement::DataCategory;
use usher_domain::case::Indicator;
use usher_domain::code::ResponderKind;
use usher_domain::enquiry::{CloseReason, Purpose, Track};
use usher_domain::ladder::{Audience, StepKind, Unless};
use usher_domain::policy::Offset;

/// A value of one of the core's code sets, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct Code<T>(pub(in crate::config) T);

/// A code set of the core.
pub(in crate::config) trait Codes: Copy + 'static {
    /// Every value with its name.
    const ALL: &'static [Self];
    /// What it is called where one is missing.
    fn name(self) -> &'static str;
}

macro_rules! codes {
    ($($name:ident),*) => { $(
        impl Codes for $name {
            const ALL: &'static [Self] = $name::ALL;
            fn name(self) -> &'static str {
                $name::name(self)
            }
        }
    )* };
}
codes!(
    Track,
    StepKind,
    Unless,
    Audience,
    Purpose,
    DataCategory,
    Indicator,
    ResponderKind,
    CloseReason
);

impl<'de, T: Codes> Deserialize<'de> for Code<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = T::ALL.iter().find(|code| code.name() == text);
        found.copied().map(Self).ok_or_else(|| {
            let names: Vec<String> = T::ALL
                .iter()
                .map(|code| format!("`{}`", code.name()))
                .collect();
            D::Error::custom(format!(
                "unknown variant `{text}`, expected one of {}",
                names.join(", ")
            ))
        })
    }
}

/// A text that the core can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parsed = text.parse().map(Self);
        parsed.map_err(|error| D::Error::custom(format!("{text:?}: {error}")))
    }
}

/// One moment, or a list of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Moments(pub(super) Vec<Offset>);

impl<'de> Deserialize<'de> for Moments {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrMany(PhantomData))
    }
}

struct OneOrMany(PhantomData<Offset>);

impl<'de> de::Visitor<'de> for OneOrMany {
    type Value = Moments;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a moment such as \"hearing - 30 min\", or a list of them")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Moments, E> {
        let moment = text
            .parse()
            .map_err(|error| E::custom(format!("{text:?}: {error}")))?;
        Ok(Moments(vec![moment]))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Moments, A::Error> {
        let mut moments = Vec::new();
        while let Some(Parsed(moment)) = items.next_element()? {
            moments.push(moment);
        }
        Ok(Moments(moments))
    }
}

/// A length of real time: `250 ms`, `5 s`, `2 min`, `1 h`; never nothing, never more than a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length(pub(super) Duration);

const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("min", 60_000), ("h", 3_600_000)];
const DAY_MILLIS: u64 = 24 * 3_600_000;

impl FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let bad = || format!("{text:?} is not a length such as 250 ms, 5 s, 2 min or 1 h");
        let digits = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(bad)?;
        let (amount, unit) = text.split_at(digits);
        let amount: u64 = amount.parse().map_err(|_| bad())?;
        let found = UNITS.iter().find(|(name, _)| *name == unit.trim());
        let (_, millis) = found.ok_or_else(bad)?;
        match amount.saturating_mul(*millis) {
            length @ 1..=DAY_MILLIS => Ok(Self(Duration::from_millis(length))),
            _ => Err(format!("{text:?} is not between 1 ms and 24 h")),
        }
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}
