//! Answering what a borough asks.

use super::act::{act, check, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::broker::opened::TextPlace;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::CheckState;
use usher_domain::id::CheckId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/supply.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    whose: String,
    question: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    if !matches!(check(&open, id)?.state, CheckState::Asked { .. }) {
        return Ok(go(&format!("{}#check-{}", path(id.enquiry), id.number)));
    }
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let missing = Some("Write your answer");
    let reply = form.text("reply", limits::NOTE_CHARS_MAX, missing);
    if form.is_sound() {
        let supply = Act::Supply {
            check: id.number,
            reply,
        };
        let done = "Your answer has gone to the borough.";
        if let Some(gone) = act(&console, &visitor, &mut form, id.enquiry, supply, done).await? {
            return Ok(gone);
        }
    }
    written(&console, id, &visitor, form).await
}

async fn written(
    console: &Console,
    id: CheckId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    // What the borough asks may tell of people.
    let open = console.broker.view(id.enquiry, &visitor.actor).await?;
    let check = check(&open, id)?;
    let last = check.exchanges.len().saturating_sub(1);
    let place = TextPlace::Question {
        check: id.number,
        exchange: last,
    };
    let is_refused = !form.is_sound();
    let frame = Frame::of(visitor, "Answer the borough’s question").await;
    let page = Page {
        frame: frame.refused(is_refused),
        reference: id.enquiry.reference().to_string(),
        back: path(id.enquiry),
        whose: whose(&open.responders, &open.enquiry, check),
        question: open.text(place).into(),
        form,
    };
    Ok(show_form(&page, is_refused))
}
