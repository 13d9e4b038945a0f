//! What no single value shows: files that are not there, ports that collide, clients of responders that do not exist.
//! `config check` and `serve` report all of it at once.

mod console;

use super::agreements;
use super::calendar;
use super::fault::{Fault, Place};
use super::policy::Rules;
use super::settings::{CACHE_MIB_MAX, CONNECTIONS_MAX, Config, Engine, SWEEP_SECONDS_MAX};
use crate::auth::{IdentityEntry, IdentityError, IdentityTable};
use crate::telemetry;
use jiff::civil::Date;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use usher_domain::code::ResponderId;
use usher_domain::limits;
use usher_domain::time::Calendar;

/// The parts of a policy that the configuration names.
#[derive(Clone, Debug)]
pub struct Parts {
    /// Ladders, leases and acknowledgements.
    pub rules: Rules,
    /// Bank holidays.
    pub calendar: Calendar,
    /// Who may be asked for what.
    pub agreements: agreements::Files,
}

/// Reads the policy, the bank holidays and the agreements that `config` names. A folder that is not there is not told here.
///
/// # Errors
/// Everything that is wrong with a file; warnings are returned with the parts.
pub fn parts(config: &Config) -> Result<(Parts, Vec<Fault>), Vec<Fault>> {
    let rules = match &config.policy.file {
        Some(file) => Rules::load(file),
        None => Rules::built_in(),
    };
    let calendar = match &config.policy.bank_holidays {
        Some(file) => calendar::with_file(file),
        None => Ok((calendar::built_in(), None)),
    };
    let folder = &config.agreements.folder;
    let agreements = if folder.is_dir() {
        agreements::load(folder)
    } else {
        Ok(agreements::Files::default())
    };
    match (rules, calendar, agreements) {
        (Ok(rules), Ok((calendar, warning)), Ok(agreements)) => {
            let parts = Parts {
                rules,
                calendar,
                agreements,
            };
            Ok((parts, warning.into_iter().collect()))
        }
        (rules, calendar, agreements) => {
            let mut faults = rules.err().unwrap_or_default();
            faults.extend(calendar.err());
            faults.extend(agreements.err().unwrap_or_default());
            Err(faults)
        }
    }
}

/// Everything wrong with `config` as a whole, `today`, for the responders of the directory where they are known. Certificates and keys are
/// looked for here and examined when they are loaded.
pub fn check(
    config: &Config,
    responders: Option<&BTreeSet<ResponderId>>,
    today: Date,
) -> Vec<Fault> {
    let mut faults = Vec::new();
    files(config, &mut faults);
    ports(config, &mut faults);
    bounds(config, &mut faults);
    identities(config, responders, &mut faults);
    console::check(config, responders, &mut faults);
    match parts(config) {
        Ok((parts, warnings)) => {
            faults.extend(warnings);
            let ahead = i32::try_from(limits::HEARING_AHEAD_DAYS_MAX).unwrap_or(i32::MAX);
            faults.extend(calendar::ends_soon(&parts.calendar, today, ahead));
            if config.agreements.folder.is_dir() {
                faults.extend(parts.agreements.check(responders, today));
            }
        }
        Err(more) => faults.extend(more),
    }
    if let Err(error) = telemetry::filter(&config.log) {
        faults.push(error_in(
            "log.filter",
            error.to_string(),
            "write it as \"info\" or \"warn,usher=debug\"",
        ));
    }
    faults
}

fn error_in(key: &str, what: impl Into<String>, remedy: impl Into<String>) -> Fault {
    Fault::error(Place::Setting(key.into()), what, remedy)
}

fn files(config: &Config, faults: &mut Vec<Fault>) {
    let pki = "give its path, or make one for development with `usher pki init`";
    let wanted = [
        ("tls.certificate", Some(&config.tls.certificate), pki),
        ("tls.key", Some(&config.tls.key), pki),
        ("tls.client_ca", Some(&config.tls.client_ca), pki),
        (
            "tls.crl",
            config.tls.crl.as_ref(),
            "give its path, or leave it out",
        ),
        (
            "directory.postcodes",
            config.directory.postcodes.as_ref(),
            "make it with `usher directory build`, or leave it out",
        ),
        (
            "directory.authorities",
            config.directory.authorities.as_ref(),
            "copy config/directory/authorities.csv, or leave it out",
        ),
        (
            "directory.districts",
            config.directory.districts.as_ref(),
            "copy config/directory/districts.csv, or leave it out",
        ),
    ];
    for (key, path, remedy) in wanted {
        if let Some(path) = path.filter(|path| !path.is_file()) {
            faults.push(error_in(
                key,
                format!("there is no file {}", path.display()),
                remedy,
            ));
        }
    }
    let folders = [
        (
            "directory.responders",
            &config.directory.responders,
            "copy config/responders, or give its path",
        ),
        (
            "agreements.folder",
            &config.agreements.folder,
            "copy config/agreements, or give its path: without an agreement nobody may be asked",
        ),
    ];
    for (key, folder, remedy) in folders {
        if !folder.is_dir() {
            let what = format!("there is no folder {}", folder.display());
            faults.push(error_in(key, what, remedy));
        }
    }
    if config.store.engine != Engine::Postgres {
        store(&config.store.path, faults);
    }
}

