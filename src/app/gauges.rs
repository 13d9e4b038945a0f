//! Sets the gauges that follow from the store and the port, every few seconds.

use crate::broker::Broker;
use crate::rpc::connections::Connections;
use crate::rpc::tls::Reloader;
use crate::store::StoreError;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use usher_domain::time::from_london;

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
        if let Err(error) = of_store(&broker).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "gauges cannot be read from the store"
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
