//! What came of sending: the reference, what to expect, whom to ring.

use super::told::{Expected, expected};
use crate::console::Console;
use crate::console::frame::{Frame, show};
use crate::console::officer::act::path;
use crate::console::problem::Problem;
use crate::console::visitor::{Named, Visitor};
use crate::console::when;
use askama::Template;
use axum::extract::State;
use axum::response::Response;
use usher_domain::id::EnquiryId;

#[derive(Template)]
#[template(path = "officer/sent.html")]
struct Page {
    frame: Frame,
    reference: String,
    path: String,
    deadline: String,
    expected: Vec<Expected>,
}

pub(in crate::console::officer) async fn page(
    State(console): State<Console>,
    Named(id): Named<EnquiryId>,
    visitor: Visitor,
) -> Result<Response, Problem> {
    // Nothing of people is shown: nobody has seen them by this.
    let open = console.broker.get(id, &visitor.actor).await?;
    Ok(show(&Page {
        frame: Frame::of(&visitor, "Enquiry sent").await,
        reference: id.reference().to_string(),
        path: path(id),
        deadline: when::moment(open.enquiry.deadline.at()),
        expected: expected(&console.broker.expectations(&open.enquiry)),
    }))
}
