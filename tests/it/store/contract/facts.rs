//! What reports need of records: of every record once, and what the whole record says.

use super::{Engine, Home, stamp};
use crate::support::sample::{
    Sample, at, case, closed, court, hearing, registered, rich, submitted,
};
use usher::store::{Change, Filter, Page, Place};
use usher_domain::code::CourtCode;
use usher_domain::enquiry::Enquiry;
use usher_domain::hearing::Deadline;
use usher_domain::index::RecordKind;
use usher_domain::report::facts::Facts;

stamp! {
    facts_are_what_the_records_say,
    what_closes_meanwhile_is_listed_again_among_the_closed,
}

/// Open and closed ones of either kind and of two courts; `rich` fills every field.
fn records() -> Vec<Change> {
    let mut records: Vec<Change> = (1..=9).map(|number| submitted(rich(number))).collect();
    let closed_one = |number: u128| Sample::bare(number).check("hackney", closed());
    records.extend((10..=14).map(|number| closed_one(number).submitted()));
    records.extend((15..=17).map(|number| closed_one(number).court("B01DU").submitted()));
    records.extend((1..=4).map(|number| registered(case(number))));
    records.extend((5..=7).map(|number| {
        let mut done = case(number);
        done.requirements.remove(0);
        done.requirements[0].number = 1;
        done.requirements[1].number = 2;
        done.alerts.clear();
        if let Deadline::Hearing(elsewhere) = hearing("B01DU", 30) {
            done.hearing = elsewhere;
        }
        registered(done)
    }));
    records
}

async fn walk(
    home: &Home,
    kind: RecordKind,
    courts: Option<Vec<CourtCode>>,
    size: usize,
) -> Vec<Facts> {
    let mut all = Vec::new();
    let mut page = Page { after: None, size };
    loop {
        let listing = home
            .store()
            .facts(kind, courts.clone(), &page)
            .await
            .unwrap();
        assert!(listing.records.len() <= size);
        all.extend(listing.records);
        match listing.next {
            None => return all,
            next => page.after = next,
        }
    }
}

async fn facts_are_what_the_records_say(home: Home) {
    for change in records() {
        home.commit(change).await;
    }
    for (kind, many) in [
        (RecordKind::Enquiry, [17, 3, 0]),
        (RecordKind::Case, [7, 3, 0]),
    ] {
        let others = [court("B01DU")].to_vec();
        for (courts, many) in [None, Some(others), Some(Vec::new())].into_iter().zip(many) {
            let filter = Filter {
                courts: courts.clone(),
                ..Filter::every(kind)
            };
            let page = Page {
                after: None,
                size: 100,
            };
            let whole = home.store().list(&filter, &page).await.unwrap();
            let expected: Vec<Facts> = whole.records.iter().map(|one| one.record.facts()).collect();
            assert_eq!(expected.len(), many, "{kind:?} of {courts:?}");
            for size in [1, 4, 100] {
                assert_eq!(
                    walk(&home, kind, courts.clone(), size).await,
                    expected,
                    "{size}"
                );
            }
        }
    }
}

async fn what_closes_meanwhile_is_listed_again_among_the_closed(home: Home) {
    for number in 1..=3 {
        let deadline = 100 * i64::try_from(number).unwrap();
        home.commit(Sample::new(number).deadline(deadline).submitted())
            .await;
    }
    let page = |after| Page { after, size: 1 };
    let first = home
        .store()
        .facts(RecordKind::Enquiry, None, &page(None))
        .await
        .unwrap();
    let id = first.records[0].id;
    assert!(matches!(first.next, Some(Place::Open { .. })));
    let stored = home.load(id).await;
    let close = |enquiry: &mut Enquiry| enquiry.checks[0].state = closed();
    home.commit(crate::support::sample::changed(&stored, close))
        .await;
    let mut ids = vec![id];
    let mut next = first.next;
    while let Some(place) = next {
        let listing = home
            .store()
            .facts(RecordKind::Enquiry, None, &page(Some(place)))
            .await
            .unwrap();
        ids.extend(listing.records.iter().map(|facts| facts.id));
        next = listing.next;
    }
    assert_eq!(ids.len(), 4);
    assert_eq!(ids[3], id, "{ids:?} at {}", at(0));
}
