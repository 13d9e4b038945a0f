//! Leasing: a long poll that wakes at once, nearest deadline first, never more than asked, a lease of its own for every check.

use super::input::LeaseInput;
use super::lending::Reserved;
use super::{Broker, BrokerError};
use crate::store::{Change, Queued, Revision, StoreError, Stored};
use futures_util::future::join_all;
use jiff::SignedDuration;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use usher_domain::actor::{Actor, Role};
use usher_domain::code::{ClientId, ResponderId};
use usher_domain::command::{Command, Verb, VerbName};
use usher_domain::decide::decide;
use usher_domain::enquiry::{CheckState, Enquiry, Lease};
use usher_domain::event::Event;
use usher_domain::id::{CheckId, EnquiryId, LeaseId, RecordId, RequestId};
use usher_domain::limits;
use usher_domain::permit::permits;
use usher_domain::policy::Policy;
use usher_domain::rejection::Rejection;
use usher_domain::sealed::Sealed;
use usher_domain::time::Timestamp;

/// What a leased check takes on the wire beside what people wrote, in bytes: ids, codes, dates, reasons, authorities.
const FACTS_BYTES_MAX: usize = 8 * 1_024;

/// A call that waits for room looks again so often.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// One check lent to the caller.
#[derive(Clone, Debug)]
pub struct LeasedCheck {
    /// The check.
    pub check: CheckId,
    /// Its lease.
    pub lease: Lease,
    /// The enquiry that it is part of.
    pub stored: Stored<Enquiry>,
}

/// The outcome of recent lease calls, for those whose reply was lost on the way. Forgotten at a restart, and unknown to other brokers: then
/// the leases expire.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Calls>);

#[derive(Debug, Default)]
struct Calls {
    by_key: HashMap<Key, Outcome>,
    oldest_first: VecDeque<Key>,
}

type Key = (ClientId, RequestId);

/// What a call asked, and what it was lent.
#[derive(Clone, Debug)]
struct Outcome {
    digest: u64,
    checks: Vec<CheckId>,
}

impl Remembered {
    fn keep(&self, key: Key, outcome: Outcome) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.oldest_first.len() >= limits::LEASE_CALLS_REMEMBERED_MAX
            && let Some(oldest) = calls.oldest_first.pop_front()
        {
            calls.by_key.remove(&oldest);
        }
        calls.oldest_first.push_back(key.clone());
        calls.by_key.insert(key, outcome);
    }

    fn get(&self, key: &Key) -> Option<Outcome> {
        let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        calls.by_key.get(key).cloned()
    }
}

/// What a look at the queues led to.
struct Claimed {
    leased: Vec<LeasedCheck>,
    /// Whether more may wait than was found, of which nobody tells.
    look_again: bool,
}

impl Claimed {
    const fn nothing(look_again: bool) -> Self {
        Self {
            leased: Vec::new(),
            look_again,
        }
    }
}

/// What a call is to be lent.
struct Wanted {
    checks: Vec<CheckId>,
    /// The room for it.
    reserved: Vec<Reserved>,
    /// Whether the programs of a responder may be lent nothing just now: nobody tells when they may again.
    is_short: bool,
}

