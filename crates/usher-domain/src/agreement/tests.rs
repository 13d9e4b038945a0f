use super::{Agreement, Agreements, CORE, Cover, DataCategory, SharingDecision, Term};
use crate::agreement::Basis;
use crate::code::AgreementId;
use crate::command::Verb;
use crate::enquiry::{Enquiry, Purpose, UnroutableWhy};
use crate::rules::cases::{
    LEASE, adapter, after, answer, ask, asked, leased, operator, reroute, responder, submitted,
    unroutable, waiting,
};
use jiff::civil::{Date, date};

fn term(from: Date, to: Option<Date>) -> Term {
    Term { from, to }
}

/// Version `version` of the agreement of `parties`: permits reports, leaves releases to people.
fn agreement(id: &str, version: &str, parties: &[&str], held: Term) -> Agreement {
    Agreement {
        id: AgreementId::parse(id).unwrap(),
        version: version.into(),
        title: "Test".into(),
        term: held,
        parties: parties.iter().map(|id| responder(id)).collect(),
        bases: vec![Basis {
            code: "OMA2007-s14".into(),
            title: "Test".into(),
            term: term(date(2008, 3, 3), None),
        }],
        permit: vec![Purpose::CourtReport],
        review: vec![Purpose::Release],
        categories: vec![DataCategory::Identity, DataCategory::Note],
        automatic_answers: true,
        retention_days: 30,
        contacts: Vec::new(),
    }
}

const FIRST: Date = date(2026, 1, 1);
const LAST: Date = date(2026, 12, 31);

fn one_year() -> Agreement {
    agreement("one", "1", &["a"], term(FIRST, Some(LAST)))
}

#[track_caller]
fn check(all: &Agreements, purpose: Purpose, day: Date, expected: &str) {
    let ruling = all.ruling(&responder("a"), purpose, day);
    let by = ruling
        .agreement
        .map_or("-".into(), |one| one.reference().to_string());
    let why = ruling.why.map_or("", UnroutableWhy::name);
    let told = format!(
        "{} {why} {by} {}",
        ruling.decision.name(),
        ruling.automatic_answers()
    );
    assert_eq!(told, expected, "{purpose:?} {day}");
}

#[test]
#[rustfmt::skip] // a row a line
fn an_agreement_holds_from_its_first_day_to_its_last() {
    let all = Agreements::new(vec![one_year()]).unwrap();
    let report = Purpose::CourtReport;
    check(&all, report, date(2025, 12, 31), "deny no_agreement - false");
    check(&all, report, FIRST, "permit  one 1 true");
    check(&all, report, LAST, "permit  one 1 true");
    check(&all, report, date(2027, 1, 1), "deny agreement_ended one 1 false");
    check(&Agreements::default(), report, FIRST, "deny no_agreement - false");
}

#[test]
fn a_referral_goes_to_people_whatever_is_agreed_of_programs() {
    let with = |change: fn(&mut Agreement)| {
        let mut one = one_year();
        change(&mut one);
        Agreements::new(vec![one]).unwrap()
    };
    let for_people = "review  one 1 false";
    let permitted = with(|one| one.permit.push(Purpose::Referral));
    check(&permitted, Purpose::Referral, FIRST, for_people);
    let reviewed = with(|one| one.review.push(Purpose::Referral));
    check(&reviewed, Purpose::Referral, FIRST, for_people);
}

#[test]
#[rustfmt::skip] // a row a line
fn every_purpose_that_is_not_agreed_is_denied() {
    let all = Agreements::new(vec![one_year()]).unwrap();
    for purpose in Purpose::ALL {
        check(&all, *purpose, FIRST, match purpose {
            Purpose::CourtReport => "permit  one 1 true",
            Purpose::Release => "review  one 1 false",
            _ => "deny purpose_not_agreed one 1 false",
        });
    }
}

#[test]
#[rustfmt::skip] // a row a line
fn a_duty_counts_from_the_day_on_which_it_comes_into_force() {
    let (report, into_force, out) = (Purpose::CourtReport, date(2026, 6, 1), date(2026, 9, 30));
    let mut dated = one_year();
    dated.bases[0].term = term(into_force, Some(out));
    let all = Agreements::new(vec![dated.clone()]).unwrap();
    check(&all, report, date(2026, 5, 31), "deny no_lawful_basis one 1 false");
    check(&all, report, into_force, "permit  one 1 true");
    check(&all, report, out, "permit  one 1 true");
    check(&all, report, date(2026, 10, 1), "deny no_lawful_basis one 1 false");
    let another = Basis { term: term(date(2026, 10, 1), None), ..dated.bases[0].clone() };
    dated.bases.push(another);
    let all = Agreements::new(vec![dated]).unwrap();
    check(&all, report, date(2026, 10, 1), "permit  one 1 true");
}

