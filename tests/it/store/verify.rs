//! Verification: a sound store is sound, and every kind of fault is told, with the record it is in.

use super::contract::{Engine, Home};
use crate::support::sample::{
    Sample, answered, case, changed, closed, id, registered, rich, submitted,
};
use std::ops::{Bound, ControlFlow};
use usher::store::kv::{KeyValue, Order, Write};
use usher::store::verify::{Report, verify};
use usher_domain::case::RequirementState;
use usher_domain::enquiry::{CheckState, Enquiry};

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

fn entries(kv: &dyn KeyValue) -> Entries {
    let mut all = Entries::new();
    let everything = (Bound::Unbounded, Bound::Unbounded);
    kv.scan(everything, Order::Ascending, &mut |key, value| {
        all.push((key.to_vec(), value.to_vec()));
        ControlFlow::Continue(())
    })
    .unwrap();
    all
}

/// Enquiry 1 rich and open, 2 plain and closed, 3 plain and open.
async fn three() -> Home {
    let home = Home::new(Engine::Redb);
    home.commit(submitted(rich(1))).await;
    for number in 2..=3 {
        home.commit(Sample::new(number).submitted()).await;
    }
    let stored = home.load(id(2)).await;
    let close = changed(&stored, |enquiry| enquiry.checks[0].state = answered(true));
    home.commit(close).await;
    home
}

fn report(home: &mut Home, meddle: impl FnOnce(&dyn KeyValue, Entries)) -> Report {
    home.with_files(|kv| {
        let all = entries(kv);
        meddle(kv, all.clone());
        let report = verify(kv);
        // The store opens again after this, which a damaged mark would forbid.
        let mark = all.into_iter().find(|(key, _)| key == b"m").unwrap();
        kv.commit(&[Write::put(mark.0, mark.1)]).unwrap();
        report
    })
    .unwrap()
}

#[tokio::test]
async fn a_sound_store_is_sound_and_counted() {
    let mut home = three().await;
    let report = report(&mut home, |_, _| ());
    assert!(report.is_sound(), "{:?}", report.faults);
    assert_eq!((report.enquiries, report.open), (3, 2));
    assert_eq!((report.feed_entries, report.events), (4, 4));
    assert_eq!(report.decisions, 3);
    let checks = report.checks;
    assert_eq!(checks.all, 10);
    assert_eq!(
        (checks.waiting, checks.answered, checks.received),
        (2, 2, 2)
    );
    assert_eq!((checks.answered_in_time, checks.answered_late), (2, 0));
    assert_eq!((checks.received_late, checks.would_have_changed), (1, 1));
    assert_eq!((checks.leased, checks.accepted, checks.asked), (1, 1, 1));
    assert_eq!(
        (checks.unroutable, checks.redirected, checks.closed),
        (1, 1, 1)
    );
    assert_eq!(checks.sentenced_outstanding, 1);
    let alerts = report.alerts;
    assert_eq!(
        (alerts.open, alerts.acknowledged, alerts.resolved),
        (1, 1, 1)
    );
    assert!(
        serde_json::to_string(&report)
            .unwrap()
            .contains("\"faults_found\":0")
    );
}

#[tokio::test]
async fn a_flipped_bit_is_told_by_record() {
    let mut rng = fastrand::Rng::with_seed(5);
    for _ in 0..24 {
        let mut home = three().await;
        let (place, byte, bit) = (rng.usize(..), rng.usize(..), rng.u8(0..8));
        let mut damaged = Vec::new();
        let report = report(&mut home, |kv, mut all| {
            all.retain(|(_, value)| !value.is_empty());
            let (key, mut value) = all[place % all.len()].clone();
            // All but the key of the checksum's field, which says nothing.
            let byte = byte % (value.len() - 5);
            value[byte] ^= 1 << bit;
            damaged.clone_from(&key);
            kv.commit(&[Write::put(key, value)]).unwrap();
        });
        assert!(!report.is_sound(), "{damaged:?}");
        let told = &report.faults[0];
        match damaged[0] {
            b'm' => assert_eq!(told.what, "mark"),
            b'f' => assert_eq!(told.what, format!("feed entry {}", damaged[8])),
            _ => {
                let id = uuid::Uuid::from_slice(&damaged[damaged.len() - 16..])
                    .unwrap()
                    .to_string();
                assert_eq!(
                    (told.what.as_str(), told.enquiry.as_ref()),
                    ("record", Some(&id))
                );
            }
        }
        assert_eq!(report.faults_found, 1, "{:?}", report.faults);
    }
}

#[tokio::test]
async fn what_is_lost_is_told() {
    // Each row deletes the keys with this prefix, one at a time, and names what must be told.
    for (prefix, told) in [(b'o', "record"), (b'c', "record"), (b'f', "feed entry")] {
        let mut home = three().await;
        let report = report(&mut home, |kv, all| {
            let (key, _) = all.into_iter().find(|(key, _)| key[0] == prefix).unwrap();
            kv.commit(&[Write::delete(key)]).unwrap();
        });
        let first = report.faults.first().map(|fault| fault.what.as_str());
        assert!(
            first.is_some_and(|what| what.starts_with(told)),
            "{:?}",
            report.faults
        );
    }
}

