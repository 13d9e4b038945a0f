//! The borough says that a check is somebody else's.

use super::{act, frame, path, reference, there};
use crate::broker::input::{Act, Target};
use crate::console::Console;
use crate::console::form::Form;
use crate::console::frame::{Frame, go, show_form};
use crate::console::people;
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::code::AuthorityCode;
use usher_domain::id::CheckId;

/// Whether it is known whose it is.
const KNOWN: (&str, &str) = ("known", "It is this authority’s");
const UNKNOWN: (&str, &str) = ("unknown", "We do not know whose it is");

#[derive(Template)]
#[template(path = "desk/redirect.html")]
struct Page {
    frame: Frame,
    form: Form,
    reference: String,
    back: String,
    whose: [(&'static str, &'static str); 2],
    authorities: Vec<(String, String)>,
}

pub(super) async fn page(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    there(&console, check, &visitor).await?;
    let form = Form::begin(&visitor, &visitor.path, &[]).await;
    written(&console, check, &visitor, form).await
}

pub(super) async fn send(
    State(console): State<Console>,
    Named(check): Named<CheckId>,
    visitor: Visitor,
    mut form: Form,
) -> Result<Response, Problem> {
    let whose = form.choice(
        "whose",
        &[KNOWN, UNKNOWN],
        |(name, _)| name,
        "Say whether you know whose it is",
    );
    let to = match whose {
        Some(KNOWN) => authority(&mut form).map(Target::Authority),
        _ => None,
    };
    if form.is_sound() {
        let redirect = Act::Redirect {
            check: check.number,
            lease: None,
            to,
        };
        if act(&console, check, &visitor, &mut form, redirect)
            .await?
            .is_some()
        {
            visitor.tell("You have passed the check on.").await?;
            return Ok(go("/desk"));
        }
    }
    written(&console, check, &visitor, form).await
}

fn authority(form: &mut Form) -> Option<AuthorityCode> {
    let code = AuthorityCode::parse(form.value("authority")).ok();
    if code.is_none() {
        form.fail("authority", "Choose the authority");
    }
    code
}

async fn written(
    console: &Console,
    check: CheckId,
    visitor: &Visitor,
    form: Form,
) -> Result<Response, Problem> {
    let page = Page {
        frame: frame(visitor, "It is not ours", &form).await,
        reference: reference(check.enquiry),
        back: path(check),
        whose: [KNOWN, UNKNOWN],
        authorities: people::authorities(console),
        form,
    };
    Ok(show_form(&page, !page.form.is_sound()))
}
