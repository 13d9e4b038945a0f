//! Structured files out and in, for systems that work through a folder or an SFTP server, most of them at night.
//!
//! A request is one file for one check, named by the check's id alone. Answers come in files of any name, many checks in one if that suits.
//! Nobody reads a file that is half-written, in either direction; nothing is asked twice, and no answer is lost or given twice differently,
//! wherever the adapter dies. What cannot be read goes to people, and lies aside with the reason.
//!
//! Nothing runs by itself: the folder is looked at when a check is looked up or the connector is probed.

mod answer;
mod files;
mod folder;
mod judge;
mod records;
mod request;
mod scan;
mod settings;
#[cfg(feature = "sftp")]
mod sftp;
mod sheet;
mod text;
mod word;

use super::connector::{Connector, Outcome, Trouble};
use crate::clock::Clock;
use answer::{Reading, check_id};
use async_trait::async_trait;
use encoding_rs::Encoding;
use files::{Files, FilesError, part_of};
use jiff::Timestamp;
use records::{Key, Record, Records};
use scan::{Looks, Scan, ScanError};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::timeout;
use usher_proto::v1::{self, PeopleReason};

pub use settings::{FolderSettings, Folders, Form, Settings, SftpSettings, Unfit};
pub use word::Code;

/// Makes the connector; it reaches for its files when it is first used.
///
/// # Errors
/// [`Unfit`] when the settings contradict themselves, or the adapter's own memory or a key file cannot be used.
pub fn connector(settings: Settings, clock: Arc<dyn Clock>) -> Result<Box<dyn Connector>, Unfit> {
    settings.check()?;
    let files = place(&settings, &clock)?;
    Ok(Box::new(Dropbox::open(settings, clock, files)?))
}

impl Dropbox {
    fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        files: Box<dyn Files>,
    ) -> Result<Self, Unfit> {
        let usual = Encoding::for_label_no_replacement(settings.encoding.as_bytes());
        let records = Records::open(&settings.state, settings.remembered_max)?;
        let kept = records.kept().count();
        if kept > 0 {
            tracing::warn!(
                kept,
                "Answers are kept whose checks were not lent to this adapter"
            );
        }
        Ok(Self {
            encoding: usual.unwrap_or(encoding_rs::UTF_8),
            reading: Reading {
                codes: settings.codes.clone(),
                dates: settings.dates.clone(),
            },
            settings,
            clock,
            files,
            inner: Mutex::new(Inner {
                records,
                looks: Looks::default(),
                prepared: false,
                next_look: Timestamp::MIN,
                failed: None,
            }),
            set_aside: AtomicUsize::new(0),
        })
    }
}

fn place(settings: &Settings, clock: &Arc<dyn Clock>) -> Result<Box<dyn Files>, Unfit> {
    if let Some(place) = &settings.folder {
        let limit = Duration::from_secs(place.operation_seconds);
        return Ok(Box::new(folder::Folder::new(place.path.clone(), limit)));
    }
    #[cfg(feature = "sftp")]
    if let Some(place) = &settings.sftp {
        return Ok(Box::new(sftp::Sftp::new(place, Arc::clone(clock))?));
    }
    let _ = clock;
    Err(Unfit::new(
        "this usher was built without SFTP",
        "build it with `--features sftp`, or mount the folder and use `[connector.folder]`",
    ))
}

/// One at a time: files and memory change together.
struct Dropbox {
    settings: Settings,
    reading: Reading,
    encoding: &'static Encoding,
    clock: Arc<dyn Clock>,
    files: Box<dyn Files>,
    inner: Mutex<Inner>,
    /// What lay aside for people at the last look.
    set_aside: AtomicUsize,
}

struct Inner {
    records: Records,
    looks: Looks,
    /// Whether the five folders are known to be there.
    prepared: bool,
    next_look: Timestamp,
    /// Why the last look at the folder failed: nobody waits for a dead share again before the next one.
    failed: Option<Failed>,
}

