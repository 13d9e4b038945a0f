//! Submissions and deadlines.

use usher_domain::code::ResponderKind;
use usher_domain::enquiry::Purpose;
use usher_domain::personal::Validator;
use usher_proto::v1;

use super::super::*;
use super::*;
use crate::broker::input::DeadlineInput;

#[test]
fn a_full_submission_is_read_whole() {
    let input = submit(full_submit(), &actor(), TODAY).unwrap();
    assert_eq!(input.request.id.to_string(), REQUEST);
    assert!(
        input.validate_only && input.in_custody && input.curfew_proposed && input.imminent_harm
    );
    assert_eq!(input.person.name, CANARY);
    assert_eq!(input.purpose, Purpose::CourtReport);
    assert_eq!(input.authorities.len(), 1);
    assert_eq!(input.kinds, [ResponderKind::PoliceDomesticAbuse]);
    assert_eq!(input.concerns.len(), 1);
    let DeadlineInput::Hearing(hearing) = &input.deadline else {
        panic!("a hearing was given");
    };
    assert_eq!(hearing.court.as_str(), "B01IX");
    assert_eq!(hearing.at.to_string(), "2026-11-23T14:00:00Z");
    assert!(personal::personal_view(&input.personal) == full_personal());
}

#[test]
fn an_empty_submission_names_everything_that_is_missing() {
    let refused = submit(v1::SubmitRequest::default(), &actor(), TODAY);
    assert_eq!(
        fields(refused),
        ["request_id", "person", "purpose", "deadline", "personal"]
    );
}

#[test]
fn everything_wrong_is_named_at_once_and_no_value_is_repeated() {
    let mut message = full_submit();
    message.request_id = CANARY.into();
    message.person = Some(v1::Person::default());
    message.unit = Some(v1::Unit {
        region: CANARY.repeat(40),
        office: CANARY.repeat(40),
        team: CANARY.repeat(40),
        mailbox: CANARY.repeat(40),
    });
    message.on_behalf_of = Some(v1::Person::default());
    message.report = 99;
    message.concerns = vec![1, 0];
    message.deadline = Some(hearing(CANARY));
    message.authority_codes = vec![CANARY.into()];
    let personal = message.personal.as_mut().unwrap();
    personal.urn = CANARY.into();
    let subject = personal.subject.as_mut().unwrap();
    subject.name = None;
    subject.crn = CANARY.into();
    subject.pnc = CANARY.into();
    subject.born = Some(born("1990-02-30", v1::BirthAccuracy::Known));
    personal.addresses[0].role = 0;
    personal.addresses[0].postcode = CANARY.repeat(40);
    personal.addresses[0].from = CANARY.into();
    personal.children[0].address = Some(300);
    personal.information = vec![77];
    let found = fields(submit(message, &actor(), TODAY));
    let expected = [
        "request_id",
        "person.name",
        "unit.region",
        "unit.office",
        "unit.team",
        "unit.mailbox",
        "on_behalf_of.name",
        "report",
        "concerns[1]",
        "deadline.hearing.local_time",
        "personal.subject.born.date",
        "personal.subject.crn",
        "personal.subject.pnc",
        "personal.urn",
        "personal.addresses[0].role",
        "personal.addresses[0].from",
        "personal.information[0]",
        "personal.addresses[0].postcode",
        "personal.children[0].address",
        "personal.subject.name.family",
        "authority_codes[0]",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_defendant_is_born() {
    for (date, is_right) in [("2026-11-23", true), ("2026-11-24", false)] {
        let mut personal = full_personal();
        let subject = personal.subject.as_mut().unwrap();
        subject.born = Some(born(date, v1::BirthAccuracy::Known));
        let found = read_personal(personal).err().unwrap_or_default();
        let expected: &[&str] = if is_right {
            &[]
        } else {
            &["personal.subject.born.date"]
        };
        assert_eq!(found, expected, "{date}");
    }
}

#[test]
fn what_surrounds_the_people_is_named_too() {
    let mut personal = full_personal();
    personal.court_session = 9;
    personal.next_hearing = CANARY.into();
    personal.report_requested = CANARY.into();
    personal.report_due = CANARY.into();
    personal.asked_besides = vec![0];
    personal.prior_answer = Some(v1::PriorAnswer {
        answered: CANARY.into(),
        ..v1::PriorAnswer::default()
    });
    personal.marking = 9;
    personal.basis = Some(v1::Basis {
        agreement_effective: CANARY.into(),
        regime: 9,
        ..v1::Basis::default()
    });
    let expected = [
        "personal.court_session",
        "personal.next_hearing",
        "personal.report_requested",
        "personal.report_due",
        "personal.basis.agreement_effective",
        "personal.basis.regime",
        "personal.asked_besides[0]",
        "personal.prior_answer.answered",
        "personal.marking",
        "personal.prior_answer.reason",
    ];
    assert!(read_personal(personal).is_err_and(|found| found == expected));
}

#[test]
fn local_times_are_exact_and_real() {
    let rows = [
        ("2026-11-23T14:00", Some("2026-11-23T14:00:00Z")),
        ("2026-07-01T10:00", Some("2026-07-01T09:00:00Z")),
        ("2026-10-25T01:30", Some("2026-10-25T00:30:00Z")), // comes twice: the earlier one
        ("2026-03-29T01:30", None),                         // skipped
        ("2026-11-23T14:00Z", None),
        ("2026-11-23 14:00", None),
        ("2026-11-23", None),
        ("2026-11-23T24:00", None),
        ("2026-02-29T10:00", None),
    ];
    for (local, at) in rows {
        let mut v = Validator::default();
        let read = read::deadline(&mut v, Some(hearing(local)));
        let found = match read {
            Some(DeadlineInput::Hearing(hearing)) => Some(hearing.at.to_string()),
            _ => None,
        };
        assert_eq!(found.as_deref(), at, "{local}");
        assert_eq!(v.finish().is_ok(), at.is_some(), "{local}");
    }
}

fn reply_by(seconds: Option<i64>) -> v1::Deadline {
    v1::Deadline {
        kind: Some(v1::deadline::Kind::ReplyBy(v1::ReplyBy {
            court_code: "B01IX".into(),
            reply_by_time: seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 }),
        })),
    }
}

