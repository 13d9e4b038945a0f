//! The configuration of an adapter, `usher adapter run --config FILE`: `[broker]`, `[adapter]`, `[log]`, `[health]`, and one `[[connector]]`
//! for each way into the borough's systems, in the order in which they are asked.

use super::document::read_over;
use super::fault::{Fault, Faults, Place, Source};
use crate::adapter::mapping::Page;
use crate::adapter::{BrokerSettings, PaceSettings, drop, rest, sql};
use crate::telemetry::{LogFormat, LogSettings, MetricsSettings};
use jiff::civil::Date;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Connectors of one adapter; more than any borough has systems.
const CONNECTORS_MAX: usize = 16;

/// How long an adapter under test may take for one check, unless told, and at most.
const PATIENCE_SECONDS: u64 = 30;
const PATIENCE_SECONDS_MAX: u64 = 600;

/// Everything that an adapter is told.
#[derive(Debug)]
pub struct AdapterConfig {
    /// Where the broker is.
    pub broker: BrokerSettings,
    /// How much it takes on.
    pub pace: PaceSettings,
    /// Log lines.
    pub log: LogSettings,
    /// Where it tells how it does, where it does.
    pub health: Option<MetricsSettings>,
    /// Its ways into the borough's systems, first to last.
    pub connectors: Vec<ConnectorConfig>,
}

/// One way into a borough's systems.
#[derive(Clone, Debug)]
pub enum ConnectorConfig {
    /// People answer.
    Desk,
    /// A reporting replica.
    Sql(Box<sql::Settings>),
    /// JSON over HTTPS, and the file in which its expressions stand.
    Rest(Box<rest::Settings>, Page),
    /// Files out and in.
    Drop(Box<drop::Settings>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    broker: BrokerSettings,
    #[serde(default)]
    adapter: PaceSettings,
    log: Option<LogSettings>,
    health: Option<MetricsSettings>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// Reads `path`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load(path: &Path) -> Result<AdapterConfig, Faults> {
    let source = Source::read(path).map_err(|fault| Faults(vec![fault]))?;
    let mut faults = Vec::new();
    let base = read_over::<Document>(&source, |root| {
        without(&without(root, "connector"), "check")
    });
    let folder = path.parent().unwrap_or(Path::new("."));
    let connectors = connectors(&source, folder, &mut faults);
    match base {
        Ok(base) if faults.is_empty() => {
            let config = assemble(base, connectors, folder);
            let wrong = bounds(&config);
            if wrong.is_empty() {
                Ok(config)
            } else {
                Err(Faults(wrong))
            }
        }
        base => {
            let mut all = base.err().unwrap_or_default();
            all.extend(faults);
            Err(Faults(all))
        }
    }
}

impl AdapterConfig {
    /// The same adapter against the test broker of `usher adapter check`: its address, and the folder with `adapter.pem`, `adapter.key` and
    /// `ca.pem`, in which the journal is kept too.
    #[must_use]
    pub fn against(self, server: String, folder: &Path) -> Self {
        let broker = BrokerSettings {
            server,
            certificate: folder.join("adapter.pem"),
            key: folder.join("adapter.key"),
            ca: folder.join("ca.pem"),
            server_name: None,
            responders: Vec::new(),
        };
        let pace = PaceSettings {
            journal: folder.join("journal"),
            ..self.pace
        };
        Self {
            broker,
            pace,
            // The port may be that of the adapter in use.
            health: None,
            ..self
        }
    }
}

fn assemble(base: Document, connectors: Vec<ConnectorConfig>, folder: &Path) -> AdapterConfig {
    let Document {
        mut broker,
        mut adapter,
        log,
        health,
    } = base;
    broker.resolve(folder);
    adapter.resolve(folder);
    AdapterConfig {
        broker,
        pace: adapter,
        log: log.unwrap_or(LogSettings {
            format: LogFormat::Text,
            filter: "info".into(),
        }),
        health,
        connectors,
    }
}

fn bounds(config: &AdapterConfig) -> Vec<Fault> {
    let outside = config.pace.faults().into_iter();
    outside
        .map(|(key, remedy)| {
            let place = Place::Setting(format!("adapter.{key}"));
            Fault::error(place, "out of bounds", remedy)
        })
        .collect()
}

/// Reads every `[[connector]]`, and notes what is wrong.
fn connectors(source: &Source, folder: &Path, faults: &mut Vec<Fault>) -> Vec<ConnectorConfig> {
    let (root, _) = DeTable::parse_recoverable(&source.text);
    let tables = match root.get_ref().get("connector").map(Spanned::get_ref) {
        Some(DeValue::Array(items)) => items.len(),
        _ => 0,
    };
    if tables == 0 || tables > CONNECTORS_MAX {
        faults.push(Fault::error(
            source.place(None),
            format!("{tables} connectors"),
            format!("write 1 to {CONNECTORS_MAX} tables [[connector]]; kind = \"desk\" is for a borough without a system"),
        ));
        return Vec::new();
    }
    let mut read = Vec::new();
    for number in 0..tables {
        match connector(source, &root, number, folder) {
            Ok(connector) => read.push(connector),
            Err(more) => faults.extend(more),
        }
    }
    read
}

fn connector(
    source: &Source,
    root: &Spanned<DeTable<'_>>,
    number: usize,
    folder: &Path,
) -> Result<ConnectorConfig, Vec<Fault>> {
    let table = nth(root, number);
    let kind = table.get_ref().get("kind");
    match kind.and_then(|kind| kind.get_ref().as_str()) {
        Some("desk") => read::<Nothing>(source, number).map(|_| ConnectorConfig::Desk),
        Some("sql") => read::<sql::Settings>(source, number).map(|mut settings| {
            settings.resolve(folder);
            ConnectorConfig::Sql(settings)
        }),
        Some("rest") => read::<rest::Settings>(source, number).map(|mut settings| {
            settings.resolve(folder);
            ConnectorConfig::Rest(settings, Page::new(&source.path, &source.text))
        }),
        Some("drop") => read::<drop::Settings>(source, number).map(|mut settings| {
            settings.resolve(folder);
            ConnectorConfig::Drop(settings)
        }),
        _ => {
            let span = kind.map_or(table.span(), Spanned::span);
            let remedy = "write kind = \"sql\", \"rest\", \"drop\" or \"desk\"";
            Err(vec![Fault::error(
                source.place(Some(span)),
                "no such kind of connector",
                remedy,
            )])
        }
    }
}

fn read<T: DeserializeOwned>(source: &Source, number: usize) -> Result<Box<T>, Vec<Fault>> {
    read_over(source, |root| settings(root, number)).map(Box::new)
}

/// What a connector is told beside its kind.
fn settings<'i>(root: &Spanned<DeTable<'i>>, number: usize) -> Spanned<DeTable<'i>> {
    without(&nth(root, number), "kind")
}

