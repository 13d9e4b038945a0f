//! Pages of operators: what is late, and what can be done about it.

mod acknowledge;
mod answer_by_phone;
mod board;
mod checks;
mod reroute;
mod responders;
mod unroutable;

use super::{BOARD_LIVE, Door, door};
use axum::routing::get;
use usher_domain::actor::Role;

/// Those who may look after an alert.
const WHO_ACKNOWLEDGE: &[Role] = &[Role::Officer, Role::Manager, Role::Adapter, Role::Operator];
/// Those who watch the whole service.
const OVERSEERS: &[Role] = &[Role::Operator, Role::Inspector];
/// Those who mend it.
const OPERATORS: &[Role] = &[Role::Operator];

pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/board", OVERSEERS, get(board::page)),
        door(BOARD_LIVE, OVERSEERS, get(board::live)),
        door(
            "/alerts/{record}/{number}/acknowledge",
            WHO_ACKNOWLEDGE,
            get(acknowledge::page).post(acknowledge::send),
        ),
        door(
            "/unroutable",
            OPERATORS,
            get(unroutable::page).post(unroutable::look_up),
        ),
        door(
            "/checks/{enquiry}/{number}/reroute",
            OPERATORS,
            get(reroute::page).post(reroute::send),
        ),
        door(
            "/checks/{enquiry}/{number}/answer-by-phone",
            OPERATORS,
            get(answer_by_phone::page).post(answer_by_phone::send),
        ),
        door("/responders", OVERSEERS, get(responders::page)),
        door("/responders/{responder}", OVERSEERS, get(responders::one)),
    ]
}
