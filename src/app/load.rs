//! From a configuration to everything that it names, loaded and checked as a whole. Whatever is wrong is told at once, each
//! fault with its place and remedy.

use super::database::database;
use crate::auth::{GroupTable, IdentityTable};
use crate::clock::{Clock, SystemClock};
use crate::config::check::{self, Parts};
use crate::config::environment::Environment;
use crate::config::fault::{Fault, Faults, Place, Severity, Source};
use crate::config::settings::{Config, DirectorySettings, Engine};
use crate::config::{self, Flag, Setting};
use crate::directory::{
    Authorities, AuthoritiesError, Directory, Responder, ResponderError, Responders, Table,
};
use crate::rpc::tls::Reloader;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::Duration;
use usher_domain::policy::{Policy, Terms};
use usher_domain::time::to_london;

/// Responders that one warning lists; more are only counted, or the warning would bury what matters.
const LISTED_MAX: usize = 4;

/// Everything that a configuration names, loaded and checked as a whole; nothing is running yet.
pub struct Loaded {
    /// The settings.
    pub config: Config,
    /// The settings with their origins, one by one.
    pub settings: Vec<Setting>,
    /// The directory.
    pub directory: Directory,
    /// The policy, with each responder's hours and ladders.
    pub policy: Policy,
    /// The table of identities.
    pub identities: IdentityTable,
    /// The table of groups.
    pub groups: GroupTable,
    /// How long a responder may have work waiting and no adapter.
    pub absent_after: Duration,
    /// What is worth knowing and stops nothing.
    pub warnings: Vec<Fault>,
}

/// Loads everything that the configuration in `file` names, and looks at the certificates.
///
/// # Errors
/// Everything that is wrong, with its place and remedy.
pub fn load(
    file: Option<&Path>,
    environment: &Environment,
    flags: &[Flag],
) -> Result<Loaded, Faults> {
    examine(&config::load(file, environment, flags)?, true)
}

/// As [`load`], without the certificates: those in force are looked after by themselves.
///
/// # Errors
/// As [`load`].
pub(super) fn load_again(
    file: Option<&Path>,
    environment: &Environment,
    flags: &[Flag],
) -> Result<Loaded, Faults> {
    examine(&config::load(file, environment, flags)?, false)
}

/// Logs what is worth knowing.
pub fn tell(warnings: &[Fault]) {
    for warning in warnings {
        if warning.severity == Severity::Warning {
            tracing::warn!(place = %warning.place, remedy = warning.remedy, "{}", warning.what);
        }
    }
}

fn examine(loaded: &config::Loaded, with_tls: bool) -> Result<Loaded, Faults> {
    let config = &loaded.config;
    let (directory, mut faults) = directory(&config.directory);
    let known: Option<BTreeSet<_>> = directory.as_ref().map(|directory| {
        let responders = directory.responders().iter();
        responders.map(|responder| responder.id.clone()).collect()
    });
    let today = to_london(SystemClock.now()).date();
    faults.extend(check::check(config, known.as_ref(), today));
    if with_tls {
        faults.extend(tls(config));
    }
    faults.extend(store(config));
    let parts = check::parts(config).ok().map(|(parts, _)| parts);
    let whole = directory.zip(parts).and_then(|(directory, parts)| {
        match policy(&parts, &directory, &config.directory.responders) {
            Ok(policy) => Some((directory, policy, parts.rules.absent_after)),
            Err(Faults(more)) => {
                faults.extend(more);
                None
            }
        }
    });
    let faults = faults.into_iter().map(|fault| loaded.locate(fault));
    let identities = IdentityTable::new(&config.identities).ok();
    let groups = GroupTable::new(&config.console.groups).ok();
    let whole = whole.zip(identities.zip(groups));
    let (whole, warnings) = Faults::or(whole, faults.collect())?;
    let ((directory, policy, absent_after), (identities, groups)) = whole;
    Ok(Loaded {
        config: config.clone(),
        settings: loaded.settings().to_vec(),
        directory,
        policy,
        identities,
        groups,
        absent_after,
        warnings,
    })
}

