//! The policy: its words, the moments that ladders make, and what no policy may be.
#![expect(clippy::unwrap_used, reason = "a failed test panics")]

use jiff::SignedDuration;
use jiff::civil::{DateTime, date, time};
use proptest::prelude::*;
use std::collections::BTreeMap;
use usher_domain::agreement::Agreements;
use usher_domain::code::ResponderId;
use usher_domain::enquiry::Track;
use usher_domain::ladder::{Audience, StepKind, StepState, Unless};
use usher_domain::limits;
use usher_domain::policy::{
    CaseRules, LeaseRule, Offset, Policy, Span, StepRule, Terms, TrackRule, Unit,
};
use usher_domain::time::{Calendar, Timestamp, WorkingHours, from_london, to_london};

fn at(local: &str) -> Timestamp {
    from_london(local.parse::<DateTime>().unwrap()).unwrap()
}

fn span(text: &str) -> Span {
    text.parse().unwrap()
}

fn rule(name: &str, kind: StepKind, moments: &[&str], unless: Unless) -> StepRule {
    StepRule {
        name: name.into(),
        kind,
        at: moments.iter().map(|text| text.parse().unwrap()).collect(),
        unless,
        audience: vec![Audience::Operator],
    }
}

fn hearing() -> StepRule {
    let at = ["hearing + 0 min"];
    rule("hearing", StepKind::Hearing, &at, Unless::Answered)
}

fn decide() -> StepRule {
    let at = ["hearing - 30 min"];
    rule("decide", StepKind::DecisionPoint, &at, Unless::Decided)
}

fn track(steps: Vec<StepRule>) -> TrackRule {
    TrackRule {
        acknowledgement: span("4 wh"),
        reply_within: span("10 wd"),
        steps,
    }
}

fn policy() -> Policy {
    let late = rule(
        "late",
        StepKind::Escalate,
        &["hearing + 1 wd"],
        Unless::Answered,
    );
    let early = rule(
        "early",
        StepKind::Escalate,
        &["submitted + 4 wh", "hearing - 1 wd"],
        Unless::Accepted,
    );
    let steps = vec![late, hearing(), early, decide()];
    let tracks = Track::ALL
        .iter()
        .map(|name| (*name, track(steps.clone())))
        .collect();
    Policy {
        calendar: Calendar::new([date(2026, 12, 25), date(2026, 12, 28)], date(2026, 12, 31)),
        default_hours: WorkingHours::office(),
        tracks,
        unread: vec![rule(
            "unread",
            StepKind::Unread,
            &["answered + 1 wh"],
            Unless::Answered,
        )],
        responders: BTreeMap::new(),
        lease: LeaseRule {
            default: SignedDuration::from_secs(120),
            min: SignedDuration::from_secs(5),
            max: SignedDuration::from_secs(900),
            lost_before_alert: 3,
        },
        second_person: [].into(),
        agreements: Agreements::default(),
        cases: CaseRules::default(),
    }
}