#[derive(Clone)]
enum Failed {
    /// Trying again helps.
    Away(&'static str),
    /// A person must look.
    Lasting { what: String, remedy: String },
}

#[async_trait]
impl Connector for Dropbox {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn look_up(&self, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        let Some(key) = key(check) else {
            return Ok(Outcome::Unsettled(PeopleReason::Other));
        };
        let mut inner = self.inner.lock().await;
        let looked = self.look(&mut inner).await;
        let now = self.clock.now();
        let mut record = inner.records.get(&key);
        let before = record.given.is_some();
        if let Some(said) = record.give(now) {
            let outcome = judge::judge(said, check);
            if !before {
                inner.records.put(record).map_err(memory)?;
            }
            return Ok(outcome);
        }
        if let Some(reason) = self.for_people(check, &record, now) {
            if !before {
                record.leave(now);
                inner.records.put(record).map_err(memory)?;
            }
            return Ok(Outcome::Unsettled(reason));
        }
        looked?;
        self.ask(&mut inner, check, record, now).await?;
        Ok(Outcome::Pending(self.settings.scan_every()))
    }

    async fn probe(&self) -> Result<(), Trouble> {
        self.look(&mut self.inner.lock().await).await
    }

    async fn left_to_people(&self, check: &v1::AssignedCheck, why: PeopleReason) {
        let Some(key) = key(check) else { return };
        let mut inner = self.inner.lock().await;
        let mut record = inner.records.get(&key);
        if record.hold_back(word::of(why.as_str_name(), "PEOPLE_REASON"))
            && let Err(error) = inner.records.put(record)
        {
            tracing::error!(check = check.id, %error, "An answer that was not given cannot be noted: it is not brought to people");
        }
    }

    fn set_aside(&self) -> usize {
        self.set_aside.load(Ordering::Relaxed)
    }
}

impl Dropbox {
    /// Looks at the folder if it is time to.
    async fn look(&self, inner: &mut MutexGuard<'_, Inner>) -> Result<(), Trouble> {
        let now = self.clock.now();
        if now < inner.next_look {
            return inner
                .failed
                .clone()
                .map_or(Ok(()), |failed| Err(failed.into()));
        }
        // From here on a cut look-up counts as a failed look.
        inner.failed = Some(Failed::Away(FILES));
        inner.next_look = now
            .checked_add(self.settings.scan_every())
            .unwrap_or(Timestamp::MAX);
        let failed = self.visit(inner, now).await.err().map(Failed::from);
        inner.prepared &= failed.is_none();
        inner.failed.clone_from(&failed);
        failed.map_or(Ok(()), |failed| Err(failed.into()))
    }

    async fn visit(&self, inner: &mut Inner, now: Timestamp) -> Result<(), ScanError> {
        if !inner.prepared {
            let Folders {
                out,
                r#in,
                taken,
                done,
                bad,
            } = &self.settings.folders;
            for folder in [out, r#in, taken, done, bad] {
                self.files.make_folder(folder).await?;
            }
            inner.prepared = true;
        }
        inner.records.forget(now, self.settings.keep())?;
        let Inner { records, looks, .. } = inner;
        let mut scan = Scan {
            files: self.files.as_ref(),
            settings: &self.settings,
            reading: &self.reading,
            encoding: self.encoding,
            records,
            looks,
            now,
        };
        let ran = scan.run().await;
        if matches!(ran, Err(ScanError::Files(_))) {
            return ran;
        }
        // Checks do not wait for the folder of bad files.
        match timeout(PEOPLE_MOST, scan.serve_people()).await {
            Ok(Ok(count)) => self.set_aside.store(count, Ordering::Relaxed),
            Ok(Err(error)) => {
                tracing::error!(%error, "What lies aside for people cannot be kept up: trying again at the next look");
            }
            Err(_) => {
                tracing::error!(
                    "The folder of bad files is too slow: trying again at the next look"
                );
            }
        }
        ran
    }

    /// Why people must take the check although no answer has come, if they must.
    fn for_people(
        &self,
        check: &v1::AssignedCheck,
        record: &Record,
        now: Timestamp,
    ) -> Option<PeopleReason> {
        let personal = check.personal.as_ref();
        let subject = personal.and_then(|personal| personal.subject.as_ref());
        // Only named staff may see such a case, and a folder has many readers.
        if subject.is_none_or(|subject| subject.limited_access) {
            return Some(PeopleReason::Other);
        }
        let late = |at: Timestamp| {
            at.checked_add(self.settings.give_up_after())
                .is_ok_and(|end| end <= now)
        };
        if record.asked_at().is_some_and(late) {
            return Some(PeopleReason::SystemAway);
        }
        // After the deadline nobody hurries any more: the answer is still wanted.
        let close = |deadline: Timestamp| {
            let latest = deadline.checked_sub(self.settings.people_before_deadline());
            now < deadline && latest.is_ok_and(|latest| latest <= now)
        };
        request::reply_by(check)
            .is_some_and(close)
            .then_some(PeopleReason::Other)
            // What was left to people stays with them.
            .or(record.given.is_some().then_some(PeopleReason::Other))
    }

