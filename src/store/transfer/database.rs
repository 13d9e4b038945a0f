//! A store in PostgreSQL: read at one moment, filled part by part.

use super::{Filling, Part, Source, Target, TransferError, missing, opened, told_of};
use crate::store::postgres::{Intake, Keyed, Settings, Snapshot};
use crate::store::record::encode_envelope;
use async_trait::async_trait;
use std::collections::BTreeSet;
use usher_domain::id::RecordId;
use usher_domain::limits::HISTORY_ENTRIES_MAX;

/// A database, to be read as it is at one moment.
pub struct FromDatabase {
    snapshot: Snapshot,
    head: u64,
    /// Nobody may write meanwhile.
    rests: bool,
    settings: Settings,
}

impl FromDatabase {
    /// Connects, and stands still; brokers may go on.
    ///
    /// # Errors
    /// When the database cannot be used, or is only half filled.
    pub async fn new(settings: &Settings) -> Result<Self, TransferError> {
        let source = Self::of_now(settings).await?;
        if source.snapshot.entries(source.head + 1).await?.is_empty() {
            Ok(source)
        } else {
            Err(TransferError::Unfinished)
        }
    }

    async fn of_now(settings: &Settings) -> Result<Self, TransferError> {
        let snapshot = Snapshot::open(settings).await?;
        Ok(Self {
            head: snapshot.head().await?,
            rests: false,
            snapshot,
            settings: settings.clone(),
        })
    }

    /// As [`FromDatabase::new`], where no broker may be.
    ///
    /// # Errors
    /// As it, and [`TransferError::Running`].
    pub async fn at_rest(settings: &Settings) -> Result<Self, TransferError> {
        let mut source = Self::new(settings).await?;
        source.rests = true;
        none_runs(&source.snapshot).await?;
        Ok(source)
    }
}

#[async_trait]
impl Source for FromDatabase {
    async fn end(&mut self) -> Result<u64, TransferError> {
        Ok(self.head)
    }

    async fn part(&mut self, after: u64) -> Result<Option<Part>, TransferError> {
        let mut filling = Filling::default();
        for (number, bytes) in self.snapshot.entries(after + 1).await? {
            filling.push(number, bytes);
            if filling.is_full() {
                break;
            }
        }
        let Some((end, _)) = filling.entries.last() else {
            return Ok(None);
        };
        let end = *end;
        let mut told: BTreeSet<RecordId> = told_of(&filling.entries)?;
        let ids: Vec<_> = told.iter().copied().collect();
        let mut records = Vec::new();
        for kept in self.snapshot.records_of(&ids).await? {
            told.remove(&kept.id);
            let (its, _) = opened(kept.id, &kept.record)?;
            if kept.entries.last().is_none_or(|last| *last <= end) {
                // A record in a folder names its newest entries only.
                let surplus = kept.entries.len().saturating_sub(HISTORY_ENTRIES_MAX);
                let newest = kept.entries.get(surplus..).unwrap_or_default();
                let envelope = encode_envelope(its.kind, its.revision, newest, &its.body);
                records.push((kept.id, envelope));
            }
        }
        if let Some(id) = told.first() {
            return Err(missing(*id));
        }
        Ok(Some(Part {
            entries: filling.entries,
            records,
        }))
    }

    async fn records(&mut self) -> Result<Option<u64>, TransferError> {
        Ok(Some(self.snapshot.count().await?))
    }

    async fn unchanged(&mut self) -> Result<(), TransferError> {
        if !self.rests {
            return Ok(());
        }
        let now = Snapshot::open(&self.settings).await?;
        none_runs(&now).await?;
        if now.head().await? == self.head {
            Ok(())
        } else {
            Err(TransferError::Changed)
        }
    }
}

/// Refuses a database on which brokers are: each tells, every second, that it is there.
async fn none_runs(now: &Snapshot) -> Result<(), TransferError> {
    match now.brokers().await? {
        0 => Ok(()),
        count => Err(TransferError::Running { count }),
    }
}

/// A database, to be filled. Brokers open it again when it is finished.
pub struct IntoDatabase {
    intake: Intake,
    settings: Settings,
    end: u64,
}

impl IntoDatabase {
    /// Connects.
    ///
    /// # Errors
    /// When the database cannot be used, or a broker is there.
    pub async fn new(settings: &Settings) -> Result<Self, TransferError> {
        none_runs(&Snapshot::open(settings).await?).await?;
        Ok(Self {
            intake: Intake::open(settings).await?,
            settings: settings.clone(),
            end: 0,
        })
    }
}

#[async_trait]
impl Target for IntoDatabase {
    async fn last(&mut self) -> Result<Option<(u64, Vec<u8>)>, TransferError> {
        let last = self.intake.last().await?;
        self.end = last.as_ref().map_or(0, |(number, _)| *number);
        Ok(last)
    }

    async fn put(&mut self, part: Part) -> Result<(), TransferError> {
        let mut arrived = Vec::with_capacity(part.records.len());
        for (id, envelope) in part.records {
            let (its, record) = opened(id, &envelope)?;
            arrived.push(Keyed {
                id,
                revision: its.revision,
                keys: record.keys(),
                record: encode_envelope(its.kind, its.revision, &[], &its.body),
            });
        }
        // What the feed tells is the whole history; a record from a folder names its newest entries only.
        let mut history = Vec::new();
        for entry in &part.entries {
            let told = told_of(std::slice::from_ref(entry))?;
            history.extend(told.into_iter().map(|id| (id, entry.0)));
        }
        self.end = part.entries.last().map_or(self.end, |(number, _)| *number);
        let put = self.intake.put(&part.entries, &history, &arrived).await;
        Ok(put?)
    }

    async fn read(&mut self) -> Result<Box<dyn Source>, TransferError> {
        Ok(Box::new(FromDatabase::of_now(&self.settings).await?))
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        Ok(self.intake.finish(self.end).await?)
    }
}
