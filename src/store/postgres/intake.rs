//! Filling a database with a store from elsewhere, part by part, while no broker is there. Its feed's head stands at 0 until everything
//! has arrived: no broker opens it before.

use super::connect::{ConnectError, Connector, Settings};
use super::put::{UNHURRIED, change};
use super::read::{Arguments, column, entry_column};
use super::rows::{Keyed, Rows};
use super::writer::{HEAD, MOVE_HEAD};
use super::{schema, unavailable};
use crate::store::StoreError;
use deadpool_postgres::Object;
use std::time::Duration;
use tokio::time::timeout;
use usher_domain::id::RecordId;
use uuid::Uuid;

const LAST: &str = "SELECT entry, bytes FROM feed ORDER BY entry DESC LIMIT 1";
const PUT_FEED: &str = "INSERT INTO feed (entry, commit, bytes)
    SELECT entry, gen_random_uuid(), bytes FROM unnest($1::bigint[], $2::bytea[]) AS part (entry, bytes)";
const PUT_HISTORY: &str = "INSERT INTO history (enquiry, entry)
    SELECT * FROM unnest($1::uuid[], $2::bigint[])";
/// A part is larger than a commit of a broker's.
const LIMITS: &str =
    "SET statement_timeout = '60s'; SET idle_in_transaction_session_timeout = '60s'";
/// How long one exchange may take, with a COMMIT that waits for the servers that follow: a frozen server answers nothing.
const EXCHANGE_LIMIT: Duration = Duration::from_secs(120);
/// How long taking back may take: a connection that cannot is closed with us.
const ROLLBACK_LIMIT: Duration = Duration::from_secs(5);

/// A database that is being filled.
pub struct Intake {
    client: Object,
}

impl Intake {
    /// Connects, and checks the schema.
    ///
    /// # Errors
    /// [`ConnectError`] with what to do.
    pub async fn open(settings: &Settings) -> Result<Self, ConnectError> {
        let pool = Connector::new(settings)?.pool(1)?;
        schema::check(&pool, false).await?;
        let client = schema::soon(async {
            let client = pool.get().await?;
            client.batch_execute(LIMITS).await?;
            Ok(client)
        });
        Ok(Self {
            client: client.await?,
        })
    }

    /// The last feed entry that is there.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn last(&self) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let row = bounded(self.client.query_opt(LAST, &[])).await?;
        let entry = row.map(|row| {
            let number: i64 = column(&row, 0)?;
            Ok((u64::try_from(number).unwrap_or_default(), column(&row, 1)?))
        });
        entry.transpose()
    }

    /// Adds feed entries, with whose events are in which, and puts records: all of it or nothing.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn put(
        &self,
        entries: &[(u64, Vec<u8>)],
        history: &[(RecordId, u64)],
        arrived: &[Keyed],
    ) -> Result<(), StoreError> {
        let filling = Box::pin(self.fill(entries, history, arrived));
        self.whole(filling).await
    }

    /// Makes what `doing` does one transaction.
    async fn whole(
        &self,
        doing: impl Future<Output = Result<(), tokio_postgres::Error>>,
    ) -> Result<(), StoreError> {
        let done = bounded(async {
            self.client.batch_execute("BEGIN").await?;
            doing.await?;
            self.client.batch_execute(UNHURRIED).await?;
            self.client.batch_execute("COMMIT").await
        });
        let done = done.await;
        if done.is_err() {
            // The connection may be gone, and with it the transaction.
            drop(timeout(ROLLBACK_LIMIT, self.client.batch_execute("ROLLBACK")).await);
        }
        done
    }

    async fn fill(
        &self,
        entries: &[(u64, Vec<u8>)],
        history: &[(RecordId, u64)],
        arrived: &[Keyed],
    ) -> Result<(), tokio_postgres::Error> {
        let rows = Rows::of(arrived);
        let whose: Vec<Uuid> = history.iter().map(|(id, _)| id.uuid()).collect();
        let told: Vec<i64> = history.iter().map(|(_, at)| entry_column(*at)).collect();
        let numbers: Vec<i64> = entries
            .iter()
            .map(|(number, _)| entry_column(*number))
            .collect();
        let bytes: Vec<&[u8]> = entries.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        self.client.query_one(HEAD, &[]).await?;
        let of_head: Arguments<'_> = &[&0_i64];
        self.client.execute(MOVE_HEAD, of_head).await?;
        let of_feed: Arguments<'_> = &[&numbers, &bytes];
        self.client.execute(PUT_FEED, of_feed).await?;
        let of_history: Arguments<'_> = &[&whose, &told];
        self.client.execute(PUT_HISTORY, of_history).await?;
        // An earlier try may have brought them, as they were then.
        change(&self.client, &rows).await?.run().await
    }

    /// Moves the head to the last entry, `end`: it is a store.
    ///
    /// # Errors
    /// `Unavailable`.
    pub async fn finish(&self, end: u64) -> Result<(), StoreError> {
        let end = entry_column(end);
        let of_head: Arguments<'_> = &[&end];
        let moved = async { self.client.execute(MOVE_HEAD, of_head).await.map(drop) };
        self.whole(moved).await
    }
}

/// Waits for the database, but not for ever.
async fn bounded<T>(
    doing: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, StoreError> {
    let done = timeout(EXCHANGE_LIMIT, doing).await;
    done.map_err(unavailable("filling"))?
        .map_err(unavailable("filling"))
}