#[test]
#[rustfmt::skip] // a row a line
fn a_program_answers_only_where_the_version_in_force_lets_it() {
    let second = Agreement { automatic_answers: false, ..agreement("one", "2", &["a"], term(date(2027, 1, 1), None)) };
    let all = Agreements::new(vec![second, one_year()]).unwrap();
    check(&all, Purpose::CourtReport, LAST, "permit  one 1 true");
    check(&all, Purpose::CourtReport, date(2027, 1, 1), "permit  one 2 false");
}

#[test]
fn two_agreements_of_one_responder_on_one_day_are_refused() {
    let check = |from: Date, parties: &[&str], fine: bool| {
        let other = agreement("two", "1", parties, term(from, None));
        let all = Agreements::new(vec![one_year(), other]);
        assert_eq!(all.is_ok(), fine, "{from} {parties:?}");
        if let Err(overlap) = all {
            assert_eq!((overlap.responder, overlap.second), (responder("a"), 1));
        }
    };
    check(date(2025, 1, 1), &["a"], false);
    check(LAST, &["b", "a"], false);
    check(date(2027, 1, 1), &["a"], true);
    check(FIRST, &["b"], true);
}

#[test]
fn an_end_that_something_follows_is_none() {
    let until = |follower: Option<(Date, Option<Date>)>| {
        let mut all = vec![one_year()];
        all.extend(follower.map(|(from, to)| agreement("one", "2", &["a"], term(from, to))));
        let all = Agreements::new(all).unwrap();
        all.cover(&responder("a"), FIRST)
    };
    let next = date(2027, 1, 1);
    assert_eq!(until(None), Cover::Until(LAST));
    assert_eq!(until(Some((next, None))), Cover::Endless);
    let far = date(2027, 3, 1);
    assert_eq!(until(Some((next, Some(far)))), Cover::Until(far));
    assert_eq!(until(Some((date(2027, 1, 2), None))), Cover::Until(LAST));
    let all = Agreements::new(vec![one_year()]).unwrap();
    assert_eq!(all.cover(&responder("a"), next), Cover::None);
    assert_eq!(all.cover(&responder("b"), FIRST), Cover::None);
}

#[test]
#[rustfmt::skip] // a row a line
fn ends_are_warned_of_at_90_30_and_7_days() {
    let all = Agreements::new(vec![
        agreement("one", "1", &["a", "b"], term(FIRST, Some(LAST))),
        agreement("two", "1", &["b"], term(date(2027, 1, 1), None)),
        agreement("for-ever", "1", &["c"], term(FIRST, None)),
    ]).unwrap();
    for (day, left, warning) in [
        (date(2026, 10, 1), 91, None),
        (date(2026, 10, 2), 90, Some(90)),
        (date(2026, 11, 30), 31, Some(90)),
        (date(2026, 12, 1), 30, Some(30)),
        (date(2026, 12, 23), 8, Some(30)),
        (date(2026, 12, 24), 7, Some(7)),
        (LAST, 0, Some(7)),
    ] {
        let endings = all.endings(day);
        let told: Vec<_> = endings.iter().map(|one| (one.days_left, one.warning(), one.last)).collect();
        assert_eq!(told, [(left, warning, LAST)], "{day}");
        assert_eq!(endings[0].parties, [&responder("a")], "{day}");
    }
    assert_eq!(all.endings(date(2027, 1, 1)), []);
}

#[test]
fn nothing_is_shown_of_a_check_that_waits_under_no_agreement() {
    let shown = |all: &Agreements, enquiry: &Enquiry, place: usize, day| {
        all.categories(enquiry, &enquiry.checks[place], day)
            .to_vec()
    };
    let all = Agreements::new(vec![one_year()]).unwrap();
    let agreed = [DataCategory::Identity, DataCategory::Note];
    let after_end = date(2027, 1, 1);
    assert_eq!(shown(&all, &waiting(), 0, LAST), agreed);
    assert_eq!(shown(&all, &waiting(), 0, after_end), []);
    // What the responder has, it has.
    let has_it = [
        leased(),
        asked(),
        after(leased(), &[(adapter("a"), 1, answer(LEASE))]),
    ];
    for enquiry in has_it {
        assert_eq!(shown(&all, &enquiry, 0, after_end), agreed);
        assert_eq!(shown(&Agreements::default(), &enquiry, 0, LAST), CORE);
    }
    let sent_on = after(leased(), &[(operator(), 1, reroute(1, "b"))]);
    assert_eq!(shown(&all, &sent_on, 0, after_end), []);
    assert_eq!(shown(&all, &unroutable(), 0, LAST), []);
    let back = after(leased(), &[(adapter("a"), 1, ask(LEASE))]);
    assert_eq!(shown(&all, &back, 0, LAST), agreed);
    let both = submitted(&["a", "b"]);
    assert_eq!(shown(&all, &both, 1, LAST), []);
    assert_eq!(
        all.ruling(&responder("b"), Purpose::CourtReport, LAST)
            .decision,
        SharingDecision::Deny
    );
    assert!(matches!(reroute(1, "b"), Verb::Reroute { .. }));
}
