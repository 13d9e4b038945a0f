//! What is outstanding, by office and officer, nearest deadline first. It names staff and no family.

use super::work::{Chosen, Counts, Item, RECORDS_MAX, Work, gather};
use crate::broker::Broker;
use crate::console::form::Form;
use crate::console::frame::{Frame, show};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::words::{self, Tag, tag};
use crate::console::{Console, when};
use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;
use std::sync::Arc;
use usher_domain::actor::Actor;
use usher_domain::report::Grouping;
use usher_domain::time::Timestamp;

/// References listed of one officer.
const ITEMS_MAX: usize = 100;

#[derive(Template)]
#[template(path = "manager/outstanding.html")]
struct Page {
    frame: Frame,
    part: Arc<str>,
}

#[derive(Template)]
#[template(path = "manager/outstanding_part.html")]
struct Outstanding {
    /// What it is narrowed to; empty where it is everything.
    only: String,
    total: Row,
    offices: Vec<Office>,
    /// That there is more; empty where there is not.
    cut: String,
    written: String,
}

struct Office {
    name: String,
    /// Before ids on the page.
    id: String,
    rows: Vec<Row>,
}

/// What one officer has open; or everybody.
#[derive(Default)]
struct Row {
    name: String,
    records: usize,
    counts: Counts,
    overdue: usize,
    alerting: usize,
    oldest: String,
    nearest: String,
    items: Vec<Line>,
    /// Those that are not listed.
    more: usize,
}

struct Line {
    path: String,
    reference: String,
    what: String,
    court: String,
    deadline: String,
    tags: Vec<Tag>,
}

/// The path of what counts in this line of a report.
pub(super) fn path(by: Grouping, key: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("by", by.name()).append_pair("key", key);
    format!("/outstanding?{}", query.finish())
}

pub(super) async fn page(
    State(console): State<Console>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let chosen = Grouping::parse(query.value("by")).map(|by| Chosen {
        by,
        key: query.value("key").to_owned(),
    });
    let (broker, actor) = (Arc::clone(&console.broker), visitor.actor.clone());
    // The person is no part of what is seen.
    let key = format!("outstanding {:?} {chosen:?}", actor.courts);
    let counting = move || async move { write(&broker, &actor, chosen.as_ref()).await };
    let part = console.recent.part(key, counting).await?;
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Outstanding").await.wide(),
        part,
    }))
}

/// What is outstanding now in front of `actor`.
async fn write(broker: &Broker, actor: &Actor, chosen: Option<&Chosen>) -> Result<String, Problem> {
    let work = gather(broker, actor, chosen).await?;
    let now = broker.clock().now();
    let only = chosen.map(|Chosen { by, key }| {
        let label = broker.label(*by, key);
        format!("{} {label}", words::grouping(*by))
    });
    let everything: Vec<Item> = work.officers.values().flatten().cloned().collect();
    let cut = if work.is_cut {
        format!(
            "There is more than fits here: of enquiries and of cases, the {RECORDS_MAX} with the nearest deadlines are counted."
        )
    } else {
        String::new()
    };
    let part = Outstanding {
        only: only.unwrap_or_default(),
        total: Row::of(String::new(), everything, now),
        offices: offices(work, now),
        cut,
        written: when::moment(now),
    };
    part.render().map_err(|error| Problem::ours(&error))
}

fn offices(work: Work, now: Timestamp) -> Vec<Office> {
    let mut offices: Vec<Office> = Vec::new();
    for ((office, officer), items) in work.officers {
        if offices.last().is_none_or(|last| last.name != office) {
            offices.push(Office {
                id: format!("office-{}", offices.len() + 1),
                name: office,
                rows: Vec::new(),
            });
        }
        if let Some(office) = offices.last_mut() {
            let nobody = officer.is_empty();
            let name = if nobody {
                "Nobody allocated".into()
            } else {
                officer
            };
            office.rows.push(Row::of(name, items, now));
        }
    }
    offices
}

impl Row {
    fn of(name: String, mut items: Vec<Item>, now: Timestamp) -> Self {
        items.sort_by_key(|item| item.deadline);
        let mut counts = Counts::default();
        for item in &items {
            counts.add(item.counts);
        }
        let count = |is: fn(&Item) -> bool| items.iter().filter(|item| is(item)).count();
        let oldest = items.iter().map(|item| item.since).min();
        Self {
            name,
            counts,
            records: items.len(),
            overdue: count(|item| item.is_overdue),
            alerting: count(|item| item.is_alerting),
            oldest: oldest.map_or_else(String::new, |since| when::short(since, now)),
            nearest: items
                .first()
                .map_or_else(String::new, |item| when::short(item.deadline, now)),
            more: items.len().saturating_sub(ITEMS_MAX),
            items: items
                .iter()
                .take(ITEMS_MAX)
                .map(|item| line(item, now))
                .collect(),
        }
    }
}

fn line(item: &Item, now: Timestamp) -> Line {
    let mut tags = Vec::new();
    if item.is_overdue {
        tags.push(tag("Overdue", "red"));
    }
    if item.is_alerting {
        tags.push(tag("Alert", "orange"));
    }
    Line {
        path: item.path.clone(),
        reference: item.reference.clone(),
        what: what(item.counts),
        court: item.court.clone(),
        deadline: when::short(item.deadline, now),
        tags,
    }
}

/// `2 with a borough, 1 to read`.
fn what(counts: Counts) -> String {
    let Counts {
        waiting,
        stuck,
        unread,
        needed,
    } = counts;
    let parts = [
        (waiting, "with a borough"),
        (stuck, "stuck"),
        (unread, "to read"),
        (needed, "never asked"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    parts.join(", ")
}
