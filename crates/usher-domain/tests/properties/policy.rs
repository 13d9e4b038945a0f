//! Random policies: whatever passes `Policy::validate` may come, sensible or not.

use jiff::{SignedDuration, civil};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use usher_domain::agreement::{Agreement, Agreements};
use usher_domain::code::ResponderId;
use usher_domain::enquiry::{CloseReason, Purpose, Track};
use usher_domain::ladder::{Audience, StepKind, Unless};
use usher_domain::policy::{
    Base, LeaseRule, Offset, Policy, Span, StepRule, Terms, TrackRule, Unit,
};
use usher_domain::time::{Calendar, WorkingHours};

fn span() -> impl Strategy<Value = Span> {
    prop_oneof![
        (0_u32..600).prop_map(|amount| (amount, Unit::Minute)),
        (0_u32..50).prop_map(|amount| (amount, Unit::Hour)),
        (0_u32..12).prop_map(|amount| (amount, Unit::WorkingHour)),
        (0_u32..6).prop_map(|amount| (amount, Unit::WorkingDay)),
    ]
    .prop_map(|(amount, unit)| Span { amount, unit })
}

fn some_time() -> impl Strategy<Value = Span> {
    span().prop_map(|span| Span {
        amount: span.amount.max(1),
        ..span
    })
}

fn offset(bases: &'static [Base]) -> impl Strategy<Value = Offset> {
    (select(bases), any::<bool>(), span()).prop_map(|(base, before, span)| Offset {
        base,
        before,
        span,
    })
}

fn audience() -> impl Strategy<Value = Vec<Audience>> {
    vec(select(Audience::ALL), 1..3)
}

fn step(kinds: &'static [StepKind]) -> impl Strategy<Value = StepRule> {
    let moments = vec(
        offset(&[Base::Submitted, Base::Hearing, Base::Answered]),
        1..3,
    );
    (select(kinds), moments, select(Unless::ALL), audience()).prop_map(
        |(kind, at, unless, audience)| StepRule {
            name: "".into(),
            kind,
            at,
            unless,
            audience,
        },
    )
}

fn hearing() -> impl Strategy<Value = StepRule> {
    let unit = select(&[Unit::Minute, Unit::Hour]);
    (unit, select(Unless::ALL), audience()).prop_map(|(unit, unless, audience)| StepRule {
        name: "".into(),
        kind: StepKind::Hearing,
        at: vec![Offset {
            base: Base::Hearing,
            before: false,
            span: Span { amount: 0, unit },
        }],
        unless,
        audience,
    })
}

fn decision() -> impl Strategy<Value = StepRule> {
    (some_time(), select(Unless::ALL), audience()).prop_map(|(span, unless, audience)| StepRule {
        name: "".into(),
        kind: StepKind::DecisionPoint,
        at: vec![Offset {
            base: Base::Hearing,
            before: true,
            span,
        }],
        unless,
        audience,
    })
}

fn named(mut steps: Vec<StepRule>, prefix: &str) -> Vec<StepRule> {
    for (place, step) in steps.iter_mut().enumerate() {
        step.name = format!("{prefix}{place}").into();
    }
    steps
}

/// What a ladder of referrals must have.
fn acceptance() -> StepRule {
    StepRule {
        unless: Unless::Accepted,
        ..last(Span {
            amount: 1,
            unit: Unit::WorkingDay,
        })
    }
}

fn track() -> impl Strategy<Value = TrackRule> {
    let steps = vec(step(&[StepKind::Escalate, StepKind::DecisionPoint]), 0..5);
    (
        steps,
        vec(hearing(), 1..3),
        decision(),
        some_time(),
        some_time(),
        span(),
    )
        .prop_map(
            |(mut steps, hearings, decision, acknowledgement, reply_within, after)| {
                steps.push(decision);
                steps.push(acceptance());
                // In half of the ladders the last step is left to chance; validation throws out those without one.
                if after.amount % 2 == 0 {
                    steps.push(last(after));
                }
                steps.extend(hearings);
                TrackRule {
                    acknowledgement,
                    reply_within,
                    steps: named(steps, "step_"),
                }
            },
        )
}

