//! The broker: load → decide → commit → announce, on every path, for every actor, the clock included.
//!
//! It holds no rule (those are in `usher-domain`) and nothing that a restart would miss: presence, forecasts and the memory of lease
//! calls only make things prompt or informative. Nothing is announced before it is committed.

mod act;
mod announce;
pub mod case;
mod faults;
mod follow;
mod forecast;
pub mod input;
mod lease;
mod lending;
mod measure;
pub mod minimise;
pub mod opened;
pub mod output;
mod peers;
mod presence;
mod query;
mod report;
mod route;
pub mod session;
mod submit;
mod survey;
mod view;
mod viewing;
mod watch;

pub use announce::Announcer;
pub use faults::{FaultKind, Faults, RecordFault};
pub use forecast::Forecast;
pub use lease::LeasedCheck;
pub use lending::LendingView;
pub use peers::{CLOCK_AHEAD_MAX, Peers};
pub use presence::Presence;
pub use query::{AlertEntry, OUTSTANDING, Paged, Shown};
pub use report::{LineEntry, LineInput, ReportInput, ReportView};
pub use view::Viewed;
pub use watch::Watch;

use crate::clock::Clock;
use crate::directory::{Courts, Directory, Responder};
use crate::ids::Ids;
pub use crate::store::Record;
use crate::store::{Change, Committed, Revision, Store, StoreError, Stored, record};
use crate::telemetry::metrics::Metrics;
use arc_swap::ArcSwap;
use opened::{ResponderCard, Unseal};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use usher_domain::actor::Actor;
use usher_domain::case::command::{CaseCommand, CaseVerb};
use usher_domain::case::decide::decide as decide_case;
use usher_domain::code::ResponderId;
use usher_domain::command::{Command, Verb};
use usher_domain::decide::{Transition, decide};
use usher_domain::enquiry::Enquiry;
use usher_domain::event::Event;
use usher_domain::id::{EnquiryId, RecordId};
use usher_domain::limits;
use usher_domain::policy::Policy;
use usher_domain::rejection::Rejection;
use usher_domain::time::Timestamp;

/// Everything that a broker stands on.
pub struct Parts {
    /// The durable home of enquiries.
    pub store: Arc<dyn Store>,
    /// Postcodes, authorities and responders; replaced as a whole on reload.
    pub directory: Arc<Directory>,
    /// Ladders, leases, hours and holidays; replaced as a whole on reload.
    pub policy: Policy,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
}

/// The one way to an enquiry: services, scheduler and console all come through here.
pub struct Broker {
    store: Arc<dyn Store>,
    directory: ArcSwap<Directory>,
    cards: ArcSwap<BTreeMap<ResponderId, ResponderCard>>,
    /// The courts that are known; none where their list cannot be read.
    courts: Courts,
    policy: ArcSwap<Policy>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    metrics: Arc<Metrics>,
    announcer: Arc<Announcer>,
    presence: Presence,
    peers: Peers,
    faults: Arc<Faults>,
    forecast: Arc<Forecast>,
    lending: Arc<lending::Lending>,
    lease_calls: Arc<lease::Remembered>,
    /// A place for each report that may be counted at once.
    reports: Semaphore,
    viewings: viewing::Viewings,
}

/// How sealed parts are read: the one codec.
const UNSEAL: Unseal<record::RecordError> = Unseal {
    personal: record::open_personal,
    answer: record::open_answer,
    text: record::open_text,
    candidates: record::open_candidates,
};

