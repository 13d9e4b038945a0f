//! How a borough does, counted from its own checks: so many at most, and the page says over which.

use crate::broker::Broker;
use crate::broker::input::{ListChecksInput, Position};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use jiff::SignedDuration;
use std::sync::Arc;
use usher_domain::actor::Actor;
use usher_domain::enquiry::{CheckState, Timeliness};
use usher_domain::id::CheckNumber;
use usher_domain::limits;
use usher_domain::time::{Timestamp, WorkingHours};

/// Checks that are counted, at most.
const COUNTED_MAX: usize = 5 * limits::PAGE_SIZE_MAX;
/// The periods, in days to now.
const PERIODS: [(i64, &str); 3] = [(7, "7 days"), (30, "30 days"), (90, "90 days")];

/// One check, as far as it is counted.
struct Counted {
    deadline: Timestamp,
    /// Of its first answer: when, in time or not, and after how much working time.
    answered: Option<(Timestamp, Timeliness, SignedDuration)>,
    is_outstanding: bool,
}

struct Row {
    period: &'static str,
    in_time: usize,
    late: usize,
    median: String,
}

#[derive(Template)]
#[template(path = "desk/figures.html")]
struct Page {
    frame: Frame,
    part: Arc<str>,
}

#[derive(Template)]
#[template(path = "desk/figures_part.html")]
struct Part {
    rows: Vec<Row>,
    outstanding: usize,
    overdue: usize,
    counted: usize,
    is_cut: bool,
    written: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let (broker, actor) = (Arc::clone(&console.broker), visitor.actor.clone());
    // The person is no part of what is seen.
    let key = format!("desk figures {:?}", actor.responders);
    let counting = move || async move { write(&broker, &actor).await };
    let part = console.recent.part(key, counting).await?;
    let frame = Frame::of(&visitor, "Your figures").await;
    Ok(show(&Page { frame, part }))
}

/// The figures as they are now.
async fn write(broker: &Broker, actor: &Actor) -> Result<String, Problem> {
    let now = broker.clock().now();
    let (all, is_cut) = counted(broker, actor).await?;
    let outstanding = || all.iter().filter(|one| one.is_outstanding);
    let part = Part {
        rows: PERIODS.map(|period| row(period, &all, now)).into(),
        outstanding: outstanding().count(),
        overdue: outstanding().filter(|one| one.deadline <= now).count(),
        counted: all.len(),
        is_cut,
        written: when::moment(now),
    };
    part.render().map_err(|error| Problem::ours(&error))
}

async fn counted(broker: &Broker, actor: &Actor) -> Result<(Vec<Counted>, bool), Problem> {
    let (policy, directory) = (broker.policy(), broker.directory());
    let count = |open: &OpenEnquiry, number: CheckNumber| {
        let enquiry = &open.enquiry;
        let counted = enquiry.check(number).map(|check| {
            let responder = check.responder.as_ref();
            let responder = responder.and_then(|id| directory.responders().get(id));
            let hours = responder.map_or_else(WorkingHours::office, |one| one.hours.clone());
            let first = match &check.state {
                CheckState::Answered { answers, .. } => answers.first(),
                _ => None,
            };
            let answered = first.map(|answer| {
                let worked = hours.between(check.opened_at, answer.at, &policy.calendar);
                (answer.at, answer.timeliness, worked)
            });
            Counted {
                deadline: enquiry.deadline.at(),
                answered,
                is_outstanding: check.state.is_outstanding(),
            }
        });
        (counted, 0)
    };
    let mut input = ListChecksInput {
        responders: None,
        states: Vec::new(),
        reference: None,
        position: Position::default(),
        size: limits::PAGE_SIZE_MAX,
    };
    let mut all = Vec::new();
    // A page may be short, even empty, and still continue.
    for _ in 0..COUNTED_MAX / limits::PAGE_SIZE_MAX {
        let (page, next) = broker.list_checks(&input, actor, count).await?;
        all.extend(page.into_iter().flatten());
        match next {
            Some(next) => input.position = next,
            None => return Ok((all, false)),
        }
    }
    Ok((all, true))
}

fn row((days, period): (i64, &'static str), all: &[Counted], now: Timestamp) -> Row {
    let since = now.saturating_sub(SignedDuration::from_hours(24 * days));
    let since = since.unwrap_or(Timestamp::MIN);
    let answered = all.iter().filter_map(|one| one.answered);
    let answered: Vec<_> = answered.filter(|(at, ..)| *at >= since).collect();
    let in_time = answered
        .iter()
        .filter(|(_, timeliness, _)| *timeliness == Timeliness::InTime)
        .count();
    let mut worked: Vec<SignedDuration> = answered.iter().map(|(.., worked)| *worked).collect();
    worked.sort_unstable();
    let median = worked.get(worked.len() / 2);
    Row {
        period,
        in_time,
        late: answered.len() - in_time,
        median: median.map_or_else(|| "–".into(), |median| when::span(*median)),
    }
}
