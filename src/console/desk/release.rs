//! The borough gives a check back to its own queue.

use super::{act, frame, path, reference, there};
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::PeopleReason;
use usher_domain::id::CheckId;

/// For anybody, a program too.
const ANYBODY: &str = "anybody";

#[derive(Template)]
#[template(path = "desk/release.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    reasons: Vec<(&'static str, &'static str)>,
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
    let for_people = if form.has("reason", ANYBODY) {
        None
    } else {
        let missing = "Choose who is to look at it next, and why";
        form.choice("reason", PeopleReason::ALL, PeopleReason::name, missing)
    };
    if form.is_sound() {
        let release = Act::Release {
            check: check.number,
            lease: None,
            for_people,
            candidates: Vec::new(),
        };
        if act(&console, check, &visitor, &mut form, release)
            .await?
            .is_some()
        {
            visitor.tell("The check is back in your queue.").await?;
            return Ok(go("/desk"));
        }
    }
    written(check, &visitor, form).await
}

async fn written(check: CheckId, visitor: &Visitor, form: Form) -> Result<Response, Problem> {
    let mut people = PeopleReason::ALL.to_vec();
    people.sort_by_key(|reason| *reason == PeopleReason::Other);
    let people = people
        .into_iter()
        .map(|reason| (reason.name(), words::people_reason(reason)));
    let page = Page {
        frame: frame(visitor, "Give it back", &form).await,
        reference: reference(check.enquiry),
        back: path(check),
        reasons: [(ANYBODY, "Anybody may look at it, your systems too")]
            .into_iter()
            .chain(people)
            .collect(),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
