//! Which viewings of lists are recorded already: whoever loads a list again within minutes is shown nothing that they were not shown, and
//! the histories of what is on it are not filled with it. Losing it costs a second record, no more.

use super::view::Viewed;
use jiff::SignedDuration;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use usher_domain::actor::{Actor, Person, Role};
use usher_domain::code::ClientId;
use usher_domain::limits::{VIEWING_SECONDS, VIEWINGS_REMEMBERED_MAX};
use usher_domain::time::Timestamp;

/// Who looks.
type Viewer = (ClientId, Role, Option<Person>);

/// When somebody was last recorded as shown what, by viewer.
#[derive(Default)]
pub(super) struct Viewings(Mutex<HashMap<Viewer, HashMap<Viewed, Timestamp>>>);

impl Viewings {
    /// Of `shown`, what is not part of a viewing at `now` that is recorded.
    pub(super) fn new_of(&self, shown: &[Viewed], actor: &Actor, now: Timestamp) -> Vec<Viewed> {
        let viewings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = viewings.get(&viewer(actor));
        let is_new = |one: &&Viewed| {
            let since = known.and_then(|known| known.get(*one));
            since.is_none_or(|since| !lasts(*since, now))
        };
        shown.iter().filter(is_new).copied().collect()
    }

    /// Notes that all of `shown` is recorded, at `now`.
    pub(super) fn note(&self, shown: &[Viewed], actor: &Actor, now: Timestamp) {
        let mut viewings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let remembered: usize = viewings.values().map(HashMap::len).sum();
        if remembered + shown.len() > VIEWINGS_REMEMBERED_MAX {
            for known in viewings.values_mut() {
                known.retain(|_, since| lasts(*since, now));
            }
            viewings.retain(|_, known| !known.is_empty());
            let left: usize = viewings.values().map(HashMap::len).sum();
            if left + shown.len() > VIEWINGS_REMEMBERED_MAX {
                viewings.clear();
            }
        }
        let known = viewings.entry(viewer(actor)).or_default();
        known.extend(shown.iter().map(|one| (*one, now)));
    }
}

fn viewer(actor: &Actor) -> Viewer {
    (actor.client.clone(), actor.role, actor.person.clone())
}

/// Whether what was recorded at `since` is the same viewing at `now`; a clock that was set back ends it.
fn lasts(since: Timestamp, now: Timestamp) -> bool {
    let age = now.duration_since(since);
    !age.is_negative() && age < SignedDuration::from_secs(VIEWING_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use usher_domain::actor::Courts;
    use usher_domain::id::RecordId;
    use uuid::Uuid;

    fn officer(name: &str) -> Actor {
        Actor {
            role: Role::Officer,
            person: Some(Person {
                name: name.into(),
                ..Person::default()
            }),
            courts: Courts::All,
            ..Actor::clock()
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + second).unwrap()
    }

    fn records(numbers: std::ops::Range<u128>) -> Vec<Viewed> {
        let record = |number| Viewed::Record(RecordId::from_uuid(Uuid::from_u128(number)));
        numbers.map(record).collect()
    }

    #[test]
    fn a_viewing_is_one_persons_and_lasts_some_minutes() {
        let viewings = Viewings::default();
        let (page, ann) = (records(0..3), officer("Ann"));
        assert_eq!(viewings.new_of(&page, &ann, at(0)), page);
        viewings.note(&page[..2], &ann, at(0));
        let new = |name: &str, second| viewings.new_of(&page, &officer(name), at(second));
        assert_eq!(new("Ann", 0), page[2..]);
        assert_eq!(new("Ann", VIEWING_SECONDS - 1), page[2..]);
        assert_eq!(new("Ann", VIEWING_SECONDS), page);
        // The clock was set back.
        assert_eq!(new("Ann", -1), page);
        assert_eq!(new("Bob", 0), page);
        let elsewhere = Actor {
            role: Role::Manager,
            ..officer("Ann")
        };
        assert_eq!(viewings.new_of(&page, &elsewhere, at(0)), page);
    }

    #[test]
    fn no_more_are_remembered_than_may_be() {
        let viewings = Viewings::default();
        let count = || -> usize { viewings.0.lock().unwrap().values().map(HashMap::len).sum() };
        let most = VIEWINGS_REMEMBERED_MAX as u128;
        viewings.note(&records(0..10), &officer("Ann"), at(0));
        viewings.note(&records(0..most - 10), &officer("Bob"), at(9));
        assert_eq!(count(), VIEWINGS_REMEMBERED_MAX);
        // What is over goes first.
        viewings.note(&records(0..10), &officer("Cat"), at(VIEWING_SECONDS));
        assert_eq!(count(), VIEWINGS_REMEMBERED_MAX);
        viewings.note(&records(0..10), &officer("Dan"), at(VIEWING_SECONDS));
        assert_eq!(count(), 10);
    }
}
