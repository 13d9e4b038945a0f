//! Responders: the services that answer, one file each in `config/responders`.
//!
//! Guarantees: on any day an authority has at most one responder of a kind; every code that a file names is an
//! authority; whatever is wrong with a file is told with its name, the line and the remedy, before anything starts.
//!
//! It does not read the ladder of a responder: [`Responder::ladder`] is kept as written, for the policy.

mod file;
mod london;

use super::authorities::{Authorities, Period};
use jiff::civil;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use usher_domain::code::{AuthorityCode, ResponderId, ResponderKind};
use usher_domain::time::WorkingHours;

/// Responder files in a folder: every authority with every kind, twice over.
const RESPONDERS_MAX: usize = 1_024;
/// One responder file, in bytes.
const FILE_BYTES_MAX: u64 = 64 * 1_024;
/// The ending of responder files; others in the folder are not read.
const FILE_ENDING: &str = "toml";

/// A service that answers enquiries.
#[derive(Clone, Debug)]
pub struct Responder {
    /// The name of its file without the ending.
    pub id: ResponderId,
    /// What officers see, such as `London Borough of Hackney Children's Social Care`.
    pub name: String,
    /// What it answers about.
    pub kind: ResponderKind,
    /// The authorities that it serves; a police unit's are those that lie in its force areas.
    pub authorities: Vec<AuthorityCode>,
    /// Whom an officer phones in working hours.
    pub duty_phone: String,
    /// The emergency duty team: outside working hours, imminent harm only.
    pub emergency_phone: Option<String>,
    /// A mailbox that somebody reads in working hours.
    pub email: Option<String>,
    /// When its people work.
    pub hours: WorkingHours,
    /// The days on which it serves.
    pub period: Period,
    /// The most checks that its programs may hold at once, 1 to [`usher_domain::limits::LENT_MAX`].
    pub lent_max: usize,
    /// Its own steps of the ladder, by track, as written in the file; empty when it has none.
    pub ladder: toml::Table,
}

impl Responder {
    /// Whether a phone number or mailbox is one that leads nowhere by design (numbers that Ofcom keeps for drama, domains
    /// ending in `.example`), as in the files that ship. A broker for real must not start with those unnoticed.
    pub fn has_placeholders(&self) -> bool {
        let phones = [Some(&self.duty_phone), self.emergency_phone.as_ref()];
        phones
            .into_iter()
            .flatten()
            .any(|phone| file::is_reserved_phone(phone))
            || self
                .email
                .as_ref()
                .is_some_and(|email| email.ends_with(".example"))
    }
}

/// Every responder.
#[derive(Clone, Debug, Default)]
pub struct Responders {
    responders: BTreeMap<ResponderId, Responder>,
    serving: BTreeMap<(ResponderKind, AuthorityCode), Vec<ResponderId>>,
}

/// A responder file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ResponderError {
    /// The folder or a file cannot be read.
    #[error("cannot read {path}; `responders` must name a readable folder of .toml files")]
    File {
        /// The folder or file.
        path: String,
        /// Why not.
        source: io::Error,
    },
    /// More, or larger, files than responders need.
    #[error("{path}: {problem}")]
    TooLarge {
        /// The folder or file.
        path: String,
        /// Which bound.
        problem: &'static str,
    },
    /// What a file says cannot be.
    #[error("{file}, line {line}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong, and what to write instead.
        problem: String,
    },
}

