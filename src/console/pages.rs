//! Pages that every role has, and those that need nobody signed in.

use super::frame::{Frame, go, home, show};
use super::problem::Problem;
use super::visitor::Visitor;
use super::{Console, Door, door, when};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use std::time::Duration;
use usher_domain::actor::Role;
use usher_domain::personal::Handling;

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
    /// Whose: the role's name.
    section: &'static str,
    idle: String,
    absolute: String,
    meanings: &'static [(&'static str, &'static str)],
    handling: Vec<(&'static str, &'static str)>,
}

/// What the words of the pages mean, in the order of a check's life.
const MEANINGS: [(&str, &str); 14] = [
    (
        "Case",
        "One defendant’s case on a court’s list, with what it needs.",
    ),
    (
        "Needed check",
        "A check that the rules want of a case at its stage, and that nobody has asked for yet.",
    ),
    (
        "Enquiry",
        "What an officer asks about one defendant and the children or adults concerned.",
    ),
    (
        "Check",
        "The part of an enquiry that one borough’s service must answer. An enquiry about two boroughs has two.",
    ),
    (
        "Sent, not yet taken",
        "It waits in the borough’s queue. Nobody there has seen it.",
    ),
    ("Being looked up", "The borough’s own system looks it up."),
    (
        "Waiting for the desk",
        "The system could not settle it; people of the borough must look.",
    ),
    (
        "Desk is working on it",
        "A person there has taken it on, and has said by when they will answer.",
    ),
    (
        "Question for you",
        "The borough asks the officer something. Its clock stands still until the reply.",
    ),
    (
        "No borough found",
        "Nobody could be asked for the addresses given, or there is no agreement. The operators route it.",
    ),
    (
        "Answered, not read",
        "The answer is there. It stays in front of the officer until a named person has read it.",
    ),
    (
        "Not known to them",
        "They looked and found nobody. It does not mean that there is no risk.",
    ),
    (
        "Overdue",
        "The hearing, or the time to reply by, has passed and something is unanswered or unasked.",
    ),
    (
        "Alert",
        "Something that a named person must look at. It stays until somebody looks after it, and comes back if nothing moves.",
    ),
];

/// How a piece of an answer may be used, and what that asks of whoever reads it.
const fn handling(code: Handling) -> (&'static str, &'static str) {
    match code {
        Handling::MayCite => (
            "May be cited in the report",
            "It may stand in the report to the court, which the defendant reads.",
        ),
        Handling::ProbationOnly => (
            "For probation only",
            "Use it to assess and to plan. It must not stand in the report or be said in court.",
        ),
        Handling::NotToDefendant => (
            "Do not disclose to the defendant",
            "The defendant must not learn of it in any form: somebody could come to harm.",
        ),
        Handling::RingFirst => (
            "Ring the borough before you use it",
            "Speak to the borough before you use it in any way. The telephone stands beside the answer.",
        ),
    }
}

async fn help(State(console): State<Console>, visitor: Visitor) -> Result<Response, Problem> {
    let span = |length: Duration| when::span(length.try_into().unwrap_or_default());
    Ok(show(&Help {
        frame: Frame::of(&visitor, "Help").await,
        section: visitor.actor.role.name(),
        idle: span(console.settings.idle()),
        absolute: span(console.settings.absolute()),
        meanings: &MEANINGS,
        handling: Handling::ALL.iter().map(|one| handling(*one)).collect(),
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
