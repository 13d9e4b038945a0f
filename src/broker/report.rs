//! Reports: the facts of every record that the actor may see, a page at a time, counted as they come. While one page is counted the next
//! is read, and the two kinds of records side by side.

mod line;

pub use line::{LineEntry, LineInput};

use super::query::narrow;
use super::{Broker, BrokerError};
use crate::store::{Filter, Listing, Page, Place, StoreError};
use futures_util::future::try_join_all;
use jiff::civil::Date;
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use usher_domain::actor::Actor;
use usher_domain::code::{CourtCode, ResponderId};
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::report::facts::Facts;
use usher_domain::report::{
    Grouping, NONE, NOT_ASKED, OTHERS, Question, Row, SET_ASIDE, Table, Tally, Terms,
};
use usher_domain::time::Timestamp;

/// Which report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportInput {
    /// About what, of when, by what.
    pub question: Question,
    /// Only of these courts; every court in scope where none are named.
    pub courts: Option<Vec<CourtCode>>,
    /// Whether small numbers are hidden.
    pub for_publication: bool,
}

/// A report, and what people call its rows.
#[derive(Clone, Debug)]
pub struct ReportView {
    /// The figures.
    pub table: Table,
    /// A name for each row.
    pub labels: Vec<String>,
    /// When it was counted.
    pub now: Timestamp,
    /// Records that cannot be read, and so are not counted.
    pub left_out: usize,
}

impl Broker {
    /// Counts what `input` asks of the records that the actor may see. Each record counts once, as it stood at some moment of the call;
    /// those that cannot be read are left out, and their number is told.
    ///
    /// # Errors
    /// `Busy` where [`limits::REPORTS_AT_ONCE_MAX`] are being counted; store errors.
    pub async fn report(
        &self,
        input: &ReportInput,
        actor: &Actor,
    ) -> Result<ReportView, BrokerError> {
        Ok(self.report_over(input, &[], actor).await?.0)
    }

    /// As [`Self::report`], and the total of each of these periods, first and last day, from the same look at the records; the numbers of
    /// the periods are never hidden.
    ///
    /// # Errors
    /// As [`Self::report`].
    pub async fn report_over(
        &self,
        input: &ReportInput,
        periods: &[(Date, Date)],
        actor: &Actor,
    ) -> Result<(ReportView, Vec<Row>), BrokerError> {
        let busy = |_| BrokerError::Busy { what: "reports" };
        let _place = self.reports.try_acquire().map_err(busy)?;
        let policy = self.policy();
        let now = self.clock.now();
        let terms = Terms {
            policy: &policy,
            now,
        };
        let of = |(from, to): &(Date, Date)| {
            let question = Question {
                from: *from,
                to: *to,
                by: Grouping::ResponderKind, // the fewest rows: only the total is wanted
                ..input.question
            };
            Tally::new(question, terms)
        };
        let whole = Tally::new(input.question, terms);
        let parts: Vec<Tally<'_>> = periods.iter().map(of).collect();
        let tallies = Mutex::new((whole, parts));
        let count = |facts: &Facts| {
            let mut tallies = tallies.lock().unwrap_or_else(PoisonError::into_inner);
            let (whole, parts) = &mut *tallies;
            whole.add(facts);
            for part in parts {
                part.add(facts);
            }
        };
        self.each_asked(input, actor, count).await?;
        let (whole, parts) = tallies.into_inner().unwrap_or_else(PoisonError::into_inner);
        let counted = whole.finish();
        let table = if input.for_publication {
            counted.for_publication()
        } else {
            counted
        };
        let label = |row: &Row| self.label(input.question.by, &row.key);
        let view = ReportView {
            labels: table.rows.iter().map(label).collect(),
            table,
            now,
            left_out: self.store.unreadable().await?.len(),
        };
        let totals = parts.into_iter().map(|part| part.finish().total);
        Ok((view, totals.collect()))
    }

    /// Shows the facts of every record that `input` asks about to `take`.
    async fn each_asked(
        &self,
        input: &ReportInput,
        actor: &Actor,
        take: impl Fn(&Facts) + Send + Sync,
    ) -> Result<(), StoreError> {
        let of: &[RecordKind] = if input.question.kind.counts_cases() {
            &[RecordKind::Case, RecordKind::Enquiry]
        } else {
            &[RecordKind::Enquiry]
        };
        let passes = of.iter().map(|kind| {
            let wanted = Filter {
                courts: input.courts.clone(),
                ..Filter::every(*kind)
            };
            self.each_facts(*kind, narrow(wanted, actor).courts, &take)
        });
        try_join_all(passes).await?;
        Ok(())
    }

    /// Shows the facts of every record of `kind` to `take`, once each: what was listed as open and has closed meanwhile comes again among
    /// the closed ones, and is passed over.
    async fn each_facts(
        &self,
        kind: RecordKind,
        courts: Option<Vec<CourtCode>>,
        mut take: impl FnMut(&Facts) + Send,
    ) -> Result<(), StoreError> {
        let mut seen: HashSet<RecordId> = HashSet::new();
        let page = |after| Page {
            after,
            size: limits::PAGE_SIZE_MAX,
        };
        let mut after = None;
        let mut listing = self.store.facts(kind, courts.clone(), &page(after)).await?;
        loop {
            let Listing { records, next } = listing;
            let among_open = !matches!(after, Some(Place::Closed { .. }));
            let count = async {
                for facts in &records {
                    let again = if among_open {
                        !seen.insert(facts.id)
                    } else {
                        seen.contains(&facts.id)
                    };
                    if !again {
                        take(facts);
                    }
                }
            };
            let Some(place) = next else {
                count.await;
                return Ok(());
            };
            after = Some(place);
            let following = page(after);
            let read = self.store.facts(kind, courts.clone(), &following);
            let (read, ()) = tokio::join!(read, count);
            listing = read?;
        }
    }

    /// What people call the row with this key.
    pub fn label(&self, by: Grouping, key: &str) -> String {
        let name = match (by, key) {
            (_, OTHERS) => Some("all others".into()),
            (Grouping::Court, _) => {
                let court = CourtCode::parse(key).ok();
                let court = court.and_then(|code| self.courts.get(code));
                court.map(|court| court.name.clone())
            }
            (Grouping::Office, NONE) => Some("no office named".into()),
            (Grouping::Borough, NONE) => Some("no borough known".into()),
            (Grouping::Borough, NOT_ASKED) => Some("nobody asked yet".into()),
            (Grouping::Borough, SET_ASIDE) => Some("set aside, nobody asked".into()),
            (Grouping::ReportType, NONE) => Some("no report named".into()),
            (Grouping::Borough, _) => {
                let id = ResponderId::parse(key).ok();
                let directory = self.directory();
                let responder = id.as_ref().and_then(|id| directory.responders().get(id));
                responder.map(|responder| responder.name.clone())
            }
            (Grouping::Office | Grouping::ResponderKind | Grouping::ReportType, _) => None,
        };
        name.unwrap_or_else(|| match by {
            Grouping::ResponderKind | Grouping::ReportType => key.replace('_', " "),
            _ => key.into(),
        })
    }
}
