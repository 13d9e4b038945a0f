//! Reports: what was needed, asked and answered in a period, with charts, and as a sheet.

use super::periods::Periods;
use super::{asked, drawn};
use crate::broker::{Broker, ReportInput, ReportView};
use crate::console::figures::{Column, Figures, figure};
use crate::console::form::Form;
use crate::console::frame::{Frame, show, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::{Console, when, words};
use askama::Template;
use axum::extract::{Path, RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use std::sync::Arc;
use usher_domain::actor::Actor;
use usher_domain::report::{Grouping, OTHERS, Question, ReportKind};
use usher_domain::time::to_london;

#[derive(Template)]
#[template(path = "manager/reports.html")]
struct Reports {
    frame: Frame,
    /// Path, name and what it tells.
    reports: Vec<(String, &'static str, &'static str)>,
}

pub(super) async fn all(visitor: Visitor) -> Response {
    let report = |kind: &ReportKind| {
        let (name, about) = (words::report(*kind), words::report_about(*kind));
        (path(*kind), name, about)
    };
    show(&Reports {
        frame: Frame::of(&visitor, "Reports").await,
        reports: ReportKind::ALL.iter().map(report).collect(),
    })
}

#[derive(Template)]
#[template(path = "manager/report.html")]
struct Page {
    frame: Frame,
    form: Form,
    path: String,
    about: &'static str,
    groupings: Vec<(&'static str, String)>,
    /// The report, where it could be counted.
    part: Arc<str>,
}

/// What was counted.
#[derive(Template)]
#[template(path = "manager/report_part.html")]
struct Counted {
    path: String,
    for_publication: bool,
    heading: String,
    /// What the lines are.
    lines_are: String,
    day: &'static str,
    columns: Vec<Column>,
    lines: Vec<Line>,
    chart: String,
    trend: Option<Trend>,
    left_out: usize,
    csv: String,
    at: String,
}

/// How the figures went.
struct Trend {
    unit: &'static str,
    heading: String,
    columns: Vec<Column>,
    lines: Vec<Line>,
    chart: String,
}

/// A line of a table.
struct Line {
    label: String,
    /// What it is made of; empty where there is no page of it.
    link: String,
    cells: Vec<String>,
    is_total: bool,
}

pub(super) async fn page(
    State(console): State<Console>,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let kind = self::kind(&kind)?;
    let today = to_london(console.broker.clock().now()).date();
    let mut form = asked::form(query.as_deref(), today);
    let mut part = Arc::default();
    if let Some(input) = asked::read(&mut form, kind) {
        if form.has("format", "csv") {
            let view = console.broker.report(&input, &visitor.actor).await?;
            let figures = drawn::figures(&input.question, input.for_publication, &view);
            return sheet(&input, &figures);
        }
        let (broker, actor) = (Arc::clone(&console.broker), visitor.actor.clone());
        // The person is no part of what is seen.
        let key = format!("report {input:?} {:?} {:?}", actor.role, actor.courts);
        let asked = form.clone();
        let counting = move || async move { write(&broker, &actor, &input, &asked).await };
        part = console.recent.part(key, counting).await?;
    }
    let is_refused = !form.is_sound();
    let grouping = |by: &Grouping| (by.name(), words::capital(words::grouping(*by)));
    let page = Page {
        frame: Frame::of(&visitor, words::report(kind))
            .await
            .wide()
            .refused(is_refused),
        form,
        path: path(kind),
        about: words::report_about(kind),
        groupings: Grouping::ALL.iter().map(grouping).collect(),
        part,
    };
    Ok(show_form(&page, is_refused))
}

/// The report as it counts now in front of `actor`, who asked for it by `form`.
async fn write(
    broker: &Broker,
    actor: &Actor,
    input: &ReportInput,
    form: &Form,
) -> Result<String, Problem> {
    let question = &input.question;
    let mut periods = Periods::of(question.from, question.to);
    if input.for_publication {
        // What one table hides, another about the same must not tell.
        periods.parts.clear();
    }
    let counting = broker.report_over(input, &periods.parts, actor);
    let (view, totals) = counting.await?;
    let figures = drawn::figures(question, input.for_publication, &view);
    let trend = drawn::trend(question, &periods, &totals, &view);
    let trend = (!totals.is_empty()).then(|| Trend::of(periods.unit, trend));
    let counted = Counted::of(input, &view, figures, trend, form);
    counted.render().map_err(|error| Problem::ours(&error))
}

/// The kind that an address names.
pub(super) fn kind(name: &str) -> Result<ReportKind, Problem> {
    ReportKind::parse(&name.replace('-', "_")).ok_or(Problem::NotFound)
}

pub(super) fn path(kind: ReportKind) -> String {
    format!("/reports/{}", kind.name().replace('_', "-"))
}

/// The file that spreadsheets open.
fn sheet(input: &ReportInput, figures: &Figures) -> Result<Response, Problem> {
    let text = figures.csv().map_err(|error| Problem::ours(&error))?;
    let question = &input.question;
    let (kind, by) = (question.kind.name(), question.by.name());
    let name = format!("{kind}-by-{by}-{}-{}.csv", question.from, question.to);
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, text).into_response())
}

impl Counted {
    fn of(
        input: &ReportInput,
        view: &ReportView,
        figures: Figures,
        trend: Option<Trend>,
        form: &Form,
    ) -> Self {
        let Question { kind, by, .. } = input.question;
        let link = |key: &str| {
            if input.for_publication || key == OTHERS {
                String::new()
            } else {
                super::line::path(kind, form, key)
            }
        };
        Self {
            lines_are: words::capital(words::grouping(by)),
            day: kind.day(),
            lines: lines(&figures, link),
            chart: chart(&figures),
            trend,
            left_out: view.left_out,
            csv: asked::query(form, &[("format", "csv")]),
            path: path(kind),
            for_publication: input.for_publication,
            at: when::moment(view.now),
            heading: figures.heading,
            columns: figures.columns,
        }
    }
}

impl Trend {
    fn of(unit: &'static str, figures: Figures) -> Self {
        Self {
            unit,
            lines: lines(&figures, |_| String::new()),
            chart: chart(&figures),
            heading: figures.heading,
            columns: figures.columns,
        }
    }
}

/// No chart of nothing.
fn chart(figures: &Figures) -> String {
    if figures.lines.is_empty() {
        return String::new();
    }
    figures.svg()
}

fn lines(figures: &Figures, link: impl Fn(&str) -> String) -> Vec<Line> {
    let line = |(place, line): (usize, &crate::console::figures::Line)| {
        let is_total = place == figures.lines.len();
        Line {
            label: line.label.clone(),
            link: if is_total {
                String::new()
            } else {
                link(&line.key)
            },
            cells: line.cells.iter().map(|cell| figure(*cell)).collect(),
            is_total,
        }
    };
    figures.all().enumerate().map(line).collect()
}
