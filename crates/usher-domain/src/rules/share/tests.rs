use crate::actor::Actor;
use crate::agreement::{Agreement, Agreements, Basis, SharingDecision, Term};
use crate::command::Verb;
use crate::decide::{Transition, decide};
use crate::enquiry::{CheckState, Enquiry, PeopleReason, Purpose, UnroutableWhy};
use crate::index::{is_watched, keys};
use crate::ladder::Audience;
use crate::policy::Policy;
use crate::rejection::Rejection;
use crate::rules::cases::{
    LEASE, accept, adapter, answer, answer_by_phone, ask, at, clock, lease, nameless, officer,
    operator, person, picture, policy, redirect, release, request, reroute, responder, submission,
    supply,
};
use crate::time::to_london;
use jiff::civil::{Date, date};

/// The day of the tables: 24 November 2026.
const TODAY: Date = date(2026, 11, 24);
/// The day after, in minutes: 09:00.
const TOMORROW: i64 = 24 * 60;

/// The agreement of `a`, which ends today; everybody else has one without an end.
fn ends_today() -> Agreement {
    of("a", "1", Date::MIN, Some(TODAY))
}

fn of(party: &str, version: &str, from: Date, to: Option<Date>) -> Agreement {
    let always = Agreements::permitting([responder(party)]);
    let mut own = always.iter().next().cloned().unwrap();
    own.version = version.into();
    own.term = Term { from, to };
    own
}

fn with(own: &[Agreement]) -> Policy {
    let mut all = own.to_vec();
    all.push(of("b", "b", Date::MIN, None));
    Policy {
        agreements: Agreements::new(all).unwrap(),
        ..policy()
    }
}

fn give(
    before: &Enquiry,
    who: &Actor,
    minutes: i64,
    verb: &Verb,
    policy: &Policy,
) -> Result<Transition, Rejection> {
    let digest = u64::try_from(before.applied.len()).unwrap();
    let id = 100 + u128::from(digest);
    let command = request(id, digest, verb.clone());
    let given = decide(Some(before), &command, who, at(minutes), policy);
    if let Ok(transition) = &given {
        for check in &transition.enquiry.checks {
            assert!(
                is_watched(&transition.enquiry, check),
                "{}",
                picture(&transition.enquiry)
            );
        }
    }
    given
}

#[track_caller]
fn after(
    before: &Enquiry,
    who: &Actor,
    minutes: i64,
    verb: &Verb,
    policy: &Policy,
    expected: &str,
) -> Enquiry {
    let after = give(before, who, minutes, verb, policy).unwrap().enquiry;
    assert_eq!(picture(&after), expected);
    after
}

fn opened(routes: &[&str], purpose: Purpose, minutes: i64, policy: &Policy) -> Enquiry {
    let submit = crate::command::Submit {
        purpose,
        ..submission(routes)
    };
    let command = request(1, 1, Verb::Submit(Box::new(submit)));
    decide(None, &command, &officer(), at(minutes), policy)
        .unwrap()
        .enquiry
}

fn why(enquiry: &Enquiry, place: usize) -> Vec<UnroutableWhy> {
    match &enquiry.checks[place].state {
        CheckState::Unroutable { why, .. } => why.clone(),
        other => panic!("{}", other.name()),
    }
}

fn told(enquiry: &Enquiry, place: usize) -> String {
    let sharing = enquiry.checks[place].sharing.as_ref().unwrap();
    let by = sharing
        .agreement
        .as_ref()
        .map_or("-".into(), ToString::to_string);
    let overruled = if sharing.overruled { " overruled" } else { "" };
    format!(
        "{} {} {by}{overruled}",
        sharing.with,
        sharing.decision.name()
    )
}

#[test]
#[rustfmt::skip] // a row a line
fn what_is_not_agreed_opens_with_the_operators_and_names_whom_it_concerns() {
    let reports = Agreement { permit: vec![Purpose::Curfew], ..ends_today() };
    let mut lapsed = ends_today();
    lapsed.bases = vec![Basis { term: Term { from: date(2027, 1, 1), to: None }, ..lapsed.bases[0].clone() }];
    let ended = of("a", "0", Date::MIN, Some(date(2026, 11, 23)));
    for (own, wanted, record) in [
        (vec![], UnroutableWhy::NoAgreement, "a deny -"),
        (vec![ended], UnroutableWhy::AgreementEnded, "a deny everything 0"),
        (vec![reports], UnroutableWhy::PurposeNotAgreed, "a deny everything 1"),
        (vec![lapsed], UnroutableWhy::NoLawfulBasis, "a deny everything 1"),
    ] {
        let enquiry = opened(&["a", "b"], Purpose::CourtReport, 0, &with(&own));
        assert_eq!(picture(&enquiry), "unroutable !unroutable, waiting");
        assert_eq!(why(&enquiry, 0), [wanted]);
        assert_eq!((told(&enquiry, 0), told(&enquiry, 1)), (record.into(), "b permit everything b".into()));
        let check = &enquiry.checks[0];
        assert_eq!((check.responder.as_ref(), check.concerned()), (None, Some(&responder("a"))));
        assert_eq!(check.authorities.len(), 1);
        assert_eq!(keys(&enquiry).responders, [responder("a"), responder("b")]);
    }
}

