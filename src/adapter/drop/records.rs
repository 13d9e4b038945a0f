//! What the adapter remembers of each check: whether its request is out, which answers came, and which one it gave. A file for each, on a
//! disk of its own machine; no answer is forgotten that was neither given to the broker nor brought to people.

use super::answer::Answer;
use super::settings::Unfit;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Different answers to one request, at most, as many as the broker keeps versions.
const VERSIONS_MAX: usize = 16;
const LOCK: &str = "lock";

/// A check, and how often the officer was asked back when it was asked: a reply makes a new request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Key {
    /// The check's id.
    pub(super) check: String,
    /// Questions and replies so far.
    pub(super) exchanges: u32,
}

impl Key {
    /// The name of its files, without an ending: nothing but the check's id, and the number.
    pub(super) fn stem(&self) -> String {
        format!("{}.{}", self.check.replace('/', "_"), self.exchanges)
    }
}

/// What is remembered of one check.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Record {
    pub(super) key: Key,
    /// When its request was made, where one was.
    pub(super) asked: Option<Asked>,
    /// What came, each different from the one before.
    pub(super) versions: Vec<Version>,
    /// What was given, where something was.
    pub(super) given: Option<Given>,
    /// When the newest answer was brought to people because nobody collected it, or it was not used, in milliseconds since 1970.
    #[serde(default)]
    aside: Option<i64>,
    /// Why people have the check although an answer was given, in a word.
    #[serde(default)]
    held_back: Option<String>,
}

/// A request.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Asked {
    /// When, in milliseconds since 1970.
    at: i64,
    /// Whether it is known to be out. Where not, it is as long as its file is there under the name that it has while it is written.
    pub(super) out: bool,
}

/// An answer that came.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Version {
    /// The stamp of its file and the file's time: a file that is read again after a crash says nothing new.
    file: String,
    /// What it says.
    pub(super) said: Said,
}

/// What an answer says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Said {
    Answer(Box<Answer>),
    /// It cannot be used; people must look.
    Unreadable,
}

/// What the broker was given, be it an answer or a reason for people: no later answer changes it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Given {
    /// Which answer; `None` where the check was left to people without one.
    version: Option<usize>,
    /// When, in milliseconds since 1970.
    at: i64,
}

/// What taking an answer came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// It is new, and will be given when its check is asked for.
    New,
    /// It is new, and its check was never asked of this system, or not by this adapter.
    Unasked,
    /// It is new, and something else was given at this moment: it is not kept.
    Late(Timestamp),
    /// It is new, and its check was left to people at this moment: it is theirs.
    Left(Timestamp),
    /// It is to an earlier question, and was not given: its check has been asked about again since. It is not kept.
    Overtaken,
    /// Nobody can tell to which question of its check it is: people look at the newest.
    Unnumbered,
    /// Known already.
    Known,
    /// Too many answers to this check, or too many checks.
    Full,
}

impl Record {
    fn new(key: Key) -> Self {
        Self {
            key,
            asked: None,
            versions: Vec::new(),
            given: None,
            aside: None,
            held_back: None,
        }
    }

    /// When its request was made.
    pub(super) fn asked_at(&self) -> Option<Timestamp> {
        let asked = self.asked.as_ref()?;
        Timestamp::from_millisecond(asked.at).ok()
    }

    /// Notes a request, which is `out` or not yet.
    pub(super) fn ask(&mut self, now: Timestamp, out: bool) {
        let at = self
            .asked
            .as_ref()
            .map_or(now.as_millisecond(), |asked| asked.at);
        self.asked = Some(Asked { at, out });
    }

    /// What it gives: what it gave before, or else the newest.
    pub(super) fn give(&mut self, now: Timestamp) -> Option<&Said> {
        let newest = self.versions.len().checked_sub(1)?;
        let given = self.given.get_or_insert(Given {
            version: Some(newest),
            at: now.as_millisecond(),
        });
        self.versions
            .get(given.version?)
            .map(|version| &version.said)
    }

    /// Notes that the check was left to people without an answer.
    pub(super) fn leave(&mut self, now: Timestamp) {
        self.given = Some(Given {
            version: None,
            at: now.as_millisecond(),
        });
    }

    /// Notes that the answer that was given was not used, and why in a word; tells whether that is news.
    pub(super) fn hold_back(&mut self, why: String) -> bool {
        let given = self.given.as_ref().and_then(|given| given.version);
        let news = given.is_some() && self.aside.is_none() && self.held_back.is_none();
        if news {
            self.held_back = Some(why);
        }
        news
    }

    /// Why the answer is still to be brought to people although it was given, in a word.
    pub(super) fn held_back(&self) -> Option<&str> {
        self.held_back.as_deref().filter(|_| self.aside.is_none())
    }

