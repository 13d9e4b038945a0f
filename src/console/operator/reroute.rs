//! An operator says whose a check is.

use super::checks::{self, OfCheck};
use crate::broker::input::{Act, Target};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::people::{self, Fact};
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::words;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::code::{AuthorityCode, ResponderId};
use usher_domain::enquiry::CheckState;
use usher_domain::id::CheckId;
use usher_domain::limits;
use usher_domain::time::to_london;

#[derive(Template)]
#[template(path = "operator/reroute.html")]
struct Page {
    frame: Frame,
    form: Form,
    of: OfCheck,
    why: String,
    addresses: Vec<Fact>,
    authorities: Vec<(String, String)>,
    responders: Vec<(String, String)>,
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
    let to = targets(&mut form);
    if form.is_sound() {
        let reroute = Act::Reroute {
            check: check.number,
            to,
        };
        if checks::act(&console, check, &visitor, &mut form, reroute).await? {
            visitor
                .tell("The check has been routed, with its deadline as it was.")
                .await?;
            return Ok(go("/unroutable"));
        }
    }
    written(&console, check, &visitor, form).await
}

/// Whose it is to be: an authority, and whoever is ticked.
fn targets(form: &mut Form) -> Vec<Target> {
    let mut to = Vec::new();
    match form.value("authority") {
        "" => {}
        code => match AuthorityCode::parse(code) {
            Ok(code) => to.push(Target::Authority(code)),
            Err(_) => form.fail("authority", "Choose an authority of the list"),
        },
    }
    let ticked: Vec<_> = form.values("responder").map(ResponderId::parse).collect();
    for id in ticked {
        match id {
            Ok(id) => to.push(Target::Responder(id)),
            Err(_) => form.fail("responder", "Choose from the list"),
        }
    }
    let most = limits::RESPONDER_CHECKS_PER_ENQUIRY_MAX;
    if to.len() > most {
        form.fail("responder", format!("Choose {most} or fewer"));
    } else if to.is_empty() && form.is_sound() {
        form.fail("authority", "Choose an authority, or somebody who answers");
    }
    to
}

/// The addresses are shown, so that the operator can tell whose it is: who is shown them is recorded first.
async fn written(
    console: &Console,
    id: CheckId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let open = console.broker.view(id.enquiry, &visitor.actor).await?;
    let check = open.enquiry.check(id.number).ok_or(Problem::NotFound)?;
    let why = match &check.state {
        CheckState::Unroutable { why, .. } => {
            let why: Vec<_> = why.iter().copied().map(words::record::unroutable).collect();
            words::capital(&why.join(", "))
        }
        _ => String::new(),
    };
    let (directory, kind) = (console.broker.directory(), check.kind);
    let today = to_london(console.broker.clock().now()).date();
    let responders = directory.responders().of_kind(kind);
    let responders = responders.filter(|one| one.period.contains(today));
    let page = Page {
        frame: Frame::of(visitor, "Route this check")
            .await
            .refused(!form.is_sound()),
        of: OfCheck::of(&open, check),
        why,
        addresses: open
            .personal
            .as_ref()
            .map(people::addresses)
            .unwrap_or_default(),
        authorities: people::authorities(console),
        responders: responders
            .map(|one| (one.id.to_string(), one.name.clone()))
            .collect(),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
