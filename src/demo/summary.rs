//! The summary of a day, read from the store after everything has stopped, and held against the receipts that clients were given: each check is
//! in exactly one class, and what is in none has been dropped.

use super::asked::{Asked, Counting};
use super::records::{Receipt, Records};
use super::track::Track;
use crate::store::{Cursor, Filter, Page, Store, StoreError, Stored};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Duration;
use usher_domain::enquiry::{Check, CheckState, Enquiry, Timeliness};
use usher_domain::event::{Event, EventKind};
use usher_domain::id::{CheckNumber, EnquiryId};
use usher_domain::index::{RecordKind, next_due};
use usher_domain::limits::PAGE_SIZE_MAX;
use usher_domain::time::Timestamp;

/// Events of the feed that are read at a time.
const FEED_PAGE: usize = 4_096;
/// Alerts that the table for people names.
const WORST_SHOWN: usize = 8;

/// The figures of a day. The classes, from `answered_in_time` to `silently_dropped`, add up to `checks`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Enquiries in the store.
    pub enquiries: u64,
    /// Checks in the store, and those that receipts promised and the store lacks.
    pub checks: u64,
    /// The first answer came before the deadline.
    pub answered_in_time: u64,
    /// The first answer came at the deadline or after.
    pub answered_late: u64,
    /// Unanswered, and people at court recorded how they went on without.
    pub decided_without: u64,
    /// A named person closed it with a reason.
    pub closed_by_person: u64,
    /// Another check carries the same deadline.
    pub redirected: u64,
    /// Unanswered and undecided: an alert is open or looked after, or its moment is set.
    pub open_with_alert: u64,
    /// Nobody's yet, and in front of the operators.
    pub unroutable_with_alert: u64,
    /// In none of these classes, or not in the store although a receipt says so.
    pub silently_dropped: u64,
    /// Submissions that the broker acknowledged to clients.
    pub receipts: u64,
    /// Steps and troubles that were raised.
    pub escalations: u64,
    /// The longest real time, in milliseconds, between a step's due moment and its raising; steps that were due already when they
    /// were computed do not count.
    pub worst_escalation_lateness_ms: u64,
    /// Rows of the list. Each has a receipt, or is rejected, or set aside, or is not played.
    pub rows: u64,
    /// Rows that were found wrong, by the reader or by the broker.
    pub rejected_rows: u64,
    /// Rows that came to nothing although nothing is wrong with them: the day failed them.
    pub unplayed_rows: u64,
    /// Rows that were never asked about because a named person set the check aside.
    pub rows_set_aside: u64,
    /// What became of the checks that cases needed.
    #[serde(flatten)]
    pub asked: Asked,
    /// Whether the store was verified and is sound.
    pub verified: bool,
}

impl Summary {
    /// The sum of the classes.
    pub fn classes(&self) -> u64 {
        self.answered_in_time
            + self.answered_late
            + self.decided_without
            + self.closed_by_person
            + self.redirected
            + self.open_with_alert
            + self.unroutable_with_alert
            + self.silently_dropped
    }

    /// Whether the day kept its promise: nothing dropped, every check in one class, every row of the list accounted for, and a sound store.
    pub fn is_kept(&self) -> bool {
        self.silently_dropped == 0
            && self.verified
            && self.classes() == self.checks
            && self.unplayed_rows == 0
            && self.asked.is_kept()
            && self.receipts + self.rejected_rows + self.rows_set_aside == self.rows
    }

    fn count(&mut self, class: Class) {
        self.checks += 1;
        *match class {
            Class::AnsweredInTime => &mut self.answered_in_time,
            Class::AnsweredLate => &mut self.answered_late,
            Class::DecidedWithout => &mut self.decided_without,
            Class::ClosedByPerson => &mut self.closed_by_person,
            Class::Redirected => &mut self.redirected,
            Class::OpenWithAlert => &mut self.open_with_alert,
            Class::UnroutableWithAlert => &mut self.unroutable_with_alert,
            Class::Dropped => &mut self.silently_dropped,
        } += 1;
    }
}

/// Where one check ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    AnsweredInTime,
    AnsweredLate,
    DecidedWithout,
    ClosedByPerson,
    Redirected,
    OpenWithAlert,
    UnroutableWithAlert,
    Dropped,
}

