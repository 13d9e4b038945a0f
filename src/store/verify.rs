//! Verification of a store that nobody is using, or of a database at one moment: every byte that matters is read, and every promise of the design that can be seen in
//! it is proved (invariants 1 to 3): no silent exit, every acknowledged commit whole, every open check watched over.
//!
//! It reports; it repairs nothing but what the engine itself repairs of its book-keeping. Faults name records and reasons, never
//! what a record holds.

mod database;
mod feed;
mod rules;

pub use database::verify_database;

use super::Record;
use super::embedded::{ENDED_NOTED, META, Shelf, ended_key, id_of, shelf_after};
use super::kv::{Condition, KeyValue, KvError, Order};
use super::record::{RecordError, decode_body, decode_envelope, decode_meta};
use feed::Commits;
use serde::Serialize;
use std::collections::HashSet;
use std::error::Error;
use std::ops::ControlFlow;
use usher_domain::alert::{Alert, AlertState};
use usher_domain::case::{Case, RequirementState};
use usher_domain::enquiry::{CheckState, Enquiry, Timeliness};
use usher_domain::id::RecordId;
use usher_domain::index::Keys;

/// Faults that a report lists; more are only counted.
pub const FAULTS_LISTED_MAX: usize = 1_000;

/// What a store holds and what is wrong with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Enquiries that can be read.
    pub enquiries: u64,
    /// Those of them that are open.
    pub open: u64,
    /// Their checks, by state.
    pub checks: Checks,
    /// Cases, and the checks that they need, by state.
    pub cases: Cases,
    /// The alerts of enquiries and cases, by state.
    pub alerts: Alerts,
    /// Decisions at court.
    pub decisions: u64,
    /// Entries of the feed.
    pub feed_entries: u64,
    /// Events in them.
    pub events: u64,
    /// Whether the engine had to rebuild its own book-keeping, which harms nothing.
    pub engine_repaired: bool,
    /// How many faults there are; none means that the store is sound.
    pub faults_found: u64,
    /// The first [`FAULTS_LISTED_MAX`] of them.
    pub faults: Vec<Fault>,
}

/// Checks by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Checks {
    /// All of them.
    pub all: u64,
    /// In a responder's queue.
    pub waiting: u64,
    /// Lent to an adapter.
    pub leased: u64,
    /// Taken on by people.
    pub accepted: u64,
    /// Waiting for the officer's reply.
    pub asked: u64,
    /// Waiting for an operator's routing.
    pub unroutable: u64,
    /// Answered, received or not.
    pub answered: u64,
    /// Of the answered: the first answer came in time.
    pub answered_in_time: u64,
    /// Of the answered: the first answer came at the deadline or later.
    pub answered_late: u64,
    /// Of the answered: the newest answer was received.
    pub received: u64,
    /// Of the received: the newest answer came at the deadline or later.
    pub received_late: u64,
    /// Of these: whoever read it said that it would have changed sentence, allocation or plan.
    pub would_have_changed: u64,
    /// Taken over by another check.
    pub redirected: u64,
    /// Closed by a named person.
    pub closed: u64,
    /// Sentenced with no answer: with no decision when the hearing began, or when the sentence was recorded.
    pub sentenced_outstanding: u64,
    /// Neither exit nor due moment nor open alert: each is a fault too.
    pub unwatched: u64,
}

/// Cases and what they need, by state: needed is met, set aside, overdue and not yet due together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cases {
    /// All of them.
    pub all: u64,
    /// Those that still need a check.
    pub open: u64,
    /// Checks that were ever needed.
    pub needed: u64,
    /// Of these: an enquiry covers it.
    pub met: u64,
    /// Of these: a named person set it aside.
    pub set_aside: u64,
    /// Of these: its moment passed with nothing asked, and nobody has asked since.
    pub overdue: u64,
    /// Of these: there is time left to ask.
    pub not_yet_due: u64,
    /// Neither exit nor due moment nor open alert: each is a fault too.
    pub unwatched: u64,
}

