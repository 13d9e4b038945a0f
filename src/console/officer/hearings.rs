//! Hearings of the visitor's courts: today's, then past ones that are still open, then the days to come.

use super::court_name;
use super::needs::{Need, needs, whose};
use crate::broker::Viewed;
use crate::broker::input::{Filter, ListInput, Place, Position};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::page::{Asked, ROWS, Token};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan as _};
use usher_domain::actor::Actor;
use usher_domain::hearing::Deadline;
use usher_domain::id::RecordId;
use usher_domain::time::{Timestamp, from_london, to_london};
use uuid::Uuid;

/// One enquiry.
pub(super) struct Row {
    pub(super) id: RecordId,
    pub(super) at: Timestamp,
    pub(super) day: Date,
    pub(super) time: String,
    pub(super) court: String,
    pub(super) name: String,
    pub(super) reference: String,
    pub(super) path: String,
    pub(super) needs: Vec<Need>,
    pub(super) checks: Vec<(String, Tag)>,
}

/// The rows of one day.
struct Day {
    heading: String,
    rows: Vec<Row>,
}

/// One of the lists that the page shows one after the other.
struct Part {
    title: &'static str,
    days: Vec<Day>,
}

#[derive(Template)]
#[template(path = "officer/hearings.html")]
struct Page {
    frame: Frame,
    today: String,
    /// Whether nothing is to be heard today.
    is_quiet: bool,
    parts: Vec<Part>,
    next: String,
}

/// Today's, past and coming.
const PARTS: [&str; 3] = ["Today", "Past, still open", "Coming"];

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let now = console.broker.clock().now();
    let from = asked.token();
    let (rows, next) = rows(&console, &visitor.actor, from, now).await?;
    let shown: Vec<_> = rows.iter().map(|(_, row)| Viewed::Record(row.id)).collect();
    console.broker.view_all(&shown, &visitor.actor).await?;
    let mut parts: Vec<Part> = Vec::new();
    for (part, row) in rows {
        let title = PARTS[usize::from(part)];
        if parts.last().is_none_or(|last| last.title != title) {
            let days = Vec::new();
            parts.push(Part { title, days });
        }
        if let Some(part) = parts.last_mut() {
            into_day(&mut part.days, row);
        }
    }
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Hearings").await.wide(),
        today: when::date(to_london(now).date()),
        is_quiet: from == Token::default()
            && parts.first().is_none_or(|part| part.title != PARTS[0]),
        parts,
        next: next.map_or_else(String::new, |next| next.link("/hearings")),
    }))
}

/// Those who want the officer come first within a day.
fn into_day(days: &mut Vec<Day>, row: Row) {
    let heading = when::date(row.day);
    if days.last().is_none_or(|day| day.heading != heading) {
        let rows = Vec::new();
        days.push(Day { heading, rows });
    }
    if let Some(day) = days.last_mut() {
        day.rows.push(row);
        day.rows.sort_by_key(|row| row.needs.is_empty());
    }
}

/// The rows of one page, each with its part, and where the next page starts.
async fn rows(
    console: &Console,
    actor: &Actor,
    from: Token,
    now: Timestamp,
) -> Result<(Vec<(u8, Row)>, Option<Token>), Problem> {
    let (today, tomorrow) = (midnight(now, 0), midnight(now, 1));
    let ends = [Some(tomorrow), Some(today), None];
    let starts = [Some(today), None, Some(tomorrow)];
    let (mut found, mut token) = (Vec::new(), from);
    while let Some(end) = ends.get(usize::from(token.part)) {
        if token.position == Position::default() {
            token.position.after = starts[usize::from(token.part)].map(before);
        }
        let input = ListInput {
            filter: Filter {
                open: Some(true),
                ..Filter::default()
            },
            reference: None,
            position: token.position,
            size: ROWS - found.len(),
        };
        let show = |open: &OpenEnquiry| (row(console, open, actor, now), 0);
        let (listed, next) = console.broker.list(&input, actor, show).await?;
        let is_here = |row: &Row| end.is_none_or(|end| row.at < end);
        let is_over = listed.last().is_some_and(|row| !is_here(row));
        let here = listed.into_iter().filter(is_here);
        found.extend(here.map(|row| (token.part, row)));
        token = match next.filter(|_| !is_over) {
            Some(position) => Token { position, ..token },
            None => Token {
                part: token.part + 1,
                position: Position::default(),
            },
        };
        if found.len() >= ROWS {
            break;
        }
    }
    let more = usize::from(token.part) < ends.len();
    Ok((found, more.then_some(token)))
}

/// The place of a list right before `at`.
fn before(at: Timestamp) -> Place {
    Place::Open {
        deadline: at
            .saturating_sub(SignedDuration::from_millis(1))
            .unwrap_or(at),
        id: RecordId::from_uuid(Uuid::max()),
    }
}

/// The start of the day in London so many days after that of `now`.
fn midnight(now: Timestamp, days: i32) -> Timestamp {
    let day = to_london(now).date().saturating_add(days.days());
    from_london(day.at(0, 0, 0, 0)).unwrap_or(now)
}

/// One enquiry, as lists show it.
pub(super) fn row(console: &Console, open: &OpenEnquiry, actor: &Actor, now: Timestamp) -> Row {
    let enquiry = &open.enquiry;
    let local = to_london(enquiry.deadline.at());
    let time = when::clock(local.time());
    Row {
        id: enquiry.id.into(),
        at: enquiry.deadline.at(),
        day: local.date(),
        time: match enquiry.deadline {
            Deadline::Hearing(_) => time,
            Deadline::ReplyBy { .. } => format!("reply by {time}"),
        },
        court: court_name(console, enquiry.deadline.court()),
        name: full_name(open),
        reference: enquiry.id.reference().to_string(),
        path: format!("/enquiries/{}", enquiry.id),
        needs: needs(enquiry, &open.responders, actor.role, now),
        checks: enquiry
            .checks
            .iter()
            .map(|check| {
                let whose = whose(&open.responders, enquiry, check);
                (whose, words::check_state(check))
            })
            .collect(),
    }
}

/// The defendant's name as it is spoken.
pub(super) fn full_name(open: &OpenEnquiry) -> String {
    let name = open
        .personal
        .as_ref()
        .map(|personal| &personal.subject.name);
    name.map_or_else(String::new, super::spoken)
}
