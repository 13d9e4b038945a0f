//! The queue of a desk: what waits for an answer, the nearest deadline first, with imminent harm before all.

use super::{BOROUGH, path};
use crate::broker::input::{AlertFilter, ListAlertsInput, ListChecksInput, Position};
use crate::broker::minimise::Allowed;
use crate::broker::opened::OpenEnquiry;
use crate::broker::{AlertEntry, Broker, OUTSTANDING, Viewed};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show};
use crate::console::live::Part;
use crate::console::page::{Asked, Token};
use crate::console::people::full_name;
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use std::collections::HashMap;
use std::sync::Arc;
use usher_domain::actor::Actor;
use usher_domain::enquiry::{Check, CheckState, Curfew, Enquiry};
use usher_domain::id::{CheckId, CheckNumber};
use usher_domain::limits;
use usher_domain::time::Timestamp;

/// Checks on one page, those with the nearest deadlines: who is shown more names than can be worked on is shown them for nothing.
pub(super) const DESK_ROWS_MAX: usize = 50;

/// One check.
pub(super) struct Row {
    check: CheckId,
    pub(super) path: String,
    pub(super) reference: String,
    /// The defendant's name, as far as the agreement lets it be shown.
    pub(super) name: String,
    pub(super) purpose: String,
    pub(super) is_harm: bool,
    pub(super) has_curfew: bool,
    pub(super) deadline: String,
    at: Timestamp,
    pub(super) left: Option<Tag>,
    pub(super) state: Tag,
    /// Who has it, or why people must look; may be empty.
    pub(super) about: String,
    pub(super) alerts: Vec<Alert>,
}

/// An alert that concerns a check.
pub(super) struct Alert {
    pub(super) what: String,
    pub(super) acknowledge: String,
}

#[derive(Template)]
#[template(path = "desk/queue.html")]
struct Queue {
    frame: Frame,
    part: Arc<str>,
    /// To search by reference.
    form: Form,
    rows: Vec<Row>,
    caption: String,
    /// Whether it is the first page.
    is_first: bool,
    /// The link to the next page; empty on the last.
    next: String,
}

#[derive(Template)]
#[template(path = "desk/queue_part.html")]
struct QueuePart {
    waiting: usize,
    new: usize,
    harm: usize,
    late: usize,
    is_cut: bool,
    /// With imminent harm, by reference: also those that the list has no room for.
    harmed: Vec<(String, String)>,
    nearest: String,
    written: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let (broker, actor) = (&console.broker, &visitor.actor);
    let position = asked.token().position;
    let is_first = position == Position::default();
    let input = ListChecksInput {
        position,
        ..outstanding(DESK_ROWS_MAX)
    };
    let (rows, next) = rows(broker, actor, &input).await?;
    let caption = match (is_first, &next) {
        (true, None) => "Imminent harm first, then the nearest deadline".into(),
        (true, Some(_)) => {
            format!("Only the {DESK_ROWS_MAX} with the nearest deadlines; imminent harm first")
        }
        (false, _) => "The next in the order of their deadlines; imminent harm first".into(),
    };
    let (counted, desk) = (Arc::clone(broker), actor.clone());
    let counting = move || async move { Ok(write(&counted, &desk).await?.html) };
    let part = console.recent.part(key(actor), counting).await?;
    let link = |position| Token { part: 0, position }.link("/desk");
    let page = Queue {
        frame: Frame::of(&visitor, "Queue").await.wide(),
        part,
        form: Form::default(),
        rows,
        caption,
        is_first,
        next: next.map_or_else(String::new, link),
    };
    Ok(show(&page))
}

/// One page of checks with their alerts, imminent harm first, and where the list goes on. That they are shown is on record.
///
/// # Errors
/// Store errors.
pub(super) async fn rows(
    broker: &Broker,
    actor: &Actor,
    input: &ListChecksInput,
) -> Result<(Vec<Row>, Option<Position>), Problem> {
    let now = broker.clock().now();
    let show_row = |open: &OpenEnquiry, number| (row(open, number, now), 0);
    let (rows, next) = broker.list_checks(input, actor, show_row).await?;
    let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
    let mut alerts = alerts(broker, actor).await?;
    for row in &mut rows {
        row.alerts = alerts.remove(&row.check).unwrap_or_default();
    }
    rows.sort_by_key(|row| (!row.is_harm, row.at));
    let shown: Vec<Viewed> = rows.iter().map(|row| Viewed::Check(row.check)).collect();
    broker.view_all(&shown, actor).await?;
    Ok((rows, next))
}

/// The live part counts and names nobody: it is written once for everybody at these responders, and who is shown a name is recorded for
/// each person when the page is made.
pub(super) async fn live(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (console.broker.clone(), visitor.actor);
    console.live.line(key(&actor), move || {
        let (broker, actor) = (broker.clone(), actor.clone());
        async move { write(&broker, &actor).await }
    })
}

/// Whose counts they are: of everybody at these responders.
fn key(actor: &Actor) -> String {
    format!("desk {:?}", actor.responders)
}

fn outstanding(size: usize) -> ListChecksInput {
    ListChecksInput {
        responders: None,
        states: OUTSTANDING.to_vec(),
        reference: None,
        position: Position::default(),
        size,
    }
}