/// Alerts by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Alerts {
    /// Nobody looks after them.
    pub open: u64,
    /// Somebody does, for now.
    pub acknowledged: u64,
    /// Over.
    pub resolved: u64,
}

/// One thing wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// What it is about: `record`, `feed entry 7`, `engine`, …
    pub what: String,
    /// Whose record, where it is somebody's.
    pub enquiry: Option<String>,
    /// What is wrong with it.
    pub reason: String,
}

impl Report {
    /// Whether nothing is wrong.
    pub fn is_sound(&self) -> bool {
        self.faults_found == 0
    }

    fn fault(&mut self, what: impl Into<String>, id: Option<RecordId>, reason: impl Into<String>) {
        self.faults_found += 1;
        if self.faults.len() < FAULTS_LISTED_MAX {
            self.faults.push(Fault {
                what: what.into(),
                enquiry: id.map(|id| id.to_string()),
                reason: reason.into(),
            });
        }
    }

    fn broken(&mut self, what: impl Into<String>, id: Option<RecordId>, error: &dyn Error) {
        self.fault(what, id, told(error));
    }
}

/// An error with its causes, in one line.
fn told(error: &dyn Error) -> String {
    let mut told = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}

/// Reads the whole store. Whatever is wrong, the report says it: there is no other failure.
pub fn verify(kv: &mut dyn KeyValue) -> Report {
    let mut report = Report::default();
    mark(kv, &mut report);
    let mut commits = feed::read(kv, &mut report);
    let mut seen = HashSet::new();
    let is_noted = kv.read(ENDED_NOTED).is_ok_and(|noted| noted.is_some());
    for shelf in [Shelf::Open, Shelf::Closed] {
        shelf_of(kv, shelf, &mut report, &mut |id, value, report| {
            if !seen.insert(id) {
                report.fault(
                    "record",
                    Some(id),
                    "it stands among the open and the closed ones",
                );
            }
            let is_open = shelf == Shelf::Open;
            match record(id, is_open, value, None, &mut commits, report) {
                Ok(keys) if is_noted && !is_open => {
                    let ended = kv.read(&ended_key(keys.deadline, id));
                    if ended.is_ok_and(|found| found.is_none()) {
                        report.fault("index", Some(id), "it is not found by its deadline");
                    }
                }
                Ok(_) => {}
                Err(error) => report.broken("record", Some(id), &error),
            }
        });
    }
    for id in commits.unclaimed() {
        let why = "the feed tells of it and it is not there";
        report.fault("record", Some(id), why);
    }
    // Last, because an engine that finds damage here serves nothing more.
    match kv.check() {
        Ok(Condition::Sound) => {}
        Ok(Condition::Repaired) => report.engine_repaired = true,
        Err(error) => report.broken("engine", None, &error),
    }
    report
}

fn mark(kv: &dyn KeyValue, report: &mut Report) {
    match kv.read(META) {
        Ok(Some(mark)) => {
            if let Err(error) = decode_meta(&mark) {
                report.broken("mark", None, &error);
            }
        }
        Ok(None) => report.fault("mark", None, "it is missing: this is no store of usher's"),
        Err(error) => report.broken("mark", None, &error),
    }
}

/// Sees one record: its id and its value.
type See<'a> = dyn FnMut(RecordId, &[u8], &mut Report) + 'a;

/// Shows every record of a shelf. Where the engine cannot go on, it goes on from the other end.
fn shelf_of(kv: &dyn KeyValue, shelf: Shelf, report: &mut Report, see: &mut See<'_>) {
    let mut last: Option<Vec<u8>> = None;
    let forth = scan(kv, shelf, None, Order::Ascending, &mut |key, value| {
        last = Some(key.to_vec());
        show(key, value, report, see);
    });
    let Err(error) = forth else { return };
    report.broken("engine", None, &error);
    let back = scan(
        kv,
        shelf,
        last.as_deref(),
        Order::Descending,
        &mut |key, value| {
            show(key, value, report, see);
        },
    );
    if let Err(error) = back {
        report.broken("engine", None, &error);
    }
}

