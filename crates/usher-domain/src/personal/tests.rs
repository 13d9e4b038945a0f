//! The fields of an enquiry: what is noted, what is told, what no `Debug` prints.

use super::*;
use jiff::civil::date;

fn name() -> Name {
    Name {
        family: CANARY.into(),
        given: CANARY.into(),
    }
}

const BORN: Option<Birth> = Some(Birth {
    date: date(1987, 6, 5),
    accuracy: BirthAccuracy::Known,
});

fn full() -> Personal {
    let canary = || CANARY.to_owned();
    Personal {
        subject: Subject {
            name: name(),
            aliases: vec![name()],
            born: BORN,
            sex: Some(Sex::Female),
            crn: Crn::parse("X320741").ok(),
            pnc: Pnc::parse("2000/0002697F", 2026).ok(),
            limited_access: true,
        },
        urn: Urn::parse("01AB1234526").ok(),
        hearing_ref: canary(),
        court_room: canary(),
        list_number: canary(),
        addresses: vec![Address {
            role: AddressRole::Home,
            kind: AddressKind::Given,
            lines: canary(),
            postcode: "SW1A 1AA".into(),
            uprn: "100023336956".into(),
            from: Some(date(1987, 6, 5)),
            to: Some(date(1987, 6, 5)),
        }],
        children: vec![Child {
            name: name(),
            born: BORN,
            relationship: canary(),
            lives_with_subject: true,
            address: Some(0),
            school: canary(),
        }],
        others: vec![Other {
            name: name(),
            born: BORN,
            relationship: canary(),
        }],
        court_session: Some(CourtSession::Morning),
        next_hearing: BORN.map(|birth| birth.date),
        report_requested: BORN.map(|birth| birth.date),
        report_due: BORN.map(|birth| birth.date),
        offence_code: canary(),
        basis: context::tests::full_basis(),
        asked_besides: vec![OtherResponder::Health],
        prior_answer: Some(context::tests::full_prior()),
        marking: Marking::Official,
        information: vec![Information::Known],
        note: canary(),
    }
}

#[track_caller]
fn check(change: impl FnOnce(&mut Personal), expected: &[&str]) {
    let mut personal = full();
    change(&mut personal);
    assert_eq!(
        fields(|into| {
            personal.validate_named("p", into);
            personal.validate("p", into);
        }),
        expected
    );
}

#[test]
#[rustfmt::skip] // a row a line
fn an_enquiry_is_validated_field_by_field() {
    let long = || "x".repeat(limits::LINE_CHARS_MAX + 1);
    let wide = || "é".repeat(limits::LINE_CHARS_MAX);
    check(|_| {}, &[]);
    check(|it| it.subject.name.family = wide(), &[]);
    check(|it| it.subject.name.family = " ".into(), &["p.subject.name.family"]);
    check(|it| it.subject.name.family = long(), &["p.subject.name.family"]);
    check(|it| it.subject.name.given = "a\u{7}".into(), &["p.subject.name.given"]);
    check(|it| it.subject.aliases[0].given = long(), &["p.subject.aliases[0].given"]);
    check(|it| it.subject.aliases = vec![name(); 9], &["p.subject.aliases"]);
    check(|it| it.hearing_ref = long(), &["p.hearing_ref"]);
    check(|it| it.court_room = long(), &["p.court_room"]);
    check(|it| it.list_number = long(), &["p.list_number"]);
    check(|it| it.offence_code = long(), &["p.offence_code"]);
    check(|it| it.report_due = Some(date(1987, 6, 4)), &["p.report_due"]);
    check(|it| it.basis.agreement = long(), &["p.basis.agreement_id"]);
    check(|it| it.asked_besides = vec![OtherResponder::Health; 17], &["p.asked_besides"]);
    check(|it| it.prior_answer.as_mut().unwrap().reason.clear(), &["p.prior_answer.reason"]);
    check(|it| it.information = vec![Information::Known; 17], &["p.information"]);
    check(|it| it.note = "x\n".repeat(limits::NOTE_CHARS_MAX / 2), &[]);
    check(|it| it.note = "x".repeat(limits::NOTE_CHARS_MAX + 1), &["p.note"]);
    check(|it| it.addresses[0].lines = "x".repeat(801), &["p.addresses[0].lines"]);
    check(|it| it.addresses[0].postcode = "no fixed address at present".into(), &[]);
    check(|it| it.addresses[0].postcode = long(), &["p.addresses[0].postcode"]);
    check(|it| it.addresses[0].uprn = "x".repeat(13), &["p.addresses[0].uprn"]);
    check(|it| it.addresses[0].to = Some(date(1987, 6, 4)), &["p.addresses[0].to"]);
    check(|it| it.addresses = vec![it.addresses[0].clone(); 25], &["p.addresses"]);
    check(|it| it.children[0].name.family = long(), &["p.children[0].name.family"]);
    check(|it| it.children[0].name.family = String::new(), &[]);
    check(|it| it.children[0].relationship = long(), &["p.children[0].relationship"]);
    check(|it| it.children[0].school = long(), &["p.children[0].school"]);
    check(|it| it.children[0].address = Some(1), &["p.children[0].address"]);
    check(|it| it.children[0].address = None, &[]);
    check(|it| it.children = vec![it.children[0].clone(); 25], &["p.children"]);
    check(|it| it.others[0].name.given = long(), &["p.others[0].name.given"]);
    check(|it| it.others[0].relationship = long(), &["p.others[0].relationship"]);
    check(|it| it.others = vec![it.others[0].clone(); 25], &["p.others"]);
}

#[test]
fn every_fault_is_told_at_once() {
    let expected = [
        "p.subject.name.family",
        "p.court_room",
        "p.note",
        "p.children[0].address",
    ];
    let spoil = |it: &mut Personal| {
        it.subject.name.family.clear();
        it.court_room = "\0".into();
        it.note = "\0".into();
        it.addresses.clear();
    };
    check(spoil, &expected);
}

#[test]
fn no_debug_prints_a_person() {
    let personal = full();
    silent(&personal);
    silent(&personal.subject);
    silent(&personal.subject.name);
    silent(&personal.subject.born);
    silent(&personal.addresses);
    silent(&personal.children);
    silent(&personal.others);
}
