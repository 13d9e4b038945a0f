//! The borough asks the officer for more.

use super::{act, frame, path, reference, there};
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::id::CheckId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "desk/ask.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    there(&console, check, &visitor).await?;
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(check, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let missing = Some("Write what you need to know");
    let question = form.text("question", limits::NOTE_CHARS_MAX, missing);
    if form.is_sound() {
        let ask = Act::Ask {
            check: check.number,
            lease: None,
            question,
        };
        if act(&console, check, &visitor, &mut form, ask)
            .await?
            .is_some()
        {
            visitor.tell("The officer has been asked.").await?;
            return Ok(go(&path(check)));
        }
    }
    written(check, &visitor, form).await
}

async fn written(check: CheckId, visitor: &Visitor, form: Form) -> Result<Response, Problem> {
    let page = Page {
        frame: frame(visitor, "Ask the officer", &form).await,
        reference: reference(check.enquiry),
        back: path(check),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
