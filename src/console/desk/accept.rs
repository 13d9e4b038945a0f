//! A named person of the borough takes a check on, and may promise when the answer comes.

use super::{act, frame, path, reference, there};
use crate::broker::input::Act;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::{Console, typed};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::id::CheckId;
use usher_domain::time::{Timestamp, from_london};

#[derive(Template)]
#[template(path = "desk/accept.html")]
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
    let now = console.broker.clock().now();
    let expected_by = promised(&mut form, now);
    if form.is_sound() {
        let accept = Act::Accept {
            check: check.number,
            lease: None,
            expected_by,
        };
        if act(&console, check, &visitor, &mut form, accept)
            .await?
            .is_some()
        {
            visitor.tell("You have taken this check on.").await?;
            return Ok(go(&path(check)));
        }
    }
    written(check, &visitor, form).await
}

/// When the answer is promised; nothing where neither day nor time is typed.
fn promised(form: &mut Form, now: Timestamp) -> Option<Timestamp> {
    let date = typed::date(form, "by");
    let time = match form.value("time") {
        "" => None,
        _ => typed::time(form, "time"),
    };
    if !form.is_sound() || (date.is_none() && time.is_none()) {
        return None;
    }
    let (Some(date), Some(time)) = (date, time) else {
        let field = if date.is_none() { "by-day" } else { "time" };
        form.fail(field, "Enter both a day and a time, or neither");
        return None;
    };
    match from_london(date.to_datetime(time)) {
        Ok(at) if at > now => Some(at),
        Ok(_) => {
            form.fail("by-day", "Promise a time that is still to come");
            None
        }
        Err(_) => {
            form.fail("time", "The clocks go forward then: choose another time");
            None
        }
    }
}

async fn written(check: CheckId, visitor: &Visitor, form: Form) -> Result<Response, Problem> {
    let page = Page {
        frame: frame(visitor, "Take this check on", &form).await,
        reference: reference(check.enquiry),
        back: path(check),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
