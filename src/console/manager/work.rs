//! Who has what open: enquiries and needed checks by office and officer, gathered without opening anything that is sealed.

use crate::broker::input::{Filter, Position};
use crate::broker::{Broker, BrokerError, Record};
use crate::directory::Courts;
use std::collections::BTreeMap;
use usher_domain::actor::{Actor, Person, Unit};
use usher_domain::alert::{Alert, AlertState};
use usher_domain::case::{Case, RequirementState};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::{Check, CheckState, Enquiry, ReportType};
use usher_domain::index::RecordKind;
use usher_domain::limits;
use usher_domain::report::{Grouping, NONE, NOT_ASKED};
use usher_domain::time::Timestamp;

/// Records of each kind that are looked at, nearest deadline first: what nobody reads need not be counted.
pub(super) const RECORDS_MAX: usize = 5_000;

/// Only what counts in one line of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) by: Grouping,
    pub(super) key: String,
}

/// All of it.
pub(super) struct Work {
    /// By office, then by officer; the name is empty where nobody is allocated.
    pub(super) officers: BTreeMap<(String, String), Vec<Item>>,
    /// Whether there is more than was looked at.
    pub(super) is_cut: bool,
}

/// One enquiry, or one case with checks that nobody has asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// Its page.
    pub(super) path: String,
    /// As people read it aloud.
    pub(super) reference: String,
    /// The court's code.
    pub(super) court: String,
    /// By when.
    pub(super) deadline: Timestamp,
    /// Since when it is open.
    pub(super) since: Timestamp,
    /// Whether that moment has passed with something unanswered or unasked.
    pub(super) is_overdue: bool,
    /// Whether an alert stands.
    pub(super) is_alerting: bool,
    pub(super) counts: Counts,
}

/// How many checks stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// With a borough.
    pub(super) waiting: usize,
    /// The borough asks the officer something, or nobody was found to ask.
    pub(super) stuck: usize,
    /// Answered and not read.
    pub(super) unread: usize,
    /// Needed and never asked.
    pub(super) needed: usize,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.waiting += other.waiting;
        self.stuck += other.stuck;
        self.unread += other.unread;
        self.needed += other.needed;
    }

    fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// What is open in front of `actor`, and counts in `chosen`.
///
/// # Errors
/// Store errors.
pub(super) async fn gather(
    broker: &Broker,
    actor: &Actor,
    chosen: Option<&Chosen>,
) -> Result<Work, BrokerError> {
    let now = broker.clock().now();
    let mut work = Work {
        officers: BTreeMap::new(),
        is_cut: false,
    };
    let look = |record: &Record| {
        let found = match record {
            Record::Enquiry(enquiry) => of_enquiry(enquiry, chosen, broker.courts(), now),
            Record::Case(case) => of_case(case, chosen, broker.courts(), now),
        };
        (found, 0)
    };
    for kind in [RecordKind::Enquiry, RecordKind::Case] {
        let filter = Filter {
            open: Some(true),
            ..Filter::every(kind)
        };
        let (mut position, mut looked_at) = (Position::default(), 0);
        loop {
            let page = (position, limits::PAGE_SIZE_MAX);
            let (found, next) = broker.list_closed(&filter, page, actor, look).await?;
            looked_at += found.len();
            for (officer, item) in found.into_iter().flatten() {
                work.officers.entry(officer).or_default().push(item);
            }
            let Some(next) = next else { break };
            if looked_at >= RECORDS_MAX {
                work.is_cut = true;
                break;
            }
            position = next;
        }
    }
    Ok(work)
}

type Found = Option<((String, String), Item)>;

fn of_enquiry(
    enquiry: &Enquiry,
    chosen: Option<&Chosen>,
    courts: &Courts,
    now: Timestamp,
) -> Found {
    let (court, report) = (enquiry.deadline.court(), enquiry.report);
    let wanted = |check: &&Check| {
        let responder = check.responder.as_ref().map_or(NONE, ResponderId::as_str);
        chosen.is_none_or(|chosen| {
            let office = &enquiry.requester.unit.office;
            let own = [court.as_str(), office, responder, check.kind.name()];
            chosen.is(own, report)
        })
    };
    let mut counts = Counts::default();
    let mut since = now;
    let open = enquiry.checks.iter().filter(|check| !check.state.is_exit());
    for check in open.filter(wanted) {
        since = since.min(check.opened_at);
        match check.state {
            CheckState::Asked { .. } | CheckState::Unroutable { .. } => counts.stuck += 1,
            CheckState::Answered { .. } => counts.unread += 1,
            _ => counts.waiting += 1,
        }
    }
    let holder = enquiry.holder.as_ref();
    let requester = &enquiry.requester;
    let officer = holder.map_or_else(
        || named(Some(&requester.person), &requester.unit),
        |holder| named(holder.person.as_ref(), &holder.unit),
    );
    let deadline = enquiry.deadline.at();
    let item = Item {
        path: format!("/enquiries/{}", enquiry.id),
        reference: enquiry.id.reference().to_string(),
        court: courts.name(court),
        deadline,
        since,
        is_overdue: deadline <= now && counts.waiting + counts.stuck > 0,
        is_alerting: stands(&enquiry.alerts),
        counts,
    };
    (!counts.is_nothing()).then_some((officer, item))
}

fn of_case(case: &Case, chosen: Option<&Chosen>, courts: &Courts, now: Timestamp) -> Found {
    let court = case.court();
    let needed = case.requirements.iter().filter(|one| {
        let is_needed = matches!(one.state, RequirementState::Needed);
        let office = &case.holder.unit.office;
        let own = [court.as_str(), office, NOT_ASKED, one.kind.name()];
        is_needed && chosen.is_none_or(|chosen| chosen.is(own, case.report))
    });
    let needed: Vec<_> = needed.collect();
    let since = needed.iter().map(|one| one.raised_at).min()?;
    let deadline = needed.iter().map(|one| one.due).min()?;
    let item = Item {
        path: format!("/cases/{}", case.id),
        reference: case.id.reference().to_string(),
        court: courts.name(court),
        deadline,
        since,
        is_overdue: deadline <= now,
        is_alerting: stands(&case.alerts),
        counts: Counts {
            needed: needed.len(),
            ..Counts::default()
        },
    };
    let officer = named(case.holder.person.as_ref(), &case.holder.unit);
    Some((officer, item))
}

fn named(person: Option<&Person>, unit: &Unit) -> (String, String) {
    let name = person.map(|person| person.name.clone());
    (unit.office.clone(), name.unwrap_or_default())
}

fn stands(alerts: &[Alert]) -> bool {
    let ended = |alert: &Alert| matches!(alert.state, AlertState::Resolved { .. });
    !alerts.iter().all(ended)
}

impl Chosen {
    /// Whether what has this court, office, responder and kind counts in the line, as the reports count it.
    fn is(&self, [court, office, responder, kind]: [&str; 4], report: Option<ReportType>) -> bool {
        let own = match self.by {
            Grouping::Court => court,
            Grouping::Office => office,
            Grouping::Borough => responder,
            Grouping::ResponderKind => kind,
            Grouping::ReportType => report.map_or(NONE, ReportType::name),
        };
        own == self.key
    }
}
