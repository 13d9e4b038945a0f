//! What a borough says of its replica, and the proof that it can be used, before anything is connected to.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One SQL connector, as `[[connector]]` with `kind = "sql"` has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its name in logs and health.
    #[serde(default = "default_name")]
    pub name: String,
    /// How the database is spoken to.
    pub engine: Engine,
    /// Where it is, without user and password. PostgreSQL: `host=… port=… dbname=…`. SQL Server: `server=tcp:HOST,1433;database=…`.
    /// ODBC: `DSN=…` or `Driver={…};…`. `SQLite`: the file.
    pub connect: String,
    /// The read-only login; ODBC drivers that know no users need none.
    pub user: Option<String>,
    /// The login's password, in a file that only this user may read.
    pub password_file: Option<PathBuf>,
    /// Certificates that the server's must lead to, in PEM; needed unless the server is on this machine. ODBC: the driver's own affair.
    pub ca: Option<PathBuf>,
    /// ODBC: whose SQL is behind the driver. The other engines know.
    pub dialect: Option<Dialect>,
    /// Tables of a known shape; otherwise `queries` say what to read.
    pub preset: Option<Preset>,
    /// The schema of the preset's tables; the login's own where none is given.
    pub schema: Option<String>,
    /// Columns that are called otherwise here, by the preset's name; an empty name for one that does not exist: it then reads as not filled
    /// in.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Tables of the preset that this borough does not have.
    #[serde(default)]
    pub without: Vec<String>,
    /// The borough's own queries, in place of a preset.
    pub queries: Option<Queries>,
    /// What codes of this system mean.
    #[serde(default)]
    pub codes: Codes,
    /// Whether adults are in the tables as well: otherwise nobody of 25 or older is certainly absent.
    #[serde(default)]
    pub holds_adults: bool,
    /// Whether whom the borough's own queries do not find is certainly not there, although a birth and a postcode are not searched for every
    /// mistake. The borough answers for that; without it such absences are left to people.
    #[serde(default)]
    pub absent_is_certain: bool,
    /// People in the tables, at least (for own queries, rows of `born`): with fewer they are taken for half filled, and nobody is told
    /// absent. 1 to 1,000,000; as many rows are counted for each look-up.
    pub people_min: Option<u32>,
    /// How old the data is.
    pub age: Age,
    /// Connections, and so look-ups at the same time, at most.
    #[serde(default = "default_connections")]
    pub connections_max: usize,
    /// Seconds that one statement may take, at most.
    #[serde(default = "default_seconds")]
    pub statement_seconds_max: u16,
    /// People whom one look-up may fetch, at most. With more the check goes to people.
    #[serde(default = "default_rows")]
    pub rows_max: u32,
}

/// How the database is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// PostgreSQL's own protocol.
    Postgresql,
    /// SQL Server's own protocol; needs the cargo feature `mssql`.
    Sqlserver,
    /// An ODBC driver; needs the cargo feature `odbc`.
    Odbc,
    /// A file of `SQLite`, read by this program itself.
    Sqlite,
}

/// Whose SQL it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    /// PostgreSQL 12 or newer.
    Postgresql,
    /// SQL Server 2014 or newer.
    Sqlserver,
    /// Oracle 12c or newer.
    Oracle,
    /// `SQLite` 3.
    Sqlite,
}

/// Tables of a known shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Preset {
    /// The Standard Safeguarding Dataset.
    Ssd,
}

/// A borough's own queries. Each is one `SELECT` whose columns bear the names given here, in any order. Values stand in as `:name`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queries {
    /// People born from `:born_from` to before `:born_until`.
    pub born: String,
    /// People whose family name begins with `:family` and given names with `:given`, both in lower case and at most three letters.
    pub names: String,
    /// People born from `:born_from` to before `:born_until` whose family name begins with `:family` and given names with `:given`, of which
    /// either may be empty.
    pub name_and_born: String,
    /// People who live or lived at the whole postcode `:postcode`, in lower case without spaces.
    pub postcode: String,
    /// Involvement of the person whose key is `:person`.
    pub episodes: String,
    /// Contacts about the person whose key is `:person`: how many since `:since`, and the last one.
    pub contacts: Option<String>,
    /// Workers who are allocated to the person whose key is `:person`, the one to speak to first.
    pub worker: Option<String>,
}

