//! Pages of a borough's desk: its queue, and answering. A desk acts without a lease: it is people who take a check on. What a program of
//! the borough has just now, it has to bring back first.

mod accept;
mod alerts;
mod answer;
mod ask;
mod candidates;
mod check;
mod figures;
mod queue;
mod redirect;
mod release;
mod search;

use super::frame::Frame;
use super::problem::Problem;
use super::visitor::Visitor;
use super::{Console, Door, door};
use crate::broker::input::{Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::console::form::Form;
use crate::console::problem::refusal;
use axum::routing::get;
use usher_domain::actor::Role;
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::ladder::Audience;

/// Who works at a desk.
const DESK: &[Role] = &[Role::Adapter];
/// Those at a borough to whom alerts are addressed.
const BOROUGH: [Audience; 3] = [
    Audience::Adapter,
    Audience::BoroughDesk,
    Audience::BoroughManager,
];

pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/desk", DESK, get(queue::page)),
        door("/desk/live", DESK, get(queue::live)),
        door("/desk/alerts", DESK, get(alerts::page)),
        door("/desk/figures", DESK, get(figures::page)),
        door("/desk/search", DESK, get(search::page).post(search::send)),
        door("/desk/checks/{enquiry}/{number}", DESK, get(check::page)),
        door(
            "/desk/checks/{enquiry}/{number}/accept",
            DESK,
            get(accept::page).post(accept::send),
        ),
        door(
            "/desk/checks/{enquiry}/{number}/answer",
            DESK,
            get(answer::page).post(answer::send),
        ),
        door(
            "/desk/checks/{enquiry}/{number}/ask",
            DESK,
            get(ask::page).post(ask::send),
        ),
        door(
            "/desk/checks/{enquiry}/{number}/redirect",
            DESK,
            get(redirect::page).post(redirect::send),
        ),
        door(
            "/desk/checks/{enquiry}/{number}/release",
            DESK,
            get(release::page).post(release::send),
        ),
    ]
}

/// The page of a check.
fn path(check: CheckId) -> String {
    format!("/desk/checks/{check}")
}

/// As people say it.
fn reference(enquiry: EnquiryId) -> String {
    enquiry.reference().to_string()
}

/// The check without anything that people wrote or are: for forms that show none of it. Nothing is recorded as seen.
///
/// # Errors
/// `NotFound` where it is not this desk's.
async fn there(console: &Console, check: CheckId, visitor: &Visitor) -> Result<(), Problem> {
    console.broker.get_check(check, &visitor.actor).await?;
    Ok(())
}

/// Does `act`, which the sent `form` asks for; says in the form why a rule refuses it.
///
/// # Errors
/// What no form can say.
async fn act(
    console: &Console,
    check: CheckId,
    visitor: &Visitor,
    form: &mut Form,
    act: Act,
) -> Result<Option<OpenEnquiry>, Problem> {
    let input = Input {
        enquiry: check.enquiry,
        request: form.request(act.verb(), &check.to_string()),
        person: Some(visitor.person()),
        act,
    };
    match console.broker.act(input, &visitor.actor).await {
        Ok(open) => Ok(Some(open)),
        Err(error) => {
            form.fail_all(refusal(error)?);
            Ok(None)
        }
    }
}

/// The frame of a form's page.
async fn frame(visitor: &Visitor, title: &str, form: &Form) -> Frame {
    Frame::of(visitor, title).await.refused(!form.is_sound())
}
