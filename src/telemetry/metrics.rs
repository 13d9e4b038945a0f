//! The metrics, by name. Labels are codes: responders by their id, methods, causes; never people, courts' cases or clients.
//! Every label set is bounded: responders and methods come from the configuration and the contract, not from callers.

use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Metric, Registry, Unit};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::AtomicU64;
use std::time::Duration;
use usher_domain::code::{AgreementId, ResponderId};
use usher_domain::time::Timestamp;

/// The buckets of OpenTelemetry's convention for calls, in seconds.
const CALL_BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
/// A commit is one sync of a disk: from a tenth of a millisecond to a disk in trouble, in seconds.
const COMMIT_BUCKETS: [f64; 12] = [
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0,
];
/// Members of one group commit, to [`usher_domain::limits::GROUP_COMMIT_MAX`].
const GROUP_BUCKETS: [f64; 10] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];
/// How late a step is raised: a second is the promise, an hour is a broker that was down, in seconds.
const LATENESS_BUCKETS: [f64; 10] = [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 60.0, 600.0, 3_600.0];
/// What a method is called that the contract does not have.
const OTHER_METHOD: &str = "_OTHER";

/// A number that is not whole.
type Number = Gauge<f64, AtomicU64>;
type Histograms<L> = Family<L, Histogram, fn() -> Histogram>;

/// The labels of one call.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
#[expect(
    clippy::struct_field_names,
    reason = "OpenTelemetry's names for the labels"
)]
pub struct CallLabels {
    rpc_system_name: &'static str,
    rpc_method: String,
    rpc_status_code: &'static str,
}

/// The label of one responder.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ResponderLabel {
    responder: String,
}

impl From<&ResponderId> for ResponderLabel {
    fn from(responder: &ResponderId) -> Self {
        Self {
            responder: responder.as_str().into(),
        }
    }
}

/// The label of one agreement: its id, the same in every version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct AgreementLabel {
    agreement: String,
}

/// How a check of a responder ended: `answered_in_time`, `answered_late`, `redirected` or `closed`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabels {
    /// The responder's id, or `none` for a check that was never routed.
    pub responder: String,
    /// The outcome.
    pub outcome: &'static str,
}

/// Why something happened, by a name from a fixed set.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CauseLabel {
    /// The name.
    pub cause: &'static str,
}

/// The track of an enquiry.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TrackLabel {
    /// Its name in the policy.
    pub track: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct BuildLabels {
    version: &'static str,
}

/// Every metric. Cheap to set from any thread; one for the process.
pub struct Metrics {
    registry: Registry,
    methods: BTreeSet<String>,
    calls: Histograms<CallLabels>,
    /// Enquiries submitted, by track.
    pub enquiries: Family<TrackLabel, Counter>,
    /// Enquiries with something open.
    pub enquiries_open: Gauge,
    /// Checks that ended or were answered, by responder and outcome.
    pub checks: Family<OutcomeLabels, Counter>,
    /// Checks waiting in each responder's queue.
    pub checks_waiting: Family<ResponderLabel, Gauge>,
    next_deadline: Family<ResponderLabel, Number>,
    /// Alerts raised, by cause: the kind of the step, or the trouble.
    pub alerts: Family<CauseLabel, Counter>,
    /// Alerts that nobody looks after.
    pub alerts_open: Gauge,
    escalation_lateness: Histogram,
    oldest_overdue: Number,
    scheduler_lag: Number,
    /// Index entries that a sweep found different from their record, and repaired.
    pub sweep_repairs: Counter,
    /// Records that cannot be read, or not written because they have grown too large.
    pub records_unreadable: Gauge,
    clock_ahead: Number,
    commits: Histogram,
    commit_members: Histogram,
    /// Whether an adapter of the responder is connected: 1 or 0.
    pub adapter_up: Family<ResponderLabel, Gauge>,
    /// Open connections of the gRPC port.
    pub connections_open: Gauge,
    connections_refused: Family<CauseLabel, Counter>,
    /// Watches being served.
    pub watches_open: Gauge,
    certificate_not_after: Number,
    holidays_known_until: Number,
    agreement_days_left: Family<AgreementLabel, Gauge>,
    responders_without_agreement: Gauge,
}

impl Metrics {
    /// Makes them. `methods` are the contract's, such as `usher.v1.CourtService/SubmitEnquiry`; calls of others count as one.
    pub fn new(methods: impl IntoIterator<Item = String>) -> Self {
        let lateness = || Histogram::new(LATENESS_BUCKETS);
        let mut metrics = Self {
            registry: Registry::default(),
            methods: methods.into_iter().collect(),
            calls: Family::new_with_constructor(|| Histogram::new(CALL_BUCKETS)),
            enquiries: Family::default(),
            enquiries_open: Gauge::default(),
            checks: Family::default(),
            checks_waiting: Family::default(),
            next_deadline: Family::default(),
            alerts: Family::default(),
            alerts_open: Gauge::default(),
            escalation_lateness: lateness(),
            oldest_overdue: Number::default(),
            scheduler_lag: Number::default(),
            sweep_repairs: Counter::default(),
            records_unreadable: Gauge::default(),
            clock_ahead: Number::default(),
            commits: Histogram::new(COMMIT_BUCKETS),
            commit_members: Histogram::new(GROUP_BUCKETS),
            adapter_up: Family::default(),
            connections_open: Gauge::default(),
            connections_refused: Family::default(),
            watches_open: Gauge::default(),
            certificate_not_after: Number::default(),
            holidays_known_until: Number::default(),
            agreement_days_left: Family::default(),
            responders_without_agreement: Gauge::default(),
        };
        metrics.register_edge();
        metrics.register_work();
        metrics.register_store();
        metrics
    }