/// What codes of this system mean, beside the standard ones. Upper and lower case are the same.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Codes {
    /// To `female`, `male` or `not specified`.
    #[serde(default)]
    pub sex: BTreeMap<String, String>,
    /// To `NEG`, `PHY`, `SAB`, `EMO` or `MUL`.
    #[serde(default)]
    pub category: BTreeMap<String, String>,
    /// To an SSDA903 code such as `C2`, or to nothing where the status has no bearing on being looked after.
    #[serde(default)]
    pub legal_status: BTreeMap<String, String>,
    /// Care leavers' eligibility, to `current` or `none`.
    #[serde(default)]
    pub eligibility: BTreeMap<String, String>,
    /// Kinds of a borough's own episodes, to the standard ones such as `cp-plan`.
    #[serde(default)]
    pub kind: BTreeMap<String, String>,
}

/// How old the data is: asked for with each look-up, or taken for granted.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Age {
    /// One `SELECT` of one moment: when the data was last brought up to date. Without an offset it is London's time.
    pub query: Option<String>,
    /// Hours that the data may be old at most; older, and checks go to people.
    #[serde(default = "default_hours")]
    pub hours_max: u32,
    /// Hours that the data is taken to be old where there is no query; 0 for live tables.
    pub assumed_hours: Option<u32>,
}

