//! Leasing: the long poll, the order, the bounds, and what a lost lease leads to.

use super::*;
use std::sync::Arc;
use std::time::Duration;
use usher::clock::Stopwatch;

fn at_most(max_checks: u32) -> v1::LeaseChecksRequest {
    v1::LeaseChecksRequest {
        max_checks,
        ..lease()
    }
}

fn waiting(wait: i64) -> v1::LeaseChecksRequest {
    v1::LeaseChecksRequest {
        wait: Some(seconds(wait)),
        ..lease()
    }
}

fn references(leased: &[v1::LeasedCheck]) -> Vec<&str> {
    let reference = |leased: &v1::LeasedCheck| leased.check.as_ref().unwrap().reference.len();
    assert!(leased.iter().all(|leased| reference(leased) > 0));
    leased
        .iter()
        .map(|leased| leased.check.as_ref().unwrap().reference.as_str())
        .collect()
}

#[tokio::test]
async fn the_nearest_deadline_comes_first_and_never_more_than_asked() {
    let kit = Kit::start().await;
    let mut expected = Vec::new();
    for hearing in [
        "2026-11-23T16:00",
        "2026-11-23T12:00",
        "2026-11-23T14:00",
        "2026-11-23T12:30",
    ] {
        let receipt = kit.submit(enquiry_at(hearing, &[IN_HACKNEY])).await;
        expected.push((hearing, receipt.reference));
    }
    expected.sort();
    let expected: Vec<&str> = expected
        .iter()
        .map(|(_, reference)| reference.as_str())
        .collect();
    let first = kit.leased(HACKNEY, at_most(3)).await;
    assert_eq!(references(&first), expected[..3]);
    let second = kit.leased(HACKNEY_DESK, at_most(3)).await;
    assert_eq!(references(&second), expected[3..]);
    assert!(kit.leased(HACKNEY, at_most(3)).await.is_empty());
    let mut ids: Vec<_> = first
        .iter()
        .chain(&second)
        .map(|leased| &leased.lease_id)
        .collect();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each check has a lease of its own");
}

#[tokio::test]
async fn a_check_shows_what_its_responder_may_see_and_no_more() {
    let kit = Kit::start().await;
    kit.submit(enquiry(&[IN_HACKNEY, IN_CAMDEN])).await;
    let leased = kit.lease(HACKNEY).await;
    let check = leased.check.unwrap();
    assert_eq!(check.state(), v1::CheckState::Leased);
    assert_eq!(check.responder_id, "hackney");
    assert_eq!(check.lease.unwrap().client_id, HACKNEY);
    assert_eq!(instant(leased.expire_time), at("2026-11-23T10:02"));
    let personal = check.personal.unwrap();
    assert_eq!(personal.subject.unwrap().name.unwrap().family, "Example");
    assert_eq!(check.requester.unwrap().person, person("Olive Officer"));
}

#[tokio::test]
async fn a_waiting_call_wakes_at_once_when_work_comes() {
    let kit = Arc::new(Kit::start().await);
    let caller = Arc::clone(&kit);
    let call = tokio::spawn(async move { caller.leased(HACKNEY, waiting(60)).await });
    // Long enough for the call to wait.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!call.is_finished(), "there is nothing yet");
    let receipt = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let submitted = Stopwatch::start();
    let leased = tokio::time::timeout(PATIENCE, call).await.unwrap().unwrap();
    let took = submitted.elapsed();
    assert_eq!(references(&leased), [receipt.reference]);
    assert!(took < Duration::from_millis(200), "{took:?}");
}

#[tokio::test]
async fn a_waiting_call_ends_empty_when_nothing_comes() {
    let kit = Kit::start().await;
    let stopwatch = Stopwatch::start();
    assert!(kit.leased(HACKNEY, waiting(1)).await.is_empty());
    let took = stopwatch.elapsed();
    assert!(
        took >= Duration::from_millis(950) && took < Duration::from_secs(5),
        "{took:?}"
    );
}

#[tokio::test]
async fn a_repeat_gets_the_same_leases_and_another_body_is_refused() {
    let kit = Kit::start().await;
    for _ in 0..3 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    let request = at_most(2);
    let other = v1::LeaseChecksRequest {
        max_checks: 3,
        ..request.clone()
    };
    let leased = check_replay(request.clone(), other, async |request| {
        kit.adapter(HACKNEY).lease_checks(request).await
    })
    .await;
    assert_eq!(leased.checks.len(), 2);
    // What was answered meanwhile is no longer lent.
    let first = &leased.checks[0];
    let check = first.check.as_ref().unwrap();
    kit.adapter(HACKNEY)
        .answer(answer(&check.id, &first.lease_id))
        .await
        .unwrap();
    let left = kit.leased(HACKNEY, request.clone()).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].lease_id, leased.checks[1].lease_id);
    // Another program's ids are its own: it gets what still waits.
    assert_eq!(kit.leased(HACKNEY_DESK, request).await.len(), 1);
}