    fn put(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry.register(name, help, metric);
    }

    fn put_seconds(&mut self, name: &str, help: &str, metric: impl Metric) {
        self.registry
            .register_with_unit(name, help, Unit::Seconds, metric);
    }

    fn register_edge(&mut self) {
        let build = Info::new(BuildLabels {
            version: env!("CARGO_PKG_VERSION"),
        });
        self.put("usher_build", "This build", build);
        let metric = self.calls.clone();
        self.put_seconds(
            "rpc_server_call_duration",
            "Calls by method and status",
            metric,
        );
        let metric = self.connections_open.clone();
        self.put(
            "usher_connections_open",
            "Open connections of the gRPC port",
            metric,
        );
        let metric = self.connections_refused.clone();
        self.put(
            "usher_connections_refused",
            "Connections refused or cut, by cause",
            metric,
        );
        let metric = self.watches_open.clone();
        self.put("usher_watches_open", "Watches being served", metric);
        let metric = self.adapter_up.clone();
        self.put(
            "usher_adapter_up",
            "Whether an adapter of the responder is connected",
            metric,
        );
        let metric = self.certificate_not_after.clone();
        let help = "When the server's certificate ends, in Unix time";
        self.put_seconds("usher_tls_certificate_not_after_timestamp", help, metric);
    }

    fn register_work(&mut self) {
        let metric = self.enquiries.clone();
        self.put("usher_enquiries", "Enquiries submitted, by track", metric);
        let metric = self.enquiries_open.clone();
        self.put(
            "usher_enquiries_open",
            "Enquiries with something open",
            metric,
        );
        let metric = self.checks.clone();
        self.put(
            "usher_checks",
            "Checks answered, redirected or closed, by responder",
            metric,
        );
        let metric = self.checks_waiting.clone();
        self.put(
            "usher_checks_waiting",
            "Checks in the responder's queue",
            metric,
        );
        let metric = self.next_deadline.clone();
        let help = "The nearest deadline in the responder's queue, in Unix time";
        self.put_seconds("usher_next_deadline_timestamp", help, metric);
        let metric = self.alerts.clone();
        self.put("usher_alerts", "Alerts raised, by cause", metric);
        let metric = self.alerts_open.clone();
        self.put(
            "usher_alerts_open",
            "Alerts that nobody looks after",
            metric,
        );
        let metric = self.escalation_lateness.clone();
        self.put_seconds(
            "usher_escalation_lateness",
            "From due to raised, of each step",
            metric,
        );
        let metric = self.oldest_overdue.clone();
        let help = "Age of the oldest item that is due and not yet escalated";
        self.put_seconds("usher_oldest_unescalated_overdue", help, metric);
        let metric = self.scheduler_lag.clone();
        self.put_seconds(
            "usher_scheduler_lag",
            "How late the scheduler last woke",
            metric,
        );
        let metric = self.agreement_days_left.clone();
        let help = "Days until a party of the agreement has none, where an end is set";
        self.put("usher_agreement_days_left", help, metric);
        let metric = self.responders_without_agreement.clone();
        let help = "Responders of the configuration that nothing may be asked of today";
        self.put("usher_responders_without_agreement", help, metric);
        let metric = self.holidays_known_until.clone();
        let help = "Until when bank holidays are known, in Unix time";
        self.put_seconds("usher_bank_holidays_known_until_timestamp", help, metric);
    }

    fn register_store(&mut self) {
        let metric = self.commits.clone();
        self.put_seconds(
            "usher_store_commit_duration",
            "Group commits, sync included",
            metric,
        );
        let metric = self.commit_members.clone();
        self.put("usher_store_commit_members", "Commits of one group", metric);
        let metric = self.sweep_repairs.clone();
        self.put(
            "usher_sweep_repairs",
            "Index entries that a sweep repaired",
            metric,
        );
        let metric = self.records_unreadable.clone();
        self.put(
            "usher_records_unreadable",
            "Records that cannot be read, or have grown too large to be written",
            metric,
        );
        let metric = self.clock_ahead.clone();
        let help = "How far the machine's clock is ahead of that of the store which brokers share";
        self.put_seconds("usher_broker_clock_ahead", help, metric);
    }