#[test]
fn a_purpose_for_people_waits_for_them_whatever_programs_do() {
    let own = Agreement {
        review: vec![Purpose::CourtReport],
        ..ends_today()
    };
    let policy = with(&[own]);
    let desk = adapter("a");
    let waits = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let for_people = |enquiry: &Enquiry| {
        matches!(
            enquiry.checks[0].state,
            CheckState::Waiting {
                for_people: Some(PeopleReason::Agreement),
                ..
            }
        )
    };
    assert!(for_people(&waits) && keys(&waits).waiting.is_empty());
    let refused = give(&waits, &desk, 1, &lease(1), &policy);
    assert!(
        matches!(refused, Err(Rejection::WrongState { .. })),
        "{refused:?}"
    );
    let taken = after(&waits, &desk, 1, &accept(None, None), &policy, "accepted");
    let back = after(&taken, &desk, 2, &release(None), &policy, "waiting");
    assert!(for_people(&back));
    let question = after(&taken, &desk, 2, &ask(None), &policy, "asked !question");
    assert!(for_people(&after(
        &question,
        &officer(),
        3,
        &supply(),
        &policy,
        "waiting"
    )));
    let program = give(&taken, &nameless(desk.clone()), 3, &answer(None), &policy);
    assert!(
        matches!(program, Err(Rejection::AutomaticAnswer { .. })),
        "{program:?}"
    );
    after(&taken, &desk, 3, &answer(None), &policy, "answered");
}

#[test]
fn a_lease_after_the_end_goes_to_the_operators_and_nothing_is_lent() {
    let policy = with(&[ends_today()]);
    let waits = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let last_minute = 15 * 60 - 1;
    assert_eq!(to_london(at(last_minute)).date(), TODAY);
    after(
        &waits,
        &adapter("a"),
        last_minute,
        &lease(1),
        &policy,
        "leased",
    );
    let denied = after(
        &waits,
        &adapter("a"),
        last_minute + 1,
        &lease(1),
        &policy,
        "unroutable !unroutable",
    );
    assert_eq!(why(&denied, 0), [UnroutableWhy::AgreementEnded]);
    assert_eq!(told(&denied, 0), "a deny everything 1");
    assert!(keys(&denied).waiting.is_empty());
    let told: Vec<_> = denied.checks[0]
        .ladder
        .steps
        .iter()
        .map(|step| &step.audience)
        .collect();
    assert!(
        told.iter().all(|told| told.contains(&Audience::Operator)),
        "{told:?}"
    );
    assert!(
        told.iter()
            .all(|told| !told.iter().any(|one| one.is_borough())),
        "{told:?}"
    );
}

#[test]
fn the_clock_finds_what_waits_when_its_agreement_has_ended() {
    let policy = with(&[ends_today()]);
    let waits = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let seen = give(&waits, &clock(), TOMORROW, &Verb::Advance, &policy)
        .unwrap()
        .enquiry;
    assert!(
        picture(&seen).starts_with("unroutable "),
        "{}",
        picture(&seen)
    );
    // What people have taken on is theirs.
    let taken = after(
        &waits,
        &adapter("a"),
        1,
        &accept(None, None),
        &policy,
        "accepted",
    );
    let seen = give(&taken, &clock(), TOMORROW, &Verb::Advance, &policy)
        .unwrap()
        .enquiry;
    assert!(
        picture(&seen).starts_with("accepted "),
        "{}",
        picture(&seen)
    );
    // So is what a named person says; a program's word is not taken any more.
    let program = give(
        &taken,
        &nameless(adapter("a")),
        TOMORROW,
        &answer(None),
        &policy,
    );
    assert!(
        matches!(program, Err(Rejection::AutomaticAnswer { .. })),
        "{program:?}"
    );
    after(
        &taken,
        &adapter("a"),
        TOMORROW,
        &answer(None),
        &policy,
        "answered",
    );
}

#[test]
fn nobody_takes_on_what_is_not_agreed() {
    let policy = with(&[ends_today()]);
    let waits = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let refused = give(
        &waits,
        &adapter("a"),
        TOMORROW,
        &accept(None, None),
        &policy,
    );
    let why = UnroutableWhy::AgreementEnded;
    assert_eq!(refused, Err(Rejection::NotAgreed { why }));
    let phone = answer_by_phone(1);
    let refused = give(&waits, &operator(), TOMORROW, &phone, &policy);
    assert_eq!(refused, Err(Rejection::NotAgreed { why }));
}

