//! The runtime: what is certain is answered, the rest goes to people, and nothing is lost or said twice differently.

use super::*;
use prost::Message as _;
use usher_domain::agreement::{Agreement, Agreements};
use usher_domain::code::ResponderId;

#[test]
fn the_guide_tells_the_defaults() {
    let guide = std::fs::read_to_string(root().join("deploy/adapters/README.md")).unwrap();
    let block = guide.split("```toml\n").nth(1).unwrap();
    let told: toml::Table = toml::from_str(block.split("```").next().unwrap()).unwrap();
    let told: PaceSettings = told["adapter"].clone().try_into().unwrap();
    let usual = PaceSettings {
        lease_seconds: told.lease_seconds,
        ..PaceSettings::default()
    };
    assert_eq!(told, usual);
}

#[tokio::test]
async fn what_is_certain_is_answered_and_forgotten_by_the_journal() {
    let kit = Kit::start().await;
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let check = stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    assert_eq!(check.answers[0].disposition(), v1::Disposition::NotKnown);
    assert_eq!(check.answers[0].by.as_ref().unwrap().person, None);
    until("it is forgotten", || entries(kit.folder()) == 0).await;
    working.stopped().await;
    assert!(kit.verified().await.is_sound());
}

#[tokio::test]
async fn what_is_not_certain_goes_to_people_and_is_asked_once() {
    let kit = Kit::start().await;
    let working = working(&kit, &[&[unsettled(v1::PeopleReason::PossibleMatch)]]);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    left(&kit, &asked.enquiry_id, v1::PeopleReason::PossibleMatch).await;
    let later = kit.submit(enquiry(&[IN_HACKNEY])).await;
    until("the later one is asked about", || {
        working.asked.lock().unwrap().len() == 2
    })
    .await;
    let about = working.asked.lock().unwrap().clone();
    assert!(about[0].starts_with(&asked.enquiry_id) && about[1].starts_with(&later.enquiry_id));
    working.stopped().await;
}

#[tokio::test]
async fn the_desk_is_shown_as_many_candidates_as_its_borough_says() {
    let all: Vec<v1::Candidate> = ["P1", "P2", "P3"].map(perhaps).to_vec();
    for (most, shown_to_desk) in [(2, &all[..2]), (0, &[][..])] {
        let kit = Kit::start().await;
        let pace = PaceSettings {
            show_candidates: most,
            ..PaceSettings::default()
        };
        let says = [Says::Outcome(Outcome::Possible(all.clone()))];
        let working = working_at(&kit, &[&says], pace, Duration::ZERO);
        let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
        left(&kit, &asked.enquiry_id, v1::PeopleReason::PossibleMatch).await;
        assert_eq!(shown(&kit, &asked.enquiry_id).await, shown_to_desk);
        working.stopped().await;
    }
}

#[tokio::test]
async fn what_one_system_leaves_in_doubt_the_silence_of_another_does_not_settle() {
    let doubt = [unsettled(v1::PeopleReason::PossibleMatch)];
    for (second, state) in [
        (v1::Disposition::NotKnown, v1::CheckState::Waiting),
        (
            v1::Disposition::KnownNothingRelevant,
            v1::CheckState::Waiting,
        ),
        (v1::Disposition::KnownRelevant, v1::CheckState::Answered),
    ] {
        let kit = Kit::start().await;
        let working = working(&kit, &[&doubt, &[reply(second)]]);
        let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
        until("both are asked", || {
            working.asked.lock().unwrap().len() == 2
        })
        .await;
        let check = stands(&kit, &asked.enquiry_id, state).await;
        assert_eq!(
            check.answers.len(),
            usize::from(state == v1::CheckState::Answered)
        );
        working.stopped().await;
    }
}

#[tokio::test]
async fn what_one_system_leaves_in_doubt_no_other_sends_away() {
    let elsewhere = || {
        Says::Outcome(Outcome::Redirect {
            to: "E09000007".into(),
            person: None,
        })
    };
    let kit = Kit::start().await;
    let sent = working(&kit, &[&[elsewhere()]]);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    stands(&kit, &asked.enquiry_id, v1::CheckState::Redirected).await;
    sent.stopped().await;
    let doubt = [unsettled(v1::PeopleReason::PossibleMatch)];
    let kept = working(&kit, &[&doubt, &[elsewhere()]]);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    left(&kit, &asked.enquiry_id, v1::PeopleReason::PossibleMatch).await;
    kept.stopped().await;
}

