//! The live alerts of the visitor's courts that are addressed to them. No personal data.

use super::needs::whose;
use crate::broker::AlertEntry;
use crate::broker::input::{AlertFilter, ListAlertsInput};
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::page::{Asked, ROWS, Token};
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::when;
use crate::console::words::{self, Tag, record, tag};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::Role;
use usher_domain::alert::{Alert, AlertState};
use usher_domain::code::CourtCode;
use usher_domain::id::RecordId;
use usher_domain::ladder::Audience;
use usher_domain::time::Timestamp;

/// One alert.
struct Row {
    what: String,
    reference: String,
    path: String,
    about: String,
    court: String,
    deadline: String,
    standing: Tag,
    looked_after: String,
    /// Where to look after it; empty where somebody does.
    acknowledge: String,
}

#[derive(Template)]
#[template(path = "officer/alerts.html")]
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
    let now = console.broker.clock().now();
    let input = ListAlertsInput {
        filter: AlertFilter {
            audiences: audiences(visitor.actor.role),
            ..AlertFilter::default()
        },
        position: asked.token().position,
        size: ROWS,
    };
    let show_one = |entry: &AlertEntry| (row(&console, entry, now), 0);
    let listed = console.broker.list_alerts(&input, &visitor.actor, show_one);
    let (rows, next) = listed.await?;
    let link = |position| Token { part: 0, position }.link("/alerts");
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Alerts").await.wide(),
        rows: rows.into_iter().flatten().collect(),
        next: next.map_or_else(String::new, link),
    }))
}

/// Whose alerts a role is shown.
fn audiences(role: Role) -> Vec<Audience> {
    match role {
        Role::Manager => vec![Audience::Officer, Audience::OfficerManager],
        _ => vec![Audience::Officer],
    }
}

/// Nothing for what only operators are told.
fn row(console: &Console, entry: &AlertEntry, now: Timestamp) -> Option<Row> {
    match entry {
        AlertEntry::Raised { alert, stored } => {
            let enquiry = &stored.record;
            let check = enquiry.check(alert.check);
            let cards = console.broker.cards();
            let about = check.map(|check| whose(&cards, enquiry, check));
            let of = Of {
                id: enquiry.id.into(),
                path: format!("/enquiries/{}", enquiry.id),
                about: about.unwrap_or_default(),
                court: enquiry.deadline.court(),
                at: enquiry.deadline.at(),
            };
            Some(of.row(console, alert, now))
        }
        AlertEntry::Needed { alert, stored } => {
            let case = &stored.record;
            let needed = case.requirement(alert.check);
            let about = needed.map_or("", |needed| record::kind(needed.kind));
            let of = Of {
                id: case.id.into(),
                path: format!("/cases/{}", case.id),
                about: format!("Nobody has asked yet: {about}"),
                court: case.court(),
                at: case.hearing.at,
            };
            Some(of.row(console, alert, now))
        }
        AlertEntry::Damaged(_) => None,
    }
}

/// What an alert is about.
struct Of {
    id: RecordId,
    path: String,
    about: String,
    court: CourtCode,
    at: Timestamp,
}

impl Of {
    fn row(self, console: &Console, alert: &Alert, now: Timestamp) -> Row {
        let acknowledge = format!("/alerts/{}/{}/acknowledge", self.id, alert.number);
        let (standing, looked_after, acknowledge) = match &alert.state {
            AlertState::Acknowledged { by, expires, .. } => {
                let until = when::short(*expires, now);
                let after = format!("{}, until {until}", record::by(by));
                (tag("Looked after", "blue"), after, String::new())
            }
            _ => (tag("Open", "red"), String::new(), acknowledge),
        };
        Row {
            what: words::cause(&alert.cause),
            reference: self.id.reference().to_string(),
            path: self.path,
            about: self.about,
            court: console.broker.courts().name(self.court),
            deadline: when::short(self.at, now),
            standing,
            looked_after,
            acknowledge,
        }
    }
}
