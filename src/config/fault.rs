//! What is wrong with a configuration: where, what, and what to do about it. Faults are collected, so that one look shows
//! them all.

use super::Origin;
use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Something wrong with the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Whether usher can work with it.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong.
    pub what: String,
    /// What to do about it; may be empty.
    pub remedy: String,
}

/// How bad a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// usher does not start.
    Error,
    /// usher works; a person should look.
    Warning,
}

/// Where a fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a file.
    File {
        /// The file.
        path: PathBuf,
        /// Line and column, both from 1, where there is one.
        at: Option<(usize, usize)>,
    },
    /// In a variable of the environment.
    Environment(String),
    /// In a flag of the command line.
    Flag(String),
    /// In a setting whose origin is not known, or that has its default.
    Setting(String),
    /// In a setting that comes from there.
    Set {
        /// The dotted key.
        key: String,
        /// Where its value comes from.
        origin: Origin,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, at: None } => write!(f, "{}", path.display()),
            Self::File {
                path,
                at: Some((line, column)),
            } => write!(f, "{}:{line}:{column}", path.display()),
            Self::Environment(name) => write!(f, "environment variable {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
            Self::Setting(key) => write!(f, "setting {key}"),
            Self::Set { key, origin } => write!(f, "{origin}: setting {key}"),
        }
    }
}

impl Fault {
    /// A fault that stops usher.
    pub fn error(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            what: what.into(),
            remedy: remedy.into(),
        }
    }

    /// A fault that usher can work with.
    pub fn warning(place: Place, what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(place, what, remedy)
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}: {}: {}", self.place, self.what)?;
        if self.remedy.is_empty() {
            return Ok(());
        }
        write!(f, "\n  {}", self.remedy)
    }
}

/// All that is wrong, at least one error among it. Exit code 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults(pub Vec<Fault>);

impl std::error::Error for Faults {}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{fault}")?;
        }
        Ok(())
    }
}

impl Faults {
    /// `value` and the warnings, or all of it as an error when there is an error among it.
    ///
    /// # Errors
    /// When one of `faults` is an error, or there is no value.
    pub fn or<T>(value: Option<T>, mut faults: Vec<Fault>) -> Result<(T, Vec<Fault>), Self> {
        faults.sort_by_key(|fault| fault.severity); // errors first: nobody should look for them
        let failed = faults.iter().any(|fault| fault.severity == Severity::Error);
        match value {
            Some(value) if !failed => Ok((value, faults)),
            _ => Err(Self(faults)),
        }
    }
}

/// A text with the file it came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

/// A configuration file is never larger, in bytes: ten thousand identities fit.
const FILE_BYTES_MAX: u64 = 8 * 1_024 * 1_024;

impl Source {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is not there, cannot be read, is too large or not UTF-8.
    pub fn read(path: &Path) -> Result<Self, Fault> {
        let fault = |what: String, remedy: &str| {
            let place = Place::File {
                path: path.into(),
                at: None,
            };
            Fault::error(place, what, remedy)
        };
        let unreadable = |error: std::io::Error| {
            let remedy = "check the path, and that usher's user may read it";
            fault(format!("cannot be read: {error}"), remedy)
        };
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > FILE_BYTES_MAX {
            let what = format!("{size} bytes; at most {FILE_BYTES_MAX} are read");
            return Err(fault(what, "check that it is the right file"));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Ok(Self {
            path: path.into(),
            text,
        })
    }

    /// The place of a byte of the text.
    pub fn place(&self, span: Option<Range<usize>>) -> Place {
        Place::File {
            path: self.path.clone(),
            at: span.map(|span| self.line_and_column(span.start)),
        }
    }

    /// Line and column of a byte, both from 1; columns count characters.
    pub fn line_and_column(&self, byte: usize) -> (usize, usize) {
        let before = self.text.get(..byte).unwrap_or(&self.text);
        let line = before.matches('\n').count() + 1;
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        (line, before[start..].chars().count() + 1)
    }
}

/// The one of `known` that `word` was probably meant to be.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = (word.chars().count() / 3).max(1) + 1;
    known
        .into_iter()
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= near)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance: how many characters to insert, remove or exchange.
fn distance(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, left) in from.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, right) in to.iter().enumerate() {
            let exchanged = diagonal + usize::from(left != *right);
            diagonal = row[column + 1];
            row[column + 1] = exchanged.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let known = ["listen", "certificate", "key", "connections_max"];
        let check =
            |word, meant| assert_eq!(suggestion(word, known.iter().copied()), meant, "{word}");
        check("lisen", Some("listen"));
        check("listne", Some("listen"));
        check("Listen", Some("listen"));
        check("certifcate", Some("certificate"));
        check("max_connections", None);
        check("kye", Some("key"));
        check("password", None);
        check("", None);
    }

    #[test]
    fn places_count_from_one_in_characters() {
        let source = Source {
            path: "usher.toml".into(),
            text: "é = 1\n\nkey = 2\n".into(),
        };
        let check =
            |byte, place: &str| assert_eq!(source.place(Some(byte..byte)).to_string(), place);
        check(0, "usher.toml:1:1");
        check(2, "usher.toml:1:2");
        check(8, "usher.toml:3:1");
        check(14, "usher.toml:3:7");
        check(999, "usher.toml:4:1");
        assert_eq!(source.place(None).to_string(), "usher.toml");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let fault = Source::read(Path::new("no/such/file.toml")).unwrap_err();
        let text = fault.to_string();
        assert!(
            text.starts_with("error: no/such/file.toml: cannot be read"),
            "{text}"
        );
        assert!(text.contains("check the path"), "{text}");
    }

    #[test]
    fn warnings_alone_do_not_stop_usher() {
        let place = || Place::Setting("server.listen".into());
        let warning = Fault::warning(place(), "w", "");
        let error = Fault::error(place(), "e", "r");
        let one = Faults::or(Some(7), vec![warning.clone()]).unwrap();
        assert_eq!(one, (7, vec![warning.clone()]));
        let both = Faults::or(Some(7), vec![warning, error]).unwrap_err();
        assert_eq!(
            both.to_string(),
            "error: setting server.listen: e\n  r\nwarning: setting server.listen: w",
            "what stops usher comes first"
        );
        assert!(Faults::or(None::<u8>, Vec::new()).is_err());
    }
}
