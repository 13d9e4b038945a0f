//! Finds the columns of a release by the patterns of their names.

/// Where the needed columns are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) postcode: usize,
    pub(super) district: usize,
    pub(super) county: Option<usize>,
    pub(super) terminated: Option<usize>,
}

/// Names of columns that an error lists; a release has about fifty.
const LISTED_MAX: usize = 60;
/// Characters of a name that an error shows.
const NAME_CHARS_MAX: usize = 24;

/// A first line without the needed columns.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the first line has no column for {missing}; needed are a postcode (pcds, or pcd, pcd2, pcd7, pcd8) and a local \
     authority district (oslaua, laua or ladNNcd, such as lad25cd); found: {found}"
)]
pub struct HeaderError {
    /// What is missing.
    pub missing: &'static str,
    /// The names that the line has.
    pub found: String,
}

impl Columns {
    /// Finds the columns in the first line of a release. Of several that fit, the newest edition counts.
    pub(super) fn find(header: &csv::ByteRecord) -> Result<Self, HeaderError> {
        let names: Vec<String> = header
            .iter()
            .map(|name| {
                String::from_utf8_lossy(name)
                    .trim_matches(['\u{feff}', ' '])
                    .to_ascii_lowercase()
            })
            .collect();
        let best = |rank: &dyn Fn(&str) -> Option<u8>| {
            let ranked = names
                .iter()
                .enumerate()
                .filter_map(|(place, name)| Some((rank(name)?, place)));
            ranked.max_by_key(|(rank, _)| *rank).map(|(_, place)| place)
        };
        let missing = |missing| HeaderError {
            missing,
            found: listed(&names),
        };
        let plain = |wanted: &'static [&'static str]| {
            move |name: &str| {
                let place = wanted.iter().position(|one| *one == name)?;
                u8::try_from(place).ok()
            }
        };
        Ok(Self {
            postcode: best(&plain(&["pcd", "pcd2", "pcd7", "pcd8", "pcds"]))
                .ok_or(missing("the postcode"))?,
            district: best(&|name| {
                edition(name, "lad").or_else(|| plain(&["laua", "oslaua"])(name))
            })
            .ok_or(missing("the local authority district"))?,
            county: best(&|name| edition(name, "cty").or_else(|| plain(&["cty", "oscty"])(name))),
            terminated: best(&plain(&["doterm"])),
        })
    }
}

/// The year of a name such as `lad25cd`, after every name without a year.
fn edition(name: &str, stem: &str) -> Option<u8> {
    let year = name.strip_prefix(stem)?.strip_suffix("cd")?;
    let two_digits = year.len() == 2 && year.bytes().all(|byte| byte.is_ascii_digit());
    if two_digits {
        Some(100 + year.parse::<u8>().ok()?)
    } else {
        None
    }
}

fn listed(names: &[String]) -> String {
    let short = names
        .iter()
        .take(LISTED_MAX)
        .map(|name| name.chars().take(NAME_CHARS_MAX).collect());
    let mut short: Vec<String> = short.collect();
    if names.len() > LISTED_MAX {
        short.push("…".to_owned());
    }
    short.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(header: &str) -> Result<Columns, HeaderError> {
        Columns::find(&csv::ByteRecord::from(
            header.split(',').collect::<Vec<_>>(),
        ))
    }

    #[test]
    fn columns_are_found_by_name_in_every_edition() {
        let rows = [
            // ONSPD to 2024, NSPL 2021, NSPL 2025 and 2026, ONSPD November 2025; shortened, in their order
            (
                "pcd,pcd2,pcds,dointr,doterm,oscty,ced,oslaua",
                (2, 7, Some(5), Some(4)),
            ),
            (
                "pcd,pcd2,pcds,dointr,doterm,usertype,cty,ced,laua",
                (2, 8, Some(6), Some(4)),
            ),
            (
                "pcd7,pcd8,pcds,dointr,doterm,cty25cd,ced25cd,lad25cd",
                (2, 7, Some(5), Some(4)),
            ),
            (
                "pcd7,pcd8,pcds,dointr,doterm,cty26cd,ced26cd,lad26cd",
                (2, 7, Some(5), Some(4)),
            ),
            ("pcds,lad25cd", (0, 1, None, None)),
            ("lad25cd,pcd7", (1, 0, None, None)),
            ("pcd8,pcd7,lad24cd,lad25cd,laua", (0, 3, None, None)),
            ("\u{feff}PCDS, LAD25CD ,DOTERM", (0, 1, None, Some(2))),
        ];
        for (header, (postcode, district, county, terminated)) in rows {
            let expected = Columns {
                postcode,
                district,
                county,
                terminated,
            };
            assert_eq!(find(header), Ok(expected), "{header}");
        }
    }

    #[test]
    fn a_header_without_them_says_what_is_needed_and_what_was_found() {
        let rows = [
            ("postcode,lad25cd", "no column for the postcode;"),
            (
                "pcds,lad25nm,ladcd,lad2025cd",
                "no column for the local authority district;",
            ),
            ("pcds,lad25nm", "found: pcds, lad25nm"),
            (
                "pcds,lad25nm",
                "needed are a postcode (pcds, or pcd, pcd2, pcd7, pcd8) and a local authority district",
            ),
        ];
        for (header, expected) in rows {
            let error = find(header).unwrap_err().to_string();
            assert!(error.contains(expected), "{error} should say {expected}");
        }
    }
}
