//! How much the programs of each responder are lent: never more at once than its file allows; and where they take checks and let the leases
//! end, little, then nothing for a while, until they bring one to an end again. Other responders notice nothing of it.
//!
//! What they hold and lose is known from what is committed, here and by other brokers. What they hold is read anew at a start; whether they
//! lost any is forgotten, so that every responder then has the benefit of the doubt.
//!
//! To an end is brought what a program, by its lease, answers, accepts, asks back about, redirects or leaves to people; persons whom it names
//! are those of the borough's system. What it gives back for any program is neither an end nor a loss. Nor is what operators, officers and
//! the clock do to a check that it holds: it only holds it no longer.

use crate::store::{Queued, Record, Recorded, Store, StoreError, Stored};
use futures_util::stream::{self, StreamExt as _};
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use usher_domain::actor::Role;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::{CheckState, Enquiry};
use usher_domain::event::{Event, EventKind};
use usher_domain::id::{CheckId, EnquiryId};
use usher_domain::time::Timestamp;

/// The most that is lent after a first lease was lost; after a second, one at a time.
const AFTER_ONE_LOSS: usize = 8;
/// So many times in a row they may lose what they were lent, before they are lent nothing for a while.
const LOSSES_MAX: u32 = 5;
/// How long at first; each further time twice as long.
const PAUSE: SignedDuration = SignedDuration::from_secs(15);
/// Never longer: people are asked meanwhile, but a system that is well again is not to be kept waiting.
const PAUSE_MAX: SignedDuration = SignedDuration::from_mins(5);

/// Enquiries that are looked at for leases at a start, at most: those that are due first. More are due before the longest lease ends only
/// where the clock has stood still for hours, and then leases have ended too.
const LOOKED_AT_MAX: usize = 20_000;
/// Of these, at a time.
const LOOKED_AT_ONCE: usize = 8;

/// What the programs of each responder hold, and how they fare. Responders come from the directory, and nobody holds more than it allows, so
/// it is bounded by that.
#[derive(Debug, Default)]
pub(super) struct Lending(Mutex<HashMap<ResponderId, Lent>>);

/// What one responder's programs hold, and how they fare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lent {
    /// Checks in their hands: from when, until when, and when that was last said.
    held: HashMap<CheckId, (Timestamp, Timestamp, Timestamp)>,
    /// Checks that are about to be in their hands: a commit is under way.
    reserved: usize,
    /// How many times in a row they lost what they held: all that they held at one time count once.
    losses: u32,
    /// When the last of these times was.
    lost_at: Option<Timestamp>,
    /// What they lost since they last brought something to an end: it waits behind the rest, lest one check brings them down again and again.
    lost: HashSet<CheckId>,
}

/// How lending to one responder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LendingView {
    /// Checks in the hands of its programs.
    pub held: usize,
    /// The most that they are lent now.
    pub most: usize,
    /// How many times in a row they lost what they held.
    pub losses: u32,
    /// Until when they are lent nothing.
    pub paused_until: Option<Timestamp>,
}

impl Lent {
    fn paused_until(&self, now: Timestamp) -> Option<Timestamp> {
        let more = self.losses.checked_sub(LOSSES_MAX)?;
        let pause = PAUSE
            .checked_mul(1 << more.min(10))
            .map_or(PAUSE_MAX, |pause| pause.min(PAUSE_MAX));
        let until = self.lost_at?.saturating_add(pause).ok()?;
        (until > now).then_some(until)
    }

    fn most(&self, most: usize, now: Timestamp) -> usize {
        match self.losses {
            0 => most,
            1 => most.min(AFTER_ONE_LOSS),
            _ if self.paused_until(now).is_some() => 0,
            _ => 1,
        }
    }

    /// How many are in their hands. Those whose lease has ended are in the queue as soon as the scheduler has looked.
    fn held(&self, now: Timestamp) -> usize {
        self.held
            .values()
            .filter(|(_, until, _)| *until > now)
            .count()
    }

    fn room(&self, most: usize, now: Timestamp) -> usize {
        let taken = self.held(now) + self.reserved;
        self.most(most, now).saturating_sub(taken)
    }