#[test]
fn each_kind_of_service_is_asked_once() {
    use v1::ResponderKind::{AdultSocialCare, ChildrenSocialCare, PoliceDomesticAbuse};
    let check = |numbers: &[i32], wanted: Result<&[ResponderKind], &[&str]>| {
        let message = v1::SubmitRequest {
            responder_kinds: numbers.to_vec(),
            ..full_submit()
        };
        match (submit(message, &actor(), TODAY), wanted) {
            (Ok(input), Ok(wanted)) => assert_eq!(input.kinds, wanted, "{numbers:?}"),
            (refused, Err(wanted)) => assert_eq!(fields(refused), wanted, "{numbers:?}"),
            (Err(_), Ok(_)) => panic!("{numbers:?} is refused"),
        }
    };
    let [children, adults, police] =
        [ChildrenSocialCare, AdultSocialCare, PoliceDomesticAbuse].map(i32::from);
    check(&[], Ok(&[ResponderKind::ChildrenSocialCare]));
    check(&[children, adults, police], Ok(ResponderKind::ALL));
    check(&[police, police], Err(&["responder_kinds[1]"]));
    check(&[adults, 0], Err(&["responder_kinds[1]"]));
    check(&[99], Err(&["responder_kinds[0]"]));
    check(
        &[children; 17],
        Err(&["responder_kinds", "responder_kinds[1]"]),
    );
}

#[test]
fn only_stages_after_sentence_go_without_a_hearing() {
    let rows = [
        (v1::Purpose::CourtReport, vec!["deadline.hearing"]),
        (v1::Purpose::Curfew, vec!["deadline.hearing"]),
        (v1::Purpose::Release, vec![]),
        (v1::Purpose::Review, vec![]),
    ];
    for (purpose, expected) in rows {
        let message = v1::SubmitRequest {
            purpose: purpose.into(),
            deadline: Some(reply_by(None)),
            ..full_submit()
        };
        assert_eq!(
            fields(submit(message, &actor(), TODAY)),
            expected,
            "{purpose:?}"
        );
    }
}

#[test]
fn a_moved_deadline_must_be_complete() {
    let message = |deadline| v1::MoveHearingRequest {
        request_id: REQUEST.into(),
        person: Some(person()),
        enquiry_id: ENQUIRY.into(),
        deadline: Some(deadline),
        reason: "adjourned".into(),
    };
    let moved = |deadline| fields(move_hearing(message(deadline), &actor()));
    assert_eq!(moved(reply_by(None)), ["deadline.reply_by.reply_by_time"]);
    assert!(moved(reply_by(Some(1_800_000_000))).is_empty());
    assert!(moved(hearing("2026-12-01T10:00")).is_empty());
}
