//! What an enquiry wants of the officer now, and who is asked.

use crate::broker::opened::ResponderCards;
use crate::console::words::record as words;
use usher_domain::actor::Role;
use usher_domain::command::VerbName;
use usher_domain::enquiry::{Check, CheckState, Enquiry};
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
    let undecided = |check: &&Check| !enquiry.is_decided(check.number);
    let is_heard = enquiry.deadline.at() <= now && enquiry.sentence.is_none();
    let is_missed = is_heard && enquiry.outstanding().any(|check| undecided(&check));
    if is_missed && enquiry.purpose.before_sentence() && permits(role, VerbName::DecideWithout) {
        needs.push(Need {
            path: format!("/enquiries/{}/decide-without", enquiry.id),
            text: "Record what was decided at court".into(),
        });
    }
    needs
}
