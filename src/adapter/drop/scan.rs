//! Takes answers from the folder, by looking again and again: shares and SFTP servers tell nobody of changes.
//!
//! A file is claimed by renaming it out of reach of whoever writes there (`in` → `taken`), read, its answers are kept in the adapter's
//! memory, what cannot be read is written beside, and only then it is filed away (`taken` → `done` or `bad`). Dying between any two of these
//! steps repeats the later ones, and every one of them comes to the same when it is repeated.

use super::answer::Reading;
use super::files::{Entry, Files, FilesError, Look, put, stamp, stamped};
use super::records::{Records, Said, Taken};
use super::settings::{Form, Settings};
use super::{files, sheet, text};
use encoding_rs::Encoding;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::time::Duration;

/// The ending of what says why a file or rows of one lie aside.
const REASON: &str = ".reason.txt";
/// Who waits for an answer collects it within this and two looks at the folder.
const COLLECTED_WITHIN: Duration = Duration::from_mins(15);
/// Answers that one look brings to people, at most: a look-up waits for it.
const BROUGHT_PER_LOOK: usize = 10;

const UNCOLLECTED: &str = "1: nobody asked for this answer any more: its check was left to people, or was never lent to this adapter; see whether it is answered, and if not give this with `usher check answer`\n";

fn held_back_reason(why: &str) -> String {
    format!(
        "1: this answer was not given, and its check was left to people for the reason `{why}`; see whether it is answered, and if not give this with `usher check answer`, or `usher check redirect`\n"
    )
}

/// How files were seen last.
#[derive(Default)]
pub(super) struct Looks(BTreeMap<String, Seen>);

#[derive(Clone, Copy)]
struct Seen {
    look: Look,
    since: Timestamp,
}

/// Why a look at the folder ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    #[error("the place of the files failed")]
    Files(#[from] FilesError),
    #[error("the memory of the adapter failed")]
    Memory(#[from] io::Error),
    #[error("the memory of the adapter is full")]
    Full,
}

/// One look at the folder.
pub(super) struct Scan<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) settings: &'a Settings,
    pub(super) reading: &'a Reading,
    pub(super) encoding: &'static Encoding,
    pub(super) records: &'a mut Records,
    pub(super) looks: &'a mut Looks,
    pub(super) now: Timestamp,
}

impl Looks {
    /// Whether the file has looked like this for so long. The first look never tells.
    fn settled(&mut self, path: &str, look: Look, now: Timestamp, settle: Duration) -> bool {
        match self.0.get(path) {
            Some(seen) if seen.look == look => seen
                .since
                .checked_add(settle)
                .is_ok_and(|settled| settled <= now),
            _ => {
                self.0.insert(path.to_owned(), Seen { look, since: now });
                false
            }
        }
    }

    fn rename(&mut self, from: &str, to: String) {
        if let Some(seen) = self.0.remove(from) {
            self.0.insert(to, seen);
        }
    }
}

