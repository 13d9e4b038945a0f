//! Hearings of the visitor's courts: all of today's, then past ones that are still open, then the days to come.

use super::cases::{need, title};
use super::needs::{Need, needs, whose};
use crate::broker::case::OpenCase;
use crate::broker::case::input::ListCasesInput;
use crate::broker::input::{Filter, ListInput, Position};
use crate::broker::opened::OpenEnquiry;
use crate::broker::{Paged, Viewed};
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
use jiff::ToSpan as _;
use jiff::civil::Date;
use std::ops::Range;
use usher_domain::actor::Actor;
use usher_domain::case::{Case, RequirementState};
use usher_domain::command::VerbName;
use usher_domain::hearing::Deadline;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::permit::permits;
use usher_domain::time::{Timestamp, from_london, to_london};

/// One enquiry, or a case that still needs a check.
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
    /// As it is told from the same day of another list.
    name: String,
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
    /// Whether usher knows of nothing that is heard today.
    is_quiet: bool,
    parts: Vec<Part>,
    next: String,
}

/// What one of those lists is of.
struct List {
    title: &'static str,
    kind: RecordKind,
    is_open: bool,
    /// From the start of the day so many days after today's, until before that of the second; from ever or for ever where there is none.
    days: [Option<i32>; 2],
}

/// Today's first, and of those the ones that nobody has asked about. A case that is still to be asked about stands where that is due.
const LISTS: [List; 7] = {
    use RecordKind::{Case, Enquiry};
    const TODAY: [Option<i32>; 2] = [Some(0), Some(1)];
    const PAST: [Option<i32>; 2] = [None, Some(0)];
    [
        list("Today, to be asked", Case, true, TODAY),
        list("Today", Enquiry, true, TODAY),
        list("Today, every answer read", Enquiry, false, TODAY),
        list("Today, set aside", Case, false, TODAY),
        list("Past, to be asked", Case, true, PAST),
        list("Past, still open", Enquiry, true, PAST),
        list("Coming", Enquiry, true, [Some(1), None]),
    ]
};

const fn list(
    title: &'static str,
    kind: RecordKind,
    is_open: bool,
    days: [Option<i32>; 2],
) -> List {
    List {
        title,
        kind,
        is_open,
        days,
    }
}

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
    for (title, row) in rows {
        if parts.last().is_none_or(|last| last.title != title) {
            let days = Vec::new();
            parts.push(Part { title, days });
        }
        if let Some(part) = parts.last_mut() {
            into_day(part, row);
        }
    }
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Hearings").await.wide(),
        today: when::date(to_london(now).date()),
        is_quiet: from == Token::default()
            && parts
                .first()
                .is_none_or(|part| !part.title.starts_with("Today")),
        parts,
        next: next.map_or_else(String::new, |next| next.link("/hearings")),
    }))
}

/// Those who want the officer come first within a day.
fn into_day(part: &mut Part, row: Row) {
    let heading = when::date(row.day);
    if part.days.last().is_none_or(|day| day.heading != heading) {
        part.days.push(Day {
            name: format!("{}: {heading}", part.title),
            heading,
            rows: Vec::new(),
        });
    }
    if let Some(day) = part.days.last_mut() {
        day.rows.push(row);
        day.rows.sort_by_key(|row| row.needs.is_empty());
    }
}

/// The rows of one page, each with the title of its list, and where the next page starts.
async fn rows(
    console: &Console,
    actor: &Actor,
    from: Token,
    now: Timestamp,
) -> Result<(Vec<(&'static str, Row)>, Option<Token>), Problem> {
    let (mut found, mut token) = (Vec::new(), from);
    while let Some(list) = LISTS.get(usize::from(token.part)) {
        let page = (token.position, ROWS - found.len());
        let (listed, next) = listed(console, list, page, actor, now).await?;
        found.extend(listed.into_iter().map(|row| (list.title, row)));
        token = match next {
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
    let more = usize::from(token.part) < LISTS.len();
    Ok((found, more.then_some(token)))
}

/// So many rows of one list from a position on, and where it goes on.
async fn listed(
    console: &Console,
    list: &List,
    (position, size): (Position, usize),
    actor: &Actor,
    now: Timestamp,
) -> Result<Paged<Row>, Problem> {
    let today = to_london(now).date();
    let [from, until] = list.days.map(|days| {
        let day = |days: i32| start_of(today.saturating_add(days.days()));
        days.map(day)
    });
    let filter = Filter {
        open: Some(list.is_open),
        deadline: Some(from.unwrap_or(Timestamp::MIN)..until.unwrap_or(Timestamp::MAX)),
        ..Filter::every(list.kind)
    };
    let reference = None;
    let broker = &console.broker;
    Ok(match list.kind {
        RecordKind::Enquiry => {
            let input = ListInput {
                filter,
                reference,
                position,
                size,
            };
            let show = |open: &OpenEnquiry| (row(console, open, actor, now), 0);
            broker.list(&input, actor, show).await?
        }
        RecordKind::Case => {
            let input = ListCasesInput {
                filter,
                reference,
                position,
                size,
            };
            let show = |open: &OpenCase| {
                let is_shown = if list.is_open {
                    open.case.needs_a_check()
                } else {
                    is_set_aside(&open.case)
                };
                (is_shown.then(|| case_row(console, open, actor)), 0)
            };
            let (rows, next) = broker.list_cases(&input, actor, show).await?;
            (rows.into_iter().flatten().collect(), next)
        }
    })
}

/// The moments of a day in London.
pub(super) fn day(day: Date) -> Range<Timestamp> {
    start_of(day)..start_of(day.saturating_add(1.day()))
}

fn start_of(day: Date) -> Timestamp {
    // Clocks change at one in the morning: every day has a midnight.
    from_london(day.at(0, 0, 0, 0)).unwrap_or(Timestamp::MAX)
}

/// Whether somebody decided that one of its checks is not asked; of the others an enquiry tells.
fn is_set_aside(case: &Case) -> bool {
    let mut states = case.requirements.iter().map(|one| &one.state);
    states.any(|state| matches!(state, RequirementState::SetAside { .. }))
}

/// One case, as a row among enquiries: by its hearing, or by when it is to be asked about where that is another moment.
fn case_row(console: &Console, open: &OpenCase, actor: &Actor) -> Row {
    let case = &open.case;
    let at = case.deadline();
    let local = to_london(at);
    let time = when::clock(local.time());
    let may_ask = case.needs_a_check() && permits(actor.role, VerbName::Submit);
    let ask = may_ask.then(|| Need {
        path: format!("/ask?case={}", case.id),
        text: "Ask now".into(),
    });
    Row {
        id: case.id.into(),
        at,
        day: local.date(),
        time: if at == case.hearing.at {
            time
        } else {
            format!("To be asked by {time}")
        },
        court: console.broker.courts().name(case.court()),
        name: title(open),
        reference: case.id.reference().to_string(),
        path: format!("/cases/{}", case.id),
        needs: ask.into_iter().collect(),
        checks: case.requirements.iter().map(need).collect(),
    }
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
            Deadline::ReplyBy { .. } => format!("Reply by {time}"),
        },
        court: console.broker.courts().name(enquiry.deadline.court()),
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
