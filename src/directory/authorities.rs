//! Authorities with social care duties, effective-dated, with the districts of two-tier areas.
//!
//! Guarantees: a code resolves to an authority that is in force on the day asked about, through successors when the
//! code has been replaced, or to nothing. Nothing is guessed: a county that was split has no single successor, so only
//! its districts lead on.
//!
//! It does not know people or services: who answers for an authority is [`super::responders`].

use super::rows;
use jiff::civil;
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::Path;
use usher_domain::code::AuthorityCode;

const AUTHORITIES: &str = include_str!("../../config/directory/authorities.csv");
const DISTRICTS: &str = include_str!("../../config/directory/districts.csv");

/// One of the two files, in bytes: fifty times what ships. The rest of a larger one is not read.
const FILE_BYTES_MAX: u64 = 1_024 * 1_024;
/// Hops from a replaced code to the one in force. Real chains have two; the bound makes a loop harmless.
const SUCCESSION_HOPS_MAX: usize = 8;

/// The country of an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Country {
    /// England.
    England,
    /// Wales.
    Wales,
}

/// An authority: a council with social care duties, in force or replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authority {
    /// Its GSS code.
    pub code: AuthorityCode,
    /// Its everyday name, such as `Hackney`.
    pub name: String,
    /// Its region, such as `London`; `Wales` for Wales.
    pub region: String,
    /// England or Wales.
    pub country: Country,
    /// The days on which the code counts.
    pub period: Period,
    /// The codes that take over on the day after the last.
    pub successors: Vec<AuthorityCode>,
    /// The police force area in which it lies, where the file says so. No authority lies in two.
    pub force: Option<ForceCode>,
}

/// A police force area by its GSS code, such as `E23000001` (Metropolitan Police).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ForceCode(AuthorityCode);

impl ForceCode {
    /// Reads a code of a force in England (E23) or Wales (W15).
    ///
    /// # Errors
    /// What a right one looks like.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let code = AuthorityCode::parse(text).ok();
        let known = code.filter(|code| matches!(code.as_str().get(..3), Some("E23" | "W15")));
        known
            .map(Self)
            .ok_or("expected the GSS code of a police force area, such as E23000001")
    }
}

impl fmt::Display for ForceCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Days from a first to a last, both included; an open end is unbounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first day.
    pub from: Option<civil::Date>,
    /// The last day.
    pub to: Option<civil::Date>,
}

impl Period {
    /// Whether `day` lies in the period.
    pub fn contains(&self, day: civil::Date) -> bool {
        self.from.is_none_or(|from| from <= day) && !self.is_over(day)
    }

    /// Whether the period has ended before `day`.
    pub fn is_over(&self, day: civil::Date) -> bool {
        self.to.is_some_and(|to| to < day)
    }

    /// Whether the two periods share a day.
    pub fn overlaps(&self, other: &Self) -> bool {
        let starts_in_time = |from: Option<civil::Date>, to: Option<civil::Date>| match (from, to) {
            (Some(from), Some(to)) => from <= to,
            _ => true,
        };
        starts_in_time(self.from, other.to) && starts_in_time(other.from, self.to)
    }

    fn is_backwards(&self) -> bool {
        matches!((self.from, self.to), (Some(from), Some(to)) if to < from)
    }
}

/// A district of a two-tier area: it has no social care duties, its county has.
#[derive(Clone, Debug)]
struct District {
    county: AuthorityCode,
    period: Period,
    successor: Option<AuthorityCode>,
}

/// Every authority and district that the directory knows.
#[derive(Clone, Debug)]
pub struct Authorities {
    authorities: BTreeMap<AuthorityCode, Authority>,
    districts: BTreeMap<AuthorityCode, District>,
}

