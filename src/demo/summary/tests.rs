//! The classes, as a table: a check is given verbs and must end up in one class.

use super::*;
use crate::config::calendar;
use crate::config::policy::Rules;
use jiff::SignedDuration;
use usher_domain::actor::{Actor, Courts, Person, Role, Unit};
use usher_domain::agreement::Agreements;
use usher_domain::case::command::{CaseCommand, CaseVerb, Register};
use usher_domain::case::{Case, Covering, Indicator, RequirementState};
use usher_domain::code::{AuthorityCode, ClientId, CourtCode, ResponderId, ResponderKind};
use usher_domain::command::{
    Command, Destination, Request, Route, Said, Submit, Verb, WithoutAnswer,
};
use usher_domain::decide::decide;
use usher_domain::enquiry::{CloseReason, Disposition, Purpose, ReportType, UnroutableWhy};
use usher_domain::hearing::{Deadline, Hearing};
use usher_domain::id::{CaseId, RequestId};
use usher_domain::sealed::Sealed;
use usher_domain::time::from_london;

/// So many minutes after 10:00 on the day; the hearing is at 120.
fn at(minutes: i64) -> Timestamp {
    from_london("2026-11-23T10:00".parse().unwrap()).unwrap() + SignedDuration::from_mins(minutes)
}

fn words() -> Sealed {
    Sealed::from_bytes(vec![1])
}

fn actor(role: Role) -> Actor {
    let responders = if role == Role::Adapter {
        vec!["hackney"]
    } else {
        Vec::new()
    };
    let courts = if role == Role::Adapter {
        Courts::Only(Vec::new())
    } else {
        Courts::All
    };
    Actor {
        role,
        client: ClientId::parse(&format!("spiffe://usher.example/{}", role.name())).unwrap(),
        courts,
        responders: responders
            .into_iter()
            .map(|id| ResponderId::parse(id).unwrap())
            .collect(),
        person: Some(Person {
            name: "R. Roe".into(),
            ..Person::default()
        }),
    }
}

fn to(responder: &str) -> Destination {
    Destination::Responder {
        id: ResponderId::parse(responder).unwrap(),
        authorities: vec![AuthorityCode::parse("E09000012").unwrap()],
    }
}

fn nowhere() -> Destination {
    Destination::Nowhere {
        why: vec![UnroutableWhy::NoAddress],
    }
}

/// Gives `verb`, by whom and when, to `enquiry`.
fn give(enquiry: Option<&Enquiry>, role: Role, minutes: i64, verb: Verb) -> Enquiry {
    let mut policy = Rules::built_in()
        .unwrap()
        .policy(calendar::built_in(), BTreeMap::new())
        .unwrap();
    let asked = ["hackney", "camden"].map(|id| ResponderId::parse(id).unwrap());
    policy.agreements = Agreements::permitting(asked);
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&minutes.to_be_bytes());
    let request = (role != Role::Clock).then(|| Request {
        id: RequestId::from_uuid(uuid::Uuid::from_bytes(bytes)),
        digest: 1,
    });
    let by = if role == Role::Clock {
        Actor::clock()
    } else {
        actor(role)
    };
    decide(
        enquiry,
        &Command { request, verb },
        &by,
        at(minutes),
        &policy,
    )
    .unwrap()
    .enquiry
}

fn submitted(destination: Destination) -> Enquiry {
    let court = CourtCode::parse("B01IX").unwrap();
    let mut bytes = [7; 16];
    bytes[..8].copy_from_slice(&0_i64.to_be_bytes());
    let request = RequestId::from_uuid(uuid::Uuid::from_bytes(bytes));
    let submit = Submit {
        id: EnquiryId::derive(&actor(Role::Officer).client, request),
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
        deadline: Deadline::Hearing(
            Hearing::new(court, "2026-11-23T12:00".parse().unwrap()).unwrap(),
        ),
        personal: words(),
        routes: vec![Route {
            kind: ResponderKind::ChildrenSocialCare,
            to: destination,
            reasons: Vec::new(),
        }],
    };
    give(None, Role::Officer, 0, Verb::Submit(Box::new(submit)))
}

/// People at the borough take it on.
fn accept() -> Verb {
    Verb::Accept {
        check: 1,
        lease: None,
        expected_by: None,
    }
}

fn answer() -> Verb {
    Verb::Answer {
        check: 1,
        lease: None,
        said: Said {
            disposition: Disposition::NotKnown,
            outcome: None,
            data_as_of: None,
            content: words(),
        },
    }
}

fn proceed() -> Verb {
    let authorised_by = Person {
        name: "S. Senior".into(),
        ..Person::default()
    };
    Verb::DecideWithout {
        decision: WithoutAnswer::Proceed { authorised_by },
        note: words(),
    }
}

