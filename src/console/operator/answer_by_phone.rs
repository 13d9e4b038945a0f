//! An operator records what a worker of the borough said over the telephone: all that an answer has, and who gave it over which number.

use super::checks::{self, OfCheck};
use crate::broker::input::Act;
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::answers::Said;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show, show_form};
use crate::console::people::{Somebody, everybody};
use crate::console::problem::Problem;
use crate::console::said::{self, Sheet, Step};
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::Person;
use usher_domain::enquiry::{ByPhone, Purpose};
use usher_domain::id::CheckId;
use usher_domain::limits;

#[derive(Template)]
#[template(path = "operator/answer_by_phone.html")]
struct Page {
    frame: Frame,
    form: Form,
    sheet: Sheet,
    of: OfCheck,
}

#[derive(Template)]
#[template(path = "operator/answer_by_phone_check.html")]
struct CheckPage {
    frame: Frame,
    said: Said,
    carried: Vec<(String, String)>,
    back: String,
    given: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, check, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(check.enquiry, &visitor.actor).await?;
    let is_referral = open.enquiry.purpose == Purpose::Referral;
    // Another row is wanted before everything is right.
    let is_only_form = matches!(form.value("do"), "change" | "add-episode" | "add-remark");
    let by_phone = (!is_only_form).then(|| by_phone(&mut form));
    match (said::step(&mut form, &people(&open), is_referral), by_phone) {
        (Step::Check(said), Some(by_phone)) => {
            // It shows what they have just typed, and nothing of the record.
            return Ok(show(&CheckPage {
                frame: Frame::of(&visitor, "Check your answer").await,
                said: said::preview(&said),
                carried: said::carried(&form),
                back: format!("/enquiries/{}", check.enquiry),
                given: format!("{}, over {}", by_phone.given_by.name, by_phone.number),
            }));
        }
        (Step::Send(said), Some(by_phone)) => {
            let answer = Act::AnswerByPhone {
                check: check.number,
                said,
                by_phone,
            };
            if checks::act(&console, check, &visitor, &mut form, answer).await? {
                visitor
                    .tell("The answer has been recorded, and the officer is told.")
                    .await?;
                return Ok(go("/board"));
            }
        }
        _ => {}
    }
    written(&console, check, &visitor, form).await
}

/// Who gave it, and over which number.
fn by_phone(form: &mut Form) -> ByPhone {
    let line = limits::LINE_CHARS_MAX;
    ByPhone {
        given_by: Person {
            name: form.text("given-name", line, Some("Enter who gave the answer")),
            post: form.text("given-post", line, None),
            contact: form.text("given-contact", line, None),
        },
        number: form.text("number", line, Some("Enter the number that was used")),
    }
}

fn people(open: &OpenEnquiry) -> Vec<Somebody> {
    let personal = open.personal.as_ref();
    personal
        .map(|personal| everybody(personal, None))
        .unwrap_or_default()
}

/// The form names people: who is shown them is recorded first.
async fn written(
    console: &Console,
    id: CheckId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.view(id.enquiry, &visitor.actor).await?;
    let check = open.enquiry.check(id.number).ok_or(Problem::NotFound)?;
    let is_referral = open.enquiry.purpose == Purpose::Referral;
    let page = Page {
        frame: Frame::of(visitor, "Answer by telephone")
            .await
            .refused(!form.is_sound()),
        sheet: said::sheet(&form, &people(&open), is_referral),
        of: OfCheck::of(&open, check),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
