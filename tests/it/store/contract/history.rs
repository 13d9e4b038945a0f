//! History: the events of one enquiry.

use super::{Engine, Home, stamp};
use crate::support::sample::{Sample, changed, closed, id};
use usher::store::Cursor;

stamp! {
    only_its_own,
    pages,
    survives_closing,
}

/// Two enquiries changed in turn, each four times.
async fn two(home: &Home) {
    let both = [Sample::new(1).submitted(), Sample::new(2).submitted()];
    home.store().commit(&both).await.unwrap();
    for _ in 0..4 {
        for number in 1..=2 {
            let stored = home.load(id(number)).await;
            home.commit(changed(&stored, |_| ())).await;
        }
    }
}

async fn only_its_own(home: Home) {
    two(&home).await;
    for number in 1..=2 {
        let history = home
            .store()
            .history(id(number), Cursor::default(), 99)
            .await
            .unwrap();
        assert!(history.iter().all(|event| event.record == id(number)));
        let revisions: Vec<_> = history.iter().map(|event| event.revision.get()).collect();
        assert_eq!(revisions, [1, 2, 3, 4, 5]);
    }
    let nobody = home
        .store()
        .history(id(3), Cursor::default(), 99)
        .await
        .unwrap();
    assert_eq!(nobody, []);
}

async fn pages(home: Home) {
    two(&home).await;
    let whole = home
        .store()
        .history(id(2), Cursor::default(), 99)
        .await
        .unwrap();
    for limit in 1..=6 {
        let mut after = Cursor::default();
        let mut all = Vec::new();
        loop {
            let some = home.store().history(id(2), after, limit).await.unwrap();
            assert!(some.len() <= limit);
            let Some(last) = some.last() else { break };
            after = last.cursor;
            all.extend(some);
        }
        assert_eq!(all, whole, "{limit}");
    }
}

async fn survives_closing(mut home: Home) {
    two(&home).await;
    let stored = home.load(id(1)).await;
    home.commit(changed(&stored, |enquiry| {
        enquiry.checks[0].state = closed();
    }))
    .await;
    home.reopen().await;
    let history = home
        .store()
        .history(id(1), Cursor::default(), 99)
        .await
        .unwrap();
    assert_eq!(history.len(), 6);
}