/// The classes of the enquiry's checks after `verbs`, each with who gives it and when.
fn check(destination: Destination, verbs: Vec<(Role, i64, Verb)>, expected: &[Class]) {
    let mut enquiry = submitted(destination);
    for (role, minutes, verb) in verbs {
        enquiry = give(Some(&enquiry), role, minutes, verb);
    }
    let seen: Vec<Class> = enquiry
        .checks
        .iter()
        .map(|check| class(&enquiry, check))
        .collect();
    assert_eq!(seen, expected);
}

#[test]
fn every_end_has_its_class() {
    let hackney = || to("hackney");
    let close = Verb::Close {
        check: 1,
        reason: CloseReason::Mistake,
        note: words(),
    };
    let redirect = Verb::Redirect {
        check: 1,
        lease: None,
        to: to("camden"),
    };
    let (adapter, officer, clock) = (Role::Adapter, Role::Officer, Role::Clock);
    check(
        hackney(),
        vec![(adapter, 10, accept()), (adapter, 30, answer())],
        &[Class::AnsweredInTime],
    );
    check(
        hackney(),
        vec![(adapter, 10, accept()), (adapter, 120, answer())],
        &[Class::AnsweredLate],
    );
    // The first answer counts, whatever supersedes it.
    check(
        hackney(),
        vec![
            (adapter, 10, accept()),
            (adapter, 30, answer()),
            (adapter, 130, answer()),
        ],
        &[Class::AnsweredInTime],
    );
    check(
        hackney(),
        vec![(officer, 100, proceed())],
        &[Class::DecidedWithout],
    );
    check(
        hackney(),
        vec![
            (officer, 100, proceed()),
            (adapter, 110, accept()),
            (adapter, 130, answer()),
        ],
        &[Class::AnsweredLate],
    );
    check(
        hackney(),
        vec![(officer, 30, close)],
        &[Class::ClosedByPerson],
    );
    check(
        hackney(),
        vec![(adapter, 30, redirect)],
        &[Class::Redirected, Class::OpenWithAlert],
    );
    check(
        hackney(),
        vec![(clock, 125, Verb::Advance)],
        &[Class::OpenWithAlert],
    );
    check(nowhere(), Vec::new(), &[Class::UnroutableWithAlert]);
}

#[test]
fn what_nobody_watches_is_dropped() {
    let mut enquiry = submitted(to("hackney"));
    enquiry.checks[0].ladder.steps.clear();
    enquiry.alerts.clear();
    assert_eq!(class(&enquiry, &enquiry.checks[0]), Class::Dropped);
    let mut enquiry = submitted(nowhere());
    enquiry.checks[0].ladder.steps.clear();
    enquiry.alerts.clear();
    assert_eq!(class(&enquiry, &enquiry.checks[0]), Class::Dropped);
}

#[test]
fn what_a_receipt_promises_and_the_store_lacks_is_missing() {
    let receipt = |enquiry: &str, checks: &[&str]| Receipt {
        prompted: false,
        line: 2,
        enquiry: enquiry.into(),
        checks: checks.iter().map(|check| (*check).to_owned()).collect(),
    };
    let in_store = HashMap::from([("a".to_owned(), 2)]);
    for (receipts, expected) in [
        (vec![], 0),
        (vec![receipt("a", &["a/1", "a/2"])], 0),
        (vec![receipt("a", &["a/1", "a/3"])], 1),
        (vec![receipt("b", &["b/1", "b/2"])], 2),
        (vec![receipt("b", &[])], 1),
        (vec![receipt("a", &["a/0", "nonsense"])], 2),
    ] {
        assert_eq!(missing(&receipts, &in_store), expected, "{receipts:?}");
    }
}

#[test]
fn a_promise_is_broken_by_any_of_three() {
    let kept = Summary {
        checks: 1,
        answered_in_time: 1,
        verified: true,
        ..Summary::default()
    };
    assert!(kept.is_kept());
    let dropped = Summary {
        checks: 2,
        silently_dropped: 1,
        ..kept
    };
    for broken in [
        dropped,
        Summary {
            verified: false,
            ..kept
        },
        Summary { checks: 2, ..kept },
    ] {
        assert!(!broken.is_kept(), "{broken:?}");
    }
}

#[test]
fn the_json_has_the_documented_keys_in_order() {
    let json = serde_json::to_string(&Summary::default()).unwrap();
    let keys = "enquiries checks answered_in_time answered_late decided_without closed_by_person redirected open_with_alert \
                unroutable_with_alert silently_dropped receipts escalations worst_escalation_lateness_ms rows rejected_rows unplayed_rows rows_set_aside \
                needed made set_aside overdue not_yet_due answered_before_sentence sentenced_outstanding late_answers_delivered \
                with_usher made answered_before_sentence decided in_front_of_a_person not_yet_due dropped \
                without_usher made answered_before_sentence decided in_front_of_a_person not_yet_due dropped verified";
    let seen: Vec<&str> = json.split('"').skip(1).step_by(2).collect();
    assert_eq!(seen.join(" "), keys);
}