impl Broker {
    /// Lends waiting checks to the actor: those there are, or the first that come within the wait. An empty answer means none came.
    ///
    /// # Errors
    /// `NotPermitted`, `NotFound` for a responder that is not the actor's, `Busy` when too many calls wait, store errors.
    pub async fn lease(
        self: &Arc<Self>,
        call: &LeaseInput,
        actor: &Actor,
    ) -> Result<Vec<LeasedCheck>, BrokerError> {
        if !permits(actor.role, VerbName::Lease) || actor.role != Role::Adapter {
            return Err(Rejection::NotPermitted {
                verb: VerbName::Lease,
            }
            .into());
        }
        let responders = if call.responders.is_empty() {
            &actor.responders
        } else {
            &call.responders
        };
        if responders.is_empty()
            || responders
                .iter()
                .any(|responder| !actor.answers_for(responder))
        {
            return Err(Rejection::NotFound { what: "responder" }.into());
        }
        let crowded = |responder: &ResponderId| {
            self.presence.waiting_calls(responder) >= limits::LEASE_WAITERS_PER_RESPONDER_MAX
        };
        if responders.iter().any(crowded) {
            return Err(BrokerError::Busy {
                what: "lease calls of this responder",
            });
        }
        let key = key(call, actor);
        match self.lease_calls.get(&key) {
            Some(earlier) if earlier.digest != call.request.digest => {
                Err(Rejection::RequestReused.into())
            }
            Some(earlier) => self.still_leased(&earlier.checks, actor).await,
            None => self.wait_for_checks(call, responders, actor).await,
        }
    }

    async fn wait_for_checks(
        self: &Arc<Self>,
        call: &LeaseInput,
        responders: &[ResponderId],
        actor: &Actor,
    ) -> Result<Vec<LeasedCheck>, BrokerError> {
        let wait = self.clock.real(
            call.wait
                .min(Duration::from_secs(limits::LEASE_WAIT_SECONDS_MAX)),
        );
        let mut wait = std::pin::pin!(tokio::time::sleep(wait));
        let waiters: Vec<_> = responders
            .iter()
            .map(|responder| self.announcer.queue(responder))
            .collect();
        let _waiting = self.presence.call(
            responders,
            &actor.client,
            call.report.as_ref(),
            self.clock.now(),
        );
        loop {
            // Registered before the look, so that what comes between look and wait is not missed.
            let mut woken: Vec<_> = waiters
                .iter()
                .map(|waiter| Box::pin(waiter.notified()))
                .collect();
            for notified in &mut woken {
                notified.as_mut().enable();
            }
            let Claimed { leased, look_again } = self.claim(call, responders, actor).await?;
            let over = !leased.is_empty()
                || tokio::select! {
                    _ = futures_util::future::select_all(woken) => false,
                    () = tokio::time::sleep(LOOK_AGAIN), if look_again => false,
                    () = &mut wait => true,
                };
            if over {
                self.presence
                    .sign_of_life(responders, &actor.client, self.clock.now());
                return Ok(leased);
            }
        }
    }

    /// Takes what is waiting now, in one commit. Where others write first it looks again: it ends with nothing only when nothing is left,
    /// since nobody would wake this call for what waits already. What goes on being written is left out, so it ends.
    async fn claim(
        self: &Arc<Self>,
        call: &LeaseInput,
        responders: &[ResponderId],
        actor: &Actor,
    ) -> Result<Claimed, BrokerError> {
        let (mut lost, mut tries) = (HashSet::new(), 0);
        loop {
            tries += 1;
            let Wanted {
                checks: wanted,
                reserved,
                is_short,
            } = self.waiting(call, responders, &lost).await?;
            if wanted.is_empty() {
                return Ok(Claimed::nothing(is_short));
            }
            let (now, policy) = (self.clock.now(), self.policy.load_full());
            let until = lease_end(now, call.span, &policy);
            let (changes, leases) = self
                .decide_leases(&wanted, (now, until), &policy, actor)
                .await?;
            let leased: Vec<CheckId> = leases.iter().map(|(check, _)| *check).collect();
            if changes.is_empty() {
                lost.extend(wanted.iter().map(|check| check.enquiry));
                continue;
            }
            let key = key(call, actor);
            let outcome = Outcome {
                digest: call.request.digest,
                checks: leased.clone(),
            };
            // A commit may have taken long, and no lease is handed out that has ended, or is about to. It is given back, whatever becomes of
            // this call: the program never heard of it, and no broker is to count it as lost.
            let too_late = half_way(now, until);
            let (broker, holder) = (Arc::clone(self), actor.clone());
            let hand_out = async move || {
                let in_time = broker.clock.now() < too_late;
                if !in_time {
                    broker.give_back(leases, too_late, &holder).await;
                } else if !outcome.checks.is_empty() {
                    broker.lease_calls.keep(key, outcome);
                }
                (reserved, in_time)
            };
            match self.commit_and_announce(changes, hand_out).await {
                // What the agreements do not let be lent is with people now: what waits behind it is looked at.
                Ok(_) if leased.is_empty() => {}
                // What else waits is not known, and this store is slow: not at once.
                Ok((_, _, (_, false))) => return Ok(Claimed::nothing(true)),
                Ok((committed, changes, _)) => {
                    let revisions = changes
                        .iter()
                        .map(|change| change.record.id())
                        .zip(committed.revisions);
                    let leased = views(
                        &leased,
                        changes.iter().filter_map(|change| change.record.enquiry()),
                        &revisions.collect(),
                        actor,
                    );
                    let look_again = false;
                    return Ok(Claimed { leased, look_again });
                }
                Err(StoreError::Conflict { .. }) if tries < limits::CONFLICT_RETRIES_MAX => {}
                Err(StoreError::Conflict { id }) => {
                    lost.insert(EnquiryId::from_uuid(id.uuid()));
                }
                Err(other) => return Err(other.into()),
            }
        }
    }

