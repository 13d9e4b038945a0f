//! Alerts by responder and cause, counted by one rule: once, or for as long as somebody watches the counts.
//!
//! A watch counts anew when anything has happened, and tells what differs from what it told last: nothing of it can be missed. It counts
//! at most every [`limits::ALERT_COUNTS_APART_SECONDS_MIN`], and at least as often as a sign of life is due, for whom to ring
//! changes with the hour.

use super::call::{Calls, WatchPlace};
use super::convert::AlertCounts;
use super::stream::{HEARTBEAT_EVERY, Stream};
use super::{convert, status};
use crate::broker::input::ListAlertsInput;
use crate::broker::{AlertEntry, Watch};
use crate::clock::Stopwatch;
use futures_util::stream::{self, StreamExt as _};
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use tonic::Status;
use usher_domain::actor::Actor;
use usher_domain::code::ClientId;
use usher_domain::limits;
use usher_domain::permit::Read;
use usher_proto::v1;
use usher_proto::v1::watch_alert_counts_response::Payload;

/// Counts the alerts that `input` wants and `actor` may see.
///
/// # Errors
/// Store errors.
pub async fn count(
    calls: &Calls,
    actor: &Actor,
    mut input: ListAlertsInput,
) -> Result<v1::CountAlertsResponse, Status> {
    let broker = &calls.broker;
    let cards = broker.cards();
    let show = |entry: &AlertEntry| convert::sized(convert::alert_entry_view(entry, &cards));
    let mut counts = AlertCounts::default();
    loop {
        let page = broker.list_alerts(&input, actor, show).await;
        let (alerts, next) = page.map_err(status::broker)?;
        for alert in &alerts {
            counts.add(alert);
        }
        match next {
            Some(position) if !counts.is_full() => input.position = position,
            next => {
                let waiting = broker.waiting_counts().await.map_err(status::broker)?;
                return Ok(counts.response(&waiting, next.is_some()));
            }
        }
    }
}

/// A watch of the counts of what `input` wants.
///
/// # Errors
/// When there is no place.
pub fn watch(
    calls: Calls,
    actor: &Actor,
    input: ListAlertsInput,
) -> Result<Stream<v1::WatchAlertCountsResponse>, Status> {
    let counting = Counting {
        _place: calls.watch_place(&actor.client)?,
        watch: Watch::new(&calls.broker, None),
        client: actor.client.clone(),
        calls,
        input,
        told: None,
        ready: VecDeque::new(),
        ended: false,
        counted: Stopwatch::start(),
        quiet: Stopwatch::start(),
    };
    let stream = stream::unfold(counting, |mut counting| async move {
        if counting.ended {
            return None;
        }
        loop {
            if let Some(message) = counting.ready.pop_front() {
                counting.quiet = Stopwatch::start();
                return Some((Ok(message), counting));
            }
            if let Err(status) = counting.fill().await {
                counting.ended = true;
                return Some((Err(status), counting));
            }
        }
    });
    Ok(stream.boxed())
}

struct Counting {
    calls: Calls,
    client: ClientId,
    input: ListAlertsInput,
    watch: Watch,
    /// What was told last; `None` before the snapshot.
    told: Option<Vec<v1::AlertCount>>,
    ready: VecDeque<v1::WatchAlertCountsResponse>,
    ended: bool,
    /// Since the last count.
    counted: Stopwatch,
    /// Since the last message.
    quiet: Stopwatch,
    _place: WatchPlace,
}

impl Counting {
    /// Fills `ready` with what comes next.
    async fn fill(&mut self) -> Result<(), Status> {
        if self.told.is_some() {
            let calls = self.calls.clone();
            calls.until_stop(self.due()).await?;
        }
        let actor = Actor {
            person: None,
            ..self.calls.reader(&self.client, Read::Alerts)?
        };
        let place = self.calls.place(self.watch.cursor()).await?;
        let counted = count(&self.calls, &actor, self.input.clone()).await?;
        self.counted = Stopwatch::start();
        let message = |payload| v1::WatchAlertCountsResponse {
            is_cut: counted.is_cut,
            payload: Some(payload),
        };
        let told = self.told.as_deref().unwrap_or_default();
        let changes = changes(told, &counted.counts).into_iter();
        self.ready
            .extend(changes.map(|count| message(Payload::Count(count))));
        if self.told.replace(counted.counts).is_none() {
            let end = convert::snapshot_end(place);
            self.ready.push_back(message(Payload::SnapshotEnd(end)));
        } else if self.ready.is_empty() && self.quiet.elapsed() >= HEARTBEAT_EVERY {
            let heartbeat = convert::heartbeat(place);
            self.ready.push_back(message(Payload::Heartbeat(heartbeat)));
        }
        Ok(())
    }

    /// Returns when it is time to count again. What happens meanwhile is news once the time between two counts has passed.
    async fn due(&mut self) -> Result<(), Status> {
        let apart = Duration::from_secs(limits::ALERT_COUNTS_APART_SECONDS_MIN);
        let pause = apart.saturating_sub(self.counted.elapsed());
        let left = HEARTBEAT_EVERY.saturating_sub(self.quiet.elapsed());
        let news = async {
            sleep(pause).await;
            self.watch.news().await;
        };
        // Without news a count is due all the same.
        let _ = timeout(left.max(pause), news).await;
        Ok(())
    }
}

/// What of `now` differs from what was told, and what has ended since.
fn changes(told: &[v1::AlertCount], now: &[v1::AlertCount]) -> Vec<v1::AlertCount> {
    let is_same = |one: &v1::AlertCount, other: &v1::AlertCount| {
        one.responder_id == other.responder_id
            && one.cause == other.cause
            && one.needed_of == other.needed_of
    };
    let changed = now.iter().filter(|count| !told.contains(count)).cloned();
    let ended = told
        .iter()
        .filter(|count| !now.iter().any(|other| is_same(count, other)));
    let ended = ended.map(|count| v1::AlertCount {
        responder_id: count.responder_id.clone(),
        responder_name: count.responder_name.clone(),
        cause: count.cause.clone(),
        needed_of: count.needed_of,
        ..v1::AlertCount::default()
    });
    changed.chain(ended).collect()
}
