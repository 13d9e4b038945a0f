//! Pages of court officers, most of which managers have too: hearings, cases, asking, reading answers.

mod act;
mod alerts;
mod case;
mod cases;
mod close;
mod decide_without;
mod enquiry;
mod hearings;
mod move_hearing;
mod needs;
mod reassign;
mod receive;
mod record_sentence;
mod search;
mod set_aside;
mod submit;
mod supply;
mod timeline;
mod withdraw;

use super::{Door, door};
use axum::routing::{get, post};
use usher_domain::actor::Role;
use usher_domain::personal::Name;

/// Who prepares hearings.
const COURT: &[Role] = &[Role::Officer, Role::Manager];
/// Who asks.
const ASKERS: &[Role] = &[Role::Officer];
/// Who prepares hearings, and operators.
const OVERSEEN: &[Role] = &[Role::Officer, Role::Manager, Role::Operator];
/// Who may read an enquiry or a case.
const READERS: &[Role] = &[
    Role::Officer,
    Role::Manager,
    Role::Operator,
    Role::Inspector,
];

pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/hearings", COURT, get(hearings::page)),
        door("/enquiries/{enquiry}", READERS, get(enquiry::page)),
        door("/enquiries/{enquiry}/sent", COURT, get(submit::sent)),
        door("/ask", ASKERS, get(submit::page).post(submit::send)),
        door("/ask/where", ASKERS, post(submit::whither)),
        door(
            "/checks/{enquiry}/{number}/receive",
            COURT,
            get(receive::page).post(receive::send),
        ),
        door(
            "/checks/{enquiry}/{number}/supply",
            COURT,
            get(supply::page).post(supply::send),
        ),
        door(
            "/checks/{enquiry}/{number}/close",
            OVERSEEN,
            get(close::page).post(close::send),
        ),
        door(
            "/enquiries/{enquiry}/decide-without",
            COURT,
            get(decide_without::page).post(decide_without::send),
        ),
        door(
            "/enquiries/{enquiry}/record-sentence",
            COURT,
            get(record_sentence::page).post(record_sentence::send),
        ),
        door(
            "/enquiries/{enquiry}/move-hearing",
            OVERSEEN,
            get(move_hearing::page).post(move_hearing::send),
        ),
        door(
            "/enquiries/{enquiry}/withdraw",
            COURT,
            get(withdraw::page).post(withdraw::send),
        ),
        door(
            "/enquiries/{enquiry}/reassign",
            OVERSEEN,
            get(reassign::page).post(reassign::send),
        ),
        door("/cases", COURT, get(cases::page)),
        door("/cases/{case}", READERS, get(case::page)),
        door(
            "/cases/{case}/set-aside",
            COURT,
            get(set_aside::page).post(set_aside::send),
        ),
        door("/alerts", COURT, get(alerts::page)),
        door("/search", READERS, get(search::page).post(search::send)),
        door(
            "/cases/{case}/reassign",
            OVERSEEN,
            get(reassign::case_page).post(reassign::case_send),
        ),
    ]
}

/// A name as it is spoken.
fn spoken(name: &Name) -> String {
    format!("{} {}", name.given, name.family).trim().to_owned()
}
