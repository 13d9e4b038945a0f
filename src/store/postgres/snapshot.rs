//! The whole database at one moment, beside brokers that go on: for verification, backups and copies.

use super::connect::{ConnectError, Connector, Settings};
use super::read::{Arguments, QUESTION_LIMIT, column, count_column, entry_column, open};
use super::sweep::Found;
use super::{schema, unavailable};
use crate::store::StoreError;
use deadpool_postgres::Object;
use tokio::time::timeout;
use tokio_postgres::Row;
use usher_domain::id::RecordId;
use uuid::Uuid;

/// Entries and records of one look.
const PAGE_MAX: usize = 256;
/// Ids of one look.
const IDS_MAX: usize = 500;
/// Between two looks whoever copies writes elsewhere, which may take a while; nothing waits for this transaction.
const BEGIN: &str = "SET idle_in_transaction_session_timeout = '600s';
    BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
const HEAD: &str = "SELECT entry FROM feed_head WHERE one";
const BROKERS: &str = "SELECT count(*) FROM broker
    WHERE until_ms > (extract(epoch FROM clock_timestamp()) * 1000)::bigint";
const ENTRIES: &str = "SELECT entry, bytes FROM feed WHERE entry >= $1 ORDER BY entry LIMIT $2";
const RECORDS: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id),
        open, revision, kind, ARRAY(SELECT entry FROM history WHERE enquiry = id ORDER BY entry)
    FROM enquiry WHERE id > $1 ORDER BY id LIMIT $2";
const THESE: &str = "SELECT deadline_ms, id, record, court, due_ms, open_alerts, live_alerts,
        ARRAY(SELECT responder || '/' || number || '/' || queue.deadline_ms FROM queue
            WHERE enquiry = id),
        ARRAY(SELECT responder || '/' || listed.open || '/' || listed.deadline_ms
            FROM enquiry_responder AS listed WHERE enquiry = id),
        open, revision, kind, ARRAY(SELECT entry FROM history WHERE enquiry = id ORDER BY entry)
    FROM enquiry WHERE id = ANY($1)";
const IDS: &str = "SELECT id FROM enquiry WHERE id > $1 ORDER BY id LIMIT $2";

/// The database at one moment.
pub struct Snapshot {
    client: Object,
}

/// A record as the database keeps it.
pub struct Kept {
    /// Whose.
    pub id: RecordId,
    /// Whether it stands among the open ones.
    pub open: bool,
    /// Its envelope.
    pub record: Vec<u8>,
    /// The feed entries that hold its events, oldest first.
    pub entries: Vec<u64>,
    /// Whether what it is found by agrees with it; of a record that cannot be read this says nothing.
    pub is_found_right: bool,
}

impl Snapshot {
    /// Connects, checks the schema, and stands still.
    ///
    /// # Errors
    /// [`ConnectError`] with what to do.
    pub async fn open(settings: &Settings) -> Result<Self, ConnectError> {
        let pool = Connector::new(settings)?.pool(1)?;
        schema::check(&pool, false).await?;
        let client = schema::soon(async {
            let client = pool.get().await?;
            client.batch_execute(BEGIN).await?;
            Ok(client)
        });
        Ok(Self {
            client: client.await?,
        })
    }

    /// The last feed entry, as the feed's head has it.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn head(&self) -> Result<u64, StoreError> {
        self.number(HEAD).await
    }

    /// How many brokers are there.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn brokers(&self) -> Result<u64, StoreError> {
        self.number(BROKERS).await
    }

    /// Some feed entries from number `from` on, in order; none at the end.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn entries(&self, from: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let limit = count_column(PAGE_MAX);
        let rows = self.ask(ENTRIES, &[&entry_column(from), &limit]).await?;
        let entry = |row: &Row| Ok((number(column(row, 0)?), column(row, 1)?));
        rows.iter().map(entry).collect()
    }

    /// Some records after that of `after`, by id; none at the end.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn records(&self, after: Option<RecordId>) -> Result<Vec<Kept>, StoreError> {
        let after = after.map_or(Uuid::nil(), RecordId::uuid);
        let limit = count_column(PAGE_MAX);
        let rows = self.ask(RECORDS, &[&after, &limit]).await?;
        rows.iter().map(kept).collect()
    }

    /// The records of these enquiries, in any order.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn records_of(&self, ids: &[RecordId]) -> Result<Vec<Kept>, StoreError> {
        let ids: Vec<Uuid> = ids.iter().map(|id| id.uuid()).collect();
        let rows = self.ask(THESE, &[&ids]).await?;
        rows.iter().map(kept).collect()
    }

    /// How many records there are.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn count(&self) -> Result<u64, StoreError> {
        let (mut count, mut after) = (0, Uuid::nil());
        loop {
            let rows = self.ask(IDS, &[&after, &count_column(IDS_MAX)]).await?;
            let Some(last) = rows.last() else {
                return Ok(count);
            };
            count += rows.len() as u64;
            after = column(last, 0)?;
        }
    }

    async fn number(&self, question: &'static str) -> Result<u64, StoreError> {
        let rows = self.ask(question, &[]).await?;
        let first = rows.first().map(|row| column(row, 0)).transpose()?;
        Ok(number(first.unwrap_or_default()))
    }

    async fn ask(
        &self,
        question: &'static str,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let asked = timeout(QUESTION_LIMIT, async {
            let statement = self.client.prepare_cached(question).await?;
            self.client.query(&statement, arguments).await
        });
        asked
            .await
            .map_err(unavailable("reading"))?
            .map_err(unavailable("reading"))
    }
}

fn kept(row: &Row) -> Result<Kept, StoreError> {
    let id = RecordId::from_uuid(column(row, 1)?);
    let record: Vec<u8> = column(row, 2)?;
    let entries: Vec<i64> = column(row, 12)?;
    let found = Found::of_row(row)?;
    let is_found_right = open(id, &record).is_ok_and(|stored| found == Found::of_stored(&stored));
    Ok(Kept {
        id,
        open: column(row, 9)?,
        record,
        entries: entries.into_iter().map(number).collect(),
        is_found_right,
    })
}

fn number(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
