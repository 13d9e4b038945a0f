//! The settings of one drop folder, and what is wrong with them.

use super::word::Code;
use encoding_rs::Encoding;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A connector of the kind `drop`. Exactly one of `folder` and `sftp` is there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its name in logs and health.
    #[serde(default = "name")]
    pub name: String,
    /// The adapter's own memory: a folder on a disk of this machine that outlives restarts, used by nobody else.
    pub state: PathBuf,
    /// Files on a disk or network share.
    pub folder: Option<FolderSettings>,
    /// Files on an SFTP server.
    pub sftp: Option<SftpSettings>,
    /// The four folders in it.
    #[serde(default)]
    pub folders: Folders,
    /// The form of requests.
    #[serde(default)]
    pub requests: Form,
    /// Whether requests begin with a byte order mark, which some programs need to see that a file is UTF-8.
    #[serde(default)]
    pub byte_order_mark: bool,
    /// Whether values of CSV requests that begin with `=`, `+`, `-` or `@` get an apostrophe before them. For people who open requests in a
    /// spreadsheet, which would run them as formulas; programs would take the apostrophe for a part of the name.
    #[serde(default)]
    pub guard_formulas: bool,
    /// The encoding of answers that do not say it by a byte order mark: a label of the WHATWG encoding standard, such as `utf-8` or
    /// `windows-1252`.
    #[serde(default = "utf_8")]
    pub encoding: String,
    /// How answers write dates, as in `strftime`. An ISO date is `%Y-%m-%d`.
    #[serde(default = "iso_dates")]
    pub dates: String,
    /// Codes of the system → words of usher, for each kind of code. The words themselves are always understood.
    #[serde(default)]
    pub codes: BTreeMap<Code, BTreeMap<String, String>>,
    /// Seconds between two looks at the folder, 1 to 3,600.
    #[serde(default = "scan_seconds")]
    pub scan_seconds: u64,
    /// Seconds in which a file must not have changed before it is taken, 1 to 3,600.
    #[serde(default = "settle_seconds")]
    pub settle_seconds: u64,
    /// Minutes after which people are asked instead when no answer has come.
    #[serde(default = "give_up_minutes")]
    pub give_up_minutes: u32,
    /// Minutes before the deadline at which people are asked instead, so that they have time; nothing is asked of the system after that.
    #[serde(default = "people_before_deadline_minutes")]
    pub people_before_deadline_minutes: u32,
    /// Bytes of one answer file, at most.
    #[serde(default = "file_bytes_max")]
    pub file_bytes_max: u64,
    /// Answers in one file, at most.
    #[serde(default = "rows_max")]
    pub rows_max: usize,
    /// Files taken in one look at the folder, at most.
    #[serde(default = "files_per_scan_max")]
    pub files_per_scan_max: usize,
    /// Requests that wait for an answer, at most: further checks wait with the broker.
    #[serde(default = "waiting_max")]
    pub waiting_max: usize,
    /// Checks remembered, at most; above that nothing is taken or asked until some are old enough.
    #[serde(default = "remembered_max")]
    pub remembered_max: usize,
    /// Days for which a check is remembered after its answer was given, or brought to people because nobody collected it.
    #[serde(default = "keep_days")]
    pub keep_days: u32,
}

/// The form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// A line for each person, under names of columns.
    #[default]
    Csv,
    /// One object.
    Json,
}

impl Form {
    /// What names of such files end in.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }
}

/// The folders in the place, all on one disk: files go from one to the next by renaming.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Folders {
    /// Requests, for the borough's system to take away.
    pub out: String,
    /// Answers, from the borough's system.
    pub r#in: String,
    /// Answers while they are read.
    pub taken: String,
    /// Answers that were read.
    pub done: String,
    /// What could not be read, with the reason beside it.
    pub bad: String,
}

impl Default for Folders {
    fn default() -> Self {
        Self {
            out: "out".into(),
            r#in: "in".into(),
            taken: "taken".into(),
            done: "done".into(),
            bad: "bad".into(),
        }
    }
}

/// A folder of this machine, which may be a mounted network share.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FolderSettings {
    /// Where it is.
    pub path: PathBuf,
    /// Seconds after which a file operation is given up: shares hang. 1 to 600.
    #[serde(default = "operation_seconds")]
    pub operation_seconds: u64,
}

/// A folder of an SFTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SftpSettings {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    #[serde(default = "ssh_port")]
    pub port: u16,
    /// The account.
    pub user: String,
    /// The account's private key in OpenSSH or PEM form, without a passphrase, readable by its owner alone.
    pub key_file: Option<PathBuf>,
    /// The account's password, where there is no key; readable by its owner alone.
    pub password_file: Option<PathBuf>,
    /// The server's keys, each as a fingerprint (`SHA256:…`) or as a line of `known_hosts` or `ssh-keyscan`. Any other key is refused.
    pub host_keys: Vec<String>,
    /// The folder on the server that holds the others.
    pub path: String,
    /// Seconds after which an operation is given up, 1 to 600.
    #[serde(default = "operation_seconds")]
    pub operation_seconds: u64,
}

/// What is wrong with settings. The words hold nothing personal.
#[derive(Debug, thiserror::Error)]
#[error("{what}; {remedy}")]
pub struct Unfit {
    /// What.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl Unfit {
    pub(super) fn new(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            remedy: remedy.into(),
        }
    }
}

