//! What the tables of cases are built from: one policy in plain minutes, actors, enquiries in every state, and one
//! `check` that gives a verb and compares the picture of what comes out.

mod candidates;
mod referral;

pub(crate) use candidates::{leave_candidates, release};
use referral::said;
pub(crate) use referral::{answer_referral, referral};

use crate::actor::{Actor, Courts, Person, Role, Unit};
use crate::agreement::Agreements;
use crate::alert::AlertState;
use crate::code::{AuthorityCode, ClientId, CourtCode, ResponderId, ResponderKind};
use crate::command::{Command, Destination, Request, Route, Submit, Verb, WithoutAnswer};
use crate::decide::{Transition, decide};
use crate::enquiry::{
    ByPhone, Check, CheckState, CloseReason, Disposition, Enquiry, LateEffect, Purpose, ReportType,
    RouteReason, Track, UnroutableWhy,
};
use crate::hearing::{Deadline, Hearing};
use crate::id::{CheckNumber, EnquiryId, LeaseId, RequestId};
use crate::index;
use crate::ladder::{Audience, StepKind, Unless};
use crate::limits;
use crate::policy::{CaseRules, LeaseRule, Policy, StepRule, TrackRule};
use crate::rejection::Rejection;
use crate::sealed::Sealed;
use crate::time::{Calendar, Timestamp, WorkingHours, to_london};
use core::fmt::Write as _;
use jiff::{SignedDuration, civil};
use uuid::Uuid;

/// `minutes` after 09:00 in London on Tuesday 24 November 2026, when everything here is submitted.
pub(crate) fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-11-24T09:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(minutes)
}

/// The last millisecond before that.
pub(crate) fn just_before(minutes: i64) -> Timestamp {
    at(minutes) - SignedDuration::from_millis(1)
}

/// The hearing, in minutes: 11:00.
pub(crate) const HEARING: i64 = 120;
/// When a lease of the tables ends, in minutes.
pub(crate) const LEASE_END: i64 = 10;

pub(crate) fn court(code: &str) -> CourtCode {
    CourtCode::parse(code).unwrap()
}

pub(crate) fn hearing(minutes: i64) -> Deadline {
    hearing_at("B01IX", minutes)
}

pub(crate) fn hearing_at(code: &str, minutes: i64) -> Deadline {
    Deadline::Hearing(Hearing::new(court(code), to_london(at(minutes))).unwrap())
}

fn step(name: &str, kind: StepKind, moments: &[&str], unless: Unless, to: Audience) -> StepRule {
    StepRule {
        name: name.into(),
        kind,
        at: moments.iter().map(|text| text.parse().unwrap()).collect(),
        unless,
        audience: vec![to],
    }
}

/// Every track climbs the same ladder: chase 15, manager 45, decide 90, hearing 120, after 180; the reading is chased after
/// 30 and 10 minutes before the hearing; an acknowledgement lasts 20.
#[rustfmt::skip]
pub(crate) fn policy() -> Policy {
    use StepKind as K;
    let rule = TrackRule {
        acknowledgement: "20 min".parse().unwrap(),
        reply_within: "120 min".parse().unwrap(),
        steps: vec![
            step("chase", K::Escalate, &["submitted + 15 min"], Unless::Accepted, Audience::BoroughDesk),
            step("manager", K::Escalate, &["submitted + 45 min"], Unless::Answered, Audience::OfficerManager),
            step("decide", K::DecisionPoint, &["hearing - 30 min", "submitted + 100 wd"], Unless::Decided, Audience::Officer),
            step("hearing", K::Hearing, &["hearing + 0 min"], Unless::Answered, Audience::Officer),
            step("after", K::Escalate, &["hearing + 60 min"], Unless::Answered, Audience::Operator),
        ],
    };
    let policy = Policy {
        calendar: Calendar::new([], civil::date(2028, 12, 31)),
        default_hours: WorkingHours::office(),
        tracks: Track::ALL.iter().map(|track| (*track, rule.clone())).collect(),
        unread: vec![
            step("unread", K::Unread, &["answered + 30 min"], Unless::Answered, Audience::Officer),
            step("unread_late", K::Unread, &["hearing - 10 min"], Unless::Answered, Audience::OfficerManager),
        ],
        responders: [].into(),
        lease: LeaseRule {
            default: SignedDuration::from_mins(10),
            min: SignedDuration::from_mins(1),
            max: SignedDuration::from_mins(30),
            lost_before_alert: 2,
        },
        second_person: [CloseReason::Other].into(),
        agreements: Agreements::permitting(everybody()),
        cases: CaseRules::default(),
    };
    policy.validate().unwrap();
    policy
}