/// A file of authorities or districts that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    /// It cannot be read.
    #[error("cannot read {path}; check the path, and that usher's user may read it")]
    File {
        /// The file.
        path: String,
        /// Why not.
        source: std::io::Error,
    },
    /// A row of it is wrong.
    #[error("{file}, line {line}: {problem}")]
    Invalid {
        /// Which of the two files.
        file: String,
        /// The line, counted from 1.
        line: u64,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

/// The name and the text of one of the two files.
type Named<'a> = (&'a str, &'a str);

impl Authorities {
    /// The authorities that ship with usher.
    ///
    /// # Errors
    /// When the shipped files were edited into something that cannot be used before usher was built.
    pub fn built_in() -> Result<Self, AuthoritiesError> {
        Self::parse(AUTHORITIES, DISTRICTS)
    }

    /// Reads the two files, each in place of the one that ships where a path is given.
    ///
    /// # Errors
    /// When a file cannot be read, or as in [`Authorities::parse`].
    pub fn load(
        authorities: Option<&Path>,
        districts: Option<&Path>,
    ) -> Result<Self, AuthoritiesError> {
        let authorities = read_file(authorities, AUTHORITIES_FILE, AUTHORITIES)?;
        let districts = read_file(districts, DISTRICTS_FILE, DISTRICTS)?;
        Self::read(
            (&authorities.0, &authorities.1),
            (&districts.0, &districts.1),
        )
    }

    /// Reads the text of `authorities.csv` and `districts.csv`.
    ///
    /// # Errors
    /// The first row that has a wrong code, date, country or successor, or that comes twice.
    pub fn parse(authorities: &str, districts: &str) -> Result<Self, AuthoritiesError> {
        Self::read((AUTHORITIES_FILE, authorities), (DISTRICTS_FILE, districts))
    }

    fn read(authorities: Named<'_>, districts: Named<'_>) -> Result<Self, AuthoritiesError> {
        let mut register = Self {
            authorities: BTreeMap::new(),
            districts: BTreeMap::new(),
        };
        register.read_authorities(authorities)?;
        register.read_districts(districts)?;
        register.check_successors(authorities)?;
        register.check_successors(districts)?;
        Ok(register)
    }

    /// The authority with this code, in force or not.
    pub fn get(&self, code: AuthorityCode) -> Option<&Authority> {
        self.authorities.get(&code)
    }

    /// Every authority, in force or not, by code.
    pub fn iter(&self) -> impl Iterator<Item = &Authority> {
        self.authorities.values()
    }

    /// The authorities that lie in `force`, in force or not.
    pub fn of_force(&self, force: ForceCode) -> impl Iterator<Item = &Authority> {
        self.iter()
            .filter(move |authority| authority.force == Some(force))
    }

    /// The authorities in force on `day`, by code.
    pub fn in_force(&self, day: civil::Date) -> impl Iterator<Item = &Authority> {
        self.iter()
            .filter(move |authority| authority.period.contains(day))
    }

    /// The authority with social care duties on `day` for a place given by its local authority district and, where
    /// the source has one, its county. A unitary, metropolitan, London or Welsh code means itself (E06, E08, E09, W06);
    /// a district (E07) means its county, which must be E10; anything else means nobody. A replaced code leads
    /// to its successor.
    pub fn resolve(
        &self,
        district: AuthorityCode,
        county: Option<AuthorityCode>,
        day: civil::Date,
    ) -> Option<AuthorityCode> {
        match Tier::of(district) {
            Tier::Single => self.current(district, day),
            Tier::District => self.resolve_district(district, county, day),
            Tier::County | Tier::Other => None,
        }
    }

    fn resolve_district(
        &self,
        district: AuthorityCode,
        county: Option<AuthorityCode>,
        day: civil::Date,
    ) -> Option<AuthorityCode> {
        let known = self.districts.get(&district);
        if known.is_some_and(|known| known.period.is_over(day)) {
            return self.current(district, day);
        }
        let county = county.filter(|county| Tier::of(*county) == Tier::County);
        county
            .and_then(|county| self.current(county, day))
            .or_else(|| self.current(district, day))
    }

    /// Follows a code that people name, of an authority or a district, to the authority in force on `day`: through
    /// successors and counties. `None` for a code that is none of these, and for an authority that was split.
    pub fn current(&self, code: AuthorityCode, day: civil::Date) -> Option<AuthorityCode> {
        let mut code = code;
        for _ in 0..SUCCESSION_HOPS_MAX {
            if let Some(district) = self.districts.get(&code) {
                code = match district.successor {
                    Some(successor) if district.period.is_over(day) => successor,
                    _ => district.county,
                };
                continue;
            }
            let authority = self.authorities.get(&code)?;
            if authority.period.contains(day) {
                return Some(code);
            }
            code = match authority.successors.as_slice() {
                [only] if authority.period.is_over(day) => *only,
                _ => return None,
            };
        }
        None
    }

    fn read_authorities(&mut self, file: Named<'_>) -> Result<(), AuthoritiesError> {
        each_row(file, |row: AuthorityRow| {
            let code = read_code(&row.gss)?;
            if !matches!(Tier::of(code), Tier::Single | Tier::County) {
                return Err(format!(
                    "{code} is no authority with social care duties: E06, E08, E09, E10 or W06"
                ));
            }
            let authority = Authority {
                code,
                name: row.name,
                region: row.region,
                country: row.country,
                period: read_period(&row.from, &row.to)?,
                successors: row
                    .successors
                    .split_whitespace()
                    .map(read_code)
                    .collect::<Result<_, _>>()?,
                force: read_force(&row.force)?,
            };
            insert_once(&mut self.authorities, code, authority)
        })
    }

    fn read_districts(&mut self, file: Named<'_>) -> Result<(), AuthoritiesError> {
        let Self {
            authorities,
            districts,
        } = self;
        each_row(file, |row: DistrictRow| {
            let (code, county) = (read_code(&row.lad)?, read_code(&row.county)?);
            if Tier::of(code) != Tier::District {
                return Err(format!(
                    "{code} is no district of a two-tier area: their codes start with E07"
                ));
            }
            if Tier::of(county) != Tier::County || !authorities.contains_key(&county) {
                return Err(format!(
                    "{county} is no county of {AUTHORITIES_FILE}: their codes start with E10"
                ));
            }
            let successor = match row
                .successors
                .split_whitespace()
                .collect::<Vec<_>>()
                .as_slice()
            {
                [] => None,
                [only] => Some(read_code(only)?),
                _ => return Err("a district has at most one successor".to_owned()),
            };
            insert_once(
                districts,
                code,
                District {
                    county,
                    period: read_period(&row.from, &row.to)?,
                    successor,
                },
            )
        })
    }

    fn check_successors(&self, file: Named<'_>) -> Result<(), AuthoritiesError> {
        each_row(file, |row: Succession| {
            for code in row.successors.split_whitespace() {
                let code = read_code(code)?;
                if !self.authorities.contains_key(&code) && !self.districts.contains_key(&code) {
                    return Err(format!("the successor {code} has no row; add one"));
                }
            }
            Ok(())
        })
    }
}

/// What the first three characters of a GSS code say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tier {
    /// Unitary, metropolitan district, London borough, Welsh: has social care duties itself.
    Single,
    /// A district of a two-tier area.
    District,
    /// A county of a two-tier area: has social care duties.
    County,
    /// A pseudo code, a metropolitan county, or outside England and Wales.
    Other,
}