#[tokio::test]
async fn a_lease_that_ends_returns_the_check_to_the_queue() {
    let kit = Kit::start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let lost = kit.lease(HACKNEY).await;
    let check = lost.check.unwrap();
    kit.move_to("2026-11-23T10:01:59.999").await;
    assert!(
        kit.leased(HACKNEY_DESK, lease()).await.is_empty(),
        "it is still lent"
    );
    kit.move_to("2026-11-23T10:02:00.001").await;
    let refused = kit
        .adapter(HACKNEY)
        .answer(answer(&check.id, &lost.lease_id))
        .await;
    check_refused(refused, Code::FailedPrecondition, "LEASE_LOST");
    let again = kit.lease(HACKNEY_DESK).await;
    assert_eq!(again.check.unwrap().id, check.id);
    assert_ne!(again.lease_id, lost.lease_id);
    let refused = kit
        .adapter(HACKNEY)
        .answer(answer(&check.id, &lost.lease_id))
        .await;
    check_refused(refused, Code::FailedPrecondition, "LEASE_LOST");
    kit.adapter(HACKNEY_DESK)
        .answer(answer(&check.id, &again.lease_id))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_waiting_call_gets_a_check_whose_lease_another_lost() {
    let kit = Arc::new(Kit::start().await);
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let lost = kit.lease(HACKNEY).await;
    let caller = Arc::clone(&kit);
    let call = tokio::spawn(async move { caller.leased(HACKNEY_DESK, waiting(60)).await });
    tokio::time::sleep(Duration::from_millis(200)).await;
    kit.clock.set(at("2026-11-23T10:02:00.001"));
    let leased = tokio::time::timeout(PATIENCE, call).await.unwrap().unwrap();
    assert_eq!(leased[0].check.as_ref().unwrap().id, lost.check.unwrap().id);
}

#[tokio::test]
async fn who_lets_leases_end_is_lent_little_then_nothing_and_others_notice_nothing_of_it() {
    let kit = Kit::start().await;
    for _ in 0..12 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    let lost = [12, 8, 1, 1, 1];
    let moments = ["10:02", "10:04", "10:06", "10:08", "10:10"];
    for (number, (held, moment)) in (1..).zip(lost.into_iter().zip(moments)) {
        assert_eq!(kit.leased(HACKNEY, at_most(64)).await.len(), held);
        assert_eq!(kit.lending().await.held_count, u32::try_from(held).unwrap());
        kit.move_to(&format!("2026-11-23T{moment}:00.001")).await;
        kit.until_lost(number).await;
    }
    assert!(kit.leased(HACKNEY, at_most(64)).await.is_empty());
    let paused = instant(kit.lending().await.paused_until_time);
    assert_eq!(paused, at("2026-11-23T10:10:15.001"));
    kit.submit(enquiry(&[IN_CAMDEN])).await;
    kit.lease(CAMDEN).await;
    // A call that waits is lent one when the pause is over; what it brings to an end opens the queue again.
    let (clock, later) = (Arc::clone(&kit.clock), at("2026-11-23T10:10:16"));
    let waking = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(200)).await;
        clock.set(later);
    });
    let tried = kit.leased(HACKNEY, waiting(20)).await;
    waking.await.unwrap();
    assert_eq!(tried.len(), 1);
    let check = tried[0].check.as_ref().unwrap();
    kit.adapter(HACKNEY)
        .answer(answer(&check.id, &tried[0].lease_id))
        .await
        .unwrap();
    assert_eq!(kit.leased(HACKNEY, at_most(64)).await.len(), 11);
}

#[tokio::test]
async fn a_check_is_lent_to_one_adapter_however_many_call() {
    let kit = Kit::start().await;
    for _ in 0..8 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    let calls = (0..16).map(|number| {
        let who = if number % 2 == 0 {
            HACKNEY
        } else {
            HACKNEY_DESK
        };
        kit.leased(who, lease())
    });
    let leased = futures_util::future::join_all(calls).await;
    let mut ids: Vec<_> = leased
        .iter()
        .flatten()
        .map(|leased| leased.check.as_ref().unwrap().id.clone())
        .collect();
    ids.sort();
    let count = ids.len();
    ids.dedup();
    assert_eq!((count, ids.len()), (8, 8));
}

#[tokio::test]
async fn only_adapters_lease_and_only_for_their_own_responders() {
    let kit = Kit::start().await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    check_roles(&[OFFICER, MANAGER, OPERATOR, INSPECTOR], async |who| {
        kit.adapter(who).lease_checks(lease()).await
    })
    .await;
    let of = |responder: &str| v1::LeaseChecksRequest {
        responder_ids: vec![responder.into()],
        ..lease()
    };
    same_as_nothing(
        kit.adapter(CAMDEN).lease_checks(of("hackney")).await,
        kit.adapter(CAMDEN).lease_checks(of("atlantis")).await,
    );
    assert!(kit.leased(CAMDEN, lease()).await.is_empty());
    assert_eq!(kit.leased(HACKNEY, of("hackney")).await.len(), 1);
}

#[tokio::test]
async fn everything_wrong_is_named_at_once() {
    let kit = Kit::start().await;
    let request = v1::LeaseChecksRequest {
        request_id: "nonsense".into(),
        responder_ids: vec!["Not An Id".into()],
        max_checks: 65,
        wait: Some(seconds(121)),
        lease: Some(seconds(-1)),
        report: None,
    };
    let refused = kit.adapter(HACKNEY).lease_checks(request).await;
    check_fields(
        refused,
        &[
            "request_id",
            "responder_ids[0]",
            "max_checks",
            "wait",
            "lease",
        ],
    );
}

#[tokio::test]
async fn the_policy_bounds_how_long_a_check_is_lent() {
    let kit = Kit::start().await;
    let rows = [
        (1, "2026-11-23T10:00:05"),
        (60, "2026-11-23T10:01:00"),
        (86_400, "2026-11-23T10:15:00"),
    ];
    for (wanted, until) in rows {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
        let request = v1::LeaseChecksRequest {
            lease: Some(seconds(wanted)),
            ..lease()
        };
        let leased = kit.leased(HACKNEY, request).await;
        assert_eq!(instant(leased[0].expire_time), at(until), "{wanted} s");
    }
}
