//! Random stories: who does what, when. An act is written without knowing the enquiry and is made concrete when it is played.

use crate::policy::policies;
use jiff::SignedDuration;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use usher_domain::actor::{Person, Unit};
use usher_domain::code::{AuthorityCode, CourtCode, ResponderId, ResponderKind};
use usher_domain::command::{Destination, Route, Submit};
use usher_domain::enquiry::{Concern, Purpose, ReportType, RouteReason, UnroutableWhy};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::EnquiryId;
use usher_domain::policy::Policy;
use usher_domain::sealed::Sealed;
use usher_domain::time::{Timestamp, to_london};
use uuid::Uuid;

/// A policy, a submission, and what follows.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    pub(crate) policy: Policy,
    pub(crate) submit: Submit,
    pub(crate) acts: Vec<Act>,
}

impl Story {
    /// The same story told at length: every text is long.
    pub(crate) fn at_length(mut self) -> Self {
        self.submit.personal = Sealed::from_bytes(vec![1; 12_000]);
        for act in &mut self.acts {
            act.amount = 8_000 + act.amount % 16_000;
        }
        self
    }
}

/// One act.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) tick: Tick,
    /// Which of the world's actors; `None` for one that fits the verb.
    pub(crate) who: Option<u8>,
    /// The number of its request; few numbers, so that some come twice.
    pub(crate) request: Option<u8>,
    pub(crate) deed: Deed,
    /// Which check or alert, counted round.
    pub(crate) target: u8,
    /// Shows another lease than the live one, names another version than the newest.
    pub(crate) wrong: bool,
    /// Bytes of text, minutes of a promise or lease, and whatever else a verb wants.
    pub(crate) amount: u16,
}

/// Where the clock goes before an act.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tick {
    Stay,
    /// By seconds, back or forth.
    By(i32),
    /// To the moment when the clock has something to do, plus milliseconds.
    ToDue(i8),
    /// To the hearing, plus milliseconds.
    ToHearing(i8),
    /// To the end of time.
    Far,
}

/// A verb without its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    Lease,
    Renew,
    Accept,
    Answer,
    Phone,
    Release,
    Ask,
    Supply,
    Redirect,
    Reroute,
    Withdraw,
    Move,
    Acknowledge,
    Decide,
    Sentence,
    Receive,
    Close,
    Advance,
    Absent,
    Submit,
}

const DEEDS: &[Deed] = &[
    Deed::Lease,
    Deed::Lease,
    Deed::Renew,
    Deed::Accept,
    Deed::Accept,
    Deed::Answer,
    Deed::Answer,
    Deed::Phone,
    Deed::Release,
    Deed::Ask,
    Deed::Supply,
    Deed::Redirect,
    Deed::Redirect,
    Deed::Reroute,
    Deed::Withdraw,
    Deed::Move,
    Deed::Move,
    Deed::Acknowledge,
    Deed::Acknowledge,
    Deed::Acknowledge,
    Deed::Decide,
    Deed::Sentence,
    Deed::Receive,
    Deed::Close,
    Deed::Close,
    Deed::Close,
    Deed::Advance,
    Deed::Advance,
    Deed::Advance,
    Deed::Advance,
    Deed::Advance,
    Deed::Advance,
    Deed::Absent,
    Deed::Submit,
];

fn tick() -> impl Strategy<Value = Tick> {
    prop_oneof![
        20 => Just(Tick::Stay),
        20 => (-3_600_i32..36_000).prop_map(Tick::By),
        10 => (0_i32..600_000).prop_map(Tick::By),
        3 => (-600_000_i32..0).prop_map(Tick::By),
        30 => (-1_i8..=1).prop_map(Tick::ToDue),
        5 => (-1_i8..=1).prop_map(Tick::ToHearing),
        1 => Just(Tick::Far),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let who = prop_oneof![4 => Just(None), 1 => (0_u8..12).prop_map(Some)];
    let request = prop_oneof![1 => Just(None), 2 => (0_u8..60).prop_map(Some)];
    let wrong = prop::bool::weighted(0.1);
    let amount = prop_oneof![8 => 0_u16..600, 2 => 600_u16..24_000];
    (
        tick(),
        who,
        request,
        select(DEEDS),
        any::<u8>(),
        wrong,
        amount,
    )
        .prop_map(|(tick, who, request, deed, target, wrong, amount)| Act {
            tick,
            who,
            request,
            deed,
            target,
            wrong,
            amount,
        })
}

/// When stories start: a Tuesday morning before the clocks go back.
pub(crate) fn start() -> Timestamp {
    "2026-10-20T08:30:00Z".parse().unwrap()
}

pub(crate) fn court(code: &str) -> CourtCode {
    CourtCode::parse(code).unwrap()
}

pub(crate) fn destination(id: &str) -> Destination {
    match id {
        "?" => Destination::Nowhere {
            why: vec![UnroutableWhy::NotOurs],
        },
        id => Destination::Responder {
            id: ResponderId::parse(id).unwrap(),
            authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
        },
    }
}

/// The hearing some minutes from `now`, or a reply-by where the purpose has none.
pub(crate) fn deadline(purpose: Purpose, code: &str, now: Timestamp, minutes: i64) -> Deadline {
    let at = now.saturating_add(SignedDuration::from_mins(minutes));
    let (court, at) = (court(code), at.unwrap_or(now));
    match Hearing::new(court, to_london(at)) {
        Ok(hearing) if purpose.before_sentence() => Deadline::Hearing(hearing),
        _ => Deadline::ReplyBy { court, at },
    }
}

fn submission() -> impl Strategy<Value = Submit> {
    let routes = subsequence(vec!["a", "b", "c", "?"], 1..=4);
    let report = prop::option::of(select(ReportType::ALL));
    let minutes = prop_oneof![-400_i64..600, 0_i64..60_000];
    let flags = (any::<bool>(), any::<bool>());
    let bytes = 0_usize..12_000;
    (select(Purpose::ALL), report, flags, routes, minutes, bytes).prop_map(
        |(purpose, report, (in_custody, curfew_proposed), routes, minutes, bytes)| Submit {
            id: EnquiryId::from_uuid(Uuid::from_u128(1)),
            unit: Unit {
                region: "Region".into(),
                office: "Office".into(),
                team: "Court duty".into(),
                mailbox: "duty@probation.example".into(),
            },
            on_behalf_of: Some(Person {
                name: "Pat Practitioner".into(),
                ..Person::default()
            }),
            case: None,
            holder: None,
            purpose,
            report,
            in_custody,
            curfew_proposed,
            imminent_harm: false,
            concerns: vec![Concern::Neglect],
            deadline: deadline(purpose, "B01IX", start(), minutes),
            personal: Sealed::from_bytes(vec![1; bytes]),
            routes: routes
                .into_iter()
                .map(|id| Route {
                    kind: ResponderKind::ChildrenSocialCare,
                    to: destination(id),
                    reasons: vec![RouteReason::Named],
                })
                .collect(),
        },
    )
}

pub(crate) fn stories() -> impl Strategy<Value = Story> {
    (policies(), submission(), vec(act(), 1..60)).prop_map(|(policy, submit, acts)| Story {
        policy,
        submit,
        acts,
    })
}