impl Tier {
    fn of(code: AuthorityCode) -> Self {
        match code.as_str().get(..3) {
            Some("E06" | "E08" | "E09" | "W06") => Self::Single,
            Some("E07") => Self::District,
            Some("E10") => Self::County,
            _ => Self::Other,
        }
    }
}

const AUTHORITIES_FILE: &str = "authorities.csv";
const DISTRICTS_FILE: &str = "districts.csv";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AuthorityRow {
    gss: String,
    name: String,
    region: String,
    country: Country,
    from: String,
    to: String,
    successors: String,
    /// Files that were copied before forces were known have none.
    #[serde(default)]
    force: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DistrictRow {
    lad: String,
    #[serde(rename = "name")]
    _name: serde::de::IgnoredAny,
    county: String,
    from: String,
    to: String,
    successors: String,
}

/// The one column that both files share and that can only be checked when both are read.
#[derive(Deserialize)]
struct Succession {
    successors: String,
}

fn each_row<Row: serde::de::DeserializeOwned>(
    (file, text): Named<'_>,
    take: impl FnMut(Row) -> Result<(), String>,
) -> Result<(), AuthoritiesError> {
    rows::each(text, take).map_err(|(line, problem)| AuthoritiesError::Invalid {
        file: file.into(),
        line,
        problem,
    })
}

/// The name and text of the file at `path`, or those that ship.
fn read_file(
    path: Option<&Path>,
    shipped: &'static str,
    text: &'static str,
) -> Result<(String, Cow<'static, str>), AuthoritiesError> {
    let Some(path) = path else {
        return Ok((shipped.into(), text.into()));
    };
    let name = path.display().to_string();
    let read = || {
        let mut text = String::new();
        let file = std::fs::File::open(path)?;
        file.take(FILE_BYTES_MAX).read_to_string(&mut text)?;
        Ok(text)
    };
    match read() {
        Ok(text) => Ok((name, text.into())),
        Err(source) => Err(AuthoritiesError::File { path: name, source }),
    }
}

fn read_code(text: &str) -> Result<AuthorityCode, String> {
    AuthorityCode::parse(text).map_err(|error| format!("{text:?}: {error}"))
}

fn read_force(text: &str) -> Result<Option<ForceCode>, String> {
    let read = (!text.is_empty()).then(|| ForceCode::parse(text));
    read.transpose()
        .map_err(|expected| format!("{text:?}: {expected}, or nothing"))
}

fn read_period(from: &str, to: &str) -> Result<Period, String> {
    let period = Period {
        from: read_date(from)?,
        to: read_date(to)?,
    };
    if period.is_backwards() {
        Err("`to` lies before `from`".to_owned())
    } else {
        Ok(period)
    }
}

fn read_date(text: &str) -> Result<Option<civil::Date>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("{text:?}: expected a date such as 2027-04-01, or nothing"))
}

fn insert_once<Value>(
    map: &mut BTreeMap<AuthorityCode, Value>,
    code: AuthorityCode,
    value: Value,
) -> Result<(), String> {
    match map.insert(code, value) {
        None => Ok(()),
        Some(_) => Err(format!("{code} has two rows; keep one")),
    }
}

#[cfg(test)]
mod tests;
