//! The scheduler: raises what is due. Input-less, idempotent, bounded: an activation asks the store what is due and gives each record the
//! command `advance`; what that means is the core's to say. Losing it, or running it twice, changes nothing but promptness.

use crate::broker::{Broker, BrokerError};
use crate::store::StoreError;
use futures_util::StreamExt as _;
use jiff::SignedDuration;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use usher_domain::actor::Actor;
use usher_domain::command::{Command, Verb};
use usher_domain::id::RecordId;
use usher_domain::limits;
use usher_domain::time::{Calendar, Timestamp, WorkingHours};

/// When it looks besides what falls due.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Between sweeps of every open record, in the clock's time.
    pub sweep_every: Duration,
    /// Between looks for responders with work waiting and no adapter, in the clock's time.
    pub absence_every: Duration,
    /// How much of its working time a responder may have work waiting and no adapter connected before operators are told.
    pub absent_after: Duration,
}

/// What one activation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// Records advanced.
    pub advanced: usize,
    /// Records that could not be, and why is in the log.
    pub failed: usize,
    /// Whether there may be more due at once.
    pub more: bool,
    /// When to look again for what another broker is to raise first, where there is such.
    pub look_again: Option<Timestamp>,
}

/// Raises what is due.
pub struct Scheduler {
    broker: Arc<Broker>,
    settings: Settings,
}

/// Enquiries advanced at the same time: enough to fill a group commit.
const ADVANCED_AT_ONCE: usize = 128;
/// How long after its due moment a step is left to the broker that is first for it. With the time for which lost brokers may hold up
/// commits it stays well below 5 s.
const LEFT_TO_ANOTHER: Duration = Duration::from_secs(1);
/// After a failed look, in real time.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

impl Scheduler {
    /// A scheduler over `broker`.
    pub fn new(broker: Arc<Broker>, settings: Settings) -> Self {
        Self { broker, settings }
    }

    /// Runs until `stop`: raises what is due, and beside it, since that reads every open record, looks after the whole.
    pub async fn run(self, stop: CancellationToken) {
        tokio::join!(self.raise(&stop), self.look_after(&stop));
    }

