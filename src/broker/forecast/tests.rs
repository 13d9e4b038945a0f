//! What is kept of past checks, and that it is the same whatever was heard twice or out of order.

use super::*;
use usher_domain::actor::{Actor, By};
use usher_domain::agreement::Agreements;
use usher_domain::code::ClientId;
use usher_domain::enquiry::{CloseReason, Timeliness};
use usher_domain::forecast::Basis;
use usher_domain::id::RequestId;
use usher_domain::policy::{CaseRules, LeaseRule};
use uuid::Uuid;

/// A Monday, an hour after office hours begin.
const MONDAY: &str = "2026-11-23T10:00:00Z";

fn check(number: u64) -> CheckId {
    let client = ClientId::parse("spiffe://usher.example/court").unwrap();
    let request = RequestId::from_uuid(Uuid::from_u128(number.into()));
    CheckId {
        enquiry: EnquiryId::derive(&client, request),
        number: 1,
    }
}

fn after(minutes: i64) -> Timestamp {
    let monday: Timestamp = MONDAY.parse().unwrap();
    monday
        .checked_add(SignedDuration::from_mins(minutes))
        .unwrap()
}

fn office() -> (WorkingHours, Calendar) {
    let calendar = Calendar::new([], jiff::civil::date(2027, 12, 31));
    (WorkingHours::office(), calendar)
}

fn policy() -> Policy {
    let (default_hours, calendar) = office();
    Policy {
        calendar,
        default_hours,
        tracks: BTreeMap::new(),
        unread: Vec::new(),
        responders: BTreeMap::new(),
        lease: LeaseRule {
            default: SignedDuration::from_mins(10),
            min: SignedDuration::from_mins(1),
            max: SignedDuration::from_mins(30),
            lost_before_alert: 2,
        },
        second_person: [].into(),
        agreements: Agreements::default(),
        cases: CaseRules::default(),
    }
}

/// Something that is heard of a check.
#[derive(Clone, Copy, Debug)]
enum Heard {
    Opened,
    Ended { after: i64, answered: bool },
}

fn hear(past: &mut Past, number: u64, opened: i64, heard: Heard) {
    let (hours, calendar) = office();
    match heard {
        Heard::Opened => past.open(check(number), after(opened), &hours, &calendar),
        Heard::Ended {
            after: later,
            answered,
        } => {
            if answered {
                past.open(check(number), after(opened), &hours, &calendar);
            }
            past.end(check(number), answered, |at| {
                hours.between(at, after(opened + later), &calendar)
            });
        }
    }
}

fn seen(past: &mut Past, now: i64) -> Vec<PastCheck> {
    let (hours, calendar) = office();
    past.checks(after(now), 1, &hours, &calendar).collect()
}

/// Twice as many checks as are kept: opened, and most of them ended, in the order in which it happened.
fn history(seed: u64) -> Vec<(u64, i64, Heard)> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut events = Vec::new();
    for number in 0..2 * limits::FORECAST_CHECKS_MAX as u64 {
        // Few moments, so that many are equal.
        let opened = random.i64(0..600) * 10;
        events.push((opened, number, opened, Heard::Opened));
        let later = random.i64(0..600);
        let ended = |answered| Heard::Ended {
            after: later,
            answered,
        };
        match random.u8(..4) {
            0 => {}
            1 => events.push((opened + later, number, opened, ended(false))),
            _ => events.push((opened + later, number, opened, ended(true))),
        }
    }
    events.sort_by_key(|(at, ..)| *at);
    let told = |(_, number, opened, heard)| (number, opened, heard);
    events.into_iter().map(told).collect()
}

/// One broker did all of it and hears it again; the other one hears of it, some of it twice.
#[test]
fn every_broker_comes_to_the_same_past() {
    for seed in 0..4 {
        let story = history(seed);
        let (mut one, mut other) = (Past::default(), Past::default());
        for (number, opened, heard) in story.iter().chain(&story) {
            hear(&mut one, *number, *opened, *heard);
        }
        // Its own acts at once, those of others later, and its own again in their place.
        let own = story.iter().filter(|(number, ..)| number % 3 == 0);
        for (number, opened, heard) in own.chain(&story) {
            hear(&mut other, *number, *opened, *heard);
        }
        assert_eq!(one.checks.len(), limits::FORECAST_CHECKS_MAX);
        assert_eq!(one.opened.len(), limits::FORECAST_CHECKS_MAX);
        let mut opened: Vec<_> = story.iter().map(|(number, at, _)| (*at, *number)).collect();
        opened.sort_unstable();
        opened.dedup();
        let (oldest, _) = opened[opened.len() - limits::FORECAST_CHECKS_MAX];
        let kept = one.checks.first_key_value().map(|((at, _), _)| *at);
        assert_eq!(kept, Some(after(oldest)), "those opened last are kept");
        assert_eq!(seen(&mut one, 9_000), seen(&mut other, 9_000), "{seed}");
    }
}