/// Why settings are of no use.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A value, or two together.
    #[error("{setting}: {remedy}")]
    Unusable {
        /// Which.
        setting: &'static str,
        /// What to do.
        remedy: &'static str,
    },
    /// A name in the settings is none.
    #[error("{setting}: {name:?} is no name: use letters, digits and _, at most {NAME_MAX}")]
    Name {
        /// Which setting.
        setting: &'static str,
        /// The name.
        name: String,
    },
    /// A query cannot be used.
    #[error("queries.{query}: {remedy}")]
    Query {
        /// Which.
        query: &'static str,
        /// What to do.
        remedy: String,
    },
    /// This program was built without the engine.
    #[error("this usher was built without {feature}: build it with --features {feature}")]
    NotBuilt {
        /// The cargo feature.
        feature: &'static str,
    },
    /// The password cannot be read.
    #[error("the login's password cannot be read (password_file)")]
    Password(#[source] crate::pki::files::FileError),
    /// The connection cannot be set up.
    #[error("connect: {remedy}")]
    Connect {
        /// What to do.
        remedy: &'static str,
        /// Why.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
}

/// A name of a schema or column, in characters.
const NAME_MAX: usize = 63;
/// A lease lasts a minute or two: a statement that takes longer than this helps nobody.
const STATEMENT_SECONDS_MAX: u16 = 60;
/// Each connection is a session on somebody else's server.
const CONNECTIONS_MAX: usize = 32;
/// More candidates than this are no block but the whole borough.
const ROWS_MAX: u32 = 20_000;

/// Counting so many rows for each look-up is enough.
const PEOPLE_MIN_MAX: u32 = 1_000_000;

/// A year: older data is of no use to anybody.
const HOURS_MAX: u32 = 8_784;

impl Settings {
    /// Makes paths absolute, which are relative to the configuration file's folder.
    pub fn resolve(&mut self, folder: &Path) {
        for path in [&mut self.password_file, &mut self.ca]
            .into_iter()
            .flatten()
        {
            *path = folder.join(&*path);
        }
        if self.engine == Engine::Sqlite {
            self.connect = folder.join(&self.connect).display().to_string();
        }
    }

    /// Proves the settings as far as that can be done without connecting.
    ///
    /// # Errors
    /// [`SettingsError`] with what to do.
    pub fn examine(&self) -> Result<(), SettingsError> {
        let unusable = |setting, remedy| Err(SettingsError::Unusable { setting, remedy });
        if self.preset.is_some() == self.queries.is_some() {
            return unusable(
                "preset",
                "give preset = \"ssd\" or [connector.queries], one",
            );
        }
        if (self.engine == Engine::Odbc) != self.dialect.is_some() {
            return unusable("dialect", "say it for engine = \"odbc\", and only there");
        }
        let is_file = self.engine == Engine::Sqlite;
        let login = [
            &self.user.as_ref().map(Path::new),
            &self.password_file.as_deref(),
            &self.ca.as_deref(),
        ];
        if is_file && login.iter().any(|part| part.is_some()) {
            return unusable(
                "user, password_file, ca",
                "leave them out: a file has no logins",
            );
        }
        if is_file && !Path::new(&self.connect).is_file() {
            return unusable(
                "connect",
                "name the database's file: there is none of this name",
            );
        }
        if !is_file && self.engine != Engine::Odbc && self.user.is_none() {
            return unusable("user", "name the read-only login");
        }
        if self.age.query.is_some() == self.age.assumed_hours.is_some() {
            return unusable("age", "give age.query or age.assumed_hours, one of them");
        }
        self.within_bounds()?;
        if self.absent_is_certain && self.queries.is_none() {
            return unusable(
                "absent_is_certain",
                "leave it out: a preset is searched for every mistake",
            );
        }
        let empty_allowed = |name: &String| name.is_empty() || is_name(name);
        let names = (self
            .schema
            .iter()
            .map(|name| ("schema", name, is_name(name))))
        .chain(
            self.columns
                .values()
                .map(|name| ("columns", name, empty_allowed(name))),
        );
        for (setting, name, usable) in names {
            if !usable {
                let name = name.clone();
                return Err(SettingsError::Name { setting, name });
            }
        }
        Ok(())
    }

    fn within_bounds(&self) -> Result<(), SettingsError> {
        let unusable = |setting, remedy| Err(SettingsError::Unusable { setting, remedy });
        if self.age.hours_max > HOURS_MAX || self.age.assumed_hours > Some(HOURS_MAX) {
            return unusable("age", "give at most 8784 hours, a year");
        }
        if self.connections_max == 0 || self.connections_max > CONNECTIONS_MAX {
            return unusable("connections_max", "give 1 to 32");
        }
        if self.statement_seconds_max == 0 || self.statement_seconds_max > STATEMENT_SECONDS_MAX {
            return unusable("statement_seconds_max", "give 1 to 60");
        }
        if self.rows_max == 0 || self.rows_max > ROWS_MAX {
            return unusable("rows_max", "give 1 to 20000");
        }
        if self
            .people_min
            .is_some_and(|least| !(1..=PEOPLE_MIN_MAX).contains(&least))
        {
            return unusable("people_min", "give 1 to 1000000");
        }
        Ok(())
    }

    /// Whose SQL is spoken.
    pub(super) fn spoken(&self) -> Dialect {
        match self.engine {
            Engine::Postgresql => Dialect::Postgresql,
            Engine::Sqlserver => Dialect::Sqlserver,
            Engine::Sqlite => Dialect::Sqlite,
            Engine::Odbc => self.dialect.unwrap_or(Dialect::Oracle),
        }
    }

    /// The login's password, where there is one.
    pub(super) fn password(&self) -> Result<Option<String>, SettingsError> {
        let Some(path) = &self.password_file else {
            return Ok(None);
        };
        let bytes = crate::pki::files::read_private(path).map_err(SettingsError::Password)?;
        let text = String::from_utf8_lossy(&bytes);
        Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
    }
}

/// Letters, digits and underscores, not beginning with a digit: what needs no quoting anywhere, and can end no statement.
pub(super) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    name.len() <= NAME_MAX
        && letters
            .next()
            .is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn default_name() -> String {
    "sql".to_owned()
}

fn default_connections() -> usize {
    4
}

fn default_seconds() -> u16 {
    5
}

fn default_rows() -> u32 {
    2_000
}

fn default_hours() -> u32 {
    36
}
