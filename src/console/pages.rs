//! Pages that every role has, and those that need nobody signed in.

use super::frame::{Frame, go, home, show};
use super::problem::Problem;
use super::visitor::Visitor;
use super::{Console, Door, door};
use askama::Template;
use axum::Router;
use axum::response::Response;
use axum::routing::get;
use usher_domain::actor::Role;

/// Everybody who signs in.
pub(super) const EVERYBODY: &[Role] = &[
    Role::Officer,
    Role::Manager,
    Role::Adapter,
    Role::Operator,
    Role::Inspector,
];

/// Behind sign-in.
pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/", EVERYBODY, get(first)),
        door("/help", EVERYBODY, get(help)),
    ]
}

/// In front of it.
pub(super) fn open() -> Router<Console> {
    Router::new().route("/accessibility", get(accessibility))
}

async fn first(visitor: Visitor) -> Response {
    go(home(visitor.actor.role))
}

#[derive(Template)]
#[template(path = "help.html")]
struct Help {
    frame: Frame,
    role: Role,
}

async fn help(visitor: Visitor) -> Result<Response, Problem> {
    Ok(show(&Help {
        frame: Frame::of(&visitor, "Help").await,
        role: visitor.actor.role,
    }))
}

#[derive(Template)]
#[template(path = "accessibility.html")]
struct Accessibility {
    frame: Frame,
}

async fn accessibility() -> Response {
    show(&Accessibility {
        frame: Frame::bare("Accessibility statement"),
    })
}
