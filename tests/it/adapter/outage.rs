//! An adapter that was away for long: what has gathered drains at its pace, nearest deadline first, and no other borough notices.

use super::*;
use std::collections::{HashMap, HashSet};
use usher::clock::Stopwatch;

/// Checks that gather in 80 minutes.
const GATHERED: usize = 2_000;
const IN_HAND: usize = 16;
/// How long the borough's system takes for each; four are looked up at a time.
const TAKES: Duration = Duration::from_millis(30);
/// Round trips of another borough in each phase, at most.
const ROUNDS: usize = 40;
/// Another borough's round trips may take so many times as long meanwhile, for the machine has more to do; or, where they are short, this
/// long: were they to wait for the backlog, the first would take as long as all of it.
const SLOWER_MAX: u32 = 10;
const STILL_SHORT: Duration = Duration::from_secs(3);

/// From submission to the answer of another borough, in the middle of many, of which the last begins while it `goes_on`.
async fn camden_takes(kit: &Kit, goes_on: impl Fn() -> bool) -> Duration {
    let mut times = Vec::new();
    while times.is_empty() || (times.len() < ROUNDS && goes_on()) {
        let watch = Stopwatch::start();
        kit.submit(enquiry(&[IN_CAMDEN])).await;
        let leased = kit.lease(CAMDEN).await;
        let request = answer(&leased.check.unwrap().id, &leased.lease_id);
        kit.adapter(CAMDEN).answer(request).await.unwrap();
        times.push(watch.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

/// What operators see of it, however many checks wait.
async fn one_line_for_each_cause(kit: &Kit) {
    let request = v1::CountAlertsRequest {
        responder_ids: vec!["hackney".into()],
        ..v1::CountAlertsRequest::default()
    };
    let counted = kit.operations(OPERATOR).count_alerts(request).await;
    let counts = counted.unwrap().into_inner().counts;
    let causes: HashSet<&String> = counts.iter().map(|count| &count.cause).collect();
    assert_eq!(causes.len(), counts.len(), "{counts:?}");
    let chase = counts.iter().find(|count| count.cause == "chase").unwrap();
    let gathered = u32::try_from(GATHERED).unwrap();
    let numbers = (chase.open_count, chase.waiting_count);
    assert_eq!(numbers, (gathered, gathered));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backlog_drains_nearest_deadline_first_and_no_other_borough_notices() {
    let kit = Kit::start().await;
    let before = camden_takes(&kit, || true).await;
    let mut hearings = HashMap::new();
    for number in 0..GATHERED {
        // The later half is heard first.
        let minute = (GATHERED - number) * 3 / 20;
        let hearing = format!("2026-11-23T{:02}:{:02}", 12 + minute / 60, minute % 60);
        let asked = kit.submit(enquiry_at(&hearing, &[IN_HACKNEY])).await;
        hearings.insert(asked.enquiry_id, hearing);
    }
    kit.move_to("2026-11-23T11:20").await;
    one_line_for_each_cause(&kit).await;
    let pace = PaceSettings {
        lookups: 4,
        in_hand: IN_HAND,
        ..PaceSettings::default()
    };
    let watch = Stopwatch::start();
    let working = working_at(&kit, &[&[reply(v1::Disposition::NotKnown)]], pace, TAKES);
    until("it has begun", || {
        working.asked.lock().unwrap().len() > IN_HAND
    })
    .await;
    let drains = || working.asked.lock().unwrap().len() < GATHERED;
    let during = camden_takes(&kit, drains).await;
    let began = working.asked.lock().unwrap().len();
    let limit = Duration::from_secs(120);
    while drains() {
        assert!(watch.elapsed() < limit, "it drains");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let drained = watch.elapsed();
    until("all is told", || {
        working.adapter.health().report().in_hand == 0
    })
    .await;
    assert_eq!(entries(kit.folder()), 0);
    let asked = working.asked.lock().unwrap().clone();
    let hearing = |check: &String| hearings[check.split('/').next().unwrap()].clone();
    let order: Vec<String> = asked.iter().map(hearing).collect();
    let mut wanted = order.clone();
    wanted.sort();
    let out_of_place = (0..GATHERED)
        .filter(|place| {
            let (from, to) = (
                place.saturating_sub(IN_HAND),
                (place + IN_HAND).min(GATHERED - 1),
            );
            !(&wanted[from]..=&wanted[to]).contains(&&order[*place])
        })
        .count();
    assert_eq!(out_of_place, 0, "nearest deadline first");
    working.stopped().await;
    for enquiry in hearings.keys().take(200) {
        let check = kit.get(enquiry).await.checks.remove(0);
        assert_eq!((check.leases_lost, check.answers.len()), (0, 1));
    }
    println!(
        "{GATHERED} checks drained in {drained:?}; another borough's median round trip {before:?} before, {during:?} meanwhile \
         (the first {began} were asked about by then)"
    );
    let unchanged = (before * SLOWER_MAX).max(STILL_SHORT);
    assert!(during <= unchanged, "{during:?} after {before:?}");
    let report = kit.verified().await;
    assert!(report.is_sound());
    assert_eq!(report.checks.waiting, 0, "none is left");
}