/// What a command led to.
#[derive(Clone, Debug)]
pub struct Executed {
    /// The enquiry as it now is.
    pub enquiry: Enquiry,
    /// Its revision.
    pub revision: Revision,
    /// What happened; empty for a repeated request.
    pub events: Vec<Event>,
}

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// A rule refused the command.
    #[error("the command was refused")]
    Rejected(#[from] Rejection),
    /// The store could not do it.
    #[error("the store could not do it")]
    Store(#[from] StoreError),
    /// A sealed part of a record cannot be read: a person must look.
    #[error("a sealed part of record {id} cannot be read")]
    Unreadable {
        /// Whose.
        id: RecordId,
        /// The cause.
        source: record::RecordError,
    },
    /// Too many are at it: try again shortly.
    #[error("too many {what} at once: try again shortly")]
    Busy {
        /// Of what.
        what: &'static str,
    },
}

impl Broker {
    /// Puts the parts together, and reads from the store its own history for the forecast, and what is lent.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn new(parts: Parts) -> Result<Self, StoreError> {
        let Parts {
            store,
            directory,
            policy,
            clock,
            ids,
            metrics,
        } = parts;
        let measured = Arc::clone(&metrics);
        store.observe(Box::new(move |members, took| {
            measured.committed(members, took);
        }));
        let announcer = Announcer::new(store.feed_end().await?);
        let forecast = Forecast::from_feed(store.as_ref(), &policy).await?;
        let longest = clock.now().saturating_add(policy.lease.max);
        let lending =
            lending::Lending::from_store(store.as_ref(), longest.unwrap_or(Timestamp::MAX)).await?;
        let peers = Peers::new(ids.next());
        peers.set_clock(store.as_ref(), clock.as_ref()).await?;
        let presence = Presence::new(clock.now());
        let broker = Self {
            cards: ArcSwap::from_pointee(cards_of(&directory, &policy)),
            courts: Courts::built_in().unwrap_or_default(),
            store,
            directory: ArcSwap::new(directory),
            policy: ArcSwap::from_pointee(policy),
            clock,
            ids,
            metrics,
            announcer: Arc::new(announcer),
            presence,
            peers,
            faults: Arc::default(),
            forecast: Arc::new(forecast),
            lending: Arc::new(lending),
            lease_calls: Arc::default(),
            reports: Semaphore::new(limits::REPORTS_AT_ONCE_MAX),
            viewings: viewing::Viewings::default(),
        };
        broker.look_for_faults().await?;
        Ok(broker)
    }

    /// Loads, decides, commits and announces; again, a bounded number of times, when somebody else wrote first.
    ///
    /// # Errors
    /// [`BrokerError::Rejected`] with the rule's reason; store errors; `Busy` when others kept writing first.
    pub async fn execute(
        &self,
        id: EnquiryId,
        command: &Command,
        actor: &Actor,
    ) -> Result<Executed, BrokerError> {
        self.execute_at(id, command, actor, || self.clock.now())
            .await
    }

    /// As [`Self::execute`], decided as of the moment that `now` tells.
    ///
    /// # Errors
    /// As [`Self::execute`].
    async fn execute_at(
        &self,
        id: EnquiryId,
        command: &Command,
        actor: &Actor,
        now: impl Fn() -> Timestamp,
    ) -> Result<Executed, BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let stored = self.load(id).await?;
            let policy = self.policy.load_full();
            let decided = decide(
                stored.as_ref().map(|stored| &stored.record),
                command,
                actor,
                now(),
                &policy,
            )?;
            let beside = self
                .change_of_case(stored.as_ref(), &decided, actor)
                .await?;
            match self.commit(stored, decided, beside).await {
                Err(BrokerError::Store(StoreError::Conflict { .. })) => {}
                outcome => return outcome,
            }
        }
        Err(BrokerError::Busy {
            what: "writers of this enquiry",
        })
    }

    /// As [`Self::execute`], for a command that most likely makes the enquiry: decides as if there were none, and looks only when there
    /// is one, or when the command would be refused.
    ///
    /// # Errors
    /// As [`Self::execute`].
    async fn execute_new(
        &self,
        id: EnquiryId,
        command: &Command,
        actor: &Actor,
    ) -> Result<Executed, BrokerError> {
        let policy = self.policy.load_full();
        if let Ok(decided) = decide(None, command, actor, self.clock.now(), &policy) {
            match self.commit(None, decided, None).await {
                Err(BrokerError::Store(StoreError::Conflict { .. })) => {}
                outcome => return outcome,
            }
        }
        self.execute(id, command, actor).await
    }

    /// The enquiry with this id.
    async fn load(&self, id: EnquiryId) -> Result<Option<Stored<Enquiry>>, StoreError> {
        Ok(self.store.load(id.into()).await?.and_then(Stored::enquiry))
    }

    /// Does what time brings to a record of either kind.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub async fn advance(&self, id: RecordId) -> Result<(), BrokerError> {
        for _ in 0..limits::CONFLICT_RETRIES_MAX {
            let Some(Stored { record, revision }) = self.store.load(id).await? else {
                return Ok(());
            };
            let (clock, policy) = (Actor::clock(), self.policy.load_full());
            let now = self.clock.now();
            let advanced = match &record {
                Record::Enquiry(enquiry) => {
                    let (request, verb) = (None, Verb::Advance);
                    let command = Command { request, verb };
                    let decided = decide(Some(enquiry), &command, &clock, now, &policy)?;
                    Change::new(decided.enquiry, Some(revision), decided.events)
                }
                Record::Case(case) => {
                    let (request, verb) = (None, CaseVerb::Advance);
                    let command = CaseCommand { request, verb };
                    let decided = decide_case(Some(case), &command, &clock, now, &policy)?;
                    Change::new(decided.case, Some(revision), decided.events)
                }
            };
            if advanced.events.is_empty() {
                return Ok(());
            }
            match self.commit_and_announce(vec![advanced], async || ()).await {
                Err(StoreError::Conflict { .. }) => {}
                outcome => return Ok(outcome.map(|_| ())?),
            }
        }
        Err(BrokerError::Busy {
            what: "writers of this record",
        })
    }

    /// Commits one transition made on `stored`, with what changes `beside` it, and announces it.
    async fn commit(
        &self,
        stored: Option<Stored<Enquiry>>,
        decided: Transition,
        beside: Option<Change>,
    ) -> Result<Executed, BrokerError> {
        let Transition { enquiry, events } = decided;
        let expected = stored.map(|stored| stored.revision);
        if let (true, Some(revision)) = (events.is_empty(), expected) {
            return Ok(Executed {
                enquiry,
                revision,
                events,
            });
        }
        let mut changes = vec![Change::new(enquiry, expected, events)];
        changes.extend(beside);
        Ok(self.commit_enquiry(changes).await?)
    }

    /// Commits `changes`, does `then`, and tells whoever waits: watchers, lease calls of responders with work, the scheduler. It is a task
    /// of its own: a caller that goes away in the middle must not leave committed what nobody is told of.
    async fn commit_and_announce<T, F>(
        &self,
        changes: Vec<Change>,
        then: impl FnOnce() -> F + Send + 'static,
    ) -> Result<(Committed, Vec<Change>, T), StoreError>
    where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let (store, policy) = (Arc::clone(&self.store), self.policy.load_full());
        let (announcer, forecast) = (Arc::clone(&self.announcer), Arc::clone(&self.forecast));
        let (metrics, faults) = (Arc::clone(&self.metrics), Arc::clone(&self.faults));
        let lending = Arc::clone(&self.lending);
        let task = tokio::spawn(async move {
            let committed = store.commit(&changes).await?;
            let enquiries: Vec<_> = changes.iter().filter_map(Change::enquiry).collect();
            for (enquiry, events) in &enquiries {
                lending.observe(enquiry, events);
            }
            let outcome = then().await;
            for (enquiry, events) in &enquiries {
                forecast.observe(enquiry, events, &policy);
                measure::events(&metrics, enquiry, events);
            }
            for change in &changes {
                faults.written(change.record.id());
                if change.events.iter().any(|event| event.kind.is_news()) {
                    announcer.announce(&change.record.keys(), committed.cursor);
                }
            }
            Ok((committed, changes, outcome))
        });
        task.await.unwrap_or_else(|_| Err(gone()))
    }

    /// Wakes the scheduler, watchers and lease calls.
    pub fn announcer(&self) -> &Announcer {
        &self.announcer
    }

    /// Which adapters are there.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// The directory in use.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// The store in use, for the scheduler's reads.
    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The clock in use.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// What is measured.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The courts that are known by name.
    pub fn courts(&self) -> &Courts {
        &self.courts
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<Policy> {
        self.policy.load_full()
    }

    /// Puts another policy in force. Ladders that stand in records keep their steps until their hearing moves.
    pub fn replace_policy(&self, policy: Policy) {
        self.cards
            .store(Arc::new(cards_of(&self.directory.load(), &policy)));
        self.policy.store(Arc::new(policy));
    }

    /// Puts another directory in force. Checks that are open stay with whom they are.
    pub fn replace_directory(&self, directory: Directory) {
        self.cards
            .store(Arc::new(cards_of(&directory, &self.policy.load())));
        self.directory.store(Arc::new(directory));
    }
}

/// What people need to know of each responder.
fn cards_of(directory: &Directory, policy: &Policy) -> BTreeMap<ResponderId, ResponderCard> {
    let contacts = |id: &ResponderId| {
        let latest = policy.agreements.latest(id, jiff::civil::Date::MAX);
        let contacts = latest.into_iter().flat_map(|one| one.contacts_of(id));
        contacts.cloned().collect()
    };
    let card = |responder: &Responder| ResponderCard {
        name: responder.name.clone(),
        duty_phone: responder.duty_phone.clone(),
        emergency_phone: responder.emergency_phone.clone().unwrap_or_default(),
        contacts: contacts(&responder.id),
    };
    let responders = directory.responders().iter();
    responders
        .map(|responder| (responder.id.clone(), card(responder)))
        .collect()
}

/// A commit whose outcome is not known.
fn gone() -> StoreError {
    StoreError::Unavailable {
        doing: "committing",
        source: "the commit ended without an outcome".into(),
    }
}
