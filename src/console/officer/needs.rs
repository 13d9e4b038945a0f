//! What an enquiry wants of the officer now, and who is asked.

use crate::broker::opened::ResponderCards;
use crate::console::words::record as words;
use usher_domain::actor::Role;
use usher_domain::command::VerbName;
use usher_domain::enquiry::{Check, CheckState, Enquiry};
use usher_domain::ladder::{StepKind, StepState};
use usher_domain::permit::permits;
use usher_domain::time::Timestamp;

/// Something to do, and where.
pub(super) struct Need {
    pub(super) path: String,
    pub(super) text: String,
}

/// Whose answer it is, by name; the kind of service where nobody is found.
pub(super) fn whose(cards: &ResponderCards, enquiry: &Enquiry, check: &Check) -> String {
    let card = cards.of(enquiry, check);
    if card.name.is_empty() {
        words::kind(check.kind).into()
    } else {
        card.name
    }
}

/// What somebody with `role` has to do about it now, check by check.
pub(super) fn needs(
    enquiry: &Enquiry,
    cards: &ResponderCards,
    role: Role,
    now: Timestamp,
) -> Vec<Need> {
    let mut needs = Vec::new();
    for check in &enquiry.checks {
        let id = enquiry.check_id(check.number);
        let whose = || whose(cards, enquiry, check);
        match &check.state {
            CheckState::Asked { .. } if permits(role, VerbName::Supply) => needs.push(Need {
                path: format!("/checks/{id}/supply"),
                text: format!("Answer the question of {}", whose()),
            }),
            CheckState::Answered { received: None, .. } if permits(role, VerbName::Receive) => {
                needs.push(Need {
                    path: format!("/enquiries/{}#check-{}", enquiry.id, check.number),
                    text: format!("Read the answer of {}", whose()),
                });
            }
            _ => {}
        }
    }
    let is_heard = enquiry.deadline.at() <= now;
    let is_open = enquiry.purpose.before_sentence() && enquiry.sentence.is_none();
    let is_to_decide = |check: &Check| {
        !enquiry.is_decided(check.number) && (is_heard || is_at_decision_point(check))
    };
    let is_wanted = is_open && enquiry.outstanding().any(is_to_decide);
    if is_wanted && permits(role, VerbName::DecideWithout) {
        let text = if is_heard {
            "Record what was decided at court"
        } else {
            "Decide how to go on without an answer"
        };
        needs.push(Need {
            path: format!("/enquiries/{}/decide-without", enquiry.id),
            text: text.into(),
        });
    }
    needs
}

/// Whether its ladder has come to the step at which the officer must decide.
fn is_at_decision_point(check: &Check) -> bool {
    check.ladder.steps.iter().any(|step| {
        step.kind == StepKind::DecisionPoint && matches!(step.state, StepState::Raised { .. })
    })
}