    async fn raise(&self, stop: &CancellationToken) {
        let clock = self.broker.clock();
        while !stop.is_cancelled() {
            // Until the next look is settled, whatever falls due wakes us.
            self.broker.announcer().scheduler_sleeps(Timestamp::MAX);
            let until = match self.activate().await {
                Ok(Activation { more: true, .. }) => continue,
                Ok(Activation { look_again, .. }) => match look_again {
                    Some(moment) => moment,
                    None => self.next_look().await,
                },
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the scheduler cannot read what is due"
                    );
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            let announcer = self.broker.announcer();
            announcer.scheduler_sleeps(until);
            tokio::select! {
                () = clock.sleep_until(until) => {}
                () = announcer.scheduler_woken() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// A sweep at the start finds what is wrong with a store that nobody was looking after.
    async fn look_after(&self, stop: &CancellationToken) {
        let clock = self.broker.clock();
        let mut next_sweep = clock.now();
        let mut next_absence = later(clock.now(), self.settings.absence_every);
        while !stop.is_cancelled() {
            let now = clock.now();
            if now >= next_sweep {
                self.sweep().await;
                next_sweep = later(now, self.settings.sweep_every);
            }
            if now >= next_absence {
                self.report_absences().await;
                next_absence = later(now, self.settings.absence_every);
            }
            tokio::select! {
                () = clock.sleep_until(next_sweep.min(next_absence)) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Advances one bounded batch of what is due now.
    ///
    /// # Errors
    /// When the store cannot say what is due.
    pub async fn activate(&self) -> Result<Activation, StoreError> {
        let now = self.broker.clock().now();
        let faults = self.broker.faults();
        let limit = limits::DUE_BATCH_MAX + faults.count();
        let due = self.broker.store().due(now, limit).await?;
        let oldest = due
            .iter()
            .find(|(_, id)| !faults.stops(*id))
            .map(|(due, _)| now.duration_since(*due));
        let lag = oldest
            .and_then(|age| age.try_into().ok())
            .unwrap_or_default();
        self.broker.metrics().set_scheduler_lag(lag);
        let full = due.len() >= limit;
        let due = due.into_iter().filter(|(_, id)| !faults.stops(*id));
        let (ours, theirs): (Vec<_>, Vec<_>) =
            due.partition(|(due, id)| self.is_ours(*due, *id, now));
        let ids: Vec<RecordId> = ours.into_iter().map(|(_, id)| id).collect();
        let advanced: Vec<_> = futures_util::stream::iter(ids.iter().copied())
            .map(|id| advance(Arc::clone(&self.broker), id))
            .buffer_unordered(ADVANCED_AT_ONCE)
            .collect()
            .await;
        let mut activation = Activation {
            more: full && !ids.is_empty(),
            look_again: theirs.first().map(|(due, _)| later(*due, LEFT_TO_ANOTHER)),
            ..Activation::default()
        };
        for (id, outcome) in advanced {
            match outcome {
                Ok(()) => activation.advanced += 1,
                Err(error) => {
                    activation.failed += 1;
                    // A record that cannot be read or written stays in the store, operators are told of it, and it does not
                    // stop the others.
                    let quarantined = self.broker.note_fault(id, &error);
                    tracing::error!(record.id = %id, quarantined, error = &error as &dyn std::error::Error, "record cannot be advanced");
                }
            }
        }
        Ok(activation)
    }

    /// Whether this broker is to raise at `now` what fell due of record `id`: it is first for it, or whoever is has let it lie.
    fn is_ours(&self, due: Timestamp, id: RecordId, now: Timestamp) -> bool {
        self.broker.peers().is_first_for(id) || now >= later(due, LEFT_TO_ANOTHER)
    }

    /// When something falls due next.
    async fn next_look(&self) -> Timestamp {
        let next = self.broker.next_due().await;
        next.ok().flatten().unwrap_or(Timestamp::MAX)
    }

    /// Derives every open record's keys anew; a difference is repaired by the store and reported here.
    async fn sweep(&self) {
        match self.broker.store().sweep().await {
            Ok(differing) if differing.is_empty() => {}
            Ok(differing) => {
                tracing::error!(
                    count = differing.len(),
                    "the sweep repaired index keys that differed from their records"
                );
                self.broker
                    .metrics()
                    .sweep_repairs
                    .inc_by(differing.len() as u64);
                // What is found again may be due.
                self.broker.announcer().wake_scheduler();
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the sweep failed");
            }
        }
        if let Err(error) = self.broker.look_for_faults().await {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the store does not say which records are damaged"
            );
        }
    }

    /// Tells operators of responders with work waiting and no adapter: an alert on the check that is needed first.
    async fn report_absences(&self) {
        let (broker, now) = (&self.broker, self.broker.clock().now());
        let queues = match broker.store().queues().await {
            Ok(queues) => queues,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the scheduler cannot read the queues"
                );
                return;
            }
        };
        let policy = broker.policy();
        for (responder, first, _) in queues {
            let Some(since) = broker.presence().absent_since(&responder, now) else {
                continue;
            };
            let hours = policy.hours(Some(&responder));
            let after = self.settings.absent_after;
            if !is_missed(now, since, after, first.deadline, hours, &policy.calendar) {
                continue;
            }
            let command = Command {
                request: None,
                verb: Verb::ReportAbsent {
                    check: first.check.number,
                },
            };
            if let Err(error) = broker
                .execute(first.check.enquiry, &command, &Actor::clock())
                .await
            {
                tracing::warn!(check.id = %first.check, error = &error as &dyn std::error::Error, "absence not recorded");
            }
        }
    }
}

/// Whether operators are to be told now of an adapter that is absent since `since`: once `after` of working time has passed, while the
/// responder works. Where working time would not tell of it before `deadline`, any time counts; and where the responder does not work
/// again before that, it is told at once.
fn is_missed(
    now: Timestamp,
    since: Timestamp,
    after: Duration,
    deadline: Timestamp,
    hours: &WorkingHours,
    calendar: &Calendar,
) -> bool {
    let worked = after.try_into().unwrap_or(SignedDuration::MAX);
    let in_working_time = hours.after(since, worked, calendar);
    let told_at = if in_working_time < deadline {
        in_working_time
    } else {
        later(since, after)
    };
    let next_open = hours.after(now, SignedDuration::ZERO, calendar);
    told_at <= now && (hours.is_open(now, calendar) || next_open >= deadline)
}

async fn advance(broker: Arc<Broker>, id: RecordId) -> (RecordId, Result<(), BrokerError>) {
    let outcome = broker.advance(id).await;
    (id, outcome)
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::time::from_london;

    fn at(local: &str) -> Timestamp {
        from_london(local.parse().unwrap()).unwrap()
    }

    #[test]
    #[rustfmt::skip] // a row a line
    fn an_absence_is_told_in_working_time_unless_the_hearing_comes_before() {
        let calendar = Calendar::new([], jiff::civil::date(2027, 12, 31));
        let hours = WorkingHours::office();
        let check = |since, now, deadline, told: bool| {
            let after = Duration::from_secs(15 * 60);
            let (now_at, since_at, deadline_at) = (at(now), at(since), at(deadline));
            let is_told = is_missed(now_at, since_at, after, deadline_at, &hours, &calendar);
            assert_eq!(is_told, told, "since {since}, at {now}, before {deadline}");
        };
        // Within a Monday.
        check("2026-11-23T10:00", "2026-11-23T10:14", "2026-11-23T14:00", false);
        check("2026-11-23T10:00", "2026-11-23T10:15", "2026-11-23T14:00", true);
        // The night and the weekend are nobody's fault.
        check("2026-11-20T18:00", "2026-11-21T12:00", "2026-11-23T14:00", false);
        check("2026-11-20T18:00", "2026-11-23T09:00", "2026-11-23T14:00", false);
        check("2026-11-20T18:00", "2026-11-23T09:14", "2026-11-23T14:00", false);
        check("2026-11-20T18:00", "2026-11-23T09:15", "2026-11-23T14:00", true);
        check("2026-11-20T16:50", "2026-11-23T09:05", "2026-11-23T14:00", true);
        check("2026-11-23T16:30", "2026-11-23T20:00", "2026-11-24T14:00", false);
        // A hearing before the next opening: Saturday's court, an evening's, and one just after the opening.
        check("2026-11-20T18:00", "2026-11-20T18:14", "2026-11-21T10:00", false);
        check("2026-11-20T18:00", "2026-11-20T18:15", "2026-11-21T10:00", true);
        check("2026-11-23T10:00", "2026-11-23T17:30", "2026-11-23T19:00", true);
        check("2026-11-23T16:50", "2026-11-23T17:04", "2026-11-23T19:00", false);
        check("2026-11-23T16:50", "2026-11-23T17:05", "2026-11-23T19:00", true);
        check("2026-11-20T18:00", "2026-11-22T12:00", "2026-11-23T09:00", true);
        check("2026-11-20T18:00", "2026-11-22T12:00", "2026-11-23T09:10", false);
        check("2026-11-20T18:00", "2026-11-23T09:00", "2026-11-23T09:10", true);
        // The hearing has been.
        check("2026-11-20T18:00", "2026-11-21T12:00", "2026-11-21T10:00", true);
    }
}