impl Responders {
    /// Children's and adult social care of the 33 authorities of London, and the two police forces, as they ship: with placeholders for
    /// phone numbers and mailboxes.
    ///
    /// # Errors
    /// When the shipped files were edited into something that cannot be used before usher was built.
    pub fn built_in(authorities: &Authorities) -> Result<Self, ResponderError> {
        Self::parse(
            london::FILES
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned())),
            authorities,
        )
    }

    /// Reads every `.toml` file of `folder`.
    ///
    /// # Errors
    /// The first of what [`Responders::survey`] finds wrong.
    pub fn load(folder: &Path, authorities: &Authorities) -> Result<Self, ResponderError> {
        let (all, errors) = Self::survey(folder, authorities);
        errors.into_iter().next().map_or(Ok(all), Err)
    }

    /// Reads every `.toml` file of `folder`, and whatever is wrong with each: that the folder or a file cannot be read, or as
    /// in [`Responders::parse`].
    pub fn survey(folder: &Path, authorities: &Authorities) -> (Self, Vec<ResponderError>) {
        let (mut files, mut errors) = (Vec::new(), Vec::new());
        match list(folder) {
            Ok(paths) => {
                for path in paths {
                    match read_file(&path) {
                        Ok(text) => files.push((path.display().to_string(), text)),
                        Err(error) => errors.push(error),
                    }
                }
            }
            Err(error) => errors.push(error),
        }
        let (all, more) = Self::read(files, authorities);
        errors.extend(more);
        (all, errors)
    }

    /// Reads responders from pairs of file name and text.
    ///
    /// # Errors
    /// The first thing that is wrong with a file: an unknown key, a missing one, a value that cannot be, a code that no
    /// authority has, or an authority that has a responder of the kind on the same day already.
    pub fn parse(
        files: impl IntoIterator<Item = (String, String)>,
        authorities: &Authorities,
    ) -> Result<Self, ResponderError> {
        let (all, errors) = Self::read(files, authorities);
        errors.into_iter().next().map_or(Ok(all), Err)
    }

    /// The responders of the files that can be used, and the first fault of each other one.
    fn read(
        files: impl IntoIterator<Item = (String, String)>,
        authorities: &Authorities,
    ) -> (Self, Vec<ResponderError>) {
        let (mut all, mut errors) = (Self::default(), Vec::new());
        for (name, text) in files {
            let read = file::read(&name, &text, authorities);
            let taken = read.and_then(|(responder, lines)| all.insert(responder, &lines));
            if let Err(file::Problem { line, problem }) = taken {
                errors.push(ResponderError::Invalid {
                    file: name,
                    line,
                    problem,
                });
            }
        }
        (all, errors)
    }

    /// The responder with this id.
    pub fn get(&self, id: &ResponderId) -> Option<&Responder> {
        self.responders.get(id)
    }

    /// Every responder, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Responder> {
        self.responders.values()
    }

    /// Every responder of a kind, by id.
    pub fn of_kind(&self, kind: ResponderKind) -> impl Iterator<Item = &Responder> {
        self.iter().filter(move |responder| responder.kind == kind)
    }

    /// The responder of a kind that serves `authority` on the day `on`.
    pub fn find(
        &self,
        kind: ResponderKind,
        authority: AuthorityCode,
        on: civil::Date,
    ) -> Option<&Responder> {
        let serving = self.serving.get(&(kind, authority))?;
        serving
            .iter()
            .filter_map(|id| self.get(id))
            .find(|responder| responder.period.contains(on))
    }

    /// Adds a responder; `lines` has the line of each of its authorities.
    fn insert(&mut self, responder: Responder, lines: &[usize]) -> Result<(), file::Problem> {
        if self.responders.contains_key(&responder.id) {
            let problem = format!(
                "the id {} is taken; each responder has its own",
                responder.id
            );
            return Err(file::Problem { line: 1, problem });
        }
        for (authority, line) in responder.authorities.iter().zip(lines) {
            let serving = self
                .serving
                .entry((responder.kind, *authority))
                .or_default();
            let others = serving.iter().filter_map(|id| self.responders.get(id));
            if let Some(other) = { others }.find(|other| other.period.overlaps(&responder.period)) {
                let problem = format!(
                    "{authority} has the {} responder {} on the same days; remove it from one of the two files, or give them \
                     `from` and `to` that do not overlap",
                    responder.kind.name(),
                    other.id
                );
                return Err(file::Problem {
                    line: *line,
                    problem,
                });
            }
            serving.push(responder.id.clone());
        }
        self.responders.insert(responder.id.clone(), responder);
        Ok(())
    }
}

/// The responder files of `folder`, in order.
fn list(folder: &Path) -> Result<Vec<PathBuf>, ResponderError> {
    let mut files = Vec::new();
    let fail = |source| ResponderError::File {
        path: folder.display().to_string(),
        source,
    };
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.extension().is_some_and(|ending| ending == FILE_ENDING) {
            files.push(path);
        }
        if files.len() > RESPONDERS_MAX {
            let path = folder.display().to_string();
            return Err(ResponderError::TooLarge {
                path,
                problem: "more than 1024 responder files",
            });
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn read_file(path: &Path) -> Result<String, ResponderError> {
    use io::Read;
    let name = || path.display().to_string();
    let fail = |source| ResponderError::File {
        path: name(),
        source,
    };
    let mut text = String::new();
    let file = std::fs::File::open(path).map_err(fail)?;
    file.take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(fail)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        return Err(ResponderError::TooLarge {
            path: name(),
            problem: "a responder file is at most 64 KiB",
        });
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
