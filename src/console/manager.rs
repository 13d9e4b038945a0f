//! Pages of managers: what is outstanding, coverage and timeliness.

mod asked;
mod drawn;
mod line;
mod outstanding;
mod periods;
mod reports;
mod work;

use super::{Door, door};
use axum::routing::get;
use usher_domain::actor::Role;

const MANAGERS: &[Role] = &[Role::Manager];
/// Those who may count.
const WHO_COUNT: &[Role] = &[Role::Manager, Role::Operator, Role::Inspector];

pub(super) fn doors() -> Vec<Door> {
    vec![
        door("/outstanding", MANAGERS, get(outstanding::page)),
        door("/reports", WHO_COUNT, get(reports::all)),
        door("/reports/{kind}", WHO_COUNT, get(reports::page)),
        door("/reports/{kind}/line", WHO_COUNT, get(line::page)),
    ]
}