#[tokio::test]
async fn where_the_agreement_lets_no_program_answer_people_do_and_its_system_hears_of_it() {
    let hackney = ResponderId::parse("hackney").unwrap();
    let mut agreements: Vec<Agreement> =
        Agreements::permitting([hackney]).iter().cloned().collect();
    agreements[0].automatic_answers = false;
    let kit = Kit::shaped(Shape {
        agreements: Some(Agreements::new(agreements).unwrap()),
        ..Shape::default()
    })
    .await;
    let why = v1::PeopleReason::Agreement;
    let elsewhere = Says::Outcome(Outcome::Redirect {
        to: "E09000007".into(),
        person: None,
    });
    for says in [reply(v1::Disposition::NotKnown), elsewhere] {
        let held_back = working(&kit, &[&[says]]);
        let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
        left(&kit, &asked.enquiry_id, why).await;
        assert_eq!(*held_back.left.lock().unwrap(), [why]);
        held_back.stopped().await;
    }
}

#[tokio::test]
async fn the_patience_with_a_system_begins_anew_after_it_promised_an_answer() {
    let kit = Kit::start().await;
    let clock = Arc::new(TestClock::at(kit.clock.now()));
    let promise = || Says::Outcome(Outcome::Pending(Duration::from_millis(50)));
    let mut script: Vec<Says> = (0..40).map(|_| promise()).collect();
    script.extend([Says::Away, reply(v1::Disposition::NotKnown)]);
    let pace = PaceSettings::default();
    let long = Duration::from_secs(pace.patience_seconds + 100);
    let working = working_by(&clock, &kit, &[&script], pace, Duration::ZERO);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    until("it is asked", || !working.asked.lock().unwrap().is_empty()).await;
    clock.forward(long);
    stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    working.stopped().await;
}

#[tokio::test]
async fn a_system_that_is_away_is_tried_and_then_people_are() {
    let kit = Kit::start().await;
    let told = working(
        &kit,
        &[&[Says::Away, Says::Away, reply(v1::Disposition::NotKnown)]],
    );
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    told.stopped().await;
    for (says, why) in [
        (Says::Away, v1::PeopleReason::SystemAway),
        (Says::Broken, v1::PeopleReason::SystemAway),
    ] {
        let never = working(&kit, &[&[says]]);
        let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
        until("it is tried", || !never.asked.lock().unwrap().is_empty()).await;
        advance(&kit, 2);
        left(&kit, &asked.enquiry_id, why).await;
        never.stopped().await;
    }
}

#[tokio::test]
async fn a_look_up_that_never_ends_is_ended_and_people_are_asked() {
    let kit = Kit::start().await;
    let silent = working(&kit, &[&[Says::Silence]]);
    for _ in 0..2 {
        let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
        left(&kit, &asked.enquiry_id, v1::PeopleReason::SystemAway).await;
    }
    let trouble = silent.adapter.health().report().connectors[0]
        .trouble
        .clone();
    assert!(trouble.contains("did not answer in time"), "{trouble}");
    silent.stopped().await;
}

#[tokio::test]
async fn an_answer_that_is_promised_for_ever_is_waited_for_120_days() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let promises = Says::Outcome(Outcome::Pending(Duration::from_millis(50)));
    let clock = Arc::new(TestClock::at(kit.clock.now()));
    let pace = PaceSettings::default();
    let working = working_by(&clock, &kit, &[&[promises]], pace, Duration::ZERO);
    until("it is asked", || working.asked.lock().unwrap().len() > 1).await;
    clock.forward(Duration::from_hours(120 * 24));
    left(&kit, &asked.enquiry_id, v1::PeopleReason::SystemAway).await;
    working.stopped().await;
}

/// Where the journal keeps what is decided about the first check of `enquiry`.
fn entry(kit: &Kit, enquiry: &str) -> std::path::PathBuf {
    kit.folder()
        .join("journal")
        .join(format!("{enquiry}.1.0.act"))
}

#[tokio::test]
async fn what_was_decided_and_cannot_be_read_is_for_people() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    std::fs::create_dir(kit.folder().join("journal")).unwrap();
    std::fs::write(entry(&kit, &asked.enquiry_id), "damaged").unwrap();
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    left(&kit, &asked.enquiry_id, v1::PeopleReason::Other).await;
    assert!(working.asked.lock().unwrap().is_empty(), "nobody looked");
    until("it is forgotten", || entries(kit.folder()) == 0).await;
    working.stopped().await;
}