#[test]
fn a_new_version_counts_when_the_check_is_lent() {
    let policy = |second: Agreement| with(&[ends_today(), second]);
    let next = of("a", "2", date(2026, 11, 25), None);
    let waits = opened(&["a"], Purpose::CourtReport, 0, &policy(next.clone()));
    assert_eq!(told(&waits, 0), "a permit everything 1");
    let lent = after(
        &waits,
        &adapter("a"),
        TOMORROW,
        &lease(1),
        &policy(next.clone()),
        "leased",
    );
    assert_eq!(told(&lent, 0), "a permit everything 2");
    let people = Agreement {
        review: vec![Purpose::CourtReport],
        ..next
    };
    let left = after(
        &waits,
        &adapter("a"),
        TOMORROW,
        &lease(1),
        &policy(people),
        "waiting",
    );
    assert_eq!(told(&left, 0), "a review everything 2");
    assert!(keys(&left).waiting.is_empty());
}

#[test]
fn programs_answer_only_where_the_agreement_lets_them() {
    let by_hand = with(&[Agreement {
        automatic_answers: false,
        ..ends_today()
    }]);
    let waits = opened(&["a"], Purpose::CourtReport, 0, &by_hand);
    let lent = after(&waits, &adapter("a"), 0, &lease(1), &by_hand, "leased");
    let refused = give(&lent, &nameless(adapter("a")), 1, &answer(LEASE), &by_hand);
    let Err(Rejection::AutomaticAnswer {
        agreement: Some(version),
    }) = &refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(version.to_string(), "everything 1");
    let told = refused.unwrap_err().to_string();
    assert!(
        told.contains("by agreement everything 1: name the person"),
        "{told}"
    );
    after(
        &lent,
        &adapter("a"),
        1,
        &answer(LEASE),
        &by_hand,
        "answered",
    );
    let automatic = with(&[ends_today()]);
    after(
        &lent,
        &nameless(adapter("a")),
        1,
        &answer(LEASE),
        &automatic,
        "answered",
    );
}

#[test]
fn an_operator_who_sends_it_where_it_was_denied_asks_people() {
    let policy = with(&[]);
    let denied = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let unnamed = give(&denied, &nameless(operator()), 1, &reroute(1, "a"), &policy);
    assert_eq!(unnamed, Err(Rejection::PersonRequired));
    let sent = after(
        &denied,
        &operator(),
        1,
        &reroute(1, "a"),
        &policy,
        "redirected>2, waiting",
    );
    assert_eq!(told(&sent, 1), "a review - overruled");
    assert_eq!(sent.checks[1].authorities.len(), 1);
    assert!(keys(&sent).waiting.is_empty());
    // It stays with the people, whatever the day, and no program answers it.
    let later = give(&sent, &clock(), TOMORROW, &Verb::Advance, &policy)
        .unwrap()
        .enquiry;
    assert!(
        picture(&later).starts_with("redirected>2, waiting "),
        "{}",
        picture(&later)
    );
    let phone = answer_by_phone(2);
    let told = give(&later, &operator(), TOMORROW, &phone, &policy)
        .unwrap()
        .enquiry;
    assert_eq!(picture(&told), "redirected>2, answered");
    let verb = Verb::Accept {
        check: 2,
        lease: None,
        expected_by: None,
    };
    let taken = give(&later, &adapter("a"), TOMORROW, &verb, &policy)
        .unwrap()
        .enquiry;
    assert!(
        picture(&taken).starts_with("redirected>2, accepted "),
        "{}",
        picture(&taken)
    );
}

#[test]
fn sending_it_elsewhere_overrules_nothing() {
    let policy = with(&[]);
    let denied = opened(&["a"], Purpose::CourtReport, 0, &policy);
    let sent = after(
        &denied,
        &operator(),
        1,
        &reroute(1, "b"),
        &policy,
        "redirected>2, waiting",
    );
    assert_eq!(told(&sent, 1), "b permit everything b");
    let there = opened(&["b"], Purpose::CourtReport, 0, &policy);
    let first = after(
        &there,
        &operator(),
        1,
        &reroute(1, "a"),
        &policy,
        "redirected>2, unroutable !unroutable",
    );
    assert_eq!(told(&first, 1), "a deny -");
    after(
        &first,
        &operator(),
        2,
        &reroute(2, "a"),
        &policy,
        "redirected>2, redirected>3, waiting",
    );
    after(
        &there,
        &adapter("b"),
        1,
        &redirect(1, "a"),
        &policy,
        "redirected>2, unroutable !unroutable",
    );
    let renewed = with(&[ends_today()]);
    let again = after(
        &denied,
        &operator(),
        1,
        &reroute(1, "a"),
        &renewed,
        "redirected>2, waiting",
    );
    assert_eq!(told(&again, 1), "a permit everything 1");
}

#[test]
fn a_check_of_an_older_record_is_decided_when_it_is_lent() {
    let policy = with(&[ends_today()]);
    let mut old = opened(&["a"], Purpose::CourtReport, 0, &policy);
    old.checks[0].sharing = None;
    let lent = after(&old, &adapter("a"), 1, &lease(1), &policy, "leased");
    assert_eq!(
        lent.checks[0].sharing.as_ref().unwrap().decision,
        SharingDecision::Permit
    );
    assert_eq!(person().name, "R. Roe");
}