#[test]
fn spans_and_moments_are_read() {
    let check = |text: &str, base: &str, before: bool, amount: u32, unit: Unit| {
        let moment: Offset = text.parse().unwrap();
        assert_eq!(moment.base.name(), base, "{text}");
        assert_eq!(
            (moment.before, moment.span),
            (before, Span { amount, unit }),
            "{text}"
        );
    };
    check("submitted + 15 min", "submitted", false, 15, Unit::Minute);
    check("hearing - 1 wd", "hearing", true, 1, Unit::WorkingDay);
    check("hearing+0 min", "hearing", false, 0, Unit::Minute);
    check(
        "  answered  +  4   wh ",
        "answered",
        false,
        4,
        Unit::WorkingHour,
    );
    check("submitted + 2 h", "submitted", false, 2, Unit::Hour);
    for bad in [
        "",
        "hearing + 5",
        "Hearing + 5 min",
        "hearing - +5 min",
        "hearing + 99999999999 min",
        "hearing \u{2212} 5 min",
    ] {
        assert!(bad.parse::<Offset>().is_err(), "{bad:?}");
    }
    for bad in ["", "4", "wh", "4 wh 1", "-4 wh", "+4 wh", "4 weeks"] {
        assert!(bad.parse::<Span>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_span_is_counted_in_its_own_unit() {
    let policy = policy();
    let check = |from: &str, before: bool, text: &str, to: &str| {
        let found = policy.shift(at(from), before, span(text), &policy.default_hours);
        assert_eq!(
            to_london(found),
            to_london(at(to)),
            "{from} {before} {text}"
        );
    };
    check("2026-12-24T16:30", false, "30 min", "2026-12-24T17:00");
    check("2026-12-24T16:30", false, "24 h", "2026-12-25T16:30");
    check("2026-12-24T16:30", false, "1 wh", "2026-12-29T09:30");
    check("2026-12-24T16:30", false, "1 wd", "2026-12-29T16:30");
    check("2026-12-29T09:30", true, "1 wh", "2026-12-24T16:30");
    check("2026-12-29T16:30", true, "1 wd", "2026-12-24T16:30");
    check("2026-12-29T16:30", true, "24 h", "2026-12-28T16:30");
    // An hour by the clock is not an hour on the wall when the clocks change.
    check("2026-10-25T00:30", false, "3 h", "2026-10-25T02:30");
    let far = span("4294967295 h");
    let from = at("2026-12-24T16:30");
    let shift = |before| policy.shift(from, before, far, &policy.default_hours);
    assert_eq!(
        (shift(false), shift(true)),
        (Timestamp::MAX, Timestamp::MIN)
    );
}

#[test]
fn a_ladder_is_sorted_pending_and_never_due_before_it_begins() {
    let check = |opened: &str, deadline: &str, wanted: &[(&str, &str)]| {
        let steps = policy().steps(Track::Fast, None, at(opened), at(deadline));
        let found: Vec<(&str, DateTime)> = steps
            .iter()
            .map(|step| (&*step.name, to_london(step.due)))
            .collect();
        let wanted: Vec<(&str, DateTime)> = wanted
            .iter()
            .map(|(name, due)| (*name, due.parse().unwrap()))
            .collect();
        assert_eq!(found, wanted, "{opened} {deadline}");
        assert!(steps.iter().all(|step| step.state == StepState::Pending));
    };
    check(
        "2026-11-23T10:00",
        "2026-11-30T10:00",
        &[
            ("early", "2026-11-23T14:00"),
            ("decide", "2026-11-30T09:30"),
            ("hearing", "2026-11-30T10:00"),
            ("late", "2026-12-01T10:00"),
        ],
    );
    // The earlier of the two moments has passed: due at the opening.
    check(
        "2026-11-23T10:00",
        "2026-11-24T09:00",
        &[
            ("early", "2026-11-23T10:00"),
            ("decide", "2026-11-24T08:30"),
            ("hearing", "2026-11-24T09:00"),
            ("late", "2026-11-25T09:00"),
        ],
    );
    // A check opened after the hearing.
    check(
        "2026-11-23T10:00",
        "2026-11-20T10:00",
        &[
            ("late", "2026-11-23T10:00"),
            ("hearing", "2026-11-23T10:00"),
            ("early", "2026-11-23T10:00"),
            ("decide", "2026-11-23T10:00"),
        ],
    );
}

#[test]
fn an_answer_starts_its_own_ladder() {
    let steps = policy().unread_steps(None, at("2026-11-23T16:30"), at("2026-11-23T12:00"));
    assert_eq!(steps.len(), 1);
    assert_eq!(steps[0].due, at("2026-11-24T09:30"));
}

#[test]
fn a_responder_has_its_own_hours_and_ladders_or_the_general_ones() {
    let [own, other] = ["own", "other"].map(|id| ResponderId::parse(id).unwrap());
    let always = Some((time(0, 0, 0, 0), time(23, 59, 0, 0)));
    let late = policy().tracks[&Track::Oral].steps[0].clone();
    let terms = Terms {
        hours: WorkingHours::new([always; 7]).unwrap(),
        tracks: BTreeMap::from([(Track::Oral, track(vec![hearing(), late, decide()]))]),
    };
    let mut policy = policy();
    policy.responders.insert(own.clone(), terms);
    assert_eq!(policy.validate(), Ok(()));
    let steps = |track, responder| policy.track(track, responder).unwrap().steps.len();
    assert_eq!(steps(Track::Oral, Some(&own)), 3);
    assert_eq!(steps(Track::Fast, Some(&own)), 4);
    assert_eq!(steps(Track::Oral, Some(&other)), 4);
    assert_eq!(steps(Track::Oral, None), 4);
    let until =
        |responder| policy.acknowledged_until(at("2026-11-23T16:00"), Track::Fast, responder);
    assert_eq!(until(Some(&own)), at("2026-11-23T20:00"));
    assert_eq!(until(Some(&other)), at("2026-11-24T12:00"));
    assert_eq!(until(None), at("2026-11-24T12:00"));
}

#[test]
fn a_reply_is_due_in_working_days_and_known_holidays_end() {
    let policy = policy();
    let due = policy.reply_by(Track::PostSentence, None, at("2026-12-18T10:00"));
    assert_eq!(due, at("2027-01-05T10:00"));
    assert!(policy.knows(at("2026-12-31T23:59")));
    assert!(!policy.knows(at("2027-01-01T00:00")));
}

#[test]
fn a_lease_is_kept_within_its_bounds() {
    let (lease, now) = (policy().lease, at("2026-11-23T10:00"));
    let check = |wanted: i64, given: i64| {
        let until = lease.bound(now, now + SignedDuration::from_secs(wanted));
        assert_eq!(until.duration_since(now).as_secs(), given, "{wanted}");
    };
    check(-100, 5);
    check(4, 5);
    check(5, 5);
    check(120, 120);
    check(900, 900);
    check(901, 900);
    assert_eq!(lease.bound(Timestamp::MAX, Timestamp::MIN), Timestamp::MAX);
}

/// Changes the policy, and checks what validation says.
fn check(change: impl Fn(&mut Policy), words: &str) {
    let mut policy = policy();
    change(&mut policy);
    match policy.validate() {
        Ok(()) => assert_eq!(words, "", "accepted, not {words:?}"),
        Err(error) => {
            let text = error.to_string();
            assert!(
                !words.is_empty() && text.contains(words),
                "{text:?} does not say {words:?}"
            );
        }
    }
}

fn oral(change: impl Fn(&mut TrackRule)) -> impl Fn(&mut Policy) {
    move |policy: &mut Policy| change(policy.tracks.get_mut(&Track::Oral).unwrap())
}

#[test]
fn a_policy_that_would_leave_a_check_unwatched_is_refused() {
    let only = |kind, moments: &'static [&'static str], unless| {
        oral(move |ladder: &mut TrackRule| {
            let other = StepRule {
                unless: Unless::Decided,
                ..hearing()
            };
            ladder.steps = vec![other, decide(), rule("only", kind, moments, unless)];
        })
    };
    check(|_| {}, "");
    check(
        |policy| drop(policy.tracks.remove(&Track::Standard)),
        "track standard has no ladder",
    );
    let answered = Unless::Answered;
    check(only(StepKind::Escalate, &["hearing + 1 wd"], answered), "");
    check(only(StepKind::Escalate, &["hearing + 0 min"], answered), "");
    let last = "ladder.oral: one step after the hearing";
    check(oral(|rule| rule.steps = vec![hearing()]), last);
    check(
        only(StepKind::Escalate, &["hearing - 1 wd"], answered),
        last,
    );
    check(
        only(StepKind::Escalate, &["submitted + 15 min"], answered),
        last,
    );
    check(
        only(
            StepKind::Escalate,
            &["hearing + 1 wd", "submitted + 1 h"],
            answered,
        ),
        last,
    );
    check(
        only(StepKind::Escalate, &["hearing + 1 wd"], Unless::Accepted),
        last,
    );
    check(
        only(StepKind::Escalate, &["hearing + 1 wd"], Unless::Decided),
        last,
    );
    check(
        oral(|rule| rule.steps.retain(|step| step.kind != StepKind::Hearing)),
        "must have kind = \"hearing\"",
    );
    let undecided = "ladder.oral: one step must have kind = \"decision_point\"";
    check(oral(|rule| drop(rule.steps.remove(3))), undecided);
    for late in ["hearing + 0 min", "hearing - 0 min", "submitted + 2 h"] {
        let late = move |rule: &mut TrackRule| rule.steps[3].at = vec![late.parse().unwrap()];
        check(oral(late), undecided);
    }
}

#[test]
fn every_ladder_is_held_to_it() {
    // After sentence there is no hearing, and a step counted from submission will do.
    check(
        |policy| {
            let steps = vec![rule(
                "only",
                StepKind::Escalate,
                &["submitted + 5 wd"],
                Unless::Answered,
            )];
            policy.tracks.insert(Track::PostSentence, track(steps));
        },
        "",
    );
    check(|policy| policy.unread.clear(), "a ladder has 1 to 24 steps");
    check(
        |policy| policy.unread[0].kind = StepKind::Escalate,
        "every step has kind unread",
    );
    check(
        |policy| policy.unread[0].at = vec!["hearing + 1 h".parse().unwrap()],
        "counts from answered",
    );
    check(
        |policy| {
            let own = BTreeMap::from([(Track::Fast, track(Vec::new()))]);
            let terms = Terms {
                hours: WorkingHours::office(),
                tracks: own,
            };
            policy
                .responders
                .insert(ResponderId::parse("hackney").unwrap(), terms);
        },
        "responder hackney, ladder.fast: step *: a ladder has 1 to 24 steps",
    );
}

#[test]
fn a_step_that_cannot_be_right_is_refused() {
    let step =
        |change: fn(&mut StepRule)| oral(move |rule: &mut TrackRule| change(&mut rule.steps[2]));
    for name in [
        "",
        "Early",
        "eärly",
        "a b",
        "a-b",
        &"x".repeat(limits::STEP_NAME_CHARS_MAX + 1),
    ] {
        let name: Box<str> = name.into();
        check(
            oral(move |rule| rule.steps[2].name = name.clone()),
            "lower-case letters",
        );
    }
    check(
        step(|step| step.name = "x".repeat(limits::STEP_NAME_CHARS_MAX).into()),
        "",
    );
    check(step(|step| step.name = "late".into()), "used twice");
    check(step(|step| step.at.clear()), "one to four moments");
    check(
        step(|step| step.at = vec![step.at[0]; limits::OFFSETS_PER_STEP_MAX]),
        "",
    );
    check(
        step(|step| step.at = vec![step.at[0]; limits::OFFSETS_PER_STEP_MAX + 1]),
        "one to four moments",
    );
    check(step(|step| step.audience.clear()), "audience is empty");
    check(
        step(|step| step.kind = StepKind::Hearing),
        "kind hearing means",
    );
    let elsewhere = oral(|rule| rule.steps[1].at[0].span.unit = Unit::WorkingDay);
    check(elsewhere, "kind hearing means");
    check(
        step(|step| step.kind = StepKind::Unread),
        "belongs in [[unread]]",
    );
}

#[test]
fn lengths_are_bounded() {
    for (text, fits) in [
        ("120 wd", true),
        ("121 wd", false),
        ("120 wh", true),
        ("121 wh", false),
        ("2880 h", true),
        ("2881 h", false),
        ("172800 min", true),
        ("172801 min", false),
        ("4294967295 min", false),
    ] {
        let words = if fits { "" } else { "more than 120 days" };
        check(
            oral(move |rule| rule.steps[2].at[0].span = span(text)),
            words,
        );
    }
    check(
        oral(|rule| rule.acknowledgement = span("0 min")),
        "longer than nothing",
    );
    check(
        oral(|rule| rule.reply_within = span("0 wd")),
        "longer than nothing",
    );
    let many = |count| {
        oral(move |rule: &mut TrackRule| {
            for index in rule.steps.len()..count {
                rule.steps.push(rule.steps[0].clone());
                rule.steps[index].name = format!("step_{index}").into();
            }
        })
    };
    check(many(limits::STEPS_PER_LADDER_MAX), "");
    check(
        many(limits::STEPS_PER_LADDER_MAX + 1),
        "a ladder has 1 to 24 steps",
    );
}

#[test]
fn lease_lengths_are_in_order() {
    let lengths = |min: i64, default: i64, max: i64| {
        move |policy: &mut Policy| {
            policy.lease.min = SignedDuration::from_secs(min);
            policy.lease.default = SignedDuration::from_secs(default);
            policy.lease.max = SignedDuration::from_secs(max);
        }
    };
    check(lengths(1, 1, 1), "");
    check(lengths(0, 1, 1), "min <= default <= max");
    check(lengths(2, 1, 3), "min <= default <= max");
}

proptest! {
    #[test]
    fn every_moment_of_a_valid_policy_is_found(
        day in 0i64..700, minute in 0i64..1_440, amount in 0u32..=limits::SPAN_DAYS_MAX, before in any::<bool>(), once in 0usize..7,
    ) {
        let mut week = [None; 7];
        week[once] = Some((time(9, 0, 0, 0), time(12, 0, 0, 0)));
        let hours = WorkingHours::new(week).unwrap();
        let policy = policy();
        let from = at("2026-01-05T00:00") + SignedDuration::from_mins(day * 1_440 + minute);
        for unit in [Unit::Minute, Unit::Hour, Unit::WorkingHour, Unit::WorkingDay] {
            let found = policy.shift(from, before, Span { amount, unit }, &hours);
            prop_assert!(found > Timestamp::MIN && found < Timestamp::MAX);
            let right_way = if before { found <= from } else { found >= from };
            prop_assert!(right_way);
        }
    }
}
