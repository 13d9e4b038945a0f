//! Taking an enquiry back.

use super::act::{act, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::id::EnquiryId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/withdraw.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    outstanding: Vec<String>,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let note = form.text(
        "note",
        limits::NOTE_CHARS_MAX,
        Some("Say why you take it back"),
    );
    if form.is_sound() {
        let (withdraw, done) = (Act::Withdraw { note }, "The enquiry has been taken back.");
        if let Some(gone) = act(&console, &visitor, &mut form, id, withdraw, done).await? {
            return Ok(gone);
        }
    }
    written(&console, id, &visitor, form).await
}

async fn written(
    console: &Console,
    id: EnquiryId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(id, &visitor.actor).await?;
    let enquiry = &open.enquiry;
    let is_refused = !form.is_sound();
    let outstanding = enquiry
        .outstanding()
        .map(|check| whose(&open.responders, enquiry, check));
    let page = Page {
        frame: Frame::of(visitor, "Take the enquiry back")
            .await
            .refused(is_refused),
        reference: id.reference().to_string(),
        back: path(id),
        outstanding: outstanding.collect(),
        form,
    };
    Ok(show_form(&page, is_refused))
}