fn scan(
    kv: &dyn KeyValue,
    shelf: Shelf,
    after: Option<&[u8]>,
    order: Order,
    see: &mut dyn FnMut(&[u8], &[u8]),
) -> Result<(), KvError> {
    kv.scan(
        shelf_after(shelf, after).bounds(),
        order,
        &mut |key, value| {
            see(key, value);
            ControlFlow::Continue(())
        },
    )
}

fn show(key: &[u8], value: &[u8], report: &mut Report, see: &mut See<'_>) {
    match id_of(key) {
        Some(id) => see(id, value, report),
        None => report.fault("record", None, "its key has no id"),
    }
}

/// Proves one record and counts it. Its feed entries are those of `history`, where they do not stand in the record.
fn record(
    id: RecordId,
    is_open: bool,
    value: &[u8],
    history: Option<&[u64]>,
    commits: &mut Commits,
    report: &mut Report,
) -> Result<Keys, RecordError> {
    let told = commits.claim(id);
    let envelope = decode_envelope(value)?;
    let record = decode_body(&envelope)?;
    let keys = record.keys();
    if record.id() != id || is_open != keys.open {
        return Err(RecordError::Misplaced);
    }
    if let Some(why) = told.differs(envelope.revision, history.unwrap_or(&envelope.entries)) {
        report.fault("record", Some(id), why);
    }
    match &record {
        Record::Enquiry(enquiry) => {
            rules::prove(enquiry, report);
            count(enquiry, report);
        }
        Record::Case(case) => {
            rules::prove_case(case, report);
            count_case(case, report);
        }
    }
    Ok(keys)
}

fn count_alerts(alerts: &[Alert], report: &mut Report) {
    for alert in alerts {
        *match alert.state {
            AlertState::Open { .. } => &mut report.alerts.open,
            AlertState::Acknowledged { .. } => &mut report.alerts.acknowledged,
            AlertState::Resolved { .. } => &mut report.alerts.resolved,
        } += 1;
    }
}

fn count_case(case: &Case, report: &mut Report) {
    count_alerts(&case.alerts, report);
    let cases = &mut report.cases;
    cases.all += 1;
    cases.open += u64::from(case.is_open());
    for requirement in &case.requirements {
        cases.needed += 1;
        *match &requirement.state {
            RequirementState::Met { .. } => &mut cases.met,
            RequirementState::SetAside { .. } => &mut cases.set_aside,
            RequirementState::Needed if requirement.overdue_at.is_some() => &mut cases.overdue,
            RequirementState::Needed => &mut cases.not_yet_due,
        } += 1;
    }
}

fn count(enquiry: &Enquiry, report: &mut Report) {
    report.enquiries += 1;
    report.open += u64::from(enquiry.is_open());
    report.decisions += enquiry.decisions.len() as u64;
    count_alerts(&enquiry.alerts, report);
    let checks = &mut report.checks;
    for check in &enquiry.checks {
        checks.all += 1;
        checks.sentenced_outstanding += u64::from(check.sentenced_outstanding_at.is_some());
        *match &check.state {
            CheckState::Waiting { .. } => &mut checks.waiting,
            CheckState::Leased { .. } => &mut checks.leased,
            CheckState::Accepted { .. } => &mut checks.accepted,
            CheckState::Asked { .. } => &mut checks.asked,
            CheckState::Unroutable { .. } => &mut checks.unroutable,
            CheckState::Redirected { .. } => &mut checks.redirected,
            CheckState::Closed { .. } => &mut checks.closed,
            CheckState::Answered { answers, received } => {
                checks.received += u64::from(received.is_some());
                if let (Some(receipt), Some(answer)) = (received, answers.last())
                    && answer.timeliness == Timeliness::AfterHearing
                {
                    checks.received_late += 1;
                    checks.would_have_changed += u64::from(receipt.would_have_changed_something());
                }
                match answers.first().map(|answer| answer.timeliness) {
                    Some(Timeliness::InTime) => checks.answered_in_time += 1,
                    Some(Timeliness::AfterHearing) => checks.answered_late += 1,
                    None => {}
                }
                &mut checks.answered
            }
        } += 1;
    }
}