/// Every responder of the tables.
pub(crate) fn everybody() -> Vec<ResponderId> {
    let numbered = (0..=limits::CHECKS_PER_ENQUIRY_MAX).map(|n| format!("r{n}"));
    let named = ["a", "b", "c", "elsewhere", "last"].map(String::from);
    numbered.chain(named).map(|id| responder(&id)).collect()
}

fn actor(role: Role, courts: Courts, responders: &[&str]) -> Actor {
    let scope = responders.first().copied().unwrap_or("court");
    Actor {
        role,
        client: ClientId::parse(&format!("spiffe://usher.test/{}/{scope}", role.name())).unwrap(),
        courts,
        responders: responders.iter().map(|id| responder(id)).collect(),
        person: Some(person()),
    }
}

pub(crate) fn person() -> Person {
    Person {
        name: "R. Roe".into(),
        ..Person::default()
    }
}

pub(crate) fn responder(id: &str) -> ResponderId {
    ResponderId::parse(id).unwrap()
}

pub(crate) fn officer() -> Actor {
    actor(Role::Officer, Courts::Only(vec![court("B01IX")]), &[])
}

/// An officer of another court.
pub(crate) fn stranger() -> Actor {
    actor(Role::Officer, Courts::Only(vec![court("B01DU")]), &[])
}

pub(crate) fn manager() -> Actor {
    actor(Role::Manager, Courts::Only(vec![court("B01IX")]), &[])
}

pub(crate) fn operator() -> Actor {
    actor(Role::Operator, Courts::All, &[])
}

pub(crate) fn inspector() -> Actor {
    actor(Role::Inspector, Courts::All, &[])
}

pub(crate) fn adapter(id: &str) -> Actor {
    actor(Role::Adapter, Courts::Only(Vec::new()), &[id])
}

/// Another program of the same responder.
pub(crate) fn second_adapter(id: &str) -> Actor {
    let client = ClientId::parse("spiffe://usher.test/adapter/second").unwrap();
    Actor {
        client,
        ..adapter(id)
    }
}

pub(crate) fn clock() -> Actor {
    Actor::clock()
}

pub(crate) fn nameless(actor: Actor) -> Actor {
    Actor {
        person: None,
        ..actor
    }
}

pub(crate) fn text(length: usize) -> Sealed {
    Sealed::from_bytes(vec![b'x'; length])
}

/// A destination: a responder's id, or `?` for nowhere.
pub(crate) fn to(id: &str) -> Destination {
    match id {
        "?" => Destination::Nowhere {
            why: vec![UnroutableWhy::Unknown],
        },
        id => Destination::Responder {
            id: responder(id),
            authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
        },
    }
}

/// A submission that goes to these destinations.
pub(crate) fn submission(routes: &[&str]) -> Submit {
    let route = |id: &&str| Route {
        kind: ResponderKind::ChildrenSocialCare,
        to: to(id),
        reasons: vec![RouteReason::Named],
    };
    Submit {
        id: EnquiryId::from_uuid(Uuid::from_u128(1)),
        unit: Unit::default(),
        on_behalf_of: None,
        case: None,
        holder: None,
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: false,
        curfew_proposed: false,
        imminent_harm: false,
        concerns: Vec::new(),
        deadline: hearing(HEARING),
        personal: text(64),
        routes: routes.iter().map(route).collect(),
    }
}

