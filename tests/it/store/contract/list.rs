//! Listings: every enquiry that is wanted, once, open ones first.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, at, by, changed, closed, court, hearing, id, responder};
use std::collections::BTreeSet;
use usher::store::{Filter, Page, Store};
use usher_domain::actor::Role;
use usher_domain::alert::AlertState;
use usher_domain::enquiry::{CheckState, Enquiry};
use usher_domain::id::RecordId;
use usher_domain::limits::REFERENCE_RECORDS_MAX;
use uuid::Uuid;

stamp! {
    pages_do_not_overlap,
    filter_by_each_field,
    open_nearest_deadline_first,
    closed_follow,
    a_day_is_found_whether_open_or_closed,
    named_finds_open_and_closed,
}

/// Every page, walked to the end.
pub(super) async fn walk(store: &dyn Store, filter: &Filter, size: usize) -> Vec<RecordId> {
    let mut all = Vec::new();
    let mut page = Page { after: None, size };
    loop {
        let listing = store.list(filter, &page).await.unwrap();
        assert!(listing.records.len() <= size);
        all.extend(listing.records.iter().map(|stored| stored.record.id()));
        if listing.next.is_none() {
            return all;
        }
        assert!(listing.next > page.after, "the walk must go on");
        page.after = listing.next;
    }
}

/// Enquiries 1 to 9: odd ones open, even ones closed.
async fn nine(home: &Home) {
    for number in 1..=9_u128 {
        let deadline = 1_000 - i64::try_from(number).unwrap();
        let state = if number % 2 == 1 {
            CheckState::Waiting {
                since: at(0),
                for_people: None,
            }
        } else {
            closed()
        };
        let sample = Sample::bare(number).check("hackney", state);
        home.commit(sample.deadline(deadline).submitted()).await;
    }
}

async fn pages_do_not_overlap(home: Home) {
    nine(&home).await;
    let whole = walk(home.store(), &Filter::default(), 100).await;
    assert_eq!(whole.len(), 9);
    for size in 1..=10 {
        assert_eq!(
            walk(home.store(), &Filter::default(), size).await,
            whole,
            "{size}"
        );
    }
}

async fn open_nearest_deadline_first(home: Home) {
    nine(&home).await;
    let filter = Filter {
        open: Some(true),
        ..Filter::default()
    };
    let all = walk(home.store(), &filter, 2).await;
    assert_eq!(all, [9, 7, 5, 3, 1].map(id));
}

async fn closed_follow(home: Home) {
    nine(&home).await;
    let all = walk(home.store(), &Filter::default(), 4).await;
    let mut closed = [2, 4, 6, 8].map(id);
    closed.sort();
    assert_eq!(all[5..], closed);
    let filter = Filter {
        open: Some(false),
        ..Filter::default()
    };
    assert_eq!(walk(home.store(), &filter, 3).await, closed);
}

