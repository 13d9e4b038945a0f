//! Everybody who answers, and how their programs do.

use crate::broker::input::ListRespondersInput;
use crate::broker::output::{AdapterHealth, AdapterView, AgreementEnd, ResponderView};
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::people::{Fact, day, fact};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, tag};
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use usher_domain::code::ResponderId;
use usher_domain::limits;
use usher_domain::time::{Timestamp, WorkingHours};

struct Row {
    path: String,
    name: String,
    kind: &'static str,
    health: Tag,
    /// What comes first: those that fail, then those that are away with work waiting.
    order: (u8, usize),
    waiting: usize,
    nearest: String,
    agreement: Option<Tag>,
    phone: String,
}

#[derive(Template)]
#[template(path = "operator/responders.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    is_cut: bool,
    ending: usize,
}

/// One program, and what it says of itself.
struct Program {
    client: String,
    health: Tag,
    facts: Vec<Fact>,
    connectors: Vec<(String, Tag)>,
}

#[derive(Template)]
#[template(path = "operator/responder.html")]
struct One {
    frame: Frame,
    name: String,
    facts: Vec<Fact>,
    programs: Vec<Program>,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let now = console.broker.clock().now();
    let (all, is_cut) = console.broker.list_responders(&everybody()).await?;
    let ends = console.broker.agreement_ends();
    let mut rows: Vec<Row> = all.iter().map(|one| row(one, &ends, now)).collect();
    rows.sort_by_key(|row| core::cmp::Reverse(row.order));
    let page = Page {
        frame: Frame::of(&visitor, "Responders").await.wide(),
        ending: rows.iter().filter(|row| row.agreement.is_some()).count(),
        rows,
        is_cut,
    };
    Ok(show(&page))
}

pub(super) async fn one(
    State(console): State<Console>,
    Path(id): Path<String>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let id = ResponderId::parse(&id).map_err(|_| Problem::NotFound)?;
    let now = console.broker.clock().now();
    let (all, _) = console.broker.list_responders(&everybody()).await?;
    let found = all.iter().find(|one| one.id == id);
    let found = found.ok_or(Problem::NotFound)?;
    let ends = console.broker.agreement_ends();
    let page = One {
        frame: Frame::of(&visitor, "Responder").await,
        name: found.name.clone(),
        facts: facts(&console, found, &ends, now),
        programs: found.adapters.iter().map(|one| program(one, now)).collect(),
    };
    Ok(show(&page))
}

fn everybody() -> ListRespondersInput {
    ListRespondersInput {
        authority: None,
        skip: 0,
        size: limits::PAGE_SIZE_MAX,
    }
}

fn row(one: &ResponderView, ends: &[AgreementEnd], now: Timestamp) -> Row {
    let (health, urgency) = health(one, now);
    Row {
        path: format!("/responders/{}", one.id),
        name: one.name.clone(),
        kind: words::record::kind(one.kind),
        health,
        order: (urgency, one.waiting),
        waiting: one.waiting,
        nearest: nearest(one, now),
        agreement: agreement(&one.id, ends),
        phone: one.duty_phone.clone(),
    }
}

fn nearest(one: &ResponderView, now: Timestamp) -> String {
    let nearest = one.nearest_deadline;
    nearest.map_or_else(String::new, |at| {
        format!("{}, {}", when::short(at, now), when::from_now(at, now))
    })
}

/// How its programs do, and how urgently somebody is to look.
fn health(one: &ResponderView, now: Timestamp) -> (Tag, u8) {
    let has = |health| one.adapters.iter().any(|adapter| adapter.health == health);
    if one.lending.paused_until.is_some() {
        return (tag("Lent nothing: it brings nothing back", "red"), 3);
    }
    if has(AdapterHealth::Failing) {
        return (words::health(AdapterHealth::Failing), 3);
    }
    if one.connected_adapters > 0 {
        let busy = has(AdapterHealth::Busy);
        let health = if busy {
            AdapterHealth::Busy
        } else {
            AdapterHealth::Connected
        };
        return (words::health(health), 0);
    }
    if one.adapters.is_empty() {
        return (
            tag("No system, people only", "grey"),
            u8::from(one.waiting > 0),
        );
    }
    let away = one.absent_since.map_or_else(String::new, |since| {
        format!(" for {}", when::span(now.duration_since(since)))
    });
    let urgency = if one.waiting > 0 { 2 } else { 1 };
    (tag(format!("Away{away}"), "red"), urgency)
}

