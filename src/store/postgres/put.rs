//! The rows of enquiries, on their way into their tables.

use super::read::Arguments;
use super::rows::Rows;
use deadpool_postgres::Object;
use tokio_postgres::Statement;

macro_rules! make_enquiries {
    () => {
        "INSERT INTO enquiry
        (id, revision, open, court, deadline_ms, due_ms, open_alerts, live_alerts, record, kind)
        SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::boolean[], $4::text[], $5::bigint[],
            $6::bigint[], $7::smallint[], $8::smallint[], $9::bytea[], $10::smallint[])"
    };
}
macro_rules! make_responders {
    () => {
        "INSERT INTO enquiry_responder (enquiry, responder, open, deadline_ms)
        SELECT * FROM unnest($1::uuid[], $2::text[], $3::boolean[], $4::bigint[])"
    };
}
const MAKE_ENQUIRIES: &str = make_enquiries!();
const MAKE_RESPONDERS: &str = make_responders!();
/// Not UPDATE: joining an array to a table leaves the plan to statistics, which lag behind a table that grows.
const CHANGE_ENQUIRIES: &str = concat!(
    make_enquiries!(),
    " ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, open = excluded.open,
        court = excluded.court, deadline_ms = excluded.deadline_ms, due_ms = excluded.due_ms,
        open_alerts = excluded.open_alerts, live_alerts = excluded.live_alerts,
        record = excluded.record, kind = excluded.kind"
);
const CHANGE_RESPONDERS: &str = concat!(
    make_responders!(),
    " ON CONFLICT (enquiry, responder)
    DO UPDATE SET open = excluded.open, deadline_ms = excluded.deadline_ms
    WHERE enquiry_responder.open <> excluded.open
        OR enquiry_responder.deadline_ms <> excluded.deadline_ms"
);
/// Before a COMMIT. A server that waits for those that follow it must not be cut short: it would warn, and acknowledge what nobody else
/// has. Whoever sends it bounds the wait.
pub(super) const UNHURRIED: &str = "SET LOCAL statement_timeout = 0";
const CLEAR_QUEUE: &str = "DELETE FROM queue WHERE enquiry = ANY($1)";
const PUT_QUEUE: &str = "INSERT INTO queue (responder, deadline_ms, enquiry, number)
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::smallint[])";

/// Statements that put rows into their tables, prepared.
pub(super) struct Put<'a> {
    client: &'a Object,
    rows: &'a Rows<'a>,
    enquiries: Statement,
    responders: Statement,
    /// Takes what may wait out of the queue.
    clear: Option<Statement>,
    queue: Statement,
}

/// Prepares to put `rows` into their tables, which have none of these enquiries.
pub(super) async fn make<'a>(
    client: &'a Object,
    rows: &'a Rows<'a>,
) -> Result<Put<'a>, tokio_postgres::Error> {
    Ok(Put {
        client,
        rows,
        enquiries: client.prepare_cached(MAKE_ENQUIRIES).await?,
        responders: client.prepare_cached(MAKE_RESPONDERS).await?,
        clear: None,
        queue: client.prepare_cached(PUT_QUEUE).await?,
    })
}

/// Prepares to put `rows` in the place of those that the tables have.
pub(super) async fn change<'a>(
    client: &'a Object,
    rows: &'a Rows<'a>,
) -> Result<Put<'a>, tokio_postgres::Error> {
    Ok(Put {
        client,
        rows,
        enquiries: client.prepare_cached(CHANGE_ENQUIRIES).await?,
        responders: client.prepare_cached(CHANGE_RESPONDERS).await?,
        clear: Some(client.prepare_cached(CLEAR_QUEUE).await?),
        queue: client.prepare_cached(PUT_QUEUE).await?,
    })
}

impl Put<'_> {
    /// Sends them all at once.
    pub(super) async fn run(&self) -> Result<(), tokio_postgres::Error> {
        let Self { client, rows, .. } = self;
        if rows.id.is_empty() {
            return Ok(());
        }
        let (responder, queued) = (&rows.responders, &rows.queue);
        let enquiries: Arguments<'_> = &[
            &rows.id,
            &rows.revision,
            &rows.open,
            &rows.court,
            &rows.deadline_ms,
            &rows.due_ms,
            &rows.open_alerts,
            &rows.live_alerts,
            &rows.record,
            &rows.kind,
        ];
        let responders: Arguments<'_> = &[
            &responder.enquiry,
            &responder.responder,
            &responder.open,
            &responder.deadline_ms,
        ];
        let clear: Arguments<'_> = &[&rows.id];
        let queue: Arguments<'_> = &[
            &queued.responder,
            &queued.deadline_ms,
            &queued.enquiry,
            &queued.number,
        ];
        let (enquiries, responders, clear, queue) = tokio::join!(
            client.execute(&self.enquiries, enquiries),
            client.execute(&self.responders, responders),
            async {
                match &self.clear {
                    Some(statement) => client.execute(statement, clear).await,
                    None => Ok(0),
                }
            },
            client.execute(&self.queue, queue),
        );
        for outcome in [enquiries, responders, clear, queue] {
            outcome?;
        }
        Ok(())
    }
}