#[tokio::test]
async fn what_stands_in_the_wrong_place_is_told() {
    let mut home = three().await;
    let report = report(&mut home, |kv, all| {
        let records: Vec<_> = all.into_iter().filter(|(key, _)| key[0] == b'o').collect();
        let [(one, first), (other, second)] = &records[..] else {
            panic!("two open records")
        };
        kv.commit(&[
            Write::put(one.clone(), second.clone()),
            Write::put(other.clone(), first.clone()),
        ])
        .unwrap();
    });
    assert_eq!(report.faults_found, 2);
    assert!(
        report
            .faults
            .iter()
            .all(|fault| fault.reason.contains("another record"))
    );
}

#[tokio::test]
async fn an_older_state_of_a_record_is_told() {
    let mut home = three().await;
    let before = home.with_files(|kv| entries(kv)).unwrap();
    let stored = home.load(id(3)).await;
    home.commit(changed(&stored, |enquiry| enquiry.imminent_harm = true))
        .await;
    let report = report(&mut home, |kv, _| {
        let is_third = |key: &[u8]| key.ends_with(id(3).uuid().as_bytes());
        let (key, value) = before.into_iter().find(|(key, _)| is_third(key)).unwrap();
        kv.commit(&[Write::put(key, value)]).unwrap();
    });
    assert_eq!(report.faults_found, 1, "{:?}", report.faults);
    assert!(
        report.faults[0].reason.contains("revision 1"),
        "{:?}",
        report.faults
    );
}

#[tokio::test]
async fn every_broken_promise_is_told() {
    type Edit = fn(&mut Enquiry);
    let rows: [(Edit, &str); 6] = [
        (
            |e| e.checks[0].ladder.steps.clear(),
            "neither an exit nor a due moment",
        ),
        (|e| e.checks[0].responder = None, "names none"),
        (|e| e.checks.clear(), "no check"),
        (
            |e| {
                e.checks[0].state = closed();
                let CheckState::Closed { by, .. } = &mut e.checks[0].state else {
                    unreachable!()
                };
                by.person = None;
            },
            "closed by nobody named",
        ),
        (
            |e| {
                e.checks[0].state = answered(true);
                let CheckState::Answered { received, .. } = &mut e.checks[0].state else {
                    unreachable!()
                };
                received.as_mut().unwrap().by.person.as_mut().unwrap().name = " ".into();
            },
            "received by nobody named",
        ),
        (
            |e| {
                e.checks[0].state = CheckState::Redirected {
                    to: 2,
                    at: e.submitted_at,
                    by: crate::support::sample::by(usher_domain::actor::Role::Adapter),
                };
            },
            "a check that is not there",
        ),
    ];
    for (edit, told) in rows {
        let mut home = Home::new(Engine::Redb);
        let mut enquiry = Sample::new(1).build();
        edit(&mut enquiry);
        home.commit(submitted(enquiry)).await;
        let report = report(&mut home, |_, _| ());
        let reasons: Vec<_> = report.faults.iter().map(|fault| &fault.reason).collect();
        assert!(
            reasons.iter().any(|reason| reason.contains(told)),
            "{told}: {reasons:?}"
        );
    }
}

#[tokio::test]
async fn cases_are_counted_and_what_none_may_be_is_told() {
    let mut home = Home::new(Engine::Redb);
    home.commit(registered(case(1))).await;
    let sound = report(&mut home, |_, _| ());
    assert!(sound.is_sound(), "{:?}", sound.faults);
    let cases = sound.cases;
    assert_eq!((cases.all, cases.open, cases.needed), (1, 1, 3));
    assert_eq!(
        (cases.met, cases.set_aside, cases.overdue, cases.not_yet_due),
        (1, 1, 1, 0)
    );
    assert_eq!((sound.enquiries, sound.alerts.open), (0, 1));

    let mut bad = case(2);
    // Nothing will ever come due, and nobody said why.
    bad.requirements[0].ladder.steps.clear();
    bad.alerts[0].check = 9;
    if let RequirementState::SetAside { by, .. } = &mut bad.requirements[2].state {
        by.person = None;
    }
    home.commit(registered(bad)).await;
    let report = report(&mut home, |_, _| ());
    let told: Vec<&str> = report.faults.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(told, ["requirement 1", "requirement 3", "alert 1"]);
    assert_eq!(report.cases.unwatched, 1);
}

#[tokio::test]
async fn a_closed_record_that_its_day_does_not_name_is_told() {
    let mut home = three().await;
    let told = report(&mut home, |kv, all| {
        let lost = all
            .iter()
            .filter(|(key, _)| key[0] == b'd' && key.len() > 1);
        let lost: Vec<_> = lost.map(|(key, _)| Write::delete(key.clone())).collect();
        assert_eq!(lost.len(), 1);
        kv.commit(&lost).unwrap();
    });
    let [fault] = told.faults.as_slice() else {
        panic!("{:?}", told.faults)
    };
    assert_eq!(fault.enquiry, Some(id(2).to_string()));
    assert_eq!(fault.reason, "it is not found by its deadline");
}
