//! Ending a check without an answer, with a reason; where the reason takes two persons, the first proposes it and the second confirms.

use super::act::{act_and_tell, check, path};
use super::needs::whose;
use crate::broker::input::Act;
use crate::broker::opened::{OpenEnquiry, TextPlace};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show_form};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::words::{self, Tag, record};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::enquiry::{Check, CloseReason};
use usher_domain::id::CheckId;
use usher_domain::limits;
use usher_domain::policy::Policy;

/// What somebody proposed.
struct Proposal {
    who: String,
    why: &'static str,
    note: String,
    /// Whether the visitor did, who cannot confirm it then.
    is_own: bool,
}

/// The field that says which proposal was shown.
const SEEN: &str = "seen";

#[derive(Template)]
#[template(path = "officer/close.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    whose: String,
    state: Tag,
    proposal: Option<Proposal>,
    reasons: Vec<(&'static str, &'static str)>,
    /// Which reasons take two persons; empty where none does.
    hint: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    let proposed = to_confirm(check(&open, id)?, &visitor);
    let reason = proposed.map_or("", CloseReason::name);
    let form = Form::begin(&visitor, &visitor.path, &[("reason", reason)]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    let proposed = to_confirm(check(&open, id)?, &visitor);
    let missing = "Choose why it is closed";
    let reason = form.choice("reason", &reasons(), CloseReason::name, missing);
    let is_unsaid = reason == Some(CloseReason::Other) && reason != proposed;
    let needed = is_unsaid.then_some("Say what the reason is");
    let note = form.text("note", limits::NOTE_CHARS_MAX, needed);
    if proposed.is_some() && reason == proposed && form.value(SEEN) != seen(check(&open, id)?) {
        form.fail_all(
            "Somebody has proposed this meanwhile. Read it below; send this again to confirm it",
        );
    }
    if let (Some(reason), true) = (reason, form.is_sound()) {
        let close = Act::Close {
            check: id.number,
            reason,
            note,
        };
        let done = |open: &OpenEnquiry| match open.enquiry.check(id.number) {
            Some(check) if check.proposed_closing().is_some() => {
                "You have proposed to close the check. Another person must confirm it; until then everything goes on as before."
            }
            _ => "The check is closed.",
        };
        let gone = act_and_tell(&console, &visitor, &mut form, id.enquiry, close, done);
        if let Some(gone) = gone.await? {
            return Ok(gone);
        }
    }
    written(&console, id, &visitor, form).await
}

/// Which proposal stands: its moment.
fn seen(check: &Check) -> String {
    let proposed = check.proposed_closing();
    proposed.map_or_else(String::new, |closing| closing.at.to_string())
}

/// The reasons that people choose from: an enquiry is withdrawn as a whole.
fn reasons() -> Vec<CloseReason> {
    let all = CloseReason::ALL.iter().copied();
    all.filter(|reason| *reason != CloseReason::Withdrawn)
        .collect()
}

/// The reason of a proposal that the visitor may confirm.
fn to_confirm(check: &Check, visitor: &Visitor) -> Option<CloseReason> {
    let proposed = check.proposed_closing();
    let others = proposed.filter(|closing| !closing.by.may_be(&visitor.actor));
    others.map(|closing| closing.reason)
}

/// The check; that what somebody wrote about closing it is shown too is recorded first.
async fn opened(console: &Console, id: CheckId, visitor: &Visitor) -> Result<OpenEnquiry, Problem> {
    let open = console.broker.get(id.enquiry, &visitor.actor).await?;
    if check(&open, id)?.proposed_closing().is_none() {
        return Ok(open);
    }
    Ok(console.broker.view_check(id, &visitor.actor).await?)
}

async fn written(
    console: &Console,
    id: CheckId,
    visitor: &Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = opened(console, id, visitor).await?;
    let check = check(&open, id)?;
    form.set(SEEN, &seen(check));
    let is_refused = !form.is_sound();
    let proposal = check.proposed_closing().map(|closing| Proposal {
        who: record::by_at(&closing.by, closing.at),
        why: record::close_reason(closing.reason),
        note: open
            .text(TextPlace::ProposalNote { check: id.number })
            .into(),
        is_own: closing.by.may_be(&visitor.actor),
    });
    let page = Page {
        frame: Frame::of(visitor, "Close this check")
            .await
            .refused(is_refused),
        reference: id.enquiry.reference().to_string(),
        back: path(id.enquiry),
        whose: whose(&open.responders, &open.enquiry, check),
        state: words::check_state(check),
        proposal,
        reasons: record::options(&reasons(), CloseReason::name, record::close_reason),
        hint: hint(&console.broker.policy()),
        form,
    };
    Ok(show_form(&page, is_refused))
}

fn hint(policy: &Policy) -> String {
    let two = policy.second_person.iter().copied();
    let two: Vec<String> = two
        .map(|reason| record::close_reason(reason).to_lowercase())
        .collect();
    if two.is_empty() {
        return String::new();
    }
    format!(
        "Another person must confirm it where you choose: {}.",
        two.join("; ")
    )
}
