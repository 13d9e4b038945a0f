//! Marking an answer as read: the version that the officer saw, and no newer one. Whoever reads a late one says what it would have changed.

use super::act::{act, check, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::page::Asked;
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::words::record as words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::{Check, Enquiry, LateEffect, Timeliness};
use usher_domain::id::CheckId;

#[derive(Template)]
#[template(path = "officer/receive.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    whose: String,
    is_late: bool,
    effects: Vec<(&'static str, &'static str)>,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    let version = version(check(&open, id)?).to_string();
    // Nobody has read what came after the page that the link was on.
    if asked.value("version") != version {
        return Ok(go(&format!("{}#check-{}", path(id.enquiry), id.number)));
    }
    let form = Form::begin(&visitor, &visitor.path, &[("version", &version)]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    let is_late = is_late(&open.enquiry, check(&open, id)?);
    let effects: Vec<LateEffect> = form
        .values("effect")
        .filter_map(LateEffect::parse)
        .collect();
    if is_late && effects.is_empty() {
        form.fail(
            "effect",
            "Choose what the answer would have changed, or nothing",
        );
    }
    if effects.len() > 1 && effects.contains(&LateEffect::Nothing) {
        form.fail(
            "effect",
            "Choose nothing, or what it would have changed, not both",
        );
    }
    if form.is_sound() {
        let receive = Act::Receive {
            check: id.number,
            version: form.value("version").parse().unwrap_or_default(),
            effects,
        };
        let done = "The answer is marked as read.";
        if let Some(gone) = act(&console, &visitor, &mut form, id.enquiry, receive, done).await? {
            return Ok(gone);
        }
    }
    written(&console, id, &visitor, form).await
}

/// The newest version of its answer.
fn version(check: &Check) -> usize {
    check.state.answers().len()
}

/// Whether the rule asks what the answer would have changed.
fn is_late(enquiry: &Enquiry, check: &Check) -> bool {
    let late =
        |answer: &usher_domain::enquiry::Answer| answer.timeliness == Timeliness::AfterHearing;
    enquiry.purpose.is_stage() && check.answer().is_some_and(late)
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
        frame: Frame::of(visitor, "Mark the answer as read")
            .await
            .refused(is_refused),
        reference: id.enquiry.reference().to_string(),
        back: path(id.enquiry),
        whose: whose(&open.responders, &open.enquiry, check),
        is_late: is_late(&open.enquiry, check),
        effects: words::options(LateEffect::ALL, LateEffect::name, words::late_effect),
        form,
    };
    Ok(show_form(&page, is_refused))
}
