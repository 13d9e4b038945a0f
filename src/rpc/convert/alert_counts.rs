//! Alerts by responder and cause: a borough's trouble is one line, however many checks it holds up.

use std::collections::{BTreeMap, HashMap};
use usher_domain::code::ResponderId;
use usher_proto::v1;

/// Alerts that are counted, at most.
const COUNTED_MAX: usize = 100_000;

/// Counts so far. There are no more of them than responders and causes.
#[derive(Debug, Default)]
pub struct AlertCounts {
    by_cause: BTreeMap<(String, String, i32), v1::AlertCount>,
    counted: usize,
}

impl AlertCounts {
    /// Counts one more; they come nearest deadline first.
    pub fn add(&mut self, alert: &v1::Alert) {
        self.counted += 1;
        let key = (
            alert.responder_id.clone(),
            alert.cause.clone(),
            alert.needed_of,
        );
        let count = self.by_cause.entry(key).or_insert_with(|| v1::AlertCount {
            responder_id: alert.responder_id.clone(),
            responder_name: alert.responder_name.clone(),
            duty_phone: alert.duty_phone.clone(),
            cause: alert.cause.clone(),
            nearest_deadline_time: alert.deadline_time,
            first_alert_id: alert.id.clone(),
            first_reference: alert.reference.clone(),
            needed_of: alert.needed_of,
            ..v1::AlertCount::default()
        });
        if count.emergency_phone.is_empty() {
            count.emergency_phone.clone_from(&alert.emergency_phone);
        }
        if alert.state() == v1::AlertState::Acknowledged {
            count.acknowledged_count += 1;
            return;
        }
        if count.open_count == 0 {
            count.first_alert_id.clone_from(&alert.id);
            count.first_reference.clone_from(&alert.reference);
        }
        count.open_count += 1;
    }

    /// Whether no more are to be counted.
    pub fn is_full(&self) -> bool {
        self.counted >= COUNTED_MAX
    }

    /// The counts, nearest deadline first, with what waits for each responder; `is_cut` where there are more alerts.
    pub fn response(
        self,
        waiting: &HashMap<ResponderId, usize>,
        is_cut: bool,
    ) -> v1::CountAlertsResponse {
        let mut counts: Vec<v1::AlertCount> = self.by_cause.into_values().collect();
        for count in &mut counts {
            let waiting = waiting
                .iter()
                .find(|(responder, _)| responder.as_str() == count.responder_id);
            count.waiting_count = waiting.map_or(0, |(_, waiting)| super::show::count(*waiting));
        }
        counts.sort_by_key(|count| {
            let at = count.nearest_deadline_time;
            (at.is_some(), at.map(|at| (at.seconds, at.nanos)))
        });
        v1::CountAlertsResponse { counts, is_cut }
    }
}