    /// A call of `method` (with or without a leading slash) that ended with `status`.
    pub fn called(&self, method: &str, status: tonic::Code, took: Duration) {
        let method = method.trim_start_matches('/');
        let known = self.methods.contains(method);
        let labels = CallLabels {
            rpc_system_name: "grpc",
            rpc_method: if known { method } else { OTHER_METHOD }.into(),
            rpc_status_code: status_name(status),
        };
        self.calls
            .get_or_create(&labels)
            .observe(took.as_secs_f64());
    }

    /// A step that was due at `due` was raised at `raised`.
    pub fn escalated(&self, due: Timestamp, raised: Timestamp) {
        let late = raised.duration_since(due).as_secs_f64();
        self.escalation_lateness.observe(late.max(0.0));
    }

    /// A group of `members` commits became durable.
    pub fn committed(&self, members: usize, took: Duration) {
        self.commits.observe(took.as_secs_f64());
        let members = u32::try_from(members).unwrap_or(u32::MAX);
        self.commit_members.observe(members.into());
    }

    /// The oldest due item that is not yet escalated is so old; zero when there is none.
    pub fn set_oldest_overdue(&self, age: Duration) {
        self.oldest_overdue.set(age.as_secs_f64());
    }

    /// This machine's clock is so many seconds ahead of the store's; less than zero when it is behind.
    pub fn set_clock_ahead(&self, seconds: f64) {
        self.clock_ahead.set(seconds);
    }

    /// So many more connections were refused or cut, for `cause`.
    pub fn refused(&self, cause: &'static str, count: u64) {
        let cause = CauseLabel { cause };
        self.connections_refused.get_or_create(&cause).inc_by(count);
    }

    /// The scheduler woke so late.
    pub fn set_scheduler_lag(&self, lag: Duration) {
        self.scheduler_lag.set(lag.as_secs_f64());
    }

    /// The queue of `responder`: how many checks wait, and the first one's deadline.
    pub fn set_queue(&self, responder: &ResponderId, waiting: usize, first: Option<Timestamp>) {
        let label = ResponderLabel::from(responder);
        let waiting = i64::try_from(waiting).unwrap_or(i64::MAX);
        self.checks_waiting.get_or_create(&label).set(waiting);
        match first {
            Some(first) => {
                self.next_deadline.get_or_create(&label).set(unix(first));
            }
            None => {
                self.next_deadline.remove(&label);
            }
        }
    }

    /// Whether an adapter of `responder` is connected.
    pub fn set_adapter_up(&self, responder: &ResponderId, up: bool) {
        self.adapter_up
            .get_or_create(&responder.into())
            .set(up.into());
    }

    /// The server's certificate ends at `not_after`.
    pub fn set_certificate_end(&self, not_after: Timestamp) {
        self.certificate_not_after.set(unix(not_after));
    }

    /// Bank holidays are known until the end of the day that begins at `last`.
    pub fn set_holidays_end(&self, last: Timestamp) {
        self.holidays_known_until.set(unix(last));
    }

    /// For each agreement with an end set, the days until a party has none; and how many responders have none today.
    pub fn set_agreements(&self, days_left: &[(&AgreementId, i32)], without: usize) {
        // What has been renewed has no end any more.
        self.agreement_days_left.clear();
        for (agreement, days) in days_left {
            let label = AgreementLabel {
                agreement: agreement.as_str().into(),
            };
            self.agreement_days_left
                .get_or_create(&label)
                .set(i64::from(*days));
        }
        self.responders_without_agreement
            .set(i64::try_from(without).unwrap_or(i64::MAX));
    }

    /// All of it in `OpenMetrics` text form.
    ///
    /// # Errors
    /// Never in practice: writing to a `String` does not fail.
    pub fn encode(&self) -> Result<String, fmt::Error> {
        let mut page = String::new();
        text::encode(&mut page, &self.registry)?;
        Ok(page)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

fn unix(time: Timestamp) -> f64 {
    time.duration_since(Timestamp::UNIX_EPOCH).as_secs_f64()
}

/// The names of OpenTelemetry's convention.
fn status_name(code: tonic::Code) -> &'static str {
    use tonic::Code;
    match code {
        Code::Ok => "OK",
        Code::Cancelled => "CANCELLED",
        Code::Unknown => "UNKNOWN",
        Code::InvalidArgument => "INVALID_ARGUMENT",
        Code::DeadlineExceeded => "DEADLINE_EXCEEDED",
        Code::NotFound => "NOT_FOUND",
        Code::AlreadyExists => "ALREADY_EXISTS",
        Code::PermissionDenied => "PERMISSION_DENIED",
        Code::ResourceExhausted => "RESOURCE_EXHAUSTED",
        Code::FailedPrecondition => "FAILED_PRECONDITION",
        Code::Aborted => "ABORTED",
        Code::OutOfRange => "OUT_OF_RANGE",
        Code::Unimplemented => "UNIMPLEMENTED",
        Code::Internal => "INTERNAL",
        Code::Unavailable => "UNAVAILABLE",
        Code::DataLoss => "DATA_LOSS",
        Code::Unauthenticated => "UNAUTHENTICATED",
    }
}

#[cfg(test)]
mod tests;
