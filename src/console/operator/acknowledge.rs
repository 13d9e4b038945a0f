//! A named person looks after an alert, until that expires.

use crate::broker::input::AcknowledgeInput;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, home, show_form};
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::command::VerbName;
use usher_domain::id::AlertId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "operator/acknowledge.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: &'static str,
}

pub(super) async fn page(
    Named(alert): Named<AlertId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(alert, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(alert): Named<AlertId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let note = form.text("note", limits::NOTE_CHARS_MAX, None);
    if form.is_sound() {
        let input = AcknowledgeInput {
            alert,
            request: form.request(VerbName::Acknowledge, &alert.to_string()),
            person: Some(visitor.person()),
            note,
        };
        match console.broker.acknowledge(input, &visitor.actor).await {
            Ok(_) => {
                visitor.tell("You are looking after this alert.").await?;
                return Ok(go(home(visitor.actor.role)));
            }
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    written(alert, &visitor, form).await
}

async fn written(alert: AlertId, visitor: &Visitor, form: Form) -> Result<Response, Problem> {
    let is_refused = !form.is_sound();
    let page = Page {
        frame: Frame::of(visitor, "Look after this alert")
            .await
            .refused(is_refused),
        reference: alert.record.reference().to_string(),
        back: home(visitor.actor.role),
        form,
    };
    Ok(show_form(&page, is_refused))
}
