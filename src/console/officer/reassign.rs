//! Handing an enquiry, or a case with its enquiries, over to another practitioner.

use super::act::{act, path};
use crate::broker::case::input::{CaseAct, CaseInput};
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::{Named, Visitor};
use crate::console::words::record as words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::{Person, Unit};
use usher_domain::case::Holder;
use usher_domain::command::VerbName;
use usher_domain::id::{CaseId, EnquiryId};
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/reassign.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    held_by: String,
    is_case: bool,
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
    let holder = holder(&mut form);
    if form.is_sound() {
        let (reassign, done) = (Act::Reassign { holder }, "The enquiry is handed over.");
        if let Some(gone) = act(&console, &visitor, &mut form, id, reassign, done).await? {
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
    let held = open.enquiry.holder.as_ref();
    let shown = Page {
        frame: Frame::of(visitor, "Hand the enquiry over").await,
        reference: id.reference().to_string(),
        back: path(id),
        held_by: held.map_or_else(String::new, held_by),
        is_case: false,
        form,
    };
    Ok(refused(shown))
}

pub(super) async fn case_page(
    State(console): State<Console>,
    Named(id): Named<CaseId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    case_written(&console, id, &visitor, form).await
}

pub(super) async fn case_send(
    State(console): State<Console>,
    Named(id): Named<CaseId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let holder = holder(&mut form);
    if form.is_sound() {
        let input = CaseInput {
            case: id,
            request: form.request(VerbName::Reassign, &id.to_string()),
            person: Some(visitor.person()),
            act: CaseAct::Reassign { holder },
        };
        match console.broker.act_on_case(input, &visitor.actor).await {
            Ok(_) => {
                visitor
                    .tell("The case is handed over, with its open enquiries.")
                    .await?;
                return Ok(go(&format!("/cases/{id}")));
            }
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    case_written(&console, id, &visitor, form).await
}

async fn case_written(
    console: &Console,
    id: CaseId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get_case(id, &visitor.actor).await?;
    let shown = Page {
        frame: Frame::of(visitor, "Hand the case over").await,
        reference: id.reference().to_string(),
        back: format!("/cases/{id}"),
        held_by: held_by(&open.case.holder),
        is_case: true,
        form,
    };
    Ok(refused(shown))
}

fn refused(mut page: Page) -> Response {
    let is_refused = !page.form.is_sound();
    page.frame = page.frame.refused(is_refused);
    show_form(&page, is_refused)
}

/// To whom, as the form says.
fn holder(form: &mut Form) -> Holder {
    let line = limits::LINE_CHARS_MAX;
    let person = Person {
        name: form.text("name", line, Some("Enter who takes it over")),
        post: form.text("post", line, None),
        contact: form.text("contact", line, None),
    };
    Holder {
        person: Some(person),
        unit: Unit {
            region: String::new(),
            office: form.text("office", line, None),
            team: form.text("team", line, None),
            mailbox: form.text("mailbox", line, None),
        },
    }
}

/// Who holds it: the person, or else the unit.
pub(super) fn held_by(holder: &Holder) -> String {
    let unit = [&holder.unit.team, &holder.unit.office];
    let unit: Vec<&str> = unit
        .into_iter()
        .map(String::as_str)
        .filter(|part| !part.is_empty())
        .collect();
    match &holder.person {
        Some(person) => words::person(person),
        None => unit.join(", "),
    }
}