/// The counts as they are now.
async fn write(broker: &Broker, actor: &Actor) -> Result<Part, Problem> {
    let now = broker.clock().now();
    let facts = |open: &OpenEnquiry, number| {
        let enquiry = &open.enquiry;
        let state = enquiry.check(number).map(|check| &check.state);
        let is_new = matches!(state, Some(CheckState::Waiting { .. }));
        let harmed = enquiry.imminent_harm.then(|| {
            let reference = enquiry.id.reference().to_string();
            (path(enquiry.check_id(number)), reference)
        });
        ((enquiry.deadline.at(), is_new, harmed), 0)
    };
    let (found, next) = broker
        .list_checks(&outstanding(limits::PAGE_SIZE_MAX), actor, facts)
        .await?;
    let new = found.iter().filter(|(_, is_new, _)| *is_new).count();
    let nearest = found.iter().map(|(at, ..)| *at).find(|at| *at > now);
    let late = found.iter().filter(|(at, ..)| *at <= now).count();
    let waiting = found.len();
    let harmed = found.into_iter().filter_map(|(.., harmed)| harmed);
    let harmed: Vec<_> = harmed.collect();
    let part = QueuePart {
        waiting,
        new,
        harm: harmed.len(),
        late,
        is_cut: next.is_some(),
        harmed,
        nearest: nearest.map_or_else(String::new, |at| {
            format!("{}, {}", when::short(at, now), when::from_now(at, now))
        }),
        written: when::moment(now),
    };
    let html = part.render().map_err(|error| Problem::ours(&error))?;
    Ok(Part {
        html,
        count: new,
        newest: None,
    })
}

/// The alerts that are addressed to the borough, by the check that they are about.
async fn alerts(broker: &Broker, actor: &Actor) -> Result<HashMap<CheckId, Vec<Alert>>, Problem> {
    let input = ListAlertsInput {
        filter: AlertFilter {
            audiences: BOROUGH.to_vec(),
            ..AlertFilter::default()
        },
        position: Position::default(),
        size: limits::PAGE_SIZE_MAX,
    };
    let shown = |entry: &AlertEntry| (about_check(entry), 0);
    let (found, _) = broker.list_alerts(&input, actor, shown).await?;
    let mut alerts: HashMap<CheckId, Vec<Alert>> = HashMap::new();
    for (check, alert) in found.into_iter().flatten() {
        alerts.entry(check).or_default().push(alert);
    }
    Ok(alerts)
}

fn about_check(entry: &AlertEntry) -> Option<(CheckId, Alert)> {
    let AlertEntry::Raised { alert, stored } = entry else {
        return None;
    };
    let id = stored.record.id;
    let acknowledge = if alert.is_open() {
        format!("/alerts/{id}/{}/acknowledge", alert.number)
    } else {
        String::new()
    };
    let shown = Alert {
        what: words::cause(&alert.cause),
        acknowledge,
    };
    Some((stored.record.check_id(alert.check), shown))
}

fn row(open: &OpenEnquiry, number: CheckNumber, now: Timestamp) -> Option<Row> {
    let enquiry = &open.enquiry;
    let check = enquiry.check(number)?;
    let personal = open.personal.as_ref();
    let personal = personal.and_then(|personal| Allowed::of(open, check).personal(personal));
    let name = personal.map(|personal| full_name(&personal.subject.name));
    let at = enquiry.deadline.at();
    let (state, about) = standing(check);
    Some(Row {
        check: enquiry.check_id(number),
        path: path(enquiry.check_id(number)),
        reference: enquiry.id.reference().to_string(),
        name: name
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| "Name not shared".into()),
        purpose: purpose(enquiry),
        is_harm: enquiry.imminent_harm,
        has_curfew: enquiry.curfew == Curfew::Proposed,
        deadline: format!("{}, {}", when::short(at, now), when::from_now(at, now)),
        at,
        left: check
            .state
            .is_outstanding()
            .then(|| words::time_left(at, now))
            .flatten(),
        state,
        about,
        alerts: Vec::new(),
    })
}

/// What is asked for.
pub(super) fn purpose(enquiry: &Enquiry) -> String {
    let purpose = words::record::purpose(enquiry.purpose);
    match enquiry.report {
        Some(report) => format!("{purpose}: {}", words::record::report(report)),
        None => purpose.into(),
    }
}

/// Where a check stands, as its desk says it, and who has it or why people must look.
pub(super) fn standing(check: &Check) -> (Tag, String) {
    let name = |by: &usher_domain::actor::By| {
        let person = by.person.as_ref();
        person.map_or_else(String::new, |person| person.name.clone())
    };
    match &check.state {
        CheckState::Waiting {
            for_people: Some(reason),
            ..
        } => (
            tag("For your desk", "yellow"),
            words::people_reason(*reason).into(),
        ),
        CheckState::Waiting { .. } => (tag("New", "yellow"), String::new()),
        CheckState::Leased { .. } => (
            tag("With your system", "light-blue"),
            "A program is looking it up.".into(),
        ),
        CheckState::Accepted { by, .. } => (tag("Taken on", "blue"), name(by)),
        CheckState::Asked { by, .. } => (
            tag("Waiting for the officer", "purple"),
            format!("{} asked a question", name(by)),
        ),
        CheckState::Answered { received: None, .. } => {
            (tag("Answered, not read yet", "green"), String::new())
        }
        CheckState::Answered { .. } => (tag("Answered and read", "green"), String::new()),
        CheckState::Redirected { .. } => (tag("Passed on", "grey"), String::new()),
        CheckState::Closed { .. } => (tag("Closed by the court team", "grey"), String::new()),
        CheckState::Unroutable { .. } => (tag("With the operators", "grey"), String::new()),
    }
}
