//! A named person looks after an alert, until that expires.

use crate::broker::AlertEntry;
use crate::broker::input::AcknowledgeInput;
use crate::broker::opened::TextPlace;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, home, show_form};
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::actor::{Actor, Role};
use usher_domain::alert::{Alert, AlertState};
use usher_domain::command::VerbName;
use usher_domain::id::{AlertId, EnquiryId};
use usher_domain::limits;

/// The field that tells who looked after it when the form was shown.
const SEEN: &str = "seen";

#[derive(Template)]
#[template(path = "operator/acknowledge.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: &'static str,
    /// Who looks after it already, and what they said; both may be empty.
    holder: String,
    note: String,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(alert): Named<AlertId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, alert, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(alert): Named<AlertId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let note = form.text("note", limits::NOTE_CHARS_MAX, None);
    if form.is_sound() {
        let (holder, _) = earlier(&console, alert, &visitor.actor).await?;
        // Somebody else was quicker, and the sender has not seen that.
        if !holder.is_empty() && form.value(SEEN) != holder && !is_own(&holder, &visitor) {
            form.fail_all(format!("{holder}. To take it over, send this again"));
            return written(&console, alert, &visitor, form).await;
        }
        let input = AcknowledgeInput {
            alert,
            request: form.request(VerbName::Acknowledge, &alert.to_string()),
            person: Some(visitor.person()),
            note,
        };
        match console.broker.acknowledge(input, &visitor.actor).await {
            Ok(_) => {
                visitor.tell("You are looking after this alert.").await?;
                return Ok(go(home(visitor.actor.role)));
            }
            Err(error) => form.fail_all(refusal(error)?),
        }
    }
    written(&console, alert, &visitor, form).await
}

/// Whether it is the visitor who looks after it already: the same form sent twice is no news to them.
fn is_own(holder: &str, visitor: &Visitor) -> bool {
    holder.starts_with(&format!("{} looks after", visitor.person().name))
}

/// Who looks after it already, and what they said. Desks are not shown what others wrote.
async fn earlier(
    console: &Console,
    alert: AlertId,
    actor: &Actor,
) -> Result<(String, String), Problem> {
    let broker = &console.broker;
    match broker.get_alert(alert, actor).await? {
        Some(AlertEntry::Raised { alert, stored }) if actor.role != Role::Adapter => {
            let open = broker.get(stored.record.id, actor).await?;
            let place = TextPlace::AcknowledgeNote {
                alert: alert.number,
            };
            Ok((holder(&alert), open.text(place).to_owned()))
        }
        Some(AlertEntry::Raised { alert, .. } | AlertEntry::Needed { alert, .. }) => {
            Ok((holder(&alert), String::new()))
        }
        Some(AlertEntry::Damaged(_)) | None => Err(Problem::NotFound),
    }
}

/// Who looks after an alert, and until when; empty where nobody does.
fn holder(alert: &Alert) -> String {
    let AlertState::Acknowledged { by, expires, .. } = &alert.state else {
        return String::new();
    };
    let person = by.person.as_ref();
    let name = person.map_or("Somebody", |person| person.name.as_str());
    format!("{name} looks after it until {}", when::moment(*expires))
}

async fn written(
    console: &Console,
    alert: AlertId,
    visitor: &Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let is_refused = !form.is_sound();
    let (holder, note) = earlier(console, alert, &visitor.actor).await?;
    if !note.is_empty() {
        // People may have written of people: who is shown it is recorded.
        let id = EnquiryId::from(alert.record);
        console.broker.view(id, &visitor.actor).await?;
    }
    form.set(SEEN, &holder);
    let page = Page {
        frame: Frame::of(visitor, "Look after this alert")
            .await
            .refused(is_refused),
        reference: alert.record.reference().to_string(),
        back: home(visitor.actor.role),
        holder,
        note,
        form,
    };
    Ok(show_form(&page, is_refused))
}