impl Scan<'_> {
    /// Takes what may be taken, oldest first: a later file may correct an earlier one.
    pub(super) async fn run(&mut self) -> Result<(), ScanError> {
        let folders = &self.settings.folders;
        let taken = sorted(self.files.list(&folders.taken).await?);
        let came = sorted(self.files.list(&folders.r#in).await?);
        let there = |folder: &str, entries: &[Entry]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| format!("{folder}/{}", entry.name))
                .collect()
        };
        let there: BTreeSet<String> = [there(&folders.taken, &taken), there(&folders.r#in, &came)]
            .concat()
            .into_iter()
            .collect();
        self.looks.0.retain(|path, _| there.contains(path));
        let mut left = self.settings.files_per_scan_max;
        for entry in taken {
            let path = format!("{}/{}", folders.taken, entry.name);
            if left > 0 && self.settled(&path, entry.look) {
                left -= 1;
                self.finish(&entry).await.or_else(of_one_file)?;
            }
        }
        for entry in came {
            let (from, to) = (
                format!("{}/{}", folders.r#in, entry.name),
                format!("{}/{}", folders.taken, entry.name),
            );
            // Whoever makes a file and fills it later has not begun yet. One of that name may still be in work.
            let ready =
                self.settled(&from, entry.look) && entry.look.size > 0 && !there.contains(&to);
            if ready && left > 0 {
                left -= 1;
                self.claim(from, to, &entry).await.or_else(of_one_file)?;
            }
        }
        Ok(())
    }

    fn settled(&mut self, path: &str, look: Look) -> bool {
        self.looks
            .settled(path, look, self.now, self.settings.settle())
    }

    async fn claim(&mut self, from: String, to: String, entry: &Entry) -> Result<(), ScanError> {
        self.files.rename(&from, &to).await?;
        self.looks.rename(&from, to);
        self.finish(entry).await
    }

    /// Reads a file that nobody else reaches by its name any more, keeps what it says, and files it away.
    async fn finish(&mut self, entry: &Entry) -> Result<(), ScanError> {
        let path = format!("{}/{}", self.settings.folders.taken, entry.name);
        let most = self.settings.file_bytes_max;
        if entry.look.size > most {
            let stamp = stamp(format!("{} {:?}", entry.name, entry.look).as_bytes());
            return self
                .set_aside(
                    entry,
                    &stamp,
                    &format!("it is larger than {most} bytes; write several files"),
                )
                .await;
        }
        let bytes = self.files.read(&path, most + 1).await?;
        // Somebody may have had it open since before it was claimed.
        let now = self.files.look(&path).await?;
        if now != Some(entry.look) || u64::try_from(bytes.len()) != Ok(entry.look.size) {
            self.looks.0.remove(&path);
            return Ok(());
        }
        let stamp = stamp(&bytes);
        let read = form(&entry.name).and_then(|form| {
            let text = text::text(&bytes, self.encoding)?;
            sheet::read(&text, form, self.reading, self.settings.rows_max)
        });
        match read {
            Err(reason) => self.set_aside(entry, &stamp, &reason).await,
            Ok(mut sheet) => {
                // The file with its time: the same bytes on another day are said anew, and may take a correction back.
                let origin =
                    files::stamp(format!("{stamp} {} {:?}", entry.name, entry.look).as_bytes());
                self.keep(&mut sheet, &origin)?;
                self.file_away(entry, &stamp, &sheet).await
            }
        }
    }

    fn keep(&mut self, sheet: &mut sheet::Sheet, origin: &str) -> Result<(), ScanError> {
        for row in &mut sheet.rows {
            let Some((check, exchanges)) = &row.check else {
                continue;
            };
            let said = match &row.said {
                Ok(answer) => Said::Answer(Box::new(answer.clone())),
                Err(_) => Said::Unreadable,
            };
            let held = match self.records.take(check, *exchanges, origin, said)? {
                Taken::New | Taken::Known => continue,
                Taken::Unasked => {
                    tracing::warn!(%check, "An answer came for a check that was not asked about here: it is kept, and given once the check is lent to this adapter");
                    continue;
                }
                Taken::Late(at) => {
                    tracing::warn!(%check, "A further answer came for a check that was answered or left to people: it was not sent");
                    format!(
                        "its check was answered already, or left to people, at {at:.0}, and no file changes that; if this is right, correct it with `usher check answer`"
                    )
                }
                Taken::Left(at) => {
                    tracing::warn!(%check, "An answer came for a check that was left to people: it was not sent");
                    format!(
                        "its check was left to people at {at:.0}, before this answer came, and no file changes that; see what they answered, and give this with `usher check answer` if it is missing there"
                    )
                }
                Taken::Overtaken => "the officer has replied to a question since, and the check was asked about again with a higher number of `exchanges`: answer that request".into(),
                Taken::Unnumbered => "its check was asked about more than once, and without `exchanges` nobody can tell what this answers: repeat the number of the request".into(),
                Taken::Full if self.records.full() => return Err(ScanError::Full),
                Taken::Full => "too many different answers came for this check".into(),
            };
            // What could not be read has its reason.
            if row.said.is_ok() {
                row.said = Err(held);
            }
        }
        Ok(())
    }

    /// Brings to people what was not given although it was collected, and what nobody collects: the broker's people may have its check since,
    /// or the check never came. Then counts what lies aside.
    pub(super) async fn serve_people(&mut self) -> Result<usize, ScanError> {
        let patience = COLLECTED_WITHIN + 2 * self.settings.scan_every();
        let uncollected = self.records.uncollected(self.now, patience);
        let held_back = self.records.held_back().into_iter();
        for mut record in held_back.chain(uncollected).take(BROUGHT_PER_LOOK) {
            let why = record.held_back();
            let reason = why.map_or_else(|| UNCOLLECTED.to_owned(), held_back_reason);
            // What could not be read lies there already.
            if let Some(Said::Answer(answer)) = record.newest() {
                let rows = serde_json::to_vec_pretty(&[answer]).map_err(io::Error::from)?;
                let (bad, stem) = (&self.settings.folders.bad, record.key.stem());
                let place = format!("{bad}/{stem}.{}.rows", stamp(&rows));
                put(self.files, &format!("{place}{REASON}"), reason.into_bytes()).await?;
                put(self.files, &format!("{place}.json"), rows).await?;
                tracing::error!(check = %record.key.check, "An answer that came was not given: it lies in the folder of bad files with the reason");
            }
            record.set_aside(self.now);
            self.records.put(record)?;
        }
        self.set_aside_count().await
    }

    /// How many reasons lie in the folder of bad files: people have not dealt with them yet.
    async fn set_aside_count(&self) -> Result<usize, ScanError> {
        let lying = self.files.list(&self.settings.folders.bad).await?;
        let reasons = lying
            .iter()
            .filter(|entry| entry.name.ends_with(REASON) && !entry.name.starts_with('.'));
        Ok(reasons.count())
    }

    /// Reasons and bad rows first: the file itself, as long as it lies in `taken`, makes them again.
    async fn file_away(
        &mut self,
        entry: &Entry,
        stamp: &str,
        sheet: &sheet::Sheet,
    ) -> Result<(), ScanError> {
        let folders = &self.settings.folders;
        let name = stamped(&entry.name, stamp);
        let (from, to) = (
            format!("{}/{}", folders.taken, entry.name),
            format!("{}/{name}", folders.done),
        );
        let mut bad = 0;
        if let Some((rows, reasons)) = sheet.bad() {
            bad = reasons.lines().count();
            let ending = form(&entry.name).unwrap_or_default().ending();
            let place = format!("{}/{name}.rows", folders.bad);
            put(
                self.files,
                &format!("{place}{REASON}"),
                reasons.into_bytes(),
            )
            .await?;
            put(self.files, &format!("{place}.{ending}"), rows).await?;
            tracing::error!(
                file = stamp,
                rows = bad,
                "Some answers of a file cannot be used: they lie in the folder of bad files with the reasons"
            );
        }
        self.files.rename(&from, &to).await?;
        self.looks.0.remove(&from);
        tracing::info!(
            file = stamp,
            answers = sheet.rows.len() - bad,
            "A file of answers was taken"
        );
        Ok(())
    }

    async fn set_aside(
        &mut self,
        entry: &Entry,
        stamp: &str,
        reason: &str,
    ) -> Result<(), ScanError> {
        let folders = &self.settings.folders;
        let name = stamped(&entry.name, stamp);
        let (from, to) = (
            format!("{}/{}", folders.taken, entry.name),
            format!("{}/{name}", folders.bad),
        );
        let text = format!("Nothing of this file was used: {reason}.\n");
        put(self.files, &format!("{to}{REASON}"), text.into_bytes()).await?;
        self.files.rename(&from, &to).await?;
        self.looks.0.remove(&from);
        tracing::error!(
            file = stamp,
            "A file of answers cannot be read: it lies in the folder of bad files with the reason"
        );
        Ok(())
    }
}

/// What is wrong with one file does not keep the others back.
fn of_one_file(error: ScanError) -> Result<(), ScanError> {
    match error {
        ScanError::Files(FilesError::Gone) => Ok(()), // somebody took it away between two steps
        ScanError::Files(error @ FilesError::Refused { .. }) => {
            tracing::error!(%error, "A file of answers cannot be taken");
            Ok(())
        }
        other => Err(other),
    }
}

/// Oldest first, without what is still being written under a name of its own.
fn sorted(mut entries: Vec<Entry>) -> Vec<Entry> {
    let unfinished = |name: &str| {
        let name = name.to_ascii_lowercase();
        let endings = [
            ".part",
            ".partial",
            ".tmp",
            ".temp",
            ".filepart",
            ".swp",
            "~",
        ];
        name.starts_with(['.', '~']) || endings.iter().any(|ending| name.ends_with(ending))
    };
    entries.retain(|entry| !unfinished(&entry.name));
    entries.sort_by(|one, other| {
        (one.look.modified, &one.name).cmp(&(other.look.modified, &other.name))
    });
    entries
}

fn form(name: &str) -> Result<Form, String> {
    let ending = name
        .rsplit_once('.')
        .map(|(_, ending)| ending.to_ascii_lowercase());
    match ending.as_deref() {
        Some("csv") => Ok(Form::Csv),
        Some("json") => Ok(Form::Json),
        _ => Err("its name ends neither in .csv nor in .json".into()),
    }
}
