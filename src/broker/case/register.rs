//! Takes a court's list: every row is a change of one case and of the enquiries that go along. The rows of one call are committed
//! together, as far as one commit takes them; a row is never committed in part.

use super::input::CaseRow;
use super::{LOADS_AT_ONCE, busy, text_if};
use crate::broker::{Broker, BrokerError};
use crate::store::{Change, Filter, Page, StoreError, Stored, record};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use std::collections::HashSet;
use usher_domain::actor::Actor;
use usher_domain::case::Case;
use usher_domain::case::command::{CaseCommand, CaseVerb, Register};
use usher_domain::case::decide::decide;
use usher_domain::code::CourtCode;
use usher_domain::id::CaseId;
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::rejection::Rejection;

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowOutcome {
    /// The case is new.
    Registered,
    /// The list says something else about it than before.
    Changed,
    /// The list says what it said before.
    Unchanged,
}

impl Broker {
    /// Takes rows of a court's list, at most [`limits::BATCH_CHANGES_MAX`]; answers for each, in their order. What was refused is not kept;
    /// the others are.
    ///
    /// # Errors
    /// Store errors: some of the rows may have been kept then, and the same call again says which.
    pub async fn register(
        &self,
        rows: Vec<CaseRow>,
        actor: &Actor,
    ) -> Result<Vec<Result<RowOutcome, Rejection>>, BrokerError> {
        let commands: Vec<Register> = rows.into_iter().map(register).collect();
        let mut outcomes = Vec::with_capacity(commands.len());
        let mut rest = commands.as_slice();
        while !rest.is_empty() {
            let (now, later) = rest.split_at(distinct(rest));
            outcomes.extend(self.register_distinct(now, actor).await?);
            rest = later;
        }
        Ok(outcomes)
    }

    /// As [`Self::register`], for rows of different cases.
    async fn register_distinct(
        &self,
        rows: &[Register],
        actor: &Actor,
    ) -> Result<Vec<Result<RowOutcome, Rejection>>, BrokerError> {
        let mut outcomes = Vec::with_capacity(rows.len());
        while let Some(rest) = rows.get(outcomes.len()..)
            && !rest.is_empty()
        {
            outcomes.extend(self.register_together(rest, actor).await?);
        }
        Ok(outcomes)
    }

