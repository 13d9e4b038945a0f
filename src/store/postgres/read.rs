//! Reading: records, queues, what is due, the feed as a whole or of one enquiry.

use super::{Shared, corrupt, unavailable};
use crate::store::record::{Listed, RecordError, decode_entry, decode_envelope};
use crate::store::{Counts, Cursor, Queued, Recorded, StoreError, Stored};
use deadpool_postgres::{Object, Pool};
use std::time::Duration;
use tokio::time::timeout;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, ToSql};
use usher_domain::code::ResponderId;
use usher_domain::id::{CheckId, EnquiryId, RecordId, Reference};
use usher_domain::limits::REFERENCE_RECORDS_MAX;
use usher_domain::time::Timestamp;
use uuid::Uuid;

/// How long one question may take: a frozen server answers nothing and closes nothing.
pub(super) const QUESTION_LIMIT: Duration = Duration::from_secs(10);
/// Feed entries of a first look: on a busy day a few hold as many events as anybody asks for.
const ENTRIES_AT_FIRST: i64 = 4;
/// Feed entries of one look at most.
const ENTRIES_PER_LOOK: i64 = 64;

const LOAD: &str = "SELECT id, record FROM enquiry WHERE id = $1";
const QUEUED: &str = "SELECT deadline_ms, enquiry, number FROM queue WHERE responder = $1
    ORDER BY deadline_ms, enquiry, number LIMIT $2";
const QUEUES: &str = "SELECT deadline_ms, enquiry, number, held.responder, held.waiting
    FROM (SELECT responder, count(*) AS waiting FROM queue GROUP BY responder) AS held
    CROSS JOIN LATERAL (SELECT deadline_ms, enquiry, number FROM queue
        WHERE queue.responder = held.responder ORDER BY deadline_ms, enquiry, number LIMIT 1) AS first
    ORDER BY held.responder";
const NAMED: &str = "SELECT id FROM enquiry WHERE id BETWEEN $1 AND $2 ORDER BY id LIMIT $3";
const DUE: &str = "SELECT due_ms, id FROM enquiry
    WHERE open AND due_ms IS NOT NULL AND due_ms <= $1 ORDER BY due_ms, id LIMIT $2";
const FEED: &str = "SELECT entry, bytes FROM feed
    WHERE entry >= $1 AND commit NOT BETWEEN $3 AND $4 ORDER BY entry LIMIT $2";
const HISTORY: &str = "SELECT feed.entry, feed.bytes FROM history
    JOIN feed ON feed.entry = history.entry
    WHERE history.enquiry = $1 AND history.entry >= $2 ORDER BY history.entry LIMIT $3";
const FEED_END: &str = "SELECT entry, bytes FROM feed ORDER BY entry DESC LIMIT 1";
const COUNTS: &str = "SELECT
    (SELECT count(*) FROM enquiry WHERE open),
    (SELECT count(*) FROM queue),
    (SELECT coalesce(sum(open_alerts), 0)::bigint FROM enquiry WHERE open AND live_alerts > 0),
    (SELECT entry FROM feed_head)";

