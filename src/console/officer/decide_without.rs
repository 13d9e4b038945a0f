//! What was decided at court while checks are outstanding. It ends none of them.

use super::act::{act, deadline, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::typed::has_date;
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::Person;
use usher_domain::command::WithoutAnswer;
use usher_domain::enquiry::Curfew;
use usher_domain::event::DecisionName;
use usher_domain::id::EnquiryId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/decide_without.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    outstanding: Vec<String>,
    choices: Vec<(&'static str, &'static str)>,
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
    let open = console.broker.get(id, &visitor.actor).await?;
    let missing = "Choose what was decided";
    let chosen = form.choice("decision", DecisionName::ALL, DecisionName::name, missing);
    let decision = chosen.map(|chosen| decision(&mut form, chosen, &open));
    let note = form.text("note", limits::NOTE_CHARS_MAX, None);
    if let (Some(decision), true) = (decision, form.is_sound()) {
        let decided = Act::DecideWithout { decision, note };
        let done = "What was decided is recorded. The answer is still wanted.";
        if let Some(gone) = act(&console, &visitor, &mut form, id, decided, done).await? {
            return Ok(gone);
        }
    }
    written(&console, id, &visitor, form).await
}

/// What was chosen, with the fields that go with it.
fn decision(form: &mut Form, chosen: DecisionName, open: &OpenEnquiry) -> WithoutAnswer {
    match chosen {
        DecisionName::SeekAdjournment => {
            let is_given = has_date(form, "to") || !form.value("to-time").is_empty();
            if is_given && form.value("note").is_empty() {
                form.fail("note", "Say why the hearing moves");
            }
            let to = is_given.then(|| deadline(form, "to", &open.enquiry.deadline));
            WithoutAnswer::SeekAdjournment { to: to.flatten() }
        }
        DecisionName::ProceedWithout => {
            let line = limits::LINE_CHARS_MAX;
            let authorised_by = Person {
                name: form.text("name", line, Some("Enter who authorised going on without")),
                post: form.text("post", line, None),
                contact: String::new(),
            };
            WithoutAnswer::Proceed { authorised_by }
        }
        DecisionName::WithdrawCurfew => WithoutAnswer::WithdrawCurfew,
    }
}

async fn written(
    console: &Console,
    id: EnquiryId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(id, &visitor.actor).await?;
    let enquiry = &open.enquiry;
    let is_proposed = enquiry.curfew == Curfew::Proposed;
    let mut choices = vec![
        (
            DecisionName::SeekAdjournment.name(),
            "We asked the court to adjourn",
        ),
        (
            DecisionName::ProceedWithout.name(),
            "We went on without the answer",
        ),
    ];
    if is_proposed {
        let withdrawn = "We withdrew the curfew proposal";
        choices.push((DecisionName::WithdrawCurfew.name(), withdrawn));
    }
    let is_refused = !form.is_sound();
    let outstanding = enquiry
        .outstanding()
        .map(|check| whose(&open.responders, enquiry, check));
    let frame = Frame::of(visitor, "Record what was decided at court").await;
    let page = Page {
        frame: frame.refused(is_refused),
        reference: id.reference().to_string(),
        back: path(id),
        outstanding: outstanding.collect(),
        choices,
        form,
    };
    Ok(show_form(&page, is_refused))
}