#[test]
fn what_waits_has_waited_the_working_time_since() {
    let (hours, calendar) = office();
    let mut past = Past::default();
    let opened = [0, 300, 500, 900, 4_000, -2_000];
    for (number, opened) in (0..).zip(opened) {
        hear(&mut past, number, opened, Heard::Opened);
    }
    for now in [4_000, 4_100, 11_000] {
        let before = opened.into_iter().filter(|opened| *opened < now);
        let mut wanted: Vec<_> = before
            .map(|opened| millis(hours.between(after(opened), after(now), &calendar)))
            .collect();
        wanted.sort_unstable();
        let waited = seen(&mut past, now).into_iter();
        let waited: Vec<_> = waited.map(|check| check.wait.worked_ms).collect();
        assert_eq!(waited, wanted, "{now}");
    }
}

/// What is noted of one check of Hackney, as of 15:00: how long it waited, and whether it was answered.
fn noted(kinds: &[(i64, EventKind)]) -> Vec<(i64, bool)> {
    let policy = policy();
    let hackney = ResponderId::parse("hackney").unwrap();
    let forecast = Forecast::default();
    for (minutes, kind) in kinds {
        let event = Event {
            at: after(*minutes),
            by: By::from(&Actor::clock()),
            check: Some(1),
            kind: kind.clone(),
        };
        // Who is forbidden to be asked is no longer its responder.
        let is_gone = matches!(kind, EventKind::Reconsidered { .. });
        let responder = (!is_gone).then_some(&hackney);
        forecast.note(check(1).enquiry, responder, &event, &policy);
    }
    let past = forecast.past_of(&hackney);
    let mut past = lock(&past);
    let (hours, calendar) = (policy.hours(Some(&hackney)), &policy.calendar);
    let checks = past.checks(after(300), 1, hours, calendar);
    checks
        .map(|check| (check.wait.worked_ms / 60_000, check.wait.answered))
        .collect()
}

#[test]
fn each_end_counts_as_what_it_is() {
    let opened = || (0, EventKind::Opened { responder: None });
    let answered = |version| EventKind::Answered {
        responder: ResponderId::parse("hackney").unwrap(),
        opened_at: after(0),
        version,
        timeliness: Timeliness::InTime,
        by_phone: None,
    };
    let closed = || EventKind::Closed {
        reason: CloseReason::CaseEnded,
    };
    let denied = |decision| EventKind::Reconsidered {
        responder: ResponderId::parse("hackney").unwrap(),
        decision,
    };
    let rows = [
        (vec![opened()], vec![(300, false)]),
        (vec![opened(), (20, answered(1))], vec![(20, true)]),
        (vec![(20, answered(1))], vec![(20, true)]),
        (vec![opened(), (20, answered(2))], vec![(300, false)]),
        (vec![opened(), (30, closed())], vec![(30, false)]),
        (
            vec![opened(), (30, EventKind::Redirected { to: 2 })],
            vec![(30, false)],
        ),
        (
            vec![opened(), (30, EventKind::Rerouted { to: 2 })],
            vec![(30, false)],
        ),
        (
            vec![opened(), (30, denied(SharingDecision::Deny))],
            vec![(30, false)],
        ),
        (
            vec![opened(), (30, denied(SharingDecision::Review))],
            vec![(300, false)],
        ),
        (
            vec![opened(), (30, closed()), (40, answered(1))],
            vec![(40, true)],
        ),
        (vec![(30, closed())], vec![]),
    ];
    for (story, wanted) in rows {
        assert_eq!(noted(&story), wanted, "{story:?}");
    }
}