pub(super) type Arguments<'a> = &'a [&'a (dyn ToSql + Sync)];

/// Why an answer does not count.
#[derive(Debug, thiserror::Error)]
#[error("the connection was given up while the server answered")]
struct Behind;

impl Shared {
    /// The rows of a question, by a statement that each connection prepares once.
    pub(super) async fn ask(
        &self,
        question: &'static str,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.ask_over(&self.pool, question, arguments).await
    }

    /// The same, by a connection of `pool`.
    pub(super) async fn ask_over(
        &self,
        pool: &Pool,
        question: &'static str,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        let client = pool.get().await;
        let client = client.map_err(unavailable("waiting for a connection"))?;
        let asked = timeout(QUESTION_LIMIT, async {
            let statement = client.prepare_cached(question).await?;
            client.query(&statement, arguments).await
        });
        match asked.await {
            Ok(Ok(rows)) if self.fence.is_behind(Object::metrics(&client)) => {
                // Others have met trouble meanwhile: this server may answer from the past.
                drop((rows, Object::take(client)));
                Err(unavailable("reading")(Behind))
            }
            Ok(Ok(rows)) => Ok(rows),
            Ok(Err(error)) => Err(unavailable("reading")(error)),
            Err(late) => {
                self.give_up(client);
                Err(unavailable("reading")(late))
            }
        }
    }

    pub(super) async fn load(&self, id: RecordId) -> Result<Option<Stored>, StoreError> {
        let rows = self.ask(LOAD, &[&id.uuid()]).await?;
        rows.first().map(|row| self.read(row, 0)).transpose()
    }

    /// What is made of a row with the columns `id` and `record`, from column `at`.
    pub(super) fn read<T: Listed>(&self, row: &Row, at: usize) -> Result<T, StoreError> {
        let id = RecordId::from_uuid(column(row, at)?);
        open(id, column(row, at + 1)?).map_err(|error| self.set_apart(id, error))
    }

    pub(super) async fn queued(
        &self,
        responder: &ResponderId,
        limit: usize,
    ) -> Result<Vec<Queued>, StoreError> {
        let rows = self
            .ask(QUEUED, &[&responder.as_str(), &count_column(limit)])
            .await?;
        rows.iter().map(queued).collect()
    }

    pub(super) async fn queues(&self) -> Result<Vec<(ResponderId, Queued, usize)>, StoreError> {
        let rows = self.ask(QUEUES, &[]).await?;
        let queue = |row: &Row| {
            let responder: &str = column(row, 3)?;
            let responder = ResponderId::parse(responder)
                .map_err(|_| corrupt("a queue", None)(RecordError::Field { field: "responder" }))?;
            Ok((responder, queued(row)?, count(row, 4)?))
        };
        let mut queues: Vec<_> = rows.iter().map(queue).collect::<Result<_, StoreError>>()?;
        // The database may collate otherwise.
        queues.sort_unstable_by(|(one, ..), (other, ..)| one.cmp(other));
        Ok(queues)
    }

    pub(super) async fn due(
        &self,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<(Timestamp, RecordId)>, StoreError> {
        let rows = self
            .ask(DUE, &[&until.as_millisecond(), &count_column(limit)])
            .await?;
        rows.iter()
            .map(|row| Ok((moment(row, 0)?, RecordId::from_uuid(column(row, 1)?))))
            .collect()
    }

    pub(super) async fn named(&self, reference: Reference) -> Result<Vec<RecordId>, StoreError> {
        let (first, last) = reference.ids();
        let arguments: Arguments<'_> = &[
            &first.uuid(),
            &last.uuid(),
            &count_column(REFERENCE_RECORDS_MAX),
        ];
        let rows = self.ask(NAMED, arguments).await?;
        let id = |row| Ok(RecordId::from_uuid(column(row, 0)?));
        rows.iter().map(id).collect()
    }

    /// At most `limit` events after `after`, but those of commits with an id from `except[0]` to `except[1]`. An entry that cannot be
    /// read ends the answer, and is the answer when it comes first.
    pub(super) async fn feed(
        &self,
        after: Cursor,
        limit: usize,
        except: [Uuid; 2],
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut found = Vec::new();
        let mut entries = ENTRIES_AT_FIRST;
        let mut next = Some(first_entry(after));
        while let Some(from) = next {
            let arguments: Arguments<'_> = &[&entry_column(from), &entries, &except[0], &except[1]];
            let rows = self.ask(FEED, arguments).await?;
            next = take_events(&rows, entries, after, limit, None, &mut found)?;
            entries = ENTRIES_PER_LOOK.min(entries * 4);
        }
        Ok(found)
    }

    pub(super) async fn history(
        &self,
        id: RecordId,
        after: Cursor,
        limit: usize,
    ) -> Result<Vec<Recorded>, StoreError> {
        let mut found = Vec::new();
        let mut next = Some(first_entry(after));
        while let Some(from) = next {
            let arguments: Arguments<'_> = &[&id.uuid(), &entry_column(from), &ENTRIES_PER_LOOK];
            let rows = self.ask(HISTORY, arguments).await?;
            next = take_events(&rows, ENTRIES_PER_LOOK, after, limit, Some(id), &mut found)?;
        }
        Ok(found)
    }

    pub(super) async fn feed_end(&self) -> Result<Cursor, StoreError> {
        let rows = self.ask(FEED_END, &[]).await?;
        let Some(row) = rows.first() else {
            return Ok(Cursor::default());
        };
        let entry = entry(row)?;
        let events = decode_entry(column(row, 1)?, entry);
        // An entry that cannot be read is reported to who reads it; everything after it is new.
        let last = events.ok().and_then(|events| Some(events.last()?.cursor));
        Ok(last.unwrap_or(Cursor::end_of(entry)))
    }

    pub(super) async fn counts(&self) -> Result<Counts, StoreError> {
        let rows = self.ask(COUNTS, &[]).await?;
        let row = rows.first().ok_or_else(nothing)?;
        let number = |at| Ok::<_, StoreError>(u64::try_from(column::<i64>(row, at)?).unwrap_or(0));
        Ok(Counts {
            open: number(0)?,
            queued: number(1)?,
            open_alerts: number(2)?,
            feed: number(3)?,
            unreadable: self.set_apart_now().len() as u64,
        })
    }
}

/// The first entry that may hold events after `after`: its own, unless all of that has been seen.
fn first_entry(after: Cursor) -> u64 {
    after.entry + u64::from(after.events == u32::MAX)
}

/// Adds the events of `rows` (an entry and its bytes each, `asked` at most) after `after`, or those of enquiry `id` alone. Answers
/// with the entry to go on from, if any: the answer ends at `limit`, at the last entry, and before one that cannot be read.
fn take_events(
    rows: &[Row],
    asked: i64,
    after: Cursor,
    limit: usize,
    id: Option<RecordId>,
    found: &mut Vec<Recorded>,
) -> Result<Option<u64>, StoreError> {
    let mut next = None;
    for row in rows {
        if found.len() >= limit {
            return Ok(None);
        }
        let number = entry(row)?;
        next = Some(number + 1);
        match decode_entry(column(row, 1)?, number) {
            Ok(events) => {
                let wanted = |event: &Recorded| id.is_none_or(|id| event.record == id);
                let new = events
                    .into_iter()
                    .filter(|event| event.cursor > after && wanted(event));
                found.extend(new.take(limit - found.len()));
            }
            Err(_) if !found.is_empty() => return Ok(None),
            Err(error) => return Err(corrupt("an entry of the feed", id)(error)),
        }
    }
    let is_last = count_column(rows.len()) < asked;
    Ok(next.filter(|_| !is_last && found.len() < limit))
}

/// What is made of an envelope that stands under `id`.
pub(super) fn open<T: Listed>(id: RecordId, bytes: &[u8]) -> Result<T, RecordError> {
    T::read(id, &decode_envelope(bytes)?)
}

fn queued(row: &Row) -> Result<Queued, StoreError> {
    let number: i16 = column(row, 2)?;
    Ok(Queued {
        deadline: moment(row, 0)?,
        check: CheckId {
            enquiry: EnquiryId::from_uuid(column(row, 1)?),
            number: u8::try_from(number).unwrap_or_default(),
        },
    })
}

pub(super) fn column<'a, T: FromSql<'a>>(row: &'a Row, at: usize) -> Result<T, StoreError> {
    row.try_get(at).map_err(unavailable("reading a column"))
}

pub(super) fn moment(row: &Row, at: usize) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(column(row, at)?).map_err(unavailable("reading a moment"))
}

fn count(row: &Row, at: usize) -> Result<usize, StoreError> {
    Ok(usize::try_from(column::<i64>(row, at)?).unwrap_or_default())
}

fn entry(row: &Row) -> Result<u64, StoreError> {
    Ok(u64::try_from(column::<i64>(row, 0)?).unwrap_or_default())
}

pub(super) fn count_column(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(super) fn entry_column(entry: u64) -> i64 {
    i64::try_from(entry).unwrap_or(i64::MAX)
}

fn nothing() -> StoreError {
    StoreError::Unavailable {
        doing: "reading",
        source: "the database answered with no row".into(),
    }
}
