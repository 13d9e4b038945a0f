//! Finding a check of the borough by its reference, also one that is answered or closed. What is looked for is never in an address.

use super::queue::{DESK_ROWS_MAX, Row, rows};
use crate::broker::input::{ListChecksInput, Position};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::typed::reference;
use crate::console::visitor::Visitor;
use askama::Template;
use axum::extract::State;
use axum::response::Response;

#[derive(Template)]
#[template(path = "desk/search.html")]
struct Page {
    frame: Frame,
    form: Form,
    /// Nothing before the first search.
    found: Option<Vec<Row>>,
}

pub(super) async fn page(visitor: Visitor) -> Response {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&visitor, form, None).await
}

pub(super) async fn send(
    State(console): State<Console>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let Some(reference) = reference(&mut form, "reference") else {
        return Ok(written(&visitor, form, None).await);
    };
    let input = ListChecksInput {
        responders: None,
        states: Vec::new(),
        reference: Some(reference),
        position: Position::default(),
        size: DESK_ROWS_MAX,
    };
    let (found, _) = rows(&console.broker, &visitor.actor, &input).await?;
    Ok(written(&visitor, form, Some(found)).await)
}

async fn written(visitor: &Visitor, form: Form, found: Option<Vec<Row>>) -> Response {
    let is_refused = !form.is_sound();
    let frame = Frame::of(visitor, "Find a check").await;
    let page = Page {
        frame: frame.refused(is_refused).wide(),
        form,
        found,
    };
    show_form(&page, is_refused)
}