#[test]
fn a_short_past_is_helped_by_as_much_of_each_that_is_alike() {
    let policy = policy();
    let forecast = Forecast::default();
    let id = |number: u64| ResponderId::parse(&format!("borough-{number}")).unwrap();
    // The first has answered within a minute five hundred times; three others need two hours, each time of forty.
    for (borough, checks, minutes) in [(0, 500, 1), (1, 40, 120), (2, 40, 120), (3, 40, 120)] {
        let past = forecast.past_of(&id(borough));
        for number in 0..checks {
            let heard = Heard::Ended {
                after: minutes,
                answered: true,
            };
            hear(&mut lock(&past), borough * 1_000 + number, 0, heard);
        }
    }
    let (children, police) = (
        ResponderKind::ChildrenSocialCare,
        ResponderKind::PoliceDomesticAbuse,
    );
    let ask = |borough, kind, is_police: &dyn Fn(&ResponderId) -> bool| {
        let kind_of = |id: &ResponderId| Some(if is_police(id) { police } else { children });
        let (of, hour) = (id(borough), SignedDuration::from_hours(1));
        let estimate = forecast.estimate(&of, Some(kind), hour, after(300), &policy, kind_of);
        (estimate.basis, estimate.probability, estimate.checks)
    };
    // Of the first every fourth check counts: 125 beside 120 of the others.
    let pool = (Basis::Pooled, Some(0.5102), 245);
    assert_eq!(ask(9, children, &|_| false), pool);
    assert_eq!(ask(9, police, &|_| false), (Basis::Unknown, None, 0));
    forecast.ends.fetch_add(245, Ordering::Relaxed);
    let first = |other: &ResponderId| *other == id(0);
    let others = (Basis::Pooled, Some(0.0), 120);
    assert_eq!(ask(9, children, &first), others);
    assert_eq!(ask(0, children, &first).0, Basis::Responder);
}

#[test]
fn curves_are_made_anew_in_time_and_when_enough_has_ended() {
    let (hours, calendar) = office();
    let mut past = Past::default();
    let answered = |past: &mut Past, number| {
        let heard = Heard::Ended {
            after: 1,
            answered: true,
        };
        hear(past, number, 0, heard);
    };
    for number in 0..64 {
        answered(&mut past, number);
    }
    let checks = |past: &mut Past, seconds| {
        let now = after(10) + SignedDuration::from_secs(seconds);
        past.curves(now, &hours, &calendar).checks()
    };
    assert_eq!(checks(&mut past, 0), 64);
    for (number, seconds, wanted) in [
        (64, 0, 64),
        (65, 0, 64),
        // Three of 64.
        (66, 0, 67),
        (67, 59, 67),
        (68, 60, 69),
        // A clock that was set back.
        (69, 0, 70),
    ] {
        answered(&mut past, number);
        assert_eq!(checks(&mut past, seconds), wanted, "{number}");
    }
}

#[test]
fn what_is_opened_in_this_moment_is_not_its_own_past() {
    let mut past = Past::default();
    hear(&mut past, 1, 0, Heard::Opened);
    hear(
        &mut past,
        2,
        0,
        Heard::Ended {
            after: 0,
            answered: true,
        },
    );
    assert_eq!(seen(&mut past, 0).len(), 1);
    assert_eq!(seen(&mut past, 1).len(), 2);
}

/// What a submission costs the forecast, where the responder's past is full: open, estimate, and now and then an end.
#[test]
#[ignore = "for changes to the forecast: prints a figure"]
fn what_a_submission_costs() {
    let (policy, forecast) = (policy(), Forecast::default());
    let hackney = ResponderId::parse("hackney").unwrap();
    let event = |minutes, kind| Event {
        at: after(minutes),
        by: By::from(&Actor::clock()),
        check: Some(1),
        kind,
    };
    let opened = || EventKind::Opened { responder: None };
    let round = |number: u64| {
        let minutes = i64::try_from(number / 8).unwrap();
        let id = |number| check(number).enquiry;
        forecast.note(
            id(number),
            Some(&hackney),
            &event(minutes, opened()),
            &policy,
        );
        let answered = EventKind::Answered {
            responder: hackney.clone(),
            opened_at: after(minutes - 30),
            version: 1,
            timeliness: Timeliness::InTime,
            by_phone: None,
        };
        let before = number.saturating_sub(240);
        forecast.note(
            id(before),
            Some(&hackney),
            &event(minutes, answered),
            &policy,
        );
        let kind = Some(ResponderKind::ChildrenSocialCare);
        let left = SignedDuration::from_hours(1);
        forecast.estimate(&hackney, kind, left, after(minutes), &policy, |_| kind)
    };
    for number in 0..2_000 {
        round(number);
    }
    let watch = crate::clock::Stopwatch::start();
    for number in 2_000..22_000 {
        round(number);
    }
    eprintln!("{:?} each", watch.elapsed() / 20_000);
}