/// Where `check` ended up, by its record alone.
pub(super) fn class(enquiry: &Enquiry, check: &Check) -> Class {
    let alert_lives = enquiry
        .alerts
        .iter()
        .any(|alert| alert.check == check.number && alert.is_live());
    match &check.state {
        CheckState::Answered { answers, .. } => {
            match answers.first().map(|answer| answer.timeliness) {
                Some(Timeliness::InTime) => Class::AnsweredInTime,
                Some(Timeliness::AfterHearing) => Class::AnsweredLate,
                None => Class::Dropped,
            }
        }
        CheckState::Closed { .. } => Class::ClosedByPerson,
        CheckState::Redirected { to, .. }
            if *to != check.number && enquiry.check(*to).is_some() =>
        {
            Class::Redirected
        }
        CheckState::Redirected { .. } => Class::Dropped,
        CheckState::Unroutable { .. } if alert_lives => Class::UnroutableWithAlert,
        CheckState::Unroutable { .. }
        | CheckState::Waiting { .. }
        | CheckState::Leased { .. }
        | CheckState::Accepted { .. }
        | CheckState::Asked { .. } => {
            if enquiry.is_decided(check.number) {
                Class::DecidedWithout
            } else if alert_lives || next_due(enquiry, check).is_some() {
                Class::OpenWithAlert
            } else {
                Class::Dropped
            }
        }
    }
}

/// How one borough did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) checks: u64,
    pub(super) in_time: u64,
    pub(super) late: u64,
}

/// A check that waited long past its due moments, for the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Worst {
    pub(super) reference: String,
    pub(super) responder: String,
    pub(super) cause: String,
    pub(super) due: Timestamp,
    pub(super) live_alerts: usize,
}

/// The checks that a program answered by itself, and those that it left to people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hands {
    pub(super) settled: HashSet<(EnquiryId, CheckNumber)>,
    pub(super) people: HashSet<(EnquiryId, CheckNumber)>,
}

/// Everything that the table shows.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    pub(super) summary: Summary,
    pub(super) boroughs: BTreeMap<String, Score>,
    pub(super) worst: Vec<Worst>,
    /// Who settled what, by the program that told the broker.
    pub(super) hands: HashMap<String, Hands>,
    /// Steps that were due already when they were computed, and so do not count as late.
    pub(super) due_at_once: u64,
}

/// Reads the whole store and holds it against what clients noted.
///
/// # Errors
/// When the store cannot be read.
pub(super) async fn read(
    store: &dyn Store,
    records: &Records,
    track: &Track,
) -> Result<Findings, StoreError> {
    let receipts = &records.receipts();
    let mut findings = Findings::default();
    let mut counting = Counting::new(receipts);
    let mut in_store: HashMap<String, usize> = HashMap::new();
    let mut page = Page {
        after: None,
        size: PAGE_SIZE_MAX,
    };
    loop {
        let listing = store.list(&Filter::default(), &page).await?;
        for enquiry in listing
            .records
            .iter()
            .filter_map(|one| one.record.enquiry())
        {
            in_store.insert(enquiry.id.to_string(), enquiry.checks.len());
            findings.take_in(enquiry);
            counting.enquiry(enquiry);
        }
        match listing.next {
            Some(next) => page.after = Some(next),
            None => break,
        }
    }
    findings.summary.asked = count_cases(store, counting).await?;
    findings.summary.receipts = receipts.len() as u64;
    for _ in 0..missing(receipts, &in_store) {
        findings.summary.count(Class::Dropped);
    }
    findings.worst.sort_by_key(|worst| worst.due);
    findings.worst.truncate(WORST_SHOWN);
    findings.measure(store, track).await?;
    Ok(findings)
}

/// Counts what cases needed.
async fn count_cases(store: &dyn Store, mut counting: Counting) -> Result<Asked, StoreError> {
    let mut page = Page {
        after: None,
        size: PAGE_SIZE_MAX,
    };
    let filter = Filter::every(RecordKind::Case);
    loop {
        let listing = store.list(&filter, &page).await?;
        for stored in listing.records.into_iter().filter_map(Stored::case) {
            counting.case(&stored.record);
        }
        match listing.next {
            Some(next) => page.after = Some(next),
            None => return Ok(counting.finish()),
        }
    }
}

/// Checks that receipts promise and the store lacks.
fn missing(receipts: &[Receipt], in_store: &HashMap<String, usize>) -> usize {
    let lacking = |receipt: &Receipt| {
        let Some(stored) = in_store.get(&receipt.enquiry) else {
            // Even a receipt without checks was for an enquiry.
            return receipt.checks.len().max(1);
        };
        let is_stored = |check: &&String| {
            let number = check
                .rsplit_once('/')
                .and_then(|(_, number)| number.parse::<usize>().ok());
            number.is_some_and(|number| (1..=*stored).contains(&number))
        };
        receipt
            .checks
            .iter()
            .filter(|check| !is_stored(check))
            .count()
    };
    receipts.iter().map(lacking).sum()
}