pub(crate) fn submitted(routes: &[&str]) -> Enquiry {
    opened(submission(routes))
}

pub(crate) fn opened(submit: Submit) -> Enquiry {
    let verb = Verb::Submit(Box::new(submit));
    let command = plain(&verb);
    decide(None, &command, &officer(), at(0), &policy())
        .unwrap()
        .enquiry
}

fn plain(verb: &Verb) -> Command {
    Command {
        request: None,
        verb: verb.clone(),
    }
}

pub(crate) fn request(id: u128, digest: u64, verb: Verb) -> Command {
    let id = RequestId::from_uuid(Uuid::from_u128(id));
    Command {
        request: Some(Request { id, digest }),
        verb,
    }
}

pub(crate) fn give(
    before: &Enquiry,
    who: &Actor,
    now: Timestamp,
    verb: &Verb,
) -> Result<Transition, Rejection> {
    decide(Some(before), &plain(verb), who, now, &policy())
}

/// The enquiry after verbs that must be taken, each with who gives it and when.
pub(crate) fn after(before: Enquiry, acts: &[(Actor, i64, Verb)]) -> Enquiry {
    acts.iter().fold(before, |enquiry, (who, minutes, verb)| {
        give(&enquiry, who, at(*minutes), verb).unwrap().enquiry
    })
}

pub(crate) fn waiting() -> Enquiry {
    submitted(&["a"])
}

pub(crate) fn unroutable() -> Enquiry {
    submitted(&["?"])
}

pub(crate) fn leased() -> Enquiry {
    after(waiting(), &[(adapter("a"), 0, lease(1))])
}

/// Accepted with an answer promised for minute 60.
pub(crate) fn accepted() -> Enquiry {
    after(waiting(), &[(adapter("a"), 0, accept(None, Some(60)))])
}

pub(crate) fn asked() -> Enquiry {
    after(accepted(), &[(adapter("a"), 1, ask(None))])
}

pub(crate) fn answered() -> Enquiry {
    after(leased(), &[(adapter("a"), 1, answer(LEASE))])
}

pub(crate) fn received() -> Enquiry {
    after(answered(), &[(officer(), 2, receive(1))])
}

pub(crate) fn closed() -> Enquiry {
    after(waiting(), &[(officer(), 1, close(CloseReason::Mistake))])
}

/// Check 1 is with `a` no more; check 2 waits at `b`.
pub(crate) fn redirected() -> Enquiry {
    after(waiting(), &[(adapter("a"), 1, redirect(1, "b"))])
}

/// The lease of the tables.
pub(crate) const LEASE: Option<LeaseId> = Some(LeaseId::from_uuid(Uuid::from_u128(0xA)));
/// One that nobody gave.
pub(crate) const OTHER_LEASE: Option<LeaseId> = Some(LeaseId::from_uuid(Uuid::from_u128(0xB)));

pub(crate) fn lease(check: CheckNumber) -> Verb {
    let (lease, until) = (LEASE.unwrap(), at(LEASE_END));
    Verb::Lease {
        check,
        lease,
        until,
    }
}

pub(crate) fn accept(lease: Option<LeaseId>, promised: Option<i64>) -> Verb {
    let expected_by = promised.map(at);
    Verb::Accept {
        check: 1,
        lease,
        expected_by,
    }
}

pub(crate) fn answer(lease: Option<LeaseId>) -> Verb {
    Verb::Answer {
        check: 1,
        lease,
        said: said(Disposition::NotKnown, None),
    }
}

/// "D. Doe" at the responder gave it over a number kept for drama.
pub(crate) fn answer_by_phone(check: CheckNumber) -> Verb {
    let given_by = Person {
        name: "D. Doe".into(),
        ..Person::default()
    };
    let number = "020 7946 0000".into();
    Verb::AnswerByPhone {
        check,
        said: said(Disposition::KnownRelevant, None),
        by_phone: ByPhone { given_by, number },
    }
}

pub(crate) fn ask(lease: Option<LeaseId>) -> Verb {
    let question = text(16);
    Verb::Ask {
        check: 1,
        lease,
        question,
    }
}

