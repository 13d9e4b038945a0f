//! Checks for which nobody was found, with the directory at hand.

use super::alerts;
use crate::broker::AlertEntry;
use crate::broker::input::AlertFilter;
use crate::broker::output::LookupView;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, show, show_form};
use crate::console::people::Fact;
use crate::console::problem::Problem;
use crate::console::visitor::Visitor;
use crate::console::{when, words};
use crate::directory::Courts;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::alert::{Cause, Trouble};
use usher_domain::enquiry::CheckState;
use usher_domain::id::CheckId;
use usher_domain::limits;
use usher_domain::time::Timestamp;

/// Checks on one page.
const ROWS_MAX: usize = 500;

struct Row {
    check: CheckId,
    reference: String,
    court: String,
    kind: &'static str,
    why: String,
    deadline: String,
    late: String,
    looked_after: bool,
    /// Who proposed to close it; empty where nobody has.
    closing: String,
    acknowledge: String,
}

/// Somebody who answers.
struct Card {
    path: String,
    name: String,
    kind: &'static str,
    phone: String,
}

#[derive(Template)]
#[template(path = "operator/unroutable.html")]
struct Page {
    frame: Frame,
    form: Form,
    found: Option<Vec<Fact>>,
    rows: Vec<Row>,
    is_cut: bool,
    cards: Vec<Card>,
}

pub(super) async fn page(
    State(console): State<Console>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    let page = written(&console, &visitor, form, None).await?;
    Ok(show(&page))
}

/// Where a postcode leads. It is sent as a form, so that it stands in no address and no log.
pub(super) async fn look_up(
    State(console): State<Console>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let missing = Some("Enter a postcode");
    let postcode = form.text("postcode", limits::LINE_CHARS_MAX, missing);
    let is_refused = !form.is_sound();
    let found = (!is_refused).then(|| facts(&console.broker.lookup(&postcode)));
    let page = written(&console, &visitor, form, found).await?;
    Ok(show_form(&page, is_refused))
}

/// What the directory says.
fn facts(found: &LookupView) -> Vec<Fact> {
    let fact = |label, text: String| Fact { label, text };
    let mut facts = Vec::new();
    if let Some((code, name)) = &found.authority {
        facts.push(fact("Authority", format!("{name} ({code})")));
    }
    for (kind, _, name) in &found.responders {
        facts.push(fact(words::record::kind(*kind), name.clone()));
    }
    if let Some(why) = found.why {
        let why = words::capital(words::record::unroutable(why));
        facts.push(fact("Children’s social care", why));
    }
    if found.terminated {
        let text = "The postcode is no longer in use: check the address".into();
        facts.push(fact("Take care", text));
    }
    facts
}

async fn written(
    console: &Console,
    visitor: &Visitor,
    form: Form,
    found: Option<Vec<Fact>>,
) -> Result<Page, Problem> {
    let broker = &console.broker;
    let now = broker.clock().now();
    let (filter, pick) = (AlertFilter::default(), |entry: &_| {
        row(entry, broker.courts(), now)
    });
    let (rows, is_cut) = alerts(broker, &visitor.actor, filter, ROWS_MAX, pick).await?;
    let directory = broker.directory();
    let cards = directory.responders().iter().map(|one| Card {
        path: format!("/responders/{}", one.id),
        name: one.name.clone(),
        kind: words::record::kind(one.kind),
        phone: one.duty_phone.clone(),
    });
    let frame = Frame::of(visitor, "Unroutable").await.wide();
    Ok(Page {
        frame: frame.refused(!form.is_sound()),
        form,
        found,
        rows,
        is_cut,
        cards: cards.collect(),
    })
}

fn row(entry: &AlertEntry, courts: &Courts, now: Timestamp) -> Option<Row> {
    let AlertEntry::Raised { alert, stored } = entry else {
        return None;
    };
    if alert.cause != Cause::Trouble(Trouble::Unroutable) {
        return None;
    }
    let enquiry = &stored.record;
    let check = enquiry.check(alert.check)?;
    let CheckState::Unroutable { why, since } = &check.state else {
        return None;
    };
    let why: Vec<_> = why.iter().copied().map(words::record::unroutable).collect();
    Some(Row {
        check: enquiry.check_id(check.number),
        reference: enquiry.id.reference().to_string(),
        court: courts.name(enquiry.deadline.court()),
        kind: words::record::kind(check.kind),
        why: words::capital(&why.join(", ")),
        deadline: when::short(enquiry.deadline.at(), now),
        late: when::span(now.duration_since(*since)),
        looked_after: !alert.is_open(),
        closing: words::record::proposed_closing(check),
        acknowledge: format!("/alerts/{}/{}/acknowledge", enquiry.id, alert.number),
    })
}
