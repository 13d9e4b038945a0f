//! One check in an adapter's hands: kept leased, looked up by one connector after the other, decided, told.

use super::act::Act;
use super::connector::{Outcome, Reply, Trouble};
use super::journal::JournalError;
use super::link::{Pause, Refused};
use super::runtime::Adapter;
use jiff::Timestamp;
use std::time::Duration;
use tokio::time::{sleep, timeout};
use usher_proto::v1;

/// A lease is renewed so often while it lasts, so that two renewals may come to nothing.
const RENEWALS: u32 = 3;
/// Never more often.
const RENEW_LEAST: Duration = Duration::from_millis(50);
/// Where nobody says how long a lease is.
const LEASE_USUAL: Duration = Duration::from_secs(60);
/// A system that answers later is not asked more often, whatever its connector says.
const AGAIN_LEAST: Duration = Duration::from_millis(50);
/// A look-up may take so long even where the deadline is close.
const LOOK_UP_LEAST: Duration = Duration::from_secs(30);
/// How long a system may say that it answers later; then people are asked.
const PENDING_MOST: Duration = Duration::from_hours(120 * 24);

impl Adapter {
    /// Brings `leased` to an end: an act that the broker has, or a lease that is lost.
    pub(super) async fn work(&self, leased: v1::LeasedCheck) {
        let Some(check) = leased.check else { return };
        let lease = leased.lease_id;
        let span = check.lease.as_ref().and_then(span).unwrap_or(LEASE_USUAL);
        let settled = async {
            let act = self.settled(&check).await;
            if let Some(why) = act.for_people() {
                self.let_know(&check, why).await;
            }
            act
        };
        let act = tokio::select! {
            act = settled => act,
            () = self.keep(&check.id, &lease, span) => {
                tracing::warn!(check = check.id, "Lease lost: the check is in the queue again");
                return;
            }
            () = self.stopping.cancelled() => Act::give_back(&check.id),
        };
        self.tell(&check, act, &lease).await;
    }

