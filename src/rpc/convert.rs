//! The one place that sees wire and domain types together. Into the domain: total, every field named, every violation
//! collected into one answer, no value ever repeated. Out of it: what the broker opened for the caller, nothing more.

mod adapter;
mod alert_counts;
mod answer;
mod candidate;
mod case;
mod check;
mod codes;
mod court;
mod enquiry;
mod event;
mod operations;
mod personal;
mod read;
mod receipt;
mod report;
mod show;
#[cfg(test)]
mod tests;

pub use adapter::{
    accept, answer, ask, check_query, checks_query, lease_checks, redirect, release, renew,
};
pub use alert_counts::AlertCounts;
pub use case::{
    ListPart, case_event_view, case_history_query, case_line_view, case_query, case_view,
    cases_query, cover, earlier_answers_query, earlier_answers_view, enter_stage, list_part,
    outcome_view, reassign, refused_view, set_aside, take_off,
};
pub use check::{assigned_check, leased_check};
pub use court::{
    decide_without, enquiry_query, history_query, list_query, move_hearing, receive,
    record_sentence, submit, supply, watch_query, withdraw,
};
pub use enquiry::{alert_entry_view, enquiry_view, summary_view};
pub use event::{event_view, heartbeat, snapshot_end};
pub use operations::{
    acknowledge, alerts_query, answer_by_phone, close, count_alerts_query, lookup_query, reroute,
    responders_query, watch_alert_counts_query, watch_alerts_query,
};
pub use read::Unreadable;
pub use receipt::{lookup_view, receipt_view, responder_view, status_view, warnings_view};
pub use report::{report_query, report_view};
pub(super) use show::instant;

/// A message, and how many bytes it takes on the wire.
pub(super) fn sized<M: prost::Message>(message: M) -> (M, usize) {
    let length = message.encoded_len();
    (message, length)
}
