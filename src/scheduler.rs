//! The scheduler: raises what is due. Input-less, idempotent, bounded: an activation asks the store what is due and gives each enquiry the
//! command `advance`; what that means is the core's to say. Losing it, or running it twice, changes nothing but promptness.

use crate::broker::{Broker, BrokerError};
use crate::store::StoreError;
use futures_util::StreamExt as _;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use usher_domain::actor::Actor;
use usher_domain::command::{Command, Verb};
use usher_domain::id::EnquiryId;
use usher_domain::limits;
use usher_domain::time::Timestamp;

/// When it looks besides what falls due.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Between sweeps of every open record, in the clock's time.
    pub sweep_every: Duration,
    /// Between looks for responders with work waiting and no adapter, in the clock's time.
    pub absence_every: Duration,
    /// How long a responder may have work waiting and no adapter connected before operators are told.
    pub absent_after: Duration,
}

/// What one activation did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Activation {
    /// Enquiries advanced.
    pub advanced: usize,
    /// Enquiries that could not be, and why is in the log.
    pub failed: usize,
    /// Whether there may be more due at once.
    pub more: bool,
}

/// Raises what is due.
pub struct Scheduler {
    broker: Arc<Broker>,
    settings: Settings,
    /// Records that cannot be read or written: they stay in the store, are told of, and do not stop the others.
    quarantined: HashSet<EnquiryId>,
}

/// Enquiries advanced at the same time: enough to fill a group commit.
const ADVANCED_AT_ONCE: usize = 128;
/// After a failed look, in real time.
const AFTER_FAILURE: Duration = Duration::from_millis(200);

impl Scheduler {
    /// A scheduler over `broker`.
    pub fn new(broker: Arc<Broker>, settings: Settings) -> Self {
        Self {
            broker,
            settings,
            quarantined: HashSet::new(),
        }
    }

    /// Runs until `stop`. A sweep at the start takes in what fell due while nobody was there.
    pub async fn run(mut self, stop: CancellationToken) {
        let clock = Arc::clone(self.broker.clock());
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
            // Until the next look is settled, whatever falls due wakes us.
            self.broker.announcer().scheduler_sleeps(Timestamp::MAX);
            let until = match self.activate().await {
                Ok(Activation { more: true, .. }) => continue,
                Ok(_) => self.next_look().await.min(next_sweep).min(next_absence),
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

    /// Advances one bounded batch of what is due now.
    ///
    /// # Errors
    /// When the store cannot say what is due.
    pub async fn activate(&mut self) -> Result<Activation, StoreError> {
        let now = self.broker.clock().now();
        let limit = limits::DUE_BATCH_MAX + self.quarantined.len();
        let due = self.broker.store().due(now, limit).await?;
        let oldest = due
            .iter()
            .find(|(_, id)| !self.quarantined.contains(id))
            .map(|(due, _)| now.duration_since(*due));
        let age = oldest
            .and_then(|age| age.try_into().ok())
            .unwrap_or_default();
        self.broker.metrics().set_oldest_overdue(age);
        self.broker.metrics().set_scheduler_lag(age);
        let more = due.len() >= limit;
        let ids: Vec<EnquiryId> = due
            .into_iter()
            .map(|(_, id)| id)
            .filter(|id| !self.quarantined.contains(id))
            .collect();
        let advanced: Vec<_> = futures_util::stream::iter(ids.iter().copied())
            .map(|id| advance(Arc::clone(&self.broker), id))
            .buffer_unordered(ADVANCED_AT_ONCE)
            .collect()
            .await;
        let mut activation = Activation {
            more,
            ..Activation::default()
        };
        for (id, outcome) in advanced {
            match outcome {
                Ok(()) => activation.advanced += 1,
                Err(error) => {
                    activation.failed += 1;
                    self.note_failure(id, &error);
                }
            }
        }
        Ok(activation)
    }

    fn note_failure(&mut self, id: EnquiryId, error: &BrokerError) {
        let lasting = matches!(
            error,
            BrokerError::Store(StoreError::Corrupt { .. } | StoreError::TooLarge { .. })
        );
        if lasting && self.quarantined.insert(id) {
            let quarantined = i64::try_from(self.quarantined.len()).unwrap_or(i64::MAX);
            self.broker.metrics().records_unreadable.set(quarantined);
        }
        tracing::error!(enquiry.id = %id, quarantined = lasting, error = error as &dyn std::error::Error, "enquiry cannot be advanced");
    }

    /// The soonest due moment of an enquiry that is not quarantined.
    async fn next_look(&self) -> Timestamp {
        let store = self.broker.store();
        let next = if self.quarantined.is_empty() {
            store.next_due().await
        } else {
            let due = store.due(Timestamp::MAX, self.quarantined.len() + 1).await;
            due.map(|due| {
                due.iter()
                    .find(|(_, id)| !self.quarantined.contains(id))
                    .map(|(due, _)| *due)
            })
        };
        next.ok().flatten().unwrap_or(Timestamp::MAX)
    }

    /// Derives every open record's keys anew; a difference is repaired by the store and reported here.
    async fn sweep(&mut self) {
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
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the sweep failed");
            }
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
            // Nobody need be there outside working hours, unless the hearing comes first.
            let open = policy
                .hours(Some(&responder))
                .is_open(now, &policy.calendar);
            if later(since, self.settings.absent_after) > now || !(open || first.deadline <= now) {
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

async fn advance(broker: Arc<Broker>, id: EnquiryId) -> (EnquiryId, Result<(), BrokerError>) {
    let command = Command {
        request: None,
        verb: Verb::Advance,
    };
    let outcome = broker.execute(id, &command, &Actor::clock()).await;
    (id, outcome.map(|_| ()))
}

fn later(now: Timestamp, span: Duration) -> Timestamp {
    now.checked_add(span).unwrap_or(Timestamp::MAX)
}
