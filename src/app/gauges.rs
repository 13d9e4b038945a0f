//! Sets the gauges that follow from the store and the port, every few seconds.

use crate::broker::Broker;
use crate::directory::Responder;
use crate::rpc::connections::Connections;
use crate::rpc::tls::Reloader;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use usher_domain::agreement::Cover;
use usher_domain::time::{from_london, to_london};

const EVERY: Duration = Duration::from_secs(5);

/// Keeps the gauges until `stop`.
pub(super) async fn keep(
    broker: Arc<Broker>,
    connections: Arc<Connections>,
    tls: Arc<Reloader>,
    stop: CancellationToken,
) {
    let mut ticks = tokio::time::interval(EVERY);
    let mut refused = HashMap::new();
    // At the start, and at a reload, whoever reads the configuration tells of it.
    let mut told_on = to_london(broker.clock().now()).date();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let metrics = broker.metrics();
        metrics.set_certificate_end(tls.not_after());
        metrics
            .connections_open
            .set(i64::try_from(connections.count()).unwrap_or(i64::MAX));
        for (cause, count) in connections.counters.refusals() {
            let before = refused.insert(cause, count).unwrap_or_default();
            metrics.refused(cause, count - before);
        }
        let known_until = broker.policy().calendar.known_until();
        if let Ok(last) = from_london(known_until.at(0, 0, 0, 0)) {
            metrics.set_holidays_end(last);
        }
        of_agreements(&broker);
        let today = to_london(broker.clock().now()).date();
        if today != told_on {
            told_on = today;
            tell_agreement_ends(&broker);
        }
        if let Err(error) = of_store(&broker).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "gauges cannot be read from the store"
            );
        }
    }
}

fn of_agreements(broker: &Broker) {
    let (policy, directory) = (broker.policy(), broker.directory());
    let (agreements, today) = (&policy.agreements, to_london(broker.clock().now()).date());
    let endings = agreements.endings(today);
    // The soonest comes first, and is written last.
    let days_left: Vec<_> = { endings.iter().rev() }
        .map(|ending| (&ending.agreement.id, ending.days_left))
        .collect();
    let none = |one: &&Responder| agreements.cover(&one.id, today) == Cover::None;
    let without = directory.responders().iter().filter(none).count();
    broker.metrics().set_agreements(&days_left, without);
}

/// Once a day: agreements that end soon with nothing to follow, and responders that have none.
fn tell_agreement_ends(broker: &Broker) {
    for end in broker.agreement_ends() {
        let responders = end.responders.len();
        if let (Some(agreement), Some(last)) = (end.agreement, end.last) {
            tracing::warn!(
                %agreement,
                %last,
                days_left = end.days_left,
                responders,
                "an agreement ends and nothing follows: agree the next version, and add its file"
            );
        } else {
            tracing::warn!(
                responders,
                "responders have no agreement in force: their checks go to the operators"
            );
        }
    }
}

async fn of_store(broker: &Broker) -> Result<(), StoreError> {
    let (metrics, now) = (broker.metrics(), broker.clock().now());
    let counts = broker.store().counts().await?;
    metrics
        .enquiries_open
        .set(i64::try_from(counts.open).unwrap_or(i64::MAX));
    broker.look_for_faults().await?;
    let faults = broker.faults();
    let open_alerts = counts.open_alerts + faults.count() as u64;
    metrics
        .alerts_open
        .set(i64::try_from(open_alerts).unwrap_or(i64::MAX));
    let damaged = counts.unreadable + faults.count_readable() as u64;
    metrics
        .records_unreadable
        .set(i64::try_from(damaged).unwrap_or(i64::MAX));
    let overdue = broker.oldest_overdue().await?;
    metrics.set_oldest_overdue(overdue.try_into().unwrap_or_default());
    let queues: HashMap<_, _> = broker
        .store()
        .queues()
        .await?
        .into_iter()
        .map(|(id, first, waiting)| (id, (first, waiting)))
        .collect();
    for responder in broker.directory().responders().iter() {
        let queue = queues.get(&responder.id);
        metrics.set_queue(
            &responder.id,
            queue.map_or(0, |(_, waiting)| *waiting),
            queue.map(|(first, _)| first.deadline),
        );
        metrics.set_adapter_up(
            &responder.id,
            broker.presence().is_connected(&responder.id, now),
        );
    }
    Ok(())
}