#[tokio::test]
async fn a_reason_that_the_broker_does_not_know_is_told_as_another() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    // As a newer program decided it, and was replaced.
    let release = v1::ReleaseRequest {
        check_id: format!("{}/1", asked.enquiry_id),
        for_people: 99,
        ..v1::ReleaseRequest::default()
    };
    let release = release.encode_to_vec();
    let act = [&[0x12, u8::try_from(release.len()).unwrap()], &release[..]].concat();
    let sum = crc32fast::hash(&act).to_be_bytes();
    std::fs::create_dir(kit.folder().join("journal")).unwrap();
    let kept = [b"USA1", &sum[..], &act[..]].concat();
    std::fs::write(entry(&kit, &asked.enquiry_id), kept).unwrap();
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    left(&kit, &asked.enquiry_id, v1::PeopleReason::Other).await;
    assert!(working.asked.lock().unwrap().is_empty(), "nobody looked");
    until("it is forgotten", || entries(kit.folder()) == 0).await;
    working.stopped().await;
}

#[tokio::test]
async fn a_journal_that_cannot_be_read_for_a_while_decides_nothing_meanwhile() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let unreadable = entry(&kit, &asked.enquiry_id);
    std::fs::create_dir_all(&unreadable).unwrap();
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    stands(&kit, &asked.enquiry_id, v1::CheckState::Leased).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(working.asked.lock().unwrap().is_empty(), "nobody looked");
    std::fs::remove_dir(&unreadable).unwrap();
    stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    working.stopped().await;
}

#[tokio::test]
async fn a_journal_that_cannot_be_used_leaves_checks_to_people() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    std::fs::create_dir_all(entry(&kit, &asked.enquiry_id)).unwrap();
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    stands(&kit, &asked.enquiry_id, v1::CheckState::Leased).await;
    advance(&kit, 2);
    left(&kit, &asked.enquiry_id, v1::PeopleReason::Other).await;
    assert!(working.asked.lock().unwrap().is_empty(), "nobody looked");
    working.stopped().await;
}

#[tokio::test]
async fn the_journal_is_tidied_while_the_adapter_runs() {
    let kit = Kit::start().await;
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    until("it is forgotten", || entries(kit.folder()) == 0).await;
    std::fs::write(entry(&kit, &asked.enquiry_id), "left over").unwrap();
    advance(&kit, 3_601);
    until("it is tidied", || entries(kit.folder()) == 0).await;
    working.stopped().await;
}

#[tokio::test]
async fn a_program_that_dies_with_a_decision_says_the_same_when_it_is_back() {
    let mut kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let gone = [
        unsettled(v1::PeopleReason::Other),
        reply(v1::Disposition::KnownRelevant),
    ];
    // It decides while the broker is gone, and dies.
    let pending = Says::Outcome(Outcome::Pending(Duration::from_millis(300)));
    let first = working(
        &kit,
        &[&[pending, reply(v1::Disposition::KnownNothingRelevant)]],
    );
    until("it is asked", || !first.asked.lock().unwrap().is_empty()).await;
    kit.stop().await;
    until("it has decided", || entries(kit.folder()) == 1).await;
    first.killed().await;
    kit.serve().await;
    assert_eq!(
        kit.get(&asked.enquiry_id).await.checks[0].state(),
        v1::CheckState::Leased
    );
    kit.move_to("2026-11-23T10:20").await;
    let second = working(&kit, &[&gone]);
    let check = stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    let disposition = check.answers[0].disposition();
    assert_eq!(disposition, v1::Disposition::KnownNothingRelevant);
    assert_eq!(
        *second.asked.lock().unwrap(),
        Vec::<String>::new(),
        "nobody looked again"
    );
    until("it is forgotten", || entries(kit.folder()) == 0).await;
    second.stopped().await;
}

#[tokio::test]
async fn a_stop_gives_back_what_is_in_hand() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let pace = PaceSettings::default();
    let working = working_at(&kit, &[&[Says::Silence]], pace, Duration::ZERO);
    stands(&kit, &asked.enquiry_id, v1::CheckState::Leased).await;
    until("it is asked", || !working.asked.lock().unwrap().is_empty()).await;
    working.stopped().await;
    let check = kit.get(&asked.enquiry_id).await.checks.remove(0);
    assert_eq!(
        (check.state(), check.leases_lost),
        (v1::CheckState::Waiting, 0)
    );
    assert_eq!(check.for_people(), v1::PeopleReason::Unspecified);
    assert_eq!(entries(kit.folder()), 0);
}