pub(crate) fn supply() -> Verb {
    let reply = text(16);
    Verb::Supply { check: 1, reply }
}

/// A redirection from a check that is not leased.
pub(crate) fn redirect(check: CheckNumber, id: &str) -> Verb {
    let (lease, to) = (None, to(id));
    Verb::Redirect { check, lease, to }
}

pub(crate) fn reroute(check: CheckNumber, id: &str) -> Verb {
    let to = vec![to(id)];
    Verb::Reroute { check, to }
}

pub(crate) fn close(reason: CloseReason) -> Verb {
    let note = Sealed::default();
    Verb::Close {
        check: 1,
        reason,
        note,
    }
}

pub(crate) fn withdraw() -> Verb {
    Verb::Withdraw { note: text(8) }
}

pub(crate) fn receive(version: u8) -> Verb {
    receive_late(version, &[])
}

pub(crate) fn receive_late(version: u8, effects: &[LateEffect]) -> Verb {
    Verb::Receive {
        check: 1,
        version,
        effects: effects.to_vec(),
    }
}

pub(crate) fn move_to(deadline: Deadline) -> Verb {
    let reason = text(8);
    Verb::MoveHearing { deadline, reason }
}

pub(crate) fn acknowledge(alert: u16) -> Verb {
    let note = Sealed::default();
    Verb::Acknowledge { alert, note }
}

pub(crate) fn without(decision: WithoutAnswer) -> Verb {
    let note = text(8);
    Verb::DecideWithout { decision, note }
}

pub(crate) fn proceed() -> Verb {
    let authorised_by = person();
    without(WithoutAnswer::Proceed { authorised_by })
}

/// Checks in order: the state (`received` once read, `redirected>2` with its successor), `closing?` where that is proposed, then live alerts by number: `!name`
/// open, `~name` looked after.
pub(crate) fn picture(enquiry: &Enquiry) -> String {
    let mut text = String::new();
    for check in &enquiry.checks {
        if !text.is_empty() {
            text.push_str(", ");
        }
        match &check.state {
            CheckState::Answered {
                received: Some(_), ..
            } => text.push_str("received"),
            CheckState::Redirected { to, .. } => write!(text, "redirected>{to}").unwrap(),
            state => text.push_str(state.name()),
        }
        if check.proposed_closing().is_some() {
            text.push_str(" closing?");
        }
        for alert in enquiry
            .alerts
            .iter()
            .filter(|alert| alert.check == check.number)
        {
            let mark = match &alert.state {
                AlertState::Open { .. } => '!',
                AlertState::Acknowledged { .. } => '~',
                AlertState::Resolved { .. } => continue,
            };
            write!(text, " {mark}{}", alert.cause.name()).unwrap();
        }
    }
    text
}

/// Gives `verb` and compares the picture, or the refusal.
#[track_caller]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a row writes its refusal in place"
)]
pub(crate) fn check(
    before: &Enquiry,
    who: &Actor,
    now: Timestamp,
    verb: &Verb,
    expected: Result<&str, Rejection>,
) {
    let got = give(before, who, now, verb);
    let context = format!("{} {verb:?} on: {}", who.role.name(), picture(before));
    if let Ok(transition) = &got {
        let after = &transition.enquiry;
        let unwatched = |check: &&Check| !index::is_watched(after, check);
        assert_eq!(after.checks.iter().find(unwatched), None, "{context}");
        assert!(after.checks.len() <= limits::CHECKS_PER_ENQUIRY_MAX);
    }
    let got = got.map(|transition| picture(&transition.enquiry));
    assert_eq!(got.as_deref().map_err(Clone::clone), expected, "{context}");
}

/// The refusal of check 1 in `state`.
pub(crate) fn wrong(state: &'static str, wanted: &'static str) -> Rejection {
    Rejection::WrongState {
        check: 1,
        state,
        wanted,
    }
}

/// What the actor may not know of.
pub(crate) fn hidden(what: &'static str) -> Rejection {
    Rejection::NotFound { what }
}
