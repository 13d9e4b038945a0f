//! The alerts that are addressed to a borough: no personal data.

use super::{BOROUGH, path};
use crate::broker::AlertEntry;
use crate::broker::input::{AlertFilter, ListAlertsInput, Position};
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::alert::AlertState;
use usher_domain::limits;
use usher_domain::time::Timestamp;

struct Row {
    what: String,
    reference: String,
    path: String,
    deadline: String,
    late: String,
    standing: Tag,
    looked_after: String,
    acknowledge: String,
}

#[derive(Template)]
#[template(path = "desk/alerts.html")]
struct Page {
    frame: Frame,
    rows: Vec<Row>,
    is_cut: bool,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let now = console.broker.clock().now();
    let input = ListAlertsInput {
        filter: AlertFilter {
            audiences: BOROUGH.to_vec(),
            ..AlertFilter::default()
        },
        position: Position::default(),
        size: limits::PAGE_SIZE_DEFAULT,
    };
    let shown = |entry: &AlertEntry| (row(entry, now), 0);
    let (rows, next) = console
        .broker
        .list_alerts(&input, &visitor.actor, shown)
        .await?;
    let mut rows: Vec<Row> = rows.into_iter().flatten().collect();
    // What nobody looks after comes first, each part in the order of its deadlines.
    rows.sort_by_key(|row| !row.looked_after.is_empty());
    let page = Page {
        frame: Frame::of(&visitor, "Alerts").await.wide(),
        rows,
        is_cut: next.is_some(),
    };
    Ok(show(&page))
}

fn row(entry: &AlertEntry, now: Timestamp) -> Option<Row> {
    let AlertEntry::Raised { alert, stored } = entry else {
        return None;
    };
    let enquiry = &stored.record;
    let (standing, looked_after) = match &alert.state {
        AlertState::Acknowledged { by, expires, .. } => {
            let person = by.person.as_ref();
            let name = person.map_or("somebody", |person| person.name.as_str());
            let until = when::short(*expires, now);
            (
                tag("Looked after", "blue"),
                format!("{name}, until {until}"),
            )
        }
        AlertState::Open { .. } => (tag("Open", "red"), String::new()),
        AlertState::Resolved { .. } => return None,
    };
    Some(Row {
        what: words::cause(&alert.cause),
        reference: enquiry.id.reference().to_string(),
        path: path(enquiry.check_id(alert.check)),
        deadline: when::short(enquiry.deadline.at(), now),
        late: when::from_now(alert.due_at, now),
        standing,
        looked_after,
        acknowledge: format!("/alerts/{}/{}/acknowledge", enquiry.id, alert.number),
    })
}
