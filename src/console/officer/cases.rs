//! Cases on the lists of the visitor's courts: those that still need a check first, the soonest first.

use super::enquiry::Line;
use super::reassign::held_by;
use super::spoken;
use crate::broker::Viewed;
use crate::broker::case::OpenCase;
use crate::broker::case::input::ListCasesInput;
use crate::broker::input::Filter;
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::page::{Asked, ROWS, Token};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{Tag, record};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::case::Requirement;
use usher_domain::id::RecordId;
use usher_domain::index::RecordKind;
use usher_domain::time::Timestamp;

/// One case.
struct Row {
    id: RecordId,
    path: String,
    title: String,
    reference: String,
    hearing: String,
    court: String,
    held_by: String,
    needs: Vec<(String, Tag)>,
}

#[derive(Template)]
#[template(path = "officer/cases.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    next: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let (broker, actor) = (&console.broker, &visitor.actor);
    let now = broker.clock().now();
    let input = ListCasesInput {
        filter: Filter::every(RecordKind::Case),
        reference: None,
        position: asked.token().position,
        size: ROWS,
    };
    let show_one = |open: &OpenCase| (row(&console, open, now), 0);
    let (rows, next) = broker.list_cases(&input, actor, show_one).await?;
    let shown: Vec<_> = rows.iter().map(|row| Viewed::Record(row.id)).collect();
    broker.view_all(&shown, actor).await?;
    let link = |position| Token { part: 0, position }.link("/cases");
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Cases").await.wide(),
        rows,
        next: next.map_or_else(String::new, link),
    }))
}

fn row(console: &Console, open: &OpenCase, now: Timestamp) -> Row {
    let case = &open.case;
    Row {
        id: case.id.into(),
        path: format!("/cases/{}", case.id),
        title: title(open),
        reference: case.id.reference().to_string(),
        hearing: when::short(case.hearing.at, now),
        court: console.broker.courts().name(case.court()),
        held_by: held_by(&case.holder),
        needs: case.requirements.iter().map(need).collect(),
    }
}

/// The defendant's name, or the court's own name for the case.
pub(super) fn title(open: &OpenCase) -> String {
    let subject = open
        .personal
        .as_ref()
        .map(|personal| &personal.subject.name);
    let name = subject.map_or_else(String::new, spoken);
    if name.is_empty() {
        open.name.clone()
    } else {
        name
    }
}

/// What is to be asked, and where that stands.
pub(super) fn need(requirement: &Requirement) -> (String, Tag) {
    let kind = record::kind(requirement.kind);
    let purpose = record::purpose(requirement.purpose).to_lowercase();
    let state = record::requirement_state(&requirement.state, requirement.overdue_at.is_some());
    (format!("{kind}, {purpose}"), state)
}

/// The rows of a case's summary that are not about people.
pub(super) fn summary(console: &Console, open: &OpenCase) -> Vec<Line> {
    use super::enquiry::line;
    let case = &open.case;
    let off = case.off_list.as_ref().map(|off| {
        let by = record::by(&off.by);
        format!("Taken off by {by}, {}", when::moment(off.at))
    });
    let reasons = open.reasons.iter().zip(&case.moves).rev();
    let moves = reasons.map(|(reason, moved)| {
        let by = record::by(&moved.by);
        let from = when::moment(moved.from.at());
        format!("moved from {from} by {by}. {reason}")
    });
    let report = case.report.map_or("", record::report);
    let stage = case
        .stage()
        .map_or("", |stage| record::purpose(stage.purpose));
    let custody = if case.in_custody { "In custody" } else { "" };
    let indicators = case
        .indicators
        .iter()
        .map(|one| record::indicator(*one).into());
    let hearing = [
        when::civil(case.hearing.local),
        console.broker.courts().name(case.court()),
    ];
    let mut lines = vec![
        line(
            "On the court’s list as",
            [open.name.clone()].into_iter().chain(off).collect(),
        ),
        line("Hearing", hearing.into_iter().chain(moves).collect()),
        line("Stage", vec![stage.into(), report.into(), custody.into()]),
        line("Held by", vec![held_by(&case.holder)]),
        line("What makes checks needed", indicators.collect()),
    ];
    lines.retain(|line| !line.values.is_empty());
    lines
}
