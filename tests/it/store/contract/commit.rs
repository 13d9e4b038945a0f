//! Commits: all or nothing, compare-and-set, durable, in order.

use super::{Engine, Home, conflict, stamp};
use crate::support::sample::{Sample, changed, event, id, revision, rich, submitted};
use usher::store::{Change, Cursor, StoreError};
use usher_domain::event::EventKind;
use usher_domain::limits::{BATCH_CHANGES_MAX, RECORD_BYTES_MAX};
use usher_domain::sealed::Sealed;

stamp! {
    stale_revision_is_refused,
    new_enquiry_twice_conflicts,
    a_change_of_nothing_conflicts,
    batch_is_all_or_nothing,
    one_enquiry_twice_in_a_batch,
    events_keep_commit_order,
    reopened_store_has_it,
    conflict_fails_that_member_alone,
    concurrent_writers_lose_nothing,
    too_large_is_refused,
    closed_and_opened_again,
}

async fn stale_revision_is_refused(home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let first = home.load(id(1)).await;
    let committed = home
        .commit(changed(&first, |enquiry| enquiry.imminent_harm = true))
        .await;
    assert_eq!(committed.revisions, [revision(2)]);
    let stale = changed(&first, |enquiry| enquiry.in_custody = true);
    assert_eq!(conflict(home.store().commit(&[stale]).await), id(1));
    let now = home.load(id(1)).await;
    assert_eq!(now.revision, revision(2));
    let now = now.record.enquiry().unwrap();
    assert!(now.imminent_harm && !now.in_custody);
}

async fn new_enquiry_twice_conflicts(home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let again = Sample::new(1).submitted();
    assert_eq!(conflict(home.store().commit(&[again]).await), id(1));
    let closed = Sample::bare(2).check("hackney", crate::support::sample::closed());
    home.commit(closed.submitted()).await;
    let again = Sample::new(2).submitted();
    assert_eq!(conflict(home.store().commit(&[again]).await), id(2));
}

async fn a_change_of_nothing_conflicts(home: Home) {
    let mut change = Sample::new(1).submitted();
    change.expected = Some(revision(1));
    assert_eq!(conflict(home.store().commit(&[change]).await), id(1));
    assert!(home.store().load(id(1)).await.unwrap().is_none());
}

async fn batch_is_all_or_nothing(home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let before = home.store().feed_end().await.unwrap();
    let batch = vec![Sample::new(2).submitted(), Sample::new(1).submitted()];
    assert_eq!(conflict(home.store().commit(&batch).await), id(1));
    assert!(home.store().load(id(2)).await.unwrap().is_none());
    assert_eq!(home.store().feed_end().await.unwrap(), before);
    assert_eq!(home.store().counts().await.unwrap().queued, 1);

    let batch = vec![Sample::new(2).submitted(), Sample::new(3).submitted()];
    let committed = home.store().commit(&batch).await.unwrap();
    assert_eq!(committed.revisions, [revision(1), revision(1)]);
    assert_eq!(committed.cursor, home.store().feed_end().await.unwrap());
    assert_eq!(home.store().counts().await.unwrap().open, 3);
}

async fn one_enquiry_twice_in_a_batch(home: Home) {
    let first = Sample::new(1).submitted();
    let second = Change {
        expected: Some(revision(1)),
        ..Sample::new(1).deadline(400).submitted()
    };
    let batch = vec![first.clone(), second];
    let committed = home.store().commit(&batch).await.unwrap();
    assert_eq!(committed.revisions, [revision(1), revision(2)]);
    let history = home.store().history(id(1), Cursor::default(), 9).await;
    let revisions: Vec<_> = history
        .unwrap()
        .iter()
        .map(|event| event.revision)
        .collect();
    assert_eq!(revisions, [revision(1), revision(2)]);
    let twice = [first.clone(), first];
    assert_eq!(conflict(home.store().commit(&twice).await), id(1));
}

async fn events_keep_commit_order(home: Home) {
    let names = ["submitted", "released", "asked", "supplied", "withdrawn"];
    let kinds = |place: usize| match place {
        2 => EventKind::Asked,
        3 => EventKind::Supplied,
        _ => EventKind::Withdrawn,
    };
    home.commit(Sample::new(1).submitted()).await;
    let stored = home.load(id(1)).await;
    home.commit(changed(&stored, |_| ())).await;
    let stored = home.load(id(1)).await;
    let mut last = changed(&stored, |_| ());
    last.events = (2..5).map(|place| event(2, kinds(place))).collect();
    let committed = home.commit(last).await;
    let history = home
        .store()
        .history(id(1), Cursor::default(), 9)
        .await
        .unwrap();
    let told: Vec<_> = history.iter().map(|told| told.event.kind.name()).collect();
    assert_eq!(told, names);
    assert!(history.is_sorted_by_key(|told| told.cursor));
    assert_eq!(history.last().unwrap().cursor, committed.cursor);
}

