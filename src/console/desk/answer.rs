//! The borough answers: a form, a look at what it says, and then it is sent.

use super::candidates::{self, Table};
use super::check::personal;
use super::{act, frame, path, reference};
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
use usher_domain::enquiry::Purpose;
use usher_domain::id::{CheckId, CheckNumber};

#[derive(Template)]
#[template(path = "desk/answer.html")]
struct Page {
    frame: Frame,
    form: Form,
    sheet: Sheet,
    possible: Vec<Table>,
    reference: String,
    back: String,
}

#[derive(Template)]
#[template(path = "desk/answer_check.html")]
struct CheckPage {
    frame: Frame,
    said: Said,
    carried: Vec<(String, String)>,
    back: String,
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
    let open = console.broker.get_check(check, &visitor.actor).await?;
    let is_referral = open.enquiry.purpose == Purpose::Referral;
    let people = people(&open, check.number);
    let possible = candidates::tables(&open, check.number);
    if said::is_filled(&form) {
        candidates::check(&mut form, &possible, &people);
    }
    match said::step(&mut form, &people, is_referral) {
        Step::Fill => {}
        Step::Check(mut said) => {
            candidates::settle(&mut said, &form, &possible);
            // It shows what they have just typed, and nothing of the record.
            return Ok(show(&CheckPage {
                frame: Frame::of(&visitor, "Check your answer").await,
                said: said::preview(&said),
                carried: said::carried(&form),
                back: path(check),
            }));
        }
        Step::Send(mut said) => {
            candidates::settle(&mut said, &form, &possible);
            let answer = Act::Answer {
                check: check.number,
                lease: None,
                said,
            };
            if act(&console, check, &visitor, &mut form, answer)
                .await?
                .is_some()
            {
                visitor.tell("Your answer has been sent.").await?;
                return Ok(go(&path(check)));
            }
        }
    }
    written(&console, check, &visitor, form).await
}

/// Whom the enquiry names, as far as the desk may know.
fn people(open: &OpenEnquiry, number: CheckNumber) -> Vec<Somebody> {
    let check = open.enquiry.check(number);
    let personal = check.and_then(|check| personal(open, check));
    personal
        .map(|personal| everybody(&personal, None))
        .unwrap_or_default()
}

/// The form names people: who is shown them is recorded first.
async fn written(
    console: &Console,
    check: CheckId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.view_check(check, &visitor.actor).await?;
    let is_referral = open.enquiry.purpose == Purpose::Referral;
    let page = Page {
        frame: frame(visitor, "Answer", &form).await,
        sheet: said::sheet(&form, &people(&open, check.number), is_referral),
        possible: candidates::tables(&open, check.number),
        reference: reference(check.enquiry),
        back: path(check),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