    /// Puts the request out, once.
    ///
    /// It is written under another name, noted as about to go, renamed, and noted as gone. Whoever finds the first note alone tells by the
    /// other name whether it went: the system may have taken it away at once.
    async fn ask(
        &self,
        inner: &mut Inner,
        check: &v1::AssignedCheck,
        mut record: Record,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        let ending = self.settings.requests.ending();
        let path = format!(
            "{}/{}.{ending}",
            self.settings.folders.out,
            record.key.stem()
        );
        let part = part_of(&path);
        match &record.asked {
            Some(asked) if asked.out => return Ok(()),
            Some(_) => {
                if self.files.look(&part).await?.is_some() {
                    self.files.rename(&part, &path).await?;
                }
            }
            None => {
                let since = now
                    .checked_sub(self.settings.give_up_after())
                    .unwrap_or(Timestamp::MIN);
                if inner.records.full() || inner.records.waiting(since) >= self.settings.waiting_max
                {
                    return Err(Trouble::Passing {
                        what: "the drop folder, which holds as many requests as it may,",
                        source: None,
                    });
                }
                // A memory that was lost: the request is out, and stays the only one.
                if self.files.look(&path).await?.is_none() {
                    let Settings {
                        requests,
                        byte_order_mark,
                        guard_formulas,
                        ..
                    } = self.settings;
                    let bytes = request::write(check, requests, byte_order_mark, guard_formulas);
                    self.files.write(&part, bytes).await?;
                    record.ask(now, false);
                    inner.records.put(record.clone()).map_err(memory)?;
                    if let Err(error) = self.files.rename(&part, &path).await {
                        if matches!(error, FilesError::Gone) {
                            record.asked = None;
                            inner.records.put(record).map_err(memory)?;
                        }
                        return Err(error.into());
                    }
                }
            }
        }
        record.ask(now, true);
        inner.records.put(record).map_err(memory)
    }
}

/// Under what `check` is remembered; `None` where its id is none.
fn key(check: &v1::AssignedCheck) -> Option<Key> {
    Some(Key {
        check: check_id(&check.id)?,
        exchanges: u32::try_from(check.exchanges.len()).ok()?,
    })
}

/// How long a look at the folder is held up by what lies aside for people, in real time.
const PEOPLE_MOST: Duration = Duration::from_secs(10);
const FILES: &str = "the place of the drop's files";

impl Failed {
    fn lasting(what: &str, remedy: &str) -> Self {
        Self::Lasting {
            what: what.to_owned(),
            remedy: remedy.to_owned(),
        }
    }

    fn memory() -> Self {
        Self::lasting(
            "the adapter's memory cannot be written",
            "check that the disk of `state` is not full and that this user may write there",
        )
    }
}

impl From<ScanError> for Failed {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Files(FilesError::Refused { what, remedy }) => {
                Self::Lasting { what, remedy }
            }
            ScanError::Files(FilesError::Away { what, .. }) => Self::Away(what),
            ScanError::Files(FilesError::Gone) => Self::lasting(
                "a folder of the drop is missing",
                "check that the place of the files is right; the folder is made again at the next look",
            ),
            ScanError::Memory(_) => Self::memory(),
            ScanError::Full => Self::lasting(
                "the adapter remembers as many checks as it may, and takes no further answers",
                "raise `remembered_max`, or lower `keep_days`",
            ),
        }
    }
}

impl From<Failed> for Trouble {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Away(what) => Self::Passing { what, source: None },
            Failed::Lasting { what, remedy } => Self::Lasting { what, remedy },
        }
    }
}

impl From<FilesError> for Trouble {
    fn from(error: FilesError) -> Self {
        match error {
            FilesError::Refused { what, remedy } => Self::Lasting { what, remedy },
            FilesError::Away { what, source } => Self::Passing { what, source },
            FilesError::Gone => Self::Passing {
                what: "a file of the drop, which somebody took away,",
                source: None,
            },
        }
    }
}

fn memory(_: io::Error) -> Trouble {
    Failed::memory().into()
}

#[cfg(test)]
mod tests;
