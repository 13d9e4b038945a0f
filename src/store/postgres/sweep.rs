//! The sweep: what enquiries are found by, against the records, from the ground up.
//!
//! It reads beside the writers, a page in one statement, and so at one moment. What differs is looked at again, and put right, behind
//! `feed_head`, where nobody writes. Each sweep reads all open rows, which are few beside what ever was, and a slice of the closed ones:
//! a row that says closed of an open enquiry is found when its slice comes, and at once by `usher store verify`.

use super::put::{UNHURRIED, change};
use super::read::{Arguments, column, count_column, moment, open};
use super::rows::{Keyed, Rows, kind_column, revision_column};
use super::writer::HEAD;
use super::{Shared, unavailable};
use crate::store::{StoreError, Stored};
use std::collections::BTreeSet;
use std::sync::PoisonError;
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::Row;
use usher_domain::id::RecordId;
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// Records read at a time.
const SCAN_RECORDS_MAX: usize = 500;
/// Pages of closed rows that one sweep reads: with a sweep every five minutes, a million rows in 17 hours.
const CLOSED_PAGES_MAX: usize = 10;
/// How long putting right may take: a frozen server answers nothing.
const PUT_RIGHT_LIMIT: Duration = Duration::from_secs(20);

const SCAN: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id),
        open, revision, kind
    FROM enquiry WHERE open AND (deadline_ms, id) > ($1, $2) ORDER BY deadline_ms, id LIMIT $3";
const SCAN_CLOSED: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id),
        open, revision, kind
    FROM enquiry WHERE NOT open AND id > $1 ORDER BY id LIMIT $2";
const SCAN_THESE: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id),
        open, revision, kind
    FROM enquiry WHERE id = ANY($1)";
/// Brokers that start together begin at different places.
const SOMEWHERE: &str = "SELECT gen_random_uuid()";