/// The table of one connector; an empty one where it is none, or was taken out for a fault.
fn nth<'i>(root: &Spanned<DeTable<'i>>, number: usize) -> Spanned<DeTable<'i>> {
    let items = match root.get_ref().get("connector").map(Spanned::get_ref) {
        Some(DeValue::Array(items)) => items.get(number),
        _ => None,
    };
    match items.map(|item| (item.span(), item.get_ref())) {
        Some((span, DeValue::Table(table))) => Spanned::new(span, table.clone()),
        _ => Spanned::new(0..0, DeTable::new()),
    }
}

fn without<'i>(table: &Spanned<DeTable<'i>>, key: &str) -> Spanned<DeTable<'i>> {
    let mut rest = table.clone();
    rest.get_mut().remove(key);
    rest
}

/// What `usher adapter check` is told, in `[check]`.
#[derive(PartialEq, Eq)]
pub struct CheckConfig {
    /// The program to be proved, in words; `None` where the file is the configuration of an adapter of ours.
    pub command: Option<Vec<String>>,
    /// The folder in which it is started.
    pub folder: PathBuf,
    /// How long it may take for one check, in seconds, 1 to 600.
    pub patience_seconds: u64,
    /// Somebody whom the system behind it holds.
    pub known: Option<Known>,
}

/// Somebody whom the system behind an adapter under test holds. No `Debug`: it may be a person.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Family name.
    pub family: String,
    /// Given names.
    pub given: String,
    /// Date of birth.
    #[serde(deserialize_with = "date")]
    pub born: Date,
}

fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    let text = String::deserialize(deserializer)?;
    // Not the parser's own words: they may repeat it.
    let unread = |_| D::Error::custom("not a date; write \"YYYY-MM-DD\"");
    text.parse().map_err(unread)
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CheckDocument {
    check: CheckTable,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct CheckTable {
    command: Vec<String>,
    patience_seconds: Option<u64>,
    known: Option<Known>,
}

/// Reads what is to be proved from `path`: an adapter's configuration with `[broker]`, or a `[check]` with a command.
///
/// # Errors
/// Everything that is wrong with it.
pub fn load_check(path: &Path) -> Result<CheckConfig, Faults> {
    let source = Source::read(path).map_err(|fault| Faults(vec![fault]))?;
    let (root, _) = DeTable::parse_recoverable(&source.text);
    let ours = root.get_ref().contains_key("broker");
    if ours {
        load(path)?;
    }
    let read = read_over::<CheckDocument>(&source, |root| {
        let others: Vec<String> = root
            .get_ref()
            .keys()
            .map(|key| key.get_ref().to_string())
            .filter(|key| ours && key != "check")
            .collect();
        others
            .iter()
            .fold(root.clone(), |rest, key| without(&rest, key))
    });
    let CheckTable {
        command,
        patience_seconds,
        known,
    } = read.map_err(Faults)?.check;
    let patience_seconds = patience_seconds.unwrap_or(PATIENCE_SECONDS);
    let fault = |what: &str, remedy: &str| {
        Err(Faults(vec![Fault::error(source.place(None), what, remedy)]))
    };
    if !(1..=PATIENCE_SECONDS_MAX).contains(&patience_seconds) {
        return fault("check.patience_seconds is out of bounds", "write 1 to 600");
    }
    let command = match (ours, command.is_empty()) {
        (true, true) => None,
        (false, false) => Some(command),
        (true, false) => {
            return fault(
                "both [broker] and a command in [check]",
                "keep [broker] for an adapter of usher's own, or the command for any other",
            );
        }
        (false, true) => {
            return fault(
                "nothing to be proved",
                "write [check] with command = [\"PROGRAM\", \"ARGUMENT\"], or give the configuration of an adapter of usher's own",
            );
        }
    };
    let parent = path.parent().filter(|parent| *parent != Path::new(""));
    Ok(CheckConfig {
        command,
        folder: parent.unwrap_or(Path::new(".")).into(),
        patience_seconds,
        known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKER: &str = "[broker]\nserver = \"https://b.example:7443\"\ncertificate = \"a.pem\"\nkey = \"a.key\"\nca = \"ca.pem\"\n";

    fn read(text: &str) -> Result<AdapterConfig, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("adapter.toml");
        std::fs::write(&path, format!("{BROKER}{text}")).unwrap();
        load(&path).map_err(|faults| faults.to_string())
    }

    #[test]
    fn paths_count_from_the_file_and_the_rest_has_defaults() {
        let config = read("[[connector]]\nkind = \"desk\"\n").unwrap();
        assert!(config.broker.key.is_absolute() && config.pace.journal.is_absolute());
        assert_eq!((config.pace.lookups, config.connectors.len()), (8, 1));
    }

    #[test]
    fn every_fault_is_told_with_its_place() {
        for (text, wanted) in [
            ("", "0 connectors"),
            ("[[connector]]\nkind = \"fax\"\n", "7:8: no such kind"),
            ("[[connector]]\nlookups = 1\n", "no such kind"),
            (
                "[[connector]]\nkind = \"desk\"\nfolder = \"x\"\n",
                "8:1: unknown key `folder`",
            ),
            (
                "[adapter]\nlockups = 2\n[[connector]]\nkind = \"desk\"\n",
                "did you mean `lookups`?",
            ),
        ] {
            let told = read(text).err().unwrap_or_default();
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }

    #[test]
    fn an_adapter_takes_on_no_more_than_it_may() {
        for (key, most) in [
            ("lookups", 256),
            ("in_hand", 4_096),
            ("patience_seconds", 3_600),
        ] {
            let read = |value: u32| {
                let desk = "[[connector]]\nkind = \"desk\"\n";
                read(&format!("[adapter]\n{key} = {value}\n{desk}")).map(drop)
            };
            assert_eq!((read(1), read(most)), (Ok(()), Ok(())), "{key}");
            for wrong in [0, most + 1] {
                let told = read(wrong).err().unwrap_or_default();
                let place = format!("adapter.{key}: out of bounds");
                let remedy = format!("write 1 to {most}");
                assert!(told.contains(&place) && told.contains(&remedy), "{told}");
            }
        }
    }

    #[test]
    fn what_is_to_be_proved_is_ours_or_a_command_and_never_both() {
        let check = |text: &str| {
            let dir = tempfile::tempdir().unwrap();
            let path = dir.path().join("check.toml");
            std::fs::write(&path, text).unwrap();
            load_check(&path).map_err(|faults| faults.to_string())
        };
        let desk = format!("{BROKER}[[connector]]\nkind = \"desk\"\n");
        let patient = "[check]\npatience_seconds = 9\n";
        assert_eq!(check(&desk).unwrap().command, None);
        let known = "[check.known]\nfamily = \"F\"\ngiven = \"G\"\nborn = \"1990-01-02\"\n";
        let known = check(&format!("{desk}{known}")).unwrap().known.unwrap();
        assert_eq!(known.born.to_string(), "1990-01-02");
        assert_eq!(
            check(&format!("{desk}{patient}")).unwrap().patience_seconds,
            9
        );
        let vendors = "[check]\ncommand = [\"python3\", \"a.py\"]\n";
        assert_eq!(
            check(vendors).unwrap().command.unwrap(),
            ["python3", "a.py"]
        );
        for (text, wanted) in [
            (format!("{desk}{vendors}"), "both [broker]"),
            (patient.to_owned(), "nothing to be proved"),
            (
                "[check]\ncomand = [\"a\"]\n".into(),
                "did you mean `command`?",
            ),
            ("[chek]\n".into(), "did you mean `check`?"),
            (format!("{vendors}patience_seconds = 0\n"), "write 1 to 600"),
            (BROKER.to_owned(), "0 connectors"),
            (
                format!(
                    "{vendors}known = {{ family = \"F\", given = \"G\", born = \"1.2.1990\" }}\n"
                ),
                "not a date",
            ),
        ] {
            let told = check(&text).err().unwrap_or_default();
            assert!(told.contains(wanted), "{text}: {told}");
        }
    }
}
