//! How much the programs of each responder are lent: never more at once than its file allows; and where they take checks and let the leases
//! end, little, then nothing for a while, until they bring one to an end again. Other responders notice nothing of it.
//!
//! What they hold and lose is known from what is committed, here and by other brokers. Memory only: after a restart every responder has the
//! benefit of the doubt.

use crate::store::{Queued, Recorded};
use jiff::SignedDuration;
use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard, PoisonError};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Enquiry;
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

/// What the programs of each responder hold, and how they fare. Responders come from the directory, and nobody holds more than it allows, so
/// it is bounded by that.
#[derive(Debug, Default)]
pub(super) struct Lending(Mutex<HashMap<ResponderId, Lent>>);

/// What one responder's programs hold, and how they fare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Lent {
    /// Checks in their hands: from when, until when.
    held: HashMap<CheckId, (Timestamp, Timestamp)>,
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

    fn note(&mut self, check: CheckId, event: &Event) {
        match &event.kind {
            EventKind::Leased { expires } => {
                let since = self.held.get(&check).map_or(event.at, |(since, _)| *since);
                self.held.insert(check, (since, *expires));
            }
            EventKind::LeaseLost => {
                let Some((since, _)) = self.held.remove(&check) else {
                    return;
                };
                self.lost.insert(check);
                if self.lost_at.is_none_or(|lost_at| since >= lost_at) {
                    self.losses = self.losses.saturating_add(1);
                    self.lost_at = Some(event.at);
                }
            }
            EventKind::Released { .. }
            | EventKind::Accepted { .. }
            | EventKind::Asked
            | EventKind::Redirected { .. }
            | EventKind::Answered { .. } => {
                let Some(_) = self.held.remove(&check) else {
                    return;
                };
                (self.losses, self.lost_at) = (0, None);
                self.lost.clear();
            }
            EventKind::Reconsidered { .. }
            | EventKind::Rerouted { .. }
            | EventKind::Withdrawn
            | EventKind::Closed { .. } => {
                self.held.remove(&check);
            }
            _ => {}
        }
    }
}

impl Lending {
    /// How many more checks the programs of `responder` may be lent, which hold `most` at best.
    pub(super) fn room(&self, responder: &ResponderId, most: usize, now: Timestamp) -> usize {
        let view = self.view(responder, most, now);
        view.most.saturating_sub(view.held)
    }

    /// How lending to `responder` stands, which is lent `most` at best.
    pub(super) fn view(&self, responder: &ResponderId, most: usize, now: Timestamp) -> LendingView {
        let all = self.lock();
        let none = Lent::default();
        let lent = all.get(responder).unwrap_or(&none);
        LendingView {
            // Those that have ended are in the queue as soon as the scheduler has looked.
            held: lent.held.values().filter(|(_, until)| *until > now).count(),
            most: lent.most(most, now),
            losses: lent.losses,
            paused_until: lent.paused_until(now),
        }
    }

    /// The first `room` of `waiting`, those behind that the programs of `responder` have just lost.
    pub(super) fn choose(&self, responder: &ResponderId, waiting: &mut Vec<Queued>, room: usize) {
        if let Some(lent) = self.lock().get(responder) {
            waiting.sort_by_key(|queued| lent.lost.contains(&queued.check));
        }
        waiting.truncate(room);
    }

    /// How many checks its programs have just lost.
    pub(super) fn lost(&self, responder: &ResponderId) -> usize {
        self.lock().get(responder).map_or(0, |lent| lent.lost.len())
    }

    /// Takes in what has just happened here.
    pub(super) fn observe(&self, enquiry: &Enquiry, events: &[Event]) {
        for event in events {
            let responder = event
                .check
                .and_then(|number| enquiry.check(number)?.responder.as_ref());
            self.note(enquiry.id, responder, event);
        }
    }

    /// Takes in what the feed tells of other brokers.
    pub(super) fn hear(&self, recorded: &Recorded) {
        self.note(
            recorded.enquiry,
            recorded.responder.as_ref(),
            &recorded.event,
        );
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

    struct Story {
        lending: Lending,
        responder: ResponderId,
    }

    impl Story {
        fn new() -> Self {
            Self {
                lending: Lending::default(),
                responder: ResponderId::parse("hackney").unwrap(),
            }
        }

        fn happens(&self, check: u128, second: i64, kind: EventKind) {
            let event = Event {
                at: at(second),
                by: By::from(&Actor::clock()),
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
        let kind = EventKind::Released { for_people: None };
        story.happens(9, 12_002, kind);
        assert_eq!(story.room(12_002), MOST);
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
        let queued = |check: u128| Queued {
            check: CheckId {
                enquiry: enquiry(check),
                number: 1,
            },
            deadline: at(1_000),
        };
        let mut waiting = vec![queued(3), queued(70), queued(4), queued(71)];
        story.lending.choose(&story.responder, &mut waiting, 3);
        let chosen: Vec<EnquiryId> = waiting.iter().map(|one| one.check.enquiry).collect();
        assert_eq!(chosen, [enquiry(70), enquiry(71), enquiry(3)]);
    }
}