    /// As [`Self::register_distinct`], for as many of the first rows as one commit takes: at least one. Whether the cases are known is
    /// guessed by the first: lists come as a whole.
    async fn register_together(
        &self,
        rows: &[Register],
        actor: &Actor,
    ) -> Result<Vec<Result<RowOutcome, Rejection>>, BrokerError> {
        let mut all_new = match rows.first() {
            Some(first) => self.load_case(first.id).await?.is_none(),
            None => return Ok(Vec::new()),
        };
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let known = if all_new {
                rows.iter().map(|_| None).collect()
            } else {
                self.load_cases(rows).await?
            };
            let (changes, outcomes) = self.decide_rows(rows, known, actor).await?;
            if all_new && outcomes.iter().any(Result::is_err) {
                all_new = false;
                continue;
            }
            if changes.is_empty() {
                return Ok(outcomes);
            }
            match self.commit_and_announce(changes, async || ()).await {
                Err(StoreError::Conflict { .. }) => all_new = false,
                outcome => return Ok(outcome.map(|_| outcomes)?),
            }
        }
        Err(busy())
    }

    async fn load_cases(&self, rows: &[Register]) -> Result<Vec<Option<Stored<Case>>>, StoreError> {
        let ids: Vec<CaseId> = rows.iter().map(|row| row.id).collect();
        stream::iter(ids.into_iter().map(|id| self.load_case(id)))
            .buffered(LOADS_AT_ONCE)
            .try_collect()
            .await
    }

    /// The changes of as many of the first rows as one commit takes, and what became of each of them.
    async fn decide_rows(
        &self,
        rows: &[Register],
        known: Vec<Option<Stored<Case>>>,
        actor: &Actor,
    ) -> Result<(Vec<Change>, Vec<Result<RowOutcome, Rejection>>), BrokerError> {
        let (mut changes, mut outcomes) = (Vec::new(), Vec::new());
        for (row, known) in rows.iter().zip(known) {
            let outcome = match self.decide_row(row, known, actor).await {
                Ok((_, own)) if changes.len() + own.len() > limits::BATCH_CHANGES_MAX => break,
                Ok((outcome, own)) => {
                    changes.extend(own);
                    Ok(outcome)
                }
                Err(BrokerError::Rejected(why)) => Err(why),
                Err(error) => return Err(error),
            };
            outcomes.push(outcome);
        }
        Ok((changes, outcomes))
    }

    /// What becomes of one row, with the change of its case and those of the enquiries that go along.
    async fn decide_row(
        &self,
        row: &Register,
        known: Option<Stored<Case>>,
        actor: &Actor,
    ) -> Result<(RowOutcome, Vec<Change>), BrokerError> {
        let command = CaseCommand {
            request: None,
            verb: CaseVerb::Register(Box::new(row.clone())),
        };
        let (now, policy) = (self.clock.now(), self.policy());
        let current = known.as_ref().map(|stored| &stored.record);
        let decided = decide(current, &command, actor, now, &policy)?;
        if decided.events.is_empty() {
            return Ok((RowOutcome::Unchanged, Vec::new()));
        }
        let (outcome, along) = match current {
            Some(before) => {
                let along = self.take_along(before, &decided.case, actor).await?;
                (RowOutcome::Changed, along)
            }
            None => (RowOutcome::Registered, Vec::new()),
        };
        let revision = known.map(|stored| stored.revision);
        let mut changes = vec![Change::new(decided.case, revision, decided.events)];
        changes.extend(along);
        Ok((outcome, changes))
    }

    /// Takes off what `court` had on `day` and `listed` does not name: of cases that still need a check.
    ///
    /// # Errors
    /// `OtherCourt`; store errors. What was taken off then stays so, and the same call again goes on.
    pub async fn take_off_missing(
        &self,
        (court, day): (CourtCode, Date),
        listed: &HashSet<CaseId>,
        actor: &Actor,
    ) -> Result<Vec<CaseId>, BrokerError> {
        if !actor.courts.contain(court) {
            return Err(Rejection::OtherCourt { court }.into());
        }
        let filter = Filter {
            courts: Some(vec![court]),
            open: Some(true),
            ..Filter::every(RecordKind::Case)
        };
        let take_off = CaseCommand {
            request: None,
            verb: CaseVerb::TakeOff,
        };
        let (mut taken_off, mut after) = (Vec::new(), None);
        loop {
            let size = limits::PAGE_SIZE_DEFAULT;
            let listing = self.store.list(&filter, &Page { after, size }).await?;
            let cases = listing.records.into_iter().filter_map(Stored::case);
            let missing = cases
                .map(|stored| stored.record)
                .filter(|case| case.off_list.is_none() && case.hearing.local.date() == day)
                .map(|case| case.id)
                .filter(|id| !listed.contains(id));
            for id in missing {
                self.execute_on_case(id, &take_off, actor).await?;
                taken_off.push(id);
            }
            match listing.next {
                Some(next) => after = Some(next),
                None => return Ok(taken_off),
            }
        }
    }
}

/// How many of the first rows are of different cases.
fn distinct(rows: &[Register]) -> usize {
    let mut seen = HashSet::new();
    rows.iter().take_while(|row| seen.insert(row.id)).count()
}

fn register(row: CaseRow) -> Register {
    Register {
        id: CaseId::derive(&row.name),
        name: record::seal_text(&row.name),
        hearing: row.hearing,
        reason: text_if(&row.reason),
        purpose: row.purpose,
        report: row.report,
        in_custody: row.in_custody,
        indicators: row.indicators,
        holder: row.holder,
        personal: row
            .personal
            .as_ref()
            .map(record::seal_personal)
            .unwrap_or_default(),
    }
}
