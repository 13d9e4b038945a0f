//! The configuration: `config/usher.toml`, the policy, bank holidays, and the one place that reads the environment.
//!
//! Layers, the later over the earlier: the built-in `config/usher.toml`, the operator's file, the environment
//! (`USHER_SECTION__KEY`), flags. Whatever is wrong is reported with file, line, column and remedy, all of it at once.
//! Nothing here reads certificates, keys or responder files: whoever uses them does.

pub mod adapter;
pub mod agreements;
pub mod calendar;
pub mod check;
mod document;
pub mod environment;
pub mod fault;
pub mod policy;
pub mod settings;

use document::explain;
use environment::Environment;
use fault::{Fault, Faults, Place, Source};
use serde::Deserialize;
pub use settings::Config;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer, ValueDeserializer};

/// The built-in `config/usher.toml`: every key with its default.
pub const DEFAULTS: &str = include_str!("../config/usher.toml");

/// The configuration in force, and where each value comes from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values; relative paths start at the folder of the file, or at the working directory when there is none.
    pub config: Config,
    settings: Vec<Setting>,
    origins: BTreeMap<String, Origin>,
}

/// One value and its origin, for `config show`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The dotted key, such as `rpc.listen`.
    pub key: String,
    /// The value as TOML writes it.
    pub value: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Built in.
    Default,
    /// The operator's file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// This variable of the environment.
    Environment(String),
    /// This flag.
    Flag(String),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

/// A value given on the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The flag as the user wrote it, such as `--listen`.
    pub name: String,
    /// The dotted key that it sets, such as `rpc.listen`.
    pub key: String,
    /// The value.
    pub value: String,
}

impl Loaded {
    /// Every value with its origin, by key. Identities are counted, not listed: they name people.
    pub fn settings(&self) -> &[Setting] {
        &self.settings
    }

    /// A fault of a setting, with where its value comes from.
    pub fn locate(&self, fault: Fault) -> Fault {
        let place = match fault.place {
            Place::Setting(key) => match self.origins.get(&key) {
                Some(origin) => Place::Set {
                    origin: origin.clone(),
                    key,
                },
                None => Place::Setting(key),
            },
            other => other,
        };
        Fault { place, ..fault }
    }
}

/// Reads the configuration: `file` where given, the settings in `environment`, and `flags`.
///
/// # Errors
/// Every unknown key, wrong type and unreadable value, each with its place.
pub fn load(
    file: Option<&Path>,
    environment: &Environment,
    flags: &[Flag],
) -> Result<Loaded, Faults> {
    let source = file.map(Source::read).transpose();
    let source = source.map_err(|fault| Faults(vec![fault]))?;
    let mut layers = Layers::new(source.as_ref()).map_err(Faults)?;
    let mut faults = Vec::new();
    for (name, key, value) in environment.settings() {
        let place = Place::Environment(name.into());
        let origin = Origin::Environment(name.into());
        faults.extend(layers.put(&key, value, place, origin).err());
    }
    for flag in flags {
        let place = Place::Flag(flag.name.clone());
        let origin = Origin::Flag(flag.name.clone());
        faults.extend(layers.put(&flag.key, &flag.value, place, origin).err());
    }
    if !faults.is_empty() {
        return Err(Faults(faults));
    }
    let mut config = Config::deserialize(Deserializer::from(layers.root.clone()))
        .map_err(|error| Faults(vec![unexplained(&error)]))?;
    if let Some(folder) = file.and_then(Path::parent) {
        config.resolve(folder);
    }
    let mut settings = Vec::new();
    layers.list(layers.root.get_ref(), "", &mut settings);
    Ok(Loaded {
        config,
        settings,
        origins: layers.origins,
    })
}

/// The layers on top of each other, and who put what.
struct Layers<'i> {
    root: Spanned<DeTable<'i>>,
    origins: BTreeMap<String, Origin>,
}

impl<'i> Layers<'i> {
    /// The defaults, and `source` over them.
    fn new(source: Option<&'i Source>) -> Result<Self, Vec<Fault>> {
        let defaults = DeTable::parse(DEFAULTS).map_err(|error| vec![unexplained(&error)])?;
        let mut root = Spanned::new(NOWHERE, unplaced(defaults.into_inner()));
        let mut origins = BTreeMap::new();
        if let Some(source) = source {
            document::read_over::<Config>(source, |over| filled(&root, over))?;
            let over = DeTable::parse(&source.text).map_err(|error| vec![unexplained(&error)])?;
            for (key, span) in document::spans(over.get_ref()) {
                let (line, _) = source.line_and_column(span.start);
                let path = source.path.clone();
                origins.insert(key, Origin::File { path, line });
            }
            root = filled(&root, &over);
        }
        Ok(Self { root, origins })
    }

