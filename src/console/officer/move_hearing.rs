//! Moving the hearing, or the moment to reply by.

use super::act::{act, deadline, filled, path};
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::hearing::Deadline;
use usher_domain::id::EnquiryId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/move_hearing.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    is_hearing: bool,
    now_at: String,
    court: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let open = console.broker.get(id, &visitor.actor).await?;
    let values = filled("to", open.enquiry.deadline.at());
    let values: Vec<_> = values
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let form = Form::begin(&visitor, &visitor.path, &values).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(id, &visitor.actor).await?;
    let to = deadline(&mut form, "to", &open.enquiry.deadline);
    let reason = form.text("reason", limits::NOTE_CHARS_MAX, Some("Say why it moves"));
    if let (Some(deadline), true) = (to, form.is_sound()) {
        let moved = Act::MoveHearing { deadline, reason };
        let done = "The hearing has moved, and every reminder with it.";
        if let Some(gone) = act(&console, &visitor, &mut form, id, moved, done).await? {
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
    let deadline = &open.enquiry.deadline;
    let is_hearing = matches!(deadline, Deadline::Hearing(_));
    let is_refused = !form.is_sound();
    let title = if is_hearing {
        "Move the hearing"
    } else {
        "Move the day to reply by"
    };
    let page = Page {
        frame: Frame::of(visitor, title).await.refused(is_refused),
        reference: id.reference().to_string(),
        back: path(id),
        is_hearing,
        now_at: when::moment(deadline.at()),
        court: console.broker.courts().name(deadline.court()),
        form,
    };
    Ok(show_form(&page, is_refused))
}