fn store(path: &Path, faults: &mut Vec<Fault>) {
    let parent = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    if path.is_file() {
        let what = format!("{} is a file; the store needs a folder", path.display());
        faults.push(error_in("store.path", what, "give another path"));
    } else if !path.exists() && parent.is_some_and(|parent| !parent.is_dir()) {
        let what = format!("the folder above {} is not there", path.display());
        faults.push(error_in(
            "store.path",
            what,
            "create it for usher's user, or give another path",
        ));
    }
}

fn ports(config: &Config, faults: &mut Vec<Fault>) {
    let (rpc, metrics) = (config.rpc.listen, config.metrics.listen);
    if collide(rpc, metrics) {
        let what = format!("{metrics} is taken by rpc.listen = \"{rpc}\"");
        faults.push(error_in("metrics.listen", what, "give each its own port"));
    }
    if !metrics.ip().is_loopback() {
        let what = format!("{metrics} can be reached from other machines, without TLS");
        let remedy = "use 127.0.0.1, unless a network policy guards the port";
        faults.push(Fault::warning(
            Place::Setting("metrics.listen".into()),
            what,
            remedy,
        ));
    }
}

/// Port 0 is any free port.
fn collide(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    one.port() == other.port() && one.port() != 0 && (everywhere || one.ip() == other.ip())
}

fn bounds(config: &Config, faults: &mut Vec<Fault>) {
    for error in config.rpc.faults() {
        let key = format!("rpc.{}", error.name);
        let remedy = "config/usher.toml has every default";
        faults.push(error_in(&key, error.to_string(), remedy));
    }
    if config.store.engine == Engine::Sled && !cfg!(feature = "sled") {
        let remedy = "build with --features sled, or use redb";
        faults.push(error_in("store.engine", "this build has no sled", remedy));
    }
    if !(1..=CACHE_MIB_MAX).contains(&config.store.cache_mib) {
        let what = format!(
            "{} is not between 1 and {CACHE_MIB_MAX}",
            config.store.cache_mib
        );
        faults.push(error_in("store.cache_mib", what, "64 does for most"));
    }
    let connections = config.store.postgres.connections_max;
    if !(1..=CONNECTIONS_MAX).contains(&connections) {
        let what = format!("{connections} is not between 1 and {CONNECTIONS_MAX}");
        let key = "store.postgres.connections_max";
        faults.push(error_in(key, what, "16 does for most"));
    }
    let sweep = config.scheduler.sweep_seconds;
    if !(1..=SWEEP_SECONDS_MAX).contains(&sweep) {
        let what = format!("{sweep} is not between 1 and {SWEEP_SECONDS_MAX}");
        faults.push(error_in(
            "scheduler.sweep_seconds",
            what,
            "300 does for most",
        ));
    }
}

fn identities(
    config: &Config,
    responders: Option<&BTreeSet<ResponderId>>,
    faults: &mut Vec<Fault>,
) {
    if config.identities.is_empty() {
        let remedy =
            "add an [[identities]] entry for each client; config/usher.toml has an example";
        let place = Place::Setting("identities".into());
        faults.push(Fault::warning(
            place,
            "there are none: no client can connect",
            remedy,
        ));
    }
    faults.extend(unusable(&config.identities));
    for (number, entry) in (1..).zip(&config.identities) {
        let key = format!("identities.{number}");
        unknown_responders(&key, &entry.uri, &entry.responders, responders, faults);
    }
}

/// Each responder that `whose` entry at `key` names and that is none of the directory's, where these are known.
fn unknown_responders(
    key: &str,
    whose: &str,
    named: &[String],
    responders: Option<&BTreeSet<ResponderId>>,
    faults: &mut Vec<Fault>,
) {
    let Some(responders) = responders else {
        return;
    };
    let known: Vec<&str> = responders.iter().map(ResponderId::as_str).collect();
    let unknown = |id: &&String| !known.contains(&id.as_str());
    for responder in named.iter().filter(unknown) {
        let what = format!("{whose}: there is no responder {responder:?}");
        let meant = super::fault::suggestion(responder, known.iter().copied());
        let remedy = match meant {
            Some(meant) => format!("did you mean {meant:?}?"),
            None => format!("add {responder}.toml to directory.responders, or take it out"),
        };
        faults.push(error_in(key, what, remedy));
    }
}

/// Each identity that no client can have; or what is wrong with the table of them.
fn unusable(identities: &[IdentityEntry]) -> Vec<Fault> {
    let remedy = "config/usher.toml has an example";
    let alone = |(number, entry): (usize, &IdentityEntry)| match IdentityTable::new(
        std::slice::from_ref(entry),
    )
    .err()?
    {
        IdentityError::Entry { uri, problem, .. } => {
            let what = format!("identity {number} ({uri}): {problem}");
            let key = format!("identities.{number}");
            Some(error_in(&key, what, remedy))
        }
        IdentityError::TooMany { .. } => None,
    };
    let faults: Vec<Fault> = (1..).zip(identities).filter_map(alone).collect();
    if !faults.is_empty() {
        return faults;
    }
    let whole = IdentityTable::new(identities).err().map(|error| {
        let key = match &error {
            IdentityError::Entry { number, .. } => format!("identities.{number}"),
            IdentityError::TooMany { .. } => "identities".into(),
        };
        error_in(&key, error.to_string(), remedy)
    });
    whole.into_iter().collect()
}

#[cfg(test)]
mod tests;