    /// Sets `key`, as text where a text is wanted, else as a TOML value.
    fn put(
        &mut self,
        key: &str,
        value: &'i str,
        place: Place,
        origin: Origin,
    ) -> Result<(), Fault> {
        let text = DeValue::String(value.into());
        let literal = DeValue::parse(value).map(Spanned::into_inner);
        let mut message = String::new();
        for value in [Some(text), literal.ok()].into_iter().flatten() {
            let mut root = self.root.clone();
            insert(root.get_mut(), key, value);
            match Config::deserialize(Deserializer::from(root.clone())) {
                Ok(_) => {
                    self.root = root;
                    self.origins.insert(key.into(), origin);
                    return Ok(());
                }
                Err(error) => message = error.message().into(),
            }
        }
        let (what, remedy) = explain(&message);
        Err(Fault::error(place, what, remedy))
    }

    fn list(&self, table: &DeTable<'_>, prefix: &str, settings: &mut Vec<Setting>) {
        for (key, value) in table {
            let key = format!("{prefix}{}", key.get_ref());
            if let DeValue::Table(inner) = value.get_ref() {
                self.list(inner, &format!("{key}."), settings);
                continue;
            }
            let value = match value.get_ref() {
                DeValue::Array(items) if key == "identities" => format!("{} entries", items.len()),
                other => in_toml(other),
            };
            let origin = self.origins.get(&key).cloned().unwrap_or(Origin::Default);
            settings.push(Setting { key, value, origin });
        }
    }
}

/// The span of what does not stand in the operator's file.
const NOWHERE: std::ops::Range<usize> = 0..0;

/// `table` with the spans of another document taken away.
fn unplaced(table: DeTable<'_>) -> DeTable<'_> {
    let strip = |value| match value {
        DeValue::Table(inner) => DeValue::Table(unplaced(inner)),
        other => other,
    };
    table
        .into_iter()
        .map(|(key, value)| {
            let key = Spanned::new(NOWHERE, key.into_inner());
            (key, Spanned::new(NOWHERE, strip(value.into_inner())))
        })
        .collect()
}

/// `over` with what it leaves out taken from `root`.
fn filled<'i>(root: &Spanned<DeTable<'i>>, over: &Spanned<DeTable<'i>>) -> Spanned<DeTable<'i>> {
    let mut whole = root.get_ref().clone();
    merge(&mut whole, over.get_ref().clone());
    Spanned::new(over.span(), whole)
}

/// Puts `over` over `under`, table by table, with the spans of `over`.
fn merge<'i>(under: &mut DeTable<'i>, over: DeTable<'i>) {
    for (key, value) in over {
        let span = value.span();
        let below = under
            .remove(key.get_ref().as_ref())
            .map(Spanned::into_inner);
        let value = match (below, value.into_inner()) {
            (Some(DeValue::Table(mut below)), DeValue::Table(table)) => {
                merge(&mut below, table);
                DeValue::Table(below)
            }
            (_, value) => value,
        };
        under.insert(key, Spanned::new(span, value));
    }
}

fn insert<'i>(table: &mut DeTable<'i>, key: &str, value: DeValue<'i>) {
    let (head, rest) = match key.split_once('.') {
        Some((head, rest)) => (head, Some(rest)),
        None => (key, None),
    };
    let Some(rest) = rest else {
        table.remove(head);
        let key = Spanned::new(NOWHERE, head.to_string().into());
        table.insert(key, Spanned::new(NOWHERE, value));
        return;
    };
    if let Some(DeValue::Table(inner)) = table.get_mut(head).map(Spanned::get_mut) {
        return insert(inner, rest, value);
    }
    let mut inner = DeTable::new();
    insert(&mut inner, rest, value);
    insert(table, head, DeValue::Table(inner));
}

fn in_toml(value: &DeValue<'_>) -> String {
    let value = ValueDeserializer::from(Spanned::new(NOWHERE, value.clone()));
    toml::Value::deserialize(value).map_or_else(|_| String::new(), |value| value.to_string())
}

fn unexplained(error: &toml::de::Error) -> Fault {
    let place = Place::Setting("config/usher.toml".into());
    Fault::error(
        place,
        error.message(),
        "the built-in defaults are wrong; report this",
    )
}

#[cfg(test)]
mod tests;
