//! Listings: open records nearest deadline first, then closed ones by id, a page at a time, each by the index that fits the filter.

use super::Shared;
use super::read::{Arguments, column, count_column, moment};
use super::rows::kind_column;
use crate::store::record::Listed;
use crate::store::{Filter, Listing, Page, Place, StoreError};
use tokio_postgres::Row;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::limits::{PAGE_RECORDS_EXAMINED_MAX, PAGE_SIZE_MAX};
use usher_domain::time::Timestamp;
use uuid::Uuid;

const OPEN: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE open AND kind = 0 AND (deadline_ms, id) > ($1, $2) ORDER BY deadline_ms, id LIMIT $3";
const OPEN_ALERTING: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE open AND live_alerts > 0 AND kind = 0 AND (deadline_ms, id) > ($1, $2)
    ORDER BY deadline_ms, id LIMIT $3";
const OPEN_OF_COURTS: &str = "SELECT found.* FROM unnest($4::text[]) AS wanted (court)
    CROSS JOIN LATERAL (
        SELECT deadline_ms, id, record FROM enquiry
        WHERE open AND kind = 0 AND enquiry.court = wanted.court AND (deadline_ms, id) > ($1, $2)
        ORDER BY deadline_ms, id LIMIT $3
    ) AS found ORDER BY deadline_ms, id LIMIT $3";
const CLOSED: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE NOT open AND kind = 0 AND id >= $1 ORDER BY id LIMIT $2";
const CLOSED_OF_COURTS: &str = "SELECT found.* FROM unnest($3::text[]) AS wanted (court)
    CROSS JOIN LATERAL (
        SELECT deadline_ms, id, record FROM enquiry
        WHERE NOT open AND kind = 0 AND enquiry.court = wanted.court AND id >= $1
        ORDER BY id LIMIT $2
    ) AS found ORDER BY id LIMIT $2";
// The same of cases. The kind stands in the statement, not in a parameter: by it each finds its index.
const CASES_OPEN: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE open AND kind = 1 AND (deadline_ms, id) > ($1, $2) ORDER BY deadline_ms, id LIMIT $3";
const CASES_OPEN_ALERTING: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE open AND live_alerts > 0 AND kind = 1 AND (deadline_ms, id) > ($1, $2)
    ORDER BY deadline_ms, id LIMIT $3";
const CASES_OPEN_OF_COURTS: &str = "SELECT found.* FROM unnest($4::text[]) AS wanted (court)
    CROSS JOIN LATERAL (
        SELECT deadline_ms, id, record FROM enquiry
        WHERE open AND kind = 1 AND enquiry.court = wanted.court AND (deadline_ms, id) > ($1, $2)
        ORDER BY deadline_ms, id LIMIT $3
    ) AS found ORDER BY deadline_ms, id LIMIT $3";
const CASES_CLOSED: &str = "SELECT deadline_ms, id, record FROM enquiry
    WHERE NOT open AND kind = 1 AND id >= $1 ORDER BY id LIMIT $2";
const CASES_CLOSED_OF_COURTS: &str = "SELECT found.* FROM unnest($3::text[]) AS wanted (court)
    CROSS JOIN LATERAL (
        SELECT deadline_ms, id, record FROM enquiry
        WHERE NOT open AND kind = 1 AND enquiry.court = wanted.court AND id >= $1
        ORDER BY id LIMIT $2
    ) AS found ORDER BY id LIMIT $2";

// Of either kind. What a day holds is found first, by its index, and ordered then: an index by id would lead past everything closed.
const CLOSED_WITHIN: &str = "WITH ended AS MATERIALIZED (
        SELECT deadline_ms, id FROM enquiry
        WHERE NOT open AND deadline_ms >= $1 AND deadline_ms < $2 AND kind = $3 AND id >= $4
            AND ($5::text[] IS NULL OR court = ANY ($5))
    ), page AS MATERIALIZED (SELECT deadline_ms, id FROM ended ORDER BY id LIMIT $6)
    SELECT page.deadline_ms, id, record FROM page JOIN enquiry USING (id) ORDER BY id";