    /// The checks that wait with the nearest deadlines, as many as the call wants and may be lent, but for those `lost` to others.
    async fn waiting(
        &self,
        call: &LeaseInput,
        responders: &[ResponderId],
        lost: &HashSet<EnquiryId>,
    ) -> Result<Wanted, BrokerError> {
        let max = call.max.clamp(1, limits::LEASE_BATCH_MAX);
        let mut waiting: Vec<Queued> = Vec::new();
        let (mut reserved, mut is_short) = (Vec::new(), false);
        for responder in responders {
            let (most, now) = (self.lent_max(responder), self.clock.now());
            if self.lending.room(responder, most, now) == 0 {
                is_short = true;
                continue;
            }
            let behind = lost.len() + self.lending.lost(responder);
            let mut queued = self.store.queued(responder, max + behind).await?;
            queued.retain(|queued| !lost.contains(&queued.check.enquiry));
            let some_wait = !queued.is_empty();
            let room = self
                .lending
                .reserve(responder, (most, max), now, &mut queued);
            is_short |= some_wait && queued.is_empty();
            reserved.push(room);
            waiting.extend(queued);
        }
        waiting.sort_unstable();
        waiting.truncate(max);
        let checks = waiting.iter().map(|queued| queued.check).collect();
        Ok(Wanted {
            checks,
            reserved,
            is_short,
        })
    }

    /// The most that the programs of `responder` may hold at once.
    pub(super) fn lent_max(&self, responder: &ResponderId) -> usize {
        let directory = self.directory();
        let found = directory.responders().get(responder);
        found.map_or(limits::LENT_DEFAULT, |responder| responder.lent_max)
    }