    async fn tell(&self, check: &v1::AssignedCheck, act: Act, lease: &str) {
        let (name, decided) = (act.name(), act.name() != "release");
        if decided && let Err(error) = self.journal.keep(check, &act) {
            // What cannot be kept is not told: it might be decided otherwise later. That people must look is never contradicted.
            tracing::error!(
                check = check.id,
                error = &error as &dyn std::error::Error,
                "Decision cannot be kept: leaving the check to people"
            );
            return self.leave_to_people(check, lease).await;
        }
        let done = act.deliver(&self.link, lease).await;
        let forgotten = match &done {
            Ok(()) => {
                tracing::info!(check = check.id, act = name, "Done");
                self.journal.forget(check)
            }
            Err(Refused::LeaseLost) => {
                tracing::warn!(
                    check = check.id,
                    act = name,
                    "Lease lost before it was told: kept until the check comes again"
                );
                Ok(())
            }
            Err(Refused::Overtaken) => {
                tracing::info!(
                    check = check.id,
                    act = name,
                    "Overtaken: somebody else has acted"
                );
                self.journal.forget(check)
            }
            Err(Refused::Forbidden(why)) => {
                tracing::error!(
                    check = check.id,
                    act = name,
                    why,
                    "Broker refuses it: leaving the check to people"
                );
                self.journal.forget(check)
            }
        };
        if let Err(error) = forgotten {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "Journal cannot be cleaned"
            );
        }
        // An older broker may know the reason for leaving it to people as little as the rest.
        if matches!(done, Err(Refused::Forbidden(_))) {
            self.leave_to_people(check, lease).await;
        }
    }

    async fn leave_to_people(&self, check: &v1::AssignedCheck, lease: &str) {
        let act = Act::leave_to_people(&check.id, v1::PeopleReason::Other);
        if let Err(refused) = act.deliver(&self.link, lease).await {
            tracing::warn!(
                check = check.id,
                ?refused,
                "Cannot be left to people: its lease will end"
            );
        }
        self.let_know(check, v1::PeopleReason::Other).await;
    }

    /// Lets the connectors know that people have `check`: what they said about it is not given.
    async fn let_know(&self, check: &v1::AssignedCheck, why: v1::PeopleReason) {
        for connector in &self.connectors {
            let _ = timeout(LOOK_UP_LEAST, connector.left_to_people(check, why)).await;
        }
    }

    /// Renews the lease until it is lost. When it ends the broker's clock says, which is not this one; how long that is in real time, this one.
    async fn keep(&self, check: &str, lease: &str, span: Duration) {
        loop {
            sleep(self.clock.real(span / RENEWALS).max(RENEW_LEAST)).await;
            let request = v1::RenewRequest {
                request_id: self.request_id(),
                check_id: check.into(),
                lease_id: lease.into(),
                lease: prost_types::Duration::try_from(span).ok(),
            };
            let renewed = self
                .link
                .call(
                    async |mut client, request| client.renew(request).await,
                    request,
                )
                .await;
            if renewed.is_err() {
                return;
            }
        }
    }

    /// What is to be done about `check`: what was decided before, or what its connectors come to.
    async fn settled(&self, check: &v1::AssignedCheck) -> Act {
        match self.decided(check).await {
            Ok(Some(act)) => return act,
            Ok(None) => {}
            // Something was decided, or may have been: only people may say something else.
            Err(_) => return Act::leave_to_people(&check.id, v1::PeopleReason::Other),
        }
        let automatic = check
            .sharing
            .as_ref()
            .is_some_and(|sharing| sharing.automatic_answers);
        let (mut doubt, mut candidates) = (None, Vec::new());
        for number in 0..self.connectors.len() {
            let reason = match self.asked(number, check).await {
                Ok(Outcome::Answer(reply)) if !automatic && reply.person.is_none() => {
                    v1::PeopleReason::Agreement
                }
                Ok(Outcome::Redirect { person: None, .. }) if !automatic => {
                    v1::PeopleReason::Agreement
                }
                Ok(Outcome::Answer(reply)) if doubt.is_none() || tells_something(&reply) => {
                    return Act::answer(&check.id, *reply);
                }
                Ok(Outcome::Redirect { to, person }) if doubt.is_none() => {
                    return Act::redirect(&check.id, to, person);
                }
                Ok(Outcome::Answer(_) | Outcome::Redirect { .. }) => continue,
                Ok(Outcome::Unsettled(reason)) => reason,
                Ok(Outcome::Possible(found)) => {
                    candidates.extend(found);
                    v1::PeopleReason::PossibleMatch
                }
                // It was asked for as long as it may be.
                Ok(Outcome::Pending(_)) => v1::PeopleReason::SystemAway,
                Err(trouble) => trouble.reason(),
            };
            doubt.get_or_insert(reason);
        }
        match doubt {
            Some(v1::PeopleReason::PossibleMatch) => {
                candidates.truncate(self.pace.show_candidates);
                Act::possible_match(&check.id, candidates)
            }
            doubt => Act::leave_to_people(&check.id, doubt.unwrap_or(v1::PeopleReason::Other)),
        }
    }

    /// What was decided before. A journal that cannot be read is tried again until the patience with it is over.
    async fn decided(&self, check: &v1::AssignedCheck) -> Result<Option<Act>, JournalError> {
        let until = self.clock.now() + self.patience(check);
        let mut pause = Pause::default();
        loop {
            let found = self.journal.find(check);
            let Err(error) = &found else { return found };
            tracing::error!(
                check = check.id,
                error = error as &dyn std::error::Error,
                "What was decided cannot be read: nothing is decided anew"
            );
            if matches!(error, JournalError::Damaged) || self.clock.now() >= until {
                return found;
            }
            pause.wait().await;
        }
    }

    /// Asks one connector until it says something, or the patience with it is over.
    async fn asked(&self, number: usize, check: &v1::AssignedCheck) -> Result<Outcome, Trouble> {
        let Some(connector) = self.connectors.get(number) else {
            return Ok(Outcome::Unsettled(v1::PeopleReason::Other));
        };
        let start = self.clock.now();
        let mut until = start + self.patience(check);
        let mut pause = Pause::default();
        loop {
            let outcome = {
                let _turn = self.turns.acquire().await;
                let looked = timeout(self.look_up_limit(check), connector.look_up(check));
                looked.await.unwrap_or_else(|_| Err(silent()))
            };
            self.health.note(number, outcome.as_ref().err());
            match outcome {
                Ok(Outcome::Pending(again)) if self.clock.now() < start + PENDING_MOST => {
                    let again = self.clock.real(again.min(PENDING_MOST));
                    sleep(again.max(AGAIN_LEAST)).await;
                    // It was there until now: the patience with it begins anew.
                    until = self.clock.now() + self.patience(check);
                    pause = Pause::default();
                }
                Err(error @ (Trouble::Passing { .. } | Trouble::Unready { .. }))
                    if self.clock.now() < until =>
                {
                    tracing::warn!(
                        connector = connector.name(),
                        error = &error as &dyn std::error::Error,
                        "System is away or not ready: trying again"
                    );
                    pause.wait().await;
                }
                Err(error) => {
                    tracing::error!(
                        connector = connector.name(),
                        check = check.id,
                        error = &error as &dyn std::error::Error,
                        "System cannot be asked about this check"
                    );
                    return Err(error);
                }
                Ok(outcome) => return Ok(outcome),
            }
        }
    }

    /// How long one look-up may take, in real time.
    fn look_up_limit(&self, check: &v1::AssignedCheck) -> Duration {
        let hurried = self.clock.real(self.patience(check)).max(LOOK_UP_LEAST);
        hurried.min(self.pace.patience())
    }

    /// How long a system that is away is tried for `check`: people need the rest of the time.
    fn patience(&self, check: &v1::AssignedCheck) -> Duration {
        let left = deadline(check).map(|deadline| self.clock.now().duration_until(deadline));
        let left = left.map_or(self.pace.patience(), |left| {
            Duration::try_from(left).unwrap_or_default()
        });
        self.pace.patience().min(left / 4)
    }
}

/// It is not asked again about the same check: it would hold the next turn for as long.
pub(super) fn silent() -> Trouble {
    Trouble::Lasting {
        what: "the system did not answer in time".into(),
        remedy: "see whether it hangs; adapter.patience_seconds bounds one look-up".into(),
    }
}

/// Whether it is more than the absence of something. What one system left in doubt, the silence of another does not settle.
fn tells_something(reply: &Reply) -> bool {
    reply.disposition == v1::Disposition::KnownRelevant
}

/// How long a lease was given for.
fn span(lease: &v1::Lease) -> Option<Duration> {
    let (from, until) = (instant(lease.create_time?)?, instant(lease.expire_time?)?);
    Duration::try_from(from.duration_until(until)).ok()
}

fn instant(at: prost_types::Timestamp) -> Option<Timestamp> {
    Timestamp::new(at.seconds, at.nanos).ok()
}

/// The moment of a check's deadline.
fn deadline(check: &v1::AssignedCheck) -> Option<Timestamp> {
    match check.deadline.as_ref()?.kind.as_ref()? {
        v1::deadline::Kind::Hearing(hearing) => instant(hearing.hearing_time?),
        v1::deadline::Kind::ReplyBy(reply_by) => instant(reply_by.reply_by_time?),
    }
}
