//! What the pages of acts on one enquiry have in common: the enquiry is the visitor's, the act goes to the broker, a refusal stays on the
//! form.

use crate::broker::input::{Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::go;
use crate::console::problem::{Problem, refusal};
use crate::console::typed::{needed_date, time};
use crate::console::visitor::Visitor;
use axum::response::Response;
use jiff::civil::DateTime;
use usher_domain::enquiry::Check;
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::time::{Timestamp, from_london, to_london};

/// Does it, says `done` on the enquiry's page, and goes there; where a rule refuses it, the form says why and there is no answer yet.
pub(super) async fn act(
    console: &Console,
    visitor: &Visitor,
    form: &mut Form,
    enquiry: EnquiryId,
    act: Act,
    done: &str,
) -> Result<Option<Response>, Problem> {
    act_and_tell(console, visitor, form, enquiry, act, |_| done).await
}

/// As [`act`]; `done` says it by what has become of the enquiry.
pub(super) async fn act_and_tell<'a>(
    console: &Console,
    visitor: &Visitor,
    form: &mut Form,
    enquiry: EnquiryId,
    act: Act,
    done: impl FnOnce(&OpenEnquiry) -> &'a str,
) -> Result<Option<Response>, Problem> {
    let about = match act.check() {
        Some(check) => format!("{enquiry}/{check}"),
        None => enquiry.to_string(),
    };
    let input = Input {
        enquiry,
        request: form.request(act.verb(), &about),
        person: Some(visitor.person()),
        act,
    };
    match console.broker.act(input, &visitor.actor).await {
        Ok(open) => {
            visitor.tell(done(&open)).await?;
            Ok(Some(go(&path(enquiry))))
        }
        Err(error) => {
            form.fail_all(refusal(error)?);
            Ok(None)
        }
    }
}

/// The page of an enquiry.
pub(super) fn path(enquiry: EnquiryId) -> String {
    format!("/enquiries/{enquiry}")
}

/// The check in its enquiry; nothing is shown of people.
pub(super) fn check(open: &OpenEnquiry, id: CheckId) -> Result<&Check, Problem> {
    open.enquiry.check(id.number).ok_or(Problem::NotFound)
}

/// Day and time of day of `name`, as fields `name-day`, `name-month`, `name-year` and `name-time` give them.
pub(super) fn local(form: &mut Form, name: &str) -> Option<DateTime> {
    let day = needed_date(form, name, "Enter the day, for example 24 11 2026");
    let time = time(form, &format!("{name}-time"));
    Some(day?.to_datetime(time?))
}

/// The deadline that moves `from` to the day and time of `name`, of the same kind at the same court.
pub(super) fn deadline(form: &mut Form, name: &str, from: &Deadline) -> Option<Deadline> {
    let local = local(form, name)?;
    let court = from.court();
    let moved = match from {
        Deadline::Hearing(_) => Hearing::new(court, local).map(Deadline::Hearing),
        Deadline::ReplyBy { .. } => from_london(local).map(|at| Deadline::ReplyBy { court, at }),
    };
    if moved.is_err() {
        let skipped = "The clocks go forward over this time: it does not exist on that day";
        form.fail(&format!("{name}-time"), skipped);
    }
    moved.ok()
}

/// The fields of `name` with this moment, to begin a form with.
pub(super) fn filled(name: &str, at: Timestamp) -> Vec<(String, String)> {
    let local = to_london(at);
    let parts = [
        ("day", local.day().to_string()),
        ("month", local.month().to_string()),
        ("year", local.year().to_string()),
        ("time", local.strftime("%H:%M").to_string()),
    ];
    parts
        .map(|(part, value)| (format!("{name}-{part}"), value))
        .into()
}