/// Whether its agreement ends soon, or has ended.
fn agreement(id: &ResponderId, ends: &[AgreementEnd]) -> Option<Tag> {
    let end = ends.iter().find(|end| end.responders.contains(id))?;
    Some(match (end.last, end.days_left) {
        (Some(last), left) if end.agreement.is_some() => {
            let days = if left == 1 { "day" } else { "days" };
            tag(
                format!("Ends on {}: {left} {days} left", day(last)),
                "orange",
            )
        }
        _ => tag("No agreement", "red"),
    })
}

fn facts(
    console: &Console,
    one: &ResponderView,
    ends: &[AgreementEnd],
    now: Timestamp,
) -> Vec<Fact> {
    let directory = console.broker.directory();
    let names = one.authorities.iter().map(|code| {
        let known = directory.authorities().get(*code);
        known.map_or_else(|| code.to_string(), |known| known.name.clone())
    });
    let names: Vec<String> = names.collect();
    let own = directory.responders().get(&one.id);
    let emergency = own.and_then(|own| own.emergency_phone.clone());
    let oldest = one.oldest_wait.map_or_else(String::new, |since| {
        format!(
            "{} ({})",
            when::short(since, now),
            when::from_now(since, now)
        )
    });
    let lending = &one.lending;
    let paused = lending.paused_until.map_or_else(String::new, |until| {
        format!(". Lent nothing until {}", when::short(until, now))
    });
    let agreement = agreement(&one.id, ends);
    [
        fact("Kind", words::record::kind(one.kind)),
        fact("Answers for", names.join(", ")),
        fact("Duty telephone", one.duty_phone.as_str()),
        fact(
            "Emergency duty team (imminent harm only)",
            emergency.unwrap_or_default(),
        ),
        fact("Working hours", hours(&one.hours)),
        fact("Programs", health(one, now).0.text),
        fact("Waiting", one.waiting.to_string()),
        fact("Nearest deadline", nearest(one, now)),
        fact("Waits longest since", oldest),
        fact(
            "In the hands of programs",
            format!("{} of at most {}{paused}", lending.held, lending.most),
        ),
        fact(
            "Agreement",
            agreement.map_or_else(|| "In force".into(), |tag| tag.text),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// `Monday 9am to 5pm; …`.
fn hours(hours: &WorkingHours) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let days = DAYS.iter().zip(hours.week()).filter_map(|(name, day)| {
        let (start, end) = (*day)?;
        Some(format!(
            "{name} {} to {}",
            when::clock(start),
            when::clock(end)
        ))
    });
    let days: Vec<String> = days.collect();
    days.join(", ")
}

fn program(adapter: &AdapterView, now: Timestamp) -> Program {
    let report = adapter.report.as_ref();
    let in_hand = report.map_or_else(String::new, |report| match report.most_in_hand {
        0 => report.in_hand.to_string(),
        most => format!("{} of at most {most}", report.in_hand),
    });
    let connectors = report.into_iter().flat_map(|report| &report.connectors);
    let connectors = connectors.map(|one| {
        let aside = match one.set_aside {
            0 => String::new(),
            aside => format!(" ({aside} files lie aside)"),
        };
        let state = if one.trouble.is_empty() {
            tag("Can be asked", "green")
        } else {
            tag(one.trouble.clone(), "red")
        };
        (format!("{}{aside}", one.name), state)
    });
    Program {
        client: adapter.client.to_string(),
        health: words::health(adapter.health),
        facts: [
            fact("Last call", when::short(adapter.last_call, now)),
            fact(
                "Version",
                report.map_or("", |report| report.version.as_str()),
            ),
            fact("In hand", in_hand),
        ]
        .into_iter()
        .flatten()
        .collect(),
        connectors: connectors.collect(),
    }
}