#[test]
fn steps_that_were_due_when_they_were_computed_do_not_count() {
    let id = submitted(to("hackney")).id;
    let mut computed = Computed::default();
    computed.note(id, Some(1), &EventKind::Opened { responder: None }, at(0));
    assert_eq!(computed.at(id, Some(1)), at(0));
    assert_eq!(computed.at(id, Some(2)), Timestamp::MIN);
    computed.note(
        id,
        None,
        &EventKind::HearingMoved {
            from: at(120),
            to: at(60),
        },
        at(30),
    );
    assert_eq!(computed.at(id, Some(1)), at(30));
    computed.note(id, Some(1), &EventKind::Submitted, at(40));
    assert_eq!(computed.at(id, Some(1)), at(30));
}

#[test]
fn sentenced_outstanding_counts_each_check_once_as_it_stands() {
    let check = |enquiry: &Enquiry, expected| {
        let mut counting = Counting::new(&[]);
        counting.enquiry(enquiry);
        assert_eq!(counting.finish().sentenced_outstanding, expected);
    };
    let begun = give(
        Some(&submitted(to("hackney"))),
        Role::Clock,
        120,
        Verb::Advance,
    );
    check(&begun, 1);
    let court = begun.deadline.court();
    let tomorrow = Hearing::new(court, "2026-11-24T12:00".parse().unwrap()).unwrap();
    let verb = Verb::MoveHearing {
        deadline: Deadline::Hearing(tomorrow),
        reason: words(),
    };
    let moved = give(Some(&begun), Role::Officer, 130, verb);
    check(&moved, 0);
    let again = give(Some(&moved), Role::Clock, 120 + 24 * 60, Verb::Advance);
    check(&again, 1);
}

/// A case heard at 120 that lives with children, as it is at some minute.
fn listed(minutes: i64) -> Case {
    let policy = Rules::built_in()
        .unwrap()
        .policy(calendar::built_in(), BTreeMap::new())
        .unwrap();
    let court = CourtCode::parse("B01IX").unwrap();
    let row = Register {
        id: CaseId::derive("one"),
        name: words(),
        hearing: Hearing::new(court, "2026-11-23T12:00".parse().unwrap()).unwrap(),
        reason: Sealed::default(),
        purpose: Purpose::CourtReport,
        report: Some(ReportType::Oral),
        in_custody: false,
        indicators: vec![Indicator::LivesWithChildren],
        holder: None,
        personal: words(),
    };
    let give = |case: Option<&Case>, verb, actor: &Actor, minutes| {
        let command = CaseCommand {
            request: None,
            verb,
        };
        let decided =
            usher_domain::case::decide::decide(case, &command, actor, at(minutes), &policy);
        decided.unwrap().case
    };
    let case = give(
        None,
        CaseVerb::Register(Box::new(row)),
        &actor(Role::Officer),
        0,
    );
    give(Some(&case), CaseVerb::Advance, &Actor::clock(), minutes)
}

#[test]
fn what_nobody_was_told_of_yet_is_in_front_of_nobody_and_not_dropped() {
    let ends = |case: &Case, enquiry: Option<&Enquiry>| {
        let mut counting = Counting::new(&[]);
        if let Some(enquiry) = enquiry {
            counting.enquiry(enquiry);
        }
        counting.case(case);
        let asked = counting.finish();
        let ends = asked.with_usher;
        let found = [ends.in_front_of_a_person, ends.not_yet_due, ends.dropped];
        (found, asked.is_kept())
    };
    assert_eq!(ends(&listed(0), None), ([0, 1, 0], true));
    assert_eq!(ends(&listed(40), None), ([1, 0, 0], true));
    let mut unwatched = listed(40);
    unwatched.requirements[0].ladder.steps.clear();
    unwatched.alerts.clear();
    assert_eq!(ends(&unwatched, None), ([0, 0, 1], false));
    // The same of what was asked and is not answered.
    let mut case = listed(0);
    let mut enquiry = submitted(to("hackney"));
    enquiry.case = Some(case.id);
    case.requirements[0].state = RequirementState::Met {
        enquiries: vec![Covering {
            enquiry: enquiry.id,
            submitted_at: at(0),
        }],
        at: at(0),
        recent_until: None,
    };
    assert_eq!(ends(&case, Some(&enquiry)), ([0, 1, 0], true));
    let chased = give(Some(&enquiry), Role::Clock, 60, Verb::Advance);
    assert_eq!(ends(&case, Some(&chased)), ([1, 0, 0], true));
    let mut bare = enquiry;
    bare.checks[0].ladder.steps.clear();
    assert_eq!(ends(&case, Some(&bare)), ([0, 0, 1], false));
}