    fn note(&mut self, check: CheckId, event: &Event) {
        // Other brokers are heard late: what happened before the check was lent or renewed here is over.
        let held = self.held.get(&check);
        if held.is_some_and(|(_, _, said)| event.at < *said) {
            return;
        }
        match &event.kind {
            EventKind::Leased { expires } => {
                let since = held.map_or(event.at, |(since, _, _)| *since);
                self.held.insert(check, (since, *expires, event.at));
            }
            EventKind::LeaseLost => {
                let Some((since, _, _)) = self.held.remove(&check) else {
                    return;
                };
                self.lost.insert(check);
                if self.lost_at.is_none_or(|lost_at| since >= lost_at) {
                    self.losses = self.losses.saturating_add(1);
                    self.lost_at = Some(event.at);
                }
            }
            EventKind::Accepted { .. }
            | EventKind::Asked
            | EventKind::Redirected { .. }
            | EventKind::Answered { .. }
            | EventKind::Released {
                for_people: Some(_),
            } => {
                let was_held = self.held.remove(&check).is_some();
                if was_held && event.by.role == Role::Adapter {
                    (self.losses, self.lost_at) = (0, None);
                    self.lost.clear();
                }
            }
            EventKind::Released { for_people: None }
            | EventKind::Reconsidered { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Withdrawn
            | EventKind::Closed { .. } => {
                self.held.remove(&check);
            }
            _ => {}
        }
    }
}

/// Room that a commit under way is about to take; given back when it is dropped.
#[derive(Debug)]
pub(super) struct Reserved {
    lending: Arc<Lending>,
    responder: ResponderId,
    checks: usize,
}

impl Drop for Reserved {
    fn drop(&mut self) {
        if let Some(lent) = self.lending.lock().get_mut(&self.responder) {
            lent.reserved = lent.reserved.saturating_sub(self.checks);
        }
    }
}

impl Lending {
    /// Reads from `store` what programs hold by leases that end before `until`: such an enquiry is due no later than its lease ends.
    ///
    /// # Errors
    /// `Unavailable`. What cannot be read is passed over: nobody can act on it.
    pub(super) async fn from_store(
        store: &dyn Store,
        until: Timestamp,
    ) -> Result<Self, StoreError> {
        let due = store.due(until, LOOKED_AT_MAX).await?;
        let lending = Self::default();
        let mut loaded = stream::iter(due.into_iter().map(|(_, id)| store.load(id)))
            .buffer_unordered(LOOKED_AT_ONCE);
        while let Some(outcome) = loaded.next().await {
            match outcome {
                Ok(Some(Stored {
                    record: Record::Enquiry(enquiry),
                    ..
                })) => lending.take_in(&enquiry),
                Ok(_) | Err(StoreError::Corrupt { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        drop(loaded);
        Ok(lending)
    }

    fn take_in(&self, enquiry: &Enquiry) {
        for check in &enquiry.checks {
            if let (Some(responder), CheckState::Leased { lease }) =
                (&check.responder, &check.state)
            {
                let held = (lease.since, lease.expires, lease.since);
                let mut all = self.lock();
                let lent = all.entry(responder.clone()).or_default();
                lent.held.insert(enquiry.check_id(check.number), held);
            }
        }
    }

    /// How many more checks the programs of `responder` may be lent, which hold `most` at best.
    pub(super) fn room(&self, responder: &ResponderId, most: usize, now: Timestamp) -> usize {
        let all = self.lock();
        all.get(responder).map_or(most, |lent| lent.room(most, now))
    }

    /// How lending to `responder` stands, which is lent `most` at best.
    pub(super) fn view(&self, responder: &ResponderId, most: usize, now: Timestamp) -> LendingView {
        let all = self.lock();
        let none = Lent::default();
        let lent = all.get(responder).unwrap_or(&none);
        LendingView {
            held: lent.held(now),
            most: lent.most(most, now),
            losses: lent.losses,
            paused_until: lent.paused_until(now),
        }
    }

    /// Leaves of `waiting` what the programs of `responder`, which hold `most` at best, may be lent now, at most `wanted`, and keeps that
    /// room from everybody else. What they have just lost stands behind the rest.
    pub(super) fn reserve(
        self: &Arc<Self>,
        responder: &ResponderId,
        (most, wanted): (usize, usize),
        now: Timestamp,
        waiting: &mut Vec<Queued>,
    ) -> Reserved {
        let mut all = self.lock();
        let lent = all.entry(responder.clone()).or_default();
        waiting.sort_by_key(|queued| lent.lost.contains(&queued.check));
        waiting.truncate(lent.room(most, now).min(wanted));
        lent.reserved += waiting.len();
        Reserved {
            lending: Arc::clone(self),
            responder: responder.clone(),
            checks: waiting.len(),
        }
    }

    /// How many checks its programs have just lost.
    pub(super) fn lost(&self, responder: &ResponderId) -> usize {
        self.lock().get(responder).map_or(0, |lent| lent.lost.len())
    }

    /// Takes in what has just happened here.
    pub(super) fn observe(&self, enquiry: &Enquiry, events: &[Event]) {
        for event in events {
            self.note(enquiry.id, enquiry.responder_of(event), event);
        }
    }

    /// Takes in what the feed tells of other brokers.
    pub(super) fn hear(&self, recorded: &Recorded) {
        if let Some(enquiry) = recorded.enquiry() {
            let responder = recorded.responder.as_ref();
            self.note(enquiry, responder, &recorded.event);
        }
    }

    fn note(&self, enquiry: EnquiryId, responder: Option<&ResponderId>, event: &Event) {
        let (Some(number), Some(responder)) = (event.check, responder) else {
            return;
        };
        let mut all = self.lock();
        let lent = all.entry(responder.clone()).or_default();
        lent.note(CheckId { enquiry, number }, event);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ResponderId, Lent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::actor::{Actor, By};
    use usher_domain::code::ClientId;
    use usher_domain::enquiry::{PeopleReason, Timeliness};
    use usher_domain::id::RequestId;
    use uuid::Uuid;

    const MOST: usize = 100;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn enquiry(number: u128) -> EnquiryId {
        let client = ClientId::parse("spiffe://usher.example/court").unwrap();
        EnquiryId::derive(&client, RequestId::from_uuid(Uuid::from_u128(number)))
    }

    fn queued(check: u128) -> Queued {
        Queued {
            check: CheckId {
                enquiry: enquiry(check),
                number: 1,
            },
            deadline: at(1_000),
        }
    }

    struct Story {
        lending: Arc<Lending>,
        responder: ResponderId,
    }

    impl Story {
        fn new() -> Self {
            Self {
                lending: Arc::default(),
                responder: ResponderId::parse("hackney").unwrap(),
            }
        }

        fn happens(&self, check: u128, second: i64, kind: EventKind) {
            let role = match kind {
                EventKind::LeaseLost => Role::Clock,
                _ => Role::Adapter,
            };
            self.happens_by(role, check, second, kind);
        }

        fn happens_by(&self, role: Role, check: u128, second: i64, kind: EventKind) {
            let mut by = By::from(&Actor::clock());
            by.role = role;
            let event = Event {
                at: at(second),
                by,
                check: Some(1),
                kind,
            };
            self.lending
                .note(enquiry(check), Some(&self.responder), &event);
        }

        fn leased(&self, check: u128, second: i64) {
            let expires = at(second + 60);
            self.happens(check, second, EventKind::Leased { expires });
        }

        fn room(&self, second: i64) -> usize {
            self.lending.room(&self.responder, MOST, at(second))
        }
    }

    #[test]
    fn no_more_is_lent_than_may_be_held() {
        let story = Story::new();
        assert_eq!(story.room(0), MOST);
        (0..100).for_each(|check| story.leased(check, 0));
        assert_eq!(story.room(1), 0);
        story.happens(7, 2, EventKind::Asked);
        assert_eq!(story.room(2), 1);
        // A lease that ended holds nothing, whether or not it has been noticed; one that was renewed does.
        story.leased(8, 30);
        assert_eq!(story.room(60), MOST - 1);
    }

    #[test]
    fn who_loses_what_was_lent_is_lent_little_then_nothing_for_a_while() {
        let story = Story::new();
        let lose = |from: i64| {
            (0..3).for_each(|check| story.leased(check, from));
            (0..3).for_each(|check| story.happens(check, from + 60, EventKind::LeaseLost));
        };
        let expected = [AFTER_ONE_LOSS, 1, 1, 1, 0];
        for (round, room) in (0_i64..).zip(expected) {
            lose(round * 100);
            assert_eq!(
                story.room(round * 100 + 60),
                room,
                "after {} losses",
                round + 1
            );
        }
        // Paused for 15 seconds, then one is tried; lost again, twice as long; never longer than the bound.
        assert_eq!((story.room(474), story.room(475)), (0, 1));
        lose(500);
        assert_eq!((story.room(589), story.room(590)), (0, 1));
        (6..30).for_each(|round| lose(round * 400));
        let last = 29 * 400 + 60;
        assert_eq!((story.room(last + 299), story.room(last + 300)), (0, 1));
        story.leased(9, 12_000);
        assert_eq!(story.room(12_001), 0, "one at a time");
        story.happens(9, 12_002, EventKind::Asked);
        assert_eq!(story.room(12_002), MOST);
    }

    #[test]
    fn only_what_a_program_itself_brings_to_an_end_counts_for_it() {
        let story = Story::new();
        let check = |role: Role, kind: EventKind, room: usize, losses: u32| {
            story.leased(1, 0);
            story.happens(1, 60, EventKind::LeaseLost);
            story.leased(2, 61);
            assert_eq!(story.room(62), AFTER_ONE_LOSS - 1);
            let told = format!("{role:?} {kind:?}");
            story.happens_by(role, 2, 62, kind);
            let view = story.lending.view(&story.responder, MOST, at(62));
            assert_eq!((view.held, view.losses), (0, losses), "{told}");
            assert_eq!(story.room(62), room, "{told}");
            story.leased(3, 63);
            story.happens(3, 63, EventKind::Asked);
            assert_eq!(story.room(63), MOST);
        };
        let answered = || EventKind::Answered {
            responder: ResponderId::parse("hackney").unwrap(),
            opened_at: at(0),
            version: 1,
            timeliness: Timeliness::InTime,
            by_phone: None,
        };
        let left = |for_people| EventKind::Released { for_people };
        let people = Some(PeopleReason::PossibleMatch);
        check(Role::Adapter, answered(), MOST, 0);
        check(Role::Adapter, left(people), MOST, 0);
        check(Role::Adapter, EventKind::Redirected { to: 2 }, MOST, 0);
        check(Role::Adapter, left(None), AFTER_ONE_LOSS, 1);
        check(Role::Operator, answered(), AFTER_ONE_LOSS, 1);
        check(
            Role::Operator,
            EventKind::Rerouted { to: 2 },
            AFTER_ONE_LOSS,
            1,
        );
        check(Role::Officer, EventKind::Withdrawn, AFTER_ONE_LOSS, 1);
    }

    #[test]
    fn room_that_a_commit_is_about_to_take_is_nobody_elses() {
        let story = Story::new();
        let queue = |from: u128| (from..from + 70).map(queued).collect::<Vec<_>>();
        let reserve = |waiting: &mut Vec<Queued>| {
            let bounds = (MOST, 64);
            story
                .lending
                .reserve(&story.responder, bounds, at(0), waiting)
        };
        let (mut one, mut other) = (queue(0), queue(100));
        let first = reserve(&mut one);
        let second = reserve(&mut other);
        assert_eq!((one.len(), other.len(), story.room(0)), (64, 36, 0));
        drop(first);
        assert_eq!(story.room(0), 64);
        (100..136).for_each(|check| story.leased(check, 0));
        drop(second);
        assert_eq!(story.room(0), 64);
        story.happens(100, 1, EventKind::Released { for_people: None });
        assert_eq!(story.room(0), 65);
        story.happens(100, 60, EventKind::LeaseLost);
        let view = story.lending.view(&story.responder, MOST, at(0));
        assert_eq!((view.held, view.losses), (35, 0));
    }

    #[test]
    fn what_is_heard_late_of_an_earlier_lease_changes_nothing() {
        let story = Story::new();
        for lent_or_renewed in [50, 100, 0] {
            story.leased(1, lent_or_renewed);
        }
        for late in [
            EventKind::Released { for_people: None },
            EventKind::LeaseLost,
        ] {
            story.happens(1, 60, late);
            assert_eq!(story.room(159), MOST - 1);
        }
        story.happens(1, 100, EventKind::Asked);
        assert_eq!(story.room(159), MOST);
    }

    #[test]
    fn what_was_lost_at_one_time_counts_once_and_waits_behind_the_rest() {
        let story = Story::new();
        (0..50).for_each(|check| story.leased(check, 0));
        // The program died; the scheduler notices one lease after the other.
        (0..50).for_each(|check| {
            let noticed = 60 + i64::try_from(check).unwrap();
            story.happens(check, noticed, EventKind::LeaseLost);
        });
        assert_eq!(story.room(120), AFTER_ONE_LOSS);
        assert_eq!(story.lending.lost(&story.responder), 50);
        let mut waiting = vec![queued(3), queued(70), queued(4), queued(71)];
        let bounds = (MOST, 3);
        let chosen = story
            .lending
            .reserve(&story.responder, bounds, at(120), &mut waiting);
        assert_eq!(chosen.checks, 3);
        let chosen: Vec<EnquiryId> = waiting.iter().map(|one| one.check.enquiry).collect();
        assert_eq!(chosen, [enquiry(70), enquiry(71), enquiry(3)]);
    }
}
