//! `config/agreements/*.toml`: information-sharing agreements, one version a file. Every fault is told with file, line, column and
//! remedy; what a person should look at, such as an end that nears, is a warning.

mod file;

use super::document;
use super::fault::{Fault, Place, Source};
use file::{File, agreement};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use toml::Spanned;
use usher_domain::agreement::{Agreement, Agreements, Cover, Ending};
use usher_domain::code::ResponderId;

/// The agreements that ship: examples, of every responder of London, each with what a fault calls it.
const EXAMPLES: [(&str, &str); 3] = [
    (
        "config/agreements/london-adults.toml (built in)",
        include_str!("../../config/agreements/london-adults.toml"),
    ),
    (
        "config/agreements/london-police.toml (built in)",
        include_str!("../../config/agreements/london-police.toml"),
    ),
    (
        "config/agreements/pan-london.toml (built in)",
        include_str!("../../config/agreements/pan-london.toml"),
    ),
];
/// How the version of an agreement that nobody has signed begins.
const EXAMPLE_VERSION: &str = "example";
/// Files in the folder: a version a year of an agreement for each of some hundred responders.
const FILES_MAX: usize = 1_024;
/// Names that one warning lists; more are only counted.
const LISTED_MAX: usize = 4;

/// The agreements that were read, and where each stands.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// All of them.
    pub agreements: Agreements,
    paths: Vec<PathBuf>,
}

/// The examples that ship, in force from the start of 2026.
///
/// # Errors
/// When they were edited into something that cannot be used before usher was built.
pub fn built_in() -> Result<Files, Vec<Fault>> {
    let source = |(path, text): (&str, &str)| Source {
        path: path.into(),
        text: text.into(),
    };
    whole(EXAMPLES.map(source).into())
}

/// Reads every `.toml` file of `folder`.
///
/// # Errors
/// Everything that is wrong with them.
pub fn load(folder: &Path) -> Result<Files, Vec<Fault>> {
    let unreadable = |error: std::io::Error| {
        let place = in_file(folder);
        let remedy = "agreements.folder must name a readable folder of .toml files";
        vec![Fault::error(
            place,
            format!("cannot be read: {error}"),
            remedy,
        )]
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            let what = format!("more than {FILES_MAX} files");
            let remedy = "take out versions that ended long ago";
            return Err(vec![Fault::error(in_file(folder), what, remedy)]);
        }
    }
    paths.sort();
    let (mut sources, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match Source::read(&path) {
            Ok(source) => sources.push(source),
            Err(fault) => faults.push(fault),
        }
    }
    match whole(sources) {
        Ok(files) if faults.is_empty() => Ok(files),
        Ok(_) => Err(faults),
        Err(more) => Err([faults, more].concat()),
    }
}

fn whole(sources: Vec<Source>) -> Result<Files, Vec<Fault>> {
    let (mut all, mut faults): (Vec<(Source, File, Agreement)>, _) = (Vec::new(), Vec::new());
    for source in sources {
        let read = document::read::<File>(&source);
        match read.and_then(|file| agreement(&source, &file).map(|read| (file, read))) {
            Ok((file, read)) => match all
                .iter()
                .find(|(_, _, one)| one.reference() == read.reference())
            {
                Some((first, _, _)) => {
                    let what = format!("{} has this version already", first.path.display());
                    let place = source.place(Some(file.version.span()));
                    faults.push(Fault::error(place, what, "every version has one file"));
                }
                None => all.push((source, file, read)),
            },
            Err(more) => faults.extend(more),
        }
    }
    let agreements = Agreements::new(all.iter().map(|(_, _, one)| one.clone()).collect());
    match agreements {
        Ok(agreements) if faults.is_empty() => Ok(Files {
            agreements,
            paths: all.into_iter().map(|(source, _, _)| source.path).collect(),
        }),
        Ok(_) => Err(faults),
        Err(overlap) => {
            if let Some((source, file, _)) = all.get(overlap.second) {
                let named =
                    |party: &&Spanned<String>| party.get_ref() == overlap.responder.as_str();
                let span = file.parties.get_ref().iter().find(named).map(Spanned::span);
                let remedy = "end the one with `to` before the other begins with `from`, or take the party out of one";
                faults.push(Fault::error(
                    source.place(span),
                    overlap.to_string(),
                    remedy,
                ));
            }
            Err(faults)
        }
    }
}