impl Settings {
    /// Makes every path absolute that is relative to the folder of the configuration.
    pub fn resolve(&mut self, folder: &Path) {
        let own = [
            Some(&mut self.state),
            self.folder.as_mut().map(|place| &mut place.path),
        ];
        let sftp = self.sftp.as_mut();
        let secrets = sftp.map(|place| [place.key_file.as_mut(), place.password_file.as_mut()]);
        for path in own
            .into_iter()
            .chain(secrets.into_iter().flatten())
            .flatten()
        {
            *path = folder.join(&*path);
        }
    }

    /// # Errors
    /// When a value is outside its bounds or contradicts another.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        if self.folder.is_some() == self.sftp.is_some() {
            return Err(Unfit::new(
                "a drop has either `folder` or `sftp`",
                "write one of the two tables",
            ));
        }
        self.check_numbers()?;
        self.check_folders()?;
        if Encoding::for_label_no_replacement(self.encoding.as_bytes()).is_none() {
            return Err(Unfit::new(
                "`encoding` is not one that usher knows",
                "write `utf-8`, `windows-1252` or another label of the WHATWG encoding standard",
            ));
        }
        // A form that cannot write a date and read it again is no form of a date.
        let day = jiff::civil::date(2025, 12, 31);
        let written = jiff::fmt::strtime::format(&self.dates, day);
        let back = written.and_then(|text| jiff::civil::Date::strptime(&self.dates, text));
        if !back.is_ok_and(|back| back == day) {
            return Err(Unfit::new(
                "`dates` does not describe a whole date",
                "write day, month and year, such as `%d/%m/%Y`",
            ));
        }
        for (code, words) in &self.codes {
            if let Some(word) = words.values().find(|word| !code.knows(word)) {
                return Err(Unfit::new(
                    format!("`{word}` under `codes.{}` is no word of usher", code.name()),
                    "use a word from the table of codes in deploy/adapters/drop.md",
                ));
            }
        }
        Ok(())
    }

    fn check_numbers(&self) -> Result<(), Unfit> {
        let operation = self.folder.as_ref().map(|place| place.operation_seconds);
        let operation =
            operation.or_else(|| self.sftp.as_ref().map(|place| place.operation_seconds));
        let size = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let bounds = [
            ("scan_seconds", self.scan_seconds, 3_600),
            ("settle_seconds", self.settle_seconds, 3_600),
            ("operation_seconds", operation.unwrap_or(1), 600),
            (
                "give_up_minutes",
                self.give_up_minutes.into(),
                60 * 24 * 120,
            ),
            ("file_bytes_max", self.file_bytes_max, 256 * 1_024 * 1_024),
            ("rows_max", size(self.rows_max), 1_000_000),
            ("files_per_scan_max", size(self.files_per_scan_max), 10_000),
            ("waiting_max", size(self.waiting_max), 100_000),
            ("remembered_max", size(self.remembered_max), 100_000),
            ("keep_days", self.keep_days.into(), 3_650),
        ];
        match bounds
            .into_iter()
            .find(|(_, value, most)| *value == 0 || value > most)
        {
            Some((name, _, most)) => Err(Unfit::new(
                format!("`{name}` is out of its bounds"),
                format!("write a number from 1 to {most}"),
            )),
            None => Ok(()),
        }
    }

    fn check_folders(&self) -> Result<(), Unfit> {
        let Folders {
            out,
            r#in,
            taken,
            done,
            bad,
        } = &self.folders;
        let mut names = [out, r#in, taken, done, bad];
        names.sort_unstable();
        let plain =
            |name: &str| !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\']);
        if names.iter().all(|name| plain(name)) && names.windows(2).all(|pair| pair[0] != pair[1]) {
            return Ok(());
        }
        Err(Unfit::new(
            "the five `folders` are not five plain names",
            "write different names without slashes or leading dots",
        ))
    }

    pub(super) fn scan_every(&self) -> Duration {
        Duration::from_secs(self.scan_seconds)
    }

    pub(super) fn settle(&self) -> Duration {
        Duration::from_secs(self.settle_seconds)
    }

    pub(super) fn give_up_after(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.give_up_minutes))
    }

    pub(super) fn people_before_deadline(&self) -> Duration {
        Duration::from_secs(60 * u64::from(self.people_before_deadline_minutes))
    }

    pub(super) fn keep(&self) -> Duration {
        Duration::from_secs(86_400 * u64::from(self.keep_days))
    }
}

fn name() -> String {
    "drop".into()
}

fn utf_8() -> String {
    "utf-8".into()
}

fn iso_dates() -> String {
    "%Y-%m-%d".into()
}

const fn scan_seconds() -> u64 {
    30
}

const fn settle_seconds() -> u64 {
    10
}

/// One nightly batch, and the working day after it.
const fn give_up_minutes() -> u32 {
    36 * 60
}

const fn people_before_deadline_minutes() -> u32 {
    60
}

/// About 20,000 answers with a page of text each.
const fn file_bytes_max() -> u64 {
    32 * 1_024 * 1_024
}

const fn rows_max() -> usize {
    10_000
}

const fn files_per_scan_max() -> usize {
    100
}

const fn waiting_max() -> usize {
    1_000
}

const fn remembered_max() -> usize {
    20_000
}

const fn keep_days() -> u32 {
    60
}

const fn operation_seconds() -> u64 {
    30
}

const fn ssh_port() -> u16 {
    22
}
