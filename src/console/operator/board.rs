//! The overdue board: what, whose, how late, which step, who has been told, whom to ring. It has no personal data, so that it may hang on
//! a wall; it is live.

use crate::broker::input::{AlertFilter, AlertStanding, ListAlertsInput, Position};
use crate::broker::opened::ResponderCards;
use crate::broker::{AlertEntry, Broker};
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::live::Part;
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::{Actor, Role};
use usher_domain::alert::{Alert, AlertState};
use usher_domain::limits;
use usher_domain::time::Timestamp;

/// Alerts on one board: more than anybody can read across a room.
const ALERTS_MAX: usize = limits::PAGE_SIZE_MAX;

/// One alert, as the board shows it.
struct Row {
    what: String,
    reference: String,
    /// Its page.
    path: String,
    court: String,
    /// Whose answer it is about.
    responder: String,
    duty_phone: String,
    emergency_phone: String,
    deadline: String,
    late: String,
    told: String,
    standing: Tag,
    /// Who looks after it and until when; empty where nobody does.
    looked_after: String,
    /// Where to look after it; empty where nobody can.
    acknowledge: String,
}

#[derive(Template)]
#[template(path = "operator/board_part.html")]
struct BoardPart {
    rows: Vec<Row>,
    open: usize,
    is_cut: bool,
    may_acknowledge: bool,
    written: String,
}

#[derive(Template)]
#[template(path = "operator/board.html")]
struct Board {
    frame: Frame,
    part: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let part = write(&console.broker, &visitor.actor).await?;
    let frame = Frame::of(&visitor, "Overdue").await.wide();
    let html = part.html;
    Ok(show(&Board { frame, part: html }))
}

pub(super) async fn live(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (console.broker.clone(), visitor.actor);
    // The person is no part of what is seen.
    let key = format!("board {:?} {:?}", actor.role, actor.courts);
    console.live.line(key, move || {
        let (broker, actor) = (broker.clone(), actor.clone());
        async move { write(&broker, &actor).await }
    })
}

/// The board as it is now for `actor`.
async fn write(broker: &Broker, actor: &Actor) -> Result<Part, Problem> {
    let now = broker.clock().now();
    let cards = broker.cards();
    let input = ListAlertsInput {
        filter: AlertFilter::default(),
        position: Position::default(),
        size: ALERTS_MAX,
    };
    let show = |entry: &AlertEntry| (row(entry, &cards, now), 0);
    let (mut rows, next) = broker.list_alerts(&input, actor, show).await?;
    // What nobody looks after comes first, each part in the order of its deadlines.
    rows.sort_by_key(|row| !row.looked_after.is_empty());
    let open = rows
        .iter()
        .filter(|row| row.looked_after.is_empty())
        .count();
    let part = BoardPart {
        rows,
        open,
        is_cut: next.is_some(),
        may_acknowledge: actor.role == Role::Operator,
        written: when::moment(now),
    };
    let html = part.render().map_err(|error| Problem::ours(&error))?;
    Ok(Part { html, count: open })
}

fn row(entry: &AlertEntry, cards: &ResponderCards, now: Timestamp) -> Row {
    match entry {
        AlertEntry::Raised { alert, stored } => {
            let enquiry = &stored.record;
            let check = enquiry.check(alert.check);
            let card = check
                .map(|check| cards.of(enquiry, check))
                .unwrap_or_default();
            Row {
                reference: enquiry.id.reference().to_string(),
                path: format!("/enquiries/{}", enquiry.id),
                court: enquiry.deadline.court().to_string(),
                responder: card.name,
                duty_phone: card.duty_phone,
                emergency_phone: card.emergency_phone,
                deadline: when::short(enquiry.deadline.at(), now),
                acknowledge: format!("/alerts/{}/{}/acknowledge", enquiry.id, alert.number),
                ..standing(alert, now)
            }
        }
        AlertEntry::Needed { alert, stored } => {
            let case = &stored.record;
            Row {
                reference: case.id.reference().to_string(),
                path: format!("/cases/{}", case.id),
                court: case.court().to_string(),
                responder: "Nobody has asked yet".into(),
                deadline: when::short(case.hearing.at, now),
                acknowledge: format!("/alerts/{}/{}/acknowledge", case.id, alert.number),
                ..standing(alert, now)
            }
        }
        AlertEntry::Damaged(fault) => Row {
            what: format!("Damaged: {}", fault.kind.name()),
            reference: fault.record.reference().to_string(),
            path: String::new(),
            court: String::new(),
            responder: String::new(),
            duty_phone: String::new(),
            emergency_phone: String::new(),
            deadline: String::new(),
            late: when::span(now.duration_since(fault.since)),
            told: "the operators".into(),
            standing: tag("Until mended", "red"),
            looked_after: String::new(),
            acknowledge: String::new(),
        },
    }
}

/// What stands of `alert`, whatever it is about.
fn standing(alert: &Alert, now: Timestamp) -> Row {
    let (standing, looked_after) = match &alert.state {
        AlertState::Acknowledged { by, expires, .. } => {
            let name = by.person.as_ref().map_or("somebody", |person| &person.name);
            let until = when::short(*expires, now);
            let after = format!("{name}, until {until}");
            (tag("Looked after", "blue"), after)
        }
        AlertState::Open { .. } => (tag("Open", "red"), String::new()),
        AlertState::Resolved { .. } => (tag("Over", "grey"), String::new()),
    };
    Row {
        what: words::cause(&alert.cause),
        reference: String::new(),
        path: String::new(),
        court: String::new(),
        responder: String::new(),
        duty_phone: String::new(),
        emergency_phone: String::new(),
        deadline: String::new(),
        late: when::span(now.duration_since(alert.due_at)),
        told: words::audiences(&alert.audience),
        standing,
        looked_after,
        acknowledge: String::new(),
    }
}

/// Whether an alert still wants somebody.
pub(super) fn is_live(entry: &AlertEntry) -> bool {
    let alert = match entry {
        AlertEntry::Raised { alert, .. } | AlertEntry::Needed { alert, .. } => alert,
        AlertEntry::Damaged(_) => return true,
    };
    AlertStanding::from(&alert.state) != AlertStanding::Resolved
}
