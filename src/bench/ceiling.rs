//! What the database gives at best: rows that a broker wrote, written again by a bare client, in transactions of the broker's size. It
//! knows no revisions, keeps no order and answers nobody.

use crate::clock::Stopwatch;
use crate::store::postgres::{self, Settings};
use anyhow::{Context as _, ensure};
use deadpool_postgres::Object;
use std::time::Duration;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

/// What the ids are made from, the same in every run: as scattered as those of enquiries.
const SEED: u64 = 1_989;

const ENQUIRIES: &str = "SELECT e.court, e.deadline_ms, e.due_ms, e.record, r.responder
    FROM enquiry e JOIN enquiry_responder r ON r.enquiry = e.id JOIN queue q ON q.enquiry = e.id LIMIT $1";
const PUT: [&str; 5] = [
    "INSERT INTO enquiry (id, revision, open, court, deadline_ms, due_ms, open_alerts, live_alerts, record)
        SELECT id, 1, true, court, deadline_ms, due_ms, 0, 0, record
        FROM unnest($1::uuid[], $2::text[], $3::bigint[], $4::bigint[], $5::bytea[])
        AS part (id, court, deadline_ms, due_ms, record)",
    "INSERT INTO enquiry_responder (enquiry, responder, open, deadline_ms)
        SELECT id, responder, true, deadline_ms FROM unnest($1::uuid[], $2::text[], $3::bigint[])
        AS part (id, responder, deadline_ms)",
    "INSERT INTO queue (enquiry, responder, deadline_ms, number)
        SELECT id, responder, deadline_ms, 1 FROM unnest($1::uuid[], $2::text[], $3::bigint[])
        AS part (id, responder, deadline_ms)",
    "INSERT INTO history (enquiry, entry) SELECT id, $2 FROM unnest($1::uuid[]) AS id",
    "INSERT INTO feed (entry, commit, bytes) VALUES ($1, $2, $3)",
];

/// How far the feed of a store is, and its bytes.
const FEED: &str =
    "SELECT coalesce(max(entry), 0), coalesce(sum(length(bytes)), 0)::bigint FROM feed";
const LAST_ENTRY: &str = "SELECT bytes FROM feed ORDER BY entry DESC LIMIT 1";

/// What a round of submits wrote into the feed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Feed {
    /// Entries: one for each transaction.
    pub(super) entries: u64,
    pub(super) bytes: u64,
}

impl Feed {
    /// As it stands.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub(super) async fn of(store: &Settings) -> anyhow::Result<Self> {
        let client = postgres::client(store).await?;
        let row = client.query_one(FEED, &[]).await?;
        let number =
            |column| -> anyhow::Result<u64> { Ok(u64::try_from(row.try_get::<_, i64>(column)?)?) };
        Ok(Self {
            entries: number(0)?,
            bytes: number(1)?,
        })
    }

    /// What was added to `before`.
    pub(super) fn since(self, before: Self) -> Self {
        Self {
            entries: self.entries - before.entries,
            bytes: self.bytes - before.bytes,
        }
    }
}

/// Rows as a broker wrote them, one element for each enquiry.
#[derive(Default)]
struct Rows {
    court: Vec<String>,
    deadline_ms: Vec<i64>,
    due_ms: Vec<Option<i64>>,
    record: Vec<Vec<u8>>,
    responder: Vec<String>,
}

/// A bare client of a database with our schema.
pub(super) struct Bare {
    client: Object,
    ids: fastrand::Rng,
    entry: i64,
}

impl Bare {
    /// Connects.
    ///
    /// # Errors
    /// When it cannot.
    pub(super) async fn connect(into: &Settings) -> anyhow::Result<Self> {
        Ok(Self {
            client: postgres::client(into).await?,
            ids: fastrand::Rng::with_seed(SEED),
            entry: 0,
        })
    }

    /// Writes rows like those of `from` for as long as `length`, `batch` enquiries and `entry_bytes` of feed in each transaction, and
    /// tells how many enquiries a second that makes.
    ///
    /// # Errors
    /// When `from` has fewer enquiries, or a statement fails.
    #[expect(clippy::cast_precision_loss, reason = "far fewer enquiries than 2^52")]
    pub(super) async fn round(
        &mut self,
        from: &Settings,
        batch: usize,
        entry_bytes: usize,
        length: Duration,
    ) -> anyhow::Result<f64> {
        let source = postgres::client(from).await?;
        let rows = rows(&source, batch).await?;
        let last: Vec<u8> = source.query_one(LAST_ENTRY, &[]).await?.try_get(0)?;
        let entry: Vec<u8> = last.into_iter().cycle().take(entry_bytes).collect();
        let watch = Stopwatch::start();
        let mut written = 0;
        while watch.elapsed() < length {
            self.write(&rows, &entry).await?;
            written += batch;
        }
        Ok(written as f64 / watch.elapsed().as_secs_f64())
    }

    /// One transaction, in one exchange.
    async fn write(&mut self, rows: &Rows, entry: &[u8]) -> anyhow::Result<()> {
        self.entry += 1;
        let ids: Vec<Uuid> = rows
            .record
            .iter()
            .map(|_| Uuid::from_u128(self.ids.u128(..)))
            .collect();
        let client = &self.client;
        let [enquiries, responders, queue, history, feed] = PUT;
        let enquiries = client.prepare_cached(enquiries).await?;
        let responders = client.prepare_cached(responders).await?;
        let queue = client.prepare_cached(queue).await?;
        let history = client.prepare_cached(history).await?;
        let feed = client.prepare_cached(feed).await?;
        let commit = Uuid::from_u128(self.ids.u128(..));
        let of_enquiries: &[&(dyn ToSql + Sync)] = &[
            &ids,
            &rows.court,
            &rows.deadline_ms,
            &rows.due_ms,
            &rows.record,
        ];
        let of_responders: &[&(dyn ToSql + Sync)] = &[&ids, &rows.responder, &rows.deadline_ms];
        let of_history: &[&(dyn ToSql + Sync)] = &[&ids, &self.entry];
        let of_feed: &[&(dyn ToSql + Sync)] = &[&self.entry, &commit, &entry];
        let (begun, enquiries, responders, queue, history, feed, committed) = tokio::join!(
            client.batch_execute("BEGIN"),
            client.execute(&enquiries, of_enquiries),
            client.execute(&responders, of_responders),
            client.execute(&queue, of_responders),
            client.execute(&history, of_history),
            client.execute(&feed, of_feed),
            client.batch_execute("COMMIT"),
        );
        begun?;
        for outcome in [enquiries, responders, queue, history, feed] {
            outcome?;
        }
        Ok(committed?)
    }
}

async fn rows(source: &Object, count: usize) -> anyhow::Result<Rows> {
    let found = source.query(ENQUIRIES, &[&i64::try_from(count)?]).await?;
    ensure!(
        found.len() == count,
        "the broker wrote fewer enquiries than one transaction takes"
    );
    let mut rows = Rows::default();
    for row in found {
        let told = || "a row is not as the schema has it";
        rows.court.push(row.try_get(0).with_context(told)?);
        rows.deadline_ms.push(row.try_get(1).with_context(told)?);
        rows.due_ms.push(row.try_get(2).with_context(told)?);
        rows.record.push(row.try_get(3).with_context(told)?);
        rows.responder.push(row.try_get(4).with_context(told)?);
    }
    Ok(rows)
}