async fn reopened_store_has_it(mut home: Home) {
    let enquiry = rich(1);
    home.commit(submitted(enquiry.clone())).await;
    home.commit(
        Sample::bare(2)
            .check("hackney", crate::support::sample::closed())
            .submitted(),
    )
    .await;
    home.reopen().await;
    let stored = home.load(id(1)).await;
    assert_eq!(stored.record, enquiry.into());
    assert_eq!(stored.revision, revision(1));
    home.commit(changed(&stored, |enquiry| enquiry.imminent_harm = false))
        .await;
    home.reopen().await;
    assert_eq!(home.load(id(1)).await.revision, revision(2));
    assert_eq!(home.load(id(2)).await.revision, revision(1));
    assert_eq!(home.store().feed_end().await.unwrap().entry, 3);
}

async fn conflict_fails_that_member_alone(home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let [bad, second, third] = [1, 2, 3].map(|number| [Sample::new(number).submitted()]);
    let (store, other) = (home.store(), home.store());
    let (first, refused, last) = tokio::join!(
        store.commit(&second),
        other.commit(&bad),
        store.commit(&third),
    );
    assert_eq!(conflict(refused), id(1));
    assert!(first.is_ok() && last.is_ok());
    assert_eq!(home.store().counts().await.unwrap().open, 3);
    let told = home.store().feed(Cursor::default(), 9).await.unwrap();
    assert_eq!(told.len(), 3);
}

/// Many writers of few enquiries: each success is one revision more, and the feed tells of every one.
async fn concurrent_writers_lose_nothing(home: Home) {
    const WRITERS: usize = 32;
    const WRITES: usize = 8;
    for number in 0..4 {
        home.commit(Sample::new(number).submitted()).await;
    }
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = home.shared();
            tokio::spawn(async move {
                let id = id((writer % 4) as u128);
                let mut done = 0;
                while done < WRITES {
                    let stored = store.load(id).await.unwrap().unwrap();
                    let change = changed(&stored, |enquiry| enquiry.checks[0].leases_lost += 1);
                    match store.commit(&[change]).await {
                        Ok(_) => done += 1,
                        Err(StoreError::Conflict { .. }) => tokio::task::yield_now().await,
                        Err(error) => panic!("{error:?}"),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let each = WRITERS * WRITES / 4;
    for number in 0..4 {
        let stored = home.load(id(number)).await;
        assert_eq!(
            stored.record.enquiry().unwrap().checks[0].leases_lost as usize,
            each
        );
        assert_eq!(stored.revision, revision(each as u64 + 1));
        let history = home
            .store()
            .history(id(number), Cursor::default(), 999)
            .await;
        let told: Vec<_> = history
            .unwrap()
            .iter()
            .map(|told| told.revision.get())
            .collect();
        assert_eq!(told, (1..=each as u64 + 1).collect::<Vec<_>>());
    }
}

async fn too_large_is_refused(home: Home) {
    let mut huge = Sample::new(1).build();
    huge.personal = Sealed::from_bytes(vec![7; RECORD_BYTES_MAX + 1]);
    let huge = submitted(huge);
    let refused = home
        .store()
        .commit(&[Sample::new(2).submitted(), huge])
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::TooLarge {
            what: "record",
            max: RECORD_BYTES_MAX
        })
    ));
    let many = (0..=BATCH_CHANGES_MAX as u128).map(|number| Sample::new(number).submitted());
    let refused = home.store().commit(&many.collect::<Vec<_>>()).await;
    assert!(matches!(
        refused,
        Err(StoreError::TooLarge {
            what: "batch",
            max: BATCH_CHANGES_MAX
        })
    ));
    assert_eq!(home.store().counts().await.unwrap().open, 0);
    home.commit(Sample::new(1).submitted()).await;
}

async fn closed_and_opened_again(mut home: Home) {
    home.commit(Sample::new(1).submitted()).await;
    let stored = home.load(id(1)).await;
    let shut = changed(&stored, |enquiry| {
        enquiry.checks[0].state = crate::support::sample::answered(true);
    });
    home.commit(shut).await;
    assert_eq!(home.store().counts().await.unwrap().open, 0);
    home.reopen().await;
    let stored = home.load(id(1)).await;
    assert_eq!(stored.revision, revision(2));
    let stale = changed(&stored, |_| ());
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].state = crate::support::sample::answered(false);
    }))
    .await;
    assert_eq!(home.store().counts().await.unwrap().open, 1);
    assert_eq!(conflict(home.store().commit(&[stale]).await), id(1));
    home.reopen().await;
    assert_eq!(home.load(id(1)).await.revision, revision(3));
    assert_eq!(home.store().counts().await.unwrap().open, 1);
}