/// What an enquiry is found by, as the columns have it.
#[derive(PartialEq, Eq)]
pub(super) struct Found {
    open: bool,
    revision: i64,
    kind: i16,
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
            open: column(row, 9)?,
            revision: column(row, 10)?,
            kind: column(row, 11)?,
            court: column(row, 3)?,
            deadline_ms: column(row, 0)?,
            due_ms: column(row, 4)?,
            open_alerts: column(row, 5)?,
            live_alerts: column(row, 6)?,
            queue: queue.into_iter().collect(),
            responders: responders.into_iter().collect(),
        })
    }

    pub(super) fn of_stored(stored: &Stored) -> Self {
        let keys = stored.record.keys();
        let deadline_ms = keys.deadline.as_millisecond();
        let small = |count| i16::try_from(count).unwrap_or(i16::MAX);
        Self {
            open: keys.open,
            revision: revision_column(stored.revision),
            kind: kind_column(keys.kind),
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

/// What a sweep has met so far.
#[derive(Default)]
struct Met {
    differed: Vec<RecordId>,
    unreadable: BTreeSet<RecordId>,
}

impl Shared {
    pub(super) async fn sweep(&self) -> Result<Vec<RecordId>, StoreError> {
        let mut met = Met::default();
        self.sweep_open(&mut met).await?;
        self.sweep_closed(&mut met).await?;
        self.look_at_apart(&mut met).await?;
        self.replace_set_apart(met.unreadable);
        Ok(met.differed)
    }

    async fn sweep_open(&self, met: &mut Met) -> Result<(), StoreError> {
        let (mut deadline, mut id) = (Timestamp::MIN, Uuid::nil());
        let limit = count_column(SCAN_RECORDS_MAX);
        loop {
            let place: Arguments<'_> = &[&deadline.as_millisecond(), &id, &limit];
            let rows = self.ask(SCAN, place).await?;
            self.compare(&rows, met).await?;
            match rows.last() {
                Some(last) if rows.len() == SCAN_RECORDS_MAX => {
                    (deadline, id) = (moment(last, 0)?, column(last, 1)?);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Goes on among the closed rows where the last sweep ended, and begins anew at the end. Of one that cannot be read the log tells.
    async fn sweep_closed(&self, met: &mut Met) -> Result<(), StoreError> {
        let place = *self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        let mut id = match place {
            Some(id) => id,
            None => match self.ask(SOMEWHERE, &[]).await?.first() {
                Some(row) => column(row, 0)?,
                None => Uuid::nil(),
            },
        };
        let mut begun_anew = false;
        for _ in 0..CLOSED_PAGES_MAX {
            let limit = count_column(SCAN_RECORDS_MAX);
            let rows = self.ask(SCAN_CLOSED, &[&id, &limit]).await?;
            let mut closed = Met::default();
            self.compare(&rows, &mut closed).await?;
            met.differed.append(&mut closed.differed);
            match rows.last() {
                Some(last) if rows.len() == SCAN_RECORDS_MAX => id = column(last, 1)?,
                _ => {
                    id = Uuid::nil();
                    if std::mem::replace(&mut begun_anew, true) {
                        break;
                    }
                }
            }
        }
        *self.swept.lock().unwrap_or_else(PoisonError::into_inner) = Some(id);
        Ok(())
    }

    /// Looks again at what was set apart before and was not met: a closed record that somebody asked for stays told of while it is bad.
    async fn look_at_apart(&self, met: &mut Met) -> Result<(), StoreError> {
        let known = self.set_apart_now();
        let rest: Vec<Uuid> = known
            .iter()
            .filter(|id| !met.unreadable.contains(id))
            .map(|id| id.uuid())
            .collect();
        for these in rest.chunks(SCAN_RECORDS_MAX) {
            let rows = self.ask(SCAN_THESE, &[&these]).await?;
            self.compare(&rows, met).await?;
        }
        Ok(())
    }

    /// Compares rows with their records, and puts right what differs.
    async fn compare(&self, rows: &[Row], met: &mut Met) -> Result<(), StoreError> {
        let mut suspects = Vec::new();
        for row in rows {
            let id: Uuid = column(row, 1)?;
            match open(RecordId::from_uuid(id), column(row, 2)?) {
                Ok(stored) if agrees(row, &stored)? => {}
                Ok(_) => suspects.push(id),
                Err(error) => {
                    let id = RecordId::from_uuid(id);
                    self.tell_unreadable(id, &error);
                    met.unreadable.insert(id);
                }
            }
        }
        if !suspects.is_empty() {
            met.differed.extend(self.put_right(suspects).await?);
        }
        Ok(())
    }

    /// Looks again while nobody writes, and writes anew what an enquiry is found by where it differs from the record.
    async fn put_right(&self, suspects: Vec<Uuid>) -> Result<Vec<RecordId>, StoreError> {
        let failed = unavailable::<tokio_postgres::Error>("sweeping");
        let client = self.client().await?;
        let arguments: Arguments<'_> = &[&suspects];
        let outcome = async {
            let mut wrong = Vec::new();
            client.batch_execute("BEGIN").await.map_err(&failed)?;
            client.query_one(HEAD, &[]).await.map_err(&failed)?;
            for row in client.query(SCAN_THESE, arguments).await.map_err(&failed)? {
                let id = RecordId::from_uuid(column(&row, 1)?);
                let record: &[u8] = column(&row, 2)?;
                // One that cannot be read has been told of.
                if let Ok(stored) = open(id, record)
                    && !agrees(&row, &stored)?
                {
                    wrong.push(Keyed {
                        id,
                        revision: stored.revision,
                        keys: stored.record.keys(),
                        record: record.to_vec(),
                    });
                }
            }
            let rows = Rows::of(&wrong);
            let put = change(&client, &rows).await.map_err(&failed)?;
            put.run().await.map_err(&failed)?;
            client.batch_execute(UNHURRIED).await.map_err(&failed)?;
            client.batch_execute("COMMIT").await.map_err(&failed)?;
            Ok(wrong.into_iter().map(|wrong| wrong.id).collect::<Vec<_>>())
        };
        let outcome = timeout(PUT_RIGHT_LIMIT, outcome).await;
        match outcome.unwrap_or_else(|late| Err(unavailable("sweeping")(late))) {
            Ok(differed) => {
                for id in &differed {
                    tracing::warn!(record.id = %id, "Index of record {id} was wrong: repaired");
                }
                Ok(differed)
            }
            Err(error) => {
                self.give_up(client);
                Err(error)
            }
        }
    }
}

fn agrees(row: &Row, stored: &Stored) -> Result<bool, StoreError> {
    Ok(Found::of_row(row)? == Found::of_stored(stored))
}
