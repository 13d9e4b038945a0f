//! What the court did in the end.

use super::act::{act, filled, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::typed::needed_date;
use crate::console::visitor::{Named, Visitor};
use crate::console::words::record as words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::SentenceOutcome;
use usher_domain::id::EnquiryId;

#[derive(Template)]
#[template(path = "officer/record_sentence.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    outstanding: Vec<String>,
    outcomes: Vec<(&'static str, &'static str)>,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let today = filled("date", console.broker.clock().now());
    let today = today.iter().filter(|(name, _)| name != "date-time");
    let today: Vec<_> = today
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let form = Form::begin(&visitor, &visitor.path, &today).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let missing = "Choose what the court did";
    let outcome = form.choice(
        "outcome",
        SentenceOutcome::ALL,
        SentenceOutcome::name,
        missing,
    );
    let day = needed_date(
        &mut form,
        "date",
        "Enter the day of the sentence, for example 24 11 2026",
    );
    if let (Some(outcome), Some(date)) = (outcome, day) {
        let (recorded, done) = (
            Act::RecordSentence { outcome, date },
            "The sentence is recorded.",
        );
        if let Some(gone) = act(&console, &visitor, &mut form, id, recorded, done).await? {
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
        frame: Frame::of(visitor, "Record the sentence")
            .await
            .refused(is_refused),
        reference: id.reference().to_string(),
        back: path(id),
        outstanding: outstanding.collect(),
        outcomes: words::options(SentenceOutcome::ALL, SentenceOutcome::name, words::sentence),
        form,
    };
    Ok(show_form(&page, is_refused))
}
