//! Which brokers share the database, and what time it is there.

use super::Shared;
use super::read::{column, moment};
use crate::store::record::{decode_beat, encode_beat};
use crate::store::{Beat, BrokerId, Heard, StoreError};
use std::time::Duration;

/// Tells one beat, forgets brokers that have told nothing for a day, and hears the time and the others. What one statement writes it
/// does not see, so it may meet its own row of before.
const BEAT: &str =
    "WITH now AS (SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms),
    mine AS (
        INSERT INTO broker (id, until_ms, beat) SELECT $1, ms + $2, $3 FROM now
        ON CONFLICT (id) DO UPDATE SET until_ms = excluded.until_ms, beat = excluded.beat),
    gone AS (DELETE FROM broker USING now WHERE until_ms < ms - 86400000 AND id <> $1)
    SELECT ms, id, beat FROM now LEFT JOIN broker ON id <> $1 AND until_ms > ms";

impl Shared {
    pub(super) async fn beat(&self, mine: &Beat, lasts: Duration) -> Result<Heard, StoreError> {
        let lasts_ms = i64::try_from(lasts.as_millis()).unwrap_or(i64::MAX);
        let rows = self
            .ask_over(
                &self.beating,
                BEAT,
                &[&mine.broker, &lasts_ms, &encode_beat(mine)],
            )
            .await?;
        let mut heard = Heard::default();
        for row in &rows {
            heard.time = Some(moment(row, 0)?);
            let broker: Option<BrokerId> = column(row, 1)?;
            let beat: Option<&[u8]> = column(row, 2)?;
            // A beat that cannot be read is as good as none.
            let beat = broker.zip(beat);
            heard
                .others
                .extend(beat.and_then(|(broker, bytes)| decode_beat(broker, bytes).ok()));
        }
        Ok(heard)
    }
}