/// How the records of one kind are listed.
struct Questions {
    open: &'static str,
    alerting: &'static str,
    open_of_courts: &'static str,
    closed: &'static str,
    closed_of_courts: &'static str,
}

static ENQUIRIES: Questions = Questions {
    open: OPEN,
    alerting: OPEN_ALERTING,
    open_of_courts: OPEN_OF_COURTS,
    closed: CLOSED,
    closed_of_courts: CLOSED_OF_COURTS,
};
static CASES: Questions = Questions {
    open: CASES_OPEN,
    alerting: CASES_OPEN_ALERTING,
    open_of_courts: CASES_OPEN_OF_COURTS,
    closed: CASES_CLOSED,
    closed_of_courts: CASES_CLOSED_OF_COURTS,
};

// Only enquiries have responders.
const OPEN_OF_RESPONDERS: &str = "SELECT found.deadline_ms, id, record FROM (
        SELECT DISTINCT part.deadline_ms, part.enquiry
        FROM unnest($4::text[]) AS wanted (responder)
        CROSS JOIN LATERAL (
            SELECT deadline_ms, enquiry FROM enquiry_responder
            WHERE open AND enquiry_responder.responder = wanted.responder
                AND (deadline_ms, enquiry) > ($1, $2)
            ORDER BY deadline_ms, enquiry LIMIT $3
        ) AS part ORDER BY 1, 2 LIMIT $3
    ) AS found JOIN enquiry ON id = found.enquiry ORDER BY found.deadline_ms, id";
const CLOSED_OF_RESPONDERS: &str = "SELECT found.deadline_ms, id, record FROM (
        SELECT DISTINCT part.enquiry, part.deadline_ms
        FROM unnest($3::text[]) AS wanted (responder)
        CROSS JOIN LATERAL (
            SELECT deadline_ms, enquiry FROM enquiry_responder
            WHERE NOT open AND enquiry_responder.responder = wanted.responder AND enquiry >= $1
            ORDER BY enquiry LIMIT $2
        ) AS part ORDER BY 1 LIMIT $2
    ) AS found JOIN enquiry ON id = found.enquiry ORDER BY id";

/// One page's way through the listing.
struct Walk<'a, T> {
    shared: &'a Shared,
    filter: &'a Filter,
    size: usize,
    examined: usize,
    found: Vec<T>,
}

impl Shared {
    pub(super) async fn list<T: Listed>(
        &self,
        filter: &Filter,
        page: &Page,
    ) -> Result<Listing<T>, StoreError> {
        let mut walk = Walk {
            shared: self,
            filter,
            size: page.size.clamp(1, PAGE_SIZE_MAX),
            examined: 0,
            found: Vec::new(),
        };
        let next = walk.walk(page.after).await?;
        Ok(Listing {
            records: walk.found,
            next,
        })
    }
}

