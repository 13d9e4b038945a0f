//! Pages of operators: what is late, and what can be done about it.

mod acknowledge;
mod answer_by_phone;
mod board;
mod checks;
mod reroute;
mod responders;
mod unroutable;

use super::problem::Problem;
use super::{BOARD_LIVE, Door, door};
use crate::broker::input::{AlertFilter, ListAlertsInput, Position};
use crate::broker::{AlertEntry, Broker};
use axum::routing::get;
use usher_domain::actor::{Actor, Role};
use usher_domain::limits;

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

/// Pages of alerts that are read for one page of ours: those of checks and those of cases stand on different ones.
const LOOKS_MAX: usize = 20;

/// What `pick` makes of the alerts of `filter`, `max` of them or a page more, and whether there are others.
async fn alerts<T: Send>(
    broker: &Broker,
    actor: &Actor,
    filter: AlertFilter,
    max: usize,
    pick: impl Fn(&AlertEntry) -> Option<T> + Send + Sync,
) -> Result<(Vec<T>, bool), Problem> {
    let mut input = ListAlertsInput {
        filter,
        position: Position::default(),
        size: limits::PAGE_SIZE_MAX,
    };
    let mut picked = Vec::new();
    for _ in 0..LOOKS_MAX {
        let shown = |entry: &AlertEntry| (pick(entry), 0);
        let (found, next) = broker.list_alerts(&input, actor, shown).await?;
        picked.extend(found.into_iter().flatten());
        let Some(next) = next else {
            return Ok((picked, false));
        };
        if picked.len() >= max {
            break;
        }
        input.position = next;
    }
    Ok((picked, true))
}
