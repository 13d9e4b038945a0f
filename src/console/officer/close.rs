//! Ending a check without an answer, with a reason.

use super::act::{act, check, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::words::{self, Tag, record};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::CloseReason;
use usher_domain::id::CheckId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/close.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    whose: String,
    state: Tag,
    reasons: Vec<(&'static str, &'static str)>,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let missing = "Choose why it is closed";
    let reason = form.choice("reason", CloseReason::ALL, CloseReason::name, missing);
    let needed = (reason == Some(CloseReason::Other)).then_some("Say what the reason is");
    let note = form.text("note", limits::NOTE_CHARS_MAX, needed);
    if let (Some(reason), true) = (reason, form.is_sound()) {
        let close = Act::Close {
            check: id.number,
            reason,
            note,
        };
        let done = "The check is closed.";
        if let Some(gone) = act(&console, &visitor, &mut form, id.enquiry, close, done).await? {
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
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    let check = check(&open, id)?;
    let is_refused = !form.is_sound();
    let page = Page {
        frame: Frame::of(visitor, "Close this check")
            .await
            .refused(is_refused),
        reference: id.enquiry.reference().to_string(),
        back: path(id.enquiry),
        whose: whose(&open.responders, &open.enquiry, check),
        state: words::check_state(check),
        reasons: record::options(CloseReason::ALL, CloseReason::name, record::close_reason),
        form,
    };
    Ok(show_form(&page, is_refused))
}
