//! The sweep: what open enquiries are found by, against the records, from the ground up.
//!
//! It reads beside the writers, a page in one statement, and so at one moment. What differs is looked at again, and put right, behind
//! `feed_head`, where nobody writes.

use super::read::{Arguments, column, count_column, moment, open};
use super::rows::Rows;
use super::writer::{HEAD, change};
use super::{Shared, unavailable};
use crate::store::{StoreError, Stored};
use std::collections::BTreeSet;
use tokio_postgres::Row;
use usher_domain::id::EnquiryId;
use usher_domain::index::{Keys, keys};
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// Records read at a time.
const SCAN_RECORDS_MAX: usize = 500;

const SCAN: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id)
    FROM enquiry WHERE open AND (deadline_ms, id) > ($1, $2) ORDER BY deadline_ms, id LIMIT $3";
const SCAN_THESE: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id)
    FROM enquiry WHERE id = ANY($1)";

/// What an enquiry is found by, as the columns have it.
#[derive(PartialEq, Eq)]
pub(super) struct Found {
    court: String,
    deadline_ms: i64,
    due_ms: Option<i64>,
    open_alerts: i16,
    live_alerts: i16,
    queue: BTreeSet<String>,
    responders: BTreeSet<String>,
}

impl Found {
    pub(super) fn of_row(row: &Row) -> Result<Self, StoreError> {
        let queue: Vec<String> = column(row, 7)?;
        let responders: Vec<String> = column(row, 8)?;
        Ok(Self {
            court: column(row, 3)?,
            deadline_ms: column(row, 0)?,
            due_ms: column(row, 4)?,
            open_alerts: column(row, 5)?,
            live_alerts: column(row, 6)?,
            queue: queue.into_iter().collect(),
            responders: responders.into_iter().collect(),
        })
    }

    pub(super) fn of_keys(keys: &Keys) -> Self {
        let deadline_ms = keys.deadline.as_millisecond();
        let small = |count| i16::try_from(count).unwrap_or(i16::MAX);
        Self {
            court: keys.court.to_string(),
            deadline_ms,
            due_ms: keys.next_due.map(Timestamp::as_millisecond),
            open_alerts: small(keys.open_alerts),
            live_alerts: small(keys.live_alerts),
            queue: keys
                .waiting
                .iter()
                .map(|(responder, number)| format!("{responder}/{number}/{deadline_ms}"))
                .collect(),
            responders: keys
                .responders
                .iter()
                .map(|responder| format!("{responder}/{}/{deadline_ms}", keys.open))
                .collect(),
        }
    }
}

impl Shared {
    pub(super) async fn sweep(&self) -> Result<Vec<EnquiryId>, StoreError> {
        let (mut deadline, mut id) = (Timestamp::MIN, Uuid::nil());
        let (mut differed, mut unreadable) = (Vec::new(), BTreeSet::new());
        loop {
            let limit = count_column(SCAN_RECORDS_MAX);
            let rows = self
                .ask(SCAN, &[&deadline.as_millisecond(), &id, &limit])
                .await?;
            let mut suspects = Vec::new();
            for row in &rows {
                (deadline, id) = (moment(row, 0)?, column(row, 1)?);
                match open(EnquiryId::from_uuid(id), column(row, 2)?) {
                    Ok(stored) if agrees(row, &stored)? => {}
                    Ok(_) => suspects.push(id),
                    Err(error) => {
                        let id = EnquiryId::from_uuid(id);
                        unreadable.insert(id);
                        drop(self.set_apart(id, error));
                    }
                }
            }
            if !suspects.is_empty() {
                differed.extend(self.put_right(suspects).await?);
            }
            if rows.len() < SCAN_RECORDS_MAX {
                self.replace_set_apart(unreadable);
                return Ok(differed);
            }
        }
    }

    /// Looks again while nobody writes, and writes anew what an enquiry is found by where it differs from the record.
    async fn put_right(&self, suspects: Vec<Uuid>) -> Result<Vec<EnquiryId>, StoreError> {
        let failed = unavailable::<tokio_postgres::Error>("sweeping");
        let client = self.client().await?;
        let arguments: Arguments<'_> = &[&suspects];
        let mut rows = Rows::default();
        let mut differed = Vec::new();
        let outcome = async {
            client.batch_execute("BEGIN").await.map_err(&failed)?;
            client.query_one(HEAD, &[]).await.map_err(&failed)?;
            for row in client.query(SCAN_THESE, arguments).await.map_err(&failed)? {
                let id = EnquiryId::from_uuid(column(&row, 1)?);
                let record: &[u8] = column(&row, 2)?;
                // One that cannot be read has been told of.
                if let Ok(stored) = open(id, record)
                    && !agrees(&row, &stored)?
                {
                    tracing::warn!(enquiry.id = %id, "Index of enquiry {id} was wrong: repaired");
                    rows.push(id, stored.revision, &keys(&stored.enquiry), record);
                    differed.push(id);
                }
            }
            let put = change(&client, &rows).await.map_err(&failed)?;
            put.run().await.map_err(&failed)?;
            client.batch_execute("COMMIT").await.map_err(&failed)
        };
        match outcome.await {
            Ok(()) => Ok(differed),
            Err(error) => {
                self.give_up(client);
                Err(error)
            }
        }
    }
}

fn agrees(row: &Row, stored: &Stored) -> Result<bool, StoreError> {
    Ok(stored.enquiry.is_open() && Found::of_row(row)? == Found::of_keys(&keys(&stored.enquiry)))
}
