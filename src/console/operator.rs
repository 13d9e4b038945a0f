//! Pages of operators: what is late, and what can be done about it.

mod acknowledge;
mod board;

use super::{Door, door};
use axum::routing::get;
use usher_domain::actor::Role;

/// Those who may look after an alert.
const WHO_ACKNOWLEDGE: &[Role] = &[Role::Officer, Role::Manager, Role::Adapter, Role::Operator];
/// Those who watch the whole service.
const OVERSEERS: &[Role] = &[Role::Operator, Role::Inspector];

pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/board", OVERSEERS, get(board::page)),
        door("/board/live", OVERSEERS, get(board::live)),
        door(
            "/alerts/{record}/{number}/acknowledge",
            WHO_ACKNOWLEDGE,
            get(acknowledge::page).post(acknowledge::send),
        ),
    ]
}