impl Findings {
    fn take_in(&mut self, enquiry: &Enquiry) {
        self.summary.enquiries += 1;
        for check in &enquiry.checks {
            let class = class(enquiry, check);
            self.summary.count(class);
            if let Some(responder) = &check.responder {
                let score = self.boroughs.entry(responder.to_string()).or_default();
                score.checks +=
                    u64::from(!matches!(class, Class::Redirected | Class::ClosedByPerson));
                score.in_time += u64::from(class == Class::AnsweredInTime);
                score.late += u64::from(class == Class::AnsweredLate);
            }
            if matches!(class, Class::OpenWithAlert | Class::UnroutableWithAlert) {
                self.worst.extend(worst(enquiry, check));
            }
        }
        // Enough to be sorted at the end, and never the whole store.
        if self.worst.len() > PAGE_SIZE_MAX {
            self.worst.sort_by_key(|worst| worst.due);
            self.worst.truncate(WORST_SHOWN);
        }
    }

    fn note_hands(&mut self, enquiry: EnquiryId, event: &Event) {
        let Some(check) = event.check else { return };
        let is_program = event.by.person.is_none();
        let hands = self.hands.entry(event.by.client.to_string()).or_default();
        match &event.kind {
            EventKind::Answered { version: 1, .. } if is_program => {
                hands.settled.insert((enquiry, check));
            }
            EventKind::Released {
                for_people: Some(_),
            } => {
                hands.people.insert((enquiry, check));
            }
            _ => {}
        }
    }

    /// Counts escalations in the feed, and how late steps were raised.
    async fn measure(&mut self, store: &dyn Store, track: &Track) -> Result<(), StoreError> {
        let mut computed = Computed::default();
        let mut worst = Duration::ZERO;
        let mut after = Cursor::default();
        loop {
            let page = store.feed(after, FEED_PAGE).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = last.cursor;
            for recorded in &page {
                let (event, Some(enquiry)) = (&recorded.event, recorded.enquiry()) else {
                    continue;
                };
                self.note_hands(enquiry, event);
                computed.note(enquiry, event.check, &event.kind, event.at);
                match &event.kind {
                    EventKind::TroubleRaised { .. } => self.summary.escalations += 1,
                    EventKind::StepRaised { due, .. } => {
                        self.summary.escalations += 1;
                        if *due <= computed.at(enquiry, event.check) {
                            self.due_at_once += 1;
                        } else {
                            worst = worst.max(track.real_between(*due, event.at));
                        }
                    }
                    _ => {}
                }
            }
        }
        self.summary.worst_escalation_lateness_ms =
            u64::try_from(worst.as_millis()).unwrap_or(u64::MAX);
        Ok(())
    }
}

/// When the steps of each check were computed last: at its opening, at a move of the hearing, at an answer.
#[derive(Default)]
struct Computed {
    enquiries: HashMap<EnquiryId, Timestamp>,
    checks: HashMap<(EnquiryId, CheckNumber), Timestamp>,
}

impl Computed {
    fn note(
        &mut self,
        enquiry: EnquiryId,
        check: Option<CheckNumber>,
        kind: &EventKind,
        at: Timestamp,
    ) {
        match (kind, check) {
            (EventKind::HearingMoved { .. }, _) => {
                self.enquiries.insert(enquiry, at);
            }
            (EventKind::Opened { .. } | EventKind::Answered { .. }, Some(check)) => {
                self.checks.insert((enquiry, check), at);
            }
            _ => {}
        }
    }

    fn at(&self, enquiry: EnquiryId, check: Option<CheckNumber>) -> Timestamp {
        let moved = self.enquiries.get(&enquiry);
        let opened = check.and_then(|check| self.checks.get(&(enquiry, check)));
        moved.max(opened).copied().unwrap_or(Timestamp::MIN)
    }
}

fn worst(enquiry: &Enquiry, check: &Check) -> Option<Worst> {
    let live = || {
        enquiry
            .alerts
            .iter()
            .filter(|alert| alert.check == check.number && alert.is_live())
    };
    let first = live().min_by_key(|alert| alert.due_at)?;
    Some(Worst {
        reference: enquiry.id.reference().to_string(),
        responder: check
            .responder
            .as_ref()
            .map_or_else(|| "operators".into(), ToString::to_string),
        cause: first.cause.name().to_owned(),
        due: first.due_at,
        live_alerts: live().count(),
    })
}

#[cfg(test)]
mod tests;
