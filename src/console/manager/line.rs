//! What counts in one line of a report: references of enquiries and cases, and no names.

use super::{asked, outstanding, reports};
use crate::broker::input::{Place, Position};
use crate::broker::{Broker, LineEntry, LineInput};
use crate::console::form::Form;
use crate::console::frame::{Frame, show};
use crate::console::page::{Asked, NAME, ROWS, Token};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::{Console, when, words};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use std::sync::Arc;
use usher_domain::actor::{Actor, Role};
use usher_domain::index::RecordKind;
use usher_domain::report::{Question, ReportKind};
use usher_domain::time::to_london;

/// The field that carries the line's key.
const KEY: &str = "key";

#[derive(Template)]
#[template(path = "manager/line.html")]
struct Page {
    frame: Frame,
    back: String,
    part: Arc<str>,
}

#[derive(Template)]
#[template(path = "manager/line_part.html")]
struct Line {
    heading: String,
    day: &'static str,
    rows: Vec<Row>,
    next: String,
    /// The page of what is open in this line now; empty for whom it is not.
    open: String,
    at: String,
}

/// One enquiry or case.
struct Row {
    path: String,
    reference: String,
    what: &'static str,
    court: String,
    at: String,
}

/// The path of what counts in the line `key` of the report that `form` asks for.
pub(super) fn path(kind: ReportKind, form: &Form, key: &str) -> String {
    let query = asked::query(form, &[(KEY, key)]);
    format!("{}/line?{query}", reports::path(kind))
}

pub(super) async fn page(
    State(console): State<Console>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
    asked: Asked,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let kind = reports::kind(&kind)?;
    let today = to_london(console.broker.clock().now()).date();
    let mut form = asked::form(query.as_deref(), today);
    let report = asked::read(&mut form, kind).ok_or(Problem::NotFound)?;
    if report.for_publication {
        // Whoever counts the references has the number that is hidden.
        return Err(Problem::NotFound);
    }
    let after = match asked.token().position.after {
        Some(Place::Open { deadline, id }) => Some((deadline, id)),
        _ => None,
    };
    let input = LineInput {
        report,
        key: asked.value(KEY).to_owned(),
        after,
        size: ROWS,
    };
    let back = format!("{}?{}", reports::path(kind), asked::query(&form, &[]));
    let (broker, actor) = (Arc::clone(&console.broker), visitor.actor.clone());
    // The person is no part of what is seen.
    let key = format!("line {input:?} {:?} {:?}", actor.role, actor.courts);
    let counting = move || async move { write(&broker, &actor, &input, &form).await };
    let part = console.recent.part(key, counting).await?;
    let title = format!("{}: what was counted", words::report(kind));
    Ok(show(&Page {
        frame: Frame::of(&visitor, title).await.wide(),
        back,
        part,
    }))
}

/// The page of the line as it counts now in front of `actor`.
async fn write(
    broker: &Broker,
    actor: &Actor,
    input: &LineInput,
    form: &Form,
) -> Result<String, Problem> {
    let Question { kind, from, to, by } = input.report.question;
    let (entries, has_more) = broker.line(input, actor).await?;
    let last = entries.last().filter(|_| has_more);
    let next = last.map(|last| {
        let place = Place::Open {
            deadline: last.at,
            id: last.id,
        };
        let position = Position {
            after: Some(place),
            ..Position::default()
        };
        let token = Token { part: 0, position }.write();
        let query = asked::query(form, &[(KEY, &input.key), (NAME, &token)]);
        format!("{}/line?{query}", reports::path(kind))
    });
    let open = if actor.role == Role::Manager {
        outstanding::path(by, &input.key)
    } else {
        String::new()
    };
    let line = Line {
        heading: format!(
            "{} {}, {}",
            words::capital(words::grouping(by)),
            broker.label(by, &input.key),
            when::days(from, to)
        ),
        day: kind.day(),
        rows: entries.iter().map(|one| row(broker, one)).collect(),
        next: next.unwrap_or_default(),
        open,
        at: when::moment(broker.clock().now()),
    };
    line.render().map_err(|error| Problem::ours(&error))
}

fn row(broker: &Broker, entry: &LineEntry) -> Row {
    let (what, folder) = match entry.kind {
        RecordKind::Enquiry => ("Enquiry", "enquiries"),
        RecordKind::Case => ("Case", "cases"),
    };
    Row {
        path: format!("/{folder}/{}", entry.id),
        reference: entry.id.reference().to_string(),
        what,
        court: broker.courts().name(entry.court),
        at: when::moment(entry.at),
    }
}