/// The files of `[tls]`, unless one is not there: that is told already.
fn tls(config: &Config) -> Option<Fault> {
    let files = &config.tls;
    let needed = [&files.certificate, &files.key, &files.client_ca];
    let there = |path: &Path| path.is_file();
    let given = [&files.crl, &files.console_certificate, &files.console_key];
    let given = given.into_iter().flatten();
    if !needed.into_iter().chain(given).all(|path| there(path)) {
        return None;
    }
    let error = Reloader::open(files.clone()).err()?;
    let remedy = "see [tls] in config/usher.toml; for development, `usher pki init` makes them";
    Some(Fault::error(setting("tls"), chain(&error), remedy))
}

/// The database, where the store is one; nothing is connected to.
fn store(config: &Config) -> Option<Fault> {
    if config.store.engine != Engine::Postgres {
        return None;
    }
    let error = database(&config.store.postgres).err()?;
    let remedy = "config/usher.postgres.toml shows the whole; see [store.postgres]";
    Some(Fault::error(setting(error.key()), chain(&error), remedy))
}

/// The directory where all of it can be used, and what is wrong with it. What is not there at all is not told here.
fn directory(settings: &DirectorySettings) -> (Option<Directory>, Vec<Fault>) {
    let mut faults = Vec::new();
    let there = |path: &Option<PathBuf>| path.as_ref().is_none_or(|path| path.is_file());
    let table = there(&settings.postcodes)
        .then(|| match &settings.postcodes {
            Some(file) => Table::load(file).map_err(|error| (file.display().to_string(), error)),
            None => Table::built_in().map_err(|error| ("the built-in table".into(), error)),
        })
        .and_then(|read| {
            read.map_err(|(name, error)| {
                let remedy = "make it with `usher directory build`, or leave it out";
                let what = format!("{name}: {}", chain(&error));
                faults.push(Fault::error(setting("directory.postcodes"), what, remedy));
            })
            .ok()
        });
    let authorities = (there(&settings.authorities) && there(&settings.districts))
        .then(|| {
            Authorities::load(
                settings.authorities.as_deref(),
                settings.districts.as_deref(),
            )
        })
        .and_then(|read| {
            read.map_err(|error| faults.push(of_authorities(&error)))
                .ok()
        });
    let responders = authorities
        .as_ref()
        .filter(|_| settings.responders.is_dir())
        .and_then(|authorities| responders(&settings.responders, authorities, &mut faults));
    let whole = table.zip(authorities).zip(responders);
    let directory =
        whole.map(|((table, authorities), found)| Directory::new(table, authorities, found));
    (directory, faults)
}

fn of_authorities(error: &AuthoritiesError) -> Fault {
    let remedy = "config/directory/authorities.csv and districts.csv have the form";
    match error {
        AuthoritiesError::File { .. } => {
            Fault::error(setting("directory.authorities"), chain(error), remedy)
        }
        AuthoritiesError::Invalid {
            file,
            line,
            problem,
        } => {
            let line = usize::try_from(*line).unwrap_or(usize::MAX);
            Fault::error(
                in_file(Path::new(file), Some(line)),
                problem.clone(),
                remedy,
            )
        }
    }
}

/// The responders, unless one of their files is wrong; and what people should know of them.
fn responders(
    folder: &Path,
    authorities: &Authorities,
    faults: &mut Vec<Fault>,
) -> Option<Responders> {
    let (all, errors) = Responders::survey(folder, authorities);
    let remedy = "config/responders/generic.toml.example shows every key";
    faults.extend(errors.iter().map(|error| match error {
        ResponderError::Invalid {
            file,
            line,
            problem,
        } => Fault::error(
            in_file(Path::new(file), Some(*line)),
            problem.clone(),
            remedy,
        ),
        ResponderError::File { .. } | ResponderError::TooLarge { .. } => {
            Fault::error(setting("directory.responders"), chain(error), remedy)
        }
    }));
    if !errors.is_empty() {
        return None;
    }
    let warning =
        |what: String, remedy: &str| Fault::warning(setting("directory.responders"), what, remedy);
    let doubtful: Vec<&str> = { all.iter() }
        .filter(|responder| responder.has_placeholders())
        .map(|responder| responder.id.as_str())
        .collect();
    if all.iter().next().is_none() {
        let what = format!("{} has no responder: nobody can be asked", folder.display());
        faults.push(warning(what, "copy config/responders, or give its path"));
    } else if !doubtful.is_empty() {
        let what = format!(
            "phone numbers or mailboxes that lead nowhere: {}",
            listed(&doubtful)
        );
        let remedy = "put the borough's own duty phone and mailbox into each file";
        faults.push(warning(what, remedy));
    }
    Some(all)
}