#[tokio::test]
async fn a_lease_is_renewed_while_its_check_is_looked_up() {
    let kit = Kit::start().await;
    let asked = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let pace = PaceSettings {
        lease_seconds: Some(5),
        ..PaceSettings::default()
    };
    let slow = Says::Outcome(Outcome::Pending(Duration::from_secs(8)));
    let working = working_at(
        &kit,
        &[&[slow, reply(v1::Disposition::NotKnown)]],
        pace,
        Duration::ZERO,
    );
    let leased = stands(&kit, &asked.enquiry_id, v1::CheckState::Leased).await;
    let first = leased.lease.unwrap();
    let span = instant(first.expire_time) - instant(first.create_time);
    assert_eq!(
        span.compare(jiff::Span::new().seconds(5)).unwrap(),
        std::cmp::Ordering::Equal
    );
    let watch = usher::clock::Stopwatch::start();
    let mut moved = 0;
    while watch.elapsed() < Duration::from_secs(7) {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = i64::try_from(watch.elapsed().as_secs()).unwrap();
        if now > moved {
            advance(&kit, now - moved);
            moved = now;
            kit.settle().await;
        }
    }
    let check = stands(&kit, &asked.enquiry_id, v1::CheckState::Answered).await;
    assert_eq!(check.leases_lost, 0);
    working.stopped().await;
}

#[tokio::test]
async fn no_more_is_taken_than_there_are_hands() {
    let kit = Kit::start().await;
    for _ in 0..5 {
        kit.submit(enquiry(&[IN_HACKNEY])).await;
    }
    let pace = PaceSettings {
        lookups: 1,
        in_hand: 3,
        ..PaceSettings::default()
    };
    let working = working_at(&kit, &[&[Says::Silence]], pace, Duration::ZERO);
    until("it has its hands full", || {
        working.adapter.health().report().in_hand == 3
    })
    .await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(working.adapter.health().report().in_hand, 3);
    assert_eq!(
        working.asked.lock().unwrap().len(),
        1,
        "one look-up at a time"
    );
    let request = v1::LeaseChecksRequest {
        max_checks: 10,
        ..lease()
    };
    assert_eq!(kit.leased(HACKNEY_DESK, request).await.len(), 2);
    working.stopped().await;
}

/// The adapters of Hackney, as the operator sees them.
async fn adapters(kit: &Kit) -> Vec<v1::Adapter> {
    let request = v1::ListRespondersRequest {
        page_size: 100,
        ..v1::ListRespondersRequest::default()
    };
    let listed = kit.operations(OPERATOR).list_responders(request).await;
    let mut responders = listed.unwrap().into_inner().responders;
    responders.retain(|responder| responder.id == "hackney");
    responders.remove(0).adapters
}

#[tokio::test]
async fn operators_see_how_each_adapter_does() {
    let kit = Kit::start().await;
    assert_eq!(adapters(&kit).await, []);
    let working = working(&kit, &[&[Says::Away]]);
    until("it has tried", || !working.adapter.health().is_well()).await;
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let watch = usher::clock::Stopwatch::start();
    loop {
        let seen = adapters(&kit).await;
        let failing = seen
            .iter()
            .any(|adapter| adapter.health() == v1::AdapterHealth::Failing);
        if failing {
            let report = seen[0].report.as_ref().unwrap();
            assert_eq!(seen[0].client_id, HACKNEY);
            assert_eq!(report.version, env!("CARGO_PKG_VERSION"));
            assert!(report.connectors[0].trouble.contains("cannot be reached"));
            break;
        }
        assert!(watch.elapsed() < PATIENCE, "{seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stopped().await;
    advance(&kit, 200);
    assert_eq!(adapters(&kit).await[0].health(), v1::AdapterHealth::Absent);
}

#[tokio::test]
async fn a_new_certificate_is_taken_up_without_a_restart() {
    let kit = Kit::start().await;
    let working = working(&kit, &[&[reply(v1::Disposition::NotKnown)]]);
    let first = kit.submit(enquiry(&[IN_HACKNEY])).await;
    let check = stands(&kit, &first.enquiry_id, v1::CheckState::Answered).await;
    assert_eq!(check.answers[0].by.as_ref().unwrap().client_id, HACKNEY);
    std::fs::write(kit.folder().join("adapter.pem"), "half a file").unwrap();
    working.adapter.reload();
    // The certificate of another program of the same responder, to see which one is shown. The call that waits is of the old one.
    kit.client_files(HACKNEY_DESK, "adapter");
    working.adapter.reload();
    kit.submit(enquiry(&[IN_HACKNEY])).await;
    let watch = usher::clock::Stopwatch::start();
    while !adapters(&kit)
        .await
        .iter()
        .any(|adapter| adapter.client_id == HACKNEY_DESK)
    {
        assert!(watch.elapsed() < PATIENCE);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    working.stopped().await;
}