impl<T: Listed> Walk<'_, T> {
    /// Fills the page and says where the next one starts.
    async fn walk(&mut self, after: Option<Place>) -> Result<Option<Place>, StoreError> {
        let wants = |open| self.filter.open.is_none_or(|wanted| wanted == open);
        let (open, closed) = (wants(true), wants(false));
        let within = self.filter.deadline.as_ref();
        let soonest = within.map_or(Timestamp::MIN, |within| within.start);
        let after_open = match after {
            None => Some((soonest, RecordId::from_uuid(Uuid::nil()))),
            Some(Place::Open { deadline, id }) => Some((deadline, id)),
            Some(Place::Closed { id }) => return self.closed(following(id)).await,
        };
        if let (true, Some((deadline, id))) = (open, after_open)
            && let Some(stopped) = self.open(deadline, id).await?
        {
            return Ok(Some(stopped));
        }
        if closed {
            self.closed(Some(Uuid::nil())).await
        } else {
            Ok(None)
        }
    }

    async fn open(
        &mut self,
        mut deadline: Timestamp,
        mut id: RecordId,
    ) -> Result<Option<Place>, StoreError> {
        let (questions, limit) = (self.questions(), count_column(self.size));
        loop {
            let (ms, after) = (deadline.as_millisecond(), id.uuid());
            let (courts, responders) = (self.courts(), self.responders());
            let rows = if let Some(responders) = &responders {
                self.ask(OPEN_OF_RESPONDERS, &[&ms, &after, &limit, responders])
                    .await?
            } else if let Some(courts) = &courts {
                self.ask(questions.open_of_courts, &[&ms, &after, &limit, courts])
                    .await?
            } else if self.filter.alerting == Some(true) {
                self.ask(questions.alerting, &[&ms, &after, &limit]).await?
            } else {
                self.ask(questions.open, &[&ms, &after, &limit]).await?
            };
            for row in &rows {
                (deadline, id) = (moment(row, 0)?, RecordId::from_uuid(column(row, 1)?));
                let within = self.filter.deadline.as_ref();
                if within.is_some_and(|within| deadline >= within.end) {
                    return Ok(None);
                }
                if self.take(row)? {
                    return Ok(Some(Place::Open { deadline, id }));
                }
            }
            if rows.len() < self.size {
                return Ok(None);
            }
        }
    }

    async fn closed(&mut self, mut from: Option<Uuid>) -> Result<Option<Place>, StoreError> {
        let (questions, limit) = (self.questions(), count_column(self.size));
        while let Some(first) = from {
            let rows = if let Some(within) = &self.filter.deadline {
                let (from, until) = (within.start, within.end);
                let (from, until) = (from.as_millisecond(), until.as_millisecond());
                let kind = kind_column(self.filter.kind);
                let arguments: Arguments<'_> =
                    &[&from, &until, &kind, &first, &self.courts(), &limit];
                self.ask(CLOSED_WITHIN, arguments).await?
            } else if let Some(responders) = &self.responders() {
                self.ask(CLOSED_OF_RESPONDERS, &[&first, &limit, responders])
                    .await?
            } else if let Some(courts) = &self.courts() {
                self.ask(questions.closed_of_courts, &[&first, &limit, courts])
                    .await?
            } else {
                self.ask(questions.closed, &[&first, &limit]).await?
            };
            from = None;
            for row in &rows {
                let id = RecordId::from_uuid(column(row, 1)?);
                if self.take(row)? {
                    return Ok(Some(Place::Closed { id }));
                }
                from = following(id);
            }
            if rows.len() < self.size {
                return Ok(None);
            }
        }
        Ok(None)
    }

    async fn ask(
        &self,
        question: &'static str,
        arguments: Arguments<'_>,
    ) -> Result<Vec<Row>, StoreError> {
        self.shared.ask(question, arguments).await
    }

    fn questions(&self) -> &'static Questions {
        match self.filter.kind {
            RecordKind::Enquiry => &ENQUIRIES,
            RecordKind::Case => &CASES,
        }
    }

    fn courts(&self) -> Option<Vec<String>> {
        let courts = self.filter.courts.as_ref()?.iter();
        Some(courts.map(ToString::to_string).collect())
    }

    fn responders(&self) -> Option<Vec<String>> {
        let responders = self.filter.responders.as_ref()?.iter();
        Some(responders.map(ToString::to_string).collect())
    }

    /// Takes a record into the page if it is wanted and can be read, and says whether the page ends here.
    fn take(&mut self, row: &Row) -> Result<bool, StoreError> {
        self.examined += 1;
        match self.shared.read::<T>(row, 1) {
            Ok(read) if read.is_wanted(self.filter) => self.found.push(read),
            Ok(_) | Err(StoreError::Corrupt { id: Some(_), .. }) => {}
            Err(error) => return Err(error),
        }
        Ok(self.found.len() >= self.size || self.examined >= PAGE_RECORDS_EXAMINED_MAX)
    }
}

/// The id after this one, if any.
fn following(id: RecordId) -> Option<Uuid> {
    id.uuid().as_u128().checked_add(1).map(Uuid::from_u128)
}
