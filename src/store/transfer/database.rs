//! A store in PostgreSQL: read at one moment, filled part by part.

use super::{Filling, Part, Source, Target, TransferError, damaged, told_of};
use crate::store::postgres::{Arrived, Intake, Settings, Snapshot};
use crate::store::record::{decode_enquiry, decode_envelope, encode_envelope};
use async_trait::async_trait;
use usher_domain::index::keys;

/// A database, to be read as it is at one moment.
pub struct FromDatabase {
    snapshot: Snapshot,
    settings: Settings,
}

impl FromDatabase {
    /// Connects, and stands still; brokers may go on.
    ///
    /// # Errors
    /// When the database cannot be used, or is only half filled.
    pub async fn new(settings: &Settings) -> Result<Self, TransferError> {
        let snapshot = Snapshot::open(settings).await?;
        let settings = settings.clone();
        let mut source = Self { snapshot, settings };
        let head = source.end().await?;
        if source.snapshot.entries(head + 1).await?.is_empty() {
            Ok(source)
        } else {
            Err(TransferError::Unfinished)
        }
    }

    /// As [`FromDatabase::new`], where no broker may be.
    ///
    /// # Errors
    /// As it, and [`TransferError::Running`].
    pub async fn at_rest(settings: &Settings) -> Result<Self, TransferError> {
        let source = Self::new(settings).await?;
        match source.snapshot.brokers().await? {
            0 => Ok(source),
            count => Err(TransferError::Running { count }),
        }
    }
}

#[async_trait]
impl Source for FromDatabase {
    async fn end(&mut self) -> Result<u64, TransferError> {
        Ok(self.snapshot.head().await?)
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
        let ids: Vec<_> = told_of(&filling.entries)?.into_iter().collect();
        let mut records = Vec::new();
        for kept in self.snapshot.records_of(&ids).await? {
            if kept.entries.last().is_none_or(|last| *last <= end) {
                let envelope = decode_envelope(&kept.record).map_err(|error| {
                    damaged(format!("the record of enquiry {}", kept.id), error)
                })?;
                let envelope = encode_envelope(envelope.revision, &kept.entries, &envelope.body);
                records.push((kept.id, envelope));
            }
        }
        Ok(Some(Part {
            entries: filling.entries,
            records,
        }))
    }

    async fn unchanged(&mut self) -> Result<(), TransferError> {
        let now = Snapshot::open(&self.settings).await?;
        if now.head().await? == self.snapshot.head().await? {
            Ok(())
        } else {
            Err(TransferError::Changed)
        }
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
        let there = Snapshot::open(settings).await?;
        let count = there.brokers().await?;
        if count > 0 {
            return Err(TransferError::Running { count });
        }
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
            let what = || format!("the record of enquiry {id}");
            let envelope = decode_envelope(&envelope).map_err(|error| damaged(what(), error))?;
            let enquiry = decode_enquiry(&envelope.body).map_err(|error| damaged(what(), error))?;
            arrived.push(Arrived {
                id,
                revision: envelope.revision,
                keys: keys(&enquiry),
                record: encode_envelope(envelope.revision, &[], &envelope.body),
                entries: envelope.entries,
            });
        }
        self.end = part.entries.last().map_or(self.end, |(number, _)| *number);
        Ok(self.intake.put(&part.entries, &arrived).await?)
    }

    async fn finish(&mut self) -> Result<(), TransferError> {
        Ok(self.intake.finish(self.end).await?)
    }

    async fn into_source(self: Box<Self>) -> Result<Box<dyn Source>, TransferError> {
        Ok(Box::new(FromDatabase::new(&self.settings).await?))
    }
}
