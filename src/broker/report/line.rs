//! What a line of a report is made of: the records that count in it, as the report itself counts them.

use super::ReportInput;
use crate::broker::{Broker, BrokerError};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use usher_domain::actor::Actor;
use usher_domain::code::CourtCode;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::report::facts::{Facts, Of};
use usher_domain::report::{Tally, Terms};
use usher_domain::time::Timestamp;

/// Which line.
#[derive(Clone, Debug)]
pub struct LineInput {
    /// Of which report.
    pub report: ReportInput,
    /// The key of its row. [`usher_domain::report::OTHERS`] is the row of none.
    pub key: String,
    /// The last record that was shown, by its moment and id.
    pub after: Option<(Timestamp, RecordId)>,
    /// At most so many.
    pub size: usize,
}

/// A record that counts in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineEntry {
    /// The record.
    pub id: RecordId,
    /// Whether it is an enquiry or a case.
    pub kind: RecordKind,
    /// Whose court.
    pub court: CourtCode,
    /// The hearing, or the moment to reply by; of a case, when the first of its checks had to be asked.
    pub at: Timestamp,
}

impl Broker {
    /// One page of the records that the actor may see and that count in a line, those with the earliest moments first, and whether there
    /// are more. Nothing sealed is opened.
    ///
    /// # Errors
    /// As [`Broker::report`].
    pub async fn line(
        &self,
        input: &LineInput,
        actor: &Actor,
    ) -> Result<(Vec<LineEntry>, bool), BrokerError> {
        let busy = |_| BrokerError::Busy { what: "reports" };
        let _place = self.reports.try_acquire().map_err(busy)?;
        let policy = self.policy();
        let terms = Terms {
            policy: &policy,
            now: self.clock.now(),
        };
        let sift = Mutex::new(Sift {
            input,
            terms,
            first: BTreeMap::new(),
            asked: BTreeMap::new(),
            covered: Vec::new(),
        });
        let take = |facts: &Facts| {
            let mut sift = sift.lock().unwrap_or_else(PoisonError::into_inner);
            sift.take(facts);
        };
        self.each_asked(&input.report, actor, take).await?;
        let sift = sift.into_inner().unwrap_or_else(PoisonError::into_inner);
        let first = sift.end();
        let has_more = first.len() > input.size;
        Ok((first.into_values().take(input.size).collect(), has_more))
    }
}

/// The records of a line, as they come.
struct Sift<'a> {
    input: &'a LineInput,
    terms: Terms<'a>,
    /// Those with the earliest moments so far, one more than is shown.
    first: BTreeMap<(Timestamp, RecordId), LineEntry>,
    /// Where cases count by whom enquiries asked: the enquiries, and the cases that wait for them.
    asked: BTreeMap<RecordId, Facts>,
    covered: Vec<Facts>,
}

impl Sift<'_> {
    fn take(&mut self, facts: &Facts) {
        if self.input.report.question.asks_whom() {
            match &facts.of {
                Of::Case(_) => return self.covered.push(facts.clone()),
                Of::Enquiry(_) => drop(self.asked.insert(facts.id, facts.clone())),
            }
        }
        self.sift(facts);
    }

    fn end(mut self) -> BTreeMap<(Timestamp, RecordId), LineEntry> {
        for case in std::mem::take(&mut self.covered) {
            self.sift(&case);
        }
        self.first
    }

    fn sift(&mut self, facts: &Facts) {
        let entry = entry(facts);
        let place = (entry.at, entry.id);
        if self.input.after.is_some_and(|after| place <= after) {
            return;
        }
        // A report of this one record has the line, or has it not.
        let mut tally = Tally::new(self.input.report.question, self.terms);
        tally.add(facts);
        for enquiry in facts.covered_by() {
            self.asked
                .get(&enquiry.into())
                .into_iter()
                .for_each(|facts| tally.know(facts));
        }
        let rows = tally.finish().rows;
        if rows.iter().any(|row| *row.key == *self.input.key) {
            self.first.insert(place, entry);
            if self.first.len() > self.input.size + 1 {
                self.first.pop_last();
            }
        }
    }
}

fn entry(facts: &Facts) -> LineEntry {
    let (kind, at) = match &facts.of {
        Of::Case(needs) => {
            let first = needs.iter().map(|need| need.due).min();
            (RecordKind::Case, first.unwrap_or(Timestamp::UNIX_EPOCH))
        }
        Of::Enquiry(enquiry) => (RecordKind::Enquiry, enquiry.deadline),
    };
    LineEntry {
        id: facts.id,
        kind,
        court: facts.court,
        at,
    }
}