    /// What came last.
    pub(super) fn newest(&self) -> Option<&Said> {
        self.versions.last().map(|version| &version.said)
    }

    /// Notes that the newest answer was brought to people. It is still given when its check is looked up.
    pub(super) fn set_aside(&mut self, now: Timestamp) {
        self.aside = Some(now.as_millisecond());
    }

    fn over(&self, before: Timestamp) -> bool {
        let before = before.as_millisecond();
        let end = match (&self.given, &self.asked) {
            _ if self.held_back().is_some() => None,
            (Some(given), _) => Some(given.at),
            (None, Some(asked)) if self.versions.is_empty() => Some(asked.at),
            (None, _) => self.aside,
        };
        end.is_some_and(|end| end < before)
    }
}

/// All records. Small files of a local disk are written where they are decided, without an await between: a look-up that is cut short
/// leaves disk and memory the same.
pub(super) struct Records {
    folder: PathBuf,
    most: usize,
    all: BTreeMap<Key, Record>,
    /// Since when this program knows of answers that were not collected.
    uncollected: BTreeMap<Key, Timestamp>,
    /// Held while the process lives: two adapters over one memory would ask twice.
    _lock: File,
}

impl Records {
    /// Opens the memory, and makes it where there is none.
    pub(super) fn open(folder: &Path, most: usize) -> Result<Self, Unfit> {
        let unfit = |what: &str| {
            Unfit::new(
                format!("{what} in {}", folder.display()),
                "check that the folder is on a disk of this machine and that this user owns it",
            )
        };
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder);
        made.map_err(|_| unfit("no folder can be made"))?;
        let lock = private(&folder.join(LOCK)).map_err(|_| unfit("no file can be written"))?;
        lock.try_lock().map_err(|_| {
            Unfit::new(
                format!("another adapter uses {}", folder.display()),
                "stop it, or give this connector a `state` of its own",
            )
        })?;
        let mut all = BTreeMap::new();
        for entry in fs::read_dir(folder).map_err(|_| unfit("nothing can be read"))? {
            let path = entry.map_err(|_| unfit("nothing can be read"))?.path();
            if path.extension().is_none_or(|ending| ending != "json") {
                continue;
            }
            let bytes = fs::read(&path).map_err(|_| unfit("a file cannot be read"))?;
            if let Ok(record) = serde_json::from_slice::<Record>(&bytes) {
                all.insert(record.key.clone(), record);
            } else {
                // Written whole or not at all: the disk is at fault. The others are not.
                let aside = fs::rename(&path, path.with_extension("damaged"));
                aside.map_err(|_| unfit("a damaged file cannot be renamed"))?;
                let file = path.file_stem().unwrap_or_default().to_string_lossy();
                tracing::error!(%file, "The memory of a check is damaged: it is set aside, and its request may go out again");
            }
        }
        Ok(Self {
            folder: folder.to_owned(),
            most,
            all,
            uncollected: BTreeMap::new(),
            _lock: lock,
        })
    }

    /// A check's record, made where there is none yet; it counts once it is [`Records::put`].
    pub(super) fn get(&self, key: &Key) -> Record {
        let known = self.all.get(key).cloned();
        known.unwrap_or_else(|| Record::new(key.clone()))
    }

    /// Whether no further check can be remembered.
    pub(super) fn full(&self) -> bool {
        self.all.len() >= self.most
    }

    /// Requests without an answer, made since.
    pub(super) fn waiting(&self, since: Timestamp) -> usize {
        let waits = |record: &&Record| {
            record.versions.is_empty() && record.asked_at().is_some_and(|at| at >= since)
        };
        self.all.values().filter(waits).count()
    }

    /// Answers that were neither given nor brought to people: their checks were not lent to this adapter since.
    pub(super) fn kept(&self) -> impl Iterator<Item = &Record> {
        let kept = |record: &&Record| {
            record.given.is_none() && record.aside.is_none() && !record.versions.is_empty()
        };
        self.all.values().filter(kept)
    }

    /// Answers that were given and not used, and that are still to be brought to people.
    pub(super) fn held_back(&self) -> Vec<Record> {
        let held_back = |record: &&Record| record.held_back().is_some();
        self.all.values().filter(held_back).cloned().collect()
    }

    /// Answers that nobody collected for so long, counted from when they were first seen here by this program.
    pub(super) fn uncollected(&mut self, now: Timestamp, patience: Duration) -> Vec<Record> {
        let since = |record: &Record| self.uncollected.get(&record.key).copied().unwrap_or(now);
        let kept = self.kept();
        self.uncollected = kept
            .map(|record| (record.key.clone(), since(record)))
            .collect();
        let late = |since: Timestamp| since.checked_add(patience).is_ok_and(|end| end <= now);
        let late = self.uncollected.iter().filter(|(_, since)| late(**since));
        late.map(|(key, _)| self.get(key)).collect()
    }

    /// Keeps a record: when it returns it outlives a power cut.
    pub(super) fn put(&mut self, record: Record) -> io::Result<()> {
        let path = self.path(&record.key);
        let new = path.with_extension("new");
        let mut file = private(&new)?;
        file.write_all(&serde_json::to_vec(&record)?)?;
        file.sync_all()?;
        fs::rename(&new, &path)?;
        File::open(&self.folder)?.sync_all()?;
        self.all.insert(record.key.clone(), record);
        Ok(())
    }

    /// Takes an answer from a file. Without a number of exchanges it is for the only question of its check: where there may be several, it is
    /// not guessed which.
    pub(super) fn take(
        &mut self,
        check: &str,
        exchanges: Option<u32>,
        file: &str,
        said: Said,
    ) -> io::Result<Taken> {
        let key = |exchanges| Key {
            check: check.to_owned(),
            exchanges,
        };
        let rounds = || self.all.range(key(0)..=key(u32::MAX));
        let newest = rounds()
            .filter(|(_, record)| record.asked.is_some())
            .map(|(key, _)| key.exchanges)
            .next_back();
        if exchanges.is_none() && rounds().any(|(key, _)| key.exchanges > 0) {
            let is_given = newest.is_some_and(|newest| self.get(&key(newest)).given.is_some());
            let says = |record: &Record| record.versions.iter().any(|version| version.said == said);
            // Nightly files say again what they said before, and nobody waits any more.
            if is_given && rounds().any(|(_, record)| says(record)) {
                return Ok(Taken::Known);
            }
            let taken = match newest {
                Some(newest) => self.add(&key(newest), Some(newest), file, Said::Unreadable)?,
                None => Taken::Unnumbered,
            };
            return Ok(match taken {
                Taken::Full => Taken::Full,
                _ => Taken::Unnumbered,
            });
        }
        let own = exchanges.or(newest).unwrap_or_default();
        self.add(&key(own), newest, file, said)
    }

    fn add(&mut self, key: &Key, newest: Option<u32>, file: &str, said: Said) -> io::Result<Taken> {
        let mut record = self.get(key);
        if let Some(Given { version: None, at }) = record.given {
            return self.pass_on(record, file, said, at);
        }
        let known = |version: &Version| version.file == file;
        if record.versions.iter().any(known)
            || record.versions.last().is_some_and(|last| last.said == said)
        {
            return Ok(Taken::Known);
        }
        if let Some(given) = &record.given {
            let at = Timestamp::from_millisecond(given.at).unwrap_or_default();
            return Ok(Taken::Late(at));
        }
        if newest.is_some_and(|newest| key.exchanges < newest) {
            return Ok(Taken::Overtaken);
        }
        if record.versions.len() >= VERSIONS_MAX || (self.full() && !self.all.contains_key(key)) {
            return Ok(Taken::Full);
        }
        record.versions.push(Version {
            file: file.to_owned(),
            said,
        });
        record.aside = None;
        let taken = match record.asked {
            Some(_) => Taken::New,
            None => Taken::Unasked,
        };
        self.put(record)?;
        Ok(taken)
    }

    /// People have the check, and get what comes to it, once: a file that repeats the last answer says nothing new, unless it is the same file,
    /// which is read again after a crash.
    fn pass_on(
        &mut self,
        mut record: Record,
        file: &str,
        said: Said,
        at: i64,
    ) -> io::Result<Taken> {
        match record.versions.last() {
            Some(last) if last.said == said && last.file != file => return Ok(Taken::Known),
            Some(last) if last.said == said => {}
            _ if record.versions.len() >= VERSIONS_MAX => {}
            _ => {
                let file = file.to_owned();
                record.versions.push(Version { file, said });
                self.put(record)?;
            }
        }
        Ok(Taken::Left(
            Timestamp::from_millisecond(at).unwrap_or_default(),
        ))
    }

    /// Forgets what is over and older than `keep`.
    pub(super) fn forget(&mut self, now: Timestamp, keep: Duration) -> io::Result<()> {
        let Ok(before) = now.checked_sub(keep) else {
            return Ok(());
        };
        let over: Vec<Key> = self
            .all
            .values()
            .filter(|record| record.over(before))
            .map(|record| record.key.clone())
            .collect();
        for key in over {
            fs::remove_file(self.path(&key))?;
            self.all.remove(&key);
        }
        Ok(())
    }

    fn path(&self, key: &Key) -> PathBuf {
        self.folder.join(key.stem() + ".json")
    }
}

fn private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
}