impl Files {
    /// What people should look at `today`: examples that nobody signed, ends that near, rights that are not in force, and who of
    /// `responders` has no agreement.
    pub fn check(
        &self,
        responders: Option<&BTreeSet<ResponderId>>,
        today: jiff::civil::Date,
    ) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (agreement, path) in self.agreements.iter().zip(&self.paths) {
            let reference = agreement.reference();
            let mut warn = |what: String, remedy: &str| {
                faults.push(Fault::warning(in_file(path), what, remedy));
            };
            if agreement.version.starts_with(EXAMPLE_VERSION) {
                let remedy = "put the agreement that your organisations have signed in its place";
                warn(
                    format!("{reference} is an example that nobody has signed"),
                    remedy,
                );
            }
            if agreement.term.contains(today) && agreement.bases_on(today).next().is_none() {
                let remedy = "give the power or duty that is in force today";
                warn(
                    format!("no basis of {reference} is in force: everything is denied"),
                    remedy,
                );
            }
            let unknown: Vec<&str> = responders.map_or_else(Vec::new, |known| {
                let parties = agreement.parties.iter();
                parties
                    .filter(|party| !known.contains(*party))
                    .map(ResponderId::as_str)
                    .collect()
            });
            if !unknown.is_empty() && agreement.term.to.is_none_or(|to| to >= today) {
                let remedy = "mend the id, or add the responder's file";
                warn(
                    format!("parties without a responder's file: {}", listed(&unknown)),
                    remedy,
                );
            }
        }
        let ending = |ending: Ending<'_>| self.ending(&ending);
        faults.extend(
            self.agreements
                .endings(today)
                .into_iter()
                .filter_map(ending),
        );
        faults.extend(responders.and_then(|all| self.uncovered(all, today)));
        faults
    }

    fn ending(&self, ending: &Ending<'_>) -> Option<Fault> {
        ending.warning()?;
        let mut all = self.agreements.iter().zip(&self.paths);
        let path = all
            .find(|(one, _)| *one == ending.agreement)
            .map(|(_, path)| path)?;
        let parties: Vec<&str> = ending.parties.iter().map(|party| party.as_str()).collect();
        let what = format!(
            "{} ends on {}, {} days from now; then nothing may be asked of {}",
            ending.agreement.reference(),
            ending.last,
            ending.days_left,
            listed(&parties)
        );
        let remedy = "agree the next version, and add its file with `from` on the day after";
        Some(Fault::warning(in_file(path), what, remedy))
    }

    fn uncovered(
        &self,
        responders: &BTreeSet<ResponderId>,
        today: jiff::civil::Date,
    ) -> Option<Fault> {
        let covered = |id: &&ResponderId| self.agreements.cover(id, today) == Cover::None;
        let none: Vec<&str> = { responders.iter() }
            .filter(covered)
            .map(ResponderId::as_str)
            .collect();
        let what = format!(
            "no agreement is in force: {}; their checks go to the operators",
            listed(&none)
        );
        let place = Place::Setting("agreements.folder".into());
        let remedy = "config/agreements/pan-london.toml has the form";
        (!none.is_empty()).then(|| Fault::warning(place, what, remedy))
    }
}

/// The names, or how many there are of too many to read.
fn listed(names: &[&str]) -> String {
    if names.len() > LISTED_MAX {
        return format!("{} responders", names.len());
    }
    names.join(", ")
}

fn in_file(path: &Path) -> Place {
    Place::File {
        path: path.into(),
        at: None,
    }
}

#[cfg(test)]
mod tests;
