//! Saying that a needed check need not be asked, and why: an earlier answer that is recent enough is named.

use super::cases::need;
use crate::broker::Viewed;
use crate::broker::case::EarlierAnswer;
use crate::broker::case::input::{CaseAct, CaseInput};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::page::Asked;
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use crate::console::words::{self, record};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::case::{RequirementState, SetAsideReason};
use usher_domain::command::VerbName;
use usher_domain::id::{CaseId, CheckId, RequirementNumber};
use usher_domain::limits;

#[derive(Template)]
#[template(path = "officer/set_aside.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    /// The checks that are still needed, by number.
    needed: Vec<(String, String)>,
    reasons: Vec<(&'static str, &'static str)>,
    /// Earlier answers that may do, by check.
    earlier: Vec<(String, String)>,
    is_complete: bool,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(id): Named<CaseId>,
    visitor: Visitor,
    asked: Asked,
) -> Result<Response, Problem> {
    let check = asked.value("check");
    let form = Form::begin(&visitor, &visitor.path, &[("requirement", check)]).await;
    written(&console, id, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(id): Named<CaseId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let requirement: Option<RequirementNumber> = form.value("requirement").parse().ok();
    if requirement.is_none() {
        form.fail("requirement", "Choose which check need not be asked");
    }
    let missing = "Choose why it need not be asked";
    let reason = form.choice("reason", SetAsideReason::ALL, SetAsideReason::name, missing);
    let is_earlier = reason == Some(SetAsideReason::UpToDateAlready);
    let answer: Option<CheckId> = form.value("answer").parse().ok().filter(|_| is_earlier);
    if is_earlier && answer.is_none() {
        form.fail(
            "answer",
            "Choose the earlier answer that is recent enough, or another reason",
        );
    }
    let elsewhere = reason == Some(SetAsideReason::AskedElsewhere);
    let needed = elsewhere.then_some("Say whom you asked, and when");
    let note = form.text("note", limits::NOTE_CHARS_MAX, needed);
    if let (Some(requirement), Some(reason), true) = (requirement, reason, form.is_sound()) {
        let input = CaseInput {
            case: id,
            request: form.request(VerbName::SetAside, &id.to_string()),
            person: Some(visitor.person()),
            act: CaseAct::SetAside {
                requirement,
                reason,
                answer,
                note,
            },
        };
        match console.broker.act_on_case(input, &visitor.actor).await {
            Ok(_) => {
                visitor.tell("The check is set aside.").await?;
                return Ok(go(&format!("/cases/{id}")));
            }
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    written(&console, id, &visitor, form).await
}

async fn written(
    console: &Console,
    id: CaseId,
    visitor: &Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.view_case(id, &visitor.actor).await?;
    let needed = open.case.requirements.iter();
    let needed = needed.filter(|one| matches!(one.state, RequirementState::Needed));
    let needed: Vec<_> = needed
        .map(|one| (one.number.to_string(), need(one).0))
        .collect();
    if let ([(only, _)], "") = (needed.as_slice(), form.value("requirement")) {
        form.set("requirement", only);
    }
    let chosen = form.value("requirement").parse::<RequirementNumber>().ok();
    let chosen = chosen.filter(|chosen| open.case.requirement(*chosen).is_some());
    let found = match chosen {
        Some(chosen) => {
            let found = console.broker.earlier_answers(id, chosen, &visitor.actor);
            Some(found.await?)
        }
        None => None,
    };
    let is_complete = found.as_ref().is_none_or(|found| found.complete);
    let found = found.map(|found| found.answers).unwrap_or_default();
    let shown = found
        .iter()
        .map(|one| Viewed::Record(one.check.enquiry.into()));
    let shown: Vec<_> = shown.collect();
    console.broker.view_all(&shown, &visitor.actor).await?;
    let is_refused = !form.is_sound();
    let page = Page {
        frame: Frame::of(visitor, "Set a check aside")
            .await
            .refused(is_refused),
        reference: id.reference().to_string(),
        back: format!("/cases/{id}"),
        needed,
        reasons: record::options(SetAsideReason::ALL, SetAsideReason::name, record::set_aside),
        earlier: found.iter().map(|found| earlier(console, found)).collect(),
        is_complete,
        form,
    };
    Ok(show_form(&page, is_refused))
}

/// An earlier answer, without what it says of people.
fn earlier(console: &Console, found: &EarlierAnswer) -> (String, String) {
    let cards = console.broker.cards();
    let name = cards
        .all
        .get(&found.responder)
        .map(|card| card.name.clone());
    let handling: Vec<_> = found
        .handling
        .iter()
        .map(|code| record::handling(*code))
        .collect();
    let handling = if handling.is_empty() {
        String::new()
    } else {
        format!(". {}", handling.join(". "))
    };
    let told = format!(
        "{} ({}): {}, {}, good until {}{handling}",
        name.unwrap_or_else(|| found.responder.to_string()),
        found.check.enquiry.reference(),
        words::disposition(found.disposition).to_lowercase(),
        when::moment(found.answered_at),
        when::moment(found.good_until),
    );
    (found.check.to_string(), told)
}