fn last(span: Span) -> StepRule {
    StepRule {
        name: "".into(),
        kind: StepKind::Escalate,
        at: vec![Offset {
            base: Base::Hearing,
            before: false,
            span,
        }],
        unless: Unless::Answered,
        audience: vec![Audience::Operator],
    }
}

fn sound_track() -> impl Strategy<Value = TrackRule> {
    track().prop_filter("no sound ladder", |rule| {
        let all = Track::ALL.iter().map(|track| (*track, rule.clone()));
        let mut policy = blank();
        policy.tracks = all.collect();
        policy.validate().is_ok()
    })
}

/// Sound but for its tracks, which it has none of.
fn blank() -> Policy {
    Policy {
        calendar: Calendar::new([civil::date(2026, 12, 25)], civil::date(2028, 12, 31)),
        default_hours: WorkingHours::office(),
        tracks: [].into(),
        unread: vec![StepRule {
            name: "read".into(),
            kind: StepKind::Unread,
            at: vec![Offset {
                base: Base::Answered,
                before: false,
                span: Span {
                    amount: 4,
                    unit: Unit::WorkingHour,
                },
            }],
            unless: Unless::Answered,
            audience: vec![Audience::Officer],
        }],
        responders: [].into(),
        lease: LeaseRule {
            default: SignedDuration::from_mins(10),
            min: SignedDuration::from_mins(1),
            max: SignedDuration::from_mins(30),
            lost_before_alert: 2,
        },
        second_person: [].into(),
        agreements: Agreements::default(),
        cases: usher_domain::policy::CaseRules::default(),
    }
}

/// A desk that works one hour a week.
fn seldom() -> WorkingHours {
    let hour = Some((civil::time(10, 0, 0, 0), civil::time(11, 0, 0, 0)));
    WorkingHours::new([None, None, hour, None, None, None, None]).unwrap()
}

/// One for everybody but `d`; or, besides, `b` has one that ends within days, leaves some purposes to people or lets no program answer.
fn agreements() -> impl Strategy<Value = Agreements> {
    fn of(ids: &[&str]) -> Agreement {
        let parties = ids.iter().map(|id| ResponderId::parse(id).unwrap());
        let all = Agreements::permitting(parties);
        all.iter().next().cloned().unwrap()
    }
    let own = (0..4_i8, any::<bool>(), any::<bool>()).prop_map(|(days, review, automatic)| {
        let mut own = of(&["b"]);
        own.term.to = Some(civil::date(2026, 10, 20 + days));
        own.automatic_answers = automatic;
        if review {
            own.review = Purpose::ALL.to_vec();
        }
        let others = of(&["a", "c"]);
        Agreements::new(vec![own, others]).unwrap()
    });
    prop_oneof![
        2 => Just(Agreements::new(vec![of(&["a", "b", "c"])]).unwrap()),
        1 => own,
    ]
}

/// Any reasons but that of a withdrawal, which is one person's.
fn second_person() -> impl Strategy<Value = Vec<CloseReason>> {
    let all = CloseReason::ALL.iter().copied();
    let others: Vec<CloseReason> = all
        .filter(|reason| *reason != CloseReason::Withdrawn)
        .collect();
    let count = others.len();
    subsequence(others, 0..=count)
}

pub(crate) fn policies() -> impl Strategy<Value = Policy> {
    let unread = vec(step(&[StepKind::Unread]), 1..4);
    let rest = (0_u32..4, second_person(), agreements());
    (sound_track(), sound_track(), unread, rest)
        .prop_map(|(general, own, unread, rest)| {
            let (lost_before_alert, second_person, agreements) = rest;
            let mut policy = blank();
            policy.second_person = second_person.into_iter().collect();
            policy.agreements = agreements;
            policy.tracks = Track::ALL
                .iter()
                .map(|track| (*track, general.clone()))
                .collect();
            policy.unread = named(unread, "read_");
            policy.lease.lost_before_alert = lost_before_alert;
            let terms = Terms {
                hours: seldom(),
                tracks: Track::ALL
                    .iter()
                    .map(|track| (*track, own.clone()))
                    .collect(),
            };
            policy.responders = [(ResponderId::parse("b").unwrap(), terms)].into();
            policy
        })
        .prop_filter("no sound policy", |policy| policy.validate().is_ok())
}
