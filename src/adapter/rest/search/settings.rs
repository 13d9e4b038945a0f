//! What a configuration says of one way to search.

use crate::adapter::blocking::Block;
use crate::adapter::mapping::Written;
use crate::adapter::rest::request::Method;
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// One way to search.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// How it is asked.
    #[serde(default)]
    pub method: Method,
    /// Where, below `base`.
    pub path: Spanned<String>,
    /// Parameters in the address.
    #[serde(default)]
    pub query: BTreeMap<String, Written>,
    /// Further headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Written>,
    /// The body, as one expression that makes an object.
    pub body: Option<Written>,
    /// What it searches by, all of it: the parts of `block` that it sends. Without this it is sent once for each name of the person,
    /// as `wanted` has it.
    #[serde(default)]
    pub by: Vec<Part>,
    /// Of a search without `by`: that the system itself finds the person also under other spellings, former names and swapped dates,
    /// so that whom it does not find is not there. The borough answers for that.
    #[serde(default)]
    pub wide: bool,
    /// The list of records, over `answer`.
    pub records: Written,
    /// What leads to the next page, over `answer`, `page` (from 1) and `count` (records of this page): the request of the next page
    /// finds it as `next`. `none`, `false` or empty text at the end.
    pub next: Option<Written>,
    /// How many records a page holds at most: where there is no `next`, a full page is one that may lack somebody.
    pub page_size: Option<Spanned<usize>>,
    /// At most so many pages, 1 to 20; where there are more, nobody is certainly absent.
    #[serde(default = "pages_max")]
    pub pages_max: usize,
    /// The age of the data, over `answer`: an instant, or a date.
    pub as_of: Option<Written>,
}

fn pages_max() -> usize {
    5
}

/// What a search may go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// `block.born`: born on that day.
    Born,
    /// `block.from` and `block.until`: born between these days, both included.
    Within,
    /// `block.family`: the family name begins so, in lower case.
    Family,
    /// `block.given`: the given names begin so, in lower case.
    Given,
    /// `block.postcode`: lives or lived at this postcode; lower case, without the space.
    Postcode,
}

impl Part {
    pub(super) const ALL: [Self; 5] = [
        Self::Born,
        Self::Within,
        Self::Family,
        Self::Given,
        Self::Postcode,
    ];

    /// What expressions read of it.
    pub(super) fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Born => &["block.born"],
            Self::Within => &["block.from", "block.until"],
            Self::Family => &["block.family"],
            Self::Given => &["block.given"],
            Self::Postcode => &["block.postcode"],
        }
    }

    pub(super) fn is_in(self, block: &Block) -> bool {
        match self {
            // As many days as mistakes make of one would be as many requests.
            Self::Born => !block.born_on.is_empty() && block.born_within.is_none(),
            Self::Within => block.born_within.is_some(),
            Self::Family => block.family_starts.is_some(),
            Self::Given => block.given_starts.is_some(),
            Self::Postcode => !block.postcodes.is_empty(),
        }
    }
}
