//! Cases on courts' lists, both ways.

mod read;
mod view;

pub use read::{
    ListPart, case_history_query, case_query, cases_query, cover, earlier_answers_query,
    enter_stage, list_part, reassign, set_aside, take_off,
};
pub(super) use view::needed_view;
pub use view::{
    case_event_view, case_line_view, case_view, earlier_answers_view, outcome_view, refused_view,
};