    async fn decide_leases(
        &self,
        wanted: &[CheckId],
        (now, until): (Timestamp, Timestamp),
        policy: &Policy,
        actor: &Actor,
    ) -> Result<(Vec<Change>, Vec<(CheckId, LeaseId)>), BrokerError> {
        let mut changes: HashMap<EnquiryId, (Stored<Enquiry>, Vec<Event>)> = HashMap::new();
        let (mut leased, mut bytes) = (Vec::new(), 0);
        for check in wanted {
            let (stored, events) = match changes.entry(check.enquiry) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(place) => {
                    let Some(stored) = self.load(check.enquiry).await? else {
                        continue;
                    };
                    place.insert((stored, Vec::new()))
                }
            };
            // A reply that could not be sent would lose the leases: what it does not hold is left in the queue.
            bytes += stored.record.weight() + FACTS_BYTES_MAX;
            if bytes > limits::PAGE_BYTES_MAX && !leased.is_empty() {
                break;
            }
            let lease = self.ids.lease();
            let verb = Verb::Lease {
                check: check.number,
                lease,
                until,
            };
            let command = Command {
                request: None,
                verb,
            };
            if let Ok(decided) = decide(Some(&stored.record), &command, actor, now, policy) {
                stored.record = decided.enquiry;
                events.extend(decided.events);
                let state = stored.record.check(check.number).map(|check| &check.state);
                if matches!(state, Some(CheckState::Leased { .. })) {
                    leased.push((*check, lease));
                }
            }
        }
        let changes = changes
            .into_values()
            .filter(|(_, events)| !events.is_empty())
            .map(|(stored, events)| Change::new(stored.record, Some(stored.revision), events));
        Ok((changes.collect(), leased))
    }

    /// Gives `leases` of `holder` back for any program, as of `moment`, by when they had not ended. What cannot be given back returns to the
    /// queue when its lease ends.
    async fn give_back(&self, leases: Vec<(CheckId, LeaseId)>, moment: Timestamp, holder: &Actor) {
        let give_back = async |(check, lease): (CheckId, LeaseId)| {
            let verb = Verb::Release {
                check: check.number,
                lease: Some(lease),
                for_people: None,
                candidates: Sealed::default(),
            };
            let command = Command {
                request: None,
                verb,
            };
            let executed = self.execute_at(check.enquiry, &command, holder, || moment);
            if let Err(error) = executed.await {
                tracing::warn!(
                    enquiry.id = %check.enquiry,
                    error = &error as &dyn std::error::Error,
                    "a lease that nobody was told of could not be given back: the check waits until it ends"
                );
            }
        };
        join_all(leases.into_iter().map(give_back)).await;
    }

    /// Of the checks that an earlier call took, those that the actor still holds.
    async fn still_leased(
        &self,
        checks: &[CheckId],
        actor: &Actor,
    ) -> Result<Vec<LeasedCheck>, BrokerError> {
        let mut leased = Vec::new();
        for check in checks {
            if let Some(stored) = self.load(check.enquiry).await? {
                leased.extend(leased_view(*check, stored, actor));
            }
        }
        let now = self.clock.now();
        leased.retain(|leased| leased.lease.expires > now);
        Ok(leased)
    }
}

fn views<'a>(
    leased: &[CheckId],
    enquiries: impl Iterator<Item = &'a Enquiry>,
    revisions: &HashMap<RecordId, Revision>,
    actor: &Actor,
) -> Vec<LeasedCheck> {
    let enquiries: HashMap<EnquiryId, &Enquiry> =
        enquiries.map(|enquiry| (enquiry.id, enquiry)).collect();
    let view = |check: &CheckId| {
        let record = (*enquiries.get(&check.enquiry)?).clone();
        leased_view(
            *check,
            Stored {
                record,
                revision: *revisions.get(&check.enquiry.into())?,
            },
            actor,
        )
    };
    leased.iter().filter_map(view).collect()
}

fn leased_view(check: CheckId, stored: Stored<Enquiry>, actor: &Actor) -> Option<LeasedCheck> {
    match &stored.record.check(check.number)?.state {
        CheckState::Leased { lease } if lease.client == actor.client => Some(LeasedCheck {
            check,
            lease: lease.clone(),
            stored,
        }),
        _ => None,
    }
}

fn key(call: &LeaseInput, actor: &Actor) -> Key {
    (actor.client.clone(), call.request.id)
}

fn lease_end(now: Timestamp, wanted: Option<SignedDuration>, policy: &Policy) -> Timestamp {
    let until = now.saturating_add(wanted.unwrap_or(policy.lease.default));
    policy.lease.bound(now, until.unwrap_or(Timestamp::MAX))
}

fn half_way(from: Timestamp, until: Timestamp) -> Timestamp {
    let half = until.duration_since(from) / 2;
    from.saturating_add(half).unwrap_or(until)
}
