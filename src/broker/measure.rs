//! What is counted of what has happened. Names of responders, tracks and causes; never of people or cases.

use crate::telemetry::metrics::{CauseLabel, Metrics, OutcomeLabels, TrackLabel};
use usher_domain::enquiry::Enquiry;
use usher_domain::event::{Event, EventKind};
use usher_domain::ladder::StepKind;

/// Counts committed events.
pub(super) fn events(metrics: &Metrics, enquiry: &Enquiry, events: &[Event]) {
    for event in events {
        match &event.kind {
            EventKind::Submitted => {
                metrics
                    .enquiries
                    .get_or_create(&TrackLabel {
                        track: enquiry.track().name(),
                    })
                    .inc();
            }
            EventKind::StepRaised { step, due, .. } => {
                metrics.escalated(*due, event.at);
                let kind = event.check.and_then(|number| {
                    let steps = &enquiry.check(number)?.ladder.steps;
                    steps
                        .iter()
                        .find(|known| known.name == *step)
                        .map(|known| known.kind)
                });
                count_alert(metrics, kind.map_or("step", StepKind::name));
            }
            EventKind::TroubleRaised { trouble, .. } => count_alert(metrics, trouble.name()),
            EventKind::Answered {
                version: 1,
                timeliness,
                ..
            } => count_check(metrics, enquiry, event, timeliness.name()),
            EventKind::Redirected { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Closed { .. } => {
                count_check(metrics, enquiry, event, event.kind.name());
            }
            _ => {}
        }
    }
}

fn count_alert(metrics: &Metrics, cause: &'static str) {
    metrics.alerts.get_or_create(&CauseLabel { cause }).inc();
}

fn count_check(metrics: &Metrics, enquiry: &Enquiry, event: &Event, outcome: &'static str) {
    let responder = enquiry.responder_of(event);
    let responder = responder.map_or_else(|| "none".to_owned(), ToString::to_string);
    metrics
        .checks
        .get_or_create(&OutcomeLabels { responder, outcome })
        .inc();
}