/// Each filter and the samples that it finds.
fn filters() -> [(Filter, &'static [u128]); 8] {
    let any = Filter::default;
    [
        (any(), &[1, 2, 3, 4, 5]),
        (
            Filter {
                courts: Some(vec![court("B01DU")]),
                ..any()
            },
            &[1],
        ),
        (
            Filter {
                courts: Some(vec![court("B01DU"), court("B01IX")]),
                ..any()
            },
            &[1, 2, 3, 4, 5],
        ),
        (
            Filter {
                courts: Some(vec![]),
                ..any()
            },
            &[],
        ),
        (
            Filter {
                responders: Some(vec![responder("newham")]),
                ..any()
            },
            &[2, 4],
        ),
        (
            Filter {
                open: Some(false),
                ..any()
            },
            &[4],
        ),
        (
            Filter {
                alerting: Some(true),
                ..any()
            },
            &[3],
        ),
        (
            Filter {
                alerting: Some(false),
                open: Some(true),
                ..any()
            },
            &[1, 2, 5],
        ),
    ]
}

async fn filter_by_each_field(home: Home) {
    let alert = AlertState::Acknowledged {
        by: by(Role::Operator),
        at: at(1),
        expires: at(2),
        note: usher_domain::sealed::Sealed::default(),
    };
    home.commit(Sample::new(1).court("B01DU").submitted()).await;
    home.commit(Sample::new(2).check("newham", closed()).submitted())
        .await;
    home.commit(Sample::new(3).alert(alert).submitted()).await;
    home.commit(Sample::bare(4).check("newham", closed()).submitted())
        .await;
    let resolved = AlertState::Resolved { at: at(3) };
    home.commit(Sample::new(5).alert(resolved).submitted())
        .await;
    for (filter, numbers) in filters() {
        let wanted: BTreeSet<RecordId> = numbers.iter().copied().map(id).collect();
        let found: BTreeSet<RecordId> = walk(home.store(), &filter, 2).await.into_iter().collect();
        assert_eq!(found, wanted, "{filter:?}");
    }
}

/// Those whose deadline moved, and those that are open again, stand where they stand now and nowhere else.
async fn a_day_is_found_whether_open_or_closed(home: Home) {
    nine(&home).await;
    let days = |from, until, open| Filter {
        deadline: Some(at(from)..at(until)),
        open,
        ..Filter::default()
    };
    let found = async |filter: Filter| {
        let mut all = walk(home.store(), &filter, 2).await;
        all.sort();
        all
    };
    let ids = |numbers: &[u128]| {
        let mut ids: Vec<_> = numbers.iter().copied().map(id).collect();
        ids.sort();
        ids
    };
    assert_eq!(found(days(993, 997, None)).await, ids(&[4, 5, 6, 7]));
    assert_eq!(found(days(993, 997, Some(true))).await, ids(&[5, 7]));
    assert_eq!(found(days(993, 997, Some(false))).await, ids(&[4, 6]));
    assert_eq!(found(days(900, 991, None)).await, []);
    let move_to =
        |minutes: i64| move |enquiry: &mut Enquiry| enquiry.deadline = hearing("B01IX", minutes);
    let stored = home.load(id(4)).await;
    home.commit(changed(&stored, move_to(990))).await;
    let stored = home.load(id(6)).await;
    let reopened = changed(&stored, |enquiry| {
        enquiry.checks[0].state = CheckState::Waiting {
            since: at(0),
            for_people: None,
        };
    });
    home.commit(reopened).await;
    assert_eq!(found(days(993, 997, Some(false))).await, []);
    assert_eq!(found(days(993, 997, None)).await, ids(&[5, 6, 7]));
    assert_eq!(found(days(900, 991, None)).await, ids(&[4]));
    let whole = found(days(0, 2_000, None)).await;
    assert_eq!(whole, ids(&[1, 2, 3, 4, 5, 6, 7, 8, 9]));
}

async fn named_finds_open_and_closed(home: Home) {
    nine(&home).await;
    let store = home.store();
    for number in 1..=9 {
        let named = store.named(id(number).reference()).await.unwrap();
        assert_eq!(named, [id(number)], "{number}");
    }
    assert_eq!(store.named(id(10).reference()).await.unwrap(), []);
    // Ids that begin with the same forty bits.
    let alike = |place: u128| (0xCAFE << 88) | place;
    for place in 0..20 {
        let sample = Sample::new(number_of(alike(place)));
        home.commit(sample.submitted()).await;
    }
    let first = RecordId::from_uuid(Uuid::from_u128(alike(0)));
    let named = store.named(first.reference()).await.unwrap();
    let expected = (0..REFERENCE_RECORDS_MAX as u128).map(alike);
    let expected = expected.map(|id| RecordId::from_uuid(Uuid::from_u128(id)));
    assert_eq!(named, expected.collect::<Vec<_>>());
}

/// The number of the sample with this id: samples multiply theirs by an odd factor, and Newton's steps find its inverse.
fn number_of(wanted: u128) -> u128 {
    let factor = id(1).uuid().as_u128();
    let step =
        |inverse: u128, _| inverse.wrapping_mul(2_u128.wrapping_sub(factor.wrapping_mul(inverse)));
    let number = wanted.wrapping_mul((0..7).fold(1, step));
    assert_eq!(id(number).uuid().as_u128(), wanted);
    number
}
