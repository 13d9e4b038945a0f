//! What the acts of operators on a check have in common.

use crate::broker::input::{Act, Input};
use crate::broker::opened::OpenEnquiry;
use crate::console::Console;
use crate::console::form::Form;
use crate::console::problem::{Problem, refusal};
use crate::console::visitor::Visitor;
use crate::console::words;
use usher_domain::enquiry::Check;
use usher_domain::id::CheckId;

/// The check that a form is about, without personal data.
pub(super) struct OfCheck {
    pub(super) reference: String,
    pub(super) back: String,
    pub(super) kind: &'static str,
    /// Whose it is; empty where nobody was found.
    pub(super) responder: String,
    pub(super) phone: String,
    pub(super) emergency_phone: String,
    /// Who proposed to close it; empty where nobody has.
    pub(super) closing: String,
}

impl OfCheck {
    pub(super) fn of(open: &OpenEnquiry, check: &Check) -> Self {
        let card = open.responders.of(&open.enquiry, check);
        Self {
            reference: open.enquiry.id.reference().to_string(),
            back: format!("/enquiries/{}", open.enquiry.id),
            kind: words::record::kind(check.kind),
            responder: card.name,
            phone: card.duty_phone,
            emergency_phone: card.emergency_phone,
            closing: words::record::proposed_closing(check),
        }
    }
}

/// Does `act`, which the sent `form` asks for, and answers whether it was done; says in the form why a rule refuses it.
///
/// # Errors
/// What no form can say.
pub(super) async fn act(
    console: &Console,
    check: CheckId,
    visitor: &Visitor,
    form: &mut Form,
    act: Act,
) -> Result<bool, Problem> {
    let input = Input {
        enquiry: check.enquiry,
        request: form.request(act.verb(), &check.to_string()),
        person: Some(visitor.person()),
        act,
    };
    match console.broker.act(input, &visitor.actor).await {
        Ok(_) => Ok(true),
        Err(error) => {
            form.fail_all(refusal(error)?);
            Ok(false)
        }
    }
}