/// The names, or how many there are of too many to read.
fn listed(names: &[&str]) -> String {
    if names.len() > LISTED_MAX {
        return format!("{} files", names.len());
    }
    names.join(", ")
}

/// The policy for the responders of `directory`, whose files lie in `folder`.
///
/// # Errors
/// Each responder whose ladder cannot be read, or would leave a check unwatched.
pub fn policy(parts: &Parts, directory: &Directory, folder: &Path) -> Result<Policy, Faults> {
    let (mut terms, mut faults) = (BTreeMap::new(), Vec::new());
    for responder in directory.responders().iter() {
        match own_terms(parts, responder) {
            Ok(own) => drop(terms.insert(responder.id.clone(), own)),
            Err((part, what)) => {
                let file = folder.join(format!("{}.toml", responder.id));
                let remedy = "config/policy.toml shows every ladder and the form of a step";
                let place = in_file(&file, ladder_line(&file, &part));
                faults.push(Fault::error(place, format!("{part}: {what}"), remedy));
            }
        }
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let whole = parts.rules.policy(parts.calendar.clone(), terms);
    let agreed = whole.map(|policy| Policy {
        agreements: parts.agreements.agreements.clone(),
        ..policy
    });
    agreed.map_err(|error| {
        let remedy = "config/policy.toml shows every ladder and the form of a step";
        Faults(vec![Fault::error(
            setting("policy.file"),
            error.to_string(),
            remedy,
        )])
    })
}

/// What a responder has of its own, or which part of its ladder is wrong, and how.
fn own_terms(parts: &Parts, responder: &Responder) -> Result<Terms, (String, String)> {
    let terms = parts
        .rules
        .terms(responder.hours.clone(), &responder.ladder)
        .map_err(|error| (error.part, error.what))?;
    let alone = BTreeMap::from([(responder.id.clone(), terms.clone())]);
    match parts.rules.policy(parts.calendar.clone(), alone) {
        Ok(_) => Ok(terms),
        Err(error) => {
            let text = error.to_string();
            let own = format!("responder {}, ", responder.id);
            let text = text.strip_prefix(&own).unwrap_or(&text);
            let (part, what) = text.split_once(": ").unwrap_or(("ladder", text));
            Err((part.into(), what.into()))
        }
    }
}

/// The line of a responder's file where a part of its ladder, such as `ladder.oral.step[2].at`, begins.
fn ladder_line(file: &Path, part: &str) -> Option<usize> {
    let text = Source::read(file).ok()?.text;
    let track = part.split('.').nth(1).unwrap_or_default();
    let step = part
        .split_once("step[")
        .and_then(|(_, rest)| rest.split_once(']')?.0.parse::<usize>().ok());
    let lines = || (1..).zip(text.lines().map(str::trim_start));
    let begins = |wanted: String| {
        let found = lines().filter(move |(_, line)| line.starts_with(&wanted));
        found.map(|(line, _)| line).collect::<Vec<_>>()
    };
    let steps = begins(format!("[[ladder.{track}.step"));
    step.and_then(|step| steps.get(step).copied())
        .or_else(|| begins(format!("[ladder.{track}")).first().copied())
        .or_else(|| steps.first().copied())
        .or_else(|| begins("[ladder".into()).first().copied())
}

fn setting(key: &str) -> Place {
    Place::Setting(key.into())
}

fn in_file(path: &Path, line: Option<usize>) -> Place {
    Place::File {
        path: path.into(),
        at: line.map(|line| (line, 1)),
    }
}

/// An error with its causes.
fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    let told: Vec<String> = causes.map(ToString::to_string).collect();
    told.join(": ")
}
